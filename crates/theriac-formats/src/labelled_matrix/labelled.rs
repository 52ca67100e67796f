//! A matrix as text with a header row and a header column.

use crate::delimited::{Dialect, Records};
use crate::error::{FormatError, excerpt};
use crate::matrix::{FloatMatrix, parse_float};
use crate::text::{Encoding, decode_text};

/// A matrix with labels.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LabelledMatrix {
    /// What stands above the row labels; empty where nothing does.
    pub(super) corner: String,
    pub(super) row_labels: Vec<String>,
    pub(super) column_labels: Vec<String>,
    /// Line of each row: `[rows]`.
    pub(super) lines: Vec<u32>,
    pub(super) matrix: FloatMatrix,
    pub(super) encoding: Encoding,
}

/// How a matrix as text begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// With a line of labels.
    Labelled,
    /// With a line of numbers.
    Plain,
}

impl LabelledMatrix {
    /// Whether it holds each node by each: the same labels down as across.
    pub(super) fn is_square(&self) -> bool {
        self.row_labels == self.column_labels
    }

    /// Parses a matrix of numbers with a header row and a header column. Cells stand between tabs, commas or single
    /// blanks, whichever comes first in this order in the header, and may be quoted; the cell above the row labels may be
    /// empty or left out, as R writes it. `file` stands for the path in messages.
    ///
    /// # Errors
    ///
    /// [`FormatError::Cell`] for a cell that is not a finite number and for an empty label, [`FormatError::Ragged`] for a
    /// row whose length differs from that of the first, [`FormatError::Empty`] when there is no row.
    pub(super) fn parse(bytes: &[u8], file: &str) -> Result<Self, FormatError> {
        let no_rows = || FormatError::Empty { file: file.into(), what: "rows" };
        let (text, encoding) = decode_text(bytes);
        let delimiter = delimiter(text.lines().find(|line| !line.trim().is_empty()).ok_or_else(no_rows)?);
        let mut records = Records::new(&text, 1, Dialect { delimiter, quotes: true }, true);
        let header: Vec<String> = records.next().ok_or_else(no_rows)?.cells().map(str::to_owned).collect();
        let mut parsed = Self {
            corner: String::new(),
            row_labels: Vec::new(),
            column_labels: header,
            lines: Vec::new(),
            matrix: FloatMatrix::default(),
            encoding,
        };
        while let Some(record) = records.next() {
            let (line, found) = (record.line(), record.len());
            let (header, first) = (parsed.column_labels.len(), parsed.row_labels.is_empty());
            if first && found == header {
                parsed.corner = parsed.column_labels.remove(0);
            }
            if found != parsed.column_labels.len() + 1 {
                let expected = if first { header } else { parsed.column_labels.len() + 1 };
                return Err(FormatError::Ragged { file: file.into(), line, found, expected });
            }
            let mut cells = record.cells();
            let label = cells.next().unwrap_or_default();
            if label.is_empty() {
                return Err(bad_cell(file, line, 1, label, "the label of the row"));
            }
            parsed.row_labels.push(label.to_owned());
            parsed.lines.push(u32::try_from(line).unwrap_or(u32::MAX));
            for (place, cell) in cells.enumerate() {
                match parse_float(cell.as_bytes()) {
                    Some(value) if value.is_finite() => parsed.matrix.values.push(value),
                    _ => return Err(bad_cell(file, line, place + 2, cell, "a finite number")),
                }
            }
        }
        if parsed.row_labels.is_empty() {
            return Err(no_rows());
        }
        if let Some(place) = parsed.column_labels.iter().position(String::is_empty) {
            // Behind the cell above the row labels: where that is left out, no label is empty but the last.
            return Err(bad_cell(file, 1, place + 2, "", "the label of the column"));
        }
        parsed.matrix.rows = parsed.row_labels.len();
        parsed.matrix.columns = parsed.column_labels.len();
        Ok(parsed)
    }
}

/// How a text begins that may be a matrix; `None` for one with a single cell in its first line.
pub(super) fn layout(bytes: &[u8]) -> Option<Layout> {
    let start = &bytes[..bytes.len().min(1 << 20)];
    let (text, _) = decode_text(start);
    let line = text.lines().find(|line| !line.trim().is_empty())?;
    let cells: Vec<&str> = match delimiter(line) {
        b' ' => line.split_whitespace().collect(),
        delimiter => line.split(char::from(delimiter)).map(str::trim).collect(),
    };
    if cells.len() < 2 {
        return None;
    }
    let numbers = cells.iter().all(|cell| parse_float(cell.as_bytes()).is_some());
    Some(if numbers { Layout::Plain } else { Layout::Labelled })
}

fn delimiter(line: &str) -> u8 {
    *b"\t,".iter().find(|&&delimiter| line.contains(char::from(delimiter))).unwrap_or(&b' ')
}

fn bad_cell(file: &str, line: u64, column: usize, cell: &str, expected: &'static str) -> FormatError {
    let found = excerpt(cell.as_bytes());
    FormatError::Cell { file: file.into(), line, column, found, expected }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> LabelledMatrix {
        LabelledMatrix::parse(text.as_bytes(), "m.tsv").unwrap()
    }

    fn message(text: &str) -> String {
        LabelledMatrix::parse(text.as_bytes(), "m.tsv").unwrap_err().to_string()
    }

    #[test]
    fn every_way_to_write_a_labelled_matrix_gives_the_same() {
        let expected = parse("\ta b\tc\nx\t0\t1\ny\t0.5\t0\n");
        assert_eq!(expected.row_labels, ["x", "y"]);
        assert_eq!(expected.column_labels, ["a b", "c"]);
        assert_eq!((expected.matrix.rows, expected.matrix.columns), (2, 2));
        assert_eq!(expected.matrix.values, [0.0, 1.0, 0.5, 0.0]);
        assert_eq!(expected.lines, [2, 3]);
        for text in [
            "\u{feff}\ta b\tc\r\nx\t0\t1\r\ny\t0.5\t0\r\n",
            "a b\tc\nx\t0\t1\ny\t0.5\t0",
            "\"\",\"a b\",\"c\"\n\"x\",0,1\n\"y\",0.5,0\n",
            "\"a b\" \"c\"\n\"x\" 0 1\n\"y\" 0.5 0\n",
        ] {
            assert_eq!(parse(text), expected, "{text:?}");
        }
        assert_eq!(parse("drug,c\nx,1\n").corner, "drug");
        assert_eq!(
            LabelledMatrix::parse(b"\tM\xe9ni\xe8re\nx\t1\n", "m").unwrap().column_labels,
            ["Ménière"]
        );
    }

    #[test]
    fn a_bad_matrix_is_one_clear_sentence() {
        assert_eq!(message("\ta\tb\nx\t0\t1\ny\t0\n"), "m.tsv:3: found 2 cells; expected 3, as on line 1");
        assert_eq!(message("\ta\tb\nx\t0\n"), "m.tsv:2: found 2 cells; expected 3, as on line 1");
        assert_eq!(message("\ta\tb\nx\t0\tz\n"), "m.tsv:2: cell 3 holds 'z'; expected a finite number");
        assert_eq!(message("\ta\tb\nx\tnan\t1\n"), "m.tsv:2: cell 2 holds 'nan'; expected a finite number");
        assert_eq!(message("\ta\tb\n\t0\t1\n"), "m.tsv:2: cell 1 holds ''; expected the label of the row");
        assert_eq!(message("\ta\t\nx\t0\t1\n"), "m.tsv:1: cell 3 holds ''; expected the label of the column");
        for empty in ["", "\n \n", "\ta\tb\n"] {
            assert_eq!(message(empty), "m.tsv holds no rows; expected at least one", "{empty:?}");
        }
    }

    #[test]
    fn layouts_are_told_by_the_first_line() {
        for (text, expected) in [
            ("\tDB1\tDB2\n", Some(Layout::Labelled)),
            ("0.0e+00,1.0e+00\n", Some(Layout::Plain)),
            ("  1.0    0.5 \n", Some(Layout::Plain)),
            ("\n\n0 1\n", Some(Layout::Plain)),
            ("heparin sodium\n", Some(Layout::Labelled)),
            ("aspirin\n", None),
            ("1\n", None),
            ("", None),
        ] {
            assert_eq!(layout(text.as_bytes()), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_written_matrix_is_read_again(
            (rows, columns, values) in (1usize..6, 1usize..6).prop_flat_map(|(rows, columns)| {
                (Just(rows), Just(columns), prop::collection::vec(-1e30f32..1e30, rows * columns))
            }),
            delimiter in prop::sample::select(vec!["\t", ",", " "]),
            end in prop::sample::select(vec!["\n", "\r\n"]),
        ) {
            let labels = |letter: char, count: usize| (0..count).map(|i| format!("{letter}{i}")).collect::<Vec<_>>();
            let (row_labels, column_labels) = (labels('r', rows), labels('c', columns));
            let mut text = format!("corner{delimiter}{}{end}", column_labels.join(delimiter));
            for (label, row) in row_labels.iter().zip(values.chunks(columns)) {
                let cells: Vec<String> = row.iter().map(f32::to_string).collect();
                text += &([std::slice::from_ref(label), &cells].concat().join(delimiter) + end);
            }
            let parsed = parse(&text);
            prop_assert_eq!(parsed.row_labels, row_labels);
            prop_assert_eq!(parsed.column_labels, column_labels);
            prop_assert_eq!(parsed.matrix.values, values);
        }

        #[test]
        fn any_bytes_give_a_matrix_or_an_error(
            bytes in prop::collection::vec(
                prop_oneof![prop::sample::select(b"01ab \t\r\n.,\"".to_vec()), any::<u8>()],
                0..200,
            ),
        ) {
            let _ = layout(&bytes);
            if let Ok(parsed) = LabelledMatrix::parse(&bytes, "m") {
                prop_assert_eq!(parsed.matrix.values.len(), parsed.row_labels.len() * parsed.column_labels.len());
                prop_assert_eq!(parsed.lines.len(), parsed.row_labels.len());
            }
        }
    }
}
