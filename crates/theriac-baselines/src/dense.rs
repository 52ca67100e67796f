//! Decompositions of dense symmetric matrices, with the same bits whatever the number of threads.

use faer::diag::Diag;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::llt::{factor, inverse as from_factor};
use faer::linalg::evd::{ComputeEigenvectors, self_adjoint_evd, self_adjoint_evd_scratch};
use faer::{Mat, MatRef, Par};
use rayon::prelude::*;
use theriac_graph::Csr;

/// The most rows and columns that a dense matrix may have here: 2 GiB of f64.
pub(crate) const MAX_DIMENSION: usize = 16_384;

/// The inverse of a symmetric positive definite matrix, of which the lower triangle is read; `None` where rounding leaves
/// it not definite.
pub(crate) fn inverse(mut matrix: Mat<f64>) -> Option<Mat<f64>> {
    let n = matrix.nrows();
    let (par, params) = (Par::Seq, faer::Spec::default());
    let mut memory = MemBuffer::new(factor::cholesky_in_place_scratch::<f64>(n, par, params));
    let plain = factor::LltRegularization::default();
    factor::cholesky_in_place(matrix.as_mut(), plain, par, MemStack::new(&mut memory), params).ok()?;
    let mut inverse = Mat::zeros(n, n);
    let mut memory = MemBuffer::new(from_factor::inverse_scratch::<f64>(n, par));
    from_factor::inverse(inverse.as_mut(), matrix.as_ref(), par, MemStack::new(&mut memory));
    mirror_lower(&mut inverse);
    Some(inverse)
}

/// The eigenvalues of a symmetric matrix, rising, and its eigenvectors as columns; its lower triangle is read. `None` where
/// the iteration does not converge.
pub(crate) fn eigen(matrix: MatRef<'_, f64>) -> Option<(Vec<f64>, Mat<f64>)> {
    let n = matrix.nrows();
    let (par, params) = (Par::Seq, faer::Spec::default());
    let mut memory =
        MemBuffer::new(self_adjoint_evd_scratch::<f64>(n, ComputeEigenvectors::Yes, par, params));
    let (mut values, mut vectors) = (Diag::zeros(n), Mat::zeros(n, n));
    let stack = MemStack::new(&mut memory);
    self_adjoint_evd(matrix, values.as_mut(), Some(vectors.as_mut()), par, stack, params).ok()?;
    Some((values.column_vector().iter().copied().collect(), vectors))
}

/// For each pair of rows the number of columns that they share: `[rows, rows]`. Whole numbers, so that no order of
/// summing shows.
pub(crate) fn shared_columns(rows: &Csr, columns: &Csr) -> Mat<f64> {
    let n = rows.rows() as usize;
    let mut counts = vec![0.0; n * n];
    if n > 0 {
        counts.par_chunks_exact_mut(n).enumerate().for_each(|(row, counts)| {
            for &column in rows.neighbors(row as u32) {
                for &other in columns.neighbors(column) {
                    counts[other as usize] += 1.0;
                }
            }
        });
    }
    Mat::from_fn(n, n, |row, other| counts[row * n + other])
}

fn mirror_lower(matrix: &mut Mat<f64>) {
    for column in 0..matrix.ncols() {
        for row in 0..column {
            matrix[(row, column)] = matrix[(column, row)];
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;

    /// A random matrix times its transpose, with `ridge` on the diagonal.
    fn definite(n: usize, ridge: f64) -> Mat<f64> {
        let mut draws = theriac_link::stream(3, "test matrix", &[]);
        let half: Mat<f64> = Mat::from_fn(n, n, |_, _| draws.random_range(-1.0..1.0));
        let mut matrix = &half * half.transpose();
        for i in 0..n {
            matrix[(i, i)] += ridge;
        }
        matrix
    }

    #[test]
    fn an_inverse_undoes_its_matrix() {
        let matrix = definite(40, 2.0);
        let product = &matrix * &inverse(matrix.clone()).unwrap();
        for column in 0..40 {
            for row in 0..40 {
                let expected = f64::from(u8::from(row == column));
                assert!((product[(row, column)] - expected).abs() < 1e-10);
            }
        }
        let mut indefinite = matrix;
        indefinite[(20, 20)] = -1.0;
        assert!(inverse(indefinite).is_none());
    }

    #[test]
    fn eigenvectors_turn_a_matrix_into_a_rising_diagonal() {
        let matrix = definite(40, 0.0);
        let (values, vectors) = eigen(matrix.as_ref()).unwrap();
        let turned = vectors.transpose() * &matrix * &vectors;
        for column in 0..40 {
            assert!((turned[(column, column)] - values[column]).abs() < 1e-10);
            assert!(column == 0 || turned[(column, column)] >= turned[(column - 1, column - 1)]);
            assert!((0..40).all(|row| row == column || turned[(row, column)].abs() < 1e-10));
        }
    }

    #[test]
    fn shared_columns_are_counted() {
        let rows = Csr::from_pairs(3, 4, &[0, 0, 0, 1, 1, 2], &[0, 1, 2, 1, 2, 3], None);
        let counts = shared_columns(&rows, &rows.transpose());
        assert_eq!(counts, faer::mat![[3.0, 2.0, 0.0], [2.0, 2.0, 0.0], [0.0, 0.0, 1.0]]);
    }
}
