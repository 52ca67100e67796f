//! Node tables: the nodes of one type with their ids, names and features.

use serde::{Deserialize, Serialize};

/// The nodes of one type. Row `i` of every column is node `i`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeTable {
    /// Name of the type: `drug`, `disease`, `protein`.
    pub node_type: String,
    /// Identifiers, unique within the type; CURIEs (`drugbank:DB00203`) where the source has them.
    pub ids: Vec<String>,
    /// Names to show; the id again where the source has no name.
    pub names: Vec<String>,
    /// Other names, possibly none: `[n_nodes]` lists.
    pub synonyms: Vec<Vec<String>>,
    /// Identifiers of the same node elsewhere, possibly none: `[n_nodes]` lists.
    pub xrefs: Vec<Vec<String>>,
    /// Numeric features, where the type has any.
    pub features: Option<FeatureMatrix>,
}

impl NodeTable {
    /// A table with ids and names alone.
    ///
    /// # Panics
    ///
    /// When there are not as many names as ids.
    pub fn new(node_type: impl Into<String>, ids: Vec<String>, names: Vec<String>) -> Self {
        assert_eq!(ids.len(), names.len(), "as many names as ids");
        let nodes = ids.len();
        Self {
            node_type: node_type.into(),
            ids,
            names,
            synonyms: vec![Vec::new(); nodes],
            xrefs: vec![Vec::new(); nodes],
            features: None,
        }
    }

    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether the type has no node.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The table with only the given nodes, in the given order.
    #[must_use]
    pub fn select(&self, nodes: &[u32]) -> Self {
        let pick = |column: &[String]| nodes.iter().map(|&i| column[i as usize].clone()).collect();
        let pick_lists = |column: &[Vec<String>]| nodes.iter().map(|&i| column[i as usize].clone()).collect();
        Self {
            node_type: self.node_type.clone(),
            ids: pick(&self.ids),
            names: pick(&self.names),
            synonyms: pick_lists(&self.synonyms),
            xrefs: pick_lists(&self.xrefs),
            features: self.features.as_ref().map(|features| features.select(nodes)),
        }
    }
}

/// What a feature matrix is called and how wide it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeatureShape {
    /// What the columns are: `similarity`, `fingerprint`.
    pub name: String,
    /// Number of columns.
    pub dim: usize,
}

/// A dense feature matrix `[n_nodes, dim]`, row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct FeatureMatrix {
    /// What the columns are: `similarity`, `fingerprint`.
    pub name: String,
    /// Number of columns.
    pub dim: usize,
    /// The values, row by row: `[n_nodes * dim]`.
    pub values: Vec<f32>,
}

impl FeatureMatrix {
    /// The name and the width alone.
    pub fn shape(&self) -> FeatureShape {
        FeatureShape { name: self.name.clone(), dim: self.dim }
    }

    /// The features of node `i`: `[dim]`.
    pub fn row(&self, i: u32) -> &[f32] {
        &self.values[i as usize * self.dim..(i as usize + 1) * self.dim]
    }

    /// The rows of the given nodes, in the given order.
    #[must_use]
    pub fn select(&self, nodes: &[u32]) -> Self {
        let values = nodes.iter().flat_map(|&i| self.row(i).iter().copied()).collect();
        Self { name: self.name.clone(), dim: self.dim, values }
    }
}
