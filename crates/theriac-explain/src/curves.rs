//! Deletion and insertion curves: whether the edges with the greatest effects are those that a score rests on.

use rand::seq::SliceRandom;
use theriac_graph::{Edge, EditedGraph};
use theriac_link::{Pair, Rescorer, Stream, stream};

use crate::effect::Subject;
use crate::explainer::Explanation;

/// Edges of about the same degrees among which the matched order chooses.
const STRATUM: usize = 6;

/// How a score falls as edges are taken out, or rises as they are put back into a graph without them, one after the other:
/// each step's score, less what is left without all of them, over the whole difference.
#[derive(Clone, Debug, PartialEq)]
pub struct Curves {
    /// The edges in the order of their effects.
    pub explained: Areas,
    /// The same edges in random order.
    pub random: Areas,
    /// In the order of their effects, but each in the place of another with about the same degrees of its ends: what is
    /// left of the order where degrees alone decide.
    pub matched: Areas,
}

/// The areas under both curves of an order of edges.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Areas {
    /// Under the deletion curve: low where the first edges matter.
    pub deletion: f64,
    /// Under the insertion curve: high where the first edges matter.
    pub insertion: f64,
}

impl Curves {
    /// The curves of the edges of an explanation on its graph; `None` where they make no difference to the score.
    pub fn new(
        rescorer: &dyn Rescorer,
        graph: &EditedGraph<'_>,
        explanation: &Explanation,
        seed: u64,
    ) -> Option<Self> {
        let pair = explanation.pair;
        let mut ordered: Vec<(Edge, f32)> =
            explanation.edges.iter().map(|effect| (effect.edge, effect.effect)).collect();
        ordered.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let ordered: Vec<Edge> = ordered.into_iter().map(|(edge, _)| edge).collect();
        let subject = Subject::new(rescorer, graph, &ordered, pair, Vec::new());
        let mut shuffled = ordered.clone();
        shuffled.shuffle(&mut draws(pair, seed, "random order of edges"));
        let degrees = |edge: &Edge| {
            let degree = |reversed, node| u64::from(graph.row(edge.relation, reversed, node).degree());
            degree(false, edge.source) * degree(true, edge.target)
        };
        let matched = exchanged(&ordered, degrees, &mut draws(pair, seed, "matched order of edges"));
        Some(Self {
            explained: Areas::new(&subject, graph, &ordered)?,
            random: Areas::new(&subject, graph, &shuffled)?,
            matched: Areas::new(&subject, graph, &matched)?,
        })
    }
}

impl Areas {
    fn new(subject: &Subject<'_>, graph: &EditedGraph<'_>, order: &[Edge]) -> Option<Self> {
        let mut deletion = vec![graph.clone()];
        for &edge in order {
            deletion.push(deletion[deletion.len() - 1].clone().without(edge));
        }
        let mut insertion = vec![deletion[order.len()].clone()];
        for &edge in order {
            insertion.push(insertion[insertion.len() - 1].clone().with_edge_of(graph, edge));
        }
        let (falling, rising) = (subject.scores(&deletion), subject.scores(&insertion));
        let (whole, none) = (falling[0], falling[order.len()]);
        Some(Self { deletion: area(&falling, whole, none)?, insertion: area(&rising, whole, none)? })
    }
}

/// The mean of scores, where `none` counts 0 and `whole` counts 1; `None` where these are the same.
fn area(scores: &[f32], whole: f32, none: f32) -> Option<f64> {
    let all = f64::from(whole - none);
    let sum: f64 = scores.iter().map(|&score| f64::from(score - none) / all).sum();
    (all.abs() > 1e-6).then(|| sum / scores.len() as f64)
}

/// The edges in their order, but each with those of about the same degrees exchanged at random: edges are sorted by
/// `degrees` into strata of six or a few more, and each stratum is shuffled among its own places.
fn exchanged(order: &[Edge], degrees: impl Fn(&Edge) -> u64, draws: &mut Stream) -> Vec<Edge> {
    let mut places: Vec<usize> = (0..order.len()).collect();
    places.sort_by_key(|&place| (degrees(&order[place]), order[place]));
    let strata = (order.len() / STRATUM).max(1);
    let mut exchanged = order.to_vec();
    for stratum in 0..strata {
        let of = &places[stratum * order.len() / strata..(stratum + 1) * order.len() / strata];
        let mut drawn = of.to_vec();
        drawn.shuffle(draws);
        for (&place, &from) in of.iter().zip(&drawn) {
            exchanged[place] = order[from];
        }
    }
    exchanged
}

fn draws(pair: Pair, seed: u64, purpose: &str) -> Stream {
    stream(seed, purpose, &[u64::from(pair.source), u64::from(pair.target)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_by_hand() {
        // From 4 to 0 by way of 1 and 0: (1 + 0.25 + 0 + 0) / 4.
        assert_eq!(area(&[4.0, 1.0, 0.0, 0.0], 4.0, 0.0), Some(0.3125));
        // What is left without all edges counts 0, so that a score below it counts less.
        assert_eq!(area(&[3.0, 0.0, 1.0], 3.0, 1.0), Some((1.0 - 0.5 + 0.0) / 3.0));
        assert_eq!(area(&[2.0, 5.0, 2.0], 2.0, 2.0), None);
    }

    #[test]
    fn edges_change_places_with_those_of_their_degrees_alone() {
        let edge = |source| Edge { relation: 0, source, target: 0 };
        let order: Vec<Edge> = (0..18).map(edge).collect();
        // Three strata by degree, spread over the order.
        let degrees = |edge: &Edge| u64::from(edge.source % 3);
        let mut moved = 0;
        for seed in 0..20 {
            let mut draws = draws(Pair::new(0, 0), seed, "test");
            let found = exchanged(&order, degrees, &mut draws);
            for (one, other) in order.iter().zip(&found) {
                assert_eq!(degrees(one), degrees(other));
                moved += usize::from(one != other);
            }
            let mut sorted = found;
            sorted.sort_unstable();
            assert_eq!(sorted, order);
        }
        // Of six, five are expected elsewhere.
        assert!((240..=360).contains(&moved), "{moved} of 360");
    }
}
