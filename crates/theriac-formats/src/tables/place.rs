//! Where the tables lie that a mapping file names.

use std::io::ErrorKind::{NotADirectory, NotFound};
use std::path::{Path, PathBuf};

use super::mapping::line_of;
use crate::error::FormatError;
use crate::input::{Container, Input};

/// A mapping file, as the place from which the paths in it lead.
pub(super) struct MappingPlace<'a> {
    /// Its name, for messages.
    pub(super) file: String,
    pub(super) text: String,
    pub(super) beside: Beside<'a>,
}

/// What a mapping file lies in.
pub(super) enum Beside<'a> {
    Folder(PathBuf),
    /// A folder of this archive: empty, or a path with `/` behind it.
    Archive(&'a Input, String),
}

impl MappingPlace<'_> {
    /// Opens the table `file`, which is named at `offset` of the mapping.
    ///
    /// # Errors
    ///
    /// [`FormatError::Line`] when there is none or it is a folder; what opening it meets.
    pub(super) fn open(&self, file: &str, offset: usize) -> Result<Input, FormatError> {
        let wrong = |found: String, expected: &str| FormatError::Line {
            file: self.file.clone(),
            line: line_of(&self.text, offset),
            found,
            expected: expected.into(),
        };
        let opened = match &self.beside {
            Beside::Folder(folder) => open_path(&folder.join(file)),
            Beside::Archive(archive, folder) => archive.member(&within(folder, file)),
        };
        let input = match opened {
            Ok(input) => input,
            Err(FormatError::UnknownMember { path, member }) => {
                let found = format!("no file {}/{member}", path.display());
                return Err(wrong(found, "the path of a table, from the folder of the mapping file"));
            }
            Err(FormatError::Io { path, source }) if matches!(source.kind(), NotFound | NotADirectory) => {
                let found = format!("no file {}", path.display());
                return Err(wrong(found, "the path of a table, from the folder of the mapping file"));
            }
            Err(error) => return Err(error),
        };
        match input.container() {
            Container::File => Ok(input),
            Container::Folder => {
                Err(wrong(format!("the folder {}", input.path().display()), "the path of a table"))
            }
            Container::Archive => {
                if let [only] = input.member_names()?.as_slice() {
                    return input.member(only);
                }
                let found = format!("{}, {}", input.path().display(), input.describe());
                Err(wrong(found, "a table, or the name of one behind the archive's: 'x.zip/table.csv'"))
            }
        }
    }
}

/// Opens a file, or a member of an archive that is named as though the archive were a folder.
fn open_path(path: &Path) -> Result<Input, FormatError> {
    let missing = match Input::open(path) {
        Err(FormatError::Io { source, path }) if matches!(source.kind(), NotFound | NotADirectory) => {
            FormatError::Io { path, source }
        }
        opened => return opened,
    };
    let Some(archive) = path.ancestors().skip(1).find(|ancestor| ancestor.is_file()) else {
        return Err(missing);
    };
    let Ok(member) = path.strip_prefix(archive) else { return Err(missing) };
    let parts: Vec<_> = member.iter().map(|part| part.to_string_lossy()).collect();
    Input::open(archive)?.member(&parts.join("/"))
}

/// The name in an archive of the file that `path` names from `folder`, which ends with `/` or is empty.
fn within(folder: &str, path: &str) -> String {
    let mut parts = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." if !parts.is_empty() => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_within_an_archive_begin_at_the_folder_of_the_mapping() {
        for (folder, path, expected) in [
            ("", "a.csv", "a.csv"),
            ("data/", "./a.csv", "data/a.csv"),
            ("data/maps/", "../tables/a.csv", "data/tables/a.csv"),
            ("", "../a.csv", "../a.csv"),
        ] {
            assert_eq!(within(folder, path), expected);
        }
    }
}
