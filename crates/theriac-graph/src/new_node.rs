//! A node that is not in the graph, told by its edges to nodes that are.

/// A node that is not in a [`crate::Graph`]: what is known of it in the graph's terms.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewNode {
    /// Place of its type in [`crate::Graph::node_tables`].
    pub node_type: usize,
    /// Its edges, each once, sorted.
    pub edges: Vec<NewEdge>,
    /// Its features, where any are given: as many as the type's [`crate::FeatureMatrix`] has columns.
    pub features: Option<Vec<f32>>,
}

/// An edge of a [`NewNode`].
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct NewEdge {
    /// Place of the relation in [`crate::Graph::relations`].
    pub relation: usize,
    /// Whether the new node is the target of the edge.
    pub reversed: bool,
    /// The node at the other end.
    pub neighbor: u32,
    /// Weight of the edge, above 0; 1 in a relation without weights.
    pub weight: f32,
}

impl NewNode {
    /// The neighbours along a relation with the weights of the edges. `reversed`: those whose edges lead to the new node.
    pub fn neighbors(&self, relation: usize, reversed: bool) -> impl Iterator<Item = (u32, f32)> + '_ {
        let along = move |edge: &&NewEdge| edge.relation == relation && edge.reversed == reversed;
        self.edges.iter().filter(along).map(|edge| (edge.neighbor, edge.weight))
    }
}
