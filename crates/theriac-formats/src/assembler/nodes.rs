//! The nodes of one type as sources name them.

use std::collections::BTreeMap;

use theriac_graph::NodeTable;

use super::interner::Interner;
use super::{NamePolicy, NodeRow, take_name};
use crate::error::FormatError;

/// Where something was said: place among the files, and line.
type Place = (u32, u32);

/// The nodes of one type, in the order in which they were first named.
#[derive(Debug, Default)]
pub(super) struct TypeNodes {
    pub(super) node_type: String,
    ids: Interner,
    /// The names of all nodes that have one, one behind the other.
    names: String,
    named: Vec<Named>,
    /// The names that nodes were given beside their first, and where.
    others: BTreeMap<u32, Vec<(String, Place)>>,
    /// Synonyms and cross-references of the nodes that have any.
    described: BTreeMap<u32, Described>,
}

/// The name of a node: where it stands among the names, and where it was given.
#[derive(Clone, Copy, Debug, Default)]
struct Named {
    start: usize,
    /// 0 where no name was given.
    bytes: u32,
    /// Place among the files, and line.
    at: Place,
}

#[derive(Debug, Default)]
struct Described {
    synonyms: Vec<String>,
    xrefs: Vec<String>,
}

impl TypeNodes {
    pub(super) fn new(node_type: &str) -> Self {
        Self { node_type: node_type.into(), ..Self::default() }
    }

    /// The index of the node of this id, new or known.
    pub(super) fn index(&mut self, id: &str) -> u32 {
        let (index, is_new) = self.ids.number(id);
        if is_new {
            self.named.push(Named::default());
        }
        index
    }

    /// Gives a node a name, where it has none yet; says whether that agrees with the name that it has.
    pub(super) fn name(&mut self, index: u32, name: &str, at: Place) -> bool {
        let Named { bytes, .. } = self.named[index as usize];
        if bytes == 0 {
            let bytes = u32::try_from(name.len()).unwrap_or(u32::MAX);
            self.named[index as usize] = Named { start: self.names.len(), bytes, at };
            self.names.push_str(&name[..bytes as usize]);
            return true;
        }
        self.named(index).0 == name
    }

    /// Takes in a name of a node beside its first.
    pub(super) fn other_name(&mut self, index: u32, name: &str, at: Place) {
        let others = self.others.entry(index).or_default();
        if others.iter().all(|(known, _)| known != name) {
            others.push((name.into(), at));
        }
    }

    /// The nodes that were given another name than their first, in order: each with the first of these.
    pub(super) fn renamed(&self) -> impl Iterator<Item = (u32, &str, Place)> {
        self.others.iter().map(|(&index, others)| (index, others[0].0.as_str(), others[0].1))
    }

    /// Takes in the synonyms and cross-references of a node.
    pub(super) fn describe(&mut self, index: u32, row: &NodeRow<'_>) {
        if row.synonyms.is_empty() && row.xrefs.is_empty() {
            return;
        }
        let described = self.described.entry(index).or_default();
        let texts = [(&mut described.synonyms, row.synonyms), (&mut described.xrefs, row.xrefs)];
        for (known, new) in texts {
            for text in new.iter().map(|text| text.trim()).filter(|text| !text.is_empty()) {
                if !known.iter().any(|known| known == text) {
                    known.push(text.into());
                }
            }
        }
    }

    /// Name of a node, empty where none was given, and where it was: place among the files, and line.
    pub(super) fn named(&self, index: u32) -> (&str, Place) {
        let Named { start, bytes, at } = self.named[index as usize];
        (&self.names[start..start + bytes as usize], at)
    }

    pub(super) fn id(&self, index: u32) -> &str {
        self.ids.text(index)
    }

    /// Takes in the nodes that come later in the same files, and gives the index here of each.
    pub(super) fn append(
        &mut self,
        later: &Self,
        policy: NamePolicy,
        files: &[String],
    ) -> Result<Vec<u32>, FormatError> {
        let mut indices = Vec::with_capacity(later.named.len());
        for (id, there) in later.ids.iter().zip(0..) {
            let index = self.index(id);
            indices.push(index);
            let (name, at) = later.named(there);
            if !name.is_empty() {
                take_name(policy, self, index, name, at, files)?;
            }
        }
        for (&there, others) in &later.others {
            for (name, at) in others {
                take_name(policy, self, indices[there as usize], name, *at, files)?;
            }
        }
        for (&there, described) in &later.described {
            let synonyms: Vec<&str> = described.synonyms.iter().map(String::as_str).collect();
            let xrefs: Vec<&str> = described.xrefs.iter().map(String::as_str).collect();
            let row = NodeRow { synonyms: &synonyms, xrefs: &xrefs, ..NodeRow::default() };
            self.describe(indices[there as usize], &row);
        }
        Ok(indices)
    }

    /// The node table; a node without a name goes by its id.
    pub(super) fn into_table(mut self) -> NodeTable {
        let mut table = NodeTable { node_type: std::mem::take(&mut self.node_type), ..NodeTable::default() };
        for (id, index) in self.ids.iter().zip(0..) {
            let name = self.named(index).0;
            table.ids.push(id.into());
            table.names.push(if name.is_empty() { id } else { name }.into());
            let described = self.described.remove(&index).unwrap_or_default();
            table.synonyms.push(described.synonyms);
            table.xrefs.push(described.xrefs);
        }
        table
    }
}
