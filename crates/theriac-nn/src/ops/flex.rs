//! The operators on burn's CPU backend.

use std::sync::Arc;

use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Flex, TensorMetadata};
use burn::tensor::{Shape, TensorData};
use rayon::prelude::*;

use crate::edges::{EdgeIndex, WeightedRows};
use crate::kernels::{self, AdamStep, Additive, Heads, Level, Messages, PairRows};
use crate::ops::{GraphOps, InputRows, SageGeometry, input, sage};

/// Rows that one task sums.
const CHUNK: usize = 256;

/// The values of a tensor, row by row; a copy only where it is a view with gaps.
pub(super) struct Values(FlexTensor);

impl Values {
    pub(super) fn new(tensor: &FlexTensor) -> Self {
        Self(tensor.to_contiguous())
    }
}

impl std::ops::Deref for Values {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.0.storage::<f32>()[..self.0.layout().num_elements()]
    }
}

pub(super) fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(values, shape))
}

pub(super) fn columns(tensor: &FlexTensor) -> usize {
    let shape: Shape = tensor.shape();
    shape[1]
}

/// The weighted sum over each row's entries: `[rows, dim]`.
fn sums(rows: &WeightedRows, table: &[f32], dim: usize) -> Vec<f32> {
    let mut out = vec![0.0; rows.rows() * dim];
    out.par_chunks_mut(CHUNK * dim).enumerate().for_each(|(chunk, out)| {
        let messages = Messages { rows, table, stride: dim };
        kernels::aggregate(Level::detect(), messages, chunk * CHUNK, dim, out, dim);
    });
    out
}

/// The gradient of [`GraphOps::propagate`] with respect to its input.
pub(super) fn propagate_backward(edges: &EdgeIndex, gradient: &[f32], dim: usize) -> Vec<f32> {
    sums(&edges.outgoing, gradient, dim)
}

impl GraphOps for Flex {
    fn input_layer(
        embedding: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        rows: Arc<InputRows>,
    ) -> FloatTensor<Self> {
        let hidden = columns(&embedding);
        let (embedding, weight, bias) = (Values::new(&embedding), Values::new(&weight), Values::new(&bias));
        let (out, _) = input::forward(&rows, &embedding, &weight, &bias, hidden);
        tensor(out, [rows.len(), hidden])
    }

    fn sage_layer(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        geometry: SageGeometry,
    ) -> FloatTensor<Self> {
        let (dim, hidden) = (columns(&input), columns(&weight));
        let (input, weight, bias) = (Values::new(&input), Values::new(&weight), Values::new(&bias));
        let (out, _) = sage::forward(&geometry, &input, dim, &weight, &bias, hidden);
        tensor(out, [geometry.block.targets(), hidden])
    }

    fn pair_dot(table: FloatTensor<Self>, pairs: Arc<PairRows>) -> FloatTensor<Self> {
        let width = columns(&table);
        tensor(kernels::pair_dot(&pairs, &Values::new(&table), width), [pairs.len()])
    }

    fn propagate(input: FloatTensor<Self>, edges: Arc<EdgeIndex>) -> FloatTensor<Self> {
        let dim = columns(&input);
        tensor(sums(&edges.incoming, &Values::new(&input), dim), [edges.receivers(), dim])
    }

    fn max_pool(input: FloatTensor<Self>, edges: Arc<EdgeIndex>) -> FloatTensor<Self> {
        let dim = columns(&input);
        let (greatest, _) = kernels::max_pool(&edges, dim, &Values::new(&input));
        tensor(greatest, [edges.receivers(), dim])
    }

    fn edge_dot(
        queries: FloatTensor<Self>,
        keys: FloatTensor<Self>,
        edges: Arc<EdgeIndex>,
        heads: Heads,
    ) -> FloatTensor<Self> {
        let logits = kernels::edge_dot(&edges, heads, &Values::new(&queries), &Values::new(&keys));
        tensor(logits, [edges.len(), heads.heads])
    }

    fn edge_additive(
        left: FloatTensor<Self>,
        right: FloatTensor<Self>,
        attention: FloatTensor<Self>,
        edges: Arc<EdgeIndex>,
        heads: Heads,
    ) -> FloatTensor<Self> {
        let (left, right, attention) = (Values::new(&left), Values::new(&right), Values::new(&attention));
        let tables = Additive { left: &left, right: &right, attention: &attention };
        tensor(kernels::edge_additive(&edges, heads, tables), [edges.len(), heads.heads])
    }

    fn softmax_sum(
        logits: FloatTensor<Self>,
        values: FloatTensor<Self>,
        edges: Arc<EdgeIndex>,
        heads: Heads,
    ) -> FloatTensor<Self> {
        let (_, sums) = kernels::softmax_sum(&edges, heads, &Values::new(&logits), &Values::new(&values));
        tensor(sums, [edges.receivers(), heads.columns()])
    }

    fn adam(
        mut parameter: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        mut first: FloatTensor<Self>,
        mut second: FloatTensor<Self>,
        step: AdamStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        for tensor in [&mut parameter, &mut first, &mut second] {
            if !tensor.is_contiguous() {
                *tensor = tensor.to_contiguous();
            }
        }
        let gradient = Values::new(&gradient);
        kernels::adam(
            step,
            parameter.storage_mut::<f32>(),
            &gradient,
            first.storage_mut::<f32>(),
            second.storage_mut::<f32>(),
        );
        (parameter, first, second)
    }
}
