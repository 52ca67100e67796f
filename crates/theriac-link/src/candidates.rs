//! Which pairs may be negatives: the unknown pairs, or those of them that a protocol judges.

use std::borrow::Cow;
use std::sync::Arc;

use rand::seq::index;
use rayon::prelude::*;
use theriac_graph::{Csr, Relation};

use crate::error::LinkError;
use crate::negatives;
use crate::pair::Pair;
use crate::stream::{Stream, pair_hash};

/// Which of the unknown pairs a protocol judges.
#[derive(Clone, Debug, PartialEq)]
pub enum CandidateRule {
    /// All of them.
    Unknown,
    /// Those that a hash of the pair and the seed puts into one fold of several, so that folds share none and together
    /// hold all.
    Fold {
        /// Seed of the hash.
        seed: u64,
        /// The fold, from 0.
        fold: u32,
        /// Number of folds.
        folds: u32,
    },
    /// Those with a node that is marked, at either end.
    Nodes {
        /// Marked sources: `[n_sources]`, or none of them.
        sources: Option<Arc<[bool]>>,
        /// Marked targets: `[n_targets]`, or none of them.
        targets: Option<Arc<[bool]>>,
    },
    /// These pairs alone, targets by sources.
    Pairs(Arc<Csr>),
}

/// The candidates of a protocol: pairs that are not known, and that its rule lets in.
pub struct Candidates<'a> {
    /// Known sources of each target, among them what is no pair at all: `[n_targets]` rows.
    known: Arc<Csr>,
    rule: &'a CandidateRule,
}

impl<'a> Candidates<'a> {
    /// The candidates beside the edges of `relation` and these `external` links. In a relation within one type, a node and
    /// itself are no candidates, nor is the mirror image of an external link.
    pub fn new(relation: &Relation, external: &[Pair], rule: &'a CandidateRule) -> Self {
        let known = known_pairs(relation);
        if external.is_empty() {
            return Self { known: Arc::clone(&known.backward), rule };
        }
        let one_type = relation.source_type == relation.target_type;
        let mut pairs: Vec<(u32, u32)> = known.backward.pairs().collect();
        pairs.extend(external.iter().map(|pair| (pair.target, pair.source)));
        if one_type {
            pairs.extend(external.iter().map(|pair| (pair.source, pair.target)));
        }
        pairs.sort_unstable();
        pairs.dedup();
        let (targets, sources): (Vec<u32>, Vec<u32>) = pairs.into_iter().unzip();
        let known =
            Csr::from_pairs(known.backward.rows(), known.backward.columns(), &targets, &sources, None);
        Self { known: Arc::new(known), rule }
    }

    /// The rule that lets pairs in.
    pub fn rule(&self) -> &CandidateRule {
        self.rule
    }

    /// Whether a pair is a candidate.
    pub fn contains(&self, pair: Pair) -> bool {
        self.rule_admits(pair) && !self.known.contains(pair.target, pair.source)
    }

    fn rule_admits(&self, pair: Pair) -> bool {
        let marked =
            |marks: &Option<Arc<[bool]>>, node: u32| marks.as_ref().is_some_and(|m| m[node as usize]);
        match self.rule {
            CandidateRule::Unknown => true,
            CandidateRule::Fold { seed, fold, folds } => fold_of(*seed, pair, *folds) == *fold,
            CandidateRule::Nodes { sources, targets } => {
                marked(sources, pair.source) || marked(targets, pair.target)
            }
            CandidateRule::Pairs(pairs) => pairs.contains(pair.target, pair.source),
        }
    }

    /// The candidate sources of a target, rising, written to `out`.
    pub fn sources_of(&self, target: u32, out: &mut Vec<u32>) {
        out.clear();
        let known = self.known.neighbors(target);
        let everything = match self.rule {
            CandidateRule::Unknown => true,
            CandidateRule::Nodes { targets, .. } => {
                targets.as_ref().is_some_and(|marks| marks[target as usize])
            }
            CandidateRule::Fold { .. } | CandidateRule::Pairs(_) => false,
        };
        if everything {
            let mut next = 0;
            for &source in known {
                out.extend(next..source);
                next = source + 1;
            }
            out.extend(next..self.known.columns());
            return;
        }
        if let CandidateRule::Pairs(pairs) = self.rule {
            let unknown = |source: &&u32| known.binary_search(source).is_err();
            out.extend(pairs.neighbors(target).iter().filter(unknown));
            return;
        }
        let mut known = known.iter().copied().peekable();
        for source in 0..self.known.columns() {
            let is_known = known.next_if_eq(&source).is_some();
            if !is_known && self.rule_admits(Pair { source, target }) {
                out.push(source);
            }
        }
    }

    /// Number of candidates of each target: `[n_targets]`.
    pub fn counts(&self) -> Vec<u32> {
        let of = |sources: &mut Vec<u32>, target: u32| {
            if matches!(self.rule, CandidateRule::Unknown) {
                return self.known.columns() - self.known.degree(target);
            }
            self.sources_of(target, sources);
            sources.len() as u32
        };
        (0..self.known.rows()).into_par_iter().map_init(Vec::new, of).collect()
    }

    /// Number of candidates.
    pub fn count(&self) -> usize {
        self.counts().iter().map(|&count| count as usize).sum()
    }

    /// `count` different candidates in random order, drawn uniformly.
    ///
    /// # Errors
    ///
    /// [`LinkError::TooFewUnknown`] when there are not as many.
    pub fn sample(&self, count: usize, draws: &mut Stream) -> Result<Vec<Pair>, LinkError> {
        if matches!(self.rule, CandidateRule::Unknown) {
            return negatives::unknown(&self.known.transpose(), count, draws);
        }
        // Candidates are numbered target by target; `ends[t]` is one past the last of target `t`.
        let mut available = 0;
        let ends: Vec<usize> = self
            .counts()
            .iter()
            .map(|&count| {
                available += count as usize;
                available
            })
            .collect();
        if count > available {
            return Err(LinkError::TooFewUnknown { wanted: count, available });
        }
        let drawn = index::sample(draws, available, count).into_vec();
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_unstable_by_key(|&place| drawn[place]);
        let mut pairs = vec![Pair::new(0, 0); count];
        let (mut sources, mut of_target) = (Vec::new(), None);
        for place in order {
            let target = ends.partition_point(|&end| end <= drawn[place]) as u32;
            if of_target != Some(target) {
                self.sources_of(target, &mut sources);
                of_target = Some(target);
            }
            let start = ends[target as usize] - sources.len();
            pairs[place] = Pair { source: sources[drawn[place] - start], target };
        }
        Ok(pairs)
    }
}

/// The pairs that are no candidates: the relation's edges and, where it joins a type with itself, each node with itself.
fn known_pairs(relation: &Relation) -> Cow<'_, Relation> {
    if relation.source_type != relation.target_type {
        return Cow::Borrowed(relation);
    }
    let nodes = relation.forward.rows();
    let edges = relation.forward.pairs().filter(|(source, target)| source != target);
    let (sources, targets): (Vec<u32>, Vec<u32>) = edges.chain((0..nodes).map(|node| (node, node))).unzip();
    Cow::Owned(relation.with_edges(Csr::from_pairs(nodes, nodes, &sources, &targets, None)))
}

/// The fold that a hash of the pair and the seed puts an unknown pair into. The mirror image of a pair is in another.
fn fold_of(seed: u64, pair: Pair, folds: u32) -> u32 {
    (pair_hash(seed, pair) % u64::from(folds)) as u32
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::conformance::example_graph;
    use crate::stream::stream;

    fn rules(relation: &Relation) -> Vec<CandidateRule> {
        let (sources, targets) = (relation.forward.rows(), relation.forward.columns());
        let marks =
            |nodes: u32, every: u32| (0..nodes).map(|node| node % every == 0).collect::<Arc<[bool]>>();
        let pairs = Csr::from_pairs(targets, sources, &[0, 0, 0, 3, 5], &[1, 5, 7, 2, 20], None);
        vec![
            CandidateRule::Unknown,
            CandidateRule::Fold { seed: 3, fold: 1, folds: 4 },
            CandidateRule::Nodes { sources: Some(marks(sources, 5)), targets: None },
            CandidateRule::Nodes { sources: None, targets: Some(marks(targets, 7)) },
            CandidateRule::Nodes { sources: Some(marks(sources, 5)), targets: Some(marks(targets, 7)) },
            CandidateRule::Pairs(Arc::new(pairs)),
        ]
    }

    #[test]
    fn every_rule_agrees_with_its_definition() {
        let graph = example_graph();
        let relation = graph.resolve_relation("drug:treats:disease").unwrap();
        let external = [Pair::new(7, 0)];
        for rule in rules(relation) {
            let candidates = Candidates::new(relation, &external, &rule);
            let all: BTreeSet<Pair> = (0..relation.forward.rows())
                .flat_map(|source| (0..relation.forward.columns()).map(move |target| Pair { source, target }))
                .filter(|&pair| candidates.contains(pair))
                .collect();
            assert!(all.iter().all(|pair| !relation.forward.contains(pair.source, pair.target)));
            assert!(!all.contains(&external[0]));
            let mut sources = Vec::new();
            let listed: BTreeSet<Pair> = (0..relation.forward.columns())
                .flat_map(|target| {
                    candidates.sources_of(target, &mut sources);
                    assert!(sources.is_sorted());
                    sources.clone().into_iter().map(move |source| Pair { source, target })
                })
                .collect();
            assert_eq!(listed, all, "{rule:?}");
            assert_eq!(candidates.count(), all.len());
            let mut draws = stream(1, "candidates", &[]);
            let drawn = candidates.sample(all.len(), &mut draws).unwrap();
            assert_eq!(drawn.iter().copied().collect::<BTreeSet<_>>(), all, "{rule:?}");
            assert!(matches!(
                candidates.sample(all.len() + 1, &mut draws),
                Err(LinkError::TooFewUnknown { .. })
            ));
        }
    }

    #[test]
    fn folds_share_no_pair_and_are_about_equal() {
        let mut sizes = [0; 10];
        for source in 0..100 {
            for target in 0..100 {
                sizes[fold_of(5, Pair { source, target }, 10) as usize] += 1;
            }
        }
        // 1,000 expected with a standard deviation of 30.
        assert!(sizes.iter().all(|size| (850..1150).contains(size)), "{sizes:?}");
    }
}
