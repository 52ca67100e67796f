//! Figures of orders, ranks, probabilities and agreement against those of RDKit, PyKEEN, OGB, scikit-learn and SciPy, which
//! the files in `fixtures/` hold with how they were made.

use serde_json::Value;
use theriac_link::calibration::{CalibrationFigures, Calibrator, Method};
use theriac_link::metrics::{
    BinaryMetrics, CandidateRank, Confusion, HITS_AT, RankFigures, Steps, TargetFigures,
};
use theriac_link::popularity::Popularity;
use theriac_link::significance::Interval;
use theriac_link::stability::spearman;

#[test]
fn orders_are_those_of_rdkit_and_scikit_learn() {
    let fixture = read(include_str!("fixtures/order_metrics.json"));
    let cases = list(&fixture["cases"]);
    assert_eq!(cases.len(), 10);
    let mut compared = 0;
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let (scores, labels) = (scores(&case["scores"]), labels(&case["labels"]));
        let (steps, metrics) =
            (Steps::new(&scores, &labels).unwrap(), BinaryMetrics::new(&scores, &labels).unwrap());
        optional(name, "AUROC", metrics.auroc, &case["roc_auc"]);
        optional(name, "average precision", metrics.average_precision, &case["average_precision"]);
        let class = |wanted: bool| -> Vec<f32> {
            scores
                .iter()
                .zip(&labels)
                .filter(|(_, label)| **label == wanted)
                .map(|(score, _)| *score)
                .collect()
        };
        let target = TargetFigures::new(&class(true), &class(false), &[]).unwrap();
        optional(name, "AUROC of a target", target.auroc, &case["roc_auc"]);
        optional(name, "AP of a target", target.average_precision, &case["average_precision"]);
        for (what, curve, expected) in [
            ("ROC curve", steps.roc_curve(), &case["roc"]),
            ("precision-recall curve", steps.precision_recall_curve(), &case["pr"]),
        ] {
            let Some(curve) = curve else {
                assert!(expected.is_null(), "{name}: there is no {what}");
                continue;
            };
            assert_eq!(curve.len(), list(expected).len(), "{name}: points of the {what}");
            for (point, (found, expected)) in curve.into_iter().zip(list(expected)).enumerate() {
                close(name, &format!("{what} at {point}"), found, expected, 1e-12);
            }
        }
        if let Some(expected) = case["bedroc"].as_object() {
            for (alpha, expected) in expected {
                let found = steps.bedroc(alpha.parse().unwrap()).unwrap();
                close(name, &format!("BEDROC at {alpha}"), found, expected, 1e-9);
                compared += 1;
            }
        }
        for enrichment in case["enrichment"].as_array().into_iter().flatten() {
            let fraction = enrichment[0].as_f64().unwrap();
            let found = steps.enrichment_factor(fraction).unwrap();
            close(name, &format!("enrichment at {fraction}"), found, &enrichment[1], 1e-9);
            compared += 1;
        }
        let threshold = case["threshold"].as_f64().unwrap() as f32;
        let confusion = Confusion::at(&scores, &labels, threshold).unwrap();
        close(name, "MCC", confusion.mcc(), &case["mcc"], 1e-12);
        close(name, "specificity", confusion.specificity(), &case["specificity"], 1e-12);
    }
    assert!(compared > 50, "{compared} figures of RDKit");
}

#[test]
fn ranks_are_those_of_pykeen_and_ogb() {
    let fixture = read(include_str!("fixtures/rank_metrics.json"));
    let cases = list(&fixture["cases"]);
    assert_eq!(cases.len(), 5);
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let positives = scores(&case["positives"]);
        let ranks: Vec<CandidateRank> = positives
            .iter()
            .zip(list(&case["negatives"]))
            .map(|(&positive, negatives)| {
                let negatives = scores(negatives);
                let better = negatives.iter().filter(|&&other| other > positive).count();
                let equal = negatives.iter().filter(|&&other| other == positive).count();
                let rank = 1.0 + better as f64 + equal as f64 / 2.0;
                CandidateRank { rank, candidates: negatives.len() as u64 + 1 }
            })
            .collect();
        for (at, (rank, candidates)) in
            ranks.iter().zip(numbers(&case["ranks"]).zip(numbers(&case["candidates"])))
        {
            assert_eq!((at.rank, at.candidates as f64), (rank, candidates), "{name}");
        }
        let groups: Vec<u32> = numbers(&case["groups"]).map(|group| group as u32).collect();
        let micro = RankFigures::micro(&ranks).unwrap();
        let by_group = RankFigures::macro_average(&ranks, &groups).unwrap();
        for (found, expected) in [(&micro, &case["micro"]), (&by_group, &case["macro"])] {
            close(name, "MRR", found.mrr, &expected["mrr"], 1e-12);
            close(name, "mean rank", found.mean_rank, &expected["mean_rank"], 1e-9);
            close(name, "median rank", found.median_rank, &expected["median_rank"], 1e-12);
            close(name, "AMR", found.adjusted_mean_rank, &expected["amr"], 1e-12);
            close(name, "AMRI", found.adjusted_mean_rank_index.unwrap(), &expected["amri"], 1e-12);
            for k in HITS_AT {
                let expected = &expected["hits"][k.to_string()];
                close(name, &format!("hits@{k}"), found.hits_at(k).unwrap(), expected, 1e-12);
            }
        }
        if let Some(ogb) = case["ogb"].as_object() {
            close(name, "MRR of OGB", micro.mrr, &ogb["mrr"], 1e-12);
            for k in [1, 3, 10] {
                close(name, "hits of OGB", micro.hits_at(k).unwrap(), &ogb[&format!("hits@{k}")], 1e-12);
            }
        }
    }
}

#[test]
fn probabilities_are_judged_as_by_scikit_learn() {
    let fixture = read(include_str!("fixtures/calibration.json"));
    let cases = list(&fixture["figures"]);
    assert_eq!(cases.len(), 4);
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let probabilities: Vec<f64> = numbers(&case["probabilities"]).collect();
        let found =
            CalibrationFigures::new(&probabilities, &labels(&case["labels"]), case["base_rate"].as_f64())
                .unwrap();
        close(name, "Brier score", found.brier, &case["brier"], 1e-12);
        close(name, "Brier skill", found.brier_skill, &case["brier_skill"], 1e-9);
        close(name, "log loss", found.log_loss, &case["log_loss"], 1e-12);
        close(name, "ECE of equal mass", found.ece_equal_mass, &case["ece_equal_mass"], 1e-12);
        close(name, "ECE of equal width", found.ece_equal_width, &case["ece_equal_width"], 1e-12);
    }
}

#[test]
fn calibrators_are_those_of_scikit_learn_and_scipy() {
    let fixture = read(include_str!("fixtures/calibration.json"));
    let cases = list(&fixture["fits"]);
    assert_eq!(cases.len(), 5);
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let (scores, labels, probe) =
            (scores(&case["scores"]), labels(&case["labels"]), scores(&case["probe"]));
        let fit = |method| Calibrator::fit(method, &scores, &labels, case["base_rate"].as_f64()).unwrap();

        let isotonic = fit(Method::Isotonic);
        let Calibrator::Isotonic(fitted) = &isotonic else { panic!("{name}: not isotonic") };
        let expected = list(&case["isotonic_blocks"]);
        assert_eq!(fitted.blocks().len(), expected.len(), "{name}: blocks");
        for (block, expected) in fitted.blocks().iter().zip(expected) {
            close(name, "centre of a block", block.centre, &expected[0], 1e-9);
            close(name, "probability of a block", block.probability, &expected[1], 1e-12);
        }
        let platt = fit(Method::Platt);
        for (place, &score) in probe.iter().enumerate() {
            close(name, "isotonic curve", isotonic.probability(score), &case["isotonic"][place], 1e-9);
            close(name, "Platt's curve", platt.probability(score), &case["platt"][place], 1e-6);
            if let Some(curve) = case.get("platt_sklearn") {
                close(name, "scikit-learn's curve", platt.probability(score), &curve[place], 2e-4);
            }
        }
        let Calibrator::Temperature(temperature) = fit(Method::Temperature) else {
            panic!("{name}: no temperature")
        };
        close(name, "1 / T", temperature.inverse_temperature, &case["inverse_temperature"], 1e-6);
    }
}

#[test]
fn agreement_is_that_of_scipy() {
    let fixture = read(include_str!("fixtures/agreement.json"));
    for case in list(&fixture["spearman"]) {
        let name = case["name"].as_str().unwrap();
        let found = spearman(&scores(&case["one"]), &scores(&case["other"])).unwrap();
        optional(name, "Spearman's correlation", found, &case["spearman"]);
    }
    for case in list(&fixture["popularity"]) {
        let name = case["name"].as_str().unwrap();
        let lists: Vec<Vec<u32>> = list(&case["lists"])
            .iter()
            .map(|entry| numbers(&entry["list"]).map(|source| source as u32).collect())
            .collect();
        let sources = case["sources"].as_u64().unwrap() as usize;
        let found = Popularity::of_lists(lists.iter().map(Vec::as_slice), sources, 3).unwrap();
        optional(name, "entropy", found.normalized_entropy, &case["normalized_entropy"]);
        close(name, "effective sources", found.effective_sources, &case["effective_sources"], 1e-9);
        close(name, "top share", found.top_share, &case["top_share"], 1e-12);
    }
    for case in list(&fixture["intervals"]) {
        let name = case["name"].as_str().unwrap();
        let replicates: Vec<f64> = numbers(&case["replicates"]).collect();
        let found = Interval::percentile(&replicates, 0.95).unwrap();
        close(name, "low", found.low, &case["low"], 1e-12);
        close(name, "high", found.high, &case["high"], 1e-12);
    }
    assert_eq!(["spearman", "popularity", "intervals"].map(|part| list(&fixture[part]).len()), [5, 2, 2]);
}

fn read(json: &str) -> Value {
    serde_json::from_str(json).expect("a fixture is JSON")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn numbers(value: &Value) -> impl Iterator<Item = f64> + '_ {
    list(value).iter().map(|number| number.as_f64().expect("a number"))
}

fn scores(value: &Value) -> Vec<f32> {
    numbers(value).map(|score| score as f32).collect()
}

fn labels(value: &Value) -> Vec<bool> {
    numbers(value).map(|label| label == 1.0).collect()
}

fn optional(name: &str, what: &str, found: Option<f64>, expected: &Value) {
    match found {
        Some(found) => close(name, what, found, expected, 1e-12),
        None => assert!(expected.is_null(), "{name}: there is no {what}, expected {expected}"),
    }
}

fn close(name: &str, what: &str, found: f64, expected: &Value, tolerance: f64) {
    let expected = expected.as_f64().unwrap_or_else(|| panic!("{name}: {what} is {found}, expected none"));
    let error = (found - expected).abs();
    assert!(error <= tolerance * (1.0 + expected.abs()), "{name}: {what} is {found}, expected {expected}");
}
