//! The name that the server is called by. A page elsewhere can make a name of its own point to this machine (DNS rebinding);
//! its requests carry that name, and are refused.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::problem::Problem;
use crate::workbench::Workbench;

/// Refuses requests to another name.
pub async fn check_host(State(bench): State<Arc<Workbench>>, request: Request, next: Next) -> Response {
    let named = named(&request);
    match named {
        Some(host) if bench.guard.hosts.iter().any(|known| *known == name_of(host)) => {
            next.run(request).await
        }
        _ => {
            let found = named.unwrap_or_default();
            let known = bench.guard.hosts.join(", ");
            let detail =
                format!("the request is to '{found}'; expected one of {known}, or another that --host names");
            Problem::new(StatusCode::MISDIRECTED_REQUEST, detail).into_response()
        }
    }
}

/// The host that a request is to, with its port: of its header, or in HTTP/2 of its address.
pub fn named(request: &Request) -> Option<&str> {
    let header = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    header.or_else(|| request.uri().authority().map(Authority::as_str))
}

/// A host without its port, in lower case.
fn name_of(host: &str) -> String {
    let bracket = host.rfind(']').map_or(0, |place| place + 1);
    let end = host[bracket..].find(':').map_or(host.len(), |place| bracket + place);
    host[..end].to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_no_part_of_names() {
        for (host, name) in [
            ("localhost:8417", "localhost"),
            ("LOCALHOST", "localhost"),
            ("[::1]:8417", "[::1]"),
            ("[::1]", "[::1]"),
            ("127.0.0.1:1", "127.0.0.1"),
            ("evil.example:8417", "evil.example"),
            ("localhost:8417:1", "localhost"),
            ("", ""),
        ] {
            assert_eq!(name_of(host), name);
        }
    }
}
