//! Style, script and icon, which the binary holds.

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;

use crate::reply::Reply;
use crate::workbench::Workbench;

static STYLE: LazyLock<Reply> = LazyLock::new(|| {
    let rules = [&theriac_report::style_sheet(), include_str!("../assets/workbench.css")].concat();
    Reply::new("text/css; charset=utf-8", rules)
});
static SCRIPT: LazyLock<Reply> =
    LazyLock::new(|| Reply::new("text/javascript; charset=utf-8", include_str!("../assets/workbench.js")));
static ICON: LazyLock<Reply> =
    LazyLock::new(|| Reply::new("image/svg+xml", include_str!("../assets/icon.svg")));

async fn style(asked: HeaderMap) -> Response {
    STYLE.respond(&asked)
}

async fn script(asked: HeaderMap) -> Response {
    SCRIPT.respond(&asked)
}

async fn icon(asked: HeaderMap) -> Response {
    ICON.respond(&asked)
}

/// The files that pages load.
pub fn router() -> Router<Arc<Workbench>> {
    Router::new()
        .route("/assets/style.css", get(style))
        .route("/assets/script.js", get(script))
        .route("/assets/icon.svg", get(icon))
        .route("/favicon.ico", get(icon))
}
