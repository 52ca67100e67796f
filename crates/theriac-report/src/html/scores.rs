//! The table of scorers, their differences to the best baseline, and interval plots.

use maud::{Markup, html};

use super::{Section, figure, scorer_head, table};
use crate::number;
use crate::page::{EvaluationPage, Figure, Scorer};
use crate::plots;

/// Most figures side by side: wider tables are cut, so that print holds them.
const MOST_COLUMNS: usize = 7;

/// The figures that any scorer has, cut into tables.
fn column_sets(page: &EvaluationPage, shown: impl Fn(&Scorer, &Figure) -> bool) -> Vec<Vec<&Figure>> {
    let figures: Vec<&Figure> = page
        .figures
        .iter()
        .filter(|figure| page.scorers.iter().any(|scorer| shown(scorer, figure)))
        .collect();
    let tables = figures.len().div_ceil(MOST_COLUMNS).max(1);
    let width = figures.len().div_ceil(tables).max(1);
    figures.chunks(width).map(<[&Figure]>::to_vec).collect()
}

/// Headings of figures, below those of their groups.
fn head(figures: &[&Figure]) -> Markup {
    let grouped = figures.iter().any(|figure| figure.group.is_some());
    html! {
        thead {
            @if grouped {
                tr {
                    td {}
                    @for run in figures.chunk_by(|one, other| one.group == other.group) {
                        th.group scope="colgroup" colspan=(run.len()) { (run[0].group.as_deref().unwrap_or("")) }
                    }
                }
            }
            tr {
                th scope="col" { "Scorer" }
                @for figure in figures {
                    th.number scope="col" {
                        (figure.label)
                        @if figure.lower_is_better { span.direction { "lower is better" } }
                    }
                }
            }
        }
    }
}

/// Value, interval and standard deviation of each figure for each scorer.
fn table_of(page: &EvaluationPage, figures: &[&Figure], caption: &str) -> Markup {
    table(
        caption,
        html! {
            (head(figures))
            tbody { @for scorer in &page.scorers {
                tr {
                    (scorer_head(page, &scorer.name))
                    @for figure in figures { (cell(page, scorer, figure)) }
                }
            } }
        },
    )
}

fn cell(page: &EvaluationPage, scorer: &Scorer, figure: &Figure) -> Markup {
    let Some(estimate) = scorer.estimate(&figure.id).filter(|estimate| estimate.value.is_finite()) else {
        return html! { td.number.missing { (number::MISSING) } };
    };
    let decimals = figure.decimals;
    // What prints alike is alike: two scorers can both be best.
    let value = number::fixed(estimate.value, decimals);
    let is_best = page.best(figure).is_some_and(|best| number::fixed(best, decimals) == value);
    html! {
        td.number.best[is_best] {
            span.value { @if is_best { span.mark { "best" } " " } (value) }
            @if let Some(interval) = estimate.interval {
                span.detail { (number::interval(interval.low, interval.high, decimals)) }
            }
            @if let Some(sd) = estimate.sd { span.detail { "sd\u{a0}" (number::fixed(sd, decimals)) } }
        }
    }
}

/// All scorers under all figures.
pub fn table_section(page: &EvaluationPage) -> Option<Section> {
    let sets = column_sets(page, |scorer, figure| scorer.estimate(&figure.id).is_some());
    if sets.is_empty() {
        return None;
    }
    let estimates = || page.scorers.iter().flat_map(|scorer| &scorer.estimates);
    let mut caption = String::from("Every scorer under the same split");
    if estimates().any(|estimate| estimate.interval.is_some()) {
        caption.push_str("; below each value its 95\u{a0}% interval");
    }
    if estimates().any(|estimate| estimate.sd.is_some()) {
        caption.push_str(", and the standard deviation over folds (sd)");
    }
    caption.push_str(if page.figures.iter().any(|figure| figure.lower_is_better) {
        ". Higher is better where the heading does not say otherwise."
    } else {
        ". Higher is better."
    });
    let body = html! {
        @for (place, figures) in sets.iter().enumerate() {
            (table_of(page, figures, if place == 0 { &caption } else { "The same, for more figures." }))
        }
        @if page.scorers.iter().any(|scorer| scorer.description.is_some()) {
            details {
                summary { "What each scorer does" }
                dl.record { @for scorer in &page.scorers {
                    @if let Some(description) = &scorer.description {
                        dt { (scorer.name) } dd { (description) }
                    }
                } }
            }
        }
    };
    Some(Section::new("scorers", "All scorers", body))
}

/// The difference of each scorer to the best baseline, by figure; where there is a model, those of baselines are folded away.
pub fn differences(page: &EvaluationPage) -> Option<Section> {
    let has = |scorer: &Scorer, figure: &Figure| {
        scorer.estimate(&figure.id).is_some_and(|estimate| estimate.difference.is_some())
    };
    let sets = column_sets(page, has);
    if sets.is_empty() {
        return None;
    }
    let compared = |figures: &[&Figure], scorer: &Scorer| figures.iter().any(|figure| has(scorer, figure));
    let models = page.scorers.iter().any(|scorer| !scorer.baseline && compared(&sets.concat(), scorer));
    let body = html! {
        @for figures in &sets {
            (differences_table(page, figures, |scorer| compared(figures, scorer) && !(models && scorer.baseline)))
        }
        @if models && page.scorers.iter().any(|scorer| scorer.baseline && compared(&sets.concat(), scorer)) {
            details {
                summary { "The baselines, each against the best other one" }
                @for figures in &sets {
                    (differences_table(page, figures, |scorer| compared(figures, scorer) && scorer.baseline))
                }
            }
        }
    };
    Some(Section::new("differences", "Against the best baseline", body))
}

fn differences_table(page: &EvaluationPage, figures: &[&Figure], shown: impl Fn(&Scorer) -> bool) -> Markup {
    table(
        "Value less that of the best other baseline in the column, its 95\u{a0}% interval and p-value. Bold: the interval \
         leaves out zero.",
        html! {
            (head(figures))
            tbody {
                tr.reference {
                    th scope="row" { "Best baseline" }
                    @for figure in figures { td.number { (best_baseline(page, figure)) } }
                }
                @for scorer in page.scorers.iter().filter(|scorer| shown(scorer)) {
                    tr {
                        (scorer_head(page, &scorer.name))
                        @for figure in figures { (difference_cell(scorer, figure)) }
                    }
                }
            }
        },
    )
}

fn best_baseline<'a>(page: &'a EvaluationPage, figure: &Figure) -> &'a str {
    page.scorers
        .iter()
        .filter_map(|scorer| scorer.estimate(&figure.id)?.difference.as_ref())
        .map(|difference| difference.baseline.as_str())
        .next()
        .unwrap_or(number::MISSING)
}

fn difference_cell(scorer: &Scorer, figure: &Figure) -> Markup {
    let difference = scorer.estimate(&figure.id).and_then(|estimate| estimate.difference.as_ref());
    let Some(difference) = difference.filter(|difference| difference.value.is_finite()) else {
        return html! { td.number.missing { (number::MISSING) } };
    };
    let decimals = figure.decimals;
    let certain = difference.interval.is_some_and(|interval| interval.low > 0.0 || interval.high < 0.0);
    html! {
        td.number.certain[certain] {
            span.value { (number::signed(difference.value, decimals)) }
            @if let Some(interval) = difference.interval {
                span.detail { (number::interval(interval.low, interval.high, decimals)) }
            }
            @if let Some(p) = difference.p { span.detail { (number::p_value(p)) } }
        }
    }
}

/// An interval plot of each figure asked for.
pub fn intervals(page: &EvaluationPage) -> Option<Section> {
    let plots: Vec<_> = page
        .interval_plots
        .iter()
        .filter_map(|id| page.figures.iter().find(|figure| figure.id == *id))
        .filter_map(|shown| Some((shown, plots::intervals(page, shown)?)))
        .collect();
    if plots.is_empty() {
        return None;
    }
    let body = html! {
        p { "Dots are models, rings are baselines; the line through them is the 95\u{a0}% interval. \
             The upright line is the best baseline." }
        div.panels { @for (shown, plot) in plots {
            (figure(plot, html! {
                b { (shown.full_label()) } ", " @if shown.lower_is_better { "lowest" } @else { "highest" } " at the top."
            }))
        } }
    };
    Some(Section::new("intervals", "How sure the figures are", body))
}
