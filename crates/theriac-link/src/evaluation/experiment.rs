//! Fitting and judging scorers in every round of a plan.

use std::collections::BTreeMap;
use std::sync::Mutex;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use theriac_graph::Graph;

use super::figures::Figures;
use super::judge::{Judge, Judgement};
use super::{EvaluationOptions, Replicates};
use crate::budget::{Budget, Observer};
use crate::error::LinkError;
use crate::permutation::permuted;
use crate::protocols::{Plan, Round};
use crate::scorer::{FittedScorer, Scorer};
use crate::split::Part;
use crate::stability::{TopOverlap, mean_over_pairs, spearman};
use crate::task::Task;
use crate::view::TrainView;

/// What is done in every round.
pub struct Experiment<'a> {
    /// The whole graph.
    pub graph: &'a Graph,
    /// What is predicted.
    pub task: &'a Task,
    /// The protocol with its repeats and seed.
    pub plan: &'a Plan,
    /// The scorers to fit.
    pub scorers: &'a [Box<dyn Scorer>],
    /// Models that were fitted already, on the split of the only round.
    pub fitted: &'a [&'a dyn FittedScorer],
    /// How to judge.
    pub options: EvaluationOptions,
    /// Fits of each scorer that draws random numbers, with seeds one after the other.
    pub seeds: u32,
    /// Whether every scorer is fitted on the permuted graph too.
    pub permuted: bool,
}

/// What a round came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RoundResult {
    /// Its place in the plan, from 0.
    pub index: u32,
    /// The repeat, from 0.
    pub repeat: u32,
    /// Its name within the repeat.
    pub name: String,
    /// Seed of its draws and fits.
    pub seed: u64,
    /// Hash of its split.
    pub split_hash: String,
    /// How it was made, in words.
    pub description: String,
    /// Training edges.
    pub train: usize,
    /// Validation edges.
    pub valid: usize,
    /// Positives of the test part.
    pub test: usize,
    /// What each scorer is worth.
    pub scorers: Vec<Judgement>,
    /// What each is worth on the permuted graph.
    pub permuted: Vec<PermutedFigures>,
}

/// A scorer's figures on the permuted graph.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PermutedFigures {
    /// Name of the scorer.
    pub scorer: String,
    /// Its figures there.
    pub figures: Figures,
}

/// What several rounds came to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Results {
    /// The rounds, in the order of the plan.
    pub rounds: Vec<RoundResult>,
    /// Each scorer's figures on resamples, summed over the rounds.
    pub replicates: BTreeMap<String, Replicates>,
}

impl RoundResult {
    /// What the scorers are worth on a part of the round.
    pub(super) fn new(index: u32, round: &Round, part: Part, scorers: Vec<Judgement>) -> Self {
        Self {
            index,
            repeat: round.repeat,
            name: round.name.clone(),
            seed: round.seed,
            split_hash: round.split.hash(),
            description: round.split.description.clone(),
            train: round.split.train.len(),
            valid: round.split.valid.len(),
            test: round.split.positives(part).len(),
            scorers,
            permuted: Vec::new(),
        }
    }
}

impl Results {
    /// Adds the results of other rounds.
    pub fn merge(&mut self, other: Self) {
        self.rounds.extend(other.rounds);
        self.rounds.sort_by_key(|round| round.index);
        for (scorer, replicates) in &other.replicates {
            self.replicates.entry(scorer.clone()).or_default().merge(replicates);
        }
    }
}

/// Fits and judges in the rounds of `indices`, several at a time. `done` hears of each round that is finished. The results
/// depend neither on the number of threads nor on which rounds are done together. Where the observer asks to stop, the
/// rounds that were finished by then are given.
///
/// # Errors
///
/// Those of the protocol, of a fit or of a judgement, of the first round that has one.
pub fn run(
    experiment: &Experiment<'_>,
    indices: impl IntoIterator<Item = u32>,
    observer: &dyn Observer,
    done: &(dyn Fn() + Sync),
) -> Result<Results, LinkError> {
    let indices: Vec<u32> = indices.into_iter().collect();
    let replicates: Mutex<BTreeMap<String, Replicates>> = Mutex::default();
    let one = |&index: &u32| {
        if observer.stop_requested() {
            return Ok(None);
        }
        let round = experiment.plan.round(experiment.graph, experiment.task, index)?;
        let mut result = experiment.round(index, &round, observer)?;
        // A fit that was asked to stop is not what its scorer can do.
        if observer.stop_requested() {
            return Ok(None);
        }
        let mut sums = replicates.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for judgement in &mut result.scorers {
            let own = std::mem::take(&mut judgement.replicates);
            sums.entry(judgement.scorer.clone()).or_default().merge(&own);
            // Only wanted while fits of one round are compared.
            judgement.sampled_scores = Vec::new();
        }
        drop(sums);
        done();
        Ok(Some(result))
    };
    let found: Vec<Option<RoundResult>> = indices.par_iter().map(one).collect::<Result<_, LinkError>>()?;
    let replicates = replicates.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    Ok(Results { rounds: found.into_iter().flatten().collect(), replicates })
}

impl Experiment<'_> {
    fn round(&self, index: u32, round: &Round, observer: &dyn Observer) -> Result<RoundResult, LinkError> {
        let views = Views::new(self.graph, round, self.options.refit)?;
        let judge = Judge::new(self.graph, round, Part::Test, &self.options)?;
        let mut scorers = Vec::new();
        for scorer in self.scorers {
            scorers.push(self.over_seeds(scorer.as_ref(), &views, &judge, round.seed, observer)?);
        }
        for fitted in self.fitted {
            scorers.push(judge.judge(*fitted)?);
        }
        let permuted = if self.permuted { self.permuted(round, observer)? } else { Vec::new() };
        Ok(RoundResult { permuted, ..RoundResult::new(index, round, Part::Test, scorers) })
    }

    /// The judgement of the first fit, with the mean figures of all and how well they agree.
    fn over_seeds(
        &self,
        scorer: &dyn Scorer,
        views: &Views,
        judge: &Judge<'_>,
        seed: u64,
        observer: &dyn Observer,
    ) -> Result<Judgement, LinkError> {
        let fits = if scorer.is_seeded() { u64::from(self.seeds.max(1)) } else { 1 };
        let mut judged = Vec::new();
        for fit in 0..fits {
            judged.push(views.judged(scorer, judge, &Budget::new(seed + fit, observer))?);
        }
        let all: Vec<&Figures> = judged.iter().map(|judgement| &judgement.figures).collect();
        let mut figures = Figures::mean(&all);
        if judged.len() > 1 {
            let agree = mean_over_pairs(&judged, |a, b| spearman(&a.sampled_scores, &b.sampled_scores))?;
            let overlap = mean_over_pairs(&judged, |a, b| {
                Ok(TopOverlap::of(&a.top, &b.top).map(|overlap| overlap.share))
            })?;
            figures.set("stability", "spearman", agree);
            figures.set("stability", "top100_overlap", overlap);
        }
        let mut first = judged.swap_remove(0);
        first.figures = figures;
        Ok(first)
    }

    fn permuted(&self, round: &Round, observer: &dyn Observer) -> Result<Vec<PermutedFigures>, LinkError> {
        let (graph, split) = permuted(self.graph, &round.split, round.seed)?;
        let round = Round { split, ..round.clone() };
        let views = Views::new(&graph, &round, self.options.refit)?;
        let options = EvaluationOptions { resamples: 0, ..self.options };
        let judge = Judge::new(&graph, &round, Part::Test, &options)?;
        let judged = self.scorers.iter().map(|scorer| {
            let budget = Budget::new(round.seed, observer);
            let Judgement { scorer, figures, .. } = views.judged(scorer.as_ref(), &judge, &budget)?;
            Ok(PermutedFigures { scorer, figures })
        });
        judged.collect()
    }
}

/// What scorers learn from in a round.
struct Views {
    train: TrainView,
    /// With the validation part, where they learn that too.
    whole: Option<TrainView>,
}

impl Views {
    fn new(graph: &Graph, round: &Round, refit: bool) -> Result<Self, LinkError> {
        let rule = || round.validation.clone();
        let train = TrainView::with_candidates(graph, &round.split, rule())?;
        let learns = refit && !round.split.valid.is_empty();
        let whole = learns.then(|| TrainView::with_validation(graph, &round.split, rule())).transpose()?;
        Ok(Self { train, whole })
    }

    fn judged(
        &self,
        scorer: &dyn Scorer,
        judge: &Judge<'_>,
        budget: &Budget<'_>,
    ) -> Result<Judgement, LinkError> {
        match &self.whole {
            None => judge.judge(scorer.fit(&self.train, budget)?.as_ref()),
            Some(whole) => judge.judge_fits(scorer.fit_twice(&self.train, whole, budget)?.fits()),
        }
    }
}
