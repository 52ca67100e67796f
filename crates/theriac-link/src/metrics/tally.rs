//! Counting negatives between positives: all that AUROC, average precision and the best F1 need.

use crate::metrics::{BinaryMetrics, Step, Steps};

/// The scores of the positives, in order. Negatives are counted into the gaps between them, so that they need not be
/// kept: memory is linear in positives, however many negatives there are.
pub(crate) struct PositiveScores {
    /// Different scores, rising.
    distinct: Vec<f32>,
    /// How many positives have each of them.
    counts: Vec<u64>,
}

/// How many negatives fall where among the positives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NegativeTally {
    /// `2 * i`: below the `i`-th distinct positive score and above the one before; `2 * i + 1`: equal to it. `[2 k + 1]`.
    buckets: Vec<u64>,
}

impl NegativeTally {
    /// Adds the counts of another tally against the same positives.
    pub(crate) fn merge(mut self, other: &Self) -> Self {
        for (bucket, more) in self.buckets.iter_mut().zip(&other.buckets) {
            *bucket += more;
        }
        self
    }
}

impl PositiveScores {
    /// Takes scores that are sorted by [`f32::total_cmp`] and not NaN.
    pub(crate) fn from_sorted(scores: &[f32]) -> Self {
        let (mut distinct, mut counts) = (Vec::<f32>::new(), Vec::new());
        for &score in scores {
            // By value, not by order: the two zeros are one score.
            if distinct.last() == Some(&score) {
                *counts.last_mut().expect("as many counts as distinct scores") += 1;
            } else {
                distinct.push(score);
                counts.push(1);
            }
        }
        Self { distinct, counts }
    }

    /// A tally of no negative.
    pub(crate) fn empty_tally(&self) -> NegativeTally {
        NegativeTally { buckets: vec![0; 2 * self.distinct.len() + 1] }
    }

    /// Counts negatives, which are sorted by [`f32::total_cmp`] and not NaN.
    pub(crate) fn add_sorted(&self, tally: &mut NegativeTally, negatives: &[f32]) {
        let mut rest = negatives.iter().copied().peekable();
        for (gap, &score) in tally.buckets.chunks_exact_mut(2).zip(&self.distinct) {
            while rest.next_if(|&negative| negative < score).is_some() {
                gap[0] += 1;
            }
            while rest.next_if(|&negative| negative == score).is_some() {
                gap[1] += 1;
            }
        }
        tally.buckets[2 * self.distinct.len()] += rest.len() as u64;
    }

    /// The pairs in the order of their scores: what every other figure of all pairs is counted on.
    pub(crate) fn steps(&self, tally: &NegativeTally) -> Steps {
        let (under, top) = tally.buckets.as_chunks::<2>();
        let mut steps = vec![Step { positives: 0, negatives: top[0] }];
        for (&positives, &[below, equal]) in self.counts.iter().zip(under).rev() {
            steps.push(Step { positives, negatives: equal });
            steps.push(Step { positives: 0, negatives: below });
        }
        Steps::from_steps(steps)
    }

    /// The figures of these positives against the negatives counted.
    pub(crate) fn metrics(&self, tally: &NegativeTally) -> BinaryMetrics {
        let positives: u64 = self.counts.iter().sum();
        let negatives: u64 = tally.buckets.iter().sum();
        // Twice the number of (positive, negative) pairs in the right order, ties counting half: exact in integers.
        let mut ordered_twice = 0u128;
        let (mut average_precision, mut true_positives) = (0.0, 0);
        let (mut best_f1, mut best_f1_threshold) = (0.0, None);
        let mut above = tally.buckets[2 * self.distinct.len()];
        for (i, (&score, &count)) in self.distinct.iter().zip(&self.counts).enumerate().rev() {
            let equal = tally.buckets[2 * i + 1];
            ordered_twice += u128::from(count) * u128::from(2 * (negatives - above - equal) + equal);
            above += equal;
            true_positives += count;
            let called = true_positives + above;
            average_precision += count as f64 / positives as f64 * (true_positives as f64 / called as f64);
            // Between two positive scores F1 only falls with the threshold, so that the best is at one of them.
            let f1 = (2 * true_positives) as f64 / (called + positives) as f64;
            if f1 >= best_f1 {
                (best_f1, best_f1_threshold) = (f1, Some(score));
            }
            above += tally.buckets[2 * i];
        }
        let pairs = 2 * u128::from(positives) * u128::from(negatives);
        BinaryMetrics {
            positives,
            negatives,
            auroc: (pairs > 0).then(|| ordered_twice as f64 / pairs as f64),
            average_precision: (positives > 0).then_some(average_precision),
            best_f1_threshold,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn negatives_fall_into_the_gaps_and_onto_the_ties() {
        let positives = PositiveScores::from_sorted(&[-0.0, 0.0, 1.0]);
        let mut tally = positives.empty_tally();
        positives.add_sorted(&mut tally, &[-1.0, -0.0, 0.0, 0.5]);
        positives.add_sorted(&mut tally, &[1.0, 2.0, 3.0]);
        assert_eq!(tally.buckets, [1, 2, 1, 1, 2]);
        assert_eq!(tally.clone().merge(&tally).buckets, [2, 4, 2, 2, 4]);
    }

    #[test]
    fn counting_in_parts_gives_the_figures_of_the_whole() {
        let positives = PositiveScores::from_sorted(&[0.25, 0.5, 0.5, 2.0]);
        let negatives = [-1.0, 0.25, 0.5, 0.75, 1.0, 3.0];
        let mut whole = positives.empty_tally();
        positives.add_sorted(&mut whole, &negatives);
        let parts = negatives.chunks(2).map(|part| {
            let mut tally = positives.empty_tally();
            positives.add_sorted(&mut tally, part);
            tally
        });
        let merged = parts.fold(positives.empty_tally(), |merged, part| merged.merge(&part));
        assert_eq!(merged, whole);
        // By hand: 0.25 beats 1 and ties 1; each 0.5 beats 2 and ties 1; 2.0 beats 5.
        assert_eq!(positives.metrics(&whole).auroc, Some((1.5 + 2.0 * 2.5 + 5.0) / 24.0));
    }
}
