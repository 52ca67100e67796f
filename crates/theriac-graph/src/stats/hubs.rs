//! The busiest nodes of a type.

use serde::Serialize;

use super::degrees::NodeDegree;
use super::sides::Side;
use crate::nodes::NodeTable;
use crate::schema::RelationKey;

/// As many hubs are named for each type.
const NAMED: usize = 5;

/// A node of many edges, over all relations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hub {
    /// The node with its edges over all relations; an edge with a mirror image counts once.
    #[serde(flatten)]
    pub node: NodeDegree,
    /// The relation in which it has most of them.
    pub busiest_relation: RelationKey,
    /// How many it has there.
    pub busiest_relation_degree: u32,
}

/// Number of edges of every node over all sides.
pub(super) fn total_degrees(nodes: usize, sides: &[Side<'_>]) -> Vec<usize> {
    let mut totals = vec![0; nodes];
    for side in sides {
        for (node, total) in totals.iter_mut().enumerate() {
            *total += side.edges.degree(node as u32) as usize;
        }
    }
    totals
}

/// The busiest nodes, the first of equals first; nodes without edges are none.
pub(super) fn hubs(table: &NodeTable, totals: &[usize], sides: &[Side<'_>]) -> Vec<Hub> {
    let mut top: Vec<u32> = Vec::with_capacity(NAMED + 1);
    for (node, &total) in totals.iter().enumerate().filter(|&(_, &total)| total > 0) {
        if top.len() == NAMED && totals[top[NAMED - 1] as usize] >= total {
            continue;
        }
        let place = top.partition_point(|&other| totals[other as usize] >= total);
        top.insert(place, node as u32);
        top.truncate(NAMED);
    }
    let hub = |&node: &u32| {
        let mut busiest: Option<(&RelationKey, u32)> = None;
        for side in sides {
            let degree = side.edges.degree(node);
            if busiest.is_none_or(|(_, most)| degree > most) {
                busiest = Some((&side.relation.key, degree));
            }
        }
        busiest.map(|(key, degree)| Hub {
            node: NodeDegree::of(table, node, totals[node as usize]),
            busiest_relation: key.clone(),
            busiest_relation_degree: degree,
        })
    };
    top.iter().filter_map(hub).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{edges, graph, table};
    use super::super::{Hub, NodeTypeStatistics};

    fn degrees(of: &NodeTypeStatistics) -> Vec<(&str, usize)> {
        of.hubs.iter().map(|hub| (hub.node.id.as_str(), hub.node.degree)).collect()
    }

    #[test]
    fn five_are_named_the_busiest_first_and_of_equals_the_first() {
        let pairs = [(0, 0), (1, 0), (1, 1), (2, 0), (3, 0), (4, 0), (5, 0), (5, 1), (5, 2), (6, 0), (6, 1)];
        let statistics =
            graph(vec![table("a", 8), table("b", 3)], vec![("a:r:b", edges(&pairs))]).statistics();
        assert_eq!(
            degrees(&statistics.node_types[0]),
            [("a5", 3), ("a1", 2), ("a6", 2), ("a0", 1), ("a2", 1)]
        );
        assert_eq!(degrees(&statistics.node_types[1]), [("b0", 7), ("b1", 3), ("b2", 1)]);
    }

    #[test]
    fn a_directed_edge_counts_at_both_ends_and_a_mirrored_one_once() {
        let both = edges(&[(0, 1), (1, 0), (0, 2), (2, 0)]);
        let relations = vec![("a:r:a", edges(&[(0, 1), (2, 0)])), ("a:s:a", both)];
        let statistics = graph(vec![table("a", 3)], relations).statistics();
        assert_eq!(degrees(&statistics.node_types[0]), [("a0", 4), ("a1", 2), ("a2", 2)]);
        let Hub { busiest_relation, busiest_relation_degree, .. } = &statistics.node_types[0].hubs[0];
        assert_eq!((busiest_relation.name.as_str(), *busiest_relation_degree), ("s", 2));
    }
}
