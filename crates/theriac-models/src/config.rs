//! What decides a fit besides the data and the seed, whatever the model.

use serde::{Deserialize, Serialize};
use theriac_link::{Budget, TrainView};

use crate::blend::{self, Blend, BlendConfig};
use crate::error::ModelError;
use crate::fitted::FittedModel;
use crate::graphsage::{self, GraphSage, GraphSageConfig};

/// Everything that decides a fit besides the data and the seed. Written to the model card in full.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "model", rename_all = "lowercase")]
pub enum ModelConfig {
    /// Closed-form scorers under boosted trees.
    Blend(BlendConfig),
    /// A graph neural network.
    GraphSage(GraphSageConfig),
}

impl ModelConfig {
    /// Name of the scorer in tables: `blend`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Blend(_) => blend::NAME,
            Self::GraphSage(_) => graphsage::NAME,
        }
    }

    /// Checks what no type can.
    ///
    /// # Errors
    ///
    /// [`ModelError::Config`], naming the setting, what was found and what was expected.
    pub fn check(&self) -> Result<(), ModelError> {
        match self {
            Self::Blend(config) => config.check(),
            Self::GraphSage(config) => config.check(),
        }
    }

    /// Trains the model.
    ///
    /// # Errors
    ///
    /// When a setting is out of range or there are too few edges; [`ModelError::Stopped`] when it was asked to stop before
    /// there was anything to keep.
    pub fn train(&self, view: &TrainView, budget: &Budget<'_>) -> Result<FittedModel, ModelError> {
        match self {
            Self::Blend(config) => {
                let fitted = Blend { config: config.clone() }.train(view, budget)?;
                // Parts that were cut short make no blend worth keeping.
                let stopped = budget.observer.stop_requested();
                if stopped { Err(ModelError::Stopped) } else { Ok(FittedModel::Table(fitted)) }
            }
            Self::GraphSage(config) => {
                let fitted = GraphSage { config: config.clone() }.train(view, budget)?;
                if fitted.epochs.is_empty() {
                    return Err(ModelError::Stopped);
                }
                Ok(FittedModel::GraphSage(fitted))
            }
        }
    }
}
