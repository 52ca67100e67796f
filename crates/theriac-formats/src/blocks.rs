//! Long text read in blocks of lines: parsed on all cores, taken in the order of the file.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use memchr::{memchr_iter, memrchr};

use crate::error::FormatError;
use crate::input::Input;
use crate::text::latin1;

/// Bytes of a block: some ten thousand lines, so that what one costs beside its lines does not count, and what one
/// thread parses stays in its cache.
const BLOCK_BYTES: usize = 1 << 22;
/// A line or a quoted cell may be so long: longer ones come of a quote that is never closed, or of a file that is no
/// text.
const LONGEST_RECORD: usize = 1 << 26;

/// Whole lines of a text.
pub(crate) struct Block<'a> {
    /// The lines, each with its line feed; the last of the file may have none.
    pub(crate) text: &'a str,
    /// Number of the first line in the file, from 1.
    pub(crate) first_line: u64,
    /// Whether nothing follows.
    pub(crate) last: bool,
}

/// Lines that are not UTF-8 and were read as Latin-1 therefore.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Latin1Lines {
    pub(crate) count: u64,
    /// The first of them.
    pub(crate) first: u64,
}

impl Latin1Lines {
    /// What is to be said of them, where there are any.
    pub(crate) fn decision(self, file: &str) -> Option<String> {
        let lines = if self.count == 1 { "line" } else { "lines" };
        (self.count > 0).then(|| {
            format!(
                "{file}: {} {lines} not UTF-8, read as Latin-1 (the first is line {})",
                self.count, self.first
            )
        })
    }
}

/// Reads the text of `input` block by block: `parse` turns blocks into values on all cores, and gives the number of bytes
/// of the block that it used (a quoted cell may go on in the next block); `take` gets the values in the order of the
/// file.
///
/// # Errors
///
/// The first error in the order of the file: of `parse`, of `take`, or of reading.
pub(crate) fn in_blocks<T: Send>(
    input: &Input,
    parse: impl Fn(&Block<'_>) -> Result<(T, usize), FormatError> + Sync,
    take: impl FnMut(T) -> Result<(), FormatError> + Send,
) -> Result<Latin1Lines, FormatError> {
    blocks_of(input, BLOCK_BYTES, parse, take)
}

fn blocks_of<T: Send>(
    input: &Input,
    block_bytes: usize,
    parse: impl Fn(&Block<'_>) -> Result<(T, usize), FormatError> + Sync,
    take: impl FnMut(T) -> Result<(), FormatError> + Send,
) -> Result<Latin1Lines, FormatError> {
    let file = input.path().display().to_string();
    input.read(|reader| {
        let source = Mutex::new(Source {
            reader,
            block_bytes,
            tail: Vec::new(),
            place: 0,
            line: 1,
            done: false,
            spare: Vec::new(),
        });
        let order = Mutex::new(InOrder {
            file: &file,
            parse: &parse,
            take,
            next: 0,
            waiting: BTreeMap::new(),
            rest: String::new(),
            latin1: Latin1Lines::default(),
            failure: None,
        });
        let failed = AtomicBool::new(false);
        let work = || {
            while !failed.load(Ordering::Relaxed) {
                let Some(raw) = locked(&source).next(input, &file) else { break };
                let (place, outcome) = match raw {
                    Ok(raw) => (raw.place, Ok(Outcome::of(raw, &parse))),
                    Err((place, error)) => (place, Err(error)),
                };
                let mut order = locked(&order);
                let emptied = order.accept(place, outcome);
                failed.fetch_or(order.failure.is_some(), Ordering::Relaxed);
                drop(order);
                locked(&source).spare.extend(emptied);
            }
        };
        std::thread::scope(|scope| {
            (1..rayon::current_num_threads()).for_each(|_| drop(scope.spawn(work)));
            work();
        });
        let order = order.into_inner().unwrap_or_else(PoisonError::into_inner);
        order.failure.map_or(Ok(order.latin1), Err)
    })
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A thread that panics takes the whole program along once the scope ends.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Cuts what a reader gives into blocks of whole lines.
struct Source<'r> {
    reader: &'r mut (dyn Read + Send),
    block_bytes: usize,
    /// The begin of a line whose end is not read yet.
    tail: Vec<u8>,
    place: usize,
    line: u64,
    done: bool,
    /// Memory of blocks that are done with.
    spare: Vec<Vec<u8>>,
}

struct RawBlock {
    place: usize,
    bytes: Vec<u8>,
    first_line: u64,
    last: bool,
}

impl Source<'_> {
    /// The next block; an error with the place of the block that could not be read.
    fn next(&mut self, input: &Input, file: &str) -> Option<Result<RawBlock, (usize, FormatError)>> {
        if self.done {
            return None;
        }
        let place = self.place;
        self.place += 1;
        let block = self.cut(place, file).map_err(|error| match error {
            Cut::Io(error) => input.error(error),
            Cut::Refused(error) => error,
        });
        self.done |= block.as_ref().map_or(true, |block| block.last);
        Some(block.map_err(|error| (place, error)))
    }

    fn cut(&mut self, place: usize, file: &str) -> Result<RawBlock, Cut> {
        let mut bytes = self.spare.pop().unwrap_or_default();
        bytes.clear();
        bytes.append(&mut self.tail);
        let mut room = self.block_bytes;
        let (end, last) = loop {
            let wanted = room.saturating_sub(bytes.len()) as u64;
            let read = (&mut *self.reader).take(wanted).read_to_end(&mut bytes).map_err(Cut::Io)?;
            if (read as u64) < wanted {
                break (bytes.len(), true);
            }
            if let Some(line_feed) = memrchr(b'\n', &bytes) {
                break (line_feed + 1, false);
            }
            if bytes.len() >= LONGEST_RECORD {
                return Err(Cut::Refused(too_long(file, self.line)));
            }
            room *= 2;
        };
        self.tail.extend_from_slice(&bytes[end..]);
        bytes.truncate(end);
        if place == 0 {
            if bytes.starts_with(b"\xef\xbb\xbf") {
                bytes.drain(..3);
            }
            if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
                let (file, found, expected) = (file.into(), "UTF-16 text".into(), "UTF-8 text".into());
                return Err(Cut::Refused(FormatError::Line { file, line: 1, found, expected }));
            }
        }
        let first_line = self.line;
        self.line += memchr_iter(b'\n', &bytes).count() as u64;
        Ok(RawBlock { place, bytes, first_line, last })
    }
}

enum Cut {
    Io(io::Error),
    Refused(FormatError),
}

fn too_long(file: &str, line: u64) -> FormatError {
    FormatError::Line {
        file: file.into(),
        line,
        found: format!("a line or quoted cell of more than {} MiB", LONGEST_RECORD >> 20),
        expected: "a shorter one, its quotes closed".into(),
    }
}

/// A block that was parsed.
struct Outcome<T> {
    text: String,
    first_line: u64,
    last: bool,
    latin1: Latin1Lines,
    parsed: Result<(T, usize), FormatError>,
}

impl<T> Outcome<T> {
    fn of(raw: RawBlock, parse: &impl Fn(&Block<'_>) -> Result<(T, usize), FormatError>) -> Self {
        let RawBlock { bytes, first_line, last, .. } = raw;
        let (text, latin1) = decode(bytes, first_line);
        let parsed = parse(&Block { text: &text, first_line, last });
        Self { text, first_line, last, latin1, parsed }
    }
}

/// The text of a block, in which lines that are not UTF-8 are read as Latin-1.
fn decode(bytes: Vec<u8>, first_line: u64) -> (String, Latin1Lines) {
    let mut found = Latin1Lines::default();
    let bytes = match String::from_utf8(bytes) {
        Ok(text) => return (text, found),
        Err(error) => error.into_bytes(),
    };
    let mut text = String::with_capacity(bytes.len() + bytes.len() / 16);
    for (line, number) in bytes.split_inclusive(|&byte| byte == b'\n').zip(first_line..) {
        if let Ok(line) = std::str::from_utf8(line) {
            text.push_str(line);
        } else {
            text.extend(line.iter().map(|&byte| latin1(byte)));
            found.first = if found.count == 0 { number } else { found.first };
            found.count += 1;
        }
    }
    (text, found)
}

/// Hands on what comes in any order in the order of the file.
struct InOrder<'a, T, P, F> {
    file: &'a str,
    parse: &'a P,
    take: F,
    next: usize,
    waiting: BTreeMap<usize, Result<Outcome<T>, FormatError>>,
    /// A record that goes on in the next block, which therefore was parsed from a wrong place.
    rest: String,
    latin1: Latin1Lines,
    failure: Option<FormatError>,
}

impl<T, P, F> InOrder<'_, T, P, F>
where
    P: Fn(&Block<'_>) -> Result<(T, usize), FormatError>,
    F: FnMut(T) -> Result<(), FormatError>,
{
    /// Takes in the outcome of the block at `place`, and gives back memory of blocks that are done with.
    fn accept(&mut self, place: usize, outcome: Result<Outcome<T>, FormatError>) -> Vec<Vec<u8>> {
        self.waiting.insert(place, outcome);
        let mut emptied = Vec::new();
        while self.failure.is_none()
            && let Some(outcome) = self.waiting.remove(&self.next)
        {
            self.next += 1;
            match outcome.and_then(|outcome| self.hand_on(outcome)) {
                Ok(text) => emptied.push(text.into_bytes()),
                Err(error) => self.failure = Some(error),
            }
        }
        emptied
    }

    fn hand_on(&mut self, mut outcome: Outcome<T>) -> Result<String, FormatError> {
        if !self.rest.is_empty() {
            outcome.first_line -= memchr_iter(b'\n', self.rest.as_bytes()).count() as u64;
            outcome.text.insert_str(0, &self.rest);
            self.rest.clear();
            let Outcome { text, first_line, last, .. } = &outcome;
            outcome.parsed = (self.parse)(&Block { text, first_line: *first_line, last: *last });
        }
        let Latin1Lines { count, first } = outcome.latin1;
        if count > 0 {
            self.latin1.first = if self.latin1.count == 0 { first } else { self.latin1.first };
            self.latin1.count += count;
        }
        let (value, used) = outcome.parsed?;
        (self.take)(value)?;
        if !outcome.last {
            self.rest.push_str(&outcome.text[used..]);
            if self.rest.len() > LONGEST_RECORD {
                let before = memchr_iter(b'\n', &outcome.text.as_bytes()[..used]).count() as u64;
                return Err(too_long(self.file, outcome.first_line + before));
            }
        }
        Ok(outcome.text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::delimited::{Dialect, Records};

    type Rows = Vec<(u64, Vec<String>)>;

    fn rows(block: &Block<'_>) -> Result<(Rows, usize), FormatError> {
        let mut records = Records::new(block.text, block.first_line, Dialect::CSV, block.last);
        let mut rows = Vec::new();
        while let Some(record) = records.next() {
            rows.push((record.line(), record.cells().map(str::to_owned).collect()));
        }
        Ok((rows, records.finish("e.csv")?))
    }

    fn read(bytes: &[u8], block_bytes: usize) -> Result<(Rows, Latin1Lines), FormatError> {
        let input = Input::from_bytes("e.csv", bytes.to_vec());
        let mut found = Vec::new();
        let latin1 = blocks_of(&input, block_bytes, rows, |mut block| {
            found.append(&mut block);
            Ok(())
        })?;
        Ok((found, latin1))
    }

    proptest! {
        /// Lines, quoted line feeds and all, are the same however the text is cut.
        #[test]
        fn blocks_of_any_length_give_the_same_records(text in "[a,\"\n é]{0,80}", block_bytes in 1usize..40) {
            let read = |block_bytes| read(text.as_bytes(), block_bytes).map_err(|error| error.to_string());
            prop_assert_eq!(read(block_bytes), read(1 << 20));
        }
    }

    #[test]
    fn lines_that_are_not_utf8_are_read_as_latin1() {
        let (found, latin1) =
            read(b"\xef\xbb\xbfa,b\nM\xe9ni\xe8re,\xc3\xa9\n\xc3\xa9,x\ny,\xfc", 8).unwrap();
        let cells: Vec<_> = found.iter().map(|(line, cells)| (*line, cells.join(";"))).collect();
        assert_eq!(
            cells,
            [(1, "a;b".into()), (2, "Ménière;Ã©".into()), (3, "é;x".into()), (4, "y;ü".into())]
        );
        assert_eq!(latin1, Latin1Lines { count: 2, first: 2 });
        assert_eq!(
            latin1.decision("e.csv").unwrap(),
            "e.csv: 2 lines not UTF-8, read as Latin-1 (the first is line 2)"
        );
        let error = read(b"\xff\xfea\0", 8).unwrap_err().to_string();
        assert_eq!(error, "e.csv:1: found UTF-16 text; expected UTF-8 text");
    }

    #[test]
    fn the_first_error_in_the_file_is_told() {
        let text = (1..=2000).map(|line: u32| line.to_string()).collect::<Vec<_>>().join("\n");
        let input = Input::from_bytes("e", text.into_bytes());
        let fail = |block: &Block<'_>| {
            let (rows, used) = rows(block)?;
            match rows.iter().find(|(line, _)| line % 700 == 0) {
                None => Ok((rows, used)),
                Some(&(line, _)) => Err(FormatError::Line {
                    file: "e".into(),
                    line,
                    found: "a fault".into(),
                    expected: "none".into(),
                }),
            }
        };
        let error = blocks_of(&input, 64, fail, |_| Ok(())).unwrap_err().to_string();
        assert_eq!(error, "e:700: found a fault; expected none");
    }
}
