//! `theriac export`

use std::num::NonZeroUsize;
use std::path::PathBuf;

use serde::Serialize;
use theriac_formats::{Exported, export as write};
use theriac_graph::{Graph, NodeTable, Relation, RelationKey};
use theriac_predict::experiment::load_graph;
use theriac_predict::numbers::counted;
use theriac_predict::query::find_node;

use crate::cli::{AroundArguments, ExportArguments};
use crate::console::Console;
use crate::error::CliError;
use crate::interrupt;

/// What `--json` prints.
#[derive(Serialize)]
struct Document<'a> {
    format: &'a str,
    files: Vec<PathBuf>,
    nodes: usize,
    edges: usize,
    fingerprint: String,
    lost: Vec<String>,
}

/// Writes a graph, or a part of it, in a form that other tools read.
///
/// # Errors
///
/// When the graph cannot be read, has no such node or relation, or cannot be written; nothing is written then.
pub fn export(arguments: &ExportArguments, console: Console) -> Result<(), CliError> {
    interrupt::end_cleanly();
    let mut graph = load_graph(&arguments.graph)?;
    if let Some(wanted) = &arguments.relations {
        graph = with_relations(&graph, wanted)?;
    }
    if let Some(name) = &arguments.around.around {
        graph = around(&graph, name, &arguments.around, console)?;
    }
    let Exported { files, lost, hint } =
        write(&graph, &arguments.to, &arguments.output).map_err(CliError::Export)?;
    let nodes = graph.node_tables().iter().map(NodeTable::len).sum();
    let edges = graph.relations().iter().map(Relation::edge_count).sum();
    for note in lost.iter().chain(&hint) {
        console.note(format_args!("note: {note}"));
    }
    if arguments.json {
        let format = &arguments.to;
        return console.print_json(&Document {
            format,
            files,
            nodes,
            edges,
            fingerprint: graph.fingerprint(),
            lost,
        });
    }
    let counts = format!("{} and {}", counted(nodes, "node"), counted(edges, "edge"));
    let files: Vec<String> = files.iter().map(|file| format!("- {}", file.display())).collect();
    console.print(format_args!("{counts} written as {}:\n{}", arguments.to, files.join("\n")))
}

/// The graph with the relations that were asked for, by key or by name, and the node types that they join.
fn with_relations(graph: &Graph, wanted: &[String]) -> Result<Graph, CliError> {
    let mut kept: Vec<&RelationKey> = Vec::new();
    for text in wanted {
        let of_name = graph.relations().iter().filter(|relation| relation.key.name == *text);
        let before = kept.len();
        kept.extend(of_name.map(|relation| &relation.key));
        if kept.len() == before {
            kept.push(&graph.resolve_relation(text)?.key);
        }
    }
    let part = graph.map_relations(|relation| kept.contains(&&relation.key).then(|| relation.clone()));
    let nodes: Vec<Vec<u32>> = (0..graph.node_tables().len())
        .map(|place| {
            let is_joined =
                |relation: &Relation| relation.source_type == place || relation.target_type == place;
            let nodes =
                if part.relations().iter().any(is_joined) { graph.node_tables()[place].len() } else { 0 };
            (0..nodes as u32).collect()
        })
        .collect();
    Ok(part.subgraph(&nodes)?)
}

/// The part of the graph around a node.
fn around(graph: &Graph, name: &str, asked: &AroundArguments, console: Console) -> Result<Graph, CliError> {
    let (place, node) = find_node(graph, name, asked.node_type.as_deref(), &console.notes())?;
    let nodes = graph.neighborhood(place, node, asked.hops.get(), asked.max_neighbors.map(NonZeroUsize::get));
    Ok(graph.subgraph(&nodes)?)
}
