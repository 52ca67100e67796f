//! The multiscale interactome as it is published, where it is at hand.

use std::io::Write;
use std::path::PathBuf;

use proptest::prelude::*;
use theriac_formats::{Input, read, read_input};
use theriac_graph::Graph;

/// The tables, each with its relation and its number of edges.
const TABLES: [(&str, &str, usize); 5] = [
    ("6_drug_indication_df.tsv", "drug:treats:indication", 5_926),
    ("drug_to_protein.tsv", "drug:targets:protein", 8_568),
    (
        "functional_pathway_to_functional_pathway.tsv",
        "biological_function:child_of:biological_function",
        22_545,
    ),
    ("indication_to_protein.tsv", "indication:associates:protein", 25_212),
    ("protein_to_functional_pathway.tsv", "protein:participates:biological_function", 34_777),
];

fn published() -> Option<PathBuf> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/msi"));
    if !folder.exists() {
        let _ = writeln!(std::io::stderr(), "skipped: {} is not here", folder.display());
        return None;
    }
    Some(folder)
}

fn counts(graph: &Graph) -> Vec<(String, usize)> {
    for relation in graph.relations() {
        assert_eq!((relation.merged_duplicates, relation.undirected), (0, false), "{}", relation.key);
    }
    graph.relations().iter().map(|relation| (relation.key.to_string(), relation.len())).collect()
}

#[test]
fn the_published_tables_have_their_counts_together_and_alone() {
    let Some(folder) = published() else { return };
    let graph = read(&folder, None).unwrap();
    assert_eq!(counts(&graph), TABLES.map(|(_, key, edges)| (key.to_owned(), edges)));
    let nodes: Vec<_> =
        graph.node_tables().iter().map(|table| (table.node_type.as_str(), table.len())).collect();
    let expected =
        [("drug", 1_661), ("indication", 840), ("protein", 10_251), ("biological_function", 9_798)];
    assert_eq!(nodes, expected);
    let id = |node_type: &str, name: &str| {
        let table = graph.node_type(node_type).unwrap().1;
        table.ids[table.names.iter().position(|known| known == name).unwrap()].clone()
    };
    assert_eq!(id("drug", "Lepirudin"), "drugbank:DB00001");
    assert_eq!(id("indication", "Thromboembolism"), "umls:C0040038");
    assert_eq!(id("protein", "ACVR1"), "ncbigene:90");
    assert_eq!(id("biological_function", "mitochondrial genome maintenance"), "GO:0000002");
    let functions = graph.node_type("biological_function").unwrap().1;
    let hierarchy = graph.resolve_relation("biological_function:biological_function").unwrap();
    let roots: Vec<&String> = (0..)
        .zip(&functions.names)
        .filter(|(i, _)| hierarchy.forward.degree(*i) == 0)
        .map(|(_, name)| name)
        .collect();
    assert!(roots.contains(&&"biological_process".to_owned()), "children point at their parents");

    let paths = TABLES.map(|(name, ..)| folder.join(name));
    let together = read_input(&Input::together(&paths).unwrap(), None).unwrap();
    assert_eq!(together.fingerprint(), graph.fingerprint());
    for (path, (_, key, edges)) in paths.iter().zip(TABLES) {
        assert_eq!(counts(&read(path, None).unwrap()), [(key.to_owned(), edges)]);
    }
}

#[test]
fn ids_of_no_vocabulary_are_kept_and_counted() {
    let Some(folder) = published() else { return };
    let graph = read(&folder, None).unwrap();
    let drugs = &graph.node_type("drug").unwrap().1.ids;
    let unknown = drugs.iter().filter(|id| !id.starts_with("drugbank:DB")).count();
    let decisions = &graph.provenance().decisions;
    let start = format!("{unknown} ids are of no known vocabulary and kept: drug '");
    assert!(
        unknown > 0 && decisions.len() == 1 && decisions[0].starts_with(&start),
        "{unknown}: {decisions:?}"
    );
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(header in any::<bool>(), text in "[1aGODB:\t\n \"]{0,60}") {
        const INDICATIONS: &str = "drug\tdrug_name\tindication\tindication_name\n";
        const PAIRS: &str = "node_1\tnode_2\tnode_1_type\tnode_2_type\tnode_1_name\tnode_2_name\n";
        let text = format!("{}{text}", if header { PAIRS } else { INDICATIONS });
        let _ = read_input(&Input::from_bytes("m.tsv", text.into_bytes()), Some("msi"));
    }

    /// Every pair that is written is read, each once.
    #[test]
    fn all_pairs_are_read(pairs in prop::collection::btree_set((0u32..30, 0u32..30), 1..40)) {
        let rows = pairs.iter().map(|(drug, indication)| format!("DB{drug:05}\t\tC{indication:07}\t\n"));
        let text = format!("drug\tdrug_name\tindication\tindication_name\n{}", rows.collect::<String>());
        let graph = read_input(&Input::from_bytes("m.tsv", text.into_bytes()), None).unwrap();
        let [drugs, indications] = graph.node_tables() else { panic!("two types of nodes") };
        let mut found: Vec<_> = graph.relations()[0]
            .forward
            .pairs()
            .map(|(drug, indication)| (drugs.ids[drug as usize].clone(), indications.ids[indication as usize].clone()))
            .collect();
        found.sort_unstable();
        let expected: Vec<_> =
            pairs.iter().map(|(drug, of)| (format!("drugbank:DB{drug:05}"), format!("umls:C{of:07}"))).collect();
        prop_assert_eq!(found, expected);
    }
}
