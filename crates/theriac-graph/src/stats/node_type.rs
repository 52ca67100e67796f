//! Figures of one node type.

use serde::Serialize;

use super::components::Parts;
use super::hubs::{Hub, hubs, total_degrees};
use super::names::Naming;
use super::sides::sides;
use crate::graph::Graph;
use crate::nodes::{FeatureMatrix, FeatureShape};

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
    /// Nodes in the largest component of the graph.
    pub in_largest_component: usize,
    /// Names and identifiers.
    #[serde(flatten)]
    pub naming: Naming,
    /// The five nodes of most edges over all relations, the busiest first.
    pub hubs: Vec<Hub>,
}

pub(super) fn statistics(
    graph: &Graph,
    place: usize,
    symmetric: &[bool],
    parts: &Parts,
) -> NodeTypeStatistics {
    let table = &graph.node_tables[place];
    let sides = sides(graph, place, symmetric);
    let totals = total_degrees(table.len(), &sides);
    NodeTypeStatistics {
        node_type: table.node_type.clone(),
        nodes: table.len(),
        features: table.features.as_ref().map(FeatureMatrix::shape),
        isolated: totals.iter().filter(|&&total| total == 0).count(),
        in_largest_component: parts.in_largest[place],
        naming: Naming::of(table),
        hubs: hubs(table, &totals, &sides),
    }
}
