//! The baselines on DTINet's 199,214 drug-disease pairs, against figures computed with numpy and scikit-learn.

use std::io::Write as _;
use std::path::Path;

use theriac_baselines::{DegreeProduct, L3, Random};
use theriac_graph::Graph;
use theriac_link::{
    Budget, EvaluationOptions, EvaluationReport, FittedScorer, Part, Round, Scorer, ScorerReport, Silent,
    Split, Task, TrainView,
};

const DTINET: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/dtinet/data.tar.gz");

fn dtinet() -> Option<Graph> {
    if !Path::new(DTINET).exists() {
        let _ = writeln!(std::io::stderr(), "skipped: {DTINET} is not there");
        return None;
    }
    Some(theriac_formats::read(Path::new(DTINET), None).expect("the shared copy is sound"))
}

fn figures(scorer: &ScorerReport) -> [f64; 5] {
    ["sampled.auroc", "sampled.ap", "all_pairs.ap", "ranking.mrr", "ranking.hits@10"]
        .map(|key| scorer.figures.at(key).expect("a figure of every scorer"))
}

/// Expected are the means that numpy and scikit-learn give over 12 other random 80/10/10 splits, for the random score the
/// expectation. The tolerance is five times the standard deviation from split to split.
#[test]
fn figures_are_those_of_numpy_but_for_the_luck_of_the_split() {
    let Some(graph) = dtinet() else { return };
    let task = Task::new(&graph, "drug:treats:disease".parse().unwrap(), Vec::new()).unwrap();
    let split = Split::random(&graph, &task, 0.1, 0.1, 0).unwrap();
    assert_eq!((split.train.len(), split.valid.len(), split.test.len()), (159_372, 19_921, 19_921));
    let view = TrainView::new(&graph, &split).unwrap();
    let scorers: [&dyn Scorer; 3] = [&Random, &DegreeProduct, &L3];
    let budget = Budget::new(0, &Silent);
    let fitted: Vec<Box<dyn FittedScorer>> =
        scorers.iter().map(|scorer| scorer.fit(&view, &budget).unwrap()).collect();
    let fitted: Vec<&dyn FittedScorer> = fitted.iter().map(AsRef::as_ref).collect();
    let options = EvaluationOptions { resamples: 0, ..EvaluationOptions::default() };
    let round = Round::of_split(split);
    let report = EvaluationReport::of_part(
        &fitted,
        &graph,
        &round,
        Part::Test,
        &options,
        theriac_baselines::is_baseline,
    )
    .unwrap();

    let prevalence = 19_921.0 / 3_787_631.0;
    let by_split = [0.0055, 0.009, 0.0215, 0.018, 0.02];
    let expected = [
        ("random", [0.5, 1.0 / 3.0, prevalence, 0.01395, 0.0208], [0.013, 0.012, 0.0003, 0.0015, 0.005]),
        ("degree product", [0.9571, 0.9283, 0.3804, 0.2842, 0.4417], by_split),
        ("L3 paths", [0.9688, 0.9456, 0.4476, 0.3336, 0.5032], by_split),
    ];
    for (found, (scorer, expected, tolerance)) in report.scorers.iter().zip(expected) {
        assert_eq!(found.scorer, scorer);
        assert!((found.figures.at("sampled.prevalence").unwrap() - 1.0 / 3.0).abs() < 1e-12);
        assert!((found.figures.at("all_pairs.prevalence").unwrap() - prevalence).abs() < 1e-12);
        assert_eq!(found.figures.at("ranking.pairs"), Some(19_921.0));
        for ((figure, expected), tolerance) in figures(found).into_iter().zip(expected).zip(tolerance) {
            assert!((figure - expected).abs() < tolerance, "{scorer}: {figure}, expected {expected}");
        }
    }
}
