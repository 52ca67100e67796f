//! Why a pair scores as it does, or many.

use std::num::NonZeroUsize;
use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use theriac_explain::Question;
use theriac_link::Pair;
use theriac_predict::explained::Document;
use utoipa::{IntoParams, ToSchema};

use crate::api::rank::check_batch;
use crate::api::whom::Whom;
use crate::asked::{Asked, At, Told};
use crate::models::Served;
use crate::problem::Problem;
use crate::reply::Reply;
use crate::workbench::Workbench;

/// Edges that can be taken away one by one, at most.
const MOST_EDGES: usize = 1000;

/// How far an explanation goes.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct Reach {
    /// Steps of paths, 1 to 4; 4 where nothing is said.
    pub steps: Option<u8>,
    /// Edges that are taken away one by one, 1000 at most; 48 where nothing is said.
    #[param(value_type = usize)]
    #[schema(value_type = Option<usize>)]
    pub edges: Option<NonZeroUsize>,
    /// The first ranks, for sets of edges; 10 where nothing is said.
    #[param(value_type = usize)]
    #[schema(value_type = Option<usize>)]
    pub top: Option<NonZeroUsize>,
}

impl Reach {
    /// The question why a pair scores as it does, so far.
    ///
    /// # Errors
    ///
    /// When it goes too far.
    pub fn question(self, served: &Served, pair: Pair) -> Result<Question<'_>, Problem> {
        self.of(served.predictor.question(pair))
    }

    /// The same of a question that is asked otherwise.
    ///
    /// # Errors
    ///
    /// When it goes too far.
    pub fn of(self, usual: Question<'_>) -> Result<Question<'_>, Problem> {
        let steps = self.steps.map_or(usual.most_steps, usize::from);
        let edges = self.edges.map_or(usual.edges, NonZeroUsize::get);
        if !(1..=theriac_explain::MOST_STEPS).contains(&steps) || edges > MOST_EDGES {
            let detail = format!(
                "{steps} steps and {edges} edges are asked for; expected 1 to {} and {MOST_EDGES} at most",
                theriac_explain::MOST_STEPS
            );
            return Err(Problem::bad_request(detail));
        }
        Ok(Question { most_steps: steps, edges, top: self.top.map_or(usual.top, NonZeroUsize::get), ..usual })
    }
}

/// Explains the score of a pair: what it is made of, what single edges do, paths, precedents, and how far to trust it.
#[utoipa::path(
    get, path = "/api/v1/models/{model}/explanation", tag = "predictions",
    params(("model" = String, Path, description = "What the model is called"), Whom, Reach),
    responses(
        (status = OK, body = Document),
        (status = BAD_REQUEST, body = Problem, content_type = "application/problem+json"),
        (status = NOT_FOUND, body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn explanation(
    State(bench): State<Arc<Workbench>>,
    At(model): At<String>,
    Asked(whom): Asked<Whom>,
    Asked(reach): Asked<Reach>,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    let served = bench.model(&model)?;
    let pair = whom.pair(&served)?;
    let key = format!("{} explanation {pair:?} {reach:?}", served.generation);
    let explain = move |_: &Workbench| {
        let question = reach.question(&served, pair)?;
        Reply::json(&served.predictor.answer(served.predictor.edited(), &question).document())
    };
    bench.reply(&key, &asked, explain).await
}

/// Pairs, and how far their explanations go.
#[derive(Deserialize, ToSchema)]
pub struct ManyPairs {
    /// The pairs, 1000 at most.
    pairs: Vec<Whom>,
    /// How far all explanations go.
    #[serde(default)]
    reach: Reach,
}

/// Explains the scores of many pairs.
#[utoipa::path(
    post, path = "/api/v1/models/{model}/explanations", tag = "predictions",
    params(("model" = String, Path, description = "What the model is called")),
    request_body = ManyPairs,
    responses(
        (status = OK, body = Vec<Document>),
        (status = BAD_REQUEST, body = Problem, content_type = "application/problem+json"),
        (status = NOT_FOUND, body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn explanations_of_many(
    State(bench): State<Arc<Workbench>>,
    At(model): At<String>,
    asked: HeaderMap,
    Told(ManyPairs { pairs, reach }): Told<ManyPairs>,
) -> Result<Response, Problem> {
    let served = bench.model(&model)?;
    check_batch(pairs.len())?;
    let reply = bench.compute(move |_| {
        let mut answers = Vec::with_capacity(pairs.len());
        for whom in &pairs {
            let question = reach.question(&served, whom.pair(&served)?)?;
            answers.push(served.predictor.answer(served.predictor.edited(), &question));
        }
        Reply::json(&answers.iter().map(theriac_predict::explained::Answer::document).collect::<Vec<_>>())
    });
    Ok(reply.await?.respond(&asked))
}
