//! Attention over edges: a logit for each edge and head, and sums weighed by their softmax.
//!
//! Tables are `[rows, heads * width]`, logits `[edges, heads]` in the order of the incoming edges. Every pass goes by the rows
//! that it writes, so no thread writes where another does and the number of threads changes nothing.

use rayon::prelude::*;

use crate::edges::{EdgeIndex, WeightedRows};
use crate::kernels::simd::{Level, multiversion, prefetch};

/// Rows that one task takes.
pub(super) const CHUNK: usize = 64;
/// Columns that are taken at once, and partial sums of a dot product. A fixed number, so that every instruction set adds in
/// the same order.
pub(super) const LANES: usize = 8;
/// How many edges ahead of its use a row is fetched.
const AHEAD: usize = 8;
/// Floats in a cache line.
const LINE: usize = 16;

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

    #[inline(always)]
    pub(super) fn row(self, table: &[f32], row: usize) -> &[f32] {
        &table[row * self.columns()..][..self.columns()]
    }

    /// The columns of a head in a row.
    #[inline(always)]
    pub(super) fn part(self, table: &[f32], row: usize, head: usize) -> &[f32] {
        &table[row * self.columns() + head * self.width..][..self.width]
    }

    /// Asks for the row that a later entry of `rows` will need.
    #[inline(always)]
    pub(super) fn fetch(self, rows: &WeightedRows, entry: usize, table: &[f32]) {
        if let Some(&row) = rows.indices.get(entry + AHEAD) {
            for line in (0..self.columns()).step_by(LINE) {
                prefetch(table, row as usize * self.columns() + line);
            }
        }
    }
}

/// The sum of partial sums.
#[inline(always)]
pub(super) fn total(mut lanes: [f32; LANES]) -> f32 {
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            lanes[lane] += lanes[lane + half];
        }
        half /= 2;
    }
    lanes[0]
}

#[inline(always)]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let (mut sums, mut tail) = ([0.0; LANES], 0.0);
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in a_rest.iter().zip(b_rest) {
        tail += a * b;
    }
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    total(sums) + tail
}

#[inline(always)]
fn add_scaled(out: &mut [f32], scale: f32, values: &[f32]) {
    let ((out, out_rest), (values, rest)) = (out.as_chunks_mut::<LANES>(), values.as_chunks::<LANES>());
    for (out, value) in out_rest.iter_mut().zip(rest) {
        *out += scale * value;
    }
    for (out, values) in out.iter_mut().zip(values) {
        for lane in 0..LANES {
            out[lane] += scale * values[lane];
        }
    }
}

/// Calls `each` with the first row of each chunk of `rows` and the chunk's part of `out`, `width` values for each entry.
pub(super) fn by_entries(
    rows: &WeightedRows,
    width: usize,
    out: &mut [f32],
    each: impl Fn(usize, &mut [f32]) + Sync,
) {
    let mut tasks = Vec::with_capacity(rows.rows().div_ceil(CHUNK));
    let mut rest = out;
    for first in (0..rows.rows()).step_by(CHUNK) {
        let end = rows.rows().min(first + CHUNK);
        let entries = (rows.offsets[end] - rows.offsets[first]) as usize;
        let (own, after) = rest.split_at_mut(entries * width);
        rest = after;
        tasks.push((first, own));
    }
    tasks.into_par_iter().for_each(|(first, own)| each(first, own));
}

/// A table that `each` fills, given the first row of a chunk and the chunk.
pub(super) fn by_rows(rows: usize, columns: usize, each: impl Fn(usize, &mut [f32]) + Sync) -> Vec<f32> {
    let mut out = vec![0.0; rows * columns];
    out.par_chunks_mut(CHUNK * columns).enumerate().for_each(|(chunk, out)| each(chunk * CHUNK, out));
    out
}

multiversion! {
    /// For the entries of `rows` from row `first` on, as many as `out` holds: for each head the dot product of the row of
    /// `receivers` and that of `senders`.
    fn dots(
        rows: &WeightedRows,
        first: usize,
        heads: Heads,
        receivers: &[f32],
        senders: &[f32],
        out: &mut [f32],
    ) {
        let mut row = first;
        for (entry, out) in (rows.offsets[first] as usize..).zip(out.chunks_exact_mut(heads.heads)) {
            while entry >= rows.offsets[row + 1] as usize {
                row += 1;
            }
            heads.fetch(rows, entry, senders);
            let sender = heads.row(senders, rows.indices[entry] as usize).chunks_exact(heads.width);
            let receiver = heads.row(receivers, row).chunks_exact(heads.width);
            for (out, (receiver, sender)) in out.iter_mut().zip(receiver.zip(sender)) {
                *out = dot(receiver, sender);
            }
        }
    }
}

multiversion! {
    /// `out[i] += sum over entries e of row first + i: weights[e] * table[index[e]]`, head by head; the weights of an entry stand
    /// at `places[e]` where that is given.
    fn sums(
        rows: &WeightedRows,
        places: Option<&[u32]>,
        first: usize,
        heads: Heads,
        weights: &[f32],
        table: &[f32],
        out: &mut [f32],
    ) {
        for (i, out) in out.chunks_exact_mut(heads.columns()).enumerate() {
            for entry in rows.range(first + i) {
                heads.fetch(rows, entry, table);
                let place = places.map_or(entry, |places| places[entry] as usize);
                let values = heads.row(table, rows.indices[entry] as usize).chunks_exact(heads.width);
                let parts = out.chunks_exact_mut(heads.width).zip(values);
                for ((out, values), &weight) in parts.zip(&weights[place * heads.heads..]) {
                    add_scaled(out, weight, values);
                }
            }
        }
    }
}

multiversion! {
    /// Turns the logits of the entries of `rows`, from row `first` on, into shares of 1, row by row and head by head.
    fn softmax(rows: &WeightedRows, first: usize, heads: usize, logits: &mut [f32]) {
        let mut rest = logits;
        let mut row = first;
        while !rest.is_empty() {
            let (logits, after) = std::mem::take(&mut rest).split_at_mut(rows.range(row).len() * heads);
            rest = after;
            row += 1;
            if logits.is_empty() {
                continue;
            }
            for head in 0..heads {
                let mut greatest = f32::NEG_INFINITY;
                for logit in logits[head..].iter().step_by(heads) {
                    greatest = greatest.max(*logit);
                }
                for logit in logits[head..].iter_mut().step_by(heads) {
                    *logit -= greatest;
                }
            }
            for logit in logits.iter_mut() {
                *logit = exp(*logit);
            }
            for head in 0..heads {
                let mut total = 0.0;
                for share in logits[head..].iter().step_by(heads) {
                    total += share;
                }
                for share in logits[head..].iter_mut().step_by(heads) {
                    *share /= total;
                }
            }
        }
    }
}

multiversion! {
    /// Turns gradients with respect to shares into those with respect to logits.
    fn softmax_backward(
        rows: &WeightedRows,
        first: usize,
        heads: usize,
        shares: &[f32],
        gradients: &mut [f32],
    ) {
        let mut rest = gradients;
        let mut row = first;
        while !rest.is_empty() {
            let (gradients, after) = std::mem::take(&mut rest).split_at_mut(rows.range(row).len() * heads);
            rest = after;
            let shares = &shares[rows.offsets[row] as usize * heads..][..gradients.len()];
            row += 1;
            if gradients.is_empty() {
                continue;
            }
            for head in 0..heads {
                let mut mean = 0.0;
                let own = shares[head..].iter().zip(&gradients[head..]).step_by(heads);
                for (share, gradient) in own {
                    mean += share * gradient;
                }
                let own = shares[head..].iter().zip(&mut gradients[head..]).step_by(heads);
                for (share, gradient) in own {
                    *gradient = share * (*gradient - mean);
                }
            }
        }
    }
}

/// `e` to the power of a number that is not above 0, to within 2.5e-7 of it; 0 below -87. Cephes' polynomial: unlike
/// the standard library's function it can be vectorised, and gives the same bits everywhere.
#[inline(always)]
fn exp(x: f32) -> f32 {
    /// Adding it rounds to a whole number, which stands in the lowest bits.
    const ROUND: f32 = 12_582_912.0;
    // Not `max`, which would hide a value that is no number.
    let bounded = if x < -87.0 { -87.0 } else { x };
    let shifted = bounded * std::f32::consts::LOG2_E + ROUND;
    let whole = shifted - ROUND;
    // ln 2 in two parts, of which the first times a whole number is exact.
    let rest = (bounded - whole * 0.693_359_4) - whole * -2.121_944_4e-4;
    let mut sum = 1.987_569_1e-4;
    for coefficient in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 0.166_666_65, 0.5] {
        sum = sum * rest + coefficient;
    }
    let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(127 << 23));
    let value = (sum * rest * rest + rest + 1.0) * power;
    if x < -87.0 { 0.0 } else { value }
}

/// The dot product of the receiver's query and the sender's key: `[edges, heads]`.
pub fn edge_dot(edges: &EdgeIndex, heads: Heads, queries: &[f32], keys: &[f32]) -> Vec<f32> {
    let mut logits = vec![0.0; edges.len() * heads.heads];
    by_entries(&edges.incoming, heads.heads, &mut logits, |first, logits| {
        dots(Level::detect(), &edges.incoming, first, heads, queries, keys, logits);
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
    by_rows(edges.receivers(), heads.columns(), |first, out| {
        sums(Level::detect(), &edges.incoming, None, first, heads, weights, table, out);
    })
}

/// For each sender the sum of its receivers' rows, weighed by edge and head: `[senders, heads * width]`.
fn weighted_sum_back(edges: &EdgeIndex, heads: Heads, weights: &[f32], table: &[f32]) -> Vec<f32> {
    let places = Some(edges.outgoing_places());
    by_rows(edges.senders(), heads.columns(), |first, out| {
        sums(Level::detect(), &edges.outgoing, places, first, heads, weights, table, out);
    })
}

/// The softmax of a receiver's logits, head by head, and the senders' rows that it weighs:
/// `([edges, heads], [receivers, heads * width])`.
pub fn softmax_sum(edges: &EdgeIndex, heads: Heads, logits: &[f32], values: &[f32]) -> (Vec<f32>, Vec<f32>) {
    let mut shares = logits.to_vec();
    by_entries(&edges.incoming, heads.heads, &mut shares, |first, shares| {
        softmax(Level::detect(), &edges.incoming, first, heads.heads, shares);
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
    by_entries(&edges.incoming, heads.heads, &mut logits, |first, gradients| {
        softmax_backward(Level::detect(), &edges.incoming, first, heads.heads, shares, gradients);
    });
    [logits, weighted_sum_back(edges, heads, shares, gradient)]
}

#[cfg(test)]
pub(super) mod tests {
    use rand::rngs::StdRng;
    use rand::{RngExt, SeedableRng};

    use super::*;

    /// More edges than a group of lanes holds, a receiver without any, and one sender of two edges to a receiver.
    pub(in crate::kernels) fn edges() -> EdgeIndex {
        let indices = vec![4, 0, 3, 1, 1, 5, 2, 0, 4, 4, 5];
        let weights = vec![0.5, 1.0, -2.0, 0.25, 3.0, 1.5, 1.0, -1.0, 2.0, 0.0, 1.0];
        EdgeIndex::new(WeightedRows { offsets: vec![0, 3, 3, 11], indices, weights }, 6)
    }

    pub(in crate::kernels) fn random(seed: u64, count: usize) -> Vec<f32> {
        let mut rng = StdRng::seed_from_u64(seed);
        (0..count).map(|_| rng.random_range(-1.0..1.0)).collect()
    }

    /// Sender and receiver of each edge, in the order of the incoming ones.
    pub(in crate::kernels) fn ends(edges: &EdgeIndex) -> Vec<(usize, usize)> {
        let incoming = &edges.incoming;
        let rows = (0..incoming.rows()).flat_map(|row| incoming.range(row).map(move |entry| (entry, row)));
        rows.map(|(entry, row)| (incoming.indices[entry] as usize, row)).collect()
    }

    pub(in crate::kernels) fn check(found: &[f32], expected: &[f32], what: &str) {
        assert_eq!(found.len(), expected.len(), "{what}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(
                (found - expected).abs() < 1e-5 * (1.0 + expected.abs()),
                "{found} for {expected}: {what}"
            );
        }
    }

    /// Widths that are less than a group of lanes, one, and more.
    pub(in crate::kernels) const HEADS: [Heads; 5] = [
        Heads { heads: 1, width: 1 },
        Heads { heads: 3, width: 5 },
        Heads { heads: 2, width: 8 },
        Heads { heads: 4, width: 16 },
        Heads { heads: 2, width: 19 },
    ];

    #[test]
    fn every_level_agrees_with_the_definition_at_every_width() {
        let edges = edges();
        for heads in HEADS {
            let Heads { heads: number, width } = heads;
            let (queries, keys) = (random(1, 3 * heads.columns()), random(2, 6 * heads.columns()));
            let mut expected_dots = Vec::new();
            for (sender, receiver) in ends(&edges) {
                for head in 0..number {
                    let place = |row: usize, column: usize| row * heads.columns() + head * width + column;
                    let product = |column| queries[place(receiver, column)] * keys[place(sender, column)];
                    expected_dots.push((0..width).map(product).sum());
                }
            }
            let mut expected_shares: Vec<f32> = expected_dots.iter().map(|logit: &f32| logit.exp()).collect();
            for row in 0..3 {
                for head in 0..number {
                    let own = edges.incoming.range(row).map(|entry| entry * number + head);
                    let total: f32 = own.clone().map(|place| expected_shares[place]).sum();
                    own.for_each(|place| expected_shares[place] /= total);
                }
            }
            let mut expected_sums = vec![0.0; 3 * heads.columns()];
            for (entry, (sender, receiver)) in ends(&edges).into_iter().enumerate() {
                for column in 0..heads.columns() {
                    let share = expected_shares[entry * number + column / width];
                    expected_sums[receiver * heads.columns() + column] +=
                        share * keys[sender * heads.columns() + column];
                }
            }
            let mut of_levels = Vec::new();
            for level in Level::available() {
                let incoming = &edges.incoming;
                let mut found_dots = vec![0.0; edges.len() * number];
                dots(level, incoming, 0, heads, &queries, &keys, &mut found_dots);
                check(&found_dots, &expected_dots, &format!("logits, {level:?}, {heads:?}"));
                let mut found_shares = found_dots.clone();
                softmax(level, incoming, 0, number, &mut found_shares);
                check(&found_shares, &expected_shares, &format!("shares, {level:?}, {heads:?}"));
                let mut found_sums = vec![0.0; 3 * heads.columns()];
                sums(level, incoming, None, 0, heads, &found_shares, &keys, &mut found_sums);
                check(&found_sums, &expected_sums, &format!("sums, {level:?}, {heads:?}"));
                // From a later row on.
                let after = incoming.offsets[1] as usize * number;
                let mut tail = found_dots[after..].to_vec();
                softmax(level, incoming, 1, number, &mut tail);
                assert_eq!(tail, found_shares[after..]);
                dots(level, incoming, 1, heads, &queries, &keys, &mut tail);
                assert_eq!(tail, found_dots[after..]);
                let mut tail = vec![0.0; 2 * heads.columns()];
                sums(level, incoming, None, 1, heads, &found_shares, &keys, &mut tail);
                assert_eq!(tail, found_sums[heads.columns()..]);
                of_levels.push([found_dots, found_shares, found_sums]);
            }
            assert!(of_levels.iter().all(|found| *found == of_levels[0]), "{heads:?}");
        }
    }

    #[test]
    fn shares_are_those_of_the_exact_exponential() {
        for step in 0..=200_000 {
            let x = -100.0 * step as f32 / 200_000.0;
            let (found, exact) = (f64::from(exp(x)), f64::from(x).exp());
            assert!((found - exact).abs() <= 2.5e-7 * exact + 2e-38, "{found} for {exact} of {x}");
        }
        assert_eq!(exp(0.0), 1.0);
        assert_eq!(exp(f32::NEG_INFINITY), 0.0);
        assert!(exp(f32::NAN).is_nan(), "a model that has diverged says so");
        // A logit far below the greatest counts for nothing, however large both are.
        let rows = WeightedRows { offsets: vec![0, 3], indices: vec![0; 3], weights: vec![1.0; 3] };
        let mut logits = [3e4, -3e4, 3e4];
        softmax(Level::detect(), &rows, 0, 1, &mut logits);
        assert_eq!(logits, [0.5, 0.0, 0.5]);
    }
}
