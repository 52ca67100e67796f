//! The metrics against scikit-learn's, whose figures `fixtures/scikit_learn_metrics.json` holds with how they were made.

use serde_json::Value;
use theriac_link::metrics::{BinaryMetrics, Confusion};

#[test]
fn figures_equal_those_of_scikit_learn() {
    let fixture: Value = serde_json::from_str(include_str!("fixtures/scikit_learn_metrics.json")).unwrap();
    let cases = fixture["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 5);
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let scores: Vec<f32> = numbers(&case["scores"]).map(|score| score as f32).collect();
        let labels: Vec<bool> = numbers(&case["labels"]).map(|label| label == 1.0).collect();
        let close = |what: &str, found: f64, expected: &Value| {
            let expected = expected.as_f64().unwrap();
            assert!(
                (found - expected).abs() < 1e-12,
                "{name}: {what} is {found}, scikit-learn says {expected}"
            );
        };
        let metrics = BinaryMetrics::new(&scores, &labels).unwrap();
        close("AUROC", metrics.auroc.unwrap(), &case["roc_auc"]);
        close("average precision", metrics.average_precision.unwrap(), &case["average_precision"]);

        let best = metrics.best_f1_threshold.unwrap();
        assert_eq!(best, case["best_f1"]["threshold"].as_f64().unwrap() as f32, "{name}: best threshold");
        for (threshold, expected) in [
            (case["at_threshold"]["threshold"].as_f64().unwrap() as f32, &case["at_threshold"]),
            (best, &case["best_f1"]),
        ] {
            let confusion = Confusion::at(&scores, &labels, threshold).unwrap();
            close("precision", confusion.precision(), &expected["precision"]);
            close("recall", confusion.recall(), &expected["recall"]);
            close("F1", confusion.f1(), &expected["f1"]);
        }
    }
}

fn numbers(list: &Value) -> impl Iterator<Item = f64> + '_ {
    list.as_array().expect("a list").iter().map(|number| number.as_f64().expect("a number"))
}
