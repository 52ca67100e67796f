//! Candidates for a node that the graph does not have, and why.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use theriac_formats::Input;
use theriac_graph::Role;
use theriac_predict::PredictError;
use theriac_predict::explained::Document as Explained;
use theriac_predict::new_node::{Document, Newcomer, Opinion, read};
use theriac_predict::query::{end_by_role, find};
use theriac_predict::ranked::End;
use utoipa::ToSchema;

use crate::api::explain::Reach;
use crate::asked::{At, Told};
use crate::models::Served;
use crate::problem::Problem;
use crate::reply::Reply;
use crate::workbench::Workbench;

/// Which kind of node it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum NewKind {
    /// A disease, whatever the graph calls diseases.
    Disease,
    /// A drug, whatever the graph calls drugs.
    Drug,
    /// A source of the predicted relation.
    Source,
    /// A target of the predicted relation.
    Target,
}

impl NewKind {
    /// The end of the model's relation that it stands at.
    ///
    /// # Errors
    ///
    /// When the relation joins no such nodes.
    pub fn end(self, served: &Served) -> Result<End, Problem> {
        let key = &served.predictor.relation().key;
        Ok(match self {
            Self::Disease => end_by_role(Role::Disease, "disease", key)?,
            Self::Drug => end_by_role(Role::Drug, "drug", key)?,
            Self::Source => End::Source,
            Self::Target => End::Target,
        })
    }
}

/// A node that the graph does not have.
#[derive(Deserialize, ToSchema)]
pub struct NewNodeText {
    /// Which kind of node it is.
    kind: NewKind,
    /// What it is called.
    name: String,
    /// Its edges: tab-separated: relation, neighbour by name or id, and perhaps a weight; with or without a header.
    edges: String,
    /// Candidates that are listed, 50 where nothing is said.
    top: Option<usize>,
}

/// Ranks candidates for a node that the graph does not have, by the known nodes that it is like.
#[utoipa::path(
    post, path = "/api/v1/models/{model}/new-node", tag = "predictions",
    params(("model" = String, Path, description = "What the model is called")),
    request_body = NewNodeText,
    responses(
        (status = OK, body = Document),
        (status = BAD_REQUEST, body = Problem, content_type = "application/problem+json"),
        (status = NOT_FOUND, body = Problem, content_type = "application/problem+json"),
        (status = UNPROCESSABLE_ENTITY, body = Problem, content_type = "application/problem+json", description = "There is no evidence to rank by"),
    )
)]
pub async fn new_node(
    State(bench): State<Arc<Workbench>>,
    At(model): At<String>,
    asked: HeaderMap,
    Told(NewNodeText { kind, name, edges, top }): Told<NewNodeText>,
) -> Result<Response, Problem> {
    let served = bench.model(&model)?;
    let reply = bench.compute(move |_| {
        let end = kind.end(&served)?;
        with_newcomer(&served, end, name, edges, |newcomer, opinion| {
            let (rows, evidence) =
                (newcomer.rows(opinion, top.unwrap_or(50)), newcomer.evidence(Some(opinion)));
            Reply::json(&newcomer.document(&rows, &evidence, None))
        })
    });
    Ok(reply.await?.respond(&asked))
}

/// A candidate for a node that the graph does not have, and how far its explanation goes.
#[derive(Deserialize, ToSchema)]
pub struct NewPairText {
    /// Which kind of node it is.
    kind: NewKind,
    /// What it is called.
    name: String,
    /// Its edges, as for its candidates.
    edges: String,
    /// The candidate, by its name or id.
    candidate: String,
    /// How far the explanation goes.
    #[serde(default)]
    reach: Reach,
}

/// Explains the score of a candidate for a node that the graph does not have.
#[utoipa::path(
    post, path = "/api/v1/models/{model}/new-node/explanation", tag = "predictions",
    params(("model" = String, Path, description = "What the model is called")),
    request_body = NewPairText,
    responses(
        (status = OK, body = Explained),
        (status = BAD_REQUEST, body = Problem, content_type = "application/problem+json"),
        (status = NOT_FOUND, body = Problem, content_type = "application/problem+json"),
        (status = UNPROCESSABLE_ENTITY, body = Problem, content_type = "application/problem+json", description = "There is no evidence to rank by"),
    )
)]
pub async fn new_node_explanation(
    State(bench): State<Arc<Workbench>>,
    At(model): At<String>,
    asked: HeaderMap,
    Told(NewPairText { kind, name, edges, candidate, reach }): Told<NewPairText>,
) -> Result<Response, Problem> {
    let served = bench.model(&model)?;
    let reply = bench.compute(move |_| {
        let end = kind.end(&served)?;
        let candidate = find(served.predictor.table(end.other()), &candidate, &|_| ())?;
        with_newcomer(&served, end, name, edges, |newcomer, opinion| {
            let joined = newcomer.joined()?;
            let question = reach.of(newcomer.question(opinion, candidate))?;
            Reply::json(&newcomer.answer(&joined, opinion, &question)?.document())
        })
    });
    Ok(reply.await?.respond(&asked))
}

/// Tells of a node of that end with these edges, which may have no header, and of what is said of it.
///
/// # Errors
///
/// When the edges are not what they should be, or there is no evidence to rank by; those of `tell`.
pub fn with_newcomer<T>(
    served: &Served,
    end: End,
    name: String,
    edges: String,
    tell: impl FnOnce(&Newcomer<'_>, &Opinion) -> Result<T, Problem>,
) -> Result<T, Problem> {
    let predictor = &served.predictor;
    let has_header = edges.trim_start().starts_with("relation");
    let text = if has_header { edges } else { format!("{}\n{edges}", header(&edges)) };
    let input = Input::from_bytes(format!("{name}.tsv"), text.into_bytes());
    let node = read(&input, &predictor.model, predictor.graph(), end, &|_| ())?;
    let of = (predictor.folder.as_path(), &predictor.model, &predictor.experiment);
    let newcomer = Newcomer::new(name, of, end, &node)?;
    let Some(opinion) = newcomer.opinion() else {
        let reason = newcomer.reason();
        return Err(PredictError::Abstained { name: newcomer.name, reason }.into());
    };
    tell(&newcomer, &opinion)
}

/// The header of lines with two or three fields.
fn header(edges: &str) -> &'static str {
    let weighted = edges.lines().next().is_some_and(|line| line.split('\t').count() > 2);
    if weighted { "relation\tneighbor\tweight" } else { "relation\tneighbor" }
}
