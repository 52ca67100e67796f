//! Parquet: a column for each column of a prediction, in row groups that are written as they fill. Where the predictions
//! come from stands as a JSON object under the key `theriac` of the file's metadata.

use std::io::{self, Write};
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Float32Array, Float64Array, RecordBatch, StringArray, UInt32Array,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::arrow_writer::{ArrowWriter, ArrowWriterOptions};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;

use super::{Origin, Prediction, RowWriter, columns};
use crate::output::parquet_error;

/// Rows of a row group: what a reader takes at a time, and a writer holds.
const ROW_GROUP: usize = 1 << 18;
/// Key of the metadata.
const ORIGIN: &str = "theriac";

struct Parquet<W: Write + Send> {
    writer: ArrowWriter<W>,
    schema: SchemaRef,
}

/// Writes row groups to `out`.
pub(super) fn writer<'a>(
    out: impl Write + Send + 'a,
    origin: &Origin<'_>,
) -> io::Result<Box<dyn RowWriter + 'a>> {
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(ROW_GROUP))
        .set_key_value_metadata(Some(vec![KeyValue::new(ORIGIN.into(), serde_json::to_string(origin)?)]))
        .build();
    let options = ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
    let schema = schema(origin.signed.is_some());
    let writer =
        ArrowWriter::try_new_with_options(out, Arc::clone(&schema), options).map_err(parquet_error)?;
    Ok(Box::new(Parquet { writer, schema }))
}

fn schema(signed: bool) -> SchemaRef {
    let field = |name: &str| {
        let holds = match name {
            "rank" => DataType::UInt32,
            "score" => DataType::Float32,
            "probability" | "percentile" | "probability_against" => DataType::Float64,
            "known" | "known_against" => DataType::Boolean,
            _ => DataType::Utf8,
        };
        Field::new(name, holds, false)
    };
    Arc::new(Schema::new(columns(signed).map(field).collect::<Vec<_>>()))
}

impl<W: Write + Send> RowWriter for Parquet<W> {
    fn write(&mut self, rows: &[Prediction<'_>]) -> io::Result<()> {
        fn texts<'a>(rows: &[Prediction<'a>], of: impl Fn(&Prediction<'a>) -> &'a str) -> ArrayRef {
            Arc::new(StringArray::from_iter_values(rows.iter().map(of)))
        }
        let columns: [ArrayRef; 14] = [
            Arc::new(UInt32Array::from_iter_values(rows.iter().map(|row| row.rank))),
            texts(rows, |row| row.source_id),
            texts(rows, |row| row.source_name),
            texts(rows, |row| row.source_type),
            texts(rows, |row| row.relation),
            texts(rows, |row| row.target_id),
            texts(rows, |row| row.target_name),
            texts(rows, |row| row.target_type),
            Arc::new(Float32Array::from_iter_values(rows.iter().map(|row| row.score))),
            Arc::new(Float64Array::from_iter_values(rows.iter().map(|row| row.probability))),
            Arc::new(Float64Array::from_iter_values(rows.iter().map(|row| row.percentile))),
            Arc::new(rows.iter().map(|row| Some(row.known)).collect::<BooleanArray>()),
            Arc::new(rows.iter().map(|row| row.probability_against).collect::<Float64Array>()),
            Arc::new(rows.iter().map(|row| row.known_against).collect::<BooleanArray>()),
        ];
        let columns = &columns[..self.schema.fields().len()];
        let batch =
            RecordBatch::try_new(Arc::clone(&self.schema), columns.to_vec()).map_err(io::Error::other)?;
        self.writer.write(&batch).map_err(parquet_error)
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        self.writer.into_inner().map_err(parquet_error)?.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use arrow::array::cast::AsArray;
    use arrow::datatypes::{Float32Type, UInt32Type};
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

    use super::super::tests::{ORIGIN as SAMPLE_ORIGIN, SAMPLE};
    use super::*;

    #[test]
    fn rows_come_back_in_their_order_with_their_origin() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("p.parquet");
        let mut parquet = writer(File::create(&path).unwrap(), &SAMPLE_ORIGIN).unwrap();
        for row in SAMPLE {
            parquet.write(&[row]).unwrap();
        }
        parquet.finish().unwrap();
        let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(&path).unwrap()).unwrap();
        let metadata = reader.metadata().file_metadata().key_value_metadata().unwrap();
        assert!(
            metadata[0].value.as_ref().unwrap().starts_with(r#"{"theriac":"0.1.0","scorer":"graphsage""#)
        );
        let batches: Vec<RecordBatch> = reader.build().unwrap().map(Result::unwrap).collect();
        let [batch] = &batches[..] else { panic!("{} batches", batches.len()) };
        let names: Vec<_> = batch.schema().fields().iter().map(|field| field.name().clone()).collect();
        assert_eq!(names, columns(false).collect::<Vec<_>>());
        assert_eq!(batch["rank"].as_primitive::<UInt32Type>().values(), &[1, 2]);
        assert_eq!(batch["score"].as_primitive::<Float32Type>().values(), &[1.5, -0.1]);
        assert_eq!(batch["source_name"].as_string::<i32>().value(0), SAMPLE[0].source_name);
        assert!(batch["known"].as_boolean().value(0) && !batch["known"].as_boolean().value(1));
    }
}
