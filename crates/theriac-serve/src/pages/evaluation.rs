//! How good the model is: the plots and tables of its evaluation, and how it was trained.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use maud::{Markup, html};
use theriac_link::{Plan, Protocol, Task};
use theriac_predict::evaluation_page::{Evaluation, page};

use crate::asked::At;
use crate::models::Served;
use crate::problem::Problem;
use crate::reply::Reply;
use crate::workbench::Workbench;

/// The page of the evaluation.
pub async fn evaluation(
    State(bench): State<Arc<Workbench>>,
    At(model): At<String>,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    let served = bench.model(&model)?;
    let key = format!("{} evaluation", served.generation);
    bench
        .reply(&key, &asked, move |bench| {
            let content = content(&served)?;
            Ok(Reply::html(bench.page("Evaluation", &served, "evaluation").render(&content)))
        })
        .await
}

fn content(served: &Served) -> Result<Markup, Problem> {
    let predictor = &served.predictor;
    let card = &predictor.model.card;
    let task = Task::with_every_sibling(predictor.graph(), card.target.clone())
        .map_err(|error| Problem::internal(error.to_string()))?;
    let plan = Plan {
        protocol: Protocol::Random { test_fraction: card.split.test_fraction },
        valid_fraction: card.split.valid_fraction,
        repeats: 1,
        seed: card.seed,
    };
    let of = Evaluation { graph: predictor.graph(), task: &task, plan: &plan };
    let page = page(&of, &card.test, None);
    let sections = page.sections();
    Ok(html! {
        p.kicker { (card.target.to_string()) }
        h1 { "How good the model is" }
        @if !page.verdict.is_empty() { div.verdict { p { (page.verdict.join(" ")) } } }
        dl.facts {
            div { dt { "Trained" } dd { (card.created) } }
            @if let Some(preset) = &card.preset { div { dt { "Preset" } dd { (preset) } } }
            div { dt { "Seed" } dd { (card.seed) } }
            div { dt { "Theriac" } dd { (card.theriac) } }
            div { dt { "Split" } dd { code.id { (card.split.hash.get(..12).unwrap_or_default()) } } }
        }
        nav.sections aria-label="Sections" { ul {
            @for section in &sections { li { a href=(format!("#{}", section.id)) { (section.title) } } }
        } }
        @for section in &sections {
            section id=(section.id) aria-labelledby=(format!("{}-title", section.id)) {
                h2 id=(format!("{}-title", section.id)) { (section.title) }
                (section.body)
            }
        }
    })
}
