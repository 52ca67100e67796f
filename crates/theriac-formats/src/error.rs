//! Everything that can be wrong with an outside file.

use std::io;
use std::path::{Path, PathBuf};

use theriac_graph::GraphError;

/// Everything that can be wrong with an outside file. Each message is one sentence that says where, what was found
/// and what was expected. A `file` is a path as the user gave it; a member of an archive is named as though the
/// archive were a folder (`data.tar.gz/data/drug.txt`). Lines and columns count from 1.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// What was read does not make a graph.
    #[error(transparent)]
    Graph(Box<GraphError>),
    /// A file or folder could not be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A compressed file or an archive ends early or does not decode.
    #[error("{file} is damaged or incomplete ({problem}); expected a whole file")]
    Damaged {
        /// The file.
        file: String,
        /// What the decoder met.
        problem: String,
    },
    /// A file, an archive or a member is not read, since it leads astray or would not end.
    #[error("{file} is refused: {reason}; expected {expected}")]
    Refused {
        /// The file.
        file: String,
        /// What is wrong with it.
        reason: String,
        /// What would be read.
        expected: &'static str,
    },
    /// An archive or folder was asked for a file that it does not hold.
    #[error("{} has no member '{member}'; expected the name of a file in it", path.display())]
    UnknownMember {
        /// The archive or folder.
        path: PathBuf,
        /// What was asked for.
        member: String,
    },
    /// A format was asked for that there is not.
    #[error("'{wanted}' is not a known format; expected one of {known}")]
    UnknownFormat {
        /// What was asked for.
        wanted: String,
        /// The formats that there are.
        known: String,
    },
    /// A graph has what a form of writing has no place for and cannot leave out.
    #[error("{format} cannot write {found}; expected {expected}")]
    Unwritable {
        /// The form.
        format: &'static str,
        /// What was found.
        found: String,
        /// What could be written.
        expected: String,
    },
    /// No format recognises the input.
    #[error("{} is {seen}, which fits no known format; expected one of {known} (a table of any other form needs a mapping file: tables)", path.display())]
    Undetected {
        /// The file or folder.
        path: PathBuf,
        /// What was looked at.
        seen: String,
        /// The formats that there are.
        known: String,
    },
    /// The format needs a file or an archive where the input is the other.
    #[error("{} is {found}; {format} expects {expected}", path.display())]
    Container {
        /// The file or folder.
        path: PathBuf,
        /// The format that reads it.
        format: &'static str,
        /// What it is.
        found: String,
        /// What the format reads.
        expected: &'static str,
    },
    /// A file that the format needs is not in the archive or folder.
    #[error("{} has no member '{member}'; {format} needs {needed}", path.display())]
    MissingMember {
        /// The archive or folder.
        path: PathBuf,
        /// The missing file.
        member: &'static str,
        /// The format that needs it.
        format: &'static str,
        /// All files that the format needs.
        needed: String,
    },
    /// An archive or folder holds a file of the format twice.
    #[error("{} holds '{member}' twice ('{first}' and '{second}'); expected one", path.display())]
    RepeatedMember {
        /// The archive or folder.
        path: PathBuf,
        /// The file of the format.
        member: &'static str,
        /// Where it was found first.
        first: String,
        /// Where it was found again.
        second: String,
    },
    /// A file holds nothing.
    #[error("{file} holds no {what}; expected at least one")]
    Empty {
        /// The file.
        file: String,
        /// What it should hold.
        what: &'static str,
    },
    /// A line does not have the form that it should have.
    #[error("{file}:{line}: found {found}; expected {expected}")]
    Line {
        /// The file.
        file: String,
        /// The line.
        line: u64,
        /// What was found.
        found: String,
        /// What was expected.
        expected: String,
    },
    /// A cell does not hold what it should.
    #[error("{file}:{line}: cell {column} holds '{found}'; expected {expected}")]
    Cell {
        /// The file.
        file: String,
        /// The line.
        line: u64,
        /// The cell within the line.
        column: usize,
        /// The text of the cell.
        found: String,
        /// What was expected.
        expected: &'static str,
    },
    /// A line has more or fewer cells than the others.
    #[error("{file}:{line}: found {found} cell{}; expected {expected}, as on line 1", plural(*found))]
    Ragged {
        /// The file.
        file: String,
        /// The line.
        line: u64,
        /// Cells found.
        found: usize,
        /// Cells on the first line.
        expected: usize,
    },
    /// Two files that speak of the same nodes differ in length.
    #[error("{file} has {found} {what}{}; expected {expected}, one for each line of {other}", plural(*found))]
    Length {
        /// The file.
        file: String,
        /// `row` or `column`.
        what: &'static str,
        /// Number found.
        found: usize,
        /// Number of lines in the other file.
        expected: usize,
        /// The file with one line per node.
        other: String,
    },
}

impl From<GraphError> for FormatError {
    fn from(error: GraphError) -> Self {
        Self::Graph(Box::new(error))
    }
}

impl FormatError {
    /// The error that stands for a failure to read `path`, or for what a reader of it hands on inside `source`.
    pub(crate) fn from_read(path: &Path, source: io::Error) -> Self {
        use io::ErrorKind::{IsADirectory, NotFound, PermissionDenied, UnexpectedEof};
        let source = match source.downcast() {
            Ok(error) => return error,
            Err(source) => source,
        };
        let from_system = matches!(source.kind(), IsADirectory | NotFound | PermissionDenied);
        if from_system || source.raw_os_error().is_some() {
            return Self::Io { path: path.into(), source };
        }
        let problem = match source.kind() {
            UnexpectedEof => "it ends early".into(),
            _ => source.to_string(),
        };
        Self::Damaged { file: path.display().to_string(), problem }
    }
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// The text of a cell or line, cut to what an error message can hold.
pub(crate) fn excerpt(bytes: &[u8]) -> String {
    const SHOWN: usize = 40;
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(4 * SHOWN)]);
    if bytes.len() <= SHOWN {
        return text.into_owned();
    }
    text.chars().take(SHOWN).chain("...".chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_and_broken_text_still_makes_a_short_message() {
        assert_eq!(excerpt(b"aspirin"), "aspirin");
        assert_eq!(excerpt(&[b'x'; 1000]).len(), 43);
        assert_eq!(excerpt(b"a\xffb"), "a\u{fffd}b");
    }
}
