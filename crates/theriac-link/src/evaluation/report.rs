//! One table of all rounds: figures with their intervals, beside those of the best baseline.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use theriac_graph::Graph;

use super::experiment::{Results, RoundResult};
use super::figures::Figures;
use super::judge::{Curves, DegreeBin, Judge, Judgement, TargetJudgement};
use super::{EvaluationOptions, Replicates};
use crate::budget::Trial;
use crate::calibration::ReliabilityBin;
use crate::error::LinkError;
use crate::protocols::{Plan, Round};
use crate::scorer::{EpochRecord, Fits};
use crate::significance::{Interval, paired_difference};
use crate::split::Part;
use crate::task::Task;

/// Confidence of intervals.
const CONFIDENCE: f64 = 0.95;

/// The figures of several scorers on the same pairs, with the protocol that gives them their meaning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvaluationReport {
    /// What was done, in words.
    pub protocol: String,
    /// The protocol's name.
    pub protocol_name: String,
    /// Seed of the first repeat.
    pub seed: u64,
    /// Hash of the split; of several, a hash of their hashes.
    pub split_hash: String,
    /// Rounds that the figures are means of.
    pub rounds: Vec<RoundSummary>,
    /// Rounds that the plan has.
    pub planned_rounds: u32,
    /// Resamples of the targets behind the intervals.
    pub resamples: u32,
    /// The scorers, in the order in which they were asked for.
    pub scorers: Vec<ScorerReport>,
}

/// A round, without its figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RoundSummary {
    /// The repeat, from 0.
    pub repeat: u32,
    /// Its name within the repeat.
    pub name: String,
    /// Seed of its draws and fits.
    pub seed: u64,
    /// Hash of its split.
    pub split_hash: String,
    /// Training edges.
    pub train: usize,
    /// Validation edges.
    pub valid: usize,
    /// Positives of the test part.
    pub test: usize,
}

/// What a scorer is worth over all rounds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScorerReport {
    /// Name of the scorer.
    pub scorer: String,
    /// Whether it is a baseline.
    pub baseline: bool,
    /// Means of its figures over the rounds, in sections.
    #[serde(flatten)]
    pub figures: Figures,
    /// Their standard deviations over the rounds; empty of a single one.
    pub spread: Figures,
    /// 95 % intervals of the mean figures, from resamples of the targets.
    pub intervals: BTreeMap<String, Interval>,
    /// How it compares with the best baseline in each figure; empty for that one, and without intervals.
    pub versus: BTreeMap<String, Versus>,
    /// What it is worth on the permuted graph, where it was fitted on that.
    pub permuted: Option<PermutationControl>,
    /// Mean curves.
    pub curves: Curves,
    /// Ranks by the target's number of training edges, over all rounds.
    pub degree_bins: Vec<DegreeBin>,
    /// The same ranks by the source's number of training edges.
    pub source_degree_bins: Vec<DegreeBin>,
    /// Reliability diagram of the first round.
    pub reliability: Vec<ReliabilityBin>,
    /// The most frequent sources among the ten best of the targets, in the first round.
    pub frequent: Vec<(u32, u64)>,
    /// How many configurations were tried on validation parts, over all rounds.
    pub configurations_tried: usize,
    /// Those of the first round.
    pub trials: Vec<Trial>,
    /// What each epoch of the fit came to, in the first round; empty where the scorer has none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub epochs: Vec<EpochRecord>,
    /// Its figures in each of the report's rounds.
    #[serde(skip)]
    pub rounds: Vec<Figures>,
    /// Figures of each target, over all rounds in which it has a positive.
    #[serde(skip)]
    pub targets: Vec<TargetJudgement>,
}

/// A scorer's figure beside that of the best baseline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Versus {
    /// The baseline with the best figure; of baselines, the best of the others.
    pub baseline: String,
    /// The scorer's figure less the baseline's.
    pub difference: f64,
    /// Lower end of the difference's 95 % interval.
    pub low: f64,
    /// Upper end of it.
    pub high: f64,
    /// Two-sided p-value of the paired bootstrap over targets, not adjusted for the number of comparisons.
    pub p_value: f64,
}

/// A scorer on the permuted graph, which has the degrees of the real one and nothing else of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PermutationControl {
    /// Means of its figures there.
    pub figures: Figures,
    /// Those of the degree product there: what degrees alone give.
    pub degree_prior: Option<Figures>,
}

impl EvaluationReport {
    /// The table of these results. `is_baseline` tells by their names which scorers others are compared with.
    pub fn new(
        plan: &Plan,
        task: &Task,
        results: &Results,
        options: &EvaluationOptions,
        is_baseline: fn(&str) -> bool,
    ) -> Self {
        let sentences = plan_in_words(plan, task, results.rounds.len());
        let refit = options.refit && results.rounds.iter().any(|round| round.valid > 0);
        let options = EvaluationOptions { refit, ..*options };
        let report = Self::of_results(results, sentences, task, &options, is_baseline);
        Self {
            protocol_name: plan.protocol.name().into(),
            seed: plan.seed,
            planned_rounds: plan.rounds(),
            ..report
        }
    }

    fn of_results(
        results: &Results,
        sentences: Vec<String>,
        task: &Task,
        options: &EvaluationOptions,
        is_baseline: fn(&str) -> bool,
    ) -> Self {
        let names: Vec<&str> = results
            .rounds
            .first()
            .map_or_else(Vec::new, |round| round.scorers.iter().map(|s| &*s.scorer).collect());
        let mut scorers: Vec<ScorerReport> =
            names.iter().map(|name| ScorerReport::new(name, is_baseline(name), results)).collect();
        compare(&mut scorers, &results.replicates);
        Self {
            protocol: in_words(sentences, task, options),
            protocol_name: "split".into(),
            seed: results.rounds.first().map_or(0, |round| round.seed),
            split_hash: hash_of_all(&results.rounds),
            rounds: results.rounds.iter().map(RoundSummary::of).collect(),
            planned_rounds: results.rounds.len() as u32,
            resamples: options.resamples,
            scorers,
        }
    }

    /// The table of scorers that are fitted already, on one part of one round.
    ///
    /// # Errors
    ///
    /// Those of [`Judge::new`] and [`Judge::judge`].
    pub fn of_part(
        scorers: &[Fits<'_>],
        graph: &Graph,
        round: &Round,
        part: Part,
        options: &EvaluationOptions,
        is_baseline: fn(&str) -> bool,
    ) -> Result<Self, LinkError> {
        let judge = Judge::new(graph, round, part, options)?;
        let judged: Vec<Judgement> =
            scorers.iter().map(|&fits| judge.judge_fits(fits)).collect::<Result<_, LinkError>>()?;
        let replicates =
            judged.iter().map(|judgement| (judgement.scorer.clone(), judgement.replicates.clone()));
        let results = Results {
            replicates: replicates.collect(),
            rounds: vec![RoundResult::new(0, round, part, judged)],
        };
        let split = &round.split;
        let sentences = vec![
            format!("{} part ({})", part.name(), split.description),
            "negatives: every unknown pair".into(),
        ];
        let refit = scorers.iter().any(|fits| fits.last.record().learned_validation);
        let options = EvaluationOptions { refit, ..*options };
        Ok(Self::of_results(&results, sentences, &split.task, &options, is_baseline))
    }

    /// The scorer of this name.
    pub fn scorer(&self, name: &str) -> Option<&ScorerReport> {
        self.scorers.iter().find(|scorer| scorer.scorer == name)
    }
}

impl RoundSummary {
    fn of(round: &RoundResult) -> Self {
        Self {
            repeat: round.repeat,
            name: round.name.clone(),
            seed: round.seed,
            split_hash: round.split_hash.clone(),
            train: round.train,
            valid: round.valid,
            test: round.test,
        }
    }
}

impl ScorerReport {
    fn new(name: &str, baseline: bool, results: &Results) -> Self {
        let judged: Vec<&Judgement> =
            results.rounds.iter().flat_map(|round| &round.scorers).filter(|s| s.scorer == name).collect();
        let figures: Vec<&Figures> = judged.iter().map(|judgement| &judgement.figures).collect();
        let replicates = results.replicates.get(name);
        let mean = Figures::mean(&figures);
        let interval = |key: &str| {
            let replicates = replicates?.means(key)?;
            mean.at(key)?;
            Some((key.to_owned(), Interval::percentile(&replicates, CONFIDENCE)?))
        };
        let first = judged.first();
        Self {
            scorer: name.into(),
            baseline,
            spread: Figures::spread(&figures),
            intervals: replicates.into_iter().flat_map(Replicates::keys).filter_map(interval).collect(),
            versus: BTreeMap::new(),
            permuted: permutation_control(name, results),
            curves: mean_curves(&judged),
            degree_bins: degree_bins(judged.iter().flat_map(|judgement| &judgement.degree_bins)),
            source_degree_bins: degree_bins(
                judged.iter().flat_map(|judgement| &judgement.source_degree_bins),
            ),
            reliability: first.map(|judgement| judgement.reliability.clone()).unwrap_or_default(),
            frequent: first.map(|judgement| judgement.frequent.clone()).unwrap_or_default(),
            configurations_tried: judged.iter().map(|judgement| judgement.trials.len()).sum(),
            trials: first.map(|judgement| judgement.trials.clone()).unwrap_or_default(),
            epochs: first.map(|judgement| judgement.epochs.clone()).unwrap_or_default(),
            rounds: figures.into_iter().cloned().collect(),
            targets: targets(&judged),
            figures: mean,
        }
    }
}

/// Compares each scorer's figures with those of the baseline that has the best of each.
fn compare(scorers: &mut [ScorerReport], replicates: &BTreeMap<String, Replicates>) {
    let all: Vec<(String, bool, Figures)> =
        scorers.iter().map(|s| (s.scorer.clone(), s.baseline, s.figures.clone())).collect();
    for scorer in scorers {
        let keys: Vec<String> = scorer.intervals.keys().cloned().collect();
        for key in keys {
            let rivals = all.iter().filter(|(name, baseline, _)| *baseline && *name != scorer.scorer);
            let best = rivals
                .filter_map(|(name, _, figures)| Some((name, figures.at(&key)?)))
                .max_by(|one, other| one.1.total_cmp(&other.1));
            let (Some((baseline, figure)), Some(own)) = (best, scorer.figures.at(&key)) else { continue };
            let of = |name: &str| replicates.get(name)?.means(&key);
            let (Some(one), Some(other)) = (of(&scorer.scorer), of(baseline)) else { continue };
            if let Some(test) = paired_difference(&one, &other, own, figure) {
                let (difference, low, high, p_value) = (test.difference, test.low, test.high, test.p_value);
                let baseline = baseline.clone();
                scorer.versus.insert(key, Versus { baseline, difference, low, high, p_value });
            }
        }
    }
}

fn permutation_control(name: &str, results: &Results) -> Option<PermutationControl> {
    let of = |name: &str| -> Option<Figures> {
        let all: Vec<&Figures> = results
            .rounds
            .iter()
            .flat_map(|round| &round.permuted)
            .filter(|permuted| permuted.scorer == name)
            .map(|permuted| &permuted.figures)
            .collect();
        (!all.is_empty()).then(|| Figures::mean(&all))
    };
    Some(PermutationControl { figures: of(name)?, degree_prior: of(DEGREE_PRIOR) })
}

/// The scorer that knows degrees and nothing else.
const DEGREE_PRIOR: &str = "degree product";

fn mean_curves(judged: &[&Judgement]) -> Curves {
    let mean = |of: fn(&Curves) -> &Vec<f64>| {
        let curves: Vec<&Vec<f64>> =
            judged.iter().map(|judgement| of(&judgement.curves)).filter(|curve| !curve.is_empty()).collect();
        let points = curves.first().map_or(0, |curve| curve.len());
        let at = |point: usize| curves.iter().map(|curve| curve[point]).sum::<f64>() / curves.len() as f64;
        (0..points).map(at).collect()
    };
    Curves {
        roc: mean(|curves| &curves.roc),
        precision_recall: mean(|curves| &curves.precision_recall),
        hits: mean(|curves| &curves.hits),
    }
}

/// Bins of several rounds as one.
fn degree_bins<'a>(all: impl Iterator<Item = &'a DegreeBin>) -> Vec<DegreeBin> {
    let mut bins: BTreeMap<u32, DegreeBin> = BTreeMap::new();
    for bin in all {
        let sum =
            bins.entry(bin.from).or_insert(DegreeBin { positives: 0, mrr: 0.0, hits_at_10: 0.0, ..*bin });
        sum.positives += bin.positives;
        sum.mrr += bin.positives as f64 * bin.mrr;
        sum.hits_at_10 += bin.positives as f64 * bin.hits_at_10;
    }
    let mean = |bin: DegreeBin| DegreeBin {
        mrr: bin.mrr / bin.positives as f64,
        hits_at_10: bin.hits_at_10 / bin.positives as f64,
        ..bin
    };
    bins.into_values().map(mean).collect()
}

/// Each target's figures, those of several rounds weighted by its positives in each.
fn targets(judged: &[&Judgement]) -> Vec<TargetJudgement> {
    let mut all: BTreeMap<u32, Vec<&TargetJudgement>> = BTreeMap::new();
    for target in judged.iter().flat_map(|judgement| &judgement.targets) {
        all.entry(target.target).or_default().push(target);
    }
    let merged = |rounds: &Vec<&TargetJudgement>| {
        let positives: u64 = rounds.iter().map(|round| round.positives).sum();
        let degrees: f64 = rounds.iter().map(|round| f64::from(round.train_degree)).sum();
        let mean = |of: &dyn Fn(&TargetJudgement) -> Option<f64>| {
            let known = rounds.iter().filter_map(|round| Some((round.positives as f64, of(round)?)));
            let (weight, sum) = known.fold((0.0, 0.0), |sum, (w, figure)| (sum.0 + w, sum.1 + w * figure));
            (weight > 0.0).then(|| sum / weight)
        };
        TargetJudgement {
            target: rounds[0].target,
            train_degree: (degrees / rounds.len() as f64).round() as u32,
            positives,
            auroc: mean(&|round| round.auroc),
            ap: mean(&|round| Some(round.ap)).unwrap_or(0.0),
            mrr: mean(&|round| Some(round.mrr)).unwrap_or(0.0),
            hits_at_10: mean(&|round| Some(round.hits_at_10)).unwrap_or(0.0),
        }
    };
    all.values().map(merged).collect()
}

fn plan_in_words(plan: &Plan, task: &Task, rounds: usize) -> Vec<String> {
    let mut sentences = plan.protocol.sentences(task, plan.valid_fraction);
    let seeds = match plan.repeats {
        1 => format!("seed {}", plan.seed),
        repeats => {
            format!("{repeats} repeats with seeds {} to {}", plan.seed, plan.seed + u64::from(repeats) - 1)
        }
    };
    sentences.push(if plan.rounds() == 1 {
        seeds
    } else if rounds == plan.rounds() as usize {
        format!("{seeds}, {}: figures are their means", format_args!("{rounds} rounds"))
    } else {
        format!(
            "{seeds}; figures are means of {rounds} of {} rounds: the others were not done",
            plan.rounds()
        )
    });
    sentences
}

fn in_words(mut sentences: Vec<String>, task: &Task, options: &EvaluationOptions) -> String {
    if options.refit {
        sentences.push("scorers learn the validation part too, once settings are chosen on it".into());
    }
    sentences.push(format!("sampled: {} negatives to a positive (P1)", options.negative_ratio));
    sentences.push("matched: one negative to a positive, of nodes with about as many training edges".into());
    sentences.push("all pairs: every negative of the protocol".into());
    sentences.push("ranking: filtered, both directions, ties at their mean rank (P4)".into());
    if !task.siblings().is_empty() {
        let siblings: Vec<String> = task.siblings().iter().map(ToString::to_string).collect();
        sentences.push(format!("held-out pairs are gone from {} too", siblings.join(", ")));
    }
    if !task.kept().is_empty() {
        sentences
            .push(format!("kept by decision, although held-out pairs may show: {}", task.kept().join(", ")));
    }
    sentences.join("; ")
}

fn hash_of_all(rounds: &[RoundResult]) -> String {
    if let [only] = rounds {
        return only.split_hash.clone();
    }
    let mut hasher = Sha256::new();
    for round in rounds {
        hasher.update(&round.split_hash);
    }
    format!("{:x}", hasher.finalize())
}
