//! The page that asks for the token.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use maud::html;
use serde::Deserialize;

use crate::asked::Filled;
use crate::guard::token;
use crate::pages::frame::Page;
use crate::workbench::Workbench;

/// What was filled in.
#[derive(Deserialize)]
pub struct Shown {
    token: String,
}

fn page(wrong: bool) -> String {
    let content = html! {
        h1 { "Log in" }
        form.narrow method="post" action="/login" {
            label for="token" { "Token, as the server was given it" }
            input id="token" name="token" type="password" required autofocus autocomplete="current-password"
                aria-invalid=[wrong.then_some("true")] aria-describedby=[wrong.then_some("wrong")];
            @if wrong { p.wrong id="wrong" role="alert" { "That is not the token." } }
            button type="submit" { "Log in" }
        }
    };
    Page { title: "Log in", served: None, models: Vec::new(), place: "login" }.render(&content)
}

/// Asks for the token.
pub async fn form() -> Html<String> {
    Html(page(false))
}

/// Lets in who shows it.
pub async fn log_in(State(bench): State<Arc<Workbench>>, Filled(shown): Filled<Shown>) -> Response {
    match token::log_in(&bench, &shown.token) {
        Some(cookie) => ([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response(),
        None => (StatusCode::UNAUTHORIZED, Html(page(true))).into_response(),
    }
}
