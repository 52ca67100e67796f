//! How much may be asked at once.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::problem::Problem;
use crate::workbench::Workbench;

/// Bytes of an address with what is behind its question mark, at most.
const LONGEST: usize = 8192;

/// Turns away what is too much.
pub async fn check_limits(State(bench): State<Arc<Workbench>>, request: Request, next: Next) -> Response {
    let length = request.uri().path_and_query().map_or(0, |path| path.as_str().len());
    if length > LONGEST {
        let detail = format!("the address has {length} bytes; expected {LONGEST} at most");
        return Problem::new(StatusCode::URI_TOO_LONG, detail).into_response();
    }
    let Ok(_permit) = bench.requests.try_acquire() else {
        bench.metrics.turned_away.inc();
        let detail = format!("{} requests are being answered already", bench.limits.requests);
        return Problem::busy(detail).into_response();
    };
    next.run(request).await
}
