//! The pages as HTML: their sections, and what these share.

mod breakdowns;
mod candidates;
mod checks;
mod curves;
mod frame;
mod scores;
mod summary;

use maud::{Markup, html};

pub use candidates::document as candidates_document;
pub use candidates::{flag_labels, passages};
pub use frame::Section;

use crate::page::EvaluationPage;
use crate::palette::{self, Ink, ink_of};
use crate::plots::swatch;
use frame::{Frame, figure, paragraph, table, wordy_table};

/// The rules that everything here is shown by: those of the documents, of candidates, and the colours of plots.
pub fn style_sheet() -> String {
    [frame::STYLE, candidates::STYLE, &palette::style_sheet()].concat()
}

/// The page of an evaluation.
pub fn evaluation(page: &EvaluationPage) -> Markup {
    let frame = Frame {
        title: &page.title,
        style: "",
        skip: "Skip to the figures",
        header: summary::header(page),
        version: page.provenance.version.as_deref(),
    };
    frame::document(&frame, &evaluation_sections(page))
}

/// The sections of an evaluation. Those without data are left out.
pub fn evaluation_sections(page: &EvaluationPage) -> Vec<Section> {
    [
        scores::table_section(page),
        scores::differences(page),
        scores::intervals(page),
        curves::thresholds(page),
        curves::ranking(page),
        curves::calibration(page),
        breakdowns::breakdowns(page),
        breakdowns::extremes(page),
        checks::permutation(page),
        checks::popularity(page),
        checks::stability(page),
        curves::training(page),
        checks::configurations(page),
        summary::protocol(page),
        checks::audit(page),
        checks::limits("What these figures do not say", &page.limits),
        summary::provenance(&page.provenance, "figures"),
        checks::glossary(page),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The scorers that are drawn in colours, each with its line, and those in grey.
///
/// `names` are the scorers of the plots below; one that is named twice is shown once.
fn legend<'a>(page: &EvaluationPage, scorers: impl IntoIterator<Item = &'a str>) -> Markup {
    let mut names: Vec<&str> = Vec::new();
    for name in scorers {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let mut shown: Vec<(&str, Ink)> =
        names.iter().map(|&name| (name, ink_of(&page.highlighted, name))).collect();
    shown.retain(|(_, ink)| matches!(ink, Ink::Series(_)));
    shown.sort_by_key(|(_, ink)| match ink {
        Ink::Series(place) => *place,
        _ => usize::MAX,
    });
    let grey: Vec<&str> =
        names.into_iter().filter(|name| ink_of(&page.highlighted, name) == Ink::Other).collect();
    html! {
        ul.legend {
            @for (name, ink) in shown { li { (swatch(ink)) span { (name) } } }
            @if !grey.is_empty() { li.grey { (swatch(Ink::Other)) span { "In grey: " (grey.join(", ")) } } }
        }
    }
}

/// The head of a row: a scorer. Models are told apart where there are baselines beside them.
fn scorer_head(page: &EvaluationPage, name: &str) -> Markup {
    let model = !page.is_baseline(name) && page.scorers.iter().any(|scorer| scorer.baseline);
    html! {
        th.model[model] scope="row" { (name) @if model { " " span.tag { "model" } } }
    }
}
