//! Records as tab-separated values: a line for each, with quotes around cells that hold tabs, line breaks or quotes.

use std::io::{Read, Write};
use std::str::FromStr;

use csv::{ReaderBuilder, StringRecord, WriterBuilder};

use super::error::ShortlistError;
use super::import::{self, Import};
use super::record::{Record, Verdict};

const COLUMNS: [&str; 14] = [
    "relation",
    "source_id",
    "source_name",
    "target_id",
    "target_name",
    "verdict",
    "note",
    "score",
    "probability",
    "rank",
    "model",
    "graph",
    "created",
    "updated",
];

/// Writes records with a header, as [`read_tsv`] reads them: the columns are named as the fields of [`Record`], and a
/// cell is empty where there is nothing.
///
/// # Errors
///
/// [`ShortlistError::Write`].
pub fn write_tsv<'a>(
    records: impl IntoIterator<Item = &'a Record>,
    out: impl Write,
) -> Result<(), ShortlistError> {
    let unwritten = |error: csv::Error| ShortlistError::Write { source: error.into() };
    let mut writer = WriterBuilder::new().delimiter(b'\t').from_writer(out);
    writer.write_record(COLUMNS).map_err(unwritten)?;
    for record in records {
        writer.write_record(cells(record)).map_err(unwritten)?;
    }
    writer.flush().map_err(|source| ShortlistError::Write { source })
}

fn cells(record: &Record) -> [String; 14] {
    let if_there = |number: Option<String>| number.unwrap_or_default();
    [
        record.relation.to_string(),
        record.source_id.clone(),
        record.source_name.clone(),
        record.target_id.clone(),
        record.target_name.clone(),
        record.verdict.map(Verdict::name).unwrap_or_default().into(),
        record.note.clone(),
        if_there(record.score.map(|score| score.to_string())),
        if_there(record.probability.map(|probability| probability.to_string())),
        if_there(record.rank.map(|rank| rank.to_string())),
        record.model.clone(),
        record.graph.clone(),
        record.created.to_string(),
        record.updated.to_string(),
    ]
}

/// Reads records as [`write_tsv`] writes them. `origin` is the name of the file in messages.
///
/// # Errors
///
/// [`ShortlistError::Line`] with the first line that is not a record, cannot be kept ([`Record::check`]) or repeats a
/// pair; [`ShortlistError::Read`].
pub fn read_tsv(origin: &str, input: impl Read) -> Result<Vec<Record>, ShortlistError> {
    let text = import::text(origin, input)?;
    let mut import = Import::new(origin, &text);
    let mut reader =
        ReaderBuilder::new().delimiter(b'\t').flexible(true).has_headers(false).from_reader(text.as_bytes());
    let mut row = StringRecord::new();
    let mut is_header = true;
    loop {
        let before = reader.position().byte() as usize;
        let more = reader
            .read_record(&mut row)
            .map_err(|error| ShortlistError::Read { origin: origin.into(), source: error.into() })?;
        if !more {
            break;
        }
        // The reader passes over the rest of a line break, and over blank lines, only when it looks for the next row.
        let breaks = text[before..].bytes().take_while(|byte| b"\r\n".contains(byte)).count();
        let line = import.line_of(before + breaks);
        if is_header {
            check_header(&row).map_err(|problem| import.fault(line, problem))?;
            is_header = false;
        } else {
            let record = parse(&row).map_err(|problem| import.fault(line, problem))?;
            import.add(record, line)?;
        }
    }
    if is_header {
        return Err(import.fault(1, format!("an empty file; expected a header from '{}' on", COLUMNS[0])));
    }
    Ok(import.records())
}

fn check_header(row: &StringRecord) -> Result<(), String> {
    let places = row.len().max(COLUMNS.len());
    for place in 0..places {
        let (column, found, expected) = (place + 1, row.get(place), COLUMNS.get(place));
        match (found, expected) {
            (Some(found), Some(expected)) if found == *expected => {}
            (Some(found), Some(expected)) => {
                return Err(format!("column {column} is '{}'; expected '{expected}'", excerpt(found)));
            }
            (Some(found), None) => {
                return Err(format!("column {column} is '{}'; expected no more columns", excerpt(found)));
            }
            (None, expected) => {
                return Err(format!(
                    "no column {column}; expected '{}'",
                    expected.copied().unwrap_or_default()
                ));
            }
        }
    }
    Ok(())
}

fn parse(row: &StringRecord) -> Result<Record, String> {
    if row.len() != COLUMNS.len() {
        return Err(format!("{} cells; expected {}", row.len(), COLUMNS.len()));
    }
    let text = |column: usize| row[column].to_string();
    Ok(Record {
        relation: parsed(row, 0, RELATION)?,
        source_id: text(1),
        source_name: text(2),
        target_id: text(3),
        target_name: text(4),
        verdict: parsed_if_there(row, 5, VERDICT)?,
        note: text(6),
        score: parsed_if_there(row, 7, "a number")?,
        probability: parsed_if_there(row, 8, "a number")?,
        rank: parsed_if_there(row, 9, "a whole number")?,
        model: text(10),
        graph: text(11),
        created: parsed(row, 12, TIME)?,
        updated: parsed(row, 13, TIME)?,
    })
}

const RELATION: &str = "three names with colons between, as in drug:treats:disease";
const VERDICT: &str = "promising, known, implausible, harmful or nothing";
const TIME: &str = "a time in UTC as 2026-03-01T09:30:00Z";

fn parsed<T: FromStr>(row: &StringRecord, column: usize, expected: &str) -> Result<T, String> {
    let unlike = |_| format!("{} is '{}'; expected {expected}", COLUMNS[column], excerpt(&row[column]));
    row[column].parse().map_err(unlike)
}

fn parsed_if_there<T: FromStr>(
    row: &StringRecord,
    column: usize,
    expected: &str,
) -> Result<Option<T>, String> {
    if row[column].is_empty() { Ok(None) } else { parsed(row, column, expected).map(Some) }
}

/// What a message can hold of a cell.
fn excerpt(cell: &str) -> String {
    const SHOWN: usize = 40;
    if cell.chars().count() <= SHOWN {
        return cell.into();
    }
    cell.chars().take(SHOWN).chain("...".chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "relation\tsource_id\tsource_name\ttarget_id\ttarget_name\tverdict\tnote\tscore\tprobability\t\
                          rank\tmodel\tgraph\tcreated\tupdated";
    const ROW: &str = "drug:treats:disease\tDB1\taspirin\tD2\tfever\tknown\t\"of \"\"old\"\"\n\tand new\"\t0.25\t\t3\tblend\t\
                       abc\t2026-03-01T09:30:00Z\t2026-03-02T09:30:00Z";

    fn read(lines: &[&str]) -> Result<Vec<Record>, String> {
        read_tsv("list.tsv", lines.join("\n").as_bytes()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_row_is_read_and_written_as_it_was() {
        let records = read(&[HEADER, ROW]).unwrap();
        let [record] = &records[..] else { panic!("{records:?}") };
        assert_eq!(record.note, "of \"old\"\n\tand new");
        assert_eq!((record.score, record.probability, record.rank), (Some(0.25), None, Some(3)));
        let mut written = Vec::new();
        write_tsv(&records, &mut written).unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), format!("{HEADER}\n{ROW}\n"));
    }

    #[test]
    fn what_other_programs_make_of_it_is_read() {
        let expected = read(&[HEADER, ROW]).unwrap();
        let marked = format!("\u{feff}{HEADER}\r\n\r\n{ROW}\r\n\r\n");
        assert_eq!(read_tsv("list.tsv", marked.as_bytes()).unwrap(), expected);
        assert_eq!(read(&[HEADER]).unwrap(), []);
    }

    #[test]
    fn a_fault_is_told_with_its_line() {
        let cell = |from: &str, to: &str| ROW.replace(from, to).replace("DB1", "DB7");
        let rows = [
            (
                cell("known", "great"),
                "verdict is 'great'; expected promising, known, implausible, harmful or nothing",
            ),
            (cell("0.25", "high"), "score is 'high'; expected a number"),
            (cell("0.25", "inf"), "the score is inf; expected a finite number"),
            (cell("\t3\t", "\t-3\t"), "rank is '-3'; expected a whole number"),
            (
                cell("drug:", "drug"),
                "relation is 'drugtreats:disease'; expected three names with colons between, as in drug:treats:disease",
            ),
            (
                cell("03-02", "02-30"),
                "updated is '2026-02-30T09:30:00Z'; expected a time in UTC as 2026-03-01T09:30:00Z",
            ),
            (cell("\tD2\t", "\t \t"), "the target id is blank; expected the id of a node"),
            (cell("\tblend", ""), "13 cells; expected 14"),
            (ROW.into(), "the pair of line 2 again; expected each pair once"),
        ];
        for (row, expected) in rows {
            assert_eq!(read(&[HEADER, ROW, "", &row]).unwrap_err(), format!("list.tsv, line 5: {expected}"));
            let windows = [HEADER, ROW, "", &row].join("\n").replace('\n', "\r\n");
            let error = read_tsv("list.tsv", windows.as_bytes()).unwrap_err().to_string();
            assert_eq!(error, format!("list.tsv, line 5: {expected}"));
        }
    }

    #[test]
    fn another_table_is_refused() {
        let headers = [
            ("", "an empty file; expected a header from 'relation' on"),
            ("drug\tdisease", "column 1 is 'drug'; expected 'relation'"),
            ("relation\tsource_id", "no column 3; expected 'source_name'"),
            (&format!("{HEADER}\tcolour"), "column 15 is 'colour'; expected no more columns"),
        ];
        for (header, expected) in headers {
            assert_eq!(read(&[header]).unwrap_err(), format!("list.tsv, line 1: {expected}"));
        }
        let error = read_tsv("list.tsv", &b"relation\nsource\xff"[..]).unwrap_err().to_string();
        assert_eq!(error, "list.tsv, line 2: bytes that are not UTF-8; expected text");
    }
}
