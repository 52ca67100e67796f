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

/// The scorer of this name; `graphsage` is trained as `config` says.
///
/// # Errors
///
/// [`ModelError::UnknownScorer`], naming the scorers that there are.
pub fn scorer(name: &str, config: &GraphSageConfig) -> Result<Box<dyn Scorer>, ModelError> {
    if name == graphsage::NAME {
        return Ok(Box::new(GraphSage { config: config.clone() }));
    }
    if name == blend::NAME {
        return Ok(Box::new(Blend { config: BlendConfig::default() }));
    }
    baseline(name).ok_or_else(|| ModelError::UnknownScorer {
        wanted: name.into(),
        known: scorer_names().collect::<Vec<_>>().join(", "),
    })
}
