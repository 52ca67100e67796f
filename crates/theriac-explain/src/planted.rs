//! A graph whose mechanisms are known, to try explanations on.

use std::collections::BTreeSet;

use rand::RngExt;
use rand::seq::index::sample;
use theriac_graph::{
    DuplicatePolicy, EdgeList, Graph, GraphBuilder, GraphError, NodeTable, Provenance, RelationKey,
};
use theriac_link::{Pair, Stream, stream};

use crate::schema::Node;

/// How a planted graph is made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlantedConfig {
    /// Number of drugs.
    pub drugs: u32,
    /// Number of diseases.
    pub diseases: u32,
    /// Number of proteins.
    pub proteins: u32,
    /// Proteins that cause each disease.
    pub causes: usize,
    /// Proteins that each drug targets.
    pub targets: usize,
    /// Proteins that are associated with each disease without causing it. Some proteins are so with many: the square of a
    /// uniform draw says which.
    pub bystanders: usize,
    /// Drugs that are said to treat a disease without a mechanism, in each hundred that have one.
    pub noise: usize,
    /// Side effects of each drug, which say nothing.
    pub side_effects: usize,
}

impl Default for PlantedConfig {
    fn default() -> Self {
        Self {
            drugs: 300,
            diseases: 150,
            proteins: 400,
            causes: 3,
            targets: 3,
            bystanders: 12,
            noise: 5,
            side_effects: 10,
        }
    }
}

/// A graph with planted mechanisms: a drug treats a disease because it targets a protein that causes it.
#[derive(Clone, Debug)]
pub struct Planted {
    /// Drugs, diseases, proteins and side effects; the target relation is `drug:treats:disease`.
    pub graph: Graph,
    /// Each pair that has a mechanism, with the nodes of every path that is one.
    pub mechanisms: Vec<(Pair, Vec<Vec<Node>>)>,
}

/// Places of the node types.
const DRUG: usize = 0;
const DISEASE: usize = 1;
const PROTEIN: usize = 2;

impl Planted {
    /// Draws a graph.
    ///
    /// # Errors
    ///
    /// When the numbers leave nothing to draw from.
    pub fn new(config: PlantedConfig, seed: u64) -> Result<Self, GraphError> {
        let mut draws = stream(seed, "planted mechanisms", &[]);
        let some = |count: usize, draws: &mut Stream| -> BTreeSet<u32> {
            let most = config.proteins as usize;
            sample(draws, most, count.min(most)).into_iter().map(|protein| protein as u32).collect()
        };
        let causes: Vec<BTreeSet<u32>> =
            (0..config.diseases).map(|_| some(config.causes, &mut draws)).collect();
        let targets: Vec<BTreeSet<u32>> =
            (0..config.drugs).map(|_| some(config.targets, &mut draws)).collect();
        let mut treats = BTreeSet::new();
        let mut mechanisms = Vec::new();
        for (drug, targets) in (0..).zip(&targets) {
            for (disease, causes) in (0..).zip(&causes) {
                let shared: Vec<Vec<Node>> = targets
                    .intersection(causes)
                    .map(|&protein| {
                        let node = |node_type, index| Node { node_type, index };
                        vec![node(DRUG, drug), node(PROTEIN, protein), node(DISEASE, disease)]
                    })
                    .collect();
                if !shared.is_empty() {
                    treats.insert((drug, disease));
                    mechanisms.push((Pair::new(drug, disease), shared));
                }
            }
        }
        for _ in 0..treats.len() * config.noise / 100 {
            treats.insert((draws.random_range(0..config.drugs), draws.random_range(0..config.diseases)));
        }
        let mut associates = BTreeSet::new();
        for (disease, causes) in (0..).zip(&causes) {
            associates.extend(causes.iter().map(|&protein| (protein, disease)));
            for _ in 0..config.bystanders {
                let draw: f64 = draws.random();
                associates.insert(((draw * draw * f64::from(config.proteins)) as u32, disease));
            }
        }
        let side_effects = config.drugs.div_ceil(3);
        let mut has = BTreeSet::new();
        for drug in 0..config.drugs {
            for _ in 0..config.side_effects {
                let draw: f64 = draws.random();
                has.insert((drug, (draw * draw * f64::from(side_effects)) as u32));
            }
        }
        let targets =
            (0..).zip(&targets).flat_map(|(drug, of)| of.iter().map(move |&protein| (drug, protein)));
        let mut builder = GraphBuilder::new(Provenance { name: "planted".into(), ..Provenance::default() });
        let types = [
            ("drug", config.drugs),
            ("disease", config.diseases),
            ("protein", config.proteins),
            ("side_effect", side_effects),
        ];
        for (node_type, count) in types {
            let ids: Vec<String> = (0..count).map(|node| format!("{node_type}:{node}")).collect();
            let names = (0..count).map(|node| format!("{node_type} {node}")).collect();
            builder.add_nodes(NodeTable::new(node_type, ids, names))?;
        }
        let mut add = |key: (&str, &str, &str), edges: Vec<(u32, u32)>| {
            let (sources, targets) = edges.into_iter().unzip();
            let list = EdgeList { sources, targets, ..EdgeList::default() };
            builder.add_relation(RelationKey::new(key.0, key.1, key.2), list, DuplicatePolicy::Merge)
        };
        add(("drug", "treats", "disease"), treats.into_iter().collect())?;
        add(("drug", "targets", "protein"), targets.collect())?;
        add(("protein", "associates", "disease"), associates.into_iter().collect())?;
        add(("drug", "causes", "side_effect"), has.into_iter().collect())?;
        Ok(Self { graph: builder.build()?, mechanisms })
    }
}
