//! DTINet: the published data, and every way in which it can be broken.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use theriac_formats::{FormatError, Input, read, read_input};
use theriac_graph::Graph;

use crate::samples::{dtinet_files, gzip, tar};

fn published() -> Option<PathBuf> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/dtinet/data.tar.gz"));
    if !path.exists() {
        skip("the DTINet tarball is not here");
        return None;
    }
    Some(path)
}

#[allow(clippy::print_stderr, reason = "a test that cannot run says so")]
fn skip(reason: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {reason}");
}

/// What makes a graph, beside the place that it was read from.
fn assert_equal(a: &Graph, b: &Graph) {
    assert_eq!(a.fingerprint(), b.fingerprint());
    assert_eq!(a.node_tables(), b.node_tables());
    assert_eq!(a.relations().len(), b.relations().len());
    for (a, b) in a.relations().iter().zip(b.relations()) {
        assert_eq!((&a.key, &a.forward, &a.backward), (&b.key, &b.forward, &b.backward));
    }
    assert_eq!(a.provenance().decisions, b.provenance().decisions);
}

fn write_files(folder: &Path, files: &[(String, String)]) {
    for (name, text) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

#[test]
fn the_published_tarball_has_the_published_counts() {
    let Some(path) = published() else { return };
    let graph = read(&path, None).unwrap();
    let nodes: Vec<_> = graph.node_tables().iter().map(|t| (t.node_type.as_str(), t.len())).collect();
    assert_eq!(nodes, [("drug", 708), ("protein", 1512), ("disease", 5603), ("side_effect", 4192)]);
    let edges: Vec<_> = graph.relations().iter().map(|r| (r.key.to_string(), r.len())).collect();
    let expected = [
        ("drug:treats:disease", 199_214),
        ("drug:targets:protein", 1923),
        ("drug:interacts:drug", 10_036),
        ("protein:interacts:protein", 7363),
        ("protein:associates:disease", 1_596_745),
        ("drug:causes:side_effect", 80_164),
    ];
    assert_eq!(edges, expected.map(|(key, edges)| (key.to_owned(), edges)));
    let interacts = &graph.resolve_relation("protein:protein").unwrap();
    assert!(interacts.is_symmetric());
    assert_eq!(interacts.forward.pairs().filter(|(a, b)| a == b).count(), 591);

    let drugs = &graph.node_tables()[0];
    assert_eq!((drugs.ids[0].as_str(), drugs.names[0].as_str()), ("drugbank:DB00050", "Cetrorelix"));
    assert!(drugs.names.iter().all(|name| !name.starts_with("DB0")), "a drug without a name");
    let similarity = drugs.features.as_ref().unwrap();
    assert_eq!((similarity.name.as_str(), similarity.dim), ("similarity", 708));
    assert_eq!(similarity.row(0)[..2], [1.0, 0.233_333_33]);
    assert!((0..708).all(|i| similarity.row(i)[i as usize] == 1.0));

    let proteins = &graph.node_tables()[1];
    assert_eq!((proteins.ids[0].as_str(), proteins.names[0].as_str()), ("uniprot:Q9UI32", "GLS2"));
    assert_eq!(proteins.ids.iter().filter(|id| id.contains('#')).count(), 19);
    assert_eq!(graph.node_type("disease").unwrap().1.ids[0], "depressive disorder");

    let provenance = graph.provenance();
    assert_eq!(provenance.name, "DTINet");
    assert_eq!(provenance.licence.as_deref(), Some("GPL-3.0"));
    let said = |text: &str| provenance.decisions.iter().any(|decision| decision.contains(text));
    for text in [
        "not indications",
        "protein:interacts:protein kept, as DTINet has them: 591",
        "19 of 1512 lines of protein.txt",
        "mat_protein_drug.txt not read",
    ] {
        assert!(said(text), "'{text}' is not among {:?}", provenance.decisions);
    }
}

#[test]
fn the_published_tarball_reads_the_same_unpacked() {
    let Some(path) = published() else { return };
    let folder = tempfile::tempdir().unwrap();
    let packed = Input::open(&path).unwrap();
    packed
        .for_each_member(|member| {
            let target = folder.path().join(member.name());
            fs::create_dir_all(target.parent().unwrap()).unwrap();
            fs::write(target, member.content()?).unwrap();
            Ok(())
        })
        .unwrap();
    let whole = read(&path, None).unwrap();
    assert_equal(&read(folder.path(), None).unwrap(), &whole);
    assert_equal(&read(&folder.path().join("data"), None).unwrap(), &whole);
}

#[test]
fn repeated_and_unnamed_nodes_are_kept_and_told() {
    let graph = read_input(&Input::from_bytes("d.tar", tar(&dtinet_files())), None).unwrap();
    let proteins = graph.node_type("protein").unwrap().1;
    assert_eq!(proteins.ids, ["uniprot:P1", "uniprot:P2", "uniprot:P1#2"]);
    assert_eq!(proteins.names, ["GENE1", "GENE2", "GENE1"]);
    assert_eq!(proteins.xrefs[2], ["uniprot:P1"]);
    assert_eq!(graph.node_type("drug").unwrap().1.names, ["Aspirin", "DB02"]);
    let decisions = &graph.provenance().decisions;
    assert!(
        decisions.iter().any(|d| d == "1 of 2 drug nodes have no name and keep their id as name"),
        "{decisions:?}"
    );
    assert!(decisions.iter().any(|d| d.starts_with("1 of 3 lines of protein.txt repeat")), "{decisions:?}");
    assert!(
        decisions.iter().any(|d| d.starts_with("self-loops of protein:interacts:protein")),
        "{decisions:?}"
    );
}

/// The message for the sample with one file changed, or left out where `text` is `None`.
fn message(name: &str, text: Option<&str>) -> String {
    let mut files = dtinet_files();
    let place = files.iter().position(|(file, _)| *file == format!("data/{name}")).unwrap();
    match text {
        Some(text) => text.clone_into(&mut files[place].1),
        None => drop(files.remove(place)),
    }
    let archive = read_input(&Input::from_bytes("d.tar.gz", gzip(&tar(&files))), Some("dtinet")).unwrap_err();
    let folder = tempfile::tempdir().unwrap();
    write_files(folder.path(), &files);
    let unpacked = read(folder.path(), None).unwrap_err().to_string();
    let folder = folder.path().display().to_string();
    assert_eq!(unpacked.replace(&folder, "d.tar.gz"), archive.to_string(), "folder and archive differ");
    archive.to_string()
}

#[test]
fn every_bad_input_is_one_clear_sentence() {
    for (name, _) in dtinet_files() {
        let name = name.strip_prefix("data/").unwrap();
        if !["mat_drug_protein_remove_homo.txt", "mat_protein_drug.txt"].contains(&name) {
            let found = message(name, None);
            assert!(
                found.starts_with(&format!("d.tar.gz has no member '{name}'; dtinet needs drug.txt")),
                "{found}"
            );
        }
    }
    let cases = [
        (
            "mat_drug_disease.txt",
            "1 1 0 0\n0 0 1\n",
            "data/mat_drug_disease.txt:2: found 3 cells; expected 4, as on line 1",
        ),
        ("mat_drug_se.txt", "0\nx\n", "data/mat_drug_se.txt:2: cell 1 holds 'x'; expected 0 or 1"),
        ("mat_drug_se.txt", "0\n0.5\n", "data/mat_drug_se.txt:2: cell 1 holds '0.5'; expected 0 or 1"),
        (
            "Similarity_Matrix_Drugs.txt",
            "1 nan\n0 1\n",
            "data/Similarity_Matrix_Drugs.txt:1: cell 2 holds 'nan'; expected a finite number",
        ),
        (
            "se.txt",
            "rash\nptosis\n",
            "data/mat_drug_se.txt has 1 column; expected 2, one for each line of d.tar.gz/data/se.txt",
        ),
        (
            "mat_protein_disease.txt",
            "1 1 1 1\n",
            "data/mat_protein_disease.txt has 1 row; expected 3, one for each line of d.tar.gz/data/protein.txt",
        ),
        (
            "drug.txt",
            "DB01\nDB02\nDB03\n",
            "data/Similarity_Matrix_Drugs.txt has 2 rows; expected 3, one for each line of d.tar.gz/data/drug.txt",
        ),
        ("drug.txt", "DB01\n\nDB02\n", "data/drug.txt:2: found a blank line; expected a name"),
        ("drug.txt", " \n", "data/drug.txt holds no names; expected at least one"),
        (
            "drug_dict_map.txt",
            "DB01:Aspirin\nDB02\n",
            "data/drug_dict_map.txt:2: found 'DB02'; expected id:name",
        ),
        ("mat_drug_drug.txt", "", "data/mat_drug_drug.txt holds no rows; expected at least one"),
    ];
    for (name, text, expected) in cases {
        assert_eq!(message(name, Some(text)), format!("d.tar.gz/{expected}"));
    }
}

#[test]
fn names_in_latin1_are_read_and_told() {
    let mut files: Vec<(String, Vec<u8>)> =
        dtinet_files().into_iter().map(|(name, text)| (name, text.into_bytes())).collect();
    let place = files.iter().position(|(name, _)| name == "data/disease.txt").unwrap();
    files[place].1 = b"fever\nSj\xf6gren's syndrome\ngout\nheadache, acute\n".to_vec();
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in &files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    let graph = read(folder.path(), None).unwrap();
    assert_eq!(graph.node_type("disease").unwrap().1.ids[1], "Sjögren's syndrome");
    let decisions = &graph.provenance().decisions;
    assert!(decisions.iter().any(|d| d == "disease.txt is not UTF-8: read as Latin-1"), "{decisions:?}");
}

#[test]
fn a_file_that_is_there_twice_is_refused() {
    let mut files = dtinet_files();
    files.push(("old/drug.txt".into(), "DB09\nDB08\n".into()));
    let error = read_input(&Input::from_bytes("d.tar", tar(&files)), None).unwrap_err();
    assert!(matches!(error, FormatError::RepeatedMember { member: "drug.txt", .. }), "{error}");
}

#[test]
fn the_published_tarball_cut_short_is_damaged() {
    let Some(path) = published() else { return };
    let whole = fs::read(path).unwrap();
    for length in [whole.len() / 3, whole.len() - 100, whole.len() - 1] {
        let error =
            read_input(&Input::from_bytes("data.tar.gz", whole[..length].to_vec()), None).unwrap_err();
        let expected = "data.tar.gz is damaged or incomplete (it ends early); expected a whole file";
        assert_eq!(error.to_string(), expected, "cut to {length} bytes");
    }
}

/// Reads the tarball some times over; run by hand, with `--ignored --nocapture`, to see how long it takes.
#[test]
#[ignore = "a measurement, not a test"]
#[allow(clippy::print_stderr, reason = "the measurement is its output")]
fn measure_import() {
    let Some(path) = published() else { return };
    for _ in 0..8 {
        let start = std::time::Instant::now();
        Input::open(&path).unwrap();
        let opened = start.elapsed();
        let start = std::time::Instant::now();
        Input::open(&path).unwrap().for_each_member(|member| member.content().map(drop)).unwrap();
        let decompressed = start.elapsed();
        let start = std::time::Instant::now();
        let graph = read(&path, None).unwrap();
        eprintln!(
            "open {opened:.1?}, decompress alone {decompressed:.1?}, whole import {:.1?}, {} relations",
            start.elapsed(),
            graph.relations().len()
        );
    }
}

proptest! {
    /// Any text in the place of any file gives a graph or an error, never a panic.
    #[test]
    fn no_text_makes_the_reader_panic(
        which in any::<prop::sample::Index>(),
        text in "[01 :a\n\t.#-]{0,40}",
    ) {
        let mut files = dtinet_files();
        which.get_mut(&mut files).1 = text;
        let _ = read_input(&Input::from_bytes("d.tar", tar(&files)), Some("dtinet"));
    }
}
