//! The page as HTML: the document, its sections and what they share.

mod breakdowns;
mod checks;
mod curves;
mod scores;
mod summary;

use maud::{DOCTYPE, Markup, PreEscaped, Render, html};

use crate::page::EvaluationPage;
use crate::palette::{self, Ink, ink_of};
use crate::plots::swatch;

const STYLE: &str = include_str!("style.css");

/// A section of the page.
struct Section {
    /// What links to it: "scorers".
    id: &'static str,
    /// Its heading.
    title: &'static str,
    /// What is in it.
    body: Markup,
}

impl Section {
    fn new(id: &'static str, title: &'static str, body: Markup) -> Self {
        Self { id, title, body }
    }
}

/// The whole document. Sections without data are left out.
pub fn document(page: &EvaluationPage) -> Markup {
    let sections: Vec<Section> = [
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
        checks::limits(page),
        summary::provenance(page),
        checks::glossary(page),
    ]
    .into_iter()
    .flatten()
    .collect();
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (page.title) }
                style { (PreEscaped(STYLE)) (PreEscaped(palette::style_sheet())) }
            }
            body {
                a.skip href="#content" { "Skip to the figures" }
                (summary::header(page))
                @if sections.len() > 1 {
                    nav aria-label="Sections" {
                        ul { @for section in &sections {
                            li { a href=(format!("#{}", section.id)) { (section.title) } }
                        } }
                    }
                }
                main id="content" {
                    @for section in &sections {
                        section id=(section.id) aria-labelledby=(format!("{}-title", section.id)) {
                            h2 id=(format!("{}-title", section.id)) { (section.title) }
                            (section.body)
                        }
                    }
                }
                footer { p { "Written by Theriac" @if let Some(version) = &page.provenance.version { " " (version) } "." } }
            }
        }
    }
}

/// Sentences as one paragraph.
fn paragraph(sentences: &[String]) -> Markup {
    html! { @if !sentences.is_empty() { p { (sentences.join(" ")) } } }
}

/// A table that scrolls within its own frame where the screen is narrow.
fn table(caption: impl Render, content: impl Render) -> Markup {
    html! {
        div.scroll tabindex="0" role="group" aria-label="Table" {
            table { caption { div { (caption) } } (content) }
        }
    }
}

/// A table as [`table`] whose last column is text: on a narrow screen it stands below the others.
fn wordy_table(caption: impl Render, content: impl Render) -> Markup {
    html! {
        div.scroll tabindex="0" role="group" aria-label="Table" {
            table.wordy { caption { div { (caption) } } (content) }
        }
    }
}

/// A plot, with what is said below it.
fn figure(plot: impl Render, caption: impl Render) -> Markup {
    html! { figure { (plot) figcaption { (caption) } } }
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
