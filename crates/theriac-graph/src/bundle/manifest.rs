//! `graph.json`: what a graph folder holds.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::columns::Kind;
use super::{checksums, edges_file, features_file, in_file, nodes_file, unreadable, write_new};
use crate::attributes::{AttributeValues, EdgeAttribute, TextColumn};
use crate::error::GraphError;
use crate::graph::{Graph, Provenance};
use crate::nodes::{FeatureMatrix, FeatureShape};
use crate::schema::RelationKey;

/// Name of the file; a folder is a graph folder when it has one.
pub(super) const FILE: &str = "graph.json";
/// What `format` says.
const FORMAT: &str = "theriac-graph";
/// The version of the format that is written here. Version 1, which knows neither undirected relations nor edge
/// attributes, is read as well.
const VERSION: u32 = 2;

/// The contents of `graph.json`.
#[derive(Serialize, Deserialize)]
pub(super) struct Manifest {
    format: String,
    version: u32,
    /// Version of Theriac that wrote the folder.
    theriac: String,
    /// [`Graph::fingerprint`].
    fingerprint: String,
    pub(super) provenance: Provenance,
    pub(super) node_types: Vec<NodeTypeEntry>,
    pub(super) relations: Vec<RelationEntry>,
    /// SHA-256 of the other files, by their paths in the folder. A file that is not listed is not compared.
    #[serde(default)]
    pub(super) files: BTreeMap<String, String>,
}

/// One node type in `graph.json`.
#[derive(Serialize, Deserialize)]
pub(super) struct NodeTypeEntry {
    #[serde(rename = "type")]
    pub(super) node_type: String,
    pub(super) nodes: usize,
    pub(super) features: Option<FeatureShape>,
}

/// One relation in `graph.json`.
#[derive(Serialize, Deserialize)]
pub(super) struct RelationEntry {
    pub(super) relation: RelationKey,
    pub(super) edges: usize,
    pub(super) weighted: bool,
    /// Whether every edge has its mirror image.
    symmetric: bool,
    /// Whether an edge and its mirror image are one, which is then written once.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) undirected: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) attributes: Vec<AttributeEntry>,
    pub(super) merged_duplicates: usize,
}

/// One edge attribute in `graph.json`.
#[derive(Serialize, Deserialize)]
pub(super) struct AttributeEntry {
    pub(super) name: String,
    pub(super) kind: AttributeKind,
}

/// What the values of an edge attribute are.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum AttributeKind {
    Number,
    Text,
}

impl AttributeKind {
    /// What the column of such an attribute holds.
    pub(super) fn column(self) -> Kind {
        match self {
            Self::Number => Kind::OptionalNumber,
            Self::Text => Kind::OptionalText,
        }
    }
}

impl AttributeEntry {
    fn of(attribute: &EdgeAttribute) -> Self {
        let kind = match attribute.values {
            AttributeValues::Numbers(_) => AttributeKind::Number,
            AttributeValues::Texts(_) => AttributeKind::Text,
        };
        Self { name: attribute.name.clone(), kind }
    }

    /// The attribute without any value yet.
    pub(super) fn empty(&self) -> EdgeAttribute {
        let values = match self.kind {
            AttributeKind::Number => AttributeValues::Numbers(Vec::new()),
            AttributeKind::Text => AttributeValues::Texts(TextColumn::default()),
        };
        EdgeAttribute { name: self.name.clone(), values }
    }
}

/// What every version of the format has.
#[derive(Deserialize)]
struct Header {
    format: String,
    version: u32,
}

pub(super) fn path(folder: &Path) -> PathBuf {
    folder.join(FILE)
}

impl Manifest {
    pub(super) fn of(graph: &Graph) -> Self {
        let node_types = graph.node_tables.iter().map(|table| NodeTypeEntry {
            node_type: table.node_type.clone(),
            nodes: table.len(),
            features: table.features.as_ref().map(FeatureMatrix::shape),
        });
        let relations = graph.relations.iter().map(|relation| RelationEntry {
            relation: relation.key.clone(),
            edges: relation.edge_count(),
            weighted: relation.forward.weights().is_some(),
            symmetric: relation.is_symmetric(),
            undirected: relation.undirected,
            attributes: relation.attributes.iter().map(AttributeEntry::of).collect(),
            merged_duplicates: relation.merged_duplicates,
        });
        Self {
            format: FORMAT.into(),
            version: VERSION,
            theriac: env!("CARGO_PKG_VERSION").into(),
            fingerprint: graph.fingerprint(),
            provenance: graph.provenance.clone(),
            node_types: node_types.collect(),
            relations: relations.collect(),
            files: BTreeMap::new(),
        }
    }

    /// Takes in the checksums of the other files, which are written in `folder` by now.
    pub(super) fn with_checksums(mut self, folder: &Path) -> Result<Self, GraphError> {
        let nodes = self.node_types.iter().map(|entry| nodes_file(&entry.node_type));
        let features = self.node_types.iter().filter(|entry| entry.features.is_some());
        let features = features.map(|entry| features_file(&entry.node_type));
        let edges = self.relations.iter().map(|entry| edges_file(&entry.relation));
        self.files = checksums::of(folder, &nodes.chain(features).chain(edges).collect::<Vec<_>>())?;
        Ok(self)
    }

    pub(super) fn read(folder: &Path) -> Result<Self, GraphError> {
        let path = path(folder);
        let bytes = std::fs::read(&path).map_err(|source| unreadable(&path, source))?;
        let header: Header = serde_json::from_slice(&bytes).map_err(|error| in_file(path.clone(), &error))?;
        if header.format != FORMAT {
            let problem = format!("the format is '{}'; expected '{FORMAT}'", header.format);
            return Err(GraphError::Bundle { path, problem });
        }
        if !(1..=VERSION).contains(&header.version) {
            let problem = format!(
                "the format has version {}; Theriac {} reads versions 1 to {VERSION}",
                header.version,
                env!("CARGO_PKG_VERSION")
            );
            return Err(GraphError::Bundle { path, problem });
        }
        serde_json::from_slice(&bytes).map_err(|error| in_file(path, &error))
    }

    pub(super) fn write(&self, folder: &Path) -> Result<(), GraphError> {
        let path = path(folder);
        let mut bytes = serde_json::to_vec_pretty(self).map_err(|error| in_file(path.clone(), &error))?;
        bytes.push(b'\n');
        write_new(&path, &bytes)
    }

    /// Compares what can only be told once the graph is together.
    pub(super) fn check(&self, graph: &Graph, folder: &Path) -> Result<(), GraphError> {
        let found = graph.fingerprint();
        if found != self.fingerprint {
            let problem = format!(
                "the fingerprint is {}, but that of the graph in the folder is {found}; expected them to be the same",
                self.fingerprint
            );
            return Err(GraphError::Bundle { path: path(folder), problem });
        }
        let mut pairs = graph.relations.iter().zip(&self.relations);
        if let Some((relation, entry)) =
            pairs.find(|(relation, entry)| relation.is_symmetric() != entry.symmetric)
        {
            let problem = format!(
                "relation {} is said to be symmetric: {}; the edges say {}",
                relation.key, entry.symmetric, !entry.symmetric
            );
            return Err(GraphError::Bundle { path: path(folder), problem });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        let place = tempfile::tempdir().unwrap();
        std::fs::write(path(place.path()), text).unwrap();
        let error = Manifest::read(place.path()).err().unwrap();
        assert!(error.to_string().contains("graph.json: "), "{error} does not name the file");
        error.to_string().split_once("graph.json: ").unwrap().1.to_owned()
    }

    #[test]
    fn another_format_or_version_is_refused() {
        assert_eq!(
            refusal(r#"{"format": "cytoscape", "version": 3}"#),
            "the format is 'cytoscape'; expected 'theriac-graph'"
        );
        assert!(
            refusal(r#"{"format": "theriac-graph", "version": 99}"#).starts_with("the format has version 99")
        );
        assert!(refusal(r#"{"nodes": []}"#).starts_with("missing field `format`"));
        assert!(refusal("{").starts_with("EOF"));
        assert!(
            refusal(r#"{"format": "theriac-graph", "version": 1}"#).starts_with("missing field `theriac`")
        );
    }
}
