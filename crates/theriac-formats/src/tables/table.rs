//! A table in any form: its columns, and the cells of its rows.

use super::columns::Columns;
use super::mapping::Layout;
use super::part::Part;
use crate::delimited::{Dialect, Record};
use crate::error::FormatError;
use crate::input::Input;

/// A table whose columns are known.
pub(super) struct Table<'m> {
    pub(super) input: Input,
    pub(super) layout: Layout<'m>,
    pub(super) columns: Columns,
    pub(super) form: Form,
}

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Delimited(Dialect),
    Json,
    Parquet,
}

/// The cells of a row, by place of the column.
pub(super) trait Row {
    /// A cell without blanks around it; empty where the row has none.
    fn cell(&self, place: usize) -> &str;
}

/// A row and where it stands.
pub(super) struct Cells<'r> {
    pub(super) line: u64,
    row: &'r dyn Row,
    missing: &'r [String],
}

/// Takes a row into a part.
pub(super) type Push<'p> = dyn Fn(&mut Part, &Cells<'_>) -> Result<(), FormatError> + Sync + 'p;

impl Row for Record<'_> {
    fn cell(&self, place: usize) -> &str {
        Record::cell(self, place)
    }
}

impl<'r> Cells<'r> {
    pub(super) fn new(line: u64, row: &'r dyn Row, layout: &Layout<'r>) -> Self {
        Self { line, row, missing: layout.missing }
    }

    /// A cell; empty also where its text stands for a missing value.
    pub(super) fn cell(&self, place: usize) -> &'r str {
        let cell = self.row.cell(place);
        if self.missing.iter().any(|missing| missing == cell) { "" } else { cell }
    }

    /// The cell of a column that the mapping may not name.
    pub(super) fn optional(&self, place: Option<usize>) -> &'r str {
        place.map_or("", |place| self.cell(place))
    }
}
