//! How much may be asked at once.

use std::error::Error;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use http_body_util::LengthLimitError;
use tokio::time::timeout;

use crate::problem::Problem;
use crate::workbench::{Limits, Workbench};

/// Bytes of an address with what is behind its question mark, at most.
const LONGEST: usize = 8192;

/// Takes the body of a request before anything is made of it: all of it, and in the time that a request may take, so that whoever sends
/// it slowly does not hold a place for long.
pub async fn take_body(State(bench): State<Arc<Workbench>>, request: Request, next: Next) -> Response {
    let Limits { time, body: most, .. } = bench.limits;
    let (parts, body) = request.into_parts();
    match timeout(time, to_bytes(body, most)).await {
        Ok(Ok(body)) => next.run(Request::from_parts(parts, Body::from(body))).await,
        Ok(Err(error)) => {
            let is_long = error.source().is_some_and(<dyn Error>::is::<LengthLimitError>);
            let problem = if is_long {
                let detail = format!("the body has more than {most} bytes; expected {most} at most");
                Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
            } else {
                Problem::new(StatusCode::BAD_REQUEST, format!("the body could not be read: {error}"))
            };
            problem.into_response()
        }
        Err(_) => {
            let detail = format!("the body did not arrive within {} s", time.as_secs());
            Problem::new(StatusCode::REQUEST_TIMEOUT, detail).into_response()
        }
    }
}

/// Turns away what is too much.
pub async fn check_limits(State(bench): State<Arc<Workbench>>, request: Request, next: Next) -> Response {
    let length = request.uri().path_and_query().map_or(0, |path| path.as_str().len());
    if length > LONGEST {
        let detail = format!("the address has {length} bytes; expected {LONGEST} at most");
        return Problem::new(StatusCode::URI_TOO_LONG, detail).into_response();
    }
    let Ok(_permit) = bench.requests.try_acquire() else {
        bench.metrics.turned_away.inc();
        let detail = format!("too many requests at a time; expected {} at most", bench.limits.requests);
        return Problem::busy(detail).into_response();
    };
    next.run(request).await
}
