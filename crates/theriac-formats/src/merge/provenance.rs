//! Where a merged graph comes from.

use theriac_graph::{Graph, Provenance};

use super::sources::Sources;

/// The provenance of all sources in one: names joined by ` + `, licences and citations by `; `, each once; files in
/// order; decisions behind the label of their source.
pub(super) fn merged(sources: &Sources<'_>, decisions: Vec<String>) -> Provenance {
    let each = || sources.graphs.iter().map(Graph::provenance);
    let mut files: Vec<String> = Vec::new();
    for file in each().flat_map(|provenance| &provenance.sources) {
        if !files.contains(file) {
            files.push(file.clone());
        }
    }
    Provenance {
        name: joined(each().map(|provenance| Some(&provenance.name)), " + ").unwrap_or_default(),
        sources: files,
        licence: joined(each().map(|provenance| provenance.licence.as_ref()), "; "),
        citation: joined(each().map(|provenance| provenance.citation.as_ref()), "; "),
        decisions: own_decisions(sources).chain(decisions).collect(),
    }
}

/// What was decided, and which repeated edges were merged, when each source was read.
fn own_decisions(sources: &Sources<'_>) -> impl Iterator<Item = String> {
    sources.graphs.iter().zip(&sources.labels).flat_map(|(graph, label)| {
        let merged = graph.relations().iter().filter(|relation| relation.merged_duplicates > 0);
        let merged = merged.map(move |relation| {
            format!("{label}: repeated edges of {} merged: {}", relation.key, relation.merged_duplicates)
        });
        graph.provenance().decisions.iter().map(move |decision| format!("{label}: {decision}")).chain(merged)
    })
}

fn joined<'a>(texts: impl Iterator<Item = Option<&'a String>>, separator: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for text in texts.flatten().filter(|text| !text.is_empty()) {
        if !parts.contains(&text.as_str()) {
            parts.push(text);
        }
    }
    (!parts.is_empty()).then(|| parts.join(separator))
}
