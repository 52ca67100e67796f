//! Sparse rows times a dense block: what diffusion and path counts are made of.

use rayon::prelude::*;
use theriac_graph::Csr;

/// Columns of a dense block: with 64, the rows of a few thousand nodes stay in cache.
pub(crate) const BLOCK: usize = 64;
/// Rows that a thread takes at a time.
const ROWS: usize = 16;
/// Columns whose sums are held in registers.
const LANES: usize = 32;

/// Adds to each row of `out` the rows of `table` at its neighbours, times the edges' weights where any are given: `[edges]`.
///
/// `table` is `[rows.columns(), width]` and `out` `[rows.rows(), width]`, both row-major. Each output is summed by one
/// thread in the order of the neighbours.
pub(crate) fn add_neighbors(
    rows: &Csr,
    weights: Option<&[f32]>,
    table: &[f32],
    width: usize,
    out: &mut [f32],
) {
    out.par_chunks_mut(ROWS * width).enumerate().for_each(|(chunk, out)| {
        for (i, out) in out.chunks_exact_mut(width).enumerate() {
            let range = rows.range((chunk * ROWS + i) as u32);
            let weights = weights.map(|weights| &weights[range.clone()]);
            let neighbors = &rows.indices()[range];
            let mut column = 0;
            while column + LANES <= width {
                add_columns::<LANES>(neighbors, weights, &table[column..], width, &mut out[column..]);
                column += LANES;
            }
            while column < width {
                add_columns::<1>(neighbors, weights, &table[column..], width, &mut out[column..]);
                column += 1;
            }
        }
    });
}

fn add_columns<const W: usize>(
    neighbors: &[u32],
    weights: Option<&[f32]>,
    table: &[f32],
    stride: usize,
    out: &mut [f32],
) {
    let mut sum = [0.0f32; W];
    sum.copy_from_slice(&out[..W]);
    if let Some(weights) = weights {
        for (&neighbor, &weight) in neighbors.iter().zip(weights) {
            let row = &table[neighbor as usize * stride..][..W];
            sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += weight * value);
        }
    } else {
        for &neighbor in neighbors {
            let row = &table[neighbor as usize * stride..][..W];
            sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        }
    }
    out[..W].copy_from_slice(&sum);
}

/// Multiplies each row of `table`, `[factors, width]`, by its factor.
pub(crate) fn scale_rows(table: &mut [f32], width: usize, factors: &[f32]) {
    table.par_chunks_mut(width).with_min_len(64).zip(factors).for_each(|(row, &factor)| {
        for value in row {
            *value *= factor;
        }
    });
}

/// The block whose column `i` is 1 at node `first + i` and 0 elsewhere: `[nodes, width]`.
pub(crate) fn indicators(nodes: usize, first: usize, width: usize) -> Vec<f32> {
    let mut block = vec![0.0; nodes * width];
    for column in 0..width {
        block[(first + column) * width + column] = 1.0;
    }
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_agrees_with_its_definition() {
        let edges: Vec<(u32, u32)> =
            (0..40u32).flat_map(|r| (0..r % 5).map(move |c| (r, (r * 7 + c * 3) % 30))).collect();
        let (row, column): (Vec<u32>, Vec<u32>) = edges.iter().copied().unzip();
        let weights: Vec<f32> = (0..edges.len()).map(|edge| edge as f32 * 0.25).collect();
        for weights in [None, Some(weights.as_slice())] {
            let csr = Csr::from_pairs(40, 30, &row, &column, weights);
            for width in [1, 31, 32, 70] {
                let table: Vec<f32> = (0..30 * width).map(|i| (i % 17) as f32).collect();
                let mut found = vec![1.0; 40 * width];
                add_neighbors(&csr, csr.weights(), &table, width, &mut found);
                let mut expected = vec![1.0; 40 * width];
                for (edge, (r, c)) in csr.pairs().enumerate() {
                    let weight = csr.weights().map_or(1.0, |weights| weights[edge]);
                    for i in 0..width {
                        expected[r as usize * width + i] += weight * table[c as usize * width + i];
                    }
                }
                assert_eq!(found, expected, "width {width}");
            }
        }
    }

    #[test]
    fn rows_are_scaled_and_indicators_are_unit_columns() {
        let mut block = indicators(4, 1, 2);
        assert_eq!(block, [0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);
        scale_rows(&mut block, 2, &[5.0, 2.0, 3.0, 5.0]);
        assert_eq!(block, [0.0, 0.0, 2.0, 0.0, 0.0, 3.0, 0.0, 0.0]);
    }
}
