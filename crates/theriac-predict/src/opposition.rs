//! Signed models: the scorer of a second relation, which speaks against a pair, and what both make of it.

use theriac_graph::{Graph, RelationKey};
use theriac_link::calibration::ThreeWay;
use theriac_link::{Fits, FittedScorer, LinkError, Part, SignedFigures, SignedSplit, Split, Task};

use crate::experiment::Experiment;
use crate::{Note, PredictError};

/// The relation against a target.
pub struct Opposition {
    /// Its experiment.
    pub experiment: Experiment,
    split: SignedSplit,
}

impl Opposition {
    /// The experiments of a target and of the relation against it: random splits of both into these fractions for validation
    /// and test. Neither view holds what is held out of either.
    ///
    /// # Errors
    ///
    /// When the graph lacks a relation, one cannot be split, or they do not join the same types.
    pub fn random(
        graph: Graph,
        target: RelationKey,
        against: RelationKey,
        (valid, test): (f64, f64),
        seed: u64,
        note: Note<'_>,
    ) -> Result<(Experiment, Self), PredictError> {
        let split = |key: RelationKey| -> Result<Split, LinkError> {
            let task = Task::with_every_sibling(&graph, key)?;
            Split::random(&graph, &task, valid, test, seed)
        };
        let split = SignedSplit::new(&graph, split(target)?, split(against)?)?;
        let (target, against) = (split.target.task.target(), split.against.task.target());
        note(format!("pairs held out of {target} or {against} are held out of both"));
        for sibling in split.target.task.siblings().iter().filter(|sibling| *sibling != against) {
            note(format!("and of {sibling} too"));
        }
        let experiment = Experiment::new(graph.clone(), split.target.clone())?;
        let against = Experiment::new(graph, split.against.clone())?;
        Ok((experiment, Self { experiment: against, split }))
    }

    /// How the scores of both scorers become probabilities of three classes, fitted on the validation parts by the fits that have
    /// not learned them, and how good those of the last fits are on the test parts.
    ///
    /// # Errors
    ///
    /// When a class has no pair in a part, or a score is NaN.
    pub fn calibrated(
        &self,
        [target, against]: [Fits<'_>; 2],
        negative_ratio: f64,
        seed: u64,
    ) -> Result<(ThreeWay, SignedFigures), PredictError> {
        let scored = |part, [target, against]: [&dyn FittedScorer; 2]| -> Result<_, PredictError> {
            let sample = self.split.sample(&self.experiment.graph, part, negative_ratio, seed)?;
            let both = [target.score(&sample.pairs), against.score(&sample.pairs)];
            let scores: Vec<[f32; 2]> = both[0].iter().zip(&both[1]).map(|(&a, &b)| [a, b]).collect();
            Ok((sample, scores))
        };
        let (sample, scores) = scored(Part::Valid, [target.first(), against.first()])?;
        let three_way = ThreeWay::fit(&scores, &sample.signs, sample.base_rates)?;
        let (sample, scores) = scored(Part::Test, [target.last, against.last])?;
        Ok((three_way, sample.judge(target.last.name(), &three_way, &scores)?))
    }
}
