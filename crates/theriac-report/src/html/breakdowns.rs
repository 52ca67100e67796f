//! Figures by part of the test pairs, and the best and worst targets.

use maud::{Markup, html};

use super::{Section, figure, legend, scorer_head, table};
use crate::number;
use crate::page::{Breakdown, EvaluationPage, Extremes, TargetResult};
use crate::palette::{Ink, ink_of};
use crate::plots;

/// A figure by degree, by area, by fold.
pub fn breakdowns(page: &EvaluationPage) -> Option<Section> {
    let shown: Vec<_> = page
        .breakdowns
        .iter()
        .filter_map(|breakdown| Some((breakdown, plots::grouped(breakdown, &page.highlighted)?)))
        .collect();
    if shown.is_empty() {
        return None;
    }
    let scorers = shown.iter().flat_map(|(breakdown, _)| &breakdown.scorers);
    let body = html! {
        div.together {
            (legend(page, scorers.map(|series| series.scorer.as_str())))
            div.panels { @for (breakdown, plot) in &shown { div.together {
                h3 { (breakdown.title) }
                @if let Some(explanation) = &breakdown.explanation { p.lead { (explanation) } }
                (figure(plot, html! {
                    b { (breakdown.figure) ". " } "n is the number of positives." (interval_note(breakdown))
                }))
            } } }
        }
        @for (breakdown, _) in &shown { (values(page, breakdown)) }
    };
    Some(Section::new("breakdowns", "Where the scorers are right", body))
}

/// Whose intervals are drawn.
fn interval_note(breakdown: &Breakdown) -> String {
    let values = || breakdown.scorers.iter().flat_map(|series| series.values.iter().flatten());
    if values().all(|value| value.interval.is_none()) {
        String::new()
    } else if plots::in_columns(breakdown) {
        format!(" Thin lines are the 95\u{a0}% intervals of the first {} scorers.", plots::MOST_INTERVALS)
    } else {
        " Thin lines are 95\u{a0}% intervals.".into()
    }
}

/// The numbers behind the plot, folded away.
fn values(page: &EvaluationPage, breakdown: &Breakdown) -> Markup {
    html! {
        details {
            summary { (breakdown.title) ", as a table" }
            (table(html! { (breakdown.figure) ". " (breakdown.title) "." }, html! {
                thead { tr {
                    th scope="col" { "Scorer" }
                    @for group in &breakdown.groups { th.number scope="col" {
                        (group.label) span.direction { "n\u{a0}" (number::count(group.positives)) }
                    } }
                } }
                tbody { @for series in &breakdown.scorers { tr {
                    (scorer_head(page, &series.scorer))
                    @for place in 0..breakdown.groups.len() {
                        @let value = series.values.get(place).and_then(Option::as_ref);
                        td.number { (number::optional(value.map(|value| value.value), 3)) }
                    }
                } } }
            }))
        }
    }
}

/// The targets on which the first scorer does best and worst.
pub fn extremes(page: &EvaluationPage) -> Option<Section> {
    let extremes =
        page.extremes.as_ref().filter(|extremes| !(extremes.best.is_empty() && extremes.worst.is_empty()))?;
    let ink = ink_of(&page.highlighted, &extremes.scorer);
    let body = html! {
        p { "As ranked by " @if ink != Ink::Other { (plots::swatch(ink)) " " } b { (extremes.scorer) } ". " (extremes.note) " With few positives a place at either end owes much to chance." }
        div.panels {
            @if !extremes.best.is_empty() { (targets(extremes, &extremes.best, "Best")) }
            @if !extremes.worst.is_empty() { (targets(extremes, &extremes.worst, "Worst")) }
        }
    };
    Some(Section::new("extremes", "Best and worst", body))
}

fn targets(extremes: &Extremes, results: &[TargetResult], which: &str) -> Markup {
    let degrees = results.iter().any(|result| result.degree.is_some());
    table(
        which,
        html! {
            thead { tr {
                th scope="col" { (extremes.target_label) }
                @if degrees { th.number scope="col" { "Training positives" } }
                th.number scope="col" { "Test positives" }
                th.number scope="col" { (extremes.figure) }
            } }
            tbody { @for result in results { tr {
                th scope="row" { (result.name) }
                @if degrees { td.number { (result.degree.map_or_else(|| number::MISSING.into(), number::count)) } }
                td.number { (number::count(result.positives)) }
                td.number { (number::fixed(result.value, 3)) }
            } } }
        },
    )
}
