//! Curves, bins and breakdowns.

use serde::Serialize;

use super::Interval;

/// Curves over thresholds and list lengths.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Curves {
    /// False positive rate and true positive rate.
    pub roc: Vec<Curve>,
    /// Recall and precision.
    pub precision_recall: Vec<Curve>,
    /// Share of positives among the pairs of both: the precision of chance, drawn as a line.
    pub prevalence: Option<f64>,
    /// List length `k`, from 1, and the share of true sources in the first `k` places.
    pub hits: Vec<Curve>,
}

/// A curve of a scorer.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Curve {
    /// Name of the scorer.
    pub scorer: String,
    /// Points `(x, y)`, in order of x.
    pub points: Vec<(f64, f64)>,
}

/// Scores taken as probabilities, beside what came true.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Calibration {
    /// Share of positives among all pairs: what a scorer that knows nothing should say.
    pub base_rate: Option<f64>,
    /// The scorers that give probabilities.
    pub scorers: Vec<Reliability>,
}

/// Reliability of one scorer.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Reliability {
    /// Name of the scorer.
    pub scorer: String,
    /// The bins, by predicted probability; empty ones are left out.
    pub bins: Vec<ReliabilityBin>,
    /// Brier score: mean squared error of the probabilities.
    pub brier: Option<f64>,
    /// Expected calibration error: mean distance of predicted and observed share, weighted by pairs.
    pub ece: Option<f64>,
}

/// Pairs with a predicted probability in some range.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ReliabilityBin {
    /// Mean predicted probability.
    pub predicted: f64,
    /// Share of positives.
    pub observed: f64,
    /// Wilson interval of that share.
    pub interval: Option<Interval>,
    /// Number of pairs.
    pub pairs: u64,
}

/// The training of a model.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Training {
    /// Name of the scorer.
    pub scorer: String,
    /// Label of the validation figure: "Validation MRR".
    pub validation_label: String,
    /// The epochs, in order.
    pub epochs: Vec<Epoch>,
    /// The epoch whose weights were kept.
    pub kept: Option<u64>,
    /// What else there is to say of it, in a sentence.
    pub note: Option<String>,
}

/// An epoch of training.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Epoch {
    /// Number of the epoch, from 1.
    pub epoch: u64,
    /// Mean training loss.
    pub loss: f64,
    /// Figure on the validation part, where it was measured.
    pub validation: Option<f64>,
}

/// A figure by part of the test pairs.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Breakdown {
    /// "By degree of the disease".
    pub title: String,
    /// What the parts are, in a sentence.
    pub explanation: Option<String>,
    /// Label of the figure: "MRR".
    pub figure: String,
    /// Whether the parts have an order, as bins of a degree have: their points are then joined.
    pub ordered: bool,
    /// The parts.
    pub groups: Vec<BreakdownGroup>,
    /// The scorers.
    pub scorers: Vec<BreakdownSeries>,
}

/// A part of the test pairs.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct BreakdownGroup {
    /// "2-4", "Oncology", "Fold 3".
    pub label: String,
    /// Number of positives in it.
    pub positives: u64,
}

/// A scorer's values of the figure.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct BreakdownSeries {
    /// Name of the scorer.
    pub scorer: String,
    /// One a group, `[n_groups]`; `None` where a group has no positive.
    pub values: Vec<Option<BreakdownValue>>,
}

/// The figure of a scorer in a part of the pairs.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct BreakdownValue {
    /// The value.
    pub value: f64,
    /// Its 95 % interval.
    pub interval: Option<Interval>,
}

/// The targets on which a scorer does best and worst.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Extremes {
    /// Name of the scorer.
    pub scorer: String,
    /// Label of the figure: "MRR".
    pub figure: String,
    /// Which targets are looked at, in a sentence.
    pub note: String,
    /// What a target is: "Disease".
    pub target_label: String,
    /// The best, best first.
    pub best: Vec<TargetResult>,
    /// The worst, worst first.
    pub worst: Vec<TargetResult>,
}

/// The figure of one target.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TargetResult {
    /// Name of the target.
    pub name: String,
    /// Number of its test positives.
    pub positives: u64,
    /// Number of its training positives.
    pub degree: Option<u64>,
    /// The figure.
    pub value: f64,
}
