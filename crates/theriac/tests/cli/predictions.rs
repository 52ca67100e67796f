//! Candidates in files, and whose candidates they are whatever a graph calls its drugs and diseases.

use std::fs::File;

use arrow::array::RecordBatch;
use arrow::array::cast::AsArray;
use arrow::datatypes::{Float32Type, Float64Type, UInt32Type};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Value, json};

use crate::workplace::{Workplace, small_graph};

pub const COLUMNS: [&str; 12] = [
    "rank",
    "source_id",
    "source_name",
    "source_type",
    "relation",
    "target_id",
    "target_name",
    "target_type",
    "score",
    "probability",
    "percentile",
    "known",
];

/// The lines of a file, each a JSON document.
pub fn json_lines(workplace: &Workplace, name: &str) -> Vec<Value> {
    let text = String::from_utf8(workplace.read(name)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The rows of a Parquet file of predictions, as JSON lines would have them.
pub fn parquet_rows(workplace: &Workplace, name: &str) -> Vec<Value> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(workplace.path(name)).unwrap()).unwrap();
    let batches: Vec<RecordBatch> = reader.build().unwrap().map(Result::unwrap).collect();
    let mut rows = Vec::new();
    for batch in batches {
        for row in 0..batch.num_rows() {
            let cell = |name: &str| match name {
                "rank" => json!(batch[name].as_primitive::<UInt32Type>().value(row)),
                "score" => json!(batch[name].as_primitive::<Float32Type>().value(row)),
                "probability" | "percentile" => json!(batch[name].as_primitive::<Float64Type>().value(row)),
                "known" => json!(batch[name].as_boolean().value(row)),
                _ => json!(batch[name].as_string::<i32>().value(row)),
            };
            rows.push(Value::Object(COLUMNS.iter().map(|name| ((*name).to_owned(), cell(name))).collect()));
        }
    }
    rows
}

/// What both documents say of a candidate.
fn of_candidate(row: &Value, [id, name]: [&str; 2]) -> Value {
    json!([
        row["rank"],
        row[id],
        row[name],
        row["score"],
        row["probability"],
        row["percentile"],
        row["known"]
    ])
}

#[test]
fn every_form_says_what_rank_prints() {
    let workplace = Workplace::with_model();
    let rank = ["rank", "m", "--disease", "disease 3", "--top", "5"];
    let save = |more: &[&str]| workplace.run_list(&[&rank, more].concat()).printed();
    insta::assert_snapshot!(save(&["-o", "p.jsonl"]), @"5 of 30 candidates for disease 3 (X3) saved to p.jsonl.");
    for more in [&["-o", "p.tsv"][..], &["-o", "made/p.parquet"], &["-o", "edges.tsv", "--to", "kgx"]] {
        save(more);
    }
    assert_eq!(workplace.listing(), ["edges.csv", "edges.tsv", "g", "m", "made", "p.jsonl", "p.tsv"]);
    let printed = workplace.run_list(&[&rank[..], &["--json"]].concat()).json();
    let printed: Vec<Value> = printed["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|candidate| of_candidate(candidate, ["id", "name"]))
        .collect();

    let lines = json_lines(&workplace, "p.jsonl");
    let said: Vec<Value> =
        lines.iter().map(|line| of_candidate(line, ["source_id", "source_name"])).collect();
    // Numbers are read from text on both sides.
    assert_eq!(said, printed);
    assert_eq!(
        (&lines[0]["target_id"], &lines[0]["relation"]),
        (&"X3".into(), &"drug:treats:disease".into())
    );

    let rows = parquet_rows(&workplace, "made/p.parquet");
    for (row, line) in rows.iter().zip(&lines) {
        for key in ["rank", "source_id", "source_name", "target_id", "known"] {
            assert_eq!(row[key], line[key]);
        }
        for key in ["score", "probability", "percentile"] {
            let (exact, read) = (row[key].as_f64().unwrap(), line[key].as_f64().unwrap());
            assert!((exact - read).abs() < 1e-6, "{key}: {exact} for {read}");
        }
    }

    let tsv = String::from_utf8(workplace.read("p.tsv")).unwrap();
    let tsv: Vec<Vec<&str>> = tsv.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(tsv[0], COLUMNS);
    for (row, line) in tsv[1..].iter().zip(&lines) {
        let score: f64 = row[8].parse().unwrap();
        assert_eq!((row[1], json!(score)), (line["source_id"].as_str().unwrap(), line["score"].clone()));
    }

    let edges = String::from_utf8(workplace.read("edges.tsv")).unwrap();
    let edges: Vec<Vec<&str>> = edges.lines().map(|line| line.split('\t').collect()).collect();
    insta::assert_snapshot!(edges[0].join(" "), @"id subject predicate object knowledge_level agent_type primary_knowledge_source score probability rank percentile known theriac_relation theriac_model");
    assert_eq!(edges.len(), 6);
    for (edge, line) in edges[1..].iter().zip(&lines) {
        assert_eq!(edge[1], line["source_id"].as_str().unwrap());
        insta::allow_duplicates! {
            insta::assert_snapshot!(edge[2..7].join(" "), @"biolink:treats X3 prediction computational_model infores:theriac");
        }
    }
}

#[test]
fn all_candidates_are_written_where_all_are_asked_for() {
    let workplace = Workplace::with_model();
    workplace.run("rank m --drug D7 --top 0 --novel -o p.jsonl").printed();
    let lines = json_lines(&workplace, "p.jsonl");
    assert!(lines.iter().all(|line| line["source_id"] == "D7" && line["known"] == false));
    let known = small_graph().lines().filter(|line| line.starts_with("D7,X")).count();
    assert_eq!(lines.len(), 20 - known);
}

#[test]
fn a_file_that_cannot_be_made_is_refused() {
    let workplace = Workplace::with_model();
    let before = workplace.listing();
    let refused = |arguments: &str| {
        let run = workplace.run(arguments);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{arguments}: {}", run.stderr);
        assert_eq!(workplace.listing(), before);
        run.stderr
    };
    insta::assert_snapshot!(refused("rank m --drug D7 -o p.xlsx"), @"error: p.xlsx: the ending tells no format; expected one of .tsv, .jsonl, .ndjson, .parquet, or a format with --to");
    insta::assert_snapshot!(refused("rank m --drug D7 -o g --to tsv").replace(workplace.path("").to_str().unwrap(), ""), @"error: g is a folder; expected a new place or an earlier file of predictions to replace");
    refused("rank m --drug D7 -o p.tsv --json");
    refused("rank m --drug D7 --to tsv");
}

/// The small graph with other names for its types.
fn renamed(drug: &str, disease: &str) -> String {
    small_graph().replace(",drug,", &format!(",{drug},")).replace(",disease,", &format!(",{disease},"))
}

#[test]
fn drugs_and_diseases_are_known_by_other_names() {
    for (drug, disease) in [
        ("compound", "disease"),
        ("drug", "indication"),
        ("small_molecule", "disease"),
        ("chemical_entity", "phenotypic_feature"),
    ] {
        let workplace = Workplace::new();
        workplace.write("edges.csv", renamed(drug, disease));
        workplace.run("import edges.csv -o g").printed();
        // No target is given: there is one relation from drugs to diseases.
        let trained = workplace.run("train g --preset graphsage --epochs 1 -o m");
        assert_eq!(trained.code, 0, "{}", trained.stderr);
        assert!(trained.stderr.ends_with("theriac rank m --disease NAME\n"), "{}", trained.stderr);
        for (option, id, node_type) in [("--disease", "X3", disease), ("--drug", "D7", drug)] {
            let document = workplace.run(&format!("rank m {option} {id} --json")).json();
            assert_eq!(document["query"]["type"], node_type);
            assert_eq!(document["query"]["id"], id);
        }
        assert_eq!(
            workplace.run("evaluate g --scorers degree --json").json()["target"],
            format!("{drug}:treats:{disease}")
        );
    }
}

#[test]
fn what_is_neither_is_asked_for_by_its_end() {
    let workplace = Workplace::new();
    workplace.write("edges.csv", renamed("compound", "side_effect"));
    workplace.run("import edges.csv -o g").printed();
    let trained = workplace.run("train g --preset graphsage --target compound:side_effect --epochs 1 -o m");
    assert!(trained.stderr.ends_with("theriac rank m --target NAME\n"), "{}", trained.stderr);
    let run = workplace.run("rank m --disease X3");
    assert_eq!(run.code, 2);
    insta::assert_snapshot!(run.stderr, @"error: the model predicts compound:treats:side_effect, which has no disease; ask with --source or --target");
    assert_eq!(workplace.run("rank m --drug D7").code, 0);
}
