//! Models with a relation that speaks for a pair and one that speaks against it.

use std::fmt::Write as _;

use serde_json::Value;

use crate::workplace::Workplace;

/// Forty drugs and thirty diseases: drugs treat diseases of their own group, and harm in those of the next.
fn signed_graph() -> String {
    let mut text = String::from("source,target,source_type,target_type,relation\n");
    for drug in 0..40 {
        for disease in 0..30 {
            if drug % 5 == disease % 5 && (drug + 3 * disease) % 7 != 0 {
                let _ = writeln!(text, "D{drug},X{disease},drug,disease,treats");
            }
            if (drug + 1) % 5 == disease % 5 && (2 * drug + disease) % 3 != 0 {
                let _ = writeln!(text, "D{drug},X{disease},drug,disease,contraindicated");
            }
        }
        let _ = writeln!(text, "D{drug},G{},drug,gene,targets", drug % 5);
    }
    for disease in 0..30 {
        let _ = writeln!(text, "G{},X{disease},gene,disease,associates", disease % 5);
    }
    // What a drug does in this disease depends on whom one asks.
    text + "D0,X5,drug,disease,contraindicated\n"
}

fn workplace() -> Workplace {
    let workplace = Workplace::new();
    workplace.write("edges.csv", signed_graph());
    workplace.run("import edges.csv -o g").printed();
    workplace
}

const TRAIN: &str = "train g --target drug:treats:disease --against drug:contraindicated:disease --preset graphsage-small --seed 3 -o m";

#[test]
fn what_treats_is_told_from_what_harms() {
    let workplace = workplace();
    let document = workplace.run(&format!("{TRAIN} --json")).json();
    let figures = document["signed"]["figures"].as_array().unwrap();
    let of = |name: &str| figures.iter().find(|of| of["scorer"] == name).unwrap();
    let (network, degree) = (of("graphsage"), of("degree product"));
    let number = |of: &Value, key: &str| of[key].as_f64().unwrap();
    assert!(number(network, "sign_auroc") > 0.9, "{network}");
    assert!(number(network, "log_loss") < number(degree, "log_loss"), "{network} {degree}");
    assert!(network["pairs"].as_array().unwrap().iter().all(|pairs| pairs.as_u64().unwrap() > 0));

    let ranked = workplace.run("rank m --disease X7 --top 0 --json").json();
    let results = ranked["results"].as_array().unwrap();
    let (mut treats, mut harms) = (Vec::new(), Vec::new());
    for result in results {
        let [target, against] = ["probability", "probability_against"].map(|key| number(result, key));
        assert!(target >= 0.0 && against >= 0.0 && target + against <= 1.0 + 1e-9, "{result}");
        match (&result["known"], &result["known_against"]) {
            (Value::Bool(true), Value::Bool(false)) => treats.push((target, against)),
            (Value::Bool(false), Value::Bool(true)) => harms.push((target, against)),
            _ => {}
        }
    }
    let right = |pairs: &[(f64, f64)], order: fn(f64, f64) -> bool| {
        pairs.iter().filter(|(target, against)| order(*target, *against)).count() as f64 / pairs.len() as f64
    };
    assert!(right(&treats, |target, against| target > against) > 0.8, "{treats:?}");
    assert!(right(&harms, |target, against| against > target) > 0.8, "{harms:?}");
}

#[test]
fn a_signed_model_is_shown_and_written_with_both_probabilities() {
    let workplace = workplace();
    let trained = workplace.run(TRAIN);
    assert_eq!(trained.code, 0, "{}", trained.stderr);
    assert!(
        trained.stderr.contains(
            "pairs held out of drug:treats:disease or drug:contraindicated:disease are held out of both"
        ),
        "{}",
        trained.stderr
    );
    for part in ["drug:contraindicated:disease", "AUROC of the sign", "base rates alone"] {
        assert!(trained.stdout.contains(part), "{}", trained.stdout);
    }
    let shown = workplace.run("rank m --disease X7 --top 40").printed();
    assert!(shown.contains("known against") && shown.contains("multinomial logistic regression"), "{shown}");
    workplace.run("screen m --top 2 -o all.tsv").printed();
    let table = String::from_utf8(workplace.read("all.tsv")).unwrap();
    let rows: Vec<Vec<&str>> = table.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(rows[0][12..], ["probability_against", "known_against"]);
    assert!(rows[1..].iter().all(|row| row.len() == 14 && row[12].parse::<f64>().is_ok()));
    workplace.run("screen m --top 2 -o all.parquet").printed();
    workplace.run("embed m -o e.parquet").printed();
    // A model is the same when it is made again.
    let before = workplace.read("m/model.safetensors");
    workplace.run(TRAIN).printed();
    assert!(before == workplace.read("m/model.safetensors"));
    assert_eq!(workplace.listing(), ["all.parquet", "all.tsv", "e.parquet", "edges.csv", "g", "m"]);
    let evaluated = workplace.run("evaluate g --model m");
    assert_eq!(evaluated.code, 2);
    assert!(
        evaluated.stderr.contains("the figures of a signed model stand in its card"),
        "{}",
        evaluated.stderr
    );
}

#[test]
fn both_relations_of_a_signed_model_are_explained() {
    let workplace = workplace();
    for preset in ["graphsage-small", "best"] {
        let train = TRAIN.replace("graphsage-small", preset);
        workplace.run(&train).printed();
        let asked = "explain m --drug D1 --disease X12";
        let [of_target, of_against] = [asked.to_owned(), format!("{asked} --against")]
            .map(|asked| workplace.run(&format!("{asked} --json")).json());
        let number = |of: &Value, key: &str| of[key].as_f64().unwrap();
        for (one, other) in [(&of_target, &of_against), (&of_against, &of_target)] {
            assert!(
                (number(one, "probability") - number(other, "probability_against")).abs() < 1e-12,
                "{preset}"
            );
        }
        assert_ne!(of_target["score"], of_against["score"]);
        assert_ne!(of_target["base_rate"], of_against["base_rate"]);
        // D1 is harmful in diseases of the group of X12, by the contraindications of drugs like it.
        assert_eq!((&of_target["known"], &of_against["known"]), (&Value::Bool(false), &Value::Bool(true)));
        assert!(number(&of_against, "probability") > number(&of_target, "probability"), "{preset}");
        let edges = of_against["edges"].as_array().unwrap();
        let of_relation = |edge: &&Value| edge["relation"] == "drug:contraindicated:disease";
        assert!(edges.iter().find(of_relation).is_some_and(|edge| number(edge, "delta") != 0.0), "{edges:?}");
        let printed = workplace.run(&format!("{asked} --against")).printed();
        let told = "The score is of drug:contraindicated:disease; probability of drug:treats:disease: 0.";
        assert!(printed.contains(told), "{printed}");
    }
    workplace
        .run("train g --target drug:treats:disease --preset graphsage-small --seed 3 -o plain")
        .printed();
    let refused = workplace.run("explain plain --drug D1 --disease X7 --against");
    assert_eq!(refused.code, 2);
    assert!(
        refused.stderr.contains("plain predicts drug:treats:disease alone; expected a signed model"),
        "{}",
        refused.stderr
    );
}

#[test]
fn what_cannot_speak_against_is_refused() {
    let workplace = workplace();
    let said = |against: &str| {
        let run = workplace.run(&format!("train g --target drug:treats:disease --against {against} -o m"));
        assert_eq!((run.code, workplace.path("m").exists()), (2, false));
        run.stderr
    };
    assert_eq!(
        said("drug:targets:gene"),
        "error: drug:targets:gene cannot speak against drug:treats:disease: it joins other node types\n"
    );
    assert!(said("drug:treats:disease").contains("it is the target itself"));
    assert!(said("drug:harms:disease").contains("drug:harms:disease"));
}
