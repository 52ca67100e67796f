//! Made-up graphs, so that benchmarks need no file: one of DTINet's shape, and one with as many names as PrimeKG.

mod names;

use std::collections::BTreeSet;

use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};
use theriac_graph::{
    DuplicatePolicy, EdgeList, FeatureMatrix, Graph, GraphBuilder, GraphError, NodeTable, Provenance,
    RelationKey,
};

pub use names::{NAMED_NODES, many_names};

/// Drugs of the published recipe's view of DTINet.
pub const DRUGS: u32 = 708;
/// Diseases of that view.
pub const DISEASES: u32 = 5182;
/// Drug-disease edges of that view.
pub const EDGES: usize = 199_079;

/// A drug-disease graph with as many nodes, edges and drug features as the published recipe's view of DTINet, and
/// degrees as uneven.
///
/// # Errors
///
/// None for these sizes; the builder's error type is passed on.
pub fn dtinet_shaped() -> Result<Graph, GraphError> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
    // Cubing a uniform draw gives the first nodes most of the edges.
    let mut skewed = |count: u32| (rng.random::<f64>().powi(3) * f64::from(count)) as u32;
    let mut edges = BTreeSet::new();
    while edges.len() < EDGES {
        edges.insert((skewed(DRUGS), skewed(DISEASES)));
    }
    let (sources, targets) = edges.into_iter().unzip();
    let ids = |prefix: &str, count| (0..count).map(|i| format!("{prefix}{i}")).collect::<Vec<_>>();
    let dim = DRUGS as usize;
    let values = (0..dim * dim).map(|_| rng.random()).collect();
    let mut drugs = NodeTable::new("drug", ids("drug", DRUGS), ids("drug", DRUGS));
    drugs.features = Some(FeatureMatrix { name: "similarity".into(), dim, values });
    let mut builder =
        GraphBuilder::new(Provenance { name: "DTINet's shape".into(), ..Provenance::default() });
    builder.add_nodes(drugs)?;
    builder.add_nodes(NodeTable::new("disease", ids("disease", DISEASES), ids("disease", DISEASES)))?;
    let key = RelationKey::new("drug", "treats", "disease");
    builder.add_relation(
        key,
        EdgeList { sources, targets, ..EdgeList::default() },
        DuplicatePolicy::Reject,
    )?;
    builder.build()
}
