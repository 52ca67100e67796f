//! The heterogeneous SAGE layer over plain slices.
//!
//! Both passes are a few parallel regions over chunks of rows, each chunk doing all that its rows need while they are in
//! cache. Sums over rows are taken chunk by chunk in order; chunks depend on the number of rows alone, so the number of
//! threads changes nothing.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use crate::kernels::{Level, Matrix, Messages, aggregate, matmul};
use crate::ops::SageGeometry;
use crate::ops::input::add;

/// The least number of rows in a chunk.
const CHUNK: usize = 256;
/// The most chunks that a type's rows are cut into.
const CHUNKS: usize = 32;

/// What each chunk's product was made of: `[chunk rows, slots * dim]`, `[aggregated | ... | self]`, type after type.
pub(super) type Collected = Arc<Vec<Vec<f32>>>;

/// The slots of one type, and where they stand in the stacked weight.
#[derive(Clone, Copy)]
struct TypeSlots {
    node_type: usize,
    /// Columns of `[aggregated | ... | self]`.
    columns: usize,
    /// First element of the type's weight.
    weight_start: usize,
}

impl TypeSlots {
    fn all(geometry: &SageGeometry, dim: usize, hidden: usize) -> impl Iterator<Item = Self> + '_ {
        (0..geometry.block.target_rows.len() - 1).map(move |node_type| Self {
            node_type,
            columns: geometry.slots.slots_of(node_type) * dim,
            weight_start: geometry.slots.type_slots[node_type] * dim * hidden,
        })
    }

    fn weight<'a>(&self, weight: &'a [f32], hidden: usize) -> Matrix<'a> {
        Matrix::new(&weight[self.weight_start..][..self.columns * hidden], self.columns, hidden)
    }
}

fn chunk_rows(rows: usize) -> usize {
    rows.div_ceil(CHUNKS).max(CHUNK)
}

fn rows_of(offsets: &[usize], node_type: usize) -> Range<usize> {
    offsets[node_type]..offsets[node_type + 1]
}

/// `[target rows, hidden]`, and what the backward pass needs again.
pub(super) fn forward(
    geometry: &SageGeometry,
    input: &[f32],
    dim: usize,
    weight: &[f32],
    bias: &[f32],
    hidden: usize,
) -> (Vec<f32>, Collected) {
    let block = &geometry.block;
    let mut out = vec![0.0; block.targets() * hidden];
    let mut tasks = Vec::new();
    let mut rest = out.as_mut_slice();
    for slots in TypeSlots::all(geometry, dim, hidden) {
        let rows = rows_of(&block.target_rows, slots.node_type).len();
        let (own, after) = rest.split_at_mut(rows * hidden);
        rest = after;
        let chunk = chunk_rows(rows);
        tasks.extend(own.chunks_mut(chunk * hidden).enumerate().map(|(i, out)| (slots, i * chunk, out)));
    }
    let collected = tasks.into_par_iter().map(|(slots, first, out)| {
        let rows = out.len() / hidden;
        let mut collected = vec![0.0; rows * slots.columns];
        collect(geometry, slots, first, input, dim, &mut collected);
        let bias = &bias[slots.node_type * hidden..][..hidden];
        for row in out.chunks_exact_mut(hidden) {
            row.copy_from_slice(bias);
        }
        matmul(out, Matrix::new(&collected, rows, slots.columns), slots.weight(weight, hidden), true);
        if geometry.relu {
            for value in out.iter_mut() {
                *value = value.max(0.0);
            }
        }
        collected
    });
    let collected = collected.collect();
    (out, Arc::new(collected))
}

/// Adds up `[aggregated | ... | self]` of the target nodes of a type from row `first` on.
fn collect(
    geometry: &SageGeometry,
    own_slots: TypeSlots,
    first: usize,
    input: &[f32],
    dim: usize,
    collected: &mut [f32],
) {
    let SageGeometry { block, slots, .. } = geometry;
    let TypeSlots { node_type, columns, .. } = own_slots;
    for (relation, &slot) in block.relations.iter().zip(&slots.relation_slots) {
        if relation.target == node_type {
            let table = &input[block.source_rows[relation.source] * dim..];
            let messages = Messages { rows: &relation.edges.incoming, table, stride: dim };
            aggregate(Level::detect(), messages, first, dim, &mut collected[slot * dim..], columns);
        }
    }
    let own = &input[(block.source_rows[node_type] + first) * dim..];
    for (collected, own) in collected.chunks_exact_mut(columns).zip(own.chunks_exact(dim)) {
        collected[columns - dim..].copy_from_slice(own);
    }
}

/// The gradients of the input, the weight and the bias. `gradient` is that of the output, and `output` the output itself
/// where the layer rectifies: `[target rows, hidden]`.
pub(super) fn backward(
    geometry: &SageGeometry,
    collected: &Collected,
    output: Option<&[f32]>,
    gradient: &[f32],
    dim: usize,
    weight: &[f32],
    hidden: usize,
) -> (Vec<f32>, Vec<f32>, Vec<f32>) {
    let block = &geometry.block;
    let types = block.target_rows.len() - 1;
    let mut collected_gradient: Vec<Vec<f32>> = TypeSlots::all(geometry, dim, hidden)
        .map(|slots| vec![0.0; rows_of(&block.target_rows, slots.node_type).len() * slots.columns])
        .collect();
    let mut tasks = Vec::new();
    for (slots, back) in TypeSlots::all(geometry, dim, hidden).zip(&mut collected_gradient) {
        let rows = rows_of(&block.target_rows, slots.node_type);
        let chunk = chunk_rows(rows.len());
        let chunks = back.chunks_mut(chunk * slots.columns);
        tasks.extend(chunks.enumerate().map(|(i, back)| (slots, rows.start + i * chunk, back)));
    }
    let sums = tasks.into_par_iter().zip(collected.par_iter()).map(|((slots, first, back), collected)| {
        let rows = back.len() / slots.columns;
        let range = first * hidden..(first + rows) * hidden;
        let gradient = match output {
            Some(output) => rectified(&gradient[range.clone()], &output[range]),
            None => Cow::from(&gradient[range]),
        };
        let mut bias = vec![0.0; hidden];
        gradient.chunks_exact(hidden).for_each(|row| add(&mut bias, row));
        let gradient = Matrix::new(&gradient, rows, hidden);
        matmul(back, gradient, slots.weight(weight, hidden).transposed(), false);
        let mut partial = vec![0.0; slots.columns * hidden];
        matmul(&mut partial, Matrix::new(collected, rows, slots.columns).transposed(), gradient, false);
        (slots, partial, bias)
    });
    let sums: Vec<_> = sums.collect();
    let mut weight_gradient = vec![0.0; weight.len()];
    let mut bias_gradient = vec![0.0; types * hidden];
    for (slots, partial, bias) in &sums {
        add(&mut weight_gradient[slots.weight_start..][..partial.len()], partial);
        add(&mut bias_gradient[slots.node_type * hidden..][..hidden], bias);
    }
    let input_gradient = distribute(geometry, &collected_gradient, dim);
    (input_gradient, weight_gradient, bias_gradient)
}

/// The gradient where the rectifier let the output through.
fn rectified(gradient: &[f32], output: &[f32]) -> Cow<'static, [f32]> {
    gradient
        .iter()
        .zip(output)
        .map(|(gradient, &output)| if output > 0.0 { *gradient } else { 0.0 })
        .collect()
}

/// Brings the gradients of `[aggregated | ... | self]` back to the input rows: `[source rows, dim]`.
fn distribute(geometry: &SageGeometry, collected_gradient: &[Vec<f32>], dim: usize) -> Vec<f32> {
    let SageGeometry { block, slots, .. } = geometry;
    let mut input_gradient = vec![0.0; block.sources() * dim];
    let mut tasks = Vec::new();
    let mut rest = input_gradient.as_mut_slice();
    for node_type in 0..block.source_rows.len() - 1 {
        let rows = rows_of(&block.source_rows, node_type).len();
        let (own, after) = rest.split_at_mut(rows * dim);
        rest = after;
        let chunk = chunk_rows(rows);
        tasks.extend(own.chunks_mut(chunk * dim).enumerate().map(|(i, out)| (node_type, i * chunk, out)));
    }
    tasks.into_par_iter().for_each(|(node_type, first, out)| {
        let stride = slots.slots_of(node_type) * dim;
        let own = collected_gradient[node_type].get(first * stride..).unwrap_or_default();
        for (out, own) in out.chunks_exact_mut(dim).zip(own.chunks_exact(stride)) {
            out.copy_from_slice(&own[stride - dim..]);
        }
        for (relation, &slot) in block.relations.iter().zip(&slots.relation_slots) {
            if relation.source == node_type && !collected_gradient[relation.target].is_empty() {
                let stride = slots.slots_of(relation.target) * dim;
                let table = &collected_gradient[relation.target][slot * dim..];
                let messages = Messages { rows: &relation.edges.outgoing, table, stride };
                aggregate(Level::detect(), messages, first, dim, out, dim);
            }
        }
    });
    input_gradient
}
