//! `theriac evaluate`

use std::path::Path;
use std::sync::Mutex;

use theriac_baselines::{ALWAYS, BASELINES, baseline};
use theriac_link::{
    EvaluationOptions, EvaluationReport, Experiment, FittedScorer, LinkError, Observer, Results, Scorer,
    Task, run,
};
use theriac_models::{Card, Preset, TrainedModel, scorer};
use theriac_predict::experiment::{as_seen, check_fingerprint, load_graph, resolve_target};

use crate::cli::{DEFAULT_PRESET, EvaluateArguments};
use crate::console::Console;
use crate::error::CliError;
use crate::evaluated::{Evaluated, Part};
use crate::interrupt;
use crate::progress::{CountProgress, OnlyStop, Progress};
use crate::protocol::plan;

/// The name that stands for every baseline.
const ALL_BASELINES: &str = "all-baselines";

/// Fits scorers in every round of a protocol and measures them side by side, a trained model among them where one is given.
///
/// # Errors
///
/// When the graph, the target, a scorer's name or a setting is wrong, or the model was trained on another graph or split.
pub fn evaluate(arguments: &EvaluateArguments, console: Console) -> Result<(), CliError> {
    let trained = arguments.trained.as_deref().map(TrainedModel::load).transpose()?;
    let card = trained.as_ref().map(|trained| &trained.card);
    let asked = arguments.model.preset.as_deref();
    let preset = asked.or(card.and_then(|card| card.preset.as_deref())).unwrap_or(DEFAULT_PRESET);
    let preset = Preset::named(preset)?;
    let (model, configs) = arguments.model.scorers(&preset)?;
    let scorers = scorers(arguments, model, |name| Ok(scorer(name, &configs)?))?;

    let graph = load_graph(&arguments.graph)?;
    let target = match (&arguments.target, card) {
        (None, Some(card)) => card.target.clone(),
        (asked, _) => resolve_target(&graph, asked.as_deref())?,
    };
    if card.is_some_and(|card| card.signed.is_some()) {
        let problem =
            "the figures of a signed model stand in its card, for both relations; expected a model of one";
        return Err(CliError::Options(problem.into()));
    }
    if let (Some(path), Some(card)) = (&arguments.trained, card) {
        check_fingerprint(path, card, &graph)?;
        check_target(path, &card.target.to_string(), &target.to_string())?;
    }
    let fractions =
        card.map_or(preset.fractions, |card| (card.split.valid_fraction, card.split.test_fraction));
    let recipe_view = match (asked, card) {
        (None, Some(card)) => card.graph.recipe_view,
        _ => preset.recipe_view,
    };
    let seed = arguments.seed.or(card.map(|card| card.seed)).unwrap_or(0);
    let graph = as_seen(graph, &target, recipe_view, &console.notes())?;
    let task = Task::with_every_sibling(&graph, target)?.keeping(&graph, &arguments.keep)?;
    for sibling in task.siblings() {
        console.note(format_args!("pairs held out of {} are held out of {sibling} too", task.target()));
    }
    let plan = plan(&arguments.protocol, &graph, &task, fractions, seed, console)?;
    if let Some(card) = card {
        check_split(card, &plan.round(&graph, &task, 0)?.split.hash())?;
        if plan.rounds() != 1 {
            let problem =
                "a trained model is judged on the one split that it was trained under; leave --repeats out";
            return Err(CliError::Options(problem.into()));
        }
    }

    let fitted: Vec<&dyn FittedScorer> = trained.iter().map(|trained| &trained.fitted as _).collect();
    let negative_ratio = arguments.ratio.unwrap_or_else(|| EvaluationOptions::default().negative_ratio);
    let refit = refit(arguments, card, &scorers, console)?;
    let options = EvaluationOptions { negative_ratio, resamples: arguments.resamples, seed, refit };
    let experiment = Experiment {
        graph: &graph,
        task: &task,
        plan: &plan,
        scorers: &scorers,
        fitted: &fitted,
        options,
        seeds: arguments.seeds.get(),
        permuted: arguments.permuted,
    };
    let results = rounds(&experiment, arguments, console)?;
    let evaluated = Evaluated { graph: &graph, task: &task, plan: &plan, options, preset: preset.name };
    if let (Some(shard), Some(path)) = (arguments.shard, &arguments.output) {
        return Part::new(&evaluated, shard, results).save(path, console);
    }
    let is_baseline = theriac_baselines::is_baseline;
    let report = EvaluationReport::new(&plan, &task, &results, &options, is_baseline);
    evaluated.show(&report, &arguments.form, console)
}

/// Does the rounds that are asked for, and tells how far it is.
fn rounds(
    experiment: &Experiment<'_>,
    arguments: &EvaluateArguments,
    console: Console,
) -> Result<Results, CliError> {
    let all = experiment.plan.rounds();
    let indices = arguments.shard.map_or(0..all, |shard| shard.range(all));
    let wanted = indices.len();
    interrupt::listen(console, "stopping after the rounds at work; Ctrl-C again ends at once");
    let counted = Mutex::new((CountProgress::new(console, wanted.max(1), "rounds".into()), 0));
    let done = || {
        let mut counted = counted.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        counted.1 += 1;
        let reached = counted.1;
        counted.0.reached(reached);
    };
    let progress = Progress::new(console);
    let observer: &dyn Observer = if wanted == 1 { &progress } else { &OnlyStop };
    let results = run(experiment, indices, observer, &done)?;
    drop(progress);
    if results.rounds.len() < wanted {
        if results.rounds.is_empty() || arguments.shard.is_some() {
            return Err(CliError::EvaluationStopped);
        }
        let done = results.rounds.len();
        console.note(format_args!("stopped: {done} of {wanted} rounds are done, and reported"));
    }
    Ok(results)
}

/// The scorers to fit: those asked for, or the quick ones and the model. No model's figures stand alone: beside one, the
/// baselines are fitted too, whether asked for or not.
fn scorers(
    arguments: &EvaluateArguments,
    model: &str,
    scorer: impl Fn(&str) -> Result<Box<dyn Scorer>, CliError>,
) -> Result<Vec<Box<dyn Scorer>>, CliError> {
    let trained = arguments.trained.is_some();
    let mut asked: Vec<&str> = Vec::new();
    let named = arguments.scorers.as_deref().unwrap_or_default().iter().map(|name| name.trim());
    for name in named {
        if name == ALL_BASELINES {
            asked.extend(BASELINES.iter().map(|baseline| baseline.name));
        } else {
            asked.push(name);
        }
    }
    if arguments.scorers.is_none() && !trained {
        asked.extend(ALWAYS.into_iter().chain([model]));
    }
    let mut different: Vec<&str> = Vec::new();
    for name in asked {
        if !different.contains(&name) {
            different.push(name);
        }
    }
    let with_model = trained || different.iter().any(|name| baseline(name).is_none());
    let missing = ALWAYS.into_iter().filter(|name| with_model && !different.contains(name));
    missing.chain(different.iter().copied()).map(scorer).collect()
}

/// Whether scorers learn the validation part too: all of them, or none.
fn refit(
    arguments: &EvaluateArguments,
    card: Option<&Card>,
    scorers: &[Box<dyn Scorer>],
    console: Console,
) -> Result<bool, CliError> {
    let wanted = card.map_or(!arguments.no_refit, |card| card.split.learned_validation);
    let cannot = scorers.iter().find(|scorer| !scorer.learns_validation()).filter(|_| wanted);
    match (cannot, card) {
        (Some(scorer), Some(_)) => {
            return Err(CliError::Options(format!(
                "the model has learned the validation part, which {} is followed on and does not learn; expected other \
                 scorers beside it, or a model that was trained with --no-refit",
                scorer.name()
            )));
        }
        (Some(scorer), None) => console.note(format_args!(
            "{} is followed on the validation part and does not learn it: nor does any other scorer here",
            scorer.name()
        )),
        (None, Some(card)) if wanted => console.note(format_args!(
            "the {} has learned the validation part: its threshold and probabilities stand in its card",
            card.config.name()
        )),
        (None, _) => {}
    }
    Ok(wanted && cannot.is_none())
}

fn check_target(path: &Path, found: &str, expected: &str) -> Result<(), CliError> {
    if found == expected {
        return Ok(());
    }
    Err(CliError::OtherTarget { path: path.into(), found: found.into(), expected: expected.into() })
}

fn check_split(card: &Card, expected: &str) -> Result<(), CliError> {
    let found = &card.split.hash;
    if found == expected {
        return Ok(());
    }
    let scorer = card.config.name().into();
    Err(LinkError::SplitMismatch { scorer, found: found.into(), expected: expected.into() }.into())
}
