//! Entries as pairs that an evaluation judges a scorer on.

use std::io::Write;

use csv::WriterBuilder;

use super::error::ShortlistError;
use super::record::{Record, Verdict};

/// How many pairs an evaluation set holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EvaluationSet {
    /// True pairs.
    pub positives: usize,
    /// Pairs that are held to be untrue. Without any, an evaluation judges against every unknown pair.
    pub negatives: usize,
}

/// Writes the records with these verdicts as `theriac evaluate --protocol external --external FILE` reads them:
/// tab-separated, with a header, a source id and a target id, and a label of 1 or 0 where there are negatives. Records
/// with another verdict, or none, are left out. The evaluation itself leaves out pairs that are in its graph.
///
/// # Errors
///
/// [`ShortlistError::NoEvaluationSet`] where a verdict is to stand for both labels, no record is a positive, or the
/// records are of several relations, since an evaluation has one; [`ShortlistError::Write`].
pub fn write_evaluation_set<'a>(
    records: impl IntoIterator<Item = &'a Record>,
    positives: &[Verdict],
    negatives: &[Verdict],
    out: impl Write,
) -> Result<EvaluationSet, ShortlistError> {
    let none = |found: String, expected| ShortlistError::NoEvaluationSet { found, expected };
    if let Some(both) = positives.iter().find(|verdict| negatives.contains(verdict)) {
        return Err(none(
            format!("{both} is to be a positive and a negative"),
            "one of them for each verdict",
        ));
    }
    let label = |record: &'a Record| {
        let verdict = record.verdict?;
        let positive = positives.contains(&verdict);
        (positive || negatives.contains(&verdict)).then_some((record, positive))
    };
    let labelled: Vec<(&Record, bool)> = records.into_iter().filter_map(label).collect();
    if let Some([(one, _), (other, _)]) =
        labelled.array_windows().find(|[(one, _), (other, _)]| one.relation != other.relation)
    {
        let found = format!("some are of {}, some of {}", one.relation, other.relation);
        return Err(none(found, "those of one relation"));
    }
    let n_positives = labelled.iter().filter(|(_, positive)| *positive).count();
    if n_positives == 0 {
        let names: Vec<&str> = positives.iter().map(|verdict| verdict.name()).collect();
        return Err(none(format!("none is {}", names.join(" or ")), "at least one true pair"));
    }

    let set = EvaluationSet { positives: n_positives, negatives: labelled.len() - n_positives };
    // An evaluation takes any label to mean that negatives are there.
    let columns = if set.negatives > 0 { 3 } else { 2 };
    let unwritten = |error: csv::Error| ShortlistError::Write { source: error.into() };
    let mut writer = WriterBuilder::new().delimiter(b'\t').from_writer(out);
    writer.write_record(&["source_id", "target_id", "label"][..columns]).map_err(unwritten)?;
    for (record, positive) in labelled {
        let cells = [record.source_id.as_str(), record.target_id.as_str(), if positive { "1" } else { "0" }];
        writer.write_record(&cells[..columns]).map_err(unwritten)?;
    }
    writer.flush().map_err(|source| ShortlistError::Write { source })?;
    Ok(set)
}

#[cfg(test)]
mod tests {
    use theriac_graph::RelationKey;

    use super::super::tests::record;
    use super::*;

    fn judged(source_id: &str, verdict: Option<Verdict>) -> Record {
        Record { verdict, ..record(source_id, "x") }
    }

    fn written(
        records: &[Record],
        positives: &[Verdict],
        negatives: &[Verdict],
    ) -> Result<(EvaluationSet, String), String> {
        let mut out = Vec::new();
        let set = write_evaluation_set(records, positives, negatives, &mut out);
        set.map(|set| (set, String::from_utf8(out).unwrap())).map_err(|error| error.to_string())
    }

    #[test]
    fn verdicts_become_labels() {
        let records = [
            judged("a", Some(Verdict::Promising)),
            judged("b\t\"c\"", Some(Verdict::Known)),
            judged("d", Some(Verdict::Harmful)),
            judged("e", None),
        ];
        let positives = [Verdict::Promising, Verdict::Known];
        let (set, text) = written(&records, &positives, &[Verdict::Harmful]).unwrap();
        assert_eq!(set, EvaluationSet { positives: 2, negatives: 1 });
        assert_eq!(text, "source_id\ttarget_id\tlabel\na\tx\t1\n\"b\t\"\"c\"\"\"\tx\t1\nd\tx\t0\n");

        let (set, text) = written(&records, &[Verdict::Promising], &[Verdict::Implausible]).unwrap();
        assert_eq!(set, EvaluationSet { positives: 1, negatives: 0 });
        assert_eq!(text, "source_id\ttarget_id\na\tx\n");
    }

    #[test]
    fn what_is_no_set_is_refused() {
        let known = judged("a", Some(Verdict::Known));
        let other = Record { relation: RelationKey::new("drug", "harms", "disease"), ..known.clone() };
        let ignored = Record { verdict: None, ..other.clone() };
        let refused = |records: &[Record], negatives: &[Verdict]| {
            written(records, &[Verdict::Promising, Verdict::Known], negatives).unwrap_err()
        };
        let begins = "the entries make no evaluation set: ";
        assert_eq!(
            refused(std::slice::from_ref(&known), &[Verdict::Known]),
            format!(
                "{begins}known is to be a positive and a negative; expected one of them for each verdict"
            )
        );
        assert_eq!(
            refused(&[judged("a", Some(Verdict::Harmful)), judged("b", None)], &[Verdict::Harmful]),
            format!("{begins}none is promising or known; expected at least one true pair")
        );
        assert_eq!(
            refused(&[known.clone(), other], &[]),
            format!(
                "{begins}some are of drug:treats:disease, some of drug:harms:disease; expected those of one relation"
            )
        );
        assert!(written(&[known, ignored], &[Verdict::Known], &[]).is_ok());
    }
}
