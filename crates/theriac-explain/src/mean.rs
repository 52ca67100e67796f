//! Means over pairs, and the pairs that they are over.

use rand::RngExt;
use rand::seq::SliceRandom;
use theriac_link::significance::Interval;
use theriac_link::{Pair, stream};

/// Resamples that an interval is of.
const RESAMPLES: u64 = 1000;

/// A mean over pairs, with where it lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mean {
    /// The mean.
    pub mean: f64,
    /// Its 95 % percentile interval by bootstrap over the values, 1,000 times.
    pub interval: Interval,
    /// Number of values.
    pub count: usize,
}

impl Mean {
    /// The mean of these values; `None` where there is none.
    pub fn new(values: &[f64], seed: u64) -> Option<Self> {
        let count = values.len();
        let resampled = |replicate| {
            let mut draws = stream(seed, "resamples of a mean", &[replicate]);
            (0..count).map(|_| values[draws.random_range(0..count)]).sum::<f64>() / count as f64
        };
        if values.is_empty() {
            return None;
        }
        let replicates: Vec<f64> = (0..RESAMPLES).map(resampled).collect();
        let interval = Interval::percentile(&replicates, 0.95)?;
        Some(Self { mean: values.iter().sum::<f64>() / count as f64, interval, count })
    }
}

/// Draws `count` of these pairs, or all where there are fewer, in random order: what is done of them when the work is
/// stopped is a random draw too.
pub fn draw_pairs(pairs: &[Pair], count: usize, seed: u64) -> Vec<Pair> {
    let mut drawn = pairs.to_vec();
    drawn.sort_unstable_by_key(|pair| (pair.source, pair.target));
    drawn.shuffle(&mut stream(seed, "pairs to explain", &[]));
    drawn.truncate(count);
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_lies_in_its_interval() {
        assert_eq!(Mean::new(&[], 0), None);
        let same = Mean::new(&[2.0; 5], 0).unwrap();
        assert_eq!((same.mean, same.interval, same.count), (2.0, Interval { low: 2.0, high: 2.0 }, 5));
        // 100 values of 0 and 1 in turn: a standard error of 0.05.
        let values: Vec<f64> = (0..100).map(|place| f64::from(place % 2)).collect();
        let Mean { mean, interval, .. } = Mean::new(&values, 1).unwrap();
        assert_eq!(mean, 0.5);
        assert!((interval.low - 0.4).abs() < 0.03 && (interval.high - 0.6).abs() < 0.03, "{interval:?}");
    }

    #[test]
    fn pairs_are_drawn_once_each_whatever_their_order() {
        let pairs: Vec<Pair> = (0..30).map(|node| Pair::new(node, node % 7)).collect();
        let reversed: Vec<Pair> = pairs.iter().rev().copied().collect();
        let drawn = draw_pairs(&pairs, 10, 3);
        assert_eq!(drawn, draw_pairs(&reversed, 10, 3));
        assert_ne!(drawn, draw_pairs(&pairs, 10, 4));
        assert_eq!(draw_pairs(&pairs, 20, 3)[..10], drawn);
        let mut all = draw_pairs(&pairs, 100, 3);
        all.sort_unstable_by_key(|pair| pair.source);
        assert_eq!(all, pairs);
    }
}
