//! The protocols: which pairs a fitted scorer is judged on.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use theriac_graph::{Graph, Relation};

use crate::error::LinkError;
use crate::metrics::{BinaryMetrics, Confusion, NegativeTally, PositiveScores};
use crate::negatives::{self, LabelledPairs};
use crate::pair::Pair;
use crate::ranking::{
    RankedPair, Ranking, check_nodes, filtered_ranks, known_pairs, push_unknown, score_block, target_blocks,
};
use crate::scorer::FittedScorer;
use crate::split::{Part, Split};
use crate::stream::stream;

/// How to evaluate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvaluationOptions {
    /// Random unknown pairs to a positive in the sampled protocol.
    pub negative_ratio: f64,
    /// Seed of the sampled negatives. The same seed gives every scorer the same pairs.
    pub seed: u64,
    /// The part of the split whose edges are the positives.
    pub part: Part,
}

impl Default for EvaluationOptions {
    /// Two negatives to a positive, seed 0, the test part.
    fn default() -> Self {
        Self { negative_ratio: 2.0, seed: 0, part: Part::Test }
    }
}

/// A scorer's figures under the protocols.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Name of the scorer.
    pub scorer: String,
    /// On the positives and a stated number of random unknown pairs to each.
    pub sampled: BinaryFigures,
    /// On the positives and every unknown pair. Edges of the other parts are neither positives nor negatives here.
    pub all_pairs: BinaryFigures,
    /// Filtered ranking of the source of each positive among all sources for its target.
    pub ranking: Ranking,
    /// On the sampled pairs, at the threshold that is best on the validation part; `None` where the split has no
    /// validation pair.
    pub threshold: Option<ThresholdFigures>,
}

/// How well scores tell positives from negatives.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BinaryFigures {
    /// Area under the ROC curve.
    pub auroc: f64,
    /// Average precision.
    pub ap: f64,
    /// Share of positives: the average precision of scores that know nothing.
    pub prevalence: f64,
}

/// How good the calls at a threshold are.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ThresholdFigures {
    /// Pairs scored at or above it are called positive: it gives the best F1 on the sampled validation pairs.
    pub threshold: f32,
    /// Share of positives among the pairs called positive.
    pub precision: f64,
    /// Share of positives that are called positive.
    pub recall: f64,
    /// Harmonic mean of the two.
    pub f1: f64,
}

/// The figures of several scorers on the same pairs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvaluationReport {
    /// What was done, in words.
    pub protocol: String,
    /// Seed of the sampled negatives.
    pub seed: u64,
    /// Hash of the split.
    pub split_hash: String,
    /// The figures, in the order of the scorers.
    pub scorers: Vec<Evaluation>,
}

/// Evaluates a scorer on a part of a split of `graph`, the whole graph that the split was made of.
///
/// Positives are the part's edges; negatives are pairs that no part knows. Both samples of negatives, for validation and
/// for test, are drawn in one go without replacement, so that they share no pair. The all-pairs protocol and the ranking
/// score blocks of targets in parallel and keep nothing of the negatives but counts: memory is linear in positives. The
/// result does not depend on the number of threads.
///
/// # Errors
///
/// When the scorer was fitted on another split or on other nodes, or gives NaN; when the split does not belong to the
/// graph, or its part has no pair; when there are too few unknown pairs.
pub fn evaluate(
    scorer: &dyn FittedScorer,
    graph: &Graph,
    split: &Split,
    options: &EvaluationOptions,
) -> Result<Evaluation, LinkError> {
    let relation = graph.relation(split.task.target())?;
    Evaluator::new(graph, relation, split, options)?.evaluate(scorer)
}

/// Evaluates several scorers on the same pairs; see [`evaluate`].
///
/// # Errors
///
/// Those of [`evaluate`], of whichever scorer has them first.
pub fn evaluate_all(
    scorers: &[&dyn FittedScorer],
    graph: &Graph,
    split: &Split,
    options: &EvaluationOptions,
) -> Result<EvaluationReport, LinkError> {
    let relation = graph.relation(split.task.target())?;
    let evaluator = Evaluator::new(graph, relation, split, options)?;
    Ok(EvaluationReport {
        protocol: format!(
            "{} part ({}); sampled: {} unknown pairs to a positive (P1); all pairs: every pair that is no edge of \
             another part; ranking: filtered, per target, ties at their mean rank (P4)",
            options.part.name(),
            split.description,
            options.negative_ratio
        ),
        seed: options.seed,
        split_hash: evaluator.split_hash.clone(),
        scorers: scorers.iter().map(|scorer| evaluator.evaluate(*scorer)).collect::<Result<_, _>>()?,
    })
}

/// Whether a split can be evaluated at all: what a long fit asks before it begins.
///
/// # Errors
///
/// When the split does not belong to the graph, or its part has no pair; when there are too few unknown pairs.
pub fn check_evaluation(graph: &Graph, split: &Split, options: &EvaluationOptions) -> Result<(), LinkError> {
    let relation = graph.relation(split.task.target())?;
    Evaluator::new(graph, relation, split, options).map(drop)
}

/// The pairs that every scorer is judged on.
struct Evaluator<'a> {
    relation: &'a Relation,
    /// What counts as known, and so as no negative.
    known: Cow<'a, Relation>,
    positives: &'a [Pair],
    sampled: LabelledPairs,
    validation: LabelledPairs,
    split_hash: String,
}

impl<'a> Evaluator<'a> {
    fn new(
        graph: &Graph,
        relation: &'a Relation,
        split: &'a Split,
        options: &EvaluationOptions,
    ) -> Result<Self, LinkError> {
        split.check(graph)?;
        let positives = split.part(options.part);
        if positives.is_empty() {
            let target = split.task.target().clone();
            return Err(LinkError::EmptyPart { part: options.part.name(), target });
        }
        let for_validation = negatives::count(options.negative_ratio, split.valid.len())?;
        let for_test = negatives::count(options.negative_ratio, split.test.len())?;
        let known = known_pairs(relation);
        let mut draws = stream(options.seed, "unknown pairs", &[]);
        let negatives = negatives::unknown(&known.forward, for_validation + for_test, &mut draws)?;
        let (for_validation, for_test) = negatives.split_at(for_validation);
        let validation = LabelledPairs::new(&split.valid, for_validation);
        let sampled = match options.part {
            Part::Valid => validation.clone(),
            Part::Test => LabelledPairs::new(&split.test, for_test),
        };
        Ok(Self { relation, known, positives, sampled, validation, split_hash: split.hash() })
    }

    fn evaluate(&self, scorer: &dyn FittedScorer) -> Result<Evaluation, LinkError> {
        if scorer.split_hash() != self.split_hash {
            return Err(LinkError::SplitMismatch {
                scorer: scorer.name().into(),
                found: scorer.split_hash().into(),
                expected: self.split_hash.clone(),
            });
        }
        check_nodes(scorer, self.relation)?;
        let ranked = filtered_ranks(scorer, self.relation, self.positives)?;
        let ranks: Vec<f64> = ranked.iter().map(|pair| pair.rank).collect();
        let scores = score_sample(scorer, &self.sampled)?;
        Ok(Evaluation {
            scorer: scorer.name().into(),
            sampled: figures("the sampled protocol", BinaryMetrics::new(&scores, &self.sampled.labels)?)?,
            all_pairs: figures("the all-pairs protocol", self.all_pairs(scorer, &ranked)?)?,
            ranking: Ranking::from_ranks(&ranks).expect("checked: the part has a pair"),
            threshold: self.at_best_threshold(scorer, &scores)?,
        })
    }

    /// The positives, scored already, against every unknown pair.
    fn all_pairs(
        &self,
        scorer: &dyn FittedScorer,
        positives: &[RankedPair],
    ) -> Result<BinaryMetrics, LinkError> {
        let sources = scorer.sources();
        let mut scores: Vec<f32> = positives.iter().map(|pair| pair.score).collect();
        scores.sort_unstable_by(f32::total_cmp);
        let positives = PositiveScores::from_sorted(&scores);
        let tally = target_blocks(sources, scorer.targets())
            .into_par_iter()
            .try_fold(
                || (positives.empty_tally(), Vec::new(), Vec::new()),
                |(mut tally, mut scores, mut unknown), block| {
                    score_block(scorer, block.clone(), &mut scores)?;
                    unknown.clear();
                    for (target, scores) in block.zip(scores.chunks_exact(sources as usize)) {
                        push_unknown(scores, self.known.backward.neighbors(target), &mut unknown);
                    }
                    unknown.sort_unstable_by(f32::total_cmp);
                    positives.add_sorted(&mut tally, &unknown);
                    Ok::<_, LinkError>((tally, scores, unknown))
                },
            )
            .map(|folded| folded.map(|(tally, ..)| tally))
            .try_reduce(|| positives.empty_tally(), |one, other| Ok(NegativeTally::merge(one, &other)))?;
        Ok(positives.metrics(&tally))
    }

    fn at_best_threshold(
        &self,
        scorer: &dyn FittedScorer,
        sampled: &[f32],
    ) -> Result<Option<ThresholdFigures>, LinkError> {
        let validation = score_sample(scorer, &self.validation)?;
        let best = BinaryMetrics::new(&validation, &self.validation.labels)?.best_f1_threshold;
        let at = |threshold: f32| -> Result<ThresholdFigures, LinkError> {
            let confusion = Confusion::at(sampled, &self.sampled.labels, threshold)?;
            let (precision, recall, f1) = (confusion.precision(), confusion.recall(), confusion.f1());
            Ok(ThresholdFigures { threshold, precision, recall, f1 })
        };
        best.map(at).transpose()
    }
}

fn score_sample(scorer: &dyn FittedScorer, sample: &LabelledPairs) -> Result<Vec<f32>, LinkError> {
    let scores = scorer.score(&sample.pairs);
    let refuse = |problem: String| LinkError::Scorer { scorer: scorer.name().into(), problem };
    if scores.len() != sample.len() {
        return Err(refuse(format!("it gives {} scores for {} pairs", scores.len(), sample.len())));
    }
    match scores.iter().position(|score| score.is_nan()) {
        Some(at) => Err(refuse(format!("the score of pair {} is NaN; expected a number", sample.pairs[at]))),
        None => Ok(scores),
    }
}

fn figures(sample: &'static str, metrics: BinaryMetrics) -> Result<BinaryFigures, LinkError> {
    let (positives, negatives) = (metrics.positives, metrics.negatives);
    match (metrics.auroc, metrics.average_precision, metrics.prevalence()) {
        (Some(auroc), Some(ap), Some(prevalence)) => Ok(BinaryFigures { auroc, ap, prevalence }),
        _ => Err(LinkError::OneClass { sample, positives, negatives }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::{example_graph, example_task};
    use crate::scorer::FitRecord;
    use crate::view::TrainView;

    /// Knows every edge, or scores what it is told to.
    struct Oracle {
        graph: Graph,
        record: FitRecord,
        score: fn(known: bool, pair: Pair) -> f32,
    }

    impl Oracle {
        fn relation(&self) -> &Relation {
            self.graph.resolve_relation("drug:treats:disease").unwrap()
        }
    }

    impl FittedScorer for Oracle {
        fn record(&self) -> &FitRecord {
            &self.record
        }

        fn score(&self, pairs: &[Pair]) -> Vec<f32> {
            let edges = &self.relation().forward;
            pairs.iter().map(|&pair| (self.score)(edges.contains(pair.source, pair.target), pair)).collect()
        }
    }

    fn example(score: fn(bool, Pair) -> f32) -> (Graph, Split, Oracle) {
        let graph = example_graph();
        let split = Split::random(&graph, &example_task(&graph).unwrap(), 0.2, 0.2, 1).unwrap();
        let record = FitRecord::new("oracle", &TrainView::new(&graph, &split).unwrap());
        let oracle = Oracle { graph: graph.clone(), record, score };
        (graph, split, oracle)
    }

    #[test]
    fn who_knows_all_gets_everything_right() {
        let (graph, split, oracle) = example(|known, _| f32::from(u8::from(known)));
        for part in [Part::Valid, Part::Test] {
            let options = EvaluationOptions { part, ..EvaluationOptions::default() };
            let found = evaluate(&oracle, &graph, &split, &options).unwrap();
            let positives = split.part(part).len() as f64;
            let edges = graph.relation(split.task.target()).unwrap();
            let unknown = f64::from(edges.forward.rows() * edges.forward.columns()) - edges.len() as f64;
            assert_eq!(found.sampled, BinaryFigures { auroc: 1.0, ap: 1.0, prevalence: 1.0 / 3.0 });
            let prevalence = positives / (positives + unknown);
            assert_eq!(found.all_pairs, BinaryFigures { auroc: 1.0, ap: 1.0, prevalence });
            assert_eq!((found.ranking.mrr, found.ranking.mean_rank), (1.0, 1.0));
            let right = ThresholdFigures { threshold: 1.0, precision: 1.0, recall: 1.0, f1: 1.0 };
            assert_eq!(found.threshold, Some(right));
        }
    }

    #[test]
    fn all_pairs_agrees_with_the_matrix_of_all_scores() {
        let (graph, split, oracle) = example(|_, pair| (pair.source * 7 % 5 + pair.target * 3 % 7) as f32);
        let found = evaluate(&oracle, &graph, &split, &EvaluationOptions::default()).unwrap();
        let everything: Vec<Pair> =
            (0..oracle.sources()).flat_map(|s| (0..oracle.targets()).map(move |t| Pair::new(s, t))).collect();
        let candidate = |pair: &&Pair| !split.train.contains(pair) && !split.valid.contains(pair);
        let pairs: Vec<Pair> = everything.iter().filter(candidate).copied().collect();
        let labels: Vec<bool> = pairs.iter().map(|pair| split.test.contains(pair)).collect();
        let expected = BinaryMetrics::new(&oracle.score(&pairs), &labels).unwrap();
        assert_eq!(Some(found.all_pairs.auroc), expected.auroc);
        assert_eq!(Some(found.all_pairs.ap), expected.average_precision);
        assert_eq!(Some(found.all_pairs.prevalence), expected.prevalence());
    }

    #[test]
    fn every_scorer_meets_the_same_pairs() {
        let (graph, split, oracle) = example(|_, pair| pair.source as f32);
        let options = EvaluationOptions { seed: 5, ..EvaluationOptions::default() };
        let report = evaluate_all(&[&oracle, &oracle], &graph, &split, &options).unwrap();
        assert_eq!(report.scorers[0], report.scorers[1]);
        assert_eq!(report.scorers[0], evaluate(&oracle, &graph, &split, &options).unwrap());
        assert_eq!((report.seed, &report.split_hash), (5, &split.hash()));
        let json = serde_json::to_value(&report).unwrap();
        for figure in ["mrr", "hits@1", "hits@10", "hits@50", "mean_rank", "pairs"] {
            assert!(json["scorers"][0]["ranking"][figure].is_number(), "{figure} is missing");
        }
        for figure in ["auroc", "ap", "prevalence"] {
            assert!(json["scorers"][0]["sampled"][figure].is_number(), "{figure} is missing");
            assert!(json["scorers"][0]["all_pairs"][figure].is_number(), "{figure} is missing");
        }
        assert_eq!(serde_json::from_value::<EvaluationReport>(json).unwrap(), report);
    }

    #[test]
    fn the_samples_are_unknown_and_share_no_pair() {
        let (graph, split, _) = example(|_, _| 0.0);
        let relation = graph.relation(split.task.target()).unwrap();
        let evaluator = Evaluator::new(&graph, relation, &split, &EvaluationOptions::default()).unwrap();
        let negatives = |sample: &LabelledPairs, positives: usize| sample.pairs[positives..].to_vec();
        let test = negatives(&evaluator.sampled, split.test.len());
        let validation = negatives(&evaluator.validation, split.valid.len());
        assert_eq!((test.len(), validation.len()), (2 * split.test.len(), 2 * split.valid.len()));
        assert!(test.iter().all(|pair| !validation.contains(pair)));
        assert!(test.iter().chain(&validation).all(|p| !relation.forward.contains(p.source, p.target)));
    }

    #[test]
    fn what_cannot_be_evaluated_is_refused() {
        let (graph, split, oracle) = example(|_, _| 0.0);
        let other = Split::random(&graph, &split.task, 0.2, 0.2, 2).unwrap();
        let refused = |split: &Split, options: EvaluationOptions| {
            evaluate(&oracle, &graph, split, &options).unwrap_err()
        };
        let options = EvaluationOptions::default();
        let message = refused(&other, options).to_string();
        assert_eq!(
            message,
            format!(
                "scorer 'oracle' was fitted on split {}, but split {} is evaluated; expected the same",
                split.hash(),
                other.hash()
            )
        );
        let without_test = Split::random(&graph, &split.task, 0.2, 0.0, 2).unwrap();
        assert!(matches!(refused(&without_test, options), LinkError::EmptyPart { part: "test", .. }));
        let too_many = EvaluationOptions { negative_ratio: 100.0, ..options };
        assert!(matches!(refused(&split, too_many), LinkError::TooFewUnknown { .. }));
        let none = EvaluationOptions { negative_ratio: 0.001, ..options };
        assert!(matches!(refused(&split, none), LinkError::OneClass { negatives: 0, .. }));
        let nan = Oracle { score: |known, _| if known { f32::NAN } else { 0.0 }, ..oracle };
        assert!(matches!(evaluate(&nan, &graph, &split, &options), Err(LinkError::Scorer { .. })));
    }

    #[test]
    fn without_validation_pairs_there_is_no_threshold() {
        let (graph, split, oracle) = example(|_, pair| pair.target as f32);
        let split = Split::random(&graph, &split.task, 0.0, 0.2, 1).unwrap();
        let record = FitRecord::new("oracle", &TrainView::new(&graph, &split).unwrap());
        let oracle = Oracle { record, ..oracle };
        assert_eq!(evaluate(&oracle, &graph, &split, &EvaluationOptions::default()).unwrap().threshold, None);
    }
}
