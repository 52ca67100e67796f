//! Heterogeneous graph neural networks: the published GraphSAGE recipe, its whole-graph form, and what else can be built of
//! an encoder, a decoder and a way to train them.

mod anew;
mod auxiliary;
mod batches;
mod config;
mod fitted;
mod negatives;
mod network;
mod pretraining;
mod schedule;
mod state;
mod steps;
mod structure;
mod training;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use burn::tensor::Device;
use rand::RngExt;
use theriac_graph::NamedTensor;
use theriac_link::{Budget, FitRecord, FittedScorer, LinkError, Rescorer, Scorer, TrainView, stream};
use theriac_nn::{ConvolutionKind, Parameters, floats};

pub use config::{Division, GnnConfig, MessageRelations, Sampler, TrainingConfig};
pub use fitted::FittedGnn;
pub use negatives::Negatives;
pub use schedule::Schedule;
pub use state::{StateFile, TrainingState};
pub use training::EpochLog;

use crate::embeddings::NodeEmbeddings;
use crate::error::ModelError;
use crate::gnn::anew::NetworkAnew;
use crate::gnn::network::Network;
use crate::gnn::state::MemberState;
use crate::gnn::structure::Structure;

/// Name of the scorer whose convolution is GraphSAGE.
pub const GRAPHSAGE: &str = "graphsage";

/// An encoder and a decoder, trained together.
#[derive(Clone, Debug)]
pub struct Gnn {
    /// How it is built and trained.
    pub config: GnnConfig,
}

/// The convolutions by the names of their scorers, each with settings that fit any width that is a multiple of 4.
pub(crate) fn convolutions() -> [ConvolutionKind; 6] {
    [
        ConvolutionKind::Sage { aggregation: theriac_nn::Aggregation::Mean },
        ConvolutionKind::Gcn,
        ConvolutionKind::LightGcn,
        ConvolutionKind::Gat { heads: 4 },
        ConvolutionKind::Rgcn { bases: 8 },
        ConvolutionKind::Hgt { heads: 4 },
    ]
}

impl Gnn {
    /// The network of this convolution, by its name, trained by default.
    pub fn named(name: &str) -> Option<Self> {
        let convolution = convolutions().into_iter().find(|convolution| convolution.name() == name)?;
        Some(Self { config: GnnConfig::of(convolution) })
    }

    /// Trains the members, then embeds every node as [`Gnn::embed`] does. Asked to stop, it keeps what it has.
    ///
    /// # Errors
    ///
    /// When the configuration is out of range or there are too few edges.
    pub fn train(&self, view: &TrainView, budget: &Budget<'_>) -> Result<FittedGnn, ModelError> {
        self.train_from(TrainingState::default(), None, view, budget)
    }

    /// The same from where an earlier training of the same settings, view and seed was stopped; after each epoch its state
    /// goes to `file`.
    ///
    /// # Errors
    ///
    /// When the configuration is out of range, there are too few edges, the state does not fit the network, or the file cannot
    /// be written.
    pub fn train_from(
        &self,
        state: TrainingState,
        file: Option<&StateFile>,
        view: &TrainView,
        budget: &Budget<'_>,
    ) -> Result<FittedGnn, ModelError> {
        self.config.check()?;
        let structure = Structure::of(&self.config, view)?;
        let TrainingState { mut finished, first: mut epochs, member: mut state } = state;
        let mut interrupted = false;
        for member in finished.len()..self.config.training.members {
            // The first member is what a single network would be.
            let seed = match member {
                0 => budget.seed,
                _ => stream(budget.seed, "member", &[member as u64]).random(),
            };
            let mut keep = |member: MemberState| match file {
                Some(file) => {
                    file.keep(TrainingState { finished: finished.clone(), first: epochs.clone(), member })
                }
                None => Ok(()),
            };
            let keep: Option<&mut training::Keep<'_>> = if file.is_some() { Some(&mut keep) } else { None };
            let from = std::mem::take(&mut state);
            let budget = Budget { seed, ..*budget };
            let trained = training::train(&self.config, view, structure.clone(), &budget, from, keep)?;
            interrupted = trained.interrupted;
            if trained.epochs.is_empty() && member > 0 {
                break;
            }
            finished.push(trained.parameters);
            if member == 0 {
                epochs = trained.epochs;
            }
            if interrupted {
                break;
            }
        }
        if let Some(file) = file {
            file.flush()?;
        }
        let fitted = self.embed_with(structure, view, finished)?;
        let record = fitted.record.with_epochs(epochs.iter().map(EpochLog::record).collect());
        Ok(FittedGnn { record, epochs, interrupted, ..fitted })
    }

    /// Scores every pair from trained parameters of each member, with all training edges as messages and all neighbours of
    /// each node.
    ///
    /// # Errors
    ///
    /// When a parameter is missing or does not fit the graph.
    pub fn embed(
        &self,
        view: &TrainView,
        parameters: Vec<Vec<NamedTensor>>,
    ) -> Result<FittedGnn, ModelError> {
        self.embed_with(Structure::of(&self.config, view)?, view, parameters)
    }

    fn embed_with(
        &self,
        structure: Option<Arc<Structure>>,
        view: &TrainView,
        parameters: Vec<Vec<NamedTensor>>,
    ) -> Result<FittedGnn, ModelError> {
        let graph = self.config.message_graph(view);
        let network = Network::new(&self.config, &graph, view, structure)?;
        let propagation = network.whole(&graph);
        let members = parameters.iter().map(|named| {
            let parameters = Self::parameters(&network, named)?;
            Ok(network.fitted_ends(&parameters.tensors, &propagation))
        });
        Ok(FittedGnn {
            members: members.collect::<Result<_, ModelError>>()?,
            record: FitRecord::new(self.config.name(), view),
            parameters,
            epochs: Vec::new(),
            interrupted: false,
        })
    }

    /// The network as one that can be asked about graphs with other edges than those of the view.
    ///
    /// # Errors
    ///
    /// When a parameter is missing or does not fit the graph.
    pub fn rescorer(
        &self,
        view: &TrainView,
        parameters: &[Vec<NamedTensor>],
    ) -> Result<Arc<dyn Rescorer>, ModelError> {
        Ok(Arc::new(NetworkAnew::new(&self.config, view, parameters)?))
    }

    fn parameters(network: &Network, named: &[NamedTensor]) -> Result<Parameters, ModelError> {
        Parameters::from_named(network.stacks(), named, &Device::flex())
            .map_err(|problem| ModelError::Parameters { problem })
    }

    /// The encoder's embeddings of all nodes, one entry for each node type in the order of the view's graph, with all
    /// training edges as messages; of several members side by side.
    ///
    /// # Errors
    ///
    /// When a parameter is missing or does not fit the graph.
    pub fn node_embeddings(
        &self,
        view: &TrainView,
        parameters: &[Vec<NamedTensor>],
    ) -> Result<Vec<NodeEmbeddings>, ModelError> {
        let graph = self.config.message_graph(view);
        let network = Network::new(&self.config, &graph, view, None)?;
        let propagation = network.every_node(&graph);
        let width = self.config.encoder.width();
        let tables = parameters.iter().map(|named| {
            let parameters = Self::parameters(&network, named)?;
            Ok(floats(network.embed(&parameters.tensors, &propagation, None)))
        });
        let tables = tables.collect::<Result<Vec<_>, ModelError>>()?;
        let types =
            graph.types.iter().zip(propagation.target_rows().windows(2)).map(|(of, rows)| NodeEmbeddings {
                node_type: of.name.clone(),
                dim: width * tables.len(),
                values: (rows[0]..rows[1])
                    .flat_map(|row| {
                        tables.iter().flat_map(move |table| table[row * width..][..width].iter().copied())
                    })
                    .collect(),
            });
        Ok(types.collect())
    }
}

impl Scorer for Gnn {
    fn name(&self) -> &str {
        self.config.name()
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn learns_validation(&self) -> bool {
        false
    }

    fn fit(&self, view: &TrainView, budget: &Budget<'_>) -> Result<Box<dyn FittedScorer>, LinkError> {
        let fitted = self.train(view, budget).map_err(|error| error.of_fit(self.config.name()))?;
        Ok(Box::new(fitted))
    }
}
