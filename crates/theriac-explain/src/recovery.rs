//! Whether the paths of an explanation are those of a mechanism that is known.

use std::collections::BTreeSet;

use crate::explainer::{EvidencePath, Explanation};
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
    /// What an explanation shows of the mechanism with these inner nodes. Each may stand for several nodes of the graph.
    pub fn new(explanation: &Explanation, inner: &[BTreeSet<Node>]) -> Self {
        let paths = explanation.paths_by_effect();
        Self::of_paths(paths.iter().map(|path| path.nodes.as_slice()), inner)
    }

    /// The same of the nodes of paths in their order, both ends included.
    fn of_paths<'a>(paths: impl Iterator<Item = &'a [Node]>, inner: &[BTreeSet<Node>]) -> Self {
        let of_paths: Vec<&[Node]> = paths.map(|nodes| &nodes[1..nodes.len() - 1]).collect();
        let is_inner = |node: &Node| inner.iter().any(|of| of.contains(node));
        let fits = |nodes: &&[Node]| !nodes.is_empty() && nodes.iter().all(is_inner);
        let met: BTreeSet<Node> = of_paths.iter().flat_map(|nodes| nodes.iter().copied()).collect();
        Self {
            inner: inner.len(),
            on_paths: inner.iter().filter(|of| !of.is_disjoint(&met)).count(),
            paths: of_paths.len(),
            fitting: of_paths.iter().filter(|nodes| fits(nodes)).count(),
            rank: of_paths.iter().position(fits).map(|place| place + 1),
        }
    }

    /// 1 where a path that fits is among the first `count`, otherwise 0.
    pub fn hits(&self, count: usize) -> f64 {
        f64::from(u8::from(self.rank.is_some_and(|rank| rank <= count)))
    }

    /// One over the rank; 0 where no path fits.
    pub fn reciprocal_rank(&self) -> f64 {
        self.rank.map_or(0.0, |rank| 1.0 / rank as f64)
    }

    /// What [`Recovery::hits`] is on average over all orders of the same paths.
    pub fn random_hits(&self, count: usize) -> f64 {
        1.0 - (0..count.min(self.paths)).map(|place| self.misses(place)).product::<f64>()
    }

    /// What [`Recovery::reciprocal_rank`] is on average over all orders of the same paths.
    pub fn random_reciprocal_rank(&self) -> f64 {
        let (mut none_before, mut sum) = (1.0, 0.0);
        for place in 0..self.paths {
            let misses = self.misses(place);
            sum += none_before * (1.0 - misses) / (place + 1) as f64;
            none_before *= misses;
        }
        sum
    }

    /// How likely the path at a place of a random order does not fit, where none before it does.
    fn misses(&self, place: usize) -> f64 {
        let others = (self.paths - self.fitting).saturating_sub(place);
        others as f64 / (self.paths - place) as f64
    }
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
        assert_eq!(found, Recovery { inner: 3, on_paths: 2, paths: 5, fitting: 2, rank: Some(4) });
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
