//! Attention over edges: a logit for each edge and head, and sums weighed by their softmax.
//!
//! Tables are `[rows, heads * width]`, logits `[edges, heads]` in the order of the incoming edges. Every pass goes by the rows
//! that it writes, so no thread writes where another does and the number of threads changes nothing.

use rayon::prelude::*;

use crate::edges::{EdgeIndex, WeightedRows};

/// Rows that one task takes.
const CHUNK: usize = 64;
/// Slope of the leaky rectifier below 0, as in the paper.
const SLOPE: f32 = 0.2;

/// How a table's columns divide into heads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heads {
    /// Number of heads.
    pub heads: usize,
    /// Columns of each.
    pub width: usize,
}

impl Heads {
    /// Columns of a table.
    pub fn columns(self) -> usize {
        self.heads * self.width
    }

    fn row(self, table: &[f32], row: u32) -> &[f32] {
        &table[row as usize * self.columns()..][..self.columns()]
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn add_scaled(out: &mut [f32], scale: f32, values: &[f32]) {
    for (out, value) in out.iter_mut().zip(values) {
        *out += scale * value;
    }
}

/// Calls `each` with every row of `rows` and its part of `out`, `width` values for each entry.
fn by_entries(rows: &WeightedRows, width: usize, out: &mut [f32], each: impl Fn(usize, &mut [f32]) + Sync) {
    let mut tasks = Vec::with_capacity(rows.rows().div_ceil(CHUNK));
    let mut rest = out;
    for first in (0..rows.rows()).step_by(CHUNK) {
        let end = rows.rows().min(first + CHUNK);
        let entries = (rows.offsets[end] - rows.offsets[first]) as usize;
        let (own, after) = rest.split_at_mut(entries * width);
        rest = after;
        tasks.push((first..end, own));
    }
    tasks.into_par_iter().for_each(|(range, mut own)| {
        for row in range {
            let entries = (rows.offsets[row + 1] - rows.offsets[row]) as usize;
            let (entries, after) = std::mem::take(&mut own).split_at_mut(entries * width);
            own = after;
            each(row, entries);
        }
    });
}

/// A table whose rows `each` fills.
fn by_rows(rows: usize, columns: usize, each: impl Fn(usize, &mut [f32]) + Sync) -> Vec<f32> {
    let mut out = vec![0.0; rows * columns];
    out.par_chunks_mut(columns).with_min_len(CHUNK).enumerate().for_each(|(row, out)| each(row, out));
    out
}

fn entries(rows: &WeightedRows, row: usize) -> std::ops::Range<usize> {
    rows.offsets[row] as usize..rows.offsets[row + 1] as usize
}

/// The dot product of the receiver's query and the sender's key: `[edges, heads]`.
pub fn edge_dot(edges: &EdgeIndex, heads: Heads, queries: &[f32], keys: &[f32]) -> Vec<f32> {
    let mut logits = vec![0.0; edges.len() * heads.heads];
    by_entries(&edges.incoming, heads.heads, &mut logits, |row, logits| {
        let query = heads.row(queries, row as u32);
        let senders = &edges.incoming.indices[entries(&edges.incoming, row)];
        for (&sender, logits) in senders.iter().zip(logits.chunks_exact_mut(heads.heads)) {
            let parts =
                query.chunks_exact(heads.width).zip(heads.row(keys, sender).chunks_exact(heads.width));
            for (logit, (query, key)) in logits.iter_mut().zip(parts) {
                *logit = dot(query, key);
            }
        }
    });
    logits
}

/// The gradients of [`edge_dot`] with respect to queries and keys.
pub fn edge_dot_backward(
    edges: &EdgeIndex,
    heads: Heads,
    queries: &[f32],
    keys: &[f32],
    gradient: &[f32],
) -> [Vec<f32>; 2] {
    [weighted_sum(edges, heads, gradient, keys), weighted_sum_back(edges, heads, gradient, queries)]
}

/// For each receiver the sum of its senders' rows, weighed by edge and head: `[receivers, heads * width]`.
fn weighted_sum(edges: &EdgeIndex, heads: Heads, weights: &[f32], table: &[f32]) -> Vec<f32> {
    by_rows(edges.receivers(), heads.columns(), |row, out| {
        for entry in entries(&edges.incoming, row) {
            let values = heads.row(table, edges.incoming.indices[entry]);
            add_by_head(out, heads, &weights[entry * heads.heads..], values);
        }
    })
}

/// For each sender the sum of its receivers' rows, weighed by edge and head: `[senders, heads * width]`.
fn weighted_sum_back(edges: &EdgeIndex, heads: Heads, weights: &[f32], table: &[f32]) -> Vec<f32> {
    let places = edges.outgoing_places();
    by_rows(edges.senders(), heads.columns(), |row, out| {
        for entry in entries(&edges.outgoing, row) {
            let values = heads.row(table, edges.outgoing.indices[entry]);
            add_by_head(out, heads, &weights[places[entry] as usize * heads.heads..], values);
        }
    })
}

fn add_by_head(out: &mut [f32], heads: Heads, weights: &[f32], values: &[f32]) {
    let parts = out.chunks_exact_mut(heads.width).zip(values.chunks_exact(heads.width));
    for ((out, values), &weight) in parts.zip(weights) {
        add_scaled(out, weight, values);
    }
}

/// The tables of additive attention (GATv2, Brody et al. 2022).
#[derive(Clone, Copy, Debug)]
pub struct Additive<'a> {
    /// Senders' rows: `[senders, heads * width]`.
    pub left: &'a [f32],
    /// Receivers' rows: `[receivers, heads * width]`.
    pub right: &'a [f32],
    /// What weighs the rectified sum, then what a unit of edge weight adds to it: `[2, heads * width]`.
    pub attention: &'a [f32],
}

impl Additive<'_> {
    /// Calls `each` with every column, the sum in it, and what weighs it.
    fn sums(&self, heads: Heads, edge: (u32, u32, f32), mut each: impl FnMut(usize, f32, f32)) {
        let (sender, receiver, weight) = edge;
        let (attention, by_weight) = self.attention.split_at(heads.columns());
        let rows = heads.row(self.left, sender).iter().zip(heads.row(self.right, receiver));
        for (column, ((left, right), (attention, by_weight))) in
            rows.zip(attention.iter().zip(by_weight)).enumerate()
        {
            each(column, left + right + weight * by_weight, *attention);
        }
    }

    /// Adds the gradient of an edge's sums, given that of its logits `[heads]`.
    fn sum_gradients(&self, heads: Heads, edge: (u32, u32, f32), gradient: &[f32], out: &mut [f32]) {
        self.sums(heads, edge, |column, sum, attention| {
            let slope = if sum > 0.0 { 1.0 } else { SLOPE };
            out[column] += gradient[column / heads.width] * attention * slope;
        });
    }
}

fn leaky(sum: f32) -> f32 {
    if sum > 0.0 { sum } else { SLOPE * sum }
}

/// `attention . leaky(left[sender] + right[receiver] + weight * by_weight)` for each edge and head: `[edges, heads]`.
pub fn edge_additive(edges: &EdgeIndex, heads: Heads, tables: Additive<'_>) -> Vec<f32> {
    let mut logits = vec![0.0; edges.len() * heads.heads];
    by_entries(&edges.incoming, heads.heads, &mut logits, |row, logits| {
        let places = entries(&edges.incoming, row);
        for (entry, logits) in places.zip(logits.chunks_exact_mut(heads.heads)) {
            let edge = (edges.incoming.indices[entry], row as u32, edges.incoming.weights[entry]);
            tables.sums(heads, edge, |column, sum, attention| {
                logits[column / heads.width] += attention * leaky(sum);
            });
        }
    });
    logits
}

/// The gradients of [`edge_additive`] with respect to `left`, `right` and `attention`.
pub fn edge_additive_backward(
    edges: &EdgeIndex,
    heads: Heads,
    tables: Additive<'_>,
    gradient: &[f32],
) -> [Vec<f32>; 3] {
    let (incoming, outgoing, places) = (&edges.incoming, &edges.outgoing, edges.outgoing_places());
    let right = by_rows(edges.receivers(), heads.columns(), |row, out| {
        for entry in entries(incoming, row) {
            let edge = (incoming.indices[entry], row as u32, incoming.weights[entry]);
            tables.sum_gradients(heads, edge, &gradient[entry * heads.heads..], out);
        }
    });
    let left = by_rows(edges.senders(), heads.columns(), |row, out| {
        for entry in entries(outgoing, row) {
            let edge = (row as u32, outgoing.indices[entry], outgoing.weights[entry]);
            tables.sum_gradients(heads, edge, &gradient[places[entry] as usize * heads.heads..], out);
        }
    });
    let starts: Vec<usize> = (0..edges.receivers()).step_by(4 * CHUNK).collect();
    let partial = starts.into_par_iter().map(|first| {
        let mut partial = vec![0.0; 2 * heads.columns()];
        let (attention, by_weight) = partial.split_at_mut(heads.columns());
        for row in first..edges.receivers().min(first + 4 * CHUNK) {
            for entry in entries(incoming, row) {
                let weight = incoming.weights[entry];
                let gradient = &gradient[entry * heads.heads..];
                let edge = (incoming.indices[entry], row as u32, weight);
                tables.sums(heads, edge, |column, sum, weighing| {
                    let gradient = gradient[column / heads.width];
                    attention[column] += gradient * leaky(sum);
                    let slope = if sum > 0.0 { 1.0 } else { SLOPE };
                    by_weight[column] += gradient * weighing * slope * weight;
                });
            }
        }
        partial
    });
    let partial: Vec<Vec<f32>> = partial.collect();
    let mut attention = vec![0.0; 2 * heads.columns()];
    for partial in &partial {
        add_scaled(&mut attention, 1.0, partial);
    }
    [left, right, attention]
}

/// The softmax of a receiver's logits, head by head, and the senders' rows that it weighs:
/// `([edges, heads], [receivers, heads * width])`.
pub fn softmax_sum(edges: &EdgeIndex, heads: Heads, logits: &[f32], values: &[f32]) -> (Vec<f32>, Vec<f32>) {
    let mut shares = logits.to_vec();
    by_entries(&edges.incoming, heads.heads, &mut shares, |_, shares| {
        for head in 0..heads.heads {
            let own = || (head..shares.len()).step_by(heads.heads);
            let greatest = own().map(|place| shares[place]).fold(f32::NEG_INFINITY, f32::max);
            let mut total = 0.0;
            for place in own() {
                shares[place] = (shares[place] - greatest).exp();
                total += shares[place];
            }
            for place in (head..shares.len()).step_by(heads.heads) {
                shares[place] /= total;
            }
        }
    });
    let sums = weighted_sum(edges, heads, &shares, values);
    (shares, sums)
}

/// The gradients of [`softmax_sum`]'s sums with respect to logits and values.
pub fn softmax_sum_backward(
    edges: &EdgeIndex,
    heads: Heads,
    shares: &[f32],
    values: &[f32],
    gradient: &[f32],
) -> [Vec<f32>; 2] {
    // With respect to the shares first.
    let mut logits = edge_dot(edges, heads, gradient, values);
    by_entries(&edges.incoming, heads.heads, &mut logits, |row, gradients| {
        let shares = &shares[edges.incoming.offsets[row] as usize * heads.heads..][..gradients.len()];
        for head in 0..heads.heads {
            let own = || (head..shares.len()).step_by(heads.heads);
            let mean: f32 = own().map(|place| shares[place] * gradients[place]).sum();
            for place in (head..shares.len()).step_by(heads.heads) {
                gradients[place] = shares[place] * (gradients[place] - mean);
            }
        }
    });
    [logits, weighted_sum_back(edges, heads, shares, gradient)]
}

/// The greatest of the senders' rows, column by column, and the edge that it came over (`u32::MAX` where a receiver has
/// none, and 0 there): `[receivers, columns]` each.
pub fn max_pool(edges: &EdgeIndex, columns: usize, values: &[f32]) -> (Vec<f32>, Vec<u32>) {
    let rows = edges.receivers();
    let (mut greatest, mut from) = (vec![0.0; rows * columns], vec![u32::MAX; rows * columns]);
    greatest
        .par_chunks_mut(columns)
        .zip(from.par_chunks_mut(columns))
        .with_min_len(CHUNK)
        .enumerate()
        .for_each(|(row, (greatest, from))| {
            for entry in entries(&edges.incoming, row) {
                let sender = edges.incoming.indices[entry] as usize;
                let best = greatest.iter_mut().zip(from.iter_mut());
                for (value, (greatest, from)) in values[sender * columns..][..columns].iter().zip(best) {
                    if *from == u32::MAX || value > greatest {
                        (*greatest, *from) = (*value, entry as u32);
                    }
                }
            }
        });
    (greatest, from)
}

/// The gradient of [`max_pool`] with respect to the senders' rows.
pub fn max_pool_backward(edges: &EdgeIndex, columns: usize, from: &[u32], gradient: &[f32]) -> Vec<f32> {
    let places = edges.outgoing_places();
    by_rows(edges.senders(), columns, |row, out| {
        for entry in entries(&edges.outgoing, row) {
            let start = edges.outgoing.indices[entry] as usize * columns;
            let received = from[start..][..columns].iter().zip(&gradient[start..]);
            for (out, (from, gradient)) in out.iter_mut().zip(received) {
                if *from == places[entry] {
                    *out += gradient;
                }
            }
        }
    })
}
