//! One epoch of training, by either sampler, on a graph of DTINet's shape.

#![allow(missing_docs, clippy::unwrap_used)]

use divan::Bencher;
use divan::counter::ItemsCount;
use theriac_benches::{EDGES, dtinet_shaped};
use theriac_link::{Budget, Silent, Split, Task, TrainView};
use theriac_models::Preset;
use theriac_models::gnn::{Gnn, GnnConfig};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    rayon::ThreadPoolBuilder::new().use_current_thread().build_global().unwrap();
    divan::main();
}

/// The published recipe: 374 steps of 128 positives with 256 negatives, 20 then 10 neighbours.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn sampled_epoch(bencher: Bencher<'_, '_>) {
    epoch(bencher, Preset::named("graphsage-dtinet").unwrap().network(Some(false)).unwrap());
}

/// The same model on the whole graph: 24 steps of about 2,000 positives with twice as many negatives.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn full_epoch(bencher: Bencher<'_, '_>) {
    epoch(bencher, Preset::named("graphsage-dtinet").unwrap().network(Some(true)).unwrap());
}

/// Trains one epoch without a validation part; the counter shows supervision edges per second.
fn epoch(bencher: Bencher<'_, '_>, mut config: GnnConfig) {
    let graph = dtinet_shaped().unwrap();
    let target = graph.relations()[0].key.clone();
    let task = Task::new(&graph, target, Vec::new()).unwrap();
    let view = TrainView::new(&graph, &Split::random(&graph, &task, 0.0, 0.2, 0).unwrap()).unwrap();
    let supervision = (EDGES as f64 * 0.8 * config.training.supervision) as usize;
    config.training.epochs = 1;
    let model = Gnn { config };
    bencher
        .counter(ItemsCount::new(supervision))
        .bench_local(|| model.train(&view, &Budget::new(0, &Silent)).unwrap());
}
