//! `theriac evaluate`

use std::path::Path;

use serde::Serialize;
use theriac_baselines::ALWAYS;
use theriac_link::{Budget, EvaluationReport, FittedScorer, LinkError, Part, Scorer};
use theriac_models::graphsage::{self, Preset};
use theriac_models::{TrainedModel, scorer, scorer_names};

use crate::cli::{DEFAULT_PRESET, EvaluateArguments};
use crate::console::Console;
use crate::error::CliError;
use crate::experiment::{Experiment, as_seen, check_fingerprint, load_graph, resolve_target};
use crate::figures::{figures, verdict};
use crate::progress::Progress;

/// What `--json` prints: the report, and what it is about.
#[derive(Serialize)]
struct Document<'a> {
    target: String,
    preset: &'a str,
    #[serde(flatten)]
    report: &'a EvaluationReport,
}

/// Fits scorers on one split and measures them side by side, a trained model among them where one is given.
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
    let config = arguments.model.config(&preset);
    config.check()?;
    let scorers = scorers(arguments, |name| Ok(scorer(name, &config)?))?;

    let graph = load_graph(&arguments.graph)?;
    let target = match (&arguments.target, card) {
        (None, Some(card)) => card.target.clone(),
        (asked, _) => resolve_target(&graph, asked.as_deref())?,
    };
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
    let graph = as_seen(graph, &target, recipe_view, console)?;
    let experiment = Experiment::random(graph, target, fractions, seed, console)?;
    if let Some(card) = card {
        check_split(&card.split.hash, experiment.view.split_hash())?;
    }

    let progress = Progress::new(console);
    let budget = Budget::new(seed, &progress);
    let fitted = scorers.iter().map(|scorer| scorer.fit(&experiment.view, &budget));
    let fitted: Vec<Box<dyn FittedScorer>> = fitted.collect::<Result<_, _>>()?;
    drop(progress);
    let mut rows: Vec<&dyn FittedScorer> = fitted.iter().map(AsRef::as_ref).collect();
    rows.extend(trained.as_ref().map(|trained| &trained.fitted as &dyn FittedScorer));
    let report = experiment.report(&rows, Part::Test, config.negative_ratio, seed)?;

    let target = experiment.split.task.target();
    if arguments.json {
        return console.print_json(&Document {
            target: target.to_string(),
            preset: preset.name,
            report: &report,
        });
    }
    console.print(figures(&report, target))?;
    if rows.iter().any(|row| row.name() == graphsage::NAME) {
        console.print(format_args!("\n{}", verdict(&report, graphsage::NAME)))?;
    }
    Ok(())
}

/// The scorers to fit: those asked for, or all. No model's figures stand alone: beside one, the baselines are fitted too,
/// whether asked for or not.
fn scorers(
    arguments: &EvaluateArguments,
    scorer: impl Fn(&str) -> Result<Box<dyn Scorer>, CliError>,
) -> Result<Vec<Box<dyn Scorer>>, CliError> {
    let trained = arguments.trained.is_some();
    let asked: Vec<&str> = match &arguments.scorers {
        Some(names) => names.iter().map(|name| name.trim()).collect(),
        None if trained => Vec::new(),
        None => scorer_names().collect(),
    };
    let with_model = trained || asked.contains(&graphsage::NAME);
    let missing = ALWAYS.into_iter().filter(|name| with_model && !asked.contains(name));
    missing.chain(asked.iter().copied()).map(scorer).collect()
}

fn check_target(path: &Path, found: &str, expected: &str) -> Result<(), CliError> {
    if found == expected {
        return Ok(());
    }
    Err(CliError::OtherTarget { path: path.into(), found: found.into(), expected: expected.into() })
}

fn check_split(found: &str, expected: &str) -> Result<(), CliError> {
    if found == expected {
        return Ok(());
    }
    let scorer = graphsage::NAME.into();
    Err(LinkError::SplitMismatch { scorer, found: found.into(), expected: expected.into() }.into())
}
