//! Tables that say which identifiers stand for the same thing.

use crate::curie::Curie;
use crate::delimited::{Dialect, Records};
use crate::error::{FormatError, excerpt};
use crate::input::{Container, Input};
use crate::text::decode_text;

/// Pairs of identifiers that stand for the same thing, as tables give them.
#[derive(Clone, Debug, Default)]
pub struct Equivalences {
    pairs: Vec<[String; 2]>,
    /// The tables, each with the number of pairs before it.
    tables: Vec<(usize, String)>,
}

/// Predicates of a SSSOM table that say that two things are the same; others say that one is broader or close.
const SAME: [&str; 3] = ["skos:exactmatch", "owl:equivalentclass", "owl:sameas"];

impl Equivalences {
    /// Reads a table of two columns (TSV, CSV, or with semicolons or bars between the cells), compressed or not. Lines
    /// that begin with `#` are passed over. Identifiers are compact (`mondo:0005148`), addresses, or whatever the
    /// sources' ids are.
    ///
    /// The first row is a header where it holds no identifier of a known prefix and the second does, or where it names a
    /// prefix, as in `drugbank,chembl`: then cells without prefix get that of their column. A table of more columns is
    /// read by those of the SSSOM standard, `subject_id` and `object_id`, and of these the rows whose `predicate_id` says
    /// that the two are the same.
    ///
    /// # Errors
    ///
    /// [`FormatError::Container`] for a folder or archive, [`FormatError::Line`] for a row that does not hold two
    /// identifiers, [`FormatError::Empty`] where there is no pair; when the file cannot be read.
    pub fn read(input: &Input) -> Result<Self, FormatError> {
        if input.container() != Container::File {
            return Err(input.wrong_container("a table of cross-references", "a file"));
        }
        let file = input.path().display().to_string();
        let content = input.content()?;
        let (text, _) = decode_text(&content);
        let first =
            text.lines().find(|line| !line.starts_with('#') && !line.trim().is_empty()).unwrap_or_default();
        let delimiter =
            *[b'\t', b',', b';', b'|'].iter().find(|&&b| first.as_bytes().contains(&b)).unwrap_or(&b'\t');
        let dialect = Dialect { delimiter, quotes: first.contains('"') || delimiter == b',' };
        let mut records = Records::new(&text, 1, dialect, true);
        let mut rows = Vec::new();
        let mut columns = None;
        while let Some(record) = records.next() {
            if record.cell(0).starts_with('#') {
                continue;
            }
            let cells: Vec<&str> = record.cells().map(str::trim).collect();
            let Some(columns) = &columns else {
                let found = Columns::of(&cells).ok_or_else(|| two_expected(&file, record.line(), &cells))?;
                // A row that is only perhaps a header is told by the next.
                if found.header != Header::Sure {
                    rows.push(found.pair(&cells).ok_or_else(|| two_expected(&file, record.line(), &cells))?);
                }
                columns = Some(found);
                continue;
            };
            if cells.len() != columns.width {
                return Err(two_expected(&file, record.line(), &cells));
            }
            if !columns.says_same(&cells) {
                continue;
            }
            let pair = columns.pair(&cells).ok_or_else(|| two_expected(&file, record.line(), &cells))?;
            rows.push(pair);
        }
        let known = |pair: &[String; 2]| pair.iter().any(|text| Curie::parse(text).is_some());
        let headed = columns.is_some_and(|columns| columns.header == Header::Perhaps);
        if headed && rows.get(1).is_some_and(known) {
            rows.remove(0);
        }
        if rows.is_empty() {
            return Err(FormatError::Empty { file, what: "pairs of identifiers" });
        }
        Ok(Self { pairs: rows, tables: vec![(0, file)] })
    }

    /// Takes in the pairs of a later table.
    pub fn append(&mut self, later: Self) {
        let before = self.pairs.len();
        self.tables.extend(later.tables.into_iter().map(|(first, file)| (first + before, file)));
        self.pairs.extend(later.pairs);
    }

    /// Number of pairs.
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Whether there is no pair.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// The pairs, in the order of the tables.
    pub(super) fn pairs(&self) -> &[[String; 2]] {
        &self.pairs
    }

    /// The table that holds the pair at a place.
    pub(super) fn table(&self, pair: usize) -> &str {
        let table = self.tables.partition_point(|&(first, _)| first <= pair).checked_sub(1);
        table.map_or("", |table| &self.tables[table].1)
    }
}

/// Where the identifiers of a table stand.
struct Columns {
    width: usize,
    places: [usize; 2],
    predicate: Option<usize>,
    /// Prefixes of identifiers that stand without.
    prefixes: [Option<&'static str>; 2],
    header: Header,
}

/// Whether the first row is a header.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Header {
    Sure,
    Perhaps,
    No,
}

impl Columns {
    /// What the first row tells; `None` where it has more than two cells and does not name them.
    fn of(cells: &[&str]) -> Option<Self> {
        let width = cells.len();
        let place = |name: &str| cells.iter().position(|cell| cell.eq_ignore_ascii_case(name));
        if let (Some(subject), Some(object)) = (place("subject_id"), place("object_id")) {
            let (places, predicate) = ([subject, object], place("predicate_id"));
            return Some(Self { width, places, predicate, prefixes: [None; 2], header: Header::Sure });
        }
        let [left, right] = *cells else { return None };
        let prefixes = [left, right].map(Curie::prefix_named);
        let header = match prefixes {
            _ if [left, right].iter().any(|cell| Curie::parse(cell).is_some()) => Header::No,
            [None, None] => Header::Perhaps,
            _ => Header::Sure,
        };
        Some(Self { width, places: [0, 1], predicate: None, prefixes, header })
    }

    fn says_same(&self, cells: &[&str]) -> bool {
        self.predicate.is_none_or(|place| SAME.contains(&cells[place].to_ascii_lowercase().as_str()))
    }

    /// The two identifiers of a row; `None` where one is missing.
    fn pair(&self, cells: &[&str]) -> Option<[String; 2]> {
        let [left, right] = self.places.map(|place| cells[place]);
        if left.is_empty() || right.is_empty() {
            return None;
        }
        let [left_prefix, right_prefix] = self.prefixes;
        Some([identifier(left, left_prefix), identifier(right, right_prefix)])
    }
}

/// A cell with the prefix of its column, where it has none of its own.
fn identifier(cell: &str, prefix: Option<&str>) -> String {
    match prefix {
        Some(prefix) if Curie::parse(cell).is_none() => format!("{prefix}:{cell}"),
        _ => cell.to_owned(),
    }
}

fn two_expected(file: &str, line: u64, cells: &[&str]) -> FormatError {
    let found = format!("'{}'", excerpt(cells.join(" ").as_bytes()));
    FormatError::Line {
        file: file.into(),
        line,
        found,
        expected: "two identifiers that stand for the same thing".into(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn read(text: &str) -> Result<Vec<[String; 2]>, FormatError> {
        Equivalences::read(&Input::from_bytes("x.tsv", text.into())).map(|table| table.pairs)
    }

    fn pairs(pairs: &[[&str; 2]]) -> Vec<[String; 2]> {
        pairs.iter().map(|pair| pair.map(str::to_owned)).collect()
    }

    #[test]
    fn two_columns_are_read_with_or_without_a_header() {
        let expected = pairs(&[["MONDO:1", "OMIM:5"], ["MONDO:2", "a private id"]]);
        for text in [
            "MONDO:1\tOMIM:5\nMONDO:2\ta private id\n",
            "# made by hand\n\nMONDO:1\tOMIM:5\r\n# more\nMONDO:2\ta private id",
            "id\tother id\nMONDO:1\tOMIM:5\nMONDO:2\ta private id\n",
            "\u{feff}MONDO:1,OMIM:5\nMONDO:2,\"a private id\"\n",
            "MONDO:1;OMIM:5\nMONDO:2;a private id\n",
        ] {
            assert_eq!(read(text).unwrap(), expected, "{text:?}");
        }
        assert_eq!(read("a\tb\nc\td\n").unwrap(), pairs(&[["a", "b"], ["c", "d"]]));
    }

    #[test]
    fn a_header_of_prefixes_completes_the_cells() {
        let table = read("DrugBank,PubChem\nDB00945,2244\nDB00316,pubchem.compound:1983\n").unwrap();
        assert_eq!(
            table,
            pairs(&[["DB00945", "pubchem.compound:2244"], ["DB00316", "pubchem.compound:1983"]])
        );
    }

    #[test]
    fn of_a_sssom_table_the_exact_matches_are_read() {
        let text = "#curie_map:\n#  a: b\nsubject_id\tpredicate_id\tobject_id\tmapping_justification\n\
                    MONDO:1\tskos:exactMatch\tOMIM:5\tsemapv:x\nMONDO:2\tskos:broadMatch\tOMIM:6\tsemapv:x\n";
        assert_eq!(read(text).unwrap(), pairs(&[["MONDO:1", "OMIM:5"]]));
    }

    #[test]
    fn tables_may_be_compressed_and_follow_each_other() {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(b"MONDO:1\tOMIM:5\n").unwrap();
        let mut both = Equivalences::read(&Input::from_bytes("a.tsv.gz", encoder.finish().unwrap())).unwrap();
        both.append(Equivalences::read(&Input::from_bytes("b.csv", b"MONDO:2,OMIM:6".to_vec())).unwrap());
        assert_eq!((both.len(), both.table(0), both.table(1)), (2, "a.tsv.gz", "b.csv"));
        assert_eq!(Equivalences::default().table(0), "");
    }

    #[test]
    fn what_is_no_table_of_pairs_is_told_by_line() {
        let message = |text| read(text).unwrap_err().to_string();
        let two = "; expected two identifiers that stand for the same thing";
        assert_eq!(message("MONDO:1\tOMIM:5\nMONDO:2\n"), format!("x.tsv:2: found 'MONDO:2'{two}"));
        assert_eq!(message("MONDO:1\tOMIM:5\nMONDO:2\t\n"), format!("x.tsv:2: found 'MONDO:2 '{two}"));
        assert_eq!(message("a\tb\tc\n"), format!("x.tsv:1: found 'a b c'{two}"));
        for text in ["", "# nothing\n", "drugbank\tchembl\n"] {
            assert_eq!(message(text), "x.tsv holds no pairs of identifiers; expected at least one");
        }
        let zip = Input::from_bytes("x.zip", b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec());
        assert!(matches!(Equivalences::read(&zip), Err(FormatError::Container { .. })));
    }
}
