//! What both readers of records have in common: their text, its lines, and what no file may say.

use std::collections::HashMap;
use std::io::Read;

use super::error::ShortlistError;
use super::record::{PairKey, Record};

/// The text of a file, without the byte order mark that some programs begin with.
pub(super) fn text(origin: &str, mut input: impl Read) -> Result<String, ShortlistError> {
    let mut bytes = Vec::new();
    input.read_to_end(&mut bytes).map_err(|source| ShortlistError::Read { origin: origin.into(), source })?;
    let mut text = String::from_utf8(bytes).map_err(|error| {
        let sound = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let problem = "bytes that are not UTF-8; expected text".into();
        ShortlistError::Line { origin: origin.into(), line: 1 + line_breaks(sound), problem }
    })?;
    if text.starts_with(BYTE_ORDER_MARK) {
        text.drain(..BYTE_ORDER_MARK.len_utf8());
    }
    Ok(text)
}

const BYTE_ORDER_MARK: char = '\u{feff}';

fn line_breaks(text: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', text).count() as u64
}

/// The records of a file as they are read, one after the other.
pub(super) struct Import<'a> {
    origin: &'a str,
    text: &'a str,
    /// How far line breaks are counted, in bytes.
    counted: usize,
    /// The line there, from 1.
    line: u64,
    records: Vec<Record>,
    /// The line of each pair.
    pairs: HashMap<PairKey, u64>,
}

impl<'a> Import<'a> {
    pub(super) fn new(origin: &'a str, text: &'a str) -> Self {
        Self { origin, text, counted: 0, line: 1, records: Vec::new(), pairs: HashMap::new() }
    }

    /// The line of a byte, from 1. Bytes are asked for in their order.
    pub(super) fn line_of(&mut self, byte: usize) -> u64 {
        self.line += line_breaks(&self.text.as_bytes()[self.counted..byte]);
        self.counted = byte;
        self.line
    }

    pub(super) fn fault(&self, line: u64, problem: String) -> ShortlistError {
        ShortlistError::Line { origin: self.origin.into(), line, problem }
    }

    /// Takes a record of a line, if it can be kept and its pair is new.
    pub(super) fn add(&mut self, record: Record, line: u64) -> Result<(), ShortlistError> {
        record.check().map_err(|error| self.fault(line, error.to_string()))?;
        if let Some(earlier) = self.pairs.insert(record.pair(), line) {
            let problem = format!("the pair of line {earlier} again; expected each pair once");
            return Err(self.fault(line, problem));
        }
        self.records.push(record);
        Ok(())
    }

    pub(super) fn records(self) -> Vec<Record> {
        self.records
    }
}
