//! `theriac screen`

use std::ops::ControlFlow;
use std::time::Instant;

use theriac_graph::wording::plural;
use theriac_predict::Trained;
use theriac_predict::numbers::grouped;
use theriac_predict::predictions::{PredictionFile, PredictionFormat};
use theriac_predict::ranked::End;
use theriac_predict::ranked::all_or;

use crate::cli::ScreenArguments;
use crate::console::Console;
use crate::error::CliError;
use crate::interrupt;
use crate::progress::CountProgress;
use crate::screening;
use crate::shard::Shard;

/// Scores all pairs of a model's relation, and writes the best candidates of each target, or of each source.
///
/// # Errors
///
/// When the model or its graph cannot be read or do not belong together, the file cannot be written, or Ctrl-C was pressed;
/// no file is left then.
pub fn screen(arguments: &ScreenArguments, console: Console) -> Result<(), CliError> {
    let started = Instant::now();
    let format = PredictionFormat::of(&arguments.output, arguments.to.map(Into::into))?;
    let mut trained = Trained::open(&arguments.model, arguments.graph.as_deref())?;
    if arguments.without_popularity {
        trained.load_contributions(&arguments.model)?;
    }
    let relation = trained.relation()?;
    let (end, tables) = (End::from(arguments.per), trained.graph.node_tables());
    let queried = &tables[end.node_type(relation)];
    let others = &tables[end.other().node_type(relation)];
    let shard = arguments.shard.unwrap_or(Shard::WHOLE);
    let queries = shard.range(queried.len() as u32);
    let top = all_or(arguments.top);
    let key = relation.key.to_string();
    let mut file =
        PredictionFile::create(&arguments.output, format, &trained, (relation, &key), &shard.to_string())?;
    interrupt::listen(console, "stopping; no file is written; Ctrl-C again ends at once");
    let candidacy = trained.candidacy(arguments.novel, arguments.without_popularity, top)?;
    let mut progress = CountProgress::new(console, queries.len(), plural(&queried.node_type));
    let count = queries.len();
    let done = |ranked| {
        progress.reached(ranked);
        if interrupt::stop_requested() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    screening::screen(&candidacy, end, queries, |ranked| Ok(file.write(ranked)?), done)?;
    drop(progress);
    let written = file.publish()?;

    let novel = if arguments.novel { "novel " } else { "" };
    let kept = if top < others.len() { format!("the best {} of", grouped(top)) } else { "all".into() };
    let part = arguments.shard.map_or_else(String::new, |shard| format!(", shard {shard}"));
    console.print(format_args!(
        "{} predictions of {key}: {kept} {} {novel}{} for each of {} {}{part}.",
        grouped(written),
        grouped(others.len()),
        plural(&others.node_type),
        grouped(count),
        plural(&queried.node_type),
    ))?;
    let seconds = started.elapsed().as_secs_f64();
    console.print(format_args!("Saved to {} in {seconds:.2} s.", arguments.output.display()))
}
