//! The view model of the page.

mod checks;
mod curves;
mod scores;

use serde::Serialize;

pub use checks::{
    Audit, Configurations, Finding, FrequentSource, PermutationControl, PermutationRow, Popularity,
    PopularityOfScorer, Severity, Stability, StabilityRow, Term,
};
pub use curves::{
    Breakdown, BreakdownGroup, BreakdownSeries, BreakdownValue, Calibration, Curve, Curves, Epoch, Extremes,
    Reliability, ReliabilityBin, TargetResult, Training,
};
pub use scores::{Difference, Estimate, Figure, Interval, Scorer};

use crate::html::{self, Section};

/// Everything that the page of an evaluation shows.
///
/// Scorers are known by their names throughout: a curve belongs to the scorer whose name it carries. What is empty or `None`
/// is left out of the page, with its heading. Names and sentences are plain text; they are escaped where they are written.
/// Numbers that are not finite are shown as a dash and not drawn.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct EvaluationPage {
    /// Title of the page: "Indications in `PrimeKG`".
    pub title: String,
    /// Name of the data set: "`PrimeKG` 2.1".
    pub data_set: String,
    /// The relation that is predicted: "drug - indication - disease".
    pub target: String,
    /// What the reader has to know before all else, shown in a frame at the top: "Made-up figures".
    pub notice: Option<String>,
    /// What the evaluation shows, in whole sentences.
    pub verdict: Vec<String>,
    /// How the evaluation was done, in whole sentences.
    pub protocol: Vec<String>,
    /// The split.
    pub split: Option<SplitSummary>,
    /// What it takes to get the same figures again.
    pub provenance: Provenance,
    /// The figures, in the order of the table's columns.
    pub figures: Vec<Figure>,
    /// The scorers, in the order of the table's rows.
    pub scorers: Vec<Scorer>,
    /// Names of the scorers that get a colour of their own, the most important first. Those after
    /// [`MOST_HIGHLIGHTED`](crate::MOST_HIGHLIGHTED) are drawn in grey, as those not named here.
    pub highlighted: Vec<String>,
    /// Ids of the figures that get an interval plot.
    pub interval_plots: Vec<String>,
    /// ROC, precision-recall and ranking curves.
    pub curves: Curves,
    /// Reliability of the scores as probabilities.
    pub calibration: Option<Calibration>,
    /// Loss curves, one a trained model.
    pub training: Vec<Training>,
    /// A figure by part of the test pairs: by degree, by disease area, by fold.
    pub breakdowns: Vec<Breakdown>,
    /// The targets that are ranked best and worst.
    pub extremes: Option<Extremes>,
    /// Figures on the permuted graph.
    pub permutation: Option<PermutationControl>,
    /// How much the lists of all targets are alike.
    pub popularity: Option<Popularity>,
    /// How much the lists change from run to run.
    pub stability: Option<Stability>,
    /// The audit of the data.
    pub audit: Option<Audit>,
    /// How many configurations of each scorer were tried.
    pub configurations: Vec<Configurations>,
    /// What the figures do not say, in whole sentences.
    pub limits: Vec<String>,
    /// Terms of the glossary beside the figures, which bring their own meaning.
    pub glossary: Vec<Term>,
}

impl EvaluationPage {
    /// The page as one HTML file, which loads nothing.
    pub fn to_html(&self) -> String {
        html::evaluation(self).into_string()
    }

    /// Its sections, for a document of the caller's own; those without data are left out. They are shown by
    /// [`style_sheet`](crate::style_sheet).
    pub fn sections(&self) -> Vec<Section> {
        html::evaluation_sections(self)
    }

    /// The scorer of this name.
    pub(crate) fn scorer(&self, name: &str) -> Option<&Scorer> {
        self.scorers.iter().find(|scorer| scorer.name == name)
    }

    /// Whether the scorer of this name is a baseline.
    pub(crate) fn is_baseline(&self, name: &str) -> bool {
        self.scorer(name).is_some_and(|scorer| scorer.baseline)
    }

    /// The best value of a figure over all scorers, as it is printed; `None` when fewer than two have the figure.
    pub(crate) fn best(&self, figure: &Figure) -> Option<f64> {
        let values: Vec<f64> = self
            .scorers
            .iter()
            .filter_map(|scorer| scorer.estimate(&figure.id))
            .map(|estimate| estimate.value)
            .filter(|value| value.is_finite())
            .collect();
        if values.len() < 2 {
            return None;
        }
        values.into_iter().reduce(|best, value| if figure.is_better(value, best) { value } else { best })
    }
}

/// The split of the target relation's pairs, or the mean over several.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SplitSummary {
    /// Hash of the split; of several, that of all together, or of each.
    pub hashes: Vec<String>,
    /// Number of folds of one repeat; 1 for a single split.
    pub folds: usize,
    /// Number of repeats, each with folds of its own.
    pub repeats: usize,
    /// The parts: training, validation, test.
    pub parts: Vec<SplitPart>,
    /// Share of positives among the scored test pairs.
    pub prevalence: Option<f64>,
    /// How negatives were drawn, in a few words: "degree-matched, 10 a positive".
    pub negatives: Option<String>,
}

impl SplitSummary {
    /// Whether it is the mean over several splits.
    pub(crate) fn is_of_several(&self) -> bool {
        self.folds > 1 || self.repeats > 1
    }
}

/// A part of the split.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SplitPart {
    /// "Training".
    pub name: String,
    /// Number of positive pairs.
    pub positives: u64,
    /// Number of negative pairs, where they are drawn beforehand.
    pub negatives: Option<u64>,
}

/// What it takes to get the same figures again.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Provenance {
    /// The command, as it is typed.
    pub command: Option<String>,
    /// Version of the program.
    pub version: Option<String>,
    /// Processor, threads, memory.
    pub hardware: Option<String>,
    /// Seed of all random numbers.
    pub seed: Option<u64>,
    /// Date of the run.
    pub date: Option<String>,
    /// Fingerprint of the graph.
    pub graph: Option<String>,
    /// Licence of the data.
    pub licence: Option<String>,
    /// How the data is cited.
    pub citation: Option<String>,
}

impl Provenance {
    /// What there is beside the command: name, value, and whether it is read letter by letter.
    pub(crate) fn facts(&self) -> Vec<(&'static str, String, bool)> {
        let seed = self.seed.map(|seed| seed.to_string());
        let facts = [
            ("Version", &self.version, false),
            ("Date", &self.date, false),
            ("Seed", &seed, true),
            ("Hardware", &self.hardware, false),
            ("Graph", &self.graph, true),
            ("Licence of the data", &self.licence, false),
            ("Cite the data as", &self.citation, false),
        ];
        facts
            .into_iter()
            .filter_map(|(name, value, verbatim)| Some((name, value.clone()?, verbatim)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn best_follows_the_direction_of_the_figure() {
        let estimate = |value| Estimate { figure: "x".into(), value, ..Estimate::default() };
        let scorer = |name: &str, value| Scorer {
            name: name.into(),
            estimates: vec![estimate(value)],
            ..Scorer::default()
        };
        let page = EvaluationPage {
            scorers: vec![scorer("a", 0.2), scorer("b", 0.7), scorer("c", f64::NAN)],
            ..EvaluationPage::default()
        };
        let mut figure = Figure { id: "x".into(), ..Figure::default() };
        assert_eq!(page.best(&figure), Some(0.7));
        figure.lower_is_better = true;
        assert_eq!(page.best(&figure), Some(0.2));
        figure.id = "y".into();
        assert_eq!(page.best(&figure), None);
    }

    #[test]
    fn one_scorer_alone_is_not_the_best() {
        let estimates = vec![Estimate { figure: "x".into(), value: 0.5, ..Estimate::default() }];
        let page = EvaluationPage {
            scorers: vec![Scorer { estimates, ..Scorer::default() }],
            ..EvaluationPage::default()
        };
        assert_eq!(page.best(&Figure { id: "x".into(), ..Figure::default() }), None);
    }
}
