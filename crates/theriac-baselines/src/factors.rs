//! Scores that are products of factors: what every matrix factorisation comes to.

use std::ops::Range;
use std::sync::Arc;

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;
use theriac_graph::{EditedGraph, NamedTensor, NamedTensors};
use theriac_link::{FitRecord, FittedScorer, Pair, Rescorer, TrainView};

/// A vector for each node. A pair scores the scalar product of its source's and its target's.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Factors {
    /// Length of each vector.
    pub(crate) rank: usize,
    /// `[n_sources, rank]`, row-major.
    pub(crate) sources: Vec<f32>,
    /// `[n_targets, rank]`, row-major.
    pub(crate) targets: Vec<f32>,
}

impl Factors {
    /// The score of each pair: `[pairs]`.
    pub(crate) fn score(&self, pairs: &[Pair]) -> Vec<f32> {
        let rank = self.rank;
        let product = |pair: &Pair| {
            let source = &self.sources[pair.source as usize * rank..][..rank];
            let target = &self.targets[pair.target as usize * rank..][..rank];
            source.iter().zip(target).map(|(one, other)| one * other).sum()
        };
        pairs.par_iter().map(product).collect()
    }

    /// The score of every source for each of `targets`: `[targets, n_sources]`, row-major.
    pub(crate) fn score_targets(&self, targets: &Range<u32>, out: &mut [f32]) {
        let (rank, rows) = (self.rank, targets.len());
        if rows == 0 {
            return;
        }
        let sources = out.len() / rows;
        let block = &self.targets[targets.start as usize * rank..targets.end as usize * rank];
        matmul(
            MatMut::from_row_major_slice_mut(out, rows, sources),
            Accum::Replace,
            MatRef::from_row_major_slice(block, rows, rank),
            MatRef::from_row_major_slice(&self.sources, sources, rank).transpose(),
            1.0,
            Par::Seq,
        );
    }
}

/// A fitted factorisation.
pub(crate) struct Factorised {
    pub(crate) factors: Factors,
    pub(crate) rescorer: Arc<dyn Rescorer>,
    pub(crate) record: FitRecord,
}

/// Factors of both sides that no other graph changes: everything is learned.
impl Rescorer for Factors {
    fn rescore(&self, _: &EditedGraph<'_>, pair: Pair) -> f32 {
        self.score(&[pair])[0]
    }

    fn learned(&self) -> Vec<NamedTensor> {
        let tensor = |name, values: &Vec<f32>| NamedTensor::new(name, self.rank, values.clone());
        vec![tensor("sources", &self.sources), tensor("targets", &self.targets)]
    }
}

/// Factors that were learned on this view.
///
/// # Errors
///
/// One sentence when a matrix is missing or has another shape.
pub(crate) fn restore(view: &TrainView, tensors: &mut NamedTensors) -> Result<Arc<dyn Rescorer>, String> {
    let sources = tensors.take("sources")?;
    let rank = sources.columns;
    if sources.rows != view.sources() as usize {
        return Err(format!("tensor 'sources' has {} rows; expected {}", sources.rows, view.sources()));
    }
    let targets = tensors.take_shaped("targets", view.targets() as usize, rank)?;
    Ok(Arc::new(Factors { rank, sources: sources.values, targets }))
}

impl Factorised {
    /// Factors that no other graph changes.
    pub(crate) fn learned(factors: Factors, record: FitRecord) -> Self {
        let rescorer = Arc::new(factors.clone());
        Self { factors, rescorer, record }
    }
}

impl FittedScorer for Factorised {
    fn record(&self) -> &FitRecord {
        &self.record
    }

    fn score(&self, pairs: &[Pair]) -> Vec<f32> {
        self.factors.score(pairs)
    }

    fn score_targets(&self, targets: Range<u32>, out: &mut [f32]) {
        self.factors.score_targets(&targets, out);
    }

    fn rescorer(&self) -> Option<Arc<dyn Rescorer>> {
        Some(self.rescorer.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_and_pairs_are_scalar_products() {
        let factors = Factors {
            rank: 2,
            sources: vec![1.0, 0.0, 0.0, 1.0, 2.0, -1.0],
            targets: vec![3.0, 4.0, 5.0, 6.0],
        };
        let mut scores = [f32::NAN; 6];
        factors.score_targets(&(0..2), &mut scores);
        assert_eq!(scores, [3.0, 4.0, 2.0, 5.0, 6.0, 4.0]);
        factors.score_targets(&(1..2), &mut scores[..3]);
        assert_eq!(scores[..3], [5.0, 6.0, 4.0]);
        assert_eq!(factors.score(&[Pair::new(2, 0), Pair::new(0, 1)]), [2.0, 5.0]);
    }
}
