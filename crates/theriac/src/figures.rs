//! The figures of several scorers on the same pairs: one table, whoever asks for it.

use std::fmt::Write as _;
use std::iter;

use theriac_graph::RelationKey;
use theriac_link::EvaluationReport;

use theriac_predict::evaluation_page::verdict::{TESTED, at, title};
use theriac_predict::numbers::{figure, grouped, small_share};

use crate::table::PlainTable;

/// Digits of the split hash that are shown.
const SHORT_HASH: usize = 12;

/// Keys of the figures of the table, in its order.
const COMPARED: [&str; 9] = [
    "sampled.auroc",
    "sampled.ap",
    "degree_matched.auroc",
    "all_pairs.auroc",
    "all_pairs.ap",
    "ranking.mrr",
    "ranking.hits@1",
    "ranking.hits@10",
    "ranking.hits@50",
];
/// The report as a caption (protocol, split, seed, pairs, prevalence), the figures of each scorer, how sure they are, and
/// its calls at the threshold that is best on the validation part.
pub fn figures(report: &EvaluationReport, target: &RelationKey) -> String {
    let mut text = caption(report);
    let ranks = format!("{} ranks\nMRR", target.source);
    let mut table = PlainTable::new([
        "<scorer",
        "sampled\nAUROC",
        "\nAP",
        "matched\nAUROC",
        "all pairs\nAUROC",
        "\nAP",
        &ranks,
        "\nhits@1",
        "\nhits@10",
        "\nhits@50",
    ]);
    for scorer in &report.scorers {
        let cells = COMPARED.iter().map(|key| shown(at(scorer, key)));
        table.push(iter::once(scorer.scorer.clone()).chain(cells));
    }
    let _ = write!(text, "\n{table}");
    if report.protocol_name == "ranking" {
        let _ = write!(text, "\n\n{}", both_directions(report, target));
    }
    if report.scorers.iter().any(|scorer| !scorer.intervals.is_empty()) {
        let _ = write!(text, "\n\n{}", certainty(report));
    }
    if report.scorers.iter().any(|scorer| scorer.permuted.is_some()) {
        let _ = write!(text, "\n\n{}", permutation(report));
    }
    if report.scorers.iter().any(|scorer| scorer.figures.at("threshold.f1").is_some()) {
        let _ = write!(text, "\n\n{}", calls(report));
    }
    text
}

/// A figure, or a dash where there is none.
fn shown(value: f64) -> String {
    if value.is_nan() { "-".into() } else { figure(value) }
}

fn caption(report: &EvaluationReport) -> String {
    let mut text = report.protocol.replace("; ", "\n  ");
    let hash = &report.split_hash[..report.split_hash.len().min(SHORT_HASH)];
    let _ = write!(text, "\n  split {hash}");
    if let Some(first) = report.scorers.first() {
        let pairs: usize = report.rounds.iter().map(|round| round.test).sum();
        let _ = write!(
            text,
            "; {} pairs, prevalence {} sampled, {} in all pairs",
            grouped(pairs),
            small_share(at(first, "sampled.prevalence")),
            small_share(at(first, "all_pairs.prevalence"))
        );
    }
    text.push('\n');
    text
}

/// Ranks of sources and of targets, each pair counting once, and each node once.
fn both_directions(report: &EvaluationReport, target: &RelationKey) -> String {
    let headings = [
        format!("{} ranks\nmacro MRR", target.source),
        "\nmean".into(),
        "\nAMRI".into(),
        format!("{} ranks\nMRR", target.target),
        "\nhits@10".into(),
        "\nmacro MRR".into(),
        "\nmean".into(),
        "\nAMRI".into(),
    ];
    let mut table = PlainTable::new(iter::once("<scorer").chain(headings.iter().map(String::as_str)));
    for scorer in &report.scorers {
        let of = |key: &str| shown(at(scorer, key));
        let mean = |key: &str| format!("{:.1}", at(scorer, key));
        table.push([
            scorer.scorer.clone(),
            of("ranking.macro_mrr"),
            mean("ranking.mean_rank"),
            of("ranking.adjusted_mean_rank_index"),
            of("target_ranking.mrr"),
            of("target_ranking.hits@10"),
            of("target_ranking.macro_mrr"),
            mean("target_ranking.mean_rank"),
            of("target_ranking.adjusted_mean_rank_index"),
        ]);
    }
    table.to_string()
}

/// Intervals of the figures that matter most, their spread over rounds, and how they compare with the best baseline.
fn certainty(report: &EvaluationReport) -> String {
    let several = report.rounds.len() > 1;
    let mut headings = vec!["<95 % intervals"];
    for key in TESTED {
        headings.push(title(key));
        if several {
            headings.push("sd");
        }
        headings.extend(["interval", "difference", "p"]);
    }
    let mut table = PlainTable::new(headings);
    for scorer in &report.scorers {
        let mut cells = vec![scorer.scorer.clone()];
        for key in TESTED {
            cells.push(shown(at(scorer, key)));
            if several {
                cells.push(shown(scorer.spread.at(key).unwrap_or(f64::NAN)));
            }
            let interval = scorer.intervals.get(key);
            cells.push(interval.map_or_else(|| "-".into(), |of| format!("{:.3} to {:.3}", of.low, of.high)));
            match scorer.versus.get(key) {
                Some(versus) => {
                    cells.push(format!("{:+.3}", versus.difference));
                    cells.push(format!("{:.3}", versus.p_value));
                }
                None => cells.extend(["-".to_owned(), "-".to_owned()]),
            }
        }
        table.push(cells);
    }
    format!(
        "{table}\nBootstrap over targets, {} resamples; differences are from the best other baseline, p not adjusted.",
        report.resamples
    )
}

/// What each scorer is worth on the permuted graph, and how much more on the real one.
fn permutation(report: &EvaluationReport) -> String {
    let mut headings = vec!["<permuted graph"];
    for key in TESTED {
        headings.extend([title(key), "real - permuted", "degree product"]);
    }
    let mut table = PlainTable::new(headings);
    for scorer in &report.scorers {
        let Some(control) = &scorer.permuted else { continue };
        let mut cells = vec![scorer.scorer.clone()];
        for key in TESTED {
            let there = control.figures.at(key).unwrap_or(f64::NAN);
            let prior = control.degree_prior.as_ref().and_then(|prior| prior.at(key)).unwrap_or(f64::NAN);
            cells.extend([shown(there), format!("{:+.3}", at(scorer, key) - there), shown(prior)]);
        }
        table.push(cells);
    }
    format!(
        "{table}\nEdges swapped, degrees kept, every scorer fitted anew: what is left follows from degrees."
    )
}

fn calls(report: &EvaluationReport) -> String {
    let mut table = PlainTable::new(["<sampled pairs", "threshold", "precision", "recall", "F1", "MCC"]);
    for scorer in &report.scorers {
        if let Some(threshold) = scorer.figures.at("threshold.threshold") {
            let calls = ["precision", "recall", "f1", "mcc"];
            let calls = calls.map(|name| shown(at(scorer, &format!("threshold.{name}"))));
            table.push([scorer.scorer.clone(), format!("{threshold:.4}")].into_iter().chain(calls));
        }
    }
    format!(
        "{table}\nEach scorer's threshold has the best F1 on the validation part, by a fit that had not learned it."
    )
}

/// Where the scorer named `model` is behind another, in one sentence a rival; or that it is behind nowhere.
pub fn verdict(report: &EvaluationReport, model: &str) -> String {
    let Some(own) = report.scorer(model) else { return String::new() };
    let behind: Vec<String> = report
        .scorers
        .iter()
        .filter(|rival| rival.scorer != model)
        .filter_map(|rival| {
            let is_ahead = |key: &&&str| at(rival, key) > at(own, key);
            let ahead: Vec<&str> = COMPARED.iter().filter(is_ahead).map(|key| title(key)).collect();
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
    use theriac_link::{Curves, Figures, RoundSummary, ScorerReport};
    use theriac_predict::evaluation_page::verdict::{ahead_of_baselines, standing};

    use super::*;

    fn scorer(name: &str, value: f64) -> ScorerReport {
        let mut figures = Figures::default();
        for key in COMPARED {
            let (section, name) = key.split_once('.').unwrap();
            let weight = if name == "auroc" { 1.0 } else { 0.5 };
            figures.set(section, name, value * weight);
        }
        figures.set("sampled", "prevalence", 1.0 / 3.0);
        figures.set("all_pairs", "prevalence", 0.005);
        for (name, value) in
            [("threshold", 0.5), ("precision", 0.75), ("recall", 1.0), ("f1", 0.857), ("mcc", 0.5)]
        {
            figures.set("threshold", name, value);
        }
        ScorerReport {
            scorer: name.into(),
            baseline: true,
            figures,
            spread: Figures::default(),
            intervals: std::collections::BTreeMap::new(),
            versus: std::collections::BTreeMap::new(),
            permuted: None,
            curves: Curves::default(),
            degree_bins: Vec::new(),
            source_degree_bins: Vec::new(),
            reliability: Vec::new(),
            frequent: Vec::new(),
            configurations_tried: 0,
            trials: Vec::new(),
            epochs: Vec::new(),
            rounds: Vec::new(),
            targets: Vec::new(),
        }
    }

    fn report() -> EvaluationReport {
        EvaluationReport {
            protocol: "test part of a split; sampled: 2 to 1".into(),
            protocol_name: "random".into(),
            seed: 7,
            split_hash: "0123456789abcdef".into(),
            rounds: vec![RoundSummary {
                repeat: 0,
                name: "test part".into(),
                seed: 7,
                split_hash: "0123456789abcdef".into(),
                train: 100,
                valid: 10,
                test: 19_921,
            }],
            planned_rounds: 1,
            resamples: 0,
            scorers: vec![scorer("degree product", 0.75), scorer("graphsage", 0.875)],
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
        assert!(verdict(&report(), "degree product").starts_with(
            "graphsage is ahead of degree product in sampled AUROC, sampled AP, matched AUROC, all-pairs AUROC"
        ));
        assert_eq!(ahead_of_baselines(&report())[0], "graphsage has the best all-pairs AP: 0.438.");
        assert_eq!(
            standing(&report(), "degree product").unwrap(),
            "degree product takes place 2 of 2 by all-pairs AP and 2 of 2 by MRR."
        );
        assert_eq!(standing(&report(), "nobody"), None);
    }
}
