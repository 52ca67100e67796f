//! The members of an archive, whatever its kind.

use std::ops::ControlFlow;

use super::archive::{Archive, ArchiveKind, Visit};
use super::{tar_archive, zip_archive};
use crate::error::FormatError;

impl Archive {
    /// Hands every file of the archive to `visit`, or only those of this name.
    ///
    /// # Errors
    ///
    /// The first error of `visit`; [`FormatError::Damaged`] when the archive ends early or does not decode;
    /// [`FormatError::Refused`] when a member leads out of it, is a link, or cannot be read, or when there are too many.
    pub(super) fn visit(&self, only: Option<&str>, visit: &mut Visit<'_>) -> Result<(), FormatError> {
        match self.kind {
            ArchiveKind::Tar { compressed } => tar_archive::visit(self, compressed, only, visit),
            ArchiveKind::Zip => zip_archive::visit(self, only, visit),
        }
    }

    /// The names of all files. Of a zip archive they are listed at its end, a tar archive is read for them.
    ///
    /// # Errors
    ///
    /// As [`Archive::visit`].
    pub(super) fn names(&self) -> Result<Vec<String>, FormatError> {
        if self.kind == ArchiveKind::Zip {
            return zip_archive::names(self);
        }
        let mut names = Vec::new();
        self.visit(None, &mut |entry| {
            names.push(entry.name);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(names)
    }
}
