//! Pipes, interrupts, help and quiet.

use std::io::{self, BufRead, BufReader, Read as _};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::workplace::{Workplace, program};

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let workplace = Workplace::with_graph();
    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    let output = program()
        .arg("inspect")
        .arg(workplace.path("g"))
        .stdout(writer)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap().as_str()), (Some(0), ""));
}

/// Trains with these arguments and presses Ctrl-C after the first line of progress that `wanted` takes: the document that was
/// printed.
#[cfg(unix)]
fn interrupted_training(workplace: &Workplace, arguments: &str, wanted: fn(&str) -> bool) -> Value {
    let mut child = program()
        .args(arguments.split(' '))
        .current_dir(workplace.path(""))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A document that is longer than a pipe holds has to be read while the program goes on telling.
    let mut stdout = child.stdout.take().unwrap();
    let document = std::thread::spawn(move || {
        let mut text = Vec::new();
        stdout.read_to_end(&mut text).map(|_| text)
    });
    let mut progress = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(progress.any(|line| wanted(&line)), "the line is told");
    let signal = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(signal.success());
    let told = progress.filter(|line| line.starts_with("stopping after this step")).count();
    assert_eq!((child.wait().unwrap().code(), told), (Some(0), 1));
    let document: Value = serde_json::from_slice(&document.join().unwrap().unwrap()).unwrap();
    assert_eq!(document["interrupted"], true);
    document
}

#[test]
#[cfg(unix)]
fn an_interrupt_saves_what_was_learned() {
    let workplace = Workplace::with_graph();
    let first = |line: &str| line.trim_start_matches("epoch").trim_start().starts_with("1/1000000 ");
    interrupted_training(&workplace, "train g --preset graphsage --epochs 1000000 -o m --json", first);
    let card: Value = serde_json::from_slice(&workplace.read("m/card.json")).unwrap();
    assert_eq!(card["interrupted"], true);
    assert!(!card["epochs"].as_array().unwrap().is_empty());
    assert!(workplace.path("m.training").is_file());
}

#[test]
#[cfg(unix)]
fn an_interrupt_of_the_last_fit_saves_the_first() {
    let workplace = Workplace::with_graph();
    let again = |line: &str| line.starts_with("settings are chosen");
    let document = interrupted_training(&workplace, "train g -o m --json", again);
    assert_eq!(document["learned_validation"], false);
    let protocol = document["test"]["protocol"].as_str().unwrap();
    assert!(!protocol.contains("learn the validation part"), "{protocol}");
    let whole = workplace.run("train g -o n --no-refit --json").json();
    assert_eq!((&document["validation"], &document["test"]), (&whole["validation"], &whole["test"]));
    workplace.run_list(&["explain", "m", "--drug", "drug 3", "--disease", "disease 3"]).printed();
}

#[test]
#[cfg(unix)]
fn training_that_was_killed_goes_on_to_the_same_bits() {
    let workplace = Workplace::with_graph();
    let command = ["train", "g", "--preset", "graphsage", "--epochs", "600", "-o", "m"];
    let mut child = program()
        .args(command)
        .current_dir(workplace.path(""))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let first = BufReader::new(child.stderr.take().unwrap()).lines().nth(1).unwrap().unwrap();
    assert!(first.contains("60/600 "), "{first}");
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!workplace.path("m").exists());
    let resumed = workplace.run(&format!("{} --resume", command.join(" ")));
    assert_eq!(resumed.code, 0, "{}", resumed.stderr);
    assert!(!resumed.stderr.contains(" 1/600 "), "{}", resumed.stderr);
    assert!(!workplace.path("m.training").exists());
    workplace.run("train g --preset graphsage --epochs 600 -o whole").printed();
    assert!(workplace.read("m/model.safetensors") == workplace.read("whole/model.safetensors"));
    let again = workplace.run(&format!("{} --resume", command.join(" ")));
    assert_eq!(
        (again.code, again.stderr.as_str()),
        (2, "error: m.training: there is no training to resume; expected what a stopped one leaves\n")
    );
    let blend = workplace.run("train g -o n --resume");
    assert_eq!(blend.code, 2);
    assert!(
        blend.stderr.contains("a blend is fitted in one go, and leaves nothing to resume"),
        "{}",
        blend.stderr
    );
}

#[test]
fn quiet_leaves_results_alone() {
    let workplace = Workplace::with_graph();
    let quiet = workplace.run("train g --preset graphsage --epochs 1 --quiet -o m");
    assert_eq!((quiet.code, quiet.stderr.as_str()), (0, ""));
    assert!(quiet.stdout.contains("\ngraphsage "));
}

#[test]
fn every_command_shows_an_example() {
    let workplace = Workplace::new();
    for command in [
        "demo", "fetch", "import", "inspect", "train", "tune", "evaluate", "rank", "explain", "screen",
        "embed", "export",
    ] {
        let help = workplace.run(&format!("{command} --help")).printed();
        assert!(help.contains(&format!("Example: theriac {command} ")), "{help}");
    }
    let presets = workplace.run("train --help").printed();
    assert!(presets.contains("- graphsage-dtinet: "), "{presets}");
}

#[test]
fn colour_is_never_written_to_a_pipe() {
    let workplace = Workplace::with_graph();
    for arguments in
        ["--help", "inspect g", "inspect nowhere", "train g --preset graphsage --epochs 1 -o m", "nonsense"]
    {
        let run = workplace.run(arguments);
        assert!(!run.stdout.contains('\u{1b}') && !run.stderr.contains('\u{1b}'), "{arguments}");
    }
}
