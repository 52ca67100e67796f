//! The attributes of all relations as columns of one table of edges.

use std::fmt;

use theriac_graph::{AttributeValues, Graph, Relation};

/// An attribute that some relations have.
pub(super) struct AttributeColumn<'a> {
    /// What the graph calls it.
    pub(super) name: &'a str,
    /// What the form calls it: the same, unless that is the name of one of its own columns.
    pub(super) written: String,
    /// Whether it holds numbers in all relations that have it.
    pub(super) numeric: bool,
}

/// The value of an attribute.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value<'a> {
    Number(f64),
    Text(&'a str),
}

/// As a cell has it.
impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// The attributes of all relations, each name once, in the order in which they come; with a sentence for each that had
/// to be renamed because the form has a column of that name itself.
pub(super) fn attribute_columns<'a>(
    graph: &'a Graph,
    own: &[&str],
) -> (Vec<AttributeColumn<'a>>, Vec<String>) {
    let mut columns: Vec<AttributeColumn<'a>> = Vec::new();
    let mut renamed = Vec::new();
    for attribute in graph.relations().iter().flat_map(|relation| &relation.attributes) {
        let numeric = matches!(attribute.values, AttributeValues::Numbers(_));
        if let Some(known) = columns.iter_mut().find(|column| column.name == attribute.name) {
            known.numeric &= numeric;
            continue;
        }
        let mut written = attribute.name.replace(['\t', '\n', '\r'], " ");
        while own.contains(&written.as_str()) || columns.iter().any(|column| column.written == written) {
            written.push('_');
        }
        if written != attribute.name {
            renamed.push(format!("edge attribute {} is written as {written}", attribute.name.escape_debug()));
        }
        columns.push(AttributeColumn { name: &attribute.name, written, numeric });
    }
    (columns, renamed)
}

/// The values of a relation in the order of the columns; `None` where it has no such attribute.
pub(super) fn values_of<'a>(
    relation: &'a Relation,
    columns: &[AttributeColumn<'_>],
) -> Vec<Option<&'a AttributeValues>> {
    columns.iter().map(|column| relation.attribute(column.name)).collect()
}

/// The value of an edge; `None` where it has none.
pub(super) fn value(values: Option<&AttributeValues>, edge: usize) -> Option<Value<'_>> {
    match values? {
        AttributeValues::Numbers(numbers) => {
            Some(numbers[edge]).filter(|number| !number.is_nan()).map(Value::Number)
        }
        AttributeValues::Texts(texts) => texts.get(edge).map(Value::Text),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::sample;
    use super::*;

    #[test]
    fn each_attribute_is_one_column_with_a_name_of_its_own() {
        let graph = sample();
        let (columns, renamed) = attribute_columns(&graph, &["year", "year_"]);
        let names: Vec<_> = columns.iter().map(|column| (column.written.as_str(), column.numeric)).collect();
        assert_eq!(names, [("primary_knowledge_source", false), ("year__", true)]);
        assert_eq!(renamed, ["edge attribute year is written as year__"]);
        let values = values_of(&graph.relations()[0], &columns);
        assert_eq!(value(values[0], 0), Some(Value::Text("ChEMBL|PubMed")));
        assert_eq!((value(values[0], 1), value(values[1], 0)), (None, None));
        assert_eq!(value(values[1], 1).unwrap().to_string(), "1998");
        assert!(values_of(&graph.relations()[1], &columns).iter().all(Option::is_none));
    }
}
