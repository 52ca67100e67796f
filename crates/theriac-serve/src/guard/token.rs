//! The token that lets in whoever shows it: in the header `Authorization: Bearer`, or once in a form, for a cookie.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use rand::Rng;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::problem::Problem;
use crate::workbench::Workbench;

/// Letters that a token has to have: fewer can be guessed.
pub const LEAST_TOKEN: usize = 16;
/// Name of the cookie.
const COOKIE: &str = "theriac_session";
/// Sessions that are kept; the oldest gives way.
const SESSIONS: usize = 256;

/// Those who have shown the token. They end with the server.
#[derive(Default)]
pub struct Sessions(Mutex<VecDeque<[u8; 32]>>);

impl Sessions {
    /// A new session, as its cookie names it. Only a digest of it is kept.
    fn begin(&self) -> String {
        let mut bytes = [0; 32];
        rand::rng().fill_bytes(&mut bytes);
        let name = bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() == SESSIONS {
            known.pop_front();
        }
        known.push_back(Sha256::digest(&name).into());
        name
    }

    fn knows(&self, name: &str) -> bool {
        let digest: [u8; 32] = Sha256::digest(name).into();
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().any(|of| bool::from(of.ct_eq(&digest)))
    }
}

/// Whether what was shown is the token. Digests are compared, so that not even its length shows in the time that it takes.
fn is_token(token: &str, shown: &str) -> bool {
    let [token, shown]: [[u8; 32]; 2] = [token, shown].map(|text| Sha256::digest(text).into());
    token.ct_eq(&shown).into()
}

/// Lets in who shows the token, and asks others for it.
pub async fn check_token(State(bench): State<Arc<Workbench>>, request: Request, next: Next) -> Response {
    let Some(token) = &bench.guard.token else { return next.run(request).await };
    let path = request.uri().path();
    // What the page that asks for the token needs, and what tells that the server is there.
    let open = path == "/login" || path.starts_with("/assets/") || path == "/api/v1/health";
    if open || is_let_in(token, &bench.guard.sessions, request.headers()) {
        return next.run(request).await;
    }
    if path.starts_with("/api/") || path == "/metrics" {
        let detail = "no token was shown, or a wrong one; expected the header Authorization: Bearer TOKEN";
        return Problem::new(StatusCode::UNAUTHORIZED, detail).into_response();
    }
    Redirect::to("/login").into_response()
}

fn is_let_in(token: &str, sessions: &Sessions, headers: &HeaderMap) -> bool {
    let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = shown
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    if let Some((_, shown)) = bearer {
        return is_token(token, shown.trim());
    }
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut named = cookies.flat_map(|all| all.split(';')).filter_map(|one| one.trim().split_once('='));
    named.any(|(name, value)| name == COOKIE && sessions.knows(value))
}

/// The cookie of a new session, where the token was shown.
pub fn log_in(bench: &Workbench, shown: &str) -> Option<HeaderValue> {
    let token = bench.guard.token.as_deref()?;
    if !is_token(token, shown.trim()) {
        return None;
    }
    let secure = if bench.guard.encrypted { "; Secure" } else { "" };
    let session = bench.guard.sessions.begin();
    HeaderValue::from_str(&format!("{COOKIE}={session}; Path=/; HttpOnly; SameSite=Strict{secure}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn a_token_or_a_session_lets_in_and_nothing_else() {
        let sessions = Sessions::default();
        let session = sessions.begin();
        let token = "a token of some length";
        let let_in = |name, value: &str| is_let_in(token, &sessions, &headers(name, value));
        assert!(let_in(header::AUTHORIZATION, &format!("Bearer {token}")));
        assert!(let_in(header::AUTHORIZATION, &format!("bearer {token}")));
        assert!(let_in(header::COOKIE, &format!("a=b; {COOKIE}={session}")));
        for wrong in [format!("Bearer {token}x"), "Bearer".into(), format!("Basic {token}"), token.into()] {
            assert!(!let_in(header::AUTHORIZATION, &wrong), "{wrong}");
        }
        for wrong in [format!("{COOKIE}={token}"), format!("x{COOKIE}={session}"), format!("{COOKIE}=")] {
            assert!(!let_in(header::COOKIE, &wrong), "{wrong}");
        }
    }

    #[test]
    fn the_oldest_session_gives_way() {
        let sessions = Sessions::default();
        let first = sessions.begin();
        let others: Vec<String> = (0..SESSIONS).map(|_| sessions.begin()).collect();
        assert!(!sessions.knows(&first));
        assert!(others.iter().all(|session| sessions.knows(session)));
    }
}
