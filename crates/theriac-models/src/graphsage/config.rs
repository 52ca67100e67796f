//! What a GraphSAGE run is made of.

use serde::{Deserialize, Serialize};
use theriac_link::TrainView;
use theriac_nn::MessageGraph;

use crate::error::ModelError;

/// Everything that decides a GraphSAGE fit besides the data and the seed. Written to the model card in full.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GraphSageConfig {
    /// Width of every embedding.
    pub hidden: usize,
    /// Number of layers, and so of hops.
    pub layers: usize,
    /// Which relations carry messages.
    pub messages: MessageRelations,
    /// How much of the graph a training step sees.
    pub sampler: Sampler,
    /// Passes over the supervision edges.
    pub epochs: usize,
    /// Adam's learning rate.
    pub learning_rate: f64,
    /// Negatives per positive, in training and in the sampled validation pairs.
    pub negative_ratio: f64,
    /// Share of the training edges that supervise; the others carry messages. An edge never does both in one step.
    pub supervision: f64,
    /// When the training edges are divided into supervision and messages.
    pub division: Division,
}

/// Which relations carry messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MessageRelations {
    /// The target relation alone.
    Target,
    /// Every relation of the graph.
    All,
}

/// When the training edges are divided into supervision and messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Division {
    /// Once, before training: the edges that carry messages never supervise.
    Once,
    /// Anew for every epoch, so that each edge serves both ends in turn.
    Epoch,
}

/// How much of the graph a training step sees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sampler {
    /// A sampled neighbourhood around a small batch.
    Neighbor {
        /// Neighbours per node and relation at each hop.
        fanouts: Vec<usize>,
        /// Positive pairs per training step.
        batch: usize,
        /// Pairs per validation step, positive and negative together.
        validation_batch: usize,
    },
    /// All nodes and all message edges, with a large batch.
    Full {
        /// Positive pairs per training step.
        batch: usize,
    },
}

/// Every relation of the graph, propagated whole: the preset `graphsage`.
impl Default for GraphSageConfig {
    fn default() -> Self {
        Self {
            hidden: 64,
            layers: 2,
            messages: MessageRelations::All,
            sampler: Sampler::Full { batch: 2048 },
            epochs: 20,
            learning_rate: 5e-3,
            negative_ratio: 2.0,
            supervision: 0.3,
            division: Division::Epoch,
        }
    }
}

impl GraphSageConfig {
    /// The graph that carries messages when all training edges do.
    pub(super) fn message_graph(&self, view: &TrainView) -> MessageGraph {
        let all = self.messages == MessageRelations::All;
        MessageGraph::new(view.graph(), |relation| all || relation.key == *view.task().target())
    }

    /// Checks what no type can.
    ///
    /// # Errors
    ///
    /// [`ModelError::Config`], naming the setting, what was found and what was expected.
    pub fn check(&self) -> Result<(), ModelError> {
        let refuse = |setting: &'static str, found: String, expected: &'static str| {
            Err(ModelError::Config { setting, found, expected })
        };
        if self.hidden == 0 || self.layers == 0 || self.epochs == 0 {
            let found = format!("{}, {}, {}", self.hidden, self.layers, self.epochs);
            return refuse("hidden, layers, epochs", found, "numbers above 0");
        }
        if !(self.learning_rate > 0.0 && self.learning_rate.is_finite()) {
            return refuse("learning_rate", self.learning_rate.to_string(), "a number above 0");
        }
        if !(self.negative_ratio > 0.0 && self.negative_ratio.is_finite()) {
            return refuse("negative_ratio", self.negative_ratio.to_string(), "a number above 0");
        }
        if !(self.supervision > 0.0 && self.supervision < 1.0) {
            return refuse("supervision", self.supervision.to_string(), "a share between 0 and 1");
        }
        match &self.sampler {
            Sampler::Full { batch: 0 } => refuse("batch", "0".into(), "a number above 0"),
            Sampler::Neighbor { batch, validation_batch, .. } if batch * validation_batch == 0 => {
                refuse("batch", "0".into(), "a number above 0")
            }
            Sampler::Neighbor { fanouts, .. } if fanouts.len() != self.layers => {
                refuse("fanouts", format!("{fanouts:?}"), "one number per layer")
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preset::Preset;

    #[test]
    fn settings_out_of_range_are_named() {
        let sound = Preset::named("graphsage").unwrap().graphsage(None).unwrap();
        let broken = GraphSageConfig { supervision: 1.0, ..sound.clone() };
        assert_eq!(
            broken.check().unwrap_err().to_string(),
            "supervision is 1; expected a share between 0 and 1"
        );
        let sampler = Sampler::Neighbor { fanouts: vec![5], batch: 8, validation_batch: 8 };
        assert!(GraphSageConfig { sampler, ..sound }.check().is_err());
    }
}
