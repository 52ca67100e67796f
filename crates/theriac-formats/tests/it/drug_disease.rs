//! Drug-disease data sets: the published ones in MATLAB's form and as text.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use theriac_formats::{Input, read, read_input};
use theriac_graph::Graph;

#[allow(clippy::print_stderr, reason = "a test that cannot run says so")]
fn published(name: &str) -> Option<PathBuf> {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")).join(name);
    if !path.exists() {
        let _ = writeln!(std::io::stderr(), "skipped: {name} is not here");
        return None;
    }
    Some(path)
}

/// The pairs of `drug:treats:disease` by id.
fn pairs(graph: &Graph) -> BTreeSet<(String, String)> {
    let [drugs, diseases] = graph.node_tables() else { panic!("two node types") };
    assert_eq!((drugs.node_type.as_str(), diseases.node_type.as_str()), ("drug", "disease"));
    let treats = graph.resolve_relation("drug:treats:disease").unwrap();
    let ids = |(drug, disease)| (drugs.ids[drug as usize].clone(), diseases.ids[disease as usize].clone());
    treats.forward.pairs().map(ids).collect()
}

fn sizes(graph: &Graph) -> Vec<usize> {
    graph.node_tables().iter().map(theriac_graph::NodeTable::len).collect()
}

#[test]
fn the_two_forms_of_gottlieb_et_al_give_the_same_pairs_and_similarities() {
    let Some(folder) = published("gottlieb") else { return };
    let matlab = read(&folder.join("Fdataset.mat"), None).unwrap();
    let association = folder.join("predict_admat_dgc.txt");
    let together: Vec<PathBuf> =
        ["predict_admat_dgc.txt", "predict_simmat_dc_chemical.txt", "predict_simmat_dg.txt"]
            .map(|name| folder.join(name))
            .to_vec();
    let text = read_input(&Input::together(&together).unwrap(), None).unwrap();
    let alone = read(&association, None).unwrap();
    let whole = read(&folder, None).unwrap();
    let expected = pairs(&matlab);
    assert_eq!(expected.len(), 1933);
    assert!(expected.iter().all(|(drug, disease)| {
        drug.starts_with("drugbank:DB")
            && disease.starts_with("omim:")
            && disease.len() == "omim:102100".len()
    }));
    for graph in [&text, &alone, &whole] {
        assert_eq!(sizes(graph), [593, 313]);
        assert!(pairs(graph) == expected);
    }
    assert!(alone.node_tables()[0].features.is_none());
    for (place, drug_or_disease) in matlab.node_tables().iter().enumerate() {
        let (wide, narrow) = (
            drug_or_disease.features.as_ref().unwrap(),
            text.node_tables()[place].features.as_ref().unwrap(),
        );
        assert_eq!((wide.name.as_str(), wide.dim), ("similarity", drug_or_disease.len()));
        assert_eq!(wide.dim, narrow.dim);
        let other = &text.node_tables()[place];
        let places: Vec<usize> = drug_or_disease
            .ids
            .iter()
            .map(|id| other.ids.iter().position(|known| known == id).unwrap())
            .collect();
        for (i, &row) in places.iter().enumerate() {
            for (j, &column) in places.iter().enumerate() {
                let (a, b) = (wide.row(i as u32)[j], narrow.row(row as u32)[column]);
                // The text has five digits.
                assert!((a - b).abs() <= 6e-6 + 6e-5 * a.abs(), "{} {i} {j}: {a} {b}", other.node_type);
            }
        }
    }
    assert_eq!(whole.fingerprint(), text.fingerprint());
    let decisions = &whole.provenance().decisions;
    assert!(decisions.iter().any(|decision| decision.contains("Fdataset.mat")), "{decisions:?}");
}

#[test]
fn the_benchmark_without_labels_has_its_pairs() {
    let Some(folder) = published("bdataset") else { return };
    let graph = read(&folder, None).unwrap();
    assert_eq!(sizes(&graph), [269, 598]);
    let pairs = pairs(&graph);
    assert_eq!(pairs.len(), 18_416);
    assert!(pairs.iter().all(|(drug, disease)| drug.starts_with("drug ") && disease.starts_with("disease ")));
    let drugs = graph.node_tables()[0].features.as_ref().unwrap();
    assert_eq!((drugs.name.as_str(), drugs.dim), ("similarity", 269));
    assert!(graph.node_tables()[1].features.is_none());
    let decisions = &graph.provenance().decisions;
    for text in
        ["called 'drug 1' to 'drug 269'", "called 'disease 1' to 'disease 598'", "disease nodes have no sim"]
    {
        assert!(decisions.iter().any(|decision| decision.contains(text)), "{text}: {decisions:?}");
    }
}

#[test]
fn a_published_file_cut_short_is_damaged() {
    let Some(path) = published("gottlieb/Fdataset.mat") else { return };
    let whole = std::fs::read(path).unwrap();
    for length in [129, 3000, whole.len() / 2, whole.len() - 1] {
        let cut = Input::from_bytes("F.mat", whole[..length].to_vec());
        let message = read_input(&cut, None).unwrap_err().to_string();
        assert!(message.starts_with("F.mat is damaged or incomplete ("), "cut to {length} bytes: {message}");
    }
}
