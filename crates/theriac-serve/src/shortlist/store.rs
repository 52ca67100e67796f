//! The shortlist itself: pinning, judging, looking up.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, Transaction, TransactionBehavior};
use theriac_predict::timestamp::Timestamp;

use super::database;
use super::error::ShortlistError;
use super::record::{Entry, PairKey, Record, Verdict, Version};
use super::rows::{self, Filter};

/// Pairs that were pinned, with verdicts and notes, in one file.
///
/// A change has reached the disk when its method returns: neither a kill nor a power cut undoes it. It may be used from
/// several threads, and the file from several programs, at once.
#[derive(Debug)]
pub struct Shortlist {
    path: PathBuf,
    connection: Mutex<Connection>,
}

/// What became of a pair that was pinned.
#[derive(Clone, Debug, PartialEq)]
pub struct Pinned {
    /// The entry as it is now.
    pub entry: Entry,
    /// Whether it is new; otherwise the pair was on the shortlist, and its entry is as it was.
    pub is_new: bool,
}

/// What became of the records of an import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Pairs that were not on the shortlist.
    pub added: usize,
    /// Entries that were older than their record, and are as the record now.
    pub replaced: usize,
    /// Entries that were as new as their record or newer, and are as they were.
    pub kept: usize,
}

impl Shortlist {
    /// Opens a shortlist, or makes one where there is no file.
    ///
    /// # Errors
    ///
    /// [`ShortlistError`] where the file is no shortlist, of a newer version, read-only or damaged, the disk is full,
    /// or another program holds the file for 10 seconds.
    pub fn open(path: &Path) -> Result<Self, ShortlistError> {
        Ok(Self { path: path.into(), connection: Mutex::new(database::open(path)?) })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Puts a pair on the shortlist as the record has it. A pair that is there already stays as it is.
    ///
    /// # Errors
    ///
    /// [`ShortlistError::Unfit`] where [`Record::check`] says so; what the file or the disk refuses.
    pub fn pin(&self, record: &Record) -> Result<Pinned, ShortlistError> {
        fit(record)?;
        self.change(|transaction| {
            if let Some(entry) = rows::find(transaction, &record.pair())? {
                return Ok(Pinned { entry, is_new: false });
            }
            let entry = Entry { record: record.clone(), revision: rows::next_revision(transaction)? };
            rows::put(transaction, &entry)?;
            Ok(Pinned { entry, is_new: true })
        })
    }

    /// Gives a pair a verdict, or takes it away. `based_on` is the revision of the entry that the editor saw; without
    /// one the verdict is set whatever has happened since. Where it is the same already, nothing changes.
    ///
    /// # Errors
    ///
    /// [`ShortlistError::NotPinned`]; [`ShortlistError::Conflict`] where the entry is at another revision; what the
    /// file or the disk refuses.
    pub fn set_verdict(
        &self,
        pair: &PairKey,
        verdict: Option<Verdict>,
        based_on: Option<u64>,
        now: Timestamp,
    ) -> Result<Entry, ShortlistError> {
        self.edit(pair, based_on, now, |record| record.verdict = verdict)
    }

    /// Gives a pair a note; an empty one takes it away. Everything else is as with [`Shortlist::set_verdict`].
    ///
    /// # Errors
    ///
    /// As [`Shortlist::set_verdict`].
    pub fn set_note(
        &self,
        pair: &PairKey,
        note: &str,
        based_on: Option<u64>,
        now: Timestamp,
    ) -> Result<Entry, ShortlistError> {
        self.edit(pair, based_on, now, |record| record.note = note.into())
    }

    /// Takes a pair off the shortlist and returns what was there. Its verdict and note stay in its history.
    ///
    /// # Errors
    ///
    /// As [`Shortlist::set_verdict`].
    pub fn remove(
        &self,
        pair: &PairKey,
        based_on: Option<u64>,
        now: Timestamp,
    ) -> Result<Entry, ShortlistError> {
        self.change(|transaction| {
            let entry = find_unchanged(transaction, pair, based_on)?;
            rows::keep_version(transaction, &entry.record, now)?;
            rows::delete(transaction, pair)?;
            rows::next_revision(transaction)?;
            Ok(entry)
        })
    }

    /// The entry of a pair; `None` where it is not on the shortlist.
    ///
    /// # Errors
    ///
    /// [`ShortlistError`] where the file cannot be read.
    pub fn get(&self, pair: &PairKey) -> Result<Option<Entry>, ShortlistError> {
        self.read(|connection| rows::find(connection, pair))
    }

    /// The entries that are meant, those changed last first.
    ///
    /// # Errors
    ///
    /// [`ShortlistError`] where the file cannot be read.
    pub fn list(&self, filter: &Filter) -> Result<Vec<Entry>, ShortlistError> {
        self.read(|connection| rows::list(connection, filter))
    }

    /// How many entries are meant.
    ///
    /// # Errors
    ///
    /// [`ShortlistError`] where the file cannot be read.
    pub fn count(&self, filter: &Filter) -> Result<usize, ShortlistError> {
        self.read(|connection| rows::count(connection, filter))
    }

    /// A number that grows with each change, whoever makes it.
    ///
    /// # Errors
    ///
    /// [`ShortlistError`] where the file cannot be read.
    pub fn revision(&self) -> Result<u64, ShortlistError> {
        self.read(rows::revision)
    }

    /// The verdicts and notes that a pair had before, the last first: those that were overwritten, and those it had
    /// when it was taken off the shortlist.
    ///
    /// # Errors
    ///
    /// [`ShortlistError`] where the file cannot be read.
    pub fn history(&self, pair: &PairKey) -> Result<Vec<Version>, ShortlistError> {
        self.read(|connection| rows::versions(connection, pair))
    }

    /// Takes over records of another shortlist, all or none. Where a pair is on this one already, the newer of the two
    /// stays; the verdict and note of an entry that is replaced stay in its history.
    ///
    /// # Errors
    ///
    /// [`ShortlistError::Unfit`] where [`Record::check`] says so; what the file or the disk refuses. Nothing is taken
    /// over then.
    pub fn import(&self, records: &[Record], now: Timestamp) -> Result<Imported, ShortlistError> {
        records.iter().try_for_each(fit)?;
        self.change(|transaction| {
            let mut imported = Imported::default();
            let mut revision = None;
            for record in records {
                match rows::find(transaction, &record.pair())? {
                    Some(entry) if entry.record.updated >= record.updated => {
                        imported.kept += 1;
                        continue;
                    }
                    Some(Entry { record: old, .. }) => {
                        if (old.verdict, &old.note) != (record.verdict, &record.note) {
                            rows::keep_version(transaction, &old, now)?;
                        }
                        imported.replaced += 1;
                    }
                    None => imported.added += 1,
                }
                let revision = match revision {
                    Some(revision) => revision,
                    None => *revision.insert(rows::next_revision(transaction)?),
                };
                rows::put(transaction, &Entry { record: record.clone(), revision })?;
            }
            Ok(imported)
        })
    }

    fn edit(
        &self,
        pair: &PairKey,
        based_on: Option<u64>,
        now: Timestamp,
        edit: impl FnOnce(&mut Record),
    ) -> Result<Entry, ShortlistError> {
        self.change(|transaction| {
            let old = find_unchanged(transaction, pair, based_on)?;
            let mut record = old.record.clone();
            edit(&mut record);
            if record == old.record {
                return Ok(old);
            }
            rows::keep_version(transaction, &old.record, now)?;
            // A clock that was put back must not make the newer of two records the older.
            record.updated = record.updated.max(now);
            let entry = Entry { record, revision: rows::next_revision(transaction)? };
            rows::put(transaction, &entry)?;
            Ok(entry)
        })
    }

    pub(super) fn connection(&self) -> MutexGuard<'_, Connection> {
        // A thread that panicked has taken its transaction back: what is there is whole.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, ShortlistError> {
        read(&self.connection()).map_err(|error| ShortlistError::of_sqlite(&self.path, &error))
    }

    /// Makes a change whole or not at all. It begins as a writer: a reader that turns writer may find that another did
    /// so before, and would have to begin again.
    pub(super) fn change<T>(
        &self,
        change: impl FnOnce(&Transaction<'_>) -> Result<T, Refusal>,
    ) -> Result<T, ShortlistError> {
        let mut connection = self.connection();
        let attempt = || {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let outcome = change(&transaction)?;
            transaction.commit()?;
            Ok(outcome)
        };
        attempt().map_err(|refusal| match refusal {
            Refusal::Sqlite(error) => ShortlistError::of_sqlite(&self.path, &error),
            Refusal::Shortlist(error) => error,
        })
    }
}

/// Why a change is not made.
pub(super) enum Refusal {
    Sqlite(rusqlite::Error),
    Shortlist(ShortlistError),
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<ShortlistError> for Refusal {
    fn from(error: ShortlistError) -> Self {
        Self::Shortlist(error)
    }
}

fn fit(record: &Record) -> Result<(), ShortlistError> {
    record.check().map_err(|problem| ShortlistError::Unfit { pair: Box::new(record.pair()), problem })
}

/// The entry of a pair, where it is still as an editor saw it.
fn find_unchanged(connection: &Connection, pair: &PairKey, based_on: Option<u64>) -> Result<Entry, Refusal> {
    let missing = || ShortlistError::NotPinned { pair: Box::new(pair.clone()) };
    let entry = rows::find(connection, pair)?.ok_or_else(missing)?;
    match based_on {
        Some(expected) if expected != entry.revision => {
            let found = entry.revision;
            Err(ShortlistError::Conflict { pair: Box::new(pair.clone()), found, expected }.into())
        }
        _ => Ok(entry),
    }
}
