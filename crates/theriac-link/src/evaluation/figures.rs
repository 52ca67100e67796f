//! Figures by name, in sections, and what each means.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// Figures of a scorer, in sections: `all_pairs` holds `auroc`, `ap`, `prevalence` and so on. As JSON they are nested objects.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Figures(IndexMap<String, IndexMap<String, f64>>);

impl Figures {
    /// The figure of this section and name.
    pub fn get(&self, section: &str, name: &str) -> Option<f64> {
        self.0.get(section)?.get(name).copied()
    }

    /// The figure of this key: `all_pairs.auroc`.
    pub fn at(&self, key: &str) -> Option<f64> {
        let (section, name) = key.split_once('.')?;
        self.get(section, name)
    }

    /// Sets a figure, unless it is missing or not finite.
    pub fn set(&mut self, section: &str, name: &str, figure: impl Into<Option<f64>>) {
        if let Some(figure) = figure.into().filter(|figure| figure.is_finite()) {
            self.0.entry(section.into()).or_default().insert(name.into(), figure);
        }
    }

    /// Key and value of each figure, in order.
    pub fn iter(&self) -> impl Iterator<Item = (String, f64)> + '_ {
        self.0.iter().flat_map(|(section, figures)| {
            figures.iter().map(move |(name, figure)| (format!("{section}.{name}"), *figure))
        })
    }

    /// Whether there is no figure.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The mean of each figure over those that have it, in the order of the first to have it.
    pub fn mean(all: &[&Self]) -> Self {
        Self::over(all, |values| values.iter().sum::<f64>() / values.len() as f64)
    }

    /// The standard deviation (n - 1) of each figure over those that have it, where two or more do.
    pub fn spread(all: &[&Self]) -> Self {
        Self::over(all, |values| {
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
            // NaN of a single value, which is then left out.
            (squares / (values.len() as f64 - 1.0)).sqrt()
        })
    }

    fn over(all: &[&Self], of: impl Fn(&[f64]) -> f64) -> Self {
        let mut collected: IndexMap<(&String, &String), Vec<f64>> = IndexMap::new();
        for figures in all {
            for (section, named) in &figures.0 {
                for (name, &figure) in named {
                    collected.entry((section, name)).or_default().push(figure);
                }
            }
        }
        let mut found = Self::default();
        for ((section, name), values) in collected {
            found.set(section, name, of(&values));
        }
        found
    }
}

/// What a figure is.
#[derive(Clone, Copy, Debug)]
pub struct Figure {
    /// Section and name: `all_pairs.auroc`.
    pub key: &'static str,
    /// How it is called in tables and pages.
    pub title: &'static str,
    /// What it means, in a sentence.
    pub meaning: &'static str,
    /// Whether more of it is better; `None` where it is no matter of better or worse.
    pub higher_is_better: Option<bool>,
}

const fn figure(
    key: &'static str,
    title: &'static str,
    meaning: &'static str,
    higher_is_better: Option<bool>,
) -> Figure {
    Figure { key, title, meaning, higher_is_better }
}

const BETTER: Option<bool> = Some(true);
const WORSE: Option<bool> = Some(false);
const NEITHER: Option<bool> = None;

/// Every figure, in the order of tables.
pub const FIGURES: &[Figure] = &[
    figure(
        "sampled.auroc",
        "sampled AUROC",
        "AUROC against a stated number of random negatives to a positive",
        BETTER,
    ),
    figure("sampled.ap", "sampled AP", "average precision against these", BETTER),
    figure("sampled.prevalence", "sampled prevalence", "share of positives among these", NEITHER),
    figure(
        "degree_matched.auroc",
        "matched AUROC",
        "AUROC against negatives whose nodes have about as many training edges as the positive's: 0.5 knows nothing \
         beyond popularity",
        BETTER,
    ),
    figure("degree_matched.ap", "matched AP", "average precision against these, one to a positive", BETTER),
    figure("degree_matched.prevalence", "matched prevalence", "share of positives among these", NEITHER),
    figure(
        "degree_matched.matched",
        "matched share",
        "share of the positives that found such a negative",
        NEITHER,
    ),
    figure(
        "all_pairs.auroc",
        "all-pairs AUROC",
        "how likely a random positive is scored above a random negative of the protocol, ties counting half",
        BETTER,
    ),
    figure(
        "all_pairs.ap",
        "all-pairs AP",
        "average precision against every negative of the protocol: the mean, over the positives, of the precision at \
         their score",
        BETTER,
    ),
    figure(
        "all_pairs.prevalence",
        "prevalence",
        "share of positives among positives and every negative: the average precision of a random score",
        NEITHER,
    ),
    figure("all_pairs.precision@100", "precision@100", "share of positives among the 100 best pairs", BETTER),
    figure("all_pairs.recall@100", "recall@100", "share of the positives among the 100 best pairs", BETTER),
    figure(
        "all_pairs.enrichment@1%",
        "enrichment 1 %",
        "positives among the best 1 % of pairs, as a multiple of what a random order finds there",
        BETTER,
    ),
    figure(
        "all_pairs.bedroc",
        "BEDROC",
        "Boltzmann-enhanced discrimination of ROC, alpha 20 (Truchon and Bayly 2007): the best 8 % of pairs make 80 % \
         of it",
        BETTER,
    ),
    figure(
        "ranking.mrr",
        "MRR",
        "mean of 1 / rank of the true source among the candidates for its target",
        BETTER,
    ),
    figure("ranking.hits@1", "hits@1", "share of true sources at rank 1", BETTER),
    figure("ranking.hits@10", "hits@10", "share of true sources at rank 10 or better", BETTER),
    figure("ranking.hits@50", "hits@50", "share of true sources at rank 50 or better", BETTER),
    figure("ranking.mean_rank", "mean rank", "mean of these ranks", WORSE),
    figure("ranking.median_rank", "median rank", "median of these ranks", WORSE),
    figure(
        "ranking.adjusted_mean_rank_index",
        "AMRI",
        "adjusted mean rank index (Berrendorf et al. 2020): 1 is perfect, 0 a random order, whatever the number of \
         candidates",
        BETTER,
    ),
    figure("ranking.macro_mrr", "macro MRR", "mean over targets of the MRR of each", BETTER),
    figure("ranking.macro_hits@10", "macro hits@10", "mean over targets of the hits@10 of each", BETTER),
    figure("ranking.pairs", "ranked pairs", "number of ranks", NEITHER),
    figure(
        "target_ranking.mrr",
        "MRR of targets",
        "mean of 1 / rank of the true target among the candidates for its source",
        BETTER,
    ),
    figure("target_ranking.hits@1", "hits@1 of targets", "share of true targets at rank 1", BETTER),
    figure(
        "target_ranking.hits@10",
        "hits@10 of targets",
        "share of true targets at rank 10 or better",
        BETTER,
    ),
    figure(
        "target_ranking.hits@50",
        "hits@50 of targets",
        "share of true targets at rank 50 or better",
        BETTER,
    ),
    figure("target_ranking.mean_rank", "mean rank of targets", "mean of these ranks", WORSE),
    figure("target_ranking.median_rank", "median rank of targets", "median of these ranks", WORSE),
    figure(
        "target_ranking.adjusted_mean_rank_index",
        "AMRI of targets",
        "adjusted mean rank index of these ranks",
        BETTER,
    ),
    figure(
        "target_ranking.macro_mrr",
        "macro MRR of targets",
        "mean over sources of the MRR of each",
        BETTER,
    ),
    figure(
        "target_ranking.macro_hits@10",
        "macro hits@10 of targets",
        "mean over sources of the hits@10 of each",
        BETTER,
    ),
    figure("target_ranking.pairs", "ranked pairs of targets", "number of ranks", NEITHER),
    figure(
        "per_target.auroc",
        "AUROC per target",
        "mean over targets of the AUROC among their candidates",
        BETTER,
    ),
    figure(
        "per_target.ap",
        "AP per target",
        "mean over targets of the average precision among their candidates",
        BETTER,
    ),
    figure(
        "per_target.precision@10",
        "precision@10",
        "mean over targets of the share of true sources among the ten best candidates",
        BETTER,
    ),
    figure(
        "per_target.recall@10",
        "recall@10",
        "mean over targets of the share of their true sources among the ten best candidates",
        BETTER,
    ),
    figure(
        "per_target.recall@50",
        "recall@50",
        "mean over targets of the share of their true sources among the fifty best candidates",
        BETTER,
    ),
    figure("per_target.targets", "targets", "number of targets with a positive", NEITHER),
    figure(
        "threshold.threshold",
        "threshold",
        "the score with the best F1 on the sampled validation pairs, by a fit that had not learned them; pairs at or above it are called positive",
        NEITHER,
    ),
    figure(
        "threshold.precision",
        "precision",
        "share of true calls at that threshold, on the sampled pairs",
        BETTER,
    ),
    figure("threshold.recall", "recall", "share of positives that are called, on the sampled pairs", BETTER),
    figure("threshold.f1", "F1", "harmonic mean of the two", BETTER),
    figure("threshold.mcc", "MCC", "Matthews correlation coefficient of these calls", BETTER),
    figure(
        "calibration.brier",
        "Brier score",
        "mean squared error of the probabilities on the sampled pairs, weighted to the base rate",
        WORSE,
    ),
    figure(
        "calibration.brier_skill",
        "Brier skill",
        "1 - Brier score / that of giving the base rate to every pair: 0 says no more than the base rate",
        BETTER,
    ),
    figure(
        "calibration.ece",
        "ECE",
        "expected calibration error: how far probabilities are from observed shares, over bins of equal weight",
        WORSE,
    ),
    figure("calibration.log_loss", "log loss", "mean negative log likelihood of the labels", WORSE),
    figure(
        "calibration.base_rate",
        "base rate",
        "share of true pairs that the probabilities assume",
        NEITHER,
    ),
    figure(
        "popularity.entropy",
        "entropy",
        "entropy of the sources in the ten best of every target, as a share of that of equal shares: low where the same \
         frequent flyers are proposed for everything",
        BETTER,
    ),
    figure(
        "popularity.effective_sources",
        "effective sources",
        "number of sources that would have this entropy at equal shares",
        BETTER,
    ),
    figure(
        "popularity.top_share",
        "top share",
        "share of these places that the most frequent source takes",
        WORSE,
    ),
    figure(
        "stability.spearman",
        "Spearman",
        "rank correlation of the scores of fits with different seeds, on the sampled pairs",
        BETTER,
    ),
    figure(
        "stability.top100_overlap",
        "top-100 overlap",
        "share of the 100 best pairs that two fits with different seeds have in common",
        BETTER,
    ),
];

/// What a figure is, by its key.
pub fn figure_of(key: &str) -> Option<&'static Figure> {
    FIGURES.iter().find(|figure| figure.key == key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(list: &[(&str, &str, f64)]) -> Figures {
        let mut figures = Figures::default();
        for &(section, name, value) in list {
            figures.set(section, name, value);
        }
        figures
    }

    #[test]
    fn sections_are_nested_objects() {
        let found = figures(&[
            ("all_pairs", "auroc", 0.5),
            ("ranking", "hits@1", 0.25),
            ("all_pairs", "ap", f64::NAN),
        ]);
        let text = r#"{"all_pairs":{"auroc":0.5},"ranking":{"hits@1":0.25}}"#;
        assert_eq!(serde_json::to_string(&found).unwrap(), text);
        assert_eq!(serde_json::from_str::<Figures>(text).unwrap(), found);
        assert_eq!((found.at("ranking.hits@1"), found.at("all_pairs.ap")), (Some(0.25), None));
    }

    #[test]
    fn means_are_over_those_that_have_the_figure() {
        let (one, other) = (figures(&[("a", "x", 1.0), ("a", "y", 5.0)]), figures(&[("a", "x", 4.0)]));
        assert_eq!(Figures::mean(&[&one, &other]), figures(&[("a", "x", 2.5), ("a", "y", 5.0)]));
        assert_eq!(Figures::spread(&[&one, &other]), figures(&[("a", "x", 4.5f64.sqrt())]));
    }

    #[test]
    fn keys_are_given_once() {
        let mut keys: Vec<&str> = FIGURES.iter().map(|figure| figure.key).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), FIGURES.len());
        assert_eq!(figure_of("ranking.mrr").unwrap().title, "MRR");
    }
}
