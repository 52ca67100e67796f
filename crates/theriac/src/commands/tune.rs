//! `theriac tune`

use std::path::Path;

use serde::Serialize;
use theriac_models::tuning::{
    EXAMPLE, Halving, Identity, Outcome, Progress, Space, Tuning, TuningFolder, best, ranked, setting,
};
use theriac_models::{ModelError, Preset};
use theriac_predict::PredictError;
use theriac_predict::experiment::{Experiment, load_graph, resolve_target};
use theriac_predict::numbers::{counted, figure, grouped};

use crate::cli::{DEFAULT_PRESET, TuneArguments};
use crate::console::Console;
use crate::error::CliError;
use crate::interrupt;
use crate::progress::CountProgress;
use crate::shard::Shard;
use crate::table::PlainTable;

/// Trials to show.
const TOP: usize = 10;

/// What `--json` prints.
#[derive(Serialize)]
struct Document<'a> {
    target: &'a str,
    seed: u64,
    split_hash: &'a str,
    shard: Option<String>,
    trials: u32,
    reduction: u32,
    /// Epochs of each rung.
    rungs: &'a [Option<usize>],
    validation_links: usize,
    outcomes: &'a [Outcome],
    best: &'a Outcome,
    config: String,
}

/// Tries settings of a space on validation links, and keeps the best.
///
/// # Errors
///
/// When the graph, the target or the space is wrong, the folder is of another tuning or cannot be written, a trial cannot be
/// trained, none came to a figure, or Ctrl-C was pressed; what was done by then is kept.
pub fn tune(arguments: &TuneArguments, console: Console) -> Result<(), CliError> {
    let (false, Some(graph), Some(space), Some(output)) =
        (arguments.print_space, &arguments.graph, &arguments.space, &arguments.output)
    else {
        return console.print(EXAMPLE.trim_end());
    };
    let seed = arguments.seed;
    let space = Space::read(space)?;
    let trials = space.trials(seed)?;
    let loaded = load_graph(graph)?;
    let target = resolve_target(&loaded, arguments.target.as_deref())?;
    let fingerprint = loaded.fingerprint();
    let fractions = Preset::named(DEFAULT_PRESET)?.fractions;
    let experiment = Experiment::random(loaded, target.clone(), fractions, seed, &console.notes())?;
    let split_hash = experiment.split.hash();
    let target = target.to_string();
    let identity =
        Identity::new(fingerprint, target.clone(), split_hash.clone(), seed, space.text().to_owned());
    let folder = TuningFolder::open(output, &identity).map_err(on_the_way)?;

    let halving = space.halving();
    let shard = arguments.shard.unwrap_or(Shard::WHOLE);
    let numbers: Vec<u32> = (1..=halving.trials).filter(|&number| shard.is_dealt(number)).collect();
    console.note(budget(halving, numbers.len()));
    interrupt::listen(console, "stopping after the trial at hand, which is kept; Ctrl-C again ends at once");
    let tuning = Tuning { halving, trials: &trials, view: &experiment.view, seed, folder: &folder };
    let finished = halve(&tuning, &numbers, console)?;
    let outcomes = folder.outcomes(&trials, halving)?;
    folder.write_table(&space, &outcomes).map_err(on_the_way)?;
    if !finished {
        return Err(CliError::TuningStopped { folder: output.clone() });
    }
    let ranked = ranked(&outcomes);
    let Some(best) = best(&outcomes, halving) else {
        return Err(CliError::NothingTuned { trials: ranked.len() });
    };
    let trial = &trials[best.trial as usize - 1];
    let config = folder.write_best(trial, best, ranked.len(), seed).map_err(on_the_way)?;

    let validation_links = experiment.split.valid.len();
    if arguments.json {
        return console.print_json(&Document {
            target: &target,
            seed,
            split_hash: &split_hash,
            shard: arguments.shard.map(|shard| shard.to_string()),
            trials: halving.trials,
            reduction: halving.reduction,
            rungs: &halving.rungs,
            validation_links,
            outcomes: &outcomes,
            best,
            config: config.display().to_string(),
        });
    }
    let links = counted(validation_links, "validation link");
    console.print(format_args!(
        "{target}: {} of {} trials tried, by their filtered MRR on {links}\n",
        grouped(ranked.len()),
        grouped(halving.trials as usize),
    ))?;
    console.print(table(&ranked, &space))?;
    console.print(format_args!(
        "\nThe MRR of the best is optimistic: it is the best of {} on the same links. No test link had a part in it.",
        counted(ranked.len(), "trial"),
    ))?;
    console.note(format_args!("settings of trial {} saved to {}; {}", best.trial, config.display(), {
        train_command(graph, arguments, &config)
    }));
    Ok(())
}

/// Halves, and shows how far it is.
fn halve(tuning: &Tuning<'_>, numbers: &[u32], console: Console) -> Result<bool, CliError> {
    let mut shown: Option<CountProgress> = None;
    let mut told = |Progress { rung, done, of }: Progress| {
        if done == 0 {
            // The bar of the rung before goes before the next one comes.
            shown = None;
            shown = (of > 0).then(|| CountProgress::new(console, of, things(tuning.halving.rungs[rung - 1])));
        } else if let Some(shown) = &mut shown {
            shown.reached(done);
        }
    };
    tuning.halve(numbers, &interrupt::stop_requested, &mut told).map_err(on_the_way)
}

fn things(epochs: Option<usize>) -> String {
    epochs.map_or_else(|| "trials".into(), |epochs| format!("trials of {}", counted(epochs, "epoch")))
}

/// What a halving of so many trials will take.
fn budget(halving: &Halving, trials: usize) -> String {
    let rungs = halving.sizes(trials).into_iter().zip(&halving.rungs);
    let all: usize = rungs.clone().filter_map(|(trials, epochs)| Some(trials * (*epochs)?)).sum();
    let told: Vec<String> =
        rungs.map(|(trials, epochs)| format!("{} {}", grouped(trials), things(*epochs))).collect();
    let all = if all > 0 { format!(": {}", counted(all, "epoch")) } else { String::new() };
    format!("{}{all} at most", told.join(", "))
}

/// The first of these outcomes, with what each trial drew.
fn table(ranked: &[&Outcome], space: &Space) -> PlainTable {
    let names: Vec<&str> = space.names().collect();
    let last = |name: &str| name.rsplit('.').next().map(str::to_owned);
    let short = names.iter().map(|&name| {
        let alike = names.iter().filter(|other| last(other) == last(name)).count();
        if alike > 1 { name.to_owned() } else { last(name).unwrap_or_default() }
    });
    let in_epochs = ranked.iter().any(|outcome| outcome.epochs.is_some());
    let fixed =
        ["trial", "epochs", "MRR", "seconds"].into_iter().filter(|&name| in_epochs || name != "epochs");
    let headings: Vec<String> =
        fixed.map(str::to_owned).chain(short.map(|name| format!("<{name}"))).collect();
    let mut table = PlainTable::new(headings.iter().map(String::as_str));
    for outcome in ranked.iter().take(TOP) {
        let drew = names.iter().map(|name| outcome.settings.get(*name).map(setting).unwrap_or_default());
        let fixed = std::iter::once(outcome.trial.to_string())
            .chain(outcome.epochs.map(grouped))
            .chain([outcome.mrr.map_or_else(|| "none".into(), figure), format!("{:.1}", outcome.seconds)]);
        table.push(fixed.chain(drew));
    }
    table
}

fn train_command(graph: &Path, arguments: &TuneArguments, config: &Path) -> String {
    let target = arguments.target.as_ref().map_or_else(String::new, |target| format!(" --target {target}"));
    format!(
        "train it on the same split with: theriac train {}{target} --config {} --seed {} -o model",
        graph.display(),
        config.display(),
        arguments.seed
    )
}

/// An error of a folder that cannot be written is one of the work, not of the call.
fn on_the_way(error: ModelError) -> CliError {
    match error {
        ModelError::Graph(_) | ModelError::Io { .. } => PredictError::Save(error.into()).into(),
        error => error.into(),
    }
}
