//! How far probabilities can be believed: proper scores, calibration error and the reliability diagram.

use serde::{Deserialize, Serialize};

use crate::calibration::class_weights;
use crate::error::LinkError;

/// Bins of the calibration errors.
const BINS: usize = 10;
/// Standard deviations of a normal distribution within which 95 % of it lies.
const NORMAL_95: f64 = 1.959_963_984_540_054;

/// How far probabilities can be believed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CalibrationFigures {
    /// Weighted mean of the squared difference of probability and label (Brier 1950): 0 is best.
    pub brier: f64,
    /// `1 - brier / (that of giving the base rate to every pair)`: 1 is best, 0 is no better than the base rate.
    pub brier_skill: f64,
    /// Weighted mean of `-ln` of the probability of the true label; probabilities are kept from 0 and 1 by the least
    /// number that can be told from them, as scikit-learn does.
    pub log_loss: f64,
    /// Expected calibration error over ten bins of equally many pairs (Nguyen and O'Connor 2015): the weighted mean of the
    /// difference of mean probability and share of positives.
    pub ece_equal_mass: f64,
    /// Expected calibration error over ten equal parts of the range from 0 to 1 (Naeini et al. 2015).
    pub ece_equal_width: f64,
    /// The share of positives in the weight.
    pub base_rate: f64,
}

/// A bin of a reliability diagram.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReliabilityBin {
    /// Weighted mean of the probabilities.
    pub mean_predicted: f64,
    /// Weighted share of positives.
    pub observed: f64,
    /// Lower end of the 95 % interval of that share (Wilson 1927), from the effective number of pairs (Kish 1965).
    pub low: f64,
    /// Upper end of it.
    pub high: f64,
    /// Weight of the bin's pairs; all bins together have that of as many pairs.
    pub weight: f64,
    /// Number of pairs.
    pub pairs: usize,
}

impl CalibrationFigures {
    /// The figures of `probabilities` against `labels` (true: positive), weighted so that positives make up `base_rate`, or
    /// their share of the sample where none is given.
    ///
    /// # Errors
    ///
    /// When there are not as many labels as probabilities, one is NaN, a class is missing, or the base rate is not between 0 and 1.
    pub fn new(probabilities: &[f64], labels: &[bool], base_rate: Option<f64>) -> Result<Self, LinkError> {
        let sorted = Weighted::sorted(probabilities, labels, base_rate)?;
        let total: f64 = sorted.iter().map(|pair| pair.weight).sum();
        let mean = |figure: &dyn Fn(&Weighted) -> f64| {
            sorted.iter().map(|pair| pair.weight * figure(pair)).sum::<f64>() / total
        };
        let observed = mean(&Weighted::label);
        let brier = mean(&|pair| (pair.probability - pair.label()).powi(2));
        let log_loss = mean(&|pair| {
            let probability = pair.probability.clamp(f64::EPSILON, 1.0 - f64::EPSILON);
            -(if pair.positive { probability.ln() } else { (1.0 - probability).ln() })
        });
        let width = |pair: &Weighted| ((pair.probability * BINS as f64) as usize).min(BINS - 1);
        let equal_width = sorted.chunk_by(|one, other| width(one) == width(other));
        let equal_mass = equal_mass(&sorted, BINS);
        Ok(Self {
            brier,
            brier_skill: 1.0 - brier / (observed * (1.0 - observed)),
            log_loss,
            ece_equal_mass: calibration_error(equal_mass, total),
            ece_equal_width: calibration_error(equal_width, total),
            base_rate: observed,
        })
    }
}

/// The reliability diagram of `probabilities` against `labels`: at most `bins` bins of equally many pairs, by rising
/// probability; pairs with the same probability share a bin. Weights are those of [`CalibrationFigures::new`].
///
/// # Errors
///
/// Those of [`CalibrationFigures::new`].
pub fn reliability(
    probabilities: &[f64],
    labels: &[bool],
    base_rate: Option<f64>,
    bins: usize,
) -> Result<Vec<ReliabilityBin>, LinkError> {
    let sorted = Weighted::sorted(probabilities, labels, base_rate)?;
    Ok(equal_mass(&sorted, bins).map(ReliabilityBin::new).collect())
}

/// At most `bins` bins of about as many pairs. None parts a tie: what is given the same probability is judged as one.
fn equal_mass(sorted: &[Weighted], bins: usize) -> impl Iterator<Item = &[Weighted]> {
    let cut = move |bin: usize| {
        let place = bin * sorted.len() / bins;
        let Some(last) = place.checked_sub(1) else { return 0 };
        let tied = |pair: &Weighted| pair.probability <= sorted[last].probability;
        place + sorted[place..].partition_point(tied)
    };
    (0..bins).map(move |bin| &sorted[cut(bin)..cut(bin + 1)]).filter(|bin| !bin.is_empty())
}

impl ReliabilityBin {
    fn new(pairs: &[Weighted]) -> Self {
        let sum = |figure: &dyn Fn(&Weighted) -> f64| pairs.iter().map(figure).sum::<f64>();
        let weight = sum(&|pair| pair.weight);
        let observed = sum(&|pair| pair.weight * pair.label()) / weight;
        let effective = weight * weight / sum(&|pair| pair.weight * pair.weight);
        let (low, high) = wilson(observed, effective);
        let mean_predicted = sum(&|pair| pair.weight * pair.probability) / weight;
        Self { mean_predicted, observed, low, high, weight, pairs: pairs.len() }
    }
}

/// A pair with its probability, its label and its weight.
struct Weighted {
    probability: f64,
    positive: bool,
    weight: f64,
}

impl Weighted {
    /// The pairs by rising probability.
    fn sorted(
        probabilities: &[f64],
        labels: &[bool],
        base_rate: Option<f64>,
    ) -> Result<Vec<Self>, LinkError> {
        if probabilities.len() != labels.len() {
            return Err(LinkError::Labels { scores: probabilities.len(), labels: labels.len() });
        }
        if let Some(index) = probabilities.iter().position(|probability| probability.is_nan()) {
            return Err(LinkError::NanScore { index });
        }
        let weights = class_weights(labels, base_rate)?;
        let mut pairs: Vec<Self> = probabilities
            .iter()
            .zip(labels)
            .map(|(&probability, &positive)| {
                let weight = if positive { weights.0 } else { weights.1 };
                Self { probability, positive, weight }
            })
            .collect();
        // By label too, so that the order of tied pairs does not show in sums.
        pairs.sort_by(|one, other| {
            one.probability.total_cmp(&other.probability).then(one.positive.cmp(&other.positive))
        });
        Ok(pairs)
    }

    fn label(&self) -> f64 {
        f64::from(u8::from(self.positive))
    }
}

fn calibration_error<'a>(bins: impl Iterator<Item = &'a [Weighted]>, total: f64) -> f64 {
    let error = |bin: &[Weighted]| {
        bin.iter().map(|pair| pair.weight * (pair.probability - pair.label())).sum::<f64>().abs() / total
    };
    bins.map(error).sum()
}

/// Wilson's 95 % interval of a share among `count` draws.
fn wilson(share: f64, count: f64) -> (f64, f64) {
    let square = NORMAL_95 * NORMAL_95 / count;
    let middle = share + square / 2.0;
    let half = (square * share * (1.0 - share) + square * square / 4.0).sqrt();
    (
        ((middle - half) / (1.0 + square)).clamp(0.0, share),
        ((middle + half) / (1.0 + square)).clamp(share, 1.0),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let figures =
            CalibrationFigures::new(&[0.9, 0.2, 0.25, 0.6], &[true, false, false, false], None).unwrap();
        let brier = (0.01 + 0.04 + 0.0625 + 0.36) / 4.0;
        assert!((figures.brier - brier).abs() < 1e-15);
        assert!((figures.brier_skill - (1.0 - brier / (0.25 * 0.75))).abs() < 1e-12);
        assert!((figures.log_loss + (0.9f64 * 0.8 * 0.75 * 0.4).ln() / 4.0).abs() < 1e-15);
        // 0.2 and 0.25 share a bin of equal width; no two share one of equal mass.
        assert!((figures.ece_equal_width - (0.1 + 0.45 + 0.6) / 4.0).abs() < 1e-15);
        assert!((figures.ece_equal_mass - (0.1 + 0.2 + 0.25 + 0.6) / 4.0).abs() < 1e-15);
        assert_eq!(figures.base_rate, 0.25);
    }

    #[test]
    fn the_base_rate_has_no_skill_and_no_error() {
        let labels: Vec<bool> = (0..100).map(|i| i % 4 == 0).collect();
        let figures = CalibrationFigures::new(&[0.02; 100], &labels, Some(0.02)).unwrap();
        assert!((figures.base_rate - 0.02).abs() < 1e-12 && figures.brier_skill.abs() < 1e-9);
        assert!(figures.ece_equal_width < 1e-12);
        let certain = CalibrationFigures::new(&[1.0, 0.0], &[false, true], None).unwrap();
        assert!((certain.log_loss - 36.04).abs() < 0.01);
    }

    #[test]
    fn one_probability_for_all_is_one_bin() {
        let labels: Vec<bool> = (0..100).map(|pair| pair % 4 == 0).collect();
        let bins = reliability(&[0.25; 100], &labels, None, 10).unwrap();
        assert_eq!(bins.len(), 1);
        assert_eq!((bins[0].observed, bins[0].pairs), (0.25, 100));
        let figures = CalibrationFigures::new(&[0.25; 100], &labels, None).unwrap();
        assert!(figures.ece_equal_mass < 1e-12, "{figures:?}");
    }

    #[test]
    fn a_diagram_has_bins_of_equal_size_with_intervals() {
        let probabilities: Vec<f64> = (0..95).map(|i| f64::from(i) / 94.0).collect();
        let labels: Vec<bool> = (0..95).map(|i| i % 3 == 0).collect();
        let bins = reliability(&probabilities, &labels, None, 10).unwrap();
        assert_eq!(bins.iter().map(|bin| bin.pairs).sum::<usize>(), 95);
        assert!(bins.iter().all(|bin| bin.pairs == 9 || bin.pairs == 10));
        assert!(bins.iter().all(|bin| bin.low < bin.observed && bin.observed < bin.high));
        assert!(bins.windows(2).all(|pair| pair[0].mean_predicted < pair[1].mean_predicted));
        assert_eq!(reliability(&[0.4, 0.5], &[true, false], None, 10).unwrap().len(), 2);
        let weighted = reliability(&probabilities, &labels, Some(0.01), 5).unwrap();
        assert!((weighted.iter().map(|bin| bin.weight).sum::<f64>() - 95.0).abs() < 1e-9);
        // Wilson's interval of 0 among 10, from his formula.
        let (low, high) = wilson(0.0, 10.0);
        assert!(low == 0.0 && (high - 0.277_53).abs() < 1e-5);
    }

    #[test]
    fn what_is_no_sample_is_refused() {
        let refused = |probabilities: &[f64], labels: &[bool], rate| {
            CalibrationFigures::new(probabilities, labels, rate).unwrap_err()
        };
        assert!(matches!(refused(&[0.5], &[], None), LinkError::Labels { scores: 1, labels: 0 }));
        assert!(matches!(refused(&[f64::NAN, 0.5], &[true, false], None), LinkError::NanScore { index: 0 }));
        assert!(matches!(refused(&[0.5], &[true], None), LinkError::OneClass { positives: 1, .. }));
        assert!(matches!(refused(&[0.5, 0.5], &[true, false], Some(1.0)), LinkError::BaseRate { .. }));
    }
}
