//! The primer's indications against three published sets of them, by name.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use flate2::read::GzDecoder;
use theriac_formats::primer;
use theriac_graph::NodeTable;

use crate::workplace::{shared_data, skip};

/// Share of the facts about drugs that the sources know which must be found there.
const LEAST_CONFIRMED: f64 = 0.9;

/// What each drug treats in the sources; names are normalised.
type Indications = HashMap<String, HashSet<String>>;

#[test]
#[allow(clippy::print_stderr, reason = "what cannot be confirmed is to be read by a person")]
fn indications_are_found_in_published_sets() {
    let files = [
        "repodb/repodb.csv",
        "msi/6_drug_indication_df.tsv",
        "hetionet/hetionet-v1.0-nodes.tsv",
        "hetionet/hetionet-v1.0-edges.sif.gz",
    ];
    let [Some(repodb), Some(msi), Some(nodes), Some(edges)] = files.map(shared_data) else { return };
    let mut known = Indications::new();
    read_repodb(&repodb, &mut known);
    read_msi(&msi, &mut known);
    read_hetionet(&nodes, &edges, &mut known);

    let graph = primer().unwrap();
    let treats = graph.resolve_relation("drug:treats:disease").unwrap();
    let (drugs, diseases) =
        (&graph.node_tables()[treats.source_type], &graph.node_tables()[treats.target_type]);
    let (mut confirmed, mut unconfirmed, mut unheard_of) = (0, Vec::new(), HashSet::new());
    for (drug, disease) in treats.forward.pairs() {
        let fact = format!("{} treats {}", drugs.names[drug as usize], diseases.names[disease as usize]);
        let of_drug: Vec<&HashSet<String>> =
            names(drugs, drug).into_iter().filter_map(|name| known.get(&name)).collect();
        if of_drug.is_empty() {
            unheard_of.insert(drugs.names[drug as usize].clone());
        } else if names(diseases, disease)
            .iter()
            .any(|name| of_drug.iter().any(|of_drug| of_drug.contains(name)))
        {
            confirmed += 1;
        } else {
            unconfirmed.push(fact);
        }
    }
    let checked = confirmed + unconfirmed.len();
    eprintln!("{confirmed} of {checked} facts confirmed; not found:\n  {}", unconfirmed.join("\n  "));
    if !unheard_of.is_empty() {
        skip(&format!("facts about drugs that no source has: {unheard_of:?}"));
    }
    assert!(checked > 450, "only {checked} facts are about drugs that the sources know");
    let share = confirmed as f64 / checked as f64;
    assert!(share >= LEAST_CONFIRMED, "only {share:.3} of {checked} facts are confirmed");
}

/// Lower case, with one blank for everything that is neither letter nor digit.
fn normalised(name: &str) -> String {
    let lower = name.to_lowercase();
    let words: Vec<&str> =
        lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// Name and synonyms of a node, normalised.
fn names(table: &NodeTable, node: u32) -> Vec<String> {
    let place = node as usize;
    std::iter::once(&table.names[place]).chain(&table.synonyms[place]).map(|name| normalised(name)).collect()
}

fn add(known: &mut Indications, drug: &str, disease: &str) {
    known.entry(normalised(drug)).or_default().insert(normalised(disease));
}

/// The rows of a table with a header, by the names of three columns.
fn rows(reader: &mut csv::Reader<File>, columns: [&str; 3]) -> Vec<[String; 3]> {
    let headers = reader.headers().unwrap().clone();
    let places = columns.map(|column| headers.iter().position(|header| header == column).unwrap());
    let row = |record: Result<csv::StringRecord, csv::Error>| {
        let record = record.unwrap();
        places.map(|place| record[place].to_owned())
    };
    reader.records().map(row).collect()
}

fn read_repodb(path: &Path, known: &mut Indications) {
    let mut reader = csv::Reader::from_path(path).unwrap();
    for [drug, disease, status] in rows(&mut reader, ["drug_name", "ind_name", "status"]) {
        if status == "Approved" {
            add(known, &drug, &disease);
        }
    }
}

fn tsv(path: &Path) -> csv::Reader<File> {
    csv::ReaderBuilder::new().delimiter(b'\t').quoting(false).from_path(path).unwrap()
}

fn read_msi(path: &Path, known: &mut Indications) {
    for [drug, disease, _] in rows(&mut tsv(path), ["drug_name", "indication_name", "drug"]) {
        add(known, &drug, &disease);
    }
}

/// Hetionet's `treats` and `palliates`.
fn read_hetionet(nodes: &Path, edges: &Path, known: &mut Indications) {
    let names: HashMap<String, String> =
        rows(&mut tsv(nodes), ["id", "name", "kind"]).into_iter().map(|[id, name, _]| (id, name)).collect();
    for line in BufReader::new(GzDecoder::new(File::open(edges).unwrap())).lines() {
        let line = line.unwrap();
        let cells: Vec<&str> = line.split('\t').collect();
        if let [drug, "CtD" | "CpD", disease] = cells[..] {
            add(known, &names[drug], &names[disease]);
        }
    }
}
