//! Edges and nodes as they are typed: `haloperidol -- DRD2`, `haloperidol -[targets]- DRD2`, `protein:DRD2`.

use theriac_explain::Node;
use theriac_graph::{Edge, EditedGraph, Graph, Relation};

use crate::query::{find, find_node};
use crate::{Note, PredictError};

/// What was typed for an edge.
struct EdgeText<'a> {
    ends: [&'a str; 2],
    relation: Option<&'a str>,
}

impl<'a> EdgeText<'a> {
    fn new(text: &'a str) -> Result<Self, PredictError> {
        if let Some((one, other)) = text.split_once(" -- ") {
            return Ok(Self { ends: [one.trim(), other.trim()], relation: None });
        }
        let between = text.split_once(" -[").and_then(|(one, rest)| {
            let (relation, other) = rest.split_once("]- ")?;
            Some(Self { ends: [one.trim(), other.trim()], relation: Some(relation.trim()) })
        });
        between.ok_or_else(|| {
            PredictError::Asked(format!(
                "'{text}' is no edge; expected two names with ' -- ' between them, or with a relation, ' -[targets]- '"
            ))
        })
    }

    /// The relations that may hold the edge between these two nodes, each with its two ends as it has them.
    fn relations(&self, graph: &Graph, [one, other]: [Node; 2]) -> Result<Vec<Edge>, PredictError> {
        let asked = self.relation.map(|name| relations_named(graph, name)).transpose()?;
        let mut edges = Vec::new();
        for (place, relation) in graph.relations().iter().enumerate() {
            if asked.as_ref().is_some_and(|asked| !asked.contains(&place)) {
                continue;
            }
            for (source, target) in [(one, other), (other, one)] {
                if (source.node_type, target.node_type) == (relation.source_type, relation.target_type) {
                    edges.push(Edge { relation: place, source: source.index, target: target.index });
                }
            }
        }
        Ok(edges)
    }
}

/// Places of the relations of this name: all that are called so, or the one that is written out.
///
/// # Errors
///
/// When no relation fits, or several do where it is written out in part.
pub fn relations_named(graph: &Graph, name: &str) -> Result<Vec<usize>, PredictError> {
    let places = |fits: &dyn Fn(&Relation) -> bool| -> Vec<usize> {
        (0..graph.relations().len()).filter(|&place| fits(&graph.relations()[place])).collect()
    };
    let named = places(&|relation| relation.key.name == name);
    if !named.is_empty() {
        return Ok(named);
    }
    let key = &graph.resolve_relation(name)?.key;
    Ok(places(&|relation| relation.key == *key))
}

/// The node of this name, or of the type before it: `protein:DRD2`.
///
/// # Errors
///
/// When no node fits, or several do.
pub fn find_named(graph: &Graph, text: &str, note: Note<'_>) -> Result<Node, PredictError> {
    if let Some(node) = exactly(graph, text) {
        return Ok(node);
    }
    if let Some((node_type, name)) = text.split_once(':')
        && let Some((place, table)) = graph.node_type(node_type)
        && find_node(graph, text, None, &|_| ()).is_err()
    {
        return Ok(Node { node_type: place, index: find(table, name, note)? });
    }
    match find_node(graph, text, None, note) {
        Ok((node_type, index)) => Ok(Node { node_type, index }),
        Err(PredictError::AmbiguousType { query, fitting }) => Err(PredictError::Asked(format!(
            "'{query}' fits nodes of {} types: {}; say which as TYPE:NAME",
            fitting.len(),
            fitting.join("; ")
        ))),
        Err(error) => Err(error),
    }
}

/// The node whose id stands after its type, where nothing else is called so: what needs no search.
fn exactly(graph: &Graph, text: &str) -> Option<Node> {
    let (node_type, id) = text.split_once(':')?;
    let (node_type, table) = graph.node_type(node_type)?;
    let index = table.ids.iter().position(|of| of == id)? as u32;
    let is_other = graph.node_tables().iter().any(|table| table.ids.iter().any(|of| of == text));
    (!is_other).then_some(Node { node_type, index })
}

/// The edges between the two nodes of this text that are in `edited`.
///
/// # Errors
///
/// When the text is no edge, a name fits no node or several, or there is no such edge.
pub fn find_edges(
    text: &str,
    graph: &Graph,
    edited: &EditedGraph<'_>,
    note: Note<'_>,
) -> Result<Vec<Edge>, PredictError> {
    let typed = EdgeText::new(text)?;
    let ends = named_ends(&typed, graph, note)?;
    let possible = typed.relations(graph, ends)?;
    let there: Vec<Edge> = possible.iter().copied().filter(|&edge| edited.contains(edge)).collect();
    if !there.is_empty() {
        return Ok(there);
    }
    let whole = EditedGraph::new(graph);
    let reason = if possible.iter().any(|&edge| whole.contains(edge)) {
        "its edge was held out when the model was trained, so that the model does not see it"
    } else {
        "the graph has no such edge"
    };
    Err(PredictError::Asked(format!("--without '{text}': {reason}; expected an edge that the model sees")))
}

/// The edge of this text, which is not yet in `edited`.
///
/// # Errors
///
/// When the text is no edge, a name fits no node or several, several relations fit, or the edge is there already.
pub fn new_edge(
    text: &str,
    graph: &Graph,
    edited: &EditedGraph<'_>,
    note: Note<'_>,
) -> Result<Edge, PredictError> {
    let typed = EdgeText::new(text)?;
    let ends = named_ends(&typed, graph, note)?;
    let mut possible = typed.relations(graph, ends)?;
    // Within one type the first way round is meant.
    possible.dedup_by_key(|edge| edge.relation);
    let refuse = |problem: String| Err(PredictError::Asked(format!("--with '{text}': {problem}")));
    match possible[..] {
        [] => refuse("no relation joins nodes of these types; expected two that one does".into()),
        [edge] if edited.contains(edge) => {
            refuse("the edge is there already; expected one that is not".into())
        }
        [edge] => Ok(edge),
        _ => {
            let keys: Vec<String> =
                possible.iter().map(|edge| graph.relations()[edge.relation].key.to_string()).collect();
            refuse(format!(
                "several relations fit; expected one of them between the names: {}",
                keys.join(", ")
            ))
        }
    }
}

fn named_ends(typed: &EdgeText<'_>, graph: &Graph, note: Note<'_>) -> Result<[Node; 2], PredictError> {
    let [one, other] = typed.ends;
    Ok([find_named(graph, one, note)?, find_named(graph, other, note)?])
}
