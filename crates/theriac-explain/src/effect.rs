//! What a score would be without an edge, exactly.

use rayon::prelude::*;
use theriac_graph::{Edge, EditedGraph};
use theriac_link::{About, Pair, Rescorer};

/// Graphs that a thread asks about at a time.
const BLOCK: usize = 16;

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
    rescorer: &'a dyn Rescorer,
    about: Option<Box<dyn About + 'a>>,
    pair: Pair,
    /// Scores of the other candidates, falling.
    others: Vec<f32>,
}

impl<'a> Subject<'a> {
    /// A pair among `others` by score, that is asked about on `graph` and on graphs that differ from it in some of `edges`, for the most
    /// part.
    pub(crate) fn new(
        rescorer: &'a dyn Rescorer,
        graph: &'a EditedGraph<'a>,
        edges: &[Edge],
        pair: Pair,
        mut others: Vec<f32>,
    ) -> Self {
        others.sort_unstable_by(|a, b| b.total_cmp(a));
        Self { rescorer, about: rescorer.about(graph, edges, pair), pair, others }
    }

    /// The same pair, that is asked about on another graph and on graphs that differ from that in some of `edges`.
    pub(crate) fn around<'b>(&self, graph: &'b EditedGraph<'b>, edges: &[Edge]) -> Subject<'b>
    where
        'a: 'b,
    {
        let rescorer: &'b dyn Rescorer = self.rescorer;
        let about = rescorer.about(graph, edges, self.pair);
        Subject { rescorer, about, pair: self.pair, others: self.others.clone() }
    }

    /// The scores of members on each graph, whose means are the scores.
    fn members(&self, graphs: &[EditedGraph<'_>]) -> Vec<Vec<f32>> {
        if let Some(about) = &self.about {
            return about.members_each(graphs);
        }
        let each: Vec<Vec<Vec<f32>>> =
            graphs.par_chunks(BLOCK).map(|block| self.rescorer.members_each(block, self.pair)).collect();
        each.concat()
    }

    /// The score on each graph.
    pub(crate) fn scores(&self, graphs: &[EditedGraph<'_>]) -> Vec<f32> {
        self.members(graphs).iter().map(|members| mean(members)).collect()
    }

    pub(crate) fn score(&self, graph: &EditedGraph<'_>) -> f32 {
        self.scores(std::slice::from_ref(graph))[0]
    }

    /// The rank that a score has among the others: ties at the mean of the best and the worst.
    pub(crate) fn rank(&self, score: f32) -> f64 {
        let above = self.others.partition_point(|&other| other > score);
        let not_below = self.others.partition_point(|&other| other >= score);
        1.0 + (above + not_below) as f64 / 2.0
    }

    /// What each of these edges does, exactly: the score is computed anew without it.
    pub(crate) fn effects(&self, graph: &EditedGraph<'_>, edges: &[Edge]) -> Vec<EdgeEffect> {
        let without = edges.iter().map(|&edge| graph.clone().without(edge));
        let graphs: Vec<EditedGraph<'_>> = [graph.clone()].into_iter().chain(without).collect();
        let members = self.members(&graphs);
        let (before, after) = (&members[0], &members[1..]);
        let effect = |(&edge, after): (&Edge, &Vec<f32>)| {
            let members: Vec<f32> = before.iter().zip(after).map(|(before, after)| before - after).collect();
            let rank_after = self.rank(mean(after));
            EdgeEffect { edge, effect: mean(&members), members, rank_after }
        };
        edges.iter().zip(after).map(effect).collect()
    }
}

pub(crate) fn mean(values: &[f32]) -> f32 {
    values.iter().sum::<f32>() / values.len().max(1) as f32
}
