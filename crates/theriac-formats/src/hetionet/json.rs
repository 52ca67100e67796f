//! Hetionet's JSON: an object with `nodes` and `edges`, as hetnetpy writes it.
//!
//! The document is read as a stream, element by element: Hetionet's own is some 700 MB long.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, BufRead, BufReader, Read};
use std::marker::PhantomData;

use memchr::{memchr_iter, memmem};
use serde::Deserialize;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use theriac_graph::{DuplicatePolicy, Graph, LIST_SEPARATOR};

use super::identifiers::curie;
use super::provenance;
use crate::assembler::{Assembler, Attribute, EdgeEnd, EdgeRow, NamePolicy, NodeRow};
use crate::error::FormatError;
use crate::input::Input;

const BUFFER_BYTES: usize = 1 << 18;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// Keys that stand before the nodes, and in no other form.
const MARKS: [&str; 2] = ["\"metanode_kinds\"", "\"metaedge_tuples\""];
/// Properties of edges that become attributes, with whether they are numbers.
const ATTRIBUTES: [(&str, bool); 12] = [
    ("sources", false),
    ("pubmed_ids", false),
    ("urls", false),
    ("license", false),
    ("method", false),
    ("unbiased", false),
    ("actions", false),
    ("subtypes", false),
    ("affinity_nM", true),
    ("z_score", true),
    ("log2_fold_change", true),
    ("similarity", true),
];
/// Other names of properties, which some edges have for a single value.
const SYNONYMS: [(&str, &str); 3] = [("source", "sources"), ("url", "urls"), ("pmids", "pubmed_ids")];
/// The property of compounds that identifies them elsewhere, and how its values begin.
const INCHI_KEY: (&str, &str) = ("inchikey", "InChIKey=");

/// Whether a content begins with an object that has the keys of this form.
pub(crate) fn detect(head: &[u8]) -> bool {
    let head = head.strip_prefix(BYTE_ORDER_MARK).unwrap_or(head);
    head.trim_ascii_start().starts_with(b"{")
        && MARKS.iter().any(|key| memmem::find(head, key.as_bytes()).is_some())
}

/// Reads nodes and edges in the order of the document; properties of edges become attributes, lists joined by
/// [`LIST_SEPARATOR`].
pub(super) fn read(input: &Input) -> Result<Graph, FormatError> {
    let file = input.path().display().to_string();
    let line = Cell::new(1);
    let attributes =
        ATTRIBUTES.map(|(name, numeric)| Attribute { name: name.into(), numeric, varying: false });
    let mut reading = Reading {
        assembler: Assembler::new(&file)
            .with_names(NamePolicy::KeepFirst)
            .with_attributes(attributes.to_vec()),
        line: &line,
        unread: BTreeMap::new(),
        failure: None,
    };
    input.read(|reader| {
        let mut reader = BufReader::with_capacity(BUFFER_BYTES, reader);
        if reader.fill_buf().map_err(|error| input.error(error))?.starts_with(BYTE_ORDER_MARK) {
            reader.consume(BYTE_ORDER_MARK.len());
        }
        let mut json = serde_json::Deserializer::from_reader(CountingLines { reader, line: &line });
        let parsed = Document(&mut reading).deserialize(&mut json).and_then(|()| json.end());
        match (reading.failure.take(), parsed) {
            (Some(failure), _) => Err(failure),
            (None, Ok(())) => Ok(()),
            (None, Err(error)) if error.is_io() => Err(input.error(error.into())),
            (None, Err(error)) => Err(bad_json(&file, &error)),
        }
    })?;
    let mut provenance = provenance(input, reading.assembler.has_type("pharmacologic_class"));
    let unread = reading.unread.iter();
    provenance.decisions =
        unread.map(|((of, key), times)| format!("property '{key}' of {times} {of} not read")).collect();
    reading.assembler.finish(provenance, DuplicatePolicy::Merge)
}

fn bad_json(file: &str, error: &serde_json::Error) -> FormatError {
    let text = error.to_string();
    FormatError::Line {
        file: file.into(),
        line: (error.line() as u64).max(1),
        found: text.rsplit_once(" at line ").map_or(text.clone(), |(reason, _)| reason.to_owned()),
        expected: "an object with the nodes and edges of Hetionet's JSON".into(),
    }
}

/// What the document goes into.
struct Reading<'l> {
    assembler: Assembler,
    /// The line that is being read.
    line: &'l Cell<u64>,
    /// How many nodes or edges have a property that is not read.
    unread: BTreeMap<(&'static str, String), u64>,
    /// What stopped the reading, where it is not the JSON itself.
    failure: Option<FormatError>,
}

/// A node or an edge.
trait Element: DeserializeOwned {
    fn push(self, reading: &mut Reading<'_>) -> Result<(), FormatError>;
}

#[derive(Deserialize)]
struct Node {
    kind: String,
    identifier: Text,
    #[serde(default)]
    name: Text,
    #[serde(default)]
    data: Properties<NodeSlots>,
}

#[derive(Deserialize)]
struct Edge {
    source_id: (String, Text),
    target_id: (String, Text),
    kind: String,
    direction: Direction,
    #[serde(default)]
    data: Properties<EdgeSlots>,
}

/// Which way round an edge goes; those within one kind that go both ways are undirected.
#[derive(Clone, Copy, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Direction {
    Both,
    Forward,
    Backward,
}

impl Element for Node {
    fn push(self, reading: &mut Reading<'_>) -> Result<(), FormatError> {
        let Properties { texts: [inchi_key], unread } = self.data;
        for key in unread {
            *reading.unread.entry(("nodes", key)).or_default() += 1;
        }
        let (prefix, mark) = INCHI_KEY;
        let xref = format!("{prefix}:{}", inchi_key.strip_prefix(mark).unwrap_or(&inchi_key));
        let xrefs = [xref.as_str()];
        let row = NodeRow {
            node_type: &self.kind,
            id: &curie(&self.kind, self.identifier.0.trim()),
            name: self.name.0.trim(),
            xrefs: if inchi_key.is_empty() { &[] } else { &xrefs },
            ..NodeRow::default()
        };
        reading.assembler.push_node(reading.line.get(), &row)
    }
}

impl Element for Edge {
    fn push(self, reading: &mut Reading<'_>) -> Result<(), FormatError> {
        for key in self.data.unread {
            *reading.unread.entry(("edges", key)).or_default() += 1;
        }
        let ends = [&self.source_id, &self.target_id].map(|(kind, id)| (kind, curie(kind, id.0.trim())));
        let [mut source, mut target] =
            ends.each_ref().map(|(kind, id)| EdgeEnd { node_type: kind, id, name: "" });
        if self.direction == Direction::Backward {
            std::mem::swap(&mut source, &mut target);
        }
        let row = EdgeRow {
            undirected: self.direction == Direction::Both && source.node_type == target.node_type,
            source,
            target,
            relation: self.kind.trim(),
            weight: None,
            attributes: &self.data.texts.each_ref().map(String::as_str),
        };
        reading.assembler.push(reading.line.get(), &row)
    }
}

/// The whole document.
struct Document<'r, 'l>(&'r mut Reading<'l>);

impl<'de> DeserializeSeed<'de> for Document<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Document<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object with nodes and edges")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let (mut nodes, mut edges) = (false, false);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "nodes" => {
                    nodes = true;
                    map.next_value_seed(Elements::<Node>(self.0, PhantomData))?;
                }
                "edges" => {
                    edges = true;
                    map.next_value_seed(Elements::<Edge>(self.0, PhantomData))?;
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        match (nodes, edges) {
            (false, _) => Err(A::Error::missing_field("nodes")),
            (_, false) => Err(A::Error::missing_field("edges")),
            _ => Ok(()),
        }
    }
}

/// An array of nodes or edges, each taken in as it comes.
struct Elements<'r, 'l, T>(&'r mut Reading<'l>, PhantomData<T>);

impl<'de, T: Element> DeserializeSeed<'de> for Elements<'_, '_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de, T: Element> Visitor<'de> for Elements<'_, '_, T> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        while let Some(element) = elements.next_element::<T>()? {
            if let Err(failure) = element.push(self.0) {
                let stop = A::Error::custom(&failure);
                self.0.failure = Some(failure);
                return Err(stop);
            }
        }
        Ok(())
    }
}

/// Properties that have a place, by its number.
trait Slots {
    type Texts: Default + AsMut<[String]>;

    /// The place of a property of this name; `None` where it is not read.
    fn place(key: &str) -> Option<usize>;
}

#[derive(Default)]
struct NodeSlots;

#[derive(Default)]
struct EdgeSlots;

impl Slots for NodeSlots {
    type Texts = [String; 1];

    fn place(key: &str) -> Option<usize> {
        (key == INCHI_KEY.0).then_some(0)
    }
}

impl Slots for EdgeSlots {
    type Texts = [String; ATTRIBUTES.len()];

    fn place(key: &str) -> Option<usize> {
        let key = SYNONYMS.iter().find(|(known, _)| *known == key).map_or(key, |(_, plural)| plural);
        ATTRIBUTES.iter().position(|(name, _)| *name == key)
    }
}

/// The properties of a node or an edge: the texts of those that have a place, and the names of the others.
#[derive(Default)]
struct Properties<S: Slots> {
    texts: S::Texts,
    unread: Vec<String>,
}

impl<'de, S: Slots> Deserialize<'de> for Properties<S> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_map(PropertiesVisitor(PhantomData))
    }
}

struct PropertiesVisitor<S>(PhantomData<S>);

impl<'de, S: Slots> Visitor<'de> for PropertiesVisitor<S> {
    type Value = Properties<S>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object with properties")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Properties<S>, A::Error> {
        let mut properties = Properties { texts: S::Texts::default(), unread: Vec::new() };
        while let Some(key) = map.next_key::<String>()? {
            if let Some(place) = S::place(&key) {
                let Text(text) = map.next_value()?;
                let known: &mut String = &mut AsMut::<[String]>::as_mut(&mut properties.texts)[place];
                join(known, text.trim());
            } else {
                map.next_value::<IgnoredAny>()?;
                properties.unread.push(key);
            }
        }
        Ok(properties)
    }
}

/// A value as a text: empty for null, the parts of a list joined.
#[derive(Default)]
struct Text(String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text, a number or a list of them")
    }

    fn visit_str<E>(self, text: &str) -> Result<Text, E> {
        Ok(Text(text.into()))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Text, E> {
        Ok(Text(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Text, E> {
        Ok(Text(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Text, E> {
        Ok(Text(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Text, E> {
        Ok(Text(value.to_string()))
    }

    fn visit_unit<E>(self) -> Result<Text, E> {
        Ok(Text::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Text, A::Error> {
        let mut joined = String::new();
        while let Some(Text(part)) = parts.next_element()? {
            join(&mut joined, part.trim());
        }
        Ok(Text(joined))
    }
}

fn join(list: &mut String, part: &str) {
    if !list.is_empty() && !part.is_empty() {
        list.push(LIST_SEPARATOR);
    }
    list.push_str(part);
}

/// Counts the lines of what is read through it.
struct CountingLines<'l, R> {
    reader: R,
    line: &'l Cell<u64>,
}

impl<R: Read> Read for CountingLines<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        let lines = memchr_iter(b'\n', &buffer[..read]).count() as u64;
        if lines > 0 {
            self.line.set(self.line.get() + lines);
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use theriac_graph::AttributeValues;

    use super::*;

    const DOCUMENT: &str = r#"{
  "metanode_kinds": ["Compound", "Gene"],
  "metaedge_tuples": [["Gene", "Gene", "regulates", "forward"]],
  "kind_to_abbrev": {"Gene": "G"},
  "nodes": [
    {"kind": "Gene", "identifier": 5345, "name": "SERPINF2", "data": {"chromosome": "17", "source": "Entrez Gene"}},
    {"kind": "Gene", "identifier": 4931, "name": "NVL", "data": {"chromosome": "1"}},
    {
      "kind": "Compound", "identifier": "DB01106", "name": "Levocabastine",
      "data": {"inchikey": "InChIKey=ZCGOMHNNNFPNMX-KYTRFIICSA-N"}
    }
  ],
  "edges": [
    {
      "source_id": ["Compound", "DB01106"], "target_id": ["Gene", 4931], "kind": "downregulates", "direction": "both",
      "data": {"source": "LINCS L1000", "z_score": -4.156, "method": "measured", "unbiased": true}
    },
    {
      "source_id": ["Compound", "DB01106"], "target_id": ["Gene", 5345], "kind": "binds", "direction": "both",
      "data": {"sources": ["DrugBank", "BindingDB"], "pubmed_ids": [12, 13], "affinity_nM": 30, "novelty": null}
    },
    {"source_id": ["Gene", 5345], "target_id": ["Gene", 4931], "kind": "regulates", "direction": "backward", "data": {}},
    {"source_id": ["Gene", 5345], "target_id": ["Gene", 4931], "kind": "interacts", "direction": "both"}
  ]
}
"#;

    fn read_text(text: &str) -> Result<Graph, FormatError> {
        read(&Input::from_bytes("h.json", text.as_bytes().to_vec()))
    }

    fn message(from: &str, to: &str) -> String {
        assert_eq!(DOCUMENT.matches(from).count(), 1, "{from}");
        read_text(&DOCUMENT.replace(from, to)).unwrap_err().to_string()
    }

    #[test]
    fn nodes_edges_and_properties_are_read() {
        let graph = read_text(DOCUMENT).unwrap();
        assert_eq!(read_text(&format!("\u{feff}{DOCUMENT}")).unwrap(), graph);
        let genes = graph.node_type("gene").unwrap().1;
        assert_eq!((genes.ids[1].as_str(), genes.names[1].as_str()), ("ncbigene:4931", "NVL"));
        let compounds = graph.node_type("compound").unwrap().1;
        assert_eq!(compounds.ids, ["drugbank:DB01106"]);
        assert_eq!(compounds.xrefs[0], ["inchikey:ZCGOMHNNNFPNMX-KYTRFIICSA-N"]);
        let relations: Vec<_> = graph
            .relations()
            .iter()
            .map(|relation| {
                (relation.key.to_string(), relation.undirected, relation.forward.pairs().next().unwrap())
            })
            .collect();
        let expected = [
            ("compound:downregulates:gene", false, (0, 1)),
            ("compound:binds:gene", false, (0, 0)),
            ("gene:regulates:gene", false, (1, 0)),
            ("gene:interacts:gene", true, (0, 1)),
        ];
        assert_eq!(relations, expected.map(|(key, undirected, pair)| (key.to_owned(), undirected, pair)));
        let text = |relation: usize, name: &str| graph.relations()[relation].attribute(name)?.text(0);
        assert_eq!(text(0, "sources").unwrap(), "LINCS L1000");
        assert_eq!(text(0, "unbiased").unwrap(), "true");
        assert_eq!(text(1, "sources").unwrap(), "DrugBank|BindingDB");
        assert_eq!(text(1, "pubmed_ids").unwrap(), "12|13");
        assert_eq!(text(1, "z_score"), None);
        assert_eq!(graph.relations()[0].attribute("z_score"), Some(&AttributeValues::Numbers(vec![-4.156])));
        assert_eq!(
            graph.provenance().decisions,
            [
                "property 'novelty' of 1 edges not read",
                "property 'chromosome' of 2 nodes not read",
                "property 'source' of 1 nodes not read",
            ]
        );
    }

    #[test]
    fn bad_documents_are_one_clear_sentence() {
        let expected = "expected an object with the nodes and edges of Hetionet's JSON";
        assert_eq!(
            message("\"backward\"", "\"sideways\""),
            format!(
                "h.json:22: found unknown variant `sideways`, expected one of `both`, `forward`, `backward`; {expected}"
            )
        );
        assert_eq!(
            message("\"identifier\": 4931, ", ""),
            format!("h.json:7: found missing field `identifier`; {expected}")
        );
        assert_eq!(
            message("\"identifier\": 4931", "\"identifier\": \" \""),
            "h.json:7: found an empty id; expected the id of a node"
        );
        assert_eq!(
            message("\"kind\": \"interacts\"", "\"kind\": \"a:b\""),
            "h.json:23: found 'a:b' for a relation; expected a name without ':'"
        );
        assert_eq!(
            message("\"edges\"", "\"links\""),
            format!("h.json:25: found missing field `edges`; {expected}")
        );
        assert_eq!(
            message("}\n  ]\n}\n", "}\n  ]\n"),
            format!("h.json:25: found EOF while parsing an object; {expected}")
        );
        assert_eq!(
            message("[\"Compound\", \"Gene\"]", "[,]"),
            format!("h.json:2: found expected value; {expected}")
        );
        assert_eq!(
            read_text("[]").unwrap_err().to_string(),
            format!(
                "h.json:1: found invalid type: sequence, expected an object with nodes and edges; {expected}"
            )
        );
        let none = r#"{"nodes":[{"kind":"a","identifier":1}],"edges":[]}"#;
        assert_eq!(read_text(none).unwrap_err().to_string(), "h.json holds no edges; expected at least one");
    }

    #[test]
    fn the_form_is_told_by_its_keys() {
        assert!(detect(DOCUMENT.as_bytes()));
        assert!(!detect(br#"{"nodes": [], "edges": []}"#));
        assert!(!detect(b"[\"metanode_kinds\"]"));
    }

    proptest! {
        /// Any change of the document gives a graph or an error, never a panic.
        #[test]
        fn no_text_makes_the_reader_panic(place in any::<prop::sample::Index>(), text in "[\\[\\]{}\",:0a]{0,3}") {
            let place = place.index(DOCUMENT.len());
            let _ = read_text(&format!("{}{text}{}", &DOCUMENT[..place], &DOCUMENT[place + 1..]));
            let _ = read_text(&DOCUMENT[..place]);
        }
    }
}
