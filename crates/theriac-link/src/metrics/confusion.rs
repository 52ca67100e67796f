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

    /// Share of negatives called negative; 0 when there is no negative.
    pub fn specificity(&self) -> f64 {
        share(self.true_negatives, self.true_negatives + self.false_positives)
    }

    /// Matthews correlation coefficient, from -1 to 1: the correlation of calls and labels. Where all calls or all labels
    /// are alike it is undefined; then it is 0, as scikit-learn has it.
    pub fn mcc(&self) -> f64 {
        let cell = |count: u64| count as f64;
        let (tp, fp) = (cell(self.true_positives), cell(self.false_positives));
        let (fn_, tn) = (cell(self.false_negatives), cell(self.true_negatives));
        // Roots of two factors each: the product of all four has no room in an f64's exact integers.
        let spread = ((tp + fp) * (tp + fn_)).sqrt() * ((tn + fp) * (tn + fn_)).sqrt();
        if spread == 0.0 { 0.0 } else { ((tp * tn - fp * fn_) / spread).clamp(-1.0, 1.0) }
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
        assert_eq!(confusion.specificity(), 0.0);
        assert!((confusion.mcc() + 1.0 / 3.0).abs() < 1e-15);
    }

    #[test]
    fn mcc_is_the_correlation_of_calls_and_labels() {
        let cells = |tp, fp, fn_, tn| Confusion {
            true_positives: tp,
            false_positives: fp,
            false_negatives: fn_,
            true_negatives: tn,
        };
        assert!((cells(3, 0, 0, 5).mcc() - 1.0).abs() + (cells(0, 5, 3, 0).mcc() + 1.0).abs() < 1e-15);
        assert_eq!(
            (cells(3, 5, 0, 0).mcc(), cells(0, 0, 3, 5).mcc(), cells(4, 0, 0, 0).mcc()),
            (0.0, 0.0, 0.0)
        );
        // Calls and labels as numbers: 6 called of 10, 5 positive, 4 both.
        let covariance: f64 = 4.0 / 10.0 - 0.6 * 0.5;
        assert!((cells(4, 2, 1, 3).mcc() - covariance / (0.6f64 * 0.4 * 0.5 * 0.5).sqrt()).abs() < 1e-15);
        let million = 3_000_000_000;
        assert!((cells(million, 0, 1, million).mcc() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn no_call_and_no_positive_give_zero() {
        let none_called = Confusion::at(&[0.1], &[true], 0.5).unwrap();
        assert_eq!((none_called.precision(), none_called.recall(), none_called.f1()), (0.0, 0.0, 0.0));
        assert_eq!(Confusion::at(&[0.9], &[false], 0.5).unwrap().recall(), 0.0);
    }
}
