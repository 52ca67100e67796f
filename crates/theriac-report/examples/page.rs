//! Writes a page of made-up figures, with every section: `cargo run --example page -- page.html`.
//!
//! What the page shows is computed from a number that stands for how good each scorer would be; the names of scorers, drugs and
//! diseases are invented too.

use std::error::Error;

use theriac_report::{
    Audit, Breakdown, BreakdownGroup, BreakdownSeries, BreakdownValue, Calibration, Configurations, Curve,
    Curves, Difference, Epoch, Estimate, EvaluationPage, Extremes, Figure, Finding, FrequentSource, Interval,
    PermutationControl, PermutationRow, Popularity, PopularityOfScorer, Provenance, Reliability,
    ReliabilityBin, Scorer, Severity, SplitPart, SplitSummary, Stability, StabilityRow, TargetResult, Term,
    Training,
};

/// Name, whether it is a baseline, and how good it is supposed to be, 0 to 1.
const SCORERS: [(&str, bool, f64); 16] = [
    ("sage-large", false, 0.81),
    ("sage", false, 0.78),
    ("autoencoder", false, 0.80),
    ("rotation", false, 0.66),
    ("bilinear", false, 0.69),
    ("walks", false, 0.62),
    ("random", true, 0.0),
    ("degree", true, 0.52),
    ("l3", true, 0.71),
    ("common neighbours & their friends", true, 0.6),
    ("resource allocation", true, 0.61),
    ("katz", true, 0.64),
    ("diffusion", true, 0.68),
    ("factorisation", true, 0.7),
    ("knn", true, 0.58),
    ("popularity", true, 0.5),
];

/// A number from -1 to 1 that looks random and is the same each time.
fn wobble(seed: f64) -> f64 {
    let scrambled = (seed * 12.9898).sin() * 43_758.547;
    2.0 * (scrambled - scrambled.floor()) - 1.0
}

fn around(value: f64, half: f64) -> Interval {
    Interval { low: (value - half).max(0.0), high: value + half }
}

fn figures() -> Vec<Figure> {
    let figure = |id: &str, label: &str, group: &str, meaning: &str| Figure {
        id: id.into(),
        label: label.into(),
        meaning: meaning.into(),
        group: Some(group.into()),
        ..Figure::default()
    };
    vec![
        figure(
            "auroc",
            "AUROC",
            "Matched negatives",
            "Chance that a positive is scored above a negative; 0.5 is chance.",
        ),
        figure(
            "ap",
            "AP",
            "Matched negatives",
            "Average precision: mean of the precision at each positive. Chance gives the prevalence.",
        ),
        figure(
            "mrr",
            "MRR",
            "Full ranking",
            "Mean of one over the rank of each true source among all sources for its target.",
        ),
        figure("hits10", "Hits@10", "Full ranking", "Share of true sources in the first 10 places."),
        figure("hits50", "Hits@50", "Full ranking", "Share of true sources in the first 50 places."),
        Figure {
            lower_is_better: true,
            decimals: 1,
            ..figure("rank", "Mean rank", "Full ranking", "Mean rank of a true source, among 1,204 drugs.")
        },
    ]
}

/// A made-up value of a figure for a scorer of that quality.
fn value(figure: &str, quality: f64) -> f64 {
    match figure {
        "auroc" => 0.5 + 0.48 * quality,
        "ap" => 0.09 + 0.75 * quality * quality,
        "mrr" => 0.006 + 0.42 * quality.powi(3),
        "hits10" => 0.01 + 0.75 * quality.powi(3),
        "hits50" => 0.04 + 0.9 * quality.powi(2),
        _ => 600.0 - 590.0 * quality.sqrt(),
    }
}

fn scorers(figures: &[Figure]) -> Vec<Scorer> {
    let best = |figure: &Figure| {
        let baselines = SCORERS.iter().filter(|(_, baseline, _)| *baseline);
        let scored = baselines.map(|(name, _, quality)| (*name, value(&figure.id, *quality)));
        scored
            .reduce(|best, other| if (other.1 > best.1) == figure.lower_is_better { best } else { other })
            .unwrap_or_default()
    };
    let estimate = |figure: &Figure, place: usize, name: &str, quality: f64| {
        let value = value(&figure.id, quality);
        let (baseline, reference) = best(figure);
        let half = if figure.id == "rank" { 14.0 } else { 0.012 + 0.01 * quality };
        let difference = value - reference;
        let p = (-(difference / half).powi(2)).exp();
        Estimate {
            figure: figure.id.clone(),
            value,
            interval: Some(around(value, half)),
            sd: Some(half * (0.5 + 0.1 * wobble(place as f64))),
            difference: (name != baseline).then(|| Difference {
                baseline: baseline.into(),
                value: difference,
                interval: Some(Interval { low: difference - 0.9 * half, high: difference + 0.9 * half }),
                p: Some(p),
            }),
        }
    };
    let scorer = |(place, (name, baseline, quality)): (usize, &(&str, bool, f64))| Scorer {
        name: (*name).into(),
        baseline: *baseline,
        description: Some(format!("an invented scorer of quality {quality}")),
        estimates: figures.iter().map(|figure| estimate(figure, place, name, *quality)).collect(),
    };
    SCORERS.iter().enumerate().map(scorer).collect()
}

fn curves() -> Curves {
    let curve = |shape: &dyn Fn(f64, f64) -> (f64, f64)| -> Vec<Curve> {
        SCORERS
            .iter()
            .map(|(name, _, quality)| {
                let points = (0..=100).map(|step| shape(f64::from(step) / 100.0, *quality)).collect();
                Curve { scorer: (*name).into(), points }
            })
            .collect()
    };
    let grid = [1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 15.0, 20.0, 30.0, 50.0, 70.0, 100.0_f64];
    let hits = SCORERS.iter().map(|(name, _, quality)| {
        let points =
            grid.map(|k| (k, (0.9 * quality.powi(2)) * (k / 100.0).powf(0.75 - 0.45 * quality) + k / 2000.0));
        Curve { scorer: (*name).into(), points: points.to_vec() }
    });
    Curves {
        roc: curve(&|x, quality| (x, 1.0 - (1.0 - x.powf(1.0 - 0.85 * quality)).powf(1.0 + 0.3 * quality))),
        precision_recall: curve(&|x, quality| {
            (x, 1.0 / 11.0 + (10.0 / 11.0) * quality * (1.0 - x.powf(0.4 + 2.0 * quality)))
        }),
        prevalence: Some(1.0 / 11.0),
        hits: hits.collect(),
    }
}

fn calibration() -> Calibration {
    let scorers = SCORERS[..5].iter().enumerate().map(|(place, (name, _, quality))| {
        let bins = (0..10).map(|bin| {
            let predicted = 0.05 + 0.1 * f64::from(bin);
            let observed = (predicted.powf(0.6 + 0.9 * (1.0 - quality) * (place + 1) as f64)
                + 0.03 * wobble(f64::from(bin) + place as f64))
            .clamp(0.0, 1.0);
            let pairs = (4000.0 * (1.0 - predicted).powi(3)) as u64 + 60;
            let half = 1.96 * (observed * (1.0 - observed) / pairs as f64).sqrt() + 0.01;
            ReliabilityBin { predicted, observed, interval: Some(around(observed, half)), pairs }
        });
        Reliability {
            scorer: (*name).into(),
            bins: bins.collect(),
            brier: Some(0.05 + 0.02 * place as f64),
            ece: Some(0.021 + 0.012 * place as f64),
        }
    });
    Calibration { base_rate: Some(1.0 / 11.0), scorers: scorers.collect() }
}

fn breakdown(title: &str, explanation: &str, ordered: bool, groups: &[(&str, u64)]) -> Breakdown {
    let scorers = SCORERS.iter().enumerate().map(|(place, (name, baseline, quality))| {
        let values = groups.iter().enumerate().map(|(group, (_, positives))| {
            let slope = if ordered { 0.35 + 0.2 * group as f64 } else { 0.9 + 0.3 * wobble(group as f64) };
            let base = if *baseline { 0.9 } else { 1.0 };
            let value =
                base * slope * value("mrr", *quality) + 0.01 * wobble((place * 7 + group) as f64).abs();
            Some(BreakdownValue { value, interval: Some(around(value, 0.6 / (*positives as f64).sqrt())) })
        });
        BreakdownSeries { scorer: (*name).into(), values: values.collect() }
    });
    Breakdown {
        title: title.into(),
        explanation: Some(explanation.into()),
        figure: "MRR".into(),
        ordered,
        groups: groups
            .iter()
            .map(|(label, positives)| BreakdownGroup { label: (*label).into(), positives: *positives })
            .collect(),
        scorers: scorers.collect(),
    }
}

fn training() -> Vec<Training> {
    let model = |name: &str, pace: f64, kept: u64| Training {
        scorer: name.into(),
        validation_label: "Validation MRR".into(),
        epochs: (1..=60_u32)
            .map(|epoch| {
                let time = f64::from(epoch);
                let loss = 0.12 + 0.57 * (-time / pace).exp() + 0.006 * wobble(time + pace);
                let validation = 0.26 * (1.0 - (-time / (0.7 * pace)).exp()) - 0.0006 * time;
                Epoch {
                    epoch: u64::from(epoch),
                    loss,
                    validation: (epoch % 5 == 0).then_some(validation + 0.004 * wobble(time)),
                }
            })
            .collect(),
        kept: Some(kept),
        note: None,
    };
    vec![model("sage-large", 9.0, 35), model("autoencoder", 14.0, 40)]
}

fn targets(names: &[&str], from: f64, to: f64) -> Vec<TargetResult> {
    let last = (names.len() - 1) as f64;
    names
        .iter()
        .enumerate()
        .map(|(place, name)| TargetResult {
            name: (*name).into(),
            positives: 3 + (place as u64 * 5) % 11,
            degree: Some(20 + (place as u64 * 37) % 90),
            value: from + (to - from) * place as f64 / last,
        })
        .collect()
}

fn permutation() -> PermutationControl {
    let rows = SCORERS.iter().filter(|(name, _, _)| *name != "random").take(9).map(|(name, _, quality)| {
        let real = value("ap", *quality);
        let permuted = if *name == "degree" { real - 0.004 } else { 0.13 + 0.28 * quality };
        PermutationRow {
            scorer: (*name).into(),
            real,
            permuted,
            permuted_interval: Some(around(permuted, 0.018)),
            degree_prior: Some(0.293),
        }
    });
    PermutationControl {
        figure: "AP".into(),
        sentences: vec![
            "On graphs whose edges were permuted with all degrees kept, scorers keep about half of their AP."
                .into(),
            "That half owes nothing to which drug is connected to which protein.".into(),
        ],
        rows: rows.collect(),
    }
}

fn popularity() -> Popularity {
    let scorers = [("sage-large", 6.31), ("autoencoder", 5.62), ("l3", 4.2), ("degree", 3.46)].map(
        |(name, entropy): (&str, f64)| {
            let drug = |name: &str, share| FrequentSource { name: name.into(), share };
            PopularityOfScorer {
                scorer: name.into(),
                effective_sources: entropy.exp2(),
                most_frequent: vec![
                    drug("Inventol", 1.4 / entropy),
                    drug("Fictamide", 1.1 / entropy),
                    drug("Examplastatin", 0.9 / entropy),
                ],
            }
        },
    );
    Popularity { list_length: 10, source_label: "drug".into(), scorers: scorers.to_vec() }
}

fn audit() -> Audit {
    let finding = |severity, sentence: &str, done: Option<&str>, decision: Option<&str>| Finding {
        severity,
        sentence: sentence.into(),
        done: done.map(str::to_owned),
        decision: decision.map(str::to_owned),
    };
    Audit {
        sentences: vec!["The whole graph was searched for what else tells of the links.".into()],
        findings: vec![
            finding(
                Severity::Error,
                "212 test pairs stand in the graph under the relation \"off-label use\" too.",
                Some("Those edges were left out of training."),
                None,
            ),
            finding(
                Severity::Warning,
                "Votes of drugs with the same side effects alone tell 40 % of the links.",
                None,
                Some("Drop the side effects if they were taken from labels that name the links."),
            ),
            finding(Severity::Note, "36 proteins have no edge.", None, None),
        ],
    }
}

fn provenance() -> Provenance {
    Provenance {
            command: Some("theriac evaluate example-graph --target treats --all --folds 10 --repeats 3 --seed 7 --report page.html".into()),
            version: Some("0.0.0-example".into()),
            hardware: Some("none: nothing was run".into()),
            seed: Some(7),
            date: Some("2026-01-01".into()),
            graph: Some("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef".into()),
            licence: Some("none: there is no data".into()),
            citation: Some("none".into()),
        }
}

/// What is told in words, and the split.
fn told() -> EvaluationPage {
    let sentences = |sentences: &[&str]| sentences.iter().map(|sentence| (*sentence).into()).collect();
    EvaluationPage {
        title: "Which drugs for which diseases?".into(),
        data_set: "Example graph (made up)".into(),
        target: "drug – treats – disease".into(),
        notice: Some(
            "All figures and names on this page are made up: it shows the layout, and no result.".into(),
        ),
        verdict: sentences(&[
            "sage-large is ahead of every baseline in AUROC, AP, MRR and hits.",
            "Its lead over l3, the best baseline, is 0.11 in AP (0.10 to 0.13).",
            "About half of its AP is left on a permuted graph, where no drug is connected to its own proteins.",
        ]),
        protocol: sentences(&[
            "Known pairs of drug and disease were split into folds by pair.",
            "Each scorer was fitted without the pairs of the test fold, and without edges that give them away.",
            "Settings were chosen on the validation part alone.",
        ]),
        split: Some(SplitSummary {
            hashes: vec!["5f1c9a07".into(), "b2d4e810".into(), "07aa31c6".into()],
            folds: 10,
            repeats: 3,
            parts: [("Training", 7_523), ("Validation", 940), ("Test", 941)]
                .map(|(name, positives)| SplitPart {
                    name: name.into(),
                    positives,
                    negatives: Some(10 * positives),
                })
                .to_vec(),
            prevalence: Some(1.0 / 11.0),
            negatives: Some("10 a positive, matched by degree".into()),
        }),
        provenance: provenance(),
        limits: sentences(&[
            "A pair that is not known counts as negative here, though it may be a use that nobody has found yet.",
            "Known uses of a drug are alike: a test pair often has a near twin in training.",
            "Nothing here says that a drug helps anyone.",
        ]),
        glossary: [
            ("Prevalence", "Share of positives among the scored pairs."),
            ("95 % interval", "From the bootstrap over diseases, 1,000 draws."),
            ("Brier score", "Mean squared difference of probability and outcome."),
            (
                "Expected calibration error",
                "Mean distance of predicted and observed share, weighted by pairs.",
            ),
            ("Entropy", "How evenly the places of all lists are spread over drugs."),
        ]
        .map(|(name, meaning)| Term { name: name.into(), meaning: meaning.into() })
        .to_vec(),
        ..EvaluationPage::default()
    }
}

fn page() -> EvaluationPage {
    let figures = figures();
    let sentences = |sentences: &[&str]| sentences.iter().map(|sentence| (*sentence).into()).collect();
    EvaluationPage {
        scorers: scorers(&figures),
        figures,
        highlighted: sentences(&[
            "sage-large",
            "autoencoder",
            "l3",
            "degree",
            "sage",
            "factorisation",
            "random",
        ]),
        interval_plots: vec!["ap".into(), "mrr".into()],
        curves: curves(),
        calibration: Some(calibration()),
        training: training(),
        breakdowns: vec![
            breakdown(
                "By degree of the disease",
                "Diseases by their number of known drugs in the training part.",
                true,
                &[("0", 41), ("1", 88), ("2–4", 207), ("5–9", 240), ("10–24", 214), ("≥ 25", 151)],
            ),
            breakdown(
                "By area",
                "Diseases by the area that they belong to.",
                false,
                &[
                    ("Cardiovascular", 231),
                    ("Nervous system", 188),
                    ("Cancer", 164),
                    ("Infection", 121),
                    ("Metabolic and endocrine disorders", 97),
                ],
            ),
        ],
        extremes: Some(Extremes {
            scorer: "sage-large".into(),
            figure: "MRR".into(),
            note: "Of those with 3 positives or more.".into(),
            target_label: "Disease".into(),
            best: targets(
                &["Invented fever", "Sample palsy", "Type 3 example", "Placeholder syndrome", "Mock anaemia"],
                0.91,
                0.64,
            ),
            worst: targets(
                &["Imaginary gout", "Fictive ataxia of the second kind", "Test rash", "Blank disease", "Nil"],
                0.001,
                0.012,
            ),
        }),
        permutation: Some(permutation()),
        popularity: Some(popularity()),
        stability: Some(Stability {
            explanation: "Lists of three runs that differ in their seed alone.".into(),
            columns: sentences(&["Overlap of first 10", "Overlap of first 50", "Rank correlation"]),
            rows: [("sage-large", 0.71), ("autoencoder", 0.83), ("l3", 1.0)]
                .map(|(name, overlap)| StabilityRow {
                    scorer: name.into(),
                    values: vec![Some(overlap), Some(0.5 + overlap / 2.0), Some(0.8 + overlap / 5.0)],
                })
                .to_vec(),
        }),
        audit: Some(audit()),
        configurations: [
            ("sage-large", 24, "2 layers, width 256, dropout 0.2"),
            ("factorisation", 12, "rank 64, ridge 0.1"),
            ("l3", 1, "no settings"),
        ]
        .map(|(name, tried, chosen)| Configurations { scorer: name.into(), tried, chosen: chosen.into() })
        .to_vec(),
        ..told()
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).unwrap_or_else(|| "page.html".into());
    std::fs::write(path, page().to_html())?;
    Ok(())
}
