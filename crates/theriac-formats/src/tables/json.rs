//! Tables as JSON: an array of objects, or one object a line.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::columns::{Columns, listed};
use super::part::Part;
use super::table::{Cells, Push, Row, Table};
use super::value::Column;
use crate::blocks::in_blocks;
use crate::edge_json::{LineCounter, reason};
use crate::error::{FormatError, excerpt};

/// Whether content begins as JSON does that holds objects.
pub(super) fn recognised(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let next = |rest: &[u8]| rest.trim_ascii_start().first().copied();
    match head.split_first() {
        Some((b'{', rest)) => matches!(next(rest), Some(b'"' | b'}')),
        Some((b'[', rest)) => matches!(next(rest), Some(b'{' | b']')),
        _ => false,
    }
}

/// Whether the mapping asks for a key or for something within it.
pub(super) fn asked_for(wanted: &[String], key: &str) -> bool {
    wanted.iter().any(|wanted| {
        wanted.strip_prefix(key).is_some_and(|within| within.is_empty() || within.starts_with('.'))
    })
}

/// Reads all objects of a table, and says what is to be said of the reading.
///
/// # Errors
///
/// The first error of `push`; [`FormatError::Line`] for what is no object, for an object without a key that it has to
/// have, and for a key that no object has.
pub(super) fn read(
    table: &Table<'_>,
    whole: &mut Part,
    push: &Push<'_>,
) -> Result<Option<String>, FormatError> {
    let Table { input, layout, columns, .. } = table;
    let seen: Vec<AtomicBool> = columns.names.iter().map(|_| AtomicBool::new(false)).collect();
    let objects = Objects { columns, separator: layout.separator, seen: &seen };
    let push_object = |part: &mut Part, line: u64, text: &str| {
        let row = objects.row(line, text, &mut part.keys)?;
        push(part, &Cells::new(line, &row, layout))
            .map_err(|error| objects.fault(line, &row).unwrap_or(error))
    };
    let head = input.head().strip_prefix(b"\xef\xbb\xbf").unwrap_or(input.head());
    let latin1 = if head.trim_ascii_start().starts_with(b"[") {
        let bytes = input.content()?;
        for (line, object) in elements(&columns.file, &bytes)? {
            push_object(whole, line, object)?;
        }
        None
    } else {
        let empty = whole.block();
        let latin1 = in_blocks(
            input,
            |block| {
                let mut part = empty.block();
                for (text, line) in block.text.lines().zip(block.first_line..) {
                    if !text.trim().is_empty() {
                        push_object(&mut part, line, text)?;
                    }
                }
                Ok((part, block.text.len()))
            },
            |part| whole.append(part),
        )?;
        latin1.decision(&columns.file)
    };
    let never = seen.iter().position(|seen| !seen.load(Ordering::Relaxed));
    if let Some(place) = never.filter(|_| whole.tally.rows > 0) {
        let names: Vec<String> = whole.keys.iter().cloned().collect();
        let wanted = Column::Name(columns.names[place].clone());
        return Err(columns.absent(&names, &wanted, "which the mapping names"));
    }
    Ok(latin1)
}

/// How objects become rows.
struct Objects<'a> {
    columns: &'a Columns,
    separator: &'a str,
    /// Whether any object has the key, for each column.
    seen: &'a [AtomicBool],
}

/// The cells of an object, in the order of the columns; `None` where it does not have the key.
struct ObjectRow {
    cells: Vec<Option<String>>,
    object: Map<String, Value>,
}

impl Row for ObjectRow {
    fn cell(&self, place: usize) -> &str {
        self.cells[place].as_deref().map_or("", str::trim)
    }
}

impl Objects<'_> {
    fn row(&self, line: u64, text: &str, met: &mut BTreeSet<String>) -> Result<ObjectRow, FormatError> {
        let object: Map<String, Value> = serde_json::from_str(text).map_err(|error| {
            let found = format!("{} ({})", excerpt(text.trim().as_bytes()), reason(&error));
            self.line(line, found, "an object: an array of them, or one a line".into())
        })?;
        let mut cells = Vec::with_capacity(self.columns.names.len());
        for (name, seen) in self.columns.names.iter().zip(self.seen) {
            let value = lookup(&object, name);
            if value.is_some() && !seen.load(Ordering::Relaxed) {
                seen.store(true, Ordering::Relaxed);
            }
            let cell = value.map(|value| self.cell(value).ok_or(name)).transpose();
            cells.push(cell.map_err(|name| {
                self.line(
                    line,
                    format!("an object in '{name}'"),
                    "text, a number, true, false, null or a list".into(),
                )
            })?);
        }
        for key in object.keys() {
            if !met.contains(key) {
                met.insert(key.clone());
            }
        }
        Ok(ObjectRow { cells, object })
    }

    /// The text of a value; those of a list with the separator between. `None` for an object.
    fn cell(&self, value: &Value) -> Option<String> {
        Some(match value {
            Value::Null => String::new(),
            Value::Bool(truth) => truth.to_string(),
            Value::String(text) => text.clone(),
            // A whole number that some program wrote as 5468.0 is the id 5468.
            Value::Number(number) => match number.as_f64().filter(|_| number.is_f64()) {
                Some(number) => number.to_string(),
                None => number.to_string(),
            },
            Value::Array(values) => {
                let texts: Option<Vec<String>> = values.iter().map(|value| self.cell(value)).collect();
                texts?.join(self.separator)
            }
            Value::Object(_) => return None,
        })
    }

    /// The error of a row that could not be taken since a key that it needs is not there.
    fn fault(&self, line: u64, row: &ObjectRow) -> Option<FormatError> {
        let (place, what) = self.columns.needed.iter().find(|(place, _)| row.cells[*place].is_none())?;
        let keys: Vec<&str> = row.object.keys().map(String::as_str).collect();
        let found = match keys.as_slice() {
            [] => "an empty object".into(),
            keys => format!("an object with the keys {}", listed(keys)),
        };
        Some(self.line(line, found, format!("a key '{}', {what}", self.columns.names[*place])))
    }

    fn line(&self, line: u64, found: String, expected: String) -> FormatError {
        FormatError::Line { file: self.columns.file.clone(), line, found, expected }
    }
}

/// The value of a key, or of a path of keys with points between.
fn lookup<'v>(object: &'v Map<String, Value>, key: &str) -> Option<&'v Value> {
    object.get(key).or_else(|| {
        let (first, rest) = key.split_once('.')?;
        lookup(object.get(first)?.as_object()?, rest)
    })
}

/// The elements of an array, each with its line.
fn elements<'b>(file: &str, bytes: &'b [u8]) -> Result<Vec<(u64, &'b str)>, FormatError> {
    let wrong = |line: usize, found: String| FormatError::Line {
        file: file.into(),
        line: line as u64,
        found,
        expected: "whole, valid JSON".into(),
    };
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = memchr::memchr_iter(b'\n', &bytes[..error.valid_up_to()]).count() + 1;
        wrong(line, "a byte that is not UTF-8".into())
    })?;
    let elements: Vec<&RawValue> =
        serde_json::from_str(text).map_err(|error| wrong(error.line(), reason(&error)))?;
    let mut lines = LineCounter::new(text);
    Ok(elements.into_iter().map(|element| (lines.line_of(element), element.get())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_told_from_other_text() {
        for (text, expected) in [
            ("{\"a\":1}\n{\"a\":2}", true),
            ("\u{feff} [\n {\"a\":1}]", true),
            ("[]", true),
            ("[[\"a\"]]", false),
            ("{a}", false),
            ("[drug],b", false),
            ("", false),
        ] {
            assert_eq!(recognised(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn keys_may_be_nested() {
        let object: Map<String, Value> =
            serde_json::from_str(r#"{"a":{"b":{"c":1},"x.y":2},"a.q":3}"#).unwrap();
        for (key, expected) in
            [("a.b.c", Some(1)), ("a.x.y", Some(2)), ("a.q", Some(3)), ("a.z", None), ("b", None)]
        {
            assert_eq!(lookup(&object, key).and_then(Value::as_i64), expected, "{key}");
        }
        let wanted = ["a.b.c".to_owned()];
        assert!(asked_for(&wanted, "a") && asked_for(&wanted, "a.b") && !asked_for(&wanted, "a.bc"));
    }

    #[test]
    fn elements_know_their_lines() {
        let found = elements("t.json", b"[\n{\"a\":1},\n\n{\"a\":\n2}]").unwrap();
        assert_eq!(found, [(2, "{\"a\":1}"), (4, "{\"a\":\n2}")]);
        let message = elements("t.json", b"[{\"a\":1},\n{\"a\"").unwrap_err().to_string();
        assert_eq!(message, "t.json:2: found EOF while parsing an object; expected whole, valid JSON");
    }
}
