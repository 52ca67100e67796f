//! Curves, calibration and training.

use maud::html;

use super::{Section, figure, legend, scorer_head, table};
use crate::number;
use crate::page::EvaluationPage;
use crate::plots;

/// ROC and precision-recall curves.
pub fn thresholds(page: &EvaluationPage) -> Option<Section> {
    let roc = plots::roc(&page.curves, &page.highlighted);
    let precision_recall = plots::precision_recall(&page.curves, &page.highlighted);
    if roc.is_none() && precision_recall.is_none() {
        return None;
    }
    let mut names: Vec<&str> = Vec::new();
    for curve in page.curves.roc.iter().chain(&page.curves.precision_recall) {
        if !names.contains(&curve.scorer.as_str()) {
            names.push(&curve.scorer);
        }
    }
    let body = html! {
        (legend(page, names, |_| None))
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
    };
    Some(Section::new("curves", "ROC and precision-recall curves", body))
}

/// Hits over the length of the list.
pub fn ranking(page: &EvaluationPage) -> Option<Section> {
    let plot = plots::hits(&page.curves, &page.highlighted)?;
    let names = page.curves.hits.iter().map(|curve| curve.scorer.as_str());
    let body = html! {
        (legend(page, names, |_| None))
        div.panels.wide { (figure(plot, html! {
            b { "Hits at k." } " Share of true sources that stand in the first k places of their target's list, other known \
            sources left out. The lengths are on a logarithmic scale."
        })) }
    };
    Some(Section::new("ranking", "Ranking", body))
}

/// Reliability diagrams, Brier scores and calibration errors.
pub fn calibration(page: &EvaluationPage) -> Option<Section> {
    let calibration = page.calibration.as_ref()?;
    let most = plots::most_predicted(calibration);
    let plots: Vec<_> = calibration
        .scorers
        .iter()
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
                "On the diagonal, what is given a probability comes true as often. Upright lines are Wilson intervals of 95 %. \
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
            (table("Error of the probabilities; lower is better.", html! {
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
                (training, training.validation_label.as_str(), plots::validation(training, &page.highlighted)),
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
            }))
        } }
    };
    Some(Section::new("training", "Training", body))
}
