//! Dot products of pairs of rows, and their gradient.

use rayon::prelude::*;

use crate::kernels::simd::{Level, multiversion, prefetch};

/// Pairs that one task scores.
const CHUNK: usize = 2048;
/// Partial sums of a dot product. A fixed number, so that every instruction set adds in the same order.
const LANES: usize = 16;

/// The rows of each pair in a stacked embedding matrix.
#[derive(Clone, Debug, Default)]
pub struct PairRows {
    /// One row of each pair.
    left: Vec<u32>,
    /// The other row of each pair.
    right: Vec<u32>,
    /// A row such that all left rows stand before it and no right row does, where there is one.
    boundary: Option<usize>,
}

impl PairRows {
    /// Pairs of source rows and target rows; `target_start` is the first row of the targets' type and
    /// `source_start` that of the sources' type.
    ///
    /// # Panics
    ///
    /// When the lists differ in length.
    pub fn new(sources: Vec<u32>, source_start: usize, targets: Vec<u32>, target_start: usize) -> Self {
        assert_eq!(sources.len(), targets.len(), "each pair has two rows");
        match source_start.cmp(&target_start) {
            std::cmp::Ordering::Less => Self { left: sources, right: targets, boundary: Some(target_start) },
            // A dot product does not care which side is which.
            std::cmp::Ordering::Greater => {
                Self { left: targets, right: sources, boundary: Some(source_start) }
            }
            std::cmp::Ordering::Equal => Self { left: sources, right: targets, boundary: None },
        }
    }

    /// Number of pairs.
    pub fn len(&self) -> usize {
        self.left.len()
    }

    /// Whether there is no pair.
    pub fn is_empty(&self) -> bool {
        self.left.is_empty()
    }
}

multiversion! {
    fn dots(left: &[u32], right: &[u32], table: &[f32], width: usize, out: &mut [f32]) {
        for (pair, out) in out.iter_mut().enumerate() {
            let a = &table[left[pair] as usize * width..][..width];
            let b = &table[right[pair] as usize * width..][..width];
            let mut sums = [0.0f32; LANES];
            let mut tail = 0.0;
            let (a_lanes, b_lanes) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
            for (a, b) in a_lanes.remainder().iter().zip(b_lanes.remainder()) {
                tail += a * b;
            }
            for (a, b) in a_lanes.zip(b_lanes) {
                for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
                    *sum += a * b;
                }
            }
            let mut half = LANES / 2;
            while half > 0 {
                for lane in 0..half {
                    sums[lane] += sums[lane + half];
                }
                half /= 2;
            }
            *out = sums[0] + tail;
        }
    }
}

multiversion! {
    /// `out[rows[p] - first] += gradient[p] * table[others[p]]`.
    fn scatter(rows: &[u32], others: &[u32], gradient: &[f32], table: &[f32], width: usize, first: usize, out: &mut [f32]) {
        for (pair, (&row, &other)) in rows.iter().zip(others).enumerate() {
            if let (Some(&row), Some(&other)) = (rows.get(pair + 4), others.get(pair + 4)) {
                for line in (0..width).step_by(16) {
                    prefetch(out, (row as usize - first) * width + line);
                    prefetch(table, other as usize * width + line);
                }
            }
            let weight = gradient[pair];
            let out = &mut out[(row as usize - first) * width..][..width];
            for (out, value) in out.iter_mut().zip(&table[other as usize * width..][..width]) {
                *out += weight * value;
            }
        }
    }
}

/// The dot product of each pair's rows: `[pairs]`.
pub fn pair_dot(pairs: &PairRows, table: &[f32], width: usize) -> Vec<f32> {
    let level = Level::detect();
    let mut out = vec![0.0; pairs.len()];
    out.par_chunks_mut(CHUNK)
        .zip(pairs.left.par_chunks(CHUNK).zip(pairs.right.par_chunks(CHUNK)))
        .for_each(|(out, (left, right))| dots(level, left, right, table, width, out));
    out
}

/// The gradient of [`pair_dot`] with respect to the table, given that with respect to each product: `[rows, width]`.
///
/// Each side of the pairs is summed by one thread, in the order of the pairs.
pub fn pair_dot_backward(pairs: &PairRows, table: &[f32], width: usize, gradient: &[f32]) -> Vec<f32> {
    let level = Level::detect();
    let mut out = vec![0.0; table.len()];
    let (left, right) = (&pairs.left, &pairs.right);
    if let Some(boundary) = pairs.boundary {
        let (before, after) = out.split_at_mut(boundary * width);
        rayon::join(
            || scatter(level, left, right, gradient, table, width, 0, before),
            || scatter(level, right, left, gradient, table, width, boundary, after),
        );
    } else {
        scatter(level, left, right, gradient, table, width, 0, &mut out);
        scatter(level, right, left, gradient, table, width, 0, &mut out);
    }
    out
}
