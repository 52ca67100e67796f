//! Figures of merit for scores with labels: AUROC, average precision, and precision, recall and F1 at a threshold; early
//! recognition and curves ([`Steps`]); figures of ranks ([`RankFigures`]) and of one target ([`TargetFigures`]).
//!
//! Definitions are scikit-learn's. Ties are handled as ties: equal scores are one step of the curve, and a positive and
//! a negative with equal scores count as half in the right order. A score that is NaN is refused, since it has no place
//! in any order.

mod confusion;
mod curves;
mod early_recognition;
mod ranks;
mod steps;
mod tally;
mod target;

use rayon::slice::ParallelSliceMut;

pub use confusion::Confusion;
pub use curves::CURVE_POINTS;
pub use ranks::{CandidateRank, HITS_AT, RankFigures};
pub use steps::{Step, Steps};
pub(crate) use tally::{NegativeTally, PositiveScores};
pub use target::{AtK, TargetFigures};

use crate::error::LinkError;

/// Figures that follow from one sort of the scores.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BinaryMetrics {
    /// Number of positives.
    pub positives: u64,
    /// Number of negatives.
    pub negatives: u64,
    /// Area under the ROC curve: how likely a random positive is scored above a random negative, ties counting half.
    /// `None` without both a positive and a negative.
    pub auroc: Option<f64>,
    /// Average precision: the mean of the precision at each positive's score, without interpolation. `None` without a
    /// positive.
    pub average_precision: Option<f64>,
    /// The threshold with the best F1 when scores at or above it are called positive; the lowest of several. `None`
    /// without a positive.
    pub best_f1_threshold: Option<f32>,
}

impl BinaryMetrics {
    /// The figures of `scores` against `labels` (true: positive).
    ///
    /// # Errors
    ///
    /// When there are not as many labels as scores, or a score is NaN.
    pub fn new(scores: &[f32], labels: &[bool]) -> Result<Self, LinkError> {
        let (positives, tally) = count(scores, labels)?;
        Ok(positives.metrics(&tally))
    }

    /// Share of positives: what average precision is for scores that know nothing. `None` without a pair.
    pub fn prevalence(&self) -> Option<f64> {
        let pairs = self.positives + self.negatives;
        (pairs > 0).then(|| self.positives as f64 / pairs as f64)
    }
}

/// Area under the ROC curve; see [`BinaryMetrics::auroc`].
///
/// # Errors
///
/// When there are not as many labels as scores, or a score is NaN.
pub fn auroc(scores: &[f32], labels: &[bool]) -> Result<Option<f64>, LinkError> {
    BinaryMetrics::new(scores, labels).map(|metrics| metrics.auroc)
}

/// Average precision; see [`BinaryMetrics::average_precision`].
///
/// # Errors
///
/// When there are not as many labels as scores, or a score is NaN.
pub fn average_precision(scores: &[f32], labels: &[bool]) -> Result<Option<f64>, LinkError> {
    BinaryMetrics::new(scores, labels).map(|metrics| metrics.average_precision)
}

/// The threshold with the best F1; see [`BinaryMetrics::best_f1_threshold`].
///
/// # Errors
///
/// When there are not as many labels as scores, or a score is NaN.
pub fn best_f1_threshold(scores: &[f32], labels: &[bool]) -> Result<Option<f32>, LinkError> {
    BinaryMetrics::new(scores, labels).map(|metrics| metrics.best_f1_threshold)
}

/// Counts the negatives between the positives.
fn count(scores: &[f32], labels: &[bool]) -> Result<(PositiveScores, NegativeTally), LinkError> {
    check(scores, labels)?;
    let sorted = |class: bool| {
        let of_class = scores.iter().zip(labels).filter(|&(_, &label)| label == class);
        let mut scores: Vec<f32> = of_class.map(|(&score, _)| score).collect();
        scores.par_sort_unstable_by(f32::total_cmp);
        scores
    };
    let positives = PositiveScores::from_sorted(&sorted(true));
    let mut tally = positives.empty_tally();
    positives.add_sorted(&mut tally, &sorted(false));
    Ok((positives, tally))
}

pub(crate) fn check(scores: &[f32], labels: &[bool]) -> Result<(), LinkError> {
    if scores.len() != labels.len() {
        return Err(LinkError::Labels { scores: scores.len(), labels: labels.len() });
    }
    match scores.iter().position(|score| score.is_nan()) {
        Some(index) => Err(LinkError::NanScore { index }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn by_hand_without_ties() {
        let metrics =
            BinaryMetrics::new(&[0.9, 0.8, 0.7, 0.4, 0.3, 0.1], &[true, false, true, true, false, false])
                .unwrap();
        assert_eq!(metrics.auroc, Some(7.0 / 9.0));
        let expected = (1.0 + 2.0 / 3.0 + 3.0 / 4.0) / 3.0;
        assert!((metrics.average_precision.unwrap() - expected).abs() < 1e-15);
        assert_eq!(metrics.best_f1_threshold, Some(0.4));
        assert_eq!(metrics.prevalence(), Some(0.5));
    }

    #[test]
    fn equal_scores_know_nothing() {
        let metrics = BinaryMetrics::new(
            &[0.5; 10],
            &[true, false, false, true, false, false, false, true, false, false],
        )
        .unwrap();
        assert_eq!((metrics.auroc, metrics.average_precision), (Some(0.5), metrics.prevalence()));
    }

    #[test]
    fn one_class_has_no_auroc() {
        let positive = BinaryMetrics::new(&[1.0, 2.0], &[true, true]).unwrap();
        assert_eq!((positive.auroc, positive.average_precision), (None, Some(1.0)));
        let negative = BinaryMetrics::new(&[1.0, 2.0], &[false, false]).unwrap();
        assert_eq!(
            (negative.auroc, negative.average_precision, negative.best_f1_threshold),
            (None, None, None)
        );
        assert_eq!(BinaryMetrics::new(&[], &[]).unwrap().prevalence(), None);
    }

    #[test]
    fn what_has_no_order_is_refused() {
        let error = auroc(&[1.0, f32::NAN], &[true, false]).unwrap_err();
        assert_eq!(error.to_string(), "score 1 is NaN; expected a number");
        assert!(matches!(average_precision(&[1.0], &[]), Err(LinkError::Labels { scores: 1, labels: 0 })));
        assert_eq!(auroc(&[f32::INFINITY, f32::NEG_INFINITY], &[true, false]).unwrap(), Some(1.0));
    }

    proptest! {
        #[test]
        fn definitions_hold(
            sample in prop::collection::vec(((0u8..12).prop_map(|x| f32::from(x) - 6.0), any::<bool>()), 1..80),
        ) {
            let (scores, labels): (Vec<f32>, Vec<bool>) = sample.iter().copied().unzip();
            let metrics = BinaryMetrics::new(&scores, &labels).unwrap();
            let class = |wanted: bool| sample.iter().filter(move |(_, label)| *label == wanted).map(|(s, _)| *s);
            let (positives, negatives) = (class(true).count() as f64, class(false).count() as f64);

            let ordered: f64 = class(true)
                .flat_map(|p| class(false).map(move |n| if p > n { 1.0 } else if p == n { 0.5 } else { 0.0 }))
                .sum();
            let expected = (positives * negatives > 0.0).then(|| ordered / (positives * negatives));
            prop_assert_eq!(metrics.auroc, expected);

            let precision_at = |t: f32| Confusion::at(&scores, &labels, t).unwrap().precision();
            let expected: f64 = class(true).map(precision_at).sum::<f64>() / positives;
            if let Some(found) = metrics.average_precision {
                prop_assert!((found - expected).abs() < 1e-12);
            }

            let f1_at = |t: f32| Confusion::at(&scores, &labels, t).unwrap().f1();
            let best = scores.iter().map(|&t| f1_at(t)).fold(0.0, f64::max);
            if let Some(threshold) = metrics.best_f1_threshold {
                prop_assert_eq!(f1_at(threshold), best);
                prop_assert!(scores.iter().all(|&t| t >= threshold || f1_at(t) < best));
            }
        }
    }
}
