//! Curves, calibration and training.

use maud::{Markup, html};

use super::{Section, figure, legend, scorer_head, table};
use crate::number;
use crate::page::{Curve, EvaluationPage};
use crate::palette::{Ink, ink_of};
use crate::plots;

/// ROC and precision-recall curves.
pub fn thresholds(page: &EvaluationPage) -> Option<Section> {
    let roc = plots::roc(&page.curves, &page.highlighted);
    let precision_recall = plots::precision_recall(&page.curves, &page.highlighted);
    if roc.is_none() && precision_recall.is_none() {
        return None;
    }
    let curves = page.curves.roc.iter().chain(&page.curves.precision_recall);
    let body = html! {
        div.together {
        (legend(page, curves.map(|curve| curve.scorer.as_str())))
        div.panels {
            @if let Some(plot) = roc {
                (figure(plot, html! {
                    b { "ROC." } " The diagonal is chance. Where positives are rare, the far left is what counts."
                }))
            }
            @if let Some(plot) = precision_recall {
                (figure(plot, html! {
                    b { "Precision and recall." }
                    @if let Some(prevalence) = page.curves.prevalence {
                        " The level line is the prevalence, " (number::percent(prevalence))
                        ": the precision of chance."
                    }
                }))
            }
        }
        }
    };
    Some(Section::new("curves", "ROC and precision-recall curves", body))
}

/// Hits over the length of the list.
pub fn ranking(page: &EvaluationPage) -> Option<Section> {
    let plot = plots::hits(&page.curves, &page.highlighted)?;
    let body = html! {
        div.together {
            (legend(page, page.curves.hits.iter().map(|curve| curve.scorer.as_str())))
            div.panels {
                (figure(plot, html! {
                    b { "Hits at k." } " Share of true sources that stand in the first k places of their target's list, other \
                    known sources left out. The lengths are on a logarithmic scale."
                }))
                (hits_table(page))
            }
        }
    };
    Some(Section::new("ranking", "Ranking", body))
}

/// Some points of the highlighted ranking curves, as numbers.
fn hits_table(page: &EvaluationPage) -> Markup {
    let shown: Vec<&Curve> = page
        .highlighted
        .iter()
        .filter_map(|name| page.curves.hits.iter().find(|curve| curve.scorer == *name))
        .collect();
    let lengths: Vec<f64> =
        shown.first().map(|curve| curve.points.iter().map(|point| point.0).collect()).unwrap_or_default();
    // The first, the last, and three between.
    let mut places: Vec<usize> =
        (0..5).map(|quarter| quarter * lengths.len().saturating_sub(1) / 4).collect();
    places.dedup();
    let lengths: Vec<f64> = places.iter().filter_map(|&place| lengths.get(place).copied()).collect();
    if lengths.is_empty() {
        return html! {};
    }
    let at =
        |curve: &Curve, length: f64| curve.points.iter().find(|point| point.0 == length).map(|point| point.1);
    table(
        "The same as numbers, for some k.",
        html! {
            thead { tr {
                th scope="col" { "Scorer" }
                @for length in &lengths { th.number scope="col" { "k\u{a0}=\u{a0}" (number::fixed(*length, 0)) } }
            } }
            tbody { @for curve in shown { tr {
                (scorer_head(page, &curve.scorer))
                @for length in &lengths { td.number { (number::optional(at(curve, *length), 3)) } }
            } } }
        },
    )
}

/// Reliability diagrams, Brier scores and calibration errors.
pub fn calibration(page: &EvaluationPage) -> Option<Section> {
    let calibration = page.calibration.as_ref()?;
    let most = plots::most_predicted(calibration);
    let plots: Vec<_> = calibration
        .scorers
        .iter()
        .filter(|scorer| {
            page.highlighted.is_empty() || ink_of(&page.highlighted, &scorer.scorer) != Ink::Other
        })
        .filter_map(|scorer| {
            let plot = plots::reliability(scorer, calibration.base_rate, most?, &page.highlighted)?;
            Some((scorer, plot))
        })
        .collect();
    let figures: Vec<_> =
        calibration.scorers.iter().filter(|scorer| scorer.brier.is_some() || scorer.ece.is_some()).collect();
    if plots.is_empty() && figures.is_empty() {
        return None;
    }
    let body = html! {
        @if !plots.is_empty() {
            p {
                "On the diagonal, what is given a probability comes true as often. Upright lines are Wilson intervals of 95\u{a0}%. \
                 All diagrams share one scale."
                @if let Some(rate) = calibration.base_rate { " The base rate is " (number::percent(rate)) "." }
            }
            div.panels.small { @for (scorer, plot) in plots {
                (figure(plot, html! {
                    b { (scorer.scorer) } ", " (number::count(scorer.bins.iter().map(|bin| bin.pairs).sum())) " pairs."
                }))
            } }
        }
        @if !figures.is_empty() {
            (table("Error of the probabilities of every scorer; lower is better.", html! {
                thead { tr {
                    th scope="col" { "Scorer" }
                    th.number scope="col" { "Brier score" }
                    th.number scope="col" { "Expected calibration error" }
                } }
                tbody { @for scorer in figures { tr {
                    (scorer_head(page, &scorer.scorer))
                    td.number { (number::optional(scorer.brier, 4)) }
                    td.number { (number::optional(scorer.ece, 4)) }
                } } }
            }))
        }
    };
    Some(Section::new("calibration", "Are the scores probabilities?", body))
}

/// Loss curves.
pub fn training(page: &EvaluationPage) -> Option<Section> {
    let plots: Vec<_> = page
        .training
        .iter()
        .flat_map(|training| {
            [
                (training, "training loss", plots::loss(training, &page.highlighted)),
                (
                    training,
                    training.validation_label.as_str(),
                    plots::validation(training, &page.highlighted),
                ),
            ]
        })
        .filter_map(|(training, label, plot)| Some((training, label, plot?)))
        .collect();
    if plots.is_empty() {
        return None;
    }
    let body = html! {
        div.panels { @for (training, label, plot) in plots {
            (figure(plot, html! {
                b { (training.scorer) } ", " (label) "."
                @if let Some(kept) = training.kept { " The weights of epoch " (kept) " were kept." }
                @if let Some(note) = &training.note { " " (note) }
            }))
        } }
    };
    Some(Section::new("training", "Training", body))
}
