//! Heterogeneous message passing on burn.
//!
//! A [`MessageGraph`] gives every relation the direction of its messages. A [`Subgraph`] is what one forward pass sees of
//! it: all of it ([`Subgraph::full`]), or the neighbourhood that a [`NeighborSampler`] draws around the seeds of a
//! minibatch. A [`HeteroEncoder`] turns it into an embedding per node, through the graph operators of [`ops`], which run on
//! the CPU [`kernels`].

pub mod kernels;
pub mod ops;

mod block;
mod encoder;
mod loss;
mod message_graph;
mod optim;
mod sampler;

pub use block::{Block, BlockRelation, SlotLayout, Subgraph, WeightedRows};
pub use encoder::{HeteroEncoder, NamedTensor, Propagation, SageLayer, floats};
pub use loss::binary_cross_entropy_with_logits;
pub use message_graph::{MessageGraph, MessageRelation, MessageType};
pub use optim::FusedAdam;
pub use sampler::NeighborSampler;
