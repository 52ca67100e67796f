//! Node embeddings as plain arrays.

/// The final embeddings of the nodes of one type.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeEmbeddings {
    /// The type.
    pub node_type: String,
    /// Width of an embedding.
    pub dim: usize,
    /// Row by row, in the order of the graph's node table: `[n_nodes, dim]`.
    pub values: Vec<f32>,
}

impl NodeEmbeddings {
    /// Number of nodes.
    pub fn nodes(&self) -> usize {
        self.values.len() / self.dim
    }

    /// The embedding of a node: `[dim]`.
    ///
    /// # Panics
    ///
    /// When there is no such node.
    pub fn row(&self, node: u32) -> &[f32] {
        &self.values[node as usize * self.dim..][..self.dim]
    }
}
