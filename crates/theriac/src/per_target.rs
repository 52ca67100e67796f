//! The figures of every target, for every scorer: a table for scripts.

use std::io::{self, Write};

use csv::WriterBuilder;
use theriac_graph::NodeTable;
use theriac_link::EvaluationReport;

/// Columns of the table, in order.
const COLUMNS: [&str; 9] =
    ["scorer", "target_id", "target_name", "train_degree", "positives", "auroc", "ap", "mrr", "hits@10"];

/// Writes the targets of every scorer to `out` as TSV, below lines that begin with `# ` and tell protocol and split: scorers in the order of the report, their targets in the order of
/// `table`. A figure that a target has not is an empty cell; cells with a tab, a line end or a quote stand in quotes.
///
/// # Errors
///
/// Those of `out`.
pub fn write(report: &EvaluationReport, table: &NodeTable, mut out: impl Write) -> io::Result<()> {
    for sentence in report.protocol.split("; ") {
        writeln!(out, "# {sentence}")?;
    }
    writeln!(out, "# split {}", report.split_hash)?;
    let mut writer = WriterBuilder::new().delimiter(b'\t').has_headers(false).from_writer(out);
    writer.write_record(COLUMNS)?;
    for scorer in &report.scorers {
        for target in &scorer.targets {
            let node = target.target as usize;
            writer.serialize((
                &scorer.scorer,
                &table.ids[node],
                &table.names[node],
                target.train_degree,
                target.positives,
                target.auroc,
                target.ap,
                target.mrr,
                target.hits_at_10,
            ))?;
        }
    }
    writer.flush()
}
