//! The figures of a fitted scorer in one round.

use serde::{Deserialize, Serialize};
use theriac_graph::{Csr, Graph, Relation};

use super::figures::Figures;
use super::scan::{BEST, LIST, Ranked, Scan, Scanned, check_nodes, scan};
use super::{EvaluationOptions, Replicates};
use crate::budget::Trial;
use crate::calibration::{CalibrationFigures, Calibrator, Method, ReliabilityBin, reliability};
use crate::candidates::{CandidateRule, Candidates};
use crate::error::LinkError;
use crate::metrics::{BinaryMetrics, CandidateRank, Confusion, HITS_AT, RankFigures};
use crate::negatives::{self, LabelledPairs};
use crate::pair::Pair;
use crate::popularity::Popularity;
use crate::protocols::Round;
use crate::scorer::{EpochRecord, Fits, FittedScorer};
use crate::significance::{TargetRatios, TargetResamples};
use crate::split::{Part, csr};
use crate::stream::stream;

/// Share of the best pairs whose enrichment is given.
const ENRICHED: f64 = 0.01;
/// BEDROC's alpha.
const ALPHA: f64 = 20.0;
/// Frequent sources that are kept.
const FREQUENT: usize = 10;
/// Bins of a reliability diagram.
const RELIABILITY_BINS: usize = 10;

/// What a rank counts in a mean over ranks.
type OfRank = fn(f64) -> f64;

/// What a fitted scorer is worth in one round.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// Name of the scorer.
    pub scorer: String,
    /// Its figures.
    pub figures: Figures,
    /// Its curves.
    pub curves: Curves,
    /// Its ranks by the target's number of training edges.
    pub degree_bins: Vec<DegreeBin>,
    /// The same ranks by the source's number of training edges.
    pub source_degree_bins: Vec<DegreeBin>,
    /// How its probabilities agree with what is observed; empty without a validation part, or a fit that has not
    /// learned it.
    pub reliability: Vec<ReliabilityBin>,
    /// The sources that are most often among the ten best of a target, with the number of targets.
    pub frequent: Vec<(u32, u64)>,
    /// Its figures for each target with a positive.
    pub targets: Vec<TargetJudgement>,
    /// Every configuration that its fit tried on the validation part.
    pub trials: Vec<Trial>,
    /// What each epoch of its fit came to.
    pub epochs: Vec<EpochRecord>,
    /// The best pairs that are not known, the best first.
    #[serde(skip)]
    pub top: Vec<Pair>,
    /// Its scores of the sampled pairs, to compare fits by.
    #[serde(skip)]
    pub sampled_scores: Vec<f32>,
    /// Its figures on each resample of the targets.
    #[serde(skip)]
    pub replicates: Replicates,
}

/// Curves at fixed points, so that those of several rounds have a mean.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Curves {
    /// True-positive rates at the false-positive rates 0, 0.01, ... 1.
    pub roc: Vec<f64>,
    /// Precisions at the recalls 0, 0.01, ... 1.
    pub precision_recall: Vec<f64>,
    /// Shares of true sources at rank k or better, for each k of [`HITS_AT`].
    pub hits: Vec<f64>,
}

/// Ranks of the positives whose target, or whose source, has about as many training edges.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DegreeBin {
    /// The fewest training edges.
    pub from: u32,
    /// The most.
    pub to: u32,
    /// Positives.
    pub positives: u64,
    /// Mean of their reciprocal ranks.
    pub mrr: f64,
    /// Share of them at rank 10 or better.
    #[serde(rename = "hits@10")]
    pub hits_at_10: f64,
}

/// The figures of one target.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TargetJudgement {
    /// The target.
    pub target: u32,
    /// Its training edges; of several rounds, their mean, rounded.
    pub train_degree: u32,
    /// Its positives.
    pub positives: u64,
    /// AUROC among its candidates, where there is a negative.
    pub auroc: Option<f64>,
    /// Average precision among its candidates.
    pub ap: f64,
    /// Mean reciprocal rank of its positives.
    pub mrr: f64,
    /// Share of its positives at rank 10 or better.
    #[serde(rename = "hits@10")]
    pub hits_at_10: f64,
}

/// The pairs that every scorer is judged on in a round.
pub struct Judge<'a> {
    relation: &'a Relation,
    /// Sources of each target: `[n_targets]` rows.
    positives: Csr,
    negatives: Candidates<'a>,
    ranked_among: Candidates<'a>,
    same: bool,
    /// Training edges of each target: `[n_targets]`.
    train_degrees: Vec<u32>,
    /// Training edges of each source: `[n_sources]`.
    source_degrees: Vec<u32>,
    sampled: LabelledPairs,
    validation: LabelledPairs,
    matched: LabelledPairs,
    /// Share of the positives that found a degree-matched negative.
    matched_share: f64,
    /// Share of true pairs among the validation positives and every candidate of theirs.
    base_rate: f64,
    split_hash: String,
    resamples: TargetResamples,
}

impl<'a> Judge<'a> {
    /// The pairs of a part of a round of `graph`, the whole graph that the split was made of.
    ///
    /// Both samples of negatives, for validation and for test, share no pair where they are drawn from the same candidates.
    ///
    /// # Errors
    ///
    /// When the split does not belong to the graph, or its part has no pair; when there are too few candidates.
    pub fn new(
        graph: &'a Graph,
        round: &'a Round,
        part: Part,
        options: &EvaluationOptions,
    ) -> Result<Self, LinkError> {
        let split = &round.split;
        split.check(graph)?;
        let relation = graph.relation(split.task.target())?;
        let positives = split.positives(part);
        if positives.is_empty() {
            return Err(LinkError::EmptyPart { part: part.name(), target: split.task.target().clone() });
        }
        let of_validation = Candidates::new(relation, &split.external, &round.validation);
        let (negatives, ranked_among) = match part {
            Part::Test => (&round.negatives, &round.ranked_among),
            Part::Valid => (&round.validation, &round.validation),
        };
        let same = negatives == ranked_among;
        let [negatives, ranked_among] =
            [negatives, ranked_among].map(|rule| Candidates::new(relation, &split.external, rule));
        let (sampled, validation) = samples(round, part, &of_validation, &negatives, options)?;
        let train = relation.with_edges(csr(relation, &split.train));
        let mut draws = stream(round.seed, "degree-matched pairs", &[part as u64]);
        let (matched, unlike) = negatives::degree_matched(&positives, &train, &negatives, &mut draws);
        let (targets, sources): (Vec<u32>, Vec<u32>) =
            positives.iter().map(|pair| (pair.target, pair.source)).unzip();
        let (n_targets, n_sources) = (relation.forward.columns(), relation.forward.rows());
        let valid = split.valid.len() as f64;
        Ok(Self {
            positives: Csr::from_pairs(n_targets, n_sources, &targets, &sources, None),
            same,
            train_degrees: (0..n_targets).map(|target| train.backward.degree(target)).collect(),
            source_degrees: (0..n_sources).map(|source| train.forward.degree(source)).collect(),
            sampled,
            validation,
            matched_share: matched.len() as f64 / positives.len() as f64,
            matched: LabelledPairs::new(&matched, &unlike),
            base_rate: valid / (valid + of_validation.count() as f64),
            split_hash: split.hash(),
            resamples: TargetResamples::draw(options.seed, n_targets, options.resamples as usize),
            relation,
            negatives,
            ranked_among,
        })
    }

    /// The figures of a scorer that was fitted on the round's view. They do not depend on the number of threads.
    ///
    /// Candidates are scored in blocks of targets in parallel, and nothing of them is kept but counts: memory is linear in
    /// positives and nodes.
    ///
    /// # Errors
    ///
    /// When the scorer was fitted on another split or on other nodes, or gives NaN.
    pub fn judge(&self, scorer: &dyn FittedScorer) -> Result<Judgement, LinkError> {
        self.judge_fits(Fits::once(scorer))
    }

    /// The figures of a scorer that may have learned the validation part as well. The threshold, and how scores become
    /// probabilities, come from the fit that has not; where that is not at hand, there are no figures of either.
    ///
    /// # Errors
    ///
    /// Those of [`Judge::judge`].
    pub fn judge_fits(&self, fits: Fits<'_>) -> Result<Judgement, LinkError> {
        let scorer = fits.last;
        let found = self.scan(scorer)?;
        let sampled_scores = score_sample(scorer, &self.sampled)?;
        let mut figures = Figures::default();
        let sampled = BinaryMetrics::new(&sampled_scores, &self.sampled.labels)?;
        binary(&mut figures, "sampled", "the sampled protocol", &sampled)?;
        if !self.matched.is_empty() {
            let scores = score_sample(scorer, &self.matched)?;
            let matched = BinaryMetrics::new(&scores, &self.matched.labels)?;
            binary(&mut figures, "degree_matched", "the degree-matched protocol", &matched)?;
        }
        figures.set("degree_matched", "matched", self.matched_share);
        let (all_pairs, curves) = all_pairs(&mut figures, &found)?;
        let curves = Self::ranks(&mut figures, &found, curves);
        per_target(&mut figures, &found);
        let reliability = match fits.unvalidated() {
            Some(unvalidated) => {
                let validation_scores = score_sample(unvalidated, &self.validation)?;
                self.at_best_threshold(&mut figures, &sampled_scores, &validation_scores)?;
                self.calibration(&mut figures, &sampled_scores, &validation_scores)?
            }
            None => Vec::new(),
        };
        let record = fits.first().record();
        let popularity = Popularity::of_counts(&found.places, FREQUENT);
        if let Some(popularity) = &popularity {
            figures.set("popularity", "entropy", popularity.normalized_entropy);
            figures.set("popularity", "effective_sources", popularity.effective_sources);
            figures.set("popularity", "top_share", popularity.top_share);
        }
        Ok(Judgement {
            scorer: scorer.name().into(),
            replicates: self.replicates(&found, &all_pairs),
            degree_bins: degree_bins(&found.ranked, |pair| self.train_degrees[pair.target as usize]),
            source_degree_bins: degree_bins(&found.ranked, |pair| self.source_degrees[pair.source as usize]),
            targets: self.targets(&found),
            figures,
            curves,
            reliability,
            frequent: popularity.map(|popularity| popularity.most_frequent).unwrap_or_default(),
            trials: record.trials.clone(),
            epochs: record.epochs.clone(),
            top: found.top,
            sampled_scores,
        })
    }

    /// The filtered rank of each positive's source among the candidates of its target, in order of target and source; ties at
    /// their mean rank.
    ///
    /// # Errors
    ///
    /// Those of [`Judge::judge`].
    pub fn filtered_ranks(&self, scorer: &dyn FittedScorer) -> Result<Vec<(Pair, f64)>, LinkError> {
        let ranked = self.scan(scorer)?.ranked;
        Ok(ranked.into_iter().map(|ranked| (ranked.pair, ranked.of_source.rank)).collect())
    }

    fn scan(&self, scorer: &dyn FittedScorer) -> Result<Scan, LinkError> {
        if scorer.split_hash() != self.split_hash {
            return Err(LinkError::SplitMismatch {
                scorer: scorer.name().into(),
                found: scorer.split_hash().into(),
                expected: self.split_hash.clone(),
            });
        }
        check_nodes(scorer, self.relation)?;
        let scanned = Scanned {
            positives: &self.positives,
            negatives: &self.negatives,
            ranked_among: &self.ranked_among,
            same: self.same,
        };
        scan(scorer, &scanned)
    }

    /// How a scorer's scores become probabilities at the base rate of the validation part: by the method with the least
    /// cross-validated log loss on the sampled validation pairs. `None` where there are none, or the scorer has learned them.
    ///
    /// # Errors
    ///
    /// When the scorer gives NaN.
    pub fn calibrate(&self, scorer: &dyn FittedScorer, seed: u64) -> Result<Option<Calibrator>, LinkError> {
        if self.validation.is_empty() || scorer.record().learned_validation {
            return Ok(None);
        }
        let scores = score_sample(scorer, &self.validation)?;
        let best = Calibrator::best_of(&scores, &self.validation.labels, Some(self.base_rate), seed)?;
        Ok(Some(best.calibrator))
    }

    /// Share of true pairs that [`Judge::calibrate`] assumes: the validation positives among them and their candidates.
    pub fn base_rate(&self) -> f64 {
        self.base_rate
    }

    /// How good probabilities by Platt's method are, which suits scores of any scale: fitted on the validation pairs, judged
    /// on the sampled ones.
    fn calibration(
        &self,
        figures: &mut Figures,
        sampled: &[f32],
        validation: &[f32],
    ) -> Result<Vec<ReliabilityBin>, LinkError> {
        if validation.is_empty() || !(self.base_rate > 0.0 && self.base_rate < 1.0) {
            return Ok(Vec::new());
        }
        let base_rate = Some(self.base_rate);
        let calibrator = Calibrator::fit(Method::Platt, validation, &self.validation.labels, base_rate)?;
        let probabilities: Vec<f64> = sampled.iter().map(|&score| calibrator.probability(score)).collect();
        let labels = &self.sampled.labels;
        let found = CalibrationFigures::new(&probabilities, labels, base_rate)?;
        figures.set("calibration", "brier", found.brier);
        figures.set("calibration", "brier_skill", found.brier_skill);
        figures.set("calibration", "ece", found.ece_equal_mass);
        figures.set("calibration", "log_loss", found.log_loss);
        figures.set("calibration", "base_rate", self.base_rate);
        reliability(&probabilities, labels, base_rate, RELIABILITY_BINS)
    }

    fn at_best_threshold(
        &self,
        figures: &mut Figures,
        sampled: &[f32],
        validation: &[f32],
    ) -> Result<(), LinkError> {
        let best = BinaryMetrics::new(validation, &self.validation.labels)?.best_f1_threshold;
        let Some(threshold) = best else { return Ok(()) };
        let confusion = Confusion::at(sampled, &self.sampled.labels, threshold)?;
        figures.set("threshold", "threshold", f64::from(threshold));
        figures.set("threshold", "precision", confusion.precision());
        figures.set("threshold", "recall", confusion.recall());
        figures.set("threshold", "f1", confusion.f1());
        figures.set("threshold", "mcc", confusion.mcc());
        Ok(())
    }

    fn ranks(figures: &mut Figures, found: &Scan, mut curves: Curves) -> Curves {
        type Rank = fn(&Ranked) -> CandidateRank;
        type Group = fn(&Ranked) -> u32;
        let directions: [(&str, Rank, Group); 2] = [
            ("ranking", |ranked| ranked.of_source, |ranked| ranked.pair.target),
            ("target_ranking", |ranked| ranked.of_target, |ranked| ranked.pair.source),
        ];
        for (section, rank, group) in directions {
            let ranks: Vec<CandidateRank> = found.ranked.iter().map(rank).collect();
            let groups: Vec<u32> = found.ranked.iter().map(group).collect();
            let Some(micro) = RankFigures::micro(&ranks) else { continue };
            figures.set(section, "mrr", micro.mrr);
            for k in [1, 10, 50] {
                figures.set(section, &format!("hits@{k}"), micro.hits_at(k));
            }
            figures.set(section, "mean_rank", micro.mean_rank);
            figures.set(section, "median_rank", micro.median_rank);
            figures.set(section, "adjusted_mean_rank_index", micro.adjusted_mean_rank_index);
            if let Some(macro_average) = RankFigures::macro_average(&ranks, &groups) {
                figures.set(section, "macro_mrr", macro_average.mrr);
                figures.set(section, "macro_hits@10", macro_average.hits_at(10));
            }
            figures.set(section, "pairs", ranks.len() as f64);
            if section == "ranking" {
                curves.hits.clone_from(&micro.hits);
            }
        }
        curves
    }

    fn replicates(&self, found: &Scan, all_pairs: &BinaryMetrics) -> Replicates {
        let mut replicates = Replicates::default();
        if self.resamples.replicates() == 0 {
            return replicates;
        }
        let exact = (all_pairs.auroc.unwrap_or(f64::NAN), all_pairs.average_precision.unwrap_or(f64::NAN));
        let binary = found.histograms.replicates(&self.resamples);
        let binary = binary.corrected(exact, found.histograms.point());
        replicates.add("all_pairs.auroc", &binary.auroc);
        replicates.add("all_pairs.ap", &binary.average_precision);
        let of_rank: [(&str, OfRank); 4] = [
            ("ranking.mrr", |rank| 1.0 / rank),
            ("ranking.hits@1", |rank| f64::from(u8::from(rank <= 1.0))),
            ("ranking.hits@10", |rank| f64::from(u8::from(rank <= 10.0))),
            ("ranking.hits@50", |rank| f64::from(u8::from(rank <= 50.0))),
        ];
        for (key, of) in of_rank {
            let mut ratios = TargetRatios::default();
            for group in found.ranked.chunk_by(|one, other| one.pair.target == other.pair.target) {
                let sum = group.iter().map(|ranked| of(ranked.of_source.rank)).sum();
                ratios.push(group[0].pair.target, sum, group.len() as f64);
            }
            replicates.add(key, &ratios.replicates(&self.resamples));
        }
        let mut ratios = TargetRatios::default();
        for (target, figures) in &found.targets {
            ratios.push(*target, figures.average_precision.unwrap_or(0.0), 1.0);
        }
        replicates.add("per_target.ap", &ratios.replicates(&self.resamples));
        replicates
    }

    fn targets(&self, found: &Scan) -> Vec<TargetJudgement> {
        let groups = found.ranked.chunk_by(|one, other| one.pair.target == other.pair.target);
        let judged = groups.zip(&found.targets).map(|(ranked, (target, figures))| {
            let count = ranked.len() as f64;
            let hits = ranked.iter().filter(|ranked| ranked.of_source.rank <= 10.0).count();
            TargetJudgement {
                target: *target,
                train_degree: self.train_degrees[*target as usize],
                positives: ranked.len() as u64,
                auroc: figures.auroc,
                ap: figures.average_precision.unwrap_or(0.0),
                mrr: ranked.iter().map(|ranked| 1.0 / ranked.of_source.rank).sum::<f64>() / count,
                hits_at_10: hits as f64 / count,
            }
        });
        judged.collect()
    }
}

/// Bins of 0, 1, 2 to 3, 4 to 7 and so on training edges by `degree`, those without a positive left out.
fn degree_bins(ranked: &[Ranked], degree: impl Fn(Pair) -> u32) -> Vec<DegreeBin> {
    let mut sums = vec![(0u64, 0.0, 0.0); u32::BITS as usize + 1];
    for ranked in ranked {
        let bin = (u32::BITS - degree(ranked.pair).leading_zeros()) as usize;
        let (positives, reciprocal, hits) = &mut sums[bin];
        *positives += 1;
        *reciprocal += 1.0 / ranked.of_source.rank;
        *hits += f64::from(u8::from(ranked.of_source.rank <= 10.0));
    }
    let bins = sums.into_iter().enumerate().filter(|(_, (positives, ..))| *positives > 0);
    bins.map(|(bin, (positives, reciprocal, hits))| DegreeBin {
        from: if bin == 0 { 0 } else { 1 << (bin - 1) },
        to: ((1u64 << bin) - 1) as u32,
        positives,
        mrr: reciprocal / positives as f64,
        hits_at_10: hits / positives as f64,
    })
    .collect()
}

/// The labelled pairs of the part, and those of validation. Where both are of the same candidates they are drawn in one go,
/// without replacement, so that they share no pair.
fn samples(
    round: &Round,
    part: Part,
    of_validation: &Candidates<'_>,
    negatives: &Candidates<'_>,
    options: &EvaluationOptions,
) -> Result<(LabelledPairs, LabelledPairs), LinkError> {
    let split = &round.split;
    let test = split.positives(Part::Test);
    let for_validation = negatives::count(options.negative_ratio, split.valid.len())?;
    let for_test = negatives::count(options.negative_ratio, test.len())?;
    let (of_valid, of_test) =
        if round.validation == round.negatives && round.negatives == CandidateRule::Unknown {
            let mut draws = stream(round.seed, "unknown pairs", &[]);
            let mut drawn = of_validation.sample(for_validation + for_test, &mut draws)?;
            let of_test = drawn.split_off(for_validation);
            (drawn, of_test)
        } else {
            let mut draws = stream(round.seed, "unknown pairs of validation", &[]);
            let of_valid = of_validation.sample(for_validation.min(of_validation.count()), &mut draws)?;
            let of_test = match part {
                Part::Test => {
                    negatives.sample(for_test, &mut stream(round.seed, "unknown pairs of test", &[]))?
                }
                Part::Valid => Vec::new(),
            };
            (of_valid, of_test)
        };
    let validation = LabelledPairs::new(&split.valid, &of_valid);
    let sampled = match part {
        Part::Valid => validation.clone(),
        Part::Test => LabelledPairs::new(&test, &of_test),
    };
    Ok((sampled, validation))
}

fn score_sample(scorer: &dyn FittedScorer, sample: &LabelledPairs) -> Result<Vec<f32>, LinkError> {
    let scores = scorer.score(&sample.pairs);
    let refuse = |problem: String| LinkError::Scorer { scorer: scorer.name().into(), problem };
    if scores.len() != sample.len() {
        return Err(refuse(format!("it gives {} scores for {} pairs", scores.len(), sample.len())));
    }
    match scores.iter().position(|score| score.is_nan()) {
        Some(at) => Err(refuse(format!("the score of pair {} is NaN; expected a number", sample.pairs[at]))),
        None => Ok(scores),
    }
}

fn binary(
    figures: &mut Figures,
    section: &str,
    sample: &'static str,
    metrics: &BinaryMetrics,
) -> Result<(), LinkError> {
    let (positives, negatives) = (metrics.positives, metrics.negatives);
    if metrics.auroc.is_none() {
        return Err(LinkError::OneClass { sample, positives, negatives });
    }
    figures.set(section, "auroc", metrics.auroc);
    figures.set(section, "ap", metrics.average_precision);
    figures.set(section, "prevalence", metrics.prevalence());
    Ok(())
}

fn all_pairs(figures: &mut Figures, found: &Scan) -> Result<(BinaryMetrics, Curves), LinkError> {
    let metrics = found.positives.metrics(&found.tally);
    binary(figures, "all_pairs", "the protocol", &metrics)?;
    let steps = found.positives.steps(&found.tally);
    figures.set("all_pairs", "precision@100", steps.precision_at(100));
    figures.set("all_pairs", "recall@100", steps.recall_at(100));
    figures.set("all_pairs", "enrichment@1%", steps.enrichment_factor(ENRICHED));
    figures.set("all_pairs", "bedroc", steps.bedroc(ALPHA));
    let curves = Curves {
        roc: steps.roc_curve().unwrap_or_default(),
        precision_recall: steps.precision_recall_curve().unwrap_or_default(),
        hits: Vec::with_capacity(HITS_AT.len()),
    };
    Ok((metrics, curves))
}

fn per_target(figures: &mut Figures, found: &Scan) {
    let mean = |of: &dyn Fn(&crate::metrics::TargetFigures) -> Option<f64>| {
        let values: Vec<f64> = found.targets.iter().filter_map(|(_, figures)| of(figures)).collect();
        values.iter().sum::<f64>() / values.len() as f64
    };
    figures.set("per_target", "auroc", mean(&|of| of.auroc));
    figures.set("per_target", "ap", mean(&|of| of.average_precision));
    figures.set("per_target", &format!("precision@{LIST}"), mean(&|of| of.at[0].precision));
    for (place, k) in BEST.into_iter().enumerate() {
        figures.set("per_target", &format!("recall@{k}"), mean(&|of| of.at[place].recall));
    }
    figures.set("per_target", "targets", found.targets.len() as f64);
}
