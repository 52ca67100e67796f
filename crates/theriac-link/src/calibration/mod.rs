//! From scores to probabilities, and how far these can be believed.
//!
//! A [`Calibrator`] is fitted on scores of labelled pairs that the scorer was not fitted on. A sample of negatives says nothing
//! about how rare positives are; a stated base rate does. Pairs are weighted so that the positives make up that share, and the
//! probabilities are those of a pair drawn where it holds.
//!
//! ```
//! use theriac_link::calibration::{Calibrator, Method};
//!
//! let scores = [3.0, 2.5, 2.0, 1.0, 0.5, 0.0, -1.0, -2.0];
//! let labels = [true, true, false, true, false, false, true, false];
//! let calibrator = Calibrator::fit(Method::Platt, &scores, &labels, Some(0.01))?;
//! assert!(calibrator.probability(3.0) > calibrator.probability(-2.0));
//! assert!(calibrator.probability(0.5) < 0.05);
//! # Ok::<(), theriac_link::LinkError>(())
//! ```

mod figures;
mod isotonic;
mod logistic;
mod sample;
mod three_way;

use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

pub use figures::{CalibrationFigures, ReliabilityBin, reliability};
pub use isotonic::{Block, Isotonic};
pub use logistic::{Platt, Temperature};
use sample::Sample;
pub use sample::class_weights;
pub use three_way::{Sign, SignedProbability, ThreeWay};

use crate::error::LinkError;
use crate::stream::stream;

/// Folds of the cross-validation that chooses a method.
const FOLDS: usize = 5;

/// How scores are turned into probabilities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// A logistic curve through the point of score 0 and probability 1/2: one parameter. For logits alone.
    Temperature,
    /// A logistic curve: two parameters. For any scores.
    Platt,
    /// The best rising curve: as many parameters as the sample needs. For large samples.
    Isotonic,
}

impl Method {
    /// All methods, the simplest first.
    pub const ALL: [Self; 3] = [Self::Temperature, Self::Platt, Self::Isotonic];
}

/// A fitted map from scores to probabilities that never falls: it keeps the order of scores, but for ties.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum Calibrator {
    /// By [`Method::Temperature`].
    Temperature(Temperature),
    /// By [`Method::Platt`].
    Platt(Platt),
    /// By [`Method::Isotonic`].
    Isotonic(Isotonic),
}

/// A calibrator and what spoke for its method.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Selected {
    /// Fitted on the whole sample by the method with the least log loss.
    pub calibrator: Calibrator,
    /// Weighted log loss of each method on the folds that it was not fitted on, the simplest method first.
    pub log_losses: Vec<(Method, f64)>,
}

impl Calibrator {
    /// Fits a calibrator to `scores` with `labels` (true: positive), weighted so that positives make up `base_rate`, or their
    /// share of the sample where none is given. Infinite scores count as the sample's highest and lowest finite ones.
    ///
    /// # Errors
    ///
    /// When there are not as many labels as scores, a score is NaN, a class is missing, or the base rate is not between 0 and 1.
    pub fn fit(
        method: Method,
        scores: &[f32],
        labels: &[bool],
        base_rate: Option<f64>,
    ) -> Result<Self, LinkError> {
        Ok(Self::fit_sample(method, &Sample::new(scores, labels, base_rate)?))
    }

    /// Fits by the method whose weighted log loss is least in a stratified five-fold cross-validation; the simplest of
    /// equals. With fewer than five pairs of either class, it is Platt's method, and there are no losses.
    ///
    /// # Errors
    ///
    /// Those of [`Calibrator::fit`].
    pub fn best_of(
        scores: &[f32],
        labels: &[bool],
        base_rate: Option<f64>,
        seed: u64,
    ) -> Result<Selected, LinkError> {
        let sample = Sample::new(scores, labels, base_rate)?;
        if sample.positives.min(sample.negatives) < FOLDS {
            let calibrator = Self::fit_sample(Method::Platt, &sample);
            return Ok(Selected { calibrator, log_losses: Vec::new() });
        }
        let folds = stratified_folds(labels, seed);
        let log_losses: Vec<(Method, f64)> = Method::ALL
            .into_iter()
            .map(|method| {
                Ok((method, Self::held_out_loss(method, scores, labels, sample.base_rate, &folds)?))
            })
            .collect::<Result<_, LinkError>>()?;
        let mut best = log_losses[0];
        for &(method, loss) in &log_losses[1..] {
            if loss < best.1 {
                best = (method, loss);
            }
        }
        Ok(Selected { calibrator: Self::fit_sample(best.0, &sample), log_losses })
    }

    /// The probability that a pair with this score is positive, at the base rate of the fit. NaN for NaN.
    pub fn probability(&self, score: f32) -> f64 {
        // An infinite score times a slope of 0 would be NaN.
        let score = f64::from(score.clamp(f32::MIN, f32::MAX));
        match self {
            Self::Temperature(temperature) => temperature.probability(score),
            Self::Platt(platt) => platt.probability(score),
            Self::Isotonic(isotonic) => isotonic.probability(score),
        }
    }

    /// The method of the fit.
    pub fn method(&self) -> Method {
        match self {
            Self::Temperature(_) => Method::Temperature,
            Self::Platt(_) => Method::Platt,
            Self::Isotonic(_) => Method::Isotonic,
        }
    }

    fn fit_sample(method: Method, sample: &Sample) -> Self {
        match method {
            Method::Temperature => Self::Temperature(Temperature::fit(sample)),
            Method::Platt => Self::Platt(Platt::fit(sample)),
            Method::Isotonic => Self::Isotonic(Isotonic::fit(sample)),
        }
    }

    fn held_out_loss(
        method: Method,
        scores: &[f32],
        labels: &[bool],
        base_rate: f64,
        folds: &[usize],
    ) -> Result<f64, LinkError> {
        let part = |wanted: &dyn Fn(usize) -> bool| -> (Vec<f32>, Vec<bool>) {
            let chosen = (0..scores.len()).filter(|&index| wanted(folds[index]));
            chosen.map(|index| (scores[index], labels[index])).unzip()
        };
        let (mut probabilities, mut held_out) = (Vec::new(), Vec::new());
        for fold in 0..FOLDS {
            let (scores, labels) = part(&|other| other != fold);
            let calibrator = Self::fit(method, &scores, &labels, Some(base_rate))?;
            let (scores, labels) = part(&|other| other == fold);
            probabilities.extend(scores.iter().map(|&score| calibrator.probability(score)));
            held_out.extend(labels);
        }
        Ok(CalibrationFigures::new(&probabilities, &held_out, Some(base_rate))?.log_loss)
    }
}

/// The fold of each pair, with as many pairs of each class in one as in another.
fn stratified_folds(labels: &[bool], seed: u64) -> Vec<usize> {
    let mut folds = vec![0; labels.len()];
    for class in [true, false] {
        let mut members: Vec<usize> = (0..labels.len()).filter(|&index| labels[index] == class).collect();
        members.shuffle(&mut stream(seed, "calibration folds", &[u64::from(class)]));
        for (place, index) in members.into_iter().enumerate() {
            folds[index] = place % FOLDS;
        }
    }
    folds
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::RngExt;

    use super::*;

    /// Logits, and labels drawn by their probabilities.
    fn sample(count: usize, slope: f32) -> (Vec<f32>, Vec<bool>) {
        let mut draws = stream(11, "calibration sample", &[]);
        let draw = |_| {
            let score = draws.random_range(-3.0..3.0f32);
            (score, draws.random::<f32>() < 1.0 / (1.0 + (-slope * score).exp()))
        };
        (0..count).map(draw).unzip()
    }

    #[test]
    fn the_best_method_is_the_one_that_fits() {
        let (scores, labels) = sample(4000, 1.0);
        let best = |scores: &[f32]| Calibrator::best_of(scores, &labels, None, 3).unwrap();
        // Logits need no more than a temperature; shifted, they need an intercept; bent, a free curve.
        let logits = best(&scores);
        assert_eq!(logits.log_losses.len(), 3);
        let of = |selected: &Selected, method: Method| {
            selected.log_losses.iter().find(|(other, _)| *other == method).unwrap().1
        };
        assert!(of(&logits, Method::Temperature) < of(&logits, Method::Isotonic));
        let shifted = best(&scores.iter().map(|score| score + 5.0).collect::<Vec<_>>());
        assert_eq!(shifted.calibrator.method(), Method::Platt);
        let bent = best(&scores.iter().map(|score| score.exp().powi(3)).collect::<Vec<_>>());
        assert_eq!(bent.calibrator.method(), Method::Isotonic);
        assert_eq!(shifted, best(&scores.iter().map(|score| score + 5.0).collect::<Vec<_>>()));
    }

    #[test]
    fn a_fit_is_better_than_the_base_rate_and_survives_json() {
        let (scores, labels) = sample(3000, 1.5);
        for base_rate in [None, Some(0.02)] {
            for method in Method::ALL {
                let calibrator = Calibrator::fit(method, &scores, &labels, base_rate).unwrap();
                let probabilities: Vec<f64> =
                    scores.iter().map(|&score| calibrator.probability(score)).collect();
                let figures = CalibrationFigures::new(&probabilities, &labels, base_rate).unwrap();
                // A temperature cannot move to another base rate.
                if base_rate.is_none() || method != Method::Temperature {
                    assert!(
                        figures.brier_skill > 0.02 && figures.ece_equal_mass < 0.03,
                        "{method:?}: {figures:?}"
                    );
                }
                let json = serde_json::to_string(&calibrator).unwrap();
                let read: Calibrator = serde_json::from_str(&json).unwrap();
                // JSON's decimals may miss the last bit.
                let pairs = scores.iter().zip(&probabilities);
                assert!(pairs.into_iter().all(|(&score, p)| (read.probability(score) - p).abs() < 1e-12));
            }
        }
    }

    #[test]
    fn small_samples_take_platts_method_and_one_class_is_refused() {
        let few = Calibrator::best_of(&[1.0, 2.0, 3.0], &[false, true, true], None, 0).unwrap();
        assert_eq!((few.calibrator.method(), few.log_losses.len()), (Method::Platt, 0));
        for method in Method::ALL {
            let refused = Calibrator::fit(method, &[1.0, 2.0], &[true, true], None);
            assert!(matches!(refused, Err(LinkError::OneClass { positives: 2, negatives: 0, .. })));
        }
        assert!(matches!(
            Calibrator::fit(Method::Platt, &[f32::NAN, 1.0], &[true, false], None),
            Err(LinkError::NanScore { index: 0 })
        ));
    }

    proptest! {
        #[test]
        fn no_probability_falls_with_the_score(
            sample in prop::collection::vec((prop::num::f32::ANY, any::<bool>()), 4..60),
            others in prop::collection::vec(prop::num::f32::ANY, 0..60),
            base_rate in prop::option::of(1e-6f64..0.999),
        ) {
            let sample: Vec<(f32, bool)> = sample.into_iter().filter(|(score, _)| !score.is_nan()).collect();
            let (scores, labels): (Vec<f32>, Vec<bool>) = sample.into_iter().unzip();
            prop_assume!(labels.contains(&true) && labels.contains(&false));
            let mut sorted: Vec<f32> = scores.iter().chain(&others).copied().filter(|score| !score.is_nan()).collect();
            sorted.sort_by(f32::total_cmp);
            for method in Method::ALL {
                let calibrator = Calibrator::fit(method, &scores, &labels, base_rate).unwrap();
                let found: Vec<f64> = sorted.iter().map(|&score| calibrator.probability(score)).collect();
                prop_assert!(found.iter().all(|p| (0.0..=1.0).contains(p)), "{:?}: {:?}", method, found);
                prop_assert!(found.windows(2).all(|pair| pair[0] <= pair[1]), "{:?}: {:?}", method, found);
            }
        }
    }
}
