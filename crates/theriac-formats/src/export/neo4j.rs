//! CSV files for Neo4j's bulk import, `neo4j-admin database import full`.
//!
//! One file of nodes a type (`nodes/drug.csv`), one of relationships a relation (`relationships/drug.treats.disease.csv`),
//! and `import.args` with the options that name them all. Each type has a space of ids of its own. Lists have `|` between
//! their entries. Labels are types in `CamelCase`, relationship types are names of relations in `UPPER_SNAKE_CASE`.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use theriac_graph::{AttributeValues, FolderKind, Graph, LIST_SEPARATOR, NodeTable, Relation};

use super::attribute_columns::{AttributeColumn, Value, attribute_columns, value, values_of};
use super::biolink::{camel_case, snake_case};
use super::draft::{make_folder, write_file};
use super::edges::{edges_once, weight};
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
    empty_types: true,
    empty_relations: true,
    features: false,
    terms: false,
};
const ARGUMENTS: &str = "import.args";
const NODES: &str = "nodes";
const RELATIONSHIPS: &str = "relationships";

/// The writer.
pub(super) struct Neo4j;

impl GraphWriter for Neo4j {
    fn name(&self) -> &'static str {
        "neo4j"
    }

    fn description(&self) -> &'static str {
        "CSV files for neo4j-admin database import"
    }

    fn output(&self) -> Output {
        const KIND: FolderKind =
            FolderKind { what: "Neo4j import", marker: ARGUMENTS, parts: &[ARGUMENTS, NODES, RELATIONSHIPS] };
        Output::Folder(&KIND)
    }

    fn hint(&self, path: &Path) -> Option<String> {
        let folder = path.display();
        Some(format!("to import: (cd {folder} && neo4j-admin database import full @{ARGUMENTS} neo4j)"))
    }

    fn write_draft(&self, graph: &Graph, draft: &Path) -> Result<Vec<String>, FormatError> {
        check_cells(graph, self.name())?;
        let (columns, mut renamed) = attribute_columns(graph, &[]);
        let mut cells = Cells::default();
        make_folder(&draft.join(NODES))?;
        make_folder(&draft.join(RELATIONSHIPS))?;
        let mut arguments = vec![format!("--array-delimiter={LIST_SEPARATOR}")];
        for table in graph.node_tables() {
            let file = format!("{NODES}/{}.csv", file_stem(&table.node_type));
            write_file(&draft.join(&file), |out| nodes(table, &mut cells, out))?;
            arguments.push(format!("--nodes={file}"));
        }
        for relation in graph.relations() {
            let file = format!("{RELATIONSHIPS}/{}.csv", relation.key.file_stem());
            write_file(&draft.join(&file), |out| relationships(graph, relation, &columns, &mut cells, out))?;
            arguments.push(format!("--relationships={file}"));
            if relation.undirected {
                renamed.push(format!(
                    "edges of {} are undirected, and every relationship of Neo4j has a direction: each is written once",
                    relation.key
                ));
            }
        }
        write_file(&draft.join(ARGUMENTS), |out| {
            arguments.iter().try_for_each(|line| writeln!(out, "{line}"))
        })?;
        Ok([CARRIES.lost(graph), renamed, cells.changed()].concat())
    }
}

/// The name of a type as that of a file: as in [`theriac_graph::RelationKey::file_stem`].
fn file_stem(node_type: &str) -> String {
    let safe = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let bytes = node_type.bytes();
    bytes.map(|byte| if safe(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// The name of a space of ids: what stands between parentheses in a header.
fn id_space(node_type: &str) -> String {
    node_type.replace(['(', ')', ',', '"'], "_")
}

fn nodes(table: &NodeTable, cells: &mut Cells, out: &mut BufWriter<File>) -> io::Result<()> {
    let label = camel_case(&table.node_type);
    let mut rows = csv::Writer::from_writer(out);
    let id = format!("id:ID({})", id_space(&table.node_type));
    rows.write_record([id.as_str(), "name", "synonyms:string[]", "xrefs:string[]", ":LABEL"])?;
    for (node, id) in table.ids.iter().enumerate() {
        let (synonyms, xrefs) = (cells.list(&table.synonyms[node]), cells.list(&table.xrefs[node]));
        let name = cells.text(&table.names[node]);
        rows.write_record([id.as_str(), &name, &synonyms, &xrefs, &label])?;
    }
    rows.flush()
}

fn relationships(
    graph: &Graph,
    relation: &Relation,
    columns: &[AttributeColumn<'_>],
    cells: &mut Cells,
    out: &mut BufWriter<File>,
) -> io::Result<()> {
    let (sources, targets) =
        (&graph.node_tables()[relation.source_type], &graph.node_tables()[relation.target_type]);
    let values = values_of(relation, columns);
    let own: Vec<_> =
        columns.iter().zip(&values).filter_map(|(column, values)| Some((column, (*values)?))).collect();
    let mut rows = csv::Writer::from_writer(out);
    rows.write_field(format!(":START_ID({})", id_space(&sources.node_type)))?;
    rows.write_field(format!(":END_ID({})", id_space(&targets.node_type)))?;
    if relation.forward.weights().is_some() {
        rows.write_field("weight:float")?;
    }
    for (column, values) in &own {
        rows.write_field(format!("{}:{}", column.written.replace(':', "_"), property_type(values)))?;
    }
    rows.write_field(":TYPE")?;
    rows.write_record(None::<&[u8]>)?;
    let kind = snake_case(&relation.key.name).to_uppercase();
    for edge in edges_once(relation) {
        rows.write_field(&sources.ids[edge.source as usize])?;
        rows.write_field(&targets.ids[edge.target as usize])?;
        if let Some(weight) = weight(relation, edge) {
            rows.write_field(weight.to_string())?;
        }
        for (_, values) in &own {
            match value(Some(values), edge.place) {
                None => rows.write_field("")?,
                Some(Value::Text(text)) => rows.write_field(cells.text(text).as_bytes())?,
                Some(Value::Number(number)) if number.is_infinite() => {
                    rows.write_field(if number > 0.0 { "Infinity" } else { "-Infinity" })?;
                }
                Some(Value::Number(number)) => rows.write_field(number.to_string())?,
            }
        }
        rows.write_field(&kind)?;
        rows.write_record(None::<&[u8]>)?;
    }
    rows.flush()
}

fn property_type(values: &AttributeValues) -> &'static str {
    match values {
        AttributeValues::Numbers(_) => "double",
        AttributeValues::Texts(texts) if texts.distinct().any(|text| text.contains(LIST_SEPARATOR)) => {
            "string[]"
        }
        AttributeValues::Texts(_) => "string",
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::written;
    use super::*;

    #[test]
    fn the_sample_is_written_as_documented() {
        let (drugs, lost) = written("neo4j", "nodes/drug.csv");
        let expected = "id:ID(drug),name,synonyms:string[],xrefs:string[],:LABEL\n\
                        drugbank:DB1,\"a <b> & \"\"c\"\"\",first|1\u{a6}st,,Drug\n\
                        7,tab here,,mesh:D1,Drug\n";
        assert_eq!(drugs, expected);
        assert_eq!(
            lost,
            [
                "features of drug are not written",
                "the licence is not written: CC0",
                "edges of gene_product:interacts:gene_product are undirected, and every relationship of Neo4j has a \
             direction: each is written once",
                "blanks stand for tabs and line ends in 1 texts",
                "\u{a6} stands for | in 1 synonyms or cross-references",
            ]
        );
        let (binds, _) = written("neo4j", "relationships/drug.binds.gene_product.csv");
        let expected = ":START_ID(drug),:END_ID(gene_product),weight:float,primary_knowledge_source:string[],\
                        year:double,:TYPE\n\
                        drugbank:DB1,7,0.1,ChEMBL|PubMed,,BINDS\n\
                        7,9,-2,,1998,BINDS\n";
        assert_eq!(binds, expected);
        let (interacts, _) = written("neo4j", "relationships/gene_product.interacts.gene_product.csv");
        assert_eq!(interacts, ":START_ID(gene_product),:END_ID(gene_product),:TYPE\n7,9,INTERACTS\n");
        let (arguments, _) = written("neo4j", ARGUMENTS);
        let expected = "--array-delimiter=|\n--nodes=nodes/drug.csv\n--nodes=nodes/gene_product.csv\n\
                        --relationships=relationships/drug.binds.gene_product.csv\n\
                        --relationships=relationships/gene_product.interacts.gene_product.csv\n\
                        --relationships=relationships/gene_product.regulates.gene_product.csv\n";
        assert_eq!(arguments, expected);
        assert!(Neo4j.hint(Path::new("out")).unwrap().contains("cd out && neo4j-admin"));
    }

    #[test]
    fn names_of_types_are_made_fit_for_files_and_headers() {
        assert_eq!(file_stem("a/b c"), "a%2Fb%20c");
        assert_eq!(id_space("gene (human)"), "gene _human_");
    }
}
