//! `theriac import`

use std::time::Instant;

use theriac_graph::Statistics;

use crate::cli::ImportArguments;
use crate::commands::inspect::nodes_table;
use crate::console::Console;
use crate::error::CliError;
use crate::numbers::{counted, grouped};
use crate::table::PlainTable;

/// Reads a graph and saves it.
///
/// # Errors
///
/// When the input is not sound or the graph cannot be saved; nothing is written then.
pub fn import(arguments: &ImportArguments, console: Console) -> Result<(), CliError> {
    let started = Instant::now();
    let graph = theriac_formats::read(&arguments.path, arguments.format.as_deref())?;
    graph.save(&arguments.output).map_err(CliError::saving_graph)?;
    let seconds = started.elapsed().as_secs_f64();
    let statistics = graph.statistics();
    console.print(format_args!("{}\n\n{}", nodes_table(&statistics), edges_table(&statistics)))?;
    let merged =
        statistics.relations.iter().filter(|relation| relation.merged_duplicates > 0).map(|relation| {
            format!(
                "{} of {} merged",
                counted(relation.merged_duplicates, "repeated edge"),
                relation.relation
            )
        });
    let decisions: Vec<String> = statistics.provenance.decisions.iter().cloned().chain(merged).collect();
    if !decisions.is_empty() {
        console.print(format_args!("\nDecisions:\n- {}", decisions.join("\n- ")))?;
    }
    console.print(format_args!("\nSaved to {} in {seconds:.2} s.", arguments.output.display()))
}

/// The relations with their numbers of edges; [`super::inspect()`] tells more.
pub fn edges_table(statistics: &Statistics) -> PlainTable {
    let mut table = PlainTable::new(["<relation", "edges"]);
    for relation in &statistics.relations {
        table.push([relation.relation.to_string(), grouped(relation.edges)]);
    }
    table
}
