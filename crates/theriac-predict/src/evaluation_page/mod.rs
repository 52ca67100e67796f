//! The page of an evaluation: a report with the names of its nodes, as `theriac-report` draws it.

mod audit;
mod breakdowns;
pub mod verdict;

use theriac_baselines::audit::Audit;
use theriac_graph::{Graph, NodeTable, RelationKey};
use theriac_link::metrics::HITS_AT;
use theriac_link::significance::Interval as Bounds;
use theriac_link::{EpochRecord, EvaluationReport, FIGURES, Plan, Protocol, ScorerReport, Task, figure_of};
use theriac_report::{
    Calibration, Configurations, Curve, Curves, Difference, Epoch, Estimate, EvaluationPage, Extremes,
    Figure, FrequentSource, Interval, MOST_HIGHLIGHTED, PermutationControl, PermutationRow, Popularity,
    PopularityOfScorer, Provenance, Reliability, ReliabilityBin, Scorer, SplitPart, SplitSummary, Stability,
    StabilityRow, TargetResult, Term, Training,
};

use verdict::{ahead_of_baselines, standing};

/// A figure of the table.
struct Shown {
    key: &'static str,
    group: Group,
    label: &'static str,
    decimals: usize,
}

/// The pairs or ranks that a figure is of.
#[derive(Clone, Copy)]
enum Group {
    /// Named as it is.
    Named(&'static str),
    /// Ranks of the sources, of the targets.
    RanksOfSources,
    RanksOfTargets,
    PerTarget,
}

const fn shown(key: &'static str, group: Group, label: &'static str) -> Shown {
    Shown { key, group, label, decimals: 3 }
}

/// Figures of the table, in its order.
const SHOWN: [Shown; 14] = [
    shown("sampled.auroc", Group::Named("sampled"), "AUROC"),
    shown("sampled.ap", Group::Named("sampled"), "AP"),
    shown("degree_matched.auroc", Group::Named("degree-matched"), "AUROC"),
    shown("all_pairs.auroc", Group::Named("all pairs"), "AUROC"),
    shown("all_pairs.ap", Group::Named("all pairs"), "AP"),
    Shown {
        decimals: 1,
        ..shown("all_pairs.enrichment@1%", Group::Named("all pairs"), "Enrichment, top 1\u{a0}%")
    },
    shown("all_pairs.bedroc", Group::Named("all pairs"), "BEDROC"),
    shown("ranking.mrr", Group::RanksOfSources, "MRR"),
    shown("ranking.hits@1", Group::RanksOfSources, "Hits@1"),
    shown("ranking.hits@10", Group::RanksOfSources, "Hits@10"),
    shown("ranking.hits@50", Group::RanksOfSources, "Hits@50"),
    shown("target_ranking.mrr", Group::RanksOfTargets, "MRR"),
    shown("target_ranking.hits@10", Group::RanksOfTargets, "Hits@10"),
    shown("per_target.ap", Group::PerTarget, "AP"),
];
/// The figure by which scorers are put in order, and compared with the permuted graph.
const LEADING: &str = "all_pairs.ap";
/// Figures that stand on the page outside the table.
const EXPLAINED: [&str; 4] =
    ["calibration.brier", "calibration.ece", "stability.spearman", "stability.top100_overlap"];
/// Targets of the table of extremes, at either end.
const EXTREMES: usize = 10;
/// Positives that a target needs to stand there.
const ENOUGH: u64 = 3;

/// What was evaluated, and how.
#[derive(Clone, Copy)]
pub struct Evaluation<'a> {
    /// The graph, as the scorers' views are cut from it.
    pub graph: &'a Graph,
    /// What is predicted.
    pub task: &'a Task,
    /// The protocol with its repeats and seed.
    pub plan: &'a Plan,
}

/// The page of a report, with the audit of its target where there is one. Who asked, when, by which command and on what machine
/// is left to be filled in.
pub fn page(of: &Evaluation<'_>, report: &EvaluationReport, audited: Option<&Audit>) -> EvaluationPage {
    let target = of.task.target();
    let tables = of.graph.node_tables();
    let relation = of.graph.relation(target).ok();
    let sources = relation.map(|relation| &tables[relation.source_type]);
    let targets = relation.map(|relation| &tables[relation.target_type]);
    let provenance = of.graph.provenance();
    let report = &in_order(report);
    let data_set = if provenance.name.is_empty() { "a graph" } else { &provenance.name };
    let mut notice = None;
    if report.rounds.len() < report.planned_rounds as usize {
        let (done, planned) = (report.rounds.len(), report.planned_rounds);
        notice = Some(format!("The evaluation was stopped: {done} of {planned} rounds are reported."));
    }
    let is_known = |key: &str| report.scorers.iter().any(|scorer| scorer.figures.at(key).is_some());
    let shown: Vec<&Shown> = SHOWN.iter().filter(|shown| is_known(shown.key)).collect();
    EvaluationPage {
        title: format!("{data_set}: {}", protocol_in_words(&of.plan.protocol, target)),
        data_set: data_set.into(),
        target: target.to_string(),
        notice,
        verdict: sentences_of_verdict(report),
        protocol: report.protocol.split("; ").map(sentence).collect(),
        split: Some(split(of, report)),
        provenance: Provenance {
            command: None,
            version: Some(format!("theriac {}", env!("CARGO_PKG_VERSION"))),
            hardware: None,
            seed: Some(report.seed),
            date: None,
            graph: Some(of.graph.fingerprint()),
            licence: provenance.licence.clone(),
            citation: provenance.citation.clone(),
        },
        figures: shown.iter().filter_map(|shown| figure(shown, target)).collect(),
        scorers: report.scorers.iter().map(|scorer| row(scorer, &shown)).collect(),
        highlighted: report
            .scorers
            .iter()
            .take(MOST_HIGHLIGHTED)
            .map(|scorer| scorer.scorer.clone())
            .collect(),
        interval_plots: [LEADING, "ranking.mrr"].map(str::to_owned).to_vec(),
        curves: curves(report),
        calibration: calibration(report),
        training: training(report),
        breakdowns: breakdowns::breakdowns(report, &of.plan.protocol, target),
        extremes: report
            .scorers
            .first()
            .zip(targets)
            .and_then(|(scorer, table)| extremes(scorer, table, &target.target)),
        permutation: permutation(report),
        popularity: sources.and_then(|table| popularity(report, table)),
        stability: stability(report),
        audit: audited.map(|found| audit::audit(found, of.task)),
        configurations: configurations(report),
        limits: limits(),
        glossary: FIGURES
            .iter()
            .filter(|figure| is_known(figure.key) && EXPLAINED.contains(&figure.key))
            .map(|figure| Term { name: figure.title.into(), meaning: sentence(figure.meaning) })
            .collect(),
    }
}

/// With a capital at the beginning.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}", letters.as_str())
}

/// With a capital at the beginning and a stop at the end.
pub fn sentence(text: &str) -> String {
    format!("{}.", capital(text))
}

/// The report with its scorers in the order of the page: models first, then by the leading figure, the best first.
fn in_order(report: &EvaluationReport) -> EvaluationReport {
    let leading = |scorer: &ScorerReport| scorer.figures.at(LEADING).unwrap_or(f64::NEG_INFINITY);
    let mut report = report.clone();
    report.scorers.sort_by(|one, other| {
        one.baseline.cmp(&other.baseline).then(leading(other).total_cmp(&leading(one)))
    });
    report
}

/// What is held out, in a few words.
fn protocol_in_words(protocol: &Protocol, target: &RelationKey) -> String {
    let (source, end) = (&target.source, &target.target);
    match protocol {
        Protocol::Random { .. } => "a random split".into(),
        Protocol::Ranking { .. } => "filtered ranks under a random split".into(),
        Protocol::KFold { folds } => format!("{folds}-fold cross-validation"),
        Protocol::KFoldAll { folds } => format!("{folds}-fold cross-validation against every unknown pair"),
        Protocol::ColdSource { .. } => format!("{source} nodes without a known link"),
        Protocol::ColdTarget { .. } => format!("{end} nodes without a known link"),
        Protocol::Area { areas, .. } => format!("{} areas of {end} nodes held out", areas.len()),
        Protocol::Time { attribute, until } => format!("links after {attribute} {until}"),
        Protocol::External { origin, .. } => format!("links of {origin}"),
    }
}

fn sentences_of_verdict(report: &EvaluationReport) -> Vec<String> {
    let mut sentences = ahead_of_baselines(report);
    for model in report.scorers.iter().filter(|scorer| !scorer.baseline) {
        sentences.extend(standing(report, &model.scorer));
    }
    sentences
}

fn split(of: &Evaluation<'_>, report: &EvaluationReport) -> SplitSummary {
    let rounds = report.rounds.len().max(1) as u64;
    let mean = |size: fn(&theriac_link::RoundSummary) -> usize| {
        report.rounds.iter().map(|round| size(round) as u64).sum::<u64>() / rounds
    };
    let part = |name: &str, positives| SplitPart { name: name.into(), positives, negatives: None };
    SplitSummary {
        hashes: vec![report.split_hash.clone()],
        folds: of.plan.protocol.folds() as usize,
        repeats: of.plan.repeats as usize,
        parts: vec![
            part("Training", mean(|round| round.train)),
            part("Validation", mean(|round| round.valid)),
            part("Test", mean(|round| round.test)),
        ],
        prevalence: report.scorers.first().and_then(|scorer| scorer.figures.at("all_pairs.prevalence")),
        negatives: None,
    }
}

fn figure(shown: &Shown, target: &RelationKey) -> Option<Figure> {
    let of = figure_of(shown.key)?;
    let group = match shown.group {
        Group::Named(name) => name.into(),
        Group::RanksOfSources => format!("{} ranks", target.source),
        Group::RanksOfTargets => format!("{} ranks", target.target),
        Group::PerTarget => format!("per {}", target.target),
    };
    Some(Figure {
        id: shown.key.into(),
        label: shown.label.into(),
        meaning: sentence(of.meaning),
        group: Some(group),
        lower_is_better: of.higher_is_better == Some(false),
        decimals: shown.decimals,
    })
}

fn row(scorer: &ScorerReport, shown: &[&Shown]) -> Scorer {
    let bounds = |bounds: &Bounds| Interval { low: bounds.low, high: bounds.high };
    let estimate = |&&Shown { key, .. }: &&Shown| {
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

/// Loss curves of the scorers that are fitted in epochs, of the first round.
fn training(report: &EvaluationReport) -> Vec<Training> {
    let epoch = |of: &EpochRecord| Epoch {
        epoch: of.epoch as u64,
        loss: of.loss,
        validation: of.validation.map(|validation| validation.ap),
    };
    let of = |scorer: &ScorerReport| Training {
        scorer: scorer.scorer.clone(),
        validation_label: "AP on sampled validation pairs".into(),
        epochs: scorer.epochs.iter().map(epoch).collect(),
        kept: None,
        note: (report.rounds.len() > 1).then(|| "Of the first round.".into()),
    };
    report.scorers.iter().filter(|scorer| !scorer.epochs.is_empty()).map(of).collect()
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
        figure: "AP".into(),
        target_label: capital(target_type),
        note: format!("Only {target_type} nodes with {ENOUGH} test positives or more."),
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
        figure: "AP, all pairs".into(),
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
        Some(Configurations {
            scorer: scorer.scorer.clone(),
            tried: scorer.configurations_tried as u64,
            chosen: chosen.configuration.clone(),
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
