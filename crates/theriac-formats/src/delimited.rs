//! Delimited text (CSV, TSV): records of cells.

use memchr::{memchr, memchr_iter, memchr2};

use crate::error::FormatError;

/// How cells are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dialect {
    /// The byte between cells.
    pub(crate) delimiter: u8,
    /// Whether a cell that begins with `"` goes to the next `"` that is not doubled. Where not, `"` is a letter.
    pub(crate) quotes: bool,
}

impl Dialect {
    /// Cells between tabs, as they are: the form of most published tables.
    pub(crate) const TSV: Self = Self { delimiter: b'\t', quotes: false };
    /// Cells between commas, quoted where need be (RFC 4180).
    pub(crate) const CSV: Self = Self { delimiter: b',', quotes: true };
}

/// Reads one record after the other from a text that begins with a record.
pub(crate) struct Records<'a> {
    text: &'a str,
    dialect: Dialect,
    /// Whether nothing follows the text, so that its last record needs no line feed.
    last: bool,
    /// The line of a record with a quote that is never closed: it and whatever follows are no records.
    unclosed: Option<u64>,
    at: usize,
    line: u64,
    cells: Vec<Cell>,
    unescaped: String,
}

/// Where a cell stands: in the text, or among the cells that had to be unescaped.
#[derive(Clone, Copy)]
struct Cell {
    start: usize,
    end: usize,
    unescaped: bool,
}

/// One record.
pub(crate) struct Record<'r> {
    text: &'r str,
    unescaped: &'r str,
    cells: &'r [Cell],
    line: u64,
}

impl<'a> Records<'a> {
    /// Records from the begin of `text`, which stands on `line`.
    pub(crate) fn new(text: &'a str, line: u64, dialect: Dialect, last: bool) -> Self {
        Self { text, dialect, last, unclosed: None, at: 0, line, cells: Vec::new(), unescaped: String::new() }
    }

    /// Bytes of whole records, once all of them were read; a record that does not end within the text is left.
    ///
    /// # Errors
    ///
    /// [`FormatError::Line`] when a quote is never closed.
    pub(crate) fn finish(&self, file: &str) -> Result<usize, FormatError> {
        self.unclosed.map_or(Ok(self.at), |line| {
            let found = "a cell whose quote is never closed".into();
            Err(FormatError::Line { file: file.into(), line, found, expected: "its closing quote".into() })
        })
    }

    /// The next record that is not blank; `None` where no whole one is left.
    pub(crate) fn next(&mut self) -> Option<Record<'_>> {
        loop {
            let line = self.line;
            let (end, lines) = self.scan()?;
            self.at = end;
            self.line += lines;
            let record = Record { text: self.text, unescaped: &self.unescaped, cells: &self.cells, line };
            if record.len() > 1 || !record.cell(0).is_empty() {
                break Some(Record { text: self.text, unescaped: &self.unescaped, cells: &self.cells, line });
            }
        }
    }

    /// Finds the cells of the record at `at`, and gives its end and the number of lines that it takes.
    fn scan(&mut self) -> Option<(usize, u64)> {
        let bytes = self.text.as_bytes();
        self.cells.clear();
        self.unescaped.clear();
        let (mut start, mut lines) = (self.at, 1);
        if start == bytes.len() {
            return None;
        }
        loop {
            let end = if self.dialect.quotes && bytes.get(start) == Some(&b'"') {
                let end = self.quoted(start)?;
                lines += memchr_iter(b'\n', &bytes[start..end]).count() as u64;
                end
            } else {
                let end = self.cell_end(start)?;
                self.cells.push(Cell { start, end, unescaped: false });
                end
            };
            match bytes.get(end) {
                Some(b'\n') => return Some((end + 1, lines)),
                Some(_) => start = end + 1,
                None => return Some((end, lines)),
            }
        }
    }

    /// Where a cell that begins at `start`, outside of quotes, ends.
    fn cell_end(&self, start: usize) -> Option<usize> {
        let rest = &self.text.as_bytes()[start..];
        match memchr2(self.dialect.delimiter, b'\n', rest) {
            Some(length) => Some(start + length),
            None => self.last.then_some(self.text.len()),
        }
    }

    /// Takes a quoted cell, and gives its end.
    fn quoted(&mut self, start: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let mut from = start + 1;
        let scratch = self.unescaped.len();
        loop {
            let Some(length) = memchr(b'"', &bytes[from..]) else {
                if self.last {
                    self.unclosed = Some(self.line);
                    self.at = bytes.len();
                }
                return None;
            };
            let quote = from + length;
            if bytes.get(quote + 1) == Some(&b'"') {
                self.unescaped.push_str(&self.text[from..=quote]);
                from = quote + 2;
                continue;
            }
            if quote + 1 == bytes.len() && !self.last {
                return None;
            }
            let end = self.cell_end(quote + 1)?;
            let after = &self.text[quote + 1..end];
            if scratch == self.unescaped.len() && after.trim().is_empty() {
                self.cells.push(Cell { start: from, end: quote, unescaped: false });
            } else {
                self.unescaped.push_str(&self.text[from..quote]);
                self.unescaped.push_str(after);
                self.cells.push(Cell { start: scratch, end: self.unescaped.len(), unescaped: true });
            }
            return Some(end);
        }
    }
}

impl<'r> Record<'r> {
    /// Number of cells.
    pub(crate) fn len(&self) -> usize {
        self.cells.len()
    }

    /// The line that the record begins on.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    /// A cell, without blanks around it.
    pub(crate) fn cell(&self, place: usize) -> &'r str {
        let Cell { start, end, unescaped } = self.cells[place];
        let cell = if unescaped { &self.unescaped[start..end] } else { &self.text[start..end] };
        // Nearly every cell begins and ends with a letter or digit, which is told without decoding it.
        match cell.as_bytes() {
            [first, .., last] if *first > b' ' && *last > b' ' && *first < 0x80 && *last < 0x80 => cell,
            _ => cell.trim(),
        }
    }

    /// All cells, in order.
    pub(crate) fn cells(&self) -> impl Iterator<Item = &'r str> {
        (0..self.len()).map(|place| self.cell(place))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str, dialect: Dialect, last: bool) -> (Vec<(u64, Vec<String>)>, usize) {
        let mut records = Records::new(text, 1, dialect, last);
        let mut found = Vec::new();
        while let Some(record) = records.next() {
            found.push((record.line(), record.cells().map(str::to_owned).collect()));
        }
        (found, records.at)
    }

    fn cells(text: &str) -> Vec<(u64, Vec<String>)> {
        read(text, Dialect::CSV, true).0
    }

    fn row(line: u64, cells: &[&str]) -> (u64, Vec<String>) {
        (line, cells.iter().map(|&cell| cell.into()).collect())
    }

    #[test]
    fn quotes_line_ends_and_blank_lines() {
        assert_eq!(cells("a, b \r\n\r\nc,\n"), [row(1, &["a", "b"]), row(3, &["c", ""])]);
        assert_eq!(
            cells("\"a,b\",\"c\nd\"\n\"say \"\"hi\"\"\",e"),
            [row(1, &["a,b", "c\nd"]), row(3, &["say \"hi\"", "e"])]
        );
        assert_eq!(cells("\"a\" ,\"b\"c,d\"e\"\n"), [row(1, &["a", "bc", "d\"e\""])]);
        assert_eq!(cells(""), []);
        assert_eq!(read("5\" pipe\t\"x\n", Dialect::TSV, true).0, [row(1, &["5\" pipe", "\"x"])]);
    }

    #[test]
    fn a_record_that_goes_on_behind_the_text_is_left() {
        for (text, consumed) in
            [("a,b\nc,d", 4), ("a,b\n\"c\nd", 4), ("a,b\n\"c\"", 4), ("a,b\n", 4), ("\"a\"\"", 0)]
        {
            assert_eq!(read(text, Dialect::CSV, false).1, consumed, "{text:?}");
            assert_eq!(read(text, Dialect::CSV, true).1, text.len(), "{text:?}");
        }
    }

    #[test]
    fn a_quote_that_is_never_closed_is_refused() {
        let mut records = Records::new("a,b\nc,\"d\ne,f\n", 1, Dialect::CSV, true);
        assert!(records.next().is_some() && records.next().is_none());
        assert_eq!(
            records.finish("e.csv").unwrap_err().to_string(),
            "e.csv:2: found a cell whose quote is never closed; expected its closing quote"
        );
    }

    proptest! {
        #[test]
        fn what_the_csv_crate_reads_is_read_alike(text in "[a,\"\n x]{0,40}") {
            let mut reader = csv::ReaderBuilder::new()
                .has_headers(false)
                .flexible(true)
                .terminator(csv::Terminator::Any(b'\n'))
                .trim(csv::Trim::All)
                .from_reader(text.as_bytes());
            let expected: Vec<Vec<String>> = reader
                .records()
                .map(|record| record.unwrap().iter().map(str::to_owned).collect())
                .filter(|record: &Vec<String>| record.len() > 1 || !record[0].is_empty())
                .collect();
            let mut records = Records::new(&text, 1, Dialect::CSV, true);
            while records.next().is_some() {}
            prop_assume!(records.finish("").is_ok());
            let found: Vec<Vec<String>> = cells(&text).into_iter().map(|(_, cells)| cells).collect();
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn any_text_is_read_to_its_end(text in "\\PC{0,60}", quotes in any::<bool>()) {
            let (_, consumed) = read(&text, Dialect { delimiter: b',', quotes }, true);
            prop_assert_eq!(consumed, text.len());
        }
    }
}
