//! Every gradient against finite differences, and against burn's own gather and scatter.

use std::slice;
use std::sync::Arc;

use burn::tensor::{Device, Int, Tensor, TensorData};
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::*;
use crate::edges::{Weighing, WeightedRows};
use crate::testing::{DIM, check_gradients, graph, random, subgraphs};
use crate::{binary_cross_entropy_with_logits, floats};

const HIDDEN: usize = 5;

#[test]
fn the_edge_operators_gradients_are_right() {
    let graph = Arc::new(graph(Weighing::MEAN));
    let heads = Heads { heads: 2, width: 2 };
    let columns = heads.columns();
    for subgraph in subgraphs(&graph) {
        for relation in &subgraph.blocks[0].relations {
            let edges = &relation.edges;
            if edges.is_empty() {
                continue;
            }
            let mut rng = StdRng::seed_from_u64(21);
            let senders = random(&mut rng, edges.senders(), columns);
            let receivers = random(&mut rng, edges.receivers(), columns);
            let attention = random(&mut rng, 2, columns);
            let logits = random(&mut rng, edges.len(), heads.heads);
            check_gradients(slice::from_ref(&senders), |inputs| {
                propagate(inputs[0].clone(), Arc::clone(edges))
            });
            check_gradients(slice::from_ref(&senders), |inputs| {
                max_pool(inputs[0].clone(), Arc::clone(edges))
            });
            check_gradients(&[receivers.clone(), senders.clone()], |inputs| {
                edge_dot(inputs[0].clone(), inputs[1].clone(), Arc::clone(edges), heads)
            });
            check_gradients(&[senders.clone(), receivers, attention], |inputs| {
                let [left, right, attention] = [0, 1, 2].map(|place| inputs[place].clone());
                edge_additive(left, right, attention, Arc::clone(edges), heads)
            });
            check_gradients(&[logits, senders], |inputs| {
                softmax_sum(inputs[0].clone(), inputs[1].clone(), Arc::clone(edges), heads)
            });
        }
    }
}

#[test]
fn attention_is_as_by_hand() {
    // Sender 0 to receiver 0; senders 0 and 1 to receiver 2, the second edge weighs 2; receiver 1 has none.
    let rows =
        WeightedRows { offsets: vec![0, 1, 1, 3], indices: vec![0, 0, 1], weights: vec![1.0, 1.0, 2.0] };
    let edges = Arc::new(EdgeIndex::new(rows, 2));
    let heads = Heads { heads: 1, width: 2 };
    let device = Device::flex();
    let senders = || Tensor::<2>::from_data([[1.0f32, 2.0], [-3.0, 0.5]], &device);
    let receivers = Tensor::<2>::from_data([[1.0f32, 0.0], [5.0, 5.0], [0.5, -1.0]], &device);
    let logits = edge_dot(receivers.clone(), senders(), Arc::clone(&edges), heads);
    assert_eq!(floats(logits), [1.0, -1.5, -2.0]);
    let attention = Tensor::<2>::from_data([[1.0f32, 2.0], [0.25, 0.0]], &device);
    let logits = edge_additive(senders(), receivers, attention, Arc::clone(&edges), heads);
    // Sums (2.25, 2), (1.75, 1), (-2, -0.5).
    let expected = [2.25 + 4.0, 1.75 + 2.0, 0.2 * -2.0 + 2.0 * 0.2 * -0.5];
    for (found, expected) in floats(logits).into_iter().zip(expected) {
        assert!((found - expected).abs() < 1e-5, "{found} for {expected}");
    }
    let logits = Tensor::<2>::from_data([[7.0f32], [0.0], [3f32.ln()]], &device);
    let sums = floats(softmax_sum(logits, senders(), Arc::clone(&edges), heads));
    let expected = [1.0, 2.0, 0.0, 0.0, 0.25 - 2.25, 0.5 + 0.375];
    for (found, expected) in sums.into_iter().zip(expected) {
        assert!((found - expected).abs() < 1e-5, "{found} for {expected}");
    }
    assert_eq!(floats(max_pool(senders(), edges)), [1.0, 2.0, 0.0, 0.0, 1.0, 2.0]);
}

/// A layer's inputs: rows, weights and bias.
fn layer_inputs(rng: &mut StdRng, block: &Block, slots: &SlotLayout) -> [Tensor<2>; 3] {
    [random(rng, block.sources(), HIDDEN), random(rng, slots.slots() * HIDDEN, 4), random(rng, 3, 4)]
}

#[test]
fn the_input_layers_gradients_are_right() {
    let graph = Arc::new(graph(Weighing::MEAN));
    for subgraph in subgraphs(&graph) {
        let rows = Arc::new(InputRows::new(&graph, &subgraph));
        let mut rng = StdRng::seed_from_u64(3);
        let inputs = [
            random(&mut rng, graph.type_offsets()[3], HIDDEN),
            random(&mut rng, DIM, HIDDEN),
            random(&mut rng, 1, HIDDEN),
        ];
        check_gradients(&inputs, |inputs| {
            let [embedding, weight, bias] = [0, 1, 2].map(|place| inputs[place].clone());
            input_layer(embedding, weight, bias, Arc::clone(&rows))
        });
    }
}

#[test]
fn the_input_layer_is_embedding_plus_projected_features() {
    let graph = Arc::new(graph(Weighing::MEAN));
    // The samples take the branch that gathers features, and the one that projects those of all nodes.
    for subgraph in subgraphs(&graph) {
        let mut rng = StdRng::seed_from_u64(3);
        let embedding = random(&mut rng, graph.type_offsets()[3], HIDDEN);
        let (weight, bias) = (random(&mut rng, DIM, HIDDEN), random(&mut rng, 1, HIDDEN));
        let rows = Arc::new(InputRows::new(&graph, &subgraph));
        let found = floats(input_layer(embedding.clone(), weight.clone(), bias.clone(), rows));
        let (embedding, weight, bias) = (floats(embedding), floats(weight), floats(bias));
        let features = graph.types[0].features.clone().unwrap();
        let mut expected = Vec::new();
        for (node_type, nodes) in subgraph.nodes.iter().enumerate() {
            for &node in nodes {
                for column in 0..HIDDEN {
                    let row = graph.type_offsets()[node_type] + node as usize;
                    let mut value = embedding[row * HIDDEN + column];
                    if node_type == 0 {
                        let products = (0..DIM).map(|k| features.row(node)[k] * weight[k * HIDDEN + column]);
                        value += bias[column] + products.sum::<f32>();
                    }
                    expected.push(value);
                }
            }
        }
        for (found, expected) in found.iter().zip(&expected) {
            assert!((found - expected).abs() < 1e-5, "{found} for {expected}");
        }
        assert_eq!(found.len(), expected.len());
    }
}

#[test]
fn the_sage_layer_is_tried_with_relations_that_go_either_way() {
    let graph = Arc::new(graph(Weighing::MEAN));
    let ways: Vec<bool> = subgraphs(&graph)
        .iter()
        .flat_map(|subgraph| &subgraph.blocks)
        .flat_map(|block| block.relations.iter().map(move |relation| (block, relation)))
        .filter(|(_, relation)| !relation.edges.is_empty())
        .map(|(block, relation)| sage::is_sent(block, relation))
        .collect();
    assert!(ways.contains(&true) && ways.contains(&false), "{ways:?}");
}

#[test]
fn the_sage_layers_gradients_are_right() {
    let graph = Arc::new(graph(Weighing::MEAN));
    let slots = Arc::new(SlotLayout::new(&graph));
    for subgraph in subgraphs(&graph) {
        for block in &subgraph.blocks {
            let inputs = layer_inputs(&mut StdRng::seed_from_u64(4), block, &slots);
            let geometry = SageGeometry { block: Arc::clone(block), slots: Arc::clone(&slots), relu: false };
            check_gradients(&inputs, |inputs| {
                let [input, weight, bias] = [0, 1, 2].map(|place| inputs[place].clone());
                sage_layer(input, weight, bias, geometry.clone())
            });
        }
    }
}

/// The same layer from burn's own gather, scatter-add and matrix products.
fn reference_layer(inputs: &[Tensor<2>], geometry: &SageGeometry) -> Tensor<2> {
    let SageGeometry { block, slots, relu } = geometry;
    let [input, weight, bias] = [0, 1, 2].map(|place| inputs[place].clone());
    let device = input.device();
    let weight_of = |slot: usize| weight.clone().slice([slot * HIDDEN..(slot + 1) * HIDDEN, 0..4]);
    let index = |places: Vec<i32>| {
        let count = places.len();
        Tensor::<1, Int>::from_data(TensorData::new(places, [count]), &device)
    };
    let mut outputs = Vec::new();
    for node_type in 0..block.target_rows.len() - 1 {
        let rows = block.target_rows[node_type + 1] - block.target_rows[node_type];
        if rows == 0 {
            continue;
        }
        let own = block.source_rows[node_type];
        let own = input.clone().slice([own..own + rows, 0..HIDDEN]);
        let mut output = own.matmul(weight_of(slots.type_slots[node_type + 1] - 1))
            + bias.clone().slice([node_type..node_type + 1, 0..4]);
        for (relation, slot) in block.relations.iter().zip(&slots.relation_slots) {
            let incoming = &relation.edges.incoming;
            if relation.target != node_type || incoming.indices.is_empty() {
                continue;
            }
            let start = block.source_rows[relation.source] as i32;
            let sources = index(incoming.indices.iter().map(|&column| start + column as i32).collect());
            let targets: Vec<i32> = (0..rows)
                .flat_map(|row| (incoming.offsets[row]..incoming.offsets[row + 1]).map(move |_| row as i32))
                .collect();
            let weights = Tensor::<2>::from_data(
                TensorData::new(incoming.weights.clone(), [incoming.weights.len(), 1]),
                &device,
            );
            let messages = input.clone().select(0, sources) * weights;
            let zeros = Tensor::zeros([rows, HIDDEN], &device);
            let mean = zeros.select_assign(0, index(targets), messages, burn::tensor::IndexingUpdateOp::Add);
            output = output + mean.matmul(weight_of(slots.type_slots[node_type] + slot));
        }
        outputs.push(output);
    }
    let output = Tensor::cat(outputs, 0);
    if *relu { burn::tensor::activation::relu(output) } else { output }
}

#[test]
fn the_sage_layer_agrees_with_burns_gather_and_scatter() {
    let graph = Arc::new(graph(Weighing::MEAN));
    let slots = Arc::new(SlotLayout::new(&graph));
    for subgraph in subgraphs(&graph) {
        for (block, relu) in subgraph.blocks.iter().zip([true, false]) {
            let geometry = SageGeometry { block: Arc::clone(block), slots: Arc::clone(&slots), relu };
            let inputs = layer_inputs(&mut StdRng::seed_from_u64(6), block, &slots).map(Tensor::require_grad);
            let [input, weight, bias] = inputs.clone();
            let outputs =
                [sage_layer(input, weight, bias, geometry.clone()), reference_layer(&inputs, &geometry)];
            let results = outputs.map(|output| {
                let gradients = (output.clone() * output.clone()).sum().backward();
                let gradients = inputs.each_ref().map(|input| floats(input.grad(&gradients).unwrap()));
                (floats(output), gradients)
            });
            let all = |(output, gradients): &(Vec<f32>, [Vec<f32>; 3])| {
                output.iter().chain(gradients.iter().flatten()).copied().collect::<Vec<f32>>()
            };
            for (found, expected) in all(&results[0]).iter().zip(all(&results[1])) {
                assert!((found - expected).abs() < 1e-4 * (1.0 + expected.abs()), "{found} for {expected}");
            }
            assert_eq!(all(&results[0]).len(), all(&results[1]).len());
        }
    }
}

#[test]
fn pair_dots_and_their_gradients_are_right() {
    let mut rng = StdRng::seed_from_u64(8);
    let table = random(&mut rng, 7, 37);
    let values = floats(table.clone());
    // Between two types, in either order, and within one; a row that occurs in several pairs.
    for (sources, source_start, targets, target_start) in [
        (vec![0, 2, 2, 1], 0, vec![3, 6, 4, 3], 3),
        (vec![3, 6, 4, 3], 3, vec![0, 2, 2, 1], 0),
        (vec![0, 5, 5, 2], 0, vec![1, 5, 0, 6], 0),
    ] {
        let expected: Vec<f32> = std::iter::zip(&sources, &targets)
            .map(|(&s, &t)| (0..37).map(|k| values[s as usize * 37 + k] * values[t as usize * 37 + k]).sum())
            .collect();
        let pairs = Arc::new(PairRows::new(sources, source_start, targets, target_start));
        let found = floats(pair_dot(table.clone(), Arc::clone(&pairs)));
        for (found, expected) in found.iter().zip(&expected) {
            assert!((found - expected).abs() < 1e-5, "{found} for {expected}");
        }
        check_gradients(slice::from_ref(&table), |inputs| {
            pair_dot(inputs[0].clone(), Arc::clone(&pairs)).reshape([4, 1])
        });
    }
}

#[test]
fn the_loss_is_the_binary_cross_entropy_and_does_not_overflow() {
    let device = Device::flex().autodiff();
    let logits = Tensor::<1>::from_floats([0.0, 2.0, -3.0, 200.0, -200.0], &device);
    let labels = Tensor::<1>::from_floats([1.0, 0.0, 1.0, 1.0, 0.0], &device);
    let expected = (2f64.ln() + (1.0 + 2f64.exp()).ln() + (1.0 + 3f64.exp()).ln()) / 5.0;
    let found = floats(binary_cross_entropy_with_logits(logits.clone(), labels.clone()))[0];
    assert!((f64::from(found) - expected).abs() < 1e-6, "{found} for {expected}");
    check_gradients(&[logits.reshape([5, 1])], |inputs| {
        binary_cross_entropy_with_logits(inputs[0].clone().reshape([5]), labels.clone()).reshape([1, 1])
    });
}

#[test]
fn adam_takes_the_steps_that_its_definition_says() {
    let device = Device::flex();
    let (beta_1, beta_2, epsilon, rate) = (0.9f64, 0.999f64, 1e-8f64, 0.1f64);
    let (mut parameter, mut first, mut second) = (1.0f64, 0.0f64, 0.0f64);
    let mut tensors = [1.0f32, 0.0, 0.0].map(|value| Tensor::<1>::from_floats([value], &device));
    for time in 1..=5 {
        let gradient = 0.3 * f64::from(time) - 1.0;
        first = beta_1 * first + (1.0 - beta_1) * gradient;
        second = beta_2 * second + (1.0 - beta_2) * gradient * gradient;
        let (mean, variance) = (first / (1.0 - beta_1.powi(time)), second / (1.0 - beta_2.powi(time)));
        parameter -= rate * mean / (variance.sqrt() + epsilon);
        let step = AdamStep {
            keep: 1.0,
            gradient_scale: 1.0,
            beta_1: beta_1 as f32,
            beta_2: beta_2 as f32,
            epsilon: epsilon as f32,
            rate: (rate / (1.0 - beta_1.powi(time))) as f32,
            root_correction: (1.0 / (1.0 - beta_2.powi(time)).sqrt()) as f32,
        };
        let [p, m, v] = tensors;
        let (p, m, v) = adam(p, Tensor::from_floats([gradient as f32], &device), m, v, step);
        assert!((f64::from(floats(p.clone())[0]) - parameter).abs() < 1e-5, "step {time}");
        tensors = [p, m, v];
    }
}
