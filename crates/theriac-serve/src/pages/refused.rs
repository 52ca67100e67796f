//! Problems as pages, for people.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use maud::html;

use crate::pages::frame::Page;
use crate::problem::Problem;
use crate::workbench::Workbench;

/// Shows a problem as a page, where a person asked for one.
pub async fn show(State(bench): State<Arc<Workbench>>, request: Request, next: Next) -> Response {
    let accepted =
        request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let by_a_person = !request.uri().path().starts_with("/api/") && accepted.contains("text/html");
    let mut response = next.run(request).await;
    if !by_a_person {
        return response;
    }
    let Some(problem) = response.extensions_mut().remove::<Problem>() else { return response };
    let content = html! {
        p.kicker { (problem.status) }
        h1 { (problem.title) }
        div.verdict { p { (problem.detail) } }
        @if !problem.candidates.is_empty() {
            p { "Perhaps one of these was meant:" }
            ul { @for node in &problem.candidates { li { (node.name) " " code.id { (node.id) } } } }
        }
        p { a href="/" { "To the start" } }
    };
    let page =
        Page { title: problem.title, served: None, models: bench.names(), place: "?" }.render(&content);
    let (mut parts, _) = response.into_parts();
    for name in [header::CONTENT_TYPE, header::CONTENT_LENGTH] {
        parts.headers.remove(name);
    }
    (parts.status, parts.headers, Html(page)).into_response()
}
