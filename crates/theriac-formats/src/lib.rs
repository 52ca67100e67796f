//! Readers of the biomedical graph formats in use.
//!
//! [`read`] turns a file, archive or folder into a checked [`Graph`], in whatever [`Format`] it is: the format is told
//! by content. [`primer()`] is the graph that needs no file, since it is compiled in.
//!
//! ```
//! use theriac_formats::{Input, read_input};
//!
//! let input = Input::from_bytes("edges.csv", b"drug,disease\naspirin,fever\naspirin,pain\n".to_vec());
//! let graph = read_input(&input, None)?;
//! assert_eq!(graph.relations()[0].key.to_string(), "drug:treats:disease");
//! assert_eq!(graph.relations()[0].len(), 2);
//! # Ok::<(), theriac_formats::FormatError>(())
//! ```
//!
//! A new format is one module with a type that implements [`Format`], one entry in the table behind [`formats`], and
//! one sample in `tests/it/samples.rs`; the battery beside it then holds the reader to what every reader must do.
//! [`Input`] sees through compression and archives; [`parse_binary`] and [`parse_floats`] parse matrices; [`Assembler`]
//! collects edges that name their ends.
//!
//! [`merge`] makes one graph of several, and [`read_all`] reads them from as many files; [`Curie`] says which
//! identifiers are the same.
//!
//! [`export`] writes a graph in a form that other tools read; [`exports`] is the table of these.

mod assembler;
mod blocks;
mod curie;
mod delimited;
mod drkg;
mod drug_disease;
mod dtinet;
mod edge_json;
mod edge_list;
mod error;
mod export;
mod hetionet;
mod input;
mod kgx;
mod labelled_matrix;
mod matlab;
mod matrix;
mod mechanism;
mod merge;
mod msi;
mod new_node;
mod primekg;
mod primer;
mod rdf;
mod rows;
mod sources;
mod spelling;
mod tables;
mod text;
mod triples;

use std::path::Path;

use theriac_graph::Graph;

pub use assembler::{
    Assembler, Attribute, DEFAULT_SOURCE_TYPE, DEFAULT_TARGET_TYPE, EdgeEnd, EdgeRow, NamePolicy, NodeRow,
    canonical_term,
};
pub use curie::{Curie, CurieKey, contract_iri};
pub use drkg::Drkg;
pub use dtinet::DtiNet;
pub use edge_json::EdgeListJson;
pub use edge_list::{EdgeListText, TWO_COLUMN_TYPES};
pub use error::FormatError;
pub use export::{Exported, GraphWriter, Output, UniqueIds, biolink_predicate, export, exports};
pub use hetionet::Hetionet;
pub use input::{Container, Input, Member};
pub use kgx::Kgx;
pub use labelled_matrix::LabelledMatrices;
pub use matlab::Matlab;
pub use matrix::{BinaryMatrix, FloatMatrix, parse_binary, parse_floats};
pub use mechanism::{Mechanism, MechanismNode, read_mechanisms};
pub use merge::{
    Conflicts, Equivalences, Merged, OtherName, OtherType, RefusedReference, RepeatedEdge, SourceConflicts,
    Tally, merge,
};
pub use msi::Msi;
pub use new_node::read_new_node;
pub use primekg::PrimeKg;
pub use primer::{Repurposing, primer, repurposings};
pub use rdf::Rdf;
pub use sources::read_all;
pub use tables::Tables;
pub use text::{Encoding, decode_text};
pub use triples::Triples;

/// A way in which graphs are written down.
pub trait Format: Sync {
    /// Its name on the command line: `dtinet`.
    fn name(&self) -> &'static str;

    /// What it reads, for help and messages.
    fn description(&self) -> &'static str;

    /// Whether the input looks like it: told by content and by names of members, not by the name of the file. It may
    /// look at no more than [`Input::head`], [`Input::names`] and the heads of a few members.
    fn detect(&self, input: &Input) -> bool;

    /// Reads and checks the graph.
    ///
    /// # Errors
    ///
    /// When the input is not whole and sound; the message says where, what was found and what was expected.
    fn read(&self, input: &Input) -> Result<Graph, FormatError>;
}

/// All formats. Where several recognise an input, the first reads it, so the more particular ones stand first.
pub fn formats() -> &'static [&'static dyn Format] {
    &[
        &Tables,
        &DtiNet,
        &Hetionet,
        &Msi,
        &PrimeKg,
        &Drkg,
        &Matlab,
        &LabelledMatrices,
        &Kgx,
        &Rdf,
        &Triples,
        &EdgeListJson,
        &EdgeListText,
    ]
}

/// Reads a graph from a file, archive or folder, in the format of that name, or in the one that recognises it.
///
/// # Errors
///
/// [`FormatError::UnknownFormat`] or [`FormatError::Undetected`], naming the formats that there are; what the reader
/// finds wrong.
pub fn read(path: &Path, format: Option<&str>) -> Result<Graph, FormatError> {
    read_input(&Input::open(path)?, format)
}

/// Reads a graph from an input that is open already; otherwise as [`read`].
///
/// # Errors
///
/// As [`read`].
pub fn read_input(input: &Input, format: Option<&str>) -> Result<Graph, FormatError> {
    let found = match format {
        Some(name) => formats().iter().find(|format| format.name() == name),
        None => formats().iter().find(|format| format.detect(input)),
    };
    match (found, format) {
        (Some(format), _) => format.read(input),
        (None, Some(wanted)) => {
            let known: Vec<&str> = formats().iter().map(|format| format.name()).collect();
            Err(FormatError::UnknownFormat { wanted: wanted.into(), known: known.join(", ") })
        }
        (None, None) => {
            // An archive that cannot be listed has a fault that says more than that no format fits.
            input.member_names()?;
            let known: Vec<&str> = formats().iter().map(|format| format.name()).collect();
            let (path, seen) = (input.path().into(), input.describe());
            Err(FormatError::Undetected { path, seen, known: known.join(", ") })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_of_no_known_name_lists_the_known_ones() {
        let input = Input::from_bytes("x", Vec::new());
        let message = read_input(&input, Some("xlsx")).unwrap_err().to_string();
        let known: Vec<&str> = formats().iter().map(|format| format.name()).collect();
        assert_eq!(message, format!("'xlsx' is not a known format; expected one of {}", known.join(", ")));
    }

    #[test]
    fn an_unrecognised_input_says_what_was_looked_at() {
        let input = Input::from_bytes("poem.txt", b"Roses are red\nViolets are blue".to_vec());
        let message = read_input(&input, None).unwrap_err().to_string();
        let start = "poem.txt is a file that begins with \"Roses are red\", which fits no known format; expected one of \
                     tables, dtinet, ";
        assert!(message.starts_with(start), "{message}");
    }
}
