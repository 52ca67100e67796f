//! What one form writes, its reader reads back as the same graph.

use std::path::Path;

use proptest::prelude::*;
use theriac_formats::{Input, exports, formats, read_input};
use theriac_graph::{Graph, Relation};

use crate::graphs::graphs;

/// What a form has a place for beside nodes, names, edges and weights.
struct RoundTrip {
    /// Name of the writer.
    writer: &'static str,
    /// Name of the reader.
    reader: &'static str,
    synonyms_and_xrefs: bool,
    attributes: bool,
}

const ROUND_TRIPS: [RoundTrip; 4] = [
    RoundTrip { writer: "kgx", reader: "kgx", synonyms_and_xrefs: true, attributes: true },
    RoundTrip { writer: "kgx-jsonl", reader: "kgx", synonyms_and_xrefs: true, attributes: true },
    RoundTrip { writer: "hetionet", reader: "hetionet", synonyms_and_xrefs: false, attributes: false },
    RoundTrip { writer: "triples", reader: "triples", synonyms_and_xrefs: false, attributes: false },
];

/// Values that stand for none.
const NOT_PROVIDED: &str = "not_provided";

fn written(graph: &Graph, writer: &str, place: &Path) -> Vec<std::path::PathBuf> {
    let path = place.join("out");
    theriac_formats::export(graph, writer, &path).unwrap().files
}

/// Compares what a fingerprint does not see.
fn assert_same(read: &Graph, written: &Graph, of: &RoundTrip) {
    for (read, written) in read.node_tables().iter().zip(written.node_tables()) {
        assert_eq!(
            (&read.node_type, &read.ids, &read.names),
            (&written.node_type, &written.ids, &written.names)
        );
        if of.synonyms_and_xrefs {
            assert_eq!((&read.synonyms, &read.xrefs), (&written.synonyms, &written.xrefs));
        }
    }
    for (read, written) in read.relations().iter().zip(written.relations()) {
        assert_eq!(
            (&read.key, read.undirected, &read.forward),
            (&written.key, written.undirected, &written.forward)
        );
        if of.attributes {
            for attribute in &written.attributes {
                let texts = |relation: &Relation| -> Vec<Option<String>> {
                    let of_edge = |edge| relation.attribute(&attribute.name)?.text(edge);
                    (0..relation.len())
                        .map(|edge| of_edge(edge).filter(|text| text != NOT_PROVIDED))
                        .collect()
                };
                assert_eq!(texts(read), texts(written), "{} of {}", attribute.name, written.key);
            }
        }
    }
    assert_eq!(read.fingerprint(), written.fingerprint());
}

#[test]
fn every_round_trip_has_its_writer_and_reader() {
    for trip in &ROUND_TRIPS {
        assert!(exports().iter().any(|writer| writer.name() == trip.writer), "no writer of {}", trip.writer);
        assert!(formats().iter().any(|format| format.name() == trip.reader), "no reader of {}", trip.reader);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_back(graph in graphs()) {
        let place = tempfile::tempdir().unwrap();
        for trip in &ROUND_TRIPS {
            written(&graph, trip.writer, &place.path().join(trip.writer));
            let input = Input::open(&place.path().join(trip.writer).join("out")).unwrap();
            assert_same(&read_input(&input, Some(trip.reader)).unwrap(), &graph, trip);
            assert_same(&read_input(&input, None).unwrap(), &graph, trip);
        }
    }

    /// One line for each node and each edge in every form of lines.
    #[test]
    fn every_form_writes_all_nodes_and_edges(graph in graphs()) {
        let place = tempfile::tempdir().unwrap();
        let nodes: usize = graph.node_tables().iter().map(theriac_graph::NodeTable::len).sum();
        let edges: usize = graph.relations().iter().map(Relation::edge_count).sum();
        for writer in exports() {
            let files = written(&graph, writer.name(), &place.path().join(writer.name()));
            let lines = |end: &str| -> usize {
                let files = files.iter().filter(|file| file.to_string_lossy().ends_with(end));
                files.map(|file| std::fs::read_to_string(file).unwrap().lines().count()).sum()
            };
            match writer.name() {
                "kgx" => assert_eq!((lines("nodes.tsv"), lines("edges.tsv")), (nodes + 1, edges + 1)),
                "kgx-jsonl" => assert_eq!((lines("nodes.jsonl"), lines("edges.jsonl")), (nodes, edges)),
                "hetionet" => assert_eq!((lines("nodes.tsv"), lines("edges.sif")), (nodes + 1, edges + 1)),
                "triples" => assert_eq!((lines("entity_names.tsv"), lines("triples.tsv")), (nodes, edges)),
                "neo4j" => assert_eq!(
                    lines(".csv"),
                    nodes + edges + graph.node_tables().len() + graph.relations().len()
                ),
                "graphml" => {
                    let text = std::fs::read_to_string(&files[0]).unwrap();
                    assert_eq!((text.matches("<node ").count(), text.matches("<edge ").count()), (nodes, edges));
                }
                "cytoscape" => assert_eq!(lines("out"), nodes + edges + 4),
                "pyg" => assert_eq!(files.len(), 2),
                other => panic!("nothing is expected of {other}"),
            }
        }
    }
}
