//! Edge lists as delimited text (CSV, TSV): one edge a line below a header.

use std::io;

use theriac_graph::{DuplicatePolicy, Graph, Provenance};

use crate::Format;
use crate::assembler::{Assembler, EdgeEnd, EdgeRow, canonical_term};
use crate::delimited::{Dialect, Record};
use crate::error::{FormatError, excerpt};
use crate::input::{Container, Input};
use crate::rows::{Rows, first_row};

/// The reader of edge lists as delimited text.
///
/// The first line names the columns, in any order: `source` and `target`, and optionally `source_type`,
/// `target_type`, `relation`, `weight`, `source_name` and `target_name`; other columns are not read, and the graph's
/// provenance says so. Where a type or relation is missing or empty, the defaults of [`Assembler`] hold: from a drug to
/// a disease, `treats`.
///
/// Or the first line holds just two node types out of [`TWO_COLUMN_TYPES`], as in `drug,disease`, and every other line
/// the ids of such a pair. Types of other names need the columns `source_type` and `target_type`: otherwise a file
/// without header would lose its first edge.
///
/// Cells are separated by commas, tabs, semicolons or bars, whichever the first line uses, and may be quoted. Each edge
/// stands once.
pub struct EdgeListText;

/// Node types that a header of two columns may name.
pub const TWO_COLUMN_TYPES: [&str; 18] = [
    "drug",
    "compound",
    "chemical",
    "disease",
    "indication",
    "phenotype",
    "gene",
    "protein",
    "target",
    "pathway",
    "process",
    "function",
    "side_effect",
    "symptom",
    "anatomy",
    "tissue",
    "cell",
    "variant",
];

const DELIMITERS: [u8; 4] = [b',', b'\t', b';', b'|'];

/// The columns with a meaning, in the order of [`Columns::At`].
const COLUMNS: [&str; 8] =
    ["source", "target", "source_type", "target_type", "relation", "weight", "source_name", "target_name"];

/// What the columns of a list hold.
#[derive(Debug, PartialEq)]
enum Columns {
    /// Place of each of [`COLUMNS`], and the headings of those that are not read.
    At { places: [Option<usize>; 8], unread: Vec<String> },
    /// Sources and targets of these types.
    Pair([String; 2]),
}

impl Format for EdgeListText {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn description(&self) -> &'static str {
        "an edge list (CSV or TSV) with columns source and target, or a header of two node types such as drug,disease"
    }

    fn detect(&self, input: &Input) -> bool {
        input.container() == Container::File && header(input.head()).is_some()
    }

    fn read(&self, input: &Input) -> Result<Graph, FormatError> {
        if input.container() != Container::File {
            return Err(input.wrong_container(self.name(), "a file"));
        }
        let file = input.path().display().to_string();
        let Some((dialect, columns, width)) = header(input.head()) else {
            return Err(bad_header(input, file));
        };
        if let Columns::At { unread, .. } = &columns
            && let Some(twice) = unread.iter().find(|name| is_column(name))
        {
            let (found, expected) = (format!("column '{twice}' twice"), "each column once".into());
            return Err(FormatError::Line { file, line: 1, found, expected });
        }
        let mut assembler = Assembler::new(&file);
        let rows = Rows { dialect, header: true, width };
        let latin1 = rows.read(input, &mut assembler, |part, record| {
            part.push(record.line(), &columns.edge(&file, record)?)
        })?;
        let mut provenance = columns.provenance(input);
        provenance.decisions.extend(latin1.decision(&file));
        assembler.finish(provenance, DuplicatePolicy::Reject)
    }
}

impl Columns {
    /// What a header says; `None` when it is not one of an edge list.
    fn parse(cells: &[String]) -> Option<Self> {
        let terms: Vec<Option<String>> = cells.iter().map(|cell| canonical_term(cell)).collect();
        let place = |name: &str| terms.iter().position(|term| term.as_deref() == Some(name));
        let places = COLUMNS.map(place);
        // A table of Hetionet's edges, whose nodes say of which type they are.
        let is_hetionet = place("metaedge").is_some();
        if places[0].is_some() && places[1].is_some() && !is_hetionet {
            let unread = (0..cells.len()).filter(|&i| !places.contains(&Some(i))).map(|i| cells[i].clone());
            return Some(Self::At { unread: unread.collect(), places });
        }
        match <[Option<String>; 2]>::try_from(terms) {
            Ok([Some(source), Some(target)])
                if [&source, &target].iter().all(|term| TWO_COLUMN_TYPES.contains(&term.as_str())) =>
            {
                Some(Self::Pair([source, target]))
            }
            _ => None,
        }
    }

    /// The edge that stands in a record.
    fn edge<'a>(&'a self, file: &str, record: &Record<'a>) -> Result<EdgeRow<'a>, FormatError> {
        match self {
            Self::Pair([source, target]) => Ok(EdgeRow {
                source: EdgeEnd { node_type: source, id: record.cell(0), name: "" },
                target: EdgeEnd { node_type: target, id: record.cell(1), name: "" },
                ..EdgeRow::default()
            }),
            Self::At { places, .. } => {
                let [source, target, source_type, target_type, relation, weight, source_name, target_name] =
                    places.map(|place| place.map_or("", |place| record.cell(place)));
                let weight = match weight {
                    "" => None,
                    text => Some(text.parse().map_err(|_| FormatError::Cell {
                        file: file.into(),
                        line: record.line(),
                        column: places[5].map_or(0, |place| place + 1),
                        found: excerpt(text.as_bytes()),
                        expected: "a number, the weight",
                    })?),
                };
                Ok(EdgeRow {
                    source: EdgeEnd { node_type: source_type, id: source, name: source_name },
                    target: EdgeEnd { node_type: target_type, id: target, name: target_name },
                    relation,
                    weight,
                    ..EdgeRow::default()
                })
            }
        }
    }

    fn provenance(&self, input: &Input) -> Provenance {
        let decisions = match self {
            Self::At { unread, .. } => {
                unread.iter().map(|name| format!("column '{name}' not read")).collect()
            }
            Self::Pair(_) => Vec::new(),
        };
        Provenance { decisions, ..edge_list_provenance(input) }
    }
}

/// Where an edge list comes from: it says nothing of itself, so its file's name stands for the data set's.
pub(crate) fn edge_list_provenance(input: &Input) -> Provenance {
    let file_name = input.path().file_name().unwrap_or_default().to_string_lossy();
    Provenance {
        name: file_name.split('.').next().unwrap_or_default().into(),
        sources: vec![input.path().display().to_string()],
        ..Provenance::default()
    }
}

/// Whether a heading is that of a column with a meaning.
fn is_column(heading: &str) -> bool {
    canonical_term(heading).is_some_and(|term| COLUMNS.contains(&term.as_str()))
}

/// How cells are told apart, the columns and their number, where the content begins with the header of an edge list.
fn header(head: &[u8]) -> Option<(Dialect, Columns, usize)> {
    DELIMITERS.into_iter().find_map(|delimiter| {
        let dialect = Dialect { delimiter, quotes: true };
        let cells = first_row(head, dialect)?;
        Some((dialect, Columns::parse(&cells)?, cells.len()))
    })
}

/// The error of a file that does not begin with the header of an edge list.
fn bad_header(input: &Input, file: String) -> FormatError {
    // A file that cannot be decoded has no header either, but that is not its trouble.
    let read = input.read(|reader| io::copy(reader, &mut io::sink()).map_err(|error| input.error(error)));
    if let Err(error) = read {
        return error;
    }
    let line = input.head().split(|&byte| byte == b'\n').next().unwrap_or_default();
    let expected = format!(
        "a header with source and target, or of two node types out of {}",
        TWO_COLUMN_TYPES.join(", ")
    );
    FormatError::Line { file, line: 1, found: format!("'{}'", excerpt(line.trim_ascii_end())), expected }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::Compression;
    use flate2::read::GzEncoder;

    use super::*;

    fn read(text: &str) -> Result<Graph, FormatError> {
        EdgeListText.read(&Input::from_bytes("lists/e.csv", text.as_bytes().to_vec()))
    }

    fn message(text: &str) -> String {
        read(text).unwrap_err().to_string()
    }

    #[test]
    fn every_delimiter_quotes_and_compression_give_the_same() {
        let rows =
            [["target", "source", "note"], ["asthma", "DB00014", "x"], ["gout, acute", "DB00014", "y"]];
        for delimiter in [",", "\t", ";", "|"] {
            let line = |row: &[&str; 3]| row.map(|cell| format!("\"{cell}\"")).join(delimiter);
            let text = format!("\u{feff}{}\r\n", rows.each_ref().map(line).join("\r\n"));
            let mut packed = Vec::new();
            GzEncoder::new(text.as_bytes(), Compression::fast()).read_to_end(&mut packed).unwrap();
            for bytes in [text.clone().into_bytes(), packed] {
                let input = Input::from_bytes("e", bytes);
                assert!(EdgeListText.detect(&input), "{text:?}");
                let graph = EdgeListText.read(&input).unwrap();
                assert_eq!(graph.relations()[0].key.to_string(), "drug:treats:disease");
                assert_eq!(graph.node_tables()[1].ids, ["asthma", "gout, acute"]);
                assert_eq!(graph.provenance().decisions, ["column 'note' not read"]);
            }
        }
    }

    #[test]
    fn two_columns_are_named_by_their_types() {
        let graph = read("Drug,Side Effect\naspirin,rash\n").unwrap();
        assert_eq!(graph.relations()[0].key.to_string(), "drug:associates:side_effect");
        assert_eq!(graph.provenance().name, "e");
        let graph = read("drug\tdisease\na\tx\nb\tx").unwrap();
        assert_eq!(graph.relations()[0].key.to_string(), "drug:treats:disease");
        assert_eq!(graph.relations()[0].len(), 2);
    }

    #[test]
    fn all_columns_are_read() {
        let graph = read(
            "source,source_type,source_name,relation,target,target_type,target_name,weight\n\
             d1,drug,aspirin,targets,g1,gene,PTGS2,0.5\n\
             d1,,,,x1,,fever,\n",
        )
        .unwrap();
        let keys: Vec<_> = graph.relations().iter().map(|relation| relation.key.to_string()).collect();
        assert_eq!(keys, ["drug:targets:gene", "drug:treats:disease"]);
        assert_eq!(graph.relations()[0].forward.weights(), Some(&[0.5][..]));
        assert_eq!(graph.node_type("disease").unwrap().1.names, ["fever"]);
    }

    #[test]
    fn what_is_not_utf8_is_read_as_latin1_and_said() {
        let input = Input::from_bytes("e.csv", b"drug,disease\na,M\xe9ni\xe8re\n".to_vec());
        let graph = EdgeListText.read(&input).unwrap();
        assert_eq!(graph.node_tables()[1].ids, ["Ménière"]);
        assert_eq!(
            graph.provenance().decisions,
            ["e.csv: 1 line not UTF-8, read as Latin-1 (the first is line 2)"]
        );
    }

    #[test]
    fn bad_lists_are_one_clear_sentence() {
        assert_eq!(
            message("drug,disease\na,x\nb,y\na,x\n"),
            "lists/e.csv:4: edge a -> x of drug:treats:disease occurs a second time (first on line 2); expected each \
             edge once"
        );
        assert_eq!(
            message("drug,disease\na,x,1\n"),
            "lists/e.csv:2: found 3 cells; expected 2, as on line 1"
        );
        assert_eq!(
            message("source,target,weight\na,x,1\nb,x,heavy\n"),
            "lists/e.csv:3: cell 3 holds 'heavy'; expected a number, the weight"
        );
        assert_eq!(
            message("source,target,weight\na,x,1\nb,x,NaN\n"),
            "lists/e.csv:3: an edge of drug:treats:disease weighs NaN; expected a finite number"
        );
        assert_eq!(
            message("drug,disease\na,\n"),
            "lists/e.csv:2: found an empty target; expected the id of a node"
        );
        assert_eq!(
            message("source,target,Source\na,x,b\n"),
            "lists/e.csv:1: found column 'Source' twice; expected each column once"
        );
        assert_eq!(message("drug,disease\n"), "lists/e.csv holds no edges; expected at least one");
        for (text, line) in [
            ("drug,disease\r\na,x\r\n,x\r\n", 3),
            ("drug,disease\n\n\na,x\n\n,x", 6),
            ("drug,disease\r\n\r\n\"a\nb\",\"x\n\"\r\n,x", 6),
            ("drug,disease\n\"a\n\",\n", 2),
        ] {
            let found = message(text);
            assert!(found.starts_with(&format!("lists/e.csv:{line}: found an empty")), "{text:?}: {found}");
        }
        assert_eq!(
            message("drug,disease\na,x\n\"b,x"),
            "lists/e.csv:3: found a cell whose quote is never closed; expected its closing quote"
        );
        let headless = message("DB00014,asthma\nDB00015,gout\n");
        assert!(
            headless.starts_with("lists/e.csv:1: found 'DB00014,asthma'; expected a header with"),
            "{headless}"
        );
    }
}
