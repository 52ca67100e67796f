//! Triples with what stands beside them: every layout, and every way in which it can be broken.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use proptest::prelude::*;
use theriac_formats::{Input, export, read, read_input};
use theriac_graph::Graph;

use crate::samples::{gzip, ogb_files, tar, triples_files};

type Files = Vec<(String, String)>;

fn files(files: &[(&str, &str)]) -> Files {
    files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

fn packed(files: &[(String, String)]) -> Input {
    Input::from_bytes("kg.tar.gz", gzip(&tar(files)))
}

fn write_files(folder: &Path, files: &[(String, String)]) {
    for (name, text) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

fn edges(graph: &Graph) -> Vec<(String, usize, bool)> {
    let relations = graph.relations().iter();
    relations.map(|relation| (relation.key.to_string(), relation.edge_count(), relation.undirected)).collect()
}

#[test]
fn an_export_is_read_back_with_isolated_nodes_and_empty_relations() {
    let graph = read_input(&packed(&triples_files()), None).unwrap();
    let expected = [
        ("drug:treats:disease", 2, false),
        ("drug:resembles:drug", 1, true),
        ("disease:presents:disease", 0, false),
    ];
    assert_eq!(edges(&graph), expected.map(|(key, edges, undirected)| (key.to_owned(), edges, undirected)));
    let [drugs, diseases] = graph.node_tables() else { panic!("two types of nodes") };
    assert_eq!((drugs.ids.join(" "), drugs.names.join(" ")), ("1 2 3".into(), "one two 3".into()));
    assert_eq!((diseases.ids.join(" "), diseases.names.join(" ")), ("1 2".into(), "fever 2".into()));
    let [treats, resembles, _] = graph.relations() else { panic!("three relations") };
    assert_eq!(treats.forward.weights(), Some(&[0.5, -1.0][..]));
    assert_eq!(resembles.forward.weights(), None);
    assert!(graph.provenance().decisions.is_empty(), "{:?}", graph.provenance().decisions);

    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("kg");
    export(&graph, "triples", &folder).unwrap();
    let again = read(&folder, None).unwrap();
    assert_eq!(again.fingerprint(), graph.fingerprint());
    assert_eq!((again.node_tables(), again.relations()), (graph.node_tables(), graph.relations()));
    for (name, text) in triples_files() {
        let written = fs::read_to_string(place.path().join(&name)).unwrap();
        if name.ends_with("entity_names.tsv") {
            assert!(written.starts_with("drug::1\tone\ndrug::2\ttwo\ndrug::3\t3\n"), "{written}");
        } else {
            assert_eq!(written, text, "{name}");
        }
    }
}

#[test]
fn the_triples_of_an_export_are_read_alone() {
    let (_, triples) = triples_files().pop().unwrap();
    let graph = read_input(&Input::from_bytes("triples.tsv", triples.into_bytes()), None).unwrap();
    let expected = [("drug:treats:disease", 2, false), ("drug:resembles:drug", 1, false)];
    assert_eq!(edges(&graph), expected.map(|(key, edges, undirected)| (key.to_owned(), edges, undirected)));
    assert_eq!(graph.node_tables()[0].ids, ["1", "2"]);
}

#[test]
fn the_parts_of_a_split_are_one_graph() {
    let split = files(&[
        ("kg/entity_names.txt", "g1\tGENE1\np1\tpathway one\nelsewhere\tx\n"),
        ("kg/entity_types.txt", "g1\t0\ng2\t0\np1\t1\nalone\t1\n"),
        ("kg/test.txt", "p1\tGO:annotation\tg2\n"),
        ("kg/test_pred.txt", "p1\tGO:annotation\tg1\n"),
        ("kg/train1.txt", "g1\tinteracts\tg2\ng2\tinteracts\tg1\n"),
        ("kg/train2.txt", "p1\tGO:annotation\tg1\n"),
        ("kg/valid.txt", "g1\tinteracts\tg2\n"),
    ]);
    let graph = read_input(&packed(&split), None).unwrap();
    let expected = [("0:interacts:0".into(), 2, false), ("1:go_annotation:0".into(), 2, false)];
    assert_eq!(edges(&graph), expected);
    assert_eq!(graph.relations()[0].merged_duplicates, 1);
    let ids: Vec<String> = graph.node_tables().iter().map(|table| table.ids.join(" ")).collect();
    assert_eq!(ids, ["g1 g2", "p1 alone"]);
    assert_eq!(graph.node_tables()[1].names, ["pathway one", "alone"]);
    assert_eq!(
        graph.provenance().decisions,
        [
            "names of 1 entity not read: kg.tar.gz/kg/entity_types.txt does not have them",
            "kg/train1.txt, kg/train2.txt, kg/valid.txt and kg/test.txt read as one graph: how they split its triples is \
             not kept",
            "kg/test_pred.txt not read",
            "colons in the names of relations read as _, since they separate the parts of a key: GO:annotation",
        ]
    );
    let folder = tempfile::tempdir().unwrap();
    write_files(folder.path(), &split);
    assert_eq!(read(&folder.path().join("kg"), None).unwrap().fingerprint(), graph.fingerprint());
}

#[test]
fn names_need_no_types_and_files_no_known_names() {
    let with_names = files(&[("entity2text.txt", "a\tAspirin\n"), ("my.tsv", "a\ttreats\tx\n")]);
    let graph = read_input(&packed(&with_names), None).unwrap();
    assert_eq!(graph.node_tables()[0].names, ["Aspirin", "x"]);
    assert_eq!(graph.provenance().decisions, ["entities have no types: all nodes are of type entity"]);
    let split = files(&[("train.txt", "a\ttreats\tx\n"), ("dev.tsv", "a\ttreats\ty\n")]);
    let graph = read_input(&packed(&split), None).unwrap();
    assert_eq!(edges(&graph), [("entity:treats:entity".into(), 2, false)]);
}

#[test]
fn the_files_of_ogb_are_read_by_their_indices() {
    let graph = read_input(&packed(&ogb_files()), None).unwrap();
    let [diseases, drugs] = graph.node_tables() else { panic!("two types of nodes") };
    assert_eq!((diseases.ids.join(" "), drugs.ids.join(" ")), ("0 1".into(), "CID1 CID2 CID,3".into()));
    let pairs: Vec<_> = graph.relations()[0].forward.pairs().collect();
    assert_eq!(pairs, [(0, 1), (2, 0)]);
    assert_eq!(
        graph.provenance().decisions,
        [
            "no disease_entidx2name.csv: disease nodes go by their indices",
            "biokg/split/random/train.pt not read, since they are Python objects: the graph holds the triples of \
             relations/, which are those for training",
        ]
    );
}

/// The message for files with one changed, or left out where `text` is `None`.
fn message(mut files: Files, name: &str, text: Option<&str>) -> String {
    let place = files.iter().position(|(file, _)| file.ends_with(name)).unwrap();
    match text {
        Some(text) => text.clone_into(&mut files[place].1),
        None => drop(files.remove(place)),
    }
    read_input(&packed(&files), Some("triples")).unwrap_err().to_string()
}

#[test]
fn every_bad_input_is_one_clear_sentence() {
    let kg = "kg.tar.gz/kg";
    let cases = [
        (
            "triples.tsv",
            Some("drug::1\ttreats\tdisease::2\ndrug::9\ttreats\tdisease::2\n"),
            format!("{kg}/triples.tsv:2: found the entity 'drug::9'; expected one that {kg}/entity_types.tsv gives a type"),
        ),
        (
            "triples.tsv",
            Some("drug::1\ttreats\tdisease::2\ndrug::1\tcures\tdisease::2\n"),
            format!("{kg}/triples.tsv:2: found the relation 'cures'; expected one of {kg}/relations.tsv"),
        ),
        (
            "triples.tsv",
            Some("drug::1\ttreats\tdrug::2\n"),
            format!(
                "{kg}/triples.tsv:1: found 'treats' from drug to drug; expected drug:treats:disease, as {kg}/relations.tsv \
                 has it"
            ),
        ),
        (
            "triples.tsv",
            None,
            "kg.tar.gz has no member 'triples.tsv'; triples needs lines of head, relation and tail with tabs between"
                .into(),
        ),
        (
            "entity_types.tsv",
            Some("drug::1\tdrug\tx\n"),
            format!("{kg}/entity_types.tsv:1: found 3 cells; expected two, an entity and its type"),
        ),
        (
            "entity_types.tsv",
            Some("drug::1\tdr:ug\n"),
            format!("{kg}/entity_types.tsv:1: found 'dr:ug' for a node type; expected a name without ':'"),
        ),
        (
            "entity_names.tsv",
            Some("drug::1\n"),
            format!("{kg}/entity_names.tsv:1: found 1 cell; expected two, an entity and its name"),
        ),
        (
            "relations.tsv",
            Some("relation\tkey\tundirected\ntreats\n"),
            format!(
                "{kg}/relations.tsv:2: found 'treats'; expected the name of a relation, source:name:target, and true or \
                 false"
            ),
        ),
    ];
    for (name, text, expected) in cases {
        assert_eq!(message(triples_files(), name, text), expected);
    }
    let mut twice = triples_files();
    twice.push(("old/entity_types.txt".into(), String::new()));
    let error = read_input(&packed(&twice), Some("triples")).unwrap_err().to_string();
    assert_eq!(
        error,
        "kg.tar.gz holds 'entity_types' twice ('kg/entity_types.tsv' and 'old/entity_types.txt'); expected one"
    );
}

#[test]
fn every_bad_file_of_ogb_is_one_clear_sentence() {
    let raw = "kg.tar.gz/biokg/raw";
    let edges = format!("{raw}/relations/drug___drug-disease___disease/edge.csv");
    let mapping = "kg.tar.gz/biokg/mapping/drug_entidx2name.csv";
    let cases = [
        (
            "disease/edge.csv",
            "0,1\n0,2\n",
            format!("{edges}:2: found disease '2'; expected an index below 2"),
        ),
        ("disease/edge.csv", "0,1\n-1,2\n", format!("{edges}:2: found drug '-1'; expected an index below 3")),
        ("disease/edge.csv", "0,1\n0\n", format!("{edges}:2: found 1 cell; expected 2, as on line 1")),
        (
            "drug_entidx2name.csv",
            "ent idx,ent name\n0,a\n2,b\n",
            format!("{mapping}:3: found '2,b'; expected the index 1 and an id"),
        ),
        (
            "drug_entidx2name.csv",
            "ent idx,ent name\n0,a\n",
            format!("{mapping} has 1 row; expected 3, one for each line of num-node-dict.csv"),
        ),
        (
            "num-node-dict.csv",
            "disease,drug\n2\n",
            format!("{raw}/num-node-dict.csv:2: found 1 cell; expected 2, as on line 1"),
        ),
        (
            "num-node-dict.csv",
            "disease,drug\n2,many\n",
            format!("{raw}/num-node-dict.csv:2: cell 2 holds 'many'; expected a number of nodes"),
        ),
        (
            "num-node-dict.csv",
            "disease,drug\n",
            format!(
                "{raw}/num-node-dict.csv:1: found 1 line; expected a line of node types and one of their numbers"
            ),
        ),
        (
            "num-node-dict.csv",
            "drug\n3\n",
            format!(
                "{edges} is refused: num-node-dict.csv has no node type disease; expected a relation between types that it \
                 has"
            ),
        ),
    ];
    for (name, text, expected) in cases {
        assert_eq!(message(ogb_files(), name, Some(text)), expected);
    }
}

proptest! {
    /// Any text in the place of any file gives a graph or an error, never a panic.
    #[test]
    fn no_text_makes_the_reader_panic(
        ogb in any::<bool>(),
        which in any::<prop::sample::Index>(),
        text in "[a1:\t\n, .]{0,40}",
    ) {
        let mut files = if ogb { ogb_files() } else { triples_files() };
        which.get_mut(&mut files).1 = text;
        let _ = read_input(&Input::from_bytes("kg.tar", tar(&files)), Some("triples"));
    }

    /// All triples that are written are read, each once, in however many files they stand.
    #[test]
    fn all_triples_are_read(
        triples in prop::collection::vec(("[a-f]{1,2}", "[r-t]", "[a-f]{1,2}"), 1..40),
        cut in any::<prop::sample::Index>(),
    ) {
        let line = |(head, relation, tail): &(String, String, String)| format!("{head}\t{relation}\t{tail}\n");
        let (train, test) = triples.split_at(cut.index(triples.len()).max(1));
        let text = |part: &[_]| part.iter().map(line).collect::<String>();
        let split = files(&[("test.txt", &text(test)), ("train.txt", &text(train))]);
        let graph = read_input(&packed(&split), None).unwrap();
        let whole = Input::from_bytes("kg.tsv", text(&triples).into_bytes());
        prop_assert_eq!(read_input(&whole, None).unwrap().fingerprint(), graph.fingerprint());
        let ids = &graph.node_tables()[0].ids;
        let found: BTreeSet<_> = graph
            .relations()
            .iter()
            .flat_map(|relation| relation.forward.pairs().map(|pair| (pair, relation.key.name.clone())))
            .map(|((head, tail), name)| (ids[head as usize].clone(), name, ids[tail as usize].clone()))
            .collect();
        prop_assert_eq!(found, triples.iter().cloned().collect::<BTreeSet<_>>());
    }
}
