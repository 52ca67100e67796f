//! The file that a shortlist is kept in: how it is opened, what makes a written change last, and its tables.

use std::path::Path;
use std::thread;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use super::error::{PATIENCE, ShortlistError};

/// `Thrc`: what the header of a database file says of the application that it belongs to.
const APPLICATION: i32 = 0x5468_7263;

/// What leads from each version of the file to the next. The version is the `user_version` in its header: how many of
/// these were applied.
const MIGRATIONS: [&str; 1] = ["
    CREATE TABLE revision (number INTEGER NOT NULL) STRICT;
    INSERT INTO revision VALUES (0);

    CREATE TABLE entry (
        relation TEXT NOT NULL,
        source_id TEXT NOT NULL,
        source_name TEXT NOT NULL,
        target_id TEXT NOT NULL,
        target_name TEXT NOT NULL,
        verdict TEXT CHECK (verdict IN ('promising', 'known', 'implausible', 'harmful')),
        note TEXT NOT NULL,
        score REAL,
        probability REAL,
        rank INTEGER,
        model TEXT NOT NULL,
        graph TEXT NOT NULL,
        created TEXT NOT NULL,
        updated TEXT NOT NULL,
        revision INTEGER NOT NULL,
        PRIMARY KEY (relation, source_id, target_id)
    ) STRICT, WITHOUT ROWID;

    -- Verdicts and notes that were overwritten. They outlast their entry, so they name the pair and not the entry.
    CREATE TABLE version (
        id INTEGER PRIMARY KEY,
        relation TEXT NOT NULL,
        source_id TEXT NOT NULL,
        target_id TEXT NOT NULL,
        verdict TEXT CHECK (verdict IN ('promising', 'known', 'implausible', 'harmful')),
        note TEXT NOT NULL,
        written TEXT NOT NULL,
        replaced TEXT NOT NULL
    ) STRICT;
    CREATE INDEX version_of_pair ON version (relation, source_id, target_id);
"];

const VERSION: u32 = MIGRATIONS.len() as u32;

/// How often a busy file is tried. Changes take milliseconds; a writer that is tried seldom might never find the gap
/// between those of another that writes without pause.
const POLL: Duration = Duration::from_millis(2);

/// Opens the file, or makes one, and brings it to the newest version. A file of something else is left as it is.
pub(super) fn open(path: &Path) -> Result<Connection, ShortlistError> {
    let sqlite = |error: rusqlite::Error| ShortlistError::of_sqlite(path, &error);
    let unopened = |problem: String| ShortlistError::Unopened { path: path.into(), problem };
    if path.is_dir() {
        return Err(unopened("it is a folder".into()));
    }
    // SQLite takes ':memory:' for no file at all; an absolute path is always one.
    let place = std::path::absolute(path).map_err(|error| unopened(error.to_string()))?;
    // Not `SQLITE_OPEN_URI`: a name that begins with 'file:' is a name.
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(place, flags).map_err(sqlite)?;
    connection.busy_handler(Some(wait)).map_err(sqlite)?;

    let found = Header::read(&connection).map_err(sqlite)?.version(path)?;
    if connection.is_readonly("main").map_err(sqlite)? {
        return Err(ShortlistError::ReadOnly { path: path.into() });
    }
    connection.execute_batch(LASTING).map_err(sqlite)?;
    let state: String =
        connection.query_row("PRAGMA integrity_check(1)", (), |row| row.get(0)).map_err(sqlite)?;
    if state != "ok" {
        return Err(ShortlistError::Damaged { path: path.into(), problem: state });
    }
    if found < VERSION {
        let transaction =
            connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(sqlite)?;
        // Another program may have been faster.
        let found = Header::read(&transaction).map_err(sqlite)?.version(path)?;
        migrate(&transaction, found).map_err(sqlite)?;
        transaction.commit().map_err(sqlite)?;
    }
    Ok(connection)
}

/// What makes a change that was acknowledged outlive a kill and a power cut. The rollback journal leaves one file that
/// is whole whenever nobody writes, so that it can be copied; `EXTRA` waits until the disk has the change and the
/// removal of the journal that would undo it; `fullfsync` asks macOS to wait for the disk and not for its cache alone.
const LASTING: &str = "PRAGMA journal_mode = DELETE; PRAGMA synchronous = EXTRA; PRAGMA fullfsync = ON;";

fn wait(times: i32) -> bool {
    let waited = POLL * u32::try_from(times).unwrap_or(0);
    let patient = waited < Duration::from_secs(PATIENCE);
    if patient {
        thread::sleep(POLL);
    }
    patient
}

fn migrate(transaction: &Transaction<'_>, from: u32) -> rusqlite::Result<()> {
    for step in &MIGRATIONS[from as usize..] {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", VERSION)
}

/// What a file says of itself.
struct Header {
    application: i32,
    version: u32,
    tables: u32,
}

impl Header {
    fn read(connection: &Connection) -> rusqlite::Result<Self> {
        let statement = "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema) \
                         FROM pragma_application_id, pragma_user_version";
        connection.query_row(statement, (), |row| {
            Ok(Self { application: row.get(0)?, version: row.get(1)?, tables: row.get(2)? })
        })
    }

    /// Version of a shortlist; 0 where there is nothing yet.
    fn version(&self, path: &Path) -> Result<u32, ShortlistError> {
        let path = path.to_path_buf();
        match *self {
            Self { application: APPLICATION, version, .. } if version > VERSION => {
                Err(ShortlistError::Newer { path, found: version, expected: VERSION })
            }
            Self { application: APPLICATION, version, .. } => Ok(version),
            Self { application: 0, version: 0, tables: 0 } => Ok(0),
            Self { application: 0, .. } => Err(ShortlistError::NoShortlist {
                path,
                found: "the SQLite database of another application".into(),
            }),
            Self { application, .. } => Err(ShortlistError::NoShortlist {
                path,
                found: format!("the SQLite database of another application (its id is {application:#010x})"),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn refusal(path: &Path) -> String {
        open(path).unwrap_err().to_string().replace(&path.display().to_string(), "FILE")
    }

    #[test]
    fn a_new_file_is_a_shortlist_and_is_one_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shortlist.db");
        drop(open(&path).unwrap());
        let connection = open(&path).unwrap();
        assert_eq!(Header::read(&connection).unwrap().version(&path).unwrap(), VERSION);
        for (pragma, expected) in [("journal_mode", "delete"), ("synchronous", "3"), ("fullfsync", "1")] {
            let found: String = connection
                .query_row(&format!("SELECT CAST({pragma} AS TEXT) FROM pragma_{pragma}"), (), |row| {
                    row.get(0)
                })
                .unwrap();
            assert_eq!(found, expected, "{pragma}");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn an_empty_file_becomes_a_shortlist() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(open(file.path()).is_ok());
    }

    #[test]
    fn memory_is_no_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(":memory:");
        drop(open(&path).unwrap());
        assert!(path.is_file());
        assert!(matches!(open(Path::new("")), Err(ShortlistError::Unopened { .. })));
    }

    #[test]
    fn what_is_no_shortlist_is_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("other");
        fs::write(&path, "drug\tdisease\n".repeat(100)).unwrap();
        assert_eq!(refusal(&path), "FILE is not an SQLite database; expected a shortlist, or a new place");
        fs::write(&path, "drug").unwrap();
        assert_eq!(refusal(&path), "FILE is not an SQLite database; expected a shortlist, or a new place");
        assert_eq!(fs::read(&path).unwrap(), b"drug");

        for (statements, expected) in [
            ("CREATE TABLE bookmark (address)", "the SQLite database of another application"),
            ("PRAGMA user_version = 1", "the SQLite database of another application"),
            (
                "PRAGMA application_id = 252006675; PRAGMA journal_mode = WAL",
                "the SQLite database of another application (its id is 0x0f055113)",
            ),
        ] {
            fs::remove_file(&path).unwrap();
            Connection::open(&path).unwrap().execute_batch(statements).unwrap();
            let before = fs::read(&path).unwrap();
            assert_eq!(refusal(&path), format!("FILE is {expected}; expected a shortlist, or a new place"));
            assert_eq!(fs::read(&path).unwrap(), before);
        }
    }

    #[test]
    fn a_newer_version_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shortlist.db");
        open(&path).unwrap().pragma_update(None, "user_version", VERSION + 1).unwrap();
        assert_eq!(
            refusal(&path),
            "FILE is a shortlist of version 2; expected version 1 at most, so a newer theriac wrote it"
        );
    }

    #[test]
    fn a_place_that_there_is_not_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(
            refusal(folder.path()),
            "FILE cannot be opened (it is a folder); expected a shortlist, or a new place in a folder that is there"
        );
        let refused = open(&folder.path().join("missing/shortlist.db"));
        assert!(matches!(refused, Err(ShortlistError::Unopened { .. })), "{refused:?}");
    }

    #[test]
    fn a_write_protected_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shortlist.db");
        drop(open(&path).unwrap());
        let mut permissions = fs::metadata(&path).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&path, permissions).unwrap();
        if fs::OpenOptions::new().write(true).open(&path).is_ok() {
            // Nothing is protected from root.
            return;
        }
        assert_eq!(
            refusal(&path),
            "FILE cannot be written, since the file or its folder is read-only; expected one that can be changed"
        );
    }

    #[test]
    fn two_that_make_the_same_file_agree() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shortlist.db");
        thread::scope(|scope| {
            let openers: Vec<_> = (0..8).map(|_| scope.spawn(|| open(&path).map(drop))).collect();
            for opener in openers {
                opener.join().unwrap().unwrap();
            }
        });
    }
}
