//! A graph under a split: what scorers are fitted on, and what they are judged by.

use std::path::Path;

use theriac_graph::{Graph, RelationKey};
use theriac_link::{
    Budget, CandidateRule, EvaluationOptions, EvaluationReport, Fits, FittedScorer, FittedTwice, Judge, Pair,
    Part, Round, Scorer, Silent, Split, Task, TrainView,
};
use theriac_models::{Calibration, Card, ModelError, SplitReference, recipe_view};

use crate::{Note, PredictError};

/// A graph, as the model sees it, under a split.
pub struct Experiment {
    /// The whole graph.
    pub graph: Graph,
    /// Which edges are held out.
    pub split: Split,
    /// The split as the only round of a protocol.
    pub round: Round,
    /// What is left to a scorer; of a model that is kept, what it has learned.
    pub view: TrainView,
    /// The view with the validation part, where scorers are still to learn that too once their settings are chosen.
    pub whole: Option<TrainView>,
}

impl Experiment {
    /// A random split of the target relation into these fractions for validation and test. Every other relation between the
    /// same two types is held out from as well, and that is told.
    ///
    /// # Errors
    ///
    /// When the graph lacks the relation, or it cannot be split.
    pub fn random(
        graph: Graph,
        target: RelationKey,
        (valid, test): (f64, f64),
        seed: u64,
        note: Note<'_>,
    ) -> Result<Self, PredictError> {
        let task = Task::with_every_sibling(&graph, target)?;
        for sibling in task.siblings() {
            note(format!("pairs held out of {} are held out of {sibling} too", task.target()));
        }
        let split = Split::random(&graph, &task, valid, test, seed)?;
        Self::new(graph, split)
    }

    /// The graph under a given split.
    ///
    /// # Errors
    ///
    /// When the split does not belong to the graph.
    pub fn new(graph: Graph, split: Split) -> Result<Self, PredictError> {
        let view = TrainView::new(&graph, &split)?;
        let round = Round::of_split(split.clone());
        Judge::new(
            &graph,
            &round,
            Part::Test,
            &EvaluationOptions { resamples: 0, ..EvaluationOptions::default() },
        )?;
        Ok(Self { graph, split, round, view, whole: None })
    }

    /// Says whether scorers learn the validation part too, where there is one, once their settings are chosen on it.
    ///
    /// # Errors
    ///
    /// When the split does not belong to the graph.
    pub fn set_refit(&mut self, refit: bool) -> Result<(), PredictError> {
        let learns = refit && !self.split.valid.is_empty();
        self.whole = learns.then(|| self.whole_view()).transpose()?;
        Ok(())
    }

    /// The experiment as a model sees it that has learned the validation part.
    ///
    /// # Errors
    ///
    /// When the split does not belong to the graph.
    pub(crate) fn learned(self) -> Result<Self, PredictError> {
        Ok(Self { view: self.whole_view()?, ..self })
    }

    fn whole_view(&self) -> Result<TrainView, PredictError> {
        Ok(TrainView::with_validation(&self.graph, &self.split, CandidateRule::Unknown)?)
    }

    /// The reference to the split, a random one with these fractions, and to what is learned of it.
    pub fn reference(&self, fractions: (f64, f64)) -> SplitReference {
        let learned = self.whole.as_ref().unwrap_or(&self.view).learns_validation();
        SplitReference::new(&self.split, fractions, learned)
    }

    /// Fits scorers that need no training.
    ///
    /// # Errors
    ///
    /// When one does not allow a fit.
    pub fn fit(&self, scorers: &[Box<dyn Scorer>], seed: u64) -> Result<Vec<FittedTwice>, PredictError> {
        let budget = Budget::new(seed, &Silent);
        let fit = |scorer: &dyn Scorer| -> Result<FittedTwice, PredictError> {
            Ok(match &self.whole {
                Some(whole) => scorer.fit_twice(&self.view, whole, &budget)?,
                None => FittedTwice { last: scorer.fit(&self.view, &budget)?, chosen: None },
            })
        };
        scorers.iter().map(|scorer| fit(scorer.as_ref())).collect()
    }

    /// The figures of these scorers on a part of the split.
    ///
    /// # Errors
    ///
    /// When a scorer was fitted on another split or gives NaN, or there are too few pairs.
    pub fn report(
        &self,
        scorers: &[Fits<'_>],
        part: Part,
        negative_ratio: f64,
        seed: u64,
    ) -> Result<EvaluationReport, PredictError> {
        let options = EvaluationOptions { negative_ratio, seed, ..EvaluationOptions::default() };
        let is_baseline = theriac_baselines::is_baseline;
        Ok(EvaluationReport::of_part(scorers, &self.graph, &self.round, part, &options, is_baseline)?)
    }

    /// The filtered rank of each pair of the test part.
    ///
    /// # Errors
    ///
    /// When the scorer was fitted on another split or gives NaN.
    pub fn ranks(&self, scorer: &dyn FittedScorer) -> Result<Vec<(Pair, f64)>, PredictError> {
        let options = EvaluationOptions { resamples: 0, ..EvaluationOptions::default() };
        Ok(Judge::new(&self.graph, &self.round, Part::Test, &options)?.filtered_ranks(scorer)?)
    }

    /// How the scorer's scores become probabilities, fitted on the validation part; `None` where that has no pair, or the
    /// scorer has learned it.
    ///
    /// # Errors
    ///
    /// When the scorer gives NaN.
    pub fn calibration(
        &self,
        scorer: &dyn FittedScorer,
        negative_ratio: f64,
        seed: u64,
    ) -> Result<Option<Calibration>, PredictError> {
        if self.split.valid.is_empty() {
            return Ok(None);
        }
        let options =
            EvaluationOptions { negative_ratio, resamples: 0, seed, ..EvaluationOptions::default() };
        let judge = Judge::new(&self.graph, &self.round, Part::Valid, &options)?;
        let calibrator = judge.calibrate(scorer, seed)?;
        Ok(calibrator.map(|calibrator| Calibration::of_validation(calibrator, judge.base_rate())))
    }
}

/// Loads a graph folder.
///
/// # Errors
///
/// When the folder is not a whole and sound graph; [`PredictError::NotImported`] where it is a file, perhaps one to import.
pub fn load_graph(folder: &Path) -> Result<Graph, PredictError> {
    if folder.is_file() {
        return Err(PredictError::NotImported { path: folder.into() });
    }
    Ok(Graph::load(folder)?)
}

/// The relation that was asked for, or the only one from drugs to diseases, whatever the graph calls them.
///
/// # Errors
///
/// When no relation fits, or several do.
pub fn resolve_target(graph: &Graph, asked: Option<&str>) -> Result<RelationKey, PredictError> {
    let found = match asked {
        Some(text) => graph.resolve_relation(text)?,
        None => graph.treatment_relation().map_err(|error| PredictError::DefaultTarget(error.into()))?,
    };
    Ok(found.key.clone())
}

/// The graph as the published recipe sees it, where that is wanted; what it left out is told.
///
/// # Errors
///
/// When nothing is left of the graph.
pub fn as_seen(
    graph: Graph,
    target: &RelationKey,
    by_the_recipe: bool,
    note: Note<'_>,
) -> Result<Graph, PredictError> {
    if !by_the_recipe {
        return Ok(graph);
    }
    let view = recipe_view(&graph, target)?;
    if let Some(decision) = view.provenance().decisions.last() {
        note(decision.clone());
    }
    Ok(view)
}

/// Checks that the graph is the one that the model at `path` was trained on.
///
/// # Errors
///
/// [`ModelError::OtherGraph`] where it is not.
pub fn check_fingerprint(path: &Path, card: &Card, graph: &Graph) -> Result<(), PredictError> {
    let found = graph.fingerprint();
    if found == card.graph.fingerprint {
        return Ok(());
    }
    Err(ModelError::OtherGraph { path: path.into(), expected: card.graph.fingerprint.clone(), found }.into())
}
