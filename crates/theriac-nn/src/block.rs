//! One layer of message passing as a block matrix over stacked node types.

use std::sync::{Arc, OnceLock};

use crate::edges::{EdgeIndex, WeightedRows};
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
    joined: OnceLock<Arc<EdgeIndex>>,
    joined_by_relation: OnceLock<Vec<Arc<EdgeIndex>>>,
}

/// The edges of one relation within a [`Block`]; indices count from the first row of their type.
#[derive(Clone, Debug)]
pub struct BlockRelation {
    /// Place of the type that sends.
    pub source: usize,
    /// Place of the type that receives.
    pub target: usize,
    /// The edges, from rows of the source type to rows of the target type.
    pub edges: Arc<EdgeIndex>,
}

impl Block {
    /// A block of these relations, over rows stacked by type.
    pub fn new(source_rows: Vec<usize>, target_rows: Vec<usize>, relations: Vec<BlockRelation>) -> Self {
        let (joined, joined_by_relation) = (OnceLock::new(), OnceLock::new());
        Self { source_rows, target_rows, relations, joined, joined_by_relation }
    }

    /// The block of a full propagation: every node of the types that receive does so from all its neighbours. `sends` and
    /// `receives` say which types have rows; those of a type that receives, and of its neighbours, have to send.
    fn full(graph: &MessageGraph, sends: &[bool], receives: &[bool]) -> Self {
        let rows = |takes_part: &[bool]| {
            running_sum(
                graph.types.iter().zip(takes_part).map(|(of, &takes)| if takes { of.nodes } else { 0 }),
            )
        };
        let (source_rows, target_rows) = (rows(sends), rows(receives));
        let relations = graph.relations.iter().enumerate().map(|(place, relation)| {
            let (source, target) = (relation.source, relation.target);
            let edges = if receives[target] && sends[source] {
                graph.edges(place)
            } else {
                let count = |rows: &[usize], of: usize| rows[of + 1] - rows[of];
                Arc::new(EdgeIndex::none(count(&target_rows, target), count(&source_rows, source)))
            };
            BlockRelation { source, target, edges }
        });
        let relations = relations.collect();
        Self::new(source_rows, target_rows, relations)
    }

    fn has_rows_of(&self, other: &Self) -> bool {
        (&self.source_rows, &self.target_rows) == (&other.source_rows, &other.target_rows)
    }

    /// Number of input rows.
    pub fn sources(&self) -> usize {
        self.source_rows[self.source_rows.len() - 1]
    }

    /// Number of output rows.
    pub fn targets(&self) -> usize {
        self.target_rows[self.target_rows.len() - 1]
    }

    /// The edges of all relations at once, from all source rows to all target rows.
    pub fn joined(&self) -> Arc<EdgeIndex> {
        let join = || {
            let mut rows = JoinedRows::default();
            for node_type in 0..self.target_rows.len() - 1 {
                let senders =
                    self.received(node_type).map(|relation| (relation, self.source_rows[relation.source]));
                rows.append(
                    self.target_rows[node_type + 1] - self.target_rows[node_type],
                    &senders.collect::<Vec<_>>(),
                );
            }
            Arc::new(EdgeIndex::new(rows.finish(), self.sources()))
        };
        Arc::clone(self.joined.get_or_init(join))
    }

    /// The edges of all relations that a type receives at once, to the type's target rows; senders are stacked by relation,
    /// all source rows of each relation's type.
    pub fn joined_by_relation(&self, node_type: usize) -> Arc<EdgeIndex> {
        let join = |node_type: usize| {
            let mut total = 0;
            let senders = self.received(node_type).map(|relation| {
                let first = total;
                total += relation.edges.senders();
                (relation, first)
            });
            let senders: Vec<_> = senders.collect();
            let mut rows = JoinedRows::default();
            rows.append(self.target_rows[node_type + 1] - self.target_rows[node_type], &senders);
            Arc::new(EdgeIndex::new(rows.finish(), total))
        };
        let all = || (0..self.target_rows.len() - 1).map(join).collect();
        Arc::clone(&self.joined_by_relation.get_or_init(all)[node_type])
    }

    fn received(&self, node_type: usize) -> impl Iterator<Item = &BlockRelation> {
        self.relations.iter().filter(move |relation| relation.target == node_type)
    }

    /// The same rows without the edges for which `keep` says no; it gets the place of the relation, the receiver and the
    /// sender, by their rows. What is left of a receiver's edges in a relation weighs as much as they all did.
    #[must_use]
    pub fn thinned(&self, keep: impl Fn(usize, u32, u32) -> bool) -> Self {
        let relations = self.relations.iter().enumerate().map(|(place, relation)| {
            let incoming = relation.edges.incoming.thinned(|row, column| keep(place, row, column));
            let edges = Arc::new(EdgeIndex::new(incoming, relation.edges.senders()));
            BlockRelation { edges, ..*relation }
        });
        Self::new(self.source_rows.clone(), self.target_rows.clone(), relations.collect())
    }

    /// Number of messages.
    pub fn messages(&self) -> usize {
        self.relations.iter().map(|relation| relation.edges.len()).sum()
    }
}

/// Rows of several relations, one after the other.
#[derive(Default)]
struct JoinedRows {
    rows: WeightedRows,
}

impl JoinedRows {
    /// Appends as many rows, each of which holds the entries of that row in every relation, columns moved by what stands
    /// beside the relation.
    fn append(&mut self, count: usize, relations: &[(&BlockRelation, usize)]) {
        let WeightedRows { offsets, indices, weights } = &mut self.rows;
        if offsets.is_empty() {
            offsets.push(0);
        }
        for row in 0..count {
            for (relation, first) in relations {
                let rows = &relation.edges.incoming;
                let range = rows.range(row);
                indices.extend(rows.indices[range.clone()].iter().map(|index| index + *first as u32));
                weights.extend_from_slice(&rows.weights[range]);
            }
            offsets.push(indices.len() as u32);
        }
    }

    fn finish(mut self) -> WeightedRows {
        if self.rows.offsets.is_empty() {
            self.rows.offsets.push(0);
        }
        self.rows
    }
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
    /// The whole graph with `layers` full propagations, of which the rows of some types are wanted. Of the other types a layer
    /// has rows only where the next one needs them; the input has all, so that embeddings are taken as they are.
    pub fn full(graph: &MessageGraph, layers: usize, wanted: &[usize]) -> Self {
        let mut receives: Vec<bool> = (0..graph.types.len()).map(|of| wanted.contains(&of)).collect();
        let mut blocks: Vec<Arc<Block>> = Vec::with_capacity(layers);
        for layer in (0..layers).rev() {
            let mut sends = receives.clone();
            for relation in graph.relations.iter().filter(|relation| !relation.incoming.is_empty()) {
                sends[relation.source] |= receives[relation.target];
            }
            if layer == 0 {
                sends.fill(true);
            }
            let block = Block::full(graph, &sends, &receives);
            blocks.push(match blocks.last() {
                Some(next) if next.has_rows_of(&block) => Arc::clone(next),
                _ => Arc::new(block),
            });
            receives = sends;
        }
        blocks.reverse();
        let nodes = graph.types.iter().map(|node_type| (0..node_type.nodes as u32).collect());
        Self { nodes: nodes.collect(), blocks }
    }
}
