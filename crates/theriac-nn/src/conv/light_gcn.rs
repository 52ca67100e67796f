//! LightGCN: propagation and nothing else.

use burn::tensor::Tensor;

use crate::conv::{Convolution, LayerPass};
use crate::message_graph::MessageGraph;
use crate::ops::propagate;
use crate::parameters::Stack;

/// The weighed sum of all neighbours of all relations (He et al. 2020). The types of a graph share one space.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LightGcn;

impl Convolution for LightGcn {
    fn stacks(&self, _: &MessageGraph, _: &str, _: usize) -> Vec<Stack> {
        Vec::new()
    }

    fn forward(&self, _: &[Tensor<2>], input: Tensor<2>, pass: &LayerPass<'_>) -> Tensor<2> {
        propagate(input, pass.block.joined())
    }

    fn rectifies(&self) -> bool {
        false
    }
}
