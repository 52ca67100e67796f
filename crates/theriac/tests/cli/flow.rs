//! From an edge list to ranked candidates, step by step.

use std::fs;

use serde_json::Value;

use crate::workplace::{Workplace, small_graph, without_times};

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

#[test]
fn import_prints_counts_and_writes_a_graph_folder() {
    let workplace = Workplace::new();
    workplace.write("edges.csv", small_graph());
    let run = workplace.run("import edges.csv -o g");
    insta::assert_snapshot!(without_times(&run.stdout), @"
    node type  nodes  without edges  features
    -----------------------------------------
    drug          30              0
    disease       20              0
    gene          12              0

    relation             edges
    --------------------------
    drug:treats:disease    141
    drug:targets:gene       30

    Saved to g in [time] s.
    ");
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    assert_eq!(workplace.listing(), ["edges.csv", "g"]);
}

#[test]
fn json_and_csv_edge_lists_make_the_same_graph() {
    let workplace = Workplace::new();
    workplace.write("edges.csv", "drug,disease\nd1,x1\nd1,x2\nd2,x1\n");
    workplace.write("edges.json", r#"[["d1","x1"],["d1","x2"],["d2","x1"]]"#);
    workplace.run("import edges.csv -o a").printed();
    workplace.run("import edges.json --format json -o b").printed();
    let fingerprint = |graph| workplace.run(&format!("inspect {graph} --json")).json()["fingerprint"].clone();
    assert_eq!(fingerprint("a"), fingerprint("b"));
}

#[test]
fn train_prints_the_table_and_saves_a_model() {
    let workplace = Workplace::with_graph();
    let run = workplace.run("train g --preset graphsage --epochs 3 --seed 5 -o m");
    for line in ["random", "degree product", "L3 paths", "graphsage"] {
        assert!(run.stdout.contains(&format!("\n{line} ")), "no row for {line} in {}", run.stdout);
    }
    assert!(run.stdout.starts_with("drug:treats:disease: "), "{}", run.stdout);
    assert!(run.stdout.contains("prevalence 0.333 sampled"), "{}", run.stdout);
    let epochs: Vec<&str> = run.stderr.lines().filter(|line| line.starts_with("epoch ")).collect();
    assert_eq!(epochs.len(), 3, "{}", run.stderr);
    assert!(
        epochs[2].starts_with("epoch 3/3  loss 0.") && epochs[2].contains("validation AUROC "),
        "{}",
        run.stderr
    );
    assert!(run.stderr.ends_with("saved to m; rank with: theriac rank m --disease NAME\n"), "{}", run.stderr);
    let mut files: Vec<_> =
        fs::read_dir(workplace.path("m")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    files.sort();
    assert_eq!(files, ["card.json", "model.safetensors"]);
}

#[test]
fn train_as_json_keeps_its_promises() {
    let workplace = Workplace::with_graph();
    let document = workplace.run("train g --preset graphsage --epochs 2 --seed 5 -o m --json").json();
    let promised = [
        "epochs",
        "interrupted",
        "learned_validation",
        "model",
        "peak_rss_bytes",
        "preset",
        "seed",
        "split_hash",
        "target",
        "test",
        "validation",
    ];
    assert_eq!(keys(&document), promised);
    assert_eq!(keys(&document["epochs"][0]), ["epoch", "loss", "seconds", "validation"]);
    assert_eq!(document["epochs"].as_array().unwrap().len(), 2);
    assert_eq!((&document["interrupted"], &document["seed"]), (&false.into(), &5.into()));
    for part in ["validation", "test"] {
        let report = &document[part];
        assert_eq!(report["split_hash"], document["split_hash"]);
        let names: Vec<_> =
            report["scorers"].as_array().unwrap().iter().map(|scorer| &scorer["scorer"]).collect();
        assert_eq!(names, ["random", "degree product", "L3 paths", "graphsage"]);
        let scorer = &report["scorers"][3];
        assert_eq!(keys(&scorer["sampled"]), ["ap", "auroc", "prevalence"]);
        for figure in ["ap", "auroc", "prevalence", "bedroc"] {
            assert!(scorer["all_pairs"][figure].is_number(), "{scorer}");
        }
        for figure in ["mrr", "hits@1", "hits@10", "hits@50"] {
            assert!(scorer["ranking"][figure].is_number(), "{scorer}");
        }
    }
    let card: Value = serde_json::from_slice(&workplace.read("m/card.json")).unwrap();
    assert_eq!(card["test"], document["test"]);
    assert_eq!(card["epochs"], document["epochs"]);
}

#[test]
fn both_samplers_train() {
    let workplace = Workplace::with_graph();
    for sampler in ["neighbor", "full"] {
        let document = workplace
            .run(&format!("train g --preset graphsage --sampler {sampler} --epochs 1 -o {sampler} --json"))
            .json();
        assert!(document["test"]["scorers"][3]["sampled"]["auroc"].is_number());
    }
}

#[test]
fn the_recipes_preset_says_what_it_drops() {
    let workplace = Workplace::with_graph();
    let run = workplace.run("train g --preset graphsage-dtinet --epochs 1 -o m");
    let told = "the published recipe's view: drug:treats:disease alone, 5 pairs with equal indices dropped";
    assert!(run.stderr.starts_with(told), "{}", run.stderr);
    assert_eq!(run.code, 0);
    // Ranking sees the graph as the model did, and says nothing of it.
    let run = workplace.run_list(&["rank", "m", "--disease", "disease 3", "--top", "2"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
}

#[test]
fn evaluate_puts_a_trained_model_beside_the_baselines() {
    let workplace = Workplace::with_model();
    let document = workplace.run("evaluate g --model m --json").json();
    assert_eq!(
        keys(&document),
        [
            "graph",
            "planned_rounds",
            "preset",
            "protocol",
            "protocol_name",
            "resamples",
            "rounds",
            "scorers",
            "seed",
            "split_hash",
            "target",
            "theriac"
        ]
    );
    let card: Value = serde_json::from_slice(&workplace.read("m/card.json")).unwrap();
    assert_eq!(document["scorers"], card["test"]["scorers"]);
    assert_eq!(document["split_hash"], card["split"]["hash"]);
    let run = workplace.run("evaluate g --scorers l3,degree --seed 5");
    let rows: Vec<&str> =
        run.stdout.lines().filter(|line| line.starts_with("L3") || line.starts_with("deg")).collect();
    assert_eq!(rows.len(), 6, "two rows in each of three tables: {}", run.stdout);
    assert!(rows[0].starts_with("L3 paths"), "{}", run.stdout);
}

#[test]
fn evaluate_trains_a_model_of_its_own() {
    let workplace = Workplace::with_graph();
    let run = workplace.run("evaluate g --scorers graphsage --epochs 2 --target drug:disease");
    assert_eq!(run.stderr.lines().filter(|line| line.starts_with("epoch ")).count(), 2, "{}", run.stderr);
    let printed = run.printed();
    // Baselines stand beside a model whether asked for or not.
    for scorer in ["random", "degree product", "L3 paths", "graphsage"] {
        assert!(printed.contains(&format!("\n{scorer} ")), "{scorer} is not in\n{printed}");
    }
}

#[test]
fn rank_by_disease_and_by_drug() {
    let workplace = Workplace::with_model();
    let of_disease =
        workplace.run_list(&["rank", "m", "--disease", "disease 3", "--json", "--top", "30"]).json();
    assert_eq!(keys(&of_disease), ["base_rate", "model", "probability", "query", "results"]);
    assert_eq!(of_disease["query"], serde_json::json!({"id": "X3", "name": "disease 3", "type": "disease"}));
    let results = of_disease["results"].as_array().unwrap();
    assert_eq!(results.len(), 30);
    assert_eq!(
        keys(&results[0]),
        [
            "contributions",
            "id",
            "known",
            "name",
            "percentile",
            "probability",
            "probability_high",
            "probability_low",
            "rank",
            "score"
        ]
    );
    let known = results.iter().filter(|candidate| candidate["known"] == true).count();
    assert!(known >= 6, "disease 3 is treated by the six drugs of its group, at least");
    let scores: Vec<f64> = results.iter().map(|candidate| candidate["score"].as_f64().unwrap()).collect();
    assert!(scores.is_sorted_by(|a, b| a >= b));

    let novel =
        workplace.run_list(&["rank", "m", "--disease", "X3", "--novel", "--json", "--top", "30"]).json();
    let novel = novel["results"].as_array().unwrap();
    assert_eq!(novel.len(), 30 - known);
    assert!(novel.iter().all(|candidate| candidate["known"] == false));
    assert_eq!(
        (&novel[0]["rank"], novel.last().unwrap()["rank"].as_u64()),
        (&1.into(), Some(30 - known as u64))
    );

    let of_drug = workplace.run("rank m --drug d7 --json").json();
    assert_eq!(of_drug["query"]["id"], "D7");
    let diseases = of_drug["results"].as_array().unwrap();
    assert!(diseases.iter().all(|candidate| candidate["id"].as_str().unwrap().starts_with('X')));
    let by_source = workplace.run("rank m --source D7 --json").json();
    assert_eq!(by_source["results"], of_drug["results"]);
}

#[test]
fn rank_as_a_table_and_as_tsv() {
    let workplace = Workplace::with_model();
    let table = workplace.run_list(&["rank", "m", "--disease", "disease 3", "--top", "4"]).printed();
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines[0], "4 of 30 drug candidates for disease 3 (X3), by m");
    let headings: Vec<&str> = lines[2].split_whitespace().collect();
    assert_eq!(headings, ["rank", "id", "name", "score", "probability", "percentile", "known"]);
    assert!(lines[4].starts_with("   1  D"), "{table}");
    assert!(table.contains(" known links among the candidates.\n"), "{table}");
    assert!(table.contains(", fitted on the validation part; base rate "), "{table}");
    assert!(table.contains("Test part, filtered MRR and hits@10: graphsage "), "{table}");

    let tsv = workplace.run_list(&["rank", "m", "--disease", "disease 3", "--top", "4", "--tsv"]).printed();
    let rows: Vec<Vec<&str>> = tsv.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(rows.len(), 5);
    assert_eq!(
        rows[0],
        [
            "rank",
            "id",
            "name",
            "score",
            "probability",
            "probability_low",
            "probability_high",
            "percentile",
            "known"
        ]
    );
    assert!(rows.iter().all(|row| row.len() == rows[0].len()));
}

#[test]
fn a_near_miss_is_taken_and_said() {
    let workplace = Workplace::new();
    workplace.write("edges.csv", small_graph().replace("drug 7,", "sildenafil,"));
    workplace.run("import edges.csv -o g").printed();
    workplace.run("train g --preset graphsage --epochs 1 -o m").printed();
    let run = workplace.run("rank m --drug sildenafl --top 1");
    assert_eq!((run.code, run.stderr.as_str()), (0, "'sildenafl' was taken for sildenafil (D7)\n"));
    assert_eq!(workplace.run("rank m --drug sildenafl --top 1 --quiet").stderr, "");
}

#[test]
fn a_moved_graph_is_found_where_it_is_said_to_be() {
    let workplace = Workplace::with_model();
    fs::rename(workplace.path("g"), workplace.path("elsewhere")).unwrap();
    let run = workplace.run("rank m --drug D7");
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("if it has moved, say where it is with --graph"), "{}", run.stderr);
    assert_eq!(workplace.run("rank m --drug D7 --graph elsewhere").code, 0);
}
