//! Edges: what they say, and what is said of them.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use theriac_graph::wording::grouped;
use theriac_graph::{LIST_SEPARATOR, RelationKey};

use super::category::{UNTYPED, local_name};
use super::json::{Record, Value};
use super::nodes::Nodes;
use crate::assembler::{Assembler, EdgeEnd, EdgeRow};
use crate::delimited;
use crate::error::{FormatError, excerpt};

/// Properties of an edge that have a meaning of their own, in the order of [`Edge`].
const FIELDS: [&str; 8] =
    ["subject", "predicate", "object", "negated", "directed", "weight", "theriac_relation", "id"];
/// The texts of [`FIELDS`]; empty where there is none.
type Edge<'a> = [&'a str; FIELDS.len()];

/// Properties that are text even where all of them are numbers.
const TEXTS: [&str; 7] = [
    "primary_knowledge_source",
    "aggregator_knowledge_source",
    "supporting_data_source",
    "publications",
    "has_evidence",
    "knowledge_source",
    "provided_by",
];
/// What stands where the model wants a value and the source gives none.
const NOT_PROVIDED: &str = "not_provided";
/// Names that a graph keeps for itself.
const TAKEN: [&str; 3] = ["source", "target", "weight"];

/// What a column of an edge table holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Column {
    /// Place in [`FIELDS`].
    Field(usize),
    /// Name of the property, and place of the attribute.
    Attribute(String, usize),
    /// No heading.
    Unread,
}

/// The columns of an edge table with these headings, whose attributes `assembler` gets.
pub(super) fn columns(headings: &[String], assembler: &mut Assembler) -> Vec<Column> {
    let column = |heading: &String| match FIELDS.iter().position(|field| field == heading) {
        Some(place) => Column::Field(place),
        None if heading.is_empty() => Column::Unread,
        None => Column::Attribute(
            heading.clone(),
            assembler.attribute(&attribute_name(heading), numeric(heading)),
        ),
    };
    headings.iter().map(column).collect()
}

/// What a property is called as an attribute: as it is, but with `_` behind a name that a graph keeps for itself.
fn attribute_name(name: &str) -> Cow<'_, str> {
    if TAKEN.contains(&name) { format!("{name}_").into() } else { name.into() }
}

fn numeric(name: &str) -> bool {
    !TEXTS.contains(&name)
}

/// Reads the edges of one file.
pub(super) struct EdgeReader<'a> {
    pub(super) file: String,
    pub(super) nodes: &'a Nodes,
    pub(super) tally: &'a Tally,
}

impl EdgeReader<'_> {
    /// Adds the edge in a row of a table.
    ///
    /// # Errors
    ///
    /// [`FormatError::Line`] where it lacks an end or a predicate, or its weight or relation is none.
    pub(super) fn push_row(
        &self,
        part: &mut Assembler,
        columns: &[Column],
        record: &delimited::Record<'_>,
    ) -> Result<(), FormatError> {
        let mut edge = Edge::default();
        let mut attributes: Vec<&str> = vec![""; part.attributes().len()];
        for (column, cell) in columns.iter().zip(record.cells()) {
            match column {
                Column::Field(place) => edge[*place] = cell,
                Column::Attribute(name, place) => attributes[*place] = self.provided(name, cell),
                Column::Unread => {}
            }
        }
        self.push(part, record.line(), &edge, &attributes)
    }

    /// Adds the edge in a JSON object.
    ///
    /// # Errors
    ///
    /// As [`EdgeReader::push_row`].
    pub(super) fn push_record(
        &self,
        part: &mut Assembler,
        line: u64,
        record: &Record<'_>,
    ) -> Result<(), FormatError> {
        let mut fields: [Cow<'_, str>; FIELDS.len()] = Default::default();
        let mut texts: Vec<(usize, Cow<'_, str>)> = Vec::with_capacity(16);
        for (key, value) in record.fields() {
            let text = match value {
                Value::Scalar(text) => text,
                Value::List(mut texts) if texts.len() == 1 => texts.swap_remove(0),
                Value::List(texts) => texts.join(&LIST_SEPARATOR.to_string()).into(),
                Value::Nested => {
                    self.tally.nested(key);
                    continue;
                }
            };
            match FIELDS.iter().position(|field| *field == key) {
                Some(place) => fields[place] = text,
                None if text.is_empty() || key.is_empty() || self.provided(key, &text).is_empty() => {}
                None => texts.push((part.attribute(&attribute_name(key), numeric(key)), text)),
            }
        }
        let mut attributes: Vec<&str> = vec![""; part.attributes().len()];
        for (place, text) in &texts {
            attributes[*place] = text;
        }
        self.push(part, line, &fields.each_ref().map(|text| &**text), &attributes)
    }

    /// A property's text; empty where it says that there is none.
    fn provided<'t>(&self, name: &str, text: &'t str) -> &'t str {
        match (name, text) {
            ("knowledge_level" | "agent_type", NOT_PROVIDED) => "",
            ("knowledge_level", "prediction") => {
                self.tally.predictions.fetch_add(1, Ordering::Relaxed);
                text
            }
            _ => text,
        }
    }

    fn push(
        &self,
        part: &mut Assembler,
        line: u64,
        edge: &Edge<'_>,
        attributes: &[&str],
    ) -> Result<(), FormatError> {
        let [subject, predicate, object, negated, directed, weight, relation, id] = *edge;
        let bad = |found: String, expected: &str| FormatError::Line {
            file: self.file.clone(),
            line,
            found,
            expected: expected.into(),
        };
        for (text, field) in [subject, predicate, object].into_iter().zip(FIELDS) {
            if text.is_empty() {
                return Err(bad(format!("an edge without {field}"), "subject, predicate and object"));
            }
        }
        let weight = match weight {
            "" => None,
            text => {
                let found = || format!("the weight '{}'", excerpt(text.as_bytes()));
                Some(text.parse::<f32>().map_err(|_| bad(found(), "a number"))?)
            }
        };
        let key;
        let mut name: Cow<'_, str> = if relation.is_empty() {
            relation_name(predicate)
        } else {
            let found = || format!("the theriac_relation '{}'", excerpt(relation.as_bytes()));
            key = relation.parse::<RelationKey>().map_err(|_| bad(found(), "source:name:target"))?;
            key.name.as_str().into()
        };
        if is_true(negated) {
            self.tally.negated.fetch_add(1, Ordering::Relaxed);
            name = format!("not_{name}").into();
        }
        let end = |id| {
            let (node_type, id, described) = self.nodes.end(id);
            (EdgeEnd { node_type, id, name: "" }, described)
        };
        let ((source, source_described), (target, target_described)) = (end(subject), end(object));
        if !(source_described && target_described) {
            self.tally.undescribed.fetch_add(1, Ordering::Relaxed);
        }
        // The ids that Theriac writes are made up.
        if !id.is_empty() && relation.is_empty() {
            self.tally.ids.fetch_add(1, Ordering::Relaxed);
        }
        let undirected = directed.eq_ignore_ascii_case("false") || directed == "0";
        part.push(line, &EdgeRow { source, target, relation: &name, weight, undirected, attributes })
    }
}

fn is_true(text: &str) -> bool {
    text.eq_ignore_ascii_case("true") || text == "1"
}

/// The name of a relation: `treats` of `biolink:treats`, `ro_0002434` of `RO:0002434`.
fn relation_name(predicate: &str) -> Cow<'_, str> {
    let name = local_name(predicate);
    if name.contains(':') { name.replace(':', "_").into() } else { name.into() }
}

/// What has to be said of the edges in the end; counted from all threads.
#[derive(Debug, Default)]
pub(super) struct Tally {
    negated: AtomicU64,
    predictions: AtomicU64,
    undescribed: AtomicU64,
    ids: AtomicU64,
    nested: Mutex<BTreeSet<String>>,
}

impl Tally {
    fn nested(&self, key: &str) {
        let mut nested = self.nested.lock().unwrap_or_else(PoisonError::into_inner);
        if !nested.contains(key) {
            nested.insert(key.into());
        }
    }

    /// What was counted, one sentence each.
    pub(super) fn decisions(self) -> Vec<String> {
        let counted = |count: AtomicU64| count.into_inner() as usize;
        let edges =
            |count: usize| format!("{} {}", grouped(count), if count == 1 { "edge" } else { "edges" });
        let mut said = Vec::new();
        let mut say = |count: usize, sentence: &str| {
            if count > 0 {
                said.push(format!("{} {sentence}", edges(count)));
            }
        };
        say(
            counted(self.negated),
            "with negated=true say that something does not hold: each is in a relation of its own, whose name begins with \
             not_",
        );
        say(
            counted(self.predictions),
            "with knowledge_level=prediction are predictions of some model, read like any other",
        );
        let undescribed =
            format!("with an end that no node file describes: such nodes are of type {UNTYPED}");
        say(counted(self.undescribed), &undescribed);
        say(counted(self.ids), "have an id of their own, which is not kept");
        for key in self.nested.into_inner().unwrap_or_else(PoisonError::into_inner) {
            said.push(format!("property '{key}' of edges not read where it is an object"));
        }
        said
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn predicates_become_names_of_relations() {
        let predicates = ["biolink:treats", "https://w3id.org/biolink/vocab/affects", "RO:0002434", "causes"];
        assert_eq!(
            predicates.map(|predicate| relation_name(predicate).into_owned()),
            ["treats", "affects", "RO_0002434", "causes",]
        );
    }

    #[test]
    fn headings_are_fields_or_attributes() {
        let headings = ["subject", "publications", "", "source", "negated"].map(str::to_owned);
        let mut assembler = Assembler::new("e.tsv");
        assembler.attribute("score", true);
        assert_eq!(
            columns(&headings, &mut assembler),
            [
                Column::Field(0),
                Column::Attribute("publications".into(), 1),
                Column::Unread,
                Column::Attribute("source".into(), 2),
                Column::Field(3),
            ]
        );
        let attributes: Vec<_> =
            assembler.attributes().iter().map(|a| (a.name.as_str(), a.numeric)).collect();
        assert_eq!(attributes, [("score", true), ("publications", false), ("source_", true)]);
    }
}
