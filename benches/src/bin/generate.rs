//! Large graphs in outside formats, made up but shaped like real ones, for timing the import.
//!
//! `generate primekg kg.csv` writes a table with the node types, relations and counts of PrimeKG (8,100,498 rows, about
//! 1 GB); `generate edges edges.tsv [N]` writes an edge list of N edges, 100 million if not told, in which degrees are as
//! unequal as in real networks. The same arguments give the same bytes.

use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};

use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

/// Node types of PrimeKG: name, source of their ids, how many.
const TYPES: [(&str, &str, u32); 10] = [
    ("gene/protein", "NCBI", 27_671),
    ("drug", "DrugBank", 7_957),
    ("disease", "MONDO", 17_080),
    ("effect/phenotype", "HPO", 15_311),
    ("anatomy", "UBERON", 14_035),
    ("biological_process", "GO", 28_642),
    ("molecular_function", "GO", 11_169),
    ("cellular_component", "GO", 4_176),
    ("exposure", "CTD", 818),
    ("pathway", "REACTOME", 2_516),
];

/// Relations of PrimeKG: name, display name, types of either end as places in [`TYPES`], rows (each edge has two).
const RELATIONS: [(&str, &str, usize, usize, u32); 30] = [
    ("protein_protein", "ppi", 0, 0, 642_150),
    ("drug_protein", "target", 1, 0, 51_306),
    ("contraindication", "contraindication", 1, 2, 61_350),
    ("indication", "indication", 1, 2, 18_776),
    ("off-label use", "off-label use", 1, 2, 5_136),
    ("drug_drug", "synergistic interaction", 1, 1, 2_672_628),
    ("phenotype_protein", "associated with", 3, 0, 6_660),
    ("phenotype_phenotype", "parent-child", 3, 3, 37_472),
    ("disease_phenotype_negative", "phenotype absent", 2, 3, 2_386),
    ("disease_phenotype_positive", "phenotype present", 2, 3, 300_634),
    ("disease_protein", "associated with", 2, 0, 160_822),
    ("disease_disease", "parent-child", 2, 2, 64_388),
    ("drug_effect", "side effect", 1, 3, 129_568),
    ("bioprocess_bioprocess", "parent-child", 5, 5, 105_772),
    ("molfunc_molfunc", "parent-child", 6, 6, 27_148),
    ("cellcomp_cellcomp", "parent-child", 7, 7, 9_690),
    ("molfunc_protein", "interacts with", 6, 0, 139_060),
    ("cellcomp_protein", "interacts with", 7, 0, 166_804),
    ("bioprocess_protein", "interacts with", 5, 0, 289_610),
    ("exposure_protein", "interacts with", 8, 0, 2_424),
    ("exposure_disease", "linked to", 8, 2, 4_608),
    ("exposure_exposure", "parent-child", 8, 8, 4_140),
    ("exposure_bioprocess", "interacts with", 8, 5, 3_250),
    ("exposure_molfunc", "interacts with", 8, 6, 90),
    ("exposure_cellcomp", "interacts with", 8, 7, 20),
    ("anatomy_anatomy", "parent-child", 4, 4, 28_064),
    ("anatomy_protein_present", "expression present", 4, 0, 3_036_406),
    ("anatomy_protein_absent", "expression absent", 4, 0, 39_774),
    ("pathway_pathway", "parent-child", 9, 9, 5_070),
    ("pathway_protein", "interacts with", 9, 0, 85_292),
];
const SEED: u64 = 7;
const EDGES: u64 = 100_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments[..] {
        [kind, path] if kind == "primekg" => primekg(&mut writer(path)?)?,
        [kind, path] if kind == "edges" => edges(&mut writer(path)?, EDGES)?,
        [kind, path, edges_wanted] if kind == "edges" => edges(&mut writer(path)?, edges_wanted.parse()?)?,
        _ => return Err("expected: generate primekg PATH, or generate edges PATH [N]".into()),
    }
    Ok(())
}

fn writer(path: &str) -> std::io::Result<BufWriter<File>> {
    Ok(BufWriter::with_capacity(1 << 20, File::create(path)?))
}

/// An index below `count`, low ones more often: hubs.
fn skewed(random: &mut Xoshiro256PlusPlus, count: u32) -> u32 {
    let uniform: f64 = random.random();
    ((uniform * uniform * f64::from(count)) as u32).min(count - 1)
}

fn primekg(out: &mut impl Write) -> std::io::Result<()> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(SEED);
    let mut first_index = 0;
    let mut nodes: Vec<Vec<String>> = Vec::new();
    for (node_type, source, count) in TYPES {
        let rows = (0..count).map(|node| {
            let name = name(node_type, node);
            let id = if source == "DrugBank" { format!("DB{node:05}") } else { (node * 7 + 1).to_string() };
            format!("{},{id},{node_type},{name},{source}", first_index + node)
        });
        nodes.push(rows.collect());
        first_index += count;
    }
    writeln!(
        out,
        "relation,display_relation,x_index,x_id,x_type,x_name,x_source,y_index,y_id,y_type,y_name,y_source"
    )?;
    let mut turned = Vec::new();
    for (relation, display, x_type, y_type, rows) in RELATIONS {
        let (sources, targets) = (TYPES[x_type].2, TYPES[y_type].2);
        let pairs = u64::from(sources) * u64::from(targets);
        // A stride without common divisor with the number of pairs gives each at most once.
        let stride = (pairs as f64 * 0.618_033_988_75) as u64 | 1;
        let mut at: u64 = random.random_range(0..pairs);
        let mut written = 0;
        while written < rows / 2 {
            at = (at + stride) % pairs;
            let (x, y) = ((at / u64::from(targets)) as usize, (at % u64::from(targets)) as usize);
            if x_type == y_type && x >= y {
                continue;
            }
            writeln!(out, "{relation},{display},{},{}", nodes[x_type][x], nodes[y_type][y])?;
            turned.push((relation, display, (y_type, y), (x_type, x)));
            written += 1;
        }
    }
    for (relation, display, x, y) in turned {
        writeln!(out, "{relation},{display},{},{}", nodes[x.0][x.1], nodes[y.0][y.1])?;
    }
    Ok(())
}

/// A name as long as real ones are; some have commas and quotes.
fn name(node_type: &str, node: u32) -> String {
    match node % 16 {
        0 => format!("\"{node_type} {node}, familial, with \"\"early\"\" onset\""),
        1..=6 => format!("{node_type} {node} of the lesser kind"),
        _ => format!("{node_type} {node}"),
    }
}

/// An edge list between two million nodes of four types, six relations.
fn edges(out: &mut impl Write, edges: u64) -> std::io::Result<()> {
    const NODES: u32 = 500_000;
    const KINDS: [(&str, &str, &str); 6] = [
        ("drug", "treats", "disease"),
        ("drug", "targets", "gene"),
        ("gene", "associates", "disease"),
        ("gene", "interacts", "gene"),
        ("disease", "presents", "phenotype"),
        ("drug", "causes", "phenotype"),
    ];
    let mut random = Xoshiro256PlusPlus::seed_from_u64(SEED);
    writeln!(out, "source\tsource_type\trelation\ttarget\ttarget_type")?;
    for edge in 0..edges {
        let (source_type, relation, target_type) = KINDS[(edge % 6) as usize];
        // Each edge of a relation has another source-and-round, so that none repeats.
        let source = (edge / 6 % u64::from(NODES)) as u32;
        let round = edge / 6 / u64::from(NODES);
        let target = (u64::from(skewed(&mut random, NODES / 64)) * 64 + round % 64) as u32;
        writeln!(
            out,
            "{}{source}\t{source_type}\t{relation}\t{}{target}\t{target_type}",
            &source_type[..2],
            &target_type[..2]
        )?;
    }
    Ok(())
}
