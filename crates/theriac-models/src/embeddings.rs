//! Node embeddings as plain arrays.

use theriac_link::{FittedScorer, LinkError, TrainView};

use crate::checkpoint::TrainedModel;
use crate::error::ModelError;
use crate::graphsage::GraphSage;

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

impl TrainedModel {
    /// The final embeddings of all nodes, one entry for each node type in the order of the graph. They are computed anew
    /// from the parameters, on the view of the split that the model was trained under, with all training edges as messages.
    ///
    /// The score of a pair is the dot product of its two embeddings, without a bias, for the types that the model's
    /// relation joins. Embeddings of other types stand in no score: they are what the encoder makes of these nodes on the way.
    ///
    /// # Errors
    ///
    /// [`LinkError::SplitMismatch`] when the view is of another split, [`ModelError::Parameters`] when the parameters do
    /// not fit its graph.
    pub fn node_embeddings(&self, view: &TrainView) -> Result<Vec<NodeEmbeddings>, ModelError> {
        let (found, expected) = (&self.card.split.hash, view.split_hash());
        if found != expected {
            let scorer = self.fitted.name().into();
            let (found, expected) = (found.clone(), expected.into());
            return Err(LinkError::SplitMismatch { scorer, found, expected }.into());
        }
        GraphSage { config: self.card.config.clone() }.node_embeddings(view, &self.fitted.parameters)
    }
}
