//! `GraphML`: what `yEd`, Cytoscape, Gephi, `NetworkX` and igraph read.
//!
//! Nodes carry `type`, `name`, `synonyms` and `xrefs` (several with `|` between), edges `relation`, `weight` and the
//! graph's own attributes. A graph in which every relation is undirected has `edgedefault="undirected"`. In any other,
//! undirected edges stand once with `directed` = false as data: the `directed` attribute that `GraphML` has for this makes
//! `NetworkX` refuse the whole file.

use std::fmt::{self, Display};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use theriac_graph::{Graph, LIST_SEPARATOR};

use super::attribute_columns::{AttributeColumn, Value, attribute_columns, value, values_of};
use super::draft::write_file;
use super::edges::{edges_once, weight};
use super::identifiers::UniqueIds;
use super::losses::Carries;
use super::texts::check_keys;
use super::{GraphWriter, Output};
use crate::error::FormatError;

const NAME: &str = "graphml";
const CARRIES: Carries = Carries {
    names: true,
    synonyms: true,
    xrefs: true,
    weights: true,
    attributes: true,
    terms: true,
    features: false,
    empty_types: false,
    empty_relations: false,
};
const OPENING: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">
"#;
const GRAPH_KEYS: [&str; 4] = ["name", "licence", "citation", "fingerprint"];
const NODE_KEYS: [&str; 5] = ["type", "name", "synonyms", "xrefs", "identifier"];
const EDGE_KEYS: [(&str, &str); 3] = [("relation", "string"), ("weight", "double"), ("directed", "boolean")];
/// Names that `NetworkX` and Cytoscape give to edges themselves.
const RESERVED: [&str; 6] = ["relation", "weight", "directed", "id", "source", "target"];

/// The writer.
pub(super) struct GraphMl;

impl GraphWriter for GraphMl {
    fn name(&self) -> &'static str {
        NAME
    }

    fn description(&self) -> &'static str {
        "GraphML, for Cytoscape, yEd, Gephi, NetworkX and igraph"
    }

    fn output(&self) -> Output {
        Output::File { extension: "graphml" }
    }

    fn write_draft(&self, graph: &Graph, draft: &Path) -> Result<Vec<String>, FormatError> {
        check_keys(graph, NAME, "characters that XML forbids", forbidden)?;
        let (columns, renamed) = attribute_columns(graph, &RESERVED);
        let mut document = Document { graph, ids: UniqueIds::of(graph), columns, replaced: 0 };
        write_file(draft, |out| {
            document.open(out)?;
            document.nodes(out)?;
            document.edges(out)?;
            out.write_all(b"  </graph>\n</graphml>\n")
        })?;
        let mut lost = CARRIES.lost(graph);
        lost.extend(renamed);
        if document.replaced > 0 {
            lost.push(format!(
                "\u{fffd} stands for characters that XML forbids in {} texts",
                document.replaced
            ));
        }
        Ok(lost)
    }
}

struct Document<'a> {
    graph: &'a Graph,
    ids: UniqueIds<'a>,
    columns: Vec<AttributeColumn<'a>>,
    /// Texts with characters that XML forbids.
    replaced: usize,
}

impl Document<'_> {
    fn open(&mut self, out: &mut BufWriter<File>) -> io::Result<()> {
        out.write_all(OPENING.as_bytes())?;
        let key = |out: &mut BufWriter<File>, of: &str, id: &dyn Display, name: &str, kind: &str| {
            let name = Escaped(name);
            writeln!(out, r#"  <key id="{id}" for="{of}" attr.name="{name}" attr.type="{kind}"/>"#)
        };
        for name in GRAPH_KEYS {
            key(out, "graph", &format_args!("graph_{name}"), name, "string")?;
        }
        // igraph takes every key that is declared for an attribute of all, and a weight for the weight of its algorithms.
        for name in NODE_KEYS.into_iter().filter(|name| *name != "identifier" || self.ids.any_qualified()) {
            key(out, "node", &format_args!("node_{name}"), name, "string")?;
        }
        let weighted = self.graph.relations().iter().any(|relation| relation.forward.weights().is_some());
        let has = |name: &str| match name {
            "weight" => weighted,
            "directed" => !self.is_undirected(),
            _ => true,
        };
        for (name, kind) in EDGE_KEYS.into_iter().filter(|(name, _)| has(name)) {
            key(out, "edge", &format_args!("edge_{name}"), name, kind)?;
        }
        for (place, column) in self.columns.iter().enumerate() {
            let kind = if column.numeric { "double" } else { "string" };
            key(out, "edge", &format_args!("attribute_{place}"), &column.written, kind)?;
        }
        let default = if self.is_undirected() { "undirected" } else { "directed" };
        writeln!(out, r#"  <graph id="G" edgedefault="{default}">"#)?;
        let provenance = self.graph.provenance();
        let fingerprint = self.graph.fingerprint();
        let licence = provenance.licence.as_deref().unwrap_or_default();
        let citation = provenance.citation.as_deref().unwrap_or_default();
        for (name, text) in GRAPH_KEYS.iter().zip([&provenance.name, licence, citation, &fingerprint]) {
            if !text.is_empty() {
                out.write_all(b"    ")?;
                self.data(out, &format_args!("graph_{name}"), text)?;
                out.write_all(b"\n")?;
            }
        }
        Ok(())
    }

    fn nodes(&mut self, out: &mut BufWriter<File>) -> io::Result<()> {
        for (place, table) in self.graph.node_tables().iter().enumerate() {
            for node in 0..table.len() {
                let (id, own) = self.ids.of_node(place, node as u32);
                write!(out, r#"    <node id="{}">"#, Escaped(id))?;
                let own = own.map(str::to_owned);
                self.data(out, &"node_type", &table.node_type)?;
                self.data(out, &"node_name", &table.names[node])?;
                for (key, texts) in
                    [("node_synonyms", &table.synonyms[node]), ("node_xrefs", &table.xrefs[node])]
                {
                    if !texts.is_empty() {
                        self.data(out, &key, &texts.join(&LIST_SEPARATOR.to_string()))?;
                    }
                }
                if let Some(own) = own {
                    self.data(out, &"node_identifier", &own)?;
                }
                out.write_all(b"</node>\n")?;
            }
        }
        Ok(())
    }

    fn edges(&mut self, out: &mut BufWriter<File>) -> io::Result<()> {
        let mixed = !self.is_undirected();
        for relation in self.graph.relations() {
            let attributes = values_of(relation, &self.columns);
            for edge in edges_once(relation) {
                let source = Escaped(self.ids.get(relation.source_type, edge.source));
                let target = Escaped(self.ids.get(relation.target_type, edge.target));
                write!(out, r#"    <edge source="{source}" target="{target}">"#)?;
                self.data(out, &"edge_relation", &relation.key.name)?;
                if let Some(weight) = weight(relation, edge) {
                    write!(out, r#"<data key="edge_weight">{weight}</data>"#)?;
                }
                if mixed {
                    write!(out, r#"<data key="edge_directed">{}</data>"#, !relation.undirected)?;
                }
                for (place, values) in attributes.iter().enumerate() {
                    let key = format_args!("attribute_{place}");
                    match value(*values, edge.place) {
                        None => (),
                        Some(Value::Text(text)) => self.data(out, &key, text)?,
                        Some(Value::Number(number)) if number.is_infinite() => {
                            let number = if number > 0.0 { "INF" } else { "-INF" };
                            write!(out, r#"<data key="{key}">{number}</data>"#)?;
                        }
                        Some(Value::Number(number)) => write!(out, r#"<data key="{key}">{number}</data>"#)?,
                    }
                }
                out.write_all(b"</edge>\n")?;
            }
        }
        Ok(())
    }

    fn is_undirected(&self) -> bool {
        self.graph.relations().iter().all(|relation| relation.undirected)
    }

    fn data(&mut self, out: &mut BufWriter<File>, key: &dyn Display, text: &str) -> io::Result<()> {
        self.replaced += usize::from(text.contains(forbidden));
        write!(out, r#"<data key="{key}">{}</data>"#, Escaped(text))
    }
}

/// A text as it stands in XML, between tags or quotes.
struct Escaped<'a>(&'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some(at) = rest.find(|c| escape(c).is_some()) {
            let (plain, from) = rest.split_at(at);
            f.write_str(plain)?;
            let mut after = from.chars();
            f.write_str(after.next().and_then(escape).unwrap_or_default())?;
            rest = after.as_str();
        }
        f.write_str(rest)
    }
}

fn escape(c: char) -> Option<&'static str> {
    match c {
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '&' => Some("&amp;"),
        '"' => Some("&quot;"),
        // As they are, a reader of XML would make blanks of them.
        '\t' => Some("&#9;"),
        '\n' => Some("&#10;"),
        '\r' => Some("&#13;"),
        c if forbidden(c) => Some("\u{fffd}"),
        _ => None,
    }
}

/// Whether XML 1.0 has no place for the character, escaped or not (section 2.2, "Characters").
fn forbidden(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::super::tests::written;
    use super::*;

    #[test]
    fn the_sample_is_written_as_documented() {
        let (text, lost) = written(NAME, "out");
        let start = r#"    <node id="drugbank:DB1">"#;
        let (head, rest) = text.split_at(text.find(start).unwrap());
        assert!(head.contains(r#"  <key id="attribute_1" for="edge" attr.name="year" attr.type="double"/>"#));
        assert!(head.contains(r#"<graph id="G" edgedefault="directed">"#));
        for key in ["node_identifier", "edge_weight", "edge_directed"] {
            assert!(head.contains(&format!(r#"<key id="{key}""#)), "{key}");
        }
        assert!(head.contains(r#"    <data key="graph_licence">CC0</data>"#));
        let expected = r#"    <node id="drugbank:DB1"><data key="node_type">drug</data><data key="node_name">a &lt;b&gt; &amp; &quot;c&quot;</data><data key="node_synonyms">first|1|st</data></node>
    <node id="drug:7"><data key="node_type">drug</data><data key="node_name">tab&#9;here</data><data key="node_xrefs">mesh:D1</data><data key="node_identifier">7</data></node>
    <node id="gene_product:7"><data key="node_type">gene_product</data><data key="node_name">TP53</data><data key="node_identifier">7</data></node>
    <node id="9"><data key="node_type">gene_product</data><data key="node_name">Ünï</data></node>
    <edge source="drugbank:DB1" target="gene_product:7"><data key="edge_relation">binds</data><data key="edge_weight">0.1</data><data key="edge_directed">true</data><data key="attribute_0">ChEMBL|PubMed</data></edge>
    <edge source="drug:7" target="9"><data key="edge_relation">binds</data><data key="edge_weight">-2</data><data key="edge_directed">true</data><data key="attribute_1">1998</data></edge>
    <edge source="gene_product:7" target="9"><data key="edge_relation">interacts</data><data key="edge_directed">false</data></edge>
    <edge source="9" target="gene_product:7"><data key="edge_relation">regulates</data><data key="edge_directed">true</data></edge>
  </graph>
</graphml>
"#;
        assert_eq!(rest, expected);
        assert_eq!(lost, ["features of drug are not written"]);
    }

    #[test]
    fn texts_are_escaped_and_what_xml_forbids_is_replaced() {
        assert_eq!(
            Escaped("a<b>&\"\t\n\r\u{1}é").to_string(),
            "a&lt;b&gt;&amp;&quot;&#9;&#10;&#13;\u{fffd}é"
        );
        assert_eq!(Escaped("").to_string(), "");
        assert!(forbidden('\u{ffff}') && !forbidden('\u{7f}') && !forbidden('\t'));
    }
}
