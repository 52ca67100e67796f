//! Where bytes lie: on disk or in memory.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

/// Bytes asked of the system, or of a decoder, at a time: at this size the calls cost nothing beside the work.
pub(super) const BUFFER_BYTES: usize = 1 << 17;

/// A place that bytes can be read from again and again.
#[derive(Clone, Debug)]
pub(super) enum Stored {
    Disk(PathBuf),
    Memory(Arc<Vec<u8>>),
}

impl Stored {
    /// The bytes as they lie there. Reads of [`BUFFER_BYTES`] or more go past the buffer.
    pub(super) fn open(&self) -> io::Result<BufReader<Raw<'_>>> {
        Ok(BufReader::with_capacity(BUFFER_BYTES, self.raw()?))
    }

    /// The same, counted by `meter`.
    pub(super) fn open_metered(&self, meter: &Meter) -> io::Result<BufReader<Metered<Raw<'_>>>> {
        let metered = Metered { inner: self.raw()?, meter: meter.clone() };
        Ok(BufReader::with_capacity(BUFFER_BYTES, metered))
    }

    /// Number of bytes.
    pub(super) fn len(&self) -> io::Result<u64> {
        match self {
            Self::Disk(path) => Ok(path.metadata()?.len()),
            Self::Memory(bytes) => Ok(bytes.len() as u64),
        }
    }

    fn raw(&self) -> io::Result<Raw<'_>> {
        match self {
            Self::Disk(path) => Ok(Raw::Disk(File::open(path)?)),
            Self::Memory(bytes) => Ok(Raw::Memory(Cursor::new(bytes))),
        }
    }
}

/// A file on disk, counted by `meter`.
pub(super) fn open_file(path: &Path, meter: &Meter) -> io::Result<BufReader<Metered<File>>> {
    let metered = Metered { inner: File::open(path)?, meter: meter.clone() };
    Ok(BufReader::with_capacity(BUFFER_BYTES, metered))
}

/// An open [`Stored`].
pub(super) enum Raw<'a> {
    Disk(File),
    Memory(Cursor<&'a [u8]>),
}

impl Read for Raw<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Disk(file) => file.read(buffer),
            Self::Memory(bytes) => bytes.read(buffer),
        }
    }
}

impl Seek for Raw<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            Self::Disk(file) => file.seek(to),
            Self::Memory(bytes) => bytes.seek(to),
        }
    }
}

/// How many bytes were read from a [`Stored`], for the decoders above it, and how many may be.
#[derive(Clone, Debug, Default)]
pub(super) struct Meter(Rc<Count>);

#[derive(Debug)]
struct Count {
    bytes: Cell<u64>,
    stop: Cell<u64>,
}

impl Default for Count {
    fn default() -> Self {
        Self { bytes: Cell::new(0), stop: Cell::new(u64::MAX) }
    }
}

impl Meter {
    /// Bytes read so far.
    pub(super) fn bytes(&self) -> u64 {
        self.0.bytes.get()
    }

    /// Lets reading fail once so many bytes were read.
    pub(super) fn stop_at(&self, bytes: u64) {
        self.0.stop.set(bytes);
    }

    /// Whether reading fails now.
    pub(super) fn is_stopped(&self) -> bool {
        self.bytes() >= self.0.stop.get()
    }
}

/// Counts what is read through it.
pub(super) struct Metered<R> {
    inner: R,
    meter: Meter,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.meter.is_stopped() {
            return Err(io::Error::other("more was read than may be"));
        }
        let read = self.inner.read(buffer)?;
        self.meter.0.bytes.set(self.meter.bytes() + read as u64);
        Ok(read)
    }
}

impl<R: Seek> Seek for Metered<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disk_and_memory_give_the_same_and_are_metered() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, b"abcdef").unwrap();
        for stored in [Stored::Disk(path), Stored::Memory(Arc::new(b"abcdef".to_vec()))] {
            assert_eq!(stored.len().unwrap(), 6);
            let meter = Meter::default();
            let mut reader = stored.open_metered(&meter).unwrap();
            reader.seek(SeekFrom::Start(2)).unwrap();
            let mut text = String::new();
            reader.read_to_string(&mut text).unwrap();
            assert_eq!((text.as_str(), meter.bytes()), ("cdef", 4));
            assert_eq!(io::read_to_string(stored.open().unwrap()).unwrap(), "abcdef");
        }
    }
}
