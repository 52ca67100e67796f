//! Figures of merit of all pairs, and the bootstrap over targets.

#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;

use divan::Bencher;
use divan::counter::ItemsCount;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};
use theriac_link::metrics::{BinaryMetrics, Steps};
use theriac_link::significance::{ScoreBins, TargetHistograms, TargetResamples};
use theriac_link::stability::spearman;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Pairs of DTINet's drugs and diseases, rounded up.
const PAIRS: usize = 4_000_000;
const REPLICATES: usize = 500;
/// Targets of DTINet and of Gottlieb's data set.
const TARGETS: [u32; 2] = [5603, 313];

fn main() {
    divan::main();
}

/// Scores, one in twenty of them of a positive.
fn pairs(count: usize) -> (Vec<f32>, Vec<bool>) {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
    (0..count).map(|i| (rng.random::<f32>() + (i % 20 == 0) as u8 as f32 * 0.3, i % 20 == 0)).unzip()
}

/// The scores of 708 sources for each target.
fn histograms(targets: u32) -> TargetHistograms {
    let (scores, labels) = pairs(targets as usize * 708);
    let class = |scores: &[f32], labels: &[bool], wanted: bool| -> Vec<f32> {
        scores.iter().zip(labels).filter(|(_, label)| **label == wanted).map(|(score, _)| *score).collect()
    };
    let mut histograms = TargetHistograms::new(ScoreBins::new(&class(&scores, &labels, true)));
    for (target, (scores, labels)) in (0..).zip(scores.chunks(708).zip(labels.chunks(708))) {
        histograms.push(target, &class(scores, labels, true), &class(scores, labels, false));
    }
    histograms
}

/// AUROC and average precision of all pairs.
#[divan::bench]
fn auroc_and_average_precision(bencher: Bencher<'_, '_>) {
    let (scores, labels) = pairs(PAIRS);
    bencher
        .counter(ItemsCount::new(PAIRS))
        .bench_local(|| BinaryMetrics::new(black_box(&scores), &labels).unwrap());
}

/// Both curves, BEDROC and the enrichment factor of all pairs, once they are in order.
#[divan::bench]
fn curves_and_early_recognition(bencher: Bencher<'_, '_>) {
    let (scores, labels) = pairs(PAIRS);
    let steps = Steps::new(&scores, &labels).unwrap();
    bencher.bench_local(|| {
        let steps = black_box(&steps);
        (steps.roc_curve(), steps.precision_recall_curve(), steps.bedroc(20.0), steps.enrichment_factor(0.01))
    });
}

/// Rank correlation of two fits' scores of all pairs.
#[divan::bench(sample_count = 10)]
fn rank_correlation(bencher: Bencher<'_, '_>) {
    let (one, _) = pairs(PAIRS);
    let other: Vec<f32> = one.iter().rev().copied().collect();
    bencher.counter(ItemsCount::new(PAIRS)).bench_local(|| spearman(black_box(&one), &other).unwrap());
}

/// Drawing 500 resamples.
#[divan::bench(args = TARGETS)]
fn resamples(targets: u32) -> TargetResamples {
    TargetResamples::draw(black_box(0), targets, REPLICATES)
}

/// Counting all pairs into histograms.
#[divan::bench(args = TARGETS, sample_count = 10)]
fn count_histograms(targets: u32) -> TargetHistograms {
    histograms(black_box(targets))
}

/// AUROC and average precision on 500 resamples.
#[divan::bench(args = TARGETS)]
fn bootstrap(bencher: Bencher<'_, '_>, targets: u32) {
    let (histograms, resamples) = (histograms(targets), TargetResamples::draw(0, targets, REPLICATES));
    bencher.bench_local(|| black_box(&histograms).replicates(&resamples));
}
