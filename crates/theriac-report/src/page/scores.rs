//! Figures, scorers and the values of one for the other.

use serde::Serialize;

/// A figure of merit: a column of the table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// What estimates name it by: "ap".
    pub id: String,
    /// Heading of its column: "AP".
    pub label: String,
    /// What it means, in a sentence, for the glossary.
    pub meaning: String,
    /// Heading over a run of columns, for the protocol that they belong to: "All pairs".
    pub group: Option<String>,
    /// Whether a lower value is better, as for the mean rank.
    pub lower_is_better: bool,
    /// Digits after the point.
    pub decimals: usize,
}

impl Default for Figure {
    fn default() -> Self {
        Self {
            id: String::new(),
            label: String::new(),
            meaning: String::new(),
            group: None,
            lower_is_better: false,
            decimals: 3,
        }
    }
}

impl Figure {
    /// Whether `value` is better than `other`.
    pub(crate) fn is_better(&self, value: f64, other: f64) -> bool {
        if self.lower_is_better { value < other } else { value > other }
    }

    /// The label with its group: "AP, all pairs".
    pub(crate) fn full_label(&self) -> String {
        match &self.group {
            Some(group) if !group.is_empty() => format!("{}, {}", self.label, group),
            _ => self.label.clone(),
        }
    }
}

/// A scorer and its figures: a row of the table.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Scorer {
    /// Its name, by which curves and tables refer to it.
    pub name: String,
    /// Whether it is a baseline.
    pub baseline: bool,
    /// What it does, in a few words.
    pub description: Option<String>,
    /// Its figures, in any order; those that it lacks are shown as a dash.
    pub estimates: Vec<Estimate>,
}

impl Scorer {
    /// The scorer's value of the figure with this id.
    pub(crate) fn estimate(&self, figure: &str) -> Option<&Estimate> {
        self.estimates.iter().find(|estimate| estimate.figure == figure)
    }
}

/// The value of a figure for a scorer.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Estimate {
    /// Id of the [`Figure`].
    pub figure: String,
    /// The value.
    pub value: f64,
    /// Its 95 % interval.
    pub interval: Option<Interval>,
    /// Standard deviation over folds.
    pub sd: Option<f64>,
    /// Difference to the best baseline in this figure; `None` for the best baseline itself.
    pub difference: Option<Difference>,
}

/// An interval that holds the true value in 95 of 100 samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// A scorer's value less that of the best baseline.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Difference {
    /// Name of the best baseline.
    pub baseline: String,
    /// The scorer's value less the baseline's.
    pub value: f64,
    /// Its 95 % interval.
    pub interval: Option<Interval>,
    /// Probability of a difference at least this large, were there none.
    pub p: Option<f64>,
}
