//! The ROC curve and the precision-recall curve, each at fixed points, so that curves of folds can be averaged.

use crate::metrics::Steps;

/// Points of a curve: 0, 0.01, … 1.
pub const CURVE_POINTS: usize = 101;

const LAST: u128 = CURVE_POINTS as u128 - 1;

impl Steps {
    /// The ROC curve: the true-positive rates at the false-positive rates 0, 0.01, … 1, `[CURVE_POINTS]`. Ties are a
    /// straight line, as everywhere; where the curve is upright, its upper end is taken. `None` without both a positive and
    /// a negative.
    pub fn roc_curve(&self) -> Option<Vec<f64>> {
        let (positives, negatives) = (self.positives(), self.negatives());
        if positives == 0 || negatives == 0 {
            return None;
        }
        let mut curve = Vec::with_capacity(CURVE_POINTS);
        let (mut above, mut below) = (0, 0);
        // Rates are compared as whole numbers: no point is missed by rounding.
        let wanted = |point: usize| point as u128 * u128::from(negatives);
        for step in self.as_slice() {
            let reached = LAST * u128::from(below + step.negatives);
            while step.negatives > 0 && wanted(curve.len()) < reached {
                let inside = (wanted(curve.len()) - LAST * u128::from(below)) as f64
                    / (LAST * u128::from(step.negatives)) as f64;
                curve.push((above as f64 + step.positives as f64 * inside) / positives as f64);
            }
            above += step.positives;
            below += step.negatives;
        }
        curve.resize(CURVE_POINTS, 1.0);
        Some(curve)
    }

    /// The precision-recall curve: the precisions at the recalls 0, 0.01, … 1, `[CURVE_POINTS]`, each of the best
    /// threshold that reaches the recall. A stair, as average precision has it (which is its area): between two thresholds
    /// no precision is made up, and it is not raised to what higher recalls have. At recall 0 it is that of the first
    /// threshold that finds any positive. `None` without a positive.
    pub fn precision_recall_curve(&self) -> Option<Vec<f64>> {
        if self.positives() == 0 {
            return None;
        }
        let mut curve = Vec::with_capacity(CURVE_POINTS);
        let (mut found, mut called) = (0, 0);
        for step in self.as_slice() {
            found += step.positives;
            called += step.pairs();
            if step.positives > 0 {
                let reached = LAST * u128::from(found);
                while curve.len() < CURVE_POINTS
                    && curve.len() as u128 * u128::from(self.positives()) <= reached
                {
                    curve.push(found as f64 / called as f64);
                }
            }
        }
        Some(curve)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::metrics::BinaryMetrics;
    use crate::metrics::steps::tests::tied_sample;

    #[test]
    fn by_hand() {
        // From the best: a positive, a negative, a tie of two positives and two negatives, a negative.
        let scores = [9.0, 8.0, 7.0, 7.0, 7.0, 7.0, 1.0];
        let steps = Steps::new(&scores, &[true, false, true, true, false, false, false]).unwrap();
        let roc = steps.roc_curve().unwrap();
        assert_eq!(roc.len(), CURVE_POINTS);
        let third = 1.0 / 3.0;
        for (point, expected) in
            [(0, third), (24, third), (25, third), (50, 2.0 * third), (75, 1.0), (100, 1.0)]
        {
            assert!((roc[point] - expected).abs() < 1e-12, "at {point}: {}", roc[point]);
        }
        let curve = steps.precision_recall_curve().unwrap();
        assert_eq!(curve.len(), CURVE_POINTS);
        assert_eq!([curve[0], curve[33], curve[34], curve[100]], [1.0, 1.0, 0.5, 0.5]);
    }

    #[test]
    fn a_missing_class_has_no_curve() {
        let positive = Steps::new(&[1.0, 2.0], &[true, true]).unwrap();
        assert_eq!(
            (positive.roc_curve(), positive.precision_recall_curve()),
            (None, Some(vec![1.0; CURVE_POINTS]))
        );
        let negative = Steps::new(&[1.0], &[false]).unwrap();
        assert_eq!((negative.roc_curve(), negative.precision_recall_curve()), (None, None));
    }

    #[test]
    fn the_area_under_fine_curves_is_the_metric() {
        let scores: Vec<f32> = (0u32..5000).map(|i| (i.wrapping_mul(2_654_435_761) >> 8) as f32).collect();
        let labels: Vec<bool> =
            scores.iter().enumerate().map(|(i, &s)| s + (i % 7) as f32 * 3e6 > 2.2e7).collect();
        let metrics = BinaryMetrics::new(&scores, &labels).unwrap();
        let steps = Steps::new(&scores, &labels).unwrap();
        let roc = steps.roc_curve().unwrap();
        let area = roc.windows(2).map(|ends| f64::midpoint(ends[0], ends[1])).sum::<f64>() / 100.0;
        assert!((area - metrics.auroc.unwrap()).abs() < 1e-3);
        let area = steps.precision_recall_curve().unwrap()[1..].iter().sum::<f64>() / 100.0;
        assert!((area - metrics.average_precision.unwrap()).abs() < 5e-3);
    }

    proptest! {
        #[test]
        fn definitions_hold((scores, labels) in tied_sample()) {
            let steps = Steps::new(&scores, &labels).unwrap();
            let called = |threshold: f32, class: bool| {
                scores.iter().zip(&labels).filter(|&(&s, &l)| s >= threshold && l == class).count() as f64
            };
            let (positives, negatives) = (steps.positives() as f64, steps.negatives() as f64);
            let mut thresholds = scores.clone();
            thresholds.sort_by(|one, other| other.total_cmp(one));
            if let Some(curve) = steps.precision_recall_curve() {
                for (point, &found) in curve.iter().enumerate() {
                    let reaches = |t: f32| called(t, true) > 0.0 && called(t, true) * 100.0 >= point as f64 * positives;
                    let threshold = *thresholds.iter().find(|&&t| reaches(t)).unwrap();
                    let all = called(threshold, true) + called(threshold, false);
                    prop_assert_eq!(found, called(threshold, true) / all);
                }
            }
            if let Some(curve) = steps.roc_curve() {
                prop_assert!(curve.windows(2).all(|ends| ends[0] <= ends[1] + 1e-15));
                for (point, &found) in curve.iter().enumerate() {
                    // The highest point of the polygon through all thresholds.
                    let mut corners = vec![(0.0, 0.0)];
                    corners.extend(thresholds.iter().map(|&t| (called(t, false) * 100.0, called(t, true))));
                    let at = point as f64 * negatives;
                    let highest = corners.windows(2).filter(|c| c[0].0 <= at && at <= c[1].0).map(|c| {
                        let ((x0, y0), (x1, y1)) = (c[0], c[1]);
                        if x1 > x0 { y0 + (y1 - y0) * (at - x0) / (x1 - x0) } else { y1 }
                    });
                    let expected = highest.fold(0.0, f64::max) / positives;
                    prop_assert!((found - expected).abs() < 1e-12, "at {}: {} is not {}", point, found, expected);
                }
            }
        }
    }
}
