//! Whether a scorer names the same few sources for every target: how its top lists share their places among sources.

use serde::{Deserialize, Serialize};

/// How the places of all targets' top lists are shared among the sources.
///
/// A scorer that gives every target the same list has an effective number of sources of the list's length; one whose lists
/// name all sources alike has all of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Popularity {
    /// Number of sources that could be named.
    pub sources: usize,
    /// Number of sources that are named at least once.
    pub named: usize,
    /// Places of all lists.
    pub places: u64,
    /// Shannon entropy of the sources' shares of the places, as a part of the greatest there is, the logarithm of the number of
    /// sources: from 0, one source has all places, to 1. `None` with a single source.
    pub normalized_entropy: Option<f64>,
    /// Exponential of the entropy: how many sources would share the places as evenly (Hill 1973, order 1).
    pub effective_sources: f64,
    /// Gini coefficient of the sources' numbers of places, those never named included: from 0, all alike, to nearly 1.
    pub gini: f64,
    /// Share of the places that the most frequent source has.
    pub top_share: f64,
    /// The most frequent sources with their numbers of places, most frequent first, then by index.
    pub most_frequent: Vec<(u32, u64)>,
}

impl Popularity {
    /// Counts the top lists of all targets, each a list of sources below `sources`, and keeps the `keep` most frequent
    /// sources. `None` without a place, or where a list names a source that there is not.
    pub fn of_lists<'a>(
        lists: impl IntoIterator<Item = &'a [u32]>,
        sources: usize,
        keep: usize,
    ) -> Option<Self> {
        let mut counts = vec![0; sources];
        for &source in lists.into_iter().flatten() {
            *counts.get_mut(source as usize)? += 1;
        }
        Self::of_counts(&counts, keep)
    }

    /// The same from the number of places of each source: `[n_sources]`. `None` without a place.
    pub fn of_counts(counts: &[u32], keep: usize) -> Option<Self> {
        let sources = counts.len();
        let counts = counts.iter().map(|&count| u64::from(count));
        let places: u64 = counts.clone().sum();
        let mut frequent: Vec<(u32, u64)> = (0..).zip(counts).filter(|&(_, count)| count > 0).collect();
        frequent.sort_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(&other.0)));
        let top = frequent.first()?.1;
        let share = |count: u64| count as f64 / places as f64;
        let entropy: f64 = frequent.iter().map(|&(_, count)| -share(count) * share(count).ln()).sum();
        // Half of the mean absolute difference over the mean: from ranks, the least frequent being last.
        let behind = |place: usize| 2.0 * place as f64 + 1.0;
        let from_top: f64 =
            frequent.iter().enumerate().map(|(place, &(_, count))| behind(place) * share(count)).sum();
        let named = frequent.len();
        frequent.truncate(keep);
        Some(Self {
            sources,
            named,
            places,
            normalized_entropy: (sources > 1).then(|| (entropy / (sources as f64).ln()).clamp(0.0, 1.0)),
            effective_sources: entropy.exp(),
            gini: 1.0 - from_top / sources as f64,
            top_share: share(top),
            most_frequent: frequent,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(lists: &[Vec<u32>], sources: usize) -> Option<Popularity> {
        Popularity::of_lists(lists.iter().map(Vec::as_slice), sources, 2)
    }

    #[test]
    fn by_hand() {
        let found = of(&[vec![3, 1], vec![3, 0], vec![3, 1], vec![]], 5).unwrap();
        assert_eq!((found.sources, found.named, found.places), (5, 3, 6));
        assert_eq!(found.most_frequent, [(3, 3), (1, 2)]);
        assert_eq!(found.top_share, 0.5);
        let entropy = 0.5 * 2f64.ln() + 3f64.ln() / 3.0 + 6f64.ln() / 6.0;
        assert!((found.normalized_entropy.unwrap() - entropy / 5f64.ln()).abs() < 1e-15);
        assert!((found.effective_sources - entropy.exp()).abs() < 1e-12);
    }

    #[test]
    fn the_same_list_for_all_and_a_list_for_each() {
        let same = of(&vec![vec![4, 7]; 30], 60).unwrap();
        assert!((same.effective_sources - 2.0).abs() < 1e-12 && (same.gini - 58.0 / 60.0).abs() < 1e-12);
        let each: Vec<Vec<u32>> = (0..30).map(|target| vec![2 * target, 2 * target + 1]).collect();
        let each = of(&each, 60).unwrap();
        assert!((each.effective_sources - 60.0).abs() < 1e-9 && each.gini.abs() < 1e-12);
        assert!((each.normalized_entropy.unwrap() - 1.0).abs() < 1e-12);
        assert_eq!(each.most_frequent, [(0, 1), (1, 1)]);
        let single = of(&[vec![0], vec![0]], 1).unwrap();
        assert_eq!((single.normalized_entropy, single.effective_sources, single.gini), (None, 1.0, 0.0));
    }

    #[test]
    fn what_names_nothing_or_no_source_has_no_figure() {
        assert_eq!(of(&[vec![], vec![]], 3), None);
        assert_eq!(of(&[vec![0, 3]], 3), None);
    }

    proptest! {
        #[test]
        fn the_gini_coefficient_is_that_of_all_differences(
            lists in prop::collection::vec(prop::collection::vec(0u32..8, 1..5), 1..20),
        ) {
            let mut counts = [0.0f64; 8];
            lists.iter().flatten().for_each(|&source| counts[source as usize] += 1.0);
            let differences: f64 = counts.iter().flat_map(|a| counts.iter().map(move |b| (a - b).abs())).sum();
            let mean = counts.iter().sum::<f64>() / 8.0;
            let found = of(&lists, 8).unwrap();
            prop_assert!((found.gini - differences / (2.0 * 64.0 * mean)).abs() < 1e-12);
            prop_assert!(found.effective_sources <= found.named as f64 + 1e-9);
        }
    }
}
