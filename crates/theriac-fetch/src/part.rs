//! A file on its way: `NAME.part` beside `NAME`, with what tells whether the server still has the same file in
//! `NAME.part.tag`.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::checksum::{Checksum, Measured};
use crate::error::FetchError;

/// A file on its way. While it is open no other process writes to it.
pub struct Part {
    target: PathBuf,
    path: PathBuf,
    tag: PathBuf,
    file: File,
    bytes: u64,
    inherited: bool,
}

impl Part {
    /// Opens what an earlier download to `target` left, or begins a new one.
    ///
    /// # Errors
    ///
    /// [`FetchError::Busy`] while another process downloads the same file.
    pub fn open(target: &Path) -> Result<Self, FetchError> {
        let (path, tag) = (beside(target, ".part"), beside(target, ".part.tag"));
        loop {
            let mut file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(&path)
                .map_err(FetchError::io(&path))?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(FetchError::Busy { path: target.into() }),
                // Some network file systems know no locks; two downloads at once are then the user's to avoid.
                Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => {}
                Err(TryLockError::Error(error)) => return Err(FetchError::io(&path)(error)),
            }
            // Another process may have finished the file between opening and locking; its name is free again then.
            if path.exists() {
                let bytes = file.seek(SeekFrom::End(0)).map_err(FetchError::io(&path))?;
                return Ok(Self { target: target.into(), path, tag, file, bytes, inherited: bytes > 0 });
            }
        }
    }

    /// Bytes that are here.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether some of them are of an earlier download.
    pub fn is_inherited(&self) -> bool {
        self.inherited
    }

    /// Where they are.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What tells whether the server still has the file that these bytes are of.
    pub fn validator(&self) -> Option<String> {
        fs::read_to_string(&self.tag).ok().filter(|tag| !tag.is_empty() && !tag.contains(['\r', '\n']))
    }

    /// Begins anew, with what tells whether the server will still have the same file.
    pub fn restart(&mut self, validator: Option<&str>) -> Result<(), FetchError> {
        self.file.set_len(0).map_err(FetchError::io(&self.path))?;
        self.file.rewind().map_err(FetchError::io(&self.path))?;
        self.bytes = 0;
        self.inherited = false;
        match validator {
            Some(validator) => fs::write(&self.tag, validator),
            None => remove(&self.tag),
        }
        .map_err(FetchError::io(&self.tag))
    }

    /// Adds bytes at the end.
    pub fn append(&mut self, block: &[u8]) -> Result<(), FetchError> {
        self.file.write_all(block).map_err(FetchError::io(&self.path))?;
        self.bytes += block.len() as u64;
        Ok(())
    }

    /// Measures what is here.
    pub fn measure(&mut self, expected: Option<Checksum>) -> Result<Measured, FetchError> {
        self.file.rewind().map_err(FetchError::io(&self.path))?;
        Measured::of(&mut self.file, expected).map_err(FetchError::io(&self.path))
    }

    /// Makes the file appear under its name, whole.
    pub fn publish(self) -> Result<(), FetchError> {
        self.file.sync_all().map_err(FetchError::io(&self.path))?;
        fs::rename(&self.path, &self.target).map_err(FetchError::io(&self.target))?;
        remove(&self.tag).map_err(FetchError::io(&self.tag))
    }

    /// Deletes what is here.
    pub fn discard(self) -> Result<(), FetchError> {
        remove(&self.path).map_err(FetchError::io(&self.path))?;
        remove(&self.tag).map_err(FetchError::io(&self.tag))
    }

    /// Deletes it if there is nothing in it.
    pub fn discard_if_empty(self) -> Result<(), FetchError> {
        if self.bytes == 0 { self.discard() } else { Ok(()) }
    }
}

/// Whether an earlier download to `target` left something.
pub fn exists(target: &Path) -> bool {
    beside(target, ".part").exists()
}

fn beside(target: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(target);
    name.push(suffix);
    name.into()
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn what_was_written_is_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("kg.csv");
        let mut part = Part::open(&target).unwrap();
        part.restart(Some("\"v1\"")).unwrap();
        part.append(b"abc").unwrap();
        drop(part);
        assert_eq!(names(folder.path()), ["kg.csv.part", "kg.csv.part.tag"]);

        let mut part = Part::open(&target).unwrap();
        assert_eq!((part.bytes(), part.validator().as_deref()), (3, Some("\"v1\"")));
        assert!(part.is_inherited());
        part.append(b"def").unwrap();
        assert_eq!(part.measure(None).unwrap().bytes, 6);
        part.publish().unwrap();
        assert_eq!(names(folder.path()), ["kg.csv"]);
        assert_eq!(fs::read(&target).unwrap(), b"abcdef");
    }

    #[test]
    fn beginning_anew_forgets_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("kg.csv");
        let mut part = Part::open(&target).unwrap();
        part.restart(Some("\"v1\"")).unwrap();
        part.append(b"abc").unwrap();
        part.restart(None).unwrap();
        assert_eq!((part.bytes(), part.validator(), part.is_inherited()), (0, None, false));
        part.append(b"x").unwrap();
        part.publish().unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"x");
    }

    #[test]
    fn nothing_is_left_of_what_is_discarded() {
        let folder = tempfile::tempdir().unwrap();
        let mut part = Part::open(&folder.path().join("a")).unwrap();
        part.restart(Some("\"v1\"")).unwrap();
        part.append(b"abc").unwrap();
        part.discard().unwrap();
        Part::open(&folder.path().join("b")).unwrap().discard_if_empty().unwrap();
        assert_eq!(names(folder.path()), [""; 0]);
    }

    #[test]
    fn two_downloads_of_one_file_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("kg.csv");
        let first = Part::open(&target).unwrap();
        assert!(matches!(Part::open(&target), Err(FetchError::Busy { .. })));
        drop(first);
        assert!(Part::open(&target).is_ok());
    }
}
