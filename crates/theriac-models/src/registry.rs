//! Every scorer by its name.

use theriac_baselines::{BASELINES, baseline};
use theriac_link::Scorer;

use crate::blend::{self, Blend, BlendConfig};
use crate::error::ModelError;
use crate::gnn::{Gnn, GnnConfig, convolutions};

/// The names that [`scorer`] takes, the baselines first.
pub fn scorer_names() -> impl Iterator<Item = &'static str> {
    BASELINES.iter().map(|baseline| baseline.name).chain(networks())
}

/// Names of the networks, and of what may hold one.
fn networks() -> impl Iterator<Item = &'static str> {
    convolutions().into_iter().map(theriac_nn::ConvolutionKind::name).chain([blend::NAME])
}

/// How the models among the scorers are made.
#[derive(Clone, Debug, Default)]
pub struct ScorerConfigs {
    /// Of `blend`.
    pub blend: BlendConfig,
    /// Of the network with its convolution; another network is trained in the same way.
    pub network: GnnConfig,
}

/// The scorer of this name; models are made as `configs` say.
///
/// # Errors
///
/// [`ModelError::UnknownScorer`], naming the scorers that there are.
pub fn scorer(name: &str, configs: &ScorerConfigs) -> Result<Box<dyn Scorer>, ModelError> {
    if configs.network.name() == name {
        return Ok(Box::new(Gnn { config: configs.network.clone() }));
    }
    if let Some(mut network) = Gnn::named(name) {
        network.config.training = configs.network.training.clone();
        return Ok(Box::new(network));
    }
    if name == blend::NAME {
        return Ok(Box::new(Blend { config: configs.blend.clone() }));
    }
    baseline(name).ok_or_else(|| ModelError::UnknownScorer {
        wanted: name.into(),
        known: scorer_names().collect::<Vec<_>>().join(", "),
    })
}
