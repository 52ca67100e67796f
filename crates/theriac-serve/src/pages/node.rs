//! What is around a node.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use maud::{Markup, html};
use theriac_graph::wording::{grouped, spoken};

use crate::api::{Edges, Neighborhood, neighborhood};
use crate::asked::At;
use crate::models::Served;
use crate::pages::links;
use crate::problem::Problem;
use crate::reply::Reply;
use crate::workbench::Workbench;

/// Neighbours that are not folded away.
const OPEN: usize = 24;

/// The page of a node.
pub async fn node(
    State(bench): State<Arc<Workbench>>,
    At((model, node_type, id)): At<(String, String, String)>,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    let served = bench.model(&model)?;
    let key = format!("{} neighborhood {node_type}\n{id}", served.generation);
    bench
        .reply(&key, &asked, move |bench| {
            let around = neighborhood(&served, &node_type, &id)?;
            Ok(Reply::html(bench.page(&around.name, &served, "graph").render(&content(&served, &around))))
        })
        .await
}

fn content(served: &Served, around: &Neighborhood) -> Markup {
    let node = served.node(&around.node_type, &around.id);
    let ranked = node.filter(|node| served.end_of(node.node_type).is_some());
    let edges: usize = around.relations.iter().map(|of| of.count).sum();
    html! {
        p.kicker { (around.node_type) }
        h1 { (around.name) }
        dl.facts {
            div { dt { "Id" } dd { code.id { (around.id) } } }
            div { dt { "Edges" } dd { (grouped(edges)) } }
            @if let Some(node) = ranked { div { dt { "Predictions" } dd { a href=(links::node(served, node)) { "Candidates" } } } }
        }
        @if !around.synonyms.is_empty() { p { "Also called " (around.synonyms.join(", ")) "." } }
        @if !around.xrefs.is_empty() { p { "Elsewhere: " @for xref in &around.xrefs { code.id { (xref) } " " } } }
        @if around.relations.is_empty() { p { "No edge joins it with another node." } }
        @for of in &around.relations { (relation(served, of)) }
    }
}

fn relation(served: &Served, of: &Edges) -> Markup {
    let other = of.neighbors.first().map_or("", |neighbor| neighbor.node_type.as_str());
    let (first, more) = of.neighbors.split_at(of.neighbors.len().min(OPEN));
    html! {
        section aria-label=(of.relation) {
            h2 { @if of.reversed { "← " } (spoken(&of.relation_name)) @if !of.reversed { " →" } " " (other) " " span.aside { (grouped(of.count)) } }
            (list(served, first))
            @if !more.is_empty() {
                details { summary { (grouped(more.len())) " more" } (list(served, more)) }
            }
            @if of.count > of.neighbors.len() { p.aside { "The " (grouped(of.neighbors.len())) " with the fewest edges are listed." } }
        }
    }
}

fn list(served: &Served, neighbors: &[crate::api::Neighbor]) -> Markup {
    html! { ul.neighbors { @for of in neighbors {
        @if let Some(node) = served.node(&of.node_type, &of.id) {
            li { a href=(links::node(served, node)) title=(of.id) { (of.name) } " " span.aside { (of.degree) } }
        }
    } } }
}
