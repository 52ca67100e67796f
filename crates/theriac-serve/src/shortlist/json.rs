//! Records as a JSON array of objects.

use std::io::{Read, Write};

use serde_json::value::RawValue;

use super::error::ShortlistError;
use super::import::{self, Import};
use super::record::Record;

/// Writes records as [`read_json`] reads them: an array with an object for each, whose keys are the fields of
/// [`Record`].
///
/// # Errors
///
/// [`ShortlistError::Write`].
pub fn write_json<'a>(
    records: impl IntoIterator<Item = &'a Record>,
    mut out: impl Write,
) -> Result<(), ShortlistError> {
    let records: Vec<&Record> = records.into_iter().collect();
    serde_json::to_writer_pretty(&mut out, &records)
        .map_err(|error| ShortlistError::Write { source: error.into() })?;
    out.write_all(b"\n").and_then(|()| out.flush()).map_err(|source| ShortlistError::Write { source })
}

/// Reads records as [`write_json`] writes them. `origin` is the name of the file in messages.
///
/// # Errors
///
/// [`ShortlistError::Line`] with the first line where there is no JSON, no record, one that cannot be kept
/// ([`Record::check`]), or a pair again; [`ShortlistError::Read`].
pub fn read_json(origin: &str, input: impl Read) -> Result<Vec<Record>, ShortlistError> {
    let text = import::text(origin, input)?;
    let mut import = Import::new(origin, &text);
    // First the bounds of each object alone, so that what is wrong with one can be told with its line.
    let objects: Vec<&RawValue> = serde_json::from_str(&text)
        .map_err(|error| import.fault(error.line().max(1) as u64, problem(&error, "an array of entries")))?;
    for object in objects {
        let object = object.get();
        let line = import.line_of(object.as_ptr().addr() - text.as_ptr().addr());
        let record = serde_json::from_str(object).map_err(|error| {
            import.fault(line + lines_before(object, &error), problem(&error, "an entry as an export has it"))
        })?;
        import.add(record, line)?;
    }
    Ok(import.records())
}

/// How many lines of an object lie before the one at fault. An error may stand behind its value, on a further line.
fn lines_before(object: &str, error: &serde_json::Error) -> u64 {
    let lines = object.split_inclusive('\n').take(error.line().saturating_sub(1));
    let end = lines.map(str::len).sum::<usize>() + error.column();
    let before = &object.as_bytes()[..end.min(object.len())];
    let value_end = before.iter().rposition(|byte| !b" \t\r\n,}".contains(byte)).unwrap_or(0);
    memchr::memchr_iter(b'\n', &before[..value_end]).count() as u64
}

/// What an error says, without the place, which is that within an object.
fn problem(error: &serde_json::Error, expected: &str) -> String {
    let message = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let found = message.strip_suffix(&place).unwrap_or(&message);
    if found.contains("expected") { found.into() } else { format!("{found}; expected {expected}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OBJECT: &str = r#"  {
    "relation": "drug:treats:disease",
    "source_id": "DB1",
    "source_name": "aspirin",
    "target_id": "D2",
    "target_name": "fever",
    "verdict": "known",
    "note": "of \"old\"\n\tand new",
    "score": 0.25,
    "probability": null,
    "rank": 3,
    "model": "blend",
    "graph": "abc",
    "created": "2026-03-01T09:30:00Z",
    "updated": "2026-03-02T09:30:00Z"
  }"#;

    fn read(objects: &[&str]) -> Result<Vec<Record>, String> {
        let text = format!("[\n{}\n]\n", objects.join(",\n"));
        read_json("list.json", text.as_bytes()).map_err(|error| error.to_string())
    }

    #[test]
    fn an_object_is_read_and_written_as_it_was() {
        let records = read(&[OBJECT]).unwrap();
        let [record] = &records[..] else { panic!("{records:?}") };
        assert_eq!(record.note, "of \"old\"\n\tand new");
        let mut written = Vec::new();
        write_json(&records, &mut written).unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), format!("[\n{OBJECT}\n]\n"));
        assert_eq!(read(&[]).unwrap(), []);
    }

    #[test]
    fn a_fault_is_told_with_its_line() {
        let second = |from: &str, to: &str| OBJECT.replace("DB1", "DB7").replace(from, to);
        let objects = [
            (
                second("known", "great"),
                24,
                "unknown variant `great`, expected one of `promising`, `known`, `implausible`, `harmful`",
            ),
            (second("0.25", "\"high\""), 26, "invalid type: string \"high\", expected f32"),
            (second("rank", "place"), 28, "unknown field `place`, expected one of `relation`, `source_id`"),
            (second("03-02", "02-30"), 32, "'2026-02-30T09:30:00Z' is not a time; expected one in UTC as"),
            (second("drug:", "drug"), 19, "'drugtreats:disease' is not a relation; expected three names"),
            (second("DB7", " "), 18, "the source id is blank; expected the id of a node"),
            (second("\"D2\"", "\" \""), 18, "the target id is blank; expected the id of a node"),
            (OBJECT.into(), 18, "the pair of line 2 again; expected each pair once"),
        ];
        for (object, line, expected) in objects {
            let error = read(&[OBJECT, &object]).unwrap_err();
            assert!(error.starts_with(&format!("list.json, line {line}: {expected}")), "{error}");
        }
    }

    #[test]
    fn what_is_no_array_is_refused() {
        for (text, expected) in [
            ("", "line 1: EOF while parsing a value; expected an array of entries"),
            ("{}", "line 1: invalid type: map, expected a sequence"),
            ("[\n{},\n", "line 3: EOF while parsing a value; expected an array of entries"),
            ("[\n{}]", "line 2: missing field `relation`; expected an entry as an export has it"),
        ] {
            let error = read_json("list.json", text.as_bytes()).unwrap_err().to_string();
            assert_eq!(error, format!("list.json, {expected}"));
        }
    }
}
