//! The mapping file: which table holds what in which columns.

use std::ops::Range;

use serde::Deserialize;
use theriac_graph::DuplicatePolicy;
use toml::Spanned;

use super::value::{AttributeColumn, Column, Many, MissingWeight, Term, Where, Xref};
use crate::assembler::{Attribute, NamePolicy};
use crate::error::FormatError;

/// Names of edge columns that no attribute may take.
const TAKEN: [&str; 3] = ["source", "target", "weight"];
/// Separates the texts of one cell where the mapping names no other.
const SEPARATOR: &str = "|";

/// A mapping file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mapping {
    pub(super) name: Option<String>,
    #[serde(alias = "license")]
    pub(super) licence: Option<String>,
    pub(super) citation: Option<String>,
    #[serde(default)]
    names: Names,
    #[serde(default)]
    duplicates: Duplicates,
    #[serde(default)]
    pub(super) nodes: Vec<NodeMapping>,
    pub(super) edges: Vec<EdgeMapping>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Names {
    #[default]
    First,
    Reject,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Duplicates {
    #[default]
    Reject,
    Merge,
}

/// A table of nodes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NodeMapping {
    pub(super) file: Spanned<String>,
    #[serde(rename = "type")]
    pub(super) node_type: Term,
    pub(super) id: Column,
    pub(super) prefix: Option<String>,
    pub(super) name: Option<Column>,
    #[serde(default)]
    pub(super) synonyms: Many<Column>,
    #[serde(default)]
    pub(super) xrefs: Many<Xref>,
    #[serde(default)]
    pub(super) features: Many<Column>,
    pub(super) missing_feature: Option<f32>,
    #[serde(default = "separator")]
    separator: String,
    #[serde(default, rename = "where")]
    pub(super) accepted: Where,
    #[serde(default)]
    pub(super) skip_incomplete: bool,
    #[serde(default = "yes")]
    header: bool,
    delimiter: Option<char>,
    #[serde(default = "yes")]
    quotes: bool,
    #[serde(default)]
    missing: Many<String>,
}

/// A table of edges.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of its own in the file")]
pub(super) struct EdgeMapping {
    pub(super) file: Spanned<String>,
    pub(super) relation: Term,
    pub(super) source: EndMapping,
    pub(super) target: EndMapping,
    pub(super) weight: Option<Column>,
    pub(super) missing_weight: Option<MissingWeight>,
    #[serde(default)]
    pub(super) attributes: Many<AttributeColumn>,
    #[serde(default)]
    pub(super) undirected: bool,
    #[serde(default, rename = "where")]
    pub(super) accepted: Where,
    #[serde(default)]
    pub(super) skip_incomplete: bool,
    #[serde(default = "yes")]
    header: bool,
    delimiter: Option<char>,
    #[serde(default = "yes")]
    quotes: bool,
    #[serde(default)]
    missing: Many<String>,
}

/// One end of the edges of a table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EndMapping {
    #[serde(rename = "type")]
    pub(super) node_type: Term,
    pub(super) id: Column,
    pub(super) prefix: Option<String>,
    pub(super) name: Option<Column>,
}

/// How the cells of a table are written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout<'m> {
    /// Whether the first row of delimited text names the columns.
    pub(super) header: bool,
    /// The byte between the cells of delimited text, where it is not to be told from the first row.
    pub(super) delimiter: Option<u8>,
    /// Whether cells of delimited text may stand in quotes.
    pub(super) quotes: bool,
    /// Texts of cells that count as empty.
    pub(super) missing: &'m [String],
    /// Separates the texts of one cell.
    pub(super) separator: &'m str,
}

fn separator() -> String {
    SEPARATOR.into()
}

fn yes() -> bool {
    true
}

impl Mapping {
    /// Parses and checks the text of the mapping file `file`.
    ///
    /// # Errors
    ///
    /// [`FormatError::Line`], with the line of what is not understood or cannot be meant.
    pub(super) fn parse(file: &str, text: &str) -> Result<Self, FormatError> {
        let mapping: Self = toml::from_str(text).map_err(|error| bad_toml(file, text, &error))?;
        mapping.check().map_err(|(span, found, expected)| FormatError::Line {
            file: file.into(),
            line: line_of(text, span.start),
            found,
            expected: expected.into(),
        })?;
        Ok(mapping)
    }

    pub(super) fn name_policy(&self) -> NamePolicy {
        match self.names {
            Names::First => NamePolicy::KeepFirst,
            Names::Reject => NamePolicy::Reject,
        }
    }

    pub(super) fn duplicate_policy(&self) -> DuplicatePolicy {
        match self.duplicates {
            Duplicates::Reject => DuplicatePolicy::Reject,
            Duplicates::Merge => DuplicatePolicy::Merge,
        }
    }

    /// The edge attributes of all tables, each once.
    pub(super) fn attributes(&self) -> Vec<Attribute> {
        let mut attributes: Vec<Attribute> = Vec::new();
        for column in self.edges.iter().flat_map(|edges| &edges.attributes.0) {
            if attributes.iter().all(|known| known.name != column.name) {
                let (name, numeric) = (column.name.clone(), column.number);
                attributes.push(Attribute { name, numeric, varying: false });
            }
        }
        attributes
    }

    /// What cannot be meant: where it stands, what it is and what was expected.
    fn check(&self) -> Result<(), (Range<usize>, String, &'static str)> {
        for nodes in &self.nodes {
            let wrong = |found: &str, expected| Err((nodes.file.span(), found.to_owned(), expected));
            if nodes.missing_feature.is_some() && nodes.features.0.is_empty() {
                return wrong(
                    "missing_feature for a table without features",
                    "features, or no missing_feature",
                );
            }
            if nodes.missing_feature.is_some_and(|number| !number.is_finite()) {
                return wrong("a missing_feature that is not finite", "a finite number");
            }
            if nodes.separator.is_empty() {
                return wrong("an empty separator", "the text between the texts of a cell");
            }
        }
        for (place, edges) in self.edges.iter().enumerate() {
            let wrong = |found: String, expected| Err((edges.file.span(), found, expected));
            if edges.missing_weight.is_some() && edges.weight.is_none() {
                let found = "missing_weight for a table without weight".into();
                return wrong(found, "weight, or no missing_weight");
            }
            let fixed = edges.fixed();
            if edges.undirected
                && let Some([source, _, target]) = fixed
                && source != target
            {
                let found = format!("undirected edges from {source} to {target}");
                return wrong(found, "undirected = true only within one node type");
            }
            let alike = |other: &&EdgeMapping| fixed.is_some() && other.fixed() == fixed;
            if let Some(other) = self.edges[..place].iter().find(alike)
                && other.undirected != edges.undirected
            {
                let [source, relation, target] = fixed.unwrap_or_default();
                let found =
                    format!("{source}:{relation}:{target} undirected in one table and directed in another");
                return wrong(found, "the same undirected in both");
            }
            for (column, attribute) in edges.attributes.0.iter().enumerate() {
                let name = attribute.name.as_str();
                let repeated = edges.attributes.0[..column].iter().any(|earlier| earlier.name == name);
                if repeated || name.is_empty() || TAKEN.contains(&name) {
                    let found = format!("an attribute of the name '{name}'");
                    return wrong(found, "names of their own, other than source, target and weight");
                }
                let mut earlier = self.edges[..place].iter().flat_map(|edges| &edges.attributes.0);
                if earlier.any(|earlier| earlier.name == name && earlier.number != attribute.number) {
                    let found = format!("attribute '{name}' as numbers in one table and as text in another");
                    return wrong(found, "the same number in both");
                }
            }
        }
        let layouts = self.nodes.iter().map(|nodes| (&nodes.file, nodes.delimiter));
        for (file, delimiter) in layouts.chain(self.edges.iter().map(|edges| (&edges.file, edges.delimiter)))
        {
            if let Some(found) = delimiter.filter(|c| !c.is_ascii() || ['"', '\n', '\r'].contains(c)) {
                let expected = "an ASCII character that is no quote and no line end";
                return Err((file.span(), format!("the delimiter {found:?}"), expected));
            }
        }
        Ok(())
    }
}

impl NodeMapping {
    pub(super) fn layout(&self) -> Layout<'_> {
        Layout {
            header: self.header,
            delimiter: self.delimiter.map(|delimiter| delimiter as u8),
            quotes: self.quotes,
            missing: &self.missing.0,
            separator: &self.separator,
        }
    }
}

impl EdgeMapping {
    pub(super) fn layout(&self) -> Layout<'_> {
        Layout {
            header: self.header,
            delimiter: self.delimiter.map(|delimiter| delimiter as u8),
            quotes: self.quotes,
            missing: &self.missing.0,
            separator: SEPARATOR,
        }
    }

    /// Source type, relation and target type, where the whole table has the same.
    fn fixed(&self) -> Option<[&str; 3]> {
        let [Term::Fixed(source), Term::Fixed(relation), Term::Fixed(target)] =
            [&self.source.node_type, &self.relation, &self.target.node_type]
        else {
            return None;
        };
        Some([source, relation, target])
    }
}

/// The line of the byte at `offset`, from 1.
pub(super) fn line_of(text: &str, offset: usize) -> u64 {
    memchr::memchr_iter(b'\n', &text.as_bytes()[..offset.min(text.len())]).count() as u64 + 1
}

/// The error of a text that is not the TOML of a mapping.
fn bad_toml(file: &str, text: &str, error: &toml::de::Error) -> FormatError {
    let line = error.span().map_or(1, |span| line_of(text, span.start));
    let message = error.message().lines().next().unwrap_or_default().replace('`', "'");
    let (what, expected) = message.split_once(", expected ").unwrap_or((&message, ""));
    let (found, expected) = if let Some(key) = what.strip_prefix("unknown field ") {
        (format!("the unknown key {key}"), expected)
    } else if let Some(key) = what.strip_prefix("missing field ") {
        (format!("no {key}"), "this key")
    } else {
        let what = ["unknown variant ", "invalid value: ", "invalid type: "]
            .iter()
            .find_map(|start| what.strip_prefix(start))
            .unwrap_or(what);
        (what.to_owned(), if expected.is_empty() { "the TOML of a mapping file" } else { expected })
    };
    FormatError::Line { file: file.into(), line, found, expected: expected.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EDGES: &str = "[[edges]]\nfile = \"e.csv\"\nrelation = \"treats\"\nsource = { type = \"drug\", id = \"d\" }\n\
                         target = { type = \"disease\", id = \"x\" }\n";

    fn message(text: &str) -> String {
        Mapping::parse("m.toml", text).unwrap_err().to_string()
    }

    #[test]
    fn what_is_not_said_has_its_default() {
        let mapping = Mapping::parse("m.toml", EDGES).unwrap();
        assert_eq!(mapping.name_policy(), NamePolicy::KeepFirst);
        assert_eq!(mapping.duplicate_policy(), DuplicatePolicy::Reject);
        let layout = mapping.edges[0].layout();
        assert!(layout.header && layout.quotes && layout.delimiter.is_none() && layout.missing.is_empty());
        assert!(mapping.attributes().is_empty() && mapping.nodes.is_empty());
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        assert_eq!(
            message(&format!("licens = \"x\"\n{EDGES}")),
            "m.toml:1: found the unknown key 'licens'; expected one of 'name', 'licence', 'license', 'citation', \
             'names', 'duplicates', 'nodes', 'edges'"
        );
        let unknown = message(&format!("{EDGES}wheight = \"w\"\n"));
        assert!(
            unknown.starts_with(
                "m.toml:6: found the unknown key 'wheight'; expected one of 'file', 'relation', "
            ),
            "{unknown}"
        );
        assert_eq!(message(""), "m.toml:1: found no 'edges'; expected this key");
        assert_eq!(
            message(&EDGES.replace(", id = \"x\"", ", ident = \"x\"")),
            "m.toml:5: found the unknown key 'ident'; expected one of 'type', 'id', 'prefix', 'name'"
        );
        assert_eq!(message(&EDGES.replace(", id = \"x\"", "")), "m.toml:5: found no 'id'; expected this key");
        assert_eq!(
            message(&EDGES.replace("\"treats\"", "\"a:b\"")),
            "m.toml:3: found string \"a:b\"; expected a name without ':', or { column = ... }"
        );
        assert_eq!(
            message(&format!("duplicates = \"drop\"\n{EDGES}")),
            "m.toml:1: found 'drop'; expected 'reject' or 'merge'"
        );
        assert!(message(&format!("{EDGES}weight = \n")).starts_with("m.toml:6: found "));
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let with = |line: &str| message(&format!("{EDGES}{line}\n"));
        assert_eq!(
            with("undirected = true"),
            "m.toml:2: found undirected edges from drug to disease; expected undirected = true only within one node type"
        );
        assert_eq!(
            with("missing_weight = 1"),
            "m.toml:2: found missing_weight for a table without weight; expected weight, or no missing_weight"
        );
        assert_eq!(
            with("attributes = [\"p\", \"weight\"]"),
            "m.toml:2: found an attribute of the name 'weight'; expected names of their own, other than source, target \
             and weight"
        );
        assert_eq!(
            with("delimiter = \"ä\""),
            "m.toml:2: found the delimiter 'ä'; expected an ASCII character that is no quote and no line end"
        );
        let again =
            format!("{EDGES}attributes = [\"p\"]\n{EDGES}attributes = {{ column = \"p\", number = true }}\n");
        assert_eq!(
            message(&again),
            "m.toml:8: found attribute 'p' as numbers in one table and as text in another; expected the same number in both"
        );
        let within = EDGES.replace("disease", "drug");
        assert_eq!(
            message(&format!("{within}{within}undirected = true\n")),
            "m.toml:7: found drug:treats:drug undirected in one table and directed in another; expected the same \
             undirected in both"
        );
        let features =
            format!("{EDGES}[[nodes]]\nfile = \"n.csv\"\ntype = \"drug\"\nid = 1\nmissing_feature = 0\n");
        assert_eq!(
            message(&features),
            "m.toml:7: found missing_feature for a table without features; expected features, or no missing_feature"
        );
    }
}
