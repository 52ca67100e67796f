//! Whether the paths of an explanation are those of a mechanism that is known.

use std::collections::BTreeSet;

use crate::explainer::{EvidencePath, Explainer, Explanation};
use crate::schema::Node;

/// What an explanation shows of a known mechanism. A path *fits* when it has nodes between its ends, and all of them are of the
/// mechanism.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// Inner nodes of the mechanism.
    pub inner: usize,
    /// Of these, those that some path of the explanation goes through.
    pub on_paths: usize,
    /// Paths of the explanation.
    pub paths: usize,
    /// Of these, those that fit.
    pub fitting: usize,
    /// Place of the first path that fits, from 1, by effect, then by weight.
    pub rank: Option<usize>,
    /// All paths between the two nodes, of which those of the explanation are a choice.
    pub between: u64,
    /// Of these, those that fit.
    pub fitting_between: u64,
}

impl Explanation {
    /// The paths of all kinds, those with the greatest effects first; among equals the weightiest.
    pub fn paths_by_effect(&self) -> Vec<&EvidencePath> {
        let mut paths: Vec<&EvidencePath> = self.metapaths.iter().flat_map(|of| &of.paths).collect();
        paths.sort_by(|a, b| b.effect.total_cmp(&a.effect).then(b.weight.total_cmp(&a.weight)));
        paths
    }
}

impl Recovery {
    /// What the explanation of a pair shows of the mechanism with these inner nodes. Each may stand for several nodes of the graph.
    /// `most_steps` is that of the explanation's paths.
    pub fn new(
        explainer: &Explainer<'_>,
        explanation: &Explanation,
        inner: &[BTreeSet<Node>],
        most_steps: usize,
    ) -> Self {
        let paths = explanation.paths_by_effect();
        let nodes = inner.iter().flatten().copied().collect();
        Self {
            between: explanation.paths,
            fitting_between: explainer.paths_within(explanation.pair, &nodes, most_steps),
            ..Self::of_paths(paths.iter().map(|path| path.nodes.as_slice()), inner)
        }
    }

    /// The same of the nodes of paths in their order, both ends included, and of no others.
    fn of_paths<'a>(paths: impl Iterator<Item = &'a [Node]>, inner: &[BTreeSet<Node>]) -> Self {
        let of_paths: Vec<&[Node]> = paths.map(|nodes| &nodes[1..nodes.len() - 1]).collect();
        let is_inner = |node: &Node| inner.iter().any(|of| of.contains(node));
        let fits = |nodes: &&[Node]| !nodes.is_empty() && nodes.iter().all(is_inner);
        let met: BTreeSet<Node> = of_paths.iter().flat_map(|nodes| nodes.iter().copied()).collect();
        let fitting = of_paths.iter().filter(|nodes| fits(nodes)).count();
        Self {
            inner: inner.len(),
            on_paths: inner.iter().filter(|of| !of.is_disjoint(&met)).count(),
            paths: of_paths.len(),
            fitting,
            rank: of_paths.iter().position(fits).map(|place| place + 1),
            between: of_paths.len() as u64,
            fitting_between: fitting as u64,
        }
    }

    /// 1 where a path that fits is among the first `count`, otherwise 0.
    pub fn hits(&self, count: u64) -> f64 {
        f64::from(u8::from(self.rank.is_some_and(|rank| rank as u64 <= count)))
    }

    /// One over the rank; 0 where no path fits.
    pub fn reciprocal_rank(&self) -> f64 {
        self.rank.map_or(0.0, |rank| 1.0 / rank as f64)
    }

    /// What [`Recovery::hits`] is on average over all orders of the same paths.
    pub fn random_hits(&self, count: u64) -> f64 {
        chance(self.paths as u64, self.fitting as u64, count)
    }

    /// How likely one fits of as many paths, drawn at random among all between the two nodes.
    pub fn any_hits(&self, count: u64) -> f64 {
        chance(self.between, self.fitting_between, count)
    }

    /// What [`Recovery::reciprocal_rank`] is on average over all orders of the same paths.
    pub fn random_reciprocal_rank(&self) -> f64 {
        let (mut none_before, mut sum) = (1.0, 0.0);
        for place in 0..self.paths as u64 {
            let misses = misses(self.paths as u64, self.fitting as u64, place);
            sum += none_before * (1.0 - misses) / (place + 1) as f64;
            none_before *= misses;
        }
        sum
    }
}

/// How likely one of the first `count` of some paths in random order fits.
fn chance(paths: u64, fitting: u64, count: u64) -> f64 {
    1.0 - (0..count.min(paths)).map(|place| misses(paths, fitting, place)).product::<f64>()
}

/// How likely the path at a place of a random order does not fit, where none before it does.
fn misses(paths: u64, fitting: u64, place: u64) -> f64 {
    paths.saturating_sub(fitting).saturating_sub(place) as f64 / (paths - place) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(index: u32) -> Node {
        Node { node_type: 0, index }
    }

    fn recovery(paths: &[&[u32]], inner: &[&[u32]]) -> Recovery {
        let paths: Vec<Vec<Node>> =
            paths.iter().map(|nodes| nodes.iter().copied().map(node).collect()).collect();
        let inner: Vec<BTreeSet<Node>> =
            inner.iter().map(|of| of.iter().copied().map(node).collect()).collect();
        Recovery::of_paths(paths.iter().map(Vec::as_slice), &inner)
    }

    #[test]
    fn recovery_by_hand() {
        // From 0 to 9. The mechanism is 1, and 2 under either of two ids; 4 is on no path.
        let paths: [&[u32]; 5] = [&[0, 9], &[0, 1, 3, 9], &[0, 3, 9], &[0, 1, 22, 9], &[0, 1, 9]];
        let found = recovery(&paths, &[&[1], &[2, 22], &[4]]);
        let expected = Recovery {
            inner: 3,
            on_paths: 2,
            paths: 5,
            fitting: 2,
            rank: Some(4),
            between: 5,
            fitting_between: 2,
        };
        assert_eq!(found, expected);
        // Of 100 paths two fit: 1 - (98 * 97) / (100 * 99).
        let among_more = Recovery { between: 100, ..found };
        assert!((among_more.any_hits(2) - (1.0 - 98.0 * 97.0 / 9900.0)).abs() < 1e-12);
        assert_eq!((found.hits(3), found.hits(4), found.reciprocal_rank()), (0.0, 1.0, 0.25));
        // Two of five fit. First: 2/5; second: 3/5 * 2/4; third: 3/5 * 2/4 * 2/3; fourth: 3/5 * 2/4 * 1/3.
        let expected = 0.4 + 0.3 / 2.0 + 0.2 / 3.0 + 0.1 / 4.0;
        assert!((found.random_reciprocal_rank() - expected).abs() < 1e-12);
        assert!((found.random_hits(1) - 0.4).abs() < 1e-12);
        assert!((found.random_hits(2) - 0.7).abs() < 1e-12);
        assert!((found.random_hits(10) - 1.0).abs() < 1e-12);
        let none = recovery(&paths, &[&[5]]);
        assert_eq!((none.rank, none.hits(10), none.reciprocal_rank()), (None, 0.0, 0.0));
        assert_eq!((none.random_hits(10), none.random_reciprocal_rank()), (0.0, 0.0));
        let empty = recovery(&[], &[&[1]]);
        assert_eq!((empty.random_hits(10), empty.random_reciprocal_rank()), (0.0, 0.0));
    }
}
