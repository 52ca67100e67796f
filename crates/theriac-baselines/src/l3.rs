//! Paths of length three: a drug that shares diseases with the drugs of a disease.

use std::ops::Range;

use rayon::prelude::*;
use theriac_graph::Csr;
use theriac_link::{Budget, FitRecord, FittedScorer, LinkError, Pair, Scorer, TrainView};

const NAME: &str = "L3 paths";

/// Scores a pair by the number of paths of length three between its ends (Kovács et al. 2019, unnormalised): with the
/// train matrix `A`, `[n_sources, n_targets]`, entry (source, target) of `A Aᵀ A`. Where the pair is a train edge itself,
/// the walks along that edge are left out, so that an edge does not vouch for itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct L3;

struct Fitted {
    /// The train edges, sources by targets.
    forward: Csr,
    /// The train edges, targets by sources.
    backward: Csr,
    shared: SharedTargets,
    record: FitRecord,
}

/// `A Aᵀ`: for each source, the sources that it shares targets with, and how many; itself among them.
struct SharedTargets {
    rows: Csr,
    /// The numbers of shared targets, in the order of the rows.
    counts: Vec<u32>,
}

impl Scorer for L3 {
    fn name(&self) -> &str {
        NAME
    }

    fn fit(&self, view: &TrainView, _: &Budget<'_>) -> Result<Box<dyn FittedScorer>, LinkError> {
        let (forward, backward) = (view.target().forward.clone(), view.target().backward.clone());
        let shared = SharedTargets::new(&forward, &backward).map_err(|entries| LinkError::Fit {
            scorer: NAME.into(),
            problem: format!("{entries} pairs of sources share targets; at most {} fit", u32::MAX),
        })?;
        Ok(Box::new(Fitted { forward, backward, shared, record: FitRecord::new(NAME, view) }))
    }
}

impl SharedTargets {
    /// Counts shared targets, or gives the number of pairs of sources that share any when these are too many.
    fn new(forward: &Csr, backward: &Csr) -> Result<Self, usize> {
        let sources = forward.rows();
        let rows: Vec<(Vec<u32>, Vec<u32>)> = (0..sources)
            .into_par_iter()
            .map_init(
                || vec![0u32; sources as usize],
                |shared, source| {
                    let mut others = Vec::new();
                    for &target in forward.neighbors(source) {
                        for &other in backward.neighbors(target) {
                            if shared[other as usize] == 0 {
                                others.push(other);
                            }
                            shared[other as usize] += 1;
                        }
                    }
                    others.sort_unstable();
                    let counts =
                        others.iter().map(|&other| std::mem::take(&mut shared[other as usize])).collect();
                    (others, counts)
                },
            )
            .collect();
        let entries = rows.iter().map(|(others, _)| others.len()).sum();
        if u32::try_from(entries).is_err() {
            return Err(entries);
        }
        let (mut offsets, mut indices, mut counts) =
            (vec![0], Vec::with_capacity(entries), Vec::with_capacity(entries));
        for (others, shared) in rows {
            indices.extend(others);
            counts.extend(shared);
            offsets.push(indices.len() as u32);
        }
        Ok(Self { rows: Csr::from_sorted(sources, offsets, indices, None), counts })
    }

    /// How many targets two sources share.
    fn between(&self, source: u32, other: u32) -> u64 {
        let range = self.rows.range(source);
        match self.rows.neighbors(source).binary_search(&other) {
            Ok(place) => u64::from(self.counts[range.start + place]),
            Err(_) => 0,
        }
    }
}

impl Fitted {
    /// Walks of length three along the pair's own train edge: by way of any target of the source, or of any source of the
    /// target, and once by way of both.
    fn own_walks(&self, pair: Pair) -> u64 {
        u64::from(self.forward.degree(pair.source)) + u64::from(self.backward.degree(pair.target)) - 1
    }
}

impl FittedScorer for Fitted {
    fn record(&self) -> &FitRecord {
        &self.record
    }

    fn score(&self, pairs: &[Pair]) -> Vec<f32> {
        let paths = |&pair: &Pair| {
            let others = self.backward.neighbors(pair.target);
            let walks: u64 = others.iter().map(|&other| self.shared.between(pair.source, other)).sum();
            let own = if others.binary_search(&pair.source).is_ok() { self.own_walks(pair) } else { 0 };
            (walks - own) as f32
        };
        pairs.par_iter().map(paths).collect()
    }

    fn score_targets(&self, targets: Range<u32>, out: &mut [f32]) {
        let mut walks = vec![0u64; self.sources() as usize];
        for (target, row) in targets.zip(out.chunks_exact_mut(walks.len())) {
            walks.fill(0);
            let others = self.backward.neighbors(target);
            for &other in others {
                let counts = &self.shared.counts[self.shared.rows.range(other)];
                for (&source, &count) in self.shared.rows.neighbors(other).iter().zip(counts) {
                    walks[source as usize] += u64::from(count);
                }
            }
            for &source in others {
                walks[source as usize] -= self.own_walks(Pair { source, target });
            }
            for (score, &walks) in row.iter_mut().zip(&walks) {
                *score = walks as f32;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use theriac_graph::{DuplicatePolicy, EdgeList, Graph, GraphBuilder, NodeTable, Provenance, RelationKey};
    use theriac_link::conformance::{check_scorer, example_graph, example_task};
    use theriac_link::{Silent, Split, Task};

    use super::*;

    fn fit(graph: &Graph, split: &Split) -> Box<dyn FittedScorer> {
        L3.fit(&TrainView::new(graph, split).unwrap(), &Budget::new(0, &Silent)).unwrap()
    }

    #[test]
    fn conforms() {
        check_scorer(&L3);
    }

    #[test]
    fn by_hand() {
        // Drug 0 treats diseases 0 and 1, drug 1 treats 1 and 2, drug 2 treats 2.
        let ids: Vec<String> = (0..3).map(|i| i.to_string()).collect();
        let mut builder = GraphBuilder::new(Provenance::default());
        builder.add_nodes(NodeTable::new("drug", ids.clone(), ids.clone())).unwrap();
        builder.add_nodes(NodeTable::new("disease", ids.clone(), ids)).unwrap();
        let edges =
            EdgeList { sources: vec![0, 0, 1, 1, 2], targets: vec![0, 1, 1, 2, 2], ..EdgeList::default() };
        let treats = RelationKey::new("drug", "treats", "disease");
        builder.add_relation(treats.clone(), edges, DuplicatePolicy::Reject).unwrap();
        let graph = builder.build().unwrap();
        let task = Task::new(&graph, treats, Vec::new()).unwrap();
        let split = Split::random(&graph, &task, 0.0, 0.0, 0).unwrap();
        let fitted = fit(&graph, &split);
        let mut scores = [0.0; 9];
        fitted.score_targets(0..3, &mut scores);
        // One path leads from drug 1 to disease 0, from 0 to 2 and from 2 to 1. No edge has a path beside it, and none
        // leads from drug 2 to disease 0.
        assert_eq!(scores, [0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0]);
    }

    #[test]
    fn an_edge_scores_as_if_it_were_held_out() {
        let graph = example_graph();
        let task = example_task(&graph).unwrap();
        let whole = Split::random(&graph, &task, 0.0, 0.0, 1).unwrap();
        let fitted = fit(&graph, &whole);
        for &edge in whole.train.iter().step_by(7) {
            let without = Split::holding_out(&graph, &task, &[edge], 0.0, 1).unwrap();
            assert_eq!(fitted.score(&[edge]), fit(&graph, &without).score(&[edge]), "edge {edge}");
        }
    }
}
