//! Negative pairs: those a scorer learns to score low, and those it is judged on.

use std::collections::HashSet;

use rand::RngExt;
use rand::seq::index;
use theriac_graph::{Csr, Relation};

use crate::candidates::Candidates;
use crate::error::LinkError;
use crate::pair::Pair;
use crate::stream::Stream;

/// Pairs with a label each: positives first, then negatives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelledPairs {
    /// The pairs.
    pub pairs: Vec<Pair>,
    /// Whether each pair is a positive: `[pairs]`.
    pub labels: Vec<bool>,
}

impl LabelledPairs {
    /// These positives, then these negatives.
    pub fn new(positives: &[Pair], negatives: &[Pair]) -> Self {
        let mut labels = vec![true; positives.len()];
        labels.resize(positives.len() + negatives.len(), false);
        Self { pairs: [positives, negatives].concat(), labels }
    }

    /// Number of pairs.
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Whether there is no pair.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }
}

/// Training negatives: `count` pairs, each drawn uniformly from all pairs. Some are edges by chance, as in PyTorch
/// Geometric's `LinkNeighborLoader`, which does not check either.
///
/// # Panics
///
/// When there are no sources or no targets to draw from.
pub fn uniform(stream: &mut Stream, sources: u32, targets: u32, count: usize) -> Vec<Pair> {
    (0..count)
        .map(|_| Pair { source: stream.random_range(0..sources), target: stream.random_range(0..targets) })
        .collect()
}

/// Evaluation negatives: `count` different pairs in random order, drawn uniformly from those that are not edges of
/// `known` (sources by targets, each edge once), as PyTorch Geometric's `RandomLinkSplit` does.
///
/// # Errors
///
/// [`LinkError::TooFewUnknown`] when there are not as many.
pub fn unknown(known: &Csr, count: usize, draws: &mut Stream) -> Result<Vec<Pair>, LinkError> {
    let columns = known.columns() as usize;
    let available = known.rows() as usize * columns - known.len();
    if count > available {
        return Err(LinkError::TooFewUnknown { wanted: count, available });
    }
    // Unknown pairs are numbered row by row. Row `r` starts at number `r * columns - offsets[r]`.
    let rows: Vec<usize> =
        known.offsets().iter().enumerate().map(|(row, &edges)| row * columns - edges as usize).collect();
    let drawn = index::sample(draws, available, count);
    Ok(drawn
        .into_iter()
        .map(|number| {
            let row = rows.partition_point(|&start| start <= number) - 1;
            let edges = known.neighbors(row as u32);
            let within = (number - rows[row]) as u32;
            // The edges that stand before the wanted column: edge `i` does when `i` or fewer unknown columns precede it.
            let skipped = partition_point(edges.len(), |i| edges[i] - i as u32 <= within);
            Pair { source: row as u32, target: within + skipped as u32 }
        })
        .collect())
}

/// Degree-matched negatives: for each positive, in its order, a candidate whose source and target have about as many
/// training edges as the positive's (numbers of edges within the same power of two). Popularity then tells nothing, and what
/// a scorer still tells apart it knows of the pair. No candidate is drawn twice.
///
/// Gives the positives that found a match, and the matches: as many of either. A positive between two hubs may have no unknown
/// pair like it.
pub fn degree_matched(
    positives: &[Pair],
    train: &Relation,
    candidates: &Candidates<'_>,
    draws: &mut Stream,
) -> (Vec<Pair>, Vec<Pair>) {
    /// Draws for a positive before it is given up.
    const ATTEMPTS: usize = 100;
    let bin = |degree: u32| (u32::BITS - degree.leading_zeros()) as usize;
    let bins = |edges: &Csr| {
        let mut bins = vec![Vec::new(); u32::BITS as usize + 1];
        (0..edges.rows()).for_each(|node| bins[bin(edges.degree(node))].push(node));
        bins
    };
    let (sources, targets) = (bins(&train.forward), bins(&train.backward));
    let mut drawn = HashSet::new();
    let (mut matched, mut negatives) = (Vec::new(), Vec::new());
    for &positive in positives {
        let sources = &sources[bin(train.forward.degree(positive.source))];
        let targets = &targets[bin(train.backward.degree(positive.target))];
        let mut attempts = (0..ATTEMPTS).map(|_| Pair {
            source: sources[draws.random_range(0..sources.len())],
            target: targets[draws.random_range(0..targets.len())],
        });
        if let Some(found) = attempts.find(|&pair| candidates.contains(pair) && !drawn.contains(&pair)) {
            drawn.insert(found);
            matched.push(positive);
            negatives.push(found);
        }
    }
    (matched, negatives)
}

/// How many negatives `ratio` to a positive makes.
///
/// # Errors
///
/// [`LinkError::NegativeRatio`] when the ratio is not a finite number above 0.
pub fn count(ratio: f64, positives: usize) -> Result<usize, LinkError> {
    if ratio.is_finite() && ratio > 0.0 {
        Ok((ratio * positives as f64) as usize)
    } else {
        Err(LinkError::NegativeRatio { found: ratio })
    }
}

/// The first of `0..len` for which `before` fails, where it holds for all up to some place and for none after.
fn partition_point(len: usize, before: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, len);
    while low < high {
        let middle = low.midpoint(high);
        if before(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::candidates::CandidateRule;
    use crate::conformance::{example_graph, example_task};
    use crate::split::Split;
    use crate::stream::stream;
    use crate::view::TrainView;

    fn draws(seed: u64) -> Stream {
        stream(seed, "unknown pairs", &[])
    }

    proptest! {
        #[test]
        fn all_unknown_pairs_and_no_others_are_drawn(
            (rows, columns, edges) in (1u32..9, 1u32..9).prop_flat_map(|(rows, columns)| {
                (Just(rows), Just(columns), prop::collection::btree_set((0..rows, 0..columns), 0..40))
            }),
            seed in any::<u64>(),
        ) {
            let (row, column): (Vec<u32>, Vec<u32>) = edges.iter().copied().unzip();
            let known = Csr::from_pairs(rows, columns, &row, &column, None);
            let available = (rows * columns) as usize - edges.len();
            let drawn = unknown(&known, available, &mut draws(seed)).unwrap();
            let found: BTreeSet<(u32, u32)> = drawn.iter().map(|pair| (pair.source, pair.target)).collect();
            let everything = (0..rows).flat_map(|r| (0..columns).map(move |c| (r, c)));
            prop_assert_eq!(drawn.len(), available);
            prop_assert_eq!(found, everything.filter(|pair| !edges.contains(pair)).collect());
            let some = unknown(&known, available / 2, &mut draws(seed)).unwrap();
            prop_assert!(some.iter().all(|pair| !known.contains(pair.source, pair.target)));
        }
    }

    #[test]
    fn draws_are_uniform() {
        let known = Csr::from_pairs(3, 4, &[0, 0, 2], &[1, 3, 2], None);
        let mut counts = [0u32; 12];
        for seed in 0..9000 {
            for pair in unknown(&known, 1, &mut draws(seed)).unwrap() {
                counts[(pair.source * 4 + pair.target) as usize] += 1;
            }
        }
        // Nine unknown pairs, 1,000 draws of each expected with a standard deviation of 30.
        assert!(counts.iter().enumerate().all(|(place, &count)| match place {
            1 | 3 | 10 => count == 0,
            _ => (850..1150).contains(&count),
        }));
        let mut counts = [0u32; 6];
        for pair in uniform(&mut stream(1, "test", &[]), 2, 3, 6000) {
            counts[(pair.source * 3 + pair.target) as usize] += 1;
        }
        assert!(counts.iter().all(|count| (850..1150).contains(count)), "{counts:?}");
    }

    #[test]
    fn matched_pairs_are_as_popular_as_their_positives() {
        let graph = example_graph();
        let split = Split::random(&graph, &example_task(&graph).unwrap(), 0.1, 0.2, 7).unwrap();
        let view = TrainView::new(&graph, &split).unwrap();
        let relation = graph.relation(split.task.target()).unwrap();
        let rule = CandidateRule::Unknown;
        let candidates = Candidates::new(relation, &[], &rule);
        let (positives, negatives) = degree_matched(&split.test, view.target(), &candidates, &mut draws(3));
        assert!(positives.len() * 2 > split.test.len(), "{} of {}", positives.len(), split.test.len());
        assert_eq!(positives.len(), negatives.len());
        let power = |degree: u32| (degree + 1).next_power_of_two();
        for (positive, negative) in positives.iter().zip(&negatives) {
            assert!(!relation.forward.contains(negative.source, negative.target));
            let (forward, backward) = (&view.target().forward, &view.target().backward);
            let same = |edges: &Csr, a: u32, b: u32| power(edges.degree(a)) == power(edges.degree(b));
            assert!(same(forward, positive.source, negative.source));
            assert!(same(backward, positive.target, negative.target));
        }
        let different: BTreeSet<&Pair> = negatives.iter().collect();
        assert_eq!(different.len(), negatives.len());
    }

    #[test]
    fn too_few_unknown_pairs_are_said_to_be() {
        let known = Csr::from_pairs(1, 3, &[0, 0], &[0, 2], None);
        assert_eq!(unknown(&known, 1, &mut draws(0)).unwrap(), [Pair::new(0, 1)]);
        assert_eq!(
            unknown(&known, 2, &mut draws(0)).unwrap_err().to_string(),
            "2 unknown pairs were asked for, but only 1 exist; ask for fewer negatives"
        );
    }

    #[test]
    fn a_ratio_is_finite_and_positive() {
        assert_eq!(count(2.0, 3).unwrap(), 6);
        for ratio in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(matches!(count(ratio, 3), Err(LinkError::NegativeRatio { .. })), "{ratio} was taken");
        }
    }
}
