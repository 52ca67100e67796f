//! How alike several fits are: rank correlation of their scores and overlap of their top lists.

use rayon::slice::ParallelSliceMut;
use serde::{Deserialize, Serialize};

use crate::error::LinkError;

/// Spearman's rank correlation of two lists of scores of the same pairs, from -1 to 1; ties at their mean rank. `None`
/// where either list is constant, or has less than two scores.
///
/// # Errors
///
/// When there are not as many scores in one list as in the other, or a score is NaN.
pub fn spearman(one: &[f32], other: &[f32]) -> Result<Option<f64>, LinkError> {
    if one.len() != other.len() {
        return Err(LinkError::ScoreLists { one: one.len(), other: other.len() });
    }
    let (one, other) = (centred_ranks(one)?, centred_ranks(other)?);
    let product = |one: &[f64], other: &[f64]| one.iter().zip(other).map(|(x, y)| x * y).sum::<f64>();
    let spread = (product(&one, &one) * product(&other, &other)).sqrt();
    Ok((spread > 0.0).then(|| (product(&one, &other) / spread).clamp(-1.0, 1.0)))
}

/// Ranks less their mean, ties at their mean rank.
fn centred_ranks(scores: &[f32]) -> Result<Vec<f64>, LinkError> {
    if let Some(index) = scores.iter().position(|score| score.is_nan()) {
        return Err(LinkError::NanScore { index });
    }
    let mut order: Vec<(f32, usize)> = scores.iter().copied().zip(0..).collect();
    order.par_sort_unstable_by(|one, other| one.0.total_cmp(&other.0));
    let mut ranks = vec![0.0; scores.len()];
    let mut before = 0;
    for tied in order.chunk_by(|one, other| one.0 == other.0) {
        let rank = before as f64 + f64::midpoint(tied.len() as f64, 1.0);
        for &(_, index) in tied {
            ranks[index] = rank - f64::midpoint(scores.len() as f64, 1.0);
        }
        before += tied.len();
    }
    Ok(ranks)
}

/// How much two top lists have in common.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TopOverlap {
    /// What is in both, as a share of what is in either (Jaccard's index).
    pub jaccard: f64,
    /// What is in both, as a share of the longer list.
    pub share: f64,
}

impl TopOverlap {
    /// The overlap of two lists, whatever their order; what a list holds twice counts once. `None` of two empty lists.
    pub fn of<T: Copy + Ord>(one: &[T], other: &[T]) -> Option<Self> {
        let set = |list: &[T]| {
            let mut list = list.to_vec();
            list.sort_unstable();
            list.dedup();
            list
        };
        let (one, other) = (set(one), set(other));
        let both = one.iter().filter(|item| other.binary_search(item).is_ok()).count();
        let longer = one.len().max(other.len());
        (longer > 0).then(|| Self {
            jaccard: both as f64 / (one.len() + other.len() - both) as f64,
            share: both as f64 / longer as f64,
        })
    }
}

/// The mean of a figure over all pairs of fits, pairs without one left out. `None` where no pair has one.
///
/// # Errors
///
/// That of the first pair for which `figure` fails.
pub fn mean_over_pairs<T>(
    fits: &[T],
    mut figure: impl FnMut(&T, &T) -> Result<Option<f64>, LinkError>,
) -> Result<Option<f64>, LinkError> {
    let (mut sum, mut count) = (0.0, 0);
    for (index, one) in fits.iter().enumerate() {
        for other in &fits[index + 1..] {
            if let Some(figure) = figure(one, other)? {
                sum += figure;
                count += 1;
            }
        }
    }
    Ok((count > 0).then(|| sum / f64::from(count)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn correlation_by_hand() {
        let one = [1.0, 2.0, 3.0, 4.0];
        assert_eq!(spearman(&one, &[10.0, 200.0, 3000.0, 4e9]).unwrap(), Some(1.0));
        assert_eq!(spearman(&one, &[4.0, 3.0, 2.0, 1.0]).unwrap(), Some(-1.0));
        assert_eq!(spearman(&one, &[1.0, 3.0, 2.0, 4.0]).unwrap(), Some(0.8));
        // Ranks 1.5, 1.5, 3.5, 3.5: covariance 4, spreads 5 and 4.
        let tied = spearman(&one, &[0.0, -0.0, 1.0, 1.0]).unwrap().unwrap();
        assert!((tied - 4.0 / 20f64.sqrt()).abs() < 1e-15);
        assert_eq!((spearman(&one, &[1.0; 4]).unwrap(), spearman(&[], &[]).unwrap()), (None, None));
        assert_eq!(
            spearman(&one, &[1.0]).unwrap_err().to_string(),
            "lists of 4 and 1 scores were compared; expected scores of the same pairs"
        );
        assert!(matches!(spearman(&[0.0, f32::NAN], &[0.0, 1.0]), Err(LinkError::NanScore { index: 1 })));
    }

    #[test]
    fn overlap_by_hand() {
        let overlap = TopOverlap::of(&[5u32, 1, 9, 2], &[2, 5, 7]).unwrap();
        assert_eq!((overlap.jaccard, overlap.share), (0.4, 0.5));
        assert_eq!(TopOverlap::of(&[1, 1], &[1]), Some(TopOverlap { jaccard: 1.0, share: 1.0 }));
        assert_eq!(TopOverlap::of(&[1], &[]), Some(TopOverlap { jaccard: 0.0, share: 0.0 }));
        assert_eq!(TopOverlap::of::<u32>(&[], &[]), None);
    }

    #[test]
    fn fits_are_compared_two_by_two() {
        let fits = [vec![1u32, 2], vec![2, 3], vec![3, 4]];
        let overlap =
            |one: &Vec<u32>, other: &Vec<u32>| Ok(TopOverlap::of(one, other).map(|found| found.share));
        assert_eq!(mean_over_pairs(&fits, overlap).unwrap(), Some(1.0 / 3.0));
        assert_eq!(mean_over_pairs(&fits[..1], overlap).unwrap(), None);
        let constant = mean_over_pairs(&[[1.0f32, 2.0], [3.0, 3.0], [0.0, 1.0]], |a, b| spearman(a, b));
        assert_eq!(constant.unwrap(), Some(1.0));
    }

    proptest! {
        #[test]
        fn correlation_is_pearsons_of_counted_ranks(
            lists in prop::collection::vec((0u8..10, 0u8..10), 2..40),
        ) {
            let (one, other): (Vec<f32>, Vec<f32>) = lists.iter().map(|&(a, b)| (f32::from(a), f32::from(b))).unzip();
            let ranks = |list: &[f32]| -> Vec<f64> {
                let below = |score: f32| list.iter().filter(|&&x| x < score).count() as f64;
                let equal = |score: f32| list.iter().filter(|&&x| x == score).count() as f64;
                list.iter().map(|&score| below(score) + f64::midpoint(equal(score), 1.0)).collect()
            };
            let (x, y, n) = (ranks(&one), ranks(&other), one.len() as f64);
            let mean = |values: &[f64]| values.iter().sum::<f64>() / n;
            let covariance = |a: &[f64], b: &[f64]| {
                a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>() / n - mean(a) * mean(b)
            };
            if let Some(found) = spearman(&one, &other).unwrap() {
                let expected = covariance(&x, &y) / (covariance(&x, &x) * covariance(&y, &y)).sqrt();
                prop_assert!((found - expected).abs() < 1e-9);
                prop_assert_eq!(spearman(&other, &one).unwrap(), Some(found));
            }
        }
    }
}
