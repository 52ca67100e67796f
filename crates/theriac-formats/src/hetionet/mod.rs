//! Hetionet (Himmelstein et al., eLife 2017;6:e26726): its tables and its JSON.

mod identifiers;
mod json;
mod metaedges;
mod tsv;

use theriac_graph::{Graph, Provenance};

use crate::Format;
use crate::error::FormatError;
use crate::input::{Container, Input};
pub(crate) use identifiers::identifier;
pub(crate) use json::detect as detect_json;

/// The reader of Hetionet: `*-nodes.tsv` (id, name, kind) beside `*-edges.sif` (source, metaedge, target), in a folder or
/// archive, compressed or not; or its JSON, whose properties of edges become attributes. Other graphs in these forms are
/// read as well.
///
/// Metaedges become relations by their names: `CtD` is `compound:treats:disease`. Those within one kind are undirected,
/// but for `Gr>G` and others with an arrow. Ids become CURIEs: `Compound::DB00014` is `drugbank:DB00014`.
pub struct Hetionet;

impl Format for Hetionet {
    fn name(&self) -> &'static str {
        "hetionet"
    }

    fn description(&self) -> &'static str {
        "Hetionet's JSON, or its nodes.tsv and edges.sif together"
    }

    fn detect(&self, input: &Input) -> bool {
        match input.container() {
            Container::File => json::detect(input.head()),
            _ => tsv::detect(input),
        }
    }

    fn read(&self, input: &Input) -> Result<Graph, FormatError> {
        match input.container() {
            Container::File if json::detect(input.head()) => json::read(input),
            Container::File => {
                Err(input.wrong_container(self.name(), "its JSON, or nodes.tsv and edges.sif together"))
            }
            _ => tsv::read(input),
        }
    }
}

/// What is said of a graph in this form; `whole` where its kinds are those of Hetionet.
fn provenance(input: &Input, is_hetionet: bool) -> Provenance {
    let sources = vec![input.path().display().to_string()];
    if !is_hetionet {
        let name = input.path().file_name().unwrap_or_default().to_string_lossy();
        return Provenance { name: name.into(), sources, ..Provenance::default() };
    }
    Provenance {
        name: "Hetionet".into(),
        sources,
        licence: Some("CC0 1.0; parts under the terms of their sources".into()),
        citation: Some(
            "Himmelstein, D. S. et al. Systematic integration of biomedical knowledge prioritizes drugs for repurposing. \
             eLife 6, e26726 (2017). https://doi.org/10.7554/eLife.26726"
                .into(),
        ),
        ..Provenance::default()
    }
}
