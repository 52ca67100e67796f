//! Drugs and diseases that are not in the graph, told by a file.

use std::fmt::Write as _;

use crate::predictions::json_lines;
use crate::workplace::Workplace;

/// Thirty drugs, twenty diseases and ten genes: drugs treat the diseases of their group of five, and those have its genes.
pub fn workplace() -> Workplace {
    let mut text = String::from("source,target,source_type,target_type,relation,source_name,target_name\n");
    for drug in 0..30 {
        for disease in (0..20).filter(|disease| drug % 5 == disease % 5 && (drug + disease) % 4 != 0) {
            let _ = writeln!(text, "D{drug},X{disease},drug,disease,treats,drug {drug},disease {disease}");
        }
    }
    for disease in 0..20 {
        for gene in (0..10).filter(|gene| gene % 5 == disease % 5) {
            let _ = writeln!(text, "G{gene},X{disease},gene,disease,causes,gene {gene},disease {disease}");
        }
    }
    let workplace = Workplace::new();
    workplace.write("edges.csv", text);
    workplace.run("import edges.csv -o g").printed();
    workplace.run("train g --preset graphsage --epochs 3 --seed 5 -o m").printed();
    workplace.write("mine.tsv", "relation\tneighbor\ncauses\tgene 2\ncauses\tG7\n");
    workplace
}

#[test]
fn a_new_disease_is_ranked_by_those_that_it_is_like() {
    let workplace = workplace();
    let answer = workplace.run("rank m --new-disease mine.tsv --top 3 --json").json();
    assert_eq!(
        (&answer["query"], &answer["type"], &answer["edges"]),
        (&"mine".into(), &"disease".into(), &2.into())
    );
    assert_eq!((&answer["abstained"], &answer["candidates"]), (&serde_json::Value::Null, &30.into()));
    let rows = answer["results"].as_array().unwrap();
    assert_eq!(rows.len(), 3);
    for row in rows {
        let drug: u32 = row["id"].as_str().unwrap()[1..].parse().unwrap();
        assert_eq!(drug % 5, 2);
        let support = row["support"].as_array().unwrap();
        assert!(!support.is_empty());
        for supporter in support {
            assert_eq!(supporter["id"].as_str().unwrap()[1..].parse::<u32>().unwrap() % 5, 2);
        }
        assert!(row["model_probability"].as_f64().is_some_and(|p| (0.0..=1.0).contains(&p)));
    }
    let evidence = &answer["evidence"][0];
    assert_eq!(evidence["kind"], "neighbours in common by ^gene:causes:disease");
    assert_eq!(evidence["weight"], 1.0);
    assert!(evidence["average_precision"].as_f64() > evidence["popularity_average_precision"].as_f64());

    let table = workplace.run("rank m --new-disease mine.tsv --top 3").printed();
    assert!(table.starts_with("3 of 30 drug candidates for mine, a new disease, by m\n"), "{table}");
    assert!(table.contains("\nEvidence: 2 edges; 4 known nodes of type disease vote.\n"), "{table}");
}

#[test]
fn a_candidate_for_a_new_disease_is_explained() {
    let workplace = workplace();
    let ranked = workplace.run("rank m --new-disease mine.tsv --top 0 --json").json();
    let rows = ranked["results"].as_array().unwrap();
    let row = rows.iter().find(|row| row["id"] == "D2").unwrap();
    let asked = "explain m --new-disease mine.tsv --drug D2";
    let answer = workplace.run(&format!("{asked} --json")).json();
    assert_eq!(
        answer["pair"]["target"],
        serde_json::json!({"type": "disease", "id": "mine", "name": "mine"})
    );
    let number = |of: &serde_json::Value| of.as_f64().unwrap();
    assert!((number(&answer["score"]) - number(&row["score"])).abs() < 1e-6, "{answer} {row}");
    assert_eq!(
        (&answer["probability"], &answer["contributions"], &answer["known"]),
        (&serde_json::Value::Null, &serde_json::Value::Null, &false.into())
    );
    assert_eq!(
        (&answer["among_targets"], &answer["among_sources"]["of"]),
        (&serde_json::Value::Null, &30.into())
    );
    // Each of its two genes speaks for the drug, by the diseases that have it and are treated.
    let edges = answer["edges"].as_array().unwrap();
    let own = |edge: &&serde_json::Value| edge["target"]["id"] == "mine";
    assert_eq!(edges.iter().filter(own).count(), 2);
    // What the score becomes without a gene is what it is for a disease that is told without it.
    let told = |name: &str, genes: &str| {
        workplace.write(name, format!("relation\tneighbor\n{genes}"));
        workplace.run(&format!("explain m --new-disease {name} --drug D2 --json")).json()
    };
    let [two, one] = [told("two.tsv", "causes\tG2\ncauses\tG1\n"), told("one.tsv", "causes\tG1\n")];
    let all = two["edges"].as_array().unwrap();
    let gene = all.iter().find(|edge| edge["target"]["id"] == "two" && edge["source"]["id"] == "G2").unwrap();
    let change = number(&one["score"]) - number(&two["score"]);
    assert!(change < -0.1 && (number(&gene["delta"]) - change).abs() < 1e-5, "{gene} {change}");
    let links = edges.iter().filter(|edge| edge["relation"] == "drug:treats:disease");
    let least = links.map(|edge| number(&edge["delta"])).fold(0.0, f64::min);
    assert!(least < 0.0, "{edges:?}");
    let precedent = &answer["precedents"][0];
    assert_eq!(precedent["source"]["id"], "D2");
    assert_eq!(precedent["shared"].as_array().unwrap().len(), 2, "{precedent}");
    let printed = workplace.run(asked).printed();
    assert!(printed.starts_with("drug 2 (D2) for mine: score "), "{printed}");
    let path = "drug 2 -treats→ disease 17 ←causes- gene 7 -causes→ mine";
    assert!(printed.contains("\nRank ") && printed.contains(path), "{printed}");

    let refused = workplace.run("explain m --new-disease mine.tsv");
    assert_eq!(refused.code, 2);
    let both = workplace.run("explain m --new-disease mine.tsv --drug D2 --disease X1");
    assert_eq!(both.code, 2);
    workplace.write("strange.tsv", "relation\tneighbor\ncauses\tG99\n");
    let refused = workplace.run("explain m --new-disease strange.tsv --drug D2");
    assert_eq!((refused.code, refused.stdout.as_str()), (2, ""), "{}", refused.stderr);
}

#[test]
fn every_form_says_the_same() {
    let workplace = workplace();
    let printed = workplace.run("rank m --new-disease mine.tsv --top 4 --tsv").printed();
    let saved = workplace.run("rank m --new-disease mine.tsv --top 4 -o found.tsv").printed();
    assert_eq!(saved, "4 of 30 candidates for mine saved to found.tsv.\n");
    assert_eq!(String::from_utf8(workplace.read("found.tsv")).unwrap(), printed);
    workplace.run("rank m --new-disease mine.tsv --top 4 -o found.jsonl").printed();
    let lines = json_lines(&workplace, "found.jsonl");
    let answer = workplace.run("rank m --new-disease mine.tsv --top 4 --json").json();
    assert_eq!(&lines, answer["results"].as_array().unwrap());
    let refused = workplace.run("rank m --new-disease mine.tsv -o found.parquet");
    assert_eq!(refused.code, 2);
    insta::assert_snapshot!(refused.stderr, @"error: candidates for a new node are not written as Parquet or KGX; expected tsv or jsonl");
}

#[test]
fn without_evidence_it_abstains_and_says_so() {
    let workplace = workplace();
    // Of drugs, the graph tells nothing but what they treat.
    workplace.write("drug.tsv", "relation\tneighbor\ntargets\tG1\n");
    let refused = workplace.run("rank m --new-drug drug.tsv");
    assert_eq!((refused.code, refused.stdout.as_str()), (2, ""));
    insta::assert_snapshot!(refused.stderr, @"error: drug.tsv:2: found relation 'targets'; expected nothing: the graph tells of drug nodes by nothing but what is predicted");

    // A gene that no disease with a known drug has.
    let mut edges = String::from_utf8(workplace.read("edges.csv")).unwrap();
    edges.push_str("G99,X99,gene,disease,causes,gene 99,disease 99\n");
    workplace.write("more.csv", edges);
    workplace.run("import more.csv -o h").printed();
    workplace.run("train h --preset graphsage --epochs 3 --seed 5 -o n").printed();
    workplace.write("alone.tsv", "relation\tneighbor\ncauses\tgene 99\n");
    let abstained = workplace.run("rank n --new-disease alone.tsv");
    assert_eq!((abstained.code, abstained.stdout.as_str()), (3, ""));
    insta::assert_snapshot!(abstained.stderr, @"error: nothing was ranked for alone: what the file tells of it is shared with no disease that has known links; what tells something in this graph is neighbours in common by ^gene:causes:disease");
    let abstained = workplace.run("rank n --new-disease alone.tsv --json");
    assert_eq!(abstained.code, 3);
    let answer: serde_json::Value = serde_json::from_str(&abstained.stdout).unwrap();
    assert!(
        answer["abstained"].as_str().is_some_and(|reason| reason.starts_with("what the file tells of it"))
    );
    assert_eq!(answer["results"].as_array().map(Vec::len), Some(0));
}

#[test]
fn what_is_wrong_with_the_file_is_told_with_its_line() {
    let workplace = workplace();
    let refused = |text: &str| {
        workplace.write("wrong.tsv", text);
        let run = workplace.run("rank m --new-disease wrong.tsv");
        assert_eq!((run.code, run.stdout.as_str()), (2, ""));
        run.stderr
    };
    insta::assert_snapshot!(refused("relation\tneighbor\ntreats\tdrug 1\n"), @"error: wrong.tsv:2: found relation 'treats'; expected one of gene:causes:disease; drug:treats:disease joins what is to be scored");
    insta::assert_snapshot!(refused("relation\tneighbor\ncauses\tgen 12\n"), @"error: wrong.tsv:2: found 'gen 12'; expected the id or name of a gene in the graph; close to it: gene 2 (G2); gene 0 (G0); gene 5 (G5); gene 1 (G1); gene 6 (G6)");
    insta::assert_snapshot!(refused("relation\tneighbor\n"), @"error: wrong.tsv holds no edge or feature; expected at least one");
    let both = workplace.run("rank m --new-disease mine.tsv --disease X1");
    assert_eq!(both.code, 2);
    assert!(both.stderr.contains("cannot be used with"), "{}", both.stderr);
}
