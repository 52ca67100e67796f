//! Files on their way: written beside their place, then moved into it.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::error::FormatError;

/// Writes a file that is not there yet.
pub(super) fn write_file(
    path: &Path,
    fill: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<(), FormatError> {
    let write = || {
        let mut out = BufWriter::with_capacity(1 << 16, File::create_new(path)?);
        fill(&mut out)?;
        out.flush()
    };
    write().map_err(|error| io_error(path, error))
}

/// Makes a folder within a draft.
pub(super) fn make_folder(path: &Path) -> Result<(), FormatError> {
    fs::create_dir(path).map_err(|error| io_error(path, error))
}

/// All files in a folder and the folders within it, as paths within it, sorted.
pub(super) fn files_below(folder: &Path) -> Result<Vec<PathBuf>, FormatError> {
    let (mut files, mut folders) = (Vec::new(), vec![PathBuf::new()]);
    while let Some(within) = folders.pop() {
        let path = folder.join(&within);
        for entry in fs::read_dir(&path).map_err(|error| io_error(&path, error))? {
            let entry = entry.map_err(|error| io_error(&path, error))?;
            let is_folder = entry.file_type().map_err(|error| io_error(&path, error))?.is_dir();
            (if is_folder { &mut folders } else { &mut files }).push(within.join(entry.file_name()));
        }
    }
    files.sort();
    Ok(files)
}

/// An error about a file of the draft, told of the place where the file would have appeared.
pub(super) fn in_place(error: FormatError, draft: &Path, target: &Path) -> FormatError {
    match error {
        FormatError::Io { path, source } => {
            let path = match path.strip_prefix(draft) {
                Ok(within) if within.as_os_str().is_empty() => target.into(),
                Ok(within) => target.join(within),
                Err(_) => path,
            };
            FormatError::Io { path, source }
        }
        other => other,
    }
}

fn io_error(path: &Path, source: io::Error) -> FormatError {
    FormatError::Io { path: path.into(), source }
}

#[cfg(test)]
mod tests {
    use theriac_graph::FileDraft;

    use super::*;

    #[test]
    fn a_file_appears_only_when_published() {
        let place = tempfile::tempdir().unwrap();
        let target = place.path().join("graph.json");
        fs::write(&target, "earlier").unwrap();
        let draft = FileDraft::new(&target, "cytoscape").unwrap();
        write_file(draft.file(), |out| out.write_all(b"later")).unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "earlier");
        draft.publish().unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "later");
        drop(FileDraft::new(&target, "cytoscape").unwrap());
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
    }

    #[test]
    fn an_error_is_told_of_the_place_itself() {
        let refused = || io_error(Path::new("/p/.x.1/new/nodes.tsv"), io::ErrorKind::StorageFull.into());
        let message = in_place(refused(), Path::new("/p/.x.1/new"), Path::new("/p/x")).to_string();
        assert!(message.starts_with("/p/x/nodes.tsv: "), "{message}");
        let message = in_place(refused(), Path::new("/p/.x.1/new/nodes.tsv"), Path::new("/p/x")).to_string();
        assert!(message.starts_with("/p/x: "), "{message}");
    }
}
