//! `theriac inspect`

use theriac_graph::Statistics;

use crate::cli::InspectArguments;
use crate::console::Console;
use crate::error::CliError;
use crate::experiment::load_graph;
use crate::numbers::{grouped, small_share};
use crate::table::PlainTable;

/// Prints what a graph folder holds.
///
/// # Errors
///
/// When the folder is not a whole and sound graph.
pub fn inspect(arguments: &InspectArguments, console: Console) -> Result<(), CliError> {
    let statistics = load_graph(&arguments.graph)?.statistics();
    if arguments.json {
        return console.print_json(&statistics);
    }
    let provenance = &statistics.provenance;
    let facts = [
        ("name", Some(provenance.name.clone())),
        ("read from", Some(provenance.sources.join(", "))),
        ("licence", provenance.licence.clone()),
        ("cite", provenance.citation.clone()),
        ("fingerprint", Some(statistics.fingerprint.clone())),
    ];
    for (what, fact) in facts {
        if let Some(fact) = fact.filter(|fact| !fact.is_empty()) {
            console.print(format_args!("{what:<12} {fact}"))?;
        }
    }
    console.print(format_args!("\n{}\n\n{}", nodes_table(&statistics), relations_table(&statistics)))?;
    if !provenance.decisions.is_empty() {
        console
            .print(format_args!("\nDecisions when it was read:\n- {}", provenance.decisions.join("\n- ")))?;
    }
    Ok(())
}

/// The node types of a graph.
pub fn nodes_table(statistics: &Statistics) -> PlainTable {
    let mut table = PlainTable::new(["<node type", "nodes", "without edges", "<features"]);
    for node_type in &statistics.node_types {
        let features = node_type.features.as_ref();
        table.push([
            node_type.node_type.clone(),
            grouped(node_type.nodes),
            grouped(node_type.isolated),
            features.map_or_else(String::new, |features| format!("{} {}", features.dim, features.name)),
        ]);
    }
    table
}

/// The relations of a graph.
pub fn relations_table(statistics: &Statistics) -> PlainTable {
    let mut table = PlainTable::new([
        "<relation",
        "edges",
        "sources",
        "targets",
        "density",
        "per source\nmedian",
        "\nmax",
        "per target\nmedian",
        "\nmax",
        "<",
    ]);
    for relation in &statistics.relations {
        let mut traits = Vec::new();
        if relation.symmetric {
            traits.push("symmetric".to_owned());
        }
        if relation.weighted {
            traits.push("weighted".to_owned());
        }
        if relation.self_loops > 0 {
            traits.push(format!("{} self-loops", grouped(relation.self_loops)));
        }
        table.push([
            relation.relation.to_string(),
            grouped(relation.edges),
            grouped(relation.sources),
            grouped(relation.targets),
            small_share(relation.density),
            relation.median_source_degree.to_string(),
            grouped(relation.max_source_degree as usize),
            relation.median_target_degree.to_string(),
            grouped(relation.max_target_degree as usize),
            traits.join(", "),
        ]);
    }
    table
}
