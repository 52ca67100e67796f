//! `edges/<source>.<name>.<target>.parquet`: the edges of one relation.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float32Array, UInt32Array};
use parquet::basic::Encoding;

use super::columns::{self, Kind, Table};
use super::manifest::RelationEntry;
use crate::edges::{EdgeList, Lines, Origin};
use crate::error::GraphError;
use crate::graph::{Graph, Relation};

const SOURCE: (&str, Kind) = ("source", Kind::Index);
const TARGET: (&str, Kind) = ("target", Kind::Index);
const WEIGHT: (&str, Kind) = ("weight", Kind::Weight);

/// Writes the edges of a relation of `graph`, sorted by source and target.
pub(super) fn write(path: &Path, relation: &Relation, graph: &Graph) -> Result<(), GraphError> {
    let edges = &relation.forward;
    if let Some((source, target)) = edges.first_repeat() {
        let problem = format!(
            "edge {} -> {} of {} would be written twice; expected each edge once",
            graph.node_tables[relation.source_type].ids[source as usize],
            graph.node_tables[relation.target_type].ids[target as usize],
            relation.key
        );
        return Err(GraphError::Bundle { path: path.into(), problem });
    }
    let mut columns: Vec<(&str, ArrayRef)> = vec![
        (SOURCE.0, Arc::new(UInt32Array::from(edges.row_indices()))),
        (TARGET.0, Arc::new(UInt32Array::from(edges.indices().to_vec()))),
    ];
    if let Some(weights) = edges.weights() {
        columns.push((WEIGHT.0, Arc::new(Float32Array::from(weights.to_vec()))));
    }
    // Hardly any index repeats within a page, so a dictionary would cost time and save nothing.
    let properties = columns::properties().set_dictionary_enabled(false).set_encoding(Encoding::PLAIN);
    columns::write(path, columns, properties.build())
}

pub(super) fn read(path: &Path, entry: &RelationEntry) -> Result<EdgeList, GraphError> {
    let table = Table::open(path)?;
    if table.has(WEIGHT.0) && !entry.weighted {
        let problem = "there is a column 'weight'; graph.json says that the edges have no weights".into();
        return Err(GraphError::Bundle { path: path.into(), problem });
    }
    let origin = Origin { file: path.display().to_string(), lines: Lines::Rows };
    let mut edges = EdgeList { weights: entry.weighted.then(Vec::new), origin, ..EdgeList::default() };
    let columns = [SOURCE, TARGET, WEIGHT];
    let columns = if entry.weighted { &columns[..] } else { &columns[..2] };
    table.read(columns, entry.edges, |batch| {
        edges.sources.extend_from_slice(batch.indices(SOURCE.0));
        edges.targets.extend_from_slice(batch.indices(TARGET.0));
        if let Some(weights) = &mut edges.weights {
            weights.extend_from_slice(batch.weights(WEIGHT.0));
        }
        Ok(())
    })?;
    Ok(edges)
}
