//! Heterogeneous GraphSAGE with a dot-product decoder: the published recipe and its whole-graph form.

mod batches;
mod config;
mod training;

use std::ops::Range;
use std::sync::Arc;

use burn::module::Module;
use rayon::prelude::*;
use theriac_link::{Budget, FittedScorer, LinkError, Pair, Scorer, TrainView};
use theriac_nn::kernels::{Matrix, matmul};
use theriac_nn::{NamedTensor, Propagation, Subgraph, floats};

pub use config::{Division, GraphSageConfig, MessageRelations, Preset, Sampler};
pub use training::EpochLog;

use crate::error::ModelError;

/// Name of the scorer in tables and cards.
pub const NAME: &str = "graphsage";

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
    pub(crate) split_hash: String,
    /// The encoder's parameters.
    pub parameters: Vec<NamedTensor>,
    /// What each epoch came to.
    pub epochs: Vec<EpochLog>,
    /// Whether training ended before its last epoch because it was asked to.
    pub interrupted: bool,
}

impl GraphSage {
    /// Trains the encoder, then embeds every node with all training edges as messages and all neighbours of each node.
    ///
    /// # Errors
    ///
    /// When the configuration is out of range, there are too few edges, or training was stopped within its first epoch.
    pub fn train(&self, view: &TrainView, budget: &Budget<'_>) -> Result<FittedGraphSage, ModelError> {
        let trained = training::train(&self.config, view, budget)?;
        let (graph, hidden) = (&trained.graph, self.config.hidden);
        let full = Subgraph::full(graph, self.config.layers);
        let propagation = Propagation::new(graph, Arc::clone(&trained.slots), &full);
        let table = floats(trained.encoder.valid().forward(&propagation));
        let rows = |node_type: usize| {
            let rows = propagation.target_rows();
            table[rows[node_type] * hidden..rows[node_type + 1] * hidden].to_vec()
        };
        Ok(FittedGraphSage {
            sources: rows(view.target().source_type),
            targets: rows(view.target().target_type),
            hidden,
            split_hash: view.split_hash().into(),
            parameters: trained.encoder.tensors(graph),
            epochs: trained.epochs,
            interrupted: trained.interrupted,
        })
    }
}

impl Scorer for GraphSage {
    fn name(&self) -> &str {
        NAME
    }

    fn fit(&self, view: &TrainView, budget: &Budget<'_>) -> Result<Box<dyn FittedScorer>, LinkError> {
        match self.train(view, budget) {
            Ok(fitted) => Ok(Box::new(fitted)),
            Err(ModelError::Link(error)) => Err(error),
            Err(error) => Err(LinkError::Fit { scorer: NAME.into(), problem: error.to_string() }),
        }
    }
}

impl FittedScorer for FittedGraphSage {
    fn name(&self) -> &str {
        NAME
    }

    fn split_hash(&self) -> &str {
        &self.split_hash
    }

    fn sources(&self) -> u32 {
        (self.sources.len() / self.hidden) as u32
    }

    fn targets(&self) -> u32 {
        (self.targets.len() / self.hidden) as u32
    }

    fn score(&self, pairs: &[Pair]) -> Vec<f32> {
        let row = |table: &[f32], node: u32| {
            let start = node as usize * self.hidden;
            start..(start + self.hidden).min(table.len())
        };
        pairs
            .par_iter()
            .with_min_len(1024)
            .map(|pair| {
                let (source, target) = (row(&self.sources, pair.source), row(&self.targets, pair.target));
                let mut out = [0.0];
                let left = Matrix::new(&self.targets[target], 1, self.hidden);
                matmul(&mut out, left, Matrix::new(&self.sources[source], self.hidden, 1), false);
                out[0]
            })
            .collect()
    }

    fn score_targets(&self, targets: Range<u32>, out: &mut [f32]) {
        let rows = targets.start as usize * self.hidden..targets.end as usize * self.hidden;
        let left = Matrix::new(&self.targets[rows], targets.len(), self.hidden);
        let right = Matrix::new(&self.sources, self.sources() as usize, self.hidden).transposed();
        matmul(out, left, right, false);
    }
}
