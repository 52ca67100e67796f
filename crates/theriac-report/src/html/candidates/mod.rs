//! The report on candidates.

mod explained;
mod ranking;

use maud::{Markup, html};

use super::frame::{self, Frame, Section, paragraph, table};
use super::{checks, summary};
use crate::candidates::{Accuracy, CandidatePage, Flag};
use crate::number;

pub(super) const STYLE: &str = include_str!("style.css");

/// The report as a page. Sections without data are left out.
pub fn document(page: &CandidatePage) -> Markup {
    let relations = page.relations();
    let explained = page.candidates.iter().enumerate();
    let sections: Vec<Section> = [ranking::ranking(page)]
        .into_iter()
        .chain(explained.map(|(place, candidate)| explained::explained(page, place, candidate, &relations)))
        .chain([
            accuracy(page),
            checks::limits("What this report does not say", &page.limits),
            summary::provenance(&page.provenance, "candidates"),
        ])
        .flatten()
        .collect();
    let frame = Frame {
        title: &page.title,
        style: STYLE,
        skip: "Skip to the candidates",
        header: header(page),
        version: page.provenance.version.as_deref(),
    };
    frame::document(&frame, &sections)
}

/// What explains the candidate at that place; `None` where it is not explained.
pub fn passages(page: &CandidatePage, place: usize) -> Option<Markup> {
    explained::passages(place, page.candidates.get(place)?, &page.relations())
}

/// Title, what was asked, and the summary.
fn header(page: &CandidatePage) -> Markup {
    let query = &page.query.node;
    let facts = [
        ("Predicted relation", Some(&page.target)),
        ("Graph", Some(&page.graph)),
        ("Model", Some(&page.model)),
        ("Date", page.provenance.date.as_ref()),
    ];
    html! {
        header {
            @if let Some(notice) = &page.notice { p.notice role="note" { (notice) } }
            p.kicker { (page.direction().unwrap_or_else(|| "Candidates".into())) }
            h1 { (page.title) }
            dl.facts {
                @if !query.label().is_empty() { div {
                    dt { @if query.kind.is_empty() { "Asked for" } @else { span.initial { (query.kind) } } }
                    dd { (query.label()) @if query.id != query.label() { " " code.id { (query.id) } } }
                } }
                @if let Some(links) = page.query.known_links {
                    div { dt { "Known links" } dd { (number::count(links)) } }
                }
                @for (name, value) in facts { @if let Some(value) = value.filter(|value| !value.is_empty()) {
                    div { dt { (name) } dd { (value) } }
                } }
            }
            @if !page.summary.is_empty() { div.verdict { (paragraph(&page.summary)) } }
        }
    }
}

/// What is known of a pair, as labels, each once.
pub fn flag_labels(flags: &[Flag]) -> Markup {
    let mut flags: Vec<&Flag> = flags.iter().collect();
    flags.sort();
    flags.dedup();
    html! { @if !flags.is_empty() { ul.chips aria-label="Known of it" { @for flag in flags {
        @let class = match flag {
            Flag::Known => "chip known",
            Flag::Contraindicated | Flag::Withdrawn => "chip against",
            Flag::FailedInTrials => "chip failed",
            Flag::Other(_) => "chip",
        };
        li class=(class) { (flag.label()) }
    } } } }
}

/// How good the model is, beside baselines.
fn accuracy(page: &CandidatePage) -> Option<Section> {
    let accuracy = page.accuracy.as_ref()?;
    let columns = accuracy.columns();
    if accuracy.protocol.is_empty() && columns.is_empty() {
        return None;
    }
    let body = html! {
        (paragraph(&accuracy.protocol))
        @if !columns.is_empty() { (accuracy_table(accuracy)) }
    };
    Some(Section::new("accuracy", "How good the model is", body))
}

fn accuracy_table(accuracy: &Accuracy) -> Markup {
    let columns = accuracy.columns();
    let baselines = accuracy.rows.iter().any(|row| row.baseline);
    table(
        "Figures on pairs that the model did not see. Higher is better; chance has an AUROC of 0.5 and an AP of the prevalence.",
        html! {
            thead { tr {
                th scope="col" { "Scorer" }
                @for (name, _) in &columns { th.number scope="col" { (name) } }
            } }
            tbody { @for row in &accuracy.rows {
                @let model = baselines && !row.baseline;
                tr {
                    th.model[model] scope="row" { (row.scorer) @if model { " " span.tag { "model" } } }
                    @for (name, value) in &columns { td.number {
                        @if *name == "Prevalence" { (value(row).map_or_else(|| number::MISSING.into(), number::percent)) }
                        @else { (number::optional(value(row), 3)) }
                    } }
                }
            } }
        },
    )
}
