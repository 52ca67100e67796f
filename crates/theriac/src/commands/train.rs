//! `theriac train`

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::Serialize;
use theriac_link::{Budget, EvaluationOptions, EvaluationReport, FittedScorer, Part, TrainView};
use theriac_models::gnn::EpochLog;
use theriac_models::{
    Calibration, Card, Continuation, FittedModel, GraphReference, ModelConfig, ModelError, Preset,
    SignedCard, SplitReference, TrainedModel,
};
use theriac_predict::PredictError;
use theriac_predict::experiment::{Experiment, as_seen, load_graph, resolve_target};
use theriac_predict::numbers::{counted, grouped};
use theriac_predict::opposition::Opposition;
use theriac_predict::query::option_of;
use theriac_predict::ranked::End;
use theriac_predict::timestamp;

use crate::cli::{DEFAULT_PRESET, TrainArguments};
use crate::console::Console;
use crate::error::CliError;
use crate::figures::{figures, verdict};
use crate::progress::Progress;
use crate::signed::signed_figures;
use crate::{interrupt, machine};

/// What `--json` prints.
#[derive(Serialize)]
struct Document<'a> {
    target: &'a str,
    preset: Option<&'a str>,
    seed: u64,
    split_hash: &'a str,
    interrupted: bool,
    epochs: &'a [EpochLog],
    validation: &'a EvaluationReport,
    test: &'a EvaluationReport,
    #[serde(skip_serializing_if = "Option::is_none")]
    signed: Option<&'a SignedCard>,
    peak_rss_bytes: Option<u64>,
    model: String,
}

/// Trains a model, measures it beside the baselines and saves it.
///
/// # Errors
///
/// When the graph, the target or a setting is wrong, training was stopped at once, or the model cannot be saved.
pub fn train(arguments: &TrainArguments, console: Console) -> Result<(), CliError> {
    let preset = Preset::named(arguments.model.preset.as_deref().unwrap_or(DEFAULT_PRESET))?;
    let config = arguments.model.model(&preset)?;
    config.check()?;
    let (false, Some(folder), Some(output)) = (arguments.print_config, &arguments.graph, &arguments.output)
    else {
        return console.print(config.to_toml().trim_end());
    };
    TrainedModel::check_place(output).map_err(|error| PredictError::Save(error.into()))?;
    let graph = load_graph(folder)?;
    let target = resolve_target(&graph, arguments.target.as_deref())?;
    let reference = GraphReference {
        name: graph.provenance().name.clone(),
        path: fs::canonicalize(folder).unwrap_or_else(|_| folder.clone()).display().to_string(),
        fingerprint: graph.fingerprint(),
        recipe_view: preset.recipe_view,
    };
    let seed = arguments.seed;
    let graph = as_seen(graph, &target, preset.recipe_view, &console.notes())?;
    let (experiment, opposition) = match arguments.against.as_deref() {
        None => (Experiment::random(graph, target, preset.fractions, seed, &console.notes())?, None),
        Some(against) => {
            let against = graph.resolve_relation(against)?.key.clone();
            let fractions = preset.fractions;
            let (experiment, opposition) =
                Opposition::random(graph, target, against, fractions, seed, &console.notes())?;
            (experiment, Some(opposition))
        }
    };

    interrupt::listen(
        console,
        "stopping after this step, to evaluate and save what was learned; Ctrl-C again ends at once",
    );
    let started = Instant::now();
    let negative_ratio = EvaluationOptions::default().negative_ratio;
    let states = [state_file(output, ""), state_file(output, ".against")];
    let fitted = fit(&config, &experiment.view, seed, (&states[0], arguments.resume), console)?;
    let opposed = opposition.as_ref().map(|opposition| {
        // Where training was stopped before it came to this relation, there is nothing of it to go on from.
        let resume = arguments.resume && states[1].exists();
        fit(&config, &opposition.experiment.view, seed, (&states[1], resume), console)
    });
    let opposed = opposed.transpose()?;
    let seconds = started.elapsed().as_secs_f64();

    let others = experiment.fit(&theriac_baselines::always(), seed)?;
    let mut scorers: Vec<&dyn FittedScorer> = others.iter().map(AsRef::as_ref).collect();
    scorers.push(&fitted);
    let report =
        |part| -> Result<_, CliError> { Ok(experiment.report(&scorers, part, negative_ratio, seed)?) };
    let (validation, test) = (report(Part::Valid)?, report(Part::Test)?);
    let calibration = experiment
        .calibration(&fitted, negative_ratio, seed)?
        .unwrap_or_else(|| Calibration::of_training(negative_ratio));
    let signed = match (&opposition, &opposed) {
        (Some(opposition), Some(opposed)) => {
            Some(signed_card(&experiment, opposition, [&fitted, opposed], preset.fractions, seed)?)
        }
        _ => None,
    };
    let interrupted = fitted.interrupted() || opposed.as_ref().is_some_and(FittedModel::interrupted);
    let model = TrainedModel {
        against: opposed,
        card: Card {
            theriac: env!("CARGO_PKG_VERSION").into(),
            created: timestamp::now(),
            hardware: machine::hardware(),
            target: experiment.split.task.target().clone(),
            graph: reference,
            split: SplitReference::new(&experiment.split, preset.fractions),
            preset: arguments.model.config.is_none().then(|| preset.name.into()),
            config,
            seed,
            epochs: fitted.epochs().to_vec(),
            trials: fitted.record().trials.clone(),
            interrupted,
            validation,
            test,
            calibration,
            signed,
        },
        fitted,
    };
    model.save(output).map_err(|error| PredictError::Save(error.into()))?;
    for path in states.into_iter().filter(|path| !model.card.interrupted && path.exists()) {
        fs::remove_file(&path)
            .map_err(|source| PredictError::Save(ModelError::Io { path, source }.into()))?;
    }
    show(&model, output, seconds, arguments.json, console)
}

/// Fits a model, telling how far it is.
fn fit(
    config: &ModelConfig,
    view: &TrainView,
    seed: u64,
    (path, resume): (&Path, bool),
    console: Console,
) -> Result<FittedModel, CliError> {
    let progress = Progress::new(console);
    match config.train(view, &Budget::new(seed, &progress), Some(Continuation { path, resume })) {
        Err(ModelError::Stopped) => Err(CliError::Stopped),
        fitted => Ok(fitted?),
    }
}

/// What a signed model says of itself: its figures beside those of baselines that are fitted to both relations as it is.
fn signed_card(
    experiment: &Experiment,
    opposition: &Opposition,
    [target, against]: [&FittedModel; 2],
    fractions: (f64, f64),
    seed: u64,
) -> Result<SignedCard, CliError> {
    let negative_ratio = EvaluationOptions::default().negative_ratio;
    let baselines = theriac_baselines::always();
    let [of_target, of_against] =
        [experiment.fit(&baselines, seed)?, opposition.experiment.fit(&baselines, seed)?];
    let mut figures = Vec::with_capacity(baselines.len() + 1);
    for (target, against) in of_target.iter().zip(&of_against) {
        let name = target.name();
        let (_, of) = opposition.calibrated(name, target.as_ref(), against.as_ref(), negative_ratio, seed)?;
        figures.push(of);
    }
    let (three_way, of) = opposition.calibrated(target.name(), target, against, negative_ratio, seed)?;
    figures.push(of);
    let mut scorers: Vec<&dyn FittedScorer> = of_against.iter().map(AsRef::as_ref).collect();
    scorers.push(against);
    let split = &opposition.experiment.split;
    Ok(SignedCard {
        against: split.task.target().clone(),
        split: SplitReference::new(split, fractions),
        test: opposition.experiment.report(&scorers, Part::Test, negative_ratio, seed)?,
        three_way,
        figures,
    })
}

/// Where the state of a training is kept while it runs: beside the model folder, `M.training`.
fn state_file(output: &Path, of: &str) -> PathBuf {
    let mut name = output.file_name().unwrap_or_default().to_owned();
    name.push(of);
    name.push(".training");
    output.with_file_name(name)
}

fn show(
    model: &TrainedModel,
    output: &Path,
    seconds: f64,
    json: bool,
    console: Console,
) -> Result<(), CliError> {
    let TrainedModel { fitted, card, .. } = model;
    let path = output.display();
    if json {
        return console.print_json(&Document {
            target: &card.target.to_string(),
            preset: card.preset.as_deref(),
            seed: card.seed,
            split_hash: &card.split.hash,
            interrupted: card.interrupted,
            epochs: &card.epochs,
            validation: &card.validation,
            test: &card.test,
            signed: card.signed.as_ref(),
            peak_rss_bytes: machine::peak_rss_bytes(),
            model: path.to_string(),
        });
    }
    let made = match card.epochs.len() {
        0 => counted(card.trials.len(), "configuration"),
        epochs => counted(epochs, "epoch"),
    };
    let interrupted = if card.interrupted { ", then stopped by Ctrl-C" } else { "" };
    console.print(format_args!(
        "{}: {} train, {} validation, {} test pairs; {made} in {seconds:.1} s{interrupted}\n",
        card.target,
        grouped(card.split.train),
        grouped(card.split.valid),
        grouped(card.split.test),
    ))?;
    console.print(figures(&card.test, &card.target))?;
    console.print(format_args!("\n{}", verdict(&card.test, fitted.name())))?;
    let option = option_of(&card.target, End::Target);
    if let Some(signed) = &card.signed {
        console.print(format_args!("\n{}", figures(&signed.test, &signed.against)))?;
        console.print(format_args!("\n{}", signed_figures(signed, &card.target)))?;
    }
    if card.interrupted {
        console.note("the same command with --resume goes on from its last whole epoch");
    }
    console.note(format_args!("saved to {path}; rank with: theriac rank {path} --{option} NAME"));
    Ok(())
}
