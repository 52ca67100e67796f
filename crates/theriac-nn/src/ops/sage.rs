//! The heterogeneous SAGE layer over plain slices.

use std::sync::Arc;

use rayon::prelude::*;

use crate::kernels::{Level, Matrix, Messages, aggregate, matmul};
use crate::ops::SageGeometry;
use crate::ops::input::add;

/// Rows that one task aggregates.
const CHUNK: usize = 64;

/// What the product of each type was made of: `[target rows, slots * dim]`, `[aggregated | ... | self]`.
pub(super) type Collected = Arc<Vec<Vec<f32>>>;

/// `[target rows, hidden]`, and what the backward pass needs again.
pub(super) fn forward(
    geometry: &SageGeometry,
    input: &[f32],
    dim: usize,
    weight: &[f32],
    bias: &[f32],
    hidden: usize,
) -> (Vec<f32>, Collected) {
    let SageGeometry { block, slots, relu } = geometry;
    let mut out = vec![0.0; block.targets() * hidden];
    let mut collected = Vec::with_capacity(block.target_rows.len() - 1);
    for node_type in 0..block.target_rows.len() - 1 {
        let collected_rows = collect(geometry, node_type, input, dim);
        let rows = block.target_rows[node_type]..block.target_rows[node_type + 1];
        let out = &mut out[rows.start * hidden..rows.end * hidden];
        for row in out.chunks_exact_mut(hidden) {
            row.copy_from_slice(&bias[node_type * hidden..][..hidden]);
        }
        let columns = slots.slots_of(node_type) * dim;
        let weight = &weight[slots.type_slots[node_type] * dim * hidden..][..columns * hidden];
        matmul(
            out,
            Matrix::new(&collected_rows, rows.len(), columns),
            Matrix::new(weight, columns, hidden),
            true,
        );
        collected.push(collected_rows);
    }
    if *relu {
        out.iter_mut().for_each(|value| *value = value.max(0.0));
    }
    (out, Arc::new(collected))
}

/// `[aggregated | ... | self]` of every target node of a type.
fn collect(geometry: &SageGeometry, node_type: usize, input: &[f32], dim: usize) -> Vec<f32> {
    let SageGeometry { block, slots, .. } = geometry;
    let level = Level::detect();
    let stride = slots.slots_of(node_type) * dim;
    let rows = block.target_rows[node_type + 1] - block.target_rows[node_type];
    let mut collected = vec![0.0; rows * stride];
    collected.par_chunks_mut(CHUNK * stride).enumerate().for_each(|(chunk, collected)| {
        let first = chunk * CHUNK;
        for (relation, &slot) in block.relations.iter().zip(&slots.relation_slots) {
            if relation.target == node_type {
                let table = &input[block.source_rows[relation.source] * dim..];
                let messages = Messages { rows: &relation.incoming, table, stride: dim };
                aggregate(level, messages, first, dim, &mut collected[slot * dim..], stride);
            }
        }
        let own = &input[(block.source_rows[node_type] + first) * dim..];
        for (collected, own) in collected.chunks_exact_mut(stride).zip(own.chunks_exact(dim)) {
            collected[stride - dim..].copy_from_slice(own);
        }
    });
    collected
}

/// The gradients of the input, the weight and the bias. `gradient` is that of the output, `[target rows, hidden]`,
/// with the rectifier's zeros already in it.
pub(super) fn backward(
    geometry: &SageGeometry,
    collected: &Collected,
    gradient: &[f32],
    dim: usize,
    weight: &[f32],
    hidden: usize,
) -> (Vec<f32>, Vec<f32>, Vec<f32>) {
    let SageGeometry { block, slots, .. } = geometry;
    let types = block.target_rows.len() - 1;
    let mut weight_gradient = vec![0.0; weight.len()];
    let mut bias_gradient = vec![0.0; types * hidden];
    let mut collected_gradient = Vec::with_capacity(types);
    for (node_type, collected) in collected.iter().enumerate() {
        let rows = block.target_rows[node_type]..block.target_rows[node_type + 1];
        let gradient = &gradient[rows.start * hidden..rows.end * hidden];
        let bias = &mut bias_gradient[node_type * hidden..][..hidden];
        gradient.chunks_exact(hidden).for_each(|row| add(bias, row));
        let columns = slots.slots_of(node_type) * dim;
        let start = slots.type_slots[node_type] * dim * hidden;
        let gradient = Matrix::new(gradient, rows.len(), hidden);
        let inputs = Matrix::new(collected, rows.len(), columns);
        matmul(&mut weight_gradient[start..][..columns * hidden], inputs.transposed(), gradient, false);
        let mut back = vec![0.0; rows.len() * columns];
        let weight = Matrix::new(&weight[start..][..columns * hidden], columns, hidden);
        matmul(&mut back, gradient, weight.transposed(), false);
        collected_gradient.push(back);
    }
    let mut input_gradient = vec![0.0; block.sources() * dim];
    for node_type in 0..types {
        distribute(geometry, node_type, &collected_gradient, dim, &mut input_gradient);
    }
    (input_gradient, weight_gradient, bias_gradient)
}

/// Brings the gradient of `[aggregated | ... | self]` back to the input rows of a type.
fn distribute(
    geometry: &SageGeometry,
    node_type: usize,
    collected_gradient: &[Vec<f32>],
    dim: usize,
    input_gradient: &mut [f32],
) {
    let SageGeometry { block, slots, .. } = geometry;
    let level = Level::detect();
    let rows = block.source_rows[node_type]..block.source_rows[node_type + 1];
    let own_stride = slots.slots_of(node_type) * dim;
    let own = &collected_gradient[node_type];
    input_gradient[rows.start * dim..rows.end * dim].par_chunks_mut(CHUNK * dim).enumerate().for_each(
        |(chunk, out)| {
            let first = chunk * CHUNK;
            let own = own.get(first * own_stride..).unwrap_or_default();
            for (out, own) in out.chunks_exact_mut(dim).zip(own.chunks_exact(own_stride)) {
                out.copy_from_slice(&own[own_stride - dim..]);
            }
            for (relation, &slot) in block.relations.iter().zip(&slots.relation_slots) {
                if relation.source == node_type && !collected_gradient[relation.target].is_empty() {
                    let stride = slots.slots_of(relation.target) * dim;
                    let table = &collected_gradient[relation.target][slot * dim..];
                    let messages = Messages { rows: &relation.outgoing, table, stride };
                    aggregate(level, messages, first, dim, out, dim);
                }
            }
        },
    );
}
