//! Small sets of edges that a rank rests on.

use theriac_graph::{Edge, EditedGraph};

use crate::effect::{EdgeEffect, Subject};

/// A set of edges, and what becomes of the pair with or without it.
#[derive(Clone, Debug, PartialEq)]
pub struct EdgeSet {
    /// The edges, in the order in which they were found.
    pub edges: Vec<Edge>,
    /// The score that they lead to.
    pub score: f32,
    /// The rank that they lead to.
    pub rank: f64,
}

/// Edges that are looked at for a set, at most: those with the greatest effects.
const LOOKED_AT: usize = 24;

/// A small set of edges without which the pair is no more among the first `top`: edges are taken out, those with the greatest
/// effects first, until it falls out; then each that turns out not to be needed is put back. `None` where it is not among the
/// first, or stays there without all that are looked at.
pub(crate) fn necessary(
    subject: &Subject<'_>,
    graph: &EditedGraph<'_>,
    effects: &[EdgeEffect],
    top: usize,
) -> Option<EdgeSet> {
    let falls_out = |score: f32| subject.rank(score) > top as f64;
    if falls_out(subject.score(graph)) {
        return None;
    }
    let without = |edges: &[Edge]| edges.iter().fold(graph.clone(), |graph, &edge| graph.without(edge));
    let is_enough = |edges: &[Edge]| falls_out(subject.score(&without(edges)));
    let edges = small_set(&helpful(effects), is_enough)?;
    let score = subject.score(&without(&edges));
    Some(EdgeSet { edges, score, rank: subject.rank(score) })
}

/// A small set of edges that alone, of all in `field`, keep the pair among the first `top`: all are taken out, and the
/// fewest of those with the greatest effects put back that it takes; then each that turns out not to be needed is taken out again. `None` where
/// it is not among the first, or not with all that are looked at.
pub(crate) fn sufficient(
    subject: &Subject<'_>,
    graph: &EditedGraph<'_>,
    field: &[Edge],
    effects: &[EdgeEffect],
    top: usize,
) -> Option<EdgeSet> {
    let stays = |score: f32| subject.rank(score) <= top as f64;
    if !stays(subject.score(graph)) {
        return None;
    }
    let with_only = |kept: &[Edge]| only(graph, field, kept);
    let is_enough = |edges: &[Edge]| stays(subject.score(&with_only(edges)));
    let edges = small_set(&helpful(effects), is_enough)?;
    let score = subject.score(&with_only(&edges));
    Some(EdgeSet { edges, score, rank: subject.rank(score) })
}

/// The edges that are looked at: those that help most, the first first.
fn helpful(effects: &[EdgeEffect]) -> Vec<Edge> {
    let helpful = effects.iter().filter(|effect| effect.effect > 0.0);
    helpful.take(LOOKED_AT).map(|effect| effect.edge).collect()
}

/// The shortest beginning of `edges` that is enough, found by halving, without those of its edges that are not needed, the
/// last tried first; `None` where not even all are enough.
fn small_set(edges: &[Edge], is_enough: impl Fn(&[Edge]) -> bool) -> Option<Vec<Edge>> {
    if !is_enough(edges) {
        return None;
    }
    let (mut too_few, mut enough) = (0, edges.len());
    while enough > too_few + 1 {
        let middle = usize::midpoint(too_few, enough);
        if is_enough(&edges[..middle]) { enough = middle } else { too_few = middle }
    }
    let mut set = edges[..enough].to_vec();
    for place in (0..set.len()).rev() {
        let mut fewer = set.clone();
        fewer.remove(place);
        if is_enough(&fewer) {
            set = fewer;
        }
    }
    Some(set)
}

/// The graph without the edges of `field` but those kept.
pub(crate) fn only<'a>(graph: &EditedGraph<'a>, field: &[Edge], kept: &[Edge]) -> EditedGraph<'a> {
    let gone = field.iter().filter(|edge| !kept.contains(edge));
    gone.fold(graph.clone(), |graph, &edge| graph.without(edge))
}
