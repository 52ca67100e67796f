//! `theriac embed`

use theriac_graph::NodeTable;
use theriac_models::NodeEmbeddings;
use theriac_predict::PredictError;
use theriac_predict::Trained;
use theriac_predict::numbers::grouped;

use crate::cli::EmbedArguments;
use crate::console::Console;
use crate::embeddings::{Embedded, EmbeddingFormat, write};
use crate::error::CliError;
use crate::table::PlainTable;

/// Writes the final embeddings of a model's nodes.
///
/// # Errors
///
/// When the model or its graph cannot be read or do not belong together, the graph has no such type, or the file cannot be
/// written.
pub fn embed(arguments: &EmbedArguments, console: Console) -> Result<(), CliError> {
    let format = EmbeddingFormat::of(&arguments.output, arguments.to)?;
    let Trained { model, graph } = Trained::open(&arguments.model, arguments.graph.as_deref())?;
    let known =
        || -> Vec<&str> { graph.node_tables().iter().map(|table| table.node_type.as_str()).collect() };
    match arguments.node_type.as_deref() {
        Some(wanted) if graph.node_type(wanted).is_none() => {
            return Err(PredictError::UnknownType { wanted: wanted.into(), known: known().join(", ") }.into());
        }
        None if format.holds_one_type() => return Err(CliError::OneMatrix { known: known().join(", ") }),
        _ => {}
    }
    let (model, experiment) = Trained { model, graph }.under_split()?;
    let embeddings = model.node_embeddings(&experiment.view)?;
    let tables: &[NodeTable] = experiment.graph.node_tables();
    let wanted =
        |of: &NodeEmbeddings| arguments.node_type.as_ref().is_none_or(|wanted| *wanted == of.node_type);
    let types: Vec<Embedded<'_>> = embeddings.iter().zip(tables).filter(|(of, _)| wanted(of)).collect();
    let files = write(&arguments.output, format, &types)?;

    let mut table = PlainTable::new(["<node type", "embeddings", "width"]);
    for (of, _) in &types {
        table.push([of.node_type.clone(), grouped(of.nodes()), of.dim.to_string()]);
    }
    let files: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    console.print(format_args!("{table}\n\nSaved to {}.", files.join(" and ")))
}
