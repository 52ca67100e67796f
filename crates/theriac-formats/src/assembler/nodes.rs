//! The nodes of one type as sources name them.

use foldhash::fast::FixedState;
use indexmap::IndexSet;
use theriac_graph::NodeTable;

use super::{Conflicts, NamePolicy, NodeRow};
use crate::error::FormatError;

/// The nodes of one type, in the order in which they were first named.
#[derive(Debug, Default)]
pub(super) struct TypeNodes {
    pub(super) node_type: String,
    ids: IndexSet<String, FixedState>,
    said: Vec<Said>,
}

/// What was said of a node beside its id.
#[derive(Debug, Default)]
struct Said {
    /// Empty where no name was given.
    name: String,
    /// Where the name was given: place among the files, and line.
    named_at: (u32, u32),
    synonyms: Vec<String>,
    xrefs: Vec<String>,
}

impl TypeNodes {
    pub(super) fn new(node_type: &str) -> Self {
        Self { node_type: node_type.into(), ..Self::default() }
    }

    /// The index of the node of this id, new or known.
    pub(super) fn index(&mut self, id: &str) -> u32 {
        // A table that outgrows u32 is refused by the builder; until then any index will do.
        let fit = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
        if let Some(index) = self.ids.get_index_of(id) {
            return fit(index);
        }
        self.said.push(Said::default());
        fit(self.ids.insert_full(id.into()).0)
    }

    /// Gives a node a name, where it has none yet; says whether that agrees with the name that it has.
    pub(super) fn name(&mut self, index: u32, name: &str, at: (u32, u32)) -> bool {
        let said = &mut self.said[index as usize];
        if said.name.is_empty() {
            name.clone_into(&mut said.name);
            said.named_at = at;
            return true;
        }
        said.name == name
    }

    /// Takes in another name of a node, and what else a row says of it.
    pub(super) fn describe(&mut self, index: u32, row: &NodeRow<'_>) {
        let said = &mut self.said[index as usize];
        let texts = [(&mut said.synonyms, row.synonyms), (&mut said.xrefs, row.xrefs)];
        for (known, new) in texts {
            for text in new.iter().map(|text| text.trim()).filter(|text| !text.is_empty()) {
                if !known.iter().any(|known| known == text) {
                    known.push(text.into());
                }
            }
        }
    }

    /// Name of a node and where it was given: place among the files, and line.
    pub(super) fn named(&self, index: u32) -> (&str, (u32, u32)) {
        let said = &self.said[index as usize];
        (&said.name, said.named_at)
    }

    pub(super) fn id(&self, index: u32) -> &str {
        &self.ids[index as usize]
    }

    /// Takes in the nodes that come later in the same files, and gives the index here of each.
    pub(super) fn append(
        &mut self,
        later: Self,
        policy: NamePolicy,
        files: &[String],
        conflicts: &mut Conflicts,
    ) -> Result<Vec<u32>, FormatError> {
        let mut places = Vec::with_capacity(later.said.len());
        for (id, new) in later.ids.into_iter().zip(later.said) {
            let (place, is_new) = self.ids.insert_full(id);
            let index = u32::try_from(place).unwrap_or(u32::MAX);
            places.push(index);
            if is_new {
                self.said.push(new);
                continue;
            }
            if !new.name.is_empty() && !self.name(index, &new.name, new.named_at) {
                conflicts.name(policy, self, index, &new.name, new.named_at, files)?;
            }
            let (synonyms, xrefs) = (&new.synonyms, &new.xrefs);
            if !synonyms.is_empty() || !xrefs.is_empty() {
                let synonyms: Vec<&str> = synonyms.iter().map(String::as_str).collect();
                let xrefs: Vec<&str> = xrefs.iter().map(String::as_str).collect();
                self.describe(index, &NodeRow { synonyms: &synonyms, xrefs: &xrefs, ..NodeRow::default() });
            }
        }
        Ok(places)
    }

    /// The node table; a node without a name goes by its id.
    pub(super) fn into_table(self) -> NodeTable {
        let ids = self.ids.into_iter().collect();
        let mut table = NodeTable { node_type: self.node_type, ids, ..NodeTable::default() };
        for (place, said) in self.said.into_iter().enumerate() {
            table.names.push(if said.name.is_empty() { table.ids[place].clone() } else { said.name });
            table.synonyms.push(said.synonyms);
            table.xrefs.push(said.xrefs);
        }
        table
    }
}
