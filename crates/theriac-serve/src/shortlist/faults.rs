//! What a shortlist does when the disk is full, protected, damaged or in use. Kills and other programs are in
//! `tests/shortlist`.

use std::fs;
use std::time::Duration;

use rusqlite::Connection;

use super::tests::{day, pair, record, shortlist};
use super::*;

impl Shortlist {
    fn pragma(&self, statement: &str) {
        self.connection().execute_batch(statement).unwrap();
    }
}

fn said(shortlist: &Shortlist, error: &ShortlistError) -> String {
    error.to_string().replace(&shortlist.path().display().to_string(), "FILE")
}

const FULL: &str = "FILE cannot grow, since its disk is full; expected room for a change, which was not made";

#[test]
fn a_full_disk_leaves_what_was_there() {
    let (_folder, shortlist) = shortlist();
    let pair = pair("a", "x");
    shortlist.pin(&record("a", "x")).unwrap();
    shortlist.set_note(&pair, "kept", None, day(2)).unwrap();
    let before = (shortlist.list(&Filter::default()).unwrap(), shortlist.revision().unwrap());

    // It takes the number of pages that there are.
    shortlist.pragma("PRAGMA max_page_count = 1");
    let long = "a long note ".repeat(10_000);
    let refused = shortlist.set_note(&pair, &long, None, day(3)).unwrap_err();
    assert_eq!(said(&shortlist, &refused), FULL);
    let refused = shortlist.pin(&Record { note: long.clone(), ..record("b", "x") }).unwrap_err();
    assert_eq!(said(&shortlist, &refused), FULL);
    let many: Vec<Record> = (0..1000).map(|number| record(&format!("drug {number}"), "x")).collect();
    let refused = shortlist.import(&many, day(3)).unwrap_err();
    assert_eq!(said(&shortlist, &refused), FULL);

    let after = (shortlist.list(&Filter::default()).unwrap(), shortlist.revision().unwrap());
    assert_eq!(after, before);
    assert_eq!(shortlist.history(&pair).unwrap(), []);
    // There is room again.
    shortlist.pragma("PRAGMA max_page_count = 1000");
    assert_eq!(shortlist.set_note(&pair, &long, None, day(3)).unwrap().record.note, long);
    let reopened = Shortlist::open(shortlist.path()).unwrap();
    assert_eq!(reopened.history(&pair).unwrap()[0].note, "kept");
}

#[test]
fn a_write_protected_file_can_be_read() {
    let (_folder, shortlist) = shortlist();
    let entry = shortlist.pin(&record("a", "x")).unwrap().entry;
    // SQLite says the same of a file that the system protects, which it does not from root.
    shortlist.pragma("PRAGMA query_only = ON");
    let refused = shortlist.set_note(&pair("a", "x"), "note", None, day(2)).unwrap_err();
    assert_eq!(
        said(&shortlist, &refused),
        "FILE cannot be written, since the file or its folder is read-only; expected one that can be changed"
    );
    assert_eq!(shortlist.get(&pair("a", "x")).unwrap(), Some(entry));
}

#[test]
fn a_file_in_use_is_waited_for_and_then_told() {
    let (_folder, shortlist) = shortlist();
    let other = Connection::open(shortlist.path()).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    shortlist.connection().busy_timeout(Duration::ZERO).unwrap();
    let expected = "FILE is in use by another program; expected it free within 10 seconds";
    assert_eq!(said(&shortlist, &shortlist.pin(&record("a", "x")).unwrap_err()), expected);
    assert_eq!(said(&shortlist, &shortlist.revision().unwrap_err()), expected);
    other.execute_batch("ROLLBACK").unwrap();
    assert!(shortlist.pin(&record("a", "x")).is_ok());
}

#[test]
fn a_damaged_file_is_refused_and_left_as_it_is() {
    let (_folder, shortlist) = shortlist();
    let path = shortlist.path().to_path_buf();
    let many: Vec<Record> = (0..1000).map(|number| record(&format!("drug {number}"), "x")).collect();
    shortlist.import(&many, day(3)).unwrap();
    drop(shortlist);
    let sound = fs::read(&path).unwrap();
    let page = 4096;
    let pages = sound.len() / page;
    assert!(pages > 10, "{pages} pages");

    let mut damaged: Vec<Vec<u8>> = vec![sound[..sound.len() / 2].to_vec()];
    damaged.extend((1..pages).map(|number| {
        let mut bytes = sound.clone();
        bytes[number * page..][..page].fill(0xA5);
        bytes
    }));
    for bytes in damaged {
        fs::write(&path, &bytes).unwrap();
        let refused = Shortlist::open(&path).unwrap_err();
        assert!(matches!(refused, ShortlistError::Damaged { .. }), "{refused}");
        assert_eq!(fs::read(&path).unwrap(), bytes);
    }
    fs::write(&path, &sound).unwrap();
    assert_eq!(Shortlist::open(&path).unwrap().count(&Filter::default()).unwrap(), 1000);
}

#[test]
fn values_that_nobody_wrote_are_told() {
    let (_folder, shortlist) = shortlist();
    shortlist.pin(&record("a", "x")).unwrap();
    shortlist.pragma("UPDATE entry SET updated = 'yesterday'");
    let refused = shortlist.list(&Filter::default()).unwrap_err();
    assert!(
        matches!(&refused, ShortlistError::Damaged { problem, .. } if problem.contains("yesterday")),
        "{refused}"
    );
}

#[test]
fn a_thread_that_panics_takes_its_change_back() {
    let (_folder, shortlist) = shortlist();
    let panicked = std::thread::scope(|scope| {
        let change = || {
            shortlist.change(|transaction| {
                transaction.execute_batch("UPDATE revision SET number = 99")?;
                if transaction.is_busy() { Ok(()) } else { panic!("in the middle of a change") }
            })
        };
        scope.spawn(change).join()
    });
    assert!(panicked.is_err());
    assert_eq!(shortlist.revision().unwrap(), 0);
    assert!(shortlist.pin(&record("a", "x")).unwrap().is_new);
}

#[test]
fn threads_share_a_shortlist() {
    let (_folder, shortlist) = shortlist();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let shortlist = &shortlist;
            scope.spawn(move || {
                for number in 0..8 {
                    shortlist.pin(&record(&format!("{thread} {number}"), "x")).unwrap();
                }
            });
        }
    });
    assert_eq!((shortlist.count(&Filter::default()).unwrap(), shortlist.revision().unwrap()), (32, 32));
}
