//! A folder that appears whole or not at all.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::drafts::Workspace;
use crate::error::GraphError;

/// What a kind of folder holds, so that nothing else is ever replaced by one.
#[derive(Clone, Copy, Debug)]
pub struct FolderKind {
    /// What the folder is, in words: `graph`, `model`.
    pub what: &'static str,
    /// The file by which a folder of this kind is known.
    pub marker: &'static str,
    /// Everything that it may hold besides hidden files, the marker included.
    pub parts: &'static [&'static str],
}

/// A folder being written, out of sight beside its target. Dropped unpublished, it leaves no trace.
#[derive(Debug)]
pub struct FolderDraft {
    kind: &'static FolderKind,
    target: PathBuf,
    new: PathBuf,
    workspace: Workspace,
}

impl FolderDraft {
    /// Makes a folder that is to appear at `target`: a new place, an empty folder, or an earlier folder of the same
    /// kind. Missing parent folders are made.
    ///
    /// # Errors
    ///
    /// [`GraphError::Occupied`] when anything else is there, [`GraphError::Io`] when nothing can be written there.
    pub fn new(target: &Path, kind: &'static FolderKind) -> Result<Self, GraphError> {
        let io_error = |path: &Path, source| GraphError::Io { path: path.into(), source };
        // Where the target is a link, what it leads to is replaced, not the link.
        let target = match fs::canonicalize(target) {
            Ok(existing) => existing,
            Err(error) if error.kind() == io::ErrorKind::NotFound => target.into(),
            Err(error) => return Err(io_error(target, error)),
        };
        check_replaceable(&target, kind)?;
        let parent = match target.parent() {
            Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
            Some(parent) => parent,
            None => return Err(occupied(&target, kind, "is the root of the file system")),
        };
        let workspace = Workspace::beside(&target, parent)?;
        // The temporary folder is its owner's alone; a folder made inside has the permissions of any other.
        let new = workspace.path().join("new");
        fs::create_dir(&new).map_err(|error| io_error(&new, error))?;
        Ok(Self { kind, target, new, workspace })
    }

    /// Whether a folder of this kind may appear at `target`: what a long job asks before it begins.
    ///
    /// # Errors
    ///
    /// Those of [`FolderDraft::new`].
    pub fn check(target: &Path, kind: &'static FolderKind) -> Result<(), GraphError> {
        Self::new(target, kind).map(drop)
    }

    /// Where to write.
    pub fn folder(&self) -> &Path {
        &self.new
    }

    /// Puts the folder in its place, and removes what it replaces.
    ///
    /// A process killed between the two renames leaves the earlier folder as `.<name>.<random>/replaced` beside the
    /// target; at any other moment the target is the earlier folder or the new one.
    ///
    /// # Errors
    ///
    /// Those of [`FolderDraft::new`]; the earlier folder is then still there, or the error says where it is.
    pub fn publish(self) -> Result<(), GraphError> {
        // Someone may have put something there meanwhile.
        check_replaceable(&self.target, self.kind)?;
        let replaced = self.workspace.path().join("replaced");
        let failed = |source| GraphError::Io { path: self.target.clone(), source };
        let exists = self.target.exists();
        if exists {
            fs::rename(&self.target, &replaced).map_err(failed)?;
        }
        if let Err(error) = fs::rename(&self.new, &self.target) {
            if exists && fs::rename(&replaced, &self.target).is_err() {
                // The earlier folder must not go with the temporary folder.
                let kept = self.workspace.keep().join("replaced");
                let kept = format!(
                    "could not be written ({error}), and the earlier {} is now {}",
                    self.kind.what,
                    kept.display()
                );
                return Err(GraphError::Bundle { path: self.target, problem: kept });
            }
            return Err(failed(error));
        }
        Ok(())
    }
}

fn check_replaceable(target: &Path, kind: &FolderKind) -> Result<(), GraphError> {
    let io_error = |source| GraphError::Io { path: target.into(), source };
    let listing = match fs::read_dir(target) {
        Ok(listing) => listing,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            return Err(occupied(target, kind, "is a file"));
        }
        Err(error) => return Err(io_error(error)),
    };
    let mut names = Vec::new();
    for entry in listing {
        names.push(entry.map_err(io_error)?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    if !names.is_empty() && !names.iter().any(|name| name == kind.marker) {
        return Err(occupied(target, kind, &format!("is a folder that holds no {}", kind.marker)));
    }
    match names.iter().find(|name| !name.starts_with('.') && !kind.parts.contains(&name.as_str())) {
        Some(foreign) => Err(occupied(target, kind, &format!("holds '{foreign}' beside a {}", kind.what))),
        None => Ok(()),
    }
}

fn occupied(target: &Path, kind: &FolderKind, found: &str) -> GraphError {
    GraphError::Occupied { path: target.into(), found: found.into(), what: kind.what }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: FolderKind =
        FolderKind { what: "graph", marker: "graph.json", parts: &["graph.json", "nodes"] };

    fn entries(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_draft_appears_only_when_published() {
        let place = tempfile::tempdir().unwrap();
        let target = place.path().join("made/on/the/way");
        let draft = FolderDraft::new(&target, &KIND).unwrap();
        fs::write(draft.folder().join(KIND.marker), "{}").unwrap();
        assert!(!target.exists());
        draft.publish().unwrap();
        assert_eq!(entries(&target), ["graph.json"]);
        assert_eq!(entries(target.parent().unwrap()), ["way"]);
    }

    #[test]
    fn an_abandoned_draft_leaves_what_was_there() {
        let place = tempfile::tempdir().unwrap();
        let target = place.path().join("graph");
        fs::create_dir(&target).unwrap();
        fs::write(target.join(KIND.marker), "earlier").unwrap();
        drop(FolderDraft::new(&target, &KIND).unwrap());
        assert_eq!(entries(place.path()), ["graph"]);
        assert_eq!(fs::read_to_string(target.join(KIND.marker)).unwrap(), "earlier");
    }

    #[test]
    fn an_earlier_graph_or_an_empty_folder_is_replaced() {
        let place = tempfile::tempdir().unwrap();
        let target = place.path().join("graph");
        fs::create_dir(&target).unwrap();
        for text in ["first", "second"] {
            let draft = FolderDraft::new(&target, &KIND).unwrap();
            fs::write(draft.folder().join(KIND.marker), text).unwrap();
            draft.publish().unwrap();
            assert_eq!(fs::read_to_string(target.join(KIND.marker)).unwrap(), text);
            assert_eq!(entries(place.path()), ["graph"]);
        }
    }

    #[test]
    fn anything_else_is_left_alone() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("file");
        fs::write(&file, "mine").unwrap();
        let folder = place.path().join("folder");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("thesis.tex"), "mine").unwrap();
        let message = |target: &Path| FolderDraft::new(target, &KIND).err().unwrap().to_string();
        assert!(message(&file).contains("file is a file; expected a new place"));
        assert!(
            message(&folder).contains("folder is a folder that holds no graph.json; expected a new place")
        );
        fs::write(folder.join(KIND.marker), "{}").unwrap();
        assert!(message(&folder).contains("folder holds 'thesis.tex' beside a graph; expected a new place"));
        assert_eq!(entries(&folder), ["graph.json", "thesis.tex"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_a_graph_stays_a_link() {
        let place = tempfile::tempdir().unwrap();
        let (real, link) = (place.path().join("graph-1"), place.path().join("graph"));
        fs::create_dir(&real).unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        let draft = FolderDraft::new(&link, &KIND).unwrap();
        fs::write(draft.folder().join(KIND.marker), "{}").unwrap();
        draft.publish().unwrap();
        assert!(link.is_symlink() && real.join(KIND.marker).exists());
    }
}
