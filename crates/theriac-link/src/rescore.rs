//! What a fitted scorer would say of a pair if the graph were another.

use rayon::prelude::*;
use theriac_graph::{Edge, EditedGraph, NamedTensor};

use crate::pair::Pair;

/// A fitted scorer that can be asked about graphs with a few other edges. What it has learned stays as it is: weights, factors,
/// settings. What it reads of the graph when it scores is read from the edited one: edges, paths, degrees. That is what a
/// counterfactual is here: the same model, and one fact taken away.
///
/// On the graph of the view that it was fitted on it gives the scores of the fitted scorer, up to rounding.
pub trait Rescorer: Send + Sync {
    /// The score of a pair on this graph, whose original is that of the view.
    fn rescore(&self, graph: &EditedGraph<'_>, pair: Pair) -> f32;

    /// The score of a pair on each of several graphs, for scorers that have it cheaper so than one by one: `[graphs]`.
    fn rescore_each(&self, graphs: &[EditedGraph<'_>], pair: Pair) -> Vec<f32> {
        graphs.iter().map(|graph| self.rescore(graph, pair)).collect()
    }

    /// The scores of the members of an ensemble on each of several graphs, whose mean is the score; a single one where there
    /// are no members: `[graphs][members]`.
    fn members_each(&self, graphs: &[EditedGraph<'_>], pair: Pair) -> Vec<Vec<f32>> {
        self.rescore_each(graphs, pair).into_iter().map(|score| vec![score]).collect()
    }

    /// The score of each of several pairs on one graph, for scorers that have it cheaper so than one by one: `[pairs]`.
    fn rescore_pairs(&self, graph: &EditedGraph<'_>, pairs: &[Pair]) -> Vec<f32> {
        pairs.par_iter().map(|&pair| self.rescore(graph, pair)).collect()
    }

    /// What is asked again and again about one pair, on `graph` with some of `edges` taken out or put in, for scorers that have this cheaper
    /// when they know it before; `None` for the others. Scores are those of [`Rescorer::rescore_each`], up to
    /// rounding of what they are on `graph` itself.
    fn about<'a>(
        &'a self,
        _graph: &'a EditedGraph<'a>,
        _edges: &[Edge],
        _pair: Pair,
    ) -> Option<Box<dyn About + 'a>> {
        None
    }

    /// Everything that was learned, so that it can be restored beside the view's graph.
    fn learned(&self) -> Vec<NamedTensor>;
}

/// A [`Rescorer`] that is asked about one pair on graphs that are much alike.
pub trait About: Send + Sync {
    /// The score of the pair on each graph: `[graphs]`.
    fn rescore_each(&self, graphs: &[EditedGraph<'_>]) -> Vec<f32>;

    /// The scores of members on each graph, as [`Rescorer::members_each`]: `[graphs][members]`.
    fn members_each(&self, graphs: &[EditedGraph<'_>]) -> Vec<Vec<f32>> {
        self.rescore_each(graphs).into_iter().map(|score| vec![score]).collect()
    }
}
