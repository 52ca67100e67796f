//! Errors as RFC 9457 tells them: `application/problem+json`.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use theriac_predict::PredictError;
use utoipa::ToSchema;

use crate::shortlist::ShortlistError;

/// Seconds after which somebody who was turned away may try again.
const RETRY_AFTER: &str = "1";

/// What went wrong with a request (RFC 9457).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Problem {
    /// What kind of problem it is; `about:blank`, where the status says it.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The kind in a few words.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// What was found and what was expected, in a sentence.
    pub detail: String,
    /// Nodes that may have been meant.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<NodeNames>,
}

/// A node that may have been meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct NodeNames {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

impl Problem {
    /// A problem of that status.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let title = status.canonical_reason().unwrap_or("Error");
        Self {
            kind: "about:blank",
            title,
            status: status.as_u16(),
            detail: detail.into(),
            candidates: Vec::new(),
        }
    }

    /// The request makes no sense.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// There is no such thing.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// There is too much to do, or it takes too long.
    pub fn busy(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, detail)
    }

    /// What should not happen.
    pub fn internal(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, detail)
    }
}

impl From<PredictError> for Problem {
    fn from(error: PredictError) -> Self {
        let detail = error.to_string();
        let nodes = |labels: Vec<theriac_graph::NodeLabel>| {
            labels.into_iter().map(|label| NodeNames { id: label.id, name: label.name }).collect()
        };
        match error {
            PredictError::NotFound { suggestions, .. } => {
                Self { candidates: nodes(suggestions), ..Self::not_found(detail) }
            }
            PredictError::Ambiguous { candidates, .. } => {
                Self { candidates: nodes(candidates), ..Self::new(StatusCode::CONFLICT, detail) }
            }
            PredictError::AmbiguousType { .. } => Self::new(StatusCode::CONFLICT, detail),
            PredictError::Abstained { .. } => Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail),
            error if error.is_failure() => Self::internal(detail),
            _ => Self::bad_request(detail),
        }
    }
}

impl From<ShortlistError> for Problem {
    fn from(error: ShortlistError) -> Self {
        let status = match error {
            ShortlistError::Conflict { .. } => StatusCode::CONFLICT,
            ShortlistError::NotPinned { .. } => StatusCode::NOT_FOUND,
            ShortlistError::Unfit { .. }
            | ShortlistError::Line { .. }
            | ShortlistError::Read { .. }
            | ShortlistError::NoEvaluationSet { .. } => StatusCode::BAD_REQUEST,
            ShortlistError::Busy { .. } => StatusCode::SERVICE_UNAVAILABLE,
            ShortlistError::Full { .. } => StatusCode::INSUFFICIENT_STORAGE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::new(status, error.to_string())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response =
            (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER));
        }
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        // For whoever shows it as a page.
        response.extensions_mut().insert(self);
        response
    }
}
