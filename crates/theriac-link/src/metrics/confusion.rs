//! Right and wrong at a threshold.

use crate::error::LinkError;
use crate::metrics::check;

/// How many pairs are right and wrong when those scored at or above a threshold are called positive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Confusion {
    /// Positives called positive.
    pub true_positives: u64,
    /// Negatives called positive.
    pub false_positives: u64,
    /// Positives called negative.
    pub false_negatives: u64,
    /// Negatives called negative.
    pub true_negatives: u64,
}

impl Confusion {
    /// Counts `scores` against `labels` (true: positive) at `threshold`.
    ///
    /// # Errors
    ///
    /// When there are not as many labels as scores, or a score is NaN.
    pub fn at(scores: &[f32], labels: &[bool], threshold: f32) -> Result<Self, LinkError> {
        check(scores, labels)?;
        let mut confusion = Self::default();
        for (&score, &positive) in scores.iter().zip(labels) {
            let cell = match (positive, score >= threshold) {
                (true, true) => &mut confusion.true_positives,
                (false, true) => &mut confusion.false_positives,
                (true, false) => &mut confusion.false_negatives,
                (false, false) => &mut confusion.true_negatives,
            };
            *cell += 1;
        }
        Ok(confusion)
    }

    /// Share of true positives among those called positive; 0 when none is.
    pub fn precision(&self) -> f64 {
        share(self.true_positives, self.true_positives + self.false_positives)
    }

    /// Share of positives called positive; 0 when there is no positive.
    pub fn recall(&self) -> f64 {
        share(self.true_positives, self.true_positives + self.false_negatives)
    }

    /// Harmonic mean of precision and recall; 0 when there is no true positive.
    pub fn f1(&self) -> f64 {
        let wrong = self.false_positives + self.false_negatives;
        share(2 * self.true_positives, 2 * self.true_positives + wrong)
    }
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_at_the_threshold_is_positive() {
        let confusion = Confusion::at(&[0.9, 0.5, 0.5, 0.1], &[true, true, false, true], 0.5).unwrap();
        assert_eq!(
            confusion,
            Confusion { true_positives: 2, false_positives: 1, false_negatives: 1, true_negatives: 0 }
        );
        assert_eq!(confusion.precision(), 2.0 / 3.0);
        assert_eq!(confusion.recall(), 2.0 / 3.0);
        assert_eq!(confusion.f1(), 2.0 / 3.0);
    }

    #[test]
    fn no_call_and_no_positive_give_zero() {
        let none_called = Confusion::at(&[0.1], &[true], 0.5).unwrap();
        assert_eq!((none_called.precision(), none_called.recall(), none_called.f1()), (0.0, 0.0, 0.0));
        assert_eq!(Confusion::at(&[0.9], &[false], 0.5).unwrap().recall(), 0.0);
    }
}
