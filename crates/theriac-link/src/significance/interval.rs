//! Intervals and tests from replicates.

use serde::{Deserialize, Serialize};

/// Where a figure lies, with some confidence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Interval {
    /// The percentile interval of a figure's replicates (Efron 1979): what is left of them when `1 - confidence` is cut off,
    /// half of it at either end. Replicates that are NaN, on which the figure has no value, are left out. `None` where
    /// none is left, or for a `confidence` outside `0..=1`.
    pub fn percentile(replicates: &[f64], confidence: f64) -> Option<Self> {
        let mut sorted: Vec<f64> = replicates.iter().copied().filter(|figure| !figure.is_nan()).collect();
        if sorted.is_empty() || !(0.0..=1.0).contains(&confidence) {
            return None;
        }
        sorted.sort_unstable_by(f64::total_cmp);
        let cut = (1.0 - confidence) / 2.0;
        Some(Self { low: quantile(&sorted, cut), high: quantile(&sorted, 1.0 - cut) })
    }
}

/// Quantile of rising values, linear between them: numpy's default.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let below = (place.floor() as usize).min(sorted.len() - 1);
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (place - below as f64) * (sorted[above] - sorted[below])
}

/// How much better one scorer is than another, on the same resamples.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PairedTest {
    /// The first scorer's figure less the second's.
    pub difference: f64,
    /// Lower end of the 95 % interval of the difference.
    pub low: f64,
    /// Upper end of it.
    pub high: f64,
    /// Two-sided: how often a difference of the other sign is drawn, or none, doubled. Never 0: at least
    /// 2 / (replicates + 1).
    pub p_value: f64,
}

/// Tests the difference between two scorers, whose figures on the same resamples are given in the same order, with their
/// figures on all targets. Resamples on which either figure is NaN are left out.
///
/// The p-value is twice the smaller of the shares of differences at or below 0 and at or above 0, each counting one more
/// than was drawn (Davison and Hinkley 1997), and at most 1. `None` where there are not as many replicates of one as of the
/// other, or none is left.
pub fn paired_difference(one: &[f64], other: &[f64], point_one: f64, point_other: f64) -> Option<PairedTest> {
    if one.len() != other.len() {
        return None;
    }
    let differences: Vec<f64> = one
        .iter()
        .zip(other)
        .map(|(one, other)| one - other)
        .filter(|difference| !difference.is_nan())
        .collect();
    let Interval { low, high } = Interval::percentile(&differences, 0.95)?;
    let share = |beyond: fn(f64) -> bool| {
        let count = differences.iter().filter(|&&difference| beyond(difference)).count();
        (count + 1) as f64 / (differences.len() + 1) as f64
    };
    let p_value =
        (2.0 * share(|difference| difference <= 0.0).min(share(|difference| difference >= 0.0))).min(1.0);
    Some(PairedTest { difference: point_one - point_other, low, high, p_value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_percentile_interval_cuts_both_ends() {
        let replicates: Vec<f64> = (0..=200).rev().map(f64::from).chain([f64::NAN]).collect();
        let Interval { low, high } = Interval::percentile(&replicates, 0.95).unwrap();
        assert!((low - 5.0).abs() + (high - 195.0).abs() < 1e-12);
        assert_eq!(Interval::percentile(&[1.0, 2.0], 0.5), Some(Interval { low: 1.25, high: 1.75 }));
        assert_eq!(Interval::percentile(&[3.0], 0.95), Some(Interval { low: 3.0, high: 3.0 }));
        assert_eq!(Interval::percentile(&[f64::NAN], 0.95), None);
        assert_eq!(Interval::percentile(&[1.0], 1.5), None);
    }

    #[test]
    fn a_difference_of_one_sign_is_significant() {
        let one: Vec<f64> = (0..999).map(|i| 0.7 + f64::from(i) * 1e-5).collect();
        let worse: Vec<f64> = one.iter().map(|figure| figure - 0.01).collect();
        let test = paired_difference(&one, &worse, 0.705, 0.695).unwrap();
        assert!((test.difference - 0.01).abs() < 1e-12 && (test.low - 0.01).abs() < 1e-12);
        assert_eq!(test.p_value, 0.002);
        assert_eq!(paired_difference(&worse, &one, 0.695, 0.705).unwrap().p_value, 0.002);
        assert_eq!(paired_difference(&one, &one, 0.7, 0.7).unwrap().p_value, 1.0);
        assert_eq!(paired_difference(&one, &one[1..], 0.7, 0.7), None);
        // Ten of 999 differences are below 0 and one is 0.
        let mixed: Vec<f64> = (-10..989).map(f64::from).collect();
        assert_eq!(paired_difference(&mixed, &[0.0; 999], 1.0, 0.0).unwrap().p_value, 2.0 * 12.0 / 1000.0);
    }
}
