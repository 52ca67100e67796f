//! What a shortlist does with its entries.

use std::collections::BTreeSet;

use proptest::prelude::*;
use tempfile::TempDir;
use theriac_graph::RelationKey;

use super::*;

/// A shortlist in a folder of its own.
pub(super) fn shortlist() -> (TempDir, Shortlist) {
    let folder = tempfile::tempdir().unwrap();
    let shortlist = Shortlist::open(&folder.path().join("shortlist.db")).unwrap();
    (folder, shortlist)
}

/// A day of March 2026.
pub(super) fn day(day: u32) -> Timestamp {
    format!("2026-03-{day:02}T09:30:00Z").parse().unwrap()
}

pub(super) fn pair(source_id: &str, target_id: &str) -> PairKey {
    PairKey {
        relation: RelationKey::new("drug", "treats", "disease"),
        source_id: source_id.into(),
        target_id: target_id.into(),
    }
}

pub(super) fn record(source_id: &str, target_id: &str) -> Record {
    Record::new(pair(source_id, target_id), day(1))
}

fn ids(entries: &[Entry]) -> Vec<&str> {
    entries.iter().map(|entry| entry.record.source_id.as_str()).collect()
}

#[test]
fn a_pair_is_pinned_once() {
    let (folder, shortlist) = shortlist();
    let first = Record {
        score: Some(0.1),
        probability: Some(0.25),
        rank: Some(3),
        model: "blend".into(),
        graph: "abc".into(),
        ..record("a", "x")
    };
    let pinned = shortlist.pin(&first).unwrap();
    assert!(pinned.is_new);
    assert_eq!(pinned.entry, Entry { record: first.clone(), revision: 1 });

    let again =
        shortlist.pin(&Record { score: Some(0.9), created: day(2), updated: day(2), ..first.clone() });
    assert_eq!(again.unwrap(), Pinned { entry: pinned.entry.clone(), is_new: false });
    assert_eq!(shortlist.revision().unwrap(), 1);

    drop(shortlist);
    let shortlist = Shortlist::open(&folder.path().join("shortlist.db")).unwrap();
    assert_eq!(shortlist.get(&first.pair()).unwrap(), Some(pinned.entry));
    assert_eq!(shortlist.get(&pair("a", "y")).unwrap(), None);
}

#[test]
fn what_cannot_be_kept_is_refused() {
    let (_folder, shortlist) = shortlist();
    let unfit = Record { score: Some(f32::INFINITY), ..record("a", "x") };
    let expected =
        "a and x of drug:treats:disease cannot be pinned: the score is inf; expected a finite number";
    assert_eq!(shortlist.pin(&unfit).unwrap_err().to_string(), expected);
    assert_eq!(shortlist.import(&[record("b", "x"), unfit], day(1)).unwrap_err().to_string(), expected);
    assert_eq!(shortlist.count(&Filter::default()).unwrap(), 0);
}

#[test]
fn no_verdict_and_no_note_is_lost() {
    let (_folder, shortlist) = shortlist();
    let pair = pair("a", "x");
    shortlist.pin(&record("a", "x")).unwrap();
    shortlist.set_verdict(&pair, Some(Verdict::Promising), None, day(2)).unwrap();
    shortlist.set_note(&pair, "binds the target", None, day(3)).unwrap();
    let entry = shortlist.set_verdict(&pair, None, None, day(4)).unwrap();
    assert_eq!((entry.record.verdict, entry.record.note.as_str()), (None, "binds the target"));
    assert_eq!((entry.record.created, entry.record.updated), (day(1), day(4)));
    let removed = shortlist.remove(&pair, None, day(5)).unwrap();
    assert_eq!(removed, entry);
    assert_eq!(shortlist.get(&pair).unwrap(), None);

    shortlist.pin(&record("a", "x")).unwrap();
    let version = |verdict, note: &str, from, to| Version {
        verdict,
        note: note.into(),
        written: day(from),
        replaced: day(to),
    };
    let expected = [
        version(None, "binds the target", 4, 5),
        version(Some(Verdict::Promising), "binds the target", 3, 4),
        version(Some(Verdict::Promising), "", 2, 3),
    ];
    assert_eq!(shortlist.history(&pair).unwrap(), expected);
    assert_eq!(shortlist.history(&self::pair("a", "y")).unwrap(), []);
}

#[test]
fn an_edit_that_changes_nothing_is_no_edit() {
    let (_folder, shortlist) = shortlist();
    let entry = shortlist.pin(&record("a", "x")).unwrap().entry;
    assert_eq!(shortlist.set_verdict(&pair("a", "x"), None, None, day(2)).unwrap(), entry);
    assert_eq!(shortlist.set_note(&pair("a", "x"), "", Some(1), day(2)).unwrap(), entry);
    assert_eq!(shortlist.revision().unwrap(), 1);
}

#[test]
fn of_two_editors_the_later_is_told() {
    let (_folder, shortlist) = shortlist();
    let pair = pair("a", "x");
    let seen = shortlist.pin(&record("a", "x")).unwrap().entry.revision;
    let first = shortlist.set_note(&pair, "first", Some(seen), day(2)).unwrap();
    let expected =
        "a and x of drug:treats:disease is at revision 2, changed since it was read; expected revision 1";
    for refused in [
        shortlist.set_note(&pair, "second", Some(seen), day(2)),
        shortlist.set_verdict(&pair, Some(Verdict::Known), Some(seen), day(2)),
        shortlist.remove(&pair, Some(seen), day(2)),
    ] {
        assert_eq!(refused.unwrap_err().to_string(), expected);
    }
    assert_eq!(shortlist.get(&pair).unwrap(), Some(first.clone()));
    assert_eq!(shortlist.revision().unwrap(), 2);
    // Changes to other entries are none of theirs.
    shortlist.pin(&record("b", "x")).unwrap();
    assert_eq!(
        shortlist.set_note(&pair, "second", Some(first.revision), day(2)).unwrap().record.note,
        "second"
    );
}

#[test]
fn a_pair_that_is_not_there_cannot_be_edited() {
    let (_folder, shortlist) = shortlist();
    let pair = pair("a", "x");
    let expected = "a and x of drug:treats:disease is not on the shortlist; expected a pair that was pinned";
    assert_eq!(shortlist.set_note(&pair, "", None, day(2)).unwrap_err().to_string(), expected);
    assert_eq!(shortlist.set_verdict(&pair, None, None, day(2)).unwrap_err().to_string(), expected);
    assert_eq!(shortlist.remove(&pair, None, day(2)).unwrap_err().to_string(), expected);
}

#[test]
fn a_clock_that_was_put_back_makes_nothing_older() {
    let (_folder, shortlist) = shortlist();
    shortlist.pin(&Record { created: day(5), updated: day(5), ..record("a", "x") }).unwrap();
    let entry = shortlist.set_note(&pair("a", "x"), "later", None, day(4)).unwrap();
    assert_eq!(entry.record.updated, day(5));
    shortlist.set_note(&pair("a", "x"), "later still", None, day(4)).unwrap();
    assert_eq!(shortlist.history(&pair("a", "x")).unwrap()[0].replaced, day(5));
}

#[test]
fn entries_are_found_by_what_they_are() {
    let (_folder, shortlist) = shortlist();
    for (source, target) in [("a", "x"), ("b", "x"), ("c", "y")] {
        shortlist.pin(&record(source, target)).unwrap();
    }
    let other = RelationKey::new("drug", "harms", "disease");
    shortlist.pin(&Record { relation: other.clone(), ..record("a", "x") }).unwrap();
    shortlist.set_verdict(&pair("a", "x"), Some(Verdict::Promising), None, day(3)).unwrap();
    shortlist.set_verdict(&pair("c", "y"), Some(Verdict::Known), None, day(2)).unwrap();

    let found = |filter: Filter| {
        let entries = shortlist.list(&filter).unwrap();
        assert_eq!(shortlist.count(&filter).unwrap(), entries.len());
        ids(&entries).concat()
    };
    let of = |verdicts: &[Option<Verdict>]| Filter { verdicts: verdicts.into(), ..Filter::default() };
    assert_eq!(found(Filter::default()), "acab");
    assert_eq!(found(Filter { relation: Some(other), ..Filter::default() }), "a");
    assert_eq!(found(Filter { source_id: Some("a".into()), ..Filter::default() }), "aa");
    assert_eq!(found(Filter { target_id: Some("y".into()), ..Filter::default() }), "c");
    assert_eq!(found(Filter { target_id: Some("y' OR 1".into()), ..Filter::default() }), "");
    assert_eq!(found(of(&[None])), "ab");
    assert_eq!(found(of(&[Some(Verdict::Known)])), "c");
    assert_eq!(found(of(&[Some(Verdict::Promising), None])), "aab");
    assert_eq!(found(Filter { source_id: Some("a".into()), ..of(&[Some(Verdict::Promising)]) }), "a");
}

#[test]
fn the_newer_of_two_records_stays() {
    let (_folder, shortlist) = shortlist();
    let noted = |source: &str, note: &str, updated| Record {
        note: note.into(),
        updated: day(updated),
        ..record(source, "x")
    };
    for source in ["older", "newer", "same"] {
        shortlist.pin(&noted(source, "here", 10)).unwrap();
    }
    let before = shortlist.revision().unwrap();
    let coming = [
        noted("older", "there", 11),
        noted("newer", "there", 9),
        noted("same", "there", 10),
        noted("new", "there", 2),
    ];
    let imported = shortlist.import(&coming, day(20)).unwrap();
    assert_eq!(imported, Imported { added: 1, replaced: 1, kept: 2 });
    let notes = ["older", "newer", "same", "new"]
        .map(|source| shortlist.get(&pair(source, "x")).unwrap().unwrap().record.note);
    assert_eq!(notes, ["there", "here", "here", "there"]);
    assert_eq!(shortlist.revision().unwrap(), before + 1);
    let lost = &shortlist.history(&pair("older", "x")).unwrap()[0];
    assert_eq!((lost.note.as_str(), lost.replaced), ("here", day(20)));

    let again = shortlist.import(&coming, day(21)).unwrap();
    assert_eq!(again, Imported { added: 0, replaced: 0, kept: 4 });
    assert_eq!(shortlist.revision().unwrap(), before + 1);
}

#[test]
fn an_export_that_cannot_be_written_is_told() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let entry = Record { verdict: Some(Verdict::Known), ..record("a", "x") };
    for refused in [
        write_tsv([&entry], Full),
        write_json([&entry], Full),
        write_evaluation_set([&entry], &[Verdict::Known], &[], Full).map(drop),
    ] {
        assert_eq!(refused.unwrap_err().to_string(), "the export cannot be written: no storage space");
    }
}

#[test]
fn an_entry_is_one_object_for_the_web() {
    let entry = Entry { record: record("a", "x"), revision: 7 };
    let value = serde_json::to_value(&entry).unwrap();
    assert_eq!((&value["source_id"], &value["revision"]), (&"a".into(), &7.into()));
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![".*", r#"[\t\r\n"'=, \\\x00\u{feff}a-z]*"#, any::<String>()]
}

fn any_record() -> impl Strategy<Value = Record> {
    let id = || any_text().prop_map(|text| format!("{text}a"));
    let ends = (id(), any_text(), id(), any_text());
    let thoughts = (proptest::option::of(proptest::sample::select(&Verdict::ALL[..])), any_text());
    let prediction = (
        proptest::option::of(
            proptest::num::f32::NORMAL | proptest::num::f32::SUBNORMAL | proptest::num::f32::ZERO,
        ),
        proptest::option::of(0.0..=1.0),
        proptest::option::of(1..=u32::MAX),
    );
    let place = (any_text(), any_text(), 1_u32..28, 0_u32..4);
    (ends, thoughts, prediction, place).prop_map(|(ends, thoughts, prediction, place)| Record {
        source_id: ends.0,
        source_name: ends.1,
        target_id: ends.2,
        target_name: ends.3,
        verdict: thoughts.0,
        note: thoughts.1,
        score: prediction.0,
        probability: prediction.1,
        rank: prediction.2,
        model: place.0,
        graph: place.1,
        created: day(place.2),
        updated: day(place.2 + place.3),
        ..record("a", "x")
    })
}

fn any_records() -> impl Strategy<Value = Vec<Record>> {
    proptest::collection::vec(any_record(), 0..6).prop_map(|mut records| {
        let mut pairs = BTreeSet::new();
        records.retain(|record| pairs.insert(record.pair()));
        records
    })
}

proptest! {
    #[test]
    fn records_survive_both_forms(records in any_records()) {
        let (mut tsv, mut json) = (Vec::new(), Vec::new());
        write_tsv(&records, &mut tsv).unwrap();
        write_json(&records, &mut json).unwrap();
        prop_assert_eq!(&read_tsv("list.tsv", &tsv[..]).unwrap(), &records);
        prop_assert_eq!(&read_json("list.json", &json[..]).unwrap(), &records);
    }
}

proptest! {
    // Each case waits for the disk.
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn records_survive_the_file(records in any_records()) {
        let (_folder, one) = shortlist();
        let added = one.import(&records, day(30)).unwrap();
        prop_assert_eq!(added, Imported { added: records.len(), ..Imported::default() });
        let mut found: Vec<Record> =
            one.list(&Filter::default()).unwrap().into_iter().map(|entry| entry.record).collect();
        let mut expected = records;
        for list in [&mut found, &mut expected] {
            list.sort_by_key(Record::pair);
        }
        prop_assert_eq!(found, expected);
    }
}
