//! What is read: a file, an archive or a folder, recognised by its content.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;

use crate::error::{FormatError, excerpt};

/// Bytes of (decompressed) content that detection may look at: enough for the lines that tell a text format, and in
/// an archive for the names of the first members.
const HEAD_BYTES: u64 = 1 << 20;
/// Bytes asked of the system at a time: at this size the calls cost nothing beside decompression.
const BUFFER_BYTES: usize = 1 << 17;
/// A member's stated size is believed up to here when memory is reserved for it: a damaged header may state any.
const RESERVED_BYTES: u64 = 1 << 26;
/// How deep folders are looked into: a data set's own folder and the one that holds it, not a whole home directory.
const FOLDER_DEPTH: usize = 2;

/// A file or folder to read a graph from, opened once: what it is, how its content begins, and its content as a
/// stream of bytes or of named members. Compression (gzip) and archives (tar) are told by their first bytes and seen
/// through; nothing is unpacked to disk.
#[derive(Debug)]
pub struct Input {
    path: PathBuf,
    store: Store,
    container: Container,
    gzip: bool,
    head: Vec<u8>,
    names: Vec<String>,
}

#[derive(Debug)]
enum Store {
    Disk,
    Memory(Vec<u8>),
}

/// What an input is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    /// One stream of bytes.
    File,
    /// A tar archive: named members, one after the other.
    Archive,
    /// A folder: named files.
    Folder,
}

impl Input {
    /// Opens a file or folder and looks at how it begins.
    ///
    /// # Errors
    ///
    /// [`FormatError::Io`] when it cannot be read. A compressed file that is damaged opens as far as it decodes; the
    /// damage comes to light when it is read.
    pub fn open(path: &Path) -> Result<Self, FormatError> {
        let io_error = |source| FormatError::Io { path: path.into(), source };
        let mut input = Self::new(path, Store::Disk);
        if fs::metadata(path).map_err(io_error)?.is_dir() {
            input.container = Container::Folder;
            list_folder(path, "", FOLDER_DEPTH, &mut input.names)?;
            input.names.sort_unstable();
            return Ok(input);
        }
        File::open(path).and_then(|file| file.take(1).read_to_end(&mut Vec::new())).map_err(io_error)?;
        input.look();
        Ok(input)
    }

    /// A file whose bytes are in memory; `name` stands for its path in messages.
    pub fn from_bytes(name: impl Into<PathBuf>, bytes: Vec<u8>) -> Self {
        let mut input = Self::new(name, Store::Memory(bytes));
        input.look();
        input
    }

    fn new(path: impl Into<PathBuf>, store: Store) -> Self {
        let (head, names) = (Vec::new(), Vec::new());
        Self { path: path.into(), store, container: Container::File, gzip: false, head, names }
    }

    /// Finds out compression, container and the first names. Errors are left to be met again when the content is read.
    fn look(&mut self) {
        let mut magic = Vec::new();
        if let Ok(raw) = self.raw() {
            let _ = raw.take(2).read_to_end(&mut magic);
        }
        self.gzip = magic == [0x1f, 0x8b];
        let mut head = Vec::new();
        if let Ok(stream) = self.stream() {
            let _ = stream.take(HEAD_BYTES).read_to_end(&mut head);
        }
        // The magic of POSIX and GNU tar, at its fixed place in the first header.
        if head.get(257..262) == Some(b"ustar") {
            self.container = Container::Archive;
            self.names = first_names(&head);
        }
        self.head = head;
    }

    /// The path, as given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it is made of.
    pub fn container(&self) -> Container {
        self.container
    }

    /// The first mebibyte of the content, decompressed; nothing for a folder.
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// Names of members, with `/` between folders: all files of a folder in order of name (at most two folders
    /// deep), or those members of an archive that begin within [`Input::head`]. None for a single file.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// What it is, in words: for messages.
    pub fn describe(&self) -> String {
        let packed = if self.gzip { "gzip-compressed " } else { "" };
        let named = |names: &[String]| {
            let shown: Vec<&str> = names.iter().take(5).map(String::as_str).collect();
            let more = if names.len() > shown.len() { ", ..." } else { "" };
            format!("{}{more}", shown.join(", "))
        };
        match self.container {
            Container::Folder if self.names.is_empty() => "a folder without files".into(),
            Container::Folder => format!("a folder with {}", named(&self.names)),
            Container::Archive => format!("a {packed}tar archive with {}", named(&self.names)),
            Container::File if self.head.is_empty() => format!("an empty or damaged {packed}file"),
            Container::File => {
                let line = self.head.split(|&byte| byte == b'\n').next().unwrap_or_default();
                format!("a {packed}file that begins with {:?}", excerpt(line))
            }
        }
    }

    /// The content of a single file as a stream, decompressed.
    ///
    /// # Errors
    ///
    /// [`FormatError::Io`] when it cannot be opened. Errors while reading the stream pass through [`Input::error`].
    pub fn stream(&self) -> Result<Box<dyn Read + '_>, FormatError> {
        let raw = self.raw()?;
        if self.gzip { Ok(Box::new(MultiGzDecoder::new(raw))) } else { Ok(Box::new(raw)) }
    }

    /// The whole content of a single file, decompressed.
    ///
    /// # Errors
    ///
    /// [`FormatError::Io`] when it cannot be read, [`FormatError::Damaged`] when it does not decode.
    pub fn content(&self) -> Result<Vec<u8>, FormatError> {
        let mut bytes = Vec::new();
        self.stream()?.read_to_end(&mut bytes).map_err(|error| self.error(error))?;
        Ok(bytes)
    }

    /// Hands every member to `visit`: the files of a folder in order of name, the members of an archive as they come,
    /// a single file under its own name. A member that `visit` does not read is skipped.
    ///
    /// # Errors
    ///
    /// The first error of `visit`; [`FormatError::Io`] when a file cannot be read, [`FormatError::Damaged`] when the
    /// archive ends early or does not decode.
    pub fn for_each_member(
        &self,
        mut visit: impl FnMut(&mut Member<'_>) -> Result<(), FormatError>,
    ) -> Result<(), FormatError> {
        match self.container {
            Container::File => {
                let name = self.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let file = self.path.display().to_string();
                let reader: &mut dyn Read = &mut *self.stream()?;
                visit(&mut Member { input: self, name, file, missing: 0, reader })
            }
            Container::Folder => self.names.iter().try_for_each(|name| {
                let path = self.path.join(name);
                let mut opened = File::open(&path).map_err(|source| FormatError::Io { path, source })?;
                let (name, file) = (name.clone(), self.member_file(name));
                visit(&mut Member { input: self, name, file, missing: 0, reader: &mut opened })
            }),
            Container::Archive => {
                let mut archive = tar::Archive::new(self.stream()?);
                for entry in archive.entries().map_err(|error| self.error(error))? {
                    let mut entry = entry.map_err(|error| self.error(error))?;
                    if !entry.header().entry_type().is_file() {
                        continue;
                    }
                    let (name, missing) = (member_name(&entry), entry.size());
                    let file = self.member_file(&name);
                    visit(&mut Member { input: self, name, file, missing, reader: &mut entry })?;
                }
                // The checksum of a compressed archive stands behind its last member.
                io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(|error| self.error(error))?;
                Ok(())
            }
        }
    }

    /// A member's name for messages: as though the archive were a folder.
    pub fn member_file(&self, name: &str) -> String {
        format!("{}/{name}", self.path.display())
    }

    /// The error that stands for a failure to read the content.
    pub fn error(&self, source: io::Error) -> FormatError {
        use io::ErrorKind::{IsADirectory, NotFound, PermissionDenied, UnexpectedEof};
        let from_system = matches!(source.kind(), IsADirectory | NotFound | PermissionDenied);
        if from_system || source.raw_os_error().is_some() {
            return FormatError::Io { path: self.path.clone(), source };
        }
        let problem = match source.kind() {
            UnexpectedEof => "it ends early".into(),
            _ => source.to_string(),
        };
        FormatError::Damaged { file: self.path.display().to_string(), problem }
    }

    /// The error of a format that needs another container; `expected` says what it reads.
    pub fn wrong_container(&self, format: &'static str, expected: &'static str) -> FormatError {
        FormatError::Container { path: self.path.clone(), format, found: self.describe(), expected }
    }

    fn raw(&self) -> Result<Box<dyn BufRead + '_>, FormatError> {
        match &self.store {
            Store::Memory(bytes) => Ok(Box::new(bytes.as_slice())),
            Store::Disk => {
                let file = File::open(&self.path)
                    .map_err(|source| FormatError::Io { path: self.path.clone(), source })?;
                Ok(Box::new(BufReader::with_capacity(BUFFER_BYTES, file)))
            }
        }
    }
}

/// A named part of an archive or folder: its content is read as a stream, or at once by [`Member::content`].
pub struct Member<'a> {
    input: &'a Input,
    name: String,
    file: String,
    /// Bytes that an archive says are still to come; 0 outside of archives.
    missing: u64,
    reader: &'a mut dyn Read,
}

impl Member<'_> {
    /// The name within the archive or folder, with `/` between folders.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name without its folders.
    pub fn file_name(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or_default()
    }

    /// The name for messages: path of the archive or folder, and name within it.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The whole content.
    ///
    /// # Errors
    ///
    /// [`FormatError::Io`] when it cannot be read, [`FormatError::Damaged`] when the archive ends within it or does not
    /// decode.
    pub fn content(&mut self) -> Result<Vec<u8>, FormatError> {
        // One byte more than stated, so that a reader that is done finds room to find out.
        let mut bytes = Vec::with_capacity(self.missing.min(RESERVED_BYTES) as usize + 1);
        self.read_to_end(&mut bytes).map_err(|error| self.input.error(error))?;
        Ok(bytes)
    }
}

impl Read for Member<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        if read == 0 && !buffer.is_empty() && self.missing > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.missing = self.missing.saturating_sub(read as u64);
        Ok(read)
    }
}

/// Names of the files below `folder`, each after `prefix`; links that lead nowhere are passed over.
fn list_folder(
    folder: &Path,
    prefix: &str,
    depth: usize,
    names: &mut Vec<String>,
) -> Result<(), FormatError> {
    let io_error = |source| FormatError::Io { path: folder.into(), source };
    for entry in fs::read_dir(folder).map_err(io_error)? {
        let entry = entry.map_err(io_error)?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        match fs::metadata(entry.path()) {
            Ok(found) if found.is_file() => names.push(name),
            Ok(found) if found.is_dir() && depth > 1 => {
                list_folder(&entry.path(), &format!("{name}/"), depth - 1, names)?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Names of the members whose headers stand in the first bytes of an archive.
fn first_names(head: &[u8]) -> Vec<String> {
    let mut archive = tar::Archive::new(head);
    let Ok(entries) = archive.entries() else { return Vec::new() };
    entries
        .map_while(Result::ok)
        .filter(|entry| entry.header().entry_type().is_file())
        .map(|entry| member_name(&entry))
        .collect()
}

fn member_name(entry: &tar::Entry<'_, impl Read>) -> String {
    let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
    name.strip_prefix("./").map_or(name.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    use super::*;

    fn archive(members: &[(&str, &str)]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (name, content) in members {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            builder.append_data(&mut header, name, content.as_bytes()).unwrap();
        }
        builder.into_inner().unwrap()
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn members(input: &Input) -> Vec<(String, String)> {
        let mut found = Vec::new();
        input
            .for_each_member(|member| {
                let content = String::from_utf8(member.content()?).unwrap();
                found.push((member.name().to_owned(), content));
                Ok(())
            })
            .unwrap();
        found
    }

    #[test]
    fn archive_compressed_archive_and_folder_look_alike() {
        let content = [("data/a.txt", "one"), ("data/b.txt", "two")];
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("data")).unwrap();
        for (name, text) in content {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let expected: Vec<_> = content.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        let tar = archive(&content);
        let inputs = [
            Input::from_bytes("a.tar.gz", gzip(&tar)),
            Input::from_bytes("a.tar", tar),
            Input::open(folder.path()).unwrap(),
        ];
        for input in inputs {
            assert_eq!(members(&input), expected, "{}", input.describe());
            assert_eq!(input.names(), ["data/a.txt", "data/b.txt"]);
        }
    }

    #[test]
    fn a_compressed_file_is_one_member() {
        let input = Input::from_bytes("some/edges.csv.gz", gzip(b"drug,disease\n"));
        assert_eq!(input.container(), Container::File);
        assert_eq!(input.head(), b"drug,disease\n");
        assert_eq!(members(&input), [("edges.csv.gz".into(), "drug,disease\n".into())]);
    }

    #[test]
    fn an_archive_that_ends_early_is_damaged_wherever_it_ends() {
        let whole = gzip(&archive(&[("a.txt", "one"), ("b.txt", "two")]));
        // From 11 bytes on it is recognised as an archive or at least as compressed.
        for length in 11..whole.len() {
            let input = Input::from_bytes("a.tar.gz", whole[..length].to_vec());
            let read = input.for_each_member(|member| member.content().map(drop));
            assert!(matches!(read, Err(FormatError::Damaged { .. })), "{length} of {} bytes", whole.len());
        }
    }

    #[test]
    fn a_plain_archive_that_ends_within_a_member_is_damaged() {
        let whole = archive(&[("a.txt", &"x".repeat(100))]);
        let input = Input::from_bytes("a.tar", whole[..512 + 60].to_vec());
        let error = input.for_each_member(|member| member.content().map(drop)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "a.tar is damaged or incomplete (it ends early); expected a whole file"
        );
    }

    #[test]
    fn a_missing_path_is_an_io_error() {
        assert!(matches!(Input::open(Path::new("/nowhere/at/all")), Err(FormatError::Io { .. })));
    }
}
