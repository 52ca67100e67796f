//! Isotonic calibration: the best curve that does not fall.

use serde::{Deserialize, Serialize};

use crate::calibration::sample::Sample;

/// Isotonic regression (Zadrozny and Elkan 2002) by pooling adjacent violators (Ayer et al. 1955).
///
/// Neighbouring scores with the same best value are a block. The curve is straight between the centres of blocks, so that
/// it is continuous and scores within a block keep their order, and constant beyond the outermost. Its values are kept
/// from 0 and 1 by what so many pairs can bear out: the smoothed targets of Platt (1999).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Isotonic {
    /// Blocks by rising score and rising probability, at least one.
    blocks: Vec<Block>,
}

/// Scores of one probability.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Block {
    /// Weighted mean of the block's scores.
    pub centre: f64,
    /// Weighted share of its positives.
    pub probability: f64,
}

/// Weight, and weighted sums of scores and of labels.
#[derive(Clone, Copy)]
struct Pool {
    weight: f64,
    scores: f64,
    positives: f64,
}

impl Pool {
    fn join(self, other: Self) -> Self {
        Self {
            weight: self.weight + other.weight,
            scores: self.scores + other.scores,
            positives: self.positives + other.positives,
        }
    }

    /// Whether its share of positives is not above another's.
    fn not_above(self, other: Self) -> bool {
        self.positives * other.weight <= other.positives * self.weight
    }
}

impl Isotonic {
    pub(crate) fn fit(sample: &Sample) -> Self {
        let mut sorted: Vec<(f64, bool)> =
            sample.scores.iter().copied().zip(sample.labels.iter().copied()).collect();
        sorted.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
        let mut pools: Vec<Pool> = Vec::new();
        for tied in sorted.chunk_by(|one, other| one.0 == other.0) {
            let of_class = |class: bool| tied.iter().filter(|&&(_, label)| label == class).count() as f64;
            let (positives, negatives) =
                (of_class(true) * sample.weights.0, of_class(false) * sample.weights.1);
            let weight = positives + negatives;
            let mut pool = Pool { weight, scores: weight * tied[0].0, positives };
            while let Some(&last) = pools.last()
                && pool.not_above(last)
            {
                pool = last.join(pool);
                pools.pop();
            }
            pools.push(pool);
        }
        let (low, high) = sample.bounds();
        let block = |pool: &Pool| Block {
            centre: pool.scores / pool.weight,
            probability: (pool.positives / pool.weight).clamp(low, high),
        };
        Self { blocks: pools.iter().map(block).collect() }
    }

    /// The blocks, by rising score.
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    pub(crate) fn probability(&self, score: f64) -> f64 {
        if score.is_nan() {
            return f64::NAN;
        }
        let above = self.blocks.partition_point(|block| block.centre <= score);
        match (self.blocks[..above].last(), self.blocks.get(above)) {
            (Some(below), Some(above)) => {
                let part = (score - below.centre) / (above.centre - below.centre);
                // Rounding must not lift it over the next block.
                (below.probability + part * (above.probability - below.probability)).min(above.probability)
            }
            (Some(last), None) => last.probability,
            (None, first) => first.map_or(f64::NAN, |first| first.probability),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fit(scores: &[f32], labels: &[bool], base_rate: Option<f64>) -> Isotonic {
        Isotonic::fit(&Sample::new(scores, labels, base_rate).unwrap())
    }

    #[test]
    fn by_hand() {
        let scores = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0];
        let isotonic = fit(&scores, &[false, true, false, true, false, true], None);
        // Values 0, 1/2 twice, 1/2 twice, 1; blocks of the same value are one. Bounds of 3 and 3 are 1/5 and 4/5.
        let block = |centre, probability| Block { centre, probability };
        assert_eq!(isotonic.blocks(), [block(0.0, 0.2), block(2.5, 0.5), block(5.0, 0.8)]);
        assert_eq!(
            [-9.0, 0.0, 2.5, 5.0, 9.0].map(|score| isotonic.probability(score)),
            [0.2, 0.2, 0.5, 0.8, 0.8]
        );
        assert!((isotonic.probability(1.25) - 0.35).abs() < 1e-12);
    }

    #[test]
    fn ties_are_one_point_and_weights_count() {
        let isotonic = fit(&[1.0, 1.0, 1.0, 2.0], &[true, false, false, true], Some(0.1));
        // Two positives weigh 0.2 each and two negatives 1.8 each.
        assert!((isotonic.blocks()[0].probability - 0.2 / 3.8).abs() < 1e-12);
        let constant = fit(&[1.0; 4], &[true, false, false, true], Some(0.3));
        assert_eq!(constant.blocks().len(), 1);
        assert!((constant.probability(5.0) - 0.3).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn the_values_are_the_min_max_of_shares(
            sample in prop::collection::vec((0u8..15, any::<bool>()), 2..40),
        ) {
            let (scores, labels): (Vec<f32>, Vec<bool>) =
                sample.iter().map(|&(score, label)| (f32::from(score), label)).unzip();
            prop_assume!(labels.contains(&true) && labels.contains(&false));
            let data = Sample::new(&scores, &labels, None).unwrap();
            let (low, high) = data.bounds();
            let isotonic = Isotonic::fit(&data);
            let share = |from: f32, to: f32| {
                let inside: Vec<bool> =
                    scores.iter().zip(&labels).filter(|(s, _)| (from..=to).contains(*s)).map(|(_, l)| *l).collect();
                inside.iter().filter(|&&label| label).count() as f64 / inside.len() as f64
            };
            // The plain definition: the greatest over starts of the least over ends of the share of positives.
            let mut value_of: Vec<(f32, f64)> = scores
                .iter()
                .map(|&score| {
                    let ends = || scores.iter().copied().filter(|&to| to >= score);
                    let starts = scores.iter().copied().filter(|&from| from <= score);
                    let least = |from| ends().map(|to| share(from, to)).fold(f64::INFINITY, f64::min);
                    (score, starts.map(least).fold(0.0, f64::max).clamp(low, high))
                })
                .collect();
            value_of.sort_by(|one, other| one.0.total_cmp(&other.0));
            let mut values: Vec<f64> = value_of.iter().map(|&(_, value)| value).collect();
            values.dedup_by(|one, other| (*one - *other).abs() < 1e-12);
            let mut found: Vec<f64> = isotonic.blocks().iter().map(|block| block.probability).collect();
            found.dedup();
            prop_assert_eq!(found.len(), values.len());
            prop_assert!(found.iter().zip(&values).all(|(found, value)| (found - value).abs() < 1e-12));
        }
    }
}
