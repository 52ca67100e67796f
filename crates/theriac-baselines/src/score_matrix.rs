//! Scores that are all known once the fit is done.

use std::ops::Range;
use std::sync::Arc;

use theriac_link::{FitRecord, FittedScorer, LinkError, Pair, Rescorer, TrainView};

/// The most pairs whose scores are kept: 4 GiB of them.
const MOST: usize = 1 << 30;

/// A fitted scorer that keeps the score of every pair.
pub(crate) struct ScoreMatrix {
    /// `[n_targets, n_sources]`, row-major.
    scores: Vec<f32>,
    record: FitRecord,
    rescorer: Option<Arc<dyn Rescorer>>,
}

impl ScoreMatrix {
    /// Takes scores, `[n_targets, n_sources]`.
    pub(crate) fn new(scores: Vec<f32>, record: FitRecord) -> Self {
        assert_eq!(scores.len(), record.sources as usize * record.targets as usize, "a score for every pair");
        Self { scores, record, rescorer: None }
    }

    /// The matrix with what was learned.
    pub(crate) fn with_rescorer(self, rescorer: Arc<dyn Rescorer>) -> Self {
        Self { rescorer: Some(rescorer), ..self }
    }

    /// Whether the scores of a view's pairs can be kept, which a fit asks before it begins.
    pub(crate) fn check(scorer: &str, view: &TrainView) -> Result<(), LinkError> {
        let pairs = view.sources() as usize * view.targets() as usize;
        if pairs <= MOST {
            return Ok(());
        }
        Err(LinkError::Fit {
            scorer: scorer.into(),
            problem: format!("{pairs} pairs would have to be kept in memory; expected at most {MOST}"),
        })
    }

    fn at(&self, pair: Pair) -> f32 {
        self.scores[pair.target as usize * self.record.sources as usize + pair.source as usize]
    }
}

impl FittedScorer for ScoreMatrix {
    fn record(&self) -> &FitRecord {
        &self.record
    }

    fn score(&self, pairs: &[Pair]) -> Vec<f32> {
        pairs.iter().map(|&pair| self.at(pair)).collect()
    }

    fn score_targets(&self, targets: Range<u32>, out: &mut [f32]) {
        let sources = self.record.sources as usize;
        out.copy_from_slice(&self.scores[targets.start as usize * sources..targets.end as usize * sources]);
    }

    fn rescorer(&self) -> Option<Arc<dyn Rescorer>> {
        self.rescorer.clone()
    }
}

/// The matrix seen from its columns: `[rows, columns]` becomes `[columns, rows]`.
pub(crate) fn transposed(matrix: &[f32], columns: usize) -> Vec<f32> {
    let rows = matrix.len() / columns.max(1);
    (0..columns).flat_map(|column| (0..rows).map(move |row| matrix[row * columns + column])).collect()
}

#[cfg(test)]
mod tests {
    use theriac_link::Split;
    use theriac_link::conformance::{example_graph, example_task};

    use super::*;

    #[test]
    fn scores_are_found_by_pair_and_by_target() {
        let graph = example_graph();
        let split = Split::random(&graph, &example_task(&graph).unwrap(), 0.1, 0.2, 7).unwrap();
        let view = TrainView::new(&graph, &split).unwrap();
        ScoreMatrix::check("matrix", &view).unwrap();
        let scores: Vec<f32> = (0..view.sources() * view.targets()).map(|place| place as f32).collect();
        let matrix = ScoreMatrix::new(scores, FitRecord::new("matrix", &view));
        assert_eq!(matrix.score(&[Pair::new(3, 2)]), [(2 * view.sources() + 3) as f32]);
        let mut row = vec![0.0; view.sources() as usize];
        matrix.score_targets(2..3, &mut row);
        assert_eq!(row[3], (2 * view.sources() + 3) as f32);
    }

    #[test]
    fn transposition_swaps_rows_and_columns() {
        assert_eq!(transposed(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 3), [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
    }
}
