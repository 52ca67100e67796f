//! What can be wrong with a download.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::checksum::Algorithm;

/// A file to be downloaded by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByHand {
    /// Where it is.
    pub address: String,
    /// Where to put it.
    pub path: PathBuf,
}

impl fmt::Display for ByHand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n  {} -> {}", self.address, self.path.display())
    }
}

/// Why a data set was not fetched. Each message is one sentence; where files are to be downloaded by hand, a list of them
/// follows.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// There is no way to the server, or it was forbidden.
    #[error(
        "{reason}; download by hand what is missing, put it where the arrows point, and run the same command again:{}",
        listed(missing)
    )]
    Unreachable {
        /// Why nothing can be downloaded.
        reason: String,
        /// What is missing, and where it belongs.
        missing: Vec<ByHand>,
    },
    /// The server does not give out the file.
    #[error("{address} answered {status}; expected the file")]
    Refused {
        /// Where the file should be.
        address: String,
        /// Status and its meaning: `404 Not Found`.
        status: String,
    },
    /// Every attempt failed, or no further one would help.
    #[error("{address} could not be downloaded in {}: {problem}", attempts_in_words(*attempts))]
    Failed {
        /// Where the file is.
        address: String,
        /// Attempts since the last headway.
        attempts: u32,
        /// What went wrong the last time.
        problem: String,
    },
    /// A file has another length than it should.
    #[error("{address} has {found} bytes; expected {expected}, as published")]
    Size {
        /// Where the file came from.
        address: String,
        /// Length found, or announced by the server.
        found: u64,
        /// Length pinned.
        expected: u64,
    },
    /// A file has another checksum than it should. It was deleted.
    #[error("{address} has the {algorithm} {found}; expected {expected}, as published, so it was deleted")]
    Checksum {
        /// Where the file came from.
        address: String,
        /// Which checksum.
        algorithm: Algorithm,
        /// Checksum found.
        found: String,
        /// Checksum pinned.
        expected: String,
    },
    /// A file that is not the published one stands where it belongs.
    #[error("{} is there already and is not {address} (it has {found}; expected {expected}); move it, or name another folder", path.display())]
    Occupied {
        /// The file that stands there.
        path: PathBuf,
        /// Where the published one is.
        address: String,
        /// What was found: a length or a checksum.
        found: String,
        /// What was expected.
        expected: String,
    },
    /// The download was asked to stop.
    #[error("stopped{}", kept(part, *bytes))]
    Stopped {
        /// What was downloaded of the file at hand.
        part: PathBuf,
        /// Its length; where it is 0, nothing is kept.
        bytes: u64,
    },
    /// Another process downloads the same file.
    #[error("{} is being downloaded by another process; wait until it is done", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// Nothing says where the user's cache is.
    #[error("no home folder is known to keep data sets in; say where with --cache or --output")]
    NoCacheFolder,
    /// A mirror must be on the web.
    #[error("the mirror is '{found}'; expected an address that begins with https:// or http://")]
    Mirror {
        /// What was given.
        found: String,
    },
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl FetchError {
    /// Makes an error of what the system said of a file.
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { path: path.into(), source }
    }

    /// Whether the request was at fault rather than the work.
    pub fn is_misuse(&self) -> bool {
        matches!(self, Self::Mirror { .. } | Self::Occupied { .. } | Self::NoCacheFolder)
    }
}

fn listed(missing: &[ByHand]) -> String {
    missing.iter().map(ByHand::to_string).collect()
}

fn kept(part: &Path, bytes: u64) -> String {
    if bytes == 0 {
        return " before anything was downloaded".into();
    }
    format!("; {bytes} bytes are kept in {}, and the same command goes on from there", part.display())
}

fn attempts_in_words(attempts: u32) -> String {
    if attempts == 1 { "1 attempt".into() } else { format!("{attempts} attempts") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_say_what_was_found_and_expected() {
        let size = FetchError::Size { address: "https://a/b".into(), found: 133, expected: 12_401_407 };
        assert_eq!(size.to_string(), "https://a/b has 133 bytes; expected 12401407, as published");
        let failed =
            |attempts| FetchError::Failed { address: "https://a/b".into(), attempts, problem: "x".into() };
        assert_eq!(failed(1).to_string(), "https://a/b could not be downloaded in 1 attempt: x");
        assert_eq!(failed(6).to_string(), "https://a/b could not be downloaded in 6 attempts: x");
    }

    #[test]
    fn what_to_do_by_hand_is_listed() {
        let by_hand =
            |name: &str| ByHand { address: format!("https://a/{name}"), path: Path::new("/c").join(name) };
        let error = FetchError::Unreachable {
            reason: "no network".into(),
            missing: vec![by_hand("x"), by_hand("y")],
        };
        let message = error.to_string();
        assert!(message.starts_with("no network; download by hand"), "{message}");
        let lines: Vec<&str> = message.lines().skip(1).collect();
        assert_eq!(lines.len(), 2);
        assert!(lines[1].starts_with("  https://a/y -> /c"), "{message}");
    }

    #[test]
    fn misuse_is_told_from_failed_work() {
        assert!(FetchError::Mirror { found: "ftp://a".into() }.is_misuse());
        assert!(
            !FetchError::Refused { address: "https://a".into(), status: "404 Not Found".into() }.is_misuse()
        );
    }
}
