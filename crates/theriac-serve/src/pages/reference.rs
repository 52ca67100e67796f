//! The API described, with a form for each operation to try it.

use axum::response::Html;
use maud::{Markup, html};
use serde_json::Value;
use utoipa::openapi::OpenApi;

use crate::pages::frame::Page;
use crate::workbench::Workbench;

const METHODS: [&str; 4] = ["get", "post", "patch", "delete"];

/// The page of the API.
pub fn reference(bench: &Workbench, document: &OpenApi) -> Html<String> {
    let document = serde_json::to_value(document).unwrap_or_default();
    let models = bench.names();
    let content = html! {
        p.kicker { "/api/v1" }
        h1 { "API" }
        p {
            "JSON over HTTP, described by an " a href="/api/v1/openapi.json" { "OpenAPI document" }
            "; errors are problem details (RFC 9457). Counts for Prometheus are at " a href="/metrics" { "/metrics" } "."
        }
        @for tag in list(&document["tags"]) {
            section aria-label=(text(&tag["name"])) {
                h2 { span.initial { (text(&tag["name"])) } }
                p { (text(&tag["description"])) "." }
                @for (path, method, operation) in operations(&document, text(&tag["name"])) {
                    (described(path, method, operation, &document, models.first().map_or("", String::as_str)))
                }
            }
        }
    };
    Html(Page { title: "API", served: None, models, place: "api" }.render(&content))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn operations<'a>(document: &'a Value, tag: &str) -> Vec<(&'a str, &'static str, &'a Value)> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let all = paths.flat_map(|(path, item)| {
        METHODS.iter().filter_map(move |method| Some((path.as_str(), *method, item.get(method)?)))
    });
    all.filter(|(_, _, operation)| list(&operation["tags"]).iter().any(|of| of == tag)).collect()
}

fn described(path: &str, method: &str, operation: &Value, document: &Value, model: &str) -> Markup {
    let body = operation["requestBody"]["content"].as_object().and_then(|content| content.iter().next());
    let summary =
        operation["summary"].as_str().or_else(|| operation["description"].as_str()).unwrap_or_default();
    html! {
        details.operation {
            summary { code { b { (method.to_uppercase()) } " " (path) } span { (summary) } }
            form.try data-method=(method) data-path=(path) data-kind=[body.map(|(kind, _)| kind.as_str())] {
                @for parameter in list(&operation["parameters"]) { (field(parameter, path, model)) }
                @if let Some((_, body)) = body {
                    label { "Body" textarea name="body" rows="6" spellcheck="false" { (example(&body["schema"], document, 0)) } }
                }
                p.actions { button type="submit" { "Send" } }
                pre.response hidden tabindex="0" { code {} }
            }
        }
    }
}

fn field(parameter: &Value, path: &str, model: &str) -> Markup {
    let (name, place) = (text(&parameter["name"]), text(&parameter["in"]));
    let required = parameter["required"] == true;
    let value = if name == "model" && path.contains("{model}") { model } else { "" };
    html! { label {
        span { code { (name) } @if !required { span.aside { " optional" } } " " span.aside { (text(&parameter["description"])) } }
        input type="text" name=(name) data-in=(place) required[required] value=(value) autocomplete="off" spellcheck="false";
    } }
}

/// A body of that shape, with empty values.
fn example(schema: &Value, document: &Value, depth: usize) -> String {
    serde_json::to_string_pretty(&shape(schema, document, depth)).unwrap_or_default()
}

fn shape(schema: &Value, document: &Value, depth: usize) -> Value {
    if depth > 4 {
        return Value::Null;
    }
    if let Some(name) = text(&schema["$ref"]).rsplit_once('/').map(|(_, name)| name) {
        return shape(&document["components"]["schemas"][name], document, depth + 1);
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().find_map(|kind| kind.as_str().filter(|kind| *kind != "null")),
        kind => kind.as_str(),
    };
    match kind {
        Some("object") => {
            let properties = schema["properties"].as_object().into_iter().flatten();
            properties.map(|(name, of)| (name.clone(), shape(of, document, depth + 1))).collect()
        }
        Some("array") => Value::Array(vec![shape(&schema["items"], document, depth + 1)]),
        Some("string") => schema["enum"].get(0).cloned().unwrap_or_else(|| "".into()),
        Some("boolean") => false.into(),
        Some("integer" | "number") => 0.into(),
        _ => Value::Null,
    }
}
