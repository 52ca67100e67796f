//! Whether the server is there.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

/// That the server is there.
#[derive(Serialize, ToSchema)]
pub struct Health {
    /// `ok`.
    status: &'static str,
    /// Version of Theriac.
    version: &'static str,
}

/// Tells that the server is there. It asks for no token.
#[utoipa::path(get, path = "/api/v1/health", tag = "server", responses((status = OK, body = Health)))]
pub async fn health() -> Json<Health> {
    Json(Health { status: "ok", version: env!("CARGO_PKG_VERSION") })
}
