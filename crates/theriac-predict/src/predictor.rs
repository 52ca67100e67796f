//! A trained model that is ready to be asked: who, and why.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use theriac_explain::{Explainer, Question};
use theriac_graph::{EditedGraph, Graph, NodeTable, Relation};
use theriac_link::{FittedScorer, Pair, Rescorer};
use theriac_models::{Probabilities, Side, TrainedModel};

use crate::PredictError;
use crate::experiment::Experiment;
use crate::explained::{Answer, Standing, WhatIf, others, rivals};
use crate::ranked::{Candidacy, End, Query};
use crate::trained::{Trained, candidacy};

/// A trained model, its graph under the split that it was trained under, and what it would say on other graphs.
pub struct Predictor {
    /// The model's folder.
    pub folder: PathBuf,
    /// The model with its card.
    pub model: TrainedModel,
    /// Its graph: the whole, and what the model saw of it.
    pub experiment: Experiment,
    rescorer: Arc<dyn Rescorer>,
    /// Place of the model's relation among those of the whole graph.
    target: usize,
}

impl Predictor {
    /// Reads a model folder with all that is in it, and its graph: the one that its card names, or the one in `graph` where
    /// it has moved.
    ///
    /// # Errors
    ///
    /// When either cannot be read, they do not belong together, or the model does not keep what it has learned.
    pub fn open(folder: &Path, graph: Option<&Path>) -> Result<Self, PredictError> {
        let mut trained = Trained::open(folder, graph)?;
        trained.load_contributions(folder)?;
        Self::new(trained, folder)
    }

    /// The same from what was read of the folder.
    ///
    /// # Errors
    ///
    /// As [`Predictor::open`].
    pub fn new(trained: Trained, folder: &Path) -> Result<Self, PredictError> {
        Self::of_side(trained, folder, Side::Target)
    }

    /// The same for what a signed model says of the relation against its target, whose target then speaks against it.
    ///
    /// # Errors
    ///
    /// As [`Predictor::open`]; [`PredictError::Asked`] where the model is not a signed one.
    pub fn open_against(folder: &Path, graph: Option<&Path>) -> Result<Self, PredictError> {
        Self::of_side(Trained::open(folder, graph)?.exchanged(folder)?, folder, Side::Against)
    }

    fn of_side(trained: Trained, folder: &Path, side: Side) -> Result<Self, PredictError> {
        let (model, experiment) = trained.under_split()?;
        let rescorer = model.rescorer(folder, &experiment.view, side)?;
        let key = &experiment.graph.relation(&model.card.target)?.key;
        let target = experiment.graph.relations().iter().position(|of| of.key == *key).unwrap_or_default();
        Ok(Self { folder: folder.into(), model, experiment, rescorer, target })
    }

    /// The whole graph, held-out edges included.
    pub fn graph(&self) -> &Graph {
        &self.experiment.graph
    }

    /// The relation that the model predicts, in the whole graph.
    pub fn relation(&self) -> &Relation {
        &self.graph().relations()[self.target]
    }

    /// The nodes at an end of that relation.
    pub fn table(&self, end: End) -> &NodeTable {
        &self.graph().node_tables()[end.node_type(self.relation())]
    }

    /// The share of true pairs among all that probabilities assume.
    pub fn base_rate(&self) -> f64 {
        Probabilities::of(&self.model.card).base_rate()
    }

    /// Known links of a node, in whatever part of the split.
    pub fn known_links(&self, query: Query) -> u32 {
        match query.end {
            End::Source => self.relation().forward.degree(query.node),
            End::Target => self.relation().backward.degree(query.node),
        }
    }

    /// The graph that the model saw, to be asked about with other edges.
    pub fn edited(&self) -> EditedGraph<'_> {
        EditedGraph::new(self.experiment.view.graph())
    }

    /// Candidates by the model, the first `top` of them.
    ///
    /// # Errors
    ///
    /// When the graph lacks a relation that speaks against the target.
    pub fn candidacy(&self, only_novel: bool, top: usize) -> Result<Candidacy<'_>, PredictError> {
        candidacy(&self.model, self.graph(), only_novel, top)
    }

    /// The question why a pair scores as it does, with what is sensible for all else.
    pub fn question(&self, pair: Pair) -> Question<'_> {
        let of_target = others(&self.model, self.relation(), pair, End::Target);
        Question { seed: self.model.card.seed, ..Question::new(pair, of_target) }
    }

    /// What becomes of a pair on a graph with other edges, on which all candidates are scored anew; `others` are their scores as they
    /// are.
    pub fn what_if(&self, graph: &EditedGraph<'_>, pair: Pair, others: &[f32]) -> WhatIf {
        self.what_if_among(graph, pair, others).0
    }

    /// The same, with the scores of the others on that graph.
    fn what_if_among(&self, graph: &EditedGraph<'_>, pair: Pair, others: &[f32]) -> (WhatIf, Vec<f32>) {
        let before = self.rescorer.rescore(&self.edited(), pair);
        let (after, rescored) = if graph.edits().is_empty() {
            (before, others.to_vec())
        } else {
            // All at once, so that equal scores stay equal.
            let mut pairs = rivals(self.relation(), pair, End::Target);
            pairs.push(pair);
            let mut scores = self.rescorer.rescore_pairs(graph, &pairs);
            (scores.pop().unwrap_or(before), scores)
        };
        let against = self.model.against.as_ref().map(|against| against.score(&[pair])[0]);
        let probability = |score| Probabilities::of(&self.model.card).probability(score, against).0;
        (WhatIf::new([before, after], [others, &rescored], graph.edits(), probability), rescored)
    }

    /// What would be said on other graphs.
    pub fn rescorer(&self) -> &dyn Rescorer {
        self.rescorer.as_ref()
    }

    /// What explains scores on the graph that the model saw, or on one with other edges.
    pub fn explainer<'a>(&'a self, graph: EditedGraph<'a>) -> Explainer<'a> {
        Explainer::new(&self.experiment.view, self.rescorer(), graph)
    }

    /// Why a pair scores as it does on the graph that the model saw, or on one with other edges.
    pub fn answer(&self, graph: EditedGraph<'_>, question: &Question<'_>) -> Answer<'_> {
        let Question { pair, others, .. } = question;
        let (what_if, explanation) = if graph.edits().is_empty() {
            (None, self.explainer(graph).explain(question))
        } else {
            let (what_if, rescored) = self.what_if_among(&graph, *pair, others);
            (Some(what_if), self.explainer(graph).explain(&Question { others: rescored, ..question.clone() }))
        };
        Answer {
            folder: &self.folder,
            model: &self.model,
            graph: self.graph(),
            relation: self.relation(),
            made_of: self.model.fitted.contributions(*pair),
            explanation,
            standing: Standing::new(&self.model, self.relation(), *pair, others),
            what_if,
            top: question.top,
        }
    }
}
