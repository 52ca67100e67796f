//! A trained model, whatever it is.

use std::ops::Range;
use std::sync::Arc;

use theriac_graph::NamedTensor;
use theriac_link::{FitRecord, FittedScorer, Pair, Rescorer};

use crate::contributions::PairContributions;
use crate::gnn::{EpochLog, FittedGnn};
use crate::score_table::ScoreTable;

/// A trained model, as it is kept in a folder.
#[derive(Clone, Debug)]
pub enum FittedModel {
    /// A graph neural network.
    Gnn(FittedGnn),
    /// The score of every pair.
    Table(ScoreTable),
}

impl FittedModel {
    fn scorer(&self) -> &dyn FittedScorer {
        match self {
            Self::Gnn(fitted) => fitted,
            Self::Table(table) => table,
        }
    }

    /// What each epoch came to, of a model that is trained in epochs.
    pub fn epochs(&self) -> &[EpochLog] {
        match self {
            Self::Gnn(fitted) => &fitted.epochs,
            Self::Table(_) => &[],
        }
    }

    /// Whether training ended before its last epoch because it was asked to.
    pub fn interrupted(&self) -> bool {
        match self {
            Self::Gnn(fitted) => fitted.interrupted,
            Self::Table(_) => false,
        }
    }

    /// What each part of a blend, and popularity, add to the score of a pair; `None` where it was not kept, and of a network
    /// whose decoder has no biases for popularity.
    pub fn contributions(&self, pair: Pair) -> Option<PairContributions<'_>> {
        match self {
            Self::Gnn(fitted) => fitted.contributions(pair),
            Self::Table(table) => table.contributions(pair),
        }
    }

    /// Everything that decides the scores, as plain numbers.
    pub(crate) fn tensors(&self) -> Vec<NamedTensor> {
        match self {
            Self::Gnn(fitted) => fitted.tensors(),
            Self::Table(table) => table.tensors(),
        }
    }
}

impl FittedScorer for FittedModel {
    fn record(&self) -> &FitRecord {
        self.scorer().record()
    }

    fn score(&self, pairs: &[Pair]) -> Vec<f32> {
        self.scorer().score(pairs)
    }

    fn score_targets(&self, targets: Range<u32>, out: &mut [f32]) {
        self.scorer().score_targets(targets, out);
    }

    fn spread(&self, pairs: &[Pair]) -> Option<Vec<f32>> {
        self.scorer().spread(pairs)
    }

    fn rescorer(&self) -> Option<Arc<dyn Rescorer>> {
        self.scorer().rescorer()
    }
}
