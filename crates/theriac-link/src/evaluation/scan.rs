//! One scorer over every candidate: what all figures are counted from, without holding the matrix of scores.

use std::cmp::Ordering;
use std::ops::Range;

use rayon::prelude::*;
use theriac_graph::{Csr, Relation};

use crate::candidates::Candidates;
use crate::error::LinkError;
use crate::metrics::{CandidateRank, NegativeTally, PositiveScores, TargetFigures};
use crate::pair::Pair;
use crate::scorer::FittedScorer;
use crate::significance::{ScoreBins, TargetHistograms};

/// Sources of a target's list whose places are counted for popularity.
pub(super) const LIST: usize = 10;
/// Best pairs that are kept.
pub(super) const TOP: usize = 100;
/// Best candidates of a target for which precision and recall are taken.
pub(super) const BEST: [u64; 2] = [10, 50];
/// Parts that are counted at a time, at most: each holds counts as long as the list of positives.
const CHUNKS: usize = 64;

/// What is scanned.
pub(super) struct Scanned<'a> {
    /// The positives, sources of each target: `[n_targets]` rows.
    pub positives: &'a Csr,
    /// Negatives of the binary figures.
    pub negatives: &'a Candidates<'a>,
    /// The pairs that positives are ranked among.
    pub ranked_among: &'a Candidates<'a>,
    /// Whether the two are the same.
    pub same: bool,
}

/// A positive's score, and its ranks in both directions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ranked {
    /// The pair.
    pub pair: Pair,
    /// Of the source among the target's candidates.
    pub of_source: CandidateRank,
    /// Of the target among the source's candidates.
    pub of_target: CandidateRank,
}

/// What a scan finds.
pub(super) struct Scan {
    /// The positives in order of target and source.
    pub ranked: Vec<Ranked>,
    pub positives: PositiveScores,
    pub tally: NegativeTally,
    /// The targets that have a positive, rising, with their figures.
    pub targets: Vec<(u32, TargetFigures)>,
    /// Scores of each target that has a pair, in bins, for resampling.
    pub histograms: TargetHistograms,
    /// For each source, how many targets have it among their [`LIST`] best.
    pub places: Vec<u32>,
    /// The [`TOP`] best pairs that are not known.
    pub top: Vec<Pair>,
}

/// Positives by source, for ranks among a source's targets.
struct BySource {
    offsets: Vec<u32>,
    /// Their scores, rising within each source.
    scores: Vec<f32>,
}

/// What one part of the targets comes to.
struct Part {
    tally: NegativeTally,
    of_source: Vec<CandidateRank>,
    targets: Vec<(u32, TargetFigures)>,
    histograms: TargetHistograms,
    /// Candidates in each gap and on each tie of a source's positives: `2 k + 1` for `k` positives.
    gaps: Vec<u32>,
    places: Vec<u32>,
    top: Vec<(f32, Pair)>,
}

/// Scores everything twice over: first the positives, in blocks as the negatives will be, so that equal scores are equal;
/// then the negatives against them.
pub(super) fn scan(scorer: &dyn FittedScorer, of: &Scanned<'_>) -> Result<Scan, LinkError> {
    let (sources, targets) = (scorer.sources(), scorer.targets());
    let blocks = target_blocks(sources, targets);
    let scores = positive_scores(scorer, of.positives, &blocks)?;
    let mut sorted = scores.clone();
    sorted.sort_unstable_by(f32::total_cmp);
    let positives = PositiveScores::from_sorted(&sorted);
    let by_source = BySource::new(of.positives, &scores, sources);
    let bins = ScoreBins::new(&sorted);

    let per_chunk = blocks.len().div_ceil(CHUNKS).max(1);
    let chunks: Vec<Range<u32>> =
        blocks.chunks(per_chunk).map(|chunk| chunk[0].start..chunk[chunk.len() - 1].end).collect();
    let rows = blocks.first().map_or(1, |block| block.end - block.start);
    let parts: Vec<Part> = chunks
        .into_par_iter()
        .map(|chunk| {
            let mut part = Part::new(&positives, &by_source, &bins, sources);
            let mut buffers = Buffers::default();
            for start in chunk.clone().step_by(rows as usize) {
                let block = start..chunk.end.min(start + rows);
                part.count(scorer, of, block, (&positives, &scores, &by_source), &mut buffers)?;
            }
            Ok(part)
        })
        .collect::<Result<_, LinkError>>()?;

    let mut whole = Part::new(&positives, &by_source, &bins, sources);
    for part in parts {
        whole.tally = whole.tally.merge(&part.tally);
        whole.of_source.extend(part.of_source);
        whole.targets.extend(part.targets);
        whole.histograms.append(part.histograms);
        add(&mut whole.gaps, &part.gaps);
        add(&mut whole.places, &part.places);
        whole.top.extend(part.top);
    }
    keep_best(&mut whole.top, TOP);
    whole.top.sort_unstable_by(before);
    let of_target = by_source.ranks(of.positives, &scores, &whole.gaps);
    let pairs = of.positives.pairs().map(|(target, source)| Pair { source, target });
    let ranks = whole.of_source.iter().zip(&of_target);
    let ranked =
        pairs.zip(ranks).map(|(pair, (&of_source, &of_target))| Ranked { pair, of_source, of_target });
    Ok(Scan {
        ranked: ranked.collect(),
        tally: whole.tally,
        targets: whole.targets,
        histograms: whole.histograms,
        places: whole.places,
        top: whole.top.into_iter().map(|(_, pair)| pair).collect(),
        positives,
    })
}

fn add(sum: &mut [u32], more: &[u32]) {
    sum.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
}

/// The scores of the positives, in the order of their rows.
fn positive_scores(
    scorer: &dyn FittedScorer,
    positives: &Csr,
    blocks: &[Range<u32>],
) -> Result<Vec<f32>, LinkError> {
    let sources = scorer.sources() as usize;
    let found: Vec<Vec<f32>> = blocks
        .par_iter()
        .map_init(Vec::new, |scores, block| {
            let edges = positives.offsets()[block.start as usize]..positives.offsets()[block.end as usize];
            if edges.is_empty() {
                return Ok(Vec::new());
            }
            score_block(scorer, block.clone(), scores)?;
            let of_row = |(target, row): (u32, &[f32])| {
                positives.neighbors(target).iter().map(|&source| row[source as usize]).collect::<Vec<f32>>()
            };
            Ok(block.clone().zip(scores.chunks_exact(sources)).flat_map(of_row).collect())
        })
        .collect::<Result<_, LinkError>>()?;
    Ok(found.concat())
}

impl BySource {
    fn new(positives: &Csr, scores: &[f32], sources: u32) -> Self {
        let mut of: Vec<(u32, f32)> =
            positives.indices().iter().zip(scores).map(|(&source, &score)| (source, score)).collect();
        of.sort_unstable_by(|one, other| one.0.cmp(&other.0).then(one.1.total_cmp(&other.1)));
        let mut offsets = vec![0u32; sources as usize + 1];
        for (source, _) in &of {
            offsets[*source as usize + 1] += 1;
        }
        for source in 0..sources as usize {
            offsets[source + 1] += offsets[source];
        }
        Self { offsets, scores: of.into_iter().map(|(_, score)| score).collect() }
    }

    fn of(&self, source: u32) -> &[f32] {
        &self.scores[self.offsets[source as usize] as usize..self.offsets[source as usize + 1] as usize]
    }

    /// Where the counts of a source begin.
    fn start(&self, source: u32) -> usize {
        2 * self.offsets[source as usize] as usize + source as usize
    }

    /// Counts a candidate of `source`: below its positive `i` and above the one before in gap `2 i`, equal to it in
    /// `2 i + 1`, where `i` is the first with that score.
    fn count(&self, source: u32, score: f32, gaps: &mut [u32]) {
        let own = self.of(source);
        if own.is_empty() {
            return;
        }
        let at = own.partition_point(|&positive| positive < score);
        let tied = own.get(at) == Some(&score);
        gaps[self.start(source) + 2 * at + usize::from(tied)] += 1;
    }

    /// The rank of each positive's target among the candidates of its source.
    fn ranks(&self, positives: &Csr, scores: &[f32], gaps: &[u32]) -> Vec<CandidateRank> {
        let rank = |(&source, &score): (&u32, &f32)| {
            let own = self.of(source);
            let counts = &gaps[self.start(source)..][..=2 * own.len()];
            let at = own.partition_point(|&positive| positive < score);
            let better: u32 = counts[2 * at + 2..].iter().sum();
            let equal = counts[2 * at + 1];
            let all: u32 = counts.iter().sum();
            let rank = 1.0 + f64::from(better) + f64::from(equal) / 2.0;
            CandidateRank { rank, candidates: u64::from(all) + 1 }
        };
        positives.indices().iter().zip(scores).map(rank).collect()
    }
}

#[derive(Default)]
struct Buffers {
    scores: Vec<f32>,
    candidates: Vec<u32>,
    negatives: Vec<u32>,
    unknown: Vec<f32>,
    all_unknown: Vec<f32>,
    list: Vec<(f32, Pair)>,
}

impl Part {
    fn new(positives: &PositiveScores, by_source: &BySource, bins: &ScoreBins, sources: u32) -> Self {
        Self {
            tally: positives.empty_tally(),
            of_source: Vec::new(),
            targets: Vec::new(),
            histograms: TargetHistograms::new(bins.clone()),
            gaps: vec![0; 2 * by_source.scores.len() + sources as usize],
            places: vec![0; sources as usize],
            top: Vec::new(),
        }
    }

    fn count(
        &mut self,
        scorer: &dyn FittedScorer,
        of: &Scanned<'_>,
        block: Range<u32>,
        (positives, scores, by_source): (&PositiveScores, &[f32], &BySource),
        buffers: &mut Buffers,
    ) -> Result<(), LinkError> {
        let Buffers { scores: block_scores, candidates, negatives, unknown, all_unknown, list } = buffers;
        score_block(scorer, block.clone(), block_scores)?;
        all_unknown.clear();
        for (target, row) in block.zip(block_scores.chunks_exact(scorer.sources() as usize)) {
            let own = of.positives.neighbors(target);
            let own_scores = &scores[of.positives.range(target)];
            of.ranked_among.sources_of(target, candidates);
            if candidates.is_empty() && own.is_empty() {
                continue;
            }
            unknown.clear();
            unknown.extend(candidates.iter().map(|&source| row[source as usize]));
            for (&source, &score) in candidates.iter().zip(unknown.iter()) {
                by_source.count(source, score, &mut self.gaps);
            }
            for &score in own_scores {
                let better = unknown.iter().filter(|&&other| other > score).count();
                let equal = unknown.iter().filter(|&&other| other == score).count();
                let rank = 1.0 + better as f64 + equal as f64 / 2.0;
                self.of_source.push(CandidateRank { rank, candidates: candidates.len() as u64 + 1 });
            }
            if !own.is_empty() {
                self.targets.push((target, TargetFigures::new(own_scores, unknown, &BEST)?));
            }
            list.clear();
            list.extend(
                candidates.iter().zip(unknown.iter()).map(|(&source, &s)| (s, Pair { source, target })),
            );
            list.extend(own.iter().zip(own_scores).map(|(&source, &s)| (s, Pair { source, target })));
            keep_best(list, TOP);
            self.top.extend_from_slice(list);
            keep_best(list, LIST);
            for (_, pair) in list.iter() {
                self.places[pair.source as usize] += 1;
            }
            if self.top.len() > 16 * TOP {
                keep_best(&mut self.top, TOP);
            }
            if !of.same {
                of.negatives.sources_of(target, negatives);
                unknown.clear();
                unknown.extend(negatives.iter().map(|&source| row[source as usize]));
            }
            self.histograms.push(target, own_scores, unknown);
            all_unknown.extend_from_slice(unknown);
        }
        all_unknown.sort_unstable_by(f32::total_cmp);
        positives.add_sorted(&mut self.tally, all_unknown);
        Ok(())
    }
}

/// Checks that a scorer was fitted on as many nodes as the relation joins.
pub(super) fn check_nodes(scorer: &dyn FittedScorer, relation: &Relation) -> Result<(), LinkError> {
    let (found, expected) =
        ((scorer.sources(), scorer.targets()), (relation.forward.rows(), relation.forward.columns()));
    if found == expected {
        return Ok(());
    }
    let problem = format!(
        "it scores {} by {} nodes, but {} joins {} by {}",
        found.0, found.1, relation.key, expected.0, expected.1
    );
    Err(LinkError::Scorer { scorer: scorer.name().into(), problem })
}

/// Divides the targets into blocks of about 65,536 pairs: enough work for a call, small enough for the cache.
fn target_blocks(sources: u32, targets: u32) -> Vec<Range<u32>> {
    let rows = (65_536 / sources.max(1)).max(1);
    (0..targets).step_by(rows as usize).map(|start| start..start.saturating_add(rows).min(targets)).collect()
}

/// Scores a block of targets into `out`, which it resizes to `[targets, n_sources]`, and refuses NaN.
fn score_block(scorer: &dyn FittedScorer, block: Range<u32>, out: &mut Vec<f32>) -> Result<(), LinkError> {
    let sources = scorer.sources() as usize;
    out.clear();
    out.resize(block.len() * sources, f32::NAN);
    scorer.score_targets(block.clone(), out);
    match out.iter().position(|score| score.is_nan()) {
        None => Ok(()),
        Some(at) => {
            let pair = Pair::new((at % sources) as u32, block.start + (at / sources) as u32);
            let problem = format!("the score of pair {pair} is NaN; expected a number");
            Err(LinkError::Scorer { scorer: scorer.name().into(), problem })
        }
    }
}

/// Better scores first; equal ones in the order of the graph.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "as slices sort")]
fn before(one: &(f32, Pair), other: &(f32, Pair)) -> Ordering {
    other.0.total_cmp(&one.0).then(one.1.cmp(&other.1))
}

fn keep_best(list: &mut Vec<(f32, Pair)>, count: usize) {
    if list.len() > count {
        list.select_nth_unstable_by(count, before);
        list.truncate(count);
    }
}
