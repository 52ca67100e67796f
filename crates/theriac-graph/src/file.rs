//! A file that appears whole or not at all.

use std::fs;
use std::path::{Path, PathBuf};

use crate::drafts::Workspace;
use crate::error::GraphError;

/// A file being written, out of sight beside its target. Dropped unpublished, it leaves no trace.
#[derive(Debug)]
pub struct FileDraft {
    target: PathBuf,
    new: PathBuf,
    workspace: Workspace,
}

impl FileDraft {
    /// Makes room for a file that is to appear at `target`, where nothing is yet, or a file, which is then replaced.
    /// Missing parent folders are made. `what` is what the file is, in words.
    ///
    /// # Errors
    ///
    /// [`GraphError::Occupied`] when a folder is there, [`GraphError::Io`] when nothing can be written there.
    pub fn new(target: &Path, what: &'static str) -> Result<Self, GraphError> {
        // Where the target is a link, what it leads to is replaced, not the link.
        let target = fs::canonicalize(target).unwrap_or_else(|_| target.into());
        if target.is_dir() {
            return Err(GraphError::Occupied { what, path: target, found: "is a folder".into() });
        }
        if target.exists() && !target.is_file() {
            return Err(GraphError::Occupied { what, path: target, found: "is a device or a pipe".into() });
        }
        let parent =
            target.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let workspace = Workspace::beside(&target, parent)?;
        // The temporary folder is its owner's alone; a file made inside has the permissions of any other.
        let new = workspace.path().join("new");
        Ok(Self { target, new, workspace })
    }

    /// Where to write.
    pub fn file(&self) -> &Path {
        &self.new
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    ///
    /// [`GraphError::Io`]; what was in the place is then still there.
    pub fn publish(self) -> Result<(), GraphError> {
        let Self { target, new, workspace } = self;
        fs::rename(&new, &target).map_err(|source| GraphError::Io { path: target, source })?;
        drop(workspace);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_appears_only_when_published() {
        let place = tempfile::tempdir().unwrap();
        let target = place.path().join("scores.tsv");
        fs::write(&target, "earlier").unwrap();
        let draft = FileDraft::new(&target, "table").unwrap();
        fs::write(draft.file(), "later").unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "earlier");
        draft.publish().unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "later");
        drop(FileDraft::new(&target, "table").unwrap());
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_is_never_replaced() {
        let place = tempfile::tempdir().unwrap();
        let error = FileDraft::new(place.path(), "table").err().unwrap().to_string();
        assert!(
            error.ends_with("is a folder; expected a new place or an earlier table to replace"),
            "{error}"
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_not_replaced() {
        let error = FileDraft::new(Path::new("/dev/null"), "table").unwrap_err();
        assert!(matches!(error, GraphError::Occupied { .. }), "{error}");
    }
}
