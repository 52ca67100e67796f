//! Parquet: `type`, `id`, `name` and `embedding`, a list of `dim` 32-bit floats. The Arrow schema in the file's metadata says
//! that the lists have a fixed size, so that polars reads an `Array` and pyarrow a `FixedSizeList`, each one block of numbers;
//! readers that pass over it see lists.

use std::io::{self, Write};
use std::sync::Arc;

use arrow::array::{ArrayRef, FixedSizeListArray, Float32Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use parquet::schema::types::ColumnPath;

use super::Embedded;
use theriac_predict::output::parquet_error;

/// Nodes of a batch, at most.
const BATCH: usize = 1 << 14;
/// The column of numbers within the lists.
const NUMBERS: [&str; 3] = ["embedding", "list", "element"];

pub(super) fn write(out: impl Write + Send, types: &[Embedded<'_>]) -> io::Result<()> {
    let dim = types.first().map_or(0, |(embeddings, _)| embeddings.dim);
    let schema = schema(dim);
    let numbers = ColumnPath::new(NUMBERS.map(str::to_owned).to_vec());
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        // No number occurs twice.
        .set_column_dictionary_enabled(numbers, false)
        .build();
    let mut writer =
        ArrowWriter::try_new(out, Arc::clone(&schema), Some(properties)).map_err(parquet_error)?;
    for (embeddings, table) in types {
        let batches = table.ids.chunks(BATCH).zip(table.names.chunks(BATCH));
        for ((ids, names), values) in batches.zip(embeddings.values.chunks(BATCH * dim)) {
            let numbers = Arc::new(Float32Array::from(values.to_vec()));
            let lists = FixedSizeListArray::try_new(element(), dim as i32, numbers, None);
            let columns: Vec<ArrayRef> = vec![
                Arc::new(StringArray::from_iter_values(ids.iter().map(|_| &table.node_type))),
                Arc::new(StringArray::from_iter_values(ids)),
                Arc::new(StringArray::from_iter_values(names)),
                Arc::new(lists.map_err(io::Error::other)?),
            ];
            let batch = RecordBatch::try_new(Arc::clone(&schema), columns).map_err(io::Error::other)?;
            writer.write(&batch).map_err(parquet_error)?;
        }
    }
    writer.into_inner().map_err(parquet_error)?.flush()
}

fn element() -> FieldRef {
    Arc::new(Field::new(NUMBERS[2], DataType::Float32, false))
}

fn schema(dim: usize) -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, false);
    let lists = DataType::FixedSizeList(element(), dim as i32);
    Arc::new(Schema::new(vec![text("type"), text("id"), text("name"), Field::new(NUMBERS[0], lists, false)]))
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use arrow::array::cast::AsArray;
    use arrow::datatypes::Float32Type;
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

    use super::super::tests::sample;
    use super::*;

    #[test]
    fn rows_of_all_types_come_back_bit_for_bit() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("e.parquet");
        let sample = sample();
        let types = sample.each_ref().map(|(embeddings, table)| (embeddings, table));
        write(File::create(&path).unwrap(), &types).unwrap();
        let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(&path).unwrap()).unwrap();
        let numbers = reader.parquet_schema().columns().last().unwrap().path().string();
        assert_eq!(numbers, NUMBERS.join("."));
        let batches: Vec<RecordBatch> = reader.build().unwrap().map(Result::unwrap).collect();
        let [batch] = &batches[..] else { panic!("{} batches", batches.len()) };
        assert_eq!(batch["embedding"].data_type(), &DataType::FixedSizeList(element(), 2));
        let values = batch["embedding"].as_fixed_size_list().values().as_primitive::<Float32Type>();
        assert_eq!(values.values(), &[0.5, -1.0, 2.0, 1e-30, 3.0, 4.0]);
        let texts = |name: &str| -> Vec<&str> { batch[name].as_string::<i32>().iter().flatten().collect() };
        assert_eq!(texts("type"), ["drug", "drug", "disease"]);
        assert_eq!(texts("id"), ["d1", "d2", "x"]);
        assert_eq!(texts("name")[2], "name of x");
    }
}
