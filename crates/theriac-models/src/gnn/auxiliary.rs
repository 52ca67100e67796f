//! Edges of relations that the encoder learns beside the target's, before it (pretraining) or together with it.
//!
//! All that is learned comes from what a view holds, so that no held-out edge is in it. In each epoch a share of the linked
//! pairs of nodes supervises, and these pairs carry no message in any relation, whichever way it runs. A relation's decoder
//! is DistMult's diagonal.

use burn::tensor::{Tensor, TensorData};
use rand::{Rng, RngExt};
use theriac_graph::{Graph, Relation};
use theriac_link::{Pair, TrainView, pair_hash};
use theriac_nn::{EndPairs, Propagation, binary_cross_entropy_with_logits, ops};

use crate::error::ModelError;
use crate::gnn::config::TrainingConfig;
use crate::gnn::network::Network;

/// The relations that are learned together with the target: the place of each in the graph, and what its loss weighs.
///
/// # Errors
///
/// When a name is none of the graph's relations, or is the target's.
pub(super) fn relations(config: &TrainingConfig, view: &TrainView) -> Result<Vec<(usize, f32)>, ModelError> {
    let graph = view.graph();
    let place = |(name, &weight): (&String, &f64)| {
        let relation = graph.resolve_relation(name)?;
        if relation.key == *view.task().target() {
            let expected = "relations beside the target";
            return Err(ModelError::Config { setting: "auxiliary", found: name.clone(), expected });
        }
        let mut relations = graph.relations().iter();
        let place = relations.position(|other| other.key == relation.key);
        Ok((place.unwrap_or_else(|| unreachable!("the graph has the relation")), weight as f32))
    };
    config.auxiliary.iter().map(place).collect()
}

/// Whether a linked pair supervises; all relations between the two nodes agree on it.
fn supervises(seed: u64, share: f64, relation: &Relation, source: u32, target: u32) -> bool {
    let mut ends = [(relation.source_type, source), (relation.target_type, target)];
    ends.sort_unstable();
    let types = (ends[0].0 as u64) << 32 | ends[1].0 as u64;
    let hash = pair_hash(seed ^ types, Pair::new(ends[0].1, ends[1].1));
    ends[0] != ends[1] && (hash as f64) < share * 2f64.powi(64)
}

/// The edges of the relations at these places that supervise an epoch, and the graph of the others: relations of other pairs of
/// types keep all of theirs.
pub(super) fn divide(graph: &Graph, places: &[usize], share: f64, seed: u64) -> (Vec<Vec<Pair>>, Graph) {
    let types = |relation: &Relation| {
        let (source, target) = (relation.source_type, relation.target_type);
        (source.min(target), source.max(target))
    };
    let learned: Vec<(usize, usize)> = places.iter().map(|&place| types(&graph.relations()[place])).collect();
    let of_relation = |&place: &usize| {
        let relation = &graph.relations()[place];
        let edges = relation.forward.pairs().filter(|&(s, t)| supervises(seed, share, relation, s, t));
        edges.map(|(source, target)| Pair { source, target }).collect()
    };
    let supervision = places.iter().map(of_relation).collect();
    let messages = graph.map_relations(|relation| {
        if !learned.contains(&types(relation)) {
            return Some(relation.clone());
        }
        let kept = relation.forward.filter(|s, t| !supervises(seed, share, relation, s, t));
        Some(relation.with_edges(kept))
    });
    (supervision, messages)
}

/// The edges of each relation that a step of so many takes: an equal part, and at most `batch`.
pub(super) fn of_step(supervision: &[Vec<Pair>], step: usize, steps: usize, batch: usize) -> Vec<Vec<Pair>> {
    let part = |edges: &Vec<Pair>| {
        let each = edges.len().div_ceil(steps);
        edges.iter().skip(step * each).take(each.min(batch)).copied().collect()
    };
    supervision.iter().map(part).collect()
}

/// What the edges of a relation are told from chance by.
pub(super) struct EdgeLoss<'a> {
    pub network: &'a Network,
    pub parameters: &'a [Tensor<2>],
    pub graph: &'a Graph,
    pub propagation: &'a Propagation,
    /// The embeddings of the propagation's nodes, all of the graph.
    pub table: &'a Tensor<2>,
    /// Negatives to an edge.
    pub ratio: f64,
}

impl EdgeLoss<'_> {
    /// The mean cross-entropy of some edges of the relation at a place, each against others with another target. `None` where
    /// there is no edge.
    pub(super) fn of(&self, place: usize, positives: &[Pair], draws: &mut impl Rng) -> Option<Tensor<1>> {
        if positives.is_empty() {
            return None;
        }
        let relation = &self.graph.relations()[place];
        let nodes = relation.forward.columns();
        let ratio = (self.ratio.round() as usize).max(1);
        let negatives: Vec<Pair> = positives
            .iter()
            .flat_map(|pair| std::iter::repeat_n(*pair, ratio))
            .map(|pair| Pair::new(pair.source, draws.random_range(0..nodes)))
            .collect();
        let pairs = positives.iter().chain(&negatives).map(|pair| (pair.source, pair.target));
        let rows = self.propagation.target_rows();
        let of_type = |node_type: usize| {
            self.table.clone().narrow(0, rows[node_type], rows[node_type + 1] - rows[node_type])
        };
        let diagonal = self.network.relation_diagonal(self.parameters, place);
        let sources = of_type(relation.source_type) * diagonal;
        let count = sources.dims()[0];
        let both = Tensor::cat(vec![sources, of_type(relation.target_type)], 0);
        let pairs = EndPairs::new(pairs, (0, count));
        let logits = ops::pair_dot(both, pairs.stacked());
        let mut labels = vec![1.0f32; positives.len()];
        labels.resize(pairs.len(), 0.0);
        let labels = Tensor::from_data(TensorData::new(labels, [pairs.len()]), &logits.device());
        Some(binary_cross_entropy_with_logits(logits, labels))
    }
}

#[cfg(test)]
mod tests {
    use theriac_link::conformance::example_graph;

    use super::*;

    #[test]
    fn a_pair_that_supervises_carries_no_message_in_any_relation() {
        let graph = example_graph();
        let all: Vec<usize> = (0..graph.relations().len()).collect();
        for seed in 0..20 {
            for places in [all.clone(), vec![1]] {
                let (supervision, messages) = divide(&graph, &places, 0.4, seed);
                let mut supervised = 0;
                for (&place, edges) in places.iter().zip(&supervision) {
                    let relation = &graph.relations()[place];
                    let left = messages.relation(&relation.key).unwrap();
                    assert_eq!(left.len() + edges.len(), relation.len());
                    supervised += edges.len();
                    for &Pair { source, target } in edges {
                        for other in messages.relations() {
                            let ends = (other.source_type, other.target_type);
                            let same = ends == (relation.source_type, relation.target_type);
                            let reversed = ends == (relation.target_type, relation.source_type);
                            assert!(!(same && other.forward.contains(source, target)));
                            assert!(!(reversed && other.forward.contains(target, source)));
                        }
                    }
                }
                let of_all: usize = places.iter().map(|&place| graph.relations()[place].len()).sum();
                assert!(supervised * 5 > of_all && supervised * 5 < of_all * 3, "{supervised} of {of_all}");
            }
        }
    }

    #[test]
    fn relations_between_other_types_keep_their_edges() {
        let graph = example_graph();
        let place = graph.relations().iter().position(|relation| relation.key.name == "targets").unwrap();
        let (_, messages) = divide(&graph, &[place], 0.4, 1);
        for relation in graph.relations() {
            let left = messages.relation(&relation.key).unwrap().len();
            assert_eq!(left < relation.len(), relation.key.name == "targets", "{}", relation.key);
        }
    }

    #[test]
    fn steps_share_the_edges_among_them() {
        let edges: Vec<Pair> = (0..10).map(|node| Pair::new(node, node)).collect();
        let parts: Vec<Vec<Pair>> =
            (0..3).flat_map(|step| of_step(std::slice::from_ref(&edges), step, 3, 100)).collect();
        assert_eq!(parts.iter().map(Vec::len).collect::<Vec<_>>(), [4, 4, 2]);
        assert_eq!(parts.concat(), edges);
        assert_eq!(of_step(&[edges], 0, 3, 2)[0].len(), 2);
    }
}
