//! The ranked table.

use maud::{Markup, html};

use super::super::frame::Section;
use super::{chips, probability};
use crate::candidates::{Candidate, CandidatePage, RankingColumns};
use crate::number;

/// The candidates, best first.
pub fn ranking(page: &CandidatePage) -> Option<Section> {
    if page.candidates.is_empty() {
        return None;
    }
    let columns = page.columns();
    let body = html! {
        div.scroll tabindex="0" role="group" aria-label="Table" {
            table.ranked {
                caption { div { (page.reading().join(" ")) } }
                thead { tr {
                    th.number scope="col" { "Rank" }
                    th scope="col" { span.initial { (page.candidate_label()) } }
                    th.number scope="col" { "Score" }
                    @if columns.probability { th.number scope="col" { "Probability" } }
                    @if columns.percentile { th.number scope="col" { "Percentile" } }
                    @if columns.popularity { th.number scope="col" { "Popularity" } }
                    @if columns.evidence { th.prose scope="col" { "Evidence" } }
                } }
                tbody { @for (place, candidate) in page.candidates.iter().enumerate() {
                    (row(&columns, place, candidate))
                } }
            }
        }
    };
    Some(Section::new("ranking", "Ranking", body))
}

fn row(columns: &RankingColumns, place: usize, candidate: &Candidate) -> Markup {
    let node = &candidate.node;
    html! {
        tr {
            td.number.rank { (number::count(candidate.rank)) }
            th scope="row" {
                @if candidate.told().is_some() { a href=(format!("#candidate-{}", place + 1)) { (node.label()) } }
                @else { (node.label()) }
                @if node.id != node.label() && !node.id.is_empty() { span.detail { (node.id) } }
                (chips(candidate))
            }
            td.number data-label="Score" { (number::fixed(candidate.score, 3)) }
            @if columns.probability { td.number data-label="Probability" {
                @if let Some((value, range)) = probability(candidate) {
                    span.value { (value) }
                    @if let Some(range) = range { span.detail { (range) } }
                } @else { (number::MISSING) }
            } }
            @if columns.percentile { td.number data-label="Percentile" { (number::optional(candidate.percentile, 2)) } }
            @if columns.popularity { td.number data-label="Popularity" {
                (candidate.popularity.map_or_else(|| number::MISSING.into(), number::percent))
            } }
            @if columns.evidence { td.prose { (candidate.evidence.as_deref().unwrap_or(number::MISSING)) } }
        }
    }
}
