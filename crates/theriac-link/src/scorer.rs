//! The one trait for everything that scores pairs.

use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::budget::{Budget, Trial, Validation};
use crate::error::LinkError;
use crate::pair::Pair;
use crate::rescore::Rescorer;
use crate::view::TrainView;

/// A way of scoring pairs, before it has seen any: a closed formula or a model with its settings.
///
/// [`crate::conformance::check_scorer`] is the battery of tests that every scorer passes.
pub trait Scorer: Send + Sync {
    /// Name to show in tables: `degree product`.
    fn name(&self) -> &str;

    /// Whether a fit draws random numbers, so that another seed gives other scores.
    fn is_seeded(&self) -> bool {
        false
    }

    /// Whether it can learn the validation part too once its settings are chosen on it: not where a fit is followed on that part,
    /// step by step.
    fn learns_validation(&self) -> bool {
        true
    }

    /// Learns from the view. The same view and seed give the same fitted scorer.
    ///
    /// # Errors
    ///
    /// [`LinkError::Fit`] when the view or the settings do not allow a fit.
    fn fit(&self, view: &TrainView, budget: &Budget<'_>) -> Result<Box<dyn FittedScorer>, LinkError>;

    /// Learns from the view, and, with the settings that were chosen on its validation part, again from the
    /// [whole](TrainView::with_validation) of training and validation part, where it [can](Self::learns_validation).
    ///
    /// # Errors
    ///
    /// Those of [`Scorer::fit`].
    fn fit_twice(
        &self,
        view: &TrainView,
        whole: &TrainView,
        budget: &Budget<'_>,
    ) -> Result<FittedTwice, LinkError> {
        let chosen = self.fit(view, budget)?;
        if !self.learns_validation() {
            return Ok(FittedTwice { last: chosen, chosen: None });
        }
        let last = self.fit(whole, &budget.with_trials(&chosen.record().trials))?;
        Ok(FittedTwice { last, chosen: Some(chosen) })
    }
}

/// What [`Scorer::fit_twice`] came to.
pub struct FittedTwice {
    /// The fit that counts.
    pub last: Box<dyn FittedScorer>,
    /// The fit that has not learned from the validation part, for thresholds and probabilities; `None` where the last has
    /// not either.
    pub chosen: Option<Box<dyn FittedScorer>>,
}

impl FittedTwice {
    /// Both, to be judged.
    pub fn fits(&self) -> Fits<'_> {
        Fits { last: self.last.as_ref(), chosen: self.chosen.as_deref() }
    }
}

/// A fitted scorer that is to be judged.
#[derive(Clone, Copy)]
pub struct Fits<'a> {
    /// The fit that counts.
    pub last: &'a dyn FittedScorer,
    /// Its earlier fit, where the last has learned the validation part and this one has not.
    pub chosen: Option<&'a dyn FittedScorer>,
}

impl<'a> Fits<'a> {
    /// A scorer with a single fit.
    pub fn once(scorer: &'a dyn FittedScorer) -> Self {
        Self { last: scorer, chosen: None }
    }

    /// The first fit; the last, where that is the only one.
    pub fn first(&self) -> &'a dyn FittedScorer {
        self.chosen.unwrap_or(self.last)
    }

    /// The fit that has not learned the validation part, for thresholds and probabilities; `None` where it is not at hand.
    pub fn unvalidated(&self) -> Option<&'a dyn FittedScorer> {
        Some(self.first()).filter(|first| !first.record().learned_validation)
    }
}

/// What every fitted scorer carries: who it is, and what it was fitted on.
#[derive(Clone, Debug, PartialEq)]
pub struct FitRecord {
    /// Name to show in tables.
    pub scorer: String,
    /// Hash of the split that was fitted on.
    pub split_hash: String,
    /// Whether it has learned the split's validation part too.
    pub learned_validation: bool,
    /// Number of source nodes.
    pub sources: u32,
    /// Number of target nodes.
    pub targets: u32,
    /// Every configuration that was tried on the validation part; empty where there was nothing to choose.
    pub trials: Vec<Trial>,
    /// What each epoch of the fit came to, in order; empty where it has none.
    pub epochs: Vec<EpochRecord>,
}

/// What an epoch of a fit came to. The same fit gives the same record: nothing in it depends on the machine.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochRecord {
    /// The epoch, from 1.
    pub epoch: usize,
    /// Mean training loss over its steps.
    pub loss: f64,
    /// Figures on the validation pairs, where they were taken.
    pub validation: Option<Validation>,
}

impl FitRecord {
    /// The record of a scorer fitted on this view, without trials and epochs.
    pub fn new(scorer: impl Into<String>, view: &TrainView) -> Self {
        Self {
            scorer: scorer.into(),
            split_hash: view.split_hash().into(),
            learned_validation: view.learns_validation(),
            sources: view.sources(),
            targets: view.targets(),
            trials: Vec::new(),
            epochs: Vec::new(),
        }
    }

    /// The record with these trials.
    #[must_use]
    pub fn with_trials(self, trials: Vec<Trial>) -> Self {
        Self { trials, ..self }
    }

    /// The record with these epochs.
    #[must_use]
    pub fn with_epochs(self, epochs: Vec<EpochRecord>) -> Self {
        Self { epochs, ..self }
    }
}

/// A scorer that has learned from a view. The higher the score, the likelier the link; scores of different scorers have
/// no common scale. Scores are finite.
pub trait FittedScorer: Send + Sync {
    /// Who it is, and what it was fitted on.
    fn record(&self) -> &FitRecord;

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

    /// How far the members of an ensemble differ: the standard deviation of each pair's score over them, `[pairs]`; `None`
    /// where there are no members.
    fn spread(&self, _pairs: &[Pair]) -> Option<Vec<f32>> {
        None
    }

    /// The scorer as one that can be asked about other graphs; `None` where it cannot.
    fn rescorer(&self) -> Option<Arc<dyn Rescorer>> {
        None
    }

    /// Name to show in tables.
    fn name(&self) -> &str {
        &self.record().scorer
    }

    /// Hash of the split that was fitted on.
    fn split_hash(&self) -> &str {
        &self.record().split_hash
    }

    /// Number of source nodes.
    fn sources(&self) -> u32 {
        self.record().sources
    }

    /// Number of target nodes.
    fn targets(&self) -> u32 {
        self.record().targets
    }
}
