//! Scores reduced to a histogram for each target, on which AUROC and average precision are quickly had for any resample.

use rayon::prelude::*;

use crate::significance::TargetResamples;

/// Bins of a histogram.
const BINS: usize = 128;
/// Counts of a target: positives, then negatives.
const ROW: usize = 2 * BINS;
/// Resamples that are summed in one pass over the histograms: as many sums as the fast cache holds.
const TILE: usize = 8;

type Row = [u32; ROW];

/// Where the bins of a histogram begin: at quantiles of the positives' scores, so that each bin holds as many positives.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoreBins {
    /// Lowest scores of all bins but the first, rising.
    edges: Vec<f32>,
    /// Whether each positive score has a bin of its own, so that nothing is lost.
    exact: bool,
}

impl ScoreBins {
    /// Bins for scores of these positives, which need no order. NaN is left out.
    ///
    /// Up to 63 different scores get bins of their own, with bins between them; from more, 127 quantiles are taken.
    pub fn new(positives: &[f32]) -> Self {
        let mut sorted: Vec<f32> = positives.iter().copied().filter(|score| !score.is_nan()).collect();
        sorted.par_sort_unstable_by(f32::total_cmp);
        let quantile = |bin: usize| sorted[bin * sorted.len() / BINS];
        let mut distinct = sorted.clone();
        distinct.dedup();
        let exact = distinct.len() < BINS / 2;
        let mut edges: Vec<f32> = if exact {
            distinct.iter().flat_map(|&score| [score, score.next_up()]).collect()
        } else {
            (1..BINS).map(quantile).collect()
        };
        edges.dedup();
        Self { edges, exact }
    }

    /// The bin of a score.
    fn bin(&self, score: f32) -> usize {
        self.edges.partition_point(|&edge| edge <= score)
    }
}

/// How many positives and negatives of each target are in which bin.
#[derive(Clone, Debug, PartialEq)]
pub struct TargetHistograms {
    bins: ScoreBins,
    /// Targets with any pair.
    targets: Vec<u32>,
    /// Their counts, `[targets]`.
    rows: Vec<Row>,
    /// Their numbers of pairs, `[targets]`.
    pairs: Vec<u64>,
}

/// A scorer's figures on each resample; NaN on one that lacks a class.
#[derive(Clone, Debug, PartialEq)]
pub struct FigureReplicates {
    /// Areas under the ROC curve, `[replicates]`.
    pub auroc: Vec<f64>,
    /// Average precisions, `[replicates]`.
    pub average_precision: Vec<f64>,
}

impl FigureReplicates {
    /// Moves all replicates by what the histograms lose: by the difference of the exact figures on all targets, AUROC and
    /// average precision, from those of [`TargetHistograms::point`]. None leaves the range from 0 to 1.
    #[must_use]
    pub fn corrected(mut self, exact: (f64, f64), binned: (f64, f64)) -> Self {
        let shift = |replicates: &mut [f64], by: f64| {
            for figure in replicates {
                *figure = (*figure + by).clamp(0.0, 1.0);
            }
        };
        shift(&mut self.auroc, exact.0 - binned.0);
        shift(&mut self.average_precision, exact.1 - binned.1);
        self
    }
}

impl TargetHistograms {
    /// No target yet.
    pub fn new(bins: ScoreBins) -> Self {
        Self { bins, targets: Vec::new(), rows: Vec::new(), pairs: Vec::new() }
    }

    /// Adds a target by the scores of its positives and its negatives, in any order and without NaN. A target without a
    /// pair is left out.
    pub fn push(&mut self, target: u32, positives: &[f32], negatives: &[f32]) {
        let pairs = (positives.len() + negatives.len()) as u64;
        if pairs == 0 {
            return;
        }
        let mut row = [0; ROW];
        for (counts, scores) in row.chunks_exact_mut(BINS).zip([positives, negatives]) {
            for &score in scores {
                counts[self.bins.bin(score)] += 1;
            }
        }
        self.targets.push(target);
        self.rows.push(row);
        self.pairs.push(pairs);
    }

    /// Adds the targets of other histograms with the same bins: blocks of targets can be counted in parallel.
    pub fn append(&mut self, mut other: Self) {
        debug_assert_eq!(self.bins, other.bins, "histograms with other bins");
        self.targets.append(&mut other.targets);
        self.rows.append(&mut other.rows);
        self.pairs.append(&mut other.pairs);
    }

    /// AUROC and average precision of all targets, as the histograms have them; NaN without a class.
    pub fn point(&self) -> (f64, f64) {
        let mut sums = Sums::new();
        for (row, &pairs) in self.rows.iter().zip(&self.pairs) {
            sums.add(row, pairs);
        }
        sums.figures(self.bins.exact)
    }

    /// AUROC and average precision on each resample of the targets, a target that was drawn twice counting twice. Targets that
    /// `resamples` does not have count nothing.
    ///
    /// Within a bin positives and negatives are taken to be evenly mixed, unless the bins are exact. What that shifts is
    /// mended by [`FigureReplicates::corrected`].
    pub fn replicates(&self, resamples: &TargetResamples) -> FigureReplicates {
        let replicates: Vec<usize> = (0..resamples.replicates()).collect();
        let tile = |replicates: &[usize]| {
            let counts: Vec<&[u32]> =
                replicates.iter().map(|&replicate| resamples.counts(replicate)).collect();
            let mut sums = vec![Sums::new(); counts.len()];
            for ((row, &target), &pairs) in self.rows.iter().zip(&self.targets).zip(&self.pairs) {
                for (sums, counts) in sums.iter_mut().zip(&counts) {
                    for _ in 0..counts.get(target as usize).copied().unwrap_or(0) {
                        sums.add(row, pairs);
                    }
                }
            }
            sums.into_iter().map(|sums| sums.figures(self.bins.exact)).collect::<Vec<_>>()
        };
        let figures: Vec<Vec<(f64, f64)>> = replicates.par_chunks(TILE).map(tile).collect();
        let (auroc, average_precision) = figures.concat().into_iter().unzip();
        FigureReplicates { auroc, average_precision }
    }
}

/// Summed histograms.
#[derive(Clone)]
struct Sums {
    /// Sums of few targets: small numbers, of which a processor adds many at once.
    recent: Row,
    /// No count of `recent` is more.
    bound: u64,
    /// What `recent` had no room for.
    earlier: [u64; ROW],
}

impl Sums {
    fn new() -> Self {
        Self { recent: [0; ROW], bound: 0, earlier: [0; ROW] }
    }

    #[inline]
    fn add(&mut self, row: &Row, pairs: u64) {
        self.bound += pairs;
        if self.bound > u64::from(u32::MAX) {
            self.carry();
            self.bound = pairs;
        }
        for (sum, count) in self.recent.iter_mut().zip(row) {
            *sum = sum.wrapping_add(*count);
        }
    }

    #[cold]
    fn carry(&mut self) {
        for (earlier, recent) in self.earlier.iter_mut().zip(&mut self.recent) {
            *earlier += u64::from(std::mem::take(recent));
        }
    }

    /// AUROC and average precision.
    fn figures(mut self, exact: bool) -> (f64, f64) {
        self.carry();
        let (positives, negatives) = self.earlier.split_at(BINS);
        let (all_positives, all_negatives) =
            (positives.iter().sum::<u64>() as f64, negatives.iter().sum::<u64>() as f64);
        // From the best bin down, the positives and the negatives above it.
        let (mut found, mut wrong) = (0.0, 0.0);
        let (mut ordered, mut precisions) = (0.0, 0.0);
        for (&positives, &negatives) in positives.iter().zip(negatives).rev() {
            let (positives, negatives) = (positives as f64, negatives as f64);
            if positives > 0.0 {
                ordered += positives * (all_negatives - wrong - negatives / 2.0);
                precisions += positives * mean_precision(found, found + wrong, positives, negatives, exact);
            }
            found += positives;
            wrong += negatives;
        }
        // Without a class these are 0 / 0.
        let auroc = ordered / (all_positives * all_negatives);
        (auroc, precisions / all_positives)
    }
}

/// Mean of the precision at the positives of a bin, `found` positives among `called` pairs being above it: at its lower end
/// where the bin is one score, else over its length.
fn mean_precision(found: f64, called: f64, positives: f64, negatives: f64, exact: bool) -> f64 {
    let pairs = positives + negatives;
    if exact {
        return (found + positives) / (called + pairs);
    }
    let inside = positives / pairs;
    if called == 0.0 {
        return inside;
    }
    // The integral of (found + positives · t) / (called + pairs · t) for t from 0 to 1.
    let growth = pairs / called;
    let above = growth.ln_1p() / growth;
    found / called * above + inside * (1.0 - above)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::metrics::BinaryMetrics;

    type Target = (Vec<f32>, Vec<f32>);

    fn histograms(targets: &[Target]) -> TargetHistograms {
        let positives: Vec<f32> = targets.iter().flat_map(|(positives, _)| positives.clone()).collect();
        let mut histograms = TargetHistograms::new(ScoreBins::new(&positives));
        for (target, (positives, negatives)) in targets.iter().enumerate() {
            histograms.push(target as u32, positives, negatives);
        }
        histograms
    }

    /// The figures of the targets, each as often as `counts` says.
    fn exact(targets: &[Target], counts: &[u32]) -> BinaryMetrics {
        let (mut scores, mut labels) = (Vec::new(), Vec::new());
        for ((positives, negatives), &count) in targets.iter().zip(counts) {
            for _ in 0..count {
                scores.extend(positives.iter().chain(negatives));
                labels.extend(positives.iter().map(|_| true).chain(negatives.iter().map(|_| false)));
            }
        }
        BinaryMetrics::new(&scores, &labels).unwrap()
    }

    /// Targets of different sizes, whose positives score higher on the whole.
    fn made_up(count: usize) -> Vec<Target> {
        let score = |i: usize| ((i as u32).wrapping_mul(2_654_435_761) >> 8) as f32 / (1 << 24) as f32;
        (0..count)
            .map(|target| {
                let lift = 0.2 + 0.5 * score(target + 999_983);
                let positives = (0..3 + target % 20).map(|i| score(target * 1000 + i) + lift);
                let negatives = (0..150).map(|i| score(target * 1000 + 500 + i));
                (positives.collect(), negatives.collect())
            })
            .collect()
    }

    #[test]
    fn replicates_are_those_of_the_pairs_drawn() {
        let targets = made_up(60);
        let histograms = histograms(&targets);
        assert!(!histograms.bins.exact);
        let all = exact(&targets, &[1; 60]);
        let resamples = TargetResamples::draw(5, 60, 30);
        let point = (all.auroc.unwrap(), all.average_precision.unwrap());
        let replicates = histograms.replicates(&resamples).corrected(point, histograms.point());
        let (mut error, mut spread) = ((0.0f64, 0.0f64), (0.0f64, 0.0f64));
        for replicate in 0..resamples.replicates() {
            let expected = exact(&targets, resamples.counts(replicate));
            let (auroc, ap) = (expected.auroc.unwrap(), expected.average_precision.unwrap());
            let found = (replicates.auroc[replicate], replicates.average_precision[replicate]);
            error = (error.0.max((found.0 - auroc).abs()), error.1.max((found.1 - ap).abs()));
            spread = (spread.0.max((auroc - point.0).abs()), spread.1.max((ap - point.1).abs()));
        }
        // What is measured is much more than what binning changes.
        assert!(error.0 < spread.0 / 30.0 && error.1 < spread.1 / 30.0, "{error:?} of {spread:?}");
        assert!(spread.0 > 0.01 && spread.1 > 0.02, "{spread:?}");
    }

    #[test]
    fn blocks_and_threads_change_nothing() {
        let targets = made_up(40);
        let whole = histograms(&targets);
        let mut joined = TargetHistograms::new(whole.bins.clone());
        for (block, targets) in targets.chunks(10).enumerate() {
            let mut part = TargetHistograms::new(whole.bins.clone());
            for (index, (positives, negatives)) in targets.iter().enumerate() {
                part.push((block * 10 + index) as u32, positives, negatives);
            }
            joined.append(part);
        }
        assert_eq!(joined, whole);
        let with_threads = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| whole.replicates(&TargetResamples::draw(5, 40, 50)))
        };
        assert_eq!(with_threads(3), with_threads(1));
    }

    #[test]
    fn sums_have_room_for_more_than_a_small_number() {
        let mut sums = Sums::new();
        let mut row = [0; ROW];
        (row[0], row[BINS]) = (1 << 31, 1 << 30);
        for _ in 0..7 {
            sums.add(&row, (1 << 31) + (1 << 30));
        }
        sums.carry();
        assert_eq!((sums.earlier[0], sums.earlier[BINS], sums.earlier[1]), (7 << 31, 7 << 30, 0));
    }

    #[test]
    fn a_missing_class_is_no_figure() {
        let histograms = histograms(&[(vec![0.5], vec![]), (vec![], vec![0.25]), (vec![], vec![])]);
        assert_eq!(histograms.targets, [0, 1]);
        assert_eq!(histograms.point(), (1.0, 1.0));
        let resamples = TargetResamples::draw(0, 3, 100);
        let found = histograms.replicates(&resamples);
        for replicate in 0..100 {
            let drawn = resamples.counts(replicate);
            assert_eq!(found.auroc[replicate].is_nan(), drawn[0] == 0 || drawn[1] == 0);
            assert_eq!(found.average_precision[replicate].is_nan(), drawn[0] == 0);
        }
    }

    proptest! {
        #[test]
        fn few_scores_lose_nothing(
            targets in prop::collection::vec((prop::collection::vec(0u8..9, 0..6), prop::collection::vec(0u8..9, 0..9)), 1..12),
        ) {
            let scores = |list: &Vec<u8>| -> Vec<f32> { list.iter().map(|&score| f32::from(score) - 4.0).collect() };
            let targets: Vec<Target> = targets.iter().map(|(p, n)| (scores(p), scores(n))).collect();
            let resamples = TargetResamples::draw(9, targets.len() as u32, 5);
            let found = histograms(&targets).replicates(&resamples);
            for replicate in 0..5 {
                let expected = exact(&targets, resamples.counts(replicate));
                let same = |found: f64, expected: Option<f64>| {
                    expected.map_or(found.is_nan(), |expected| (found - expected).abs() < 1e-12)
                };
                prop_assert!(same(found.auroc[replicate], expected.auroc));
                prop_assert!(same(found.average_precision[replicate], expected.average_precision));
            }
        }
    }
}
