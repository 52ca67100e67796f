//! Relations as the nodes of one type see them.

use serde::Serialize;

use crate::csr::Csr;
use crate::graph::{Graph, Relation};

/// Which way the edges of a relation go, seen from one of their ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// The node is their source.
    Outgoing,
    /// The node is their target.
    Incoming,
    /// Every edge has its mirror image, and is seen once.
    Both,
}

/// The edges of a relation at the nodes of one type.
pub(super) struct Side<'a> {
    pub(super) relation: &'a Relation,
    pub(super) direction: Direction,
    /// Neighbours of each node of the type.
    pub(super) edges: &'a Csr,
    /// Place of the neighbours' type.
    pub(super) neighbor_type: usize,
}

/// The sides of all relations at the node type of this place. A directed relation within the type is there twice.
/// `symmetric` says of each relation whether all its edges have mirror images.
pub(super) fn sides<'a>(graph: &'a Graph, place: usize, symmetric: &[bool]) -> Vec<Side<'a>> {
    let mut sides = Vec::new();
    for (relation, &symmetric) in graph.relations.iter().zip(symmetric) {
        if relation.source_type == place {
            let direction = if symmetric { Direction::Both } else { Direction::Outgoing };
            let neighbor_type = relation.target_type;
            sides.push(Side { relation, direction, edges: &relation.forward, neighbor_type });
        }
        if relation.target_type == place && !symmetric {
            let (direction, neighbor_type) = (Direction::Incoming, relation.source_type);
            sides.push(Side { relation, direction, edges: &relation.backward, neighbor_type });
        }
    }
    sides
}
