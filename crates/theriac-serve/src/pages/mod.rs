//! The pages, and the router of everything that is answered.

mod assets;
mod candidates;
mod compare;
mod download;
mod evaluation;
mod frame;
mod graph;
mod home;
pub mod links;
mod login;
mod map;
mod new_node;
mod node;
mod pair;
mod reference;
mod refused;
mod shortlist;

pub use frame::Page;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::header;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::api;
use crate::guard::{headers, host, limits, origin, token};
use crate::problem::Problem;
use crate::workbench::Workbench;

/// Everything that is answered, behind the guards.
pub fn router(bench: Arc<Workbench>) -> Router {
    let (api, document) = api::router();
    let body = bench.limits.body;
    Router::new()
        .route("/", get(home::first))
        .route("/m/{model}", get(home::home))
        .route("/m/{model}/search", get(home::found))
        .route("/m/{model}/candidates/{type}/{id}", get(candidates::candidates))
        .route("/m/{model}/download/{type}/{id}", get(download::download))
        .route("/m/{model}/pair/{source}/{target}", get(pair::pair))
        .route("/m/{model}/compare", get(compare::compare))
        .route("/m/{model}/node/{type}/{id}", get(node::node))
        .route("/m/{model}/graph", get(graph::graph))
        .route("/m/{model}/map", get(map::map))
        .route("/m/{model}/evaluation", get(evaluation::evaluation))
        .route("/m/{model}/new", get(new_node::form).post(new_node::ranked))
        .route("/api", get(move |State(bench): State<Arc<Workbench>>| async move { reference::reference(&bench, &document) }))
        .route("/login", get(login::form).post(login::log_in))
        .route("/metrics", get(metrics))
        .merge(shortlist::router())
        .merge(assets::router())
        .merge(api)
        .fallback(missing)
        .method_not_allowed_fallback(not_allowed)
        .layer(DefaultBodyLimit::max(body))
        .layer(from_fn_with_state(Arc::clone(&bench), limits::take_body))
        .layer(from_fn_with_state(Arc::clone(&bench), refused::show))
        .layer(from_fn(origin::check_origin))
        .layer(from_fn_with_state(Arc::clone(&bench), token::check_token))
        .layer(from_fn_with_state(Arc::clone(&bench), limits::check_limits))
        .layer(from_fn_with_state(Arc::clone(&bench), host::check_host))
        .layer(from_fn_with_state(Arc::clone(&bench), headers::count_and_protect))
        .with_state(bench)
}

async fn missing() -> Problem {
    Problem::not_found("there is no such page")
}

async fn not_allowed() -> Problem {
    Problem::new(axum::http::StatusCode::METHOD_NOT_ALLOWED, "the address does not take this method")
}

async fn metrics(State(bench): State<Arc<Workbench>>) -> Response {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], bench.metrics.text(bench.kept())).into_response()
}
