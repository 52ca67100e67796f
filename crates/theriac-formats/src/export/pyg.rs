//! Arrays for PyTorch Geometric: `arrays.npz`, and `schema.json` that says what they are.
//!
//! | array | | |
//! |---|---|---|
//! | `x\|drug` | `[nodes, features]` float32 | features of a type, where it has any |
//! | `edge_index\|drug\|treats\|disease` | `[2, edges]` int64 | indices of sources and targets; undirected edges both ways round |
//! | `edge_weight\|drug\|treats\|disease` | `[edges]` float32 | weights, where there are any |
//!
//! `schema.json` has the node types with ids, names, synonyms and cross-references, the relations with the names of their
//! arrays, the fingerprint, and the licence. In names of arrays `%`, `|`, `/` and `\` of types and relations are
//! percent-encoded.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use npyz::{AutoSerialize, WriterBuilder};
use serde::Serialize;
use theriac_graph::{FolderKind, Graph, NodeTable, Provenance, Relation, RelationKey};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::draft::write_file;
use super::losses::Carries;
use super::{GraphWriter, Output};
use crate::error::FormatError;

const CARRIES: Carries = Carries {
    names: true,
    synonyms: true,
    xrefs: true,
    features: true,
    weights: true,
    empty_types: true,
    empty_relations: true,
    terms: true,
    attributes: false,
};
const ARRAYS: &str = "arrays.npz";
const SCHEMA: &str = "schema.json";
/// More than the header of an array takes.
const HEADER: u64 = 1 << 12;

/// The writer.
pub(super) struct Pyg;

impl GraphWriter for Pyg {
    fn name(&self) -> &'static str {
        "pyg"
    }

    fn description(&self) -> &'static str {
        "arrays.npz and schema.json, for PyTorch Geometric's HeteroData"
    }

    fn output(&self) -> Output {
        const KIND: FolderKind =
            FolderKind { what: "folder of arrays", marker: ARRAYS, parts: &[ARRAYS, SCHEMA] };
        Output::Folder(&KIND)
    }

    fn write_draft(&self, graph: &Graph, draft: &Path) -> Result<Vec<String>, FormatError> {
        write_file(&draft.join(SCHEMA), |out| {
            serde_json::to_writer(&mut *out, &Schema::of(graph))?;
            out.write_all(b"\n")
        })?;
        write_file(&draft.join(ARRAYS), |out| arrays(graph, out))?;
        Ok(CARRIES.lost(graph))
    }
}

#[derive(Serialize)]
struct Schema<'a> {
    node_types: Vec<NodeTypeEntry<'a>>,
    relations: Vec<RelationEntry<'a>>,
    fingerprint: String,
    provenance: &'a Provenance,
}

#[derive(Serialize)]
struct NodeTypeEntry<'a> {
    #[serde(rename = "type")]
    node_type: &'a str,
    nodes: usize,
    /// Name of the array of features.
    x: Option<String>,
    /// What the features are.
    features: Option<&'a str>,
    ids: &'a [String],
    names: &'a [String],
    synonyms: &'a [Vec<String>],
    xrefs: &'a [Vec<String>],
}

#[derive(Serialize)]
struct RelationEntry<'a> {
    /// Source type, name and target type: what `HeteroData` calls an edge type.
    edge_type: [&'a str; 3],
    edges: usize,
    undirected: bool,
    edge_index: String,
    edge_weight: Option<String>,
}

impl<'a> Schema<'a> {
    fn of(graph: &'a Graph) -> Self {
        let node_types = graph.node_tables().iter().map(|table| NodeTypeEntry {
            node_type: &table.node_type,
            nodes: table.len(),
            x: table.features.as_ref().map(|_| x_array(table)),
            features: table.features.as_ref().map(|features| features.name.as_str()),
            ids: &table.ids,
            names: &table.names,
            synonyms: &table.synonyms,
            xrefs: &table.xrefs,
        });
        let relations = graph.relations().iter().map(|relation| RelationEntry {
            edge_type: [&relation.key.source, &relation.key.name, &relation.key.target],
            edges: relation.edge_count(),
            undirected: relation.undirected,
            edge_index: edge_array("edge_index", &relation.key),
            edge_weight: relation.forward.weights().map(|_| edge_array("edge_weight", &relation.key)),
        });
        Self {
            node_types: node_types.collect(),
            relations: relations.collect(),
            fingerprint: graph.fingerprint(),
            provenance: graph.provenance(),
        }
    }
}

fn arrays(graph: &Graph, out: &mut BufWriter<File>) -> io::Result<()> {
    let mut npz = ZipWriter::new(out);
    for table in graph.node_tables() {
        if let Some(features) = &table.features {
            let shape = [table.len() as u64, features.dim as u64];
            array(&mut npz, &x_array(table), &shape, features.values.iter().copied())?;
        }
    }
    for relation in graph.relations() {
        let Relation { key, forward, .. } = relation;
        let edges = forward.len() as u64;
        let index = forward.pairs().map(|(source, _)| source).chain(forward.indices().iter().copied());
        array(&mut npz, &edge_array("edge_index", key), &[2, edges], index.map(i64::from))?;
        if let Some(weights) = forward.weights() {
            array(&mut npz, &edge_array("edge_weight", key), &[edges], weights.iter().copied())?;
        }
    }
    npz.finish()?;
    Ok(())
}

fn array<T: AutoSerialize>(
    npz: &mut ZipWriter<&mut BufWriter<File>>,
    name: &str,
    shape: &[u64],
    values: impl Iterator<Item = T>,
) -> io::Result<()> {
    let bytes = shape.iter().product::<u64>() * size_of::<T>() as u64 + HEADER;
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default())
        .large_file(bytes > u64::from(u32::MAX));
    npz.start_file(format!("{name}.npy"), options)?;
    // An array is written number by number, and each write to an archive updates a checksum.
    let mut out = BufWriter::with_capacity(1 << 16, npz);
    let mut writer =
        npyz::WriteOptions::<T>::new().default_dtype().shape(shape).writer(&mut out).begin_nd()?;
    writer.extend(values)?;
    writer.finish()?;
    out.flush()
}

fn x_array(table: &NodeTable) -> String {
    format!("x|{}", encoded(&table.node_type))
}

fn edge_array(what: &str, key: &RelationKey) -> String {
    let [source, name, target] = [&key.source, &key.name, &key.target].map(|part| encoded(part));
    format!("{what}|{source}|{name}|{target}")
}

fn encoded(name: &str) -> String {
    name.chars()
        .map(
            |c| {
                if matches!(c, '%' | '|' | '/' | '\\') { format!("%{:02X}", c as u32) } else { c.to_string() }
            },
        )
        .collect()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use npyz::{Deserialize, NpyFile};
    use serde_json::{Value, json};

    use super::super::tests::sample;
    use super::*;

    fn read<T: Deserialize>(npz: &Path, name: &str) -> (Vec<u64>, Vec<T>) {
        let mut archive = zip::ZipArchive::new(File::open(npz).unwrap()).unwrap();
        let mut member = archive.by_name(&format!("{name}.npy")).unwrap();
        assert_eq!(member.compression(), CompressionMethod::Stored);
        let mut bytes = Vec::new();
        member.read_to_end(&mut bytes).unwrap();
        let array = NpyFile::new(&bytes[..]).unwrap();
        (array.shape().to_vec(), array.into_vec().unwrap())
    }

    #[test]
    fn arrays_and_schema_say_the_same_as_the_graph() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("out");
        let lost = Pyg.write(&sample(), &folder).unwrap().lost;
        assert_eq!(lost, ["edge attributes primary_knowledge_source, year are not written"]);
        let npz = folder.join(ARRAYS);
        assert_eq!(read::<f32>(&npz, "x|drug"), (vec![2, 2], vec![1.0, 2.0, 3.0, 4.5]));
        let binds = "drug|binds|gene_product";
        assert_eq!(read::<i64>(&npz, &format!("edge_index|{binds}")), (vec![2, 2], vec![0, 1, 0, 1]));
        assert_eq!(read::<f32>(&npz, &format!("edge_weight|{binds}")), (vec![2], vec![0.1, -2.0]));
        let interacts = read::<i64>(&npz, "edge_index|gene_product|interacts|gene_product");
        assert_eq!(interacts, (vec![2, 2], vec![0, 1, 1, 0]));
        let schema: Value = serde_json::from_slice(&std::fs::read(folder.join(SCHEMA)).unwrap()).unwrap();
        assert_eq!(schema["fingerprint"], sample().fingerprint());
        assert_eq!(schema["provenance"]["licence"], "CC0");
        let drugs = json!({
            "type": "drug", "nodes": 2, "x": "x|drug", "features": "mass", "ids": ["drugbank:DB1", "7"],
            "names": ["a <b> & \"c\"", "tab\there"], "synonyms": [["first", "1|st"], []], "xrefs": [[], ["mesh:D1"]],
        });
        assert_eq!(schema["node_types"][0], drugs);
        let interacts = json!({
            "edge_type": ["gene_product", "interacts", "gene_product"], "edges": 1, "undirected": true,
            "edge_index": "edge_index|gene_product|interacts|gene_product", "edge_weight": null,
        });
        assert_eq!(schema["relations"][1], interacts);
    }

    #[test]
    fn no_two_relations_share_an_array() {
        let arrays = [("a|b", "c", "d"), ("a", "b|c", "d"), ("a%7Cb", "c", "d"), ("a/b", "c", "d")]
            .map(|(source, name, target)| edge_array("edge_index", &RelationKey::new(source, name, target)));
        assert_eq!(
            arrays,
            [
                "edge_index|a%7Cb|c|d",
                "edge_index|a|b%7Cc|d",
                "edge_index|a%257Cb|c|d",
                "edge_index|a%2Fb|c|d",
            ]
        );
    }
}
