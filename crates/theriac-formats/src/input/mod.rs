//! What is read: a file, an archive or a folder, recognised by its content.

mod ahead;
mod archive;
mod codec;
mod folder;
mod limits;
mod member;
mod member_name;
mod members;
#[cfg(test)]
mod samples;
mod stored;
mod tar_archive;
#[cfg(test)]
mod tests;
mod zip_archive;

use std::collections::HashMap;
use std::fs;
use std::io::{self, BufRead, BufReader, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use crate::error::{FormatError, excerpt};
use ahead::read_ahead;
use archive::{Archive, ArchiveKind, is_zip};
pub(crate) use codec::bomb;
use codec::{Bytes, Codec, decode};
use folder::{Listed, list_folder};
pub(crate) use limits::Limits;
pub use member::Member;
use stored::{BUFFER_BYTES, Meter, Stored, open_file};

/// Bytes of (decompressed) content that detection may look at: enough for the lines that tell a text format, and in
/// an archive for the names of the first members.
const HEAD_BYTES: usize = 1 << 20;
/// Bytes of a member that detection may look at.
const MEMBER_HEAD_BYTES: u64 = 1 << 16;

/// A file or folder to read a graph from: what it is, how its content begins, and its content as a stream of bytes or
/// of named members. Compression (gzip, zstd, bzip2) and archives (tar, zip) are told by their first bytes and seen
/// through; nothing is unpacked to disk, and no file is held whole in memory.
#[derive(Debug)]
pub struct Input {
    path: PathBuf,
    source: Source,
    container: Container,
    layers: Vec<Codec>,
    head: Vec<u8>,
    names: Vec<String>,
    member_heads: OnceLock<Vec<(String, Vec<u8>)>>,
    limits: Limits,
}

#[derive(Clone, Debug)]
enum Source {
    Stored(Stored),
    /// The places of the files, in the order of their names.
    Files(Vec<PathBuf>),
    Archive(Archive),
    Member(Archive, String),
}

/// What an input is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    /// One stream of bytes.
    File,
    /// A tar or zip archive: named members, one after the other.
    Archive,
    /// A folder, or several files given together: named files.
    Folder,
}

impl Input {
    /// Opens a file or folder and looks at how it begins.
    ///
    /// # Errors
    ///
    /// [`FormatError::Io`] when it cannot be read; [`FormatError::Refused`] when it is neither file nor folder, or a
    /// folder with a link that leads out of it. A compressed file or an archive that is damaged opens as far as it
    /// decodes; the damage comes to light when it is read.
    pub fn open(path: &Path) -> Result<Self, FormatError> {
        Self::open_within(path, Limits::default())
    }

    /// Opens several files as though they lay in one folder. Two of the same file name go by their whole paths. A single
    /// path is opened as [`Input::open`] does.
    ///
    /// # Errors
    ///
    /// [`FormatError::Io`] when one is not there; [`FormatError::Refused`] when one is not a file, or given twice.
    pub fn together(paths: &[PathBuf]) -> Result<Self, FormatError> {
        if let [path] = paths {
            return Self::open(path);
        }
        let file_name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut occurrences: HashMap<String, usize> = HashMap::new();
        for path in paths {
            let found =
                fs::metadata(path).map_err(|source| FormatError::Io { path: path.clone(), source })?;
            if !found.is_file() {
                let reason = "it is not a file, but stands beside others".into();
                return Err(refusal(path, reason, "several files, or one folder alone"));
            }
            *occurrences.entry(file_name(path)).or_default() += 1;
        }
        let name = |path: &PathBuf| match file_name(path) {
            name if occurrences[&name] == 1 => name,
            _ => path.display().to_string(),
        };
        let mut files: Vec<Listed> = paths.iter().map(|path| (name(path), path.clone())).collect();
        files.sort_unstable();
        if let Some(twice) = files.windows(2).find(|two| two[0].0 == two[1].0) {
            return Err(refusal(&twice[0].1, "it is given twice".into(), "each file once"));
        }
        let shown: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        Ok(Self::of_files(shown.join(" + "), files, Limits::default()))
    }

    /// A file whose bytes are in memory; `name` stands for its path in messages.
    pub fn from_bytes(name: impl Into<PathBuf>, bytes: Vec<u8>) -> Self {
        Self::from_bytes_within(name, bytes, Limits::default())
    }

    fn open_within(path: &Path, limits: Limits) -> Result<Self, FormatError> {
        let found = fs::metadata(path).map_err(|source| FormatError::Io { path: path.into(), source })?;
        if found.is_dir() {
            return Ok(Self::of_files(path, list_folder(path, limits)?, limits));
        }
        if !found.is_file() {
            let reason = "it is a pipe or a device, which can be read only once".into();
            return Err(refusal(path, reason, "a file or folder"));
        }
        let mut input = Self::new(path, Source::Stored(Stored::Disk(path.into())), limits);
        input.look()?;
        Ok(input)
    }

    fn from_bytes_within(name: impl Into<PathBuf>, bytes: Vec<u8>, limits: Limits) -> Self {
        let mut input = Self::new(name, Source::Stored(Stored::Memory(Arc::new(bytes))), limits);
        // Memory can always be read, and what is wrong with the content comes to light when it is read.
        let _ = input.look();
        input
    }

    fn of_files(path: impl Into<PathBuf>, files: Vec<Listed>, limits: Limits) -> Self {
        let (names, places) = files.into_iter().unzip();
        let source = Source::Files(places);
        Self { container: Container::Folder, names, ..Self::new(path, source, limits) }
    }

    fn new(path: impl Into<PathBuf>, source: Source, limits: Limits) -> Self {
        let (layers, head, names) = (Vec::new(), Vec::new(), Vec::new());
        let member_heads = OnceLock::new();
        Self {
            path: path.into(),
            source,
            container: Container::File,
            layers,
            head,
            names,
            member_heads,
            limits,
        }
    }

    /// Finds out compression, container and the first names. An error that decoding meets is left to be met again when
    /// the content is read.
    fn look(&mut self) -> Result<(), FormatError> {
        let mut layers = Vec::new();
        let head = self.decoded(&mut layers, |bytes| {
            let mut head = Vec::new();
            let read = bytes.take(HEAD_BYTES as u64).read_to_end(&mut head);
            Ok(((head, read), ControlFlow::Break(())))
        });
        self.layers = layers;
        self.head = match head {
            Ok((head, Err(error))) if self.layers.is_empty() && head.is_empty() => {
                return Err(self.error(error));
            }
            Ok((head, _)) => head,
            Err(_) if !self.layers.is_empty() => Vec::new(),
            Err(error) => return Err(error),
        };
        let Source::Stored(stored) = &self.source else { return Ok(()) };
        if let Some(kind) = Archive::recognise(&self.head, !self.layers.is_empty()) {
            let (stored, file) = (stored.clone(), self.path.display().to_string());
            let archive = Archive { stored, kind, file, limits: self.limits };
            self.names = match kind {
                ArchiveKind::Tar { .. } => tar_archive::first_names(&archive, &self.head),
                ArchiveKind::Zip => archive.names().unwrap_or_default(),
            };
            (self.container, self.source) = (Container::Archive, Source::Archive(archive));
        }
        Ok(())
    }

    /// The path, as given; of a member, that of its archive or folder and its name.
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
    /// deep), all members of a zip archive, or those members of a tar archive that begin within [`Input::head`]. None
    /// for a single file.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Names of all members: as [`Input::names`], but a tar archive is read to its end for them.
    ///
    /// # Errors
    ///
    /// [`FormatError::Io`], [`FormatError::Damaged`] or [`FormatError::Refused`] when the archive is not whole and sound.
    pub fn member_names(&self) -> Result<Vec<String>, FormatError> {
        match &self.source {
            Source::Archive(archive) => archive.names(),
            _ => Ok(self.names.clone()),
        }
    }

    /// The first 64 KiB of every member, decompressed, in the order of [`Input::for_each_member`]: what detection may look
    /// at. Those behind damage in an archive are left out; it comes to light when the archive is read.
    pub fn member_heads(&self) -> &[(String, Vec<u8>)] {
        self.member_heads.get_or_init(|| {
            let mut heads = Vec::new();
            if self.container != Container::File {
                let _ = self.for_each_member(|member| {
                    let mut head = Vec::new();
                    let _ = member.by_ref().take(MEMBER_HEAD_BYTES).read_to_end(&mut head);
                    heads.push((member.name().to_owned(), head));
                    Ok(())
                });
            }
            heads
        })
    }

    /// A member as an input of its own, compressed or not. An archive that lies in a folder is an archive; one that
    /// lies in an archive is a file.
    ///
    /// # Errors
    ///
    /// [`FormatError::UnknownMember`] when there is none of this name; as [`Input::open`] and
    /// [`Input::for_each_member`].
    pub fn member(&self, name: &str) -> Result<Self, FormatError> {
        match &self.source {
            Source::Files(places) => match self.names.iter().position(|known| known == name) {
                Some(place) => Self::open_within(&places[place], self.limits),
                None => Err(self.unknown_member(name)),
            },
            Source::Archive(archive) => {
                let source = Source::Member(archive.clone(), name.into());
                let mut input = Self::new(self.member_file(name), source, self.limits);
                input.look()?;
                Ok(input)
            }
            _ => Err(self.unknown_member(name)),
        }
    }

    /// What it is, in words: for messages.
    pub fn describe(&self) -> String {
        let packed: String = self.layers.iter().flat_map(|codec| [codec.name(), "-compressed "]).collect();
        let named = |names: &[String]| {
            let shown: Vec<&str> = names.iter().take(5).map(String::as_str).collect();
            let more = if names.len() > shown.len() { ", ..." } else { "" };
            format!("{}{more}", shown.join(", "))
        };
        match &self.source {
            Source::Files(_) if self.names.is_empty() => "a folder without files".into(),
            Source::Files(_) => format!("a folder with {}", named(&self.names)),
            Source::Archive(archive) => {
                let kind = if archive.kind == ArchiveKind::Zip { "zip" } else { "tar" };
                match self.names.as_slice() {
                    [] => format!("a {packed}{kind} archive without files"),
                    names => format!("a {packed}{kind} archive with {}", named(names)),
                }
            }
            _ if self.head.is_empty() => format!("an empty or damaged {packed}file"),
            // Where archives are not entered: in archives, and in compressed files that cannot be read from their end.
            _ if is_zip(&self.head) => format!("a {packed}zip archive, which has to be unpacked first"),
            _ if Archive::recognise(&self.head, true).is_some() => {
                format!("a {packed}tar archive, which has to be unpacked first")
            }
            _ => {
                let line = self.head.split(|&byte| byte == b'\n').next().unwrap_or_default();
                format!("a {packed}file that begins with {:?}", excerpt(line))
            }
        }
    }

    /// Reads the content of a single file as a stream, decompressed. What is long and compressed is decoded on a thread
    /// of its own; a plain file is read straight from disk.
    ///
    /// # Errors
    ///
    /// What `read` returns; [`FormatError::Io`] when the file cannot be opened. An error that `read` meets in its reader
    /// has to pass through [`Input::error`].
    pub fn read<T>(
        &self,
        read: impl FnOnce(&mut (dyn Read + Send)) -> Result<T, FormatError>,
    ) -> Result<T, FormatError> {
        if let (Source::Stored(stored), true) = (&self.source, self.layers.is_empty()) {
            return read(&mut stored.open().map_err(|error| self.error(error))?);
        }
        if self.head.len() < HEAD_BYTES {
            // All of it is less than a thread is worth.
            return read(&mut self.content()?.as_slice());
        }
        let produce = |blocks: &mut ahead::Blocks| {
            self.decoded(&mut Vec::new(), |bytes| {
                let flow = blocks.fill_from(bytes).map_err(|error| self.error(error))?;
                Ok(((), flow))
            })
            .map_err(io::Error::other)
        };
        read_ahead(produce, read).map_err(|error| self.error(error))?
    }

    /// The whole content of a single file, decompressed.
    ///
    /// # Errors
    ///
    /// [`FormatError::Io`] when it cannot be read, [`FormatError::Damaged`] when it does not decode,
    /// [`FormatError::Refused`] when more comes out than a file can honestly hold.
    pub fn content(&self) -> Result<Vec<u8>, FormatError> {
        self.decoded(&mut Vec::new(), |bytes| {
            let mut content = Vec::new();
            bytes.read_to_end(&mut content).map_err(|error| self.error(error))?;
            Ok((content, ControlFlow::Continue(())))
        })
    }

    /// Hands every member to `visit`: the files of a folder in order of name, the members of an archive as they come,
    /// a single file under its own name. A member that `visit` does not read is skipped.
    ///
    /// # Errors
    ///
    /// The first error of `visit`; [`FormatError::Io`] when a file cannot be read, [`FormatError::Damaged`] when the
    /// archive ends early or does not decode, [`FormatError::Refused`] when a member leads out of the archive, is a link
    /// or is encrypted.
    pub fn for_each_member(
        &self,
        mut visit: impl FnMut(&mut Member<'_>) -> Result<(), FormatError>,
    ) -> Result<(), FormatError> {
        let limits = self.limits;
        match &self.source {
            Source::Files(places) => self.names.iter().zip(places).try_for_each(|(name, place)| {
                let file = place.display().to_string();
                let shown = file.clone();
                let open = Box::new(move |layers: &mut Vec<Codec>| {
                    let meter = Meter::default();
                    let raw = open_file(place, &meter)?;
                    decode(Box::new(raw), &shown, &meter, limits, layers)
                });
                visit(&mut Member::new(name.clone(), file, place, 0, open))
            }),
            Source::Archive(archive) => archive.visit(None, &mut |entry| {
                let file = self.member_file(&entry.name);
                let blamed = match archive.kind {
                    ArchiveKind::Tar { .. } => self.path.clone(),
                    ArchiveKind::Zip => PathBuf::from(&file),
                };
                let (reader, meter, shown) = (entry.reader, entry.meter, file.clone());
                let open = Box::new(move |layers: &mut Vec<Codec>| {
                    let raw = BufReader::with_capacity(BUFFER_BYTES, reader);
                    decode(Box::new(raw), &shown, &meter, limits, layers)
                });
                visit(&mut Member::new(entry.name, file, &blamed, entry.size, open))?;
                Ok(ControlFlow::Continue(()))
            }),
            Source::Stored(_) | Source::Member(..) => {
                let name = self.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let file = self.path.display().to_string();
                self.decoded(&mut Vec::new(), |bytes| {
                    let open = Box::new(move |_: &mut Vec<Codec>| Ok(Box::new(bytes) as Bytes<'_>));
                    visit(&mut Member::new(name, file, &self.path, 0, open))?;
                    Ok(((), ControlFlow::Continue(())))
                })
            }
        }
    }

    /// A member's name for messages: as though the archive were a folder.
    pub fn member_file(&self, name: &str) -> String {
        let place = self.names.iter().position(|known| known == name);
        match (&self.source, place) {
            (Source::Files(places), Some(place)) => places[place].display().to_string(),
            _ => format!("{}/{name}", self.path.display()),
        }
    }

    /// The error that stands for a failure to read the content.
    pub fn error(&self, source: io::Error) -> FormatError {
        FormatError::from_read(&self.path, source)
    }

    /// The error of a format that needs another container; `expected` says what it reads.
    pub fn wrong_container(&self, format: &'static str, expected: &'static str) -> FormatError {
        FormatError::Container { path: self.path.clone(), format, found: self.describe(), expected }
    }

    /// Opens and decodes the content, and notes the compressions met. On [`ControlFlow::Continue`] of `read` what
    /// follows in the archive is read as well, so that damage there comes to light.
    fn decoded<T>(
        &self,
        layers: &mut Vec<Codec>,
        read: impl FnOnce(&mut dyn BufRead) -> Result<(T, ControlFlow<()>), FormatError>,
    ) -> Result<T, FormatError> {
        let file = self.path.display().to_string();
        match &self.source {
            Source::Files(_) => Err(self.error(io::ErrorKind::IsADirectory.into())),
            Source::Stored(stored) | Source::Archive(Archive { stored, .. }) => {
                let meter = Meter::default();
                let raw = stored.open_metered(&meter).map_err(|error| self.error(error))?;
                let mut bytes = decode(Box::new(raw), &file, &meter, self.limits, layers)
                    .map_err(|error| self.error(error))?;
                Ok(read(&mut bytes)?.0)
            }
            Source::Member(archive, name) => {
                let mut read = Some(read);
                let mut result = None;
                archive.visit(Some(name), &mut |entry| {
                    let Some(read) = read.take() else {
                        return Err(refusal(&self.path, "it is there twice".into(), "each name once"));
                    };
                    let raw = BufReader::with_capacity(BUFFER_BYTES, entry.reader);
                    let mut bytes = decode(Box::new(raw), &file, &entry.meter, self.limits, layers)
                        .map_err(|error| self.error(error))?;
                    let (value, flow) = read(&mut bytes)?;
                    result = Some(value);
                    Ok(flow)
                })?;
                result.ok_or_else(|| unknown_member(Path::new(&archive.file), name))
            }
        }
    }

    fn unknown_member(&self, name: &str) -> FormatError {
        unknown_member(&self.path, name)
    }
}

fn unknown_member(path: &Path, name: &str) -> FormatError {
    FormatError::UnknownMember { path: path.into(), member: name.into() }
}

fn refusal(path: &Path, reason: String, expected: &'static str) -> FormatError {
    FormatError::Refused { file: path.display().to_string(), reason, expected }
}
