//! Controls, the audit, and what is told beside the figures.

use serde::Serialize;

use super::Interval;

/// Figures on a graph whose edges were permuted with all degrees kept: what is left of them owes nothing to who is
/// connected to whom.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PermutationControl {
    /// Label of the figure: "AP".
    pub figure: String,
    /// What the control shows, in whole sentences.
    pub sentences: Vec<String>,
    /// The scorers.
    pub rows: Vec<PermutationRow>,
}

/// A scorer under the permutation control.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PermutationRow {
    /// Name of the scorer.
    pub scorer: String,
    /// The figure on the graph as it is.
    pub real: f64,
    /// The figure on permuted graphs, on average.
    pub permuted: f64,
    /// Spread of the figure over permuted graphs.
    pub permuted_interval: Option<Interval>,
    /// The figure of the degree prior there: what degrees alone give.
    pub degree_prior: Option<f64>,
}

/// How much the lists of all targets are alike.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Popularity {
    /// Length of each target's list.
    pub list_length: u64,
    /// What a source is: "drug".
    pub source_label: String,
    /// The scorers.
    pub scorers: Vec<PopularityOfScorer>,
}

/// How much a scorer's lists are alike.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PopularityOfScorer {
    /// Name of the scorer.
    pub scorer: String,
    /// The number of equally frequent sources whose entropy is that of the sources in all lists.
    pub effective_sources: f64,
    /// The most frequent sources, most frequent first.
    pub most_frequent: Vec<FrequentSource>,
}

/// A source that stands in many lists.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct FrequentSource {
    /// Name of the source.
    pub name: String,
    /// Its share of the places of all lists, 0 to 1.
    pub share: f64,
}

/// How much the lists change from run to run.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Stability {
    /// What was compared, in a sentence.
    pub explanation: String,
    /// Headings: "Overlap of first 10".
    pub columns: Vec<String>,
    /// The scorers.
    pub rows: Vec<StabilityRow>,
}

/// Stability of one scorer.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct StabilityRow {
    /// Name of the scorer.
    pub scorer: String,
    /// One a column, `[n_columns]`.
    pub values: Vec<Option<f64>>,
}

/// How much a finding of the audit matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know.
    #[default]
    Note,
    /// May change the figures.
    Warning,
    /// Makes figures wrong unless it is dealt with.
    Error,
}

impl Severity {
    /// The word for it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Note => "Note",
            Self::Warning => "Warning",
            Self::Error => "Error",
        }
    }
}

/// The audit of the data: what else in it tells of the pairs that are predicted.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Audit {
    /// What was looked at and how far it reaches, in whole sentences.
    pub sentences: Vec<String>,
    /// What was found.
    pub findings: Vec<Finding>,
}

/// A finding of the audit.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// What was found, in a sentence.
    pub sentence: String,
    /// What this evaluation did about it, in a sentence.
    pub done: Option<String>,
    /// What the owner of the data has to decide, in a sentence.
    pub decision: Option<String>,
}

/// The configurations of a scorer that were tried on validation pairs.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Configurations {
    /// Name of the scorer.
    pub scorer: String,
    /// Number of configurations tried.
    pub tried: u64,
    /// The chosen one: "rank 64, ridge 0.1".
    pub chosen: String,
}

/// A term and its meaning.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Term {
    /// The term.
    pub name: String,
    /// Its meaning, in a sentence.
    pub meaning: String,
}
