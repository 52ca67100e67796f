//! Every gradient against finite differences, and against burn's own gather and scatter.

use std::sync::Arc;

use burn::tensor::{Device, Int, Tensor, TensorData};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use theriac_graph::{Csr, FeatureMatrix};

use super::*;
use crate::block::Subgraph;
use crate::edges::Weighing;
use crate::message_graph::{MessageGraph, MessageRelation, MessageType};
use crate::sampler::NeighborSampler;
use crate::{binary_cross_entropy_with_logits, floats};

const HIDDEN: usize = 5;
const DIM: usize = 3;

/// Three types, four relations (one within a type, one weighted), features on the first type; node 3 of `disease` has no
/// edge.
fn graph() -> MessageGraph {
    let mut rng = StdRng::seed_from_u64(11);
    let mut values = |count: usize| -> Vec<f32> { (0..count).map(|_| rng.random_range(-1.0..1.0)).collect() };
    let features = Arc::new(FeatureMatrix { name: "similarity".into(), dim: DIM, values: values(4 * DIM) });
    let node_type = |name: &str, nodes, features| MessageType { name: name.into(), nodes, features };
    let treats = Csr::from_pairs(4, 5, &[0, 0, 1, 2, 3, 3], &[0, 1, 1, 2, 4, 0], None);
    let weights = [0.5, 2.0, -1.0, 1.5];
    let associates = Csr::from_pairs(3, 5, &[0, 1, 1, 2], &[0, 1, 2, 4], Some(&weights));
    let interacts = Csr::from_pairs(3, 3, &[0, 1, 1, 2], &[1, 0, 2, 1], None);
    let relation = |name: &str, source, target, incoming| MessageRelation {
        name: name.into(),
        relation: 0,
        reversed: false,
        source,
        target,
        incoming,
    };
    MessageGraph {
        types: vec![
            node_type("drug", 4, Some(features)),
            node_type("gene", 3, None),
            node_type("disease", 5, None),
        ],
        relations: vec![
            relation("drug:treats:disease", 0, 2, treats.transpose()),
            relation("disease:rev_treats:drug", 2, 0, treats),
            relation("gene:associates:disease", 1, 2, associates.transpose()),
            relation("gene:interacts:gene", 1, 1, interacts),
        ],
    }
}

fn random(rng: &mut StdRng, rows: usize, columns: usize) -> Tensor<2> {
    let values: Vec<f32> = (0..rows * columns).map(|_| rng.random_range(-1.0..1.0)).collect();
    Tensor::from_data(TensorData::new(values, [rows, columns]), &Device::flex().autodiff())
}

/// Checks the gradients of `sum(output * probe)` with respect to every input against central differences.
fn check_gradients(inputs: &[Tensor<2>], output: impl Fn(&[Tensor<2>]) -> Tensor<2>) {
    let mut rng = StdRng::seed_from_u64(5);
    let shape = output(inputs).dims();
    let probe = random(&mut rng, shape[0], shape[1]);
    let objective = |inputs: &[Tensor<2>]| (output(inputs) * probe.clone()).sum();
    let tracked: Vec<Tensor<2>> = inputs.iter().map(|input| input.clone().require_grad()).collect();
    let gradients = objective(&tracked).backward();
    for (place, input) in tracked.iter().enumerate() {
        let gradient = floats(input.grad(&gradients).expect("every input has a gradient"));
        let values = floats(input.clone());
        for element in 0..values.len() {
            let at = |step: f32| {
                let mut values = values.clone();
                values[element] += step;
                let mut moved = inputs.to_vec();
                moved[place] = Tensor::from_data(TensorData::new(values, input.dims()), &input.device());
                f64::from(floats(objective(&moved))[0])
            };
            let step = 1e-2;
            let difference = (at(step) - at(-step)) / (2.0 * f64::from(step));
            let found = f64::from(gradient[element]);
            assert!(
                (found - difference).abs() < 2e-3 * (1.0 + difference.abs()),
                "input {place}, element {element}: gradient {found}, difference {difference}"
            );
        }
    }
}

fn subgraphs(graph: &Arc<MessageGraph>) -> Vec<Subgraph> {
    let mut sampler = NeighborSampler::new(Arc::clone(graph), Weighing::MEAN, vec![2, 1]);
    let mut rng = StdRng::seed_from_u64(2);
    vec![
        Subgraph::full(graph, Weighing::MEAN, 2),
        sampler.sample([(0, 3), (2, 0), (2, 3)], &mut rng).1,
        sampler.sample([(0, 0), (2, 1)], &mut rng).1,
    ]
}

/// A layer's inputs: rows, weights and bias.
fn layer_inputs(rng: &mut StdRng, block: &Block, slots: &SlotLayout) -> [Tensor<2>; 3] {
    [random(rng, block.sources(), HIDDEN), random(rng, slots.slots() * HIDDEN, 4), random(rng, 3, 4)]
}

#[test]
fn the_input_layers_gradients_are_right() {
    let graph = Arc::new(graph());
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
    let graph = Arc::new(graph());
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
fn the_sage_layers_gradients_are_right() {
    let graph = Arc::new(graph());
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
    let graph = Arc::new(graph());
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
        check_gradients(std::slice::from_ref(&table), |inputs| {
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
