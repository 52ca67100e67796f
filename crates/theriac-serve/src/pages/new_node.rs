//! Candidates for a disease or a drug that the graph does not have.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;
use theriac_predict::candidate_page::node as shown_node;
use theriac_predict::new_node::{Evidence, Newcomer, Opinion, Row};
use theriac_predict::numbers::{counted, figure};
use theriac_predict::ranked::End;
use theriac_report::{self as page, Candidate, CandidatePage, Query};

use crate::api::with_newcomer;
use crate::asked::{At, Filled};
use crate::models::Served;
use crate::pages::links;
use crate::pages::pair::rank_text;
use crate::problem::Problem;
use crate::reply::Reply;
use crate::workbench::Workbench;

/// Candidates that are listed.
const TOP: usize = 50;

/// What was filled in.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Told {
    #[serde(default)]
    end: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    edges: String,
    /// The id of the candidate that is to be explained; empty where none is.
    #[serde(default)]
    candidate: String,
}

/// Asks for edges.
pub async fn form(
    State(bench): State<Arc<Workbench>>,
    At(model): At<String>,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    let served = bench.model(&model)?;
    let content = html! { (heading()) (fields(&served, &Told::default())) };
    Ok(Reply::html(bench.page("New node", &served, "new").render(&content)).respond(&asked))
}

/// Ranks candidates by them.
pub async fn ranked(
    State(bench): State<Arc<Workbench>>,
    At(model): At<String>,
    asked: HeaderMap,
    Filled(told): Filled<Told>,
) -> Result<Response, Problem> {
    let served = bench.model(&model)?;
    let reply = bench.compute(move |bench| {
        let result = match answer(&served, &told) {
            Ok(result) => result,
            Err(problem) if problem.status < 500 => html! { p.wrong role="alert" { (problem.detail) } },
            Err(problem) => return Err(problem),
        };
        let content = html! { (heading()) (result) (fields(&served, &told)) };
        Ok(Reply::html(bench.page("New node", &served, "new").render(&content)))
    });
    Ok(reply.await?.respond(&asked))
}

fn heading() -> Markup {
    html! {
        p.kicker { "Not in the graph" }
        h1 { "A new disease or drug" }
    }
}

fn fields(served: &Served, told: &Told) -> Markup {
    let example = example(served);
    html! {
        form.new-node id="new-node" method="post" action=(links::page(&served.name, "new")) {
            fieldset {
                legend { "It is a" }
                @for (end, value) in [(End::Target, "target"), (End::Source, "source")] {
                    @let checked = told.end == value || told.end.is_empty() && end == End::Target;
                    label { input type="radio" name="end" value=(value) checked[checked]; " " (served.predictor.table(end).node_type) }
                }
            }
            label for="name" { "Name" }
            input id="name" name="name" type="text" value=(told.name) maxlength="200" required;
            label for="edges" { "Edges, a line each: relation, neighbour (name or id), and perhaps a weight, with tabs between" }
            textarea id="edges" name="edges" rows="10" required spellcheck="false" placeholder=(example) { (told.edges) }
            p.aside { "The header line with the words relation and neighbor may be left out. What the model predicts is not taken from here." }
            p.actions { button type="submit" { "Rank candidates" } }
        }
    }
}

/// Edges as they may be pasted: those of some known node.
fn example(served: &Served) -> String {
    let relation =
        served.predictor.graph().relations().iter().find(|of| of.key != served.predictor.relation().key);
    let Some(relation) = relation else { return String::new() };
    let table = &served.tables()[relation.target_type];
    let lines: Vec<String> =
        table.names.iter().take(3).map(|name| format!("{}\t{name}", relation.key.name)).collect();
    lines.join("\n")
}

fn answer(served: &Served, told: &Told) -> Result<Markup, Problem> {
    let end = match told.end.as_str() {
        "target" => End::Target,
        "source" => End::Source,
        other => {
            return Err(Problem::bad_request(format!(
                "'{other}' is no end of the relation; expected source or target"
            )));
        }
    };
    // As a form sends them, lines end with two characters.
    let edges = told.edges.replace("\r\n", "\n");
    with_newcomer(served, end, told.name.clone(), edges, |newcomer, opinion| {
        let (rows, evidence) = (newcomer.rows(opinion, TOP), newcomer.evidence(Some(opinion)));
        let why = if told.candidate.is_empty() {
            html! {}
        } else {
            why(served, newcomer, opinion, &told.candidate)?
        };
        Ok(html! { (why) (results(served, newcomer, &rows, &evidence)) })
    })
}

/// Why a candidate stands where it does.
fn why(
    served: &Served,
    newcomer: &Newcomer<'_>,
    opinion: &Opinion,
    candidate: &str,
) -> Result<Markup, Problem> {
    let table = served.predictor.table(newcomer.end.other());
    let Some(node) = served.node(&table.node_type, candidate) else {
        let detail = format!("'{candidate}' is no {}; expected the id of one", table.node_type);
        return Err(Problem::bad_request(detail));
    };
    let joined = newcomer.joined()?;
    let answer = newcomer.answer(&joined, opinion, &newcomer.question(opinion, node.index))?;
    let rank = answer.standing.rank();
    let kind = served.predictor.table(newcomer.end).node_type.clone();
    let page = CandidatePage {
        query: Query {
            node: page::Node { id: String::new(), name: newcomer.name.clone(), kind },
            known_links: None,
        },
        candidates: vec![Candidate {
            rank: rank.round() as u64,
            node: shown_node(table, node.index),
            score: answer.standing.score.into(),
            evidence: answer.line(),
            explanation: Some(answer.page(Vec::new(), None)),
            ..Candidate::default()
        }],
        ..CandidatePage::default()
    };
    Ok(html! {
        section aria-labelledby="why" {
            h2 id="why" { "Why " (table.names[node.index as usize]) }
            p { "Rank " (rank_text(rank)) " of " (table.len()) ", score " (format!("{:.4}", answer.standing.score)) "." }
            @match page.explanation_passages(0) {
                Some(passages) => { (passages) }
                None => { p { "No path joins the two." } }
            }
        }
    })
}

fn results(served: &Served, newcomer: &Newcomer<'_>, rows: &[Row], evidence: &[Evidence<'_>]) -> Markup {
    let other = newcomer.end.other();
    let candidates = served.predictor.table(other).len();
    html! {
        h2 { (served.predictor.table(other).node_type) " candidates for " (newcomer.name) }
        p {
            "By the links of known nodes that it is like, from " (counted(newcomer.node.edges.len(), "edge")) ". The score is no probability; \
            model is the mean of the model's probabilities for those nodes."
        }
        div.scroll tabindex="0" role="group" aria-label="Candidates" { table.ranked {
            caption { div { "The first " (rows.len()) " of " (candidates) "." } }
            thead { tr {
                th.number scope="col" { "Rank" } th scope="col" { "Name" } th.number scope="col" { "Score" }
                th.number scope="col" { "Percentile" } th.number scope="col" { "Model" } th.prose scope="col" { "Said by" }
                th scope="col" { "Explained" }
            } }
            tbody { @for row in rows {
                @let node = served.node(&served.predictor.table(other).node_type, &row.id);
                tr {
                    td.number.rank { (row.rank) }
                    th scope="row" {
                        @match node { Some(node) => { a href=(links::node(served, node)) { (row.name) } }, None => { (row.name) } }
                        " " span.detail { (row.id) }
                    }
                    td.number { (format!("{:.4}", row.score)) }
                    td.number { (format!("{:.2}", row.percentile)) }
                    td.number { (row.model_probability.map_or_else(|| "–".into(), |of| format!("{of:.3}"))) }
                    td.prose {
                        @if row.in_common > 0.0 { "in common " (format!("{:.3}", row.in_common)) @if !row.support.is_empty() { "; " } }
                        @for (place, of) in row.support.iter().enumerate() { @if place > 0 { "; " } (of.name) " " (format!("{:.3}", of.adds)) }
                        @if row.support.is_empty() && row.in_common <= 0.0 { "popularity alone" }
                    }
                    td { button.why type="submit" form="new-node" name="candidate" value=(row.id) aria-label=(format!("Why {}", row.name)) { "Why" } }
                }
            } }
        } }
        div.scroll tabindex="0" role="group" aria-label="Evidence" { table {
            caption { div { "Kinds of evidence, each alone, on known nodes that were taken for new." } }
            thead { tr {
                th scope="col" { "Evidence" } th.number scope="col" { "Alike" } th.number scope="col" { "Weight" } th.number scope="col" { "AUROC" }
                th.number scope="col" { "AP" } th.number scope="col" { "AP of popularity" }
            } }
            tbody { @for of in evidence { tr {
                th scope="row" { (of.kind) } td.number { (of.alike) } td.number { (format!("{:.2}", of.weight)) } td.number { (figure(of.auroc)) }
                td.number { (figure(of.average_precision)) } td.number { (figure(of.popularity_average_precision)) }
            } } }
        } }
    }
}
