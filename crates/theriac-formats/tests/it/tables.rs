//! Tables with a mapping: repoDB, and the manners that a private data set depends on.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use theriac_formats::{Input, read, read_input};
use theriac_graph::{AttributeValues, Graph};

use crate::samples::{gzip, tables_files, tar};

/// The mapping of the guide, with the path of the table.
const REPODB: &str = r#"
name = "repoDB"
duplicates = "merge"

[[edges]]
file = "FILE"
relation = "treats"
source = { type = "drug", id = "drug_id", prefix = "drugbank", name = "drug_name" }
target = { type = "disease", id = "ind_id", prefix = "umls", name = "ind_name" }
attributes = ["status", "phase"]
"#;

fn repodb(more: &str) -> Option<Graph> {
    let table = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/repodb/repodb.csv"));
    if !table.exists() {
        skip("the repoDB table is not here");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let mapping = folder.path().join("repodb.toml");
    fs::write(&mapping, REPODB.replace("FILE", &table.display().to_string()) + more).unwrap();
    Some(read(&mapping, None).unwrap())
}

#[allow(clippy::print_stderr, reason = "a test that cannot run says so")]
fn skip(reason: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {reason}");
}

fn statuses(graph: &Graph) -> BTreeMap<&str, usize> {
    let relation = &graph.relations()[0];
    let status = relation.attributes.iter().find(|attribute| attribute.name == "status").unwrap();
    let AttributeValues::Texts(texts) = &status.values else { panic!("statuses are texts") };
    let mut counts = BTreeMap::new();
    for text in texts.iter().flatten() {
        *counts.entry(text).or_default() += 1;
    }
    counts
}

/// The figures were counted with Python's `csv` module. The 10,800 rows (6,677 approved, 2,877 terminated, 662 withdrawn
/// and 584 suspended) hold 9,937 pairs: 863 rows repeat a pair. An edge has each status of its rows once, in the order of
/// the rows: so the approved are 6,677 as they are in the table (no approved pair is repeated as such), and the others
/// fewer, by the trials of one pair that ended alike.
#[test]
fn repodb_has_the_pairs_and_statuses_that_it_lists() {
    let Some(graph) = repodb("") else { return };
    let nodes: Vec<_> =
        graph.node_tables().iter().map(|table| (table.node_type.as_str(), table.len())).collect();
    assert_eq!(nodes, [("drug", 1571), ("disease", 2051)]);
    let relation = &graph.relations()[0];
    assert_eq!((relation.key.to_string().as_str(), relation.len()), ("drug:treats:disease", 9937));
    assert_eq!(relation.merged_duplicates, 10_800 - 9937);
    let counts = statuses(&graph);
    let expected = [
        ("Approved", 6656),
        ("Approved|Suspended", 1),
        ("Approved|Terminated", 19),
        ("Approved|Withdrawn|Terminated|Suspended", 1),
        ("Suspended", 481),
        ("Suspended|Withdrawn", 1),
        ("Terminated", 2162),
        ("Terminated|Suspended", 17),
        ("Terminated|Suspended|Withdrawn", 3),
        ("Terminated|Withdrawn", 111),
        ("Terminated|Withdrawn|Suspended", 3),
        ("Withdrawn", 461),
        ("Withdrawn|Suspended", 4),
        ("Withdrawn|Terminated", 17),
    ];
    assert_eq!(counts, BTreeMap::from(expected));
    let of = |status: &str| -> usize {
        counts
            .iter()
            .filter(|(text, _)| text.split('|').any(|text| text == status))
            .map(|(_, count)| count)
            .sum()
    };
    assert_eq!(["Approved", "Terminated", "Withdrawn", "Suspended"].map(of), [6677, 2333, 601, 511]);

    let drugs = &graph.node_tables()[0];
    assert_eq!((drugs.ids[0].as_str(), drugs.names[0].as_str()), ("drugbank:DB00001", "Lepirudin"));
    assert_eq!(graph.node_tables()[1].ids[0], "umls:C0272275");
    let said = |text: &str| graph.provenance().decisions.iter().any(|decision| decision.contains(text));
    assert!(said("columns Drug, Indication, sem_type, TrialStatus, DetailedStatus not read"));
    assert!(said("another name than its first"));
}

#[test]
fn each_status_of_repodb_has_the_rows_that_it_lists() {
    for (status, rows) in [("Approved", 6677), ("Terminated", 2877), ("Withdrawn", 662), ("Suspended", 584)] {
        let Some(graph) = repodb(&format!("where = {{ status = \"{status}\" }}\n")) else { return };
        let relation = &graph.relations()[0];
        assert_eq!(relation.len() + relation.merged_duplicates, rows, "{status}");
        assert_eq!(statuses(&graph), BTreeMap::from([(status, relation.len())]));
    }
}

/// The same tables give the same graph from a folder, by the mapping in it, and from an archive.
#[test]
fn folder_mapping_and_archive_give_the_same() {
    let files = tables_files();
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in &files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let from_folder = read(folder.path(), None).unwrap();
    let by_mapping = read(&folder.path().join("own/map.toml"), None).unwrap();
    let from_archive = read_input(&Input::from_bytes("t.tar.gz", gzip(&tar(&files))), None).unwrap();
    assert_eq!(from_folder.fingerprint(), by_mapping.fingerprint());
    assert_eq!(from_folder.fingerprint(), from_archive.fingerprint());
    assert_eq!(from_folder.node_tables(), from_archive.node_tables());
    assert_eq!(by_mapping.provenance().sources.len(), 3);
}

#[test]
fn a_table_that_an_archive_lacks_is_named_with_the_line_of_the_mapping() {
    let files: Vec<_> = tables_files().into_iter().filter(|(name, _)| !name.contains("treats")).collect();
    let error = read_input(&Input::from_bytes("t.tar", tar(&files)), None).unwrap_err().to_string();
    assert_eq!(
        error,
        "t.tar/own/map.toml:10: found no file t.tar/own/tables/treats.jsonl; expected the path of a table, from the \
         folder of the mapping file"
    );
}

/// Tables of several blocks are read in parallel, and come out in the order of the file.
#[test]
fn a_long_table_keeps_its_order() {
    const ROWS: usize = 400_000;
    let folder = tempfile::tempdir().unwrap();
    let mut table = b"d,x,w\n".to_vec();
    for row in 0..ROWS {
        writeln!(table, "drug{row},disease{},{row}", row % 1000).unwrap();
    }
    fs::write(folder.path().join("t.csv"), table).unwrap();
    let mapping = "[[edges]]\nfile = 't.csv'\nrelation = 'treats'\nweight = 'w'\n\
                   source = { type = 'drug', id = 'd', prefix = 'p' }\ntarget = { type = 'disease', id = 'x' }\n";
    fs::write(folder.path().join("m.toml"), mapping).unwrap();
    let graph = read(folder.path(), None).unwrap();
    let drugs = &graph.node_tables()[0];
    assert!(drugs.ids.iter().enumerate().all(|(row, id)| *id == format!("p:drug{row}")));
    let weights = graph.relations()[0].forward.weights().unwrap();
    assert!(weights.iter().enumerate().all(|(row, weight)| *weight == row as f32));
}
