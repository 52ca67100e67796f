//! `edges/<source>.<name>.<target>.parquet`: the edges of one relation.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float32Array, Float64Array, LargeStringArray, UInt32Array};
use parquet::basic::Encoding;
use parquet::schema::types::ColumnPath;

use super::columns::{self, Kind, Table};
use super::manifest::{AttributeEntry, RelationEntry};
use crate::attributes::{AttributeValues, EdgeAttribute};
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
    // An undirected edge is written once, from the lower index to the higher.
    let written: Option<Vec<u32>> = relation.undirected.then(|| {
        let once = edges.pairs().zip(0..).filter(|((source, target), _)| source <= target);
        once.map(|(_, edge)| edge).collect()
    });
    let pick = |values: Vec<u32>| match &written {
        None => values,
        Some(written) => written.iter().map(|&edge| values[edge as usize]).collect(),
    };
    let mut columns: Vec<(&str, ArrayRef)> = vec![
        (SOURCE.0, Arc::new(UInt32Array::from(pick(edges.row_indices())))),
        (TARGET.0, Arc::new(UInt32Array::from(pick(edges.indices().to_vec())))),
    ];
    if let Some(weights) = edges.weights() {
        let weights = match &written {
            None => weights.to_vec(),
            Some(written) => written.iter().map(|&edge| weights[edge as usize]).collect(),
        };
        columns.push((WEIGHT.0, Arc::new(Float32Array::from(weights))));
    }
    // Hardly any index repeats within a page, so a dictionary would cost time and save nothing; texts do repeat.
    let mut properties = columns::properties().set_dictionary_enabled(false).set_encoding(Encoding::PLAIN);
    for attribute in &relation.attributes {
        let values = match &written {
            None => attribute.values.clone(),
            Some(written) => attribute.values.select(written),
        };
        columns.push((
            &attribute.name,
            match values {
                AttributeValues::Numbers(numbers) => Arc::new(numbers_column(&numbers)),
                AttributeValues::Texts(texts) => Arc::new(texts.iter().collect::<LargeStringArray>()),
            },
        ));
        properties =
            properties.set_column_dictionary_enabled(ColumnPath::new(vec![attribute.name.clone()]), true);
    }
    columns::write(path, columns, properties.build())
}

fn numbers_column(numbers: &[f64]) -> Float64Array {
    numbers.iter().map(|&number| Some(number).filter(|number| !number.is_nan())).collect()
}

pub(super) fn read(path: &Path, entry: &RelationEntry) -> Result<EdgeList, GraphError> {
    let table = Table::open(path)?;
    if table.has(WEIGHT.0) && !entry.weighted {
        let problem = "there is a column 'weight'; graph.json says that the edges have no weights".into();
        return Err(GraphError::Bundle { path: path.into(), problem });
    }
    let mut edges = EdgeList {
        weights: entry.weighted.then(Vec::new),
        attributes: entry.attributes.iter().map(AttributeEntry::empty).collect(),
        undirected: entry.undirected,
        origin: Origin::of(path.display().to_string(), Lines::Rows),
        ..EdgeList::default()
    };
    let mut columns = vec![SOURCE, TARGET];
    columns.extend(entry.weighted.then_some(WEIGHT));
    columns
        .extend(entry.attributes.iter().map(|attribute| (attribute.name.as_str(), attribute.kind.column())));
    table.read(&columns, entry.edges, |batch| {
        edges.sources.extend_from_slice(batch.indices(SOURCE.0));
        edges.targets.extend_from_slice(batch.indices(TARGET.0));
        if let Some(weights) = &mut edges.weights {
            weights.extend_from_slice(batch.weights(WEIGHT.0));
        }
        for EdgeAttribute { name, values } in &mut edges.attributes {
            match values {
                AttributeValues::Numbers(numbers) => numbers.extend(batch.optional_numbers(name)),
                AttributeValues::Texts(texts) => batch.optional_texts(name).for_each(|text| texts.push(text)),
            }
        }
        Ok(())
    })?;
    Ok(edges)
}
