//! The temporary folders that drafts are written in, so that a program that is told to end can take them along.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tempfile::TempDir;

static OPEN: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// A temporary folder that is known as long as it is there.
#[derive(Debug)]
pub(crate) struct Workspace {
    folder: Option<TempDir>,
    path: PathBuf,
}

impl Workspace {
    pub(crate) fn new(folder: TempDir) -> Self {
        let path = folder.path().to_path_buf();
        open(|known| known.push(path.clone()));
        Self { folder: Some(folder), path }
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
            let _ = std::fs::remove_dir_all(path);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workspace_is_known_until_it_is_dropped() {
        let workspace = Workspace::new(tempfile::tempdir().unwrap());
        let path = workspace.path().to_path_buf();
        let known = || OPEN.lock().unwrap().contains(&path);
        assert!(known());
        drop(workspace);
        assert!(!known() && !path.exists());
    }
}
