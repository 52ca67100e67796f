//! Hetionet's tables: `nodes.tsv` (id, name, kind) and `edges.sif` (source, metaedge, target).
//!
//! Ids are `kind::id`. Metaedges are in the long notation: `drug - treats - disease`, and `gene > regulates > gene` where
//! edges within one type have a direction. An undirected edge stands once. A fourth column has the weights, where there are
//! any; it is empty in relations without weights. Tables are not quoted.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use theriac_graph::{FolderKind, Graph, Relation};

use super::draft::write_file;
use super::edges::{edges_once, weight};
use super::losses::Carries;
use super::texts::{Cells, check_cells, check_kinds};
use super::{GraphWriter, Output};
use crate::error::FormatError;

const CARRIES: Carries = Carries {
    names: true,
    weights: true,
    synonyms: false,
    xrefs: false,
    features: false,
    attributes: false,
    empty_types: false,
    empty_relations: false,
    terms: false,
};
const NODES: &str = "nodes.tsv";
const EDGES: &str = "edges.sif";

/// The writer.
pub(super) struct Hetionet;

impl GraphWriter for Hetionet {
    fn name(&self) -> &'static str {
        "hetionet"
    }

    fn description(&self) -> &'static str {
        "Hetionet's tables: nodes.tsv and edges.sif"
    }

    fn output(&self) -> Output {
        const KIND: FolderKind =
            FolderKind { what: "Hetionet folder", marker: EDGES, parts: &[NODES, EDGES] };
        Output::Folder(&KIND)
    }

    fn write_draft(&self, graph: &Graph, draft: &Path) -> Result<Vec<String>, FormatError> {
        check_cells(graph, self.name())?;
        check_kinds(graph, self.name())?;
        let mut cells = Cells::default();
        write_file(&draft.join(NODES), |out| nodes(graph, &mut cells, out))?;
        write_file(&draft.join(EDGES), |out| edges(graph, out))?;
        Ok([CARRIES.lost(graph), cells.changed()].concat())
    }
}

fn nodes(graph: &Graph, cells: &mut Cells, out: &mut BufWriter<File>) -> io::Result<()> {
    out.write_all(b"id\tname\tkind\n")?;
    for table in graph.node_tables() {
        let kind = &table.node_type;
        for (id, name) in table.ids.iter().zip(&table.names) {
            writeln!(out, "{kind}::{id}\t{}\t{kind}", cells.text(name))?;
        }
    }
    Ok(())
}

fn edges(graph: &Graph, out: &mut BufWriter<File>) -> io::Result<()> {
    let weighted = graph.relations().iter().any(|relation| relation.forward.weights().is_some());
    writeln!(out, "source\tmetaedge\ttarget{}", if weighted { "\tweight" } else { "" })?;
    for relation in graph.relations() {
        let (sources, targets) =
            (&graph.node_tables()[relation.source_type].ids, &graph.node_tables()[relation.target_type].ids);
        let (metaedge, key) = (metaedge(relation), &relation.key);
        for edge in edges_once(relation) {
            let (source, target) = (&sources[edge.source as usize], &targets[edge.target as usize]);
            write!(out, "{}::{source}\t{metaedge}\t{}::{target}", key.source, key.target)?;
            match weight(relation, edge) {
                Some(weight) => writeln!(out, "\t{weight}")?,
                None if weighted => writeln!(out, "\t")?,
                None => writeln!(out)?,
            }
        }
    }
    Ok(())
}

fn metaedge(relation: &Relation) -> String {
    let key = &relation.key;
    let has_direction = key.source == key.target && !relation.undirected;
    let sign = if has_direction { '>' } else { '-' };
    format!("{} {sign} {} {sign} {}", key.source, key.name, key.target)
}

#[cfg(test)]
mod tests {
    use super::super::tests::written;

    #[test]
    fn the_sample_is_written_as_documented() {
        let (nodes, lost) = written("hetionet", "nodes.tsv");
        let expected = "id\tname\tkind\n\
                        drug::drugbank:DB1\ta <b> & \"c\"\tdrug\n\
                        drug::7\ttab here\tdrug\n\
                        gene_product::7\tTP53\tgene_product\n\
                        gene_product::9\tÜnï\tgene_product\n";
        assert_eq!(nodes, expected);
        assert_eq!(
            lost,
            [
                "synonyms of drug are not written",
                "cross-references of drug are not written",
                "features of drug are not written",
                "edge attributes primary_knowledge_source, year are not written",
                "the licence is not written: CC0",
                "blanks stand for tabs and line ends in 1 texts",
            ]
        );
        let (edges, _) = written("hetionet", "edges.sif");
        let expected = "source\tmetaedge\ttarget\tweight\n\
                        drug::drugbank:DB1\tdrug - binds - gene_product\tgene_product::7\t0.1\n\
                        drug::7\tdrug - binds - gene_product\tgene_product::9\t-2\n\
                        gene_product::7\tgene_product - interacts - gene_product\tgene_product::9\t\n\
                        gene_product::9\tgene_product > regulates > gene_product\tgene_product::7\t\n";
        assert_eq!(edges, expected);
    }
}
