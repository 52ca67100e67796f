//! JSON written as it comes, with nothing held in memory.

use std::io::{self, Write};

use serde::{Serialize, Serializer};
use theriac_graph::LIST_SEPARATOR;

use super::attribute_columns::Value;

/// A JSON object that is being written.
pub(super) struct JsonObject<'a, W: Write> {
    out: &'a mut W,
    empty: bool,
}

impl<'a, W: Write> JsonObject<'a, W> {
    pub(super) fn begin(out: &'a mut W) -> io::Result<Self> {
        out.write_all(b"{")?;
        Ok(Self { out, empty: true })
    }

    pub(super) fn field(&mut self, key: &str, value: &(impl Serialize + ?Sized)) -> io::Result<()> {
        if !self.empty {
            self.out.write_all(b",")?;
        }
        self.empty = false;
        serde_json::to_writer(&mut *self.out, key)?;
        self.out.write_all(b":")?;
        Ok(serde_json::to_writer(&mut *self.out, value)?)
    }

    pub(super) fn end(self) -> io::Result<()> {
        self.out.write_all(b"}")
    }
}

/// A number, a text, or several texts as an array. A number that JSON does not have is written as a text.
impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(number) if number.is_finite() => serializer.serialize_f64(*number),
            Self::Number(number) => serializer.collect_str(number),
            Self::Text(text) if text.contains(LIST_SEPARATOR) => {
                serializer.collect_seq(text.split(LIST_SEPARATOR))
            }
            Self::Text(text) => serializer.serialize_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_written_field_by_field() {
        let mut out = Vec::new();
        let mut object = JsonObject::begin(&mut out).unwrap();
        object.field("a \"b\"", "c\n").unwrap();
        object.field("w", &0.1f32).unwrap();
        for (key, value) in [("n", Value::Number(1.5)), ("i", Value::Number(f64::INFINITY))] {
            object.field(key, &value).unwrap();
        }
        object.field("l", &Value::Text("x|y")).unwrap();
        object.end().unwrap();
        assert_eq!(out, br#"{"a \"b\"":"c\n","w":0.1,"n":1.5,"i":"inf","l":["x","y"]}"#);
    }
}
