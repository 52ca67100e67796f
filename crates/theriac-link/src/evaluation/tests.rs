//! Judgements against plain definitions, and rounds that may be done anywhere.

use theriac_graph::Graph;

use super::*;
use crate::candidates::{CandidateRule, Candidates};
use crate::conformance::{example_graph, example_task};
use crate::metrics::BinaryMetrics;
use crate::protocols::{Plan, Protocol, Round};
use crate::split::{Part, Split};
use crate::{Budget, FitRecord, Fits, FittedScorer, LinkError, Pair, Scorer, Silent, TrainView};

/// Knows every edge, or scores what it is told to.
struct Oracle {
    graph: Graph,
    record: FitRecord,
    score: fn(known: bool, pair: Pair) -> f32,
}

impl FittedScorer for Oracle {
    fn record(&self) -> &FitRecord {
        &self.record
    }

    fn score(&self, pairs: &[Pair]) -> Vec<f32> {
        let edges = &self.graph.resolve_relation("drug:treats:disease").unwrap().forward;
        pairs.iter().map(|&pair| (self.score)(edges.contains(pair.source, pair.target), pair)).collect()
    }
}

fn example(score: fn(bool, Pair) -> f32) -> (Graph, Round, Oracle) {
    let graph = example_graph();
    let split = Split::random(&graph, &example_task(&graph).unwrap(), 0.2, 0.2, 1).unwrap();
    let record = FitRecord::new("oracle", &TrainView::new(&graph, &split).unwrap());
    let oracle = Oracle { graph: graph.clone(), record, score };
    (graph, Round::of_split(split), oracle)
}

fn judged(graph: &Graph, round: &Round, part: Part, scorer: &dyn FittedScorer) -> Judgement {
    Judge::new(graph, round, part, &EvaluationOptions::default()).unwrap().judge(scorer).unwrap()
}

fn muddled(_: bool, pair: Pair) -> f32 {
    (pair.source * 7 % 5 + pair.target * 3 % 7) as f32
}

#[test]
fn what_has_learned_the_validation_part_sets_no_threshold_on_it() {
    let (graph, round, oracle) = example(|known, pair| if known { 1.0 } else { pair.source as f32 / 100.0 });
    let learned = Oracle {
        record: FitRecord { learned_validation: true, ..oracle.record.clone() },
        graph: graph.clone(),
        ..oracle
    };
    let judge = Judge::new(&graph, &round, Part::Test, &EvaluationOptions::default()).unwrap();
    let (alone, once) = (judge.judge(&learned).unwrap(), judge.judge(&oracle).unwrap());
    let both = judge.judge_fits(Fits { last: &learned, chosen: Some(&oracle) }).unwrap();
    let has = |judged: &Judgement, key: &str| judged.figures.at(key).is_some();
    for key in ["threshold.f1", "calibration.brier"] {
        assert!(!has(&alone, key) && has(&both, key) && has(&once, key), "{key}");
    }
    assert!(has(&alone, "all_pairs.ap") && alone.reliability.is_empty());
    assert!(
        judge.calibrate(&learned, 0).unwrap().is_none() && judge.calibrate(&oracle, 0).unwrap().is_some()
    );
}

#[test]
fn who_knows_all_gets_everything_right() {
    let (graph, round, oracle) = example(|known, _| f32::from(u8::from(known)));
    for part in [Part::Valid, Part::Test] {
        let found = judged(&graph, &round, part, &oracle).figures;
        let positives = round.split.part(part).len() as f64;
        let edges = graph.relation(round.split.task.target()).unwrap();
        let unknown = f64::from(edges.forward.rows() * edges.forward.columns()) - edges.len() as f64;
        for key in [
            "sampled.auroc",
            "sampled.ap",
            "degree_matched.auroc",
            "all_pairs.auroc",
            "all_pairs.ap",
            "all_pairs.bedroc",
            "ranking.mrr",
            "ranking.adjusted_mean_rank_index",
            "target_ranking.mrr",
            "target_ranking.macro_hits@10",
            "per_target.ap",
            "threshold.f1",
            "threshold.mcc",
        ] {
            assert!((found.at(key).unwrap() - 1.0).abs() < 1e-12, "{key}: {:?}", found.at(key));
        }
        let prevalence = positives / (positives + unknown);
        assert!((found.at("all_pairs.prevalence").unwrap() - prevalence).abs() < 1e-12);
        assert!((found.at("sampled.prevalence").unwrap() - 1.0 / 3.0).abs() < 1e-12);
    }
}

/// An end of a pair.
type End = fn(&Pair) -> u32;

#[test]
fn degree_bins_of_either_end_hold_every_positive_once() {
    let (graph, round, oracle) = example(muddled);
    let found = judged(&graph, &round, Part::Test, &oracle);
    let (train, test) = (&round.split.train, &round.split.test);
    let ends: [(_, End); 2] =
        [(&found.degree_bins, |pair| pair.target), (&found.source_degree_bins, |pair| pair.source)];
    for (bins, end) in ends {
        let degree = |pair: &Pair| train.iter().filter(|edge| end(edge) == end(pair)).count() as u32;
        for bin in bins {
            let expected = test.iter().filter(|pair| (bin.from..=bin.to).contains(&degree(pair))).count();
            assert_eq!(bin.positives, expected as u64, "{bin:?}");
        }
        assert_eq!(bins.iter().map(|bin| bin.positives).sum::<u64>(), test.len() as u64);
        let mrr = bins.iter().map(|bin| bin.positives as f64 * bin.mrr).sum::<f64>() / test.len() as f64;
        assert!((mrr - found.figures.at("ranking.mrr").unwrap()).abs() < 1e-12);
    }
}

#[test]
fn figures_agree_with_the_matrix_of_all_scores() {
    let (graph, mut round, oracle) = example(muddled);
    let relation = graph.relation(round.split.task.target()).unwrap();
    for negatives in [CandidateRule::Unknown, CandidateRule::Fold { seed: 1, fold: 0, folds: 3 }] {
        round.negatives = negatives;
        let found = judged(&graph, &round, Part::Test, &oracle).figures;
        let candidates = Candidates::new(relation, &[], &round.negatives);
        let everything =
            (0..oracle.sources()).flat_map(|s| (0..oracle.targets()).map(move |t| Pair::new(s, t)));
        let test = &round.split.test;
        let pairs: Vec<Pair> =
            everything.clone().filter(|pair| test.contains(pair) || candidates.contains(*pair)).collect();
        let labels: Vec<bool> = pairs.iter().map(|pair| test.contains(pair)).collect();
        let expected = BinaryMetrics::new(&oracle.score(&pairs), &labels).unwrap();
        assert_eq!(found.at("all_pairs.auroc"), expected.auroc);
        assert_eq!(found.at("all_pairs.ap"), expected.average_precision);
        assert_eq!(found.at("all_pairs.prevalence"), expected.prevalence());

        // Ranks are always among all unknown pairs here.
        let all = Candidates::new(relation, &[], &CandidateRule::Unknown);
        let rank = |pair: &Pair, with: fn(&Pair, &Pair) -> bool| {
            let own = oracle.score(&[*pair])[0];
            let others: Vec<Pair> =
                everything.clone().filter(|other| with(pair, other) && all.contains(*other)).collect();
            let scores = oracle.score(&others);
            let better = scores.iter().filter(|&&score| score > own).count() as f64;
            1.0 + better + scores.iter().filter(|&&score| score == own).count() as f64 / 2.0
        };
        for (section, with) in [
            ("ranking", (|a, b| a.target == b.target) as fn(&Pair, &Pair) -> bool),
            ("target_ranking", |a, b| a.source == b.source),
        ] {
            let ranks: Vec<f64> = test.iter().map(|pair| rank(pair, with)).collect();
            if section == "ranking" {
                let mut expected: Vec<(Pair, f64)> =
                    test.iter().copied().zip(ranks.iter().copied()).collect();
                expected.sort_by_key(|(pair, _)| pair.reversed());
                let judge = Judge::new(&graph, &round, Part::Test, &EvaluationOptions::default()).unwrap();
                assert_eq!(judge.filtered_ranks(&oracle).unwrap(), expected);
            }
            let mean = |of: fn(f64) -> f64| ranks.iter().map(|&r| of(r)).sum::<f64>() / ranks.len() as f64;
            assert!((found.get(section, "mrr").unwrap() - mean(|rank| 1.0 / rank)).abs() < 1e-12);
            assert!((found.get(section, "mean_rank").unwrap() - mean(|rank| rank)).abs() < 1e-9);
            let hits = mean(|rank| f64::from(u8::from(rank <= 10.0)));
            assert!((found.get(section, "hits@10").unwrap() - hits).abs() < 1e-12);
        }
    }
}

#[test]
fn threads_change_nothing() {
    let (graph, round, oracle) = example(muddled);
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| judged(&graph, &round, Part::Test, &oracle))
    };
    assert_eq!(with(1), with(3));
}

#[test]
fn what_cannot_be_judged_is_refused() {
    let (graph, round, oracle) = example(|_, _| 0.0);
    let refused = |round: &Round, options: EvaluationOptions| {
        Judge::new(&graph, round, Part::Test, &options).and_then(|judge| judge.judge(&oracle)).unwrap_err()
    };
    let options = EvaluationOptions::default();
    let task = &round.split.task;
    let other = Round::of_split(Split::random(&graph, task, 0.2, 0.2, 2).unwrap());
    let message = refused(&other, options).to_string();
    assert!(message.starts_with("scorer 'oracle' was fitted on split"), "{message}");
    let without_test = Round::of_split(Split::random(&graph, task, 0.2, 0.0, 2).unwrap());
    assert!(matches!(refused(&without_test, options), LinkError::EmptyPart { part: "test", .. }));
    let too_many = EvaluationOptions { negative_ratio: 100.0, ..options };
    assert!(matches!(refused(&round, too_many), LinkError::TooFewUnknown { .. }));
    let nan = Oracle { score: |known, _| if known { f32::NAN } else { 0.0 }, ..oracle };
    let judge = Judge::new(&graph, &round, Part::Test, &options).unwrap();
    let message = judge.judge(&nan).unwrap_err().to_string();
    assert!(message.starts_with("scorer 'oracle' cannot be evaluated: the score of pair ("), "{message}");
    assert!(message.ends_with(") is NaN; expected a number"), "{message}");
    let fewer = Oracle { record: FitRecord { targets: 17, ..nan.record.clone() }, ..nan };
    let message = judge.filtered_ranks(&fewer).unwrap_err().to_string();
    assert!(message.contains("24 by 17 nodes, but drug:treats:disease joins 24 by 18"), "{message}");
}

#[test]
fn without_validation_pairs_there_is_neither_threshold_nor_probability() {
    let (graph, round, oracle) = example(muddled);
    let round = Round::of_split(Split::random(&graph, &round.split.task, 0.0, 0.2, 1).unwrap());
    let record = FitRecord::new("oracle", &TrainView::new(&graph, &round.split).unwrap());
    let found = judged(&graph, &round, Part::Test, &Oracle { record, ..oracle });
    assert_eq!((found.figures.at("threshold.f1"), found.figures.at("calibration.brier")), (None, None));
    assert!(found.reliability.is_empty());
}

/// Scores a pair by the training edges of its source, and by a hash of the seed.
struct Seeded;

impl Scorer for Seeded {
    fn name(&self) -> &'static str {
        "seeded"
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn fit(&self, view: &TrainView, budget: &Budget<'_>) -> Result<Box<dyn FittedScorer>, LinkError> {
        let edges = &view.target().forward;
        let scores = (0..edges.rows())
            .map(|source| edges.degree(source) as f32 + (budget.seed * 31 + u64::from(source)) as f32 % 3.0);
        Ok(Box::new(BySource(FitRecord::new("seeded", view), scores.collect())))
    }
}

struct BySource(FitRecord, Vec<f32>);

impl FittedScorer for BySource {
    fn record(&self) -> &FitRecord {
        &self.0
    }

    fn score(&self, pairs: &[Pair]) -> Vec<f32> {
        pairs.iter().map(|pair| self.1[pair.source as usize]).collect()
    }
}

#[test]
fn rounds_done_apart_come_to_the_same_report() {
    let graph = example_graph();
    let task = example_task(&graph).unwrap();
    let plan = Plan { protocol: Protocol::KFold { folds: 3 }, valid_fraction: 0.1, repeats: 2, seed: 4 };
    let scorers: Vec<Box<dyn Scorer>> = vec![Box::new(Seeded)];
    let options = EvaluationOptions::default();
    let experiment = Experiment {
        graph: &graph,
        task: &task,
        plan: &plan,
        scorers: &scorers,
        fitted: &[],
        options,
        seeds: 2,
        permuted: true,
    };
    let of = |indices: std::ops::Range<u32>| run(&experiment, indices, &Silent, &|| ()).unwrap();
    let whole = of(0..6);
    let mut parts = of(4..6);
    parts.merge(of(0..1));
    parts.merge(of(1..4));
    assert_eq!(parts, whole);
    let report = EvaluationReport::new(&plan, &task, &whole, &options, |_| false);
    let text = serde_json::to_string(&report).unwrap();
    let read: EvaluationReport = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), text);
    let scorer = &report.scorers[0];
    assert_eq!((report.rounds.len(), report.planned_rounds), (6, 6));
    assert!(scorer.figures.at("stability.spearman").unwrap() < 1.0);
    let (figure, interval) =
        (scorer.figures.at("all_pairs.auroc").unwrap(), scorer.intervals["all_pairs.auroc"]);
    assert!(interval.low < figure && figure < interval.high, "{figure} in {interval:?}");
    assert!(scorer.spread.at("all_pairs.auroc").unwrap() > 0.0);
    assert!(scorer.permuted.is_some());
}
