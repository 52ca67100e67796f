//! The edges of a relation as they are written: each once.

use theriac_graph::Relation;

/// An edge and the nodes that it joins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Edge {
    /// Its place in the order of [`Relation::forward`], which is that of weights and attributes.
    pub(super) place: usize,
    /// Index of the source node.
    pub(super) source: u32,
    /// Index of the target node.
    pub(super) target: u32,
}

/// The edges in order; an undirected one once, from the lower index to the higher.
pub(super) fn edges_once(relation: &Relation) -> impl Iterator<Item = Edge> {
    let edges = relation.forward.pairs().enumerate();
    let edges = edges.map(|(place, (source, target))| Edge { place, source, target });
    edges.filter(|edge| !relation.undirected || edge.source <= edge.target)
}

/// The weight of an edge; `None` where the relation has none.
pub(super) fn weight(relation: &Relation, edge: Edge) -> Option<f32> {
    relation.forward.weights().map(|weights| weights[edge.place])
}

#[cfg(test)]
mod tests {
    use super::super::tests::sample;
    use super::*;

    #[test]
    fn an_undirected_edge_is_written_once() {
        let graph = sample();
        let of = |relation: usize| edges_once(&graph.relations()[relation]).collect::<Vec<_>>();
        assert_eq!(of(1), [Edge { place: 0, source: 0, target: 1 }]);
        assert_eq!(of(2), [Edge { place: 0, source: 1, target: 0 }]);
        assert_eq!(weight(&graph.relations()[0], of(0)[1]), Some(-2.0));
        assert_eq!(weight(&graph.relations()[1], of(1)[0]), None);
    }
}
