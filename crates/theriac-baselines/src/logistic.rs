//! Logistic regression with an L2 penalty.

use faer::prelude::Solve;
use faer::{Mat, MatRef, Side};
use rayon::prelude::*;

/// Newton steps at most: a convex fit of this kind takes fewer than ten.
const STEPS: usize = 30;
/// A step that moves no coefficient further ends the fit.
const TOLERANCE: f64 = 1e-7;
/// Halvings of a step at most: one that does not help by then is rounding.
const HALVINGS: i32 = 12;
/// Samples whose sums are taken together, whatever the number of threads.
const CHUNK: usize = 2048;

/// A linear function of features: the logit of the probability of a positive.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Logistic {
    /// One to a feature: `[features]`.
    pub(crate) coefficients: Vec<f64>,
    /// Logit where all features are 0.
    pub(crate) intercept: f64,
}

impl Logistic {
    /// Minimises the mean log loss plus `penalty / 2` times the squared norm of the coefficients of features brought to mean
    /// 0 and variance 1; the intercept is free. `features` is `[samples, width]`, row-major. Newton's method, until it
    /// stands still or `stop` says so.
    pub(crate) fn fit(
        features: &[f32],
        width: usize,
        labels: &[bool],
        penalty: f64,
        stop: impl Fn() -> bool,
    ) -> Self {
        let scaling = Scaling::new(features, width, labels.len());
        let positives = labels.iter().filter(|&&label| label).count() as f64;
        let share = ((positives + 0.5) / (labels.len() as f64 + 1.0)).clamp(1e-9, 1.0 - 1e-9);
        // The intercept stands last.
        let mut weights = vec![0.0; width + 1];
        weights[width] = (share / (1.0 - share)).ln();
        let mut least = loss(features, &scaling, labels, &weights, penalty);
        for _ in 0..STEPS {
            if stop() {
                break;
            }
            let Some(step) = newton_step(features, &scaling, labels, &weights, penalty) else { break };
            // A whole step may overshoot where classes are nearly separable; half of it, or a quarter, then does not.
            let moved = (0..HALVINGS).find_map(|halvings| {
                let share = 0.5f64.powi(halvings);
                let moved: Vec<f64> = weights.iter().zip(&step).map(|(w, step)| w - share * step).collect();
                let reached = loss(features, &scaling, labels, &moved, penalty);
                (reached < least).then_some((moved, reached))
            });
            let Some((moved, reached)) = moved else { break };
            (weights, least) = (moved, reached);
            if step.iter().all(|step| step.abs() < TOLERANCE) {
                break;
            }
        }
        let coefficients: Vec<f64> =
            weights.iter().zip(&scaling.factors).map(|(w, factor)| w * factor).collect();
        let shift: f64 = coefficients.iter().zip(&scaling.means).map(|(c, mean)| c * mean).sum();
        Self { coefficients, intercept: weights[width] - shift }
    }

    /// The logit of features `[width]`.
    pub(crate) fn logit(&self, features: &[f32]) -> f64 {
        let terms = features.iter().zip(&self.coefficients).map(|(&x, c)| f64::from(x) * c);
        self.intercept + terms.sum::<f64>()
    }
}

/// What brings features to mean 0 and variance 1; a constant feature becomes 0.
struct Scaling {
    means: Vec<f64>,
    factors: Vec<f64>,
}

impl Scaling {
    fn new(features: &[f32], width: usize, samples: usize) -> Self {
        let (mut means, mut variances) = (vec![0.0; width], vec![0.0; width]);
        let samples = samples.max(1) as f64;
        for row in features.chunks_exact(width.max(1)) {
            means.iter_mut().zip(row).for_each(|(sum, &x)| *sum += f64::from(x) / samples);
        }
        for row in features.chunks_exact(width.max(1)) {
            for ((sum, &x), mean) in variances.iter_mut().zip(row).zip(&means) {
                *sum += (f64::from(x) - mean).powi(2) / samples;
            }
        }
        let factors = variances
            .iter()
            .map(|&variance| if variance > 1e-12 { variance.sqrt().recip() } else { 0.0 })
            .collect();
        Self { means, factors }
    }
}

/// The features of one sample brought to mean 0 and variance 1, then 1 for the intercept, written to `row`.
fn write_row(row: &mut [f64], features: &[f32], scaling: &Scaling) {
    for (feature, (value, &x)) in row.iter_mut().zip(features).enumerate() {
        *value = (f64::from(x) - scaling.means[feature]) * scaling.factors[feature];
    }
    row[features.len()] = 1.0;
}

/// The mean log loss with the penalty.
fn loss(features: &[f32], scaling: &Scaling, labels: &[bool], weights: &[f64], penalty: f64) -> f64 {
    let width = weights.len() - 1;
    let of_chunk = |(chunk, labels): (usize, &[bool])| -> f64 {
        let mut row = vec![1.0; width + 1];
        let losses = labels.iter().enumerate().map(|(i, &label)| {
            write_row(&mut row, &features[(chunk * CHUNK + i) * width..][..width], scaling);
            let logit: f64 = row.iter().zip(weights).map(|(x, w)| x * w).sum();
            let wrong = if label { -logit } else { logit };
            // The logarithm of 1 + exp(wrong), whatever its size.
            wrong.max(0.0) + (-wrong.abs()).exp().ln_1p()
        });
        losses.sum()
    };
    let sums: Vec<f64> = labels.par_chunks(CHUNK).enumerate().map(of_chunk).collect();
    let norm: f64 = weights[..width].iter().map(|weight| weight * weight).sum();
    sums.iter().sum::<f64>() / labels.len().max(1) as f64 + penalty / 2.0 * norm
}

/// The inverse Hessian times the gradient, or `None` where the Hessian has no inverse.
fn newton_step(
    features: &[f32],
    scaling: &Scaling,
    labels: &[bool],
    weights: &[f64],
    penalty: f64,
) -> Option<Vec<f64>> {
    let (width, samples) = (weights.len() - 1, labels.len() as f64);
    let sums: Vec<(Mat<f64>, Vec<f64>)> = labels
        .par_chunks(CHUNK)
        .enumerate()
        .map(|(chunk, labels)| {
            let first = chunk * CHUNK;
            // Rows scaled by the square root of p (1 - p), so that their Gram matrix is the chunk's part of the Hessian.
            let mut rows = Mat::<f64>::zeros(labels.len(), width + 1);
            let mut gradient = vec![0.0; width + 1];
            let mut row = vec![1.0; width + 1];
            for (i, &label) in labels.iter().enumerate() {
                write_row(&mut row, &features[(first + i) * width..][..width], scaling);
                let logit: f64 = row.iter().zip(weights).map(|(x, w)| x * w).sum();
                let p = 1.0 / (1.0 + (-logit).exp());
                let error = p - f64::from(u8::from(label));
                let root = (p * (1.0 - p)).sqrt();
                for (feature, &value) in row.iter().enumerate() {
                    gradient[feature] += error * value;
                    rows[(i, feature)] = root * value;
                }
            }
            let mut hessian = Mat::<f64>::zeros(width + 1, width + 1);
            let rows: MatRef<'_, f64> = rows.as_ref();
            faer::linalg::matmul::matmul(
                hessian.as_mut(),
                faer::Accum::Replace,
                rows.transpose(),
                rows,
                1.0,
                faer::Par::Seq,
            );
            (hessian, gradient)
        })
        .collect();
    let (mut hessian, mut gradient) =
        (Mat::<f64>::zeros(width + 1, width + 1), Mat::<f64>::zeros(width + 1, 1));
    for (part, part_gradient) in sums {
        hessian += part;
        part_gradient.iter().enumerate().for_each(|(i, value)| gradient[(i, 0)] += value);
    }
    for i in 0..width {
        hessian[(i, i)] += penalty * samples;
        gradient[(i, 0)] += penalty * samples * weights[i];
    }
    // The intercept has no penalty; this much keeps the Hessian positive definite where every p is 0 or 1.
    hessian[(width, width)] += 1e-9 * samples;
    let step = hessian.llt(Side::Lower).ok()?.solve(&gradient);
    let step: Vec<f64> = (0..=width).map(|i| step[(i, 0)]).collect();
    step.iter().all(|value| value.is_finite()).then_some(step)
}

#[cfg(test)]
mod tests {
    use rand::RngExt;
    use theriac_link::stream;

    use super::*;

    #[test]
    fn one_binary_feature_gives_the_log_odds() {
        // Of 4 samples without the feature 1 is positive, of 4 with it 3.
        let features = [0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0];
        let labels = [true, false, false, false, true, true, true, false];
        let fitted = Logistic::fit(&features, 1, &labels, 0.0, || false);
        assert!((fitted.intercept + 3f64.ln()).abs() < 1e-6, "{fitted:?}");
        assert!((fitted.coefficients[0] - 2.0 * 3f64.ln()).abs() < 1e-6, "{fitted:?}");
        assert!((fitted.logit(&[1.0]) - 3f64.ln()).abs() < 1e-6);
    }

    #[test]
    fn the_penalised_loss_is_least_at_the_fit() {
        let mut draws = stream(3, "logistic", &[]);
        let features: Vec<f32> = (0..900).map(|_| draws.random_range(-1.0..1.0)).collect();
        let labels: Vec<bool> = features
            .chunks_exact(3)
            .map(|x| x[0] - 0.5 * x[1] + draws.random_range(-1.0..1.0) > 0.3)
            .collect();
        let penalty = 0.05;
        let fitted = Logistic::fit(&features, 3, &labels, penalty, || false);
        let scaling = Scaling::new(&features, 3, labels.len());
        let loss = |model: &Logistic| -> f64 {
            let log_loss: f64 = features
                .chunks_exact(3)
                .zip(&labels)
                .map(|(x, &label)| (1.0 + (if label { -1.0 } else { 1.0 } * model.logit(x)).exp()).ln())
                .sum();
            let norm: f64 =
                model.coefficients.iter().zip(&scaling.factors).map(|(c, f)| (c / f).powi(2)).sum();
            log_loss / labels.len() as f64 + penalty / 2.0 * norm
        };
        for feature in 0..4 {
            for step in [-1e-3, 1e-3] {
                let mut moved = fitted.clone();
                if feature == 3 {
                    moved.intercept += step;
                } else {
                    moved.coefficients[feature] += step;
                }
                assert!(loss(&moved) > loss(&fitted));
            }
        }
    }

    #[test]
    fn constant_features_and_one_class_do_no_harm() {
        let fitted = Logistic::fit(&[2.0, 1.0, 2.0, 5.0], 2, &[true, true], 0.1, || false);
        assert_eq!(fitted.coefficients[0], 0.0);
        assert!(fitted.logit(&[2.0, 3.0]).is_finite());
        assert!(Logistic::fit(&[1.0, 2.0], 1, &[true, false], 0.1, || true).coefficients[0] == 0.0);
    }
}
