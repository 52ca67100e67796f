//! Three-way calibration: from two scores, one for a pair and one against it, to the probabilities of three classes.

use serde::{Deserialize, Serialize};

use crate::error::LinkError;

/// Newton steps at most: a dozen are the rule.
const STEPS: usize = 100;
/// Least decrease of the loss, as a share of it, that is worth another step.
const TOLERANCE: f64 = 1e-12;
/// Precision of the normal prior on slopes in standardised scores. It weighs as much as one pair or so, and keeps slopes
/// finite where scores separate the classes.
const PRECISION: f64 = 1.0;
/// Two slopes and an intercept for each of the two classes that are set against the third.
const PARAMETERS: usize = 6;

/// What is known of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sign {
    /// The target relation holds: the drug treats the disease.
    For,
    /// The other relation holds: the drug harms, or is contraindicated.
    Against,
    /// No effect is known.
    Unknown,
}

impl Sign {
    /// All three.
    pub const ALL: [Self; 3] = [Self::For, Self::Against, Self::Unknown];
}

/// Probabilities of the three classes, which add up to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SignedProbability {
    /// That the target relation holds.
    pub target: f64,
    /// That the other relation holds.
    pub against: f64,
    /// That neither does.
    pub neither: f64,
}

impl SignedProbability {
    /// The probability of a class.
    pub fn of(&self, sign: Sign) -> f64 {
        match sign {
            Sign::For => self.target,
            Sign::Against => self.against,
            Sign::Unknown => self.neither,
        }
    }
}

/// Multinomial logistic regression on two scores, with a weak normal prior on its slopes, fitted by Newton's method. Its
/// intercepts are moved to stated base rates by the prior odds (King and Zeng 2001).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ThreeWay {
    /// Means of the sample's scores, for and against.
    pub centre: [f64; 2],
    /// Standard deviations of the sample's scores; 1 where they are all equal.
    pub scale: [f64; 2],
    /// Slopes in both standardised scores and the intercept of the logit of the target against neither.
    pub target: [f64; 3],
    /// The same of the other relation against neither.
    pub against: [f64; 3],
    /// The shares of both relations among all pairs that the probabilities assume.
    pub base_rates: [f64; 2],
}

/// A pair's standardised scores with a 1 for the intercept, and its class: the target, the other relation, or neither.
type Row = ([f64; 3], usize);

impl ThreeWay {
    /// Fits to pairs with scores for and against them.
    ///
    /// # Errors
    ///
    /// When a class is missing, a score is NaN, there are not as many signs as scores, or the base rates are not shares that
    /// leave something for the third class.
    pub fn fit(scores: &[[f32; 2]], signs: &[Sign], base_rates: [f64; 2]) -> Result<Self, LinkError> {
        if scores.len() != signs.len() {
            return Err(LinkError::Labels { scores: scores.len(), labels: signs.len() });
        }
        if let Some(index) = scores.iter().position(|pair| pair.iter().any(|score| score.is_nan())) {
            return Err(LinkError::NanScore { index });
        }
        let counts = Sign::ALL.map(|class| signs.iter().filter(|&&sign| sign == class).count());
        if counts.contains(&0) {
            return Err(LinkError::MissingSign { found: counts });
        }
        let neither = 1.0 - base_rates[0] - base_rates[1];
        if let Some(&found) = base_rates.iter().chain([&neither]).find(|&&rate| !(rate > 0.0 && rate < 1.0)) {
            return Err(LinkError::BaseRate { found });
        }
        let finite = |score: f32| f64::from(score.clamp(f32::MIN, f32::MAX));
        let count = scores.len() as f64;
        let of_end = |end: usize| {
            let mean = scores.iter().map(|pair| finite(pair[end])).sum::<f64>() / count;
            let variance = scores.iter().map(|pair| (finite(pair[end]) - mean).powi(2)).sum::<f64>() / count;
            (mean, if variance > 0.0 { variance.sqrt() } else { 1.0 })
        };
        let [(first_mean, first_scale), (second_mean, second_scale)] = [0, 1].map(of_end);
        let mut fitted = Self {
            centre: [first_mean, second_mean],
            scale: [first_scale, second_scale],
            target: [0.0; 3],
            against: [0.0; 3],
            base_rates,
        };
        let rows: Vec<Row> =
            scores.iter().zip(signs).map(|(pair, &sign)| (fitted.row(*pair), sign as usize)).collect();
        let odds = |class: usize| counts[class] as f64 / counts[2] as f64;
        let found = minimize(&rows, [0.0, 0.0, odds(0).ln(), 0.0, 0.0, odds(1).ln()]);
        let moved = |class: usize| {
            let mut logit = [found[3 * class], found[3 * class + 1], found[3 * class + 2]];
            logit[2] += (base_rates[class] / neither).ln() - odds(class).ln();
            logit
        };
        (fitted.target, fitted.against) = (moved(0), moved(1));
        Ok(fitted)
    }

    fn row(&self, scores: [f32; 2]) -> [f64; 3] {
        let standard = |end: usize| {
            (f64::from(scores[end].clamp(f32::MIN, f32::MAX)) - self.centre[end]) / self.scale[end]
        };
        [standard(0), standard(1), 1.0]
    }

    /// The probabilities of a pair with these scores, for and against it, at the base rates of the fit. NaN for NaN.
    pub fn probability(&self, scores: [f32; 2]) -> SignedProbability {
        let row = self.row(scores);
        let [target, against, neither] = softmax([dot(self.target, row), dot(self.against, row)]);
        SignedProbability { target, against, neither }
    }
}

impl ThreeWay {
    /// The same with the two relations in each other's place: scores against a pair come first, then those for it.
    #[must_use]
    pub fn exchanged(self) -> Self {
        let pair = |[target, against]: [f64; 2]| [against, target];
        let slopes = |[target, against, intercept]: [f64; 3]| [against, target, intercept];
        Self {
            centre: pair(self.centre),
            scale: pair(self.scale),
            target: slopes(self.against),
            against: slopes(self.target),
            base_rates: pair(self.base_rates),
        }
    }

    /// The logarithm of the odds of the target against the other relation.
    pub(crate) fn log_odds(&self, scores: [f32; 2]) -> f64 {
        let row = self.row(scores);
        dot(self.target, row) - dot(self.against, row)
    }
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// Probabilities of two logits and of a third one of 0.
fn softmax([first, second]: [f64; 2]) -> [f64; 3] {
    let greatest = first.max(second).max(0.0);
    let shares = [first - greatest, second - greatest, -greatest].map(f64::exp);
    let sum: f64 = shares.iter().sum();
    shares.map(|share| share / sum)
}

fn logits(at: &[f64; PARAMETERS], row: [f64; 3]) -> [f64; 2] {
    [dot([at[0], at[1], at[2]], row), dot([at[3], at[4], at[5]], row)]
}

fn is_slope(parameter: usize) -> bool {
    parameter % 3 < 2
}

/// The negative logarithm of the posterior density, up to a constant.
fn loss(rows: &[Row], at: &[f64; PARAMETERS]) -> f64 {
    let of_pairs: f64 = rows.iter().map(|&(row, class)| -softmax(logits(at, row))[class].ln()).sum();
    let of_prior: f64 = (0..PARAMETERS).filter(|&p| is_slope(p)).map(|p| at[p] * at[p]).sum();
    of_pairs + 0.5 * PRECISION * of_prior
}

/// Gradient and Hessian of the [`loss`].
fn derivatives(rows: &[Row], at: &[f64; PARAMETERS]) -> ([f64; PARAMETERS], [[f64; PARAMETERS]; PARAMETERS]) {
    let mut gradient = [0.0; PARAMETERS];
    let mut hessian = [[0.0; PARAMETERS]; PARAMETERS];
    for &(row, class) in rows {
        let shares = softmax(logits(at, row));
        for p in 0..PARAMETERS {
            let own = shares[p / 3];
            gradient[p] += (own - f64::from(u8::from(class == p / 3))) * row[p % 3];
            for q in 0..PARAMETERS {
                let same = if p / 3 == q / 3 { own } else { 0.0 };
                hessian[p][q] += (same - own * shares[q / 3]) * row[p % 3] * row[q % 3];
            }
        }
    }
    for p in 0..PARAMETERS {
        if is_slope(p) {
            gradient[p] += PRECISION * at[p];
            hessian[p][p] += PRECISION;
        }
        hessian[p][p] += 1e-9;
    }
    (gradient, hessian)
}

fn minimize(rows: &[Row], mut at: [f64; PARAMETERS]) -> [f64; PARAMETERS] {
    let mut least = loss(rows, &at);
    for _ in 0..STEPS {
        let (gradient, hessian) = derivatives(rows, &at);
        let step = solve(hessian, gradient);
        let descent: f64 = gradient.iter().zip(step).map(|(g, s)| g * s).sum();
        // Half as far until the loss falls by a part of what the slope promises (Armijo's rule).
        let mut length = 1.0;
        let found = loop {
            let next: [f64; PARAMETERS] = std::array::from_fn(|p| at[p] - length * step[p]);
            let reached = loss(rows, &next);
            if reached <= least - 1e-4 * length * descent {
                break Some((next, reached));
            }
            length /= 2.0;
            if length < 1e-10 {
                break None;
            }
        };
        let Some((next, reached)) = found else { break };
        let fallen = least - reached;
        (at, least) = (next, reached);
        if fallen <= TOLERANCE * (1.0 + least) {
            break;
        }
    }
    at
}

/// The solution of a positive definite system, by elimination.
fn solve(mut matrix: [[f64; PARAMETERS]; PARAMETERS], mut right: [f64; PARAMETERS]) -> [f64; PARAMETERS] {
    for pivot in 0..PARAMETERS {
        let (above, below) = matrix.split_at_mut(pivot + 1);
        let lead = &above[pivot];
        for (place, row) in (pivot + 1..).zip(below) {
            let factor = row[pivot] / lead[pivot];
            for (value, lead) in row.iter_mut().zip(lead).skip(pivot) {
                *value -= factor * lead;
            }
            right[place] -= factor * right[pivot];
        }
    }
    for row in (0..PARAMETERS).rev() {
        let known: f64 = (row + 1..PARAMETERS).map(|column| matrix[row][column] * right[column]).sum();
        right[row] = (right[row] - known) / matrix[row][row];
    }
    right
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;
    use crate::stream::stream;

    /// Scores, and signs drawn by the softmax of these logits.
    fn sample(count: usize, target: [f64; 3], against: [f64; 3]) -> (Vec<[f32; 2]>, Vec<Sign>) {
        let mut draws = stream(3, "three-way sample", &[]);
        let draw = |_| {
            let scores: [f32; 2] = [draws.random_range(-2.0..2.0), draws.random_range(-2.0..2.0)];
            let row = [f64::from(scores[0]), f64::from(scores[1]), 1.0];
            let shares = softmax([dot(target, row), dot(against, row)]);
            let at: f64 = draws.random();
            let sign = if at < shares[0] {
                Sign::For
            } else if at < shares[0] + shares[1] {
                Sign::Against
            } else {
                Sign::Unknown
            };
            (scores, sign)
        };
        (0..count).map(draw).unzip()
    }

    /// Shares of both relations in a sample.
    fn rates(signs: &[Sign]) -> [f64; 2] {
        [Sign::For, Sign::Against]
            .map(|class| signs.iter().filter(|&&sign| sign == class).count() as f64 / signs.len() as f64)
    }

    const TARGET: [f64; 3] = [2.0, -0.5, -1.0];
    const AGAINST: [f64; 3] = [-0.3, 1.5, -1.5];

    #[test]
    fn the_curves_that_made_the_signs_are_found_again() {
        let (scores, signs) = sample(40_000, TARGET, AGAINST);
        let fitted = ThreeWay::fit(&scores, &signs, rates(&signs)).unwrap();
        for scores in [[1.0f32, 0.0], [0.0, 1.0], [-1.5, -1.5], [1.5, 1.5]] {
            let row = [f64::from(scores[0]), f64::from(scores[1]), 1.0];
            let expected = softmax([dot(TARGET, row), dot(AGAINST, row)]);
            let found = fitted.probability(scores);
            for (sign, expected) in Sign::ALL.into_iter().zip(expected) {
                assert!((found.of(sign) - expected).abs() < 0.02, "{sign:?}: {found:?} for {expected}");
            }
            assert!((found.target + found.against + found.neither - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn base_rates_move_the_odds_and_nothing_else() {
        let (scores, signs) = sample(2_000, TARGET, AGAINST);
        let own = rates(&signs);
        let as_drawn = ThreeWay::fit(&scores, &signs, own).unwrap();
        let rare = ThreeWay::fit(&scores, &signs, [0.01, 0.002]).unwrap();
        let change = |class: usize, rare: f64| (rare / 0.988) / (own[class] / (1.0 - own[0] - own[1]));
        for scores in &scores[..50] {
            let (a, b) = (as_drawn.probability(*scores), rare.probability(*scores));
            let odds = |p: f64, neither: f64| p / neither;
            let target = odds(b.target, b.neither) / odds(a.target, a.neither);
            let against = odds(b.against, b.neither) / odds(a.against, a.neither);
            assert!((target / change(0, 0.01) - 1.0).abs() < 1e-9);
            assert!((against / change(1, 0.002) - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn derivatives_are_as_finite_differences_say() {
        let (scores, signs) = sample(200, TARGET, AGAINST);
        let rows: Vec<Row> = scores
            .iter()
            .zip(&signs)
            .map(|(scores, &sign)| ([f64::from(scores[0]), f64::from(scores[1]), 1.0], sign as usize))
            .collect();
        let at = [0.3, -0.2, 0.1, 0.5, 0.4, -0.6];
        let (gradient, hessian) = derivatives(&rows, &at);
        let moved = |p: usize, by: f64| {
            let mut at = at;
            at[p] += by;
            at
        };
        let step = 1e-5;
        for p in 0..PARAMETERS {
            let slope = (loss(&rows, &moved(p, step)) - loss(&rows, &moved(p, -step))) / (2.0 * step);
            assert!((slope - gradient[p]).abs() < 1e-5, "{p}: {slope} for {}", gradient[p]);
            let (up, down) = (derivatives(&rows, &moved(p, step)).0, derivatives(&rows, &moved(p, -step)).0);
            for q in 0..PARAMETERS {
                let bend = (up[q] - down[q]) / (2.0 * step);
                assert!((bend - hessian[p][q]).abs() < 1e-4, "{p}, {q}: {bend} for {}", hessian[p][q]);
            }
        }
    }

    #[test]
    fn separated_classes_and_extreme_scores_give_finite_curves() {
        use Sign::{Against, For, Unknown};
        let scores =
            [[9.0f32, 0.0], [8.0, 0.0], [0.0, 7.0], [0.0, f32::INFINITY], [-5.0, -5.0], [-6.0, -6.0]];
        let signs = [For, For, Against, Against, Unknown, Unknown];
        let fitted = ThreeWay::fit(&scores, &signs, [0.2, 0.2]).unwrap();
        for (scores, sign) in scores.iter().zip(signs) {
            let found = fitted.probability(*scores);
            assert!(found.of(sign).is_finite() && found.of(sign) < 1.0, "{found:?}");
        }
        let clear = fitted.probability([9.0, 0.0]);
        assert!(clear.target > clear.against);
    }

    #[test]
    fn what_cannot_be_fitted_is_said() {
        let fit =
            |scores: &[[f32; 2]], signs: &[Sign], rates| ThreeWay::fit(scores, signs, rates).unwrap_err();
        let three = Sign::ALL;
        let scores = [[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]];
        let said = fit(&scores[..2], &three[..2], [0.1, 0.1]).to_string();
        assert_eq!(
            said,
            "the calibration sample has 1 pairs of the target, 1 of the relation against it and 0 of neither; \
             expected at least one of each"
        );
        assert!(matches!(fit(&scores, &three, [0.6, 0.5]), LinkError::BaseRate { .. }));
        assert!(matches!(
            fit(&[[f32::NAN, 0.0], [0.0, 1.0], [0.0, 0.0]], &three, [0.1, 0.1]),
            LinkError::NanScore { index: 0 }
        ));
    }
}
