//! The statistics of a graph as text: one section a subject, nothing wider than a terminal.

use std::collections::BTreeMap;

use theriac_graph::{Prefixes, RelationKey, RelationStatistics, Statistics};
use theriac_predict::numbers::{counted, grouped, percent, small_share};

use super::{cut, wrapped};
use crate::table::PlainTable;

/// A longer relation is written on two lines.
const RELATION_WIDTH: usize = 28;
/// A longer name of a hub is cut.
const HUB_WIDTH: usize = 38;
/// As many hubs of each type are shown in a graph of few types, and of many.
const HUBS: [usize; 2] = [5, 2];
/// A graph of more types has many.
const FEW_TYPES: usize = 6;
/// As many prefixes are shown of ids and of cross-references.
const PREFIXES: usize = 3;

/// All that there is to say of a graph.
pub(super) fn sections(statistics: &Statistics) -> String {
    let (nodes, types) = (nodes(statistics), statistics.node_types.len());
    let edges: usize = statistics.relations.iter().map(|relation| relation.edges).sum();
    let relations = statistics.relations.len();
    let mut sections = vec![facts(statistics)];
    sections.push(titled(
        &format!("{} of {}", counted(nodes, "node"), counted(types, "type")),
        &naming_table(statistics),
    ));
    sections.extend(identifiers(statistics));
    sections.push(titled(
        &format!("{} in {}", counted(edges, "edge"), counted(relations, "relation")),
        &relations_table(statistics),
    ));
    sections
        .push(titled("Degrees over all nodes of a type, and how many have none", &degrees_table(statistics)));
    sections.extend(attributes(statistics));
    sections.push(components(statistics));
    let shown = HUBS[usize::from(types > FEW_TYPES)];
    sections.push(titled(
        &format!("Hubs: the {shown} nodes of most edges in each type"),
        &hubs_table(statistics, shown),
    ));
    sections.extend(listed("Decisions when it was read", &statistics.provenance.decisions));
    let warnings: Vec<String> = statistics.warnings.iter().map(|warning| warning.message.clone()).collect();
    sections.extend(listed("Warnings", &warnings));
    sections.join("\n\n")
}

fn nodes(statistics: &Statistics) -> usize {
    statistics.node_types.iter().map(|of| of.nodes).sum()
}

fn titled(title: &str, table: &PlainTable) -> String {
    format!("{title}\n\n{table}")
}

fn listed(title: &str, sentences: &[String]) -> Option<String> {
    let lines: Vec<String> = sentences.iter().map(|sentence| wrapped("- ", sentence)).collect();
    (!lines.is_empty()).then(|| format!("{title}\n\n{}", lines.join("\n")))
}

fn facts(statistics: &Statistics) -> String {
    let provenance = &statistics.provenance;
    let facts = [
        ("name", Some(provenance.name.clone())),
        ("read from", Some(provenance.sources.join(", "))),
        ("licence", provenance.licence.clone()),
        ("cite", provenance.citation.clone()),
        ("fingerprint", Some(statistics.fingerprint.clone())),
    ];
    let lines = facts.into_iter().filter_map(|(what, fact)| {
        let fact = fact.filter(|fact| !fact.is_empty())?;
        Some(wrapped(&format!("{what:<12} "), &fact))
    });
    lines.collect::<Vec<_>>().join("\n")
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

/// The node types of a graph, with how well their nodes can be found.
fn naming_table(statistics: &Statistics) -> PlainTable {
    let mut table = PlainTable::new([
        "<node type",
        "nodes",
        "without\nedges",
        "name beside\nthe id",
        "synonyms",
        "cross-\nreferences",
        "name shared\nwith others",
        "<features",
    ]);
    for of in &statistics.node_types {
        let share = |nodes: usize| percent(nodes, of.nodes);
        let features = of.features.as_ref();
        table.push([
            of.node_type.clone(),
            grouped(of.nodes),
            grouped(of.isolated),
            share(of.naming.named),
            share(of.naming.with_synonyms),
            share(of.naming.with_xrefs),
            grouped(of.naming.shared_names.nodes),
            features.map_or_else(String::new, |features| format!("{} {}", features.dim, features.name)),
        ]);
    }
    table
}

/// The prefixes of ids and cross-references, where any has one.
fn identifiers(statistics: &Statistics) -> Option<String> {
    let known = |prefixes: &Prefixes| prefixes.distinct > 0;
    let namings = || statistics.node_types.iter().map(|of| &of.naming);
    if !namings().any(|naming| known(&naming.id_prefixes) || known(&naming.xref_prefixes)) {
        return None;
    }
    let mut table = PlainTable::new(["<node type", "<prefixes of ids", "<prefixes of cross-references"]);
    for of in &statistics.node_types {
        let prefixes = [&of.naming.id_prefixes, &of.naming.xref_prefixes].map(shown_prefixes);
        table.push([vec![of.node_type.clone()], prefixes.to_vec()].concat());
    }
    Some(titled("Identifiers, with the number of nodes that have one of the kind", &table))
}

fn shown_prefixes(prefixes: &Prefixes) -> String {
    let first = prefixes.most_frequent.iter().take(PREFIXES);
    let mut shown: Vec<String> = first.map(|of| format!("{} {}", of.prefix, grouped(of.nodes))).collect();
    if prefixes.distinct > PREFIXES {
        shown.push(format!("{} more", grouped(prefixes.distinct - PREFIXES)));
    }
    if prefixes.without > 0 {
        shown.push(format!("none {}", grouped(prefixes.without)));
    }
    shown.join(", ")
}

/// The relation, on two lines where it is long.
fn folded(relation: &RelationKey) -> String {
    let text = relation.to_string();
    if text.len() <= RELATION_WIDTH {
        return text;
    }
    let last = text.rfind(':').unwrap_or(0) + 1;
    let place = if last <= RELATION_WIDTH { last } else { relation.source.len() + 1 };
    format!("{}\n  {}", &text[..place], &text[place..])
}

fn relations_table(statistics: &Statistics) -> PlainTable {
    let mut table = PlainTable::new(["<relation", "edges", "sources", "targets", "density", "<"]);
    for relation in &statistics.relations {
        table.push([
            folded(&relation.relation),
            grouped(relation.edges),
            grouped(relation.sources),
            grouped(relation.targets),
            small_share(relation.density),
            traits(relation),
        ]);
    }
    table
}

fn traits(relation: &RelationStatistics) -> String {
    let one_type = relation.relation.source == relation.relation.target;
    let mut traits = match (relation.undirected, relation.symmetric) {
        _ if !one_type || relation.edges == 0 => Vec::new(),
        (true, _) => vec!["undirected".to_owned()],
        (false, true) => vec!["symmetric".to_owned()],
        (false, false) => vec!["directed".to_owned()],
    };
    if relation.weighted {
        traits.push("weighted".into());
    }
    if relation.self_loops > 0 {
        traits.push(counted(relation.self_loops, "self-loop"));
    }
    if relation.merged_duplicates > 0 {
        traits.push(format!("{} merged", grouped(relation.merged_duplicates)));
    }
    traits.join(", ")
}

fn degrees_table(statistics: &Statistics) -> PlainTable {
    let mut table = PlainTable::new([
        "<relation",
        "source\nnone",
        "\nmin",
        "\nmedian",
        "\n99 %",
        "\nmax",
        "target\nnone",
        "\nmin",
        "\nmedian",
        "\n99 %",
        "\nmax",
    ]);
    for relation in &statistics.relations {
        let mut cells = vec![folded(&relation.relation)];
        for degrees in [&relation.source_degrees, &relation.target_degrees] {
            cells.extend([
                grouped(degrees.without_edges),
                grouped(degrees.min as usize),
                degrees.median.to_string(),
                grouped(degrees.p99 as usize),
                grouped(degrees.max as usize),
            ]);
        }
        table.push(cells);
    }
    table
}

/// The attributes of edges by name, over all relations that have them.
fn attributes(statistics: &Statistics) -> Option<String> {
    let mut by_name: BTreeMap<(&str, &str), [usize; 3]> = BTreeMap::new();
    for relation in &statistics.relations {
        for attribute in &relation.attributes {
            let sums = by_name.entry((&attribute.name, attribute.kind)).or_default();
            for (sum, more) in sums.iter_mut().zip([1, attribute.edges, relation.edges]) {
                *sum += more;
            }
        }
    }
    if by_name.is_empty() {
        return None;
    }
    let mut table = PlainTable::new(["<attribute", "<kind", "relations", "edges with it", "share of theirs"]);
    for ((name, kind), [relations, with, edges]) in by_name {
        let [name, kind] = [name, kind].map(str::to_owned);
        table.push([name, kind, grouped(relations), grouped(with), percent(with, edges)]);
    }
    Some(titled("What is known of edges beside their weight", &table))
}

fn components(statistics: &Statistics) -> String {
    let (components, nodes) = (&statistics.components, nodes(statistics));
    if components.number == 1 {
        return "Connected: there is a path between any two nodes".into();
    }
    let text = format!(
        "{} connected components: the largest has {} ({}), and {} stand alone",
        grouped(components.number),
        counted(components.largest, "node"),
        percent(components.largest, nodes),
        grouped(components.single_nodes)
    );
    wrapped("", &text)
}

fn hubs_table(statistics: &Statistics, shown: usize) -> PlainTable {
    let mut table = PlainTable::new(["<node type", "<node", "edges", "most", "<in"]);
    for of in &statistics.node_types {
        for (place, hub) in of.hubs.iter().take(shown).enumerate() {
            let node = &hub.node;
            let label = if node.name == node.id {
                cut(&node.id, HUB_WIDTH)
            } else {
                // The id is what finds the node again.
                let name = cut(&node.name, HUB_WIDTH.saturating_sub(node.id.chars().count() + 3).max(10));
                format!("{name} ({})", node.id)
            };
            table.push([
                if place == 0 { of.node_type.clone() } else { String::new() },
                label,
                grouped(node.degree),
                grouped(hub.busiest_relation_degree as usize),
                folded(&hub.busiest_relation),
            ]);
        }
    }
    table
}
