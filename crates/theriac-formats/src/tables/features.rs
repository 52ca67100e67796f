//! Numeric features of nodes, gathered from the tables that have them.

use std::collections::HashMap;

use theriac_graph::wording::grouped;
use theriac_graph::{FeatureMatrix, NodeTable};

use super::columns::listed;
use crate::error::FormatError;

/// What the feature matrix of a type is called when it has several columns.
const SEVERAL: &str = "features";

/// The features that a row gives a node.
#[derive(Debug)]
pub(super) struct FeatureRow {
    pub(super) line: u64,
    /// As graphs spell it.
    pub(super) node_type: String,
    pub(super) id: String,
    /// In the order of the mapping; NaN where the cell is empty.
    pub(super) values: Vec<f32>,
}

/// The features of all types.
#[derive(Debug, Default)]
pub(super) struct Features {
    types: HashMap<String, TypeFeatures>,
}

#[derive(Debug)]
struct TypeFeatures {
    /// The table of the mapping that named them first: file and line.
    named_at: (String, u64),
    columns: Vec<FeatureColumn>,
    /// Values by id of the node; NaN or nothing where there are none.
    rows: HashMap<String, Vec<f32>>,
}

#[derive(Debug)]
struct FeatureColumn {
    name: String,
    /// What a node has for which no table gives a value.
    missing: Option<f32>,
}

impl Features {
    /// Takes in what the table `file` says in its columns `names`, where `mapping` is the file and line of the mapping
    /// that names it.
    ///
    /// # Errors
    ///
    /// [`FormatError::Line`] when a node has another value already.
    pub(super) fn add(
        &mut self,
        file: &str,
        mapping: &(String, u64),
        names: &[String],
        missing: Option<f32>,
        rows: Vec<FeatureRow>,
    ) -> Result<(), FormatError> {
        // The type of the last row, and the places of its columns: most tables are of one type.
        let mut places: (String, Vec<usize>) = Default::default();
        for row in rows {
            let features = self.types.entry(row.node_type.clone()).or_insert_with(|| TypeFeatures {
                named_at: mapping.clone(),
                columns: Vec::new(),
                rows: HashMap::new(),
            });
            if places.0 != row.node_type {
                let of_type = names.iter().map(|name| features.column(name, missing)).collect();
                places = (row.node_type, of_type);
            }
            let known = features.rows.entry(row.id.clone()).or_default();
            known.resize(features.columns.len(), f32::NAN);
            for ((&place, name), value) in places.1.iter().zip(names).zip(row.values) {
                let known = &mut known[place];
                if !known.is_nan() && !value.is_nan() && *known != value {
                    return Err(FormatError::Line {
                        file: file.into(),
                        line: row.line,
                        found: format!("{value} for '{name}' of '{}'", row.id),
                        expected: format!("{known}, as in an earlier row"),
                    });
                }
                if !value.is_nan() {
                    *known = value;
                }
            }
        }
        Ok(())
    }

    /// Gives the nodes of a table their features, and says what is to be said of that.
    ///
    /// # Errors
    ///
    /// [`FormatError::Line`] when a node has no value and the mapping says of none.
    pub(super) fn complete(&self, table: &mut NodeTable) -> Result<Option<String>, FormatError> {
        let Some(features) = self.types.get(&table.node_type) else { return Ok(None) };
        let dim = features.columns.len();
        let mut values = Vec::with_capacity(table.len() * dim);
        let mut filled = 0;
        for id in &table.ids {
            let row = features.rows.get(id).map_or(&[][..], Vec::as_slice);
            for (place, column) in features.columns.iter().enumerate() {
                let known = row.get(place).copied().filter(|value| !value.is_nan());
                filled += usize::from(known.is_none());
                values.push(known.or(column.missing).ok_or_else(|| FormatError::Line {
                    file: features.named_at.0.clone(),
                    line: features.named_at.1,
                    found: format!("{} '{id}' without the feature '{}'", table.node_type, column.name),
                    expected: "a number for every node of the type, or missing_feature".into(),
                })?);
            }
        }
        let names: Vec<&str> = features.columns.iter().map(|column| column.name.as_str()).collect();
        let name = if let [only] = names[..] { only.to_owned() } else { SEVERAL.into() };
        table.features = Some(FeatureMatrix { name, dim, values });
        let gaps = match filled {
            0 => String::new(),
            1 => "; 1 value is given by missing_feature".into(),
            filled => format!("; {} values are given by missing_feature", grouped(filled)),
        };
        Ok(Some(format!("features of {} are, in this order, {}{gaps}", table.node_type, listed(&names))))
    }
}

impl TypeFeatures {
    fn column(&mut self, name: &str, missing: Option<f32>) -> usize {
        self.columns.iter().position(|column| column.name == name).unwrap_or_else(|| {
            self.columns.push(FeatureColumn { name: name.into(), missing });
            self.columns.len() - 1
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(line: u64, id: &str, values: &[f32]) -> FeatureRow {
        FeatureRow { line, node_type: "drug".into(), id: id.into(), values: values.into() }
    }

    fn add(
        features: &mut Features,
        names: &[&str],
        missing: Option<f32>,
        rows: Vec<FeatureRow>,
    ) -> Result<(), FormatError> {
        let names: Vec<String> = names.iter().map(|&name| name.into()).collect();
        features.add("t.csv", &("m.toml".into(), 3), &names, missing, rows)
    }

    fn table() -> NodeTable {
        let ids: Vec<String> = ["a", "b"].map(str::to_owned).into();
        NodeTable::new("drug", ids.clone(), ids)
    }

    #[test]
    fn tables_of_one_type_join_their_columns() {
        let mut features = Features::default();
        add(
            &mut features,
            &["mass", "logp"],
            None,
            vec![row(2, "a", &[180.0, 1.5]), row(3, "b", &[50.0, 2.0])],
        )
        .unwrap();
        add(&mut features, &["logp", "rings"], Some(0.0), vec![row(2, "b", &[f32::NAN, 3.0])]).unwrap();
        let mut table = table();
        let said = features.complete(&mut table).unwrap().unwrap();
        assert_eq!(
            said,
            "features of drug are, in this order, mass, logp, rings; 1 value is given by missing_feature"
        );
        let matrix = table.features.unwrap();
        assert_eq!((matrix.name.as_str(), matrix.dim), ("features", 3));
        assert_eq!(matrix.values, [180.0, 1.5, 0.0, 50.0, 2.0, 3.0]);
        assert_eq!(features.complete(&mut NodeTable::default()).unwrap(), None);
    }

    #[test]
    fn gaps_and_contradictions_are_refused() {
        let mut features = Features::default();
        add(&mut features, &["mass"], None, vec![row(2, "a", &[180.0])]).unwrap();
        assert_eq!(
            features.complete(&mut table()).unwrap_err().to_string(),
            "m.toml:3: found drug 'b' without the feature 'mass'; expected a number for every node of the type, or \
             missing_feature"
        );
        assert_eq!(
            add(&mut features, &["mass"], None, vec![row(7, "a", &[181.0])]).unwrap_err().to_string(),
            "t.csv:7: found 181 for 'mass' of 'a'; expected 180, as in an earlier row"
        );
    }
}
