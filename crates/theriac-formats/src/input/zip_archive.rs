//! Zip archives, read by the directory at their end.

use std::io::{self, BufReader, Read};
use std::path::Path;

use zip::read::ZipFile;
use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use super::archive::{Archive, Entry, Visit};
use super::codec::{Guard, bomb};
use super::member_name::is_macos_metadata;
use super::stored::{Meter, Metered, Raw};
use crate::error::FormatError;

/// Hands every file of the archive to `visit`, as [`Archive::visit`].
pub(super) fn visit(archive: &Archive, only: Option<&str>, visit: &mut Visit<'_>) -> Result<(), FormatError> {
    let meter = Meter::default();
    let mut zip = open(archive, &meter)?;
    for (index, name) in files(archive, &zip)? {
        if only.is_some_and(|only| only != name) {
            continue;
        }
        let file = archive.member_file(&name);
        let meter = meter.clone();
        // A member that does not open is an error for those who read it.
        let (size, mut reader): (u64, Box<dyn Read>) = match open_member(&mut zip, index, &file) {
            Ok(member) => (member.size(), Box::new(Guard::new(member, &file, &meter, archive.limits))),
            Err(error) => (0, Box::new(Unreadable(Some(error)))),
        };
        if visit(Entry { name, size, reader: &mut reader, meter })?.is_break() {
            break;
        }
    }
    Ok(())
}

/// The names of all files.
pub(super) fn names(archive: &Archive) -> Result<Vec<String>, FormatError> {
    let zip = open(archive, &Meter::default())?;
    Ok(files(archive, &zip)?.into_iter().map(|(_, name)| name).collect())
}

fn open<'a>(
    archive: &'a Archive,
    meter: &Meter,
) -> Result<ZipArchive<BufReader<Metered<Raw<'a>>>>, FormatError> {
    let raw = archive.stored.open_metered(meter).map_err(|source| archive.error(source))?;
    meter.stop_at(archive.limits.listing);
    let zip = ZipArchive::new(raw);
    if meter.is_stopped() {
        return Err(archive.too_many());
    }
    meter.stop_at(u64::MAX);
    zip.map_err(|error| zip_error(&archive.file, error))
}

/// The place and name of each file of the user's own, after a check of the whole directory.
fn files<R: Read + io::Seek>(
    archive: &Archive,
    zip: &ZipArchive<R>,
) -> Result<Vec<(usize, String)>, FormatError> {
    if zip.len() > archive.limits.members {
        return Err(archive.too_many());
    }
    if zip.has_duplicate_names() {
        let (file, reason) = (archive.file.clone(), "two of its members have one name".into());
        return Err(FormatError::Refused { file, reason, expected: "each name once" });
    }
    let held = archive.stored.len().map_err(|source| archive.error(source))?;
    let mut stated = 0u64;
    let mut files = Vec::new();
    for index in 0..zip.len() {
        let entry = zip.by_index_data(index).map_err(|error| zip_error(&archive.file, error))?;
        let stored = match entry.name() {
            Ok(name) => name.into_owned(),
            Err(_) => String::from_utf8_lossy(entry.name_raw()).into_owned(),
        };
        let name = archive.checked_name(&stored)?;
        if entry.is_symlink() {
            let expected = "a file, since links within archives are not followed";
            return Err(archive.refusal(&name, "it is a link".into(), expected));
        }
        if entry.encrypted() {
            return Err(archive.refusal(
                &name,
                "it is encrypted".into(),
                "a file that opens without a password",
            ));
        }
        stated = stated.saturating_add(entry.size());
        if archive.limits.is_bomb(stated, held) {
            return Err(bomb(&archive.file, stated, archive.limits));
        }
        if entry.is_file() && !is_macos_metadata(&name) {
            files.push((index, name));
        }
    }
    Ok(files)
}

fn open_member<'a, R: Read + io::Seek>(
    zip: &'a mut ZipArchive<R>,
    index: usize,
    file: &str,
) -> Result<ZipFile<'a, R>, FormatError> {
    let method = zip.by_index_data(index).map_err(|error| zip_error(file, error))?.compression();
    if !matches!(method, CompressionMethod::Stored | CompressionMethod::Deflated) {
        let reason = format!("it is compressed by a method that is not read ({method})");
        let expected = "a zip archive made with deflate or none";
        return Err(FormatError::Refused { file: file.into(), reason, expected });
    }
    zip.by_index(index).map_err(|error| zip_error(file, error))
}

fn zip_error(file: &str, error: ZipError) -> FormatError {
    match error {
        ZipError::Io(source) => FormatError::from_read(Path::new(file), source),
        ZipError::UnsupportedArchive(reason) => FormatError::Refused {
            file: file.into(),
            reason: format!("'{reason}'"),
            expected: "a zip archive in one part, without passwords",
        },
        ZipError::InvalidArchive(problem) => {
            FormatError::Damaged { file: file.into(), problem: problem.into_owned() }
        }
        other => FormatError::Damaged { file: file.into(), problem: other.to_string() },
    }
}

/// A member that cannot be opened.
struct Unreadable(Option<FormatError>);

impl Read for Unreadable {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(self.0.take().map_or_else(|| io::ErrorKind::UnexpectedEof.into(), io::Error::other))
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use zip::write::SimpleFileOptions;
    use zip::{CompressionMethod, ZipWriter};

    use crate::error::FormatError;
    use crate::input::limits::Limits;
    use crate::input::samples::{members, owned, zip};
    use crate::input::tests::{message, read_all};
    use crate::input::{Container, Input};

    fn stored() -> SimpleFileOptions {
        SimpleFileOptions::default().compression_method(CompressionMethod::Stored)
    }

    /// An archive with one member "data/a.txt" that holds "one".
    fn single(options: SimpleFileOptions) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        writer.start_file("data/a.txt", options).unwrap();
        writer.write_all(b"one").unwrap();
        writer.finish().unwrap().into_inner()
    }

    /// Sets a field of the local header and one of the directory's entry; both count from the signature.
    fn patched(mut bytes: Vec<u8>, local: (usize, &[u8]), central: (usize, &[u8])) -> Vec<u8> {
        let directory = bytes.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
        for (start, (offset, value)) in [(0, local), (directory, central)] {
            bytes[start + offset..start + offset + value.len()].copy_from_slice(value);
        }
        bytes
    }

    #[test]
    fn deflated_stored_large_and_streamed_members_are_read() {
        let mut writer = ZipWriter::new_stream(Vec::new());
        writer.start_file("data/a.txt", SimpleFileOptions::default()).unwrap();
        writer.write_all(b"one").unwrap();
        let streamed = writer.finish().unwrap().into_inner();
        assert_eq!(streamed[6] & 8, 8, "a data descriptor");
        let deflated = stored().compression_method(CompressionMethod::Deflated);
        for bytes in [single(stored()), single(deflated), single(stored().large_file(true)), streamed] {
            let input = Input::from_bytes("a.zip", bytes);
            assert_eq!(input.container(), Container::Archive);
            assert_eq!(input.names(), ["data/a.txt"]);
            assert_eq!(members(&input), [owned(("data/a.txt", "one"))]);
        }
    }

    #[test]
    fn an_archive_that_ends_anywhere_is_damaged() {
        let whole = zip(&[("a.txt", "one"), ("b.txt", "two")]);
        for length in 4..whole.len() {
            let input = Input::from_bytes("a.zip", whole[..length].to_vec());
            let error = read_all(&input).unwrap_err();
            assert!(
                matches!(error, FormatError::Damaged { .. }),
                "{length} of {} bytes: {error}",
                whole.len()
            );
        }
    }

    #[test]
    fn a_changed_member_is_damaged_and_named() {
        let mut bytes = single(stored());
        let place = bytes.windows(3).position(|window| window == b"one").unwrap();
        bytes[place] = b'0';
        let found = message(&Input::from_bytes("a.zip", bytes));
        assert!(found.starts_with("a.zip/data/a.txt is damaged or incomplete ("), "{found}");
    }

    #[test]
    fn names_that_lead_out_are_refused() {
        for name in ["../x", "/x", "a/../../x", "C:/x", "a\\x"] {
            // Written by hand, since the writer does not let such names through.
            let long = "n".repeat(name.len());
            let mut bytes = zip(&[(&long, "one")]);
            for start in 0..bytes.len() - name.len() {
                if bytes[start..].starts_with(long.as_bytes()) {
                    bytes[start..start + name.len()].copy_from_slice(name.as_bytes());
                }
            }
            let found = message(&Input::from_bytes("a.zip", bytes));
            assert!(found.starts_with(&format!("a.zip/{name} is refused: its name ")), "{found}");
        }
    }

    #[test]
    fn links_and_encrypted_members_are_refused() {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        writer.add_symlink("data/l", "/etc/passwd", stored()).unwrap();
        let bytes = writer.finish().unwrap().into_inner();
        assert_eq!(
            message(&Input::from_bytes("a.zip", bytes)),
            "a.zip/data/l is refused: it is a link; expected a file, since links within archives are not followed"
        );
        let encrypted = patched(single(stored()), (6, &[1, 0]), (8, &[1, 0]));
        assert_eq!(
            message(&Input::from_bytes("a.zip", encrypted)),
            "a.zip/data/a.txt is refused: it is encrypted; expected a file that opens without a password"
        );
    }

    #[test]
    fn a_member_compressed_otherwise_fails_only_when_it_is_read() {
        let bytes = patched(single(stored()), (8, &[98, 0]), (10, &[98, 0]));
        let input = Input::from_bytes("a.zip", bytes);
        input.for_each_member(|_| Ok(())).unwrap();
        assert_eq!(
            message(&input),
            "a.zip/data/a.txt is refused: it is compressed by a method that is not read (Ppmd); expected a zip archive \
             made with deflate or none"
        );
    }

    #[test]
    fn bombs_and_too_many_members_are_refused() {
        let zeros = "0".repeat(1 << 18);
        let limits = Limits { expanded: 1 << 16, ..Limits::default() };
        let bytes = zip(&[("a.txt", &zeros)]);
        let stated = message(&Input::from_bytes_within("a.zip", bytes.clone(), limits));
        assert!(
            stated.starts_with("a.zip is refused: it expands to 262144 bytes or more, over 250"),
            "{stated}"
        );
        // A size stated too small, in the directory as in the header, does not help.
        let lie = 3u32.to_le_bytes();
        let lied = Input::from_bytes_within("a.zip", patched(bytes, (22, &lie), (24, &lie)), limits);
        assert!(read_all(&lied).is_err());

        let many = zip(&[("a", "1"), ("b", "2"), ("c", "3")]);
        for limits in [Limits { members: 2, ..limits }, Limits { listing: 20, ..limits }] {
            let input = Input::from_bytes_within("a.zip", many.clone(), limits);
            assert!(message(&input).starts_with("a.zip is refused: it has more than"), "{}", message(&input));
        }
    }
}
