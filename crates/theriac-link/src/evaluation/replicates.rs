//! Figures on each resample, summed over rounds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Units of a figure in which sums are held: whole numbers, so that a sum does not depend on the order of its terms, on
/// whichever machine each was computed. Figures are at most 1 in size, and rounds fewer than 2^20.
const UNIT: f64 = (1u64 << 42) as f64;

/// A scorer's figures on each resample of the targets, summed over rounds. Only figures from -1 to 1 are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replicates(BTreeMap<String, Vec<Sum>>);

/// A sum over rounds, and the number of rounds in which the figure was there.
type Sum = (i64, u32);

impl Replicates {
    /// Adds a figure's replicates of one round; NaN where a resample does not have it.
    pub fn add(&mut self, key: &str, replicates: &[f64]) {
        let sums = self.0.entry(key.into()).or_insert_with(|| vec![(0, 0); replicates.len()]);
        for (sum, &figure) in sums.iter_mut().zip(replicates) {
            if figure.is_finite() {
                sum.0 += (figure.clamp(-2.0, 2.0) * UNIT).round() as i64;
                sum.1 += 1;
            }
        }
    }

    /// Adds those of other rounds.
    pub fn merge(&mut self, other: &Self) {
        for (key, more) in &other.0 {
            let sums = self.0.entry(key.clone()).or_insert_with(|| vec![(0, 0); more.len()]);
            for (sum, more) in sums.iter_mut().zip(more) {
                *sum = (sum.0.saturating_add(more.0), sum.1.saturating_add(more.1));
            }
        }
    }

    /// Whether there are as many of each figure, and sums that so many rounds can come to.
    pub(super) fn are_of(&self, resamples: usize, rounds: u32) -> bool {
        let possible =
            |&(sum, of): &Sum| of <= rounds && sum.unsigned_abs() as f64 <= 2.0 * UNIT * f64::from(of);
        self.0.values().all(|sums| sums.len() == resamples && sums.iter().all(possible))
    }

    /// The figures that there are.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Mean over rounds on each resample; NaN where no round has it.
    pub fn means(&self, key: &str) -> Option<Vec<f64>> {
        let mean = |&(sum, rounds): &Sum| sum as f64 / UNIT / f64::from(rounds);
        self.0.get(key).map(|sums| sums.iter().map(mean).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_do_not_depend_on_their_order() {
        let rounds: Vec<Vec<f64>> =
            (0..7).map(|i| (0..4).map(|k| 1.0 / f64::from(3 + i * 4 + k)).collect()).collect();
        let of = |order: &[usize]| {
            let mut sum = Replicates::default();
            for &round in order {
                let mut one = Replicates::default();
                one.add("ap", &rounds[round]);
                sum.merge(&one);
            }
            sum
        };
        let sum = of(&[0, 1, 2, 3, 4, 5, 6]);
        assert_eq!(sum, of(&[6, 2, 4, 0, 1, 5, 3]));
        for (k, mean) in sum.means("ap").unwrap().into_iter().enumerate() {
            let expected = rounds.iter().map(|round| round[k]).sum::<f64>() / 7.0;
            assert!((mean - expected).abs() < 1e-11);
        }
    }

    #[test]
    fn rounds_without_the_figure_count_nothing() {
        let mut sum = Replicates::default();
        sum.add("ap", &[0.5, f64::NAN]);
        sum.add("ap", &[0.25, f64::NAN]);
        let means = sum.means("ap").unwrap();
        assert_eq!(means[0], 0.375);
        assert!(means[1].is_nan());
        assert_eq!(sum.means("auroc"), None);
        assert_eq!(sum.keys().collect::<Vec<_>>(), ["ap"]);
    }
}
