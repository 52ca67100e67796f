//! Logistic calibration: Platt scaling and temperature scaling.

use serde::{Deserialize, Serialize};

use crate::calibration::sample::Sample;

/// Newton steps at most: a dozen are the rule.
const STEPS: usize = 100;
/// Least standardised squared gradient that is worth another step.
const TOLERANCE: f64 = 1e-24;

/// Platt scaling: `1 / (1 + exp(-(slope · (score - centre) / scale + intercept)))` (Platt 1999), with his smoothed targets,
/// fitted by Newton's method as Lin, Lin and Weng (2007) do.
///
/// The slope is not negative: where high scores speak against a pair, every score gets the same probability.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Platt {
    /// Mean of the sample's scores.
    pub centre: f64,
    /// Standard deviation of the sample's scores; 1 where they are all equal.
    pub scale: f64,
    /// Slope in the standardised score.
    pub slope: f64,
    /// Logit at the centre.
    pub intercept: f64,
}

impl Platt {
    pub(crate) fn fit(sample: &Sample) -> Self {
        let count = sample.scores.len() as f64;
        let centre = sample.scores.iter().sum::<f64>() / count;
        let variance = sample.scores.iter().map(|score| (score - centre).powi(2)).sum::<f64>() / count;
        let scale = if variance > 0.0 { variance.sqrt() } else { 1.0 };
        let standard: Vec<f64> = sample.scores.iter().map(|score| (score - centre) / scale).collect();
        let (positive, negative) = sample.labels.iter().fold((0.0, 0.0), |(positive, negative), &label| {
            let more = sample.evidence(label);
            (positive + more.0, negative + more.1)
        });
        let flat = (positive / negative).ln();
        let (slope, intercept) =
            if variance > 0.0 { minimize(sample, &standard, flat, true) } else { (0.0, flat) };
        // The loss is convex: if its least is at a falling slope, the best that does not fall is flat.
        let (slope, intercept) = if slope > 0.0 { (slope, intercept) } else { (0.0, flat) };
        Self { centre, scale, slope, intercept }
    }

    pub(crate) fn probability(&self, score: f64) -> f64 {
        sigmoid(self.slope * ((score - self.centre) / self.scale) + self.intercept)
    }
}

/// Temperature scaling: `1 / (1 + exp(-score / T))` (Guo et al. 2017), with Platt's smoothed targets, so that `T` is not 0
/// where scores separate the classes.
///
/// It takes the score for a logit, at the base rate that is asked for. Scores that are not, counts or sums of distances say,
/// or logits learned at another share of positives, need an intercept: [`Platt`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Temperature {
    /// `1 / T`; 0, where scores say nothing or the contrary, stands for an infinite temperature.
    pub inverse_temperature: f64,
}

impl Temperature {
    pub(crate) fn fit(sample: &Sample) -> Self {
        let count = sample.scores.len() as f64;
        let scale = (sample.scores.iter().map(|score| score * score).sum::<f64>() / count).sqrt();
        if scale == 0.0 {
            return Self { inverse_temperature: 0.0 };
        }
        let standard: Vec<f64> = sample.scores.iter().map(|score| score / scale).collect();
        let (slope, _) = minimize(sample, &standard, 0.0, false);
        Self { inverse_temperature: slope.max(0.0) / scale }
    }

    pub(crate) fn probability(self, score: f64) -> f64 {
        sigmoid(self.inverse_temperature * score)
    }
}

/// The slope and the intercept with the least loss, from a slope of 0 and `intercept`, which stays unless `free`.
fn minimize(sample: &Sample, scores: &[f64], intercept: f64, free: bool) -> (f64, f64) {
    let evidence = (sample.evidence(true), sample.evidence(false));
    let of = |label: bool| if label { evidence.0 } else { evidence.1 };
    let loss = |(slope, intercept): (f64, f64)| -> f64 {
        let pairs = scores.iter().zip(&sample.labels);
        pairs
            .map(|(score, &label)| {
                let ((positive, negative), logit) = (of(label), slope * score + intercept);
                positive * softplus(-logit) + negative * softplus(logit)
            })
            .sum()
    };
    let mut at = (0.0, intercept);
    let mut least = loss(at);
    for _ in 0..STEPS {
        let (mut gradient, mut hessian) = ((0.0, 0.0), (1e-12, 0.0, 1e-12));
        for (&score, &label) in scores.iter().zip(&sample.labels) {
            let (positive, negative) = of(label);
            let logit = at.0 * score + at.1;
            let residual = negative * sigmoid(logit) - positive * sigmoid(-logit);
            let curvature = (positive + negative) * sigmoid(logit) * sigmoid(-logit);
            gradient = (gradient.0 + residual * score, gradient.1 + residual);
            hessian.0 += curvature * score * score;
            hessian.1 += curvature * score;
            hessian.2 += curvature;
        }
        if !free {
            gradient.1 = 0.0;
            hessian.1 = 0.0;
        }
        let determinant = hessian.0 * hessian.2 - hessian.1 * hessian.1;
        let step = (
            -(hessian.2 * gradient.0 - hessian.1 * gradient.1) / determinant,
            -(hessian.0 * gradient.1 - hessian.1 * gradient.0) / determinant,
        );
        let descent = gradient.0 * step.0 + gradient.1 * step.1;
        if descent.is_nan() || descent >= -TOLERANCE * (1.0 + least) {
            break;
        }
        // Half as far until the loss falls by a part of what the slope promises (Armijo's rule).
        let mut length = 1.0;
        let found = loop {
            let next = (at.0 + length * step.0, at.1 + length * step.1);
            let reached = loss(next);
            if reached < least + 1e-4 * length * descent {
                break Some((next, reached));
            }
            length /= 2.0;
            if length < 1e-10 {
                break None;
            }
        };
        match found {
            Some((next, reached)) => (at, least) = (next, reached),
            None => break,
        }
    }
    at
}

fn sigmoid(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}

/// `ln(1 + exp(x))`, which does not overflow.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(scores: &[f32], labels: &[bool], base_rate: Option<f64>) -> Sample {
        Sample::new(scores, labels, base_rate).unwrap()
    }

    /// Scores at which the share of positives follows a logistic curve, and labels.
    fn logistic(slope: f64, intercept: f64) -> (Vec<f32>, Vec<bool>) {
        let scores = (-40..=40).flat_map(|step| {
            let score = f64::from(step) / 10.0;
            let positives = (1000.0 * sigmoid(slope * score + intercept)).round() as usize;
            (0..1000).map(move |i| (score as f32, i < positives))
        });
        scores.unzip()
    }

    #[test]
    fn the_curve_that_made_the_labels_is_found_again() {
        let (scores, labels) = logistic(1.5, -2.0);
        let platt = Platt::fit(&sample(&scores, &labels, None));
        for score in [-3.0, -1.0, 0.0, 2.0, 3.5] {
            assert!((platt.probability(score) - sigmoid(1.5 * score - 2.0)).abs() < 1e-3);
        }
        let (scores, labels) = logistic(0.5, 0.0);
        let temperature = Temperature::fit(&sample(&scores, &labels, None));
        assert!((temperature.inverse_temperature - 0.5).abs() < 1e-3);
    }

    #[test]
    fn the_base_rate_moves_the_intercept_by_the_prior_odds() {
        let (scores, labels) = logistic(1.0, 0.0);
        let platt = Platt::fit(&sample(&scores, &labels, Some(0.01)));
        // Half of the sample is positive, so that the odds are divided by 99.
        for score in [-2.0, 0.0, 2.0] {
            let expected = sigmoid(score - 99f64.ln());
            assert!((platt.probability(score) / expected - 1.0).abs() < 0.02);
        }
    }

    #[test]
    fn extreme_samples_give_finite_curves() {
        let labels = [true, true, false, false];
        for scores in
            [[1e30f32, 9e29, -1e30, -2e30], [4e-30, 3e-30, 2e-30, 1e-30], [1e6 + 2.0, 1e6 + 1.0, 1e6, 1e6]]
        {
            let platt = Platt::fit(&sample(&scores, &labels, None));
            let found = scores.map(|score| platt.probability(f64::from(score)));
            assert!(found[0] >= found[1] && found[1] > found[2] && found[2] >= found[3], "{found:?}");
            assert!(found[0] < 1.0 && found[3] > 0.0 && found[0] > 0.6 && found[3] < 0.4, "{found:?}");
        }
        let temperature = Temperature::fit(&sample(&[2.0, 1.0, -1.0, -2.0], &labels, None));
        assert!(temperature.inverse_temperature > 0.1 && temperature.inverse_temperature < 10.0);
    }

    #[test]
    fn scores_that_say_nothing_or_the_contrary_give_the_base_rate() {
        let labels = [true, false, false, false];
        for scores in [[7.0f32; 4], [0.0, 1.0, 2.0, 3.0]] {
            let platt = Platt::fit(&sample(&scores, &labels, Some(0.25)));
            assert_eq!((platt.slope, platt.probability(-5.0)), (0.0, platt.probability(9.0)));
            assert!((platt.probability(0.0) - 0.25).abs() < 0.1);
        }
        let temperature = Temperature::fit(&sample(&[-1.0, 1.0, 1.0, 1.0], &labels, None));
        assert_eq!(temperature, Temperature { inverse_temperature: 0.0 });
        assert_eq!(Temperature::fit(&sample(&[0.0; 4], &labels, None)).probability(3.0), 0.5);
    }
}
