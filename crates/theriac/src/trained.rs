//! A trained model together with the graph that it was trained on.

use std::path::Path;

use theriac_graph::{Graph, Relation};
use theriac_link::FittedScorer;
use theriac_models::{ModelError, TrainedModel, recipe_view};

use crate::error::CliError;
use crate::experiment::{check_fingerprint, load_graph};

/// A model and its graph, as the model sees it.
pub struct Trained {
    /// The model with its card.
    pub model: TrainedModel,
    /// The whole graph, held-out edges included.
    pub graph: Graph,
}

impl Trained {
    /// Reads a model folder and its graph: the one that its card names, or the one in `graph` where it has moved.
    ///
    /// # Errors
    ///
    /// When either cannot be read, or they do not belong together.
    pub fn open(folder: &Path, graph: Option<&Path>) -> Result<Self, CliError> {
        let model = TrainedModel::load(folder)?;
        let card = &model.card;
        let graph = match graph {
            Some(path) => load_graph(path)?,
            None => {
                Graph::load(Path::new(&card.graph.path)).map_err(|source| CliError::GraphMoved { source })?
            }
        };
        check_fingerprint(folder, card, &graph)?;
        let graph = if card.graph.recipe_view { recipe_view(&graph, &card.target)? } else { graph };
        let trained = Self { model, graph };
        trained.check_nodes(folder)?;
        Ok(trained)
    }

    /// The relation that the model predicts.
    ///
    /// # Errors
    ///
    /// When the graph lacks it.
    pub fn relation(&self) -> Result<&Relation, CliError> {
        Ok(self.graph.relation(&self.model.card.target)?)
    }

    /// Checks that the model scores as many nodes as its graph has.
    fn check_nodes(&self, folder: &Path) -> Result<(), CliError> {
        let relation = self.relation()?;
        let found = (self.model.fitted.sources(), self.model.fitted.targets());
        let expected = (relation.forward.rows(), relation.forward.columns());
        if found == expected {
            return Ok(());
        }
        let problem = format!(
            "the model scores {} by {} nodes, but {} of its graph joins {} by {}",
            found.0, found.1, relation.key, expected.0, expected.1
        );
        Err(ModelError::Checkpoint { path: folder.into(), problem }.into())
    }
}
