//! Nearest neighbours: like drugs treat like diseases.

use std::ops::Range;
use std::sync::Arc;

use theriac_graph::{Csr, EditedGraph, NamedTensor, NamedTensors, NodeTable};
use theriac_link::{Budget, FitRecord, FittedScorer, LinkError, Pair, Rescorer, Scorer, TrainView};

use crate::by_target::score_by_target;
use crate::neighbours::{Neighbours, by_edges, by_features, weighted};
use crate::selection::Selection;

const NAME: &str = "nearest neighbours";

/// Numbers of neighbours to choose from, the default first.
const NEIGHBOURS: [usize; 4] = [15, 5, 10, 30];

/// Shares of the vote of the source's neighbours to choose from, the default first.
const SOURCE_SHARES: [f32; 5] = [0.5, 0.0, 0.25, 0.75, 1.0];

/// Weight of a vote on whether nodes like the target are a neighbour's, beside one on whether the target itself is.
const BOTH_SIDES: f32 = 0.01;

/// Scores a pair (s, t) by the votes of the `k` sources nearest to s, on whether t is theirs, and of the `k` targets nearest
/// to t, on whether s is theirs; each neighbour has its similarity for its weight: `w N A + (1 - w) A M + 0.01 N A M`, where
/// `A` are the train edges, `[n_sources, n_targets]`, and each row of `N` and column of `M` holds the similarities of the `k`
/// nearest over their sum. The last term, votes of neighbours of both ends, decides between the many pairs that no neighbour
/// of either end votes for.
///
/// Similarities are those that the graph brings along, where the features of a type are a square matrix; the cosines of
/// its features, where they are not; and the cosines of its rows of train edges, where it has none. `k` and `w` are chosen
/// on the validation part. A train edge does not vouch for itself, except within the similarities of such rows.
///
/// Neighbourhood methods are as old as recommendation; this is their weighted mean, as in Sarwar et al. 2001, on either
/// side, which Gottlieb et al. 2011 combine for drugs and diseases.
#[derive(Clone, Copy, Debug, Default)]
pub struct NearestNeighbours;

struct Fitted {
    votes: Votes,
    rescorer: Arc<Anew>,
    record: FitRecord,
}

/// The votes of neighbours.
struct Votes {
    forward: Arc<Csr>,
    backward: Arc<Csr>,
    /// For each source the sources that it votes for, with its share of their votes.
    sources: Csr,
    /// For each target the targets that vote for it, with their shares of its votes.
    targets: Csr,
    source_share: f32,
}

impl Scorer for NearestNeighbours {
    fn name(&self) -> &str {
        NAME
    }

    fn fit(&self, view: &TrainView, budget: &Budget<'_>) -> Result<Box<dyn FittedScorer>, LinkError> {
        let (forward, backward) = (&view.target().forward, &view.target().backward);
        let [sources, targets] = neighbours(view);
        let configurations = NEIGHBOURS.into_iter().flat_map(|k| {
            SOURCE_SHARES
                .map(|share| (format!("{k} neighbours, {share} of the vote to the source's"), (k, share)))
        });
        let ((votes, k), trials) = Selection::new(view, budget)?.choose(
            configurations,
            |(k, source_share)| {
                let votes = Votes {
                    forward: Arc::clone(forward),
                    backward: Arc::clone(backward),
                    sources: shares(&sources, k).transpose(),
                    targets: shares(&targets, k),
                    source_share,
                };
                Ok((votes, k))
            },
            |(votes, _), pairs| votes.score(pairs),
        )?;
        let rescorer = Arc::new(Anew::new(view, &sources, &targets, k, votes.source_share));
        Ok(Box::new(Fitted { votes, rescorer, record: FitRecord::new(NAME, view).with_trials(trials) }))
    }
}

/// The nearest neighbours of each source, and of each target: as many as are ever asked for.
fn neighbours(view: &TrainView) -> [Neighbours; 2] {
    let relation = view.target();
    let most = NEIGHBOURS.into_iter().max().unwrap_or_default();
    let nearest = |node_type: usize, edges: &Csr, turned: &Csr| {
        let table: &NodeTable = &view.graph().node_tables()[node_type];
        match &table.features {
            Some(features) if features.dim > 0 => by_features(features, edges.rows(), most),
            _ => by_edges(edges, turned, most),
        }
    };
    let (forward, backward) = (&relation.forward, &relation.backward);
    [nearest(relation.source_type, forward, backward), nearest(relation.target_type, backward, forward)]
}

/// The votes on other graphs: who is whose neighbour stays as it was.
struct Anew {
    /// Place of the target relation.
    target: usize,
    /// For each source the sources that vote for it, with their shares of its votes.
    sources: Csr,
    /// The same of targets.
    targets: Csr,
    neighbours: usize,
    source_share: f32,
}

impl Anew {
    fn new(
        view: &TrainView,
        sources: &Neighbours,
        targets: &Neighbours,
        k: usize,
        source_share: f32,
    ) -> Self {
        let (sources, targets) = (shares(sources, k), shares(targets, k));
        Self { target: view.target_place(), sources, targets, neighbours: k, source_share }
    }
}

impl Rescorer for Anew {
    fn rescore(&self, graph: &EditedGraph<'_>, pair: Pair) -> f32 {
        let by_targets = |source: u32| -> f32 {
            let known = graph.row(self.target, false, source);
            let votes = weighted(&self.targets, pair.target).filter(|&(voter, _)| known.contains(voter));
            votes.map(|(_, weight)| weight).sum()
        };
        let known = graph.row(self.target, true, pair.target);
        let by_sources: f32 = weighted(&self.sources, pair.source)
            .map(|(voter, weight)| {
                let own = if known.contains(voter) { self.source_share } else { 0.0 };
                weight * (own + BOTH_SIDES * by_targets(voter))
            })
            .sum();
        (1.0 - self.source_share) * by_targets(pair.source) + by_sources
    }

    fn learned(&self) -> Vec<NamedTensor> {
        vec![NamedTensor::row("settings", vec![self.neighbours as f32, self.source_share])]
    }
}

/// The votes as they were set on this view.
///
/// # Errors
///
/// One sentence when a setting is missing.
pub(crate) fn restore(view: &TrainView, tensors: &mut NamedTensors) -> Result<Arc<dyn Rescorer>, String> {
    let [neighbours_of_each, source_share] = tensors.take_row("settings")?;
    let [sources, targets] = neighbours(view);
    Ok(Arc::new(Anew::new(view, &sources, &targets, neighbours_of_each as usize, source_share)))
}

/// For each node its `k` nearest neighbours with their shares of the vote, which sum to 1.
fn shares(neighbours: &Neighbours, k: usize) -> Csr {
    let (mut offsets, mut indices, mut weights) = (vec![0], Vec::new(), Vec::new());
    for nearest in neighbours {
        let mut voters = nearest[..k.min(nearest.len())].to_vec();
        let total: f32 = voters.iter().map(|(_, similarity)| similarity).sum();
        voters.sort_unstable_by_key(|&(node, _)| node);
        for (node, similarity) in voters {
            indices.push(node);
            weights.push(similarity / total);
        }
        offsets.push(indices.len() as u32);
    }
    Csr::from_sorted(neighbours.len() as u32, offsets, indices, Some(weights))
}

impl Votes {
    /// Writes the scores of all sources for a target.
    fn fill(&self, target: u32, scores: &mut [f32]) {
        scores.fill(0.0);
        for (voter, weight) in weighted(&self.targets, target) {
            for &source in self.backward.neighbors(voter) {
                scores[source as usize] += weight;
            }
        }
        // What each source says to those that it votes for.
        let mut says: Vec<f32> = scores.iter().map(|score| BOTH_SIDES * score).collect();
        for &voter in self.backward.neighbors(target) {
            says[voter as usize] += self.source_share;
        }
        for score in scores.iter_mut() {
            *score *= 1.0 - self.source_share;
        }
        for (voter, vote) in (0u32..).zip(says).filter(|&(_, vote)| vote > 0.0) {
            for (source, weight) in weighted(&self.sources, voter) {
                scores[source as usize] += weight * vote;
            }
        }
    }

    fn score(&self, pairs: &[Pair]) -> Vec<f32> {
        score_by_target(pairs, self.forward.rows(), |target, scores| self.fill(target, scores))
    }
}

impl FittedScorer for Fitted {
    fn record(&self) -> &FitRecord {
        &self.record
    }

    fn score(&self, pairs: &[Pair]) -> Vec<f32> {
        self.votes.score(pairs)
    }

    fn rescorer(&self) -> Option<Arc<dyn Rescorer>> {
        Some(self.rescorer.clone())
    }

    fn score_targets(&self, targets: Range<u32>, out: &mut [f32]) {
        let rows = out.chunks_exact_mut(self.sources() as usize);
        for (target, row) in targets.zip(rows) {
            self.votes.fill(target, row);
        }
    }
}

#[cfg(test)]
mod tests {
    use theriac_link::conformance::{check_scorer, example_graph, example_task};
    use theriac_link::{Silent, Split};

    use super::*;
    use crate::testing::check_thread_counts;

    #[test]
    fn conforms() {
        check_scorer(&NearestNeighbours);
    }

    #[test]
    fn the_same_bits_on_any_number_of_threads() {
        check_thread_counts(&NearestNeighbours);
    }

    #[test]
    fn by_the_definition() {
        let graph = example_graph();
        let split = Split::random(&graph, &example_task(&graph).unwrap(), 0.0, 0.2, 1).unwrap();
        let view = TrainView::new(&graph, &split).unwrap();
        let fitted = NearestNeighbours.fit(&view, &Budget::new(0, &Silent)).unwrap();
        let edges = &view.target().forward;
        let features = graph.node_type("drug").unwrap().1.features.as_ref().unwrap();
        let cosine = |one: &[f64], other: &[f64]| {
            let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
            let lengths = (product(one, one) * product(other, other)).sqrt();
            if lengths > 0.0 { product(one, other) / lengths } else { 0.0 }
        };
        let drugs: Vec<Vec<f64>> =
            (0..24).map(|drug| features.row(drug).iter().map(|&value| f64::from(value)).collect()).collect();
        let column =
            |disease| (0..24).map(|drug| f64::from(u8::from(edges.contains(drug, disease)))).collect();
        let diseases: Vec<Vec<f64>> = (0..18).map(column).collect();
        let vote = |rows: &[Vec<f64>], node: usize, says: &dyn Fn(u32) -> f64| {
            let others = (0..rows.len()).filter(|&other| other != node);
            let mut nearest: Vec<(f64, u32)> =
                others.map(|other| (cosine(&rows[node], &rows[other]), other as u32)).collect();
            nearest.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
            nearest.truncate(15);
            let sum: f64 = nearest.iter().map(|(weight, _)| weight).sum();
            let said = nearest.iter().map(|&(weight, other)| weight * says(other));
            if sum > 0.0 { said.sum::<f64>() / sum } else { 0.0 }
        };
        for drug in 0..24 {
            for disease in 0..18 {
                let known = |drug, disease| f64::from(u8::from(edges.contains(drug, disease)));
                let by_diseases = |drug| vote(&diseases, disease as usize, &|other| known(drug, other));
                let by_drugs = vote(&drugs, drug as usize, &|other| known(other, disease));
                let by_both = vote(&drugs, drug as usize, &by_diseases);
                let expected = f64::midpoint(by_drugs, by_diseases(drug)) + 0.01 * by_both;
                let found = f64::from(fitted.score(&[Pair::new(drug, disease)])[0]);
                assert!((found - expected).abs() < 1e-5);
            }
        }
    }
}
