//! Parquet files of known columns: written whole, read batch by batch, every column checked.

use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};

use arrow::array::{Array, ArrayRef, RecordBatch, cast::AsArray};
use arrow::datatypes::DataType;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::arrow::arrow_writer::{ArrowWriter, ArrowWriterOptions};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};

use super::{in_file, unreadable, write_new};
use crate::error::GraphError;

/// Rows decoded at a time: small enough to stay in the cache until they are copied out.
const BATCH_ROWS: usize = 1 << 16;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Node indices.
    Index,
    /// Weights.
    Weight,
    /// One text a row.
    Text,
    /// A list of texts a row.
    Texts,
    /// One number a row, or none.
    OptionalNumber,
    /// One text a row, or none.
    OptionalText,
}

impl Kind {
    fn is_optional(self) -> bool {
        matches!(self, Self::OptionalNumber | Self::OptionalText)
    }

    fn is(self, found: &DataType) -> bool {
        match (self, found) {
            (Self::Index, DataType::UInt32)
            | (Self::Weight, DataType::Float32)
            | (Self::OptionalNumber, DataType::Float64)
            | (Self::Text | Self::OptionalText, DataType::Utf8) => true,
            (Self::Texts, DataType::List(element)) => element.data_type() == &DataType::Utf8,
            _ => false,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Index => "UInt32",
            Self::Weight => "Float32",
            Self::Text | Self::OptionalText => "Utf8",
            Self::OptionalNumber => "Float64",
            Self::Texts => "List(Utf8)",
        })
    }
}

/// How every file is written: zstd at its fastest level.
pub(super) fn properties() -> WriterPropertiesBuilder {
    WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_statistics_enabled(EnabledStatistics::Chunk)
}

/// Writes columns of equal length as one file.
pub(super) fn write(
    path: &Path,
    columns: Vec<(&str, ArrayRef)>,
    properties: WriterProperties,
) -> Result<(), GraphError> {
    let failed = |error: &dyn fmt::Display| in_file(path.into(), &error.to_string());
    let batch = RecordBatch::try_from_iter(columns).map_err(|error| failed(&error))?;
    let options = ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
    let encode = || {
        let mut writer = ArrowWriter::try_new_with_options(Vec::new(), batch.schema(), options)?;
        writer.write(&batch)?;
        writer.into_inner()
    };
    write_new(path, &encode().map_err(|error| failed(&error))?)
}

/// A Parquet file that is there and has a readable footer.
pub(super) struct Table {
    path: PathBuf,
    builder: ParquetRecordBatchReaderBuilder<File>,
}

impl Table {
    pub(super) fn open(path: &Path) -> Result<Self, GraphError> {
        let file = File::open(path).map_err(|source| unreadable(path, source))?;
        // Types are taken from the file itself, not from how its writer held them in memory.
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let builder = ParquetRecordBatchReaderBuilder::try_new_with_options(file, options)
            .map_err(|error| in_file(path.into(), &error))?;
        Ok(Self { path: path.into(), builder })
    }

    pub(super) fn has(&self, column: &str) -> bool {
        self.builder.schema().field_with_name(column).is_ok()
    }

    /// Passes the columns to `each`, batch by batch, and checks that there are `rows` rows in all.
    pub(super) fn read(
        self,
        columns: &[(&str, Kind)],
        rows: usize,
        mut each: impl FnMut(&Batch<'_>) -> Result<(), String>,
    ) -> Result<(), GraphError> {
        let Self { path, builder } = self;
        let wrong = |problem: String| GraphError::Bundle { path: path.clone(), problem };
        for &(name, kind) in columns {
            let Ok(field) = builder.schema().field_with_name(name) else {
                let found: Vec<&str> = builder.schema().fields().iter().map(|f| f.name().as_str()).collect();
                return Err(wrong(format!(
                    "there is no column '{name}'; the columns are {}",
                    found.join(", ")
                )));
            };
            if !kind.is(field.data_type()) {
                let found = field.data_type();
                return Err(wrong(format!("column '{name}' holds {found}; expected {kind}")));
            }
        }
        let wanted = ProjectionMask::columns(builder.parquet_schema(), columns.iter().map(|(name, _)| *name));
        let reader = builder
            .with_projection(wanted)
            .with_batch_size(BATCH_ROWS)
            .build()
            .map_err(|error| wrong(error.to_string()))?;
        let mut found = 0;
        for batch in reader {
            let batch = batch.map_err(|error| wrong(error.to_string()))?;
            let whole = columns.iter().filter(|(_, kind)| !kind.is_optional());
            for (name, _) in whole {
                let column = &batch[name];
                let inner = column.as_list_opt::<i32>().map_or(0, |lists| lists.values().null_count());
                if column.null_count() + inner > 0 {
                    return Err(wrong(format!("column '{name}' has missing values; expected none")));
                }
            }
            each(&Batch { first_row: found, columns: &batch }).map_err(wrong)?;
            found += batch.num_rows();
        }
        if found != rows {
            return Err(wrong(format!("there are {found} rows; graph.json says {rows}")));
        }
        Ok(())
    }
}

/// Some rows of a [`Table`], of columns whose types are known.
pub(super) struct Batch<'a> {
    /// Place of the first row in the file.
    pub(super) first_row: usize,
    columns: &'a RecordBatch,
}

impl Batch<'_> {
    /// A column of [`Kind::Index`].
    pub(super) fn indices(&self, column: &str) -> &[u32] {
        self.columns[column].as_primitive::<arrow::datatypes::UInt32Type>().values()
    }

    /// A column of [`Kind::Weight`].
    pub(super) fn weights(&self, column: &str) -> &[f32] {
        self.columns[column].as_primitive::<arrow::datatypes::Float32Type>().values()
    }

    /// A column of [`Kind::Text`].
    pub(super) fn texts(&self, column: &str) -> impl Iterator<Item = String> {
        let texts = self.columns[column].as_string::<i32>();
        (0..texts.len()).map(|row| texts.value(row).to_owned())
    }

    /// A column of [`Kind::OptionalNumber`]; NaN where there is none.
    pub(super) fn optional_numbers(&self, column: &str) -> impl Iterator<Item = f64> {
        let numbers = self.columns[column].as_primitive::<arrow::datatypes::Float64Type>();
        numbers.iter().map(|number| number.unwrap_or(f64::NAN))
    }

    /// A column of [`Kind::OptionalText`]; empty where there is none.
    pub(super) fn optional_texts(&self, column: &str) -> impl Iterator<Item = &str> {
        self.columns[column].as_string::<i32>().iter().map(Option::unwrap_or_default)
    }

    /// A column of [`Kind::Texts`].
    pub(super) fn lists(&self, column: &str) -> impl Iterator<Item = Vec<String>> {
        let lists = self.columns[column].as_list::<i32>();
        let texts = lists.values().as_string::<i32>();
        lists
            .value_offsets()
            .windows(2)
            .map(|ends| (ends[0]..ends[1]).map(|at| texts.value(at as usize).to_owned()).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Int64Array, UInt32Array};

    use super::*;

    fn file(columns: Vec<(&str, ArrayRef)>) -> (tempfile::TempDir, PathBuf) {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("table.parquet");
        write(&path, columns, properties().build()).unwrap();
        (place, path)
    }

    fn refusal(columns: Vec<(&str, ArrayRef)>, rows: usize) -> String {
        let (_place, path) = file(columns);
        let table = Table::open(&path).unwrap();
        let error = table.read(&[("source", Kind::Index)], rows, |_| Ok(())).unwrap_err();
        error.to_string().split_once("table.parquet: ").unwrap().1.to_owned()
    }

    #[test]
    fn columns_come_back_in_order_however_many_batches() {
        let values: Vec<u32> = (0..BATCH_ROWS as u32 + 5).rev().collect();
        let (_place, path) = file(vec![("source", Arc::new(UInt32Array::from(values.clone())))]);
        let table = Table::open(&path).unwrap();
        assert!(table.has("source") && !table.has("target"));
        let mut found = Vec::new();
        table
            .read(&[("source", Kind::Index)], values.len(), |batch| {
                assert_eq!(batch.first_row, found.len());
                found.extend_from_slice(batch.indices("source"));
                Ok(())
            })
            .unwrap();
        assert_eq!(found, values);
    }

    #[test]
    fn a_file_that_is_not_as_expected_is_refused() {
        let indices = || Arc::new(UInt32Array::from(vec![1, 2])) as ArrayRef;
        assert_eq!(
            refusal(vec![("from", indices())], 2),
            "there is no column 'source'; the columns are from"
        );
        assert_eq!(
            refusal(vec![("source", Arc::new(Int64Array::from(vec![1, 2])))], 2),
            "column 'source' holds Int64; expected UInt32"
        );
        assert_eq!(
            refusal(vec![("source", Arc::new(UInt32Array::from(vec![Some(1), None])))], 2),
            "column 'source' has missing values; expected none"
        );
        assert_eq!(refusal(vec![("source", indices())], 3), "there are 2 rows; graph.json says 3");
    }
}
