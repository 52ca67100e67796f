//! What becomes of a pair on another graph.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use theriac_graph::EditedGraph;
use theriac_predict::edge_text::{find_edges, new_edge};
use theriac_predict::explained::Moment;
use utoipa::ToSchema;

use crate::api::whom::Whom;
use crate::asked::{At, Told};
use crate::models::Served;
use crate::problem::Problem;
use crate::reply::Reply;
use crate::workbench::Workbench;

/// Edges that can be changed at once, at most.
const MOST: usize = 200;

/// A pair, and edges that are taken from the graph and added to it.
#[derive(Deserialize, ToSchema)]
pub struct Change {
    /// The pair.
    pair: Whom,
    /// Edges without which it is asked, each as `NAME -- NAME`, or `NAME -[relation]- NAME`; names or ids.
    #[serde(default)]
    without: Vec<String>,
    /// Edges with which it is asked, likewise.
    #[serde(default)]
    with: Vec<String>,
}

/// Score, probability and rank of a pair as the graph is, and as it would be.
#[derive(Serialize, ToSchema)]
pub struct Changed {
    /// As the graph is.
    before: Moment,
    /// As it would be, all candidates scored anew.
    after: Moment,
    /// Edges that were changed.
    edges: usize,
}

/// The graph that the model saw with these edges fewer and more.
///
/// # Errors
///
/// When an edge is not there, or there already, or a name fits no node or several.
pub fn edited<'a>(
    served: &'a Served,
    without: &[String],
    with: &[String],
) -> Result<EditedGraph<'a>, Problem> {
    if without.len() + with.len() > MOST {
        let count = without.len() + with.len();
        return Err(Problem::bad_request(format!(
            "{count} edges are changed at once; expected {MOST} at most"
        )));
    }
    let graph = served.predictor.graph();
    let mut edited = served.predictor.edited();
    for text in without {
        for edge in find_edges(text, graph, &edited, &|_| ())? {
            edited = edited.without(edge);
        }
    }
    for text in with {
        let edge = new_edge(text, graph, &edited, &|_| ())?;
        edited = edited.with(edge, 1.0);
    }
    Ok(edited)
}

/// Tells what becomes of a pair's score and rank when edges are taken away or added; the model stays as it has learned.
#[utoipa::path(
    post, path = "/api/v1/models/{model}/what-if", tag = "predictions",
    params(("model" = String, Path, description = "What the model is called")),
    request_body = Change,
    responses(
        (status = OK, body = Changed),
        (status = BAD_REQUEST, body = Problem, content_type = "application/problem+json"),
        (status = NOT_FOUND, body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn what_if(
    State(bench): State<Arc<Workbench>>,
    At(model): At<String>,
    asked: HeaderMap,
    Told(Change { pair, without, with }): Told<Change>,
) -> Result<Response, Problem> {
    let served = bench.model(&model)?;
    let reply = bench.compute(move |_| {
        let pair = pair.pair(&served)?;
        let graph = edited(&served, &without, &with)?;
        let others = served.predictor.question(pair).others;
        let what_if = served.predictor.what_if(&graph, pair, &others);
        let edges = what_if.edits.len();
        Reply::json(&Changed { before: what_if.before, after: what_if.after, edges })
    });
    Ok(reply.await?.respond(&asked))
}
