//! One layer of message passing as a block matrix over stacked node types.

use std::sync::Arc;

use theriac_graph::Csr;

use crate::message_graph::{MessageGraph, running_sum};

/// The edges of one layer of message passing.
///
/// The nodes of all types are stacked into one matrix, type after type, so that a heterogeneous layer is one
/// operator: `[source rows, dim]` in, `[target rows, dim]` out. The target nodes of a type are the first of its
/// source nodes, so a node's own row is found without an index.
#[derive(Clone, Debug)]
pub struct Block {
    /// First input row of each type, and the total: `[types + 1]`.
    pub source_rows: Vec<usize>,
    /// First output row of each type, and the total: `[types + 1]`.
    pub target_rows: Vec<usize>,
    /// The edges of each relation, in the order of [`MessageGraph::relations`].
    pub relations: Vec<BlockRelation>,
}

/// The edges of one relation within a [`Block`]; indices count from the first row of their type.
#[derive(Clone, Debug)]
pub struct BlockRelation {
    /// Place of the type that sends.
    pub source: usize,
    /// Place of the type that receives.
    pub target: usize,
    /// For each target row its source rows, with the weight of each message.
    pub incoming: WeightedRows,
    /// The transpose: for each source row its target rows. With it the backward pass is a gather too, and needs
    /// no atomics.
    pub outgoing: WeightedRows,
}

/// Compressed sparse rows with a weight for every entry; columns need not be sorted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WeightedRows {
    /// Where each row starts: `[rows + 1]`.
    pub offsets: Vec<u32>,
    /// Column of each entry.
    pub indices: Vec<u32>,
    /// Weight of each entry.
    pub weights: Vec<f32>,
}

impl WeightedRows {
    /// Rows whose entries average: each weighs its share of the row's total, so that the weights of a row sum
    /// to 1 (the mean where edges have no weight of their own).
    pub fn mean(offsets: Vec<u32>, indices: Vec<u32>, edge_weights: Option<&[f32]>) -> Self {
        let mut weights = Vec::with_capacity(indices.len());
        for row in offsets.windows(2) {
            let range = row[0] as usize..row[1] as usize;
            match edge_weights {
                None => {
                    let share = 1.0 / range.len() as f32;
                    weights.resize(range.end, share);
                }
                Some(edges) => {
                    let total: f32 = edges[range.clone()].iter().map(|weight| weight.abs()).sum();
                    let scale = if total > 0.0 { 1.0 / total } else { 0.0 };
                    weights.extend(edges[range].iter().map(|weight| weight * scale));
                }
            }
        }
        Self { offsets, indices, weights }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.offsets.len() - 1
    }

    /// The first `rows` rows.
    #[must_use]
    pub fn head(&self, rows: usize) -> Self {
        let entries = self.offsets[rows] as usize;
        Self {
            offsets: self.offsets[..=rows].to_vec(),
            indices: self.indices[..entries].to_vec(),
            weights: self.weights[..entries].to_vec(),
        }
    }

    /// The same entries by column; `columns` is the number of rows of the result.
    #[must_use]
    pub fn transpose(&self, columns: usize) -> Self {
        let mut offsets = vec![0u32; columns + 1];
        for &column in &self.indices {
            offsets[column as usize + 1] += 1;
        }
        for i in 0..columns {
            offsets[i + 1] += offsets[i];
        }
        let mut next = offsets.clone();
        let mut indices = vec![0; self.indices.len()];
        let mut weights = vec![0.0; self.indices.len()];
        for row in 0..self.rows() {
            for entry in self.offsets[row] as usize..self.offsets[row + 1] as usize {
                let slot = &mut next[self.indices[entry] as usize];
                indices[*slot as usize] = row as u32;
                weights[*slot as usize] = self.weights[entry];
                *slot += 1;
            }
        }
        Self { offsets, indices, weights }
    }
}

impl Block {
    /// The block of a full propagation: every node receives from all its neighbours.
    pub fn full(graph: &MessageGraph) -> Self {
        let rows = graph.type_offsets();
        let relations = graph.relations.iter().map(|relation| {
            let incoming = mean_rows(&relation.incoming);
            let outgoing = incoming.transpose(graph.types[relation.source].nodes);
            BlockRelation { source: relation.source, target: relation.target, incoming, outgoing }
        });
        Self { source_rows: rows.clone(), target_rows: rows, relations: relations.collect() }
    }

    /// Number of input rows.
    pub fn sources(&self) -> usize {
        self.source_rows[self.source_rows.len() - 1]
    }

    /// Number of output rows.
    pub fn targets(&self) -> usize {
        self.target_rows[self.target_rows.len() - 1]
    }

    /// Number of messages.
    pub fn messages(&self) -> usize {
        self.relations.iter().map(|relation| relation.incoming.indices.len()).sum()
    }
}

fn mean_rows(csr: &Csr) -> WeightedRows {
    WeightedRows::mean(csr.offsets().to_vec(), csr.indices().to_vec(), csr.weights())
}

/// Where the weights of a heterogeneous layer stand in their one stacked matrix.
///
/// The matrix holds a square block per slot: for each type, one slot for each relation that the type receives
/// from, then one for the node itself, so that a type's slots are contiguous rows and the whole of
/// `[aggregated | ... | self] x W` is one product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotLayout {
    /// First slot of each type, and the total: `[types + 1]`.
    pub type_slots: Vec<usize>,
    /// Slot of each relation within its target type.
    pub relation_slots: Vec<usize>,
}

impl SlotLayout {
    /// The layout for the relations of a graph.
    pub fn new(graph: &MessageGraph) -> Self {
        let mut received = vec![0; graph.types.len()];
        let relation_slots = graph.relations.iter().map(|relation| {
            received[relation.target] += 1;
            received[relation.target] - 1
        });
        let relation_slots = relation_slots.collect();
        Self { type_slots: running_sum(received.into_iter().map(|slots| slots + 1)), relation_slots }
    }

    /// Number of slots of a type: its relations and itself.
    pub fn slots_of(&self, node_type: usize) -> usize {
        self.type_slots[node_type + 1] - self.type_slots[node_type]
    }

    /// Number of slots of all types.
    pub fn slots(&self) -> usize {
        self.type_slots[self.type_slots.len() - 1]
    }
}

/// A minibatch: which nodes take part, and the blocks that lead from them to the seeds.
#[derive(Clone, Debug)]
pub struct Subgraph {
    /// Nodes of each type, seeds first: `[types]` lists of node indices.
    pub nodes: Vec<Vec<u32>>,
    /// One block per layer, in the order in which they are computed.
    pub blocks: Vec<Arc<Block>>,
}

impl Subgraph {
    /// The whole graph with `layers` full propagations.
    pub fn full(graph: &MessageGraph, layers: usize) -> Self {
        let block = Arc::new(Block::full(graph));
        Self {
            nodes: graph.types.iter().map(|node_type| (0..node_type.nodes as u32).collect()).collect(),
            blocks: vec![block; layers],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_shares_a_row_by_weight() {
        let rows = WeightedRows::mean(vec![0, 2, 2, 3], vec![1, 0, 2], Some(&[3.0, 1.0, 0.0]));
        assert_eq!(rows.weights, [0.75, 0.25, 0.0]);
        let rows = WeightedRows::mean(vec![0, 2, 2, 3], vec![1, 0, 2], None);
        assert_eq!(rows.weights, [0.5, 0.5, 1.0]);
    }

    #[test]
    fn transposing_twice_sorts_and_keeps_everything() {
        let rows =
            WeightedRows { offsets: vec![0, 2, 3], indices: vec![2, 0, 2], weights: vec![1.0, 2.0, 3.0] };
        let columns = rows.transpose(3);
        assert_eq!(columns.offsets, [0, 1, 1, 3]);
        assert_eq!(columns.indices, [0, 0, 1]);
        assert_eq!(columns.weights, [2.0, 1.0, 3.0]);
        let back = columns.transpose(2);
        assert_eq!((back.indices, back.weights), (vec![0, 2, 2], vec![2.0, 1.0, 3.0]));
    }

    #[test]
    fn the_head_keeps_whole_rows() {
        let rows =
            WeightedRows { offsets: vec![0, 2, 3], indices: vec![2, 0, 2], weights: vec![1.0, 2.0, 3.0] };
        assert_eq!(rows.head(1).indices, [2, 0]);
        assert_eq!(rows.head(0).rows(), 0);
    }
}
