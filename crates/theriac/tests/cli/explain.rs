//! Why a pair scores as it does, and pages of candidates.

use std::fs;

use serde_json::Value;

use crate::workplace::Workplace;

/// A workplace with the small graph and a small blend of it, `m`, whose parts read several relations.
fn with_blend() -> Workplace {
    let workplace = Workplace::with_graph();
    workplace.write(
        "blend.toml",
        "model = 'blend'\nparts = ['l3', 'rephetio', 'ease-source', 'rwr', 'inductive']\nfolds = 3\nmembers = 3\n",
    );
    workplace.run("train g --config blend.toml --seed 5 -o m").printed();
    workplace
}

const ASKED: [&str; 6] = ["explain", "m", "--drug", "drug 4", "--disease", "disease 9"];

fn explain(workplace: &Workplace, more: &[&str]) -> Value {
    workplace.run_list(&[&ASKED[..], &["--json"], more].concat()).json()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is a number"))
}

fn check(workplace: &Workplace) {
    let document = explain(workplace, &[]);
    assert_eq!(document["pair"]["source"]["name"], "drug 4");
    assert_eq!(document["pair"]["target"]["name"], "disease 9");
    let (score, rank) = (number(&document["score"]), number(&document["rank"]));
    assert_eq!(rank, number(&document["among_sources"]["rank"]));
    assert!(rank >= 1.0 && rank <= number(&document["among_sources"]["of"]));
    let ranked = workplace.run_list(&["rank", "m", "--disease", "disease 9", "--top", "0", "--json"]).json();
    let same =
        ranked["results"].as_array().unwrap().iter().find(|result| result["name"] == "drug 4").unwrap();
    // A row of a product and a single product may differ in the last digit.
    assert!((number(&same["score"]) - score).abs() < 1e-5);
    assert!((number(&same["probability"]) - number(&document["probability"])).abs() < 1e-5);

    let edges = document["edges"].as_array().unwrap();
    assert!(!edges.is_empty() && edges.len() <= 48, "{} edges", edges.len());
    let sizes: Vec<f64> = edges.iter().map(|edge| number(&edge["delta"]).abs()).collect();
    assert!(sizes.is_sorted_by(|one, other| one >= other), "{sizes:?}");
    // Taking the first out by hand comes to what is said of it.
    let first = &edges[0];
    let relation = first["relation"].as_str().unwrap();
    let text = format!(
        "{} -[{relation}]- {}",
        first["source"]["id"].as_str().unwrap(),
        first["target"]["id"].as_str().unwrap()
    );
    let what_if = &explain(workplace, &["--without", &text])["what_if"];
    let change = number(&what_if["after"]["score"]) - number(&what_if["before"]["score"]);
    assert!((change - number(&first["delta"])).abs() < 1e-4, "{change} and {}", first["delta"]);
    // The rank is that among the others as they score without it, too.
    let after = number(&what_if["after"]["score"]);
    let others: Vec<f64> = ranked["results"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|result| result["known"] == false && result["name"] != "drug 4")
        .map(|result| {
            let drug = result["id"].as_str().unwrap();
            let asked = [
                "explain",
                "m",
                "--drug",
                drug,
                "--disease",
                "disease 9",
                "--without",
                &text,
                "--edges",
                "1",
            ];
            let other = workplace.run_list(&[&asked[..], &["--json"]].concat()).json();
            number(&other["what_if"]["after"]["score"])
        })
        .collect();
    let above = others.iter().filter(|&&other| other > after).count() as f64;
    let same = others.iter().filter(|&&other| other == after).count() as f64;
    assert_eq!(number(&what_if["after"]["rank"]), 1.0 + above + same / 2.0);
    assert_eq!(number(&what_if["before"]["rank"]), rank);
    assert!((number(&what_if["before"]["score"]) - score).abs() < 1e-3);

    let paths = document["paths"].as_array().unwrap();
    assert!(!paths.is_empty());
    for path in paths {
        let (nodes, edges) = (path["nodes"].as_array().unwrap(), path["edges"].as_array().unwrap());
        assert_eq!(nodes.len(), edges.len() + 1);
        assert!(edges.len() <= 4);
        assert_eq!((&nodes[0]["name"], &nodes[edges.len()]["name"]), (&"drug 4".into(), &"disease 9".into()));
    }
    let shares: f64 = document["metapaths"].as_array().unwrap().iter().map(|of| number(&of["share"])).sum();
    assert!(shares <= 1.0 + 1e-9, "{shares}");
    let fidelity = &document["fidelity"];
    assert!((0.0..=1.0).contains(&number(&fidelity["sparsity"])));
}

#[test]
fn a_blend_is_explained_by_edges_paths_and_parts() {
    let workplace = with_blend();
    check(&workplace);
    let document = explain(&workplace, &[]);
    assert_eq!(document["contributions"]["parts"].as_array().unwrap().len(), 5);
    assert!(!document["fidelity"]["agreement"].is_null(), "a blend has members");
    let shown = workplace.run_list(&ASKED).printed();
    assert!(shown.starts_with("drug 4 (D4) for disease 9 (X9): score "), "{shown}");
    assert!(shown.contains("taken out"), "{shown}");
    assert!(shown.contains("\nKinds of paths, by what their edges do to the score"), "{shown}");
    assert!(shown.contains("\nHow far to trust the "), "{shown}");
    // The same bits each time.
    assert_eq!(workplace.run_list(&ASKED).printed(), shown);
}

#[test]
fn a_network_is_explained_as_well() {
    check(&Workplace::with_model());
}

#[test]
fn paths_can_be_asked_for_by_node_relation_and_length() {
    let workplace = with_blend();
    let nodes = |more: &[&str]| -> Vec<Vec<String>> {
        let document = explain(&workplace, more);
        let names = |path: &Value| {
            let nodes = path["nodes"].as_array().unwrap().iter();
            nodes.map(|node| node["name"].as_str().unwrap().to_owned()).collect()
        };
        document["paths"].as_array().unwrap().iter().map(names).collect()
    };
    let all = nodes(&[]);
    let through = all.iter().find(|path| path.len() > 2).unwrap()[1].clone();
    let only = nodes(&["--through", &through]);
    assert!(!only.is_empty() && only.iter().all(|path| path.contains(&through)));
    assert!(nodes(&["--avoid", &through]).iter().all(|path| !path.contains(&through)));
    assert!(nodes(&["--steps", "3"]).iter().all(|path| path.len() <= 4));
    let along = explain(&workplace, &["--relations", "treats"]);
    for path in along["paths"].as_array().unwrap() {
        assert!(
            path["edges"].as_array().unwrap().iter().all(|edge| edge["relation"] == "drug:treats:disease")
        );
    }
}

#[test]
fn what_cannot_be_asked_is_told_in_a_sentence() {
    let workplace = with_blend();
    let refused = |more: &[&str]| {
        let run = workplace.run_list(&[&ASKED[..], more].concat());
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{}", run.stderr);
        run.stderr.trim_end().to_owned()
    };
    insta::assert_snapshot!(refused(&["--without", "drug 4"]), @"error: 'drug 4' is no edge; expected two names with ' -- ' between them, or with a relation, ' -[targets]- '");
    insta::assert_snapshot!(refused(&["--without", "drug 4 -- disease 11"]), @"error: --without 'drug 4 -- disease 11': the graph has no such edge; expected an edge that the model sees");
    insta::assert_snapshot!(refused(&["--only", "curated"]), @"error: --only is 'curated'; expected an attribute and a text, as status=approved");
    insta::assert_snapshot!(refused(&["--only", "status=approved"]), @"error: no relation of the graph has the attribute 'status'; expected one of these: none is there");
    let run = workplace.run("explain m --drug D4 --target nowhere");
    insta::assert_snapshot!(run.stderr, @"error: no disease is called 'nowhere'");
    fs::remove_file(workplace.path("m/learned.safetensors")).unwrap();
    let run = workplace.run_list(&ASKED);
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert!(run.stderr.starts_with("error: m/learned.safetensors: "), "{}", run.stderr);
}

#[test]
fn an_edge_can_be_put_in() {
    let workplace = with_blend();
    let document = explain(&workplace, &["--with", "drug 4 -[treats]- disease 11"]);
    let what_if = &document["what_if"];
    assert_eq!(what_if["edits"][0]["relation"], "drug:treats:disease");
    assert_ne!(what_if["before"]["score"], what_if["after"]["score"]);
    let run = workplace.run_list(&[&ASKED[..], &["--with", "drug 4 -- gene 999"]].concat());
    assert_eq!(run.code, 2);
}

#[test]
fn a_page_of_candidates_is_one_file() {
    let workplace = with_blend();
    let printed = workplace
        .run_list(&[
            "report",
            "m",
            "--disease",
            "disease 3",
            "-o",
            "x.html",
            "--top",
            "6",
            "--explained",
            "2",
        ])
        .printed();
    assert_eq!(printed, "6 candidates of 30 for disease 3 written to x.html.\n");
    let page = String::from_utf8(workplace.read("x.html")).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("disease 3") && page.contains("<svg"));
    assert!(!page.contains("src=\"http") && !page.contains("<script"));
    workplace.run_list(&["report", "m", "--drug", "D4", "-o", "d4.md", "--novel"]).printed();
    let text = String::from_utf8(workplace.read("d4.md")).unwrap();
    assert!(text.starts_with("# drug 4: diseases\n"), "{}", &text[..80]);
    let run = workplace.run("report m --disease X3 -o page.pdf");
    assert_eq!(run.code, 2, "{}", run.stderr);
}

#[test]
fn a_list_of_diseases_is_a_folder_of_pages() {
    let workplace = with_blend();
    // A disease that is named twice has one page.
    workplace.write("list.txt", "disease 3\nX5\n\nX3\n");
    let printed = workplace.run("report m --diseases list.txt -o pages --explained 0 --to md").printed();
    assert_eq!(printed, "2 pages written to pages.\n");
    let mut pages: Vec<String> = fs::read_dir(workplace.path("pages"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    pages.sort();
    assert_eq!(pages, ["X3.md", "X5.md"]);
    workplace.write("wrong.txt", "disease 3\nnowhere\n");
    let run = workplace.run("report m --diseases wrong.txt -o others");
    assert_eq!(run.code, 2);
    assert!(!workplace.path("others").exists(), "nothing is written where a name fits no node");
}

#[test]
fn explanations_are_measured_on_test_pairs() {
    let workplace = with_blend();
    let asked = "explain m --evaluate --pairs 6 --seed 2 --json";
    let document = workplace.run(asked).json();
    assert_eq!((&document["asked"], &document["explained"]), (&6.into(), &6.into()));
    assert_eq!(document["all_explained"], 6);
    assert!(number(&document["test_pairs"]) >= 6.0 && document["mechanisms"].is_null());
    for (figure, pairs) in [("fid_plus", 6), ("fid_minus", 6), ("sparsity", 6)] {
        let figure = &document[figure];
        assert_eq!(figure["pairs"], pairs);
        assert!(number(&figure["low"]) <= number(&figure["mean"]), "{figure}");
        assert!(number(&figure["high"]) >= number(&figure["mean"]), "{figure}");
    }
    for curve in ["deletion", "insertion"] {
        let of = &document[curve];
        let mean = |key: &str| number(&of[key]["mean"]);
        assert!((mean("explanation") - mean("random") - mean("less_random")).abs() < 1e-9, "{of}");
        assert!((mean("explanation") - mean("matched") - mean("less_matched")).abs() < 1e-9, "{of}");
        assert_eq!(number(&of["random"]["pairs"]) + number(&document["without_curves"]), 6.0);
    }
    assert_eq!(workplace.run(asked).json(), document, "the same bits each time");
    let other = workplace.run("explain m --evaluate --pairs 6 --seed 3 --json").json();
    assert_ne!(other["fid_plus"], document["fid_plus"]);
    let all = workplace.run("explain m --evaluate --pairs 100000 --json").json();
    assert_eq!(all["asked"], all["test_pairs"]);
    let shown = workplace.run("explain m --evaluate --pairs 6 --seed 2").printed();
    let heading = format!(
        "blend: explanations of 6 of the {} test pairs of drug:treats:disease, drawn with seed 2; 48 edges and 4 steps at most\n",
        document["test_pairs"]
    );
    assert!(shown.starts_with(&heading), "{shown}");
    assert!(shown.contains("\ndeletion curve (low is good)") && shown.contains("\nfid+, "), "{shown}");
}

#[test]
fn mechanisms_that_the_graph_lacks_are_told() {
    let workplace = with_blend();
    let mechanism = |drug: &str, disease: &str, gene: &str| {
        serde_json::json!({
            "graph": {"_id": "m", "drug": drug, "disease": disease},
            "nodes": [{"id": "a:1", "name": drug}, {"id": "a:2", "name": gene}, {"id": "a:3", "name": disease}],
            "links": [{"key": "to", "source": "a:1", "target": "a:2"}, {"key": "to", "source": "a:2", "target": "a:3"}],
        })
    };
    let all = [
        mechanism("drug 4", "Disease 8", "gene 4"),
        mechanism("drug 4", "disease 99", "gene 4"),
        mechanism("drug 5", "disease 9", "gene 99"),
        mechanism("drug 99", "disease 9", "gene 4"),
        mechanism("drug 98", "disease 9", "gene 4"),
    ];
    let lines: Vec<String> = all.iter().map(Value::to_string).collect();
    workplace.write("m.jsonl", lines.join("\n"));
    let asked = "explain m --evaluate --pairs 2 --mechanisms m.jsonl";
    let document = workplace.run(&format!("{asked} --json")).json();
    let of = &document["mechanisms"];
    assert_eq!((&of["read"], &of["in_graph"], &of["explained"]), (&5.into(), &1.into(), &1.into()));
    insta::assert_snapshot!(of["skipped"], @r#"[{"mechanisms":1,"reason":"the graph lacks all inner nodes"},{"mechanisms":1,"reason":"the graph lacks the disease"},{"mechanisms":2,"reason":"the graph lacks the drug"}]"#);
    assert_eq!(of["parts"].as_array().unwrap().len(), 1);
    assert_eq!(of["parts"][0]["mechanisms"], 1);
    assert_eq!(
        of["parts"][0]["nodes_on_paths"]["mean"], 1.0,
        "drug 28 has the gene too, and treats the disease"
    );
    let shown = workplace.run(asked).printed();
    assert!(shown.contains("\nMechanisms: 5 read, 1 in the graph, 1 explained.\n"), "{shown}");
    assert!(shown.contains("\nLeft out: 2, the graph lacks the drug.\n"), "{shown}");
    workplace.write("wrong.json", "[{}\n]");
    let run = workplace.run("explain m --evaluate --mechanisms wrong.json");
    assert_eq!(run.code, 2);
    insta::assert_snapshot!(run.stderr, @"error: wrong.json:1: found {} (missing field `graph`); expected a node-link graph: an object with graph (and _id in it), nodes and links");
    for arguments in [
        "explain m --evaluate --drug D4",
        "explain m --drug D4 --disease X9 --mechanisms m.jsonl",
        "explain m --drug D4 --disease X9 --pairs 3",
        "demo --disease gout --seed 3",
        "explain m",
    ] {
        assert_eq!(workplace.run(arguments).code, 2, "{arguments}");
    }
}

/// Rephetio learns what was planted, and L3 a little of it.
#[test]
fn planted_mechanisms_are_found_and_an_interrupt_reports_what_is_done() {
    let workplace = Workplace::new();
    workplace.run("demo --planted -o planted --seed 1").printed();
    assert_eq!(workplace.listing(), ["planted", "planted.json"]);
    workplace.write("blend.toml", "model = 'blend'\nparts = ['l3', 'rephetio']\nfolds = 3\nmembers = 3\n");
    workplace.run("train planted --config blend.toml --seed 1 -o m").printed();
    let document = workplace.run("explain m --evaluate --mechanisms planted.json --json").json();
    let (deletion, insertion) = (&document["deletion"]["less_random"], &document["insertion"]["less_random"]);
    assert!(number(&deletion["high"]) < 0.0 && number(&insertion["low"]) > 0.0, "{deletion}, {insertion}");
    let of = &document["mechanisms"];
    assert_eq!((&of["read"], &of["explained"]), (&of["in_graph"], &of["in_graph"]));
    let part = &of["parts"][0];
    assert_eq!(part["part"], "test");
    let hits = number(&part["hits_at_10"]["explanation"]["mean"]);
    assert!(hits >= 0.8 && hits >= 5.0 * number(&part["any_ten"]["mean"]), "{part}");
    assert!(hits > number(&part["hits_at_10"]["random"]["mean"]), "{part}");
    #[cfg(unix)]
    interrupted(&workplace);
}

#[cfg(unix)]
fn interrupted(workplace: &Workplace) {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    use crate::workplace::program;

    let mut child = program()
        .args(["explain", "m", "--evaluate", "--mechanisms", "planted.json", "--json"])
        .current_dir(workplace.path(""))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let first = told.next().unwrap();
    assert!(first.ends_with(" pairs"), "{first}");
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let rest: Vec<String> = told.collect();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let (done, all) = (number(&document["all_explained"]), number(&document["all_asked"]));
    assert!(done > 0.0 && done < all, "{done} of {all}");
    assert!(rest.iter().any(|line| line.starts_with("stopped: ")), "{rest:?}");
}
