//! Archives: their members one after the other, each checked before it is handed out.

use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::Path;

use super::limits::Limits;
use super::member_name::member_name;
use super::stored::{Meter, Stored};
use crate::error::FormatError;

/// A file that holds files.
#[derive(Clone, Debug)]
pub(super) struct Archive {
    pub(super) stored: Stored,
    pub(super) kind: ArchiveKind,
    /// Its path, for messages.
    pub(super) file: String,
    pub(super) limits: Limits,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ArchiveKind {
    Tar {
        /// Whether it lies in a compressed file.
        compressed: bool,
    },
    Zip,
}

/// A member on the way through its archive.
pub(super) struct Entry<'a> {
    /// Its name, normalised.
    pub(super) name: String,
    /// Its size, as stated.
    pub(super) size: u64,
    /// Its bytes, as they lie in the archive.
    pub(super) reader: &'a mut dyn Read,
    /// Counts what is read of the archive.
    pub(super) meter: Meter,
}

/// What to do with a member; on [`ControlFlow::Break`] nothing more of the archive is read.
pub(super) type Visit<'v> = dyn FnMut(Entry<'_>) -> Result<ControlFlow<()>, FormatError> + 'v;

impl Archive {
    /// The archive that a file is, going by its first bytes: decompressed, if `compressed`.
    pub(super) fn recognise(head: &[u8], compressed: bool) -> Option<ArchiveKind> {
        // The magic of POSIX and GNU tar, at its fixed place in the first header.
        if head.get(257..262) == Some(b"ustar") {
            return Some(ArchiveKind::Tar { compressed });
        }
        // The directory of a zip archive stands at its end, where no stream can begin.
        (!compressed && is_zip(head)).then_some(ArchiveKind::Zip)
    }

    /// The error that stands for a failure to read the archive.
    pub(super) fn error(&self, source: io::Error) -> FormatError {
        FormatError::from_read(Path::new(&self.file), source)
    }

    /// The name of a member, for messages.
    pub(super) fn member_file(&self, name: &str) -> String {
        format!("{}/{name}", self.file)
    }

    /// The name of a member as it is handed out, from the name as it is stored.
    pub(super) fn checked_name(&self, stored: &str) -> Result<String, FormatError> {
        let refusal =
            |reason: &'static str| self.refusal(stored, reason.into(), "a relative path within the archive");
        member_name(stored).map_err(refusal)
    }

    /// The refusal of a member.
    pub(super) fn refusal(&self, name: &str, reason: String, expected: &'static str) -> FormatError {
        FormatError::Refused { file: self.member_file(name), reason, expected }
    }

    /// The refusal of an archive with more members than there may be.
    pub(super) fn too_many(&self) -> FormatError {
        FormatError::Refused {
            file: self.file.clone(),
            reason: format!("it has more than {} members", self.limits.members),
            expected: "an archive of fewer",
        }
    }
}

/// Whether bytes begin as a zip archive does, be it empty.
pub(super) fn is_zip(head: &[u8]) -> bool {
    head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06")
}
