//! Nodes and edges as JSON objects: one a line, or in one document.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;
use std::io::{self, Read};

use memchr::memchr_iter;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::error::{FormatError, excerpt};
use crate::input::Input;

/// Bytes of a document that are read at once.
const BUFFER_BYTES: usize = 1 << 16;

/// The keys of an object, each with its value as it is written.
#[derive(Debug)]
pub(super) struct Record<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

/// A value of a [`Record`].
#[derive(Debug, PartialEq)]
pub(super) enum Value<'a> {
    /// A text, number or boolean, as text without blanks around it; empty where there is none.
    Scalar(Cow<'a, str>),
    /// Several of them, none empty.
    List(Vec<Cow<'a, str>>),
    /// An object, or an array that holds objects or arrays.
    Nested,
}

#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'a> Record<'a> {
    /// The object that stands in `text`, which begins on `line`.
    ///
    /// # Errors
    ///
    /// [`FormatError::Line`] when it is not an object.
    pub(super) fn parse(text: &'a str, file: &str, line: u64) -> Result<Self, FormatError> {
        serde_json::from_str(text).map_err(|error| FormatError::Line {
            file: file.into(),
            line,
            found: format!("{} ({})", excerpt(text.as_bytes()), reason(&error)),
            expected: "a JSON object".into(),
        })
    }

    /// The keys with their values, in the order of the text.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&str, Value<'a>)> {
        self.0.iter().map(|(key, value)| (key.as_ref(), Value::of(value)))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Record<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Vec<(Cow<'de, str>, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::with_capacity(16);
                while let Some((Text(key), value)) = map.next_entry()? {
                    fields.push((key, value));
                }
                Ok(fields)
            }
        }
        Ok(Self(deserializer.deserialize_map(Fields)?))
    }
}

impl<'a> Value<'a> {
    fn of(raw: &'a RawValue) -> Self {
        match raw.get().as_bytes().first() {
            Some(b'{') => Self::Nested,
            Some(b'[') => {
                let Ok(entries) = serde_json::from_str::<Vec<&'a RawValue>>(raw.get()) else {
                    return Self::Nested;
                };
                let texts: Option<Vec<Cow<'a, str>>> = entries.into_iter().map(scalar).collect();
                texts.map_or(Self::Nested, |mut texts| {
                    texts.retain(|text| !text.is_empty());
                    Self::List(texts)
                })
            }
            _ => scalar(raw).map_or(Self::Nested, Self::Scalar),
        }
    }
}

/// The text of a scalar; empty for `null`. `None` for what is none.
fn scalar(raw: &RawValue) -> Option<Cow<'_, str>> {
    let text = raw.get();
    match text.as_bytes().first()? {
        b'{' | b'[' => None,
        b'n' => Some("".into()),
        b'"' => Some(match serde_json::from_str::<Text<'_>>(text).ok()?.0 {
            Cow::Borrowed(text) => text.trim().into(),
            Cow::Owned(text) => text.trim().to_owned().into(),
        }),
        _ => Some(text.into()),
    }
}

/// The keys of the first object of a text, as far as the text goes.
pub(super) fn first_keys(head: &[u8]) -> Vec<String> {
    struct Keys<'k>(&'k mut Vec<String>);
    impl<'de> Visitor<'de> for Keys<'_> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
            while let Some(key) = map.next_key()? {
                self.0.push(key);
                map.next_value::<IgnoredAny>()?;
            }
            Ok(())
        }
    }
    let mut keys = Vec::new();
    // The text may end within the object.
    let _ = serde_json::Deserializer::from_slice(head).deserialize_map(Keys(&mut keys));
    keys
}

/// Passes each element of the array `key` of a document to `visit`, with the line that it begins on. Nothing else of the
/// document is held in memory.
///
/// # Errors
///
/// The first of `visit`; [`FormatError::Line`] where the document is not valid JSON; what reading meets.
pub(super) fn each_element(
    input: &Input,
    key: &str,
    visit: &mut dyn FnMut(u64, &str) -> Result<(), FormatError>,
) -> Result<(), FormatError> {
    let file = input.path().display().to_string();
    input.read(|reader| {
        let line = Cell::new(1);
        let mut deserializer = serde_json::Deserializer::from_reader(LineReader::new(reader, &line));
        let mut failure = None;
        let document = Document { key, line: &line, visit, failure: &mut failure };
        let done = deserializer.deserialize_map(document).and_then(|()| deserializer.end());
        match (failure, done) {
            (Some(error), _) => Err(error),
            (None, Ok(())) => Ok(()),
            (None, Err(error)) if error.is_io() => Err(input.error(error.into())),
            (None, Err(error)) => Err(FormatError::Line {
                file,
                line: line.get(),
                found: reason(&error),
                expected: "whole, valid JSON".into(),
            }),
        }
    })
}

/// The way through a document to the elements of one of its arrays.
struct Document<'v> {
    key: &'v str,
    line: &'v Cell<u64>,
    visit: &'v mut dyn FnMut(u64, &str) -> Result<(), FormatError>,
    failure: &'v mut Option<FormatError>,
}

impl<'de> Visitor<'de> for Document<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with nodes and edges")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            if key == self.key {
                map.next_value_seed(Elements(&mut self))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

struct Elements<'d, 'v>(&'d mut Document<'v>);

impl<'de> DeserializeSeed<'de> for Elements<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Elements<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an array of {}", self.0.key)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        let Document { line, visit, failure, .. } = self.0;
        while let Some(element) = elements.next_element::<Box<RawValue>>()? {
            let first_line = line.get() - memchr_iter(b'\n', element.get().as_bytes()).count() as u64;
            if let Err(error) = visit(first_line, element.get()) {
                **failure = Some(error);
                return Err(A::Error::custom("an element was refused"));
            }
        }
        Ok(())
    }
}

/// Counts the lines of what is read, byte by byte, as the JSON parser takes it.
struct LineReader<'r> {
    reader: &'r mut (dyn Read + Send),
    line: &'r Cell<u64>,
    buffer: Vec<u8>,
    at: usize,
    begun: bool,
}

impl<'r> LineReader<'r> {
    fn new(reader: &'r mut (dyn Read + Send), line: &'r Cell<u64>) -> Self {
        Self { reader, line, buffer: Vec::with_capacity(BUFFER_BYTES), at: 0, begun: false }
    }
}

impl Read for LineReader<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.at == self.buffer.len() {
            self.buffer.clear();
            (&mut *self.reader).take(BUFFER_BYTES as u64).read_to_end(&mut self.buffer)?;
            self.at = if !self.begun && self.buffer.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
            self.begun = true;
        }
        let taken = out.len().min(self.buffer.len() - self.at);
        let bytes = &self.buffer[self.at..self.at + taken];
        out[..taken].copy_from_slice(bytes);
        self.at += taken;
        self.line.set(self.line.get() + memchr_iter(b'\n', bytes).count() as u64);
        Ok(taken)
    }
}

/// A JSON error without its place, which counts from the element and not from the file.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.clone(), |(reason, _)| reason.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_texts_lists_or_nested() {
        let text = r#"{"a":" x\u0041 ","b":0.10,"c":true,"d":null,"e":["p",1,"",null],"f":{"g":1},"h":[[1]],"i":[]}"#;
        let record = Record::parse(text, "f", 1).unwrap();
        let fields: Vec<_> = record.fields().collect();
        let expected = [
            ("a", Value::Scalar("xA".into())),
            ("b", Value::Scalar("0.10".into())),
            ("c", Value::Scalar("true".into())),
            ("d", Value::Scalar("".into())),
            ("e", Value::List(vec!["p".into(), "1".into()])),
            ("f", Value::Nested),
            ("h", Value::Nested),
            ("i", Value::List(Vec::new())),
        ];
        assert_eq!(fields, expected);
        let error = Record::parse("[1]", "f", 7).unwrap_err().to_string();
        assert_eq!(
            error,
            "f:7: found [1] (invalid type: sequence, expected an object); expected a JSON object"
        );
    }

    #[test]
    fn the_keys_of_a_cut_object_are_those_before_the_cut() {
        assert_eq!(first_keys(br#"{"nodes":[{"id":"a"},{"i"#), ["nodes"]);
        assert_eq!(first_keys(b" {\"id\":1,\"category\":[]}\n{\"x\":1}"), ["id", "category"]);
        assert_eq!(first_keys(b"[1]").len() + first_keys(b"").len(), 0);
    }

    fn elements(text: &str, key: &str) -> Result<Vec<(u64, String)>, FormatError> {
        let mut found = Vec::new();
        each_element(&Input::from_bytes("d.json", text.into()), key, &mut |line, element| {
            found.push((line, element.to_owned()));
            Ok(())
        })?;
        Ok(found)
    }

    #[test]
    fn elements_come_with_their_lines() {
        let text =
            "\u{feff}{\"meta\": {\"a\": 1},\n\"edges\": [\n1,\n{\n\"x\": 2\n}\n],\n\"nodes\": [3, 4]}\n";
        assert_eq!(elements(text, "edges").unwrap(), [(3, "1".into()), (4, "{\n\"x\": 2\n}".into())]);
        assert_eq!(elements(text, "nodes").unwrap(), [(8, "3".into()), (8, "4".into())]);
        assert_eq!(elements(text, "other").unwrap(), []);
    }

    #[test]
    fn bad_documents_are_one_clear_sentence() {
        let message = |text: &str| elements(text, "nodes").unwrap_err().to_string();
        let expected = "expected whole, valid JSON";
        assert_eq!(
            message("{\"nodes\": [\n1,"),
            format!("d.json:2: found EOF while parsing a value; {expected}")
        );
        assert_eq!(message("{\"nodes\": []}\n}"), format!("d.json:2: found trailing characters; {expected}"));
        assert_eq!(
            message("{\"nodes\": 1}"),
            format!("d.json:1: found invalid type: integer `1`, expected an array of nodes; {expected}")
        );
        let refused = each_element(
            &Input::from_bytes("d.json", b"{\"nodes\":[1,2]}".to_vec()),
            "nodes",
            &mut |_, _| Err(FormatError::Empty { file: "d.json".into(), what: "sense" }),
        );
        assert_eq!(refused.unwrap_err().to_string(), "d.json holds no sense; expected at least one");
    }
}
