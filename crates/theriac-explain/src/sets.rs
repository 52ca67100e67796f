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

/// How many edges are tried for a set before any is left out of it again: those with the greatest effects.
const TRIED: [usize; 10] = [0, 1, 2, 3, 4, 6, 8, 12, 16, 24];

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
    let are_enough = |sets: &[Vec<Edge>]| -> Vec<bool> {
        let graphs: Vec<EditedGraph<'_>> = sets.iter().map(|edges| without(edges)).collect();
        subject.scores(&graphs).into_iter().map(falls_out).collect()
    };
    let edges = small_set(&helpful(effects), are_enough)?;
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
    let are_enough = |sets: &[Vec<Edge>]| -> Vec<bool> {
        let graphs: Vec<EditedGraph<'_>> = sets.iter().map(|edges| with_only(edges)).collect();
        subject.scores(&graphs).into_iter().map(stays).collect()
    };
    let edges = small_set(&helpful(effects), are_enough)?;
    let score = subject.score(&with_only(&edges));
    Some(EdgeSet { edges, score, rank: subject.rank(score) })
}

/// The edges that help, the one that helps most first.
fn helpful(effects: &[EdgeEffect]) -> Vec<Edge> {
    let helpful = effects.iter().filter(|effect| effect.effect > 0.0);
    helpful.map(|effect| effect.edge).collect()
}

/// The shortest of some beginnings of `edges` that is enough, without those of its edges that are not needed, the last tried first;
/// `None` where no beginning is enough. Sets are asked about several at a time.
fn small_set(edges: &[Edge], are_enough: impl Fn(&[Vec<Edge>]) -> Vec<bool>) -> Option<Vec<Edge>> {
    let counts = TRIED.into_iter().filter(|&count| count <= edges.len());
    let beginnings: Vec<Vec<Edge>> = counts.map(|count| edges[..count].to_vec()).collect();
    let shortest = are_enough(&beginnings).into_iter().position(|is_enough| is_enough)?;
    let mut set = beginnings[shortest].clone();
    let without = |set: &[Edge], place: usize| {
        let mut fewer = set.to_vec();
        fewer.remove(place);
        fewer
    };
    // What is needed in a set is needed in a smaller one, or so it is taken to be.
    let each: Vec<Vec<Edge>> = (0..set.len()).map(|place| without(&set, place)).collect();
    let is_spare: Vec<bool> = are_enough(&each);
    for place in (0..set.len()).rev().filter(|&place| is_spare[place]) {
        let fewer = without(&set, place);
        if are_enough(std::slice::from_ref(&fewer))[0] {
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

#[cfg(test)]
mod tests {
    use theriac_graph::NamedTensor;
    use theriac_link::conformance::example_graph;
    use theriac_link::{Pair, Rescorer};

    use super::*;

    /// Scores by weights of edges that are there.
    struct Weighed(Vec<(Edge, f32)>);

    impl Rescorer for Weighed {
        fn rescore(&self, graph: &EditedGraph<'_>, _: Pair) -> f32 {
            self.0.iter().filter(|(edge, _)| graph.contains(*edge)).map(|(_, weight)| weight).sum()
        }

        fn learned(&self) -> Vec<NamedTensor> {
            Vec::new()
        }
    }

    #[test]
    fn sets_by_hand() {
        let graph = example_graph();
        let edges: Vec<Edge> = graph.relations()[0]
            .forward
            .pairs()
            .take(5)
            .map(|(source, target)| Edge { relation: 0, source, target })
            .collect();
        let weights = [4.0, 2.0, 1.0, 0.5, -1.0];
        let scorer = Weighed(edges.iter().copied().zip(weights).collect());
        let whole = EditedGraph::new(&graph);
        // Scores 6.5, among others of 5, 4 and 1: it is first.
        let subject = Subject::new(&scorer, Pair::new(0, 0), vec![1.0, 5.0, 4.0]);
        assert_eq!((subject.score(&whole), subject.rank(6.5), subject.rank(4.0)), (6.5, 1.0, 2.5));
        let effects = subject.effects(&whole, &edges);
        assert_eq!(effects.iter().map(|effect| effect.effect).collect::<Vec<_>>(), weights);
        // 2.5 is left without the first: third.
        assert_eq!(effects[0].rank_after, 3.0);
        let found = necessary(&subject, &whole, &effects, 1).unwrap();
        assert_eq!((found.edges, found.score, found.rank), (vec![edges[0]], 2.5, 3.0));
        // To be fourth it has to lose the first and the second, 0.5 is then left.
        let found = necessary(&subject, &whole, &effects, 3).unwrap();
        assert_eq!((found.edges, found.score, found.rank), (vec![edges[0], edges[1]], 0.5, 4.0));
        assert_eq!(necessary(&subject, &whole, &effects, 4), None);
        // The first and the second make 6; without either it would not be first.
        let found = sufficient(&subject, &whole, &edges, &effects, 1).unwrap();
        assert_eq!((found.edges, found.score), (vec![edges[0], edges[1]], 6.0));
        // Among four it is always.
        assert_eq!(sufficient(&subject, &whole, &edges, &effects, 4).unwrap().edges, []);
        let last = Subject::new(&scorer, Pair::new(0, 0), vec![7.0]);
        assert_eq!(sufficient(&last, &whole, &edges, &effects, 1), None);
        assert_eq!(necessary(&last, &whole, &effects, 1), None);
    }
}
