//! The features of the merged nodes.

use theriac_graph::{FeatureMatrix, NodeTable};

use super::conflicts::counted;
use super::nodes::Place;
use super::sources::{SourceTable, Sources};

/// The features of a merged type on the way.
struct Filling {
    features: FeatureMatrix,
    /// The source that they are from first.
    source: usize,
    filled: Vec<bool>,
}

/// Gives each table the features of the first source that has any for its nodes, extended by those of later sources that
/// have the same name and width; nodes without any get zeros. Other features, and other values of a node that has some,
/// are left out. Each of these is a decision, in one sentence.
pub(super) fn merge_features(
    sources: &Sources<'_>,
    places: &[Place],
    tables: &mut [NodeTable],
    decisions: &mut Vec<String>,
) {
    let mut fillings: Vec<Option<Filling>> = tables.iter().map(|_| None).collect();
    for source_table in &sources.tables {
        let Some(features) = &source_table.table.features else { continue };
        let (mut left_out, mut differing) = (vec![0usize; tables.len()], vec![0usize; tables.len()]);
        for (row, node) in (0u32..).zip(source_table.nodes()) {
            let Place { node_type, row: to } = places[node];
            let (node_type, to) = (node_type as usize, to as usize);
            let filling = fillings[node_type]
                .get_or_insert_with(|| Filling::new(features, source_table.source, tables[node_type].len()));
            if filling.features.shape() != features.shape() {
                left_out[node_type] += 1;
            } else if !filling.take(to, features.row(row)) {
                differing[node_type] += 1;
            }
        }
        for (place, table) in tables.iter().enumerate() {
            let Some(filling) = &fillings[place] else { continue };
            decisions.extend(sentences(
                sources,
                source_table,
                table,
                filling,
                left_out[place],
                differing[place],
            ));
        }
    }
    // A type without nodes has the features of its first table.
    for source_table in sources.tables.iter().filter(|table| table.table.is_empty()) {
        let Some(features) = &source_table.table.features else { continue };
        let of_type = |table: &NodeTable| table.node_type == source_table.table.node_type;
        if let Some(place) = tables.iter().position(of_type) {
            fillings[place]
                .get_or_insert_with(|| Filling::new(features, source_table.source, tables[place].len()));
        }
    }
    for (table, filling) in tables.iter_mut().zip(fillings) {
        let Some(Filling { features, source, filled }) = filling else { continue };
        let zeros = filled.iter().filter(|filled| !**filled).count();
        if zeros > 0 {
            let (what, label) = (described(&features), &sources.labels[source]);
            decisions.push(format!(
                "{what} of {} are those of {label}; {} without any {} zeros",
                table.node_type,
                counted(zeros, "node"),
                if zeros == 1 { "has" } else { "have" }
            ));
        }
        table.features = Some(features);
    }
}

impl Filling {
    /// Features like these for so many nodes.
    fn new(like: &FeatureMatrix, source: usize, nodes: usize) -> Self {
        let values = vec![0.0; nodes * like.dim];
        let features = FeatureMatrix { name: like.name.clone(), dim: like.dim, values };
        Self { features, source, filled: vec![false; nodes] }
    }

    /// Takes the features of a node that has none yet; `false` where it has others.
    fn take(&mut self, row: usize, values: &[f32]) -> bool {
        let dim = self.features.dim;
        let slot = &mut self.features.values[row * dim..(row + 1) * dim];
        if self.filled[row] {
            return slot == values;
        }
        slot.copy_from_slice(values);
        self.filled[row] = true;
        true
    }
}

fn sentences(
    sources: &Sources<'_>,
    from: &SourceTable<'_>,
    table: &NodeTable,
    filling: &Filling,
    left_out: usize,
    differing: usize,
) -> Vec<String> {
    let (label, first) = (&sources.labels[from.source], &sources.labels[filling.source]);
    let (node_type, kept) = (&table.node_type, described(&filling.features));
    let mut sentences = Vec::new();
    if left_out > 0 {
        let what = from.table.features.as_ref().map(described).unwrap_or_default();
        let nodes = counted(left_out, "node");
        sentences.push(format!(
            "{label}: {what} of {node_type} left out for {nodes}, since {kept} of {first} stand"
        ));
    }
    if differing > 0 {
        let nodes = counted(differing, "node");
        sentences.push(format!(
            "{label}: {kept} of {node_type} are others for {nodes}; those of {first} are kept"
        ));
    }
    sentences
}

fn described(features: &FeatureMatrix) -> String {
    format!("features '{}' ({})", features.name, counted(features.dim, "column"))
}
