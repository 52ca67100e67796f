//! What is served, and how good it is.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;
use theriac_link::FittedScorer;
use utoipa::ToSchema;

use crate::asked::At;
use crate::models::Served;
use crate::problem::Problem;
use crate::reply::Reply;
use crate::workbench::Workbench;

/// A model in short.
#[derive(Serialize, ToSchema)]
pub struct ModelSummary {
    /// What it is called in addresses.
    name: String,
    /// What kind of model it is.
    scorer: String,
    /// The relation that it predicts.
    target: String,
    /// Name of the data set.
    graph: String,
    /// Fingerprint of the graph.
    graph_fingerprint: String,
    /// When it was trained.
    created: String,
    /// The protocol of the figures.
    protocol: String,
    /// Figures on pairs that the model did not see, of it and of the baselines beside it.
    figures: Vec<FiguresOfScorer>,
}

/// How good a scorer is.
#[derive(Serialize, ToSchema)]
pub struct FiguresOfScorer {
    /// Its name.
    scorer: String,
    /// Whether it is a baseline.
    baseline: bool,
    /// Over the test pairs and all unknown ones.
    all_pairs_auroc: Option<f64>,
    /// Over the test pairs and all unknown ones.
    all_pairs_ap: Option<f64>,
    /// Share of true pairs among them.
    prevalence: Option<f64>,
    /// Filtered.
    mrr: Option<f64>,
    /// Filtered.
    hits_at_10: Option<f64>,
}

impl ModelSummary {
    fn new(served: &Served) -> Self {
        let card = &served.predictor.model.card;
        let figures = card.test.scorers.iter().map(|scorer| FiguresOfScorer {
            scorer: scorer.scorer.clone(),
            baseline: scorer.baseline,
            all_pairs_auroc: scorer.figures.at("all_pairs.auroc"),
            all_pairs_ap: scorer.figures.at("all_pairs.ap"),
            prevalence: scorer.figures.at("all_pairs.prevalence"),
            mrr: scorer.figures.at("ranking.mrr"),
            hits_at_10: scorer.figures.at("ranking.hits@10"),
        });
        Self {
            name: served.name.clone(),
            scorer: served.predictor.model.fitted.name().into(),
            target: card.target.to_string(),
            graph: card.graph.name.clone(),
            graph_fingerprint: card.graph.fingerprint.clone(),
            created: card.created.clone(),
            protocol: card.test.protocol.clone(),
            figures: figures.collect(),
        }
    }
}

/// Lists the models that are served, each with its figures.
#[utoipa::path(get, path = "/api/v1/models", tag = "models", responses((status = OK, body = Vec<ModelSummary>)))]
pub async fn list(State(bench): State<Arc<Workbench>>, asked: HeaderMap) -> Result<Response, Problem> {
    let models: Vec<ModelSummary> =
        bench.models.all().iter().map(|served| ModelSummary::new(served)).collect();
    Ok(Reply::json(&models)?.respond(&asked))
}

/// Gives the card of a model: configuration, split, figures with protocol and baselines, calibration.
#[utoipa::path(
    get, path = "/api/v1/models/{model}", tag = "models",
    params(("model" = String, Path, description = "What the model is called")),
    responses((status = OK, body = Object), (status = NOT_FOUND, body = Problem, content_type = "application/problem+json"))
)]
pub async fn card(
    State(bench): State<Arc<Workbench>>,
    At(model): At<String>,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    let served = bench.model(&model)?;
    let key = format!("{} card", served.generation);
    bench.reply(&key, &asked, move |_| Reply::json(&served.predictor.model.card)).await
}
