//! Where a request that changes something comes from. Browsers say so themselves, in headers that no page can set
//! (`Sec-Fetch-Site`, `Origin`), so that a page elsewhere cannot forge such a request; programs send neither.

use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::guard::host::named;
use crate::problem::Problem;

/// Refuses requests of other sites that would change something.
pub async fn check_origin(request: Request, next: Next) -> Response {
    let harmless = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if harmless || is_own(request.headers(), named(&request)) {
        return next.run(request).await;
    }
    let detail =
        "the request comes from a page of another site; expected one of this workbench, or a program";
    Problem::new(StatusCode::FORBIDDEN, detail).into_response()
}

fn is_own(headers: &HeaderMap, named: Option<&str>) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let site = text("sec-fetch-site").is_none_or(|site| matches!(site, "same-origin" | "none"));
    let host = named.unwrap_or_default();
    let origin = text("origin").is_none_or(|origin| {
        let of = origin.split_once("://").map(|(_, host)| host);
        of.is_some_and(|of| of.eq_ignore_ascii_case(host))
    });
    site && origin
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn only_pages_of_this_server_and_programs_may_change_something() {
        let own = |headers: &[(&'static str, &'static str)]| {
            let headers = headers
                .iter()
                .map(|&(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
            is_own(&headers.collect(), Some("localhost:8417"))
        };
        assert!(own(&[]));
        assert!(own(&[("sec-fetch-site", "same-origin"), ("origin", "http://localhost:8417")]));
        assert!(own(&[("origin", "https://LOCALHOST:8417")]));
        for forged in [
            &[("sec-fetch-site", "cross-site")][..],
            &[("sec-fetch-site", "same-site")],
            &[("origin", "http://evil.example")],
            &[("origin", "http://localhost:9999")],
            &[("origin", "null")],
            &[("origin", "")],
        ] {
            assert!(!own(forged), "{forged:?}");
        }
    }
}
