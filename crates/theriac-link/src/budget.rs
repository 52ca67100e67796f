//! What a fit is given besides the view: a seed, and someone to report to.

use serde::{Deserialize, Serialize};

/// What a fit is given besides the view.
#[derive(Clone, Copy)]
pub struct Budget<'a> {
    /// Seed of every random draw of the fit; see [`crate::stream`].
    pub seed: u64,
    /// Who hears of progress and may ask to stop.
    pub observer: &'a dyn Observer,
    /// What an earlier fit of the scorer tried: where there is any, its choice of settings is taken over.
    pub trials: &'a [Trial],
}

impl<'a> Budget<'a> {
    /// This seed and this observer.
    pub fn new(seed: u64, observer: &'a dyn Observer) -> Self {
        Self { seed, observer, trials: &[] }
    }

    /// The budget with what an earlier fit tried.
    #[must_use]
    pub fn with_trials(self, trials: &'a [Trial]) -> Self {
        Self { trials, ..self }
    }
}

/// A configuration that was tried, and how it did on the validation part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// The settings, in words: `lambda 200`.
    pub configuration: String,
    /// The stage of the search in which it was tried, from 0.
    #[serde(default, skip_serializing_if = "is_first")]
    pub stage: u32,
    /// Average precision on the validation sample.
    pub validation_ap: f64,
    /// Whether it was the one that was kept.
    pub chosen: bool,
}

/// Who hears of the progress of a fit.
pub trait Observer: Sync {
    /// Something happened. Called from whichever thread it happened on.
    fn report(&self, event: &Event);

    /// Whether the fit should end after the step at hand, with what it has learned so far.
    fn stop_requested(&self) -> bool;
}

/// Progress of a fit.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub enum Event {
    /// A training step is done.
    Step {
        /// The epoch, from 1.
        epoch: usize,
        /// Epochs in all.
        epochs: usize,
        /// The step within its epoch, from 1.
        step: usize,
        /// Steps of an epoch.
        steps: usize,
        /// Mean loss over the steps of this epoch so far.
        loss: f64,
        /// Edges that carried a message in this epoch so far, summed over layers, a second.
        messages_per_second: f64,
    },
    /// A stage of a fit that has no epochs begins.
    Stage {
        /// What is done in it, in words: `EASE over sources, on 9 of 10 train links`.
        name: String,
        /// The stage, from 1.
        stage: usize,
        /// Stages in all.
        stages: usize,
    },
    /// An epoch is done.
    Epoch {
        /// The epoch, from 1.
        epoch: usize,
        /// Epochs in all.
        epochs: usize,
        /// Mean loss over the epoch's supervision edges.
        loss: f64,
        /// Wall-clock time of the epoch's steps, in seconds.
        seconds: f64,
        /// Figures on the validation pairs, where they were taken.
        validation: Option<Validation>,
    },
}

/// Figures on the validation pairs during a fit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Validation {
    /// Area under the ROC curve.
    pub auroc: f64,
    /// Average precision.
    pub ap: f64,
    /// Mean reciprocal filtered rank, where it was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mrr: Option<f64>,
}

/// The observer that neither shows anything nor stops a fit.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {
    fn report(&self, _: &Event) {}

    fn stop_requested(&self) -> bool {
        false
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_first(stage: &u32) -> bool {
    *stage == 0
}
