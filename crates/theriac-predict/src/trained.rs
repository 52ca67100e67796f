//! A trained model together with the graph that it was trained on.

use std::path::Path;

use theriac_graph::{Graph, Relation};
use theriac_link::{FittedScorer, LinkError, Pair};
use theriac_models::{ModelError, TrainedModel, recipe_view};

use crate::experiment::{Experiment, check_fingerprint, load_graph};
use crate::opposition::Opposition;
use crate::ranked::Candidacy;
use crate::{Note, PredictError};

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
    pub fn open(folder: &Path, graph: Option<&Path>) -> Result<Self, PredictError> {
        let model = TrainedModel::load(folder)?;
        let card = &model.card;
        let graph = match graph {
            Some(path) => load_graph(path)?,
            None => Graph::load(Path::new(&card.graph.path))
                .map_err(|source| PredictError::GraphMoved { source: source.into() })?,
        };
        check_fingerprint(folder, card, &graph)?;
        let graph = if card.graph.recipe_view { recipe_view(&graph, &card.target)? } else { graph };
        let trained = Self { model, graph };
        trained.check_nodes(folder)?;
        Ok(trained)
    }

    /// The same for the relation against the target of a signed model, see [`TrainedModel::exchanged`].
    ///
    /// # Errors
    ///
    /// [`PredictError::Asked`] where the model is not a signed one.
    pub fn exchanged(self, folder: &Path) -> Result<Self, PredictError> {
        let target = self.model.card.target.clone();
        let model = self.model.exchanged().ok_or_else(|| {
            PredictError::Asked(format!(
                "{} predicts {target} alone; expected a signed model, trained with --against, for --against",
                folder.display()
            ))
        })?;
        Ok(Self { model, graph: self.graph })
    }

    /// Reads what the scores of a blend are made of, where its folder has it.
    ///
    /// # Errors
    ///
    /// When the file is damaged or of another model.
    pub fn load_contributions(&mut self, folder: &Path) -> Result<(), PredictError> {
        Ok(self.model.load_contributions(folder)?)
    }

    /// The relation that the model predicts.
    ///
    /// # Errors
    ///
    /// When the graph lacks it.
    pub fn relation(&self) -> Result<&Relation, PredictError> {
        Ok(self.graph.relation(&self.model.card.target)?)
    }

    /// Candidates of the model's relation, by the model, and what speaks against them where it is a signed one. `specific`
    /// says that what popularity adds to the scores has no part in the order.
    ///
    /// # Errors
    ///
    /// When the graph lacks a relation, or the model does not keep what popularity adds.
    pub fn candidacy(
        &self,
        only_novel: bool,
        specific: bool,
        top: usize,
    ) -> Result<Candidacy<'_>, PredictError> {
        if specific {
            self.check_contributions("--without-popularity")?;
        }
        let without_popularity = specific.then_some(&self.model.fitted);
        Ok(Candidacy { without_popularity, ..candidacy(&self.model, &self.graph, only_novel, top)? })
    }

    /// Checks that the model keeps what its scores are made of, which an option needs.
    ///
    /// # Errors
    ///
    /// [`PredictError::Asked`] where it does not.
    pub fn check_contributions(&self, option: &str) -> Result<(), PredictError> {
        if self.model.fitted.contributions(Pair::new(0, 0)).is_some() {
            return Ok(());
        }
        let kind = self.model.fitted.name();
        Err(PredictError::Asked(format!(
            "the {kind} does not keep what its scores are made of; expected a blend whose training was not stopped, or a network whose \
             decoder has popularity, for {option}"
        )))
    }

    /// The model, and its graph under the split that it was trained under, as the model sees it.
    ///
    /// # Errors
    ///
    /// [`LinkError::SplitMismatch`] when another version of Theriac split it otherwise.
    pub fn under_split(self) -> Result<(TrainedModel, Experiment), PredictError> {
        let Self { model, graph } = self;
        let card = &model.card;
        let fractions = (card.split.valid_fraction, card.split.test_fraction);
        let (target, quiet): (_, Note<'_>) = (card.target.clone(), &|_| ());
        let experiment = match &card.signed {
            None => Experiment::random(graph, target, fractions, card.seed, quiet)?,
            Some(signed) => {
                Opposition::random(graph, target, signed.against.clone(), fractions, card.seed, quiet)?.0
            }
        };
        if experiment.view.split_hash() == card.split.hash {
            let experiment = if card.split.learned_validation { experiment.learned()? } else { experiment };
            return Ok((model, experiment));
        }
        let (found, expected) = (card.split.hash.clone(), experiment.view.split_hash().into());
        Err(LinkError::SplitMismatch { scorer: model.fitted.name().into(), found, expected }.into())
    }

    /// Checks that the model scores as many nodes as its graph has.
    fn check_nodes(&self, folder: &Path) -> Result<(), PredictError> {
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

/// Candidates of a model's relation in its whole graph, by the model, and what speaks against them where it is a signed one.
///
/// # Errors
///
/// When the graph lacks a relation.
pub(crate) fn candidacy<'a>(
    model: &'a TrainedModel,
    graph: &'a Graph,
    only_novel: bool,
    top: usize,
) -> Result<Candidacy<'a>, PredictError> {
    let against = match (&model.against, &model.card.signed) {
        (Some(scorer), Some(signed)) => Some((scorer as &dyn FittedScorer, graph.relation(&signed.against)?)),
        _ => None,
    };
    let relation = graph.relation(&model.card.target)?;
    Ok(Candidacy { scorer: &model.fitted, relation, only_novel, top, against, without_popularity: None })
}
