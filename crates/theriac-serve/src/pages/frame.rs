//! What all pages share: head, navigation, the search field, and the foot.

use maud::{DOCTYPE, Markup, html};

use crate::models::Served;
use crate::pages::links;

/// Pages of a model in the navigation: their names and addresses.
const PAGES: [(&str, &str); 5] =
    [("Start", ""), ("Graph", "graph"), ("Map", "map"), ("Evaluation", "evaluation"), ("New node", "new")];

/// What a page is.
pub struct Page<'a> {
    /// Its title.
    pub title: &'a str,
    /// The model that it is about; `None` where it is about all.
    pub served: Option<&'a Served>,
    /// The models that are served, where there are several.
    pub models: Vec<String>,
    /// Address of the navigation's entry that it belongs to.
    pub place: &'a str,
}

impl Page<'_> {
    /// The page with this content.
    pub fn render(&self, content: &Markup) -> String {
        let model =
            self.served.map(|served| served.name.as_str()).or(self.models.first().map(String::as_str));
        let entry = |name: &str, address: String, is_here: bool| {
            html! { li { a href=(address) aria-current=[is_here.then_some("page")] { (name) } } }
        };
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (self.title) " · Theriac" }
                    link rel="icon" href="/assets/icon.svg" type="image/svg+xml";
                    link rel="stylesheet" href="/assets/style.css";
                    script src="/assets/script.js" defer {}
                }
                body.workbench data-model=[model] {
                    a.skip href="#content" { "Skip to the content" }
                    header.bar {
                        a.brand href="/" { "Theriac" }
                        @if let Some(model) = model { (search(model, "")) }
                        nav aria-label="Workbench" { ul {
                            @if let Some(model) = model {
                                @for (name, address) in PAGES {
                                    (entry(name, links::page(model, address), self.place == address && self.served.is_some()))
                                }
                            }
                            (entry("Shortlist", "/shortlist".into(), self.place == "shortlist"))
                            (entry("API", "/api".into(), self.place == "api"))
                        } }
                        @if self.models.len() > 1 {
                            nav.models aria-label="Models" { ul { @for name in &self.models {
                                (entry(name, links::page(name, ""), self.served.is_some_and(|served| served.name == *name)))
                            } } }
                        }
                    }
                    main id="content" { (content) }
                    footer { p { "Theriac " (env!("CARGO_PKG_VERSION")) ". Everything here stays on this machine." } }
                    div.live role="status" aria-live="polite" {}
                }
            }
        };
        page.into_string()
    }
}

/// The search field. Without a script it leads to a page of what is found.
pub fn search(model: &str, text: &str) -> Markup {
    html! {
        form.search role="search" method="get" action=(links::page(model, "search")) {
            label.hidden for="search" { "Search drugs, diseases and all other nodes" }
            input id="search" name="q" type="search" value=(text) placeholder="Search drugs, diseases, genes …" autocomplete="off"
                autocapitalize="none" spellcheck="false" required maxlength="200";
            kbd aria-hidden="true" { "/" }
        }
    }
}
