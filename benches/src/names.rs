//! A graph with many names.

use std::collections::HashSet;

use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};
use theriac_graph::{DuplicatePolicy, EdgeList, Graph, GraphBuilder, GraphError, NodeTable, Provenance};

/// Node types with the source of their ids, how many nodes, and the most words of a name; the counts are `PrimeKG`'s but
/// for the smallest, rounded up to 130,000 in all.
const TYPES: [(&str, &str, u32, u32); 9] = [
    ("gene", "ncbigene", 27_671, 1),
    ("drug", "drugbank", 7_957, 2),
    ("disease", "mondo", 17_080, 5),
    ("phenotype", "hp", 15_311, 4),
    ("anatomy", "uberon", 14_035, 4),
    ("biological_process", "go", 28_642, 8),
    ("molecular_function", "go", 11_169, 6),
    ("cellular_component", "go", 4_176, 4),
    ("pathway", "reactome", 3_959, 7),
];
/// Nodes of the graph.
pub const NAMED_NODES: u32 = 130_000;
const VOCABULARY: usize = 40_000;
const EDGES: usize = 400_000;
const SYLLABLES: [&str; 32] = [
    "al", "an", "ase", "bi", "car", "chlor", "co", "cy", "di", "en", "er", "gen", "hal", "ic", "in", "ine",
    "is", "lo", "met", "mi", "neo", "ol", "per", "phen", "pro", "ra", "sis", "ster", "ta", "ti", "tro", "ur",
];

/// A graph of 130,000 nodes with names, up to five synonyms and two cross-references each. Some words are in thousands of
/// names and most in few, as in real names; one name in four has a word of its own. Nodes of low index have the most edges.
///
/// # Errors
///
/// None for these sizes; the builder's error type is passed on.
pub fn many_names() -> Result<Graph, GraphError> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(0);
    let vocabulary: Vec<String> = (0..VOCABULARY).map(|_| word(&mut random)).collect();
    let mut builder = GraphBuilder::new(Provenance { name: "many names".into(), ..Provenance::default() });
    for (node_type, source, nodes, most_words) in TYPES {
        let ids = (0..nodes).map(|node| format!("{source}:{:07}", node * 7 + 1)).collect();
        let names = (0..nodes).map(|_| name(&mut random, &vocabulary, most_words)).collect();
        let mut table = NodeTable::new(node_type, ids, names);
        for node in 0..nodes as usize {
            let synonyms = random.random_range(0..=5);
            table.synonyms[node] =
                (0..synonyms).map(|_| name(&mut random, &vocabulary, most_words)).collect();
            table.xrefs[node] = vec![
                format!("umls:C{:07}", random.random_range(0..10_000_000)),
                format!("mesh:D{:06}", random.random_range(0..1_000_000)),
            ];
        }
        builder.add_nodes(table)?;
    }
    let (genes, diseases) = (TYPES[0].2, TYPES[2].2);
    let mut edges = HashSet::new();
    while edges.len() < EDGES {
        edges.insert((skewed(&mut random, genes), skewed(&mut random, diseases)));
    }
    let mut edges: Vec<(u32, u32)> = edges.into_iter().collect();
    edges.sort_unstable();
    let (sources, targets) = edges.into_iter().unzip();
    let edges = EdgeList { sources, targets, ..EdgeList::default() };
    builder.add_relation(
        theriac_graph::RelationKey::new("gene", "associates", "disease"),
        edges,
        DuplicatePolicy::Reject,
    )?;
    builder.build()
}

/// An index below `count`, low ones much more often.
fn skewed(random: &mut Xoshiro256PlusPlus, count: u32) -> u32 {
    (random.random::<f64>().powi(3) * f64::from(count)) as u32
}

fn word(random: &mut Xoshiro256PlusPlus) -> String {
    let syllables = random.random_range(1..=5);
    (0..syllables).map(|_| SYLLABLES[random.random_range(0..SYLLABLES.len())]).collect()
}

fn name(random: &mut Xoshiro256PlusPlus, vocabulary: &[String], most_words: u32) -> String {
    let count = random.random_range(1..=most_words);
    let mut words: Vec<String> =
        (0..count).map(|_| vocabulary[skewed(random, VOCABULARY as u32) as usize].clone()).collect();
    match random.random_range(0..8) {
        0 | 1 => words[0] = format!("{}{}", word(random), word(random)),
        2 => words.push(random.random_range(1..100).to_string()),
        3 => words[0].make_ascii_uppercase(),
        _ => {}
    }
    words.join(" ")
}
