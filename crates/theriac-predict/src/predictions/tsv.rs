//! Tab-separated values with a header. Cells with a tab, a line end or a quote stand in quotes.

use std::io::{self, Write};

use csv::Writer;

use super::{Prediction, RowWriter, columns};

struct Tsv<W: Write>(Writer<W>);

/// Writes the header to `out`, and then rows.
pub(super) fn writer<'a>(out: impl Write + Send + 'a, signed: bool) -> io::Result<Box<dyn RowWriter + 'a>> {
    // The header is there even where no row is.
    let mut writer = csv::WriterBuilder::new().delimiter(b'\t').has_headers(false).from_writer(out);
    writer.write_record(columns(signed))?;
    Ok(Box::new(Tsv(writer)))
}

impl<W: Write + Send> RowWriter for Tsv<W> {
    fn write(&mut self, rows: &[Prediction<'_>]) -> io::Result<()> {
        rows.iter().try_for_each(|row| Ok(self.0.serialize(row)?))
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
    fn rows_follow_a_header() {
        let mut bytes = Vec::new();
        let mut tsv = writer(&mut bytes, false).unwrap();
        for row in SAMPLE {
            tsv.write(&[row]).unwrap();
        }
        tsv.finish().unwrap();
        assert_eq!(
            String::from_utf8(bytes).unwrap(),
            "rank\tsource_id\tsource_name\tsource_type\trelation\ttarget_id\ttarget_name\ttarget_type\tscore\tprobability\t\
             percentile\tknown\n\
             1\tdrugbank:DB1\t\"a \"\"b\"\"\tc\"\tdrug\tdrug:treats:disease\t7\tfever\tdisease\t1.5\t0.75\t50.0\ttrue\n\
             2\t7\td\tdrug\tdrug:treats:disease\t7\tfever\tdisease\t-0.1\t0.25\t0.0\tfalse\n"
        );
    }
}
