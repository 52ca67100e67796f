//! How good scorers are: judged in the rounds of a plan, and reported side by side.
//!
//! A [`Judge`] holds the pairs of one round and gives a scorer's [`Judgement`]. [`run`] fits scorers in every round and
//! judges them; [`EvaluationReport::new`] makes one table of all rounds.

mod experiment;
mod figures;
mod judge;
mod replicates;
mod report;
mod scan;
mod soundness;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use experiment::{Experiment, PermutedFigures, Results, RoundResult, run};
pub use figures::{FIGURES, Figure, Figures, figure_of};
pub use judge::{Curves, DegreeBin, Judge, Judgement, TargetJudgement};
pub use replicates::Replicates;
pub use report::{EvaluationReport, PermutationControl, RoundSummary, ScorerReport, Versus};

/// How to evaluate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvaluationOptions {
    /// Random negatives to a positive in the sampled protocol.
    pub negative_ratio: f64,
    /// Resamples of the targets for intervals and paired tests; none where it is 0.
    pub resamples: u32,
    /// Seed of the resamples.
    pub seed: u64,
    /// Whether scorers learn the validation part too, once their settings are chosen on it. A part of an evaluation that does not
    /// say so was done without.
    #[serde(default)]
    pub refit: bool,
}

impl Default for EvaluationOptions {
    /// Two negatives to a positive, 500 resamples, seed 0, the validation part learned too.
    fn default() -> Self {
        Self { negative_ratio: 2.0, resamples: 500, seed: 0, refit: true }
    }
}
