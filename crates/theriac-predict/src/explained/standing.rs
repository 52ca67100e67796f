//! Where a pair stands among others.

use serde::Serialize;
use theriac_graph::Relation;
use theriac_link::{FittedScorer, Pair};
use theriac_models::{Probabilities, TrainedModel};
use utoipa::ToSchema;

use crate::ranked::End;

/// Where a pair stands.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Standing {
    /// Its score.
    pub score: f32,
    /// Its probability, as the calibration has it; `None` where the score has none, as that of a new node.
    pub probability: Option<f64>,
    /// Probability of the relation against the target, where the model is a signed one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probability_against: Option<f64>,
    /// Whether the link is in the graph, in whatever part of a split.
    pub known: bool,
    /// Among the sources that are not known for its target; `None` where these are not scored, as where the source is a new node.
    pub among_sources: Option<Place>,
    /// Among the targets that are not known for its source; `None` likewise.
    pub among_targets: Option<Place>,
}

/// A rank among candidates.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Place {
    /// From 1; ties at the mean of the best and the worst.
    pub rank: f64,
    /// Number of candidates.
    pub of: usize,
    /// Share of the others that score lower, in per cent.
    pub percentile: f64,
}

impl Standing {
    /// Where a pair stands by the model's own scores; `of_target` are those of the other sources.
    pub fn new(model: &TrainedModel, relation: &Relation, pair: Pair, of_target: &[f32]) -> Self {
        let score = model.fitted.score(&[pair])[0];
        let against = model.against.as_ref().map(|against| against.score(&[pair])[0]);
        let (probability, probability_against) = Probabilities::of(&model.card).probability(score, against);
        Self {
            score,
            probability: Some(probability),
            probability_against,
            known: relation.forward.contains(pair.source, pair.target),
            among_sources: Some(Self::place(score, of_target)),
            among_targets: Some(Self::place(score, &others(model, relation, pair, End::Source))),
        }
    }

    /// Where a candidate stands for a new node at that end, by the scores of the others.
    pub fn of_newcomer(score: f32, end: End, others: &[f32]) -> Self {
        let place = Some(Self::place(score, others));
        let (among_sources, among_targets) = if end == End::Target { (place, None) } else { (None, place) };
        Self {
            score,
            probability: None,
            probability_against: None,
            known: false,
            among_sources,
            among_targets,
        }
    }

    /// The rank that is told first: among the sources, or where these are not scored among the targets.
    pub fn rank(&self) -> f64 {
        self.among_sources.or(self.among_targets).map_or(1.0, |place| place.rank)
    }

    /// Where a score stands among others.
    pub fn place(score: f32, others: &[f32]) -> Place {
        let above = others.iter().filter(|&&other| other > score).count() as f64;
        let same = others.iter().filter(|&&other| other == score).count() as f64;
        let below = others.len() as f64 - above - same;
        let percentile = 100.0 * below / others.len().max(1) as f64;
        Place { rank: 1.0 + above + same / 2.0, of: others.len() + 1, percentile }
    }
}

/// The scores of the pairs that stand beside one at its other end, see [`rivals`].
pub fn others(model: &TrainedModel, relation: &Relation, pair: Pair, end: End) -> Vec<f32> {
    model.fitted.score(&rivals(relation, pair, end))
}

/// The pairs that stand beside one at its other end: all with the node of `end` but the known links, and the pair itself.
pub fn rivals(relation: &Relation, pair: Pair, end: End) -> Vec<Pair> {
    let known = match end {
        End::Target => relation.backward.neighbors(pair.target),
        End::Source => relation.forward.neighbors(pair.source),
    };
    let (own, count) = match end {
        End::Target => (pair.source, relation.forward.rows()),
        End::Source => (pair.target, relation.forward.columns()),
    };
    let one_type = relation.source_type == relation.target_type;
    let fixed = if end == End::Target { pair.target } else { pair.source };
    let candidates = (0..count)
        .filter(|node| *node != own && known.binary_search(node).is_err() && !(one_type && *node == fixed));
    let beside =
        |node| if end == End::Target { Pair::new(node, pair.target) } else { Pair::new(pair.source, node) };
    candidates.map(beside).collect()
}
