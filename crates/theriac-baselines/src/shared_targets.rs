//! Scores by paths of length three, from a source by way of another source that shares targets with it: what the
//! neighbourhood indices of bipartite graphs come to.

use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;
use theriac_graph::{Csr, EditedGraph, NamedTensor};
use theriac_link::{FitRecord, FittedScorer, LinkError, Pair, Rescorer, TrainView};

use crate::by_target::score_by_target;

/// How an index weighs the paths s - t' - s' - t, by the numbers of train edges (degrees) of the nodes and by how many
/// targets s and s' share.
///
/// The score is `ends(k_s, k_t) Σ_s' similarity(k_s, k_s', shared) Σ_t' target(k_t')`, over the train edges (s', t) with
/// s' ≠ s and the targets t' ≠ t that s and s' share.
#[derive(Clone, Copy)]
pub(crate) struct PathWeights {
    /// Weight of a shared target by its degree.
    pub(crate) target: fn(degree: f64) -> f64,
    /// Weight of the other source by the degrees of the source and of the other, and the number of targets they share.
    pub(crate) other: fn(source: f64, other: f64, shared: f64) -> f64,
    /// Weight of the pair by the degrees of its ends, without its own edge.
    pub(crate) ends: fn(source: f64, target: f64) -> f64,
}

/// An index fitted on the train edges.
///
/// A train edge scores as if it were held out: no path leads along it, and the degrees of its ends do not count it.
pub(crate) struct SharedTargets {
    weights: PathWeights,
    /// The train edges, sources by targets.
    forward: Arc<Csr>,
    /// The train edges, targets by sources.
    backward: Arc<Csr>,
    /// For each source s' the other sources s that it shares targets with.
    others: Csr,
    /// What s' says for s, in the order of `others`.
    similarities: Vec<f64>,
    /// What the walks along a train edge add to its own score, in the order of `forward`.
    own: Vec<f64>,
    /// Place of the target relation.
    target: usize,
    record: FitRecord,
}

/// The index on other graphs.
struct Anew {
    weights: PathWeights,
    /// Place of the target relation.
    target: usize,
}

/// What one source contributes to [`SharedTargets`].
struct Row {
    others: Vec<u32>,
    similarities: Vec<f64>,
    own: Vec<f64>,
}

impl SharedTargets {
    pub(crate) fn fit(name: &str, view: &TrainView, weights: PathWeights) -> Result<Self, LinkError> {
        let (forward, backward) = (view.target().forward.clone(), view.target().backward.clone());
        let n = forward.rows();
        let rows: Vec<Row> = (0..n)
            .into_par_iter()
            .map_init(
                || vec![(0u32, 0.0); n as usize],
                |shared, source| Row::new(&weights, &forward, &backward, source, shared),
            )
            .collect();
        let entries: usize = rows.iter().map(|row| row.others.len()).sum();
        if u32::try_from(entries).is_err() {
            return Err(LinkError::Fit {
                scorer: name.into(),
                problem: format!("{entries} pairs of sources share targets; at most {} fit", u32::MAX),
            });
        }
        let (mut offsets, mut indices) = (vec![0], Vec::with_capacity(entries));
        let (mut similarities, mut own) = (Vec::with_capacity(entries), Vec::with_capacity(forward.len()));
        for row in rows {
            indices.extend(row.others);
            similarities.extend(row.similarities);
            own.extend(row.own);
            offsets.push(indices.len() as u32);
        }
        let others = Csr::from_sorted(n, offsets, indices, None);
        let record = FitRecord::new(name, view);
        let target = view.target_place();
        Ok(Self { weights, forward, backward, others, similarities, own, target, record })
    }

    /// Writes the scores of all sources for a target.
    fn fill(&self, target: u32, scores: &mut [f32]) {
        let known = self.backward.neighbors(target);
        let mut walks = vec![0.0; scores.len()];
        for &other in known {
            let similarities = &self.similarities[self.others.range(other)];
            for (&source, similarity) in self.others.neighbors(other).iter().zip(similarities) {
                walks[source as usize] += similarity;
            }
        }
        let of_target = f64::from(self.backward.degree(target));
        let ends = |source: u32, own: f64| {
            (self.weights.ends)(f64::from(self.forward.degree(source)) - own, of_target - own)
        };
        for (source, (score, walks)) in (0..).zip(scores.iter_mut().zip(&walks)) {
            *score = (walks * ends(source, 0.0)) as f32;
        }
        for &source in known {
            let edge = self.forward.neighbors(source).partition_point(|&other| other < target);
            let own = self.own[self.forward.range(source).start + edge];
            // Rounding may leave the difference just below zero.
            let paths = (walks[source as usize] - own).max(0.0);
            scores[source as usize] = (paths * ends(source, 1.0)) as f32;
        }
    }
}

impl PathWeights {
    /// The index with these weights, which learns nothing, on a view and other graphs.
    pub(crate) fn restore(self, view: &TrainView) -> Arc<dyn Rescorer> {
        Arc::new(Anew { weights: self, target: view.target_place() })
    }
}

impl Rescorer for Anew {
    fn rescore(&self, graph: &EditedGraph<'_>, pair: Pair) -> f32 {
        let Self { weights, target } = self;
        let own_row = graph.row(*target, false, pair.source);
        let known = graph.row(*target, true, pair.target);
        let (of_source, of_target) = (f64::from(own_row.degree()), f64::from(known.degree()));
        let own = f64::from(u8::from(own_row.contains(pair.target)));
        let of_shared: Vec<f64> = own_row
            .neighbors
            .iter()
            .map(|&shared| (weights.target)(f64::from(graph.row(*target, true, shared).degree())))
            .collect();
        let mut walks = 0.0;
        for &other in known.neighbors.iter().filter(|&&other| other != pair.source) {
            let theirs = graph.row(*target, false, other);
            let (mut count, mut weight) = (0u32, 0.0);
            in_both(own_row.neighbors, theirs.neighbors, |place| {
                count += 1;
                // No path leads along the edge of the pair itself.
                if own_row.neighbors[place] != pair.target {
                    weight += of_shared[place];
                }
            });
            if count > 0 {
                walks += weight * (weights.other)(of_source, f64::from(theirs.degree()), f64::from(count));
            }
        }
        (walks * (weights.ends)(of_source - own, of_target - own)) as f32
    }

    fn learned(&self) -> Vec<NamedTensor> {
        Vec::new()
    }
}

/// Calls `visit` with the place in `one` of each number that stands in both sorted lists.
fn in_both(one: &[u32], other: &[u32], mut visit: impl FnMut(usize)) {
    let (mut a, mut b) = (0, 0);
    while a < one.len() && b < other.len() {
        if one[a] == other[b] {
            visit(a);
        }
        let (x, y) = (one[a], other[b]);
        a += usize::from(x <= y);
        b += usize::from(y <= x);
    }
}

impl Row {
    /// `shared`, `[n_sources]`, is zero before and after: how many targets each other source shares, and their weights.
    fn new(
        weights: &PathWeights,
        forward: &Csr,
        backward: &Csr,
        source: u32,
        shared: &mut [(u32, f64)],
    ) -> Self {
        let degree = |edges: &Csr, node: u32| f64::from(edges.degree(node));
        let mut others = Vec::new();
        for &target in forward.neighbors(source) {
            let weight = (weights.target)(degree(backward, target));
            for &other in backward.neighbors(target) {
                if other != source {
                    if shared[other as usize].0 == 0 {
                        others.push(other);
                    }
                    shared[other as usize].0 += 1;
                    shared[other as usize].1 += weight;
                }
            }
        }
        others.sort_unstable();
        let here = degree(forward, source);
        let similarity = |&other: &u32| {
            let (count, weight) = shared[other as usize];
            weight * (weights.other)(degree(forward, other), here, f64::from(count))
        };
        let similarities = others.iter().map(similarity).collect();
        let own = |&target: &u32| {
            let along = |&other: &u32| {
                (weights.other)(here, degree(forward, other), f64::from(shared[other as usize].0))
            };
            let others = backward.neighbors(target).iter().filter(|&&other| other != source);
            (weights.target)(degree(backward, target)) * others.map(along).sum::<f64>()
        };
        let own = forward.neighbors(source).iter().map(own).collect();
        for &other in &others {
            shared[other as usize] = (0, 0.0);
        }
        Self { others, similarities, own }
    }
}

impl FittedScorer for SharedTargets {
    fn record(&self) -> &FitRecord {
        &self.record
    }

    fn rescorer(&self) -> Option<Arc<dyn Rescorer>> {
        Some(Arc::new(Anew { weights: self.weights, target: self.target }))
    }

    fn score(&self, pairs: &[Pair]) -> Vec<f32> {
        score_by_target(pairs, self.sources(), |target, row| self.fill(target, row))
    }

    fn score_targets(&self, targets: Range<u32>, out: &mut [f32]) {
        for (target, row) in targets.zip(out.chunks_exact_mut(self.sources() as usize)) {
            self.fill(target, row);
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use theriac_graph::{DuplicatePolicy, EdgeList, Graph, GraphBuilder, NodeTable, Provenance, RelationKey};
    use theriac_link::conformance::{example_graph, example_task};
    use theriac_link::{Budget, Scorer, Silent, Split, Task};

    use super::*;

    fn fit(scorer: &dyn Scorer, graph: &Graph, split: &Split) -> Box<dyn FittedScorer> {
        scorer.fit(&TrainView::new(graph, split).unwrap(), &Budget::new(0, &Silent)).unwrap()
    }

    /// The scores of four drugs for each of four diseases, target by target. Drug 0 treats diseases 0 and 1, drug 1
    /// treats 1, 2 and 3, drug 2 treats 0, 1 and 2. Drug 3 treats 3.
    pub(crate) fn by_hand(scorer: &dyn Scorer) -> Vec<f32> {
        let ids: Vec<String> = (0..4).map(|i| i.to_string()).collect();
        let mut builder = GraphBuilder::new(Provenance::default());
        builder.add_nodes(NodeTable::new("drug", ids.clone(), ids.clone())).unwrap();
        builder.add_nodes(NodeTable::new("disease", ids.clone(), ids)).unwrap();
        let edges = EdgeList {
            sources: vec![0, 0, 1, 1, 1, 2, 2, 2, 3],
            targets: vec![0, 1, 1, 2, 3, 0, 1, 2, 3],
            ..EdgeList::default()
        };
        let treats = RelationKey::new("drug", "treats", "disease");
        builder.add_relation(treats.clone(), edges, DuplicatePolicy::Reject).unwrap();
        let graph = builder.build().unwrap();
        let split =
            Split::random(&graph, &Task::new(&graph, treats, Vec::new()).unwrap(), 0.0, 0.0, 0).unwrap();
        let mut scores = vec![0.0; 16];
        fit(scorer, &graph, &split).score_targets(0..4, &mut scores);
        scores
    }

    pub(crate) fn check_close(found: &[f32], expected: &[f64]) {
        assert_eq!(found.len(), expected.len());
        for (place, (&found, &expected)) in found.iter().zip(expected).enumerate() {
            assert!((f64::from(found) - expected).abs() < 1e-6, "{place}: {found}, expected {expected}");
        }
    }

    /// Checks that each train edge scores what it scores where it is held out.
    pub(crate) fn check_edges_score_as_if_held_out(scorer: &dyn Scorer) {
        let graph = example_graph();
        let task = example_task(&graph).unwrap();
        let whole = Split::random(&graph, &task, 0.0, 0.0, 1).unwrap();
        let fitted = fit(scorer, &graph, &whole);
        for &edge in whole.train.iter().step_by(7) {
            let without = Split::holding_out(&graph, &task, &[edge], 0.0, 1).unwrap();
            let expected = fit(scorer, &graph, &without).score(&[edge])[0];
            check_close(&fitted.score(&[edge]), &[f64::from(expected)]);
        }
    }
}
