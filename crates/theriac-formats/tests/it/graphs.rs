//! Any small graph: the strategy for tests of what is written and read back.

use proptest::prelude::*;
use proptest::sample::Index;
use theriac_graph::{
    AttributeValues, DuplicatePolicy, EdgeAttribute, EdgeList, Graph, GraphBuilder, NodeTable, Provenance,
    RelationKey,
};

const TYPES: [&str; 4] = ["drug", "side_effect", "gene", "go-term"];
const RELATIONS: [&str; 4] = ["treats", "interacts", "up-regulates", "part_of"];
/// Ids that some types share, with colons and blanks, and some that look like those of a type.
const IDS: [&str; 10] =
    ["1", "2", "drugbank:DB1", "go:0008150", "a b", "é-1", "drug:1", "gene::2", "x|y", "#5"];
/// Names of attributes, with what they hold: numbers or texts.
const ATTRIBUTES: [(&str, bool); 4] =
    [("year", true), ("z_score", true), ("publications", false), ("primary_knowledge_source", false)];

/// A graph of one to four types, each with nodes, and one to five relations, each with edges: of any two types, weighted or
/// not, undirected or not where within a type, with and without attributes. Types share ids; some nodes have no edges;
/// texts have no blanks at their ends, no control characters and, but for ids and attributes, no `|`; no list has one twice.
pub fn graphs() -> impl Strategy<Value = Graph> {
    let tables = (1..=TYPES.len())
        .prop_flat_map(|types| TYPES[..types].iter().map(|name| nodes(name)).collect::<Vec<_>>());
    (tables, prop::collection::vec(relation(), 1..6)).prop_map(|(tables, relations)| graph(tables, relations))
}

fn text() -> impl Strategy<Value = String> {
    let plain = "[a-zA-Zé<>&\"',;# βж漢😀-]{1,12}";
    plain.prop_map(|text| text.trim().to_owned()).prop_filter("no text", |text| !text.is_empty())
}

fn nodes(node_type: &'static str) -> impl Strategy<Value = NodeTable> {
    let texts = || {
        prop::collection::vec(text(), 0..3)
            .prop_filter("a text twice", |texts| texts.len() < 2 || texts[0] != texts[1])
    };
    let node = (prop::option::of(text()), texts(), texts());
    let ids = prop::sample::subsequence(IDS.to_vec(), 1..=IDS.len()).prop_shuffle();
    (ids, prop::collection::vec(node, IDS.len())).prop_map(move |(ids, nodes)| {
        let ids: Vec<String> = ids.into_iter().map(str::to_owned).collect();
        let names = ids.iter().zip(&nodes).map(|(id, (name, ..))| name.clone().unwrap_or_else(|| id.clone()));
        let mut table = NodeTable::new(node_type, ids.clone(), names.collect());
        for (node, (_, synonyms, xrefs)) in nodes.into_iter().take(ids.len()).enumerate() {
            (table.synonyms[node], table.xrefs[node]) = (synonyms, xrefs);
        }
        table
    })
}

/// A relation whose ends are yet to be fitted to the nodes that there are.
#[derive(Clone, Debug)]
struct Drawn {
    name: &'static str,
    source: Index,
    target: Index,
    undirected: bool,
    weighted: bool,
    attributes: Vec<(&'static str, bool)>,
    edges: Vec<(Index, Index, f32, f64, Option<String>)>,
}

fn relation() -> impl Strategy<Value = Drawn> {
    let weight = prop::num::f32::NORMAL | prop::num::f32::SUBNORMAL | prop::num::f32::ZERO;
    let number = prop_oneof![Just(f64::NAN), (1900..2030i32).prop_map(f64::from), prop::num::f64::NORMAL];
    let texts = prop::option::of("[A-Z]{1,4}:[0-9]{1,6}(\\|[A-Z]{1,4}:[0-9]{1,6})?");
    let edge = (any::<Index>(), any::<Index>(), weight, number, texts);
    let attributes = prop::sample::subsequence(ATTRIBUTES.to_vec(), 0..=ATTRIBUTES.len());
    let name = prop::sample::select(RELATIONS.to_vec());
    let edges = prop::collection::vec(edge, 1..12);
    (name, any::<Index>(), any::<Index>(), any::<bool>(), any::<bool>(), attributes, edges).prop_map(
        |(name, source, target, undirected, weighted, attributes, edges)| Drawn {
            name,
            source,
            target,
            undirected,
            weighted,
            attributes,
            edges,
        },
    )
}

fn graph(tables: Vec<NodeTable>, drawn: Vec<Drawn>) -> Graph {
    let sizes: Vec<(String, usize)> =
        tables.iter().map(|table| (table.node_type.clone(), table.len())).collect();
    let mut builder = GraphBuilder::new(Provenance { name: "any".into(), ..Provenance::default() });
    for table in tables {
        builder.add_nodes(table).unwrap();
    }
    let mut relations: Vec<(RelationKey, EdgeList)> = Vec::new();
    for drawn in drawn {
        let (source, target) = (drawn.source.get(&sizes), drawn.target.get(&sizes));
        let key = RelationKey::new(&source.0, drawn.name, &target.0);
        if relations.iter().all(|(known, _)| *known != key) {
            relations.push((key, edges(&drawn, source.1, target.1, source.0 == target.0)));
        }
    }
    builder.add_relations(relations, DuplicatePolicy::Merge).unwrap();
    builder.build().unwrap()
}

fn edges(drawn: &Drawn, sources: usize, targets: usize, within: bool) -> EdgeList {
    let attribute = |&(name, is_number): &(&str, bool)| {
        let values = if is_number {
            AttributeValues::Numbers(drawn.edges.iter().map(|edge| edge.3).collect())
        } else {
            AttributeValues::Texts(
                drawn.edges.iter().map(|edge| edge.4.as_deref().unwrap_or_default()).collect(),
            )
        };
        EdgeAttribute { name: name.into(), values }
    };
    EdgeList {
        sources: drawn.edges.iter().map(|edge| edge.0.index(sources) as u32).collect(),
        targets: drawn.edges.iter().map(|edge| edge.1.index(targets) as u32).collect(),
        weights: drawn.weighted.then(|| drawn.edges.iter().map(|edge| edge.2).collect()),
        attributes: drawn.attributes.iter().map(attribute).collect(),
        undirected: drawn.undirected && within,
        ..EdgeList::default()
    }
}
