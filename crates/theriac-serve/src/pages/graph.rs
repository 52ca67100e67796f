//! The graph: types, relations, and how edges are spread.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use maud::{Markup, html};
use theriac_explain::Node;
use theriac_graph::wording::grouped;
use theriac_graph::{Csr, Graph};

use crate::asked::At;
use crate::models::Served;
use crate::pages::links;
use crate::problem::Problem;
use crate::reply::Reply;
use crate::workbench::Workbench;

/// Nodes with the most edges that are named of each type.
const HUBS: usize = 3;
/// Size of a plot of degrees, in pixels.
const PLOT: (f64, f64) = (160.0, 36.0);

/// The page of the graph.
pub async fn graph(
    State(bench): State<Arc<Workbench>>,
    At(model): At<String>,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    let served = bench.model(&model)?;
    let key = format!("{} graph", served.generation);
    bench
        .reply(&key, &asked, move |bench| {
            Ok(Reply::html(bench.page("Graph", &served, "graph").render(&content(&served))))
        })
        .await
}

fn content(served: &Served) -> Markup {
    let graph = served.predictor.graph();
    let provenance = graph.provenance();
    html! {
        p.kicker { "Graph" }
        h1 { @if provenance.name.is_empty() { "The graph" } @else { (provenance.name) } }
        dl.facts {
            @if let Some(licence) = &provenance.licence { div { dt { "Licence" } dd { (licence) } } }
            @if let Some(citation) = &provenance.citation { div { dt { "Citation" } dd { (citation) } } }
            div { dt { "Fingerprint" } dd { code.id { (served.predictor.model.card.graph.fingerprint) } } }
        }
        section aria-labelledby="types" { h2 id="types" { "Types" } (types(served, graph)) }
        section aria-labelledby="relations" { h2 id="relations" { "Relations" } (relations(graph)) }
    }
}

fn types(served: &Served, graph: &Graph) -> Markup {
    html! {
        div.scroll tabindex="0" role="group" aria-label="Types" { table {
            thead { tr {
                th scope="col" { "Type" }
                th.number scope="col" { "Nodes" }
                th.number scope="col" { "Without an edge" }
                th scope="col" { "Most edges" }
            } }
            tbody { @for (place, table) in graph.node_tables().iter().enumerate() {
                @let degrees = degrees(graph, place);
                @let alone = degrees.iter().filter(|&&degree| degree == 0).count();
                tr {
                    th scope="row" { (table.node_type) }
                    td.number { (grouped(table.len())) }
                    td.number { (grouped(alone)) }
                    td.prose { @for (at, (node, degree)) in hubs(&degrees).into_iter().enumerate() {
                        @if at > 0 { ", " }
                        a href=(links::node(served, Node { node_type: place, index: node })) { (table.names[node as usize]) }
                        " " span.aside { (grouped(degree as usize)) }
                    } }
                }
            } }
        } }
    }
}

fn relations(graph: &Graph) -> Markup {
    html! {
        div.scroll tabindex="0" role="group" aria-label="Relations" { table {
            caption { div {
                "Degrees: how many nodes have how many edges. Classes double from left to right (1, 2–3, 4–7, …), heights are logarithmic."
            } }
            thead { tr {
                th scope="col" { "Relation" }
                th.number scope="col" { "Edges" }
                th scope="col" { "Degrees of sources" }
                th scope="col" { "Degrees of targets" }
            } }
            tbody { @for relation in graph.relations() { tr {
                th scope="row" { (relation.key.to_string()) }
                td.number { (grouped(relation.edge_count())) }
                td { (histogram(&relation.forward)) }
                td { (histogram(&relation.backward)) }
            } } }
        } }
    }
}

/// Edges of each node of a type, over all relations.
fn degrees(graph: &Graph, node_type: usize) -> Vec<u32> {
    let mut degrees = vec![0; graph.node_tables()[node_type].len()];
    for relation in graph.relations() {
        let ends = [(relation.source_type, &relation.forward), (relation.target_type, &relation.backward)];
        let ends = if relation.undirected { &ends[..1] } else { &ends[..] };
        for (_, rows) in ends.iter().filter(|(of, _)| *of == node_type) {
            for (node, degree) in (0..).zip(&mut degrees) {
                *degree += rows.degree(node);
            }
        }
    }
    degrees
}

/// The nodes with the most edges.
fn hubs(degrees: &[u32]) -> Vec<(u32, u32)> {
    let mut all: Vec<(u32, u32)> =
        (0..).zip(degrees.iter().copied()).filter(|&(_, degree)| degree > 0).collect();
    all.sort_unstable_by_key(|&(node, degree)| (std::cmp::Reverse(degree), node));
    all.truncate(HUBS);
    all
}

/// How many nodes have how many edges, as bars.
fn histogram(rows: &Csr) -> Markup {
    let mut classes: Vec<usize> = Vec::new();
    for degree in (0..rows.rows()).map(|row| rows.degree(row)).filter(|&degree| degree > 0) {
        let class = degree.ilog2() as usize;
        classes.resize(classes.len().max(class + 1), 0);
        classes[class] += 1;
    }
    let most = classes.iter().copied().max().unwrap_or(0);
    let (width, height) = PLOT;
    let step = width / classes.len().max(8) as f64;
    let tall =
        |count: usize| height * ((count + 1) as f64).ln() / ((most + 1) as f64).ln().max(f64::MIN_POSITIVE);
    let top = 1u64 << classes.len().max(1);
    let said = format!(
        "{} nodes with edges, up to {} each",
        grouped(classes.iter().sum()),
        grouped(top as usize - 1)
    );
    html! {
        svg.bars role="img" aria-label=(said) viewBox=(format!("0 0 {width} {height}")) width=(width) height=(height) {
            @for (class, &count) in classes.iter().enumerate().filter(|(_, count)| **count > 0) {
                rect x=(format!("{:.1}", class as f64 * step)) y=(format!("{:.1}", height - tall(count)))
                    width=(format!("{:.1}", step - 1.5)) height=(format!("{:.1}", tall(count))) {
                    title { (grouped(1 << class)) " to " (grouped((2 << class) - 1)) " edges: " (grouped(count)) " nodes" }
                }
            }
        }
    }
}
