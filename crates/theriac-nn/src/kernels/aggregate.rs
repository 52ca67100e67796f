//! Neighbour aggregation: sparse rows times a dense matrix, straight from the table, no message materialised.

use crate::edges::WeightedRows;
use crate::kernels::simd::{multiversion, prefetch};

/// How many messages ahead of its use a row is fetched.
const AHEAD: usize = 8;
/// Floats in a cache line.
const LINE: usize = 16;

/// Messages that gather rows of a strided table.
#[derive(Clone, Copy, Debug)]
pub struct Messages<'a> {
    /// Which rows, with which weights.
    pub rows: &'a WeightedRows,
    /// The table; row `i` starts at `i * stride`.
    pub table: &'a [f32],
    /// Distance between two rows of the table.
    pub stride: usize,
}

multiversion! {
    /// For `i` counted from `first`: `out[i] += sum over entries e of row i: weight[e] * table[index[e]]`, over
    /// `width` columns. Rows of `out` stand `out_stride` apart.
    pub fn aggregate(messages: Messages<'_>, first: usize, width: usize, out: &mut [f32], out_stride: usize) {
        for (i, out) in out.chunks_mut(out_stride).enumerate() {
            let row = first + i;
            let range = messages.rows.range(row);
            let mut column = 0;
            while column + 64 <= width {
                add_columns::<64>(messages, range.clone(), column, out);
                column += 64;
            }
            while column + 16 <= width {
                add_columns::<16>(messages, range.clone(), column, out);
                column += 16;
            }
            while column < width {
                add_columns::<1>(messages, range.clone(), column, out);
                column += 1;
            }
        }
    }
}

/// One accumulator of `W` columns, held in registers over all messages of a row.
#[inline(always)]
fn add_columns<const W: usize>(
    messages: Messages<'_>,
    range: std::ops::Range<usize>,
    column: usize,
    out: &mut [f32],
) {
    let Messages { rows, table, stride } = messages;
    let mut sum = [0.0f32; W];
    sum.copy_from_slice(&out[column..column + W]);
    for entry in range {
        if let Some(&next) = rows.indices.get(entry + AHEAD) {
            for line in (0..W).step_by(LINE) {
                prefetch(table, next as usize * stride + column + line);
            }
        }
        let start = rows.indices[entry] as usize * stride + column;
        let weight = rows.weights[entry];
        for (sum, value) in sum.iter_mut().zip(&table[start..start + W]) {
            *sum += weight * value;
        }
    }
    out[column..column + W].copy_from_slice(&sum);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::Level;

    #[test]
    fn every_level_agrees_with_the_definition_at_every_width() {
        for width in [1, 3, 16, 17, 64, 80, 131] {
            let stride = width + 5;
            let table: Vec<f32> = (0..7 * stride).map(|i| ((i * 37) % 101) as f32 / 7.0).collect();
            let rows = WeightedRows {
                offsets: vec![0, 3, 3, 7],
                indices: vec![6, 0, 3, 1, 1, 5, 2],
                weights: vec![0.5, 1.0, -2.0, 0.25, 3.0, 1.5, 1.0],
            };
            let out_stride = width + 2;
            let start: Vec<f32> = (0..3 * out_stride).map(|i| i as f32).collect();
            let mut expected = start.clone();
            for row in 0..3 {
                for entry in rows.range(row) {
                    for column in 0..width {
                        expected[row * out_stride + column] +=
                            rows.weights[entry] * table[rows.indices[entry] as usize * stride + column];
                    }
                }
            }
            for level in Level::available() {
                let mut out = start.clone();
                let messages = Messages { rows: &rows, table: &table, stride };
                aggregate(level, messages, 0, width, &mut out, out_stride);
                assert_eq!(out, expected, "{level:?}, width {width}");
                let mut tail = start[out_stride..].to_vec();
                aggregate(level, messages, 1, width, &mut tail, out_stride);
                assert_eq!(tail, expected[out_stride..], "{level:?}, width {width}, from row 1");
            }
        }
    }
}
