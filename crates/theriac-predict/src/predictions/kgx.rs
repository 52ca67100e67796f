//! KGX: predictions as edges of the Biolink model, in one table without quotes.
//!
//! The predicate is that of the model's relation, `biolink:treats` for `drug:treats:disease`. The Biolink model wants strong
//! evidence for a `treats` edge that is asserted, and weaker predicates (`applied_to_treat`,
//! `treats_or_applied_or_studied_to_treat`) say that somebody has tried or studied the treatment, which a prediction does not;
//! it lets `treats` itself be predicted, and `knowledge_level` then says so
//! (<https://biolink.github.io/biolink-model/treats/>). All rows are marked `prediction`, made by a `computational_model`, those
//! of known links too: what is written is what the model says of them.

use std::io::{self, Write};

use theriac_formats::{UniqueIds, biolink_predicate};
use theriac_graph::{Graph, Relation};

use super::{Origin, Prediction, RowWriter};

const HEADER: &str = "id\tsubject\tpredicate\tobject\tknowledge_level\tagent_type\tprimary_knowledge_source\tscore\tprobability\
                      \trank\tpercentile\tknown\ttheriac_relation\ttheriac_model";
/// What stands in the columns from `knowledge_level` to `primary_knowledge_source`.
const PREDICTED: &str = "prediction\tcomputational_model\tinfores:theriac";
/// Digits of the model's fingerprint that tell its edges from those of others.
const SHORT: usize = 16;

struct Kgx<'a, W> {
    out: W,
    /// As in the tables that graphs are exported to.
    ids: UniqueIds<'a>,
    /// Places of the source's and the target's type.
    ends: (usize, usize),
    predicate: String,
    model: String,
}

/// Writes the header to `out`, and then rows.
pub(super) fn writer<'a>(
    mut out: impl Write + Send + 'a,
    graph: &'a Graph,
    relation: &Relation,
    origin: &Origin<'_>,
) -> io::Result<Box<dyn RowWriter + 'a>> {
    writeln!(out, "{HEADER}")?;
    Ok(Box::new(Kgx {
        out,
        ids: UniqueIds::of(graph),
        ends: (relation.source_type, relation.target_type),
        predicate: biolink_predicate(&relation.key.name),
        model: origin.model.chars().take(SHORT).collect(),
    }))
}

impl<W: Write + Send> RowWriter for Kgx<'_, W> {
    fn write(&mut self, rows: &[Prediction<'_>]) -> io::Result<()> {
        let Self { out, ids, ends, predicate, model } = self;
        for row in rows {
            let subject = cell(ids.get(ends.0, row.pair.source))?;
            let object = cell(ids.get(ends.1, row.pair.target))?;
            let relation = cell(row.relation)?;
            let Prediction { pair, rank, score, probability, percentile, known, .. } = row;
            writeln!(
                out,
                "theriac:{model}-{}-{}\t{subject}\t{predicate}\t{object}\t{PREDICTED}\t{score}\t{probability}\t{rank}\
                 \t{percentile}\t{known}\t{relation}\t{model}",
                pair.source, pair.target
            )?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.out.flush()
    }
}

/// A text that can stand in a cell as it is.
fn cell(text: &str) -> io::Result<&str> {
    if text.contains(['\t', '\n', '\r']) {
        let problem =
            format!("KGX tables cannot hold '{}'; expected no tab or line end", text.escape_debug());
        return Err(io::Error::new(io::ErrorKind::InvalidData, problem));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use theriac_graph::{DuplicatePolicy, EdgeList, GraphBuilder, NodeTable, Provenance, RelationKey};

    use super::super::tests::{ORIGIN, SAMPLE};
    use super::*;

    fn written(second_drug: &str) -> io::Result<String> {
        let mut builder = GraphBuilder::new(Provenance::default());
        let drugs = vec!["drugbank:DB1".to_owned(), second_drug.to_owned()];
        builder.add_nodes(NodeTable::new("drug", drugs.clone(), drugs)).unwrap();
        builder.add_nodes(NodeTable::new("disease", vec!["7".into()], vec!["fever".into()])).unwrap();
        let edges = EdgeList { sources: vec![0], targets: vec![0], ..EdgeList::default() };
        let treats = RelationKey::new("drug", "treats", "disease");
        builder.add_relation(treats, edges, DuplicatePolicy::Reject).unwrap();
        let graph = builder.build().unwrap();
        let mut bytes = Vec::new();
        let origin = Origin { model: "0123456789abcdef0123".into(), ..ORIGIN };
        let mut kgx = writer(&mut bytes, &graph, &graph.relations()[0], &origin)?;
        kgx.write(&SAMPLE)?;
        kgx.finish()?;
        Ok(String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn rows_are_edges_marked_as_predictions() {
        let text = written("7").unwrap();
        let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split('\t').collect()).collect();
        assert!(rows.iter().all(|row| row.len() == 14), "{text}");
        assert_eq!(
            rows[1..],
            [
                [
                    "theriac:0123456789abcdef-0-0",
                    "drugbank:DB1",
                    "biolink:treats",
                    "disease:7",
                    "prediction",
                    "computational_model",
                    "infores:theriac",
                    "1.5",
                    "0.75",
                    "1",
                    "50",
                    "true",
                    "drug:treats:disease",
                    "0123456789abcdef"
                ],
                [
                    "theriac:0123456789abcdef-1-0",
                    "drug:7",
                    "biolink:treats",
                    "disease:7",
                    "prediction",
                    "computational_model",
                    "infores:theriac",
                    "-0.1",
                    "0.25",
                    "2",
                    "0",
                    "false",
                    "drug:treats:disease",
                    "0123456789abcdef"
                ],
            ]
        );
    }

    #[test]
    fn an_id_that_breaks_a_row_is_refused() {
        let message = written("a\tb").unwrap_err().to_string();
        assert_eq!(message, "KGX tables cannot hold 'a\\tb'; expected no tab or line end");
    }
}
