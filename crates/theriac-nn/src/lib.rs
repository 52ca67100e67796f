//! Heterogeneous message passing on burn.
//!
//! A [`MessageGraph`] gives every relation the direction of its messages. A [`Subgraph`] is what one forward pass sees of
//! it: all of it ([`Subgraph::full`]), or the neighbourhood that a [`NeighborSampler`] draws around the seeds of a
//! minibatch. A [`HeteroEncoder`] turns it into an embedding per node, through the graph operators of [`ops`], which run on
//! the CPU [`kernels`].

pub mod kernels;
pub mod ops;

mod block;
mod conv;
mod decoder;
mod edges;
mod encoder;
mod loss;
mod message_graph;
mod optim;
mod parameters;
mod propagation;
mod sampler;
#[cfg(test)]
mod testing;

pub use block::{Block, BlockRelation, SlotLayout, Subgraph};
pub use conv::{Aggregation, ConvolutionKind, RelationAggregation};
pub use decoder::{DecodedEnds, Decoder, DecoderConfig, DecoderKind, DecoderStructure, EndPairs};
pub use edges::{EdgeIndex, Normalisation, Weighing, WeightedRows};
pub use encoder::{EncoderConfig, HeteroEncoder, JumpingKnowledge};
pub use loss::{Loss, binary_cross_entropy_with_logits, whole_matrix};
pub use message_graph::{MessageGraph, MessageRelation, MessageType};
pub use optim::AdamW;
pub use parameters::{Initial, Parameters, Stack, floats};
pub use propagation::Propagation;
pub use sampler::NeighborSampler;
