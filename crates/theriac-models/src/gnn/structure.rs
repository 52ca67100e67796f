//! What a network is told of the structure around a pair: its counts of paths.

use std::sync::Arc;

use burn::tensor::{Device, Tensor, TensorData};
use theriac_baselines::metapath::PathTable;
use theriac_graph::EditedGraph;
use theriac_link::{LinkError, Pair, TrainView};
use theriac_nn::{DecoderStructure, floats};

use crate::gnn::config::GnnConfig;

/// Damping exponent of degrees: with it the paths along the target alone count as those of L3 do.
const DAMPING: f32 = 0.5;
/// Pairs that are scored at a time.
const PAIRS: usize = 1 << 16;

/// The counts of paths of all pairs of a view, each without the pair's own edge.
#[derive(Debug)]
pub(super) struct Structure {
    table: PathTable,
    targets: u32,
}

impl Structure {
    /// That of a view, where the decoder asks for it.
    pub(super) fn of(config: &GnnConfig, view: &TrainView) -> Result<Option<Arc<Self>>, LinkError> {
        if config.decoder.structure == DecoderStructure::None {
            return Ok(None);
        }
        let table = PathTable::new(config.name(), view, DAMPING)?;
        Ok(Some(Arc::new(Self { table, targets: view.targets() })))
    }

    /// Counts to a pair.
    pub(super) fn width(&self) -> usize {
        self.table.metapaths().len()
    }

    /// The counts of pairs: `[pairs, counts]`.
    pub(super) fn rows(&self, pairs: &[Pair], device: &Device) -> Tensor<2> {
        let values: Vec<f32> = pairs.iter().flat_map(|&pair| self.table.of(pair)).copied().collect();
        Tensor::from_data(TensorData::new(values, [pairs.len(), self.width()]), device)
    }

    /// The counts of pairs on another graph than that of the view: `[pairs, counts]`.
    pub(super) fn on(&self, graph: &EditedGraph<'_>, pairs: &[Pair], device: &Device) -> Tensor<2> {
        let values: Vec<f32> = pairs.iter().flat_map(|&pair| self.table.on(graph, pair)).collect();
        Tensor::from_data(TensorData::new(values, [pairs.len(), self.width()]), device)
    }

    /// What `layer` makes of the counts of all pairs: `[n_targets, n_sources]`.
    pub(super) fn scores(&self, layer: impl Fn(Tensor<2>) -> Tensor<1>, device: &Device) -> Vec<f32> {
        let mut scores = Vec::new();
        let row = self.table.of_target(0).len().max(1);
        let at_once = (PAIRS * self.width() / row).max(1);
        for first in (0..self.targets).step_by(at_once) {
            let last = self.targets.min(first + at_once as u32);
            let values: Vec<f32> =
                (first..last).flat_map(|target| self.table.of_target(target)).copied().collect();
            let pairs = values.len() / self.width();
            let counts = Tensor::from_data(TensorData::new(values, [pairs, self.width()]), device);
            scores.extend(floats(layer(counts)));
        }
        scores
    }
}
