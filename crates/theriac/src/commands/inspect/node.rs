//! A node among its neighbours as text.

use serde_json::Value;
use theriac_graph::wording::{counted_nodes, spoken};
use theriac_graph::{Direction, Neighbor, NeighborList, NodeDescription};
use theriac_predict::numbers::{counted, grouped};

use super::{cut, wrapped};
use crate::table::PlainTable;

/// A longer name is cut.
const NAME_WIDTH: usize = 44;
/// A longer attribute is cut.
const ATTRIBUTE_WIDTH: usize = 24;
/// As many attributes are shown; JSON has all.
const ATTRIBUTES: usize = 2;

/// The node, and a section for each relation in which it has edges.
pub(super) fn described(node: &NodeDescription) -> String {
    let label = if node.name == node.id { node.id.clone() } else { format!("{} ({})", node.name, node.id) };
    let edges = counted(node.degree, "edge");
    let mut head = vec![wrapped("", &format!("{label}, {} with {edges}", spoken(&node.node_type)))];
    for (what, texts) in [("also called", &node.synonyms), ("elsewhere", &node.xrefs)] {
        if !texts.is_empty() {
            head.push(wrapped(&format!("{what:<12} "), &texts.join("; ")));
        }
    }
    let mut sections = vec![head.join("\n")];
    sections.extend(node.relations.iter().filter(|list| list.degree > 0).map(section));
    let without: Vec<String> =
        node.relations.iter().filter(|list| list.degree == 0).map(|list| list.relation.to_string()).collect();
    if !without.is_empty() {
        sections.push(wrapped("No edges in ", &without.join(", ")));
    }
    sections.join("\n\n")
}

fn section(list: &NeighborList) -> String {
    let arrow = match list.direction {
        Direction::Outgoing => "->",
        Direction::Incoming => "<-",
        Direction::Both => "<->",
    };
    let neighbors = counted_nodes(list.degree, &list.neighbor_type);
    let heading = format!("{} {arrow} {neighbors}  ({})", spoken(&list.relation.name), list.relation);
    let table = match list.neighbors[..] {
        [] => String::new(),
        _ => format!("\n\n{}", neighbors_table(list)),
    };
    let more = match list.more {
        0 => String::new(),
        more => format!("\nand {} more; --top shows more or fewer", grouped(more)),
    };
    format!("{heading}{table}{more}")
}

fn neighbors_table(list: &NeighborList) -> PlainTable {
    let all = &list.neighbors;
    let ids = all.iter().any(|of| of.id != of.name);
    let weights = all.iter().any(|of| of.weight.is_some());
    let mut names: Vec<&str> = Vec::new();
    for name in all.iter().flat_map(|of| of.attributes.keys()) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    names.truncate(ATTRIBUTES);
    let attributes: Vec<String> = names.iter().map(|name| format!("<{name}")).collect();
    let neighbor = format!("<{}", spoken(&list.neighbor_type));
    let mut headings = vec![neighbor.as_str()];
    headings.extend(ids.then_some("<id"));
    headings.extend(weights.then_some("weight"));
    headings.push("its edges");
    headings.extend(attributes.iter().map(String::as_str));
    let mut table = PlainTable::new(headings);
    for of in all {
        let mut cells = vec![cut(&of.name, NAME_WIDTH)];
        cells.extend(ids.then(|| of.id.clone()));
        cells.extend(weights.then(|| of.weight.map_or_else(String::new, |weight| weight.to_string())));
        cells.push(grouped(of.degree as usize));
        cells.extend(names.iter().map(|name| attribute(of, name)));
        table.push(cells);
    }
    table
}

fn attribute(neighbor: &Neighbor, name: &str) -> String {
    match neighbor.attributes.get(name) {
        None => String::new(),
        Some(Value::String(text)) => cut(text, ATTRIBUTE_WIDTH),
        Some(number) => cut(number.to_string().trim_end_matches(".0"), ATTRIBUTE_WIDTH),
    }
}
