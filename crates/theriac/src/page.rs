//! The page of an evaluation: a report with the names of its nodes, as `theriac-report` draws it.

use std::env;

use theriac_graph::NodeTable;
use theriac_link::metrics::HITS_AT;
use theriac_link::significance::Interval as Bounds;
use theriac_link::{EvaluationReport, FIGURES, ScorerReport, figure_of};
use theriac_report::{
    Breakdown, BreakdownGroup, BreakdownSeries, BreakdownValue, Calibration, Configurations, Curve, Curves,
    Difference, Estimate, EvaluationPage, Extremes, Figure, FrequentSource, Interval, MOST_HIGHLIGHTED,
    PermutationControl, PermutationRow, Popularity, PopularityOfScorer, Provenance, Reliability,
    ReliabilityBin, Scorer, SplitPart, SplitSummary, Stability, StabilityRow, TargetResult, Term,
};

use crate::evaluated::Evaluated;
use crate::figures::{ahead_of_baselines, verdict};
use crate::{machine, timestamp};

/// Figures of the table, by key and group.
const SHOWN: [(&str, &str); 14] = [
    ("sampled.auroc", "sampled"),
    ("sampled.ap", "sampled"),
    ("degree_matched.auroc", "degree-matched"),
    ("all_pairs.auroc", "all pairs"),
    ("all_pairs.ap", "all pairs"),
    ("all_pairs.enrichment@1%", "all pairs"),
    ("all_pairs.bedroc", "all pairs"),
    ("ranking.mrr", "ranks of sources"),
    ("ranking.hits@1", "ranks of sources"),
    ("ranking.hits@10", "ranks of sources"),
    ("ranking.hits@50", "ranks of sources"),
    ("target_ranking.mrr", "ranks of targets"),
    ("target_ranking.hits@10", "ranks of targets"),
    ("per_target.ap", "per target"),
];
/// The figure by which scorers are put in order, and compared with the permuted graph.
const LEADING: &str = "all_pairs.ap";
/// Targets of the table of extremes, at either end.
const EXTREMES: usize = 10;
/// Positives that a target needs to stand there.
const ENOUGH: u64 = 3;

/// The page of a report.
pub fn page(of: &Evaluated<'_>, report: &EvaluationReport) -> EvaluationPage {
    let target = of.task.target();
    let tables = of.graph.node_tables();
    let relation = of.graph.relation(target).ok();
    let sources = relation.map(|relation| &tables[relation.source_type]);
    let targets = relation.map(|relation| &tables[relation.target_type]);
    let provenance = of.graph.provenance();
    let mut order: Vec<&ScorerReport> = report.scorers.iter().collect();
    let leading = |scorer: &ScorerReport| scorer.figures.at(LEADING).unwrap_or(f64::NEG_INFINITY);
    order.sort_by(|one, other| {
        one.baseline.cmp(&other.baseline).then(leading(other).total_cmp(&leading(one)))
    });
    let data_set = if provenance.name.is_empty() { "a graph" } else { &provenance.name };
    let mut notice = None;
    if report.rounds.len() < report.planned_rounds as usize {
        let (done, planned) = (report.rounds.len(), report.planned_rounds);
        notice = Some(format!("The evaluation was stopped: {done} of {planned} rounds are reported."));
    }
    let shown: Vec<(&str, &str)> = SHOWN
        .into_iter()
        .filter(|(key, _)| report.scorers.iter().any(|scorer| scorer.figures.at(key).is_some()))
        .collect();
    EvaluationPage {
        title: format!("{} on {data_set}", report.protocol_name),
        data_set: data_set.into(),
        target: target.to_string(),
        notice,
        verdict: sentences_of_verdict(report),
        protocol: report.protocol.split("; ").map(sentence).collect(),
        split: Some(split(of, report)),
        provenance: Provenance {
            command: Some(command()),
            version: Some(format!("theriac {}", env!("CARGO_PKG_VERSION"))),
            hardware: Some(format!(
                "{} kernels, {} threads",
                machine::hardware().kernels,
                rayon::current_num_threads()
            )),
            seed: Some(report.seed),
            date: Some(timestamp::now()),
            graph: Some(of.graph.fingerprint()),
            licence: provenance.licence.clone(),
            citation: provenance.citation.clone(),
        },
        figures: shown.iter().filter_map(|&(key, group)| figure(key, group)).collect(),
        scorers: report.scorers.iter().map(|scorer| row(scorer, &shown)).collect(),
        highlighted: order.iter().take(MOST_HIGHLIGHTED).map(|scorer| scorer.scorer.clone()).collect(),
        interval_plots: [LEADING, "ranking.mrr"].map(str::to_owned).to_vec(),
        curves: curves(report),
        calibration: calibration(report),
        training: Vec::new(),
        breakdowns: by_degree(report, &target.target).into_iter().collect(),
        extremes: order
            .first()
            .zip(targets)
            .and_then(|(scorer, table)| extremes(scorer, table, &target.target)),
        permutation: permutation(report),
        popularity: sources.and_then(|table| popularity(report, table)),
        stability: stability(report),
        audit: Vec::new(),
        configurations: configurations(report),
        limits: limits(),
        glossary: FIGURES
            .iter()
            .filter(|figure| report.scorers.iter().any(|scorer| scorer.figures.at(figure.key).is_some()))
            .map(|figure| Term { name: figure.title.into(), meaning: sentence(figure.meaning) })
            .collect(),
    }
}

/// With a capital at the beginning and a stop at the end.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", letters.as_str())
}

fn sentences_of_verdict(report: &EvaluationReport) -> Vec<String> {
    let models = report.scorers.iter().filter(|scorer| !scorer.baseline);
    let of_models: Vec<String> = models.map(|model| verdict(report, &model.scorer)).collect();
    let mut sentences: Vec<String> = of_models.iter().flat_map(|of| of.lines()).map(str::to_owned).collect();
    sentences.extend(ahead_of_baselines(report));
    sentences
}

/// The command as it was typed.
fn command() -> String {
    let quoted = |word: String| if word.contains(char::is_whitespace) { format!("\"{word}\"") } else { word };
    let typed = env::args_os().skip(1).map(|word| quoted(word.to_string_lossy().into_owned()));
    std::iter::once("theriac".to_owned()).chain(typed).collect::<Vec<_>>().join(" ")
}

fn split(of: &Evaluated<'_>, report: &EvaluationReport) -> SplitSummary {
    let rounds = report.rounds.len().max(1) as u64;
    let mean = |size: fn(&theriac_link::RoundSummary) -> usize| {
        report.rounds.iter().map(|round| size(round) as u64).sum::<u64>() / rounds
    };
    let part = |name: &str, positives| SplitPart { name: name.into(), positives, negatives: None };
    SplitSummary {
        hashes: report.rounds.iter().take(10).map(|round| round.split_hash.clone()).collect(),
        folds: of.plan.protocol.folds() as usize,
        repeats: of.plan.repeats as usize,
        parts: vec![
            part("train", mean(|round| round.train)),
            part("validation", mean(|round| round.valid)),
            part("test", mean(|round| round.test)),
        ],
        prevalence: report.scorers.first().and_then(|scorer| scorer.figures.at("all_pairs.prevalence")),
        negatives: of
            .plan
            .protocol
            .sentences(of.task, of.plan.valid_fraction)
            .pop()
            .map(|text| sentence(&text)),
    }
}

fn figure(key: &str, group: &str) -> Option<Figure> {
    let of = figure_of(key)?;
    Some(Figure {
        id: key.into(),
        label: of.title.into(),
        meaning: sentence(of.meaning),
        group: Some(group.into()),
        lower_is_better: of.higher_is_better == Some(false),
        decimals: 3,
    })
}

fn row(scorer: &ScorerReport, shown: &[(&str, &str)]) -> Scorer {
    let bounds = |bounds: &Bounds| Interval { low: bounds.low, high: bounds.high };
    let estimate = |&(key, _): &(&str, &str)| {
        Some(Estimate {
            figure: key.into(),
            value: scorer.figures.at(key)?,
            interval: scorer.intervals.get(key).map(bounds),
            sd: scorer.spread.at(key),
            difference: scorer.versus.get(key).map(|versus| Difference {
                baseline: versus.baseline.clone(),
                value: versus.difference,
                interval: Some(Interval { low: versus.low, high: versus.high }),
                p: Some(versus.p_value),
            }),
        })
    };
    Scorer {
        name: scorer.scorer.clone(),
        baseline: scorer.baseline,
        description: None,
        estimates: shown.iter().filter_map(estimate).collect(),
    }
}

fn curves(report: &EvaluationReport) -> Curves {
    let of = |points: fn(&ScorerReport) -> Vec<(f64, f64)>| {
        let curve = |scorer: &ScorerReport| Curve { scorer: scorer.scorer.clone(), points: points(scorer) };
        report.scorers.iter().map(curve).filter(|curve| !curve.points.is_empty()).collect()
    };
    Curves {
        roc: of(|scorer| hundredths_of(&scorer.curves.roc)),
        precision_recall: of(|scorer| hundredths_of(&scorer.curves.precision_recall)),
        prevalence: report.scorers.first().and_then(|scorer| scorer.figures.at("all_pairs.prevalence")),
        hits: of(|scorer| {
            HITS_AT.into_iter().map(f64::from).zip(scorer.curves.hits.iter().copied()).collect()
        }),
    }
}

fn hundredths_of(values: &[f64]) -> Vec<(f64, f64)> {
    (0..).map(|i| f64::from(i) / 100.0).zip(values.iter().copied()).collect()
}

fn calibration(report: &EvaluationReport) -> Option<Calibration> {
    let of = |scorer: &ScorerReport| {
        let bins = scorer.reliability.iter().map(|bin| ReliabilityBin {
            predicted: bin.mean_predicted,
            observed: bin.observed,
            interval: Some(Interval { low: bin.low, high: bin.high }),
            pairs: bin.pairs as u64,
        });
        Reliability {
            scorer: scorer.scorer.clone(),
            bins: bins.collect(),
            brier: scorer.figures.at("calibration.brier"),
            ece: scorer.figures.at("calibration.ece"),
        }
    };
    let scorers: Vec<Reliability> = report.scorers.iter().map(of).filter(|of| !of.bins.is_empty()).collect();
    let base_rate = report.scorers.first().and_then(|scorer| scorer.figures.at("calibration.base_rate"));
    (!scorers.is_empty()).then_some(Calibration { base_rate, scorers })
}

fn by_degree(report: &EvaluationReport, target_type: &str) -> Option<Breakdown> {
    let bins = &report.scorers.first()?.degree_bins;
    let label = |from: u32, to: u32| if from == to { from.to_string() } else { format!("{from}-{to}") };
    let groups = bins
        .iter()
        .map(|bin| BreakdownGroup { label: label(bin.from, bin.to), positives: bin.positives })
        .collect();
    let series = |scorer: &ScorerReport| BreakdownSeries {
        scorer: scorer.scorer.clone(),
        values: bins
            .iter()
            .map(|group| {
                let own = scorer.degree_bins.iter().find(|bin| bin.from == group.from)?;
                Some(BreakdownValue { value: own.mrr, interval: None })
            })
            .collect(),
    };
    Some(Breakdown {
        title: format!("By known links of the {target_type}"),
        explanation: Some(format!(
            "MRR of the true sources, by the {target_type}'s number of training edges."
        )),
        figure: "MRR".into(),
        ordered: true,
        groups,
        scorers: report.scorers.iter().map(series).collect(),
    })
}

fn extremes(scorer: &ScorerReport, table: &NodeTable, target_type: &str) -> Option<Extremes> {
    let mut judged: Vec<_> = scorer.targets.iter().filter(|target| target.positives >= ENOUGH).collect();
    judged.sort_by(|one, other| other.ap.total_cmp(&one.ap).then(one.target.cmp(&other.target)));
    let result = |target: &&theriac_link::TargetJudgement| TargetResult {
        name: table.names[target.target as usize].clone(),
        positives: target.positives,
        degree: Some(u64::from(target.train_degree)),
        value: target.ap,
    };
    let half = EXTREMES.min(judged.len() / 2);
    (half > 0).then(|| Extremes {
        scorer: scorer.scorer.clone(),
        figure: format!("average precision, of those with {ENOUGH} positives or more"),
        target_label: target_type.into(),
        best: judged.iter().take(half).map(result).collect(),
        worst: judged.iter().rev().take(half).map(result).collect(),
    })
}

fn permutation(report: &EvaluationReport) -> Option<PermutationControl> {
    let row = |scorer: &ScorerReport| {
        let control = scorer.permuted.as_ref()?;
        Some(PermutationRow {
            scorer: scorer.scorer.clone(),
            real: scorer.figures.at(LEADING)?,
            permuted: control.figures.at(LEADING)?,
            permuted_interval: None,
            degree_prior: control.degree_prior.as_ref().and_then(|prior| prior.at(LEADING)),
        })
    };
    let rows: Vec<PermutationRow> = report.scorers.iter().filter_map(row).collect();
    (!rows.is_empty()).then(|| PermutationControl {
        figure: "all-pairs AP".into(),
        sentences: vec![
            "Edges of every relation were swapped so that each node keeps its number of edges, and every scorer was \
             fitted and judged anew."
                .into(),
            "What a scorer finds there follows from degrees; what it finds beyond that in the real graph, it has learned."
                .into(),
        ],
        rows,
    })
}

fn popularity(report: &EvaluationReport, table: &NodeTable) -> Option<Popularity> {
    let of = |scorer: &ScorerReport| {
        let effective_sources = scorer.figures.at("popularity.effective_sources")?;
        let top_share = scorer.figures.at("popularity.top_share")?;
        let most = scorer.frequent.first().map_or(1, |first| first.1.max(1)) as f64;
        let frequent = scorer.frequent.iter().take(5).map(|&(source, count)| FrequentSource {
            name: table.names[source as usize].clone(),
            share: top_share * count as f64 / most,
        });
        Some(PopularityOfScorer {
            scorer: scorer.scorer.clone(),
            entropy: effective_sources.log2(),
            effective_sources,
            most_frequent: frequent.collect(),
        })
    };
    let scorers: Vec<PopularityOfScorer> = report.scorers.iter().filter_map(of).collect();
    let source_label = table.node_type.clone();
    (!scorers.is_empty()).then_some(Popularity { list_length: 10, source_label, scorers })
}

fn stability(report: &EvaluationReport) -> Option<Stability> {
    let keys = ["stability.spearman", "stability.top100_overlap"];
    let row = |scorer: &ScorerReport| StabilityRow {
        scorer: scorer.scorer.clone(),
        values: keys.iter().map(|key| scorer.figures.at(key)).collect(),
    };
    let rows: Vec<StabilityRow> =
        report.scorers.iter().map(row).filter(|row| row.values.iter().any(Option::is_some)).collect();
    (!rows.is_empty()).then(|| Stability {
        explanation: "How well fits of one round with different seeds agree; scorers that draw no random number always do."
            .into(),
        columns: vec!["Spearman".into(), "top-100 overlap".into()],
        rows,
    })
}

fn configurations(report: &EvaluationReport) -> Vec<Configurations> {
    let of = |scorer: &ScorerReport| {
        let chosen = scorer.trials.iter().find(|trial| trial.chosen)?;
        let first = if report.rounds.len() > 1 { " (first round)" } else { "" };
        Some(Configurations {
            scorer: scorer.scorer.clone(),
            tried: scorer.configurations_tried as u64,
            chosen: format!("{}{first}", chosen.configuration),
        })
    };
    report.scorers.iter().filter_map(of).collect()
}

fn limits() -> Vec<String> {
    [
        "Unknown pairs stand in for negatives. Some are true links that nobody has recorded, so that a real discovery \
         counts as an error.",
        "Intervals are of the targets that happen to be in the data; they do not tell of other data.",
        "p-values are not adjusted for the number of scorers and figures that are compared.",
        "Links are as good as their source.",
    ]
    .map(str::to_owned)
    .to_vec()
}
