//! A small graph, and gradients against finite differences.

use std::sync::Arc;

use burn::tensor::{Device, Tensor, TensorData};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use theriac_graph::{Csr, FeatureMatrix};

use crate::block::Subgraph;
use crate::edges::Weighing;
use crate::message_graph::{MessageGraph, MessageRelation, MessageType};
use crate::parameters::floats;
use crate::sampler::NeighborSampler;

/// Columns of the features.
pub(crate) const DIM: usize = 3;

/// Three types, four relations (one within a type, one weighted), features on the first type; node 3 of `disease` has no
/// edge.
pub(crate) fn graph(weighing: Weighing) -> MessageGraph {
    let mut rng = StdRng::seed_from_u64(11);
    let mut values = |count: usize| -> Vec<f32> { (0..count).map(|_| rng.random_range(-1.0..1.0)).collect() };
    let features = Arc::new(FeatureMatrix { name: "similarity".into(), dim: DIM, values: values(4 * DIM) });
    let node_type = |name: &str, nodes, features| MessageType { name: name.into(), nodes, features };
    let treats = Csr::from_pairs(4, 5, &[0, 0, 1, 2, 3, 3], &[0, 1, 1, 2, 4, 0], None);
    let weights = [0.5, 2.0, -1.0, 1.5];
    let associates = Csr::from_pairs(3, 5, &[0, 1, 1, 2], &[0, 1, 2, 4], Some(&weights));
    let interacts = Csr::from_pairs(3, 3, &[0, 1, 1, 2], &[1, 0, 2, 1], None);
    let relation =
        |name: &str, ends, incoming| MessageRelation::new(name.into(), None, ends, Arc::new(incoming));
    let types =
        vec![node_type("drug", 4, Some(features)), node_type("gene", 3, None), node_type("disease", 5, None)];
    let relations = vec![
        relation("drug:treats:disease", (0, 2), treats.transpose()),
        relation("disease:rev_treats:drug", (2, 0), treats),
        relation("gene:associates:disease", (1, 2), associates.transpose()),
        relation("gene:interacts:gene", (1, 1), interacts),
    ];
    MessageGraph::from_parts(types, relations, weighing)
}

pub(crate) fn random(rng: &mut StdRng, rows: usize, columns: usize) -> Tensor<2> {
    let values: Vec<f32> = (0..rows * columns).map(|_| rng.random_range(-1.0..1.0)).collect();
    Tensor::from_data(TensorData::new(values, [rows, columns]), &Device::flex().autodiff())
}

/// Checks the gradients of `sum(output * probe)` with respect to every input against central differences.
pub(crate) fn check_gradients(inputs: &[Tensor<2>], output: impl Fn(&[Tensor<2>]) -> Tensor<2>) {
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

/// The whole graph, with all types wanted and with one, and two samples of it.
pub(crate) fn subgraphs(graph: &Arc<MessageGraph>) -> Vec<Subgraph> {
    let mut sampler = NeighborSampler::new(Arc::clone(graph), vec![2, 1]);
    let mut rng = StdRng::seed_from_u64(2);
    vec![
        Subgraph::full(graph, 2, &[0, 1, 2]),
        Subgraph::full(graph, 2, &[0]),
        sampler.sample([(0, 3), (2, 0), (2, 3)], &mut rng).1,
        sampler.sample([(0, 0), (2, 1)], &mut rng).1,
    ]
}
