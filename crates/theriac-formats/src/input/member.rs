//! A member of an archive or folder, on the way through all of them.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::codec::{Bytes, Codec};
use crate::error::FormatError;

/// A member's stated size is believed up to here when memory is reserved for it: a damaged header may state any.
const RESERVED_BYTES: u64 = 1 << 26;

/// Opens a member, and notes the compressions that it lies in.
pub(super) type Open<'a> = Box<dyn FnOnce(&mut Vec<Codec>) -> io::Result<Bytes<'a>> + 'a>;

/// A named part of an archive or folder: its content, decompressed, is read as a stream, or at once by
/// [`Member::content`]. It is opened when it is first read.
pub struct Member<'a> {
    name: String,
    file: String,
    /// What is damaged when it does not read: itself, or the archive that it lies in.
    blamed: PathBuf,
    size: u64,
    layers: Vec<Codec>,
    open: Option<Open<'a>>,
    bytes: Option<Bytes<'a>>,
}

impl<'a> Member<'a> {
    pub(super) fn new(name: String, file: String, blamed: &Path, size: u64, open: Open<'a>) -> Self {
        Self { name, file, blamed: blamed.into(), size, layers: Vec::new(), open: Some(open), bytes: None }
    }

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
    /// decode, [`FormatError::Refused`] when it expands to more than a file can hold.
    pub fn content(&mut self) -> Result<Vec<u8>, FormatError> {
        // One byte more than stated, so that a reader that is done finds room to find out.
        let mut bytes = Vec::with_capacity(self.size.min(RESERVED_BYTES) as usize + 1);
        self.read_to_end(&mut bytes).map_err(|error| self.error(error))?;
        Ok(bytes)
    }

    /// The error that stands for a failure to read it.
    pub fn error(&self, source: io::Error) -> FormatError {
        let blamed = if self.layers.is_empty() { &self.blamed } else { Path::new(&self.file) };
        FormatError::from_read(blamed, source)
    }

    fn bytes(&mut self) -> io::Result<&mut Bytes<'a>> {
        if let Some(open) = self.open.take() {
            self.bytes = Some(open(&mut self.layers)?);
        }
        self.bytes.as_mut().ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}

impl Read for Member<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.bytes()?.read(buffer)
    }

    fn read_to_end(&mut self, buffer: &mut Vec<u8>) -> io::Result<usize> {
        self.bytes()?.read_to_end(buffer)
    }
}
