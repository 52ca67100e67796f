//! Edge lists as JSON: an array of edges, an object with such an array, or one edge a line.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use memchr::{memchr_iter, memmem};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use theriac_graph::{DuplicatePolicy, Graph, Provenance};

use crate::Format;
use crate::assembler::{Assembler, EdgeEnd, EdgeRow};
use crate::edge_list::edge_list_provenance;
use crate::error::{FormatError, excerpt};
use crate::hetionet::detect_json as detect_hetionet;
use crate::input::{Container, Input};

/// The reader of edge lists as JSON.
///
/// An edge is an object with the keys `source` and `target`, and optionally `source_type`, `target_type`, `relation`,
/// `weight`, `source_name` and `target_name`; or an array of two ids, `["DB00014", "asthma"]`. Other keys are not read,
/// and the graph's provenance says so. Where a type or relation is missing, the defaults of [`Assembler`] hold: from a
/// drug to a disease, `treats`.
///
/// Edges stand in an array, in an object `{"edges": [...]}`, or one after the other (JSON Lines). Each stands once.
pub struct EdgeListJson;

/// An edge with its keys.
#[derive(Deserialize)]
struct EdgeObject<'a> {
    #[serde(borrow)]
    source: Cow<'a, str>,
    #[serde(borrow)]
    target: Cow<'a, str>,
    #[serde(borrow, default)]
    source_type: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    target_type: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    relation: Option<Cow<'a, str>>,
    #[serde(default)]
    weight: Option<f32>,
    #[serde(borrow, default)]
    source_name: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    target_name: Option<Cow<'a, str>>,
    #[serde(flatten)]
    #[expect(clippy::zero_sized_map_values, reason = "a set of keys, whose values serde wants a place for")]
    unread: BTreeMap<String, IgnoredAny>,
}

/// An edge as an array of two ids.
#[derive(Deserialize)]
struct EdgePair<'a>(#[serde(borrow)] Cow<'a, str>, #[serde(borrow)] Cow<'a, str>);

/// An object that holds the edges.
#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    edges: Vec<&'a RawValue>,
}

impl Format for EdgeListJson {
    fn name(&self) -> &'static str {
        "json"
    }

    fn description(&self) -> &'static str {
        "an edge list in JSON: objects with source and target, or pairs of ids, in an array, under \"edges\" or one a line"
    }

    fn detect(&self, input: &Input) -> bool {
        let head = strip_bom(input.head()).trim_ascii_start();
        let holds = |key: &str| memmem::find(head, key.as_bytes()).is_some();
        let list = || holds("\"edges\"") && !holds("\"nodes\"");
        let edges = || list() || (holds("\"source\"") && holds("\"target\""));
        match head.split_first() {
            Some((b'{', _)) => edges() && !detect_hetionet(head),
            Some((b'[', rest)) => match rest.trim_ascii_start().first() {
                Some(b'{') => edges(),
                Some(b'[' | b'"' | b']') => true,
                _ => false,
            },
            _ => false,
        }
    }

    fn read(&self, input: &Input) -> Result<Graph, FormatError> {
        if input.container() != Container::File {
            return Err(input.wrong_container(self.name(), "a file"));
        }
        let file = input.path().display().to_string();
        let bytes = input.content()?;
        let bytes = strip_bom(&bytes);
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let line = memchr_iter(b'\n', &bytes[..error.valid_up_to()]).count() as u64 + 1;
            FormatError::Line {
                file: file.clone(),
                line,
                found: "a byte that is not UTF-8".into(),
                expected: "JSON".into(),
            }
        })?;
        let mut lines = LineCounter::new(text);
        let mut assembler = Assembler::new(&file);
        let mut unread = BTreeSet::new();
        for edge in edges(text, &file)? {
            let line = lines.line_of(edge);
            push_edge(&mut assembler, line, edge.get(), &mut unread)
                .map_err(|error| error.into_format_error(&file, line, edge.get()))?;
        }
        let decisions = unread.into_iter().map(|key| format!("key '{key}' not read")).collect();
        let provenance = Provenance { decisions, ..edge_list_provenance(input) };
        assembler.finish(provenance, DuplicatePolicy::Reject)
    }
}

/// What can be wrong with one edge.
enum EdgeError {
    Json(serde_json::Error),
    Format(FormatError),
}

impl EdgeError {
    /// The error with its place in the file, where `edge` is the text of the edge and `line` the one that it begins on.
    fn into_format_error(self, file: &str, line: u64, edge: &str) -> FormatError {
        match self {
            Self::Format(error) => error,
            Self::Json(error) => {
                let found = format!("{} ({})", excerpt(edge.as_bytes()), reason(&error));
                let expected =
                    "an object with source and target, or an array of two ids, all of them text".into();
                FormatError::Line { file: file.into(), line, found, expected }
            }
        }
    }
}

/// The texts of all edges, in order.
fn edges<'a>(text: &'a str, file: &str) -> Result<Vec<&'a RawValue>, FormatError> {
    let bad_json = |first_line: u64, error: &serde_json::Error| {
        let line = first_line + (error.line() as u64).saturating_sub(1);
        FormatError::Line {
            file: file.into(),
            line,
            found: reason(error),
            expected: "whole, valid JSON".into(),
        }
    };
    let values: Vec<&RawValue> = serde_json::Deserializer::from_str(text)
        .into_iter()
        .collect::<Result<_, _>>()
        .map_err(|error| bad_json(1, &error))?;
    let [only] = values[..] else { return Ok(values) };
    let first_line = LineCounter::new(text).line_of(only);
    if only.get().starts_with('[') {
        return serde_json::from_str(only.get()).map_err(|error| bad_json(first_line, &error));
    }
    match serde_json::from_str::<Document<'_>>(only.get()) {
        Ok(document) => Ok(document.edges),
        // A file of JSON Lines may have a single line.
        Err(_) => Ok(values),
    }
}

fn push_edge(
    assembler: &mut Assembler,
    line: u64,
    edge: &str,
    unread: &mut BTreeSet<String>,
) -> Result<(), EdgeError> {
    if edge.starts_with('[') {
        let EdgePair(source, target) = serde_json::from_str(edge).map_err(EdgeError::Json)?;
        let end = |id| EdgeEnd { id, ..EdgeEnd::default() };
        let row = EdgeRow { source: end(source.trim()), target: end(target.trim()), ..EdgeRow::default() };
        return assembler.push(line, &row).map_err(EdgeError::Format);
    }
    let edge: EdgeObject<'_> = serde_json::from_str(edge).map_err(EdgeError::Json)?;
    let row = EdgeRow {
        source: EdgeEnd {
            node_type: edge.source_type.as_deref().map_or("", str::trim),
            id: edge.source.trim(),
            name: edge.source_name.as_deref().map_or("", str::trim),
        },
        target: EdgeEnd {
            node_type: edge.target_type.as_deref().map_or("", str::trim),
            id: edge.target.trim(),
            name: edge.target_name.as_deref().map_or("", str::trim),
        },
        relation: edge.relation.as_deref().map_or("", str::trim),
        weight: edge.weight,
        ..EdgeRow::default()
    };
    unread.extend(edge.unread.into_keys());
    assembler.push(line, &row).map_err(EdgeError::Format)
}

/// Finds the lines of values that come in order of their place in the text.
pub(crate) struct LineCounter<'a> {
    text: &'a str,
    offset: usize,
    line: u64,
}

impl<'a> LineCounter<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, offset: 0, line: 1 }
    }

    /// The line on which a value begins that borrows from the text.
    pub(crate) fn line_of(&mut self, value: &RawValue) -> u64 {
        // The value borrows from the text, so the difference of addresses is its place.
        let offset = value.get().as_ptr().addr() - self.text.as_ptr().addr();
        self.line += memchr_iter(b'\n', &self.text.as_bytes()[self.offset..offset]).count() as u64;
        self.offset = offset;
        self.line
    }
}

/// A JSON error without its place, which counts from the edge and not from the file.
pub(crate) fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.clone(), |(reason, _)| reason.to_owned())
}

fn strip_bom(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Graph, FormatError> {
        let input = Input::from_bytes("e.json", text.as_bytes().to_vec());
        assert!(EdgeListJson.detect(&input), "{text}");
        EdgeListJson.read(&input)
    }

    fn message(text: &str) -> String {
        read(text).unwrap_err().to_string()
    }

    #[test]
    fn every_way_to_write_the_edges_gives_the_same() {
        let texts = [
            r#"[["a","x"],["b","x"]]"#,
            "\u{feff} [\n[\"a\",\"x\"],\n[\" b\",\"x \"]]\n",
            r#"{"edges":[["a","x"],{"source":"b","target":"x"}]}"#,
            r#"[{"source":"a","target":"x"},{"target":"x","source":"\u0062","relation":null}]"#,
            "[\"a\",\"x\"]\n[\"b\",\"x\"]\n",
            "{\"source\":\"a\",\"target\":\"x\"}\n{\"source\":\"b\",\"target\":\"x\"}",
        ];
        for text in texts {
            let graph = read(text).unwrap();
            assert_eq!(graph.relations()[0].key.to_string(), "drug:treats:disease");
            assert_eq!(graph.relations()[0].forward.pairs().collect::<Vec<_>>(), [(0, 0), (1, 0)]);
            assert_eq!(graph.node_tables()[0].ids, ["a", "b"], "{text}");
        }
    }

    #[test]
    fn all_keys_are_read() {
        let graph = read(
            r#"{"source":"d1","source_type":"drug","source_name":"aspirin","relation":"targets","target":"g1",
                "target_type":"gene","target_name":"PTGS2","weight":0.5,"year":1897}"#,
        )
        .unwrap();
        assert_eq!(graph.relations()[0].key.to_string(), "drug:targets:gene");
        assert_eq!(graph.relations()[0].forward.weights(), Some(&[0.5][..]));
        assert_eq!(graph.node_type("gene").unwrap().1.names, ["PTGS2"]);
        assert_eq!(graph.provenance().decisions, ["key 'year' not read"]);
    }

    #[test]
    fn bad_lists_are_one_clear_sentence() {
        assert_eq!(
            message("[\n[\"a\",\"x\"],\n[\"a\",\"x\"]]"),
            "e.json:3: edge a -> x of drug:treats:disease occurs a second time (first on line 2); expected each edge once"
        );
        let expected = "expected an object with source and target, or an array of two ids, all of them text";
        assert_eq!(
            message("[[\"a\",\"x\"],\n{\"source\":\"a\"}]"),
            format!("e.json:2: found {{\"source\":\"a\"}} (missing field `target`); {expected}")
        );
        assert_eq!(
            message("[[\"a\"]]"),
            format!(
                "e.json:1: found [\"a\"] (invalid length 1, expected tuple struct EdgePair with 2 elements); {expected}"
            )
        );
        assert_eq!(
            message("[[\"a\",104300]]"),
            format!(
                "e.json:1: found [\"a\",104300] (invalid type: integer `104300`, expected a string); {expected}"
            )
        );
        assert_eq!(
            message("[[\"a\",\"x\"],\n[\"b\""),
            "e.json:2: found EOF while parsing a list; expected whole, valid JSON"
        );
        assert_eq!(message("[]"), "e.json holds no edges; expected at least one");
        assert_eq!(message("{\"edges\":[]}"), "e.json holds no edges; expected at least one");
        assert_eq!(message("[[\"a\",\"\"]]"), "e.json:1: found an empty target; expected the id of a node");
    }
}
