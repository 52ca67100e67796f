//! Search as you type on real names: those of the primer, and those of Hetionet where it is there.

use std::io::Write as _;
use std::path::Path;

use theriac_formats::primer;
use theriac_graph::{Graph, NameFit, NameIndex};

/// The first three hits: their texts and fits.
fn first<'g>(index: &NameIndex, graph: &'g Graph, query: &str) -> Vec<(&'g str, NameFit)> {
    index.search(graph, query, None, 3).into_iter().map(|hit| (hit.text, hit.fit)).collect()
}

/// Whether every node is found by its name and its id, behind nothing but equally exact hits.
fn check_every_node(index: &NameIndex, graph: &Graph, step: usize) {
    for (node_type, table) in graph.node_tables().iter().enumerate() {
        for node in (0..table.len()).step_by(step) {
            for text in [&table.ids[node], &table.names[node]] {
                let hits = index.search(graph, text, None, 50);
                let exact = hits.iter().take_while(|hit| hit.fit == NameFit::Exact);
                let found = exact.clone().any(|hit| (hit.node_type, hit.node as usize) == (node_type, node));
                assert!(found || exact.count() == 50, "{text}");
            }
        }
    }
}

#[test]
fn the_primer_is_searched_by_names_and_synonyms() {
    let graph = primer().unwrap();
    let index = NameIndex::new(&graph);
    check_every_node(&index, &graph, 1);
    assert_eq!(first(&index, &graph, "shizophr")[0], ("schizophrenia", NameFit::Near));
    assert_eq!(first(&index, &graph, "haloperdol")[0], ("haloperidol", NameFit::Near));
}

#[test]
fn hetionet_is_searched_by_names() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/hetionet"));
    if !folder.exists() {
        let _ = writeln!(std::io::stderr(), "skipped: {} is not here", folder.display());
        return;
    }
    let graph = theriac_formats::read(folder, None).unwrap();
    let index = NameIndex::new(&graph);
    check_every_node(&index, &graph, 7);
    assert_eq!(first(&index, &graph, "schizophrenia")[0].1, NameFit::Exact);
    assert_eq!(first(&index, &graph, "shizophr")[0], ("schizophrenia", NameFit::Near));
    assert_eq!(first(&index, &graph, "haloperdol")[0], ("Haloperidol", NameFit::Near));
    assert_eq!(first(&index, &graph, "db00014")[0].1, NameFit::Exact);
    assert_eq!(first(&index, &graph, "mellitus type 2")[0], ("type 2 diabetes mellitus", NameFit::Words));
}
