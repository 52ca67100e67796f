//! Cytoscape.js JSON: what Cytoscape.js takes as it is, and Cytoscape imports as a network.
//!
//! ```text
//! {"data": {"name": …, "licence": …, "citation": …, "fingerprint": …},
//!  "elements": {
//!   "nodes": [{"data": {"id": …, "type": "drug", "name": …, "synonyms": […], "xrefs": […], "identifier": …}}, …],
//!   "edges": [{"data": {"id": "edge-0", "source": …, "target": …, "relation": "treats", "directed": true, "weight": 0.5}}, …]}}
//! ```

use std::io::{self, Write};
use std::path::Path;

use serde::{Serialize, Serializer};
use theriac_graph::Graph;

use super::attribute_columns::{AttributeColumn, attribute_columns, value, values_of};
use super::draft::write_file;
use super::edges::{edges_once, weight};
use super::identifiers::UniqueIds;
use super::json::JsonObject;
use super::losses::Carries;
use super::{GraphWriter, Output};
use crate::error::FormatError;

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
const EDGE_FIELDS: [&str; 6] = ["id", "source", "target", "relation", "directed", "weight"];

/// The writer.
pub(super) struct Cytoscape;

impl GraphWriter for Cytoscape {
    fn name(&self) -> &'static str {
        "cytoscape"
    }

    fn description(&self) -> &'static str {
        "Cytoscape.js JSON, for web pages and Cytoscape"
    }

    fn output(&self) -> Output {
        Output::File { extension: "cyjs" }
    }

    fn write_draft(&self, graph: &Graph, draft: &Path) -> Result<Vec<String>, FormatError> {
        let (columns, renamed) = attribute_columns(graph, &EDGE_FIELDS);
        let ids = UniqueIds::of(graph);
        write_file(draft, |out| {
            let provenance = graph.provenance();
            out.write_all(b"{\"data\":")?;
            let mut data = JsonObject::begin(out)?;
            data.field("name", &provenance.name)?;
            for (key, text) in [("licence", &provenance.licence), ("citation", &provenance.citation)] {
                if let Some(text) = text {
                    data.field(key, text)?;
                }
            }
            data.field("fingerprint", &graph.fingerprint())?;
            data.end()?;
            out.write_all(b",\n\"elements\":{\"nodes\":[")?;
            nodes(graph, &ids, out)?;
            out.write_all(b"\n],\"edges\":[")?;
            edges(graph, &ids, &columns, out)?;
            out.write_all(b"\n]}}\n")
        })?;
        let mut lost = CARRIES.lost(graph);
        lost.extend(renamed);
        Ok(lost)
    }
}

fn nodes<W: Write>(graph: &Graph, ids: &UniqueIds<'_>, out: &mut W) -> io::Result<()> {
    let mut element = Elements::default();
    for (place, table) in graph.node_tables().iter().enumerate() {
        for node in 0..table.len() {
            let (id, own) = ids.of_node(place, node as u32);
            let mut data = element.begin(out)?;
            data.field("id", id)?;
            data.field("type", &table.node_type)?;
            data.field("name", &table.names[node])?;
            for (key, texts) in [("synonyms", &table.synonyms[node]), ("xrefs", &table.xrefs[node])] {
                if !texts.is_empty() {
                    data.field(key, texts)?;
                }
            }
            if let Some(own) = own {
                data.field("identifier", own)?;
            }
            data.end()?;
            out.write_all(b"}")?;
        }
    }
    Ok(())
}

fn edges<W: Write>(
    graph: &Graph,
    ids: &UniqueIds<'_>,
    columns: &[AttributeColumn<'_>],
    out: &mut W,
) -> io::Result<()> {
    // Nodes and edges share one space of ids.
    let start = ids.unused_start("edge-");
    let mut element = Elements::default();
    let mut number = 0usize;
    for relation in graph.relations() {
        let attributes = values_of(relation, columns);
        for edge in edges_once(relation) {
            let mut data = element.begin(out)?;
            data.field("id", &Shown(format_args!("{start}{number}")))?;
            data.field("source", ids.get(relation.source_type, edge.source))?;
            data.field("target", ids.get(relation.target_type, edge.target))?;
            data.field("relation", &relation.key.name)?;
            data.field("directed", &!relation.undirected)?;
            if let Some(weight) = weight(relation, edge) {
                data.field("weight", &weight)?;
            }
            for (column, values) in columns.iter().zip(&attributes) {
                if let Some(value) = value(*values, edge.place) {
                    data.field(&column.written, &value)?;
                }
            }
            data.end()?;
            out.write_all(b"}")?;
            number += 1;
        }
    }
    Ok(())
}

/// A list of elements, one a line.
#[derive(Default)]
struct Elements {
    begun: bool,
}

impl Elements {
    fn begin<'a, W: Write>(&mut self, out: &'a mut W) -> io::Result<JsonObject<'a, W>> {
        out.write_all(if self.begun { b",\n{\"data\":" } else { b"\n{\"data\":" })?;
        self.begun = true;
        JsonObject::begin(out)
    }
}

/// What is shown, as a JSON string.
struct Shown<'a>(std::fmt::Arguments<'a>);

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::tests::{sample, written};

    #[test]
    fn the_sample_is_written_as_documented() {
        let (text, lost) = written("cytoscape", "out");
        let document: Value = serde_json::from_str(&text).unwrap();
        let expected = json!({
            "data": {"name": "small", "licence": "CC0", "fingerprint": sample().fingerprint()},
            "elements": {
                "nodes": [
                    {"data": {"id": "drugbank:DB1", "type": "drug", "name": "a <b> & \"c\"", "synonyms": ["first", "1|st"]}},
                    {"data": {"id": "drug:7", "type": "drug", "name": "tab\there", "xrefs": ["mesh:D1"], "identifier": "7"}},
                    {"data": {"id": "gene_product:7", "type": "gene_product", "name": "TP53", "identifier": "7"}},
                    {"data": {"id": "9", "type": "gene_product", "name": "Ünï"}},
                ],
                "edges": [
                    {"data": {
                        "id": "edge-0", "source": "drugbank:DB1", "target": "gene_product:7", "relation": "binds",
                        "directed": true, "weight": 0.1, "primary_knowledge_source": ["ChEMBL", "PubMed"],
                    }},
                    {"data": {
                        "id": "edge-1", "source": "drug:7", "target": "9", "relation": "binds", "directed": true,
                        "weight": -2.0, "year": 1998.0,
                    }},
                    {"data": {
                        "id": "edge-2", "source": "gene_product:7", "target": "9", "relation": "interacts",
                        "directed": false,
                    }},
                    {"data": {
                        "id": "edge-3", "source": "9", "target": "gene_product:7", "relation": "regulates",
                        "directed": true,
                    }},
                ],
            },
        });
        assert_eq!(document, expected);
        assert_eq!(lost, ["features of drug are not written"]);
    }
}
