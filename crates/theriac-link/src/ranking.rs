//! Filtered ranking: where a true source stands among all sources of its target.

use std::borrow::Cow;
use std::ops::Range;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use theriac_graph::{Csr, Relation};

use crate::error::LinkError;
use crate::pair::Pair;
use crate::scorer::FittedScorer;

/// A pair, its score and its filtered rank.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RankedPair {
    /// The pair.
    #[serde(flatten)]
    pub pair: Pair,
    /// Its score.
    pub score: f32,
    /// Rank of the source among all sources for the target, from 1, other known sources left out; ties get the mean of
    /// the optimistic and the pessimistic rank.
    pub rank: f64,
}

/// Figures of a list of filtered ranks, each pair counting once (micro average).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ranking {
    /// Mean of the reciprocal ranks.
    pub mrr: f64,
    /// Share of pairs at rank 1.
    #[serde(rename = "hits@1")]
    pub hits_at_1: f64,
    /// Share of pairs at rank 10 or better.
    #[serde(rename = "hits@10")]
    pub hits_at_10: f64,
    /// Share of pairs at rank 50 or better.
    #[serde(rename = "hits@50")]
    pub hits_at_50: f64,
    /// Mean of the ranks.
    pub mean_rank: f64,
    /// Number of pairs.
    pub pairs: usize,
}

impl Ranking {
    /// The figures of these ranks; `None` of none.
    pub fn from_ranks(ranks: &[f64]) -> Option<Self> {
        if ranks.is_empty() {
            return None;
        }
        let mean =
            |figure: &dyn Fn(f64) -> f64| ranks.iter().copied().map(figure).sum::<f64>() / ranks.len() as f64;
        let hits = |k: f64| mean(&|rank| f64::from(u8::from(rank <= k)));
        Some(Self {
            mrr: mean(&|rank| 1.0 / rank),
            hits_at_1: hits(1.0),
            hits_at_10: hits(10.0),
            hits_at_50: hits(50.0),
            mean_rank: mean(&|rank| rank),
            pairs: ranks.len(),
        })
    }
}

/// Ranks the source of each pair among all sources for its target; sources that `relation` knows for the target,
/// whatever part of a split they are in, are left out (it holds each edge once). The result is sorted by target, then source.
///
/// Targets are scored in blocks that run in parallel; the matrix of all scores is never held. The result does not
/// depend on the number of threads.
///
/// # Errors
///
/// When the scorer has other numbers of nodes than the relation, a pair is out of range, or a score is NaN.
pub fn filtered_ranks(
    scorer: &dyn FittedScorer,
    relation: &Relation,
    pairs: &[Pair],
) -> Result<Vec<RankedPair>, LinkError> {
    check_nodes(scorer, relation)?;
    let known_to_all = known_pairs(relation);
    let (sources, targets) = (scorer.sources(), scorer.targets());
    if let Some(pair) = pairs.iter().find(|pair| pair.source >= sources || pair.target >= targets) {
        let problem =
            format!("pair {pair} is out of range; expected nodes below {}", Pair::new(sources, targets));
        return Err(LinkError::Scorer { scorer: scorer.name().into(), problem });
    }
    let (target, source): (Vec<u32>, Vec<u32>) = pairs.iter().map(|pair| (pair.target, pair.source)).unzip();
    let wanted = Csr::from_pairs(targets, sources, &target, &source, None);
    let blocks: Vec<Vec<RankedPair>> = target_blocks(sources, targets)
        .into_par_iter()
        .filter(|block| block.clone().any(|target| wanted.degree(target) > 0))
        .map_init(Vec::new, |row_scores, block| {
            score_block(scorer, block.clone(), row_scores)?;
            let mut unknown = Vec::new();
            let mut ranked = Vec::new();
            for (target, scores) in block.zip(row_scores.chunks_exact(sources as usize)) {
                if wanted.degree(target) == 0 {
                    continue;
                }
                let known = known_to_all.backward.neighbors(target);
                unknown.clear();
                push_unknown(scores, known, &mut unknown);
                ranked.extend(wanted.neighbors(target).iter().map(|&source| {
                    let score = scores[source as usize];
                    let better = unknown.iter().filter(|&&other| other > score).count();
                    // A pair that is not known stands among the unknown itself, and does not tie with itself.
                    let itself = usize::from(known.binary_search(&source).is_err());
                    let equal = unknown.iter().filter(|&&other| other == score).count() - itself;
                    let rank = 1.0 + better as f64 + equal as f64 / 2.0;
                    RankedPair { pair: Pair { source, target }, score, rank }
                }));
            }
            Ok(ranked)
        })
        .collect::<Result<_, LinkError>>()?;
    Ok(blocks.concat())
}

/// The pairs that are no candidates: the relation's edges and, where it joins a type with itself, each node with itself.
pub(crate) fn known_pairs(relation: &Relation) -> Cow<'_, Relation> {
    if relation.source_type != relation.target_type {
        return Cow::Borrowed(relation);
    }
    let nodes = relation.forward.rows();
    let edges = relation.forward.pairs().filter(|(source, target)| source != target);
    let (sources, targets): (Vec<u32>, Vec<u32>) = edges.chain((0..nodes).map(|node| (node, node))).unzip();
    Cow::Owned(relation.with_edges(Csr::from_pairs(nodes, nodes, &sources, &targets, None)))
}

/// Checks that a scorer was fitted on as many nodes as the relation joins.
pub(crate) fn check_nodes(scorer: &dyn FittedScorer, relation: &Relation) -> Result<(), LinkError> {
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
pub(crate) fn target_blocks(sources: u32, targets: u32) -> Vec<Range<u32>> {
    let rows = (65_536 / sources.max(1)).max(1);
    (0..targets).step_by(rows as usize).map(|start| start..start.saturating_add(rows).min(targets)).collect()
}

/// Scores a block of targets into `out`, which it resizes to `[targets, n_sources]`, and refuses NaN.
pub(crate) fn score_block(
    scorer: &dyn FittedScorer,
    block: Range<u32>,
    out: &mut Vec<f32>,
) -> Result<(), LinkError> {
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

/// Appends the scores of the sources that are not in the sorted list `known`.
pub(crate) fn push_unknown(scores: &[f32], known: &[u32], unknown: &mut Vec<f32>) {
    let mut next = 0;
    for &source in known {
        unknown.extend_from_slice(&scores[next..source as usize]);
        next = source as usize + 1;
    }
    unknown.extend_from_slice(&scores[next..]);
}

#[cfg(test)]
mod tests {
    use theriac_graph::RelationKey;

    use super::*;
    use crate::scorer::FitRecord;

    /// Scores kept as a matrix, `[targets, n_sources]`.
    struct Matrix {
        record: FitRecord,
        scores: Vec<f32>,
    }

    impl Matrix {
        fn new(sources: u32, scores: Vec<f32>) -> Self {
            let record = FitRecord {
                scorer: "matrix".into(),
                split_hash: String::new(),
                sources,
                targets: scores.len() as u32 / sources,
                trials: Vec::new(),
                epochs: Vec::new(),
            };
            Self { record, scores }
        }
    }

    impl FittedScorer for Matrix {
        fn record(&self) -> &FitRecord {
            &self.record
        }

        fn score(&self, pairs: &[Pair]) -> Vec<f32> {
            pairs
                .iter()
                .map(|pair| self.scores[(pair.target * self.record.sources + pair.source) as usize])
                .collect()
        }
    }

    fn relation(sources: u32, targets: u32, edges: &[(u32, u32)]) -> Relation {
        let (source, target): (Vec<u32>, Vec<u32>) = edges.iter().copied().unzip();
        let forward = Csr::from_pairs(sources, targets, &source, &target, None);
        let key = RelationKey::new("drug", "treats", "disease");
        let backward = forward.transpose();
        Relation {
            key,
            source_type: 0,
            target_type: 1,
            forward,
            backward,
            undirected: false,
            attributes: Vec::new(),
            merged_duplicates: 0,
        }
    }

    #[test]
    fn known_sources_are_left_out_and_ties_get_the_mean_rank() {
        let scorer = Matrix::new(5, vec![9.0, 3.0, 3.0, 3.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        let relation = relation(5, 2, &[(0, 0), (1, 0), (4, 0), (2, 1)]);
        let pairs = [Pair::new(4, 0), Pair::new(2, 1), Pair::new(1, 0), Pair::new(3, 0)];
        let ranked = filtered_ranks(&scorer, &relation, &pairs).unwrap();
        let found: Vec<(Pair, f64)> = ranked.iter().map(|ranked| (ranked.pair, ranked.rank)).collect();
        // Target 0, 0 left out: 1 ties with 2 and 3; 3, which is not known, ties with 2; 4 stands behind 2 and 3.
        // Target 1: all tie, 2 with four others.
        let expected =
            [(Pair::new(1, 0), 2.0), (Pair::new(3, 0), 1.5), (Pair::new(4, 0), 3.0), (Pair::new(2, 1), 3.0)];
        assert_eq!(found, expected);
    }

    #[test]
    fn figures_of_ranks_are_means() {
        let ranking = Ranking::from_ranks(&[1.0, 2.0, 10.0, 50.5]).unwrap();
        assert_eq!((ranking.hits_at_1, ranking.hits_at_10, ranking.hits_at_50), (0.25, 0.75, 0.75));
        assert!((ranking.mrr - (1.0 + 0.5 + 0.1 + 1.0 / 50.5) / 4.0).abs() < 1e-15);
        assert_eq!((ranking.mean_rank, ranking.pairs), (63.5 / 4.0, 4));
        assert_eq!(Ranking::from_ranks(&[]), None);
        let json = serde_json::to_value(ranking).unwrap();
        assert_eq!(json["hits@10"], 0.75);
    }

    #[test]
    fn blocks_and_threads_change_nothing() {
        let (sources, targets) = (700u32, 300u32);
        let scores = (0..sources * targets).map(|i| (i.wrapping_mul(2_654_435_761) >> 20) as f32).collect();
        let scorer = Matrix::new(sources, scores);
        let edges: Vec<(u32, u32)> = (0..2000).map(|i| (i * 7 % sources, (i + i / 100) % targets)).collect();
        let relation = relation(sources, targets, &edges);
        let pairs: Vec<Pair> = relation.forward.pairs().step_by(3).map(|(s, t)| Pair::new(s, t)).collect();
        let with_threads = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| filtered_ranks(&scorer, &relation, &pairs)).unwrap()
        };
        let ranked = with_threads(3);
        assert_eq!(ranked, with_threads(1));
        assert_eq!(target_blocks(sources, targets).len(), 4);
        for found in ranked.iter().step_by(20) {
            let known = relation.backward.neighbors(found.pair.target);
            let others = (0..sources).filter(|source| known.binary_search(source).is_err());
            let others: Vec<Pair> = others.map(|source| Pair::new(source, found.pair.target)).collect();
            let scores = scorer.score(&others);
            let better = scores.iter().filter(|&&score| score > found.score).count();
            let equal = scores.iter().filter(|&&score| score == found.score).count();
            assert_eq!(found.rank, 1.0 + better as f64 + equal as f64 / 2.0);
        }
    }

    #[test]
    fn what_cannot_be_ranked_is_refused() {
        let edges = relation(2, 2, &[(0, 0), (1, 1)]);
        let refused = |scorer: &Matrix, relation: &Relation, pair: Pair| {
            filtered_ranks(scorer, relation, &[pair]).unwrap_err().to_string()
        };
        let scorer = Matrix::new(2, vec![0.0, 1.0, f32::NAN, 2.0]);
        assert_eq!(
            refused(&scorer, &edges, Pair::new(1, 1)),
            "scorer 'matrix' cannot be evaluated: the score of pair (0, 1) is NaN; expected a number"
        );
        assert!(refused(&scorer, &edges, Pair::new(2, 1)).contains("pair (2, 1) is out of range"));
        let other = relation(2, 3, &[(0, 0)]);
        assert!(
            refused(&scorer, &other, Pair::new(0, 0))
                .contains("2 by 2 nodes, but drug:treats:disease joins 2 by 3")
        );
    }
}
