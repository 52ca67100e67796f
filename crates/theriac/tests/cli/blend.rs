//! The default model: trained, kept, ranked and evaluated as any other, with its settings from a file.

use std::fs;

use crate::workplace::Workplace;

/// A workplace with the small graph and a small blend of it, `m`.
fn with_blend() -> Workplace {
    let workplace = Workplace::with_graph();
    workplace.write(
        "blend.toml",
        "model = 'blend'\nparts = ['l3', 'knn', 'ease-source']\nfolds = 3\nmembers = 3\n",
    );
    workplace.run("train g --config blend.toml --seed 5 -o m").printed();
    workplace
}

#[test]
fn it_is_what_train_makes_and_its_card_tells_every_configuration() {
    let workplace = Workplace::with_graph();
    let run = workplace.run("train g -o m");
    assert!(run.stderr.starts_with("stage 1/115  L3 paths, without fold 1 of 10\n"), "{}", run.stderr);
    assert!(run.stdout.contains("\nblend  "), "{}", run.stdout);
    let card: serde_json::Value =
        serde_json::from_slice(&fs::read(workplace.path("m/card.json")).unwrap()).unwrap();
    assert_eq!((&card["preset"], &card["config"]["model"]), (&"best".into(), &"blend".into()));
    let trials = card["trials"].as_array().unwrap();
    let made = format!("; {} configurations, then the validation part too, in ", trials.len());
    assert!(run.stdout.contains(&made), "{}", run.stdout);
    assert_eq!(run.stderr.matches("stage 1/115  ").count(), 2, "{}", run.stderr);
    let of = |part: &str| {
        let named = |trial: &&serde_json::Value| trial["configuration"].as_str().unwrap().starts_with(part);
        let trials: Vec<_> = trials.iter().filter(named).collect();
        (trials.len(), trials.iter().filter(|trial| trial["chosen"] == true).count())
    };
    assert_eq!(of("nearest neighbours: "), (20, 1));
    assert!(of("EASE over sources: ").0 > 1 && of("EASE over sources: ").1 == 1);
}

#[test]
fn rank_gives_an_interval_around_each_probability() {
    let workplace = with_blend();
    let shown = workplace.run_list(&["rank", "m", "--disease", "disease 3", "--top", "3"]).printed();
    assert!(shown.contains("probability        interval  percentile"), "{shown}");
    assert!(
        shown.contains("\nInterval: 1.96 standard deviations to either side, over the model's members.\n"),
        "{shown}"
    );
    let document = workplace.run_list(&["rank", "m", "--disease", "disease 3", "--json"]).json();
    for result in document["results"].as_array().unwrap() {
        let number = |key: &str| result[key].as_f64().unwrap();
        assert!(number("probability_low") <= number("probability"));
        assert!(number("probability") <= number("probability_high"));
    }
    let network = Workplace::with_model();
    let document = network.run_list(&["rank", "m", "--disease", "disease 3", "--json"]).json();
    assert!(document["results"][0]["probability_low"].is_null());
}

#[test]
fn rank_tells_what_each_score_is_made_of() {
    let workplace = with_blend();
    let asked = ["rank", "m", "--disease", "disease 3", "--top", "4"];
    let document = workplace.run_list(&[&asked[..], &["--json"]].concat()).json();
    for result in document["results"].as_array().unwrap() {
        let of = &result["contributions"];
        let number = |value: &serde_json::Value| value.as_f64().unwrap();
        let parts = of["parts"].as_array().unwrap();
        let names: Vec<&str> = parts.iter().map(|part| part["part"].as_str().unwrap()).collect();
        assert_eq!(names, ["l3", "knn", "ease-source"]);
        let sum: f64 = parts.iter().map(|part| number(&part["contribution"])).sum();
        let sum = sum + number(&of["base"]) + number(&of["popularity"]);
        assert!((sum - number(&result["score"])).abs() < 1e-4, "{sum} for {}", result["score"]);
    }
    let shown = workplace.run_list(&[&asked[..], &["--contributions"]].concat()).printed();
    assert!(shown.contains("rank  name     score   base  popularity  parts\n"), "{shown}");
    assert!(shown.contains("add up to the score, a log-odds (Shapley values).\n"), "{shown}");
    let network = Workplace::with_model();
    let run = network.run_list(&[&asked[..], &["--contributions"]].concat());
    insta::assert_snapshot!(run.stderr, @"error: the graphsage does not keep what its scores are made of; expected a blend whose training was not stopped, or a network whose decoder has popularity, for --contributions");
    assert_eq!(run.code, 2);
    assert!(
        network.run_list(&[&asked[..], &["--json"]].concat()).json()["results"][0]["contributions"].is_null()
    );
}

#[test]
fn candidates_are_ranked_without_what_popularity_adds() {
    let workplace = with_blend();
    workplace.write(
        "network.toml",
        "model = 'gnn'\n[encoder]\nhidden = 8\n[decoder]\nkind = 'dot'\npopularity = true\n[training]\nepochs = 30\n",
    );
    workplace.run("train g --config network.toml --seed 5 -o n").printed();
    for model in ["m", "n"] {
        let asked = ["rank", model, "--disease", "disease 3", "--top", "0", "--json"];
        let ranked = |more: &[&str]| {
            let document = workplace.run_list(&[&asked[..], more].concat()).json();
            let of = |result: &serde_json::Value| {
                let number = |value: &serde_json::Value| value.as_f64().unwrap();
                let (score, popularity) = (&result["score"], &result["contributions"]["popularity"]);
                (result["id"].to_string(), number(score), number(popularity), number(&result["probability"]))
            };
            document["results"].as_array().unwrap().iter().map(of).collect::<Vec<_>>()
        };
        let (mut whole, specific) = (ranked(&[]), ranked(&["--without-popularity"]));
        let falls = |pair: &[(String, f64, f64, f64)]| {
            let specific = |of: &(String, f64, f64, f64)| of.1 - of.2;
            specific(&pair[0]) >= specific(&pair[1]) - 1e-5
        };
        assert!(specific.windows(2).all(falls), "{specific:?}");
        assert_ne!(whole, specific, "popularity makes a difference");
        let mut specific = specific;
        whole.sort_by(|one, other| one.0.cmp(&other.0));
        specific.sort_by(|one, other| one.0.cmp(&other.0));
        assert_eq!(whole, specific, "scores and probabilities are the same");
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_on_any_number_of_threads() {
    let workplace = with_blend();
    let model = |folder: &str| {
        ["model.safetensors", "contributions.safetensors"]
            .map(|file| fs::read(workplace.path(folder).join(file)).unwrap())
    };
    for threads in [1, 3] {
        let call = format!("train g --config blend.toml --seed 5 --threads {threads} -o other");
        workplace.run(&call).printed();
        assert_eq!(model("other"), model("m"), "{threads} threads");
    }
}

#[test]
fn evaluate_gives_the_figures_of_its_card() {
    let workplace = with_blend();
    let evaluated = workplace.run("evaluate g --model m --json").json();
    let card: serde_json::Value =
        serde_json::from_slice(&fs::read(workplace.path("m/card.json")).unwrap()).unwrap();
    let figures = |report: &serde_json::Value| {
        let scorers = report["scorers"].as_array().unwrap();
        scorers.iter().find(|scorer| scorer["scorer"] == "blend").unwrap()["all_pairs"].clone()
    };
    assert!(figures(&evaluated)["auroc"].as_f64().unwrap() > 0.5);
    assert_eq!(figures(&evaluated), figures(&card["test"]));
}

#[test]
fn settings_are_printed_and_read_and_what_is_wrong_in_them_is_said() {
    let workplace = Workplace::with_graph();
    for preset in ["best", "graphsage"] {
        let printed = workplace.run(&format!("train --preset {preset} --print-config")).printed();
        workplace.write("printed.toml", &printed);
        let again = workplace.run("train --config printed.toml --print-config").printed();
        assert_eq!(again, printed);
    }
    workplace.write("typo.toml", "model = 'blend'\nmember = 3\n");
    let run = workplace.run("train g --config typo.toml -o m");
    assert!(
        run.stderr.starts_with("error: typo.toml: unknown field `member`, expected one of"),
        "{}",
        run.stderr
    );
    assert_eq!(run.code, 2);
    let run = workplace.run("train g --epochs 3 -o m");
    insta::assert_snapshot!(run.stderr, @"error: --sampler, --epochs and --lr are for networks, and the model is a blend; expected the preset of a network beside them");
    let run = with_blend().run("embed m -o e.parquet");
    insta::assert_snapshot!(run.stderr, @"error: a blend has no embeddings: its scores come from many scorers; train a network to have some");
}

#[test]
fn a_file_of_settings_names_the_model_that_is_evaluated() {
    let workplace = Workplace::with_graph();
    let printed = workplace.run("train --preset graphsage --epochs 2 --print-config").printed();
    workplace.write("network.toml", &printed);
    let evaluated = workplace.run("evaluate g --config network.toml --json").json();
    let scorers = evaluated["scorers"].as_array().unwrap();
    assert_eq!(scorers.last().unwrap()["scorer"], "graphsage");
    let trained = workplace.run("train g --config network.toml -o m --json").json();
    assert!(trained["preset"].is_null() && trained["epochs"].as_array().unwrap().len() == 2);
    assert_eq!(workplace.run("train g --config network.toml --preset best -o m").code, 2);
}

#[test]
fn the_saved_model_has_learned_the_validation_part_unless_that_is_declined() {
    let workplace = with_blend();
    workplace.run("train g --config blend.toml --seed 5 -o without --no-refit").printed();
    let mut aps = Vec::new();
    for (model, learned) in [("m", true), ("without", false)] {
        let card: serde_json::Value =
            serde_json::from_slice(&fs::read(workplace.path(&format!("{model}/card.json"))).unwrap())
                .unwrap();
        assert_eq!(card["split"]["learned_validation"], learned);
        let said =
            card["test"]["protocol"].as_str().unwrap().contains("scorers learn the validation part too");
        assert_eq!(said, learned);
        // Judged anew, with the others beside it that were fitted as it was.
        let judged = workplace.run(&format!("evaluate g --model {model} --scorers l3 --json")).json();
        for of_card in card["test"]["scorers"].as_array().unwrap() {
            let same = |scorer: &&serde_json::Value| scorer["scorer"] == of_card["scorer"];
            let anew = judged["scorers"].as_array().unwrap().iter().find(same).unwrap();
            for section in ["sampled", "all_pairs", "ranking"] {
                assert_eq!(anew[section], of_card[section], "{section} of {}", of_card["scorer"]);
            }
            assert!(!of_card["threshold"].is_null() && !of_card["calibration"].is_null());
            // What has learned the validation part gives no threshold on it.
            let blend_that_learned = learned && of_card["scorer"] == "blend";
            assert_eq!(anew["threshold"].is_null(), blend_that_learned, "{}", of_card["scorer"]);
        }
        aps.push(card["test"]["scorers"][3]["all_pairs"]["ap"].as_f64().unwrap());
        let ranked = workplace.run_list(&["rank", model, "--disease", "disease 3"]).printed();
        assert_eq!(ranked.contains("seed 5, validation learned too."), learned, "{ranked}");
        workplace.run_list(&["explain", model, "--drug", "drug 3", "--disease", "disease 3"]).printed();
    }
    assert_ne!(aps[0], aps[1]);
}
