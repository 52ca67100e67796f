//! A shortlist among programs: those that are killed while they write, and those that write at once. Each is this test
//! program again, which does a child's work where the environment says so.

#![allow(clippy::unwrap_used, reason = "a test that meets an error fails")]

use std::env;
use std::io::{self, BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use theriac_graph::RelationKey;
use theriac_serve::shortlist::{Filter, PairKey, Record, Shortlist, ShortlistError, Timestamp};

/// The file that a child writes to.
const FILE: &str = "THERIAC_TEST_SHORTLIST";
/// The name under which it writes.
const WRITER: &str = "THERIAC_TEST_WRITER";
/// What a line begins with that acknowledges a change: the rest of it is the change.
const DONE: &str = "done: ";

fn child(work: &str, file: &Path, writer: &str) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", work, "--nocapture", "--ignored"])
        .env(FILE, file)
        .env(WRITER, writer)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The shortlist and the name of this child; `None` where this is no child, but a test.
fn as_child() -> Option<(Shortlist, String)> {
    let file = env::var_os(FILE)?;
    Some((Shortlist::open(Path::new(&file)).unwrap(), env::var(WRITER).unwrap()))
}

fn acknowledge(change: &str) {
    // The test harness leaves its line open.
    let line = format!("\n{DONE}{change}\n");
    let mut out = io::stdout().lock();
    out.write_all(line.as_bytes()).and_then(|()| out.flush()).unwrap();
}

fn acknowledged(line: io::Result<String>) -> Option<String> {
    Some(line.unwrap().strip_prefix(DONE)?.into())
}

fn now() -> Timestamp {
    "2026-03-01T09:30:00Z".parse().unwrap()
}

fn pair(source_id: &str) -> PairKey {
    PairKey {
        relation: RelationKey::new("drug", "treats", "disease"),
        source_id: source_id.into(),
        target_id: "fever".into(),
    }
}

fn record(source_id: &str) -> Record {
    Record::new(pair(source_id), now())
}

/// The work of a child: pins pairs until it is killed, and gives each a note, some of them so long that writing takes a while.
#[test]
#[ignore = "what a child of another test does"]
fn pins_until_killed() {
    let Some((shortlist, writer)) = as_child() else { return };
    for number in 0..1_000_000 {
        let name = format!("{writer}.{number}");
        shortlist.pin(&record(&name)).unwrap();
        acknowledge(&name);
        let note = note(&name, number);
        shortlist.set_note(&pair(&name), &note, None, now()).unwrap();
        acknowledge(&format!("{name} noted"));
    }
}

fn note(name: &str, number: usize) -> String {
    name.repeat(1 + number % 3 * 20_000)
}

#[test]
fn what_was_acknowledged_outlives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shortlist.db");
    let mut pinned = Vec::new();
    let mut noted = Vec::new();
    for round in 0..24 {
        let mut child = child("pins_until_killed", &file, &format!("drug {round}"));
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().filter_map(acknowledged);
        // The kill meets another moment of a change in each round: it comes after a pinning or after a note, and a
        // little later each time.
        let mut changes: Vec<String> = lines.by_ref().take(1 + round % 7).collect();
        thread::sleep(Duration::from_micros(137 * round as u64));
        child.kill().unwrap();
        changes.extend(lines);
        assert!(!child.wait().unwrap().success());
        assert!(changes.len() > round % 7, "round {round}: {changes:?}");
        for change in changes {
            match change.strip_suffix(" noted") {
                Some(name) => noted.push(name.to_string()),
                None => pinned.push(change),
            }
        }

        let shortlist = Shortlist::open(&file).unwrap();
        for name in &pinned {
            assert!(shortlist.get(&pair(name)).unwrap().is_some(), "round {round}: {name} is lost");
        }
        for name in &noted {
            let number = name.rsplit('.').next().unwrap().parse().unwrap();
            let found = shortlist.get(&pair(name)).unwrap().unwrap().record.note;
            assert_eq!(found, note(name, number), "round {round}");
        }
        // A change may have been made that could not be acknowledged any more: one for each child.
        let (there, changes) = (shortlist.count(&Filter::default()).unwrap(), pinned.len() + noted.len());
        let rounds = round + 1;
        assert!((pinned.len()..=pinned.len() + rounds).contains(&there), "{there} of {}", pinned.len());
        let revision = shortlist.revision().unwrap() as usize;
        assert!((changes..=changes + rounds).contains(&revision), "revision {revision} of {changes}");
    }
}

const TURNS: usize = 40;
const SHARED: &str = "shared";

/// The work of a child: pins pairs of its own, and counts up in the note of a shared one.
#[test]
#[ignore = "what a child of another test does"]
fn pins_and_counts() {
    let Some((shortlist, writer)) = as_child() else { return };
    for turn in 0..TURNS {
        let name = format!("{writer}.{turn}");
        shortlist.pin(&record(&name)).unwrap();
        acknowledge(&name);
        loop {
            let seen = shortlist.get(&pair(SHARED)).unwrap().unwrap();
            let next = seen.record.note.parse::<usize>().unwrap() + 1;
            match shortlist.set_note(&pair(SHARED), &next.to_string(), Some(seen.revision), now()) {
                Ok(_) => break,
                Err(ShortlistError::Conflict { .. }) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }
}

#[test]
fn programs_that_write_at_once_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shortlist.db");
    let shortlist = Shortlist::open(&file).unwrap();
    shortlist.pin(&Record { note: "0".into(), ..record(SHARED) }).unwrap();

    let writers = ["one", "two", "three"];
    let mut changes = Vec::new();
    for mut child in writers.map(|writer| child("pins_and_counts", &file, writer)) {
        changes.extend(BufReader::new(child.stdout.take().unwrap()).lines().filter_map(acknowledged));
        assert!(child.wait().unwrap().success());
    }
    let all = writers.len() * TURNS;
    assert_eq!(changes.len(), all);
    for name in changes {
        assert!(shortlist.get(&pair(&name)).unwrap().is_some(), "{name} is lost");
    }
    assert_eq!(shortlist.get(&pair(SHARED)).unwrap().unwrap().record.note, all.to_string());
    let mut counted: Vec<usize> = shortlist
        .history(&pair(SHARED))
        .unwrap()
        .iter()
        .map(|version| version.note.parse().unwrap())
        .collect();
    counted.reverse();
    assert_eq!(counted, (0..all).collect::<Vec<_>>());
    assert_eq!(shortlist.revision().unwrap() as usize, 1 + 2 * all);
}
