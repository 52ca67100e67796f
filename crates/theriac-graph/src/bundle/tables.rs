//! `nodes/<type>.parquet`: the nodes of one type.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, LargeStringArray, ListArray, ListBuilder, StringBuilder, UInt32Array};
use arrow::datatypes::{DataType, Field};

use super::columns::{self, Kind, Table};
use super::manifest::NodeTypeEntry;
use crate::error::GraphError;
use crate::nodes::NodeTable;

const COLUMNS: [(&str, Kind); 5] = [
    ("index", Kind::Index),
    ("id", Kind::Text),
    ("name", Kind::Text),
    ("synonyms", Kind::Texts),
    ("xrefs", Kind::Texts),
];

pub(super) fn write(path: &Path, table: &NodeTable) -> Result<(), GraphError> {
    let columns: [ArrayRef; 5] = [
        Arc::new(UInt32Array::from_iter_values(0..table.len() as u32)),
        Arc::new(LargeStringArray::from_iter_values(&table.ids)),
        Arc::new(LargeStringArray::from_iter_values(&table.names)),
        Arc::new(lists(&table.synonyms)),
        Arc::new(lists(&table.xrefs)),
    ];
    let columns = COLUMNS.iter().map(|(name, _)| *name).zip(columns).collect();
    columns::write(path, columns, columns::properties().build())
}

fn lists(rows: &[Vec<String>]) -> ListArray {
    let element = Field::new("element", DataType::Utf8, false);
    let mut builder = ListBuilder::new(StringBuilder::new()).with_field(element);
    for row in rows {
        builder.append_value(row.iter().map(Some));
    }
    builder.finish()
}

/// The table without its features.
pub(super) fn read(path: &Path, entry: &NodeTypeEntry) -> Result<NodeTable, GraphError> {
    let mut table = NodeTable { node_type: entry.node_type.clone(), ..NodeTable::default() };
    Table::open(path)?.read(&COLUMNS, entry.nodes, |batch| {
        for (place, &index) in batch.indices("index").iter().enumerate() {
            let row = batch.first_row + place;
            if index as usize != row {
                return Err(format!("row {} has index {index}; expected {row}", row + 1));
            }
        }
        table.ids.extend(batch.texts("id"));
        table.names.extend(batch.texts("name"));
        table.synonyms.extend(batch.lists("synonyms"));
        table.xrefs.extend(batch.lists("xrefs"));
        Ok(())
    })?;
    Ok(table)
}

#[cfg(test)]
mod tests {
    use arrow::array::StringArray;

    use super::*;

    #[test]
    fn rows_must_stand_in_the_order_of_their_indices() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("drug.parquet");
        let ids = || Arc::new(StringArray::from(vec!["a", "b"])) as ArrayRef;
        let none = || Arc::new(lists(&[Vec::new(), Vec::new()])) as ArrayRef;
        let columns: [ArrayRef; 5] = [Arc::new(UInt32Array::from(vec![0, 2])), ids(), ids(), none(), none()];
        let columns = COLUMNS.iter().map(|(name, _)| *name).zip(columns).collect();
        columns::write(&path, columns, columns::properties().build()).unwrap();
        let entry = NodeTypeEntry { node_type: "drug".into(), nodes: 2, features: None };
        let error = read(&path, &entry).unwrap_err();
        assert!(error.to_string().ends_with("drug.parquet: row 2 has index 2; expected 1"), "{error}");
    }
}
