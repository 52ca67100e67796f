//! RDF: N-Triples, N-Quads, Turtle, `TriG` and RDF/XML, be it statements about things or an ontology in OWL.

mod graph;
mod statements;
mod syntax;
#[cfg(test)]
mod tests;
mod vocabulary;

use theriac_graph::{Graph, Provenance};

use crate::Format;
use crate::assembler::{Assembler, NamePolicy};
use crate::edge_list::edge_list_provenance;
use crate::error::FormatError;
use crate::input::{Container, Input};
use statements::Statements;
use syntax::{Prefixes, Syntax};

/// The reader of RDF: one file, or all of them in a folder or archive as one.
///
/// IRIs become compact identifiers as [`crate::contract_iri`] makes them, or else by the prefixes of the document.
/// A node's type is its class (`rdf:type`), by the label of the class or the last part of its IRI; where that says
/// nothing, as in an ontology, where all terms are classes, it is what its prefix stands for: MONDO's terms are diseases,
/// those of HP phenotypes. Statements between things are edges, named by the label of the property or the last part of its
/// IRI; `rdfs:subClassOf` is `is_a`, and a class below an OWL restriction to some values of a property has that property
/// to the class of these values.
///
/// Literals that are no names, synonyms or cross-references are not read, nor are annotations and obsolete terms; the
/// graph's provenance says so.
pub struct Rdf;

impl Format for Rdf {
    fn name(&self) -> &'static str {
        "rdf"
    }

    fn description(&self) -> &'static str {
        "RDF or an ontology in OWL: N-Triples, N-Quads, Turtle, TriG or RDF/XML"
    }

    fn detect(&self, input: &Input) -> bool {
        match input.container() {
            Container::File => Syntax::of(input.head()).is_some(),
            _ => input.member_heads().iter().any(|(_, head)| Syntax::of(head).is_some()),
        }
    }

    fn read(&self, input: &Input) -> Result<Graph, FormatError> {
        let mut decisions = Vec::new();
        let mut members = Vec::new();
        if input.container() != Container::File {
            for (name, head) in input.member_heads() {
                match Syntax::of(head) {
                    Some(syntax) => members.push((input.member(name)?, syntax)),
                    None => decisions.push(format!("{name} not read: it is no RDF")),
                }
            }
        }
        let mut files: Vec<(&Input, Syntax)> =
            members.iter().map(|(member, syntax)| (member, *syntax)).collect();
        if input.container() == Container::File
            && let Some(syntax) = Syntax::of(input.head())
        {
            files.push((input, syntax));
        }
        if files.is_empty() {
            // What cannot be decoded or listed does not begin rightly either, but that is not its trouble.
            if input.container() == Container::File {
                input.content()?;
            } else {
                input.member_names()?;
            }
            return Err(input.wrong_container(self.name(), "N-Triples, N-Quads, Turtle, TriG or RDF/XML"));
        }
        let (mut statements, mut prefixes) = (Statements::default(), Prefixes::new());
        for (file, syntax) in files {
            let (own, latin1) = syntax.read(file, |statement| statements.take(statement))?;
            statements.end_file();
            prefixes.extend(own);
            decisions.extend(latin1.decision(&file.path().display().to_string()));
        }
        let assembler = Assembler::new(input.path().display().to_string()).with_names(NamePolicy::KeepFirst);
        let provenance = Provenance { decisions, ..edge_list_provenance(input) };
        graph::graph(statements, &prefixes, assembler, provenance)
    }
}
