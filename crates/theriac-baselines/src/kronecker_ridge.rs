//! Ridge regression of the train matrix on products of what is known of its two sides, in closed form.

use faer::Mat;
use theriac_link::TrainView;

use crate::factors::Factors;
use crate::low_rank::multiply;

/// What is known of the nodes of one side: directions, and how much each weighs. The kernel of the side is
/// `vectors diag(values) vectorsᵀ`.
pub(crate) struct Spectrum {
    /// Orthonormal columns: `[nodes, rank]`.
    pub(crate) vectors: Mat<f32>,
    /// Not below 0: `[rank]`.
    pub(crate) values: Vec<f32>,
}

/// Kernel ridge regression with the Kronecker product of two kernels, `K = U S Uᵀ` of sources and `L = V T Vᵀ` of targets, on
/// the train matrix `P`. The scores `K A L` with the `A` that solves `K A L + λ A = P` are `U G Vᵀ` with
/// `G[i, j] = s_i t_j / (s_i t_j + λ) (Uᵀ P V)[i, j]`, where `λ` is the penalty.
///
/// They are the same as those of inductive matrix completion: with `X = U S^(1/2)` and `Y = V T^(1/2)`, the `Z` that minimises
/// `‖X Z Yᵀ - P‖² + λ ‖Z‖²` gives `X Z Yᵀ = U G Vᵀ`.
pub(crate) struct KroneckerRidge<'a> {
    sources: &'a Spectrum,
    targets: &'a Spectrum,
    /// `Uᵀ P V`.
    projected: Mat<f32>,
}

impl<'a> KroneckerRidge<'a> {
    /// The regression on the train edges of a view.
    pub(crate) fn new(view: &TrainView, sources: &'a Spectrum, targets: &'a Spectrum) -> Self {
        let edges = &view.target().forward;
        let rank = targets.vectors.ncols();
        // P V: the sum of the target vectors of each source.
        let mut sums = Mat::<f32>::zeros(edges.rows() as usize, rank);
        for column in 0..rank {
            for source in 0..edges.rows() {
                let vectors =
                    edges.neighbors(source).iter().map(|&target| targets.vectors[(target as usize, column)]);
                sums[(source as usize, column)] = vectors.sum();
            }
        }
        let projected = multiply(sources.vectors.transpose(), sums.as_ref());
        Self { sources, targets, projected }
    }

    /// `U` and `V Gᵀ`, for this penalty.
    pub(crate) fn factors(&self, penalty: f32) -> Factors {
        let (s, t) = (&self.sources.values, &self.targets.values);
        // What keeps the quotient a number where a product of weights is 0.
        let penalty = penalty.max(f32::MIN_POSITIVE);
        let shrunk = Mat::from_fn(t.len(), s.len(), |j, i| {
            let product = s[i] * t[j];
            product / (product + penalty) * self.projected[(i, j)]
        });
        let targets = multiply(self.targets.vectors.as_ref(), shrunk.as_ref());
        Factors { rank: s.len(), sources: rows(&self.sources.vectors), targets: rows(&targets) }
    }
}

/// The rows of a matrix one after the other.
fn rows(matrix: &Mat<f32>) -> Vec<f32> {
    (0..matrix.nrows()).flat_map(|row| matrix.row(row).iter().copied()).collect()
}
