//! A pair: why, what else, what if.

use std::sync::Arc;

use axum::extract::{Query as Parameters, State};
use axum::http::HeaderMap;
use axum::response::Response;
use maud::{Markup, html};
use theriac_explain::{EdgeEffect, Node, Question};
use theriac_graph::Edge;
use theriac_link::Pair;
use theriac_predict::candidate_page::node as shown_node;
use theriac_predict::explained::{Answer, Moment, WhatIf};
use theriac_predict::flags::flags;
use theriac_predict::numbers::{counted, small_share};
use theriac_predict::ranked::{End, Query};
use theriac_report::{Candidate, CandidatePage, Query as Asked, flag_labels};

use crate::api::edited;
use crate::asked::At;
use crate::models::Served;
use crate::pages::links;
use crate::pages::shortlist::{Pins, pin_form};
use crate::problem::Problem;
use crate::reply::Reply;
use crate::workbench::Workbench;

/// Edges that can be switched off, those with the greatest effects.
const SWITCHES: usize = 16;
/// First ranks that sets of edges are looked for.
const TOP: usize = 10;

/// Edges that are switched off and on.
#[derive(Clone, Debug, Default)]
struct Switched {
    without: Vec<String>,
    with: Vec<String>,
}

impl Switched {
    fn new(parameters: Vec<(String, String)>) -> Self {
        let mut switched = Self::default();
        for (name, value) in parameters.into_iter().filter(|(_, value)| !value.trim().is_empty()) {
            match name.as_str() {
                "without" => switched.without.push(value),
                "with" => switched.with.push(value),
                _ => {}
            }
        }
        switched
    }

    fn is_empty(&self) -> bool {
        self.without.is_empty() && self.with.is_empty()
    }
}

/// The page of a pair, its ends given by their ids.
pub async fn pair(
    State(bench): State<Arc<Workbench>>,
    At((model, source, target)): At<(String, String, String)>,
    Parameters(parameters): Parameters<Vec<(String, String)>>,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    let served = bench.model(&model)?;
    let node = |end: End, id: &str| -> Result<u32, Problem> {
        let node_type = &served.predictor.table(end).node_type;
        let node = served
            .node(node_type, id)
            .ok_or_else(|| Problem::not_found(format!("no {node_type} has the id '{id}'")))?;
        Ok(node.index)
    };
    let pair = Pair::new(node(End::Source, &source)?, node(End::Target, &target)?);
    let switched = Switched::new(parameters);
    let revision = bench.shortlist.revision()?;
    let key = format!("{} {revision} pair {pair:?} {switched:?}", served.generation);
    bench.reply(&key, &asked, move |bench| page(bench, &served, pair, &switched)).await
}

fn page(bench: &Workbench, served: &Served, pair: Pair, switched: &Switched) -> Result<Reply, Problem> {
    let predictor = &served.predictor;
    let question = Question { top: TOP, ..predictor.question(pair) };
    let answer = predictor.answer(predictor.edited(), &question);
    let what_if = if switched.is_empty() {
        None
    } else {
        let graph = edited(served, &switched.without, &switched.with)?;
        Some(predictor.what_if(&graph, pair, &question.others))
    };
    let pins = Pins::of(bench, served)?;
    let [source, target] = [(End::Source, pair.source), (End::Target, pair.target)]
        .map(|(end, node)| predictor.table(end).names[node as usize].as_str());
    let title = format!("{source} for {target}");
    let content = html! {
        p.kicker { "Why" }
        h1 { (source) " for " (target) }
        (standing(served, &answer, pair))
        (pin_form(served, &answer, pins.entry(served, pair)))
        @if let Some(passages) = explanation(served, &answer) {
            section aria-labelledby="why" { h2 id="why" { "Why" } (passages) }
        }
        (switches(served, &answer, switched, what_if.as_ref()))
        (else_for(served, pair))
    };
    Ok(Reply::html(bench.page(&title, served, "pair").render(&content)))
}

/// Where the pair stands.
fn standing(served: &Served, answer: &Answer<'_>, pair: Pair) -> Markup {
    let predictor = &served.predictor;
    let of = &answer.standing;
    let place = |end: End, rank: &theriac_predict::explained::Place| {
        let others = theriac_graph::wording::plural(&predictor.table(end).node_type);
        html! { (rank_text(rank.rank)) " of " (rank.of) span.range { "novel " (others) ", above " (format!("{:.2} %", rank.percentile)) } }
    };
    html! {
        (flag_labels(&flags(predictor.graph(), predictor.relation(), pair)))
        dl.facts {
            div { dt { "Score" } dd { (format!("{:.2}", of.score)) } }
            @if let Some(probability) = of.probability {
                div { dt { "Probability" } dd {
                    (small_share(probability))
                    span.range { "base rate " (small_share(predictor.base_rate())) }
                } }
            }
            @if let Some(against) = of.probability_against { div { dt { "Against" } dd { (small_share(against)) } } }
            @if let Some(rank) = &of.among_sources { div { dt { "Rank" } dd { (place(End::Source, rank)) } } }
            @if let Some(rank) = &of.among_targets { div { dt { "Other way round" } dd { (place(End::Target, rank)) } } }
            @if let Some(share) = predictor.popularity_share(pair) {
                div { dt { "Popularity" } dd { (format!("{:.0} %", 100.0 * share)) span.range { "of what is added to the score" } } }
            }
        }
    }
}

/// The explanation as the report shows it; what single edges do stands among the switches.
fn explanation(served: &Served, answer: &Answer<'_>) -> Option<Markup> {
    let predictor = &served.predictor;
    let query = Query { end: End::Target, node: answer.explanation.pair.target };
    let mut explanation = predictor.shown_explanation(query, answer);
    explanation.counterfactuals = Vec::new();
    explanation.reverse_rank = None;
    let candidate = Candidate {
        rank: answer.standing.rank().round() as u64,
        node: shown_node(predictor.table(End::Source), answer.explanation.pair.source),
        score: answer.standing.score.into(),
        evidence: answer.line(),
        explanation: Some(explanation),
        ..Candidate::default()
    };
    let page = CandidatePage {
        query: Asked { node: shown_node(predictor.table(End::Target), query.node), known_links: None },
        candidates: vec![candidate],
        ..CandidatePage::default()
    };
    page.explanation_passages(0)
}

/// Edges that can be switched off and on, with what each does alone, and what becomes of the pair.
fn switches(served: &Served, answer: &Answer<'_>, switched: &Switched, what_if: Option<&WhatIf>) -> Markup {
    let pair = answer.explanation.pair;
    let edges: Vec<&EdgeEffect> =
        answer.explanation.edges.iter().filter(|effect| effect.effect != 0.0).take(SWITCHES).collect();
    let now = what_if.map_or_else(
        || {
            let of = &answer.standing;
            moment_text(of.score, of.probability, of.rank())
        },
        |of| {
            let Moment { score, probability, rank } = of.after;
            moment_text(score, Some(probability), rank)
        },
    );
    html! {
        section aria-labelledby="if" {
            h2 id="if" { "What if" }
            form.switches method="get" action=(links::pair(served, pair)) {
                p.outcome id="outcome" role="status" {
                    @if let Some(of) = what_if {
                        "With " (counted(of.edits.len(), "edge")) " changed: " b { (now) } "; before, "
                        (moment_text(of.before.score, Some(of.before.probability), of.before.rank)) "."
                    } @else { "As the graph is: " b { (now) } "." }
                }
                @if edges.is_empty() {
                    p { "No single edge changes the score." }
                } @else {
                    div.scroll tabindex="0" role="group" aria-label="Edges" { table {
                        caption { div {
                            "Take edges away and see what becomes of the rank: the model stays as it has learned, and scores all candidates anew. \
                            Alone: the change of the score, in logits, when nothing but this edge is taken away, and the rank then among the \
                            others as they are."
                        } }
                        thead { tr {
                            th scope="col" { "Without" }
                            th scope="col" { "Edge" }
                            th.number scope="col" { "Alone" }
                            th.number scope="col" { "Rank then" }
                        } }
                        tbody { @for effect in edges { (switch(served, answer, effect, switched)) } }
                    } }
                }
                @for text in switched.without.iter().filter(|text| !answer.explanation.edges.iter().any(|effect| edge_text(served, effect.edge) == **text)) {
                    label { input type="checkbox" name="without" value=(text) checked; " without " (text) } " "
                }
                @for text in &switched.with {
                    label { input type="checkbox" name="with" value=(text) checked; " with " (text) } " "
                }
                p.actions {
                    label for="with" { "Add an edge " }
                    input.edge id="with" name="with" type="text" maxlength="300" autocomplete="off" placeholder="NAME -- NAME, or NAME -[relation]- NAME";
                    button type="submit" { "See what becomes of it" }
                    @if !switched.is_empty() { " " a href=(links::pair(served, pair)) { "As the graph is" } }
                }
            }
        }
    }
}

fn switch(served: &Served, answer: &Answer<'_>, effect: &EdgeEffect, switched: &Switched) -> Markup {
    let text = edge_text(served, effect.edge);
    let [source, target] = answer.edge_ends(effect.edge);
    let name = |node: Node| answer.label(node).name;
    let relation = &served.predictor.graph().relations()[effect.edge.relation].key.name;
    let said = format!("Without {} {relation} {}", name(source), name(target));
    html! {
        tr {
            td { input type="checkbox" name="without" value=(text) checked[switched.without.contains(&text)] aria-label=(said); }
            th scope="row" {
                a href=(links::node(served, source)) { (name(source)) } " " span.hop { "–" (relation) "→" } " "
                a href=(links::node(served, target)) { (name(target)) }
            }
            td.number { (format!("{:+.3}", -effect.effect)) }
            td.number { (rank_text(effect.rank_after)) }
        }
    }
}

/// An edge as it is asked about: by the ids of its ends and its whole relation.
fn edge_text(served: &Served, edge: Edge) -> String {
    let relation = &served.predictor.graph().relations()[edge.relation];
    let id = |node_type: usize, node: u32| {
        let table = &served.tables()[node_type];
        format!("{}:{}", table.node_type, table.ids[node as usize])
    };
    let (source, target) = (id(relation.source_type, edge.source), id(relation.target_type, edge.target));
    format!("{source} -[{}]- {target}", relation.key)
}

fn moment_text(score: f32, probability: Option<f64>, rank: f64) -> String {
    let probability = probability
        .map_or_else(String::new, |probability| format!("probability {}, ", small_share(probability)));
    format!("rank {}, {probability}score {score:.2}", rank_text(rank))
}

/// A rank, which may lie halfway between two.
pub fn rank_text(rank: f64) -> String {
    if rank.fract() == 0.0 { format!("{rank:.0}") } else { format!("{rank:.1}") }
}

/// The candidates for either end.
fn else_for(served: &Served, pair: Pair) -> Markup {
    let relation = served.predictor.relation();
    html! {
        section aria-labelledby="else" {
            h2 id="else" { "What else" }
            ul.plain {
                @for (end, node) in [(End::Target, pair.target), (End::Source, pair.source)] {
                    @let other = &served.predictor.table(end.other()).node_type;
                    @let node = Node { node_type: end.node_type(relation), index: node };
                    li { a href=(links::node_page(served, "candidates", node)) {
                        "Other " (theriac_graph::wording::plural(other)) " for " (served.predictor.table(end).names[node.index as usize])
                    } }
                }
            }
        }
    }
}
