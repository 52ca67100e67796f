//! Which evidence to trust, told by known nodes that are taken for new ones.

use rand::seq::SliceRandom;
use rayon::prelude::*;
use theriac_graph::{Csr, EditedGraph};
use theriac_link::metrics::{BinaryMetrics, average_precision};
use theriac_link::{Budget, LinkError, TrainView, stream};

use super::Examined;
use super::evidence::{Asked, Evidence};
use super::kind::{Kind, Links, Settings, Similar, similar, vote};
use super::learned::{Learned, pass_on};

/// Pairs of a node that is taken for new and a candidate, at most.
const PAIRS: usize = 400_000;
/// Settings that are tried; the first of each is the default.
const NEIGHBOURS: [usize; 2] = [50, 15];
const POWERS: [i32; 4] = [4, 1, 2, 8];
const RESERVES: [f32; 4] = [0.0, 0.1, 0.3, 1.0];
/// Weights of a kind of evidence that are tried beside the first, which has 1.
const WEIGHTS: [f32; 5] = [0.1, 0.3, 1.0, 3.0, 10.0];
/// Weights that are tried for the share of all known nodes that a candidate is linked with; the first decides between equals.
const PRIORS: [f32; 5] = [1e-4, 0.1, 0.3, 1.0, 3.0];
/// Weights that are tried for what is said of candidates like the candidate.
const SPREADS: [f32; 4] = [0.0, 0.1, 0.3, 1.0];

/// Known nodes that are taken for new ones: each is scored without its own links, which then tell how good that was.
struct Sample {
    nodes: Vec<u32>,
    candidates: usize,
    /// `[nodes, candidates]`.
    labels: Vec<bool>,
    /// Share of the other known nodes that each candidate is linked with: `[nodes, candidates]`.
    popularity: Vec<f32>,
}

/// What is learned, and what it says of the sample without priors and spread.
struct Draft {
    learned: Learned,
    sample: Sample,
    /// `[nodes, candidates]`.
    said: Vec<f32>,
}

impl Sample {
    fn new(known: Links<'_>, seed: u64) -> Self {
        let candidates = known.candidates() as usize;
        let mut nodes: Vec<u32> = (0..known.nodes()).filter(|&node| !known.of(node).is_empty()).collect();
        let others = (nodes.len().saturating_sub(1)).max(1) as f32;
        nodes.shuffle(&mut stream(seed, "nodes taken for new", &[]));
        nodes.truncate((PAIRS / candidates.max(1)).max(1));
        nodes.sort_unstable();
        let mut labels = vec![false; nodes.len() * candidates];
        let mut popularity = Vec::with_capacity(labels.len());
        for (row, &node) in nodes.iter().enumerate() {
            let of_node = &mut labels[row * candidates..][..candidates];
            known.of(node).iter().for_each(|&candidate| of_node[candidate as usize] = true);
            popularity.extend(
                (0..)
                    .zip(of_node.iter())
                    .map(|(candidate, &own)| (known.popularity(candidate) - u32::from(own)) as f32 / others),
            );
        }
        Self { nodes, candidates, labels, popularity }
    }

    /// What this kind says of each pair: `[nodes, candidates]`.
    fn said(&self, kind: &Kind, found: &[Similar], known: Links<'_>) -> Vec<f32> {
        let mut said = vec![0.0; self.labels.len()];
        said.par_chunks_exact_mut(self.candidates).zip(found).for_each(|(row, similar)| {
            vote(known, kind.evidence.direct, &kind.shares(similar), 1.0, row);
        });
        said
    }

    /// The rows that `keep` marks, one after the other.
    fn rows<T: Copy>(&self, values: &[T], keep: &[bool]) -> Vec<T> {
        let rows = values.chunks_exact(self.candidates).zip(keep).filter(|(_, keep)| **keep);
        rows.flat_map(|(row, _)| row.iter().copied()).collect()
    }

    fn average_precision(&self, scores: &[f32]) -> Result<f64, LinkError> {
        Ok(average_precision(scores, &self.labels)?.unwrap_or(0.0))
    }
}

/// One kind of evidence on the sample.
struct Tried {
    kind: Kind,
    examined: Examined,
    said: Vec<f32>,
}

impl Tried {
    /// Chooses the settings with the best average precision over the nodes that have this evidence; `None` where none has.
    fn new(
        evidence: Evidence,
        sample: &Sample,
        known: Links<'_>,
        stop: &dyn Fn() -> bool,
    ) -> Result<Option<Self>, LinkError> {
        let most = NEIGHBOURS.into_iter().max().unwrap_or_default();
        let of_node =
            |buffer: &mut Vec<f32>, &node: &u32| similar(&evidence, Asked::Known(node), known, most, buffer);
        let found: Vec<Similar> = sample.nodes.par_iter().map_init(Vec::new, of_node).collect();
        let told: Vec<bool> = found.iter().map(|similar| !similar.is_empty()).collect();
        let labels = sample.rows(&sample.labels, &told);
        if !labels.contains(&true) {
            return Ok(None);
        }
        let judge = |scores: &[f32]| BinaryMetrics::new(&sample.rows(scores, &told), &labels);
        let direct = evidence.direct;
        let default = Settings { neighbours: NEIGHBOURS[0], power: POWERS[0], reserve: RESERVES[0] };
        let default = if direct { Settings { neighbours: usize::MAX, power: 1, ..default } } else { default };
        let mut kind = Kind::new(evidence, default, &found);
        let mut said = sample.said(&kind, &found, known);
        let mut best = judge(&said)?;
        let mut attempt = |settings: Settings, kind: &mut Kind| -> Result<(), LinkError> {
            if settings == kind.settings || stop() {
                return Ok(());
            }
            let before = kind.settings;
            kind.set(settings, &found);
            let tried = sample.said(kind, &found, known);
            let figures = judge(&tried)?;
            if figures.average_precision > best.average_precision {
                (said, best) = (tried, figures);
            } else {
                kind.set(before, &found);
            }
            Ok(())
        };
        for neighbours in if direct { &[usize::MAX][..] } else { &NEIGHBOURS } {
            for power in POWERS {
                attempt(Settings { neighbours: *neighbours, power, ..kind.settings }, &mut kind)?;
            }
        }
        for reserve in RESERVES.into_iter().filter(|_| !direct) {
            attempt(Settings { reserve, ..kind.settings }, &mut kind)?;
        }
        let popularity = BinaryMetrics::new(&sample.rows(&sample.popularity, &told), &labels)?;
        let examined = Examined {
            evidence: kind.evidence.label.clone(),
            nodes: told.iter().filter(|told| **told).count(),
            auroc: best.auroc.unwrap_or(0.5),
            average_precision: best.average_precision.unwrap_or(0.0),
            popularity: popularity.average_precision.unwrap_or(0.0),
            weight: 0.0,
        };
        Ok(Some(Self { kind, examined, said }))
    }
}

impl Draft {
    fn new(
        view: &TrainView,
        graph: &EditedGraph<'_>,
        of_sources: bool,
        budget: &Budget<'_>,
    ) -> Result<Self, LinkError> {
        let known = Links { graph, target: view.target_place(), reversed: !of_sources };
        let stop = || budget.observer.stop_requested();
        let sample = Sample::new(known, budget.seed);
        let mut tried = Vec::new();
        for evidence in Evidence::all(view, of_sources) {
            tried.extend(Tried::new(evidence, &sample, known, &stop)?);
        }
        // The best first, so that each is weighed beside better ones.
        tried.sort_by(|one, other| {
            other.examined.average_precision.total_cmp(&one.examined.average_precision)
        });
        let mut said = vec![0.0; sample.labels.len()];
        let mut reached = 0.0;
        let (mut kinds, mut examined) = (Vec::<Kind>::new(), Vec::new());
        for Tried { mut kind, examined: mut figures, said: own } in tried {
            let first = kinds.is_empty();
            let tells = figures.auroc > 0.5 && figures.average_precision > figures.popularity;
            let weights = if first { &[1.0][..] } else { &WEIGHTS };
            for &weight in weights.iter().filter(|_| tells && (first || !stop())) {
                let sum: Vec<f32> = said.iter().zip(&own).map(|(said, own)| said + weight * own).collect();
                let precision = sample.average_precision(&sum)?;
                if precision > reached {
                    (reached, kind.weight) = (precision, weight);
                }
            }
            if kind.weight > 0.0 {
                said.iter_mut().zip(&own).for_each(|(said, own)| *said += kind.weight * own);
                figures.weight = kind.weight;
                kinds.push(kind);
            }
            examined.push(figures);
        }
        let all: f32 = kinds.iter().map(|kind| kind.weight).sum();
        if all > 0.0 {
            for value in &mut said {
                *value /= all;
            }
            for kind in &mut kinds {
                kind.weight /= all;
            }
            for examined in &mut examined {
                examined.weight /= all;
            }
        }
        let nodes = (0..known.nodes()).filter(|&node| !known.of(node).is_empty()).count().max(1) as f32;
        let learned = Learned {
            target: known.target,
            reversed: known.reversed,
            kinds,
            examined,
            prior: PRIORS[0],
            nodes,
            spread: 0.0,
        };
        Ok(Self { learned, sample, said })
    }

    /// Chooses what is said by way of candidates that are alike, and what by popularity.
    fn finish(self, likeness: &Csr, budget: &Budget<'_>) -> Result<Learned, LinkError> {
        let Self { mut learned, sample, mut said } = self;
        if learned.kinds.is_empty() || budget.observer.stop_requested() {
            return Ok(learned);
        }
        let mut passed = vec![0.0; said.len()];
        let rows =
            passed.par_chunks_exact_mut(sample.candidates).zip(said.par_chunks_exact(sample.candidates));
        rows.for_each(|(passed, said)| pass_on(likeness, said, passed));
        let sum = |one: &[f32], weight: f32, other: &[f32]| -> Vec<f32> {
            one.iter().zip(other).map(|(one, other)| one + weight * other).collect()
        };
        let mut best = sample.average_precision(&said)?;
        for spread in SPREADS.into_iter().filter(|spread| *spread > 0.0) {
            let precision = sample.average_precision(&sum(&said, spread, &passed))?;
            if precision > best {
                (best, learned.spread) = (precision, spread);
            }
        }
        said = sum(&said, learned.spread, &passed);
        best = 0.0;
        for prior in PRIORS {
            let precision = sample.average_precision(&sum(&said, prior, &sample.popularity))?;
            if precision > best {
                (best, learned.prior) = (precision, prior);
            }
        }
        Ok(learned)
    }
}

/// What is learned of sources and of targets.
pub(super) fn learn(
    view: &TrainView,
    graph: &EditedGraph<'_>,
    budget: &Budget<'_>,
) -> Result<([Learned; 2], [Csr; 2]), LinkError> {
    let of_sources = Draft::new(view, graph, true, budget)?;
    let of_targets = Draft::new(view, graph, false, budget)?;
    let likeness = [&of_sources, &of_targets].map(|draft| draft.learned.likeness_of_all(graph));
    let [sources, targets] = &likeness;
    Ok(([of_sources.finish(targets, budget)?, of_targets.finish(sources, budget)?], likeness))
}
