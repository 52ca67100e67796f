//! Convolutions: how a layer turns the rows of its source nodes into those of its target nodes.

mod hgt;
mod light_gcn;
mod relation_wise;
mod slotted;
#[cfg(test)]
mod tests;

use std::fmt::Debug;
use std::ops::Range;
use std::sync::Arc;

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::block::{Block, SlotLayout};
use crate::edges::{Normalisation, Weighing};
use crate::kernels::Heads;
use crate::message_graph::MessageGraph;
use crate::parameters::Stack;

/// The convolution of every layer of an encoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum ConvolutionKind {
    /// GraphSAGE (Hamilton et al. 2017): the neighbours' mean, sum or maximum, and the node itself, each through a linear layer
    /// of its relation or type.
    Sage {
        /// How a relation's neighbours become one row.
        aggregation: Aggregation,
    },
    /// Graph convolution (Kipf and Welling 2017): the sum of the neighbours, each over the root of the product of both
    /// degrees, with linear layers as in GraphSAGE.
    Gcn,
    /// LightGCN (He et al. 2020): the same sum and nothing else: no weights, no rectifier, no self-loop.
    LightGcn,
    /// Attention over each relation's neighbours (GATv2, Brody et al. 2022), aware of edge weights.
    Gat {
        /// Attention heads, which share the width.
        heads: usize,
    },
    /// Relational graph convolution (Schlichtkrull et al. 2018): GraphSAGE with the mean, the relations' weights
    /// combined from a few bases that all share.
    Rgcn {
        /// Number of bases.
        bases: usize,
    },
    /// Heterogeneous graph transformer (Hu et al. 2020): attention over all neighbours of all relations at once.
    Hgt {
        /// Attention heads, which share the width.
        heads: usize,
    },
}

/// How the neighbours over one relation become one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Aggregation {
    /// Weighed by their edges' shares.
    Mean,
    /// Weighed by their edges.
    Sum,
    /// Column by column; edge weights play no part.
    Max,
}

/// How what a node receives over its relations becomes one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RelationAggregation {
    /// Their sum.
    Sum,
    /// Their mean.
    Mean,
    /// Weighed by attention among relations, the same for all nodes of a type (HAN, Wang et al. 2019).
    Attention,
}

/// One layer's convolution. Rows are `[source rows, hidden]` in and `[target rows, hidden]` out.
pub(crate) trait Convolution: Debug + Send + Sync {
    /// The layer's parameters. Their names begin with `layer`, as in `layers.0`.
    fn stacks(&self, graph: &MessageGraph, layer: &str, hidden: usize) -> Vec<Stack>;

    /// The convolution, rectified where asked for. `weights` are the tensors of [`Convolution::stacks`].
    fn forward(&self, weights: &[Tensor<2>], input: Tensor<2>, pass: &LayerPass<'_>) -> Tensor<2>;

    /// Whether a rectifier may follow.
    fn rectifies(&self) -> bool {
        true
    }
}

/// What a convolution sees of a forward pass.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LayerPass<'a> {
    pub block: &'a Arc<Block>,
    pub slots: &'a Arc<SlotLayout>,
    /// Whether negative outputs become 0.
    pub rectify: bool,
}

impl ConvolutionKind {
    /// What scorers with this convolution are called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sage { .. } => "graphsage",
            Self::Gcn => "gcn",
            Self::LightGcn => "lightgcn",
            Self::Gat { .. } => "gat",
            Self::Rgcn { .. } => "rgcn",
            Self::Hgt { .. } => "hgt",
        }
    }

    /// How messages are to be weighed.
    pub(crate) fn weighing(self, relations: RelationAggregation) -> Weighing {
        let within = match self {
            Self::Sage { aggregation: Aggregation::Mean } | Self::Rgcn { .. } => Normalisation::Mean,
            Self::Gcn | Self::LightGcn => Normalisation::Symmetric,
            Self::Sage { .. } | Self::Gat { .. } | Self::Hgt { .. } => Normalisation::Sum,
        };
        let weighs = !matches!(self, Self::Gat { .. } | Self::Hgt { .. });
        Weighing { within, relation_mean: weighs && relations == RelationAggregation::Mean }
    }

    pub(crate) fn build(self, relations: RelationAggregation) -> Box<dyn Convolution> {
        use relation_wise::{Messages, RelationWise};
        let relation_wise = |messages| Box::new(RelationWise { messages, relations });
        match self {
            Self::LightGcn => Box::new(light_gcn::LightGcn),
            Self::Hgt { heads } => Box::new(hgt::Hgt { heads }),
            Self::Gat { heads } => relation_wise(Messages::Attention { heads }),
            Self::Sage { aggregation: Aggregation::Max } => relation_wise(Messages::Max),
            Self::Rgcn { bases } => Box::new(slotted::Slotted { bases: Some(bases) }),
            _ if relations == RelationAggregation::Attention => relation_wise(Messages::Linear),
            _ => Box::new(slotted::Slotted { bases: None }),
        }
    }

    /// Heads, where there are any, and what they divide.
    pub(crate) fn heads(self, hidden: usize) -> Option<Heads> {
        match self {
            Self::Gat { heads } | Self::Hgt { heads } => {
                Some(Heads { heads, width: hidden.checked_div(heads).unwrap_or(0) })
            }
            _ => None,
        }
    }
}

/// The rows of a type in a table of stacked types.
pub(crate) fn rows_of(offsets: &[usize], node_type: usize) -> Range<usize> {
    offsets[node_type]..offsets[node_type + 1]
}

/// A run of rows, which must not be empty.
pub(crate) fn slice(table: &Tensor<2>, rows: Range<usize>) -> Tensor<2> {
    table.clone().narrow(0, rows.start, rows.len())
}

/// Own rows of the target nodes: of each type the first rows of its sources.
pub(crate) fn own_rows(input: &Tensor<2>, sources: &[usize], targets: &[usize]) -> Tensor<2> {
    if sources == targets {
        return input.clone();
    }
    let types = (0..sources.len() - 1).filter(|&place| !rows_of(targets, place).is_empty());
    let parts =
        types.map(|place| slice(input, sources[place]..sources[place] + rows_of(targets, place).len()));
    Tensor::cat(parts.collect(), 0)
}

/// `layers.0.drug.self.weight` and the like, for each type.
fn of_types<'a>(graph: &'a MessageGraph, layer: &'a str, what: &'a str) -> impl Iterator<Item = String> + 'a {
    graph.types.iter().map(move |node_type| format!("{layer}.{}.{what}", node_type.name))
}
