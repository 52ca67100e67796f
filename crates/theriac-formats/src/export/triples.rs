//! Triples, as `PyKEEN`, OGB and `BioPathNet` read them: head, relation, tail, with tabs between and no header.
//!
//! | file | columns |
//! |---|---|
//! | `triples.tsv` | head, relation, tail, and the weight where there are any |
//! | `entity_types.tsv` | entity, type |
//! | `entity_names.tsv` | entity, name |
//! | `relations.tsv`, with a header | relation, key (`source:name:target`), undirected (true or false) |
//!
//! Entities are `type::id`, always. A relation is called by its name, and by its key where several have the name. An
//! undirected edge stands once. Tables are not quoted.

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
    empty_relations: true,
    synonyms: false,
    xrefs: false,
    features: false,
    attributes: false,
    empty_types: false,
    terms: false,
};
const TRIPLES: &str = "triples.tsv";
const TYPES: &str = "entity_types.tsv";
const NAMES: &str = "entity_names.tsv";
const RELATIONS: &str = "relations.tsv";

/// The writer.
pub(super) struct Triples;

impl GraphWriter for Triples {
    fn name(&self) -> &'static str {
        "triples"
    }

    fn description(&self) -> &'static str {
        "triples for PyKEEN, OGB and BioPathNet, with entity types and names"
    }

    fn output(&self) -> Output {
        const KIND: FolderKind = FolderKind {
            what: "triples folder",
            marker: TRIPLES,
            parts: &[TRIPLES, TYPES, NAMES, RELATIONS],
        };
        Output::Folder(&KIND)
    }

    fn write_draft(&self, graph: &Graph, draft: &Path) -> Result<Vec<String>, FormatError> {
        check_cells(graph, self.name())?;
        check_kinds(graph, self.name())?;
        let mut cells = Cells::default();
        write_file(&draft.join(TRIPLES), |out| triples(graph, out))?;
        write_file(&draft.join(TYPES), |out| {
            each_entity(graph, |table, _, entity| {
                writeln!(out, "{entity}\t{}", graph.node_tables()[table].node_type)
            })
        })?;
        write_file(&draft.join(NAMES), |out| {
            each_entity(graph, |table, node, entity| {
                writeln!(out, "{entity}\t{}", cells.text(&graph.node_tables()[table].names[node]))
            })
        })?;
        write_file(&draft.join(RELATIONS), |out| {
            out.write_all(b"relation\tkey\tundirected\n")?;
            let mut relations = graph.relations().iter();
            relations.try_for_each(|relation| {
                writeln!(out, "{}\t{}\t{}", called(relation, graph), relation.key, relation.undirected)
            })
        })?;
        Ok([CARRIES.lost(graph), cells.changed()].concat())
    }
}

fn triples(graph: &Graph, out: &mut BufWriter<File>) -> io::Result<()> {
    let weighted = graph.relations().iter().any(|relation| relation.forward.weights().is_some());
    for relation in graph.relations() {
        let (sources, targets) =
            (&graph.node_tables()[relation.source_type].ids, &graph.node_tables()[relation.target_type].ids);
        let (name, key) = (called(relation, graph), &relation.key);
        for edge in edges_once(relation) {
            let (head, tail) = (&sources[edge.source as usize], &targets[edge.target as usize]);
            write!(out, "{}::{head}\t{name}\t{}::{tail}", key.source, key.target)?;
            match weight(relation, edge) {
                Some(weight) => writeln!(out, "\t{weight}")?,
                None if weighted => writeln!(out, "\t")?,
                None => writeln!(out)?,
            }
        }
    }
    Ok(())
}

/// Calls `each` with the place of the type, the index of the node and the entity that stands for it.
fn each_entity(graph: &Graph, mut each: impl FnMut(usize, usize, &str) -> io::Result<()>) -> io::Result<()> {
    for (place, table) in graph.node_tables().iter().enumerate() {
        for (node, id) in table.ids.iter().enumerate() {
            each(place, node, &format!("{}::{id}", table.node_type))?;
        }
    }
    Ok(())
}

/// The name of a relation, or its key where another has the name too.
fn called(relation: &Relation, graph: &Graph) -> String {
    let of_name = graph.relations().iter().filter(|other| other.key.name == relation.key.name);
    if of_name.count() == 1 { relation.key.name.clone() } else { relation.key.to_string() }
}

#[cfg(test)]
mod tests {
    use theriac_graph::{DuplicatePolicy, EdgeList, GraphBuilder, NodeTable, Provenance, RelationKey};

    use super::super::tests::written;
    use super::*;

    #[test]
    fn the_sample_is_written_as_documented() {
        let (triples, _) = written("triples", TRIPLES);
        let expected = "drug::drugbank:DB1\tbinds\tgene_product::7\t0.1\n\
                        drug::7\tbinds\tgene_product::9\t-2\n\
                        gene_product::7\tinteracts\tgene_product::9\t\n\
                        gene_product::9\tregulates\tgene_product::7\t\n";
        assert_eq!(triples, expected);
        let (types, _) = written("triples", TYPES);
        assert!(
            types.starts_with("drug::drugbank:DB1\tdrug\ndrug::7\tdrug\ngene_product::7\tgene_product\n")
        );
        let (names, _) = written("triples", NAMES);
        assert!(names.ends_with("gene_product::7\tTP53\ngene_product::9\tÜnï\n"));
        let (relations, _) = written("triples", RELATIONS);
        let expected = "relation\tkey\tundirected\n\
                        binds\tdrug:binds:gene_product\tfalse\n\
                        interacts\tgene_product:interacts:gene_product\ttrue\n\
                        regulates\tgene_product:regulates:gene_product\tfalse\n";
        assert_eq!(relations, expected);
    }

    #[test]
    fn relations_of_one_name_are_called_by_their_keys() {
        let mut builder = GraphBuilder::new(Provenance::default());
        for node_type in ["drug", "gene"] {
            builder.add_nodes(NodeTable::new(node_type, vec!["1".into()], vec!["1".into()])).unwrap();
        }
        let edges = || EdgeList { sources: vec![0], targets: vec![0], ..EdgeList::default() };
        let relations =
            [("drug", "interacts", "drug"), ("gene", "interacts", "gene"), ("drug", "targets", "gene")]
                .map(|(source, name, target)| (RelationKey::new(source, name, target), edges()));
        builder.add_relations(relations.to_vec(), DuplicatePolicy::Reject).unwrap();
        let graph = builder.build().unwrap();
        let names: Vec<String> = graph.relations().iter().map(|relation| called(relation, &graph)).collect();
        assert_eq!(names, ["drug:interacts:drug", "gene:interacts:gene", "targets"]);
    }
}
