//! All pairs scored into a file.

use serde_json::Value;

use crate::predictions::{json_lines, parquet_rows};
use crate::workplace::{Workplace, without_times};

fn text(workplace: &Workplace, name: &str) -> String {
    String::from_utf8(workplace.read(name)).unwrap()
}

#[test]
fn the_best_of_every_target_are_those_that_rank_shows() {
    let workplace = Workplace::with_model();
    let run = workplace.run("screen m -o scores.jsonl --top 3");
    insta::assert_snapshot!(without_times(&run.stdout), @"
    60 predictions of drug:treats:disease: the best 3 of 30 drugs for each of 20 diseases.
    Saved to scores.jsonl in [time] s.
    ");
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    assert_eq!(workplace.listing(), ["edges.csv", "g", "m", "scores.jsonl"]);
    let rows = json_lines(&workplace, "scores.jsonl");
    let order: Vec<(String, u64)> = rows
        .iter()
        .map(|row| (row["target_id"].as_str().unwrap().to_owned(), row["rank"].as_u64().unwrap()))
        .collect();
    let mut diseases: Vec<String> = order.iter().map(|(disease, _)| disease.clone()).collect();
    diseases.dedup();
    let expected: Vec<(String, u64)> =
        diseases.iter().flat_map(|disease| (1..=3).map(move |rank| (disease.clone(), rank))).collect();
    assert_eq!((diseases.len(), &order), (20, &expected));
    for disease in ["X0", "X13"] {
        let ranked = workplace.run(&format!("rank m --disease {disease} --top 3 --json")).json();
        let ranked = ranked["results"].as_array().unwrap();
        let screened: Vec<&Value> = rows.iter().filter(|row| row["target_id"] == disease).collect();
        assert_eq!(screened.len(), ranked.len());
        for (one, other) in screened.iter().zip(ranked) {
            assert_eq!(one["source_id"], other["id"]);
            for key in ["rank", "score", "probability", "percentile", "known"] {
                assert_eq!(one[key], other[key], "{disease} {key}");
            }
        }
    }
}

#[test]
fn the_shards_one_after_another_are_the_whole() {
    let workplace = Workplace::with_model();
    for (ending, novel) in [("jsonl", ""), ("tsv", "--novel"), ("parquet", "")] {
        workplace.run(&format!("screen m -o whole.{ending} --top 4 {novel}")).printed();
        for shard in 1..=3 {
            let call = format!("screen m -o part{shard}.{ending} --top 4 {novel} --shard {shard}/3");
            let printed = workplace.run(&call).printed();
            assert!(printed.contains(&format!("diseases, shard {shard}/3.")), "{printed}");
        }
    }
    let parts = |ending: &str| [1, 2, 3].map(|shard| format!("part{shard}.{ending}"));
    assert_eq!(parts("jsonl").map(|part| text(&workplace, &part)).concat(), text(&workplace, "whole.jsonl"));
    let whole = text(&workplace, "whole.tsv");
    let header = whole.lines().next().unwrap();
    let rows = parts("tsv").map(|part| text(&workplace, &part).strip_prefix(header).unwrap()[1..].to_owned());
    assert_eq!(format!("{header}\n{}", rows.concat()), whole);
    let rows: Vec<Value> = parts("parquet").iter().flat_map(|part| parquet_rows(&workplace, part)).collect();
    assert_eq!(rows, parquet_rows(&workplace, "whole.parquet"));
    assert_eq!(rows.len(), 80);
}

#[test]
fn a_shard_without_work_is_a_file_without_rows() {
    let workplace = Workplace::with_model();
    workplace.run("screen m -o none.tsv --shard 1/50").printed();
    assert_eq!(text(&workplace, "none.tsv").lines().count(), 1);
    workplace.run("screen m -o none.parquet --shard 1/50").printed();
    assert!(parquet_rows(&workplace, "none.parquet").is_empty());
}

#[test]
fn all_pairs_of_every_source() {
    let workplace = Workplace::with_model();
    let printed = workplace.run("screen m -o all.jsonl --top 0 --per source").printed();
    insta::assert_snapshot!(without_times(&printed), @"
    600 predictions of drug:treats:disease: all 20 diseases for each of 30 drugs.
    Saved to all.jsonl in [time] s.
    ");
    let rows = json_lines(&workplace, "all.jsonl");
    assert_eq!(rows.len(), 600);
    let known = rows.iter().filter(|row| row["known"] == true).count();
    assert_eq!(known, 141);
    let of_drug: Vec<&Value> = rows.iter().filter(|row| row["source_id"] == "D7").collect();
    let ranked = workplace.run("rank m --drug D7 --top 0 --json").json();
    let ids = |rows: &[&Value], key: &str| rows.iter().map(|row| row[key].clone()).collect::<Vec<_>>();
    assert_eq!(
        ids(&of_drug, "target_id"),
        ids(&ranked["results"].as_array().unwrap().iter().collect::<Vec<_>>(), "id")
    );
    let scores: Vec<f64> = of_drug.iter().map(|row| row["score"].as_f64().unwrap()).collect();
    assert!(scores.is_sorted_by(|one, other| one >= other));
}

#[test]
fn only_novel_pairs_are_left() {
    let workplace = Workplace::with_model();
    let printed = workplace.run("screen m -o novel.jsonl --top 0 --novel").printed();
    insta::assert_snapshot!(without_times(&printed), @"
    459 predictions of drug:treats:disease: all 30 novel drugs for each of 20 diseases.
    Saved to novel.jsonl in [time] s.
    ");
    let rows = json_lines(&workplace, "novel.jsonl");
    assert!(rows.iter().all(|row| row["known"] == false));
    assert_eq!(rows.len(), 600 - 141);
}

#[test]
fn the_number_of_threads_does_not_change_a_byte() {
    let workplace = Workplace::with_model();
    for threads in [1, 2] {
        let call = format!("screen m -o {threads}.parquet --top 7 --threads {threads}");
        workplace.run(&call).printed();
    }
    assert!(workplace.read("1.parquet") == workplace.read("2.parquet"));
}

#[test]
fn what_is_no_shard_is_refused() {
    let workplace = Workplace::with_model();
    for shard in ["0/3", "4/3", "half"] {
        let run = workplace.run(&format!("screen m -o scores.tsv --shard {shard}"));
        assert_eq!((run.code, run.stdout.as_str()), (2, ""));
        assert!(run.stderr.contains("expected i/n with i from 1 to n, as in 2/5"), "{}", run.stderr);
    }
    assert_eq!(workplace.listing(), ["edges.csv", "g", "m"]);
}
