//! Figures of explanations as one JSON document.

use serde::Serialize;
use theriac_explain::{Areas, Curves, Mean, Recovery};
use theriac_link::{FittedScorer, Pair};

use super::{Quality, QualityOptions};

/// What `--json` prints. Each figure is a mean over pairs, or over mechanisms.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct QualityDocument {
    /// The model folder.
    pub model: String,
    /// The kind of model.
    pub scorer: String,
    /// What it predicts.
    pub target: String,
    /// The split whose test part the pairs are of.
    pub split_hash: String,
    /// Seed of the pairs, of the orders of edges and of the intervals.
    pub seed: u64,
    /// Edges of each explanation, at most.
    pub edges: usize,
    /// Steps of its paths, at most.
    pub steps: usize,
    /// Pairs of the test part.
    pub test_pairs: usize,
    /// Test pairs that fidelity was to be measured on.
    pub asked: usize,
    /// Test pairs that it was measured on.
    pub explained: usize,
    /// Of these, pairs without an edge whose loss lowers the score.
    pub without_edges: usize,
    /// Of these, pairs whose edges together make no difference to the score, which have no curves.
    pub without_curves: usize,
    /// All pairs that were to be explained, those of mechanisms included.
    pub all_asked: usize,
    /// All pairs that were explained.
    pub all_explained: usize,
    /// Areas under deletion curves: low where the first edges matter.
    pub deletion: CurveFigures,
    /// Areas under insertion curves: high where the first edges matter.
    pub insertion: CurveFigures,
    /// By how much the score falls without the ten edges with the greatest effects.
    pub fid_plus: Option<Figure>,
    /// By how much it falls when only they stay.
    pub fid_minus: Option<Figure>,
    /// Share of edges that are left out.
    pub sparsity: Option<Figure>,
    /// How alike the members of an ensemble order the edges.
    pub agreement: Option<Figure>,
    /// What is found of mechanisms that are known, where some were given.
    pub mechanisms: Option<MechanismFigures>,
}

/// A mean with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// The mean.
    pub mean: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
    /// Number of pairs.
    pub pairs: usize,
}

impl From<Mean> for Figure {
    fn from(Mean { mean, interval, count }: Mean) -> Self {
        Self { mean, low: interval.low, high: interval.high, pairs: count }
    }
}

/// Areas under the curves of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CurveFigures {
    /// The explanation's order.
    pub explanation: Option<Figure>,
    /// The same edges in random order.
    pub random: Option<Figure>,
    /// The explanation's order with edges of about the same degrees exchanged.
    pub matched: Option<Figure>,
    /// The explanation's area less that of the random order, pair by pair.
    pub less_random: Option<Figure>,
    /// The explanation's area less that of the matched order, pair by pair.
    pub less_matched: Option<Figure>,
}

/// What is found of mechanisms.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MechanismFigures {
    /// Mechanisms that were read.
    pub read: usize,
    /// Of these, mechanisms that the graph has.
    pub in_graph: usize,
    /// Of these, mechanisms whose pair was explained.
    pub explained: usize,
    /// Inner nodes of those in the graph that the graph lacks.
    pub missing_nodes: usize,
    /// How many were left out, by reason.
    pub skipped: Vec<Skipped>,
    /// The figures, by the part of the split that the pair is in.
    pub parts: Vec<PartFigures>,
}

/// Mechanisms that were left out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Skipped {
    /// Why.
    pub reason: String,
    /// How many.
    pub mechanisms: usize,
}

/// What is found of the mechanisms whose pairs are in one part of the split.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PartFigures {
    /// `test`, `train` (what the model has learned), `validation`, or `not linked`.
    pub part: &'static str,
    /// Number of mechanisms.
    pub mechanisms: usize,
    /// Share of a mechanism's inner nodes that are on paths of the explanation.
    pub nodes_on_paths: Option<Figure>,
    /// Share of the explanation's paths that fit, which go through nodes of the mechanism alone.
    pub fitting_paths: Option<Figure>,
    /// Whether the first path fits.
    pub hits_at_1: Recovered,
    /// Whether one of the first ten fits.
    pub hits_at_10: Recovered,
    /// Whether one fits of any ten paths between the two nodes, on average, exactly. The paths of an explanation are a choice
    /// of these already.
    pub any_ten: Option<Figure>,
    /// One over the rank of the first that fits.
    pub mrr: Recovered,
}

/// A figure of ranks, with that of the same paths in random order.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Recovered {
    /// The explanation's order.
    pub explanation: Option<Figure>,
    /// What a random order comes to on average, exactly.
    pub random: Option<Figure>,
}

const PARTS: [&str; 4] = ["test", "train", "validation", "not linked"];

impl Quality<'_> {
    /// The figures of all pairs that are explained so far.
    pub fn document(&self) -> QualityDocument {
        let QualityOptions { edges, most_steps, seed, .. } = self.options;
        let split = &self.predictor.experiment.split;
        let fidelities = || self.fidelities.iter().map(|of| &of.fidelity);
        let curves: Vec<&Curves> = self.fidelities.iter().filter_map(|of| of.curves.as_ref()).collect();
        QualityDocument {
            model: self.predictor.folder.display().to_string(),
            scorer: self.predictor.model.fitted.name().into(),
            target: self.predictor.relation().key.to_string(),
            split_hash: self.predictor.model.card.split.hash.clone(),
            seed,
            edges,
            steps: most_steps,
            test_pairs: split.test.len(),
            asked: self.sample.len(),
            explained: self.fidelities.len(),
            without_edges: fidelities().filter(|of| of.edges == 0).count(),
            without_curves: self.fidelities.len() - curves.len(),
            all_asked: self.asked.len(),
            all_explained: self.done,
            deletion: curve_figures(&curves, |areas| areas.deletion, seed),
            insertion: curve_figures(&curves, |areas| areas.insertion, seed),
            fid_plus: figure(fidelities().map(|of| f64::from(of.plus)), seed),
            fid_minus: figure(fidelities().map(|of| f64::from(of.minus)), seed),
            sparsity: figure(fidelities().map(|of| of.sparsity), seed),
            agreement: figure(fidelities().filter_map(|of| of.agreement), seed),
            mechanisms: self.mechanisms(),
        }
    }

    fn mechanisms(&self) -> Option<MechanismFigures> {
        let known = self.known?;
        let skipped: Vec<Skipped> = known
            .skipped
            .iter()
            .map(|(reason, &mechanisms)| Skipped { reason: reason.clone(), mechanisms })
            .collect();
        let in_graph = known.mechanisms.len();
        let parts = PARTS.into_iter().filter_map(|part| self.part(part)).collect();
        Some(MechanismFigures {
            read: in_graph + skipped.iter().map(|of| of.mechanisms).sum::<usize>(),
            in_graph,
            explained: self.recoveries.len(),
            missing_nodes: known.mechanisms.iter().map(|of| of.missing).sum(),
            skipped,
            parts,
        })
    }

    fn part(&self, part: &'static str) -> Option<PartFigures> {
        let known = self.known?;
        let of: Vec<&Recovery> = self
            .recoveries
            .iter()
            .filter(|(place, _)| self.part_of(known.mechanisms[*place].pair) == part)
            .map(|(_, recovery)| recovery)
            .collect();
        if of.is_empty() {
            return None;
        }
        let seed = self.options.seed;
        let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
        let mean = |value: &dyn Fn(&Recovery) -> f64| figure(of.iter().map(|of| value(of)), seed);
        let hits = |count| Recovered {
            explanation: mean(&|of| of.hits(count)),
            random: mean(&|of| of.random_hits(count)),
        };
        Some(PartFigures {
            part,
            mechanisms: of.len(),
            nodes_on_paths: mean(&|of| share(of.on_paths, of.inner)),
            fitting_paths: mean(&|of| share(of.fitting, of.paths)),
            hits_at_1: hits(1),
            hits_at_10: hits(10),
            any_ten: mean(&|of| of.any_hits(10)),
            mrr: Recovered {
                explanation: mean(&Recovery::reciprocal_rank),
                random: mean(&Recovery::random_reciprocal_rank),
            },
        })
    }

    /// The part of the split that a pair is in; what the model has learned of the validation part is in that for training.
    fn part_of(&self, pair: Pair) -> &'static str {
        let split = &self.predictor.experiment.split;
        let learned = self.predictor.experiment.view.train_pairs();
        let parts = [&split.test[..], learned, &split.valid[..]];
        let place = parts.iter().position(|part| part.contains(&pair));
        PARTS[place.unwrap_or(PARTS.len() - 1)]
    }
}

fn figure(values: impl Iterator<Item = f64>, seed: u64) -> Option<Figure> {
    Mean::new(&values.collect::<Vec<f64>>(), seed).map(Figure::from)
}

fn curve_figures(curves: &[&Curves], area: fn(&Areas) -> f64, seed: u64) -> CurveFigures {
    let mean = |value: &dyn Fn(&Curves) -> f64| figure(curves.iter().map(|of| value(of)), seed);
    CurveFigures {
        explanation: mean(&|of| area(&of.explained)),
        random: mean(&|of| area(&of.random)),
        matched: mean(&|of| area(&of.matched)),
        less_random: mean(&|of| area(&of.explained) - area(&of.random)),
        less_matched: mean(&|of| area(&of.explained) - area(&of.matched)),
    }
}
