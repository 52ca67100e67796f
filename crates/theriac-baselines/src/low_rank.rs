//! The leading singular vectors of a large matrix.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::{householder, matmul::matmul, qr::no_pivoting::factor};
use faer::prelude::default;
use faer::{Accum, Conj, Mat, MatMut, MatRef, Par};
use rand::RngExt;
use rayon::prelude::*;
use theriac_link::{Stream, stream};

use crate::dense::eigen;

/// Random directions beyond those that are asked for.
const OVERSAMPLING: usize = 10;
/// Times that the range is multiplied with the matrix and its transpose, which tells near singular values apart.
const POWER_STEPS: usize = 2;
/// The most rows of a kernel of which every eigenvector is found.
const EXACT: usize = 768;
/// Directions of a larger kernel that are found.
const RANK: usize = 256;
/// Rows of a product that a thread takes at a time.
const ROWS: usize = 128;

/// The `rank` leading left singular vectors, `[rows, rank]`, and singular values, falling; fewer where the matrix has fewer
/// rows or columns. `matrix` is `[rows, columns]`, row-major.
///
/// By randomised range finding with power steps (Halko, Martinsson and Tropp 2011, SIAM Review 53:217-288, algorithm 4.4),
/// exact where `rank` and ten more reach the lesser dimension.
pub(crate) fn leading_left(
    matrix: &[f32],
    columns: usize,
    rank: usize,
    draws: &mut Stream,
) -> (Mat<f32>, Vec<f32>) {
    let rows = matrix.len() / columns;
    let matrix = MatRef::from_row_major_slice(matrix, rows, columns);
    let width = (rank + OVERSAMPLING).min(rows).min(columns);
    let test = Mat::from_fn(columns, width, |_, _| draws.random_range(-1.0f32..1.0));
    let mut range = orthonormal(multiply(matrix, test.as_ref()));
    for _ in 0..POWER_STEPS {
        let back = orthonormal(multiply(matrix.transpose(), range.as_ref()));
        range = orthonormal(multiply(matrix, back.as_ref()));
    }
    let projected = multiply(matrix.transpose(), range.as_ref());
    let gram = multiply(projected.transpose(), projected.as_ref());
    let (values, vectors) = symmetric_eigen(gram.as_ref());
    let rank = rank.min(width);
    let last = width - rank;
    // Eigenvalues rise; the leading ones stand last.
    let leading = Mat::from_fn(width, rank, |i, j| vectors[(i, last + rank - 1 - j)] as f32);
    let values = (0..rank).map(|j| values[last + rank - 1 - j].max(0.0).sqrt() as f32).collect();
    (multiply(range.as_ref(), leading.as_ref()), values)
}

/// The `rank` leading singular vectors of a matrix on either side, each times the root of its singular value, so that their
/// products come near the matrix: `[rows, rank]` and `[columns, rank]`, row-major, with the singular values. `matrix` is
/// `[rows, columns]`, row-major; `seed` is that of the random directions (see [`PureSvd`](crate::PureSvd) for the method).
pub fn low_rank_factors(matrix: &[f32], columns: usize, rank: usize, seed: u64) -> ([Vec<f32>; 2], Vec<f32>) {
    let (left, values) = leading_left(matrix, columns, rank, &mut stream(seed, "low-rank factors", &[]));
    let whole = MatRef::from_row_major_slice(matrix, left.nrows(), columns);
    let right = multiply(whole.transpose(), left.as_ref());
    let rank = values.len();
    let flat = |of: &Mat<f32>, scale: &dyn Fn(f32) -> f32| -> Vec<f32> {
        let scaled = |place: usize| of[(place / rank, place % rank)] * scale(values[place % rank]);
        (0..of.nrows() * rank).map(scaled).collect()
    };
    // The right vectors are still as long as their singular values.
    let factors = [
        flat(&left, &|value| value.sqrt()),
        flat(&right, &|value| if value > 0.0 { value.sqrt().recip() } else { 0.0 }),
    ];
    (factors, values)
}

/// The product, in blocks of rows that do not depend on the number of threads.
pub(crate) fn multiply(left: MatRef<'_, f32>, right: MatRef<'_, f32>) -> Mat<f32> {
    let columns = right.ncols();
    let mut product = vec![0.0f32; left.nrows() * columns];
    product.par_chunks_mut((ROWS * columns).max(1)).enumerate().for_each(|(block, product)| {
        let rows = product.len() / columns;
        let out = MatMut::from_row_major_slice_mut(product, rows, columns);
        matmul(out, Accum::Replace, left.subrows(block * ROWS, rows), right, 1.0, Par::Seq);
    });
    MatRef::from_row_major_slice(&product, left.nrows(), columns).to_owned()
}

/// An orthonormal basis of the columns' span, by Householder reflections.
fn orthonormal(mut matrix: Mat<f32>) -> Mat<f32> {
    let (rows, columns) = matrix.shape();
    let size = rows.min(columns);
    let block = factor::recommended_block_size::<f32>(rows, columns);
    let mut coefficients = Mat::zeros(block, size);
    let scratch = factor::qr_in_place_scratch::<f32>(rows, columns, block, Par::Seq, default());
    let mut memory = MemBuffer::new(scratch);
    let stack = MemStack::new(&mut memory);
    factor::qr_in_place(matrix.as_mut(), coefficients.as_mut(), Par::Seq, stack, default());
    let mut basis = Mat::identity(rows, size);
    let scratch =
        householder::apply_block_householder_sequence_on_the_left_in_place_scratch::<f32>(rows, block, size);
    householder::apply_block_householder_sequence_on_the_left_in_place_with_conj(
        matrix.get(.., ..size),
        coefficients.as_ref(),
        Conj::No,
        basis.as_mut(),
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(scratch)),
    );
    basis
}

/// The directions in which a kernel weighs most, as orthonormal columns, `[n, rank]`, and their weights, falling: those of the
/// eigenvalues that are above 0, of at most [`RANK`] where `n` is above [`EXACT`].
///
/// `kernel` is symmetric, `[n, n]`. The directions of a larger kernel are its eigenvectors within the range that
/// [`leading_left`] finds.
pub(crate) fn leading_eigen(kernel: &[f32], n: usize, draws: &mut Stream) -> (Mat<f32>, Vec<f32>) {
    let whole = MatRef::from_row_major_slice(kernel, n, n);
    let range = (n > EXACT).then(|| leading_left(kernel, n, RANK, draws).0);
    let within = |range: &Mat<f32>| multiply(range.transpose(), multiply(whole, range.as_ref()).as_ref());
    let reduced = range.as_ref().map(within);
    let small = reduced.as_ref().map_or(whole, Mat::as_ref);
    let (values, vectors) = symmetric_eigen(small);
    let least = values.last().map_or(0.0, |largest| largest * f64::from(f32::EPSILON));
    // Eigenvalues rise; the leading ones stand last.
    let kept: Vec<usize> = (0..values.len()).rev().filter(|&place| values[place] > least).collect();
    let leading = Mat::from_fn(vectors.nrows(), kept.len(), |i, j| vectors[(i, kept[j])] as f32);
    let values = kept.iter().map(|&place| values[place] as f32).collect();
    (range.map_or(leading.clone(), |range| multiply(range.as_ref(), leading.as_ref())), values)
}

/// Eigenvalues, rising, and eigenvectors of a matrix that is symmetric but for rounding.
fn symmetric_eigen(matrix: MatRef<'_, f32>) -> (Vec<f64>, Mat<f64>) {
    let n = matrix.nrows();
    let mean = |i, j| f64::midpoint(f64::from(matrix[(i, j)]), f64::from(matrix[(j, i)]));
    eigen(Mat::from_fn(n, n, mean).as_ref()).expect("a symmetric matrix of finite numbers has eigenvalues")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A matrix with singular values 8, 4, 2, 1, ... for random singular vectors.
    fn example(rows: usize, columns: usize, rank: usize) -> Vec<f32> {
        let mut draws = stream(1, "low rank", &[]);
        let mut random =
            |rows| orthonormal(Mat::from_fn(rows, rank, |_, _| draws.random_range(-1.0f32..1.0)));
        let (left, right) = (random(rows), random(columns));
        let scaled = Mat::from_fn(rows, rank, |i, j| left[(i, j)] * 8.0 / 2f32.powi(j as i32));
        let product = multiply(scaled.as_ref(), right.transpose());
        (0..rows * columns).map(|place| product[(place / columns, place % columns)]).collect()
    }

    #[test]
    fn factors_multiply_to_the_matrix() {
        let matrix = example(60, 40, 4);
        let ([left, right], values) = low_rank_factors(&matrix, 40, 4, 3);
        assert_eq!((left.len(), right.len(), values.len()), (60 * 4, 40 * 4, 4));
        for (place, expected) in matrix.iter().enumerate() {
            let (row, column) = (&left[place / 40 * 4..][..4], &right[place % 40 * 4..][..4]);
            let product: f32 = row.iter().zip(column).map(|(a, b)| a * b).sum();
            assert!((product - expected).abs() < 1e-4, "{product} {expected}");
        }
    }

    #[test]
    fn the_leading_part_is_found() {
        let matrix = example(300, 170, 20);
        let (vectors, values) = leading_left(&matrix, 170, 5, &mut stream(2, "test", &[]));
        for (j, value) in values.iter().enumerate() {
            assert!((value - 8.0 / 2f32.powi(j as i32)).abs() < 1e-3, "{values:?}");
        }
        // A left singular vector times the matrix is as long as the singular value.
        let product = multiply(vectors.transpose(), MatRef::from_row_major_slice(&matrix, 300, 170));
        for j in 0..5 {
            let norm: f32 = (0..170).map(|i| product[(j, i)].powi(2)).sum::<f32>().sqrt();
            assert!((norm - values[j]).abs() < 1e-3);
            for other in 0..5 {
                let dot: f32 = (0..300).map(|i| vectors[(i, j)] * vectors[(i, other)]).sum();
                assert!((dot - f32::from(u8::from(j == other))).abs() < 1e-3);
            }
        }
    }

    #[test]
    fn a_rank_beyond_the_matrix_gives_all_there_is() {
        let matrix = example(6, 4, 3);
        let (vectors, values) = leading_left(&matrix, 4, 9, &mut stream(2, "test", &[]));
        assert_eq!((vectors.shape(), values.len()), ((6, 4), 4));
        assert!((values[0] - 8.0).abs() < 1e-4 && values[3].abs() < 1e-2, "{values:?}");
    }

    #[test]
    fn the_directions_of_a_kernel_make_it_again() {
        for n in [60, EXACT + 40] {
            let half = example(n, 30, 12);
            let half = MatRef::from_row_major_slice(&half, n, 30);
            let product = multiply(half, half.transpose());
            let kernel: Vec<f32> = (0..n * n).map(|place| product[(place / n, place % n)]).collect();
            let (vectors, values) = leading_eigen(&kernel, n, &mut stream(2, "test", &[]));
            assert!((values[0] - 64.0).abs() < 1e-3 && values.windows(2).all(|pair| pair[0] >= pair[1]));
            let scaled = Mat::from_fn(n, values.len(), |i, j| vectors[(i, j)] * values[j]);
            let again = multiply(scaled.as_ref(), vectors.transpose());
            assert!((0..n * n).all(|place| (again[(place / n, place % n)] - kernel[place]).abs() < 1e-3));
        }
    }
}
