//! What all pages share: the document around their sections, and the frames of text, tables and plots.

use std::borrow::Cow;

use maud::{DOCTYPE, Markup, PreEscaped, Render, html};

use crate::palette;

pub(super) const STYLE: &str = include_str!("style.css");

/// A section of a page.
pub struct Section {
    /// What links to it: "scorers".
    pub id: Cow<'static, str>,
    /// Its heading.
    pub title: Cow<'static, str>,
    /// What is in it.
    pub body: Markup,
}

impl Section {
    /// A section of that id and heading.
    pub fn new(id: impl Into<Cow<'static, str>>, title: impl Into<Cow<'static, str>>, body: Markup) -> Self {
        Self { id: id.into(), title: title.into(), body }
    }
}

/// What a document has beside its sections.
pub struct Frame<'a> {
    /// Title of the document.
    pub title: &'a str,
    /// Style rules beside those that all pages share.
    pub style: &'static str,
    /// Text of the link that leads past the head: "Skip to the figures".
    pub skip: &'static str,
    /// The head of the page.
    pub header: Markup,
    /// Version of the program.
    pub version: Option<&'a str>,
}

/// The whole document.
pub fn document(frame: &Frame<'_>, sections: &[Section]) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (frame.title) }
                style { (PreEscaped(STYLE)) (PreEscaped(frame.style)) (PreEscaped(palette::style_sheet())) }
            }
            body {
                a.skip href="#content" { (frame.skip) }
                (frame.header)
                @if sections.len() > 1 {
                    nav aria-label="Sections" {
                        ul { @for section in sections {
                            li { a href=(format!("#{}", section.id)) { (section.title) } }
                        } }
                    }
                }
                main id="content" {
                    @for section in sections {
                        section id=(section.id) aria-labelledby=(format!("{}-title", section.id)) {
                            h2 id=(format!("{}-title", section.id)) { (section.title) }
                            (section.body)
                        }
                    }
                }
                footer { p { "Written by Theriac" @if let Some(version) = frame.version { " " (version) } "." } }
            }
        }
    }
}

/// Sentences as one paragraph.
pub fn paragraph(sentences: &[String]) -> Markup {
    html! { @if !sentences.is_empty() { p { (sentences.join(" ")) } } }
}

/// A table that scrolls within its own frame where the screen is narrow.
pub fn table(caption: impl Render, content: impl Render) -> Markup {
    html! {
        div.scroll tabindex="0" role="group" aria-label="Table" {
            table { caption { div { (caption) } } (content) }
        }
    }
}

/// A table as [`table`] whose last column is text: on a narrow screen it stands below the others.
pub fn wordy_table(caption: impl Render, content: impl Render) -> Markup {
    html! {
        div.scroll tabindex="0" role="group" aria-label="Table" {
            table.wordy { caption { div { (caption) } } (content) }
        }
    }
}

/// A plot, with what is said below it.
pub fn figure(plot: impl Render, caption: impl Render) -> Markup {
    html! { figure { (plot) figcaption { (caption) } } }
}
