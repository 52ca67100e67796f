//! How a file of triples begins.

use crate::delimited::{Dialect, Records};
use crate::text::decode_text;

/// Detection looks at so many triples, and at so many bytes.
const LINES: usize = 50;
const BYTES: usize = 1 << 16;
/// The header that a file of triples may have; a fourth cell is called [`WEIGHT`].
const HEADER: [&str; 3] = ["head", "relation", "tail"];
const WEIGHT: &str = "weight";
/// Cells of headers: two of them in the first line, and it is none of triples.
const HEADINGS: [&str; 16] = [
    "source",
    "target",
    "subject",
    "predicate",
    "object",
    "metaedge",
    "id",
    "name",
    "kind",
    "type",
    "category",
    "node_1",
    "node_2",
    "relation",
    "weight",
    "label",
];

/// What the first lines of a file of triples tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    /// Cells of a line: three, or four with a weight.
    pub(super) width: usize,
    /// Whether the first line is a header.
    pub(super) header: bool,
    /// Whether entities carry their types: `drug::DB00945`.
    pub(super) typed: bool,
}

impl Shape {
    /// The shape of a file that begins with a line of three or four cells.
    pub(super) fn of(head: &[u8]) -> Option<Self> {
        Self::of_rows(&first_rows(head))
    }

    fn of_rows(rows: &[Vec<String>]) -> Option<Self> {
        let first = rows.first()?;
        let header = is_header(first);
        let triples = &rows[usize::from(header)..];
        let ends = || triples.iter().flat_map(|row| [row.first(), row.get(2)]);
        let typed = !triples.is_empty() && ends().all(|end| end.is_some_and(|entity| carries_type(entity)));
        (3..=4).contains(&first.len()).then_some(Self { width: first.len(), header, typed })
    }

    /// Whether a content begins with triples that are not those of another form: lines of a matrix, a table with a header,
    /// N-Triples, or DRKG.
    pub(super) fn detect(head: &[u8]) -> bool {
        let rows = first_rows(head);
        let Some(shape) = Self::of_rows(&rows) else { return false };
        let headings = rows[0].iter().filter(|cell| HEADINGS.contains(&cell.to_lowercase().as_str())).count();
        let triples = &rows[usize::from(shape.header)..];
        let whole = |row: &Vec<String>| {
            row.len() == shape.width
                && row[..3].iter().all(|cell| !cell.is_empty() && !cell.contains(char::is_control))
                && row.get(3).is_none_or(|weight| weight.is_empty() || weight.parse::<f32>().is_ok())
        };
        let foreign = |row: &Vec<String>| {
            row[1].parse::<f64>().is_ok()
                || row[0].starts_with(['<', '{', '[', '@'])
                || row[0].starts_with("_:") && row[1].starts_with('<')
        };
        (shape.header || headings < 2)
            && !triples.is_empty()
            && triples.iter().all(|row| whole(row) && !foreign(row))
            && !triples.iter().all(|row| is_drkg(row))
    }
}

/// The first lines, as cells.
fn first_rows(head: &[u8]) -> Vec<Vec<String>> {
    let (text, _) = decode_text(&head[..head.len().min(BYTES)]);
    let mut records = Records::new(&text, 1, Dialect::TSV, head.len() < BYTES);
    let mut rows = Vec::new();
    while let Some(record) = records.next() {
        rows.push(record.cells().map(str::to_owned).collect());
        if rows.len() == LINES {
            break;
        }
    }
    rows
}

fn is_header(row: &[String]) -> bool {
    let named = |place: usize, name: &str| row[place].eq_ignore_ascii_case(name);
    (3..=4).contains(&row.len())
        && HEADER.iter().enumerate().all(|(place, name)| named(place, name))
        && (row.len() == 3 || named(3, WEIGHT))
}

/// Whether the relation names the types of both ends behind itself, as in `GNBR::T::Compound:Disease`.
fn is_drkg(row: &[String]) -> bool {
    let kind = |place: usize| row.get(place)?.split_once("::").map(|(kind, _)| kind);
    let named = kind(0).zip(kind(2)).map(|(head, tail)| format!(":{head}:{tail}"));
    named.is_some_and(|named| row[1].ends_with(&named))
}

fn carries_type(entity: &str) -> bool {
    entity.split_once("::").is_some_and(|(kind, id)| !kind.is_empty() && !id.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn triples_are_told_from_other_tables() {
        for text in [
            "a\tr\tb\n",
            "a\tr\tb",
            "steroid\tinteracts_with\teicosanoid\na\tcauses\tb\r\n",
            "a\tr\tb\t0.5\nb\tr\ta\t\n",
            "head\trelation\ttail\na\tr\tb\n",
            "drug::a\ttreats\tdisease::b\n",
            "drug::a\tdrug:is:drug\tdrug::b\n",
            "M\u{e9}ni\u{e8}re\tis\tvertigo\n",
        ] {
            assert!(Shape::detect(text.as_bytes()), "{text:?}");
        }
        assert!(Shape::detect(b"M\xe9ni\xe8re\tis\tvertigo\n"));
        for text in [
            "",
            "a\tr\n",
            "a\tr\tb\na\tr\n",
            "a\tr\tb\theavy\n",
            "a r b\n",
            "head\trelation\ttail\n",
            "source\tmetaedge\ttarget\nDisease::1\tDaG\tGene::1\n",
            "id\tname\tkind\nGene::1\tTP53\tGene\n",
            "weight\ttarget\tsource\n1\tx1\td1\n",
            "\tD1\tD2\nx\t0\t1\n",
            "disease\tD1\tD2\nx\t0\t1\n",
            "0\t1\t0\n1\t0\t0\n",
            "<http://a>\t<http://b>\t<http://c> .\n",
            "Compound::DB1\tGNBR::T::Compound:Disease\tDisease::MESH:C1\n",
            "{\"a\":\t1,\t2}\n",
            "a\u{0}\tr\tb\n",
        ] {
            assert!(!Shape::detect(text.as_bytes()), "{text:?}");
        }
    }

    #[test]
    fn the_first_lines_tell_the_shape() {
        assert_eq!(Shape::of(b"a\tr\tb\n"), Some(Shape { width: 3, header: false, typed: false }));
        assert_eq!(
            Shape::of(b"head\trelation\ttail\tweight\nx::a\tr\ty::b\t1\n"),
            Some(Shape { width: 4, header: true, typed: true })
        );
        assert_eq!(Shape::of(b"x::a\tr\tb\n"), Some(Shape { width: 3, header: false, typed: false }));
        assert_eq!(Shape::of(b"a\tb\n"), None);
    }
}
