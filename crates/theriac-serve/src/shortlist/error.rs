//! What can be wrong with a shortlist.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use super::record::{PairKey, RecordError};

/// Why a shortlist cannot be opened, changed, imported or exported. Each message is one sentence.
#[derive(Debug, thiserror::Error)]
pub enum ShortlistError {
    /// There is no file, and none can be made.
    #[error("{} cannot be opened ({problem}); expected a shortlist, or a new place in a folder that is there", path.display())]
    Unopened {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        problem: String,
    },
    /// The file is something else.
    #[error("{} is {found}; expected a shortlist, or a new place", path.display())]
    NoShortlist {
        /// The file.
        path: PathBuf,
        /// What it is.
        found: String,
    },
    /// A newer program wrote the file.
    #[error("{} is a shortlist of version {found}; expected version {expected} at most, so a newer theriac wrote it", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The version of this program.
        expected: u32,
    },
    /// The file or its folder is write-protected.
    #[error("{} cannot be written, since the file or its folder is read-only; expected one that can be changed", path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
    },
    /// The file is not as it was written.
    #[error("{} is damaged ({problem}); expected a whole shortlist, so restore it from a copy or an export", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        problem: String,
    },
    /// There is no room. What was there before is whole.
    #[error("{} cannot grow, since its disk is full; expected room for a change, which was not made", path.display())]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// Another program holds the file for too long.
    #[error("{} is in use by another program; expected it free within {seconds} seconds", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
        /// How long was waited.
        seconds: u64,
    },
    /// Anything else that the disk or the database refuses. The change was not made.
    #[error("{} could not be read or written: {problem}", path.display())]
    Failed {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        problem: String,
    },
    /// An entry was changed since it was read.
    #[error("{pair} is at revision {found}, changed since it was read; expected revision {expected}")]
    Conflict {
        /// The pair.
        pair: Box<PairKey>,
        /// The entry's revision.
        found: u64,
        /// The revision that the edit was based on.
        expected: u64,
    },
    /// A pair is not there.
    #[error("{pair} is not on the shortlist; expected a pair that was pinned")]
    NotPinned {
        /// The pair.
        pair: Box<PairKey>,
    },
    /// A pair cannot be kept as it is.
    #[error("{pair} cannot be pinned: {problem}")]
    Unfit {
        /// The pair.
        pair: Box<PairKey>,
        /// What is wrong with it.
        problem: RecordError,
    },
    /// A line of an import is at fault. Nothing was imported.
    #[error("{origin}, line {line}: {problem}")]
    Line {
        /// Name of the file.
        origin: String,
        /// Line, from 1.
        line: u64,
        /// What was found, and what was expected.
        problem: String,
    },
    /// An import cannot be read.
    #[error("{origin} cannot be read: {source}")]
    Read {
        /// Name of the file.
        origin: String,
        /// What went wrong.
        source: io::Error,
    },
    /// An export cannot be written.
    #[error("the export cannot be written: {source}")]
    Write {
        /// What went wrong.
        source: io::Error,
    },
    /// Entries make no evaluation set.
    #[error("the entries make no evaluation set: {found}; expected {expected}")]
    NoEvaluationSet {
        /// What is at fault.
        found: String,
        /// What should be there.
        expected: &'static str,
    },
}

/// How long a busy file is waited for, in seconds.
pub(super) const PATIENCE: u64 = 10;

impl ShortlistError {
    /// What an error of the database says of a file.
    pub(super) fn of_sqlite(path: &Path, error: &rusqlite::Error) -> Self {
        let path = path.to_path_buf();
        let problem = match error {
            rusqlite::Error::SqliteFailure(failure, message) => {
                message.clone().unwrap_or_else(|| failure.to_string())
            }
            other => other.to_string(),
        };
        match error.sqlite_error_code() {
            Some(ErrorCode::CannotOpen) => Self::Unopened { path, problem },
            Some(ErrorCode::NotADatabase) => {
                Self::NoShortlist { path, found: "not an SQLite database".into() }
            }
            Some(ErrorCode::ReadOnly) => Self::ReadOnly { path },
            Some(ErrorCode::DiskFull) => Self::Full { path },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                Self::Busy { path, seconds: PATIENCE }
            }
            // Without a code it is a value that this program never writes.
            Some(ErrorCode::DatabaseCorrupt) | None => Self::Damaged { path, problem },
            Some(_) => Self::Failed { path, problem },
        }
    }
}
