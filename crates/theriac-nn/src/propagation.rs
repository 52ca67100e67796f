//! The nodes and edges of one forward pass.

use std::sync::Arc;

use rand::{Rng, RngExt};

use crate::block::{Block, SlotLayout, Subgraph};
use crate::message_graph::MessageGraph;
use crate::ops::InputRows;

/// The nodes and edges of one forward pass, ready for the operators.
#[derive(Clone, Debug)]
pub struct Propagation {
    pub(crate) input: Arc<InputRows>,
    pub(crate) blocks: Vec<Arc<Block>>,
    pub(crate) slots: Arc<SlotLayout>,
}

impl Propagation {
    /// Prepares a minibatch.
    pub fn new(graph: &MessageGraph, slots: Arc<SlotLayout>, subgraph: &Subgraph) -> Self {
        Self { input: Arc::new(InputRows::new(graph, subgraph)), blocks: subgraph.blocks.clone(), slots }
    }

    /// Prepares a pass over the whole graph, of which the rows of some types are wanted; what other rows would have come to
    /// is left out where nothing depends on it.
    pub fn full(graph: &MessageGraph, slots: Arc<SlotLayout>, layers: usize, wanted: &[usize]) -> Self {
        Self::new(graph, slots, &Subgraph::full(graph, layers, wanted))
    }

    /// First output row of each type, and the total: `[types + 1]`.
    pub fn target_rows(&self) -> &[usize] {
        &self.blocks[self.blocks.len() - 1].target_rows
    }

    /// Number of messages over all layers.
    pub fn messages(&self) -> usize {
        self.blocks.iter().map(|block| block.messages()).sum()
    }

    /// The pass without a random share of its edges (DropEdge, Rong et al. 2020) and of its relations, both ways of an edge
    /// by themselves. What is left of a node's edges in a relation weighs as much as they all did.
    #[must_use]
    pub fn thinned(&self, edges: f64, relations: f64, rng: &mut dyn Rng) -> Self {
        let blocks = self.blocks.iter().map(|block| {
            let gone: Vec<bool> = block.relations.iter().map(|_| rng.random_bool(relations)).collect();
            let salt: u64 = rng.random();
            let bound = (edges * 2f64.powi(32)) as u64;
            let keep = |relation: usize, receiver: u32, sender: u32| {
                let edge = u64::from(receiver) << 32 | u64::from(sender);
                !gone[relation] && mixed(edge ^ mixed(salt ^ relation as u64)) >> 32 >= bound
            };
            Arc::new(block.thinned(keep))
        });
        Self { blocks: blocks.collect(), ..self.clone() }
    }
}

/// A number whose bits all depend on all bits of another (the finaliser of `SplitMix64`, Steele et al. 2014).
fn mixed(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
