//! Several graphs as one: same node, one node; same edge, one edge; what does not agree is counted and said.

mod conflicts;
mod edges;
mod equivalences;
mod features;
mod groups;
mod identity;
mod nodes;
mod provenance;
mod sources;
#[cfg(test)]
mod tests;

use theriac_graph::{DuplicatePolicy, Graph, GraphBuilder, GraphError};

pub use conflicts::{
    Conflicts, OtherName, OtherType, RefusedReference, RepeatedEdge, SourceConflicts, Tally,
};
pub use equivalences::Equivalences;
use identity::Identity;
use nodes::MergedNodes;
use sources::Sources;

use crate::error::FormatError;

/// A graph of several sources.
#[derive(Clone, Debug, PartialEq)]
pub struct Merged {
    /// The graph.
    pub graph: Graph,
    /// Where the sources do not agree; the graph's provenance says it too.
    pub conflicts: Conflicts,
}

/// Makes one graph of several, each from one source; the first source goes before the later ones wherever they differ.
///
/// *Nodes* of different sources are one where their ids say so (identifiers of a known collection in any spelling and
/// across node types, other ids within their type), a pair of the equivalences, or a cross-reference, directly or
/// through others. Two nodes of one source never become one: a link that would make them so is refused and counted. The
/// node keeps the id, the type and the first real name of the first source; other ids become cross-references and other
/// names synonyms.
///
/// *Edges* run between the types that their ends have in the merged graph, so that a relation may be split. An edge that
/// several sources have is one, with its first weight and the attributes of all. A relation that only some sources take
/// for undirected is directed, with the undirected edges both ways round.
///
/// *Features* of a type are those of the first source that has any, extended by later ones of the same name and width;
/// nodes without any get zeros, and features of another shape are left out, as the decisions say.
///
/// Types, nodes and relations stand in the order of their first appearance.
///
/// ```
/// use theriac_formats::{Equivalences, Input, merge, read_input};
///
/// let read = |name: &str, text: &str| read_input(&Input::from_bytes(name, text.into()), None);
/// let first = read("a.csv", "drug,disease\ndrugbank:DB00945,mondo:0005148\n")?;
/// let second = read("b.csv", "drug,disease\nDB00945,mesh:D003924\nDB00316,mesh:D003924\n")?;
/// let table = Equivalences::read(&Input::from_bytes("x.tsv", b"MESH:D003924\tMONDO:0005148\n".to_vec()))?;
/// let merged = merge(vec![first, second], &table)?;
/// let (_, diseases) = merged.graph.node_type("disease").expect("both have diseases");
/// assert_eq!((diseases.len(), diseases.xrefs[0].as_slice()), (1, &["mesh:D003924".to_owned()][..]));
/// assert_eq!(merged.graph.relations()[0].edge_count(), 2);
/// assert_eq!(merged.conflicts.sources[0].edges.count, 1);
/// # Ok::<(), theriac_formats::FormatError>(())
/// ```
///
/// # Errors
///
/// [`FormatError::Graph`] when there is no graph, or when the merged one is too large.
pub fn merge(graphs: Vec<Graph>, equivalences: &Equivalences) -> Result<Merged, FormatError> {
    merge_with(graphs, equivalences, Vec::new())
}

/// The same, with decisions that were made before.
pub(crate) fn merge_with(
    mut graphs: Vec<Graph>,
    equivalences: &Equivalences,
    mut decisions: Vec<String>,
) -> Result<Merged, FormatError> {
    if graphs.len() == 1 && decisions.is_empty() {
        let conflicts = Conflicts::default();
        return Ok(Merged { graph: graphs.remove(0), conflicts });
    }
    let sources = Sources::new(&graphs);
    let references = sources.tables.iter().flat_map(|table| &table.table.xrefs).map(Vec::len);
    let identifiers = references.sum::<usize>() + 2 * equivalences.len() + sources.nodes;
    if u32::try_from(sources.nodes + identifiers).is_err() {
        let what = "the list of all nodes and identifiers".into();
        return Err(GraphError::TooLarge { what, found: sources.nodes + identifiers }.into());
    }
    let identity = Identity::of(&sources, equivalences);
    let labelled = |source: &String| SourceConflicts { source: source.clone(), ..SourceConflicts::default() };
    let mut by_source: Vec<SourceConflicts> = sources.labels.iter().map(labelled).collect();
    let mut nodes = MergedNodes::of(&sources, &identity, &mut by_source);
    features::merge_features(&sources, &nodes.places, &mut nodes.tables, &mut decisions);
    let edges = edges::merge_edges(&sources, &nodes, &mut by_source, &mut decisions);
    // The first source has nothing before it that it could contradict.
    let conflicts = Conflicts { sources: by_source.into_iter().skip(1).collect(), refused: identity.refused };
    decisions.extend(conflicts.sentences());
    let mut builder = GraphBuilder::new(provenance::merged(&sources, decisions));
    for table in nodes.tables {
        builder.add_nodes(table)?;
    }
    builder.add_relations(edges, DuplicatePolicy::Merge)?;
    Ok(Merged { graph: builder.build()?, conflicts })
}
