//! Tables as Parquet, read batch by batch.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow::array::{Array, ArrayRef, AsArray, Float32Array, Float64Array, StringArray};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Float32Type, Float64Type};
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::file::reader::ChunkReader;

use super::columns::Columns;
use super::part::Part;
use super::table::{Cells, Push, Row, Table};
use crate::error::FormatError;
use crate::input::Input;

/// What a Parquet file begins and ends with.
const MAGIC: &[u8] = b"PAR1";
/// Rows decoded at a time.
const BATCH_ROWS: usize = 1 << 14;

/// Whether content begins as a Parquet file does.
pub(super) fn recognised(head: &[u8]) -> bool {
    head.starts_with(MAGIC)
}

/// The names of the columns.
///
/// # Errors
///
/// [`FormatError::Damaged`] when the footer does not decode; what opening the file meets.
pub(super) fn column_names(input: &Input) -> Result<Vec<String>, FormatError> {
    match Stored::open(input)? {
        Stored::File(file) => names_in(input, file),
        Stored::Bytes(bytes) => names_in(input, bytes),
    }
}

/// Reads all rows of a table. The line of a row is its number, from 1.
///
/// # Errors
///
/// The first error of `push`; [`FormatError::Line`] for a column whose values have no text;
/// [`FormatError::Damaged`] when the file does not decode.
pub(super) fn read(table: &Table<'_>, whole: &mut Part, push: &Push<'_>) -> Result<(), FormatError> {
    match Stored::open(&table.input)? {
        Stored::File(file) => rows_of(table, file, whole, push),
        Stored::Bytes(bytes) => rows_of(table, bytes, whole, push),
    }
}

/// A file to jump about in: a plain one on disk as it is, another held whole.
enum Stored {
    File(File),
    Bytes(Bytes),
}

impl Stored {
    fn open(input: &Input) -> Result<Self, FormatError> {
        if let Ok(mut file) = File::open(input.path()) {
            let mut magic = [0; MAGIC.len()];
            if file.read_exact(&mut magic).is_ok() && magic == MAGIC {
                return Ok(Self::File(file));
            }
        }
        Ok(Self::Bytes(input.content()?.into()))
    }
}

fn builder<R: ChunkReader + 'static>(
    input: &Input,
    reader: R,
) -> Result<ParquetRecordBatchReaderBuilder<R>, FormatError> {
    // Types are taken from the file itself, not from how its writer held them in memory.
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    contained(input, || ParquetRecordBatchReaderBuilder::try_new_with_options(reader, options))
}

/// Runs what decodes a part of a file. Where a part is damaged, the Parquet crate mostly gives an error and sometimes
/// panics; for whoever has the file that is the same.
fn contained<T, E: fmt::Display>(
    input: &Input,
    decode: impl FnOnce() -> Result<T, E>,
) -> Result<T, FormatError> {
    match catch_unwind(AssertUnwindSafe(decode)) {
        Ok(decoded) => decoded.map_err(|error| damaged(input, &error)),
        Err(_) => Err(damaged(input, &"its parts do not fit together")),
    }
}

fn damaged(input: &Input, error: &dyn fmt::Display) -> FormatError {
    FormatError::Damaged { file: input.path().display().to_string(), problem: error.to_string() }
}

fn names_in<R: ChunkReader + 'static>(input: &Input, reader: R) -> Result<Vec<String>, FormatError> {
    let builder = builder(input, reader)?;
    Ok(builder.schema().fields().iter().map(|field| field.name().trim().to_owned()).collect())
}

fn rows_of<R: ChunkReader + 'static>(
    table: &Table<'_>,
    reader: R,
    whole: &mut Part,
    push: &Push<'_>,
) -> Result<(), FormatError> {
    let builder = builder(&table.input, reader)?;
    let mut chosen = table.columns.chosen.clone();
    chosen.sort_unstable();
    let mask = ProjectionMask::roots(builder.parquet_schema(), chosen.iter().copied());
    let builder = builder.with_projection(mask).with_batch_size(BATCH_ROWS);
    let mut batches = contained(&table.input, || builder.build())?;
    let mut line = 0;
    while let Some(batch) = contained(&table.input, || batches.next().transpose())? {
        let mut columns = vec![None; table.columns.names.len()];
        for (&place, values) in chosen.iter().zip(batch.columns()) {
            columns[place] = Some(texts(&table.columns, place, values, table.layout.separator)?);
        }
        for row in 0..batch.num_rows() {
            line += 1;
            push(whole, &Cells::new(line, &BatchRow { columns: &columns, row }, &table.layout))?;
        }
    }
    Ok(())
}

struct BatchRow<'b> {
    columns: &'b [Option<StringArray>],
    row: usize,
}

impl Row for BatchRow<'_> {
    fn cell(&self, place: usize) -> &str {
        match &self.columns[place] {
            Some(texts) if texts.is_valid(self.row) => texts.value(self.row).trim(),
            _ => "",
        }
    }
}

/// The values of a column as text: empty for null and NaN, the texts of a list with the separator between.
fn texts(
    columns: &Columns,
    place: usize,
    values: &ArrayRef,
    separator: &str,
) -> Result<StringArray, FormatError> {
    let wrong = |problem: String| FormatError::Line {
        file: columns.file.clone(),
        line: 1,
        found: format!("{problem} in column {}", columns.called(place)),
        expected: "text, numbers, truth values, dates or lists of these".into(),
    };
    let cast = |values: &dyn Array| {
        let options = CastOptions { safe: false, ..CastOptions::default() };
        cast_with_options(values, &DataType::Utf8, &options).map_err(|error| wrong(error.to_string()))
    };
    // A whole number that some program holds as 5468.0, since others of the column are missing, is the id 5468.
    Ok(match values.data_type() {
        DataType::Float64 => number_texts(values.as_primitive::<Float64Type>()),
        DataType::Float32 => single_texts(values.as_primitive::<Float32Type>()),
        DataType::List(_) => {
            let lists = values.as_list::<i32>();
            let elements = cast(lists.values())?;
            let elements = elements.as_string::<i32>();
            let offsets = lists.value_offsets();
            (0..lists.len())
                .map(|row| {
                    let range = offsets[row] as usize..offsets[row + 1] as usize;
                    let texts: Vec<&str> =
                        range.filter(|&at| elements.is_valid(at)).map(|at| elements.value(at)).collect();
                    lists.is_valid(row).then(|| texts.join(separator))
                })
                .collect()
        }
        _ => cast(values)?.as_string::<i32>().clone(),
    })
}

fn number_texts(values: &Float64Array) -> StringArray {
    values.iter().map(|value| value.filter(|value| !value.is_nan()).map(|value| value.to_string())).collect()
}

fn single_texts(values: &Float32Array) -> StringArray {
    values.iter().map(|value| value.filter(|value| !value.is_nan()).map(|value| value.to_string())).collect()
}
