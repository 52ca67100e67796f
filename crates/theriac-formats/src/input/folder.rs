//! Folders: their files, two deep, with links that stay within.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::limits::Limits;
use super::member_name::is_macos_metadata;
use crate::error::FormatError;

/// How deep folders are looked into: a data set's own folder and the one that holds it, not a whole home directory.
const FOLDER_DEPTH: usize = 2;

/// A file of a folder: its name below the folder, with `/` between folders, and where it lies.
pub(super) type Listed = (String, PathBuf);

/// The files below `root`, in order of name. Links that lead nowhere or in a circle are passed over.
///
/// # Errors
///
/// [`FormatError::Io`] when a folder cannot be read; [`FormatError::Refused`] when a link leads out of `root`, or when
/// there are too many files.
pub(super) fn list_folder(root: &Path, limits: Limits) -> Result<Vec<Listed>, FormatError> {
    let canonical = root.canonicalize().map_err(|source| FormatError::Io { path: root.into(), source })?;
    let mut listing =
        Listing { root: canonical, shown: root.display().to_string(), limits, files: Vec::new() };
    listing.add(root, "", FOLDER_DEPTH)?;
    listing.files.sort_unstable();
    Ok(listing.files)
}

struct Listing {
    root: PathBuf,
    shown: String,
    limits: Limits,
    files: Vec<Listed>,
}

impl Listing {
    fn add(&mut self, folder: &Path, prefix: &str, depth: usize) -> Result<(), FormatError> {
        let io_error = |source: io::Error| FormatError::Io { path: folder.into(), source };
        for entry in fs::read_dir(folder).map_err(io_error)? {
            let entry = entry.map_err(io_error)?;
            let (path, name) = (entry.path(), format!("{prefix}{}", entry.file_name().to_string_lossy()));
            let kind = entry.file_type().map_err(io_error)?;
            if kind.is_symlink() && !self.follows(&path, &name)? {
                continue;
            }
            match fs::metadata(&path) {
                Ok(found) if found.is_file() && !is_macos_metadata(&name) => self.files.push((name, path)),
                Ok(found) if found.is_dir() && depth > 1 => {
                    self.add(&path, &format!("{name}/"), depth - 1)?;
                }
                _ => {}
            }
            if self.files.len() > self.limits.members {
                let reason = format!("it has more than {} files", self.limits.members);
                return Err(FormatError::Refused {
                    file: self.shown.clone(),
                    reason,
                    expected: "a folder with fewer",
                });
            }
        }
        Ok(())
    }

    /// Whether a link leads to something else within the folder.
    fn follows(&self, link: &Path, name: &str) -> Result<bool, FormatError> {
        let Ok(target) = link.canonicalize() else { return Ok(false) };
        if !target.starts_with(&self.root) {
            return Err(FormatError::Refused {
                file: format!("{}/{name}", self.shown),
                reason: format!("it is a link to {}, out of the folder", target.display()),
                expected: "links that stay within it, or that path itself",
            });
        }
        // A link to a folder that holds it goes round in a circle.
        let place = link.parent().and_then(|parent| parent.canonicalize().ok());
        Ok(place.is_some_and(|place| !place.starts_with(&target)))
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn names(root: &Path) -> Result<Vec<String>, FormatError> {
        Ok(list_folder(root, Limits::default())?.into_iter().map(|(name, _)| name).collect())
    }

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("data/deeper")).unwrap();
        for name in ["b.txt", "data/a.txt", "data/deeper/c.txt", ".DS_Store", "data/._a.txt"] {
            fs::write(folder.path().join(name), name).unwrap();
        }
        folder
    }

    #[test]
    fn files_are_listed_two_deep_without_metadata() {
        assert_eq!(names(folder().path()).unwrap(), ["b.txt", "data/a.txt"]);
    }

    #[test]
    fn links_within_are_followed_and_those_to_nowhere_or_round_passed_over() {
        let folder = folder();
        let place = |name| folder.path().join(name);
        symlink("data/a.txt", place("same.txt")).unwrap();
        symlink("data", place("also")).unwrap();
        symlink("nowhere", place("lost.txt")).unwrap();
        symlink("me.txt", place("me.txt")).unwrap();
        symlink(".", place("round")).unwrap();
        symlink("..", place("data/up")).unwrap();
        let expected = ["also/a.txt", "b.txt", "data/a.txt", "same.txt"];
        assert_eq!(names(folder.path()).unwrap(), expected);
        // The folder itself may be reached by a link.
        let other = tempfile::tempdir().unwrap();
        let link = other.path().join("here");
        symlink(folder.path(), &link).unwrap();
        assert_eq!(names(&link).unwrap(), expected);
    }

    #[test]
    fn links_that_lead_out_are_refused_by_name() {
        let (folder, outside) = (folder(), tempfile::tempdir().unwrap());
        let target = outside.path().canonicalize().unwrap().join("secret.txt");
        fs::write(&target, "").unwrap();
        symlink(&target, folder.path().join("data/l.txt")).unwrap();
        let (shown, target) = (folder.path().display(), target.display());
        assert_eq!(
            names(folder.path()).unwrap_err().to_string(),
            format!(
                "{shown}/data/l.txt is refused: it is a link to {target}, out of the folder; expected links that stay \
                 within it, or that path itself"
            )
        );
    }

    #[test]
    fn too_many_files_are_refused() {
        let limits = Limits { members: 1, ..Limits::default() };
        let error = list_folder(folder().path(), limits).unwrap_err().to_string();
        assert!(
            error.ends_with("is refused: it has more than 1 files; expected a folder with fewer"),
            "{error}"
        );
    }
}
