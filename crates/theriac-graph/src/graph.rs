//! The graph: typed nodes, typed edges, immutable once built.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::attributes::{AttributeValues, EdgeAttribute};
use crate::csr::Csr;
use crate::error::GraphError;
use crate::nodes::NodeTable;
use crate::schema::RelationKey;

/// A typed, checked, immutable graph. Made by [`crate::GraphBuilder`] or [`Graph::load`].
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    pub(crate) node_tables: Vec<NodeTable>,
    pub(crate) relations: Vec<Relation>,
    pub(crate) provenance: Provenance,
}

/// A typed edge set, seen from its sources and from its targets.
#[derive(Clone, Debug, PartialEq)]
pub struct Relation {
    /// `source:name:target`.
    pub key: RelationKey,
    /// Place of the source type in [`Graph::node_tables`].
    pub source_type: usize,
    /// Place of the target type in [`Graph::node_tables`].
    pub target_type: usize,
    /// Targets of each source: `[n_sources]` rows.
    pub forward: Arc<Csr>,
    /// Sources of each target: `[n_targets]` rows.
    pub backward: Arc<Csr>,
    /// Whether an edge and its mirror image are one: both stand in [`Relation::forward`], and
    /// [`Relation::edge_count`] counts them once.
    pub undirected: bool,
    /// What the sources say of each edge beside its weight, in the order of [`Relation::forward`].
    pub attributes: Vec<EdgeAttribute>,
    /// Repeated edges that were merged into their first occurrence when the graph was read.
    pub merged_duplicates: usize,
}

impl Relation {
    /// Number of pairs of a source and a target: the edges of a directed relation, and both directions of those of an
    /// undirected one.
    pub fn len(&self) -> usize {
        self.forward.len()
    }

    /// Number of edges; an undirected one counts once.
    pub fn edge_count(&self) -> usize {
        if self.undirected { usize::midpoint(self.len(), self.self_loops()) } else { self.len() }
    }

    /// Number of edges from a node to itself.
    pub fn self_loops(&self) -> usize {
        if self.source_type != self.target_type {
            return 0;
        }
        (0..self.forward.rows()).filter(|&node| self.forward.contains(node, node)).count()
    }

    /// Whether there is no edge.
    pub fn is_empty(&self) -> bool {
        self.forward.is_empty()
    }

    /// Whether the relation joins a type with itself and every edge has its mirror image.
    pub fn is_symmetric(&self) -> bool {
        // Both directions are sorted, so mirror images make them the same lists.
        self.source_type == self.target_type
            && self.forward.offsets() == self.backward.offsets()
            && self.forward.indices() == self.backward.indices()
    }

    /// The relation with other edges between the same nodes. They have no attributes, and are undirected where they all
    /// have mirror images still.
    #[must_use]
    pub fn with_edges(&self, forward: Csr) -> Self {
        assert_eq!((forward.rows(), forward.columns()), (self.forward.rows(), self.forward.columns()));
        let mut relation = self.between(forward);
        relation.undirected = self.undirected && relation.is_symmetric();
        relation
    }

    /// The relation with these edges, which are directed and have no attributes.
    pub(crate) fn between(&self, forward: Csr) -> Self {
        Self {
            key: self.key.clone(),
            source_type: self.source_type,
            target_type: self.target_type,
            backward: Arc::new(forward.transpose()),
            forward: Arc::new(forward),
            undirected: false,
            attributes: Vec::new(),
            merged_duplicates: self.merged_duplicates,
        }
    }

    /// The attribute of this name.
    pub fn attribute(&self, name: &str) -> Option<&AttributeValues> {
        self.attributes.iter().find(|attribute| attribute.name == name).map(|attribute| &attribute.values)
    }
}

/// Where a graph comes from and under which terms.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// Name of the data set.
    pub name: String,
    /// Files or addresses that it was read from, as given.
    pub sources: Vec<String>,
    /// Licence of the data, where known.
    pub licence: Option<String>,
    /// Work to cite, where known.
    pub citation: Option<String>,
    /// Decisions made while reading, each one sentence ("591 self-loops kept").
    pub decisions: Vec<String>,
}

impl Graph {
    /// The node types, each with its nodes.
    pub fn node_tables(&self) -> &[NodeTable] {
        &self.node_tables
    }

    /// The relations, each with its edges.
    pub fn relations(&self) -> &[Relation] {
        &self.relations
    }

    /// Where the graph comes from.
    pub fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    /// The node table of a type, with its place.
    pub fn node_type(&self, name: &str) -> Option<(usize, &NodeTable)> {
        self.node_tables.iter().enumerate().find(|(_, table)| table.node_type == name)
    }

    /// The relation with this key.
    ///
    /// # Errors
    ///
    /// [`GraphError::UnknownRelation`], naming the relations that there are.
    pub fn relation(&self, key: &RelationKey) -> Result<&Relation, GraphError> {
        self.relations
            .iter()
            .find(|relation| relation.key == *key)
            .ok_or_else(|| self.unknown(&key.to_string()))
    }

    /// The relation that `text` means: `drug:treats:disease`, or `drug:disease` where only one relation fits.
    ///
    /// # Errors
    ///
    /// [`GraphError::UnknownRelation`] where none fits, [`GraphError::AmbiguousRelation`] where several do.
    pub fn resolve_relation(&self, text: &str) -> Result<&Relation, GraphError> {
        let parts: Vec<&str> = text.split(':').collect();
        let fits = |key: &RelationKey| match parts[..] {
            [source, target] => key.source == source && key.target == target,
            [source, name, target] => key.source == source && key.name == name && key.target == target,
            _ => false,
        };
        let found: Vec<&Relation> = self.relations.iter().filter(|relation| fits(&relation.key)).collect();
        match found[..] {
            [relation] => Ok(relation),
            [] => Err(self.unknown(text)),
            _ => Err(GraphError::AmbiguousRelation { wanted: text.into(), matches: list_keys(found) }),
        }
    }

    /// The graph with each relation passed through `change`; relations for which it gives `None` are dropped.
    #[must_use]
    pub fn map_relations(&self, change: impl FnMut(&Relation) -> Option<Relation>) -> Self {
        Self {
            node_tables: self.node_tables.clone(),
            relations: self.relations.iter().filter_map(change).collect(),
            provenance: self.provenance.clone(),
        }
    }

    fn unknown(&self, wanted: &str) -> GraphError {
        GraphError::UnknownRelation { wanted: wanted.into(), known: list_keys(&self.relations) }
    }
}

fn list_keys<'a>(relations: impl IntoIterator<Item = &'a Relation>) -> String {
    let keys: Vec<String> = relations.into_iter().map(|relation| relation.key.to_string()).collect();
    keys.join(", ")
}
