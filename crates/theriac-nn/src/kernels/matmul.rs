//! Dense products on strided matrices, by the `gemm` crate.

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
        assert_eq!(data.len(), rows * columns, "a [{rows}, {columns}] matrix");
        Self { data, rows, columns, row_stride: columns, column_stride: 1 }
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

/// `out = left x right`, or `out += left x right` where `accumulate`; `out` is row-major.
///
/// # Panics
///
/// When the shapes do not fit.
#[allow(unsafe_code)]
pub fn matmul(out: &mut [f32], left: Matrix<'_>, right: Matrix<'_>, accumulate: bool) {
    let (m, k, n) = (left.rows, left.columns, right.columns);
    assert_eq!(k, right.rows, "[{m}, {k}] x [{}, {n}]", right.rows);
    assert_eq!(out.len(), m * n, "the product is [{m}, {n}]");
    if m * n == 0 {
        return;
    }
    // SAFETY: `Matrix::new` has checked that every element of both operands lies within its slice, and the
    // assertion above that `out` holds the product; `out` is borrowed mutably, so nothing overlaps it.
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
            gemm::Parallelism::Rayon(0),
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
    }

    #[test]
    fn the_thread_count_does_not_change_a_bit() {
        let (m, k, n) = (300, 200, 64);
        let a: Vec<f32> = (0..m * k).map(|i| ((i * 7919) % 1000) as f32 / 999.0).collect();
        let b: Vec<f32> = (0..k * n).map(|i| ((i * 104_729) % 1000) as f32 / 999.0).collect();
        let product = |threads| {
            let mut out = vec![0.0; m * n];
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| matmul(&mut out, Matrix::new(&a, m, k), Matrix::new(&b, k, n), false));
            out
        };
        assert_eq!(product(1), product(2));
        assert_eq!(product(1), product(4));
    }
}
