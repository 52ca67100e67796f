//! A writer of small MAT-files, for tests.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;

/// Writes one variable after the other.
pub struct MatWriter {
    big: bool,
    compressed: bool,
    bytes: Vec<u8>,
}

/// The bytes of doubles, most significant first if `big`.
pub fn doubles(values: &[f64], big: bool) -> Vec<u8> {
    values.iter().flat_map(|value| if big { value.to_be_bytes() } else { value.to_le_bytes() }).collect()
}

impl MatWriter {
    /// A file with a header alone.
    pub fn new(big: bool, compressed: bool) -> Self {
        let mut bytes = b"MATLAB 5.0 MAT-file, written by a test".to_vec();
        bytes.resize(124, b' ');
        bytes.extend(if big { *b"\x01\x00MI" } else { *b"\x00\x01IM" });
        Self { big, compressed, bytes }
    }

    /// A matrix of this class (with flags), whose numbers are stored as elements of type `kind`.
    pub fn matrix(&mut self, name: &str, class: u32, rows: i32, columns: i32, kind: u32, data: &[u8]) {
        let array = self.array(name, class, rows, columns, &[self.element(kind, data)]);
        self.push(array);
    }

    /// A sparse matrix of entries in order of column.
    pub fn sparse(&mut self, name: &str, rows: i32, columns: i32, entries: &[(i32, i32, f64)]) {
        let ends = (0..columns).map(|column| entries.iter().filter(|entry| entry.1 <= column).count() as i32);
        let starts: Vec<i32> = [0].into_iter().chain(ends).collect();
        let entry_rows: Vec<i32> = entries.iter().map(|entry| entry.0).collect();
        let values: Vec<f64> = entries.iter().map(|entry| entry.2).collect();
        let parts = [
            self.element(5, &self.integers(&entry_rows)),
            self.element(5, &self.integers(&starts)),
            self.element(9, &doubles(&values, self.big)),
        ];
        let array = self.array(name, 5, rows, columns, &parts);
        self.push(array);
    }

    /// A character array with these rows, which are of the same length, in UTF-8.
    pub fn text_rows(&mut self, name: &str, rows: &[&str]) {
        let columns = rows[0].len();
        let bytes: Vec<u8> =
            (0..columns).flat_map(|column| rows.iter().map(move |row| row.as_bytes()[column])).collect();
        let array = self.array(name, 4, rows.len() as i32, columns as i32, &[self.element(16, &bytes)]);
        self.push(array);
    }

    /// A column of cells with a text each, as 16-bit characters.
    pub fn cells(&mut self, name: &str, texts: &[&str]) {
        let cell = |text: &&str| {
            let units: Vec<u16> = text.encode_utf16().collect();
            let bytes = units.iter().flat_map(|u| if self.big { u.to_be_bytes() } else { u.to_le_bytes() });
            let data = self.element(4, &bytes.collect::<Vec<u8>>());
            self.array("", 4, i32::from(!text.is_empty()), units.len() as i32, &[data])
        };
        let cells: Vec<Vec<u8>> = texts.iter().map(cell).collect();
        let array = self.array(name, 1, texts.len() as i32, 1, &cells);
        self.push(array);
    }

    /// A structure without fields.
    pub fn structure(&mut self, name: &str) {
        let array = self.array(name, 2, 1, 1, &[self.element(5, &self.integers(&[1])), self.element(1, b"")]);
        self.push(array);
    }

    /// The bytes of the file.
    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }

    fn array(&self, name: &str, class: u32, rows: i32, columns: i32, parts: &[Vec<u8>]) -> Vec<u8> {
        let head = [
            self.element(6, &self.integers(&[class as i32, 0])),
            self.element(5, &self.integers(&[rows, columns])),
            self.element(1, name.as_bytes()),
        ];
        self.element(14, &[head.concat(), parts.concat()].concat())
    }

    fn push(&mut self, array: Vec<u8>) {
        if !self.compressed {
            self.bytes.extend(array);
            return;
        }
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&array).unwrap();
        let packed = encoder.finish().unwrap();
        self.bytes.extend(self.integers(&[15, packed.len() as i32]));
        self.bytes.extend(packed);
    }

    /// An element, small where it can be, as MATLAB does it.
    fn element(&self, kind: u32, data: &[u8]) -> Vec<u8> {
        let small = (1..=4).contains(&data.len());
        let mut bytes = if small {
            self.integers(&[((data.len() as u32) << 16 | kind) as i32])
        } else {
            self.integers(&[kind as i32, data.len() as i32])
        };
        bytes.extend(data);
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        bytes
    }

    fn integers(&self, values: &[i32]) -> Vec<u8> {
        values
            .iter()
            .flat_map(|value| if self.big { value.to_be_bytes() } else { value.to_le_bytes() })
            .collect()
    }
}
