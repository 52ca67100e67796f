//! Matrices as text: one row a line, cells separated by blanks or commas.

use memchr::memchr;

use crate::error::{FormatError, excerpt};

/// The ones of a 0/1 matrix, row by row and in order of column within a row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BinaryMatrix {
    /// Number of rows.
    pub rows: usize,
    /// Number of columns.
    pub columns: usize,
    /// Row of each one: `[ones]`.
    pub ones_row: Vec<u32>,
    /// Column of each one: `[ones]`.
    pub ones_column: Vec<u32>,
}

/// A dense matrix of finite numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FloatMatrix {
    /// Number of rows.
    pub rows: usize,
    /// Number of columns.
    pub columns: usize,
    /// The cells, row by row: `[rows * columns]`.
    pub values: Vec<f32>,
}

impl FloatMatrix {
    /// The ones of the matrix, where it holds zeros and ones alone. `place` gives the line and the cell that stand for a
    /// row and a column in messages about `file`.
    ///
    /// # Errors
    ///
    /// [`FormatError::Cell`] for a cell that is neither 0 nor 1.
    pub(crate) fn to_binary(
        &self,
        file: &str,
        place: impl Fn(usize, usize) -> (u64, usize),
    ) -> Result<BinaryMatrix, FormatError> {
        let mut matrix = BinaryMatrix { rows: self.rows, columns: self.columns, ..BinaryMatrix::default() };
        for (i, &value) in self.values.iter().enumerate().filter(|&(_, &value)| value != 0.0) {
            let (row, column) = (i / self.columns, i % self.columns);
            if value != 1.0 {
                let ((line, column), found) = (place(row, column), value.to_string());
                return Err(FormatError::Cell { file: file.into(), line, column, found, expected: "0 or 1" });
            }
            matrix.ones_row.push(row as u32);
            matrix.ones_column.push(column as u32);
        }
        Ok(matrix)
    }
}

/// Parses a matrix of zeros and ones, separated by blanks or, where a row has any, commas.
///
/// Rows written `0 1 0` (one digit a cell, one blank, tab or comma between) go eight bytes at a time, at the speed of
/// memory; others (more blanks, `1.0` for `1`) cell by cell. `file` stands for the path in messages.
///
/// # Errors
///
/// [`FormatError::Cell`] for a cell that is neither 0 nor 1, [`FormatError::Ragged`] for a row whose length differs from
/// that of the first, [`FormatError::Empty`] when there is no row.
pub fn parse_binary(bytes: &[u8], file: &str) -> Result<BinaryMatrix, FormatError> {
    let mut matrix = BinaryMatrix::default();
    for line in Rows::new(bytes) {
        let row = matrix.rows as u32;
        if !push_plain_row(line, matrix.columns, &mut matrix.ones_column) {
            let mut cells = 0;
            for cell in split_cells(line) {
                match parse_float(cell) {
                    Some(0.0) => {}
                    Some(1.0) => matrix.ones_column.push(cells as u32),
                    _ => return Err(bad_cell(file, matrix.rows, cells, cell, "0 or 1")),
                }
                cells += 1;
            }
            matrix.columns = check_width(file, matrix.rows, cells, matrix.columns)?;
        }
        matrix.ones_row.resize(matrix.ones_column.len(), row);
        matrix.rows += 1;
    }
    if matrix.rows == 0 { Err(no_rows(file)) } else { Ok(matrix) }
}

/// Parses a matrix of numbers, separated by blanks or, where a row has any, commas. `file` stands for the path in messages.
///
/// # Errors
///
/// [`FormatError::Cell`] for a cell that is not a finite number, [`FormatError::Ragged`] for a row whose length differs
/// from that of the first, [`FormatError::Empty`] when there is no row.
pub fn parse_floats(bytes: &[u8], file: &str) -> Result<FloatMatrix, FormatError> {
    let mut matrix = FloatMatrix::default();
    for line in Rows::new(bytes) {
        let start = matrix.values.len();
        for cell in split_cells(line) {
            match parse_float(cell) {
                Some(value) if value.is_finite() => matrix.values.push(value),
                _ => {
                    let column = matrix.values.len() - start;
                    return Err(bad_cell(file, matrix.rows, column, cell, "a finite number"));
                }
            }
        }
        matrix.columns = check_width(file, matrix.rows, matrix.values.len() - start, matrix.columns)?;
        matrix.rows += 1;
    }
    if matrix.rows == 0 { Err(no_rows(file)) } else { Ok(matrix) }
}

/// The lines of a text without byte order mark and line ends; blank lines at the end of the text are no rows.
struct Rows<'a> {
    rest: &'a [u8],
}

impl<'a> Rows<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_end() }
    }
}

impl<'a> Iterator for Rows<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        let (line, rest) = match memchr(b'\n', self.rest) {
            Some(end) => (&self.rest[..end], &self.rest[end + 1..]),
            None => (self.rest, &[][..]),
        };
        self.rest = rest;
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }
}

/// Pushes the columns of the ones in a row written `0 1 0` with `columns` cells; does nothing and returns false when
/// the row is written otherwise.
fn push_plain_row(line: &[u8], columns: usize, ones: &mut Vec<u32>) -> bool {
    if columns == 0 || line.len() != 2 * columns - 1 {
        return false;
    }
    let blank = line.get(1).copied().unwrap_or(b' ');
    if !matches!(blank, b' ' | b'\t' | b',') {
        return false;
    }
    let before = ones.len();
    // Four cells a word: after the exclusive or, a word of zeros and ones differs from zero only in the low bits of
    // the digits, and most words of a sparse matrix do not differ at all.
    let zeros = u64::from_le_bytes([b'0', blank, b'0', blank, b'0', blank, b'0', blank]);
    let digit_bits = 0x0001_0001_0001_0001;
    let (words, tail) = line.as_chunks::<8>();
    for (i, word) in words.iter().enumerate() {
        let mut bits = u64::from_le_bytes(*word) ^ zeros;
        if bits & !digit_bits != 0 {
            ones.truncate(before);
            return false;
        }
        while bits != 0 {
            ones.push(4 * i as u32 + bits.trailing_zeros() / 16);
            bits &= bits - 1;
        }
    }
    for (i, &byte) in tail.iter().enumerate() {
        match (i % 2, byte) {
            (0, b'0') => {}
            (0, b'1') => ones.push((4 * words.len() + i / 2) as u32),
            (1, byte) if byte == blank => {}
            _ => {
                ones.truncate(before);
                return false;
            }
        }
    }
    true
}

fn split_cells(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    // Between commas nothing is a cell too, though not a number.
    let commas = memchr(b',', line).is_some();
    let separates = move |byte: &u8| if commas { *byte == b',' } else { byte.is_ascii_whitespace() };
    line.split(separates).map(<[u8]>::trim_ascii).filter(move |cell| commas || !cell.is_empty())
}

pub(crate) fn parse_float(cell: &[u8]) -> Option<f32> {
    std::str::from_utf8(cell).ok()?.parse().ok()
}

/// The width of a matrix, given the width of one more row: the first row sets it.
fn check_width(file: &str, row: usize, found: usize, expected: usize) -> Result<usize, FormatError> {
    if row == 0 || found == expected {
        return Ok(found);
    }
    Err(FormatError::Ragged { file: file.into(), line: row as u64 + 1, found, expected })
}

fn bad_cell(file: &str, row: usize, column: usize, cell: &[u8], expected: &'static str) -> FormatError {
    let (line, column) = (row as u64 + 1, column + 1);
    FormatError::Cell { file: file.into(), line, column, found: excerpt(cell), expected }
}

fn no_rows(file: &str) -> FormatError {
    FormatError::Empty { file: file.into(), what: "rows" }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn binary_error(text: &str) -> String {
        parse_binary(text.as_bytes(), "m.txt").unwrap_err().to_string()
    }

    #[test]
    fn ones_come_row_by_row() {
        let matrix = parse_binary(b"0 1 0 0 0 1\n0 0 0 0 0 0\n1 0 0 0 1 0\n", "m.txt").unwrap();
        assert_eq!((matrix.rows, matrix.columns), (3, 6));
        assert_eq!(matrix.ones_row, [0, 0, 2, 2]);
        assert_eq!(matrix.ones_column, [1, 5, 0, 4]);
    }

    #[test]
    fn every_way_to_write_a_matrix_gives_the_same() {
        let plain = parse_binary(b"0 1 0\n1 0 1\n", "m.txt").unwrap();
        for text in [
            "0\t1\t0\n1\t0\t1",
            "0 1 0\r\n1 0 1\r\n",
            "0  1   0\n1 0 1 \n\n\n",
            " 0.0 1.0 0e0\n1 0 1.000\n",
            "0,1,0\n1,0,1\n",
            "0.0e+00, 1.0e+00 ,0\r\n1,0,1\r\n",
            "\u{feff}0 1 0\n1,0,1",
        ] {
            assert_eq!(parse_binary(text.as_bytes(), "m.txt").unwrap(), plain, "{text:?}");
        }
    }

    #[test]
    fn a_bad_matrix_is_one_clear_sentence() {
        assert_eq!(binary_error("0 1\n0 x\n"), "m.txt:2: cell 2 holds 'x'; expected 0 or 1");
        assert_eq!(binary_error("0 1\n2 0\n"), "m.txt:2: cell 1 holds '2'; expected 0 or 1");
        assert_eq!(binary_error("0 1\n0\n"), "m.txt:2: found 1 cell; expected 2, as on line 1");
        assert_eq!(binary_error("0 1\n0 1 1\n"), "m.txt:2: found 3 cells; expected 2, as on line 1");
        assert_eq!(binary_error("0 1\n\n0 1\n"), "m.txt:2: found 0 cells; expected 2, as on line 1");
        assert_eq!(binary_error("0 1\n0_1\n"), "m.txt:2: cell 1 holds '0_1'; expected 0 or 1");
        assert_eq!(binary_error("0,1\n0,\n"), "m.txt:2: cell 2 holds ''; expected 0 or 1");
        assert_eq!(binary_error("0,1\n0,,1\n"), "m.txt:2: cell 2 holds ''; expected 0 or 1");
        assert_eq!(binary_error(" \n"), "m.txt holds no rows; expected at least one");
        let float_error = |text: &str| parse_floats(text.as_bytes(), "s.txt").unwrap_err().to_string();
        assert_eq!(float_error("1 0.5\n0.5 NaN"), "s.txt:2: cell 2 holds 'NaN'; expected a finite number");
        assert_eq!(float_error("1 inf"), "s.txt:1: cell 2 holds 'inf'; expected a finite number");
        assert_eq!(float_error("1 1e99"), "s.txt:1: cell 2 holds '1e99'; expected a finite number");
        assert_eq!(float_error("1 1\n1"), "s.txt:2: found 1 cell; expected 2, as on line 1");
        assert_eq!(float_error(""), "s.txt holds no rows; expected at least one");
    }

    #[test]
    fn numbers_are_told_to_be_binary() {
        let place = |row: usize, column: usize| (row as u64 + 2, column + 2);
        let binary = |text: &[u8]| parse_floats(text, "m.txt").unwrap().to_binary("m.txt", place);
        assert_eq!(binary(b"0 1 0\n1 0 -0").unwrap(), parse_binary(b"0 1 0\n1 0 0", "m.txt").unwrap());
        assert_eq!(
            binary(b"0 1\n0.5 0").unwrap_err().to_string(),
            "m.txt:3: cell 2 holds '0.5'; expected 0 or 1"
        );
    }

    /// A bad byte must be found in a whole word as well as in the tail of a row, and leave nothing behind.
    #[test]
    fn a_bad_byte_is_found_at_every_place() {
        for columns in 1..20 {
            let first = vec!["1"; columns].join(" ");
            for place in 0..columns {
                let mut cells = vec!["1"; columns];
                cells[place] = "7";
                let expected = format!("m.txt:2: cell {} holds '7'; expected 0 or 1", place + 1);
                assert_eq!(binary_error(&format!("{first}\n{}", cells.join(" "))), expected);
            }
        }
    }

    proptest! {
        #[test]
        fn a_written_binary_matrix_is_read_again(
            cells in (1usize..40, 1usize..40).prop_flat_map(|(rows, columns)| {
                prop::collection::vec(prop::collection::vec(any::<bool>(), columns), rows)
            }),
            separator in prop::sample::select(vec![" ", "\t", "  ", " \t ", ",", ", "]),
            end in prop::sample::select(vec!["\n", "\r\n", " \n"]),
        ) {
            let mut text = String::new();
            let mut expected =
                BinaryMatrix { rows: cells.len(), columns: cells[0].len(), ..BinaryMatrix::default() };
            for (i, row) in cells.iter().enumerate() {
                let written: Vec<&str> = row.iter().map(|&one| if one { "1" } else { "0" }).collect();
                text += &(written.join(separator) + end);
                for (j, _) in row.iter().enumerate().filter(|&(_, &one)| one) {
                    expected.ones_row.push(i as u32);
                    expected.ones_column.push(j as u32);
                }
            }
            prop_assert_eq!(parse_binary(text.as_bytes(), "m.txt").unwrap(), expected);
        }

        #[test]
        fn a_written_float_matrix_is_read_again(
            cells in (1usize..10, 1usize..10).prop_flat_map(|(rows, columns)| {
                prop::collection::vec(prop::collection::vec(-1e30f32..1e30, columns), rows)
            }),
            separator in prop::sample::select(vec![" ", "\t", "    ", ",", "\t,\t"]),
        ) {
            let lines: Vec<String> = cells
                .iter()
                .map(|row| row.iter().map(f32::to_string).collect::<Vec<_>>().join(separator))
                .collect();
            let expected =
                FloatMatrix { rows: cells.len(), columns: cells[0].len(), values: cells.concat() };
            prop_assert_eq!(parse_floats(lines.join("\n").as_bytes(), "m.txt").unwrap(), expected);
        }

        #[test]
        fn any_bytes_give_a_matrix_or_an_error(
            bytes in prop::collection::vec(
                prop_oneof![prop::sample::select(b"01 \t\r\n.,".to_vec()), any::<u8>()],
                0..200,
            ),
        ) {
            if let Ok(matrix) = parse_binary(&bytes, "m.txt") {
                prop_assert_eq!(matrix.ones_row.len(), matrix.ones_column.len());
                prop_assert!(matrix.ones_row.iter().all(|&row| (row as usize) < matrix.rows));
                prop_assert!(matrix.ones_column.iter().all(|&column| (column as usize) < matrix.columns));
            }
            if let Ok(matrix) = parse_floats(&bytes, "m.txt") {
                prop_assert_eq!(matrix.values.len(), matrix.rows * matrix.columns);
                prop_assert!(matrix.values.iter().all(|value| value.is_finite()));
            }
        }
    }
}
