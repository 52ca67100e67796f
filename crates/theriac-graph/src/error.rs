//! Everything that can be wrong with a graph.

use std::path::PathBuf;

use crate::schema::{RelationKey, RelationKeyError};

/// Everything that can be wrong with a graph. Each message is one sentence that says where, what
/// was found and what was expected.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GraphError {
    /// A relation key is not `source:name:target`.
    #[error(transparent)]
    RelationKey(#[from] RelationKeyError),
    /// Two node types or two relations have the same name.
    #[error("{kind} '{name}' occurs twice; expected each once")]
    Repeated {
        /// `node type` or `relation`.
        kind: &'static str,
        /// The name that is repeated.
        name: String,
    },
    /// An id stands for two nodes of one type.
    #[error("{node_type} id '{id}' occurs twice (nodes {first} and {second}); expected unique ids")]
    DuplicateId {
        /// The node type.
        node_type: String,
        /// The id that is repeated.
        id: String,
        /// Row of its first occurrence, from 1.
        first: usize,
        /// Row of its second occurrence, from 1.
        second: usize,
    },
    /// Columns of a node table have different lengths, or features do not fit the nodes.
    #[error("{what} of {node_type} has {found} rows; expected {expected}, one per node")]
    Shape {
        /// The column.
        what: String,
        /// The node type.
        node_type: String,
        /// Rows found.
        found: usize,
        /// Nodes in the table.
        expected: usize,
    },
    /// A feature is NaN or infinite.
    #[error("feature {column} of {node_type} '{id}' is {value}; expected a finite number")]
    NonFiniteFeature {
        /// The node type.
        node_type: String,
        /// Id of the node.
        id: String,
        /// Column of the feature, from 1.
        column: usize,
        /// What was found.
        value: f32,
    },
    /// A weight is NaN or infinite.
    #[error("{file}:{line}: an edge of {relation} weighs {value}; expected a finite number")]
    NonFiniteWeight {
        /// File of the edge.
        file: String,
        /// Line of the edge.
        line: u64,
        /// The relation.
        relation: RelationKey,
        /// What was found.
        value: f32,
    },
    /// An edge names a node type that the graph does not have.
    #[error(
        "relation {relation} needs node type '{node_type}', which the graph does not have (it has {known})"
    )]
    UnknownNodeType {
        /// The relation.
        relation: RelationKey,
        /// The missing type.
        node_type: String,
        /// The types that there are.
        known: String,
    },
    /// An edge points at a node that does not exist.
    #[error(
        "{file}:{line}: an edge of {relation} points at {node_type} {index}; expected an index below {nodes}"
    )]
    DanglingIndex {
        /// File of the edge.
        file: String,
        /// Line of the edge.
        line: u64,
        /// The relation.
        relation: Box<RelationKey>,
        /// Type of the missing node.
        node_type: String,
        /// The index found.
        index: u32,
        /// Number of nodes of that type.
        nodes: usize,
    },
    /// An undirected relation joins two types.
    #[error("{relation} is said to be undirected; expected that only of a relation within one node type")]
    Undirected {
        /// The relation.
        relation: RelationKey,
    },
    /// An edge attribute has no name, the name of another, or that of a column that every edge file has.
    #[error(
        "{relation} has an edge attribute '{name}'; expected names of their own, other than source, target and weight"
    )]
    AttributeName {
        /// The relation.
        relation: RelationKey,
        /// The name.
        name: String,
    },
    /// An edge attribute does not have a value for each edge.
    #[error(
        "edge attribute '{name}' of {relation} has {found} values; expected {expected}, one for each edge"
    )]
    AttributeLength {
        /// The relation.
        relation: RelationKey,
        /// The attribute.
        name: String,
        /// Values found.
        found: usize,
        /// Number of edges.
        expected: usize,
    },
    /// An edge occurs twice where the format says each once.
    #[error(
        "{file}:{line}: edge {source_id} -> {target_id} of {relation} occurs a second time (first on line {first_line}); expected each edge once"
    )]
    DuplicateEdge {
        /// File of the edge.
        file: String,
        /// Line of the second occurrence.
        line: u64,
        /// Line of the first occurrence.
        first_line: u64,
        /// The relation.
        relation: Box<RelationKey>,
        /// Id of the source node.
        source_id: String,
        /// Id of the target node.
        target_id: String,
    },
    /// The graph has no node or no edge at all.
    #[error("the graph has no {what}; expected at least one")]
    Empty {
        /// `nodes` or `edges`.
        what: &'static str,
    },
    /// A graph cannot hold more than `u32::MAX` nodes of a type or edges of a relation.
    #[error("{what} has {found} entries; at most {} fit", u32::MAX)]
    TooLarge {
        /// The node type or relation.
        what: String,
        /// Entries found.
        found: usize,
    },
    /// A relation asked for is not in the graph.
    #[error("the graph has no relation '{wanted}'; it has {known}")]
    UnknownRelation {
        /// What was asked for.
        wanted: String,
        /// The relations that there are.
        known: String,
    },
    /// A shortened relation fits several.
    #[error("'{wanted}' fits several relations: {matches}; name one in full")]
    AmbiguousRelation {
        /// What was asked for.
        wanted: String,
        /// The relations that fit.
        matches: String,
    },
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A graph or model would be saved over something else.
    #[error("{} {found}; expected a new place or an earlier {what} to replace", path.display())]
    Occupied {
        /// What was to be saved, in words.
        what: &'static str,
        /// Where it was to be saved.
        path: PathBuf,
        /// What is there, as in "has no graph.json".
        found: String,
    },
    /// A file of a graph folder does not hold what it should.
    #[error("{}: {problem}", path.display())]
    Bundle {
        /// The file.
        path: PathBuf,
        /// What was found and what was expected.
        problem: String,
    },
}
