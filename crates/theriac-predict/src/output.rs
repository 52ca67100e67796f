//! Result files: in a format told by their ending, and there whole or not at all.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use parquet::errors::ParquetError;
use theriac_graph::FileDraft;

use crate::PredictError;

/// Bytes that are gathered before they are written.
const BUFFER: usize = 1 << 18;

/// The format that was asked for, or the one that the ending of the path tells.
///
/// # Errors
///
/// [`PredictError::UnknownEnding`] where neither does.
pub fn format_of<F: Copy>(
    path: &Path,
    asked: Option<F>,
    endings: &[(&'static str, F)],
) -> Result<F, PredictError> {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    let told = endings.iter().find(|(known, _)| Some(*known) == ending.as_deref());
    asked.or(told.map(|(_, format)| *format)).ok_or_else(|| PredictError::UnknownEnding {
        path: path.into(),
        known: endings.iter().map(|(known, _)| format!(".{known}")).collect::<Vec<_>>().join(", "),
    })
}

/// A result file being written. Dropped unpublished, it leaves no trace.
#[derive(Debug)]
pub struct OutputFile {
    /// As it was asked for.
    path: PathBuf,
    draft: FileDraft,
}

impl OutputFile {
    /// Makes room for a file at `path`. `what` is what the file is, in words.
    ///
    /// # Errors
    ///
    /// When a folder is there, or nothing can be written there.
    pub fn new(path: &Path, what: &'static str) -> Result<Self, PredictError> {
        let draft = FileDraft::new(path, what).map_err(PredictError::saving)?;
        Ok(Self { path: path.into(), draft })
    }

    /// Opens it for writing, once.
    ///
    /// # Errors
    ///
    /// When the system refuses.
    pub fn open(&self) -> Result<BufWriter<File>, PredictError> {
        let file = File::create_new(self.draft.file()).map_err(|error| self.failed(error))?;
        Ok(BufWriter::with_capacity(BUFFER, file))
    }

    /// An error on the way of the file to disk.
    pub fn failed(&self, source: io::Error) -> PredictError {
        PredictError::Write { path: self.path.clone(), source }
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    ///
    /// When the system refuses.
    pub fn publish(self) -> Result<(), PredictError> {
        self.draft.publish().map_err(PredictError::saving)
    }
}

/// What the system said, where it is that; otherwise what the Parquet library did.
pub fn parquet_error(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(source) => match source.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(source) => io::Error::other(source),
        },
        error => io::Error::other(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_goes_before_the_ending() {
        let endings = [("tsv", 't'), ("parquet", 'p')];
        let format = |path: &str, asked| format_of(Path::new(path), asked, &endings);
        assert_eq!(format("a/b.TSV", None).unwrap(), 't');
        assert_eq!(format("b.tsv", Some('p')).unwrap(), 'p');
        assert_eq!(format("b", Some('p')).unwrap(), 'p');
        for path in ["a/b.xlsx", "b", ".tsv"] {
            let message = format(path, None).unwrap_err().to_string();
            assert_eq!(
                message,
                format!(
                    "{path}: the ending tells no format; expected one of .tsv, .parquet, or a format with --to"
                )
            );
        }
    }
}
