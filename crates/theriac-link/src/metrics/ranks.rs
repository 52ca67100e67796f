//! Figures of ranks: reciprocal and mean ranks, hits, and the mean rank set against that of a random order.

use serde::{Deserialize, Serialize};

/// The values of `k` at which [`RankFigures`] counts hits.
pub const HITS_AT: [u32; 11] = [1, 2, 3, 5, 10, 20, 30, 50, 100, 200, 500];

/// Where a true pair stands among its candidates.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CandidateRank {
    /// From 1 to `candidates`; ties at the mean of the optimistic and the pessimistic rank ("realistic" in PyKEEN).
    pub rank: f64,
    /// Number of candidates that were ranked, the pair itself among them.
    pub candidates: u64,
}

/// Figures of a list of ranks. Definitions are PyKEEN's, of the realistic rank.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RankFigures {
    /// Mean of the reciprocal ranks.
    pub mrr: f64,
    /// Mean of the ranks.
    pub mean_rank: f64,
    /// Median of the ranks: the mean of the two in the middle where there are two.
    pub median_rank: f64,
    /// The mean rank divided by that of a random order (Berrendorf et al. 2020): 1 for a random order, less is better.
    pub adjusted_mean_rank: f64,
    /// Adjusted mean rank index (Berrendorf et al. 2020): `1 - (mean rank - 1) / (that of a random order - 1)`, from 1,
    /// each pair first, by way of 0, a random order, to about -1. `None` where no pair has a second candidate.
    pub adjusted_mean_rank_index: Option<f64>,
    /// Shares of ranks at or above each `k` of [`HITS_AT`].
    pub hits: Vec<f64>,
    /// Number of ranks.
    pub ranks: usize,
}

impl RankFigures {
    /// The figures where each rank counts once. `None` of no rank.
    pub fn micro(ranks: &[CandidateRank]) -> Option<Self> {
        Self::weighted(ranks, &vec![1.0; ranks.len()])
    }

    /// The figures where each group (each target, say) counts once, its ranks alike: the means are then means over groups
    /// of means within them, and the median and the adjusted ranks are of ranks weighted so (the macro average of PyKEEN).
    /// `groups` gives the group of each rank. `None` of no rank, or where there are not as many groups as ranks.
    pub fn macro_average(ranks: &[CandidateRank], groups: &[u32]) -> Option<Self> {
        if ranks.len() != groups.len() {
            return None;
        }
        let mut sorted = groups.to_vec();
        sorted.sort_unstable();
        let size = |group: u32| {
            sorted.partition_point(|&other| other <= group) - sorted.partition_point(|&other| other < group)
        };
        let weights: Vec<f64> = groups.iter().map(|&group| 1.0 / size(group) as f64).collect();
        Self::weighted(ranks, &weights)
    }

    /// Share of ranks at `k` or better, for a `k` of [`HITS_AT`]; `None` for another.
    pub fn hits_at(&self, k: u32) -> Option<f64> {
        HITS_AT.iter().position(|&at| at == k).map(|index| self.hits[index])
    }

    fn weighted(ranks: &[CandidateRank], weights: &[f64]) -> Option<Self> {
        if ranks.is_empty() {
            return None;
        }
        let total: f64 = weights.iter().sum();
        let mean = |figure: &dyn Fn(&CandidateRank) -> f64| {
            ranks.iter().zip(weights).map(|(rank, weight)| weight * figure(rank)).sum::<f64>() / total
        };
        let mean_rank = mean(&|at| at.rank);
        let expected = mean(&|at| f64::midpoint(at.candidates as f64, 1.0));
        Some(Self {
            mrr: mean(&|at| 1.0 / at.rank),
            mean_rank,
            median_rank: median(ranks, weights, total),
            adjusted_mean_rank: mean_rank / expected,
            adjusted_mean_rank_index: (expected > 1.0).then(|| 1.0 - (mean_rank - 1.0) / (expected - 1.0)),
            hits: HITS_AT.map(|k| mean(&|at| f64::from(u8::from(at.rank <= f64::from(k))))).to_vec(),
            ranks: ranks.len(),
        })
    }
}

/// The rank below and above which lies half of the weight.
fn median(ranks: &[CandidateRank], weights: &[f64], total: f64) -> f64 {
    let mut sorted: Vec<(f64, f64)> = ranks.iter().map(|at| at.rank).zip(weights.iter().copied()).collect();
    sorted.sort_by(|one, other| one.0.total_cmp(&other.0));
    // Sums of weights like 1/3 miss half of the total by a rounding error.
    let (mut below, half, error) = (0.0, total / 2.0, 1e-9 * total);
    for (place, &(rank, weight)) in sorted.iter().enumerate() {
        below += weight;
        if below >= half + error {
            return rank;
        }
        if below > half - error {
            return f64::midpoint(rank, sorted.get(place + 1).map_or(rank, |next| next.0));
        }
    }
    sorted.last().map_or(f64::NAN, |last| last.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ranks(list: &[(f64, u64)]) -> Vec<CandidateRank> {
        list.iter().map(|&(rank, candidates)| CandidateRank { rank, candidates }).collect()
    }

    #[test]
    fn by_hand() {
        let list = ranks(&[(1.0, 11), (2.0, 11), (10.5, 21), (50.0, 101)]);
        let figures = RankFigures::micro(&list).unwrap();
        assert!((figures.mrr - (1.0 + 0.5 + 1.0 / 10.5 + 0.02) / 4.0).abs() < 1e-15);
        assert_eq!((figures.mean_rank, figures.median_rank, figures.ranks), (63.5 / 4.0, 6.25, 4));
        let expected = (6.0 + 6.0 + 11.0 + 51.0) / 4.0;
        assert_eq!(figures.adjusted_mean_rank, 63.5 / 4.0 / expected);
        assert_eq!(figures.adjusted_mean_rank_index, Some(1.0 - (63.5 / 4.0 - 1.0) / (expected - 1.0)));
        assert_eq!([1, 10, 20, 50, 500].map(|k| figures.hits_at(k).unwrap()), [0.25, 0.5, 0.75, 1.0, 1.0]);
        assert_eq!(figures.hits_at(4), None);
    }

    #[test]
    fn each_group_counts_once() {
        let list = ranks(&[(1.0, 5), (4.0, 5), (1.0, 5), (3.0, 5)]);
        let figures = RankFigures::macro_average(&list, &[7, 2, 7, 7]).unwrap();
        assert!((figures.mrr - f64::midpoint(0.25, (2.0 + 1.0 / 3.0) / 3.0)).abs() < 1e-15);
        assert!((figures.mean_rank - f64::midpoint(4.0, 5.0 / 3.0)).abs() < 1e-12);
        assert!((figures.hits_at(1).unwrap() - 1.0 / 3.0).abs() < 1e-15);
        // The group of three ends where half of the weight is.
        assert_eq!(figures.median_rank, 3.5);
        assert_eq!(RankFigures::macro_average(&list, &[1; 4]), RankFigures::micro(&list));
        assert_eq!(RankFigures::macro_average(&list, &[1; 3]), None);
    }

    #[test]
    fn a_random_order_is_worth_nothing() {
        let list: Vec<CandidateRank> =
            (1..=21).map(|rank| CandidateRank { rank: f64::from(rank), candidates: 21 }).collect();
        let figures = RankFigures::micro(&list).unwrap();
        assert_eq!((figures.adjusted_mean_rank, figures.adjusted_mean_rank_index), (1.0, Some(0.0)));
        let best = RankFigures::micro(&ranks(&[(1.0, 9), (1.0, 3)])).unwrap();
        assert_eq!((best.mrr, best.adjusted_mean_rank_index), (1.0, Some(1.0)));
        assert_eq!(RankFigures::micro(&ranks(&[(1.0, 1)])).unwrap().adjusted_mean_rank_index, None);
        assert_eq!(RankFigures::micro(&[]), None);
    }

    proptest! {
        #[test]
        fn the_macro_average_is_the_mean_over_groups(
            list in prop::collection::vec((1u32..600, 0u32..5), 1..40),
        ) {
            let all = ranks(&list.iter().map(|&(rank, _)| (f64::from(rank) / 2.0 + 0.5, 600)).collect::<Vec<_>>());
            let groups: Vec<u32> = list.iter().map(|&(_, group)| group).collect();
            let found = RankFigures::macro_average(&all, &groups).unwrap();
            let of_groups: Vec<RankFigures> = (0..5)
                .filter_map(|group| {
                    let own = all.iter().zip(&groups).filter(|(_, g)| **g == group).map(|(rank, _)| *rank);
                    RankFigures::micro(&own.collect::<Vec<_>>())
                })
                .collect();
            let mean = |figure: &dyn Fn(&RankFigures) -> f64| {
                of_groups.iter().map(figure).sum::<f64>() / of_groups.len() as f64
            };
            prop_assert!((found.mrr - mean(&|f| f.mrr)).abs() < 1e-12);
            prop_assert!((found.mean_rank - mean(&|f| f.mean_rank)).abs() < 1e-9);
            for k in HITS_AT {
                prop_assert!((found.hits_at(k).unwrap() - mean(&|f| f.hits_at(k).unwrap())).abs() < 1e-12);
            }
        }
    }
}
