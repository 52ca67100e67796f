//! The sample that a calibrator is fitted on.

use crate::error::LinkError;
use crate::metrics::check;

/// Weights of a positive and of a negative that make positives a share of `base_rate` of the sample and leave its total
/// weight at its number of pairs; both are 1 without a base rate.
///
/// # Errors
///
/// When a class is missing, or the base rate is not above 0 and below 1.
pub fn class_weights(labels: &[bool], base_rate: Option<f64>) -> Result<(f64, f64), LinkError> {
    let pairs = labels.len() as f64;
    let positives = labels.iter().filter(|&&positive| positive).count();
    let negatives = labels.len() - positives;
    if positives == 0 || negatives == 0 {
        let (positives, negatives) = (positives as u64, negatives as u64);
        return Err(LinkError::OneClass { sample: "the calibration sample", positives, negatives });
    }
    match base_rate {
        None => Ok((1.0, 1.0)),
        Some(rate) if rate > 0.0 && rate < 1.0 => {
            Ok((rate * pairs / positives as f64, (1.0 - rate) * pairs / negatives as f64))
        }
        Some(found) => Err(LinkError::BaseRate { found }),
    }
}

/// Scores with what each says for and against being positive.
///
/// A pair speaks a little for the other class too (Platt 1999): as if one pair more of each class had been seen. Nothing
/// then drives a fit to certainty. This is done before the classes are weighted, since it is about the pairs seen, not about
/// those the weights stand for.
pub(crate) struct Sample {
    /// Finite scores.
    pub(crate) scores: Vec<f64>,
    pub(crate) labels: Vec<bool>,
    /// Weight of a positive, and of a negative.
    pub(crate) weights: (f64, f64),
    /// Share of a positive, and of a negative, that counts as positive.
    pub(crate) targets: (f64, f64),
    pub(crate) positives: usize,
    pub(crate) negatives: usize,
    /// Share of the positives in the weight.
    pub(crate) base_rate: f64,
}

impl Sample {
    pub(crate) fn new(scores: &[f32], labels: &[bool], base_rate: Option<f64>) -> Result<Self, LinkError> {
        check(scores, labels)?;
        let weights = class_weights(labels, base_rate)?;
        let positives = labels.iter().filter(|&&positive| positive).count();
        let negatives = labels.len() - positives;
        let finite = scores.iter().copied().filter(|score| score.is_finite());
        let (low, high) = finite
            .fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), score| (low.min(score), high.max(score)));
        // Where no score is finite, any two numbers will do.
        let (low, high) = if low <= high { (low, high) } else { (-1.0, 1.0) };
        let (p, n) = (positives as f64, negatives as f64);
        Ok(Self {
            scores: scores.iter().map(|score| f64::from(score.clamp(low, high))).collect(),
            labels: labels.to_vec(),
            weights,
            targets: ((p + 1.0) / (p + 2.0), 1.0 / (n + 2.0)),
            positives,
            negatives,
            base_rate: base_rate.unwrap_or(p / (p + n)),
        })
    }

    /// What a pair of a class weighs as a positive and as a negative.
    pub(crate) fn evidence(&self, positive: bool) -> (f64, f64) {
        let target = if positive { self.targets.0 } else { self.targets.1 };
        (self.weights.0 * target, self.weights.1 * (1.0 - target))
    }

    /// The lowest and the highest probability that so many pairs can bear out: what one weighs that is of one class.
    pub(crate) fn bounds(&self) -> (f64, f64) {
        let share = |(positive, negative): (f64, f64)| positive / (positive + negative);
        (share(self.evidence(false)), share(self.evidence(true)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_give_the_base_rate_and_keep_the_total() {
        let labels = [true, false, false, false, false];
        let (positive, negative) = class_weights(&labels, Some(0.01)).unwrap();
        assert!((positive - 0.05).abs() < 1e-15 && (positive + 4.0 * negative - 5.0).abs() < 1e-12);
        assert_eq!(class_weights(&labels, None).unwrap(), (1.0, 1.0));
        for rate in [0.0, 1.0, -0.5, f64::NAN] {
            assert!(matches!(class_weights(&labels, Some(rate)), Err(LinkError::BaseRate { .. })));
        }
        assert_eq!(
            class_weights(&[true, true], None).unwrap_err().to_string(),
            "the calibration sample has 2 positive and 0 negative pairs; expected at least one of each"
        );
    }

    #[test]
    fn infinite_scores_are_the_outermost_finite_ones() {
        let scores = [f32::INFINITY, 2.0, -3.0, f32::NEG_INFINITY];
        let sample = Sample::new(&scores, &[true, true, false, false], None).unwrap();
        assert_eq!(sample.scores, [2.0, 2.0, -3.0, -3.0]);
        let sample = Sample::new(&[f32::INFINITY, f32::NEG_INFINITY], &[true, false], None).unwrap();
        assert_eq!(sample.scores, [1.0, -1.0]);
        assert_eq!(sample.targets, (2.0 / 3.0, 1.0 / 3.0));
    }
}
