//! `theriac train`

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::Serialize;
use theriac_link::{Budget, EvaluationOptions, EvaluationReport, Fits, FittedScorer, FittedTwice, Part};
use theriac_models::gnn::EpochLog;
use theriac_models::{
    Calibration, Card, Continuation, FittedModel, GraphReference, ModelConfig, ModelError, Preset,
    SignedCard, TrainedModel,
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
    learned_validation: bool,
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
    let (mut experiment, mut opposition) = match arguments.against.as_deref() {
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
    let refit = config.learns_validation() && !arguments.no_refit;
    let states = [state_file(output, ""), state_file(output, ".against")];
    let first = |experiment: &mut Experiment, path: &Path, resume| {
        experiment.set_refit(refit)?;
        fit(&config, experiment, seed, Continuation { path, resume }, console)
    };
    let of_target = first(&mut experiment, &states[0], arguments.resume)?;
    let of_against = opposition.as_mut().map(|opposition| {
        // Where training was stopped before it came to this relation, there is nothing of it to go on from.
        first(&mut opposition.experiment, &states[1], arguments.resume && states[1].exists())
    });
    let of_against = of_against.transpose()?;
    let of_target = Learned::from(&config, of_target, &mut experiment, seed, console)?;
    let of_against = opposition
        .as_mut()
        .zip(of_against)
        .map(|(opposition, first)| Learned::from(&config, first, &mut opposition.experiment, seed, console));
    let of_against = of_against.transpose()?;
    let seconds = started.elapsed().as_secs_f64();

    let negative_ratio = EvaluationOptions::default().negative_ratio;
    let baselines = experiment.fit(&theriac_baselines::always(), seed)?;
    let all = || baselines.iter().map(FittedTwice::fits).chain([of_target.fits()]);
    let unvalidated: Vec<Fits<'_>> = all().map(|fits| Fits::once(fits.first())).collect();
    let validation = experiment.report(&unvalidated, Part::Valid, negative_ratio, seed)?;
    let test = experiment.report(&all().collect::<Vec<_>>(), Part::Test, negative_ratio, seed)?;
    let calibration = experiment
        .calibration(of_target.fits().first(), negative_ratio, seed)?
        .unwrap_or_else(|| Calibration::of_training(negative_ratio));
    let signed = match (&opposition, &of_against) {
        (Some(opposition), Some(of_against)) => {
            let fits = [of_target.fits(), of_against.fits()];
            Some(signed_card(&experiment, opposition, fits, preset.fractions, seed)?)
        }
        _ => None,
    };
    let interrupted = of_target.interrupted || of_against.as_ref().is_some_and(|learned| learned.interrupted);
    let first = of_target.chosen.as_ref().unwrap_or(&of_target.last);
    let model = TrainedModel {
        card: Card {
            theriac: env!("CARGO_PKG_VERSION").into(),
            created: timestamp::now(),
            hardware: machine::hardware(),
            target: experiment.split.task.target().clone(),
            graph: reference,
            split: experiment.reference(preset.fractions),
            preset: arguments.model.config.is_none().then(|| preset.name.into()),
            epochs: first.epochs().to_vec(),
            trials: first.record().trials.clone(),
            config,
            seed,
            interrupted,
            validation,
            test,
            calibration,
            signed,
        },
        fitted: of_target.last,
        against: of_against.map(|learned| learned.last),
    };
    model.save(output).map_err(|error| PredictError::Save(error.into()))?;
    for path in states.into_iter().filter(|path| !model.card.interrupted && path.exists()) {
        fs::remove_file(&path)
            .map_err(|source| PredictError::Save(ModelError::Io { path, source }.into()))?;
    }
    show(&model, output, seconds, arguments.json, console)
}

/// Fits a model for the first time, telling how far it is.
fn fit(
    config: &ModelConfig,
    experiment: &Experiment,
    seed: u64,
    continuation: Continuation<'_>,
    console: Console,
) -> Result<FittedModel, CliError> {
    let progress = Progress::new(console);
    let is_last = experiment.whole.is_none();
    match config.train(&experiment.view, &Budget::new(seed, &progress), Some(continuation), is_last) {
        Err(ModelError::Stopped) => Err(CliError::Stopped),
        fitted => Ok(fitted?),
    }
}

/// What training came to.
struct Learned {
    /// The model.
    last: FittedModel,
    /// Its first fit, where it has learned the validation part since.
    chosen: Option<FittedModel>,
    /// Whether it was stopped before its end.
    interrupted: bool,
}

impl Learned {
    /// Trains a model again with the validation part, where the experiment is to learn that, telling how far it is. Stopped
    /// meanwhile, it keeps the first.
    fn from(
        config: &ModelConfig,
        first: FittedModel,
        experiment: &mut Experiment,
        seed: u64,
        console: Console,
    ) -> Result<Self, CliError> {
        let Some(whole) = &experiment.whole else {
            return Ok(Self { interrupted: first.interrupted(), last: first, chosen: None });
        };
        console.note("settings are chosen: again, with the validation part");
        let progress = Progress::new(console);
        let budget = Budget::new(seed, &progress).with_trials(&first.record().trials);
        match config.train(whole, &budget, None, true) {
            Err(ModelError::Stopped) => {
                experiment.set_refit(false)?;
                Ok(Self { last: first, chosen: None, interrupted: true })
            }
            last => Ok(Self { last: last?, chosen: Some(first), interrupted: false }),
        }
    }

    fn fits(&self) -> Fits<'_> {
        Fits { last: &self.last, chosen: self.chosen.as_ref().map(|chosen| chosen as _) }
    }
}

/// What a signed model says of itself: its figures beside those of baselines that are fitted to both relations as it is.
fn signed_card(
    experiment: &Experiment,
    opposition: &Opposition,
    fits: [Fits<'_>; 2],
    fractions: (f64, f64),
    seed: u64,
) -> Result<SignedCard, CliError> {
    let negative_ratio = EvaluationOptions::default().negative_ratio;
    let baselines = theriac_baselines::always();
    let [of_target, of_against] =
        [experiment.fit(&baselines, seed)?, opposition.experiment.fit(&baselines, seed)?];
    let mut figures = Vec::with_capacity(baselines.len() + 1);
    for (target, against) in of_target.iter().zip(&of_against) {
        let (_, of) = opposition.calibrated([target.fits(), against.fits()], negative_ratio, seed)?;
        figures.push(of);
    }
    let (three_way, of) = opposition.calibrated(fits, negative_ratio, seed)?;
    figures.push(of);
    let mut scorers: Vec<Fits<'_>> = of_against.iter().map(FittedTwice::fits).collect();
    scorers.push(fits[1]);
    let of_against = &opposition.experiment;
    Ok(SignedCard {
        against: of_against.split.task.target().clone(),
        split: of_against.reference(fractions),
        test: of_against.report(&scorers, Part::Test, negative_ratio, seed)?,
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
            learned_validation: card.split.learned_validation,
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
    let ended = match (card.interrupted, card.epochs.is_empty()) {
        (false, _) if card.split.learned_validation => ", then the validation part too,",
        (false, _) => "",
        (true, false) => ", stopped by Ctrl-C,",
        (true, true) => ", stopped by Ctrl-C before all of the validation part was learned,",
    };
    console.print(format_args!(
        "{}: {} train, {} validation, {} test pairs; {made}{ended} in {seconds:.1} s\n",
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
    if card.interrupted && !card.epochs.is_empty() {
        console.note("the same command with --resume goes on from its last whole epoch");
    }
    console.note(format_args!("saved to {path}; rank with: theriac rank {path} --{option} NAME"));
    Ok(())
}
