//! `theriac explain --evaluate`

use std::ops::ControlFlow;
use std::time::Instant;

use theriac_formats::{Input, read_mechanisms};
use theriac_predict::Predictor;
use theriac_predict::explanation_quality::{KnownMechanisms, Quality, QualityOptions};
use theriac_predict::numbers::grouped;

use crate::cli::ExplainArguments;
use crate::console::Console;
use crate::error::CliError;
use crate::explanation_figures;
use crate::interrupt;
use crate::progress::CountProgress;

/// Measures how good a trained model's explanations are, on known test pairs, and on mechanisms where some are given.
///
/// # Errors
///
/// When the model, its graph or the mechanisms cannot be read, or there is no pair to explain.
pub fn explain_evaluate(arguments: &ExplainArguments, console: Console) -> Result<(), CliError> {
    let started = Instant::now();
    let read = arguments.mechanisms.as_ref().map(|path| read_mechanisms(&Input::open(path)?)).transpose()?;
    let predictor = Predictor::open(&arguments.model, arguments.graph.as_deref())?;
    let known = read.map(|read| KnownMechanisms::find(&read, &predictor)).transpose()?;
    let options = QualityOptions {
        pairs: arguments.pairs.get(),
        edges: arguments.edges.get(),
        most_steps: arguments.steps.into(),
        seed: arguments.seed,
    };
    let mut quality = Quality::new(&predictor, options, known.as_ref());
    if quality.pairs() == 0 {
        let problem = "the model's split has no test pair; expected a model with some, to explain them";
        return Err(CliError::Options(problem.into()));
    }
    interrupt::listen(console, "stopping after the pair at work; Ctrl-C again ends at once");
    let asked = quality.pairs();
    let mut progress = CountProgress::new(console, asked, "pairs".into());
    let mut explained = 0;
    quality.explain(|done| {
        explained = done;
        progress.reached(done);
        if interrupt::stop_requested() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    drop(progress);
    let document = quality.document();
    if arguments.json {
        console.print_json(&document)?;
    } else {
        console.print(explanation_figures::text(&document))?;
    }
    let (done, all) = (grouped(explained), grouped(asked));
    if explained < asked {
        console.note(format_args!("stopped: {done} of {all} pairs are explained, and reported"));
    }
    console.note(format_args!("{done} pairs explained in {:.1} s", started.elapsed().as_secs_f64()));
    Ok(())
}
