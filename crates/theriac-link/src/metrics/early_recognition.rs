//! Early recognition: how many of the positives stand at the very top, where a laboratory would look.

use crate::metrics::Steps;

impl Steps {
    /// Enrichment factor at a fraction of all pairs (Truchon and Bayly 2007): the share of the positives among the best
    /// `⌊fraction · pairs⌋` pairs, divided by the fraction. A random order is expected to get 1; 1 / `fraction` is the
    /// most there is, when positives are few. Where the cut falls into a step, its positives count by the share of the
    /// step that is inside.
    ///
    /// `None` without a positive, for a fraction outside `0..=1`, or for one so small that it holds no pair.
    pub fn enrichment_factor(&self, fraction: f64) -> Option<f64> {
        if !(0.0..=1.0).contains(&fraction) {
            return None;
        }
        // A fraction of a whole number of pairs must not lose one to rounding: 0.29 · 100 is 28.999….
        let best = (fraction * self.pairs() as f64 * (1.0 + f64::EPSILON)).floor() as u64;
        (best > 0).then(|| self.recall_at(best).map(|recall| recall / fraction))?
    }

    /// BEDROC with parameter `alpha` (Truchon and Bayly 2007, equation 36): from 0, all positives last, to 1, all positives
    /// first. Ranks weigh `exp(-alpha · rank / pairs)`: with `alpha` 20, 80 % of the weight is on the best 8 % of the pairs.
    ///
    /// The formula is RDKit's `CalcBEDROC`: robust initial enhancement, `RIE`, scaled between its least and its greatest
    /// value. A tied positive gets the mean weight of the ranks of its step.
    ///
    /// `None` without a positive or for an `alpha` that is not above 0 and finite; 1 where all pairs are positive.
    pub fn bedroc(&self, alpha: f64) -> Option<f64> {
        if self.positives() == 0 || !(alpha > 0.0 && alpha.is_finite()) {
            return None;
        }
        if self.negatives() == 0 {
            return Some(1.0);
        }
        let (positives, pairs) = (self.positives() as f64, self.pairs() as f64);
        let decay = alpha / pairs;
        // Ranks a + 1 to a + g weigh exp(-decay · a) (1 - exp(-decay · g)) / (exp(decay) - 1) together.
        let weight = |above: f64, group: f64| (-decay * above).exp() * -(-decay * group).exp_m1();
        let (mut above, mut weights) = (0.0, 0.0);
        for step in self.as_slice() {
            let group = step.pairs() as f64;
            if step.positives > 0 {
                weights += step.positives as f64 / group * weight(above, group);
            }
            above += group;
        }
        // The factor 1 / (exp(decay) - 1) is in every weight and in the expectation alike, and is left out of both.
        let rie = weights / positives / (weight(0.0, pairs) / pairs);
        let share = positives / pairs;
        let greatest = (-alpha * share).exp_m1() / (share * (-alpha).exp_m1());
        // (1 - exp(alpha · share)) / (share (1 - exp(alpha))), with no exponential that could overflow.
        let least = (-alpha * (1.0 - share)).exp() * greatest;
        Some(((rie - least) / (greatest - least)).clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::metrics::steps::tests::{expected_places, tied_sample};

    fn ranked(labels: &[bool]) -> Steps {
        let scores: Vec<f32> = (0..labels.len()).map(|place| -(place as f32)).collect();
        Steps::new(&scores, labels).unwrap()
    }

    #[test]
    fn by_hand() {
        let mut labels = [false; 100];
        for place in [0, 4, 10, 60] {
            labels[place] = true;
        }
        let steps = ranked(&labels);
        let found = [0.01, 0.05, 0.11, 0.29, 1.0].map(|fraction| steps.enrichment_factor(fraction).unwrap());
        let expected = [25.0, 0.5 / 0.05, 0.75 / 0.11, 0.75 / 0.29, 1.0];
        assert!(found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-12));
        assert_eq!(steps.enrichment_factor(0.61), Some(1.0 / 0.61));
        assert_eq!(
            [0.0, 0.009, -0.1, 1.1, f64::NAN].map(|fraction| steps.enrichment_factor(fraction)),
            [None; 5]
        );
    }

    #[test]
    fn the_best_order_has_bedroc_1_and_the_worst_0() {
        let best: Vec<bool> = (0..500).map(|place| place < 20).collect();
        let worst: Vec<bool> = best.iter().rev().copied().collect();
        for alpha in [0.5, 20.0, 160.9, 2000.0] {
            assert!((ranked(&best).bedroc(alpha).unwrap() - 1.0).abs() < 1e-12);
            assert!(ranked(&worst).bedroc(alpha).unwrap() < 1e-12);
        }
        assert_eq!([0.0, -1.0, f64::NAN, f64::INFINITY].map(|alpha| ranked(&best).bedroc(alpha)), [None; 4]);
        assert_eq!(ranked(&[true; 5]).bedroc(20.0), Some(1.0));
        assert_eq!(
            (ranked(&[false; 5]).bedroc(20.0), ranked(&[false; 5]).enrichment_factor(0.5)),
            (None, None)
        );
    }

    #[test]
    fn equal_scores_are_worth_a_random_order() {
        let labels: Vec<bool> = (0..200).map(|place| place % 10 == 0).collect();
        let steps = Steps::new(&[1.0; 200], &labels).unwrap();
        assert!((steps.enrichment_factor(0.05).unwrap() - 1.0).abs() < 1e-12);
        // RIE is 1 then, wherever the positives are.
        let (alpha, share) = (20.0f64, 0.1);
        let greatest = (1.0 - (-alpha * share).exp()) / (share * (1.0 - (-alpha).exp()));
        let least = (1.0 - (alpha * share).exp()) / (share * (1.0 - alpha.exp()));
        assert!((steps.bedroc(alpha).unwrap() - (1.0 - least) / (greatest - least)).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn definitions_hold((scores, labels) in tied_sample(), alpha in 0.1f64..100.0) {
            let steps = Steps::new(&scores, &labels).unwrap();
            let places = expected_places(&scores, &labels);
            let (pairs, positives) = (places.len() as f64, places.iter().sum::<f64>());
            let sum: f64 =
                places.iter().zip(1..).map(|(share, rank)| share * (-alpha * f64::from(rank) / pairs).exp()).sum();
            let random = (1.0 - (-alpha).exp()) / ((alpha / pairs).exp() - 1.0) / pairs;
            let share = positives / pairs;
            let greatest = (1.0 - (-alpha * share).exp()) / (share * (1.0 - (-alpha).exp()));
            let least = (1.0 - (alpha * share).exp()) / (share * (1.0 - alpha.exp()));
            if let (Some(found), true) = (steps.bedroc(alpha), share < 1.0) {
                let expected = (sum / positives / random - least) / (greatest - least);
                prop_assert!((found - expected).abs() < 1e-9, "{} is not {}", found, expected);
            }
            for best in 1..=places.len() {
                let fraction = best as f64 / pairs;
                let hits: f64 = places.iter().take(best).sum();
                if let Some(found) = steps.enrichment_factor(fraction) {
                    prop_assert!((found - hits / positives / fraction).abs() < 1e-9);
                }
            }
        }
    }
}
