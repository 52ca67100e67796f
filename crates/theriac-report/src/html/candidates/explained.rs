//! The section of a candidate: why it stands where it does.

use maud::{Markup, html};

use super::super::checks::findings;
use super::super::frame::{Section, figure, table, wordy_table};
use super::flag_labels;
use crate::candidates::{Candidate, CandidatePage, EvidencePath, Explanation};
use crate::number;
use crate::palette::Ink;
use crate::picture::{Picture, line_swatch, relation_ink, width_scale};
use crate::plots;

/// Width of the lines of the legend, in pixels.
const LEGEND_WIDTH: f64 = 5.0;
/// Most paths that are not folded away.
const MOST_OPEN_PATHS: usize = 10;

/// The section of the candidate at that place; `None` where it is not explained.
pub fn explained(
    page: &CandidatePage,
    place: usize,
    candidate: &Candidate,
    relations: &[String],
) -> Option<Section> {
    let explanation = candidate.told()?;
    let body = html! {
        (facts(page, candidate, explanation))
        (passages(place, candidate, relations)?)
    };
    let title = format!("{}. {}", number::count(candidate.rank), candidate.node.label());
    Some(Section::new(id_of(place), title, body))
}

fn id_of(place: usize) -> String {
    format!("candidate-{}", place + 1)
}

/// What explains the candidate, below its figures; `None` where it is not explained.
pub fn passages(place: usize, candidate: &Candidate, relations: &[String]) -> Option<Markup> {
    let explanation = candidate.told()?;
    let parts = [
        contributions(candidate, explanation),
        evidence(&format!("{}-evidence", id_of(place)), explanation, relations),
        counterfactuals(explanation),
        paths(explanation),
        metapaths(explanation),
        precedents(explanation),
        fidelity(explanation),
    ];
    Some(html! {
        @if let Some(evidence) = &candidate.evidence { p.evidence-line { (evidence) } }
        (findings(&explanation.notes))
        @for (title, part) in parts.into_iter().flatten() { h3 { (title) } (part) }
    })
}

/// A heading and what stands below it; `None` where there is nothing to say.
type Part = Option<(&'static str, Markup)>;

fn facts(page: &CandidatePage, candidate: &Candidate, explanation: &Explanation) -> Markup {
    let (query, node) = (&page.query.node, &candidate.node);
    html! {
        @if node.id != node.label() && !node.id.is_empty() { p.under { code.id { (node.id) } } }
        (flag_labels(&candidate.flags))
        dl.facts {
            div { dt { "Score" } dd { (number::fixed(candidate.score, 3)) } }
            @if let Some((value, range)) = candidate.probability_told() {
                div { dt { "Probability" } dd { (value) @if let Some(range) = range { span.range { (range) } } } }
            }
            div {
                dt { "Rank" @if !query.label().is_empty() { " for " (query.label()) } }
                dd { (number::count(candidate.rank)) @if let Some(ranked) = page.ranked { " of " (number::count(ranked)) } }
            }
            @if let Some(place) = explanation.reverse_rank {
                div {
                    dt { "Rank of " (if query.label().is_empty() { "it" } else { query.label() }) " for " (node.label()) }
                    dd { (number::count(place.rank)) " of " (number::count(place.of)) }
                }
            }
            @if let Some(share) = candidate.popularity {
                div { dt { "Owed to popularity" } dd { (number::percent(share)) } }
            }
        }
    }
}

fn contributions(candidate: &Candidate, explanation: &Explanation) -> Part {
    let plot = plots::contributions(&explanation.contributions)?;
    let caption = html! {
        "What each part of the model adds to the score, or takes from it."
        @if let Some(base) = explanation.base {
            " From a base of " (number::fixed(base, 3)) " they lead to the score of " (number::fixed(candidate.score, 3)) "."
        }
    };
    Some(("What the score is made of", figure(plot, caption)))
}

fn evidence(id: &str, explanation: &Explanation, relations: &[String]) -> Part {
    let picture = Picture::new(&explanation.paths, relations)?;
    let drawn = relations.iter().filter(|relation| {
        explanation.paths.iter().flat_map(|path| &path.hops).any(|hop| hop.relation == **relation)
    });
    let (coloured, grey): (Vec<&String>, Vec<&String>) =
        drawn.partition(|relation| relation_ink(relations, relation) != Ink::Muted);
    let scale = picture.greatest_effect().map(width_scale);
    let listed = explanation.paths.len();
    let caption = html! {
        @if picture.drawn() < listed {
            (number::count(picture.drawn() as u64)) " of the " (number::count(listed as u64)) " paths below are drawn. "
        }
        @if scale.is_some() {
            "The wider a line, the more the score changes without its edge."
            @if picture.has_dashes() { " Dashed: without it the score would be higher." }
        }
    };
    let body = html! {
        ul.legend {
            @for relation in coloured {
                li { (line_swatch(relation_ink(relations, relation), LEGEND_WIDTH)) span { (relation) } }
            }
            @if !grey.is_empty() { li.grey {
                (line_swatch(Ink::Muted, LEGEND_WIDTH))
                span { "In grey: " @for (place, name) in grey.iter().enumerate() { @if place > 0 { ", " } (name) } }
            } }
            @if let Some(scale) = scale { li.scale {
                span { "Effect" (explanation.unit()) ":" }
                @for (swatch, effect) in scale { (swatch) span { (effect) } }
            } }
        }
        (figure(
            html! { div.scroll.picture tabindex="0" role="group" aria-label="Picture of the evidence" { (picture.svg(id)) } },
            caption,
        ))
    };
    Some(("The evidence", body))
}

fn counterfactuals(explanation: &Explanation) -> Part {
    let rows = &explanation.counterfactuals;
    if rows.is_empty() {
        return None;
    }
    let places = explanation.decimals();
    let ranks = rows.iter().any(|row| row.rank_after.is_some());
    let body = table(
        explanation.counterfactual_reading(),
        html! {
            thead { tr {
                th scope="col" { "Relation" }
                th scope="col" { "From" }
                th scope="col" { "To" }
                th.number scope="col" { "Change" }
                @if ranks { th.number scope="col" { "Rank after" } }
            } }
            tbody { @for row in rows { tr {
                th scope="row" { (row.relation) }
                td { (row.source) }
                td { (row.target) }
                td.number { (number::signed(row.change, places)) }
                @if ranks { td.number { (row.rank_after.map_or_else(|| number::MISSING.into(), number::count)) } }
            } } }
        },
    );
    Some(("Single edges taken away", body))
}

fn paths(explanation: &Explanation) -> Part {
    let paths = &explanation.paths;
    if paths.is_empty() {
        return None;
    }
    let (first, others) = paths.split_at(paths.len().min(MOST_OPEN_PATHS));
    let places = explanation.decimals();
    let body = html! {
        (path_table(&explanation.path_reading().join(" "), first, places))
        @if !others.is_empty() {
            details {
                summary { (number::count(others.len() as u64)) " more" }
                (path_table("The paths that follow.", others, places))
            }
        }
    };
    Some(("Paths", body))
}

fn path_table(caption: &str, paths: &[EvidencePath], places: usize) -> Markup {
    let effects = paths.iter().any(|path| path.effect.is_some());
    let sources = paths.iter().any(|path| !path.provenance().is_empty());
    let content = html! {
        thead { tr {
            th scope="col" { "Path" }
            @if effects { th.number scope="col" { "Effect" } }
            @if sources { th.prose scope="col" { "Sources" } }
        } }
        tbody { @for path in paths { tr {
            th.path scope="row" {
                @for (place, word) in path.words().iter().enumerate() {
                    @if place % 2 == 0 { (word) } @else { " " span.hop { (word) } " " }
                }
            }
            @if effects { td.number {
                (path.effect.map_or_else(|| number::MISSING.into(), |effect| number::signed(effect, places)))
            } }
            @if sources { td.prose {
                @let told = path.provenance();
                @if told.is_empty() { (number::MISSING) } @else { (told.join("; ")) }
            } }
        } } }
    };
    wordy_table(caption, content)
}

fn metapaths(explanation: &Explanation) -> Part {
    let rows = &explanation.metapaths;
    if rows.is_empty() {
        return None;
    }
    let matched = rows.iter().any(|row| row.matched.is_some());
    let counts = rows.iter().any(|row| row.paths.is_some());
    let content = html! {
        thead { tr {
            th scope="col" { "Kind of path" }
            @if counts { th.number scope="col" { "Paths" } }
            th.number scope="col" { "Share" }
            @if matched { th.number scope="col" { "Matched" } }
        } }
        tbody { @for row in rows { tr {
            th.path scope="row" { (row.name) }
            @if counts { td.number { (row.paths.map_or_else(|| number::MISSING.into(), number::count)) } }
            td.number { (number::percent(row.share)) }
            @if matched { td.number { (row.matched.map_or_else(|| number::MISSING.into(), number::percent)) } }
        } } }
    };
    Some(("Kinds of paths", table(explanation.metapath_reading().join(" "), content)))
}

fn precedents(explanation: &Explanation) -> Part {
    let precedents = &explanation.precedents;
    let body = html! { ul.limits { @for sentence in precedents { li { (sentence) } } } };
    (!precedents.is_empty()).then_some(("Precedents", body))
}

fn fidelity(explanation: &Explanation) -> Part {
    let figures = explanation.fidelity?.figures();
    if figures.is_empty() {
        return None;
    }
    let content = html! {
        thead { tr {
            th scope="col" { "Figure" }
            th.number scope="col" { "Value" }
            th.prose scope="col" { "How to read it" }
        } }
        tbody { @for figure in figures { tr {
            th scope="row" { (figure.name) }
            td.number { (figure.value) }
            td.prose { (figure.reading) }
        } } }
    };
    let caption = "How well the edges and paths above account for the score.";
    Some(("How far to trust this explanation", wordy_table(caption, content)))
}
