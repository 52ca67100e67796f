//! The shortlist: what is kept, judged and noted.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use maud::{Markup, html};
use serde::Deserialize;
use theriac_link::Pair;
use theriac_predict::explained::Answer;
use theriac_predict::numbers::{counted, small_share};

use crate::api::{Which, take_over};
use crate::asked::{Asked, Filled};
use crate::kept;
use crate::models::Served;
use crate::pages::frame::Page;
use crate::pages::links;
use crate::problem::Problem;
use crate::reply::Reply;
use crate::shortlist::{Entry, PairKey, ShortlistError, Verdict, Version};
use crate::workbench::Workbench;

pub use crate::kept::Pins;

/// Letters of a note, at most.
const LONGEST_NOTE: usize = 20_000;

/// The routes of the shortlist's pages.
pub fn router() -> Router<Arc<Workbench>> {
    Router::new()
        .route("/shortlist", get(list))
        .route("/shortlist/pin", post(pin))
        .route("/shortlist/judge", post(judge))
        .route("/shortlist/remove", post(remove))
        .route("/shortlist/import", post(import))
}

/// What a verdict is called on a page.
pub fn verdict_text(verdict: Option<Verdict>) -> &'static str {
    match verdict {
        None => "pinned",
        Some(verdict) => verdict.name(),
    }
}

/// A button that keeps a pair, or tells that it is kept. Without a script it sends the form around it.
pub fn pin_button(served: &Served, pair: Pair, entry: Option<&Entry>) -> Markup {
    let PairKey { source_id, target_id, .. } = kept::key(served, pair);
    let value = [&served.name, &source_id, &target_id].map(String::as_str).join("\t");
    html! {
        @if let Some(entry) = entry {
            a.pinned href=(links::pair(served, pair)) { (verdict_text(entry.record.verdict)) }
        } @else {
            button.pin type="submit" name="pin" value=(value) formmethod="post" formaction="/shortlist/pin" { "Pin" }
        }
    }
}

/// The form in which a pair is judged.
pub fn pin_form(served: &Served, answer: &Answer<'_>, entry: Option<&Entry>) -> Markup {
    let PairKey { source_id, target_id, .. } = kept::key(served, answer.explanation.pair);
    let record = entry.map(|entry| &entry.record);
    let verdict = record.and_then(|record| record.verdict);
    let choice = |value: &str, label: &str, checked: bool| {
        html! { label { input type="radio" name="verdict" value=(value) checked[checked]; " " (label) } }
    };
    html! {
        form.judge method="post" action="/shortlist/judge" aria-label="Shortlist" {
            input type="hidden" name="model" value=(served.name);
            input type="hidden" name="source" value=(source_id);
            input type="hidden" name="target" value=(target_id);
            @if let Some(entry) = entry { input type="hidden" name="revision" value=(entry.revision); }
            fieldset {
                legend { "Verdict" }
                (choice("", "none yet", verdict.is_none()))
                @for of in Verdict::ALL { (choice(of.name(), of.name(), verdict == Some(of))) }
            }
            label for="note" { "Note" }
            textarea id="note" name="note" rows="2" maxlength=(LONGEST_NOTE) { (record.map_or("", |record| record.note.as_str())) }
            p.actions {
                button type="submit" { @if entry.is_some() { "Save" } @else { "Keep on the shortlist" } }
                @if let Some(record) = record {
                    span.aside { "Kept since " (record.created.to_string()) ", changed " (record.updated.to_string()) }
                }
            }
        }
    }
}

/// A pair that a button names: model, source and target, with tabs between.
#[derive(Deserialize)]
struct Pinned {
    pin: String,
}

async fn pin(
    State(bench): State<Arc<Workbench>>,
    Filled(Pinned { pin }): Filled<Pinned>,
) -> Result<Response, Problem> {
    let parts: Vec<&str> = pin.split('\t').collect();
    let [model, source, target] = parts[..] else {
        return Err(Problem::bad_request(
            "the field pin names no pair; expected model, source and target with tabs between",
        ));
    };
    let served = bench.model(model)?;
    let pair = kept::pair(&served, source, target)
        .ok_or_else(|| Problem::not_found("the model has no such pair"))?;
    let address = links::pair(&served, pair);
    let record = bench.compute(move |_| Ok(kept::record(&served, pair))).await?;
    bench.keep(move |shortlist| shortlist.pin(&record)).await?;
    Ok(Redirect::to(&address).into_response())
}

/// What was filled in.
#[derive(Deserialize)]
struct Judged {
    model: String,
    source: String,
    target: String,
    #[serde(default)]
    verdict: String,
    #[serde(default)]
    note: String,
    revision: Option<u64>,
}

async fn judge(
    State(bench): State<Arc<Workbench>>,
    Filled(judged): Filled<Judged>,
) -> Result<Response, Problem> {
    let served = bench.model(&judged.model)?;
    let pair = kept::pair(&served, &judged.source, &judged.target)
        .ok_or_else(|| Problem::not_found("the model has no such pair"))?;
    let address = links::pair(&served, pair);
    let verdict: Option<Verdict> = match judged.verdict.as_str() {
        "" => None,
        text => Some(text.parse().map_err(|error| Problem::bad_request(format!("{error}")))?),
    };
    // As a form sends them, lines end with two characters.
    let note = judged.note.replace("\r\n", "\n");
    let typed = note.clone();
    let record = bench.compute(move |_| Ok(kept::record(&served, pair))).await?;
    let revision = judged.revision;
    let saved = bench.keep(move |shortlist| {
        let pinned = shortlist.pin(&record)?;
        let key = record.pair();
        // Who has not seen an entry did not mean to change one.
        let seen = revision.or(pinned.is_new.then_some(pinned.entry.revision)).or(Some(0));
        let entry = shortlist.set_verdict(&key, verdict, seen, kept::now())?;
        shortlist.set_note(&key, &note, Some(entry.revision), kept::now())
    });
    match saved.await {
        Ok(_) => Ok(Redirect::to(&address).into_response()),
        Err(problem) if problem.status == StatusCode::CONFLICT => {
            Ok(conflict(&bench, &problem, &address, &typed))
        }
        Err(problem) => Err(problem),
    }
}

/// What was typed is shown again, so that it is not lost.
fn conflict(bench: &Workbench, problem: &Problem, address: &str, typed: &str) -> Response {
    let content = html! {
        h1 { "Somebody was faster" }
        p { "The entry was changed in another window or program since you opened it, and stays as it is now." }
        p.aside { (problem.detail) }
        p { "What you typed, for you to copy:" }
        pre { code { (typed) } }
        p { a href=(address) { "See the pair as it is now" } }
    };
    let page =
        Page { title: "Not saved", served: None, models: bench.names(), place: "shortlist" }.render(&content);
    (StatusCode::CONFLICT, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response()
}

/// The entry that is taken off.
#[derive(Deserialize)]
struct Removed {
    relation: String,
    source: String,
    target: String,
    revision: u64,
}

async fn remove(
    State(bench): State<Arc<Workbench>>,
    Filled(removed): Filled<Removed>,
) -> Result<Response, Problem> {
    let relation = removed.relation.parse().map_err(|error| Problem::bad_request(format!("{error}")))?;
    let key = PairKey { relation, source_id: removed.source, target_id: removed.target };
    bench.keep(move |shortlist| shortlist.remove(&key, Some(removed.revision), kept::now())).await?;
    Ok(Redirect::to("/shortlist").into_response())
}

/// What was pasted.
#[derive(Deserialize)]
struct Pasted {
    data: String,
}

async fn import(
    State(bench): State<Arc<Workbench>>,
    Filled(Pasted { data }): Filled<Pasted>,
) -> Result<Response, Problem> {
    let counts = take_over(&bench, data).await?;
    let content = html! {
        h1 { "Imported" }
        p {
            (counted(counts.added, "pair")) " added, " (counts.replaced) " replaced by newer ones, " (counts.kept)
            " left as they were, since the shortlist had the newer state."
        }
        p { a href="/shortlist" { "To the shortlist" } }
    };
    let page =
        Page { title: "Imported", served: None, models: bench.names(), place: "shortlist" }.render(&content);
    Ok(([(header::CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response())
}

async fn list(
    State(bench): State<Arc<Workbench>>,
    Asked(which): Asked<Which>,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    let filter = which.filter()?;
    let kept = bench.keep(move |shortlist| {
        let entries = shortlist.list(&filter)?;
        let with_history =
            entries.into_iter().map(|entry| Ok((shortlist.history(&entry.record.pair())?, entry)));
        with_history.collect::<Result<Vec<_>, ShortlistError>>()
    });
    let content = content(&bench, &kept.await?, which.verdict());
    let page =
        Page { title: "Shortlist", served: None, models: bench.names(), place: "shortlist" }.render(&content);
    Ok(Reply::html(page).respond(&asked))
}

fn content(bench: &Workbench, kept: &[(Vec<Version>, Entry)], verdict: &str) -> Markup {
    html! {
        p.kicker { "Kept on this machine" }
        h1 { "Shortlist" }
        p { "In " code { (bench.shortlist.path().display().to_string()) } ", whatever model is served." }
        nav.verdicts aria-label="Verdicts" { ul {
            @for (value, label) in [("", "All"), ("none", "No verdict yet")].into_iter().chain(Verdict::ALL.map(|of| (of.name(), of.name()))) {
                li { a href=(format!("/shortlist?verdict={value}")) aria-current=[(value == verdict).then_some("true")] { (label) } }
            }
        } }
        @if kept.is_empty() {
            p { "Nothing is kept here yet. Pin candidates on the page of a disease or a drug, or judge a pair on its own page." }
        } @else { (table(bench, kept)) }
        section aria-labelledby="exchange" {
            h2 id="exchange" { "Export and import" }
            p {
                a href="/api/v1/shortlist/export?form=tsv" download { "TSV" } ", "
                a href="/api/v1/shortlist/export?form=json" download { "JSON" } ", or the promising and known pairs as an "
                a href="/api/v1/shortlist/export?form=evaluation" download { "evaluation set" }
                " for " code { "theriac evaluate --protocol external" } "."
            }
            form method="post" action="/shortlist/import" {
                label for="data" { "Paste or choose an export (TSV or JSON); of each pair the newer state is kept" }
                input type="file" accept=".tsv,.json,text/plain,application/json" data-into="data" aria-label="File to import" hidden;
                textarea id="data" name="data" rows="3" required spellcheck="false" {}
                p.actions { button type="submit" { "Import" } }
            }
        }
    }
}

fn table(bench: &Workbench, kept: &[(Vec<Version>, Entry)]) -> Markup {
    let models = bench.models.all();
    let address = |entry: &Entry| {
        let of = models.iter().filter(|served| served.predictor.relation().key == entry.record.relation);
        let mut found = of.filter_map(|served| {
            let pair = kept::pair(served, &entry.record.source_id, &entry.record.target_id)?;
            Some(links::pair(served, pair))
        });
        found.next()
    };
    html! {
        div.scroll tabindex="0" role="group" aria-label="Entries" { table.kept {
            caption { div { (counted(kept.len(), "pair")) ", those changed last first. Probability and rank are those of the moment of pinning." } }
            thead { tr {
                th scope="col" { "Pair" }
                th scope="col" { "Verdict" }
                th.prose scope="col" { "Note" }
                th.number scope="col" { "Probability" }
                th.number scope="col" { "Rank" }
                th scope="col" { "Changed" }
                th scope="col" { span.hidden { "Take off" } }
            } }
            tbody { @for (history, entry) in kept {
                @let record = &entry.record;
                @let pair = format!("{} for {}", record.source_name, record.target_name);
                tr {
                    th scope="row" {
                        @match address(entry) {
                            Some(address) => { a href=(address) { (pair) } },
                            None => { (pair) " " span.tag { "not in a served model" } },
                        }
                        span.detail { (record.model) }
                    }
                    td { span.verdict-of.{ (verdict_text(record.verdict)) } { (verdict_text(record.verdict)) } }
                    td.prose.note {
                        (record.note)
                        @if !history.is_empty() { details { summary { (counted(history.len(), "earlier version")) } ul { @for of in history {
                            li { (verdict_text(of.verdict)) @if !of.note.is_empty() { ": " (of.note) } " " span.aside { "until " (of.replaced.to_string()) } }
                        } } } }
                    }
                    td.number data-label="Probability" { (record.probability.map_or_else(|| "–".into(), small_share)) }
                    td.number data-label="Rank" { (record.rank.map_or_else(|| "–".into(), |of| of.to_string())) }
                    td data-label="Changed" { time datetime=(record.updated.to_string()) { (record.updated.to_string().replace('T', " ").trim_end_matches('Z')) } }
                    td { form method="post" action="/shortlist/remove" {
                        input type="hidden" name="relation" value=(record.relation.to_string());
                        input type="hidden" name="source" value=(record.source_id);
                        input type="hidden" name="target" value=(record.target_id);
                        input type="hidden" name="revision" value=(entry.revision);
                        button.quiet type="submit" aria-label=(format!("Take off {pair}")) { "Take off" }
                    } }
                }
            } }
        } }
    }
}
