//! The random score: what knowing nothing gives.

use theriac_link::{Budget, FitRecord, FittedScorer, LinkError, Pair, Scorer, TrainView, pair_hash};

const NAME: &str = "random";

/// Scores a pair by a hash of it and the seed: uniform in [0, 1), and the same whenever it is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Random;

struct Fitted {
    seed: u64,
    record: FitRecord,
}

impl Scorer for Random {
    fn name(&self) -> &str {
        NAME
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn fit(&self, view: &TrainView, budget: &Budget<'_>) -> Result<Box<dyn FittedScorer>, LinkError> {
        Ok(Box::new(Fitted { seed: budget.seed, record: FitRecord::new(NAME, view) }))
    }
}

impl FittedScorer for Fitted {
    fn record(&self) -> &FitRecord {
        &self.record
    }

    fn score(&self, pairs: &[Pair]) -> Vec<f32> {
        // An f32 in [0, 1) holds 24 random bits.
        pairs.iter().map(|&pair| (pair_hash(self.seed, pair) >> 40) as f32 / (1u32 << 24) as f32).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conforms() {
        theriac_link::conformance::check_scorer(&Random);
    }

    #[test]
    fn scores_are_uniform_and_follow_the_seed() {
        let record = |seed: u64| FitRecord {
            scorer: NAME.into(),
            split_hash: seed.to_string(),
            learned_validation: false,
            sources: 100,
            targets: 100,
            trials: Vec::new(),
            epochs: Vec::new(),
        };
        let fitted = |seed| Fitted { seed, record: record(seed) };
        let pairs: Vec<Pair> = (0..100).flat_map(|s| (0..100).map(move |t| Pair::new(s, t))).collect();
        let scores = fitted(1).score(&pairs);
        for tenth in 0..10u8 {
            let range = f32::from(tenth) / 10.0..f32::from(tenth + 1) / 10.0;
            let count = scores.iter().filter(|score| range.contains(score)).count();
            // 1,000 expected with a standard deviation of 30.
            assert!((850..1150).contains(&count), "{count} of 10,000 scores in {range:?}");
        }
        assert_ne!(scores, fitted(2).score(&pairs));
    }
}
