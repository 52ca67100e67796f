//! The nodes of all node files: their rows, and what type each id has.

use std::collections::{BTreeSet, HashMap};

use foldhash::fast::FixedState;
use indexmap::IndexSet;
use theriac_graph::LIST_SEPARATOR;
use theriac_graph::wording::grouped;

use super::category::{UNTYPED, node_type};
use super::json::{Record, Value};
use crate::assembler::{Assembler, NodeRow};
use crate::delimited;
use crate::error::FormatError;

/// So many conflicts are told one by one; the others are counted.
const EXAMPLES: usize = 5;

/// What a property of a node says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NodeField {
    Id,
    OwnId,
    Category,
    Type,
    Name,
    Xrefs,
    Synonyms,
    /// Nothing that a graph keeps.
    Unread,
}

impl NodeField {
    /// What the property of this name says.
    pub(super) fn named(name: &str) -> Self {
        match name {
            "id" => Self::Id,
            "theriac_id" => Self::OwnId,
            "category" => Self::Category,
            "theriac_type" => Self::Type,
            "name" => Self::Name,
            "xref" | "xrefs" | "same_as" | "equivalent_identifiers" => Self::Xrefs,
            "synonym" | "synonyms" => Self::Synonyms,
            _ => Self::Unread,
        }
    }
}

/// A node as a file gives it.
#[derive(Debug, Default)]
pub(super) struct Node {
    line: u64,
    id: String,
    /// The id within its type, where that is another.
    own_id: String,
    told_type: String,
    name: String,
    xrefs: Vec<String>,
    synonyms: Vec<String>,
}

impl Node {
    /// The node in a row of a table, whose columns say these things.
    pub(super) fn of_row(columns: &[NodeField], record: &delimited::Record<'_>) -> Self {
        let mut node = Self { line: record.line(), ..Self::default() };
        let mut category = "";
        for (field, cell) in columns.iter().zip(record.cells()) {
            match field {
                NodeField::Category => category = cell,
                _ => node.take(*field, cell, || cell.split(LIST_SEPARATOR)),
            }
        }
        node.settle_type(category.split(LIST_SEPARATOR));
        node
    }

    /// The node in a JSON object, and the names of properties that were not read.
    pub(super) fn of_record(record: &Record<'_>, line: u64, unread: &mut BTreeSet<String>) -> Self {
        let mut node = Self { line, ..Self::default() };
        let mut categories = Vec::new();
        for (key, value) in record.fields() {
            let texts = match value {
                Value::Scalar(text) => vec![text],
                Value::List(texts) => texts,
                Value::Nested => Vec::new(),
            };
            match NodeField::named(key) {
                NodeField::Category => categories = texts,
                NodeField::Unread => drop(unread.insert(key.into())),
                field => {
                    let first = texts.first().map_or("", |text| &**text);
                    node.take(field, first, || texts.iter().map(|text| &**text));
                }
            }
        }
        node.settle_type(categories.iter().map(|text| &**text));
        node
    }

    fn take<'t, T: Iterator<Item = &'t str>>(
        &mut self,
        field: NodeField,
        text: &str,
        entries: impl FnOnce() -> T,
    ) {
        let list = match field {
            NodeField::Id => return text.clone_into(&mut self.id),
            NodeField::OwnId => return text.clone_into(&mut self.own_id),
            NodeField::Type => return text.clone_into(&mut self.told_type),
            NodeField::Name => return text.clone_into(&mut self.name),
            NodeField::Xrefs => &mut self.xrefs,
            NodeField::Synonyms => &mut self.synonyms,
            NodeField::Category | NodeField::Unread => return,
        };
        list.extend(entries().map(str::trim).filter(|entry| !entry.is_empty()).map(str::to_owned));
    }

    fn settle_type<'t>(&mut self, categories: impl Iterator<Item = &'t str>) {
        if self.told_type.is_empty() {
            self.told_type = node_type(categories);
        }
    }
}

/// Type and id of every node that a file describes, by the id that edges name.
#[derive(Debug, Default)]
pub(super) struct Nodes {
    types: IndexSet<String, FixedState>,
    known: HashMap<Box<str>, Known, FixedState>,
    own_ids: Vec<Box<str>>,
    other_types: u64,
    examples: Vec<String>,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    node_type: u32,
    /// Place of the node's own id, where that is another.
    own_id: Option<u32>,
}

impl Nodes {
    /// Takes in a node, in the order of the files.
    ///
    /// # Errors
    ///
    /// As [`Assembler::push_node`].
    pub(super) fn push(&mut self, assembler: &mut Assembler, node: &Node) -> Result<(), FormatError> {
        let known = if let Some(&known) = self.known.get(node.id.as_str()) {
            let kept = &self.types[known.node_type as usize];
            if *kept != node.told_type {
                self.other_types += 1;
                if self.examples.len() < EXAMPLES {
                    self.examples
                        .push(format!("{} is {kept}, on line {} {}", node.id, node.line, node.told_type));
                }
            }
            known
        } else {
            let (node_type, _) = self.types.insert_full(node.told_type.clone());
            let own_id = (!node.own_id.is_empty()).then(|| {
                self.own_ids.push(node.own_id.as_str().into());
                self.own_ids.len() as u32 - 1
            });
            let known = Known { node_type: node_type as u32, own_id };
            self.known.insert(node.id.as_str().into(), known);
            known
        };
        let [synonyms, xrefs] =
            [&node.synonyms, &node.xrefs].map(|texts| texts.iter().map(String::as_str).collect::<Vec<_>>());
        let id = known.own_id.map_or(node.id.as_str(), |place| &self.own_ids[place as usize]);
        let node_type = &self.types[known.node_type as usize];
        let row = NodeRow { node_type, id, name: &node.name, synonyms: &synonyms, xrefs: &xrefs };
        assembler.push_node(node.line, &row)
    }

    /// Type and id of the node that an edge names so, and whether a file describes it.
    pub(super) fn end<'a>(&'a self, id: &'a str) -> (&'a str, &'a str, bool) {
        match self.known.get(id) {
            None => (UNTYPED, id, false),
            Some(known) => {
                let own = known.own_id.map_or(id, |place| &self.own_ids[place as usize]);
                (&self.types[known.node_type as usize], own, true)
            }
        }
    }

    /// What is to be said of nodes that have several types.
    pub(super) fn decision(&self) -> Option<String> {
        let rows = if self.other_types == 1 { "row gives" } else { "rows give" };
        (self.other_types > 0).then(|| {
            let (count, examples) = (grouped(self.other_types as usize), self.examples.join("; "));
            format!("{count} {rows} a node another type than its first, which is kept: {examples}")
        })
    }
}
