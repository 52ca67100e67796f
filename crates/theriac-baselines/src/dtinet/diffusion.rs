//! Diffusion component analysis: one low-dimensional vector to a node for all of its networks.

use rand::seq::index;
use rayon::prelude::*;
use theriac_graph::{Csr, Relation};
use theriac_link::{Budget, Stream, TrainView, stream};

use crate::kronecker_ridge::Spectrum;
use crate::low_rank::leading_left;
use crate::propagation::{BLOCK, add_neighbors, scale_rows};
use crate::similarity::{feature_network, jaccard_network};

/// Neighbours to a node in a similarity network.
const NEAREST: usize = 30;
/// Restart probability of the walks.
const RESTART: f32 = 0.5;
/// Steps of the walks: 0.001 of the probability is still under way after the last.
const STEPS: usize = 10;
/// Nodes whose probabilities of being reached make up the diffusion states, at most.
const LANDMARKS: usize = 768;

/// The leading left singular vectors of the log diffusion states over all networks of the view's source or target nodes, with
/// at most `rank` dimensions and no more than a third of the nodes. Once a stop is asked for, no further network is walked on.
pub(super) fn embedding(view: &TrainView, of_targets: bool, rank: usize, budget: &Budget<'_>) -> Spectrum {
    let target = view.target();
    let (place, own) = if of_targets {
        (target.target_type, &target.backward)
    } else {
        (target.source_type, &target.forward)
    };
    let nodes = own.rows() as usize;
    let mut draws = stream(budget.seed, "DTINet's embeddings", &[u64::from(of_targets)]);
    let landmarks = landmarks(nodes, &mut draws);
    let networks = networks(view, place, of_targets);
    let columns = networks.len() * landmarks.len();
    let mut states = vec![0.0; nodes * columns];
    for (number, network) in networks.iter().enumerate() {
        if number > 0 && budget.observer.stop_requested() {
            break;
        }
        let first = number * landmarks.len();
        for (block, landmarks) in landmarks.chunks(BLOCK).enumerate() {
            let reached = reach(network, landmarks);
            let first = first + block * BLOCK;
            states.par_chunks_mut(columns).zip(reached.par_chunks(landmarks.len())).for_each(
                |(row, reached)| {
                    for (state, probability) in row[first..].iter_mut().zip(reached) {
                        *state = (nodes as f32 * probability).ln_1p();
                    }
                },
            );
        }
    }
    let (vectors, values) = leading_left(&states, columns, rank.min(nodes.div_ceil(3)), &mut draws);
    Spectrum { vectors, values }
}

/// All nodes, or a random sample of many.
fn landmarks(nodes: usize, draws: &mut Stream) -> Vec<u32> {
    let mut landmarks: Vec<u32> = if nodes <= LANDMARKS {
        (0..nodes as u32).collect()
    } else {
        index::sample(draws, nodes, LANDMARKS).into_iter().map(|node| node as u32).collect()
    };
    landmarks.sort_unstable();
    landmarks
}

/// The similarity networks of a node type: one to each relation at it, siblings of the target left out, and one of the
/// given features. A directed relation within the type makes two.
fn networks(view: &TrainView, place: usize, of_targets: bool) -> Vec<Csr> {
    let task = view.task();
    let mut networks = Vec::new();
    let used = |relation: &&Relation| !relation.is_empty() && !task.siblings().contains(&relation.key);
    for relation in view.graph().relations().iter().filter(used) {
        let is_target = relation.key == *task.target();
        let from_target = is_target && of_targets && task.joins_one_type();
        if relation.source_type == place && !from_target {
            networks.push(jaccard_network(&relation.forward, &relation.backward, NEAREST));
        }
        let other_half = is_target && !of_targets;
        if relation.target_type == place && !relation.is_symmetric() && !other_half || from_target {
            networks.push(jaccard_network(&relation.backward, &relation.forward, NEAREST));
        }
    }
    let table = &view.graph().node_tables()[place];
    if let Some(features) = &table.features {
        networks.push(feature_network(features, table.len() as u32, NEAREST));
    }
    networks
}

/// How likely a walk with restart from each node is to be at each of `landmarks`: `[nodes, landmarks]`.
fn reach(network: &Csr, landmarks: &[u32]) -> Vec<f32> {
    let (nodes, width) = (network.rows() as usize, landmarks.len());
    let weights = network.weights().unwrap_or(&[]);
    let inverse: Vec<f32> = (0..network.rows())
        .map(|node| match weights[network.range(node)].iter().sum::<f32>() {
            0.0 => 0.0,
            sum => (1.0 - RESTART) / sum,
        })
        .collect();
    let mut at = vec![0.0; nodes * width];
    for (column, &landmark) in landmarks.iter().enumerate() {
        at[landmark as usize * width + column] = RESTART;
    }
    let mut sum = at.clone();
    for _ in 0..STEPS {
        let mut next = vec![0.0; nodes * width];
        add_neighbors(network, network.weights(), &at, width, &mut next);
        scale_rows(&mut next, width, &inverse);
        sum.iter_mut().zip(&next).for_each(|(sum, next)| *sum += next);
        at = next;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_between_two_nodes() {
        let pair = Csr::from_pairs(3, 3, &[0, 1], &[1, 0], Some(&[0.3, 0.3]));
        let reached = reach(&pair, &[0, 2]);
        // From 0, the walk is at 0 after an even number of steps: 1/2 (1 + 1/4 + 1/16 + ...) = 2/3.
        let expected = [2.0 / 3.0, 0.0, 1.0 / 3.0, 0.0, 0.0, 0.5];
        for (found, expected) in reached.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-3, "{reached:?}");
        }
    }

    #[test]
    fn landmarks_are_all_nodes_or_a_sample() {
        let mut draws = stream(0, "test", &[]);
        assert_eq!(landmarks(5, &mut draws), [0, 1, 2, 3, 4]);
        let sample = landmarks(5000, &mut draws);
        assert_eq!(sample.len(), LANDMARKS);
        assert!(sample.windows(2).all(|pair| pair[0] < pair[1]) && sample[LANDMARKS - 1] < 5000);
    }
}
