//! The start: what is served, how good it is, and where to begin.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;
use theriac_graph::wording::{grouped, plural};
use theriac_link::{EvaluationReport, FittedScorer};
use theriac_predict::evaluation_page::sentence;
use theriac_predict::evaluation_page::verdict::{ahead_of_baselines, standing};
use theriac_predict::numbers::{figure, small_share};
use theriac_predict::ranked::End;

use crate::api::hits;
use crate::asked::{Asked, At};
use crate::models::Served;
use crate::pages::links;
use crate::problem::Problem;
use crate::reply::Reply;
use crate::workbench::Workbench;
use theriac_models::Probabilities;

/// Nodes of each end to begin with.
const EXAMPLES: usize = 8;
/// Nodes that a search lists.
const FOUND: usize = 50;

/// Leads to the first model.
pub async fn first(State(bench): State<Arc<Workbench>>) -> Redirect {
    Redirect::temporary(&links::page(&bench.models.all()[0].name, ""))
}

/// The start of a model.
pub async fn home(
    State(bench): State<Arc<Workbench>>,
    At(model): At<String>,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    let served = bench.model(&model)?;
    let key = format!("{} home", served.generation);
    bench
        .reply(&key, &asked, move |bench| {
            let content = content(&served);
            Ok(Reply::html(bench.page("Start", &served, "").render(&content)))
        })
        .await
}

fn content(served: &Served) -> Markup {
    let predictor = &served.predictor;
    let (card, graph, relation) = (&predictor.model.card, predictor.graph(), predictor.relation());
    let name = if graph.provenance().name.is_empty() { "this graph" } else { &graph.provenance().name };
    let nodes: usize = graph.node_tables().iter().map(theriac_graph::NodeTable::len).sum();
    let edges: usize = graph.relations().iter().map(theriac_graph::Relation::edge_count).sum();
    let [source, target] = [End::Source, End::Target].map(|end| predictor.table(end));
    html! {
        p.kicker { (relation.key.to_string()) }
        h1 { "Which " (source.node_type) " for which " (target.node_type) "?" }
        div.verdict { p {
            "Search above for a " (target.node_type) " to see its ranked " (plural(&source.node_type)) ", or for a "
            (source.node_type) " to see its " (plural(&target.node_type)) "."
        } }
        dl.facts {
            div { dt { "Graph" } dd { a href=(links::page(&served.name, "graph")) { (name) } } }
            div { dt { "Nodes" } dd { (grouped(nodes)) } }
            div { dt { "Edges" } dd { (grouped(edges)) } }
            div { dt { "Known " (relation.key.name) } dd { (grouped(relation.edge_count())) } }
            div { dt { "Model" } dd { (predictor.model.fitted.name()) } }
            div { dt { "Base rate" } dd { (small_share(Probabilities::of(card).base_rate())) } }
        }
        section aria-labelledby="begin" {
            h2 id="begin" { "Where to begin" }
            div.panels {
                @for end in [End::Target, End::Source] {
                    div {
                        h3 { "The most connected " (plural(&predictor.table(end).node_type)) }
                        ul.plain { @for (node, links) in examples(served, end) {
                            @let node = theriac_explain::Node { node_type: end.node_type(relation), index: node };
                            li {
                                a href=(links::node(served, node)) { (served.tables()[node.node_type].names[node.index as usize]) }
                                " " span.aside { (grouped(links as usize)) " known" }
                            }
                        } }
                    }
                }
            }
        }
        section aria-labelledby="good" {
            h2 id="good" { "How good the model is" }
            (record(&card.test))
            p { a href=(links::page(&served.name, "evaluation")) { "All figures, curves and the protocol" } }
        }
    }
}

/// The nodes of an end with the most known links.
fn examples(served: &Served, end: End) -> Vec<(u32, u32)> {
    let relation = served.predictor.relation();
    let rows = if end == End::Source { &relation.forward } else { &relation.backward };
    let mut by_links: Vec<(u32, u32)> = (0..rows.rows()).map(|node| (node, rows.degree(node))).collect();
    by_links.sort_by_key(|&(node, links)| (std::cmp::Reverse(links), node));
    by_links.truncate(EXAMPLES);
    by_links
}

/// The model beside the baselines, with the protocol.
fn record(test: &EvaluationReport) -> Markup {
    let columns = [
        ("All pairs AUROC", "all_pairs.auroc"),
        ("AP", "all_pairs.ap"),
        ("MRR", "ranking.mrr"),
        ("Hits@10", "ranking.hits@10"),
    ];
    let mut sentences = ahead_of_baselines(test);
    for model in test.scorers.iter().filter(|scorer| !scorer.baseline) {
        sentences.extend(standing(test, &model.scorer));
    }
    let prevalence = test.scorers.first().and_then(|scorer| scorer.figures.at("all_pairs.prevalence"));
    let protocol: Vec<String> = test.protocol.split("; ").map(sentence).collect();
    html! {
        p { (sentences.join(" ")) }
        div.scroll tabindex="0" role="group" aria-label="Table" { table {
            caption { div {
                (protocol.join(" "))
                @if let Some(prevalence) = prevalence { " Prevalence in all pairs: " (small_share(prevalence)) "." }
            } }
            thead { tr {
                th scope="col" { "Scorer" }
                @for (name, _) in columns { th.number scope="col" { (name) } }
            } }
            tbody { @for scorer in test.scorers.iter().rev() { tr {
                th.model[!scorer.baseline] scope="row" { (scorer.scorer) @if !scorer.baseline { " " span.tag { "model" } } }
                @for (_, key) in columns {
                    td.number { (scorer.figures.at(key).map_or_else(|| "–".into(), figure)) }
                }
            } } }
        } }
    }
}

/// What is searched for.
#[derive(Deserialize)]
pub struct Search {
    #[serde(default)]
    q: String,
}

/// What a search finds, for whoever has no script.
pub async fn found(
    State(bench): State<Arc<Workbench>>,
    At(model): At<String>,
    Asked(Search { q }): Asked<Search>,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    let served = bench.model(&model)?;
    let reply = bench.compute(move |bench| {
        let hits = hits(&served, &q, None, FOUND);
        let content = html! {
            h1 { "Search" }
            p { @if hits.is_empty() { "Nothing is called like “" (q) "”." } @else { "Called like “" (q) "”:" } }
            ul.plain { @for hit in &hits {
                @if let Some(node) = served.node(&hit.node_type, &hit.id) {
                    li {
                        a href=(links::node(&served, node)) { (hit.name) } " " span.tag { (hit.node_type) } " " code.id { (hit.id) }
                        @if hit.text != hit.name && hit.text != hit.id { " " span.aside { "also " (hit.text) } }
                    }
                }
            } }
        };
        Ok(Reply::html(bench.page("Search", &served, "search").render(&content)))
    });
    Ok(reply.await?.respond(&asked))
}
