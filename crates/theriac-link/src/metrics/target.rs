//! Figures of one target: how well its true sources stand out among its candidates.

use serde::{Deserialize, Serialize};

use crate::error::LinkError;
use crate::metrics::PositiveScores;

/// Figures of one target's scored candidates.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TargetFigures {
    /// Number of positives.
    pub positives: u64,
    /// Number of negatives.
    pub negatives: u64,
    /// Area under the ROC curve; `None` without both a positive and a negative.
    pub auroc: Option<f64>,
    /// Average precision; `None` without a positive.
    pub average_precision: Option<f64>,
    /// Figures of the best candidates, for each `k` asked for.
    pub at: Vec<AtK>,
}

/// Figures of the `k` best candidates, ties broken at random; see [`Steps`](crate::metrics::Steps).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AtK {
    /// How many of the best candidates, or all of them where there are fewer.
    pub k: u64,
    /// Expected number of positives among them.
    pub hits: f64,
    /// Share of positives among them; `None` without a candidate.
    pub precision: Option<f64>,
    /// Share of the positives that are among them; `None` without a positive.
    pub recall: Option<f64>,
}

impl TargetFigures {
    /// The figures of one target from the scores of its `positives` and its `negatives`, in any order, with those of the
    /// best candidates for each of `ks`.
    ///
    /// # Errors
    ///
    /// When a score is NaN; its index counts the positives, then the negatives.
    pub fn new(positives: &[f32], negatives: &[f32], ks: &[u64]) -> Result<Self, LinkError> {
        if let Some(index) = positives.iter().chain(negatives).position(|score| score.is_nan()) {
            return Err(LinkError::NanScore { index });
        }
        let sorted = |scores: &[f32]| {
            let mut scores = scores.to_vec();
            scores.sort_unstable_by(f32::total_cmp);
            scores
        };
        let positives = PositiveScores::from_sorted(&sorted(positives));
        let mut tally = positives.empty_tally();
        positives.add_sorted(&mut tally, &sorted(negatives));
        let (metrics, steps) = (positives.metrics(&tally), positives.steps(&tally));
        let at = |&k: &u64| AtK {
            k,
            hits: steps.hits_at(k),
            precision: steps.precision_at(k),
            recall: steps.recall_at(k),
        };
        Ok(Self {
            positives: metrics.positives,
            negatives: metrics.negatives,
            auroc: metrics.auroc,
            average_precision: metrics.average_precision,
            at: ks.iter().map(at).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::metrics::BinaryMetrics;
    use crate::metrics::steps::tests::{expected_places, tied_sample};

    #[test]
    fn by_hand() {
        let figures = TargetFigures::new(&[0.5, 0.9], &[0.1, 0.5, 0.7], &[1, 3, 9]).unwrap();
        assert_eq!((figures.positives, figures.negatives), (2, 3));
        assert_eq!(figures.auroc, Some((3.0 + 1.5) / 6.0));
        assert_eq!(figures.average_precision, Some(f64::midpoint(1.0, 0.5)));
        let at =
            |k, hits, precision, recall| AtK { k, hits, precision: Some(precision), recall: Some(recall) };
        assert_eq!(figures.at, [at(1, 1.0, 1.0, 0.5), at(3, 1.5, 0.5, 0.75), at(9, 2.0, 0.4, 1.0)]);
    }

    #[test]
    fn a_missing_class_is_no_figure() {
        let without = TargetFigures::new(&[], &[0.5], &[1]).unwrap();
        assert_eq!((without.auroc, without.average_precision), (None, None));
        assert_eq!(without.at, [AtK { k: 1, hits: 0.0, precision: Some(0.0), recall: None }]);
        let none = TargetFigures::new(&[], &[], &[1]).unwrap();
        assert_eq!(none.at, [AtK { k: 1, hits: 0.0, precision: None, recall: None }]);
        let refused = TargetFigures::new(&[0.5], &[0.5, f32::NAN], &[]);
        assert!(matches!(refused, Err(LinkError::NanScore { index: 2 })));
    }

    proptest! {
        #[test]
        fn definitions_hold((scores, labels) in tied_sample(), k in 1usize..70) {
            let class = |wanted: bool| -> Vec<f32> {
                scores.iter().zip(&labels).filter(|(_, label)| **label == wanted).map(|(score, _)| *score).collect()
            };
            let figures = TargetFigures::new(&class(true), &class(false), &[k as u64]).unwrap();
            let metrics = BinaryMetrics::new(&scores, &labels).unwrap();
            prop_assert_eq!(figures.auroc, metrics.auroc);
            prop_assert_eq!(figures.average_precision, metrics.average_precision);
            let hits: f64 = expected_places(&scores, &labels).iter().take(k).sum();
            let at = figures.at[0];
            prop_assert!((at.hits - hits).abs() < 1e-9);
            prop_assert!((at.precision.unwrap() - hits / k.min(scores.len()) as f64).abs() < 1e-9);
            if let Some(recall) = at.recall {
                prop_assert!((recall - hits / metrics.positives as f64).abs() < 1e-9);
            }
        }
    }
}
