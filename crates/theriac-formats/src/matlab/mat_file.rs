//! MATLAB Level 5 MAT-files: named variables.
//!
//! After "MAT-File Format" of The `MathWorks` (2019), which describes versions 5 to 7; of version 7.3, which is HDF5, a
//! file is recognised alone.

use super::element::{COMPRESSED, Element, Elements, Endian, Inflater, MATRIX, Problem, u32_of};
use crate::error::{FormatError, excerpt};
use crate::input::Limits;

/// Bytes of the header: text, the place of data of subsystems, version and order of bytes.
const HEADER_BYTES: usize = 128;
/// The most rows or columns of a sparse matrix: a few bytes can state any number of empty ones, each of which would be
/// a node.
const SPARSE_SIZE: usize = 1 << 22;

/// What begins like a MAT-file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    /// Level 5, which MATLAB writes with `-v6` and `-v7`.
    Level5(Endian),
    /// 7.3, which is HDF5.
    Hdf5,
}

/// A variable of a file.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) value: Value,
}

/// What a variable holds.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// Numbers or logical values, column by column: `[rows * columns]`.
    Dense { rows: usize, columns: usize, values: Vec<f32> },
    /// Those that are not zero, column by column: row, column and value of each.
    Sparse { rows: usize, columns: usize, entries: Vec<(u32, u32, f32)> },
    /// The rows of a character array, or the cells of a cell array of texts; without blanks at the end.
    Texts(Vec<String>),
    /// What is passed over, in words: `a structure`.
    Other(&'static str),
}

/// What a file is, going by its first bytes; `None` where it is no MAT-file. Files of MATLAB 4 have no header to be told
/// by.
pub(super) fn version(head: &[u8]) -> Option<Version> {
    const HDF5: &[u8] = b"\x89HDF\r\n\x1a\n";
    if head.starts_with(HDF5) || head.starts_with(b"MATLAB 7.3 MAT-file") {
        return Some(Version::Hdf5);
    }
    // The text begins with four bytes that are not zero; MATLAB, Octave and SciPy begin it with the same word.
    match head.get(..HEADER_BYTES)? {
        [b'M', b'A', b'T', b'L', .., 0x00, 0x01, b'I', b'M'] => Some(Version::Level5(Endian::Little)),
        [b'M', b'A', b'T', b'L', .., 0x01, 0x00, b'M', b'I'] => Some(Version::Level5(Endian::Big)),
        _ => None,
    }
}

/// The variables of a file of this order of bytes, as they come; `file` stands for its path in messages.
///
/// # Errors
///
/// [`FormatError::Damaged`] where a length or a type does not fit, [`FormatError::Refused`] where more comes out of
/// compressed variables than a file can honestly hold or a sparse matrix is too wide.
pub(super) fn variables(bytes: &[u8], endian: Endian, file: &str) -> Result<Vec<Variable>, FormatError> {
    let damaged = |problem: Problem| FormatError::Damaged { file: file.into(), problem };
    let mut inflater = Inflater { file, held: bytes.len() as u64, given: 0, limits: Limits::default() };
    let mut elements = Elements::new(bytes.get(HEADER_BYTES..).unwrap_or_default(), endian);
    let mut variables = Vec::new();
    while let Some(element) = elements.next().map_err(damaged)? {
        let inflated;
        let element = if element.kind == COMPRESSED {
            inflated = inflater.inflate(element.data)?;
            Elements::new(&inflated, endian).expect("content").map_err(damaged)?
        } else {
            element
        };
        if element.kind != MATRIX {
            return Err(damaged(format!(
                "an element of type {} where there should be a variable",
                element.kind
            )));
        }
        let variable = Array::begin(element.data, endian).and_then(|array| {
            let name = array.name.clone();
            let value = array.value(true).map_err(|problem| format!("in variable '{name}': {problem}"))?;
            Ok(Variable { name, value })
        });
        let variable = variable.map_err(damaged)?;
        if let Value::Sparse { rows, columns, .. } = variable.value
            && rows.max(columns) > SPARSE_SIZE
        {
            return Err(FormatError::Refused {
                file: format!("{file}/{}", variable.name),
                reason: format!("it is a sparse matrix of {rows} x {columns}"),
                expected: "at most 4194304 rows and columns",
            });
        }
        // MATLAB keeps data of its own, for objects, in a variable without name.
        if !variable.name.is_empty() {
            variables.push(variable);
        }
    }
    Ok(variables)
}

/// An array whose header has been read.
struct Array<'a> {
    class: u32,
    complex: bool,
    sizes: Vec<usize>,
    name: String,
    rest: Elements<'a>,
    length: usize,
    endian: Endian,
}

impl<'a> Array<'a> {
    fn begin(data: &'a [u8], endian: Endian) -> Result<Self, Problem> {
        let mut rest = Elements::new(data, endian);
        let flags = rest.expect("flags")?;
        let [a, b, c, d, ..] = *flags.data else {
            return Err(format!("{} bytes of flags of a variable, of which there are 8", flags.data.len()));
        };
        let flags = u32_of(endian, [a, b, c, d]);
        let (class, complex) = (flags & 0xff, flags & 0x0800 != 0);
        // Objects of newer classes have no size, but their name at once.
        let sizes = if class == 17 {
            Vec::new()
        } else {
            rest.expect("size")?.numbers(endian, |size| size.max(0.0) as usize)?
        };
        let name = rest.expect("name")?.data;
        let name = excerpt(name.split(|&byte| byte == 0).next().unwrap_or_default());
        Ok(Self { class, complex, sizes, name, rest, length: data.len(), endian })
    }

    fn value(mut self, with_cells: bool) -> Result<Value, Problem> {
        let kind = match self.class {
            1 => {
                return if with_cells {
                    self.cells()
                } else {
                    Ok(Value::Other("a cell array of cell arrays"))
                };
            }
            2 => "a structure",
            3 | 17 => "an object",
            4 => "a character array",
            5 => "a sparse matrix",
            6..=15 => "a matrix",
            16 => "a function",
            class => return Err(format!("a class of number {class}, of which there are 17")),
        };
        if matches!(self.class, 2 | 3 | 16 | 17) {
            return Ok(Value::Other(kind));
        }
        if self.complex {
            return Ok(Value::Other("an array of complex numbers"));
        }
        let [rows, columns] = self.sizes[..] else {
            return Ok(Value::Other("an array of other than two dimensions"));
        };
        let Some(cells) = rows.checked_mul(columns) else {
            return Err(format!("a size of {rows} x {columns}"));
        };
        if cells == 0 {
            return Ok(if self.class == 4 {
                Value::Texts(vec![String::new()])
            } else {
                Value::Other("an empty array")
            });
        }
        match self.class {
            4 => self.texts(rows, columns, cells),
            5 => self.sparse(rows, columns),
            _ => {
                let values = self.rest.expect("numbers")?.numbers(self.endian, |value| value as f32)?;
                check_count("numbers", values.len(), rows, columns, cells)?;
                Ok(Value::Dense { rows, columns, values })
            }
        }
    }

    fn texts(mut self, rows: usize, columns: usize, cells: usize) -> Result<Value, Problem> {
        let units = self.rest.expect("characters")?.code_units(self.endian)?;
        check_count("characters", units.len(), rows, columns, cells)?;
        let row = |row: usize| {
            let units: Vec<u16> = units[row..].iter().step_by(rows).copied().collect();
            String::from_utf16_lossy(&units).trim_end_matches(['\0', ' ']).to_owned()
        };
        Ok(Value::Texts((0..rows).map(row).collect()))
    }

    fn sparse(mut self, rows: usize, columns: usize) -> Result<Value, Problem> {
        let place = |place: f64| place.max(0.0) as usize;
        let entry_rows = self.rest.expect("row indices")?.numbers(self.endian, place)?;
        let starts = self.rest.expect("column starts")?.numbers(self.endian, place)?;
        let values = self.rest.expect("numbers")?.numbers(self.endian, |value| value as f32)?;
        if starts.len() != columns.saturating_add(1) || !starts.is_sorted() || starts[0] != 0 {
            return Err(format!("{} column starts for {columns} columns, or not in order", starts.len()));
        }
        let count = starts[columns];
        if count > entry_rows.len() || count > values.len() {
            return Err(format!(
                "{count} entries stated, {} row indices and {} numbers found",
                entry_rows.len(),
                values.len()
            ));
        }
        let mut entries = Vec::with_capacity(count);
        for (column, bounds) in starts.windows(2).enumerate() {
            for entry in bounds[0]..bounds[1] {
                if entry_rows[entry] >= rows {
                    return Err(format!("row index {} in a matrix of {rows} rows", entry_rows[entry]));
                }
                if values[entry] != 0.0 {
                    entries.push((entry_rows[entry] as u32, column as u32, values[entry]));
                }
            }
        }
        Ok(Value::Sparse { rows, columns, entries })
    }

    /// The cells, where all of them hold one text each.
    fn cells(mut self) -> Result<Value, Problem> {
        let cells = self.sizes.iter().try_fold(1usize, |cells, &size| cells.checked_mul(size));
        // Each cell takes a tag at least.
        let Some(cells) = cells.filter(|&cells| cells <= self.length / 8) else {
            return Err(format!("a size of {:?} in {} bytes", self.sizes, self.length));
        };
        let mut texts = Vec::with_capacity(cells);
        for _ in 0..cells {
            let Element { kind, data } = self.rest.expect("cells")?;
            if kind != MATRIX {
                return Err(format!("an element of type {kind} where there should be a cell"));
            }
            // A cell that was never filled has no bytes.
            let value = match data {
                [] => Value::Texts(vec![String::new()]),
                data => Array::begin(data, self.endian)?.value(false)?,
            };
            match value {
                Value::Texts(mut rows) if rows.len() == 1 => texts.append(&mut rows),
                _ => return Ok(Value::Other("a cell array of other than texts")),
            }
        }
        Ok(Value::Texts(texts))
    }
}

fn check_count(what: &str, found: usize, rows: usize, columns: usize, cells: usize) -> Result<(), Problem> {
    if found == cells { Ok(()) } else { Err(format!("{found} {what} for a size of {rows} x {columns}")) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::sample_writer::{MatWriter, doubles};
    use super::*;

    fn read(bytes: &[u8]) -> Result<Vec<Variable>, FormatError> {
        let Some(Version::Level5(endian)) = version(bytes) else { panic!("no MAT-file") };
        variables(bytes, endian, "f.mat")
    }

    fn variable(name: &str, value: Value) -> Variable {
        Variable { name: name.into(), value }
    }

    fn texts(texts: &[&str]) -> Value {
        Value::Texts(texts.iter().map(|&text| text.to_owned()).collect())
    }

    /// A variable of every kind.
    fn whole(big: bool, compressed: bool) -> Vec<u8> {
        let mut writer = MatWriter::new(big, compressed);
        writer.matrix("d", 6, 2, 3, 9, &doubles(&[1.0, 2.0, 3.0, 4.0, 5.0, 0.5], big));
        writer.matrix("u", 6, 3, 1, 2, &[0, 1, 255]);
        writer.matrix("flag", 9 | 0x0200, 1, 2, 2, &[1, 0]);
        writer.sparse("s", 3, 2, &[(2, 0, 1.0), (0, 1, 0.5), (1, 1, 0.0)]);
        writer.text_rows("c", &["DB1 ", "DB22"]);
        writer.cells("names", &["gout", "", "Ménière"]);
        writer.structure("st");
        writer.matrix("none", 6, 0, 0, 9, &[]);
        writer.matrix("z", 6 | 0x0800, 1, 1, 2, &[1]);
        writer.finish()
    }

    #[test]
    fn variables_of_every_kind_order_and_compression_are_read() {
        let expected = [
            variable("d", Value::Dense { rows: 2, columns: 3, values: vec![1.0, 2.0, 3.0, 4.0, 5.0, 0.5] }),
            variable("u", Value::Dense { rows: 3, columns: 1, values: vec![0.0, 1.0, 255.0] }),
            variable("flag", Value::Dense { rows: 1, columns: 2, values: vec![1.0, 0.0] }),
            variable("s", Value::Sparse { rows: 3, columns: 2, entries: vec![(2, 0, 1.0), (0, 1, 0.5)] }),
            variable("c", texts(&["DB1", "DB22"])),
            variable("names", texts(&["gout", "", "Ménière"])),
            variable("st", Value::Other("a structure")),
            variable("none", Value::Other("an empty array")),
            variable("z", Value::Other("an array of complex numbers")),
        ];
        for (big, compressed) in [(false, false), (false, true), (true, false), (true, true)] {
            assert_eq!(
                read(&whole(big, compressed)).unwrap(),
                expected,
                "big {big}, compressed {compressed}"
            );
        }
    }

    #[test]
    fn versions_are_told_by_the_header() {
        let bytes = whole(false, false);
        assert_eq!(version(&bytes), Some(Version::Level5(Endian::Little)));
        assert_eq!(version(&whole(true, false)), Some(Version::Level5(Endian::Big)));
        assert_eq!(version(&bytes[..127]), None);
        assert_eq!(version(b"\x89HDF\r\n\x1a\n and more"), Some(Version::Hdf5));
        assert_eq!(version(b"MATLAB 7.3 MAT-file, Platform: GLNXA64"), Some(Version::Hdf5));
        assert_eq!(version(b"MATLAB is a language"), None);
    }

    /// Only a file that ends between two variables can pass for a whole one.
    #[test]
    fn a_file_that_ends_anywhere_is_damaged() {
        for (big, compressed) in [(false, false), (true, true)] {
            let bytes = whole(big, compressed);
            let mut whole_ones = 0;
            for length in 128..bytes.len() {
                match read(&bytes[..length]) {
                    Ok(_) => whole_ones += 1,
                    Err(FormatError::Damaged { .. }) => {}
                    Err(other) => panic!("{length}: {other}"),
                }
            }
            // Up to the end of the header and of each variable but the last, and within the padding of some.
            assert!((9..=9 + 8 * 7).contains(&whole_ones), "{whole_ones}");
        }
    }

    #[test]
    fn sizes_that_do_not_fit_are_one_clear_sentence() {
        let with = |write: &dyn Fn(&mut MatWriter)| {
            let mut writer = MatWriter::new(false, false);
            write(&mut writer);
            read(&writer.finish()).unwrap_err().to_string()
        };
        assert_eq!(
            with(&|writer| writer.matrix("d", 6, 2, 3, 2, &[1, 2, 3])),
            "f.mat is damaged or incomplete (in variable 'd': 3 numbers for a size of 2 x 3); expected a whole file"
        );
        assert_eq!(
            with(&|writer| writer.matrix("d", 6, i32::MAX, i32::MAX, 2, &[1])),
            "f.mat is damaged or incomplete (in variable 'd': 1 numbers for a size of 2147483647 x 2147483647); \
             expected a whole file"
        );
        assert_eq!(
            with(&|writer| writer.sparse("s", 2, 1, &[(2, 0, 1.0)])),
            "f.mat is damaged or incomplete (in variable 's': row index 2 in a matrix of 2 rows); expected a whole file"
        );
        assert_eq!(
            with(&|writer| writer.sparse("s", i32::MAX, 1, &[])),
            "f.mat/s is refused: it is a sparse matrix of 2147483647 x 1; expected at most 4194304 rows and columns"
        );
        assert_eq!(
            with(&|writer| writer.matrix("d", 77, 1, 1, 2, &[1])),
            "f.mat is damaged or incomplete (in variable 'd': a class of number 77, of which there are 17); expected a \
             whole file"
        );
        assert_eq!(
            with(&|writer| writer.matrix("d", 1, i32::MAX, 2, 2, &[1])),
            "f.mat is damaged or incomplete (in variable 'd': a size of [2147483647, 2] in 48 bytes); expected a whole \
             file"
        );
    }

    proptest! {
        #[test]
        fn any_bytes_behind_a_header_give_variables_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = read(&[&MatWriter::new(false, false).finish()[..], &bytes].concat());
        }

        #[test]
        fn changed_files_give_variables_or_an_error(
            big in any::<bool>(),
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5),
        ) {
            let mut bytes = whole(big, false);
            for (place, byte) in changes {
                *place.get_mut(&mut bytes[128..]) = byte;
            }
            let _ = read(&bytes);
        }

        #[test]
        fn a_written_matrix_is_read_again(
            (rows, columns, values) in (1usize..8, 1usize..8).prop_flat_map(|(rows, columns)| {
                (Just(rows), Just(columns), prop::collection::vec(-1e6f32..1e6, rows * columns))
            }),
            big in any::<bool>(),
            compressed in any::<bool>(),
        ) {
            let mut writer = MatWriter::new(big, compressed);
            let wide: Vec<f64> = values.iter().map(|&value| f64::from(value)).collect();
            writer.matrix("m", 6, rows as i32, columns as i32, 9, &doubles(&wide, big));
            let expected = variable("m", Value::Dense { rows, columns, values });
            prop_assert_eq!(read(&writer.finish()).unwrap(), [expected]);
        }
    }
}
