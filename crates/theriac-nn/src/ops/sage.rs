//! The heterogeneous SAGE layer over plain slices.
//!
//! A relation's linear layer can stand after the sum over neighbours or before it, as `(A X) W = A (X W)`: on the senders,
//! who have their rows *sent* through it first, or on the receivers, whose sums are *gathered* for one product of all such
//! relations. Sent rows are not needed again in the backward pass, gathered sums are; so rows are gathered only where the
//! receivers are far fewer.
//!
//! Both passes are a few parallel regions over chunks of rows, each chunk doing all that its rows need while they are in
//! cache. Sums over rows are taken chunk by chunk in order; chunks depend on the number of rows alone, so the number of
//! threads changes nothing.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use crate::block::{Block, BlockRelation};
use crate::kernels::{Level, Matrix, Messages, aggregate, matmul};
use crate::ops::SageGeometry;
use crate::ops::input::add;

/// The least number of rows in a chunk.
const CHUNK: usize = 256;
/// The most chunks that a type's rows are cut into.
const CHUNKS: usize = 32;

/// Rows are sent where senders are at most so many times the receivers: a row of sums is written, kept and read again twice.
const SENT: usize = 2;

/// The sums that each chunk gathered: `[chunk rows, columns]`, type after type.
pub(super) type Collected = Arc<Vec<Vec<f32>>>;

/// Where the weights of a layer are, and which way each relation goes.
struct Plan<'a> {
    block: &'a Block,
    dim: usize,
    hidden: usize,
    weight: &'a [f32],
    /// First element of the weight of each relation, `[dim, hidden]`.
    starts: Vec<usize>,
    types: Vec<TypePlan>,
}

/// How the rows of one type come about.
struct TypePlan {
    node_type: usize,
    /// Relations whose sums are gathered, in the order of their columns.
    gathered: Vec<usize>,
    /// Relations whose senders have been through their layer.
    sent: Vec<usize>,
    /// Columns of what is gathered.
    columns: usize,
    /// The layers of what is gathered, one below the other: `[columns, hidden]`.
    weight: Vec<f32>,
    /// First element of the weight of the nodes themselves, `[dim, hidden]`.
    own: usize,
}

impl<'a> Plan<'a> {
    fn new(geometry: &'a SageGeometry, dim: usize, weight: &'a [f32], hidden: usize) -> Self {
        let SageGeometry { block, slots, .. } = geometry;
        let square = dim * hidden;
        let start = |node_type: usize, slot: usize| (slots.type_slots[node_type] + slot) * square;
        let of_relations = block.relations.iter().zip(&slots.relation_slots);
        let starts: Vec<usize> = of_relations.map(|(relation, &slot)| start(relation.target, slot)).collect();
        let of_type = |node_type: usize| {
            let received = 0..block.relations.len();
            let received = received.filter(|&place| block.relations[place].target == node_type);
            let (sent, gathered): (Vec<usize>, Vec<usize>) =
                received.partition(|&place| is_sent(block, &block.relations[place]));
            let own = start(node_type, slots.slots_of(node_type) - 1);
            let weight = gathered.iter().flat_map(|&place| &weight[starts[place]..][..square]);
            let weight = weight.copied().collect();
            TypePlan { node_type, columns: gathered.len() * dim, gathered, sent, weight, own }
        };
        let types = (0..block.target_rows.len() - 1).map(of_type).collect();
        Self { block, dim, hidden, weight, starts, types }
    }

    /// The layer that begins at an element of the weight: `[dim, hidden]`.
    fn layer(&self, start: usize) -> Matrix<'_> {
        Matrix::new(&self.weight[start..][..self.dim * self.hidden], self.dim, self.hidden)
    }

    /// The senders' rows of each relation after its layer, `[senders, hidden]`; nothing of those that are gathered.
    fn send(&self, input: &[f32]) -> Vec<Vec<f32>> {
        let Self { block, dim, hidden, .. } = self;
        let room = |relation: &BlockRelation| {
            let senders =
                if is_sent(block, relation) { rows_of(&block.source_rows, relation.source).len() } else { 0 };
            vec![0.0; senders * hidden]
        };
        let mut sent: Vec<Vec<f32>> = block.relations.iter().map(room).collect();
        let mut tasks = Vec::new();
        for (place, out) in sent.iter_mut().enumerate() {
            let first = block.source_rows[block.relations[place].source];
            let chunk = chunk_rows(out.len() / hidden);
            let chunks = out.chunks_mut(chunk * hidden).enumerate();
            tasks.extend(chunks.map(|(i, out)| (place, first + i * chunk, out)));
        }
        tasks.into_par_iter().for_each(|(place, first, out)| {
            let rows = out.len() / hidden;
            let input = Matrix::new(&input[first * dim..][..rows * dim], rows, *dim);
            matmul(out, input, self.layer(self.starts[place]), false);
        });
        sent
    }
}

/// Whether the senders of a relation go through its layer, rather than the sums of its receivers.
pub(super) fn is_sent(block: &Block, relation: &BlockRelation) -> bool {
    let senders = rows_of(&block.source_rows, relation.source).len();
    senders <= SENT * rows_of(&block.target_rows, relation.target).len()
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
    let plan = Plan::new(geometry, dim, weight, hidden);
    let block = plan.block;
    let sent = plan.send(input);
    let mut out = vec![0.0; block.targets() * hidden];
    let mut tasks = Vec::new();
    let mut rest = out.as_mut_slice();
    for of_type in &plan.types {
        let rows = rows_of(&block.target_rows, of_type.node_type).len();
        let (own, after) = rest.split_at_mut(rows * hidden);
        rest = after;
        let chunk = chunk_rows(rows);
        tasks.extend(own.chunks_mut(chunk * hidden).enumerate().map(|(i, out)| (of_type, i * chunk, out)));
    }
    let collected = tasks.into_par_iter().map(|(of_type, first, out)| {
        let TypePlan { node_type, columns, .. } = *of_type;
        let rows = out.len() / hidden;
        let bias = &bias[node_type * hidden..][..hidden];
        for row in out.chunks_exact_mut(hidden) {
            row.copy_from_slice(bias);
        }
        let own = &input[(block.source_rows[node_type] + first) * dim..][..rows * dim];
        matmul(out, Matrix::new(own, rows, dim), plan.layer(of_type.own), true);
        let mut collected = vec![0.0; rows * columns];
        if columns > 0 {
            plan.collect(of_type, first, input, &mut collected);
            let weight = Matrix::new(&of_type.weight, columns, hidden);
            matmul(out, Matrix::new(&collected, rows, columns), weight, true);
        }
        for &place in &of_type.sent {
            let rows = &block.relations[place].edges.incoming;
            let messages = Messages { rows, table: &sent[place], stride: hidden };
            aggregate(Level::detect(), messages, first, hidden, out, hidden);
        }
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

impl Plan<'_> {
    /// Adds up what the target nodes of a type gather, from row `first` on.
    fn collect(&self, of_type: &TypePlan, first: usize, input: &[f32], collected: &mut [f32]) {
        let Self { block, dim, .. } = *self;
        let columns = of_type.columns;
        for (slot, &place) in of_type.gathered.iter().enumerate() {
            let relation = &block.relations[place];
            let table = &input[block.source_rows[relation.source] * dim..];
            let messages = Messages { rows: &relation.edges.incoming, table, stride: dim };
            aggregate(Level::detect(), messages, first, dim, &mut collected[slot * dim..], columns);
        }
    }
}

/// The gradients of the input, the weight and the bias.
pub(super) struct SageGradients {
    /// `[source rows, dim]`.
    pub(super) input: Vec<f32>,
    /// `[slots * dim, hidden]`.
    pub(super) weight: Vec<f32>,
    /// `[types, hidden]`.
    pub(super) bias: Vec<f32>,
}

/// The gradients where `gradient` is that of the output, and `output` the output itself where the layer rectifies:
/// `[target rows, hidden]`.
pub(super) fn backward(
    geometry: &SageGeometry,
    (input, dim): (&[f32], usize),
    collected: &Collected,
    output: Option<&[f32]>,
    gradient: &[f32],
    (weight, hidden): (&[f32], usize),
) -> SageGradients {
    let plan = Plan::new(geometry, dim, weight, hidden);
    let block = plan.block;
    let gradient = match output {
        Some(output) => rectified(gradient, output),
        None => Cow::from(gradient),
    };
    let mut collected_gradient: Vec<Vec<f32>> = plan
        .types
        .iter()
        .map(|of_type| vec![0.0; rows_of(&block.target_rows, of_type.node_type).len() * of_type.columns])
        .collect();
    let mut tasks = Vec::new();
    let mut kept = collected.iter();
    for (of_type, mut back) in plan.types.iter().zip(collected_gradient.iter_mut().map(Vec::as_mut_slice)) {
        let rows = rows_of(&block.target_rows, of_type.node_type);
        for first in rows.clone().step_by(chunk_rows(rows.len())) {
            let rows = first..rows.end.min(first + chunk_rows(rows.len()));
            let (own, after) = back.split_at_mut(rows.len() * of_type.columns);
            back = after;
            let collected =
                kept.next().unwrap_or_else(|| unreachable!("the forward pass had the same chunks"));
            tasks.push((of_type, rows, own, collected));
        }
    }
    let sums = tasks.into_par_iter().map(|(of_type, rows, back, collected)| {
        let columns = of_type.columns;
        let gradient = &gradient[rows.start * hidden..rows.end * hidden];
        let mut bias = vec![0.0; hidden];
        gradient.chunks_exact(hidden).for_each(|row| add(&mut bias, row));
        let gradient = Matrix::new(gradient, rows.len(), hidden);
        let mut partial = vec![0.0; columns * hidden];
        if columns > 0 {
            matmul(back, gradient, Matrix::new(&of_type.weight, columns, hidden).transposed(), false);
            let collected = Matrix::new(collected, rows.len(), columns);
            matmul(&mut partial, collected.transposed(), gradient, false);
        }
        (of_type, partial, bias)
    });
    let sums: Vec<_> = sums.collect();
    let mut weight_gradient = vec![0.0; weight.len()];
    let mut bias_gradient = vec![0.0; plan.types.len() * hidden];
    for (of_type, partial, bias) in &sums {
        for (&place, partial) in of_type.gathered.iter().zip(partial.chunks_exact(dim * hidden)) {
            add(&mut weight_gradient[plan.starts[place]..][..partial.len()], partial);
        }
        add(&mut bias_gradient[of_type.node_type * hidden..][..hidden], bias);
    }
    let (input, of_layers) = plan.distribute(input, &gradient, &collected_gradient);
    for (start, partial) in &of_layers {
        add(&mut weight_gradient[*start..][..partial.len()], partial);
    }
    SageGradients { input, weight: weight_gradient, bias: bias_gradient }
}

/// The gradient where the rectifier let the output through.
fn rectified(gradient: &[f32], output: &[f32]) -> Cow<'static, [f32]> {
    let mut through = vec![0.0; gradient.len()];
    let chunks = through.par_chunks_mut(CHUNK * CHUNK).zip(gradient.par_chunks(CHUNK * CHUNK));
    chunks.zip(output.par_chunks(CHUNK * CHUNK)).for_each(|((through, gradient), output)| {
        for ((through, gradient), &output) in through.iter_mut().zip(gradient).zip(output) {
            *through = if output > 0.0 { *gradient } else { 0.0 };
        }
    });
    through.into()
}

impl Plan<'_> {
    /// Brings the gradients of the nodes themselves, of what was gathered and of what was sent back to the input rows: `[source
    /// rows, dim]`. Beside them, parts of the gradients of layers, each with the first element of the layer's weight.
    fn distribute(
        &self,
        input: &[f32],
        gradient: &[f32],
        collected_gradient: &[Vec<f32>],
    ) -> (Vec<f32>, Vec<(usize, Vec<f32>)>) {
        let Self { block, dim, hidden, .. } = *self;
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
        let partials = tasks.into_par_iter().map(|(node_type, first, out)| {
            let rows = out.len() / dim;
            let input = &input[(block.source_rows[node_type] + first) * dim..][..out.len()];
            let mut partials = Vec::new();
            let targets = rows_of(&block.target_rows, node_type);
            let own = targets.len().saturating_sub(first).min(rows);
            if own > 0 {
                let gradient = &gradient[(targets.start + first) * hidden..][..own * hidden];
                let gradient = Matrix::new(gradient, own, hidden);
                let start = self.types[node_type].own;
                matmul(&mut out[..own * dim], gradient, self.layer(start).transposed(), false);
                let mut partial = vec![0.0; dim * hidden];
                let input = Matrix::new(&input[..own * dim], own, dim);
                matmul(&mut partial, input.transposed(), gradient, false);
                partials.push((start, partial));
            }
            for of_type in
                self.types.iter().filter(|of_type| !collected_gradient[of_type.node_type].is_empty())
            {
                for (slot, &place) in of_type.gathered.iter().enumerate() {
                    let relation = &block.relations[place];
                    if relation.source == node_type {
                        let table = &collected_gradient[of_type.node_type][slot * dim..];
                        let messages =
                            Messages { rows: &relation.edges.outgoing, table, stride: of_type.columns };
                        aggregate(Level::detect(), messages, first, dim, out, dim);
                    }
                }
            }
            partials.extend(self.return_sent(node_type, first, input, gradient, out));
            partials
        });
        let partials: Vec<_> = partials.flatten_iter().collect();
        (input_gradient, partials)
    }

    /// Adds to the gradient of some input rows of a type, from `first` on, what comes back of those that were sent, and gives
    /// their part in the gradient of each relation's layer, with the first element of its weight.
    fn return_sent(
        &self,
        node_type: usize,
        first: usize,
        input: &[f32],
        gradient: &[f32],
        out: &mut [f32],
    ) -> Vec<(usize, Vec<f32>)> {
        let Self { block, dim, hidden, .. } = *self;
        let rows = out.len() / dim;
        let sent = self.types.iter().flat_map(|of_type| &of_type.sent);
        let of_relation = |&place: &usize| {
            let relation = &block.relations[place];
            let table = &gradient[block.target_rows[relation.target] * hidden..];
            let messages = Messages { rows: &relation.edges.outgoing, table, stride: hidden };
            let mut back = vec![0.0; rows * hidden];
            aggregate(Level::detect(), messages, first, hidden, &mut back, hidden);
            let back = Matrix::new(&back, rows, hidden);
            let start = self.starts[place];
            matmul(out, back, self.layer(start).transposed(), true);
            let mut partial = vec![0.0; dim * hidden];
            matmul(&mut partial, Matrix::new(input, rows, dim).transposed(), back, false);
            (start, partial)
        };
        sent.filter(|&&place| block.relations[place].source == node_type).map(of_relation).collect()
    }
}
