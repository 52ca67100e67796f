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
    let are_enough = |sets: &[Vec<Edge>]| -> Vec<bool> {
        let graphs: Vec<EditedGraph<'_>> = sets.iter().map(|edges| without(graph, edges)).collect();
        subject.scores(&graphs).into_iter().map(falls_out).collect()
    };
    let edges = small_set(&helpful(effects), are_enough)?;
    let score = subject.score(&without(graph, &edges));
    Some(EdgeSet { edges, score, rank: subject.rank(score) })
}

/// A small set of edges that alone, of all that `bare` lacks, keep the pair among the first `top`: of the edges with the greatest effects
/// the fewest are put into `bare` that it takes; then each that turns out not to be needed is taken out again. `None` where it is not
/// among the first with all that are looked at.
pub(crate) fn sufficient(
    subject: &Subject<'_>,
    graph: &EditedGraph<'_>,
    bare: &EditedGraph<'_>,
    effects: &[EdgeEffect],
    top: usize,
) -> Option<EdgeSet> {
    let stays = |score: f32| subject.rank(score) <= top as f64;
    let are_enough = |sets: &[Vec<Edge>]| -> Vec<bool> {
        let graphs: Vec<EditedGraph<'_>> = sets.iter().map(|edges| with(bare, graph, edges)).collect();
        subject.scores(&graphs).into_iter().map(stays).collect()
    };
    let edges = small_set(&helpful(effects), are_enough)?;
    let score = subject.score(&with(bare, graph, &edges));
    Some(EdgeSet { edges, score, rank: subject.rank(score) })
}

/// The edges that help, the one that helps most first.
pub(crate) fn helpful(effects: &[EdgeEffect]) -> Vec<Edge> {
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
    let mut spare: Vec<Edge> =
        (0..set.len()).rev().filter(|&place| is_spare[place]).map(|place| set[place]).collect();
    // One after the other is left out as long as the rest is enough; as many are tried at a time as there are.
    while !spare.is_empty() {
        let left_out: Vec<Vec<Edge>> = (1..=spare.len())
            .map(|count| set.iter().copied().filter(|edge| !spare[..count].contains(edge)).collect())
            .collect();
        let needed = are_enough(&left_out).into_iter().position(|is_enough| !is_enough);
        let count = needed.unwrap_or(spare.len());
        if count > 0 {
            set.clone_from(&left_out[count - 1]);
        }
        spare.drain(..(count + 1).min(spare.len()));
    }
    Some(set)
}

/// The graph without some edges.
pub(crate) fn without<'a>(graph: &EditedGraph<'a>, edges: &[Edge]) -> EditedGraph<'a> {
    edges.iter().fold(graph.clone(), |graph, &edge| graph.without(edge))
}

/// A graph with some edges that another one has.
pub(crate) fn with<'a>(bare: &EditedGraph<'a>, other: &EditedGraph<'_>, edges: &[Edge]) -> EditedGraph<'a> {
    edges.iter().fold(bare.clone(), |graph, &edge| graph.with_edge_of(other, edge))
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
        let subject = Subject::new(&scorer, &whole, &edges, Pair::new(0, 0), vec![1.0, 5.0, 4.0]);
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
        let bare = without(&whole, &edges);
        let found = sufficient(&subject, &whole, &bare, &effects, 1).unwrap();
        assert_eq!((found.edges, found.score), (vec![edges[0], edges[1]], 6.0));
        // Among four it is always.
        assert_eq!(sufficient(&subject, &whole, &bare, &effects, 4).unwrap().edges, []);
        let last = Subject::new(&scorer, &whole, &edges, Pair::new(0, 0), vec![8.0]);
        assert_eq!(sufficient(&last, &whole, &bare, &effects, 1), None);
        assert_eq!(necessary(&last, &whole, &effects, 1), None);
    }
}
