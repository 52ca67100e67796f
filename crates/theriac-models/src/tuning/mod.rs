//! The choice of settings: trials drawn from a declared space, thinned out by successive halving (Jamieson and Talwalkar
//! 2016) by their filtered MRR on the validation links. Test links have no part in it: a [`TrainView`] has none.
//!
//! Each trial of a rung is trained anew with the epochs of that rung, since schedules of the learning rate depend on the number
//! of all epochs. What a trial came to is a file in a [`TuningFolder`]; whoever comes to the same trial and rung takes it
//! from there, so that a tuning goes on where it was stopped and its shards may share a folder.

mod folder;
mod halving;
mod space;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use theriac_link::{Budget, FittedScorer, LinkError, Silent, TrainView};

pub use folder::{Identity, Outcome, TuningFolder, setting};
pub use halving::Halving;
pub use space::{EXAMPLE, Settings, Space, Trial};

use crate::error::ModelError;
use crate::fitted::FittedModel;

/// A space of settings under a split.
#[derive(Clone, Copy)]
pub struct Tuning<'a> {
    /// How the trials are thinned out.
    pub halving: &'a Halving,
    /// All trials, by their numbers.
    pub trials: &'a [Trial],
    /// What they are trained and judged on.
    pub view: &'a TrainView,
    /// Seed of every fit.
    pub seed: u64,
    /// Where the outcomes are kept.
    pub folder: &'a TuningFolder,
}

/// How far a halving is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The rung, from 1.
    pub rung: usize,
    /// Trials of the rung that are done.
    pub done: usize,
    /// Trials of the rung.
    pub of: usize,
}

impl Tuning<'_> {
    /// Halves among the trials of these numbers: trains what is not yet in the folder, and keeps it there. Before each fit
    /// it asks whether to stop; before the first outcome of a rung and after each it tells how far it is. Gives whether it came
    /// to the end.
    ///
    /// # Errors
    ///
    /// When there is no validation link, a trial cannot be trained, or its outcome cannot be read or kept.
    pub fn halve(
        &self,
        numbers: &[u32],
        stop_requested: &dyn Fn() -> bool,
        told: &mut dyn FnMut(Progress),
    ) -> Result<bool, ModelError> {
        let mut left = numbers.to_vec();
        for (place, &epochs) in self.halving.rungs.iter().enumerate() {
            let rung = place + 1;
            let of = left.len();
            let mut scored = Vec::with_capacity(of);
            told(Progress { rung, done: 0, of });
            for &number in &left {
                let trial = &self.trials[number as usize - 1];
                let outcome = match self.folder.outcome(trial, rung, epochs)? {
                    Some(outcome) => outcome,
                    None if stop_requested() => return Ok(false),
                    None => {
                        let outcome = self.fit(trial, rung, epochs)?;
                        self.folder.keep(&outcome)?;
                        outcome
                    }
                };
                scored.push((number, outcome.mrr));
                told(Progress { rung, done: scored.len(), of });
            }
            left = self.halving.best(&scored);
        }
        Ok(true)
    }

    fn fit(&self, trial: &Trial, rung: usize, epochs: Option<usize>) -> Result<Outcome, ModelError> {
        let started = Instant::now();
        let mrr = match trial.config(epochs).train(self.view, &Budget::new(self.seed, &Silent), None, false) {
            Ok(fitted) => self.mrr(&fitted)?,
            // A learning rate that is too high is found out by trying.
            Err(ModelError::Link(LinkError::NanScore { .. })) => None,
            Err(error) => return Err(error),
        };
        let seconds = started.elapsed().as_secs_f64();
        Ok(Outcome { trial: trial.number, rung, epochs, settings: trial.settings.clone(), mrr, seconds })
    }

    /// Filtered MRR on the validation links; `None` where a score is no finite number, so that its rank means nothing.
    fn mrr(&self, fitted: &FittedModel) -> Result<Option<f64>, ModelError> {
        let finite = AtomicBool::new(true);
        let mrr = self.view.validation_mrr(|target, out| {
            fitted.score_targets(target..target + 1, out);
            if !out.iter().all(|score| score.is_finite()) {
                finite.store(false, Ordering::Relaxed);
            }
        });
        let mrr =
            mrr.ok_or_else(|| ModelError::NoValidation { target: self.view.task().target().to_string() })?;
        Ok(finite.into_inner().then_some(mrr))
    }
}

/// The last outcome of each trial, of outcomes by trial and rung: those of the furthest rung first, and in a rung the best
/// first, those without a figure last.
pub fn ranked(outcomes: &[Outcome]) -> Vec<&Outcome> {
    let mut last: Vec<&Outcome> =
        outcomes.chunk_by(|a, b| a.trial == b.trial).filter_map(<[Outcome]>::last).collect();
    let place = |outcome: &Outcome| (outcome.trial, outcome.mrr.unwrap_or(-1.0));
    last.sort_by(|a, b| b.rung.cmp(&a.rung).then_with(|| halving::better(place(a), place(b))));
    last
}

/// The best of the last rung, where a trial has a figure there.
pub fn best<'a>(outcomes: &'a [Outcome], halving: &Halving) -> Option<&'a Outcome> {
    let first = ranked(outcomes).into_iter().next()?;
    (first.rung == halving.rungs.len() && first.mrr.is_some()).then_some(first)
}

#[cfg(test)]
mod tests;
