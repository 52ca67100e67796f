//! Connected components over all node types and relations.

use serde::Serialize;

use crate::graph::Graph;

/// The parts of the graph that no edge joins, whatever its relation or direction.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Components {
    /// Number of parts.
    pub number: usize,
    /// Nodes of the largest.
    pub largest: usize,
    /// Nodes of the largest over all nodes: 0 to 1.
    pub largest_share: f64,
    /// Parts of a single node.
    pub single_nodes: usize,
}

/// The components and where each type's nodes are.
pub(super) struct Parts {
    pub(super) summary: Components,
    /// Nodes of each type in the largest component.
    pub(super) in_largest: Vec<usize>,
}

/// Finds the components.
///
/// Most nodes are in one component, whose edges are hardly looked at: after one edge of every node, only the rows of
/// nodes outside the largest part so far are walked, from both ends (Sutton, Ben-Nun & Barak 2018, "Optimizing parallel
/// graph algorithms by subgraph sampling").
pub(super) fn parts(graph: &Graph) -> Parts {
    let mut starts = vec![0];
    for table in &graph.node_tables {
        starts.push(starts[starts.len() - 1] + table.len());
    }
    let nodes = starts[starts.len() - 1];
    assert!(u32::try_from(nodes).is_ok(), "more than u32::MAX nodes");
    let mut forest = Forest { parents: (0..nodes as u32).collect() };
    let ends: Vec<_> = graph
        .relations
        .iter()
        .flat_map(|relation| {
            let (source, target) = (starts[relation.source_type] as u32, starts[relation.target_type] as u32);
            [(&relation.forward, source, target), (&relation.backward, target, source)]
        })
        .collect();
    for &(edges, from, to) in &ends {
        for row in 0..edges.rows() {
            if let Some(&first) = edges.neighbors(row).first() {
                forest.join(from + row, to + first);
            }
        }
    }
    let (giant, _, _) = forest.largest();
    for &(edges, from, to) in &ends {
        for row in 0..edges.rows() {
            if edges.degree(row) > 1 && forest.root(from + row) != forest.root(giant) {
                edges.neighbors(row).iter().for_each(|&neighbor| forest.join(from + row, to + neighbor));
            }
        }
    }
    let (giant, largest, single_nodes) = forest.largest();
    let number = (0..nodes as u32).filter(|&node| forest.parents[node as usize] == node).count();
    let in_largest = starts
        .windows(2)
        .map(|ends| (ends[0]..ends[1]).filter(|&node| forest.root(node as u32) == giant).count())
        .collect();
    let largest_share = if nodes > 0 { largest as f64 / nodes as f64 } else { 0.0 };
    Parts { summary: Components { number, largest, largest_share, single_nodes }, in_largest }
}

/// A union-find forest whose trees have their smallest node as root.
struct Forest {
    parents: Vec<u32>,
}

impl Forest {
    fn root(&mut self, mut node: u32) -> u32 {
        while self.parents[node as usize] != node {
            let above = self.parents[self.parents[node as usize] as usize];
            self.parents[node as usize] = above;
            node = above;
        }
        node
    }

    fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        self.parents[a.max(b) as usize] = a.min(b);
    }

    /// Root and size of the largest tree, the first where several are, and the number of trees of one node.
    fn largest(&mut self) -> (u32, usize, usize) {
        let mut sizes = vec![0u32; self.parents.len()];
        for node in 0..self.parents.len() as u32 {
            sizes[self.root(node) as usize] += 1;
        }
        let largest = sizes.iter().copied().max().unwrap_or(0);
        let root = sizes.iter().position(|&size| size == largest).unwrap_or(0);
        (root as u32, largest as usize, sizes.iter().filter(|&&size| size == 1).count())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::{edges, graph, table};
    use super::*;

    #[test]
    fn relations_of_all_types_join() {
        let relations = vec![
            ("drug:binds:gene", edges(&[(0, 0), (1, 1)])),
            ("gene:acts:gene", edges(&[(2, 1), (4, 4)])),
            ("disease:affects:gene", edges(&[(0, 1)])),
        ];
        let graph = graph(vec![table("drug", 3), table("gene", 5), table("disease", 1)], relations);
        let parts = parts(&graph);
        // drug 1, gene 1, gene 2, disease 0 | drug 0, gene 0 | drug 2 | gene 3 | gene 4, with itself
        let expected = Components { number: 5, largest: 4, largest_share: 4.0 / 9.0, single_nodes: 3 };
        assert_eq!((parts.summary, parts.in_largest), (expected, vec![1, 2, 1]));
    }

    #[test]
    fn of_equal_components_the_first_is_the_largest() {
        let graph = graph(vec![table("a", 2), table("b", 2)], vec![("a:r:b", edges(&[(0, 1), (1, 0)]))]);
        assert_eq!(parts(&graph).in_largest, [1, 1]);
        assert_eq!(parts(&graph).summary.number, 2);
    }

    proptest! {
        #[test]
        fn components_are_those_of_walking_every_edge(
            inner in prop::collection::vec((0u32..12, 0u32..12), 0..14),
            outer in prop::collection::vec((0u32..12, 0u32..5), 1..8),
        ) {
            let relations = vec![("a:r:a", edges(&inner)), ("a:s:b", edges(&outer))];
            let graph = graph(vec![table("a", 12), table("b", 5)], relations);
            let mut label: Vec<u32> = (0..17).collect();
            let joined: Vec<_> =
                inner.iter().copied().chain(outer.iter().map(|&(a, b)| (a, b + 12))).collect();
            for _ in 0..17 {
                for &(a, b) in &joined {
                    let least = label[a as usize].min(label[b as usize]);
                    (label[a as usize], label[b as usize]) = (least, least);
                }
            }
            let sizes: Vec<usize> = (0..17).map(|of| label.iter().filter(|&&l| l == of).count()).collect();
            let summary = parts(&graph).summary;
            prop_assert_eq!(summary.number, sizes.iter().filter(|&&size| size > 0).count());
            prop_assert_eq!(summary.largest, *sizes.iter().max().unwrap());
            prop_assert_eq!(summary.single_nodes, sizes.iter().filter(|&&size| size == 1).count());
        }
    }
}
