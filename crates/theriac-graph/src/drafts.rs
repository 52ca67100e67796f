//! The temporary folders that drafts are written in, so that a program that is told to end can take them along.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tempfile::TempDir;

use crate::error::GraphError;

static OPEN: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// A temporary folder that is known as long as it is there.
#[derive(Debug)]
pub(crate) struct Workspace {
    folder: Option<TempDir>,
    path: PathBuf,
}

impl Workspace {
    /// A hidden folder in `parent`, which is made if need be, named after `target`.
    ///
    /// # Errors
    ///
    /// [`GraphError::Io`] when nothing can be written there.
    pub(crate) fn beside(target: &Path, parent: &Path) -> Result<Self, GraphError> {
        let io_error = |source| GraphError::Io { path: parent.into(), source };
        fs::create_dir_all(parent).map_err(io_error)?;
        let mut prefix = OsString::from(".");
        prefix.push(target.file_name().unwrap_or_default());
        prefix.push(".");
        let folder = tempfile::Builder::new().prefix(&prefix).tempdir_in(parent).map_err(io_error)?;
        let path = folder.path().to_path_buf();
        open(|known| known.push(path.clone()));
        Ok(Self { folder: Some(folder), path })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Leaves the folder where it is.
    pub(crate) fn keep(mut self) -> PathBuf {
        self.folder.take().map(TempDir::keep);
        self.path.clone()
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        open(|known| known.retain(|path| *path != self.path));
    }
}

fn open(change: impl FnOnce(&mut Vec<PathBuf>)) {
    change(&mut OPEN.lock().unwrap_or_else(PoisonError::into_inner));
}

/// Removes what is written of every [`crate::FolderDraft`] and [`crate::FileDraft`] that is not published: what a program
/// does that ends before its time.
pub fn abandon_drafts() {
    open(|known| {
        for path in known.drain(..) {
            // What cannot be removed stays: there is nobody left to tell.
            let _ = fs::remove_dir_all(path);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workspace_is_known_until_it_is_dropped() {
        let place = tempfile::tempdir().unwrap();
        let workspace = Workspace::beside(&place.path().join("graph"), place.path()).unwrap();
        let path = workspace.path().to_path_buf();
        let known = || OPEN.lock().unwrap().contains(&path);
        assert!(known());
        drop(workspace);
        assert!(!known() && !path.exists());
    }
}
