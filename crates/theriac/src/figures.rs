//! The figures of several scorers on the same pairs: one table, whoever asks for it.

use std::fmt::Write as _;
use std::iter;

use theriac_graph::RelationKey;
use theriac_link::{Evaluation, EvaluationReport};

use crate::numbers::{figure, grouped, small_share};
use crate::table::PlainTable;

/// Digits of the split hash that are shown.
const SHORT_HASH: usize = 12;

/// A figure, by the name that it has in text.
type Figure = (&'static str, fn(&Evaluation) -> f64);

/// The figures of the table, in its order.
const COMPARED: [Figure; 8] = [
    ("sampled AUROC", |figures| figures.sampled.auroc),
    ("sampled AP", |figures| figures.sampled.ap),
    ("all-pairs AUROC", |figures| figures.all_pairs.auroc),
    ("all-pairs AP", |figures| figures.all_pairs.ap),
    ("MRR", |figures| figures.ranking.mrr),
    ("hits@1", |figures| figures.ranking.hits_at_1),
    ("hits@10", |figures| figures.ranking.hits_at_10),
    ("hits@50", |figures| figures.ranking.hits_at_50),
];

/// The report as a caption (protocol, split, seed, pairs, prevalence), the figures of each scorer, and its calls at the
/// threshold that is best on the validation part.
pub fn figures(report: &EvaluationReport, target: &RelationKey) -> String {
    let mut text = caption(report);
    let ranks = format!("{} ranks\nMRR", target.source);
    let mut table = PlainTable::new([
        "<scorer",
        "sampled\nAUROC",
        "\nAP",
        "all pairs\nAUROC",
        "\nAP",
        &ranks,
        "\nhits@1",
        "\nhits@10",
        "\nhits@50",
    ]);
    for scorer in &report.scorers {
        let cells = COMPARED.iter().map(|(_, of)| figure(of(scorer)));
        table.push(iter::once(scorer.scorer.clone()).chain(cells));
    }
    let _ = write!(text, "\n{table}");
    if report.scorers.iter().any(|scorer| scorer.threshold.is_some()) {
        let _ = write!(text, "\n\n{}", calls(report));
    }
    text
}

fn caption(report: &EvaluationReport) -> String {
    let mut text = report.protocol.replace("; ", "\n  ");
    let hash = &report.split_hash[..report.split_hash.len().min(SHORT_HASH)];
    let _ = write!(text, "\n  split {hash}, negatives from seed {}", report.seed);
    if let Some(first) = report.scorers.first() {
        let _ = write!(
            text,
            "; {} pairs, prevalence {} sampled, {} in all pairs",
            grouped(first.ranking.pairs),
            small_share(first.sampled.prevalence),
            small_share(first.all_pairs.prevalence)
        );
    }
    text.push('\n');
    text
}

fn calls(report: &EvaluationReport) -> String {
    let mut table = PlainTable::new(["<sampled pairs", "threshold", "precision", "recall", "F1"]);
    for scorer in &report.scorers {
        if let Some(at) = &scorer.threshold {
            let [precision, recall, f1] = [at.precision, at.recall, at.f1].map(figure);
            table.push([scorer.scorer.clone(), format!("{:.4}", at.threshold), precision, recall, f1]);
        }
    }
    format!("{table}\nEach scorer's threshold has the best F1 on the validation part.")
}

/// Where the scorer named `model` is behind another, in one sentence a rival; or that it is behind nowhere.
pub fn verdict(report: &EvaluationReport, model: &str) -> String {
    let Some(own) = report.scorers.iter().find(|scorer| scorer.scorer == model) else { return String::new() };
    let behind: Vec<String> = report
        .scorers
        .iter()
        .filter(|rival| rival.scorer != model)
        .filter_map(|rival| {
            let ahead: Vec<&str> =
                COMPARED.iter().filter(|(_, of)| of(rival) > of(own)).map(|&(name, _)| name).collect();
            (!ahead.is_empty())
                .then(|| format!("{} is ahead of {model} in {}.", rival.scorer, ahead.join(", ")))
        })
        .collect();
    if behind.is_empty() {
        format!("No other scorer is ahead of {model} in any of these figures.")
    } else {
        behind.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use theriac_link::{BinaryFigures, Ranking, ThresholdFigures};

    use super::*;

    fn evaluation(scorer: &str, figure: f64) -> Evaluation {
        let binary = |prevalence| BinaryFigures { auroc: figure, ap: figure / 2.0, prevalence };
        Evaluation {
            scorer: scorer.into(),
            sampled: binary(1.0 / 3.0),
            all_pairs: binary(0.005),
            ranking: Ranking {
                mrr: figure / 4.0,
                hits_at_1: 0.125,
                hits_at_10: 0.25,
                hits_at_50: 0.5,
                mean_rank: 9.0,
                pairs: 19_921,
            },
            threshold: Some(ThresholdFigures { threshold: 0.5, precision: 0.75, recall: 1.0, f1: 0.857 }),
        }
    }

    fn report() -> EvaluationReport {
        EvaluationReport {
            protocol: "test part of a split; sampled: 2 to 1".into(),
            seed: 7,
            split_hash: "0123456789abcdef".into(),
            scorers: vec![evaluation("degree product", 0.75), evaluation("graphsage", 0.875)],
        }
    }

    #[test]
    fn the_table_says_on_what_and_how_well() {
        insta::assert_snapshot!(figures(&report(), &RelationKey::new("drug", "treats", "disease")));
    }

    #[test]
    fn where_a_rival_is_ahead_it_is_said() {
        assert_eq!(
            verdict(&report(), "graphsage"),
            "No other scorer is ahead of graphsage in any of these figures."
        );
        assert_eq!(
            verdict(&report(), "degree product"),
            "graphsage is ahead of degree product in sampled AUROC, sampled AP, all-pairs AUROC, all-pairs AP, MRR."
        );
    }
}
