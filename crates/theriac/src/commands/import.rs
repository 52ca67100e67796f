//! `theriac import`

use std::time::Instant;

use serde::Serialize;
use theriac_formats::{Conflicts, Equivalences, Input, Merged};
use theriac_graph::Statistics;
use theriac_predict::numbers::{counted, grouped};

use crate::cli::ImportArguments;
use crate::commands::inspect::nodes_table;
use crate::console::Console;
use crate::error::CliError;
use crate::interrupt;
use crate::table::PlainTable;

/// What `--json` prints.
#[derive(Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    statistics: &'a Statistics,
    conflicts: &'a Conflicts,
    seconds: f64,
}

/// Reads one graph from all paths and saves it.
///
/// # Errors
///
/// When the input is not sound or the graph cannot be saved; nothing is written then.
pub fn import(arguments: &ImportArguments, console: Console) -> Result<(), CliError> {
    interrupt::end_cleanly();
    let started = Instant::now();
    let mut equivalences = Equivalences::default();
    for table in &arguments.xref {
        equivalences.append(Equivalences::read(&Input::open(table)?)?);
    }
    let Merged { graph, conflicts } =
        theriac_formats::read_all(&arguments.paths, arguments.format.as_deref(), &equivalences)?;
    graph.save(&arguments.output).map_err(CliError::saving_graph)?;
    let seconds = started.elapsed().as_secs_f64();
    let statistics = graph.statistics();
    if arguments.json {
        return console.print_json(&Report { statistics: &statistics, conflicts: &conflicts, seconds });
    }
    console.print(format_args!("{}\n\n{}", nodes_table(&statistics), edges_table(&statistics)))?;
    let decisions = decisions(&statistics, &conflicts);
    if !decisions.is_empty() {
        console.print(format_args!("\nDecisions:\n- {}", decisions.join("\n- ")))?;
    }
    if !conflicts.is_empty() {
        console.print(format_args!("\nBetween the sources:\n{}", conflicts.listing().join("\n")))?;
    }
    console.print(format_args!("\nSaved to {} in {seconds:.2} s.", arguments.output.display()))
}

/// What was decided on the way, without the conflicts, which are listed by themselves.
fn decisions(statistics: &Statistics, conflicts: &Conflicts) -> Vec<String> {
    let told = conflicts.sentences();
    let own = statistics.provenance.decisions.iter().filter(|decision| !told.contains(decision)).cloned();
    // Of several sources, edges that repeat are told source by source.
    let single = conflicts.sources.is_empty();
    let merged = statistics.relations.iter().filter(|relation| single && relation.merged_duplicates > 0);
    let merged = merged.map(|relation| {
        format!("{} of {} merged", counted(relation.merged_duplicates, "repeated edge"), relation.relation)
    });
    own.chain(merged).collect()
}

/// The relations with their numbers of edges; [`super::inspect()`] tells more.
pub fn edges_table(statistics: &Statistics) -> PlainTable {
    let mut table = PlainTable::new(["<relation", "edges"]);
    for relation in &statistics.relations {
        table.push([relation.relation.to_string(), grouped(relation.edges)]);
    }
    table
}
