//! Candidates for a node, or for many.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use theriac_predict::ranked::Query;
use utoipa::ToSchema;

use crate::api::whom::Whom;
use crate::asked::{Asked, At, Told};
use crate::candidates::{Row, Wanted, list};
use crate::models::Served;
use crate::problem::{NodeNames, Problem};
use crate::reply::Reply;
use crate::workbench::Workbench;

/// Nodes that can be asked about at once, at most.
pub const BATCH: usize = 1000;

/// Candidates for a node.
#[derive(Serialize, ToSchema)]
pub struct Candidates {
    /// For whom.
    query: NodeNames,
    /// Its type.
    query_type: String,
    /// Type of the candidates.
    candidate_type: String,
    /// Known links of the node, in whatever part of the split.
    known_links: u32,
    /// Candidates that were ranked.
    ranked: usize,
    /// Those that all filters let through.
    fitting: usize,
    /// Share of true pairs among those that probabilities are calibrated on.
    base_rate: f64,
    /// The candidates, in the order that was asked for.
    results: Vec<Row>,
}

impl Candidates {
    fn new(served: &Served, query: Query, wanted: &Wanted) -> Result<Self, Problem> {
        let predictor = &served.predictor;
        let listing = list(served, query, wanted)?;
        let table = predictor.table(query.end);
        let label = table.label(query.node);
        Ok(Self {
            query: NodeNames { id: label.id, name: label.name },
            query_type: table.node_type.clone(),
            candidate_type: predictor.table(query.end.other()).node_type.clone(),
            known_links: predictor.known_links(query),
            ranked: listing.ranked,
            fitting: listing.fitting,
            base_rate: predictor.base_rate(),
            results: listing.rows,
        })
    }
}

/// Ranks the candidates for a disease, a drug, or whatever the model's relation joins.
#[utoipa::path(
    get, path = "/api/v1/models/{model}/candidates", tag = "predictions",
    params(("model" = String, Path, description = "What the model is called"), Whom, Wanted),
    responses(
        (status = OK, body = Candidates),
        (status = BAD_REQUEST, body = Problem, content_type = "application/problem+json"),
        (status = NOT_FOUND, body = Problem, content_type = "application/problem+json"),
        (status = CONFLICT, body = Problem, content_type = "application/problem+json", description = "A name fits several nodes"),
    )
)]
pub async fn candidates(
    State(bench): State<Arc<Workbench>>,
    At(model): At<String>,
    Asked(whom): Asked<Whom>,
    Asked(wanted): Asked<Wanted>,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    let served = bench.model(&model)?;
    let query = whom.query(&served)?;
    let key = format!("{} candidates {query:?} {wanted:?}", served.generation);
    bench.reply(&key, &asked, move |_| Reply::json(&Candidates::new(&served, query, &wanted)?)).await
}

/// For whom candidates are asked, and which.
#[derive(Deserialize, ToSchema)]
pub struct ManyQueries {
    /// For whom, 1000 at most.
    queries: Vec<Whom>,
    /// Which candidates, for all of them.
    #[serde(default)]
    wanted: Wanted,
}

/// Ranks the candidates for many nodes.
#[utoipa::path(
    post, path = "/api/v1/models/{model}/candidates", tag = "predictions",
    params(("model" = String, Path, description = "What the model is called")),
    request_body = ManyQueries,
    responses(
        (status = OK, body = Vec<Candidates>),
        (status = BAD_REQUEST, body = Problem, content_type = "application/problem+json"),
        (status = NOT_FOUND, body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn candidates_of_many(
    State(bench): State<Arc<Workbench>>,
    At(model): At<String>,
    asked: HeaderMap,
    Told(ManyQueries { queries, wanted }): Told<ManyQueries>,
) -> Result<Response, Problem> {
    let served = bench.model(&model)?;
    check_batch(queries.len())?;
    let reply = bench.compute(move |_| {
        let all = queries.iter().map(|whom| Candidates::new(&served, whom.query(&served)?, &wanted));
        Reply::json(&all.collect::<Result<Vec<_>, Problem>>()?)
    });
    Ok(reply.await?.respond(&asked))
}

/// Checks that not too much is asked at once.
///
/// # Errors
///
/// When it is more than [`BATCH`].
pub fn check_batch(count: usize) -> Result<(), Problem> {
    if count <= BATCH {
        return Ok(());
    }
    Err(Problem::bad_request(format!("{count} are asked for at once; expected {BATCH} at most")))
}
