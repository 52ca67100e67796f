//! Degree-weighted path counts in a logistic regression.

use std::cell::OnceCell;
use std::sync::Arc;

use rand::seq::SliceRandom;
use rayon::prelude::*;
use theriac_graph::{Csr, EditedGraph, NamedTensor, NamedTensors, Relation};
use theriac_link::{
    Budget, CandidateRule, Candidates, FitRecord, FittedScorer, LinkError, Pair, Rescorer, Scorer, TrainView,
    stream,
};

use crate::logistic::Logistic;
use crate::metapath::{Evidence, PathCounts, PathsBetween, asinh, blocks};
use crate::score_matrix::{ScoreMatrix, transposed};
use crate::selection::Selection;

const NAME: &str = "Rephetio";

/// Damping exponent of degrees in path counts.
const DAMPING: f32 = 0.4;
/// L2 penalties that are tried; the first is the default.
const PENALTIES: [f64; 4] = [1e-2, 1e-5, 1e-3, 1e-1];
/// Train edges that are learned from, at most, and unknown pairs to each.
const POSITIVES: usize = 20_000;
const NEGATIVES: usize = 10;
/// Features beside the path counts: the logarithms of both degrees, and their product.
const DEGREES: usize = 3;

/// Scores a pair by logistic regression on degree-weighted path counts and degrees (Himmelstein et al. 2017, eLife
/// 6:e26726, "Project Rephetio").
///
/// Features are the degree-weighted counts of all metapaths of 1 to 3 steps (damping 0.4) but those of one step along the
/// target or a sibling, each as `asinh(count / mean count)`; and, for the prior, the logarithms of one plus the degree of
/// either end in the target relation, and their product. The edge of a pair is no evidence for the pair: it is taken out of
/// its own counts and degrees, in the target and in its siblings. Train edges (20,000 at most) are learned against ten
/// times as many random pairs that are no train edge.
///
/// What differs from the paper: metapaths have 3 steps at most, not 4; the penalty is L2 alone, chosen on validation, not
/// elastic net; the prior is made of degrees, not of permuted networks, and counts are not held against those of permuted
/// networks either; given features take part as relations between each node and the ten most like it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rephetio;

impl Scorer for Rephetio {
    fn name(&self) -> &str {
        NAME
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn fit(&self, view: &TrainView, budget: &Budget<'_>) -> Result<Box<dyn FittedScorer>, LinkError> {
        ScoreMatrix::check(NAME, view)?;
        let evidence = Evidence::new(view);
        let relations = evidence.relations();
        let mut features = Features::new(view, &evidence, &relations);
        let (pairs, labels) = training_pairs(view, budget.seed)?;
        let raw = features.of(&pairs);
        features.learn_means(&raw, &labels);
        let train = features.transformed(raw);
        let validation = OnceCell::new();
        let (model, trials) = Selection::new(view, budget)?.choose(
            PENALTIES.iter().map(|penalty| (format!("L2 penalty {penalty}"), *penalty)),
            |penalty| {
                let stop = || budget.observer.stop_requested();
                Ok(Logistic::fit(&train, features.width(), &labels, penalty, stop))
            },
            |model, pairs| {
                // The selection asks for the same pairs each time.
                let rows = validation.get_or_init(|| features.transformed(features.of(pairs)));
                rows.chunks_exact(features.width()).map(|row| model.logit(row) as f32).collect()
            },
        )?;
        let record = FitRecord::new(NAME, view).with_trials(trials);
        let coefficients = model.coefficients.iter().map(|&value| value as f32).collect();
        let means = features.means.clone();
        let rescorer = Arc::new(Anew::new(view, &evidence, means, model.intercept as f32, coefficients));
        Ok(Box::new(ScoreMatrix::new(features.score_all(&model), record).with_rescorer(rescorer)))
    }
}

/// Train edges, then random pairs that are none, with their labels.
fn training_pairs(view: &TrainView, seed: u64) -> Result<(Vec<Pair>, Vec<bool>), LinkError> {
    let mut positives = view.train_pairs().to_vec();
    positives.sort_unstable();
    positives.shuffle(&mut stream(seed, "Rephetio's positives", &[]));
    positives.truncate(POSITIVES);
    let candidates = Candidates::new(view.target(), &[], &CandidateRule::Unknown);
    let count = (NEGATIVES * positives.len()).min(candidates.count());
    let negatives = candidates.sample(count, &mut stream(seed, "Rephetio's negatives", &[]))?;
    let labels = (0..positives.len() + count).map(|place| place < positives.len()).collect();
    Ok(([positives, negatives].concat(), labels))
}

/// The regression on other graphs: coefficients and mean counts stay as they were learned.
struct Anew {
    /// Place of the target relation.
    target: usize,
    /// `None` where no metapath joins the two types.
    paths: Option<PathsBetween>,
    /// Mean count of each metapath over random pairs.
    means: Vec<f32>,
    intercept: f32,
    /// Of metapaths, then of degrees.
    coefficients: Vec<f32>,
}

impl Anew {
    fn new(
        view: &TrainView,
        evidence: &Evidence<'_>,
        means: Vec<f32>,
        intercept: f32,
        coefficients: Vec<f32>,
    ) -> Self {
        let paths = evidence.between(&evidence.metapaths(), DAMPING);
        Self { target: view.target_place(), paths, means, intercept, coefficients }
    }
}

impl Rescorer for Anew {
    fn rescore(&self, graph: &EditedGraph<'_>, pair: Pair) -> f32 {
        let (of_source, of_target) =
            (graph.row(self.target, false, pair.source), graph.row(self.target, true, pair.target));
        let own = u32::from(of_source.contains(pair.target));
        let (of_paths, of_degrees) = self.coefficients.split_at(self.means.len());
        let degrees = degree_features(of_source.degree() - own, of_target.degree() - own);
        let mut logit = self.intercept;
        logit += degrees.iter().zip(of_degrees).map(|(x, c)| x * c).sum::<f32>();
        if let Some(paths) = &self.paths {
            let mut scratch = paths.scratch();
            for (place, (mean, coefficient)) in self.means.iter().zip(of_paths).enumerate() {
                let count = paths.count(graph, place, pair.source, pair.target, &mut scratch);
                if count > 0.0 {
                    logit += coefficient * asinh(count / mean);
                }
            }
        }
        logit
    }

    fn learned(&self) -> Vec<NamedTensor> {
        vec![
            NamedTensor::row("means", self.means.clone()),
            NamedTensor::row("intercept", vec![self.intercept]),
            NamedTensor::row("coefficients", self.coefficients.clone()),
        ]
    }
}

/// The regression that was learned on this view.
///
/// # Errors
///
/// One sentence when a matrix is missing or has another shape.
pub(crate) fn restore(view: &TrainView, tensors: &mut NamedTensors) -> Result<Arc<dyn Rescorer>, String> {
    let evidence = Evidence::new(view);
    let count = evidence.metapaths().len();
    let means = tensors.take_shaped("means", 1, count)?;
    let [intercept] = tensors.take_row("intercept")?;
    let coefficients = tensors.take_shaped("coefficients", 1, count + DEGREES)?;
    Ok(Arc::new(Anew::new(view, &evidence, means, intercept, coefficients)))
}

/// What the regression sees of the degrees of a source and a target.
fn degree_features(of_source: u32, of_target: u32) -> [f32; DEGREES] {
    let (of_source, of_target) = (((1 + of_source) as f32).ln(), ((1 + of_target) as f32).ln());
    [of_source, of_target, of_source * of_target]
}

/// The features of pairs: path counts, then degrees.
struct Features<'a> {
    /// `None` where no metapath joins the two types.
    counts: Option<PathCounts<'a>>,
    metapaths: usize,
    from_targets: bool,
    edges: &'a Csr,
    reversed: &'a Csr,
    /// Mean count of each metapath over random pairs.
    means: Vec<f32>,
}

impl<'a> Features<'a> {
    fn new(view: &'a TrainView, evidence: &'a Evidence<'a>, relations: &[&'a Relation]) -> Self {
        let metapaths = evidence.metapaths();
        let counts = evidence.counts(relations, &metapaths, DAMPING);
        let (edges, reversed) = (&view.target().forward, &view.target().backward);
        let (metapaths, from_targets) = (metapaths.len(), evidence.starts_at_targets());
        Self { counts, metapaths, from_targets, edges, reversed, means: Vec::new() }
    }

    fn width(&self) -> usize {
        self.metapaths + DEGREES
    }

    /// The features of these pairs, path counts as they are: `[pairs, width]`.
    fn of(&self, pairs: &[Pair]) -> Vec<f32> {
        let counts = self.counts.as_ref().map_or_else(Vec::new, |counts| counts.of(pairs));
        let mut rows = vec![0.0; pairs.len() * self.width()];
        for (place, (row, &pair)) in rows.chunks_exact_mut(self.width()).zip(pairs).enumerate() {
            row[..self.metapaths].copy_from_slice(&counts[place * self.metapaths..][..self.metapaths]);
            row[self.metapaths..].copy_from_slice(&self.degrees(pair));
        }
        rows
    }

    fn degrees(&self, pair: Pair) -> [f32; DEGREES] {
        let own = u32::from(self.edges.contains(pair.source, pair.target));
        degree_features(self.edges.degree(pair.source) - own, self.reversed.degree(pair.target) - own)
    }

    /// Takes the mean of each count over the negatives.
    fn learn_means(&mut self, rows: &[f32], labels: &[bool]) {
        let mut sums = vec![0.0f64; self.metapaths];
        for (row, _) in rows.chunks_exact(self.width()).zip(labels).filter(|(_, label)| !**label) {
            sums.iter_mut().zip(row).for_each(|(sum, &count)| *sum += f64::from(count));
        }
        let negatives = labels.iter().filter(|&&label| !label).count().max(1) as f64;
        self.means =
            sums.into_iter().map(|sum| if sum > 0.0 { (sum / negatives) as f32 } else { 1.0 }).collect();
    }

    /// The features that the regression sees.
    fn transformed(&self, mut rows: Vec<f32>) -> Vec<f32> {
        rows.par_chunks_mut(self.width()).with_min_len(256).for_each(|row| {
            row.iter_mut().zip(&self.means).for_each(|(count, mean)| *count = asinh(*count / mean));
        });
        rows
    }

    /// The logits of all pairs, `[n_targets, n_sources]`.
    fn score_all(&self, model: &Logistic) -> Vec<f32> {
        let (starts, from_targets) = (
            if self.from_targets { self.reversed.rows() } else { self.edges.rows() } as usize,
            self.from_targets,
        );
        let ends = if from_targets { self.edges.rows() } else { self.reversed.rows() } as usize;
        let of_degrees = &model.coefficients[self.metapaths..];
        let mut scores = vec![0.0f32; ends * starts];
        scores.par_chunks_mut(starts).enumerate().for_each(|(end, row)| {
            for (start, score) in row.iter_mut().enumerate() {
                let pair = Pair::new(start as u32, end as u32);
                let degrees = self.degrees(if from_targets { pair.reversed() } else { pair });
                let terms = degrees.iter().zip(of_degrees).map(|(&x, c)| f64::from(x) * c);
                *score = (model.intercept + terms.sum::<f64>()) as f32;
            }
        });
        let visit = |first: usize, width: usize, metapath: usize, block: &[f32]| {
            let (mean, coefficient) = (self.means[metapath], model.coefficients[metapath] as f32);
            let rows = scores.par_chunks_mut(starts).with_min_len(64);
            rows.zip(block.par_chunks(width)).for_each(|(row, counts)| {
                for (score, &count) in row[first..first + width].iter_mut().zip(counts) {
                    if count > 0.0 {
                        *score += coefficient * asinh(count / mean);
                    }
                }
            });
        };
        if let Some(counts) = &self.counts {
            blocks(counts, visit);
        }
        if from_targets { transposed(&scores, starts) } else { scores }
    }
}

#[cfg(test)]
mod tests {
    use theriac_link::conformance::{check_scorer, example_graph, example_task};
    use theriac_link::{Silent, Split};

    use super::*;

    fn view(valid: f64) -> TrainView {
        let graph = example_graph();
        let split = Split::random(&graph, &example_task(&graph).unwrap(), valid, 0.2, 7).unwrap();
        TrainView::new(&graph, &split).unwrap()
    }

    #[test]
    fn conforms() {
        check_scorer(&Rephetio);
    }

    #[test]
    fn scores_are_the_logits_of_the_features() {
        let view = view(0.0);
        let fitted = Rephetio.fit(&view, &Budget::new(3, &Silent)).unwrap();
        let evidence = Evidence::new(&view);
        let relations = evidence.relations();
        let mut features = Features::new(&view, &evidence, &relations);
        let (pairs, labels) = training_pairs(&view, 3).unwrap();
        let raw = features.of(&pairs);
        features.learn_means(&raw, &labels);
        let rows = features.transformed(raw);
        let model = Logistic::fit(&rows, features.width(), &labels, PENALTIES[0], || false);
        for (row, score) in rows.chunks_exact(features.width()).zip(fitted.score(&pairs)) {
            assert!((model.logit(row) as f32 - score).abs() < 1e-4);
        }
    }

    #[test]
    fn an_edge_is_no_evidence_for_itself() {
        let graph = example_graph();
        let task = example_task(&graph).unwrap();
        let raw = |split: &Split, pair: Pair| {
            let view = TrainView::new(&graph, split).unwrap();
            // The nearest by features are the same whatever is held out.
            let evidence = Evidence::new(&view);
            let relations = evidence.relations();
            Features::new(&view, &evidence, &relations).of(&[pair])
        };
        let whole = Split::random(&graph, &task, 0.0, 0.0, 1).unwrap();
        for &edge in whole.train.iter().step_by(11) {
            let without = Split::holding_out(&graph, &task, &[edge], 0.0, 1).unwrap();
            for (found, expected) in raw(&whole, edge).into_iter().zip(raw(&without, edge)) {
                assert!((found - expected).abs() < 1e-5, "edge {edge}: {found}, expected {expected}");
            }
        }
    }

    #[test]
    fn the_number_of_threads_changes_nothing() {
        let view = view(0.1);
        let scores = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let fitted = pool.install(|| Rephetio.fit(&view, &Budget::new(3, &Silent)).unwrap());
            let mut scores = vec![0.0; 24 * 18];
            fitted.score_targets(0..18, &mut scores);
            scores.iter().map(|score| score.to_bits()).collect::<Vec<u32>>()
        };
        assert_eq!(scores(1), scores(3));
    }
}
