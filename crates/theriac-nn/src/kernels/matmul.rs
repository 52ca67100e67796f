//! Dense products on strided matrices, by the `gemm` crate.

use std::ops::Range;

/// A read-only matrix view.
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'a> {
    data: &'a [f32],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// A row-major matrix `[rows, columns]`.
    ///
    /// # Panics
    ///
    /// When `data` does not hold exactly the matrix.
    pub fn new(data: &'a [f32], rows: usize, columns: usize) -> Self {
        assert_eq!(Some(data.len()), rows.checked_mul(columns), "a [{rows}, {columns}] matrix");
        Self { data, rows, columns, row_stride: columns, column_stride: 1 }
    }

    /// Columns `range`, without a copy.
    ///
    /// # Panics
    ///
    /// When the matrix does not have them.
    #[must_use]
    pub fn columns(self, range: Range<usize>) -> Self {
        assert!(
            range.start <= range.end && range.end <= self.columns,
            "columns {range:?} of {}",
            self.columns
        );
        let start = (range.start * self.column_stride).min(self.data.len());
        Self { data: &self.data[start..], columns: range.len(), ..self }
    }

    /// The transpose, without a copy.
    #[must_use]
    pub fn transposed(self) -> Self {
        Self {
            data: self.data,
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
        }
    }
}

/// `out = left x right`, or `out += left x right` where `accumulate`; `out` is row-major. On the calling thread alone:
/// callers split their rows, so that a task keeps what it multiplies in its own cache.
///
/// # Panics
///
/// When the shapes do not fit.
#[allow(unsafe_code)]
pub fn matmul(out: &mut [f32], left: Matrix<'_>, right: Matrix<'_>, accumulate: bool) {
    let (m, k, n) = (left.rows, left.columns, right.columns);
    assert_eq!(k, right.rows, "[{m}, {k}] x [{}, {n}]", right.rows);
    assert_eq!(Some(out.len()), m.checked_mul(n), "the product is [{m}, {n}]");
    if out.is_empty() {
        return;
    }
    // SAFETY: `Matrix::new` has checked that every element of both operands lies within its slice, which taking columns
    // or the transpose preserves, and the assertion above that `out` holds the product; `out` is borrowed mutably, so
    // nothing overlaps it.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            out.as_mut_ptr(),
            1,
            n as isize,
            accumulate,
            left.data.as_ptr(),
            left.column_stride as isize,
            left.row_stride as isize,
            right.data.as_ptr(),
            right.column_stride as isize,
            right.row_stride as isize,
            1.0f32,
            1.0f32,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_of_all_orientations() {
        let a = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let b = [1.0, 0.0, 2.0, 1.0, 0.0, 1.0];
        let mut out = [0.0; 4];
        matmul(&mut out, Matrix::new(&a, 2, 3), Matrix::new(&b, 3, 2), false);
        assert_eq!(out, [5.0, 5.0, 14.0, 11.0]);
        matmul(&mut out, Matrix::new(&a, 2, 3), Matrix::new(&b, 3, 2), true);
        assert_eq!(out, [10.0, 10.0, 28.0, 22.0]);
        let mut out = [0.0; 4];
        matmul(&mut out, Matrix::new(&a, 3, 2).transposed(), Matrix::new(&b, 3, 2), false);
        assert_eq!(out, [7.0, 8.0, 10.0, 10.0]);
        let mut out = [0.0; 2];
        let last = Matrix::new(&a, 2, 3).columns(1..3);
        matmul(&mut out, last, Matrix::new(&[1.0, 10.0], 2, 1), false);
        assert_eq!(out, [32.0, 65.0]);
    }
}
