//! The columns of a table, as a mapping names them.

use super::value::Column;
use crate::error::{FormatError, excerpt};

/// So many columns are shown in a message.
const SHOWN: usize = 30;

/// The columns that a table has, and which of them are read.
#[derive(Clone, Debug)]
pub(super) struct Columns {
    pub(super) file: String,
    /// The columns that the table has; of JSON the keys that were asked for, since there is no list of all.
    pub(super) names: Vec<String>,
    pub(super) kind: ColumnKind,
    /// Places in `names` of the columns that are read.
    pub(super) chosen: Vec<usize>,
    /// Those without which a row cannot be read, with what they hold.
    pub(super) needed: Vec<(usize, &'static str)>,
}

/// What names the columns of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ColumnKind {
    /// A header, or the schema of a Parquet file.
    Named,
    /// Nothing: delimited text without header.
    Numbered,
    /// The keys of each row.
    Keys,
}

impl Columns {
    pub(super) fn new(file: String, names: Vec<String>, kind: ColumnKind) -> Self {
        Self { file, names, kind, chosen: Vec::new(), needed: Vec::new() }
    }

    /// The place of a column that holds `what`.
    ///
    /// # Errors
    ///
    /// [`FormatError::Line`] when the table has no such column, or two.
    pub(super) fn place(&mut self, column: &Column, what: &'static str) -> Result<usize, FormatError> {
        let place = match (column, self.kind) {
            (Column::Number(_), ColumnKind::Keys) => {
                return Err(self.wrong("objects".into(), format!("a key for {what}, not column {column}")));
            }
            (Column::Number(number), _) => {
                if *number > self.names.len() {
                    let found = match self.names.len() {
                        1 => "1 column".into(),
                        columns => format!("{columns} columns"),
                    };
                    return Err(self.wrong(found, format!("a column {column}, {what}")));
                }
                number - 1
            }
            (Column::Name(_), ColumnKind::Numbered) => {
                let found = "a table without header".into();
                return Err(self.wrong(found, format!("the number of the column {column}, {what}")));
            }
            (Column::Name(name), kind) => {
                let mut places = (0..self.names.len()).filter(|&place| self.names[place] == *name);
                match (places.next(), places.next(), kind) {
                    (Some(place), None, _) => place,
                    (Some(first), Some(second), _) => {
                        let found =
                            format!("the column {column} twice (columns {} and {})", first + 1, second + 1);
                        return Err(self.wrong(found, format!("it once, or the number of {what}")));
                    }
                    (None, _, ColumnKind::Keys) => {
                        self.names.push(name.clone());
                        self.names.len() - 1
                    }
                    (None, ..) => return Err(self.absent(&self.names, column, what)),
                }
            }
        };
        if !self.chosen.contains(&place) {
            self.chosen.push(place);
        }
        Ok(place)
    }

    /// As [`Columns::place`], of a column without which a row cannot be read.
    pub(super) fn needed(&mut self, column: &Column, what: &'static str) -> Result<usize, FormatError> {
        let place = self.place(column, what)?;
        self.needed.push((place, what));
        Ok(place)
    }

    /// What a column is called: its name, or its number.
    pub(super) fn called(&self, place: usize) -> String {
        match self.names.get(place).filter(|name| !name.is_empty() && self.kind != ColumnKind::Numbered) {
            Some(name) => format!("'{name}'"),
            None => (place + 1).to_string(),
        }
    }

    /// What is to be said of the columns that are not read, out of `names`.
    pub(super) fn unread<'a>(&self, names: impl Iterator<Item = &'a str>) -> Option<String> {
        let named: Vec<&str> = names.filter(|name| !name.is_empty()).collect();
        let columns = if named.len() == 1 { "column" } else { "columns" };
        (!named.is_empty()).then(|| format!("{}: {columns} {} not read", self.file, listed(&named)))
    }

    /// The error of a table that has the columns `names`, but not this one, which should hold `what`.
    pub(super) fn absent(&self, names: &[String], column: &Column, what: &str) -> FormatError {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let found = match names.as_slice() {
            [] => "no columns".into(),
            [only] => format!("the column {only} alone"),
            names => format!("the columns {}", listed(names)),
        };
        self.wrong(found, format!("a column {column}, {what}"))
    }

    fn wrong(&self, found: String, expected: String) -> FormatError {
        FormatError::Line { file: self.file.clone(), line: 1, found, expected }
    }
}

/// Names in a sentence, long ones and long lists of them cut.
pub(super) fn listed(names: &[&str]) -> String {
    let mut shown: Vec<String> = names.iter().take(SHOWN).map(|name| excerpt(name.as_bytes())).collect();
    if names.len() > SHOWN {
        shown.push(format!("... ({} in all)", names.len()));
    }
    shown.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(kind: ColumnKind) -> Columns {
        Columns::new("t.csv".into(), ["a", "b", "b", ""].map(str::to_owned).into(), kind)
    }

    fn message(kind: ColumnKind, column: &Column) -> String {
        columns(kind).place(column, "the id of the source").unwrap_err().to_string()
    }

    #[test]
    fn columns_go_by_name_or_number() {
        let mut named = columns(ColumnKind::Named);
        assert_eq!(named.place(&Column::Name("a".into()), "x").unwrap(), 0);
        assert_eq!(named.place(&Column::Number(3), "x").unwrap(), 2);
        assert_eq!((named.called(0), named.called(3)), ("'a'".into(), "4".into()));
        assert_eq!(named.chosen, [0, 2]);
        let mut keys = Columns::new("t.json".into(), Vec::new(), ColumnKind::Keys);
        assert_eq!(keys.needed(&Column::Name("x.y".into()), "x").unwrap(), 0);
        assert_eq!(keys.needed, [(0, "x")]);
    }

    #[test]
    fn what_is_not_there_is_told_with_what_is() {
        let c = || Column::Name("c".into());
        for (kind, column, expected) in [
            (ColumnKind::Named, c(), "the columns a, b, b, ; expected a column 'c', the id of the source"),
            (
                ColumnKind::Named,
                Column::Name("b".into()),
                "the column 'b' twice (columns 2 and 3); expected it once, or the number of the id of the source",
            ),
            (ColumnKind::Numbered, Column::Number(5), "4 columns; expected a column 5, the id of the source"),
            (
                ColumnKind::Numbered,
                c(),
                "a table without header; expected the number of the column 'c', the id of the source",
            ),
            (
                ColumnKind::Keys,
                Column::Number(1),
                "objects; expected a key for the id of the source, not column 1",
            ),
        ] {
            assert_eq!(message(kind, &column), format!("t.csv:1: found {expected}"));
        }
    }
}
