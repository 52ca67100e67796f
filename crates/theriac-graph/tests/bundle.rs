//! Graph folders: what is saved is loaded again, and what is damaged is refused by name.

#![allow(clippy::unwrap_used, reason = "a test that cannot build its graph has failed")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use tempfile::TempDir;
use theriac_graph::{
    DuplicatePolicy, EdgeList, FeatureMatrix, Graph, GraphBuilder, GraphError, NodeTable, Provenance,
    RelationKey,
};

/// A node type of any name with any texts, and features or none.
fn node_table(node_type: String) -> impl Strategy<Value = NodeTable> {
    let text = "\\PC{0,6}";
    let texts = || prop::collection::vec(text, 0..3);
    let node = (text, text, texts(), texts());
    (prop::collection::vec(node, 1..8), prop::option::of((text, 1usize..4))).prop_flat_map(
        move |(nodes, features)| {
            let mut table = NodeTable { node_type: node_type.clone(), ..NodeTable::default() };
            for (place, (id, name, synonyms, xrefs)) in nodes.into_iter().enumerate() {
                table.ids.push(format!("{id}{place}"));
                table.names.push(name);
                table.synonyms.push(synonyms);
                table.xrefs.push(xrefs);
            }
            let (name, dim) = features.unwrap_or((String::new(), 0));
            let finite = any::<f32>().prop_filter("features are finite", |value| value.is_finite());
            prop::collection::vec(finite, table.len() * dim).prop_map(move |values| NodeTable {
                features: (dim > 0).then(|| FeatureMatrix { name: name.clone(), dim, values }),
                ..table.clone()
            })
        },
    )
}

/// Edges between two of the node types, each once.
fn relation(types: Vec<(String, usize)>) -> impl Strategy<Value = (RelationKey, EdgeList)> {
    let end = (0..types.len(), 0..types.len());
    (end, "[a-z/. é%\\\\]{1,4}").prop_flat_map(move |((source, target), name)| {
        let key = RelationKey::new(&types[source].0, name, &types[target].0);
        let ends = (0..types[source].1 as u32, 0..types[target].1 as u32);
        let weight = any::<f32>().prop_filter("weights are finite", |value| value.is_finite());
        (prop::collection::btree_map(ends, weight, 1..20), any::<bool>()).prop_map(
            move |(edges, weighted)| {
                let (sources, targets) = edges.keys().copied().unzip();
                let weights = weighted.then(|| edges.values().copied().collect());
                (key.clone(), EdgeList { sources, targets, weights, ..EdgeList::default() })
            },
        )
    })
}

fn any_graph() -> impl Strategy<Value = Graph> {
    prop::collection::btree_set("[a-zA-Z/. ñ%\\\\_-]{1,5}", 1..4)
        .prop_flat_map(|names| names.into_iter().map(node_table).collect::<Vec<_>>())
        .prop_flat_map(|tables| {
            let types: Vec<(String, usize)> =
                tables.iter().map(|table| (table.node_type.clone(), table.len())).collect();
            (
                Just(tables),
                prop::collection::vec(relation(types), 1..4),
                "\\PC{0,9}",
                prop::option::of("\\PC{0,9}"),
            )
        })
        .prop_map(|(tables, relations, name, licence)| {
            let mut builder = GraphBuilder::new(Provenance { name, licence, ..Provenance::default() });
            for table in tables {
                builder.add_nodes(table).unwrap();
            }
            let relations: BTreeMap<RelationKey, EdgeList> = relations.into_iter().collect();
            builder.add_relations(relations.into_iter().collect(), DuplicatePolicy::Reject).unwrap();
            builder.build().unwrap()
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn what_is_saved_is_loaded(graph in any_graph()) {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("graph");
        graph.save(&folder).unwrap();
        let loaded = Graph::load(&folder).unwrap();
        prop_assert_eq!(loaded.fingerprint(), graph.fingerprint());
        prop_assert_eq!(loaded, graph);
        prop_assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1, "something is left beside the graph");
    }
}

/// Two drugs with features, three diseases, weighted treatments and a repeated interaction.
fn sample() -> Graph {
    let mut builder = GraphBuilder::new(Provenance { name: "sample".into(), ..Provenance::default() });
    let mut drugs = NodeTable::new("drug", vec!["d0".into(), "d1".into()], vec!["one".into(), "two".into()]);
    drugs.features = Some(FeatureMatrix { name: "mass".into(), dim: 2, values: vec![1.0, 2.0, 3.0, 4.0] });
    builder.add_nodes(drugs).unwrap();
    let ids: Vec<String> = (0..3).map(|i| format!("x{i}")).collect();
    builder.add_nodes(NodeTable::new("side effect", ids.clone(), ids)).unwrap();
    let causes = EdgeList {
        sources: vec![0, 0, 1],
        targets: vec![0, 2, 1],
        weights: Some(vec![0.5, 1.0, 2.0]),
        ..EdgeList::default()
    };
    let interacts = EdgeList { sources: vec![0, 1, 0], targets: vec![1, 0, 1], ..EdgeList::default() };
    builder
        .add_relation("drug:causes:side effect".parse().unwrap(), causes, DuplicatePolicy::Reject)
        .unwrap();
    builder.add_relation("drug:interacts:drug".parse().unwrap(), interacts, DuplicatePolicy::Merge).unwrap();
    builder.build().unwrap()
}

fn saved(graph: &Graph) -> (TempDir, PathBuf) {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("graph");
    graph.save(&folder).unwrap();
    (place, folder)
}

const FILES: [&str; 6] = [
    "graph.json",
    "nodes/drug.parquet",
    "nodes/side%20effect.parquet",
    "edges/drug.causes.side%20effect.parquet",
    "edges/drug.interacts.drug.parquet",
    "features/drug.safetensors",
];

/// What `load` says after `damage`, without the folder.
fn refusal(damage: impl FnOnce(&Path)) -> String {
    let (_place, folder) = saved(&sample());
    damage(&folder);
    let error = Graph::load(&folder).expect_err("the damage went unseen").to_string();
    error.strip_prefix(&format!("{}/", folder.display())).expect("the message names no file").to_owned()
}

fn edit_manifest(folder: &Path, from: &str, to: &str) {
    let path = folder.join("graph.json");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "graph.json has no {from}");
    fs::write(path, text.replacen(from, to, 1)).unwrap();
}

/// Saves another graph, takes one of its files, and does away with the checksums.
fn swap_file(folder: &Path, other: &Graph, file: &str) {
    let (_place, from) = saved(other);
    fs::copy(from.join(file), folder.join(file)).unwrap();
    edit_manifest(folder, "\"files\"", "\"former files\"");
}

/// The sample with other drug-side effect edges.
fn with_causes(sources: &[u32], targets: &[u32], weights: Option<&[f32]>) -> Graph {
    let graph = sample();
    let causes = &graph.relations()[0];
    let edges = theriac_graph::Csr::from_pairs(2, 3, sources, targets, weights);
    let changed = causes.with_edges(edges);
    graph.map_relations(|relation| {
        Some(if relation.key == changed.key { changed.clone() } else { relation.clone() })
    })
}

#[test]
fn the_folder_holds_the_files_of_the_format() {
    let (_place, folder) = saved(&sample());
    for file in FILES {
        assert!(folder.join(file).is_file(), "{file} is missing");
    }
    let manifest: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.join("graph.json")).unwrap()).unwrap();
    assert_eq!(manifest["node_types"][0]["features"], serde_json::json!({"name": "mass", "dim": 2}));
    assert_eq!(
        manifest["relations"][1],
        serde_json::json!({
            "relation": "drug:interacts:drug", "edges": 2, "weighted": false, "symmetric": true,
            "merged_duplicates": 1,
        })
    );
    assert_eq!(manifest["fingerprint"], sample().fingerprint());
    assert_eq!(Graph::load(&folder).unwrap(), sample());
}

#[test]
fn saving_replaces_a_graph_and_nothing_else() {
    let (place, folder) = saved(&sample());
    let smaller = with_causes(&[0], &[0], None);
    smaller.save(&folder).unwrap();
    assert_eq!(Graph::load(&folder).unwrap(), smaller);
    let error = smaller.save(place.path()).unwrap_err();
    assert!(matches!(error, GraphError::Occupied { .. }), "{error}");
    assert_eq!(Graph::load(&folder).unwrap(), smaller);
}

#[test]
fn a_graph_that_could_not_be_loaded_is_not_saved() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("graph");
    let error = with_causes(&[0, 0], &[2, 2], None).save(&folder).unwrap_err();
    assert!(error.to_string().contains("edge d0 -> x2 of drug:causes:side effect would be written twice"));
    let error = sample().map_relations(|_| None).save(&folder).unwrap_err();
    assert!(matches!(error, GraphError::Empty { what: "edges" }));
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0, "something is left behind");
}

#[test]
fn every_file_is_needed() {
    for file in FILES {
        let message = refusal(|folder| fs::remove_file(folder.join(file)).unwrap());
        assert_eq!(message, format!("{file}: the file is missing; expected every file of the graph folder"));
    }
}

#[test]
fn a_file_cut_short_is_refused_without_its_checksum_too() {
    let (_place, folder) = saved(&sample());
    edit_manifest(&folder, "\"files\"", "\"former files\"");
    for file in FILES {
        let bytes = fs::read(folder.join(file)).unwrap();
        for kept in (0..bytes.len() - 1).step_by(17) {
            fs::write(folder.join(file), &bytes[..kept]).unwrap();
            let message = Graph::load(&folder).expect_err("the cut went unseen").to_string();
            let named = format!("{}/{file}: ", folder.display());
            assert!(message.starts_with(&named), "{file} cut to {kept} bytes: {message}");
        }
        fs::write(folder.join(file), &bytes).unwrap();
    }
    assert_eq!(Graph::load(&folder).unwrap(), sample());
}

#[test]
fn a_changed_bit_is_refused() {
    let original = sample();
    let (_place, folder) = saved(&original);
    for file in FILES {
        let bytes = fs::read(folder.join(file)).unwrap();
        for at in (0..bytes.len()).step_by(11) {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << (at % 8);
            fs::write(folder.join(file), &changed).unwrap();
            match Graph::load(&folder) {
                Err(error) => {
                    assert!(error.to_string().starts_with(&format!("{}/", folder.display())), "{error}");
                }
                Ok(loaded) => {
                    assert_eq!(file, "graph.json", "a changed bit in byte {at} went unseen");
                    assert_eq!(loaded.fingerprint(), original.fingerprint(), "byte {at}");
                }
            }
        }
        fs::write(folder.join(file), &bytes).unwrap();
    }
    assert_eq!(Graph::load(&folder).unwrap(), original);
}

#[test]
fn counts_must_be_those_of_the_manifest() {
    assert_eq!(
        refusal(|folder| edit_manifest(folder, "\"edges\": 3", "\"edges\": 4")),
        "edges/drug.causes.side%20effect.parquet: there are 3 rows; graph.json says 4"
    );
    assert_eq!(
        refusal(|folder| edit_manifest(folder, "\"nodes\": 3", "\"nodes\": 2")),
        "nodes/side%20effect.parquet: there are 3 rows; graph.json says 2"
    );
    assert_eq!(
        refusal(|folder| edit_manifest(folder, "\"dim\": 2", "\"dim\": 1")),
        "features/drug.safetensors: tensor 'mass' is F32 [2, 2]; graph.json says F32 [2, 1]"
    );
    assert_eq!(
        refusal(|folder| edit_manifest(folder, "\"weighted\": true", "\"weighted\": false")),
        "edges/drug.causes.side%20effect.parquet: there is a column 'weight'; graph.json says that the edges have \
         no weights"
    );
    assert_eq!(
        refusal(|folder| edit_manifest(folder, "\"weighted\": false", "\"weighted\": true")),
        "edges/drug.interacts.drug.parquet: there is no column 'weight'; the columns are source, target"
    );
    assert_eq!(
        refusal(|folder| edit_manifest(folder, "\"symmetric\": false", "\"symmetric\": true")),
        "graph.json: relation drug:causes:side effect is said to be symmetric: true; the edges say false"
    );
}

#[test]
fn names_must_be_those_of_the_graph() {
    assert_eq!(
        refusal(|folder| edit_manifest(folder, "drug:interacts:drug", "drug:binds:drug")),
        "edges/drug.binds.drug.parquet: the file is missing; expected every file of the graph folder"
    );
    assert!(
        refusal(|folder| edit_manifest(folder, "drug:interacts:drug", "drug:interacts"))
            .starts_with("graph.json: 'drug:interacts' is not a relation; expected three names")
    );
    let message = refusal(|folder| {
        let edges = folder.join("edges");
        fs::copy(edges.join("drug.interacts.drug.parquet"), edges.join("drug.binds.gene.parquet")).unwrap();
        edit_manifest(folder, "drug:interacts:drug", "drug:binds:gene");
    });
    assert_eq!(
        message,
        "graph.json: relation drug:binds:gene needs node type 'gene', which the graph does not have (it has drug, \
         side effect)"
    );
}

#[test]
fn a_changed_edge_or_weight_is_noticed() {
    let file = "edges/drug.causes.side%20effect.parquet";
    let weights = Some(&[0.5, 1.0, 2.0][..]);
    for other in [
        with_causes(&[0, 0, 1], &[0, 2, 2], weights),
        with_causes(&[0, 0, 1], &[0, 2, 1], Some(&[0.5, 1.0, 2.5])),
    ] {
        let message = refusal(|folder| swap_file(folder, &other, file));
        assert!(message.starts_with("graph.json: the fingerprint is "), "{message}");
        assert!(message.contains(&other.fingerprint()), "{message}");
    }
}

#[test]
fn a_damaged_name_is_noticed_and_a_corrected_one_allowed() {
    let mut tables = sample().node_tables().to_vec();
    tables[0].names[1] = "Two".into();
    let mut builder = GraphBuilder::new(Provenance::default());
    for table in tables {
        builder.add_nodes(table).unwrap();
    }
    let edges = EdgeList { sources: vec![0], targets: vec![1], ..EdgeList::default() };
    builder.add_relation("drug:interacts:drug".parse().unwrap(), edges, DuplicatePolicy::Reject).unwrap();
    let (_other_place, other) = saved(&builder.build().unwrap());
    let (_place, folder) = saved(&sample());
    fs::copy(other.join("nodes/drug.parquet"), folder.join("nodes/drug.parquet")).unwrap();
    let error = Graph::load(&folder).unwrap_err().to_string();
    assert!(error.contains("nodes/drug.parquet: the SHA-256 is "), "{error}");
    edit_manifest(&folder, "\"files\"", "\"former files\"");
    assert_eq!(Graph::load(&folder).unwrap().node_tables()[0].names, ["one", "Two"]);
}

#[test]
fn a_dangling_edge_is_named_by_its_row() {
    let message = refusal(|folder| {
        let mut builder = GraphBuilder::new(Provenance::default());
        let ids: Vec<String> = (0..9).map(|i| format!("n{i}")).collect();
        builder.add_nodes(NodeTable::new("drug", ids.clone(), ids)).unwrap();
        let edges = EdgeList { sources: vec![0, 1], targets: vec![1, 5], ..EdgeList::default() };
        builder.add_relation("drug:interacts:drug".parse().unwrap(), edges, DuplicatePolicy::Reject).unwrap();
        swap_file(folder, &builder.build().unwrap(), "edges/drug.interacts.drug.parquet");
    });
    assert_eq!(
        message,
        "edges/drug.interacts.drug.parquet:2: an edge of drug:interacts:drug points at drug 5; expected an index \
         below 2"
    );
}
