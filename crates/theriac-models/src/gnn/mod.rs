//! Heterogeneous GraphSAGE with a dot-product decoder: the published recipe and its whole-graph form.

mod batches;
mod config;
mod training;

use std::ops::Range;
use std::sync::Arc;

use burn::tensor::Device;
use rayon::prelude::*;
use theriac_link::{Budget, FitRecord, FittedScorer, LinkError, Pair, Scorer, TrainView};
use theriac_nn::kernels::{Matrix, matmul};
use theriac_nn::{HeteroEncoder, NamedTensor, Propagation, SlotLayout, floats};

pub use config::{Division, GraphSageConfig, MessageRelations, Sampler};
pub use training::EpochLog;

use crate::embeddings::NodeEmbeddings;
use crate::error::ModelError;

/// Name of the scorer in tables and cards.
pub const NAME: &str = "graphsage";

/// Final embeddings of the target relation's two ends, beside the parameters that made them.
pub(crate) const SOURCES: &str = "output.sources";
pub(crate) const TARGETS: &str = "output.targets";

/// A GraphSAGE encoder and dot-product decoder, trained on binary cross-entropy.
#[derive(Clone, Debug)]
pub struct GraphSage {
    /// How it is built and trained.
    pub config: GraphSageConfig,
}

/// A trained model: the final embeddings of sources and targets, and what led to them.
#[derive(Clone, Debug)]
pub struct FittedGraphSage {
    /// Embeddings of the target relation's sources: `[n_sources, hidden]`.
    pub(crate) sources: Vec<f32>,
    /// Embeddings of the target relation's targets: `[n_targets, hidden]`.
    pub(crate) targets: Vec<f32>,
    pub(crate) hidden: usize,
    pub(crate) record: FitRecord,
    /// The encoder's parameters.
    pub parameters: Vec<NamedTensor>,
    /// What each epoch came to.
    pub epochs: Vec<EpochLog>,
    /// Whether training ended before its last epoch because it was asked to.
    pub interrupted: bool,
}

impl GraphSage {
    /// Trains the encoder, then embeds every node as [`GraphSage::embed`] does. Asked to stop, it keeps what it has.
    ///
    /// # Errors
    ///
    /// When the configuration is out of range or there are too few edges.
    pub fn train(&self, view: &TrainView, budget: &Budget<'_>) -> Result<FittedGraphSage, ModelError> {
        let trained = training::train(&self.config, view, budget)?;
        let parameters = trained.encoder.tensors(&trained.graph);
        let fitted = self.embed(view, parameters)?;
        let record = fitted.record.with_epochs(trained.epochs.iter().map(EpochLog::record).collect());
        Ok(FittedGraphSage { epochs: trained.epochs, interrupted: trained.interrupted, record, ..fitted })
    }

    /// Embeds every node from trained parameters, with all training edges as messages and all neighbours of each node.
    ///
    /// # Errors
    ///
    /// When a parameter is missing or does not fit the graph.
    pub fn embed(
        &self,
        view: &TrainView,
        parameters: Vec<NamedTensor>,
    ) -> Result<FittedGraphSage, ModelError> {
        let types = self.node_embeddings(view, &parameters)?;
        let (source, target) = (view.target().source_type, view.target().target_type);
        Ok(FittedGraphSage {
            sources: types[source].values.clone(),
            targets: types[target].values.clone(),
            hidden: self.config.hidden,
            record: FitRecord::new(NAME, view),
            parameters,
            epochs: Vec::new(),
            interrupted: false,
        })
    }

    /// The final embeddings of all nodes, one entry for each node type in the order of the view's graph, with all training
    /// edges as messages and all neighbours of each node. The score of a pair is the dot product of its two.
    ///
    /// # Errors
    ///
    /// When a parameter is missing or does not fit the graph.
    pub fn node_embeddings(
        &self,
        view: &TrainView,
        parameters: &[NamedTensor],
    ) -> Result<Vec<NodeEmbeddings>, ModelError> {
        let (graph, hidden, layers) =
            (self.config.message_graph(view), self.config.hidden, self.config.layers);
        let encoder = HeteroEncoder::from_tensors(&graph, hidden, layers, parameters, &Device::flex())
            .map_err(|problem| ModelError::Parameters { problem })?;
        let slots = Arc::new(SlotLayout::new(&graph));
        let propagation = Propagation::full(&graph, slots, layers);
        let table = floats(encoder.forward(&propagation));
        let rows = propagation.target_rows().windows(2).map(|rows| rows[0] * hidden..rows[1] * hidden);
        let types = graph.types.iter().zip(rows).map(|(of, rows)| NodeEmbeddings {
            node_type: of.name.clone(),
            dim: hidden,
            values: table[rows].to_vec(),
        });
        Ok(types.collect())
    }
}

impl FittedGraphSage {
    /// Parameters, and the final embeddings of the two ends that they made.
    pub(crate) fn tensors(&self) -> Vec<NamedTensor> {
        let output = |(name, values): (&str, &Vec<f32>)| NamedTensor {
            name: name.into(),
            rows: values.len() / self.hidden,
            columns: self.hidden,
            values: values.clone(),
        };
        let outputs = [(SOURCES, &self.sources), (TARGETS, &self.targets)].map(output);
        self.parameters.iter().cloned().chain(outputs).collect()
    }
}

impl Scorer for GraphSage {
    fn name(&self) -> &str {
        NAME
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn fit(&self, view: &TrainView, budget: &Budget<'_>) -> Result<Box<dyn FittedScorer>, LinkError> {
        let fitted = self.train(view, budget).map_err(|error| error.of_fit(NAME))?;
        Ok(Box::new(fitted))
    }
}

impl FittedScorer for FittedGraphSage {
    fn record(&self) -> &FitRecord {
        &self.record
    }

    fn score(&self, pairs: &[Pair]) -> Vec<f32> {
        fn row(table: &[f32], node: u32, hidden: usize) -> &[f32] {
            &table[node as usize * hidden..][..hidden]
        }
        let dot = |pair: &Pair| {
            let source = row(&self.sources, pair.source, self.hidden);
            let target = row(&self.targets, pair.target, self.hidden);
            source.iter().zip(target).map(|(source, target)| source * target).sum()
        };
        pairs.par_iter().with_min_len(1024).map(dot).collect()
    }

    fn score_targets(&self, targets: Range<u32>, out: &mut [f32]) {
        let rows = targets.start as usize * self.hidden..targets.end as usize * self.hidden;
        let left = Matrix::new(&self.targets[rows], targets.len(), self.hidden);
        let right = Matrix::new(&self.sources, self.sources() as usize, self.hidden).transposed();
        matmul(out, left, right, false);
    }
}

#[cfg(test)]
mod tests {
    use theriac_graph::{DuplicatePolicy, EdgeList, Graph, GraphBuilder, NodeTable, Provenance, RelationKey};
    use theriac_link::conformance::{check_scorer, check_scorer_on, example_graph, example_task};
    use theriac_link::{Silent, Split, Task};

    use super::*;
    use crate::preset::Preset;

    fn small() -> GraphSageConfig {
        let preset = Preset::named("graphsage-small").unwrap();
        GraphSageConfig { hidden: 8, epochs: 3, ..preset.graphsage(None).unwrap() }
    }

    fn sampled() -> GraphSageConfig {
        let sampler = Sampler::Neighbor { fanouts: vec![3, 2], batch: 4, validation_batch: 8 };
        GraphSageConfig { sampler, ..small() }
    }

    fn view() -> TrainView {
        let graph = example_graph();
        let split = Split::random(&graph, &example_task(&graph).unwrap(), 0.1, 0.2, 7).unwrap();
        TrainView::new(&graph, &split).unwrap()
    }

    #[test]
    fn both_samplers_make_a_scorer_like_any_other() {
        for config in [small(), sampled()] {
            check_scorer(&GraphSage { config });
        }
    }

    #[test]
    fn the_number_of_threads_does_not_change_a_bit() {
        let view = view();
        for config in [small(), sampled()] {
            let train = |threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                let model = GraphSage { config: config.clone() };
                pool.install(|| model.train(&view, &Budget::new(5, &Silent)).unwrap().parameters)
            };
            let once = train(1);
            assert_eq!(once, train(1));
            assert_eq!(once, train(3));
        }
    }

    #[test]
    fn training_lowers_the_loss() {
        let config = GraphSageConfig { epochs: 60, learning_rate: 0.02, ..small() };
        let fitted = GraphSage { config }.train(&view(), &Budget::new(5, &Silent)).unwrap();
        let loss = |epochs: &[EpochLog]| epochs.iter().map(|e| e.loss).sum::<f64>() / epochs.len() as f64;
        let (first, last) = (loss(&fitted.epochs[..5]), loss(&fitted.epochs[55..]));
        assert!(last < 0.8 * first, "loss {first} at first, {last} at last");
    }

    /// Proteins in a ring, every edge both ways but one.
    fn nearly_symmetric() -> (Graph, Split) {
        let ids: Vec<String> = (0..12).map(|i| format!("p{i}")).collect();
        let ring = || (0..12u32).map(|i| (i, (i + 1) % 12));
        let (sources, targets) = ring().chain(ring().skip(1).map(|(a, b)| (b, a))).unzip();
        let key = RelationKey::new("protein", "interacts", "protein");
        let mut builder = GraphBuilder::new(Provenance::default());
        builder.add_nodes(NodeTable::new("protein", ids.clone(), ids)).unwrap();
        let edges = EdgeList { sources, targets, ..EdgeList::default() };
        builder.add_relation(key.clone(), edges, DuplicatePolicy::Reject).unwrap();
        let graph = builder.build().unwrap();
        let task = Task::new(&graph, key, Vec::new()).unwrap();
        let split = Split::random(&graph, &task, 0.1, 0.1, 1).unwrap();
        (graph, split)
    }

    #[test]
    fn a_relation_that_loses_its_one_way_edge_keeps_its_directions() {
        let (graph, split) = nearly_symmetric();
        let view = TrainView::new(&graph, &split).unwrap();
        let messages = small().message_graph(&view);
        for epoch in 0..20 {
            let mut draws = theriac_link::stream(epoch, "division", &[]);
            let (supervision, divided) = view.divide(0.5, &mut draws);
            let divided = messages.with_edges(&divided);
            assert_eq!(divided.relations.len(), messages.relations.len());
            for pair in supervision {
                for relation in &divided.relations {
                    assert!(
                        !relation.incoming.contains(pair.target, pair.source),
                        "{pair} carries a message"
                    );
                    assert!(
                        !relation.incoming.contains(pair.source, pair.target),
                        "{pair} carries a message"
                    );
                }
            }
        }
        check_scorer_on(&GraphSage { config: small() }, &graph, &split);
    }

    #[test]
    fn an_edge_that_supervises_carries_no_message_in_a_sibling_either() {
        let view = view();
        let task = view.task();
        assert!(!task.siblings().is_empty(), "the example has a sibling");
        let (supervision, divided) = view.divide(0.5, &mut theriac_link::stream(3, "division", &[]));
        assert!(!supervision.is_empty());
        for key in task.siblings().iter().chain([task.target()]) {
            let relation = divided.relation(key).unwrap();
            let reversed = key.source != task.target().source;
            for pair in &supervision {
                let pair = if reversed { pair.reversed() } else { *pair };
                assert!(!relation.forward.contains(pair.source, pair.target), "{pair} is in {key}");
            }
        }
    }
}
