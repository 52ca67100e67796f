//! The pairs in the order of their scores, as steps of equal score: what figures of the best pairs are counted on.

use crate::error::LinkError;
use crate::metrics::count;

/// All pairs, best score first, as steps within which no order is known.
///
/// A figure that depends on an order takes its mean over all orders within the steps, as if ties were broken at random.
/// (The mean rank would do for figures that are linear in ranks; BEDROC is not.) Scores that are all equal then get
/// exactly what a random order is expected to get, and no figure depends on the order in which pairs are listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Steps {
    best_first: Vec<Step>,
    positives: u64,
    negatives: u64,
}

/// Pairs whose order among each other is unknown or makes no difference: equal scores, or negatives alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Positives of the step.
    pub positives: u64,
    /// Negatives of the step.
    pub negatives: u64,
}

impl Steps {
    /// The steps of `scores` with `labels` (true: positive).
    ///
    /// # Errors
    ///
    /// When there are not as many labels as scores, or a score is NaN.
    pub fn new(scores: &[f32], labels: &[bool]) -> Result<Self, LinkError> {
        let (positives, tally) = count(scores, labels)?;
        Ok(positives.steps(&tally))
    }

    pub(crate) fn from_steps(mut steps: Vec<Step>) -> Self {
        steps.retain(|step| step.pairs() > 0);
        Self {
            positives: steps.iter().map(|step| step.positives).sum(),
            negatives: steps.iter().map(|step| step.negatives).sum(),
            best_first: steps,
        }
    }

    /// Number of positives.
    pub fn positives(&self) -> u64 {
        self.positives
    }

    /// Number of negatives.
    pub fn negatives(&self) -> u64 {
        self.negatives
    }

    /// Number of pairs.
    pub fn pairs(&self) -> u64 {
        self.positives + self.negatives
    }

    /// The steps, best first, none of them empty.
    pub fn as_slice(&self) -> &[Step] {
        &self.best_first
    }

    /// Expected number of positives among the `k` best pairs, or among all of them where there are fewer.
    pub fn hits_at(&self, k: u64) -> f64 {
        let (mut hits, mut left) = (0, k);
        for step in &self.best_first {
            if left < step.pairs() {
                return hits as f64 + step.positives as f64 * (left as f64 / step.pairs() as f64);
            }
            hits += step.positives;
            left -= step.pairs();
        }
        hits as f64
    }

    /// Share of positives among the `k` best pairs, or among all pairs where there are fewer. `None` for no pair.
    pub fn precision_at(&self, k: u64) -> Option<f64> {
        let best = k.min(self.pairs());
        (best > 0).then(|| self.hits_at(best) / best as f64)
    }

    /// Share of the positives that are among the `k` best pairs. `None` without a positive.
    pub fn recall_at(&self, k: u64) -> Option<f64> {
        (self.positives > 0).then(|| self.hits_at(k) / self.positives as f64)
    }
}

impl Step {
    pub(crate) fn pairs(self) -> u64 {
        self.positives + self.negatives
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Scores from a few values, so that they tie, with labels.
    pub(crate) fn tied_sample() -> impl Strategy<Value = (Vec<f32>, Vec<bool>)> {
        prop::collection::vec(((0u8..12).prop_map(f32::from), any::<bool>()), 1..60)
            .prop_map(|sample| sample.into_iter().unzip())
    }

    /// For each place, from the best, the expected share of a positive there when ties are in random order.
    pub(crate) fn expected_places(scores: &[f32], labels: &[bool]) -> Vec<f64> {
        let mut sorted = scores.to_vec();
        sorted.sort_by(|one, other| other.total_cmp(one));
        let share = |score: f32| {
            let tied = |positive: bool| {
                scores.iter().zip(labels).filter(|&(&s, &l)| s == score && (l || !positive)).count() as f64
            };
            tied(true) / tied(false)
        };
        sorted.into_iter().map(share).collect()
    }

    #[test]
    fn by_hand() {
        let steps =
            Steps::new(&[5.0, 4.0, 3.0, 3.0, 3.0, 2.0, 1.0], &[false, false, true, false, true, false, true])
                .unwrap();
        let expected = [(0, 2), (2, 1), (0, 1), (1, 0)];
        assert_eq!(
            steps.as_slice(),
            expected.map(|(positives, negatives)| Step { positives, negatives }).as_slice()
        );
        assert_eq!((steps.positives(), steps.negatives(), steps.pairs()), (3, 4, 7));
        assert_eq!([0, 2, 3, 5, 7, 9].map(|k| steps.hits_at(k)), [0.0, 0.0, 2.0 / 3.0, 2.0, 3.0, 3.0]);
        assert_eq!([5, 7, 9].map(|k| steps.precision_at(k).unwrap()), [2.0 / 5.0, 3.0 / 7.0, 3.0 / 7.0]);
        assert_eq!([5, 9].map(|k| steps.recall_at(k).unwrap()), [2.0 / 3.0, 1.0]);
        assert_eq!(steps.precision_at(0), None);
    }

    #[test]
    fn a_missing_class_leaves_nothing_to_find() {
        let none = Steps::new(&[], &[]).unwrap();
        assert_eq!((none.precision_at(1), none.recall_at(1), none.hits_at(1)), (None, None, 0.0));
        let negative = Steps::new(&[1.0, 2.0], &[false, false]).unwrap();
        assert_eq!((negative.precision_at(1), negative.recall_at(1)), (Some(0.0), None));
        assert!(Steps::new(&[f32::NAN], &[true]).is_err());
    }

    proptest! {
        #[test]
        fn hits_are_the_mean_over_tie_orders((scores, labels) in tied_sample(), k in 0usize..70) {
            let expected: f64 = expected_places(&scores, &labels).iter().take(k).sum();
            let steps = Steps::new(&scores, &labels).unwrap();
            prop_assert!((steps.hits_at(k as u64) - expected).abs() < 1e-9);
        }
    }
}
