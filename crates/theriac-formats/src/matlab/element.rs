//! Data elements, of which MAT-files are made: a type, a length, and the bytes.

use std::io::Read;

use flate2::bufread::ZlibDecoder;

use crate::error::FormatError;
use crate::input::{Limits, bomb};

/// The types of elements that are no numbers, by their codes in the format.
pub(super) const MATRIX: u32 = 14;
pub(super) const COMPRESSED: u32 = 15;
pub(super) const UTF8: u32 = 16;
pub(super) const UTF16: u32 = 17;
pub(super) const UTF32: u32 = 18;

/// Order of the bytes of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Endian {
    Little,
    Big,
}

/// A data element.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element<'a> {
    pub(super) kind: u32,
    pub(super) data: &'a [u8],
}

/// Takes one element after the other from bytes.
pub(super) struct Elements<'a> {
    bytes: &'a [u8],
    endian: Endian,
}

/// What is wrong with the bytes: words that fit behind "is damaged or incomplete".
pub(super) type Problem = String;

impl<'a> Elements<'a> {
    pub(super) fn new(bytes: &'a [u8], endian: Endian) -> Self {
        Self { bytes, endian }
    }

    /// The next element; `None` at the end of the bytes.
    pub(super) fn next(&mut self) -> Result<Option<Element<'a>>, Problem> {
        if self.bytes.is_empty() {
            return Ok(None);
        }
        let (tag, rest) = self.bytes.split_at_checked(8).ok_or("it ends within the tag of an element")?;
        let word = |at: usize| u32_of(self.endian, [tag[at], tag[at + 1], tag[at + 2], tag[at + 3]]);
        // A small element has its length in the upper half of the type and its bytes in the place of the length.
        let (first, length) = (word(0), (word(0) >> 16) as usize);
        if length > 0 {
            let kind = first & 0xffff;
            let data = tag[4..]
                .get(..length)
                .ok_or_else(|| format!("a small element of {length} bytes, of which there can be 4"))?;
            self.bytes = rest;
            return Ok(Some(Element { kind, data }));
        }
        let length = word(4) as usize;
        let data = rest
            .get(..length)
            .ok_or_else(|| format!("an element of {length} bytes where {} are left", rest.len()))?;
        // All but compressed elements are padded to a multiple of 8 bytes; at the very end that may be missing.
        let taken = if first == COMPRESSED { length } else { length.next_multiple_of(8) };
        self.bytes = rest.get(taken..).unwrap_or_default();
        Ok(Some(Element { kind: first, data }))
    }

    /// The next element, which has to be there; `what` names it.
    pub(super) fn expect(&mut self, what: &str) -> Result<Element<'a>, Problem> {
        self.next()?.ok_or_else(|| format!("it ends before the {what} of a variable"))
    }
}

impl Element<'_> {
    /// The numbers of an element, of whatever type they are stored as, each passed through `convert`. Every type but
    /// 64-bit integers beyond 2^53 is exact.
    pub(super) fn numbers<T>(&self, endian: Endian, convert: impl Fn(f64) -> T) -> Result<Vec<T>, Problem> {
        macro_rules! numbers {
            ($type:ty) => {{
                let (chunks, rest) = self.data.as_chunks::<{ size_of::<$type>() }>();
                if !rest.is_empty() {
                    return Err(format!(
                        "{} bytes of numbers that take {} each",
                        self.data.len(),
                        size_of::<$type>()
                    ));
                }
                let number = |bytes: &[u8; size_of::<$type>()]| match endian {
                    Endian::Little => <$type>::from_le_bytes(*bytes),
                    Endian::Big => <$type>::from_be_bytes(*bytes),
                };
                Ok(chunks.iter().map(|bytes| convert(number(bytes) as f64)).collect())
            }};
        }
        match self.kind {
            1 => numbers!(i8),
            2 => numbers!(u8),
            3 => numbers!(i16),
            4 => numbers!(u16),
            5 => numbers!(i32),
            6 => numbers!(u32),
            7 => numbers!(f32),
            9 => numbers!(f64),
            12 => numbers!(i64),
            13 => numbers!(u64),
            kind => Err(format!("an element of type {kind} where there should be numbers")),
        }
    }

    /// The characters of an element, as UTF-16 code units: those of which MATLAB counts the length of a text.
    pub(super) fn code_units(&self, endian: Endian) -> Result<Vec<u16>, Problem> {
        match self.kind {
            UTF8 => {
                let text = std::str::from_utf8(self.data).map_err(|_| "a text that is not UTF-8")?;
                Ok(text.encode_utf16().collect())
            }
            UTF16 => Element { kind: 4, ..*self }.numbers(endian, |unit| unit as u16),
            UTF32 => {
                let letters = Element { kind: 6, ..*self }.numbers(endian, |code| {
                    char::from_u32(code as u32).unwrap_or(char::REPLACEMENT_CHARACTER)
                })?;
                Ok(letters.into_iter().collect::<String>().encode_utf16().collect())
            }
            _ => self.numbers(endian, |unit| unit as u16),
        }
    }
}

/// Inflates compressed elements of one file, and refuses what no honest file holds.
pub(super) struct Inflater<'f> {
    pub(super) file: &'f str,
    /// Bytes of the whole file.
    pub(super) held: u64,
    /// Bytes that came out so far.
    pub(super) given: u64,
    pub(super) limits: Limits,
}

impl Inflater<'_> {
    pub(super) fn inflate(&mut self, data: &[u8]) -> Result<Vec<u8>, FormatError> {
        let mut decoder = ZlibDecoder::new(data);
        let mut content = Vec::new();
        loop {
            let read = decoder
                .by_ref()
                .take(1 << 20)
                .read_to_end(&mut content)
                .map_err(|error| FormatError::from_read(self.file.as_ref(), error))?;
            self.given += read as u64;
            if read == 0 {
                return Ok(content);
            }
            if self.limits.is_bomb(self.given, self.held) {
                return Err(bomb(self.file, self.given, self.limits));
            }
        }
    }
}

pub(super) fn u32_of(endian: Endian, bytes: [u8; 4]) -> u32 {
    match endian {
        Endian::Little => u32::from_le_bytes(bytes),
        Endian::Big => u32::from_be_bytes(bytes),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::ZlibEncoder;

    use super::*;

    #[test]
    fn elements_are_taken_small_or_long_and_padded() {
        // A small element of 2 bytes, then 5 bytes padded to 8, then a last one without its padding.
        let bytes = [
            &[1, 0, 2, 0, 7, 8, 0, 0][..],
            &[2, 0, 0, 0, 5, 0, 0, 0, 1, 2, 3, 4, 5, 0, 0, 0],
            &[2, 0, 0, 0, 1, 0, 0, 0, 9],
        ]
        .concat();
        let mut elements = Elements::new(&bytes, Endian::Little);
        let mut found = Vec::new();
        while let Some(element) = elements.next().unwrap() {
            found.push((element.kind, element.data.to_vec()));
        }
        assert_eq!(found, [(1, vec![7, 8]), (2, vec![1, 2, 3, 4, 5]), (2, vec![9])]);
    }

    #[test]
    fn compressed_elements_are_not_padded() {
        let bytes = [&[15, 0, 0, 0, 1, 0, 0, 0, 9][..], &[1, 0, 1, 0, 7, 0, 0, 0]].concat();
        let mut elements = Elements::new(&bytes, Endian::Little);
        assert_eq!(elements.next().unwrap().unwrap().data, [9]);
        assert_eq!(elements.next().unwrap().unwrap().data, [7]);
    }

    #[test]
    fn a_stated_length_is_held_against_what_is_there() {
        let problem = |bytes: &[u8]| Elements::new(bytes, Endian::Little).next().unwrap_err();
        assert_eq!(problem(&[1, 0, 0]), "it ends within the tag of an element");
        assert_eq!(
            problem(&[2, 0, 0, 0, 255, 255, 255, 255, 1]),
            "an element of 4294967295 bytes where 1 are left"
        );
        assert_eq!(problem(&[1, 0, 5, 0, 1, 2, 3, 4]), "a small element of 5 bytes, of which there can be 4");
    }

    #[test]
    fn numbers_of_every_type_and_order_are_read() {
        let read = |kind, data: &[u8], endian| Element { kind, data }.numbers(endian, |x| x).unwrap();
        for (kind, little, big, expected) in [
            (1, vec![0xff], vec![0xff], -1.0),
            (2, vec![0xff], vec![0xff], 255.0),
            (3, (-2i16).to_le_bytes().to_vec(), (-2i16).to_be_bytes().to_vec(), -2.0),
            (4, 515u16.to_le_bytes().to_vec(), 515u16.to_be_bytes().to_vec(), 515.0),
            (5, (-70_000i32).to_le_bytes().to_vec(), (-70_000i32).to_be_bytes().to_vec(), -70_000.0),
            (6, 70_000u32.to_le_bytes().to_vec(), 70_000u32.to_be_bytes().to_vec(), 70_000.0),
            (7, 0.5f32.to_le_bytes().to_vec(), 0.5f32.to_be_bytes().to_vec(), 0.5),
            (9, 0.25f64.to_le_bytes().to_vec(), 0.25f64.to_be_bytes().to_vec(), 0.25),
            (12, (-3i64).to_le_bytes().to_vec(), (-3i64).to_be_bytes().to_vec(), -3.0),
            (13, 3u64.to_le_bytes().to_vec(), 3u64.to_be_bytes().to_vec(), 3.0),
        ] {
            assert_eq!(read(kind, &little, Endian::Little), [expected], "type {kind}");
            assert_eq!(read(kind, &big, Endian::Big), [expected], "type {kind}");
        }
        let odd = Element { kind: 9, data: &[0; 9] }.numbers(Endian::Little, |x| x);
        assert_eq!(odd.unwrap_err(), "9 bytes of numbers that take 8 each");
        assert!(Element { kind: 14, data: &[] }.numbers(Endian::Little, |x| x).is_err());
    }

    #[test]
    fn characters_of_every_encoding_are_read() {
        let text = "Aé😀";
        let units: Vec<u16> = text.encode_utf16().collect();
        let utf16 = units.iter().flat_map(|unit| unit.to_le_bytes()).collect::<Vec<_>>();
        let utf32 = text.chars().flat_map(|letter| (letter as u32).to_be_bytes()).collect::<Vec<_>>();
        let read = |kind, data: &[u8], endian| Element { kind, data }.code_units(endian).unwrap();
        assert_eq!(read(UTF8, text.as_bytes(), Endian::Little), units);
        assert_eq!(read(UTF16, &utf16, Endian::Little), units);
        assert_eq!(read(4, &utf16, Endian::Little), units);
        assert_eq!(read(UTF32, &utf32, Endian::Big), units);
        assert_eq!(read(2, b"A\xe9", Endian::Big), &units[..2]);
        assert!(Element { kind: UTF8, data: b"\xff" }.code_units(Endian::Big).is_err());
    }

    #[test]
    fn more_than_a_file_can_honestly_hold_is_refused() {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&vec![0; 1 << 20]).unwrap();
        let packed = encoder.finish().unwrap();
        let inflate = |expanded| {
            let limits = Limits { expanded, ..Limits::default() };
            Inflater { file: "f.mat", held: packed.len() as u64, given: 0, limits }.inflate(&packed)
        };
        assert_eq!(inflate(1 << 20).unwrap().len(), 1 << 20);
        let found = inflate(1 << 16).unwrap_err().to_string();
        assert!(found.starts_with("f.mat is refused: it expands to"), "{found}");
    }
}
