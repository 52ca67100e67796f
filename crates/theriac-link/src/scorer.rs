//! The one trait for everything that scores pairs.

use std::ops::Range;

use crate::budget::Budget;
use crate::error::LinkError;
use crate::pair::Pair;
use crate::view::TrainView;

/// A way of scoring pairs, before it has seen any: a closed formula or a model with its settings.
///
/// [`crate::conformance::check_scorer`] is the battery of tests that every scorer passes.
pub trait Scorer: Sync {
    /// Name to show in tables: `degree product`.
    fn name(&self) -> &str;

    /// Learns from the view. The same view and seed give the same fitted scorer.
    ///
    /// # Errors
    ///
    /// [`LinkError::Fit`] when the view or the settings do not allow a fit.
    fn fit(&self, view: &TrainView, budget: &Budget<'_>) -> Result<Box<dyn FittedScorer>, LinkError>;
}

/// A scorer that has learned from a view. The higher the score, the likelier the link; scores of different scorers have
/// no common scale. Scores are finite.
pub trait FittedScorer: Send + Sync {
    /// Name to show in tables.
    fn name(&self) -> &str;

    /// Hash of the split that was fitted on.
    fn split_hash(&self) -> &str;

    /// Number of source nodes.
    fn sources(&self) -> u32;

    /// Number of target nodes.
    fn targets(&self) -> u32;

    /// The score of each pair: `[pairs]`.
    fn score(&self, pairs: &[Pair]) -> Vec<f32>;

    /// The score of every source for each of `targets`, written to `out`: `[targets, n_sources]`, row-major.
    /// Called from many threads at once. The default goes through [`FittedScorer::score`].
    fn score_targets(&self, targets: Range<u32>, out: &mut [f32]) {
        let pairs: Vec<Pair> = targets
            .flat_map(|target| (0..self.sources()).map(move |source| Pair { source, target }))
            .collect();
        out.copy_from_slice(&self.score(&pairs));
    }
}
