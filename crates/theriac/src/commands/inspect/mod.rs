//! `theriac inspect`

mod node;
mod sections;

use theriac_predict::experiment::load_graph;
use theriac_predict::query::find_node;

use crate::cli::InspectArguments;
use crate::console::Console;
use crate::error::CliError;

pub use sections::nodes_table;

/// Widest line, where nothing that must stand whole is wider.
const WIDTH: usize = 100;

/// Prints what a graph folder holds, or a node of it among its neighbours.
///
/// # Errors
///
/// When the folder is not a whole and sound graph, or the node is not to be found.
pub fn inspect(arguments: &InspectArguments, console: Console) -> Result<(), CliError> {
    let graph = load_graph(&arguments.graph)?;
    let Some(name) = &arguments.node else {
        let statistics = graph.statistics();
        return if arguments.json {
            console.print_json(&statistics)
        } else {
            console.print(sections::sections(&statistics))
        };
    };
    let (node_type, node) = find_node(&graph, name, arguments.node_type.as_deref(), &console.notes())?;
    let description = graph.describe(node_type, node, arguments.top);
    if arguments.json {
        console.print_json(&description)
    } else {
        console.print(node::described(&description))
    }
}

/// The text in lines of at most [`WIDTH`] characters, the first after `first` and the others after as many blanks. Words
/// are not broken.
fn wrapped(first: &str, text: &str) -> String {
    let indent = first.chars().count();
    let (mut lines, mut width) = (first.to_owned(), indent);
    for (place, word) in text.split_whitespace().enumerate() {
        let letters = word.chars().count();
        if place > 0 && width + 1 + letters > WIDTH {
            lines.push('\n');
            lines.push_str(&" ".repeat(indent));
            width = indent;
        } else if place > 0 {
            lines.push(' ');
            width += 1;
        }
        lines.push_str(word);
        width += letters;
    }
    lines
}

/// The text, cut with three dots where it is longer than `most` characters.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.into();
    }
    let start: String = text.chars().take(most - 3).collect();
    format!("{}...", start.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_wrapped_between_words_and_indented() {
        let long = "x".repeat(96);
        assert_eq!(wrapped("- ", &format!("a {long} b")), format!("- a {long}\n  b"));
        assert_eq!(wrapped("- ", "one two"), "- one two");
    }

    #[test]
    fn a_long_text_is_cut() {
        assert_eq!([cut("ätiologie", 9), cut("ätiologie x", 9)], ["ätiologie", "ätiolo..."]);
    }
}
