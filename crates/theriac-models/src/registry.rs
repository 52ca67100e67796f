//! Every scorer by its name.

use theriac_baselines::{BASELINES, baseline};
use theriac_link::Scorer;

use crate::blend::{self, Blend, BlendConfig};
use crate::error::ModelError;
use crate::graphsage::{self, GraphSage, GraphSageConfig};

/// The names that [`scorer`] takes, the baselines first.
pub fn scorer_names() -> impl Iterator<Item = &'static str> {
    BASELINES.iter().map(|baseline| baseline.name).chain([graphsage::NAME, blend::NAME])
}

/// How the models among the scorers are made.
#[derive(Clone, Debug, Default)]
pub struct ScorerConfigs {
    /// Of `blend`.
    pub blend: BlendConfig,
    /// Of `graphsage`.
    pub graphsage: GraphSageConfig,
}

/// The scorer of this name; models are made as `configs` say.
///
/// # Errors
///
/// [`ModelError::UnknownScorer`], naming the scorers that there are.
pub fn scorer(name: &str, configs: &ScorerConfigs) -> Result<Box<dyn Scorer>, ModelError> {
    if name == graphsage::NAME {
        return Ok(Box::new(GraphSage { config: configs.graphsage.clone() }));
    }
    if name == blend::NAME {
        return Ok(Box::new(Blend { config: configs.blend.clone() }));
    }
    baseline(name).ok_or_else(|| ModelError::UnknownScorer {
        wanted: name.into(),
        known: scorer_names().collect::<Vec<_>>().join(", "),
    })
}
