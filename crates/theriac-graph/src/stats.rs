//! Statistics of a graph: how many nodes and edges, how dense, how unequal.

use rayon::prelude::*;
use serde::Serialize;

use crate::csr::Csr;
use crate::graph::{Graph, Provenance, Relation};
use crate::nodes::{FeatureMatrix, FeatureShape};
use crate::schema::RelationKey;

/// What [`Graph::statistics`] finds, ready to be written as JSON.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Statistics {
    /// One entry a node type, in the order of the graph.
    pub node_types: Vec<NodeTypeStatistics>,
    /// One entry a relation, in the order of the graph.
    pub relations: Vec<RelationStatistics>,
    /// [`Graph::fingerprint`].
    pub fingerprint: String,
    /// Where the graph comes from.
    pub provenance: Provenance,
}

/// Figures of one node type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NodeTypeStatistics {
    /// Name of the type.
    #[serde(rename = "type")]
    pub node_type: String,
    /// Number of nodes.
    pub nodes: usize,
    /// Name and width of the features, where there are any.
    pub features: Option<FeatureShape>,
    /// Nodes without an edge in any relation.
    pub isolated: usize,
}

/// Figures of one relation. Degrees are taken over the nodes that have an edge in it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RelationStatistics {
    /// Key of the relation.
    pub relation: RelationKey,
    /// Number of edges; an undirected one counts once.
    pub edges: usize,
    /// Source nodes with an edge.
    pub sources: usize,
    /// Target nodes with an edge.
    pub targets: usize,
    /// Edges over pairs of a source and a target node: 0 to 1.
    pub density: f64,
    /// Whether every edge has its mirror image.
    pub symmetric: bool,
    /// Whether an edge and its mirror image count as one.
    pub undirected: bool,
    /// Edges from a node to itself.
    pub self_loops: usize,
    /// Whether edges carry weights.
    pub weighted: bool,
    /// Repeated edges merged when the graph was read.
    pub merged_duplicates: usize,
    /// Largest number of targets of a source.
    pub max_source_degree: u32,
    /// Median number of targets of a source; 0 without edges.
    pub median_source_degree: f64,
    /// Largest number of sources of a target.
    pub max_target_degree: u32,
    /// Median number of sources of a target; 0 without edges.
    pub median_target_degree: f64,
}

impl Graph {
    /// Counts, densities and degrees of every node type and relation.
    pub fn statistics(&self) -> Statistics {
        Statistics {
            node_types: (0..self.node_tables.len()).map(|place| self.node_type_statistics(place)).collect(),
            relations: self.relations.par_iter().map(relation_statistics).collect(),
            fingerprint: self.fingerprint(),
            provenance: self.provenance.clone(),
        }
    }

    fn node_type_statistics(&self, place: usize) -> NodeTypeStatistics {
        let table = &self.node_tables[place];
        let sides: Vec<&Csr> = self
            .relations
            .iter()
            .flat_map(|relation| {
                [(relation.source_type, &relation.forward), (relation.target_type, &relation.backward)]
            })
            .filter_map(|(side, edges)| (side == place).then_some(edges))
            .collect();
        let isolated =
            (0..table.len() as u32).filter(|&node| sides.iter().all(|edges| edges.degree(node) == 0)).count();
        NodeTypeStatistics {
            node_type: table.node_type.clone(),
            nodes: table.len(),
            features: table.features.as_ref().map(FeatureMatrix::shape),
            isolated,
        }
    }
}

fn relation_statistics(relation: &Relation) -> RelationStatistics {
    let forward = &relation.forward;
    let pairs = forward.rows() as f64 * forward.columns() as f64;
    let (sources, targets) = (Degrees::of(forward), Degrees::of(&relation.backward));
    RelationStatistics {
        relation: relation.key.clone(),
        edges: relation.edge_count(),
        sources: sources.nodes,
        targets: targets.nodes,
        density: if pairs > 0.0 { forward.len() as f64 / pairs } else { 0.0 },
        symmetric: relation.is_symmetric(),
        undirected: relation.undirected,
        self_loops: relation.self_loops(),
        weighted: forward.weights().is_some(),
        merged_duplicates: relation.merged_duplicates,
        max_source_degree: sources.max,
        median_source_degree: sources.median,
        max_target_degree: targets.max,
        median_target_degree: targets.median,
    }
}

/// Degrees of the nodes that have an edge.
struct Degrees {
    nodes: usize,
    max: u32,
    median: f64,
}

impl Degrees {
    fn of(edges: &Csr) -> Self {
        let mut degrees: Vec<u32> =
            (0..edges.rows()).map(|row| edges.degree(row)).filter(|&degree| degree > 0).collect();
        degrees.sort_unstable();
        let nodes = degrees.len();
        let median = match nodes {
            0 => 0.0,
            _ => f64::midpoint(degrees[(nodes - 1) / 2].into(), degrees[nodes / 2].into()),
        };
        Self { nodes, max: degrees.last().copied().unwrap_or(0), median }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{DuplicatePolicy, EdgeList, FeatureMatrix, GraphBuilder, NodeTable, Provenance, RelationKey};

    fn table(node_type: &str, nodes: usize) -> NodeTable {
        let ids: Vec<String> = (0..nodes).map(|i| format!("{node_type}{i}")).collect();
        NodeTable::new(node_type, ids.clone(), ids)
    }

    #[test]
    fn figures_are_those_counted_by_hand() {
        let mut builder = GraphBuilder::new(Provenance { name: "small".into(), ..Provenance::default() });
        let mut drugs = table("drug", 4);
        drugs.features = Some(FeatureMatrix { name: "mass".into(), dim: 1, values: vec![0.0; 4] });
        builder.add_nodes(drugs).unwrap();
        builder.add_nodes(table("disease", 5)).unwrap();
        let treats = EdgeList {
            sources: vec![0, 0, 0, 1, 0],
            targets: vec![0, 1, 2, 0, 2],
            weights: Some(vec![1.0; 5]),
            ..EdgeList::default()
        };
        let interacts = EdgeList { sources: vec![0, 1, 2], targets: vec![1, 0, 2], ..EdgeList::default() };
        builder
            .add_relation(RelationKey::new("drug", "treats", "disease"), treats, DuplicatePolicy::Merge)
            .unwrap();
        builder
            .add_relation(RelationKey::new("drug", "interacts", "drug"), interacts, DuplicatePolicy::Reject)
            .unwrap();
        let graph = builder.build().unwrap();
        assert_eq!(
            serde_json::to_value(graph.statistics()).unwrap(),
            json!({
                "node_types": [
                    {"type": "drug", "nodes": 4, "features": {"name": "mass", "dim": 1}, "isolated": 1},
                    {"type": "disease", "nodes": 5, "features": null, "isolated": 2},
                ],
                "relations": [
                    {
                        "relation": "drug:treats:disease", "edges": 4, "sources": 2, "targets": 3,
                        "density": 0.2, "symmetric": false, "undirected": false, "self_loops": 0, "weighted": true,
                        "merged_duplicates": 1, "max_source_degree": 3, "median_source_degree": 2.0,
                        "max_target_degree": 2, "median_target_degree": 1.0,
                    },
                    {
                        "relation": "drug:interacts:drug", "edges": 3, "sources": 3, "targets": 3,
                        "density": 0.1875, "symmetric": true, "undirected": false, "self_loops": 1, "weighted": false,
                        "merged_duplicates": 0, "max_source_degree": 1, "median_source_degree": 1.0,
                        "max_target_degree": 1, "median_target_degree": 1.0,
                    },
                ],
                "fingerprint": graph.fingerprint(),
                "provenance": {
                    "name": "small", "sources": [], "licence": null, "citation": null, "decisions": [],
                },
            })
        );
    }

    #[test]
    fn a_relation_without_edges_has_no_degrees() {
        let mut builder = GraphBuilder::new(Provenance::default());
        builder.add_nodes(table("drug", 1)).unwrap();
        builder.add_nodes(table("gene", 0)).unwrap();
        let interacts = EdgeList { sources: vec![0], targets: vec![0], ..EdgeList::default() };
        let binds = RelationKey::new("drug", "binds", "gene");
        builder
            .add_relation(RelationKey::new("drug", "interacts", "drug"), interacts, DuplicatePolicy::Reject)
            .unwrap();
        builder.add_relation(binds, EdgeList::default(), DuplicatePolicy::Reject).unwrap();
        let statistics = builder.build().unwrap().statistics();
        let binds = &statistics.relations[1];
        assert_eq!((binds.sources, binds.targets, binds.density), (0, 0, 0.0));
        assert_eq!((binds.max_source_degree, binds.median_target_degree), (0, 0.0));
    }
}
