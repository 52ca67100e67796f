//! Every scorer by its name.

use theriac_link::Scorer;

use crate::baselines::{DegreeProduct, L3, Random};
use crate::error::ModelError;
use crate::graphsage::{GraphSage, GraphSageConfig};

/// The names that [`scorer`] takes.
pub const SCORERS: [&str; 4] = ["random", "degree", "l3", "graphsage"];

/// The scorer of this name; `graphsage` is trained as `config` says.
///
/// # Errors
///
/// [`ModelError::UnknownScorer`], naming the scorers that there are.
pub fn scorer(name: &str, config: &GraphSageConfig) -> Result<Box<dyn Scorer>, ModelError> {
    match name {
        "random" => Ok(Box::new(Random)),
        "degree" => Ok(Box::new(DegreeProduct)),
        "l3" => Ok(Box::new(L3)),
        "graphsage" => Ok(Box::new(GraphSage { config: config.clone() })),
        _ => Err(ModelError::UnknownScorer { wanted: name.into(), known: SCORERS.join(", ") }),
    }
}

/// The scorers without learning that stand beside every model in every table.
pub fn baselines() -> [Box<dyn Scorer>; 3] {
    [Box::new(Random), Box::new(DegreeProduct), Box::new(L3)]
}
