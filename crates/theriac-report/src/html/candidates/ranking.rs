//! The ranked table.

use maud::{Markup, html};

use super::super::frame::Section;
use super::flag_labels;
use crate::candidates::{Candidate, CandidatePage, RankingColumn};
use crate::number;

/// The candidates, best first.
pub fn ranking(page: &CandidatePage) -> Option<Section> {
    if page.candidates.is_empty() {
        return None;
    }
    let body = html! {
        div.scroll tabindex="0" role="group" aria-label="Table" {
            table.ranked {
                caption { div { (page.reading().join(" ")) } }
                thead { tr {
                    th.number scope="col" { "Rank" }
                    th scope="col" { span.initial { (page.candidate_label()) } }
                    th.number scope="col" { "Score" }
                    @if page.shows(RankingColumn::Probability) { th.number scope="col" { "Probability" } }
                    @if page.shows(RankingColumn::Percentile) { th.number scope="col" { "Percentile" } }
                    @if page.shows(RankingColumn::Popularity) { th.number scope="col" { "Popularity" } }
                    @if page.shows(RankingColumn::Evidence) { th.prose scope="col" { "Evidence" } }
                } }
                tbody { @for (place, candidate) in page.candidates.iter().enumerate() {
                    (row(page, place, candidate))
                } }
            }
        }
    };
    Some(Section::new("ranking", "Ranking", body))
}

fn row(page: &CandidatePage, place: usize, candidate: &Candidate) -> Markup {
    let node = &candidate.node;
    html! {
        tr {
            td.number.rank { (number::count(candidate.rank)) }
            th scope="row" {
                @if candidate.told().is_some() { a href=(format!("#candidate-{}", place + 1)) { (node.label()) } }
                @else { (node.label()) }
                @if node.id != node.label() && !node.id.is_empty() { span.detail { (node.id) } }
                (flag_labels(&candidate.flags))
            }
            td.number data-label="Score" { (number::fixed(candidate.score, 3)) }
            @if page.shows(RankingColumn::Probability) { td.number data-label="Probability" {
                @if let Some((value, range)) = candidate.probability_told() {
                    span.value { (value) }
                    @if let Some(range) = range { span.detail { (range) } }
                } @else { (number::MISSING) }
            } }
            @if page.shows(RankingColumn::Percentile) { td.number data-label="Percentile" { (number::optional(candidate.percentile, 2)) } }
            @if page.shows(RankingColumn::Popularity) { td.number data-label="Popularity" {
                (candidate.popularity.map_or_else(|| number::MISSING.into(), number::percent))
            } }
            @if page.shows(RankingColumn::Evidence) { td.prose.missing[candidate.evidence.is_none()] {
                (candidate.evidence.as_deref().unwrap_or(number::MISSING))
            } }
        }
    }
}
