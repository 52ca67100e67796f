//! How sure a figure is, and whether two scorers differ: the bootstrap over targets.
//!
//! Pairs of one target are not independent: a target that a scorer knows well lifts all of its pairs. What is drawn again
//! is therefore whole targets ([`TargetResamples`]; Field and Welsh 2007 call it the cluster bootstrap). A scorer's
//! figures on each resample are had from its scores reduced to histograms ([`TargetHistograms`]) or to sums
//! ([`TargetRatios`]), one to a target. The resamples depend on nothing but seed, replicate and target, so that all scorers and
//! all folds get the same ones and differences between scorers are paired.
//!
//! ```
//! use theriac_link::significance::{Interval, ScoreBins, TargetHistograms, TargetResamples};
//!
//! // Scores of positives and of negatives of three targets.
//! let targets = [([0.9, 0.4], [0.1, 0.3]), ([0.8, 0.2], [0.5, 0.0]), ([0.7, 0.6], [0.65, 0.2])];
//! let positives: Vec<f32> = targets.iter().flat_map(|(positives, _)| *positives).collect();
//! let mut histograms = TargetHistograms::new(ScoreBins::new(&positives));
//! for (target, (positives, negatives)) in targets.iter().enumerate() {
//!     histograms.push(target as u32, positives, negatives);
//! }
//! let replicates = histograms.replicates(&TargetResamples::draw(7, 3, 200));
//! let interval = Interval::percentile(&replicates.auroc, 0.95).expect("a figure on most resamples");
//! assert!(interval.low < 29.0 / 36.0 && 29.0 / 36.0 < interval.high);
//! ```

mod histograms;
mod interval;
mod resamples;

pub use histograms::{FigureReplicates, ScoreBins, TargetHistograms};
pub use interval::{Interval, PairedTest, paired_difference};
pub use resamples::{TargetRatios, TargetResamples};
