//! Tar archives, streamed: from one member to the next, past those that nobody reads.

use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::ops::ControlFlow;

use super::archive::{Archive, Entry, Visit};
use super::codec::decode;
use super::member_name::is_macos_metadata;
use super::stored::Meter;
use crate::error::FormatError;

/// Hands every file of the archive to `visit`, as [`Archive::visit`].
pub(super) fn visit(
    archive: &Archive,
    compressed: bool,
    only: Option<&str>,
    visit: &mut Visit<'_>,
) -> Result<(), FormatError> {
    let error = |source| archive.error(source);
    let meter = Meter::default();
    let raw = archive.stored.open_metered(&meter).map_err(error)?;
    if !compressed {
        // Members that nobody reads are skipped without a read.
        let length = Some(archive.stored.len().map_err(error)?);
        let mut tar = tar::Archive::new(Watched::new(raw));
        let entries = tar.entries_with_seek().map_err(error)?;
        if walk(archive, entries, length, &meter, only, visit)?.is_continue() {
            tar.into_inner().check_end().map_err(error)?;
        }
        return Ok(());
    }
    let content =
        decode(Box::new(raw), &archive.file, &meter, archive.limits, &mut Vec::new()).map_err(error)?;
    let mut tar = tar::Archive::new(Watched::new(content));
    let entries = tar.entries().map_err(error)?;
    if walk(archive, entries, None, &meter, only, visit)?.is_continue() {
        let mut rest = tar.into_inner();
        rest.check_end().map_err(error)?;
        // The checksum of a compressed archive stands behind its last member.
        io::copy(&mut rest, &mut io::sink()).map_err(error)?;
    }
    Ok(())
}

/// Names of the files whose headers stand in the first bytes of an archive, as far as they are sound.
pub(super) fn first_names(archive: &Archive, head: &[u8]) -> Vec<String> {
    let mut tar = tar::Archive::new(head);
    let Ok(entries) = tar.entries() else { return Vec::new() };
    entries.map_while(|entry| file_name(archive, &entry.ok()?).ok()).flatten().collect()
}

fn walk<R: Read>(
    archive: &Archive,
    entries: tar::Entries<'_, R>,
    length: Option<u64>,
    meter: &Meter,
    only: Option<&str>,
    visit: &mut Visit<'_>,
) -> Result<ControlFlow<()>, FormatError> {
    for (count, entry) in entries.enumerate() {
        let mut entry = entry.map_err(|source| archive.error(source))?;
        if count == archive.limits.members {
            return Err(archive.too_many());
        }
        let end = entry.raw_file_position().saturating_add(entry.size());
        if length.is_some_and(|length| end > length) {
            return Err(archive.error(io::ErrorKind::UnexpectedEof.into()));
        }
        let Some(name) = file_name(archive, &entry)? else { continue };
        if only.is_some_and(|only| only != name) {
            continue;
        }
        let (size, meter) = (entry.size(), meter.clone());
        let mut reader = Whole { reader: &mut entry, missing: size };
        let flow = visit(Entry { name, size, reader: &mut reader, meter })?;
        if flow.is_break() {
            return Ok(flow);
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// The name of an entry that is a file of the user's own; none of other entries that can be passed over.
fn file_name(archive: &Archive, entry: &tar::Entry<'_, impl Read>) -> Result<Option<String>, FormatError> {
    let kind = entry.header().entry_type();
    if kind.is_pax_global_extensions() {
        return Ok(None);
    }
    let stored = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
    let name = archive.checked_name(&stored)?;
    if kind.is_symlink() || kind.is_hard_link() {
        let target = entry.link_name_bytes().unwrap_or_default();
        let reason = format!("it is a link to '{}'", String::from_utf8_lossy(&target));
        return Err(archive.refusal(&name, reason, "a file, since links within archives are not followed"));
    }
    if kind.is_gnu_sparse() {
        return Err(archive.refusal(&name, "it is a sparse file".into(), "a file without holes"));
    }
    let is_file = kind.is_file() || kind.is_contiguous();
    Ok((is_file && !is_macos_metadata(&name)).then_some(name))
}

/// A member that is missing bytes at its end is damaged, not short.
struct Whole<'a> {
    reader: &'a mut dyn Read,
    missing: u64,
}

impl Read for Whole<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        if read == 0 && !buffer.is_empty() && self.missing > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.missing = self.missing.saturating_sub(read as u64);
        Ok(read)
    }
}

/// Notes whether the end of the bytes was met: a whole archive has an end of its own before it.
struct Watched<R> {
    reader: R,
    position: u64,
    ended: bool,
}

impl<R> Watched<R> {
    fn new(reader: R) -> Self {
        Self { reader, position: 0, ended: false }
    }

    fn check_end(&self) -> io::Result<()> {
        if self.ended { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
    }
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.position += read as u64;
        self.ended |= read == 0 && !buffer.is_empty();
        Ok(read)
    }
}

impl<R: Read + Seek> Seek for Watched<BufReader<R>> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match to {
            // Short ways stay within what is buffered.
            SeekFrom::Current(way) => {
                self.reader.seek_relative(way)?;
                self.position = self.position.saturating_add_signed(way);
            }
            to => self.position = self.reader.seek(to)?,
        }
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use crate::input::Input;
    use crate::input::limits::Limits;
    use crate::input::samples::{gzip, members, tar, tar_entry};
    use crate::input::tests::{message, read_all};

    #[test]
    fn links_are_refused_by_name() {
        for (kind, link) in [(tar::EntryType::Symlink, "/etc/passwd"), (tar::EntryType::Link, "a.txt")] {
            let mut builder = tar::Builder::new(Vec::new());
            let mut header = tar::Header::new_gnu();
            header.set_entry_type(kind);
            header.set_size(0);
            builder.append_link(&mut header, "data/l", link).unwrap();
            let bytes = builder.into_inner().unwrap();
            for bytes in [gzip(&bytes), bytes] {
                assert_eq!(
                    message(&Input::from_bytes("a.tar", bytes)),
                    format!(
                        "a.tar/data/l is refused: it is a link to '{link}'; expected a file, since links within \
                         archives are not followed"
                    )
                );
            }
        }
    }

    #[test]
    fn names_that_lead_out_are_refused() {
        for name in ["../x", "/etc/passwd", "a/../../x", "C:/x", "a\\x"] {
            for kind in [tar::EntryType::Regular, tar::EntryType::Directory] {
                let bytes =
                    [tar_entry("good.txt", tar::EntryType::Regular, b"one"), tar_entry(name, kind, b"")];
                let bytes = [bytes.concat(), vec![0; 1024]].concat();
                let found = message(&Input::from_bytes("a.tar", bytes));
                assert!(found.starts_with(&format!("a.tar/{name} is refused: its name ")), "{found}");
            }
        }
    }

    #[test]
    fn entries_that_are_no_files_are_passed_over() {
        let entries = [
            tar_entry("pax_global_header", tar::EntryType::XGlobalHeader, b"9 a=one\n\n"),
            tar_entry("./data/", tar::EntryType::Directory, b""),
            tar_entry("./data/a.txt", tar::EntryType::Regular, b"one"),
            tar_entry("./data/._a.txt", tar::EntryType::Regular, b"junk"),
            tar_entry("./data/queue", tar::EntryType::Fifo, b""),
            tar_entry("data/b.txt", tar::EntryType::Continuous, b"two"),
            vec![0; 1024],
        ];
        let input = Input::from_bytes("a.tar", entries.concat());
        assert_eq!(input.names(), ["data/a.txt", "data/b.txt"]);
        assert_eq!(input.member_names().unwrap(), ["data/a.txt", "data/b.txt"]);
        assert_eq!(
            members(&input),
            [("data/a.txt", "one"), ("data/b.txt", "two")].map(crate::input::samples::owned)
        );
    }

    #[test]
    fn an_archive_that_ends_anywhere_is_damaged_read_or_listed() {
        let whole = tar(&[("a.txt", "x".repeat(700)), ("b.txt", "two".into())]);
        // The archive's own end is one block of zeros, of which there are two.
        for length in 262..whole.len() - 1023 {
            for bytes in [whole[..length].to_vec(), gzip(&whole[..length])] {
                let input = Input::from_bytes("a.tar", bytes);
                assert!(read_all(&input).is_err(), "{length} of {} bytes read", whole.len());
                assert!(input.member_names().is_err(), "{length} of {} bytes listed", whole.len());
            }
        }
    }

    #[test]
    fn too_many_members_are_refused() {
        let bytes = tar(&[("a", "1"), ("b", "2"), ("c", "3")]);
        let limits = Limits { members: 2, ..Limits::default() };
        for bytes in [gzip(&bytes), bytes] {
            let input = Input::from_bytes_within("a.tar", bytes, limits);
            assert_eq!(
                message(&input),
                "a.tar is refused: it has more than 2 members; expected an archive of fewer"
            );
        }
    }
}
