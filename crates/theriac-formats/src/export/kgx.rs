//! KGX, the exchange form of the Biolink model, as tables (`nodes.tsv`, `edges.tsv`) and as JSON lines.
//!
//! Nodes have `id`, `category`, `name`, `xref`, `synonym`; edges `id`, `subject`, `predicate`, `object`,
//! `primary_knowledge_source`, `knowledge_level`, `agent_type`, `weight` and every other attribute. What the Biolink model
//! cannot say stands in columns of our own, which other tools pass over:
//!
//! - `theriac_type` of a node: its type, since several types share a category;
//! - `theriac_id` of a node, only where ids are shared by two types, and there only on these nodes: its own id, where `id` is
//!   `type:id`;
//! - `theriac_relation` of an edge: its relation as `source:name:target`;
//! - `directed` of an edge: false where an edge and its mirror image are one; it stands once then.
//!
//! Tables are not quoted: cells are what stands between the tabs. Lists have `|` between their entries in tables and are
//! arrays in JSON lines. Knowledge level and agent type are `not_provided` where the graph does not tell, as the model says.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use theriac_graph::{FolderKind, Graph, LIST_SEPARATOR};

use super::attribute_columns::{AttributeColumn, Value, attribute_columns, value, values_of};
use super::biolink::{category, predicate};
use super::draft::write_file;
use super::edges::{edges_once, weight};
use super::identifiers::UniqueIds;
use super::json::JsonObject;
use super::losses::Carries;
use super::texts::{Cells, check_cells};
use super::{GraphWriter, Output};
use crate::error::FormatError;

const CARRIES: Carries = Carries {
    names: true,
    synonyms: true,
    xrefs: true,
    weights: true,
    attributes: true,
    features: false,
    empty_types: false,
    empty_relations: false,
    terms: false,
};
const NODES_TSV: &str = "nodes.tsv";
const EDGES_TSV: &str = "edges.tsv";
const NODES_JSONL: &str = "nodes.jsonl";
const EDGES_JSONL: &str = "edges.jsonl";
/// Columns of edges that are not attributes of the graph.
const OWN: [&str; 6] = ["subject", "predicate", "object", "theriac_relation", "directed", "weight"];
/// Columns that every edge has, whether or not the graph has an attribute of that name.
const EXPECTED: [(&str, &str); 4] = [
    ("id", ""),
    ("primary_knowledge_source", ""),
    ("knowledge_level", NOT_PROVIDED),
    ("agent_type", NOT_PROVIDED),
];
const NOT_PROVIDED: &str = "not_provided";
/// Slots that are arrays in JSON lines even where they have one entry.
const MULTIVALUED: [&str; 4] =
    ["publications", "has_evidence", "aggregator_knowledge_source", "supporting_data_source"];

/// The writer of tables.
pub(super) struct KgxTsv;

impl GraphWriter for KgxTsv {
    fn name(&self) -> &'static str {
        "kgx"
    }

    fn description(&self) -> &'static str {
        "KGX tables (Biolink model): nodes.tsv and edges.tsv"
    }

    fn output(&self) -> Output {
        const KIND: FolderKind =
            FolderKind { what: "KGX folder", marker: NODES_TSV, parts: &[NODES_TSV, EDGES_TSV] };
        Output::Folder(&KIND)
    }

    fn write_draft(&self, graph: &Graph, draft: &Path) -> Result<Vec<String>, FormatError> {
        check_cells(graph, self.name())?;
        let (edges, renamed) = EdgeColumns::of(graph);
        let mut cells = Cells::default();
        write_file(&draft.join(NODES_TSV), |out| nodes_tsv(graph, &edges.ids, &mut cells, out))?;
        write_file(&draft.join(EDGES_TSV), |out| edges.tsv(&mut cells, out))?;
        Ok([CARRIES.lost(graph), renamed, cells.changed()].concat())
    }
}

/// The writer of JSON lines.
pub(super) struct KgxJsonLines;

impl GraphWriter for KgxJsonLines {
    fn name(&self) -> &'static str {
        "kgx-jsonl"
    }

    fn description(&self) -> &'static str {
        "KGX JSON lines (Biolink model): nodes.jsonl and edges.jsonl"
    }

    fn output(&self) -> Output {
        const KIND: FolderKind =
            FolderKind { what: "KGX folder", marker: NODES_JSONL, parts: &[NODES_JSONL, EDGES_JSONL] };
        Output::Folder(&KIND)
    }

    fn write_draft(&self, graph: &Graph, draft: &Path) -> Result<Vec<String>, FormatError> {
        let (edges, renamed) = EdgeColumns::of(graph);
        write_file(&draft.join(NODES_JSONL), |out| nodes_jsonl(graph, &edges.ids, out))?;
        write_file(&draft.join(EDGES_JSONL), |out| edges.jsonl(out))?;
        Ok([CARRIES.lost(graph), renamed].concat())
    }
}

fn nodes_tsv(
    graph: &Graph,
    ids: &UniqueIds<'_>,
    cells: &mut Cells,
    out: &mut BufWriter<File>,
) -> io::Result<()> {
    let own_ids = ids.any_qualified();
    let last = if own_ids { "\ttheriac_id" } else { "" };
    writeln!(out, "id\tcategory\tname\txref\tsynonym\ttheriac_type{last}")?;
    for (place, table) in graph.node_tables().iter().enumerate() {
        let (category, node_type) = (category(&table.node_type), &table.node_type);
        for node in 0..table.len() {
            let (id, own) = ids.of_node(place, node as u32);
            let (xref, synonym) = (cells.list(&table.xrefs[node]), cells.list(&table.synonyms[node]));
            let name = cells.text(&table.names[node]);
            write!(out, "{id}\t{category}\t{name}\t{xref}\t{synonym}\t{node_type}")?;
            if own_ids {
                write!(out, "\t{}", own.unwrap_or_default())?;
            }
            out.write_all(b"\n")?;
        }
    }
    Ok(())
}

fn nodes_jsonl(graph: &Graph, ids: &UniqueIds<'_>, out: &mut BufWriter<File>) -> io::Result<()> {
    for (place, table) in graph.node_tables().iter().enumerate() {
        let category = [category(&table.node_type)];
        for node in 0..table.len() {
            let (id, own) = ids.of_node(place, node as u32);
            let mut line = JsonObject::begin(out)?;
            line.field("id", id)?;
            line.field("category", &category)?;
            line.field("name", &table.names[node])?;
            for (key, texts) in [("xref", &table.xrefs[node]), ("synonym", &table.synonyms[node])] {
                if !texts.is_empty() {
                    line.field(key, texts)?;
                }
            }
            line.field("theriac_type", &table.node_type)?;
            if let Some(own) = own {
                line.field("theriac_id", own)?;
            }
            line.end()?;
            out.write_all(b"\n")?;
        }
    }
    Ok(())
}

/// What is said of an edge beside what it joins.
struct EdgeColumns<'a> {
    graph: &'a Graph,
    ids: UniqueIds<'a>,
    attributes: Vec<AttributeColumn<'a>>,
    weighted: bool,
}

impl<'a> EdgeColumns<'a> {
    fn of(graph: &'a Graph) -> (Self, Vec<String>) {
        let (attributes, renamed) = attribute_columns(graph, &OWN);
        let weighted = graph.relations().iter().any(|relation| relation.forward.weights().is_some());
        (Self { graph, ids: UniqueIds::of(graph), attributes, weighted }, renamed)
    }

    /// Places in `attributes` of those of [`EXPECTED`].
    fn expected(&self) -> [Option<usize>; EXPECTED.len()] {
        EXPECTED.map(|(name, _)| self.attributes.iter().position(|column| column.written == name))
    }

    /// Places in `attributes` of all others.
    fn others(&self) -> Vec<usize> {
        let other = |name: &str| EXPECTED.iter().all(|(expected, _)| *expected != name);
        (0..self.attributes.len()).filter(|&place| other(&self.attributes[place].written)).collect()
    }

    fn tsv(&self, cells: &mut Cells, out: &mut BufWriter<File>) -> io::Result<()> {
        let (expected, others) = (self.expected(), self.others());
        out.write_all(b"id\tsubject\tpredicate\tobject")?;
        for (name, _) in &EXPECTED[1..] {
            write!(out, "\t{name}")?;
        }
        out.write_all(b"\ttheriac_relation\tdirected")?;
        if self.weighted {
            out.write_all(b"\tweight")?;
        }
        for &place in &others {
            write!(out, "\t{}", self.attributes[place].written)?;
        }
        out.write_all(b"\n")?;
        for relation in self.graph.relations() {
            let values = values_of(relation, &self.attributes);
            let (stem, predicate, key) =
                (relation.key.file_stem(), predicate(&relation.key.name), &relation.key);
            for (number, edge) in edges_once(relation).enumerate() {
                let given = |place: Option<usize>| place.and_then(|place| value(values[place], edge.place));
                match given(expected[0]) {
                    Some(id) => write_cell(id, cells, out)?,
                    None => write!(out, "{stem}-{number}")?,
                }
                let subject = self.ids.get(relation.source_type, edge.source);
                let object = self.ids.get(relation.target_type, edge.target);
                write!(out, "\t{subject}\t{predicate}\t{object}")?;
                for (&place, (_, default)) in expected.iter().zip(EXPECTED).skip(1) {
                    out.write_all(b"\t")?;
                    write_cell(given(place).unwrap_or(Value::Text(default)), cells, out)?;
                }
                write!(out, "\t{key}\t{}", !relation.undirected)?;
                if self.weighted {
                    out.write_all(b"\t")?;
                    if let Some(weight) = weight(relation, edge) {
                        write!(out, "{weight}")?;
                    }
                }
                for &place in &others {
                    out.write_all(b"\t")?;
                    if let Some(value) = given(Some(place)) {
                        write_cell(value, cells, out)?;
                    }
                }
                out.write_all(b"\n")?;
            }
        }
        Ok(())
    }

    fn jsonl(&self, out: &mut BufWriter<File>) -> io::Result<()> {
        let (expected, others) = (self.expected(), self.others());
        for relation in self.graph.relations() {
            let values = values_of(relation, &self.attributes);
            let (stem, predicate) = (relation.key.file_stem(), predicate(&relation.key.name));
            for (number, edge) in edges_once(relation).enumerate() {
                let given = |place: Option<usize>| place.and_then(|place| value(values[place], edge.place));
                let mut line = JsonObject::begin(out)?;
                match given(expected[0]) {
                    Some(id) => line.field("id", &id)?,
                    None => line.field("id", &format!("{stem}-{number}"))?,
                }
                line.field("subject", self.ids.get(relation.source_type, edge.source))?;
                line.field("predicate", &predicate)?;
                line.field("object", self.ids.get(relation.target_type, edge.target))?;
                for (&place, (name, default)) in expected.iter().zip(EXPECTED).skip(1) {
                    if let Some(value) =
                        given(place).or(Some(Value::Text(default)).filter(|_| !default.is_empty()))
                    {
                        line.field(name, &value)?;
                    }
                }
                line.field("theriac_relation", &relation.key)?;
                line.field("directed", &!relation.undirected)?;
                if let Some(weight) = weight(relation, edge) {
                    line.field("weight", &weight)?;
                }
                for &place in &others {
                    let name = &self.attributes[place].written;
                    match given(Some(place)) {
                        None => (),
                        Some(Value::Text(text)) if MULTIVALUED.contains(&name.as_str()) => {
                            line.field(name, &text.split(LIST_SEPARATOR).collect::<Vec<_>>())?;
                        }
                        Some(value) => line.field(name, &value)?,
                    }
                }
                line.end()?;
                out.write_all(b"\n")?;
            }
        }
        Ok(())
    }
}

fn write_cell(value: Value<'_>, cells: &mut Cells, out: &mut BufWriter<File>) -> io::Result<()> {
    match value {
        Value::Number(number) => write!(out, "{number}"),
        Value::Text(text) => out.write_all(cells.text(text).as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::tests::written;

    const LOST: [&str; 2] = ["features of drug are not written", "the licence is not written: CC0"];

    #[test]
    fn tables_are_written_as_documented() {
        let (nodes, lost) = written("kgx", "nodes.tsv");
        let expected = "id\tcategory\tname\txref\tsynonym\ttheriac_type\ttheriac_id\n\
                        drugbank:DB1\tbiolink:Drug\ta <b> & \"c\"\t\tfirst|1\u{a6}st\tdrug\t\n\
                        drug:7\tbiolink:Drug\ttab here\tmesh:D1\t\tdrug\t7\n\
                        gene_product:7\tbiolink:GeneProduct\tTP53\t\t\tgene_product\t7\n\
                        9\tbiolink:GeneProduct\tÜnï\t\t\tgene_product\t\n";
        assert_eq!(nodes, expected);
        let changed = [
            "blanks stand for tabs and line ends in 1 texts",
            "\u{a6} stands for | in 1 synonyms or cross-references",
        ];
        assert_eq!(lost, [LOST, changed].concat());
        let (edges, _) = written("kgx", "edges.tsv");
        let expected = "id\tsubject\tpredicate\tobject\tprimary_knowledge_source\tknowledge_level\tagent_type\t\
                        theriac_relation\tdirected\tweight\tyear\n\
                        drug.binds.gene_product-0\tdrugbank:DB1\tbiolink:directly_physically_interacts_with\t\
                        gene_product:7\tChEMBL|PubMed\tnot_provided\tnot_provided\tdrug:binds:gene_product\ttrue\t0.1\t\n\
                        drug.binds.gene_product-1\tdrug:7\tbiolink:directly_physically_interacts_with\t9\t\t\
                        not_provided\tnot_provided\tdrug:binds:gene_product\ttrue\t-2\t1998\n\
                        gene_product.interacts.gene_product-0\tgene_product:7\tbiolink:interacts_with\t9\t\t\
                        not_provided\tnot_provided\tgene_product:interacts:gene_product\tfalse\t\t\n\
                        gene_product.regulates.gene_product-0\t9\tbiolink:regulates\tgene_product:7\t\t\
                        not_provided\tnot_provided\tgene_product:regulates:gene_product\ttrue\t\t\n";
        assert_eq!(edges, expected);
    }

    #[test]
    fn json_lines_are_written_as_documented() {
        let (nodes, lost) = written("kgx-jsonl", "nodes.jsonl");
        assert_eq!(lost, LOST);
        let lines = |text: &str| -> Vec<Value> {
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
        };
        let nodes = lines(&nodes);
        assert_eq!(nodes.len(), 4);
        let expected = json!({
            "id": "drug:7", "category": ["biolink:Drug"], "name": "tab\there", "xref": ["mesh:D1"], "theriac_type": "drug",
            "theriac_id": "7",
        });
        assert_eq!(nodes[1], expected);
        assert_eq!(nodes[0]["synonym"], json!(["first", "1|st"]));
        let (edges, _) = written("kgx-jsonl", "edges.jsonl");
        let edges = lines(&edges);
        assert_eq!(edges.len(), 4);
        let expected = json!({
            "id": "drug.binds.gene_product-0", "subject": "drugbank:DB1",
            "predicate": "biolink:directly_physically_interacts_with", "object": "gene_product:7",
            "primary_knowledge_source": ["ChEMBL", "PubMed"], "knowledge_level": "not_provided",
            "agent_type": "not_provided", "theriac_relation": "drug:binds:gene_product", "directed": true,
            "weight": 0.1,
        });
        assert_eq!(edges[0], expected);
        assert_eq!((&edges[1]["year"], &edges[2]["directed"]), (&json!(1998.0), &json!(false)));
    }
}
