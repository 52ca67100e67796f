//! The HTTP API under `/api/v1`: JSON in, JSON out, problems as RFC 9457, and its own description as OpenAPI.

#![allow(unused_qualifications, elided_lifetimes_in_paths, reason = "the macros of utoipa write such paths")]

mod explain;
mod health;
mod models;
mod new_node;
mod rank;
mod screen;
mod search;
mod shortlist;
mod what_if;
pub mod whom;

pub use new_node::with_newcomer;
pub use search::{Edges, Neighbor, Neighborhood, hits, neighborhood};
pub use shortlist::{Which, take_over};
pub use what_if::edited;

use std::sync::Arc;

use axum::Router;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Document;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::problem::Problem;
use crate::reply::Reply;
use crate::workbench::Workbench;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Theriac",
        description = "Ranked and explained candidates for drug repurposing, from a model on this machine. Figures of a model \
                       are in its card, with protocol and baselines; scores rank candidates for a closer look by people who \
                       know the field, and are no advice on treatment.",
        license(name = "MIT OR Apache-2.0")
    ),
    tags(
        (name = "models", description = "What is served, and how good it is"),
        (name = "nodes", description = "Finding nodes and what is around them"),
        (name = "predictions", description = "Candidates, explanations, other graphs, new nodes"),
        (name = "shortlist", description = "Pairs that are kept, with verdicts and notes"),
        (name = "server", description = "Whether it is there")
    )
)]
struct Description;

/// The API, and its description.
pub fn router() -> (Router<Arc<Workbench>>, Document) {
    let routes = OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(health::health))
        .routes(routes!(models::list))
        .routes(routes!(models::card))
        .routes(routes!(search::search))
        .routes(routes!(search::node))
        .routes(routes!(rank::candidates, rank::candidates_of_many))
        .routes(routes!(explain::explanation, explain::explanations_of_many))
        .routes(routes!(what_if::what_if))
        .routes(routes!(screen::screen))
        .routes(routes!(new_node::new_node))
        .routes(routes!(new_node::new_node_explanation))
        .merge(shortlist::router());
    let (router, document) = routes.split_for_parts();
    let described = document.clone();
    let openapi = get(move |asked: HeaderMap| async move { openapi(&described, &asked) });
    (router.route("/api/v1/openapi.json", openapi), document)
}

fn openapi(document: &Document, asked: &HeaderMap) -> Result<Response, Problem> {
    Ok(Reply::json(document)?.respond(asked))
}
