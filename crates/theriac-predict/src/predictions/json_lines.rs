//! One JSON object a line, with the columns of a prediction as its keys.

use std::io::{self, Write};

use super::{Prediction, RowWriter};

struct JsonLines<W>(W);

/// Writes rows to `out`.
pub(super) fn writer<'a>(out: impl Write + Send + 'a) -> Box<dyn RowWriter + 'a> {
    Box::new(JsonLines(out))
}

impl<W: Write + Send> RowWriter for JsonLines<W> {
    fn write(&mut self, rows: &[Prediction<'_>]) -> io::Result<()> {
        for row in rows {
            serde_json::to_writer(&mut self.0, row)?;
            self.0.write_all(b"\n")?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::SAMPLE;
    use super::*;

    #[test]
    fn every_line_is_a_prediction() {
        let mut bytes = Vec::new();
        let mut lines = writer(&mut bytes);
        lines.write(&SAMPLE).unwrap();
        lines.finish().unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert_eq!(text.lines().count(), 2);
        assert_eq!(
            text.lines().last().unwrap(),
            r#"{"rank":2,"source_id":"7","source_name":"d","source_type":"drug","relation":"drug:treats:disease","target_id":"7","target_name":"fever","target_type":"disease","score":-0.1,"probability":0.25,"percentile":0.0,"known":false}"#
        );
    }
}
