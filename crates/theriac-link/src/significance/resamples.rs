//! Resamples of the targets, and figures that are ratios of sums over targets.

use rand::RngExt;
use rayon::prelude::*;

use crate::stream::stream;

/// Resamples of the targets with replacement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetResamples {
    targets: usize,
    /// `[replicates, targets]`
    counts: Vec<u32>,
}

impl TargetResamples {
    /// Draws as many targets as there are, with replacement, `replicates` times.
    pub fn draw(seed: u64, targets: u32, replicates: usize) -> Self {
        let mut counts = vec![0; targets as usize * replicates];
        counts.par_chunks_exact_mut(targets.max(1) as usize).enumerate().for_each(|(replicate, counts)| {
            let mut draws = stream(seed, "bootstrap over targets", &[replicate as u64]);
            for _ in 0..targets {
                counts[draws.random_range(0..targets) as usize] += 1;
            }
        });
        Self { targets: targets as usize, counts }
    }

    /// Number of targets.
    pub fn targets(&self) -> usize {
        self.targets
    }

    /// Number of resamples.
    pub fn replicates(&self) -> usize {
        self.counts.len().checked_div(self.targets).unwrap_or(0)
    }

    /// How often each target was drawn in a resample, `[targets]`.
    ///
    /// # Panics
    ///
    /// When there is no such resample.
    pub fn counts(&self, replicate: usize) -> &[u32] {
        &self.counts[replicate * self.targets..(replicate + 1) * self.targets]
    }
}

/// A figure that is a ratio of two sums over targets: a mean over pairs (MRR: the sum of a target's reciprocal ranks over
/// the number of them; hits@k alike) or over targets (a target's own figure over 1).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TargetRatios {
    /// Target, numerator, denominator.
    terms: Vec<(u32, f64, f64)>,
}

impl TargetRatios {
    /// Adds a target's term. Targets without a term count nothing.
    pub fn push(&mut self, target: u32, numerator: f64, denominator: f64) {
        self.terms.push((target, numerator, denominator));
    }

    /// The figure; `None` where the denominator is 0.
    pub fn point(&self) -> Option<f64> {
        let ratio = self.ratio(|_| 1.0);
        ratio.is_finite().then_some(ratio)
    }

    /// The figure on each resample; NaN where the denominator is 0. Targets that `resamples` does not have count nothing.
    pub fn replicates(&self, resamples: &TargetResamples) -> Vec<f64> {
        let replicate = |replicate| {
            let counts = resamples.counts(replicate);
            self.ratio(|target| counts.get(target as usize).copied().unwrap_or(0).into())
        };
        (0..resamples.replicates()).into_par_iter().map(replicate).collect()
    }

    fn ratio(&self, weight: impl Fn(u32) -> f64) -> f64 {
        let (numerator, denominator) =
            self.terms.iter().fold((0.0, 0.0), |(above, below), &(target, numerator, denominator)| {
                let weight = weight(target);
                (above + weight * numerator, below + weight * denominator)
            });
        if denominator == 0.0 { f64::NAN } else { numerator / denominator }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_resample_has_as_many_targets_and_does_not_depend_on_threads() {
        let draw = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| TargetResamples::draw(3, 50, 40))
        };
        let resamples = draw(3);
        assert_eq!(resamples, draw(1));
        assert_eq!((resamples.targets(), resamples.replicates()), (50, 40));
        assert!((0..40).all(|replicate| resamples.counts(replicate).iter().sum::<u32>() == 50));
        assert_ne!(resamples.counts(0), resamples.counts(1));
        assert_ne!(resamples.counts(0), TargetResamples::draw(4, 50, 1).counts(0));
        assert_eq!(resamples.counts(7), TargetResamples::draw(3, 50, 8).counts(7));
        assert_eq!(TargetResamples::draw(3, 0, 5).replicates(), 0);
    }

    #[test]
    fn a_ratio_on_a_resample_is_that_of_the_drawn_targets() {
        let mut mrr = TargetRatios::default();
        mrr.push(0, 1.5, 2.0);
        mrr.push(2, 0.25, 1.0);
        assert_eq!(mrr.point(), Some(1.75 / 3.0));
        let resamples = TargetResamples::draw(1, 3, 60);
        let found = mrr.replicates(&resamples);
        for (replicate, &found) in found.iter().enumerate() {
            let drawn = resamples.counts(replicate).iter().map(|&count| f64::from(count)).collect::<Vec<_>>();
            let expected = (1.5 * drawn[0] + 0.25 * drawn[2]) / (2.0 * drawn[0] + drawn[2]);
            assert!(found == expected || (found.is_nan() && drawn[1] == 3.0));
        }
        assert!(found.iter().any(|figure| figure.is_nan()));
        assert_eq!(TargetRatios::default().point(), None);
    }

    #[test]
    fn the_spread_of_a_mean_is_its_standard_error() {
        let values: Vec<f64> = (0..200).map(|i| f64::from(i % 17)).collect();
        let mut mean = TargetRatios::default();
        for (target, &value) in values.iter().enumerate() {
            mean.push(target as u32, value, 1.0);
        }
        let replicates = mean.replicates(&TargetResamples::draw(0, 200, 4000));
        let variance = |values: &[f64]| {
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64
        };
        let expected = variance(&values) / 200.0;
        assert!((variance(&replicates) / expected - 1.0).abs() < 0.1);
    }
}
