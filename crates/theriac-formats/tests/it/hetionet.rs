//! The real Hetionet, where it is at hand.

use std::io::Write;
use std::path::PathBuf;

use theriac_formats::read;

/// Metaedges as relations, with their numbers of edges, as Hetionet's own statistics have them.
const RELATIONS: [(&str, usize); 20] = [
    ("anatomy:downregulates:gene", 102_240),
    ("anatomy:upregulates:gene", 97_848),
    ("compound:binds:gene", 11_571),
    ("compound:causes:side_effect", 138_944),
    ("compound:downregulates:gene", 21_102),
    ("compound:palliates:disease", 390),
    ("compound:resembles:compound", 6_486),
    ("compound:treats:disease", 755),
    ("compound:upregulates:gene", 18_756),
    ("disease:associates:gene", 12_623),
    ("disease:downregulates:gene", 7_623),
    ("disease:localizes:anatomy", 3_602),
    ("disease:presents:symptom", 3_357),
    ("disease:resembles:disease", 543),
    ("disease:upregulates:gene", 7_731),
    ("gene:covaries:gene", 61_690),
    ("gene:interacts:gene", 147_164),
    ("gene:participates:pathway", 84_372),
    ("gene:regulates:gene", 265_672),
    ("pharmacologic_class:includes:compound", 1_029),
];

#[test]
fn hetionet_has_its_published_counts() {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/hetionet"));
    if !folder.exists() {
        let _ = writeln!(std::io::stderr(), "skipped: {} is not here", folder.display());
        return;
    }
    let graph = read(&folder, None).unwrap();
    let mut relations: Vec<_> =
        graph.relations().iter().map(|relation| (relation.key.to_string(), relation.edge_count())).collect();
    relations.sort_unstable();
    let expected: Vec<_> = RELATIONS.iter().map(|&(key, edges)| (key.to_owned(), edges)).collect();
    assert_eq!(relations, expected);
    assert_eq!(graph.node_tables().iter().map(theriac_graph::NodeTable::len).sum::<usize>(), 47_031);
    assert_eq!(graph.relations().iter().map(theriac_graph::Relation::edge_count).sum::<usize>(), 993_498);
    for relation in graph.relations() {
        let name = &relation.key;
        assert_eq!(relation.merged_duplicates, 0, "{name}");
        assert_eq!(relation.undirected, name.source == name.target && name.name != "regulates", "{name}");
    }
    let compounds = graph.node_type("compound").unwrap().1;
    let goserelin = compounds.ids.iter().position(|id| id == "drugbank:DB00014").unwrap();
    assert_eq!(compounds.names[goserelin], "Goserelin");
    assert_eq!(graph.provenance().name, "Hetionet");
    assert!(graph.provenance().decisions.is_empty(), "{:?}", graph.provenance().decisions);
}
