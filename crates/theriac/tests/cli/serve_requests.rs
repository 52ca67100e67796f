//! Requests that make no sense, thrown at every operation that the OpenAPI document names.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;

use crate::serve::with_blend;
use crate::workbench::Workbench;

/// An operation: method, path and parameters with where they stand, and the type of its body.
#[derive(Clone, Debug)]
struct Operation {
    method: String,
    path: String,
    parameters: Vec<(String, String)>,
    body: Option<String>,
}

fn operations(document: &Value) -> Vec<Operation> {
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let body = operation["requestBody"]["content"].as_object();
            operations.push(Operation {
                method: method.to_uppercase(),
                path: path.clone(),
                parameters: parameters.map(|of| (text(&of["name"]), text(&of["in"]))).collect(),
                body: body.map(|content| content.keys().next().unwrap().clone()),
            });
        }
    }
    operations
}

/// Values that are nearly right, and others that are not.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => prop::sample::select(vec![
            "m", "D4", "X9", "disease 9", "drug", "disease", "gene", "drug:treats:disease", "true", "3", "0", "", "-1", "score", "html",
            "18446744073709551616", "1e9", "none", "promising", "tsv", "../../etc/passwd", "' OR 1=1 --", "%00", "\u{0}",
        ])
        .prop_map(str::to_owned),
        1 => any::<String>(),
    ]
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        value().prop_map(Value::from),
    ];
    let key = prop::sample::select(vec![
        "queries", "pairs", "pair", "wanted", "reach", "drug", "disease", "source", "target", "without",
        "with", "model", "verdict", "note", "kind", "name", "edges", "top", "steps", "novel", "support",
        "order", "through", "skip",
    ]);
    leaf.prop_recursive(3, 24, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..6).prop_map(|fields| fields
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect()),
        ]
    })
}

fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |address, byte| address + &format!("%{byte:02X}"))
}

#[test]
fn no_request_is_a_fault_of_the_server() {
    let workplace = with_blend();
    let bench = Workbench::open(&workplace, &[]);
    let operations = operations(&bench.get("/api/v1/openapi.json").json());
    assert!(operations.len() >= 16, "{} operations", operations.len());
    let mut reached = vec![0; operations.len()];
    let mut runner = TestRunner::new(Config { cases: 400, failure_persistence: None, ..Config::default() });
    let case =
        (0..operations.len(), prop::collection::vec(value(), 8), json(), any::<String>(), any::<bool>());
    let counts = std::cell::RefCell::new(&mut reached);
    runner
        .run(&case, |(place, values, json, text, sound)| {
            let Operation { method, path, parameters, body } = &operations[place];
            let mut path = path.clone();
            let mut query = Vec::new();
            for ((name, stands), value) in parameters.iter().zip(values.iter().cycle()) {
                if stands == "path" {
                    // Mostly the model that there is, so that more than its name is looked at.
                    let value = if name == "model" && sound { "m" } else { value.as_str() };
                    let value = if value.is_empty() { "empty" } else { value };
                    path = path.replace(&format!("{{{name}}}"), &encoded(value));
                } else {
                    query.push(format!("{}={}", encoded(name), encoded(value)));
                }
            }
            let path = format!("{path}?{}", query.join("&"));
            let kind = body.clone().unwrap_or_else(|| "application/json".into());
            let sent = if sound { json.to_string() } else { text };
            let answer = bench.send(method, &path, &[("content-type", &kind)], &sent);
            counts.borrow_mut()[place] += 1;
            prop_assert!(answer.status < 500, "{method} {path} {sent}: {} {}", answer.status, answer.text());
            if answer.status >= 400 {
                prop_assert_eq!(
                    answer.header("content-type"),
                    Some("application/problem+json"),
                    "{} {}: {}",
                    method,
                    path,
                    answer.text()
                );
            }
            Ok(())
        })
        .unwrap();
    assert!(reached.iter().all(|&times| times > 0), "{reached:?}");
    assert_eq!(bench.get("/api/v1/health").status, 200);
}
