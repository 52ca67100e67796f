//! Checksums: what a file should have, and what it has.

use std::fmt;
use std::io::{self, Read};

use md5::Md5;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// Bytes read at a time.
const BLOCK: usize = 1 << 20;

/// How a checksum is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Algorithm {
    /// SHA-256.
    #[serde(rename = "sha256")]
    Sha256,
    /// MD5, where a publisher gives no better one. It tells a damaged file, not a forged one.
    #[serde(rename = "md5")]
    Md5,
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sha256 => "SHA-256",
            Self::Md5 => "MD5",
        })
    }
}

/// A checksum that a file should have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checksum {
    /// How it is computed.
    pub algorithm: Algorithm,
    /// Its value, in lower-case hexadecimal digits.
    pub hex: &'static str,
}

impl Checksum {
    /// The SHA-256 with these lower-case hexadecimal digits.
    ///
    /// # Panics
    ///
    /// When there are not 64 of them, which for a constant is an error of the compiler.
    pub const fn sha256(hex: &'static str) -> Self {
        Self::new(Algorithm::Sha256, hex, 64)
    }

    /// The MD5 with these lower-case hexadecimal digits.
    ///
    /// # Panics
    ///
    /// When there are not 32 of them, which for a constant is an error of the compiler.
    pub const fn md5(hex: &'static str) -> Self {
        Self::new(Algorithm::Md5, hex, 32)
    }

    const fn new(algorithm: Algorithm, hex: &'static str, length: usize) -> Self {
        let digits = hex.as_bytes();
        assert!(digits.len() == length, "a checksum of another length");
        let mut place = 0;
        while place < length {
            assert!(matches!(digits[place], b'0'..=b'9' | b'a'..=b'f'), "not a lower-case hexadecimal digit");
            place += 1;
        }
        Self { algorithm, hex }
    }
}

/// What was measured of a file.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Length in bytes.
    pub bytes: u64,
    /// SHA-256 in lower-case hexadecimal digits.
    pub sha256: String,
    /// MD5 in lower-case hexadecimal digits, where it was asked for.
    md5: Option<String>,
}

impl Measured {
    /// Reads a file through once; its MD5 is computed where `expected` is one.
    pub fn of(mut file: impl Read, expected: Option<Checksum>) -> io::Result<Self> {
        let mut sha256 = Sha256::new();
        let mut md5 = expected.filter(|checksum| checksum.algorithm == Algorithm::Md5).map(|_| Md5::new());
        let mut block = vec![0; BLOCK];
        let mut bytes = 0;
        loop {
            let read = match file.read(&mut block) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            bytes += read as u64;
            sha256.update(&block[..read]);
            if let Some(md5) = &mut md5 {
                md5.update(&block[..read]);
            }
        }
        let md5 = md5.map(|md5| format!("{:x}", md5.finalize()));
        Ok(Self { bytes, sha256: format!("{:x}", sha256.finalize()), md5 })
    }

    /// The checksum of this kind, if it was computed.
    pub fn hex(&self, algorithm: Algorithm) -> Option<&str> {
        match algorithm {
            Algorithm::Sha256 => Some(&self.sha256),
            Algorithm::Md5 => self.md5.as_deref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_checksums_of_a_known_text() {
        let md5 = Checksum::md5("900150983cd24fb0d6963f7d28e17f72");
        let measured = Measured::of(&b"abc"[..], Some(md5)).unwrap();
        assert_eq!(measured.bytes, 3);
        assert_eq!(
            measured.hex(Algorithm::Sha256),
            Some("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        );
        assert_eq!(measured.hex(Algorithm::Md5), Some(md5.hex));
        assert_eq!(Measured::of(&b"abc"[..], None).unwrap().hex(Algorithm::Md5), None);
    }

    #[test]
    fn a_file_in_several_blocks() {
        // The third example of FIPS 180-2, appendix B: a million times the letter a.
        let expected = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";
        let text = "a".repeat(1_000_000);
        let (head, tail) = text.as_bytes().split_at(333_333);
        assert_eq!(Measured::of(head.chain(tail), None).unwrap().sha256, expected);
        assert_eq!(Measured::of(io::repeat(0).take(BLOCK as u64 + 1), None).unwrap().bytes, BLOCK as u64 + 1);
    }

    #[test]
    #[should_panic(expected = "another length")]
    fn a_checksum_has_its_length() {
        let _ = Checksum::sha256("abc");
    }
}
