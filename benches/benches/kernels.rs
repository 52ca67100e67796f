//! The graph operators' kernels, each at every instruction set that the processor has, on one thread.

#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;
use std::sync::Arc;

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use theriac_benches::{DISEASES, DRUGS, dtinet_shaped};
use theriac_nn::kernels::{
    AdamStep, Additive, Heads, Level, Matrix, Messages, PairRows, adam, aggregate, edge_additive,
    edge_additive_backward, matmul, pair_dot, softmax_sum, softmax_sum_backward,
};
use theriac_nn::{MessageGraph, NeighborSampler, Subgraph, Weighing};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const HIDDEN: usize = 64;

fn main() {
    divan::main();
}

/// Mean aggregation of all drug-disease edges at the diseases: 64 floats gathered per edge.
#[divan::bench(args = Level::available())]
fn aggregate_all_edges(bencher: Bencher<'_, '_>, level: Level) {
    let graph = MessageGraph::new(&dtinet_shaped().unwrap(), Weighing::MEAN, |_| true);
    let all: Vec<usize> = (0..graph.types.len()).collect();
    let subgraph = Subgraph::full(&graph, 1, &all);
    let rows = &subgraph.blocks[0].relations[0].edges.incoming;
    let table = vec![1.0; DRUGS as usize * HIDDEN];
    let mut out = vec![0.0; DISEASES as usize * HIDDEN];
    bencher.counter(BytesCount::of_many::<f32>(rows.indices.len() * HIDDEN)).bench_local(|| {
        let messages = Messages { rows, table: &table, stride: HIDDEN };
        aggregate(level, messages, 0, HIDDEN, black_box(&mut out), HIDDEN);
    });
}

/// GATv2 over all drug-disease edges at the diseases, four heads of 16: logits, softmax and sum, and back.
#[divan::bench]
fn attention_all_edges(bencher: Bencher<'_, '_>) {
    let graph = MessageGraph::new(&dtinet_shaped().unwrap(), Weighing::MEAN, |_| true);
    let all: Vec<usize> = (0..graph.types.len()).collect();
    let subgraph = Subgraph::full(&graph, 1, &all);
    let edges = &subgraph.blocks[0].relations[0].edges;
    let heads = Heads { heads: 4, width: HIDDEN / 4 };
    let left = vec![0.5; edges.senders() * HIDDEN];
    let (right, attention) = (vec![-0.25; edges.receivers() * HIDDEN], vec![0.1; 2 * HIDDEN]);
    bencher.counter(ItemsCount::new(edges.len())).bench_local(|| {
        let tables = Additive { left: &left, right: &right, attention: &attention };
        let logits = edge_additive(edges, heads, black_box(tables));
        let (shares, sums) = softmax_sum(edges, heads, &logits, &left);
        let [logits, values] = softmax_sum_backward(edges, heads, &shares, &left, &sums);
        (edge_additive_backward(edges, heads, tables, &logits), values)
    });
}

/// Drug features through their linear layer: `[708, 708] x [708, 64]`, 64 MFLOP.
#[divan::bench]
fn matmul_features(bencher: Bencher<'_, '_>) {
    let drugs = DRUGS as usize;
    let (left, right) = (vec![1.0; drugs * drugs], vec![1.0; drugs * HIDDEN]);
    let mut out = vec![0.0; drugs * HIDDEN];
    bencher.counter(ItemsCount::new(2 * drugs * drugs * HIDDEN)).bench_local(|| {
        let (left, right) = (Matrix::new(&left, drugs, drugs), Matrix::new(&right, drugs, HIDDEN));
        matmul(black_box(&mut out), left, right, false);
    });
}

/// Adam over an embedding table of DTINet's size: 7 floats moved per parameter.
#[divan::bench]
fn adam_embedding(bencher: Bencher<'_, '_>) {
    let count = (DRUGS + DISEASES) as usize * HIDDEN;
    let gradient = vec![0.1; count];
    let (mut parameter, mut first, mut second) = (vec![0.0; count], vec![0.0; count], vec![0.0; count]);
    let step = AdamStep {
        beta_1: 0.9,
        beta_2: 0.999,
        epsilon: 1e-8,
        rate: 1e-3,
        root_correction: 1.0,
        keep: 1.0,
        gradient_scale: 1.0,
    };
    bencher.counter(BytesCount::of_many::<f32>(7 * count)).bench_local(|| {
        adam(step, black_box(&mut parameter), &gradient, &mut first, &mut second);
    });
}

/// Dot products of 100,000 pairs.
#[divan::bench]
fn pair_dots(bencher: Bencher<'_, '_>) {
    let pairs = 100_000;
    let table = vec![1.0; (DRUGS + DISEASES) as usize * HIDDEN];
    let sources = (0..pairs).map(|i| i % DRUGS).collect();
    let targets = (0..pairs).map(|i| DRUGS + i * 7919 % DISEASES).collect();
    let rows = PairRows::new(sources, 0, targets, DRUGS as usize);
    bencher.counter(ItemsCount::new(pairs)).bench_local(|| pair_dot(black_box(&rows), &table, HIDDEN));
}

/// The neighbourhood of one batch of the published recipe: 384 pairs, 20 then 10 neighbours.
#[divan::bench]
fn sample_neighbors(bencher: Bencher<'_, '_>) {
    let graph = Arc::new(MessageGraph::new(&dtinet_shaped().unwrap(), Weighing::MEAN, |_| true));
    let mut sampler = NeighborSampler::new(graph, vec![20, 10]);
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    bencher.bench_local(|| {
        let seeds = (0..384).flat_map(|i| [(0, i * 31 % DRUGS), (1, i * 7919 % DISEASES)]);
        sampler.sample(seeds, &mut rng)
    });
}
