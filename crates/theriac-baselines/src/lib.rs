//! Scorers without neural networks, which stand beside every model in every table: what a model has to beat.
//!
//! Each is a [`theriac_link::Scorer`] from its paper, cited in its documentation. Settings that a paper leaves open are chosen
//! on the validation part inside the fit, never on the test part, and every configuration tried is kept in the
//! [`theriac_link::FitRecord`]. [`BASELINES`] lists all of them.

mod adamic_adar;
mod als;
pub mod audit;
mod bpr;
mod by_target;
mod degree_product;
mod dense;
mod dtinet;
mod ease;
mod factors;
pub mod inductive;
mod item_weights;
mod jaccard;
mod knn;
mod kron_rls;
mod kronecker_ridge;
mod l3;
mod logistic;
mod low_rank;
pub mod metapath;
mod neighbours;
mod propagation;
mod random;
mod rephetio;
mod rwr;
mod score_matrix;
mod selection;
mod shared_targets;
mod similarity;
mod stacked_rows;
mod svd;
#[cfg(test)]
mod testing;

use std::sync::Arc;

use theriac_graph::NamedTensors;
use theriac_link::{Rescorer, Scorer, TrainView};

pub use adamic_adar::AdamicAdar;
pub use als::ImplicitAls;
pub use bpr::Bpr;
pub use degree_product::DegreeProduct;
pub use dtinet::DtiNet;
pub use ease::{EaseSource, EaseTarget};
pub use inductive::Inductive;
pub use jaccard::Jaccard;
pub use knn::NearestNeighbours;
pub use kron_rls::KronRls;
pub use l3::L3;
pub use low_rank::low_rank_factors;
pub use random::Random;
pub use rephetio::Rephetio;
pub use rwr::RandomWalk;
pub use similarity::similarity_relations;
pub use svd::PureSvd;

/// A baseline by the name that it has on the command line.
pub struct Baseline {
    /// Name on the command line: `degree`.
    pub name: &'static str,
    /// What it does, in one line.
    pub description: &'static str,
    /// Makes the scorer.
    pub scorer: fn() -> Box<dyn Scorer>,
    /// Makes of what it learned on a view a scorer that can be asked about other graphs; `None` where it cannot be.
    pub restore: Option<Restore>,
}

/// Makes of what a scorer learned on a view one that can be asked about other graphs, or says in one sentence why not.
pub type Restore = fn(&TrainView, &mut NamedTensors) -> Result<Arc<dyn Rescorer>, String>;

/// All baselines, the simplest first.
pub const BASELINES: &[Baseline] = &[
    Baseline {
        name: "random",
        description: "a hash of the pair",
        scorer: || Box::new(Random),
        restore: None,
    },
    Baseline {
        name: "degree",
        description: "degree of the source times degree of the target",
        scorer: || Box::new(DegreeProduct),
        restore: Some(|view, _| Ok(degree_product::restore(view))),
    },
    Baseline {
        name: "l3",
        description: "paths of length three",
        scorer: || Box::new(L3),
        restore: Some(|view, _| Ok(l3::weights().restore(view))),
    },
    Baseline {
        name: "jaccard",
        description: "Jaccard similarity to the known sources of the target",
        scorer: || Box::new(Jaccard),
        restore: Some(|view, _| Ok(jaccard::weights().restore(view))),
    },
    Baseline {
        name: "adamic-adar",
        description: "Adamic-Adar similarity to the known sources of the target",
        scorer: || Box::new(AdamicAdar),
        restore: Some(|view, _| Ok(adamic_adar::weights().restore(view))),
    },
    Baseline {
        name: "knn",
        description: "votes of the nearest sources and targets",
        scorer: || Box::new(NearestNeighbours),
        restore: Some(knn::restore),
    },
    Baseline {
        name: "inductive",
        description: "links of like nodes, by whatever else the graph tells of them",
        scorer: || Box::new(Inductive),
        restore: Some(inductive::restore),
    },
    Baseline {
        name: "svd",
        description: "truncated singular value decomposition",
        scorer: || Box::new(PureSvd),
        restore: Some(svd::restore),
    },
    Baseline {
        name: "als",
        description: "matrix factorisation for implicit feedback",
        scorer: || Box::new(ImplicitAls),
        restore: Some(als::restore),
    },
    Baseline {
        name: "bpr",
        description: "matrix factorisation that learns to rank",
        scorer: || Box::new(Bpr),
        restore: Some(factors::restore),
    },
    Baseline {
        name: "ease-source",
        description: "linear autoencoder over sources, other relations stacked",
        scorer: || Box::new(EaseSource),
        restore: Some(ease::restore_source),
    },
    Baseline {
        name: "ease-target",
        description: "linear autoencoder over targets, other relations stacked",
        scorer: || Box::new(EaseTarget),
        restore: Some(ease::restore_target),
    },
    Baseline {
        name: "kron-rls",
        description: "kernel ridge regression over pairs, by links and similarities",
        scorer: || Box::new(KronRls),
        restore: Some(factors::restore),
    },
    Baseline {
        name: "rwr",
        description: "random walk with restart over all relations",
        scorer: || Box::new(RandomWalk),
        restore: Some(rwr::restore),
    },
    Baseline {
        name: "dtinet",
        description: "diffusion over similarity networks, then matrix completion",
        scorer: || Box::new(DtiNet),
        restore: Some(factors::restore),
    },
    Baseline {
        name: "rephetio",
        description: "degree-weighted path counts in a logistic regression",
        scorer: || Box::new(Rephetio),
        restore: Some(rephetio::restore),
    },
];

/// The names of the baselines that stand beside every model, asked for or not: they cost next to nothing.
pub const ALWAYS: [&str; 3] = ["random", "degree", "l3"];

/// Whether the scorer that tables show by this name is a baseline.
pub fn is_baseline(scorer: &str) -> bool {
    BASELINES.iter().any(|baseline| (baseline.scorer)().name() == scorer)
}

/// The baseline of this name.
pub fn baseline(name: &str) -> Option<Box<dyn Scorer>> {
    BASELINES.iter().find(|baseline| baseline.name == name).map(|baseline| (baseline.scorer)())
}

/// The baselines that stand beside every model; see [`ALWAYS`].
pub fn always() -> Vec<Box<dyn Scorer>> {
    ALWAYS.iter().filter_map(|name| baseline(name)).collect()
}
