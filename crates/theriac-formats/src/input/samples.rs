//! Compressed files and archives for tests.

use std::io::{Cursor, Read, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::Input;

/// A way to compress.
pub(super) type Compress = fn(&[u8]) -> Vec<u8>;

/// Every compression, by name.
pub(super) const CODECS: [(&str, Compress); 3] = [("gzip", gzip), ("zstd", zstd), ("bzip2", bzip2)];

pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(super) fn zstd(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(super) fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut compressed = Vec::new();
    bzip2::read::BzEncoder::new(bytes, bzip2::Compression::best()).read_to_end(&mut compressed).unwrap();
    compressed
}

/// A tar archive of these names and contents.
pub(super) fn tar(members: &[(&str, impl AsRef<[u8]>)]) -> Vec<u8> {
    let entries: Vec<Vec<u8>> = members
        .iter()
        .map(|(name, content)| tar_entry(name, tar::EntryType::Regular, content.as_ref()))
        .collect();
    [entries.concat(), vec![0; 1024]].concat()
}

/// One header and its content, with any name.
pub(super) fn tar_entry(name: &str, kind: tar::EntryType, content: &[u8]) -> Vec<u8> {
    let mut header = tar::Header::new_ustar();
    header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(kind);
    header.set_size(content.len() as u64);
    header.set_cksum();
    let padding = vec![0; content.len().next_multiple_of(512) - content.len()];
    [header.as_bytes(), content, &padding].concat()
}

/// A zip archive of these names and contents.
pub(super) fn zip(members: &[(&str, impl AsRef<[u8]>)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in members {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(content.as_ref()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// Names and contents of all members.
pub(super) fn members(input: &Input) -> Vec<(String, String)> {
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

/// A name and a content as [`members`] gives them.
pub(super) fn owned((name, content): (&str, &str)) -> (String, String) {
    (name.into(), content.into())
}
