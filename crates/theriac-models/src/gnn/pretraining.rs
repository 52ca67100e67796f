//! Pretraining: the encoder learns to tell edges of every relation from chance before it learns the target, as TxGNN's does
//! (Huang et al. 2024).
//!
//! It sees what a view holds, so that no held-out edge is in it. In each epoch a share of the linked pairs of nodes supervises,
//! and these pairs carry no message in any relation, whichever way it runs. A relation's decoder is DistMult's diagonal.

use std::ops::ControlFlow;

use burn::tensor::{Tensor, TensorData};
use rand::seq::SliceRandom;
use rand::{Rng, RngExt};
use theriac_graph::{Graph, Relation};
use theriac_link::{Event, Pair, pair_hash, stream};
use theriac_nn::{EndPairs, Propagation, binary_cross_entropy_with_logits, ops};

use crate::gnn::training::{Loop, State};

/// Whether a linked pair supervises; all relations between the two nodes agree on it.
fn supervises(seed: u64, share: f64, relation: &Relation, source: u32, target: u32) -> bool {
    let mut ends = [(relation.source_type, source), (relation.target_type, target)];
    ends.sort_unstable();
    let types = (ends[0].0 as u64) << 32 | ends[1].0 as u64;
    let hash = pair_hash(seed ^ types, Pair::new(ends[0].1, ends[1].1));
    ends[0] != ends[1] && (hash as f64) < share * 2f64.powi(64)
}

/// The edges of each relation that supervise an epoch, and the graph of the others.
fn divide(graph: &Graph, share: f64, seed: u64) -> (Vec<Vec<Pair>>, Graph) {
    let of_relation = |relation: &Relation| {
        let edges = relation.forward.pairs().filter(|&(s, t)| supervises(seed, share, relation, s, t));
        edges.map(|(source, target)| Pair { source, target }).collect()
    };
    let supervision = graph.relations().iter().map(of_relation).collect();
    let messages = graph.map_relations(|relation| {
        let kept = relation.forward.filter(|s, t| !supervises(seed, share, relation, s, t));
        Some(relation.with_edges(kept))
    });
    (supervision, messages)
}

/// One epoch over supervision edges of all relations, in as many steps as an epoch over those of the target takes. A relation
/// gives at most a batch of its edges to a step. Breaks off where a stop is asked for.
pub(super) fn epoch(
    the_loop: &Loop<'_>,
    epoch: usize,
    batch: usize,
    mut state: State,
) -> ControlFlow<State, State> {
    let Loop { config, view, network, budget, .. } = the_loop;
    let key = [epoch as u64];
    let mut draws = stream(budget.seed, "pretraining", &key);
    let (mut supervision, messages) = divide(view.graph(), config.supervision, draws.random());
    for edges in &mut supervision {
        edges.shuffle(&mut draws);
    }
    let propagation = network.whole(&the_loop.graph.with_edges(&messages));
    let of_target = config.supervision * view.train_pairs().len() as f64;
    let steps = (of_target / batch as f64).ceil().max(1.0) as usize;
    budget.observer.report(&Event::Stage {
        name: "pretraining on every relation".into(),
        stage: epoch + 1,
        stages: config.pretraining,
    });
    for step in 0..steps {
        if budget.observer.stop_requested() {
            return ControlFlow::Break(state);
        }
        let of_step = |edges: &Vec<Pair>| {
            let each = edges.len().div_ceil(steps);
            let own = edges.iter().skip(step * each).take(each.min(batch));
            own.copied().collect::<Vec<_>>()
        };
        let positives: Vec<Vec<Pair>> = supervision.iter().map(of_step).collect();
        let loss = loss_of(the_loop, &propagation, &positives, &state, &mut draws);
        let Some(loss) = loss else { continue };
        let gradients = loss.backward();
        state.optimizer.step(config.learning_rate, &mut state.parameters.tensors, &gradients);
    }
    ControlFlow::Continue(state)
}

/// Mean over relations of the cross-entropy of some of their edges, each against as many with another target. `None` where no
/// relation has any.
fn loss_of(
    the_loop: &Loop<'_>,
    propagation: &Propagation,
    positives: &[Vec<Pair>],
    state: &State,
    mut draws: &mut (impl Rng + 'static),
) -> Option<Tensor<1>> {
    let Loop { config, view, network, device, .. } = the_loop;
    let parameters = &state.parameters.tensors;
    let table = network.embed(parameters, propagation, Some(&mut draws as &mut dyn Rng));
    let ratio = (config.negative_ratio.round() as usize).max(1);
    let rows = propagation.target_rows();
    let mut losses = Vec::new();
    for ((place, relation), positives) in view.graph().relations().iter().enumerate().zip(positives) {
        if positives.is_empty() {
            continue;
        }
        let nodes = relation.forward.columns();
        let negatives: Vec<Pair> = positives
            .iter()
            .flat_map(|pair| std::iter::repeat_n(*pair, ratio))
            .map(|pair| Pair::new(pair.source, draws.random_range(0..nodes)))
            .collect();
        let pairs = positives.iter().chain(&negatives).map(|pair| (pair.source, pair.target));
        let of_type = |node_type: usize| {
            table.clone().narrow(0, rows[node_type], rows[node_type + 1] - rows[node_type])
        };
        let sources = of_type(relation.source_type) * network.relation_diagonal(parameters, place);
        let count = sources.dims()[0];
        let both = Tensor::cat(vec![sources, of_type(relation.target_type)], 0);
        let pairs = EndPairs::new(pairs, (0, count));
        let logits = ops::pair_dot(both, pairs.stacked());
        let mut labels = vec![1.0f32; positives.len()];
        labels.resize(pairs.len(), 0.0);
        let labels = Tensor::from_data(TensorData::new(labels, [pairs.len()]), device);
        losses.push(binary_cross_entropy_with_logits(logits, labels));
    }
    let count = losses.len() as f32;
    Some(losses.into_iter().reduce(|a, b| a + b)? / count)
}

#[cfg(test)]
mod tests {
    use theriac_link::conformance::example_graph;

    use super::*;

    #[test]
    fn a_pair_that_supervises_carries_no_message_in_any_relation() {
        let graph = example_graph();
        for seed in 0..20 {
            let (supervision, messages) = divide(&graph, 0.4, seed);
            let mut supervised = 0;
            for (relation, edges) in graph.relations().iter().zip(&supervision) {
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
            let all: usize = graph.relations().iter().map(Relation::len).sum();
            assert!(supervised * 5 > all && supervised * 5 < all * 3, "{supervised} of {all}");
        }
    }
}
