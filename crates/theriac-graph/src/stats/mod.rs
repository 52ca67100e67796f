//! What there is in a graph and what a specialist would want to know of it before using it.

mod components;
mod degrees;
mod hubs;
mod names;
mod node;
mod node_type;
mod overlap;
mod relation;
mod sides;
mod warnings;

use rayon::prelude::*;
use serde::Serialize;

use crate::graph::{Graph, Provenance, Relation};

pub use components::Components;
pub use degrees::{DegreeSummary, NodeDegree};
pub use hubs::Hub;
pub use names::{Naming, PrefixCount, Prefixes, SharedName, SharedNames};
pub use node::{Neighbor, NeighborList, NodeDescription};
pub use node_type::NodeTypeStatistics;
pub use overlap::Overlap;
pub use relation::{AttributeCoverage, RelationStatistics};
pub use sides::Direction;
pub use warnings::{Warning, WarningKind};

/// What [`Graph::statistics`] finds, ready to be written as JSON.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Statistics {
    /// One entry a node type, in the order of the graph.
    pub node_types: Vec<NodeTypeStatistics>,
    /// One entry a relation, in the order of the graph.
    pub relations: Vec<RelationStatistics>,
    /// Relations between the same types that share many of their edges.
    pub overlaps: Vec<Overlap>,
    /// The parts that no edge joins.
    pub components: Components,
    /// What to know before the graph is used, the most important first.
    pub warnings: Vec<Warning>,
    /// [`Graph::fingerprint`].
    pub fingerprint: String,
    /// Where the graph comes from.
    pub provenance: Provenance,
}

/// Number of edges of every node over all relations, type by type; an edge with a mirror image counts once.
pub(crate) fn degrees(graph: &Graph) -> Vec<Vec<usize>> {
    let symmetric: Vec<bool> = graph.relations.par_iter().map(Relation::is_symmetric).collect();
    let tables = graph.node_tables.par_iter().enumerate();
    tables
        .map(|(place, table)| hubs::total_degrees(table.len(), &sides::sides(graph, place, &symmetric)))
        .collect()
}

impl Graph {
    /// Counts, degrees, hubs, names, components and overlaps of the whole graph, with warnings.
    ///
    /// The edges are walked where they lie; beside them it takes a few numbers a node. The figures do not depend on the
    /// number of threads.
    ///
    /// ```
    /// use theriac_graph::{DuplicatePolicy, EdgeList, GraphBuilder, NodeTable, Provenance};
    ///
    /// let mut builder = GraphBuilder::new(Provenance::default());
    /// let ids = vec!["drugbank:DB00945".into(), "drugbank:DB00316".into()];
    /// builder.add_nodes(NodeTable::new("drug", ids, vec!["aspirin".into(), "paracetamol".into()]))?;
    /// builder.add_nodes(NodeTable::new("disease", vec!["mesh:D005334".into()], vec!["fever".into()]))?;
    /// let edges = EdgeList { sources: vec![0], targets: vec![0], ..EdgeList::default() };
    /// builder.add_relation("drug:treats:disease".parse()?, edges, DuplicatePolicy::Reject)?;
    ///
    /// let statistics = builder.build()?.statistics();
    /// assert_eq!(statistics.node_types[0].isolated, 1);
    /// assert_eq!(statistics.node_types[0].hubs[0].node.name, "aspirin");
    /// assert_eq!((statistics.components.number, statistics.components.largest), (2, 2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn statistics(&self) -> Statistics {
        let symmetric: Vec<bool> = self.relations.par_iter().map(Relation::is_symmetric).collect();
        let (parts, fingerprint) = rayon::join(|| components::parts(self), || self.fingerprint());
        let (node_types, (relations, overlaps)) = rayon::join(
            || -> Vec<NodeTypeStatistics> {
                let places = (0..self.node_tables.len()).into_par_iter();
                places.map(|place| node_type::statistics(self, place, &symmetric, &parts)).collect()
            },
            || {
                let relations = self.relations.par_iter().zip(&symmetric);
                let relations: Vec<RelationStatistics> = relations
                    .map(|(edges, &symmetric)| relation::statistics(self, edges, symmetric))
                    .collect();
                (relations, overlap::overlaps(self, &symmetric))
            },
        );
        let warnings = warnings::warnings(&node_types, &relations, &overlaps);
        Statistics {
            node_types,
            relations,
            overlaps,
            components: parts.summary,
            warnings,
            fingerprint,
            provenance: self.provenance.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{
        AttributeValues, DuplicatePolicy, EdgeAttribute, EdgeList, FeatureMatrix, Graph, GraphBuilder,
        NodeTable, Provenance, RelationKey,
    };

    /// A table of nodes `t0`, `t1`, … without names of their own.
    pub(super) fn table(node_type: &str, nodes: usize) -> NodeTable {
        let ids: Vec<String> = (0..nodes).map(|i| format!("{node_type}{i}")).collect();
        NodeTable::new(node_type, ids.clone(), ids)
    }

    /// Edges without weights.
    pub(super) fn edges(pairs: &[(u32, u32)]) -> EdgeList {
        let (sources, targets) = pairs.iter().copied().unzip();
        EdgeList { sources, targets, ..EdgeList::default() }
    }

    /// A graph of these tables and relations.
    pub(super) fn graph(tables: Vec<NodeTable>, relations: Vec<(&str, EdgeList)>) -> Graph {
        let mut builder = GraphBuilder::new(Provenance { name: "small".into(), ..Provenance::default() });
        for table in tables {
            builder.add_nodes(table).unwrap();
        }
        for (key, edges) in relations {
            builder.add_relation(key.parse::<RelationKey>().unwrap(), edges, DuplicatePolicy::Merge).unwrap();
        }
        builder.build().unwrap()
    }

    #[test]
    fn figures_are_those_counted_by_hand() {
        let mut drugs = table("drug", 4);
        drugs.features = Some(FeatureMatrix { name: "mass".into(), dim: 1, values: vec![0.0; 4] });
        drugs.names[0] = "aspirin".into();
        drugs.xrefs[0] = vec!["chembl:CHEMBL25".into()];
        let treats = EdgeList {
            weights: Some(vec![1.0; 5]),
            attributes: vec![EdgeAttribute {
                name: "year".into(),
                values: AttributeValues::Numbers(vec![1998.0, f64::NAN, f64::NAN, 2001.0, f64::NAN]),
            }],
            ..edges(&[(0, 0), (0, 1), (0, 2), (1, 0), (0, 2)])
        };
        let interacts = edges(&[(0, 1), (1, 0), (2, 2)]);
        let graph = graph(
            vec![drugs, table("disease", 5)],
            vec![("drug:treats:disease", treats), ("drug:interacts:drug", interacts)],
        );
        let degrees = |min: u32, median: f64, p99: u32, max: u32, without: usize, one: usize| {
            json!({
                "min": min, "median": median, "p99": p99, "max": max, "without_edges": without, "at_most_one": one,
            })
        };
        let hub = |name: &str, id: &str, degree: usize, relation: &str, most: usize| {
            json!({
                "id": id, "name": name, "degree": degree,
                "busiest_relation": relation, "busiest_relation_degree": most,
            })
        };
        let plain = || json!({"distinct": 0, "without": 0, "most_frequent": []});
        let found = serde_json::to_value(graph.statistics()).unwrap();
        assert_eq!(
            found["node_types"],
            json!([
                {
                    "type": "drug", "nodes": 4, "features": {"name": "mass", "dim": 1}, "isolated": 1,
                    "in_largest_component": 2, "named": 1, "unnamed": 0, "with_synonyms": 0, "with_xrefs": 1,
                    "id_prefixes": {"distinct": 0, "without": 4, "most_frequent": []},
                    "xref_prefixes": {
                        "distinct": 1, "without": 0, "most_frequent": [{"prefix": "chembl", "nodes": 1}],
                    },
                    "shared_names": {"names": 0, "nodes": 0, "examples": []},
                    "hubs": [
                        hub("aspirin", "drug0", 4, "drug:treats:disease", 3),
                        hub("drug1", "drug1", 2, "drug:treats:disease", 1),
                        hub("drug2", "drug2", 1, "drug:interacts:drug", 1),
                    ],
                },
                {
                    "type": "disease", "nodes": 5, "features": null, "isolated": 2, "in_largest_component": 3,
                    "named": 0, "unnamed": 0, "with_synonyms": 0, "with_xrefs": 0,
                    "id_prefixes": {"distinct": 0, "without": 5, "most_frequent": []}, "xref_prefixes": plain(),
                    "shared_names": {"names": 0, "nodes": 0, "examples": []},
                    "hubs": [
                        hub("disease0", "disease0", 2, "drug:treats:disease", 2),
                        hub("disease1", "disease1", 1, "drug:treats:disease", 1),
                        hub("disease2", "disease2", 1, "drug:treats:disease", 1),
                    ],
                },
            ])
        );
        assert_eq!(
            found["relations"],
            json!([
                {
                    "relation": "drug:treats:disease", "edges": 4, "sources": 2, "targets": 3,
                    "density": 0.2, "symmetric": false, "undirected": false, "self_loops": 0, "weighted": true,
                    "merged_duplicates": 1, "max_source_degree": 3, "median_source_degree": 2.0,
                    "max_target_degree": 2, "median_target_degree": 1.0,
                    "source_degrees": degrees(0, 0.5, 3, 3, 2, 3), "target_degrees": degrees(0, 1.0, 2, 2, 2, 4),
                    "top_source": {"id": "drug0", "name": "aspirin", "degree": 3},
                    "top_target": {"id": "disease0", "name": "disease0", "degree": 2},
                    "attributes": [{"name": "year", "kind": "numbers", "edges": 2}],
                },
                {
                    "relation": "drug:interacts:drug", "edges": 3, "sources": 3, "targets": 3,
                    "density": 0.1875, "symmetric": true, "undirected": false, "self_loops": 1, "weighted": false,
                    "merged_duplicates": 0, "max_source_degree": 1, "median_source_degree": 1.0,
                    "max_target_degree": 1, "median_target_degree": 1.0,
                    "source_degrees": degrees(0, 1.0, 1, 1, 1, 4), "target_degrees": degrees(0, 1.0, 1, 1, 1, 4),
                    "top_source": {"id": "drug0", "name": "aspirin", "degree": 1},
                    "top_target": {"id": "drug0", "name": "aspirin", "degree": 1},
                    "attributes": [],
                },
            ])
        );
        assert_eq!(found["overlaps"], json!([]));
        assert_eq!(
            found["components"],
            json!({"number": 5, "largest": 5, "largest_share": 5.0 / 9.0, "single_nodes": 4})
        );
        assert_eq!(found["fingerprint"], graph.fingerprint());
        assert_eq!(found["provenance"]["name"], "small");
        assert_eq!(found.as_object().unwrap().len(), 7);
    }

    #[test]
    fn a_relation_without_edges_has_no_degrees() {
        let relations = vec![("drug:interacts:drug", edges(&[(0, 0)])), ("drug:binds:gene", edges(&[]))];
        let statistics = graph(vec![table("drug", 1), table("gene", 0)], relations).statistics();
        let binds = &statistics.relations[1];
        assert_eq!((binds.sources, binds.targets, binds.density), (0, 0, 0.0));
        assert_eq!((binds.max_source_degree, binds.median_target_degree), (0, 0.0));
        assert_eq!((&binds.top_source, &binds.top_target), (&None, &None));
        assert_eq!((binds.target_degrees.max, binds.target_degrees.without_edges), (0, 0));
    }

    #[test]
    fn threads_change_no_figure() {
        let pairs: Vec<(u32, u32)> = (0..4000).map(|i| (i * 7 % 900, i * i % 800)).collect();
        let tables = vec![table("drug", 900), table("gene", 1000)];
        let graph =
            graph(tables, vec![("drug:binds:gene", edges(&pairs)), ("drug:moves:gene", edges(&pairs))]);
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| graph.statistics())
        };
        assert_eq!(with(1), with(4));
    }
}
