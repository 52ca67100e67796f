//! The `theriac` command: arguments in, tables and JSON out.

mod cli;
mod command_line;
mod commands;
mod console;
mod contributions;
mod embeddings;
mod error;
mod evaluated;
mod explained;
mod explanation_figures;
mod figures;
mod interrupt;
mod machine;
mod per_target;
mod progress;
mod protocol;
mod ranked;
mod screening;
mod shard;
mod signed;
mod table;

use std::num::NonZeroUsize;
use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command};
use crate::console::Console;
use crate::error::CliError;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let console = Console { quiet: cli.quiet };
    match run(cli, console) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if !error.is_broken_pipe() {
                console.error(&error);
            }
            ExitCode::from(error.exit_code())
        }
    }
}

fn run(cli: Cli, console: Console) -> Result<(), CliError> {
    let threads = cli.threads.map_or(0, NonZeroUsize::get);
    let mut pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
    // The calling thread does its share of the work; otherwise it would wait while one thread more than asked for runs. A
    // server's is not one that works.
    if !matches!(cli.command, Command::Serve(_)) {
        pool = pool.use_current_thread();
    }
    pool.build_global().map_err(|error| CliError::Threads { problem: error.to_string() })?;
    match cli.command {
        Command::Demo(arguments) => commands::demo(&arguments, console),
        Command::Fetch(arguments) => commands::fetch(&arguments, console),
        Command::Import(arguments) => commands::import(&arguments, console),
        Command::Inspect(arguments) => commands::inspect(&arguments, console),
        Command::Train(arguments) => commands::train(&arguments, console),
        Command::Tune(arguments) => commands::tune(&arguments, console),
        Command::Evaluate(arguments) => commands::evaluate(&arguments, console),
        Command::Merge(arguments) => commands::merge(&arguments, console),
        Command::Audit(arguments) => commands::audit(&arguments, console),
        Command::Rank(arguments) => commands::rank(&arguments, console),
        Command::Explain(arguments) => commands::explain(&arguments, console),
        Command::Report(arguments) => commands::report(&arguments, console),
        Command::Serve(arguments) => commands::serve(&arguments, console),
        Command::Screen(arguments) => commands::screen(&arguments, console),
        Command::Embed(arguments) => commands::embed(&arguments, console),
        Command::Export(arguments) => commands::export(&arguments, console),
    }
}
