//! Settings chosen on validation links.

use std::fs;

use serde_json::Value;

use crate::workplace::Workplace;

/// Six trials of 2 epochs, of which two go on to 6.
const SPACE: &str = "\
[base]
model = 'gnn'
encoder.hidden = 8
[space]
'training.learning_rate' = { from = 1e-3, to = 1e-1, scale = 'log' }
'training.negative_ratio' = [1, 2, 4]
[halving]
trials = 6
least = 2
most = 6
";

fn with_space() -> Workplace {
    let workplace = Workplace::with_graph();
    workplace.write("space.toml", SPACE);
    workplace
}

/// The table of trials without their times.
fn trials(workplace: &Workplace, folder: &str) -> Vec<Vec<String>> {
    let text = String::from_utf8(workplace.read(&format!("{folder}/trials.tsv"))).unwrap();
    let row = |line: &str| {
        let cells = line.split('\t').enumerate().filter(|(column, _)| *column != 4);
        cells.map(|(_, cell)| cell.to_owned()).collect()
    };
    text.lines().map(row).collect()
}

#[test]
fn the_best_settings_are_found_and_train_takes_them() {
    let workplace = with_space();
    let run = workplace.run("tune g space.toml -o f --seed 3");
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stderr.starts_with("6 trials of 2 epochs, 2 trials of 6 epochs: 24 epochs at most\n"));
    let told = "theriac train g --config f/best.toml --seed 3 -o model\n";
    assert!(run.stderr.ends_with(told), "{}", run.stderr);
    let printed = &run.stdout;
    assert!(
        printed.contains("6 of 6 trials tried, by their filtered MRR on 14 validation links"),
        "{printed}"
    );
    assert!(printed.contains("trial  epochs    MRR  seconds  learning_rate  negative_ratio"), "{printed}");
    assert!(printed.ends_with("No test link had a part in it.\n"), "{printed}");

    let rows = trials(&workplace, "f");
    let header = ["trial", "rung", "epochs", "mrr", "training.learning_rate", "training.negative_ratio"];
    assert_eq!((rows[0].as_slice(), rows.len()), (header.map(str::to_owned).as_slice(), 1 + 6 + 2));
    let mrr = |row: &&Vec<String>| row[3].parse::<f64>().unwrap();
    let last = rows[1..].iter().filter(|row| row[1] == "2");
    let best = last.max_by(|one, other| mrr(one).total_cmp(&mrr(other))).unwrap();
    let settings = workplace.run("train --config f/best.toml --print-config").printed();
    assert!(settings.contains(&format!("learning_rate = {}\n", best[4])), "{settings}");
    assert!(settings.contains("epochs = 6\n") && settings.contains("hidden = 8\n"), "{settings}");

    let document = workplace.run("tune g space.toml -o f --seed 3 --json").json();
    assert_eq!(document["outcomes"].as_array().unwrap().len(), 8);
    assert_eq!(document["best"]["trial"].to_string(), best[0]);
    let model = workplace.run("train g --config f/best.toml --seed 3 -o m --json").json();
    assert_eq!(model["split_hash"], document["split_hash"]);
}

#[test]
#[cfg(unix)]
fn a_tuning_that_was_stopped_goes_on_to_the_same_bytes() {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    let workplace = with_space();
    let longer = SPACE.replace("least = 2", "least = 150").replace("most = 6", "most = 300");
    workplace.write("space.toml", longer.replace("trials = 6", "trials = 12\nreduction = 2"));
    let command = "tune g space.toml -o f";
    let mut child = crate::workplace::program()
        .args(command.split(' '))
        .current_dir(workplace.path(""))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let first = told.by_ref().find(|line| line.contains(" of 12 trials of 150 epochs")).unwrap();
    assert!(first.starts_with("2 of"), "{first}");
    let signal = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(signal.success());
    let rest: Vec<String> = told.collect();
    assert_eq!(child.wait().unwrap().code(), Some(1), "{rest:?}");
    let last = rest.last().unwrap();
    assert_eq!(
        last,
        "error: tuning was stopped; what is done is kept in f, and the same command goes on from there"
    );
    assert!(!workplace.path("f/best.toml").exists());
    let done = fs::read_dir(workplace.path("f/trials")).unwrap().count();
    assert!((2..18).contains(&done), "{done}");
    assert_eq!(trials(&workplace, "f").len(), 1 + done);

    workplace.run(command).printed();
    workplace.run("tune g space.toml -o whole").printed();
    assert_eq!(trials(&workplace, "f"), trials(&workplace, "whole"));
    assert_eq!(workplace.read("f/best.toml"), workplace.read("whole/best.toml"));
}

#[test]
fn two_shards_in_one_folder_are_one_tuning() {
    let workplace = with_space();
    workplace.run("tune g space.toml -o whole").printed();
    let half = workplace.run("tune g space.toml -o f --shard 1/2").printed();
    assert!(half.contains("3 of 6 trials tried"), "{half}");
    let document = workplace.run("tune g space.toml -o f --shard 2/2 --json").json();
    assert_eq!(document["shard"], "2/2");
    let first = |folder| -> Vec<Vec<String>> {
        trials(&workplace, folder).into_iter().filter(|row| row[1] == "1").collect()
    };
    assert_eq!((first("f").len(), first("f")), (6, first("whole")));
    let outcomes = document["outcomes"].as_array().unwrap();
    let last: Vec<&Value> = outcomes.iter().filter(|outcome| outcome["rung"] == 2).collect();
    assert_eq!(last.len(), 2);
    let mrr = |outcome: &Value| outcome["mrr"].as_f64().unwrap();
    assert!(last.iter().all(|outcome| mrr(outcome) <= mrr(&document["best"])));
    let best = workplace.read("f/best.toml");
    workplace.run("tune g space.toml -o f --shard 1/2").printed();
    assert_eq!(workplace.read("f/best.toml"), best);
    // Without a shard, what an unsharded tuning would have trained is trained, where the shards did not.
    workplace.run("tune g space.toml -o f").printed();
    let rows = trials(&workplace, "f");
    assert!(trials(&workplace, "whole").iter().all(|row| rows.contains(row)));
}

#[test]
fn a_blend_has_one_rung() {
    let workplace = Workplace::with_graph();
    let space = "[base]\nmodel = 'blend'\nparts = ['l3', 'adamic-adar']\n\
                 [space]\nmembers = [2, 3]\n[halving]\ntrials = 2\n";
    workplace.write("space.toml", space);
    let run = workplace.run("tune g space.toml -o f");
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stderr.starts_with("2 trials at most\n"), "{}", run.stderr);
    assert!(run.stdout.contains("trial    MRR  seconds  members\n"), "{}", run.stdout);
    let settings = String::from_utf8(workplace.read("f/best.toml")).unwrap();
    assert!(settings.contains("\nmodel = \"blend\"\n"), "{settings}");
}

#[test]
fn what_is_wrong_is_refused_before_anything_is_written() {
    let workplace = with_space();
    let refused = |call: &str, message: &str| {
        let before = workplace.listing();
        let run = workplace.run(call);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{call}: {}", run.stderr);
        assert!(run.stderr.contains(message), "{call}: {}", run.stderr);
        assert_eq!(workplace.listing(), before);
    };
    workplace.write("typo.toml", SPACE.replace("negative_ratio", "negative_ration"));
    refused(
        "tune g typo.toml -o f",
        "error: typo.toml: line 6: training.negative_ration = 1: unknown field `negative_ration`",
    );
    workplace.write("many.toml", SPACE.replace("trials = 6", "trials = 60000"));
    refused("tune g many.toml -o f", "error: many.toml: line 8: trials is 60000; expected a number from 1");
    refused("tune g nowhere.toml -o f", "error: nowhere.toml: ");
    refused("tune nowhere space.toml -o f", "error: nowhere");
    refused("tune g space.toml -o f --shard 3/2", "expected i/n with i from 1 to n");
    refused("tune g space.toml -o g", "error: g: it holds no tuning.json; expected a new folder");
    workplace.run("tune g space.toml -o f").printed();
    refused(
        "tune g space.toml -o f --seed 1",
        "error: f: the tuning that is there is of another seed; expected the same, or a new folder\n",
    );
    workplace.write("space.toml", SPACE.replace("[1, 2, 4]", "[1, 2, 3]"));
    refused("tune g space.toml -o f", "is of another space; expected the same");
}

#[test]
fn the_example_of_a_space_is_one() {
    let workplace = Workplace::with_graph();
    let printed = workplace.run("tune --print-space").printed();
    let small = printed.replace("least = 5", "least = 1").replace("most = 45", "most = 3");
    assert_ne!(small, printed);
    workplace.write("space.toml", small);
    let run = workplace.run("tune g space.toml -o f --shard 1/9");
    assert_eq!(run.code, 0, "{}", run.stderr);
}
