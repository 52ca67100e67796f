//! What a score would be without an edge, exactly.

use rayon::prelude::*;
use theriac_graph::{Edge, EditedGraph};
use theriac_link::{Pair, Rescorer};

/// What an edge does for the score of a pair: that of the graph as it is, less that of the graph without it.
#[derive(Clone, Debug, PartialEq)]
pub struct EdgeEffect {
    /// The edge.
    pub edge: Edge,
    /// By how much the score falls when the edge is taken out, in both directions; below 0 where it rises.
    pub effect: f32,
    /// The same for each member of an ensemble.
    pub members: Vec<f32>,
    /// The pair's rank among the candidates without the edge, whose scores stay as they are.
    pub rank_after: f64,
}

/// A pair under explanation: how it scores, and among what.
pub(crate) struct Subject<'a> {
    pub(crate) rescorer: &'a dyn Rescorer,
    pub(crate) pair: Pair,
    /// Scores of the other candidates, falling.
    pub(crate) others: Vec<f32>,
}

impl<'a> Subject<'a> {
    pub(crate) fn new(rescorer: &'a dyn Rescorer, pair: Pair, mut others: Vec<f32>) -> Self {
        others.sort_unstable_by(|a, b| b.total_cmp(a));
        Self { rescorer, pair, others }
    }

    /// The scores of members, whose mean is the score.
    pub(crate) fn members(&self, graph: &EditedGraph<'_>) -> Vec<f32> {
        self.rescorer.members(graph, self.pair)
    }

    pub(crate) fn score(&self, graph: &EditedGraph<'_>) -> f32 {
        mean(&self.members(graph))
    }

    /// The rank that a score has among the others: ties at the mean of the best and the worst.
    pub(crate) fn rank(&self, score: f32) -> f64 {
        let above = self.others.partition_point(|&other| other > score);
        let not_below = self.others.partition_point(|&other| other >= score);
        1.0 + (above + not_below) as f64 / 2.0
    }

    /// What each of these edges does, exactly: the score is computed anew without it.
    pub(crate) fn effects(&self, graph: &EditedGraph<'_>, edges: &[Edge]) -> Vec<EdgeEffect> {
        let before = self.members(graph);
        let effect = |&edge: &Edge| {
            let after = self.members(&graph.clone().without(edge));
            let members: Vec<f32> = before.iter().zip(&after).map(|(before, after)| before - after).collect();
            let rank_after = self.rank(mean(&after));
            EdgeEffect { edge, effect: mean(&members), members, rank_after }
        };
        edges.par_iter().map(effect).collect()
    }
}

pub(crate) fn mean(values: &[f32]) -> f32 {
    values.iter().sum::<f32>() / values.len().max(1) as f32
}
