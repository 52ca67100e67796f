//! From what was typed to a node.

use theriac_graph::{Lookup, NodeTable};

use crate::console::Console;
use crate::error::CliError;

/// The node that `query` names; where it had to be taken for something else, says so.
///
/// # Errors
///
/// [`CliError::Ambiguous`] with the candidates, [`CliError::NotFound`] with suggestions.
pub fn find(table: &NodeTable, query: &str, console: Console) -> Result<u32, CliError> {
    let node_type = || table.node_type.clone();
    match table.find(query) {
        Lookup::Found { node } => Ok(node),
        Lookup::FoundLoosely { node, matched } => {
            let label = table.label(node);
            let by = if matched == label.name { String::new() } else { format!(", also called '{matched}'") };
            console.note(format_args!("'{query}' was taken for {label}{by}"));
            Ok(node)
        }
        Lookup::Ambiguous { candidates, fitting } => {
            Err(CliError::Ambiguous { query: query.into(), node_type: node_type(), candidates, fitting })
        }
        Lookup::NotFound { suggestions } => {
            Err(CliError::NotFound { query: query.into(), node_type: node_type(), suggestions })
        }
    }
}
