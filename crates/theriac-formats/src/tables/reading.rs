//! Opening a table in any form, and reading its rows one after the other.

use std::io;

use super::columns::{ColumnKind, Columns};
use super::mapping::Layout;
use super::part::Part;
use super::table::{Cells, Form, Push, Table};
use super::{json, parquet};
use crate::delimited::Dialect;
use crate::error::FormatError;
use crate::input::Input;
use crate::rows::{Rows, first_row};

/// Bytes that may stand between cells, where the mapping names none.
const DELIMITERS: [u8; 4] = [b',', b'\t', b';', b'|'];

impl<'m> Table<'m> {
    /// Finds out the form and the columns of `input`, and what `bind` makes of these.
    ///
    /// # Errors
    ///
    /// [`FormatError::Empty`] when there is no row; the error of `bind`; what reading the begin of the input meets.
    pub(super) fn open<B>(
        input: Input,
        layout: Layout<'m>,
        bind: impl Fn(&mut Columns) -> Result<B, FormatError>,
    ) -> Result<(Self, B), FormatError> {
        let file = input.path().display().to_string();
        let (form, mut columns) = if parquet::recognised(input.head()) {
            (Form::Parquet, Columns::new(file, parquet::column_names(&input)?, ColumnKind::Named))
        } else if json::recognised(input.head()) {
            (Form::Json, Columns::new(file, Vec::new(), ColumnKind::Keys))
        } else {
            return Self::open_delimited(input, layout, &file, bind);
        };
        let bound = bind(&mut columns)?;
        Ok((Self { input, layout, columns, form }, bound))
    }

    /// Delimited text, between whose cells stands what makes most sense of the first row.
    fn open_delimited<B>(
        input: Input,
        layout: Layout<'m>,
        file: &str,
        bind: impl Fn(&mut Columns) -> Result<B, FormatError>,
    ) -> Result<(Self, B), FormatError> {
        if [&b"\xff\xfe"[..], b"\xfe\xff"].iter().any(|mark| input.head().starts_with(mark)) {
            let (found, expected) = ("UTF-16 text".into(), "UTF-8 text".into());
            return Err(FormatError::Line { file: file.into(), line: 1, found, expected });
        }
        let kind = if layout.header { ColumnKind::Named } else { ColumnKind::Numbered };
        let dialects = match layout.delimiter {
            Some(delimiter) => vec![delimiter],
            None => DELIMITERS.to_vec(),
        };
        let mut readings: Vec<(Dialect, Columns)> = Vec::new();
        for delimiter in dialects {
            let dialect = Dialect { delimiter, quotes: layout.quotes };
            if let Some(names) = first_row(input.head(), dialect) {
                readings.push((dialect, Columns::new(file.into(), names, kind)));
            }
        }
        // The most cells first; among as many, in the order of the delimiters.
        readings.sort_by_key(|(_, columns)| std::cmp::Reverse(columns.names.len()));
        let mut failure = None;
        for (dialect, mut columns) in readings {
            match bind(&mut columns) {
                Ok(bound) => {
                    return Ok((Self { input, layout, columns, form: Form::Delimited(dialect) }, bound));
                }
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        // A file that cannot be decoded has no columns either, but that is not its trouble.
        input.read(|reader| io::copy(reader, &mut io::sink()).map_err(|error| input.error(error)))?;
        Err(failure.unwrap_or_else(|| FormatError::Empty { file: file.into(), what: "rows" }))
    }

    /// Passes every row to `push`, and puts all together in `whole`, in the order of the file; gives what is to be said of
    /// the reading.
    ///
    /// # Errors
    ///
    /// The first of `push` in the order of the file; what is wrong with the file.
    pub(super) fn read(&self, whole: &mut Part, push: &Push<'_>) -> Result<Vec<String>, FormatError> {
        let mut decisions = Vec::new();
        match self.form {
            Form::Delimited(dialect) => {
                let width = self.columns.names.len();
                let rows = Rows { dialect, header: self.layout.header, width };
                let empty = whole.block();
                let latin1 = rows.read_parts(
                    &self.input,
                    || empty.block(),
                    |part, record| push(part, &Cells::new(record.line(), record, &self.layout)),
                    |part| whole.append(part),
                )?;
                decisions.extend(latin1.decision(&self.columns.file));
            }
            Form::Json => decisions.extend(json::read(self, whole, push)?),
            Form::Parquet => parquet::read(self, whole, push)?,
        }
        decisions.extend(match self.form {
            Form::Json => self.columns.unread(
                whole
                    .keys
                    .iter()
                    .map(String::as_str)
                    .filter(|key| !json::asked_for(&self.columns.names, key)),
            ),
            _ if self.columns.kind == ColumnKind::Numbered => None,
            _ => {
                let unread =
                    (0..self.columns.names.len()).filter(|place| !self.columns.chosen.contains(place));
                self.columns.unread(unread.map(|place| self.columns.names[place].as_str()))
            }
        });
        Ok(decisions)
    }
}
