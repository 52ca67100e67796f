//! Embeddings in files.

use std::collections::HashMap;
use std::fs::File;

use arrow::array::RecordBatch;
use arrow::array::cast::AsArray;
use arrow::datatypes::Float32Type;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use safetensors::SafeTensors;

use crate::predictions::json_lines;
use crate::workplace::Workplace;

/// The embedding of every node by type and id.
fn by_node(workplace: &Workplace, name: &str) -> HashMap<(String, String), Vec<f32>> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(workplace.path(name)).unwrap()).unwrap();
    let batches: Vec<RecordBatch> = reader.build().unwrap().map(Result::unwrap).collect();
    let mut found = HashMap::new();
    for batch in batches {
        let text = |name: &str, row: usize| batch[name].as_string::<i32>().value(row).to_owned();
        for row in 0..batch.num_rows() {
            let embedding = batch["embedding"].as_fixed_size_list().value(row);
            let values = embedding.as_primitive::<Float32Type>().values().to_vec();
            found.insert((text("type", row), text("id", row)), values);
        }
    }
    found
}

#[test]
fn the_scores_are_dot_products_of_what_is_written() {
    let workplace = Workplace::with_model();
    insta::assert_snapshot!(workplace.run("embed m -o e.parquet").printed(), @"
    node type  embeddings  width
    ----------------------------
    drug               30     64
    disease            20     64
    gene               12     64

    Saved to e.parquet.
    ");
    let embeddings = by_node(&workplace, "e.parquet");
    assert_eq!(embeddings.len(), 62);
    workplace.run("screen m -o scores.jsonl --top 0").printed();
    let rows = json_lines(&workplace, "scores.jsonl");
    assert_eq!(rows.len(), 600);
    for row in rows {
        let of = |node_type: &str, key: &str| {
            &embeddings[&(node_type.to_owned(), row[key].as_str().unwrap().to_owned())]
        };
        let (drug, disease) = (of("drug", "source_id"), of("disease", "target_id"));
        let dot: f64 = drug.iter().zip(disease).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
        let score = row["score"].as_f64().unwrap();
        assert!((dot - score).abs() <= 1e-4 * score.abs().max(1.0), "{dot} for {row}");
    }
}

#[test]
fn matrices_hold_the_same_with_the_ids_beside() {
    let workplace = Workplace::with_model();
    let saved = workplace.run("embed m --type gene -o genes.npy").printed();
    assert!(saved.ends_with("Saved to genes.npy and genes.npy.ids.tsv.\n"), "{saved}");
    workplace.run("embed m -o all.safetensors").printed();
    workplace.run("embed m -o all.parquet").printed();
    let embeddings = by_node(&workplace, "all.parquet");
    let ids = String::from_utf8(workplace.read("genes.npy.ids.tsv")).unwrap();
    let ids: Vec<Vec<&str>> = ids.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(ids[0], ["type", "row", "id", "name"]);
    let rows: Vec<f32> =
        ids[1..].iter().flat_map(|id| embeddings[&(id[0].to_owned(), id[2].to_owned())].clone()).collect();
    let matrix = workplace.read("genes.npy");
    let matrix = npyz::NpyFile::new(&matrix[..]).unwrap();
    assert_eq!(matrix.shape(), [12, 64]);
    assert_eq!(matrix.into_vec::<f32>().unwrap(), rows);
    let tensors = workplace.read("all.safetensors");
    let tensors = SafeTensors::deserialize(&tensors).unwrap();
    let genes = tensors.tensor("gene").unwrap();
    assert_eq!(genes.shape(), [12, 64]);
    let values: Vec<f32> =
        genes.data().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    assert_eq!(values, rows);
    assert_eq!(tensors.len(), 3);
    let ids = String::from_utf8(workplace.read("all.safetensors.ids.tsv")).unwrap();
    assert_eq!(ids.lines().count(), 63);
}

#[test]
fn the_same_model_gives_the_same_bytes() {
    let workplace = Workplace::with_model();
    for ending in ["parquet", "safetensors"] {
        for threads in [1, 2] {
            workplace.run(&format!("embed m -o {threads}.{ending} --threads {threads}")).printed();
        }
        assert!(workplace.read(&format!("1.{ending}")) == workplace.read(&format!("2.{ending}")), "{ending}");
    }
}

#[test]
fn a_call_that_makes_no_sense_is_refused() {
    let workplace = Workplace::with_model();
    let refused = |arguments: &str| {
        let run = workplace.run(arguments);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{arguments}: {}", run.stderr);
        run.stderr
    };
    insta::assert_snapshot!(refused("embed m -o e.npy"), @"error: an .npy file holds the matrix of one node type; say which with --type: drug, disease, gene");
    insta::assert_snapshot!(refused("embed m --type protein -o e.npy"), @"error: the graph has no node type 'protein'; expected one of drug, disease, gene");
    insta::assert_snapshot!(refused("embed m -o e.csv"), @"error: e.csv: the ending tells no format; expected one of .parquet, .safetensors, .npy, or a format with --to");
    assert_eq!(workplace.listing(), ["edges.csv", "g", "m"]);
}
