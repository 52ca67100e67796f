//! The view model of the candidate report.

mod explanation;

use maud::Markup;
use serde::Serialize;

pub use explanation::{
    Arrow, Contribution, Counterfactual, EvidencePath, Explanation, Fidelity, Hop, Metapath, Place,
};

use crate::page::{Interval, Provenance};
use crate::{html, markdown, number};

/// Everything that the report on the candidates for one node shows: drugs for a disease, or diseases for a drug.
///
/// What is empty or `None` is left out of the report, with its heading. Names and sentences are plain text; they are escaped
/// where they are written. Numbers that are not finite are shown as a dash and not drawn.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CandidatePage {
    /// Title of the report: "Drugs for asthma".
    pub title: String,
    /// What the reader has to know before all else, shown in a frame at the top: "Made-up figures".
    pub notice: Option<String>,
    /// What the report shows, in whole sentences.
    pub summary: Vec<String>,
    /// The node that candidates are asked for.
    pub query: Query,
    /// What a candidate is, in the singular: "drug". With the query's kind it says which way was asked.
    pub candidate_kind: String,
    /// The relation that is predicted: "drug - treats - disease".
    pub target: String,
    /// Name of the graph: "Hetionet 1.0".
    pub graph: String,
    /// Name of the model: "blend of ten parts".
    pub model: String,
    /// Version of the program, date, seed, licence and citation of the data, and the command.
    pub provenance: Provenance,
    /// Number of candidates that were ranked, those that are not shown among them.
    pub ranked: Option<u64>,
    /// Share of true pairs among those that the probabilities were calibrated on, 0 to 1.
    pub base_rate: Option<f64>,
    /// The candidates that are shown, best first.
    pub candidates: Vec<Candidate>,
    /// How good the model is, beside baselines.
    pub accuracy: Option<Accuracy>,
    /// What the report does not say, in whole sentences.
    pub limits: Vec<String>,
}

/// A node of the graph.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Node {
    /// Its identifier: "DB00471".
    pub id: String,
    /// Its name: "Montelukast". Where it is empty, the identifier is shown.
    pub name: String,
    /// Its type: "drug".
    pub kind: String,
}

impl Node {
    /// What it is called: its name or, where it has none, its identifier.
    pub(crate) fn label(&self) -> &str {
        if self.name.is_empty() { &self.id } else { &self.name }
    }
}

/// The node that candidates are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Query {
    /// The node.
    pub node: Node,
    /// Number of its links of the target relation in the graph.
    pub known_links: Option<u64>,
}

/// A candidate: a row of the ranked table and, where it is explained, a section of its own.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Candidate {
    /// Its place among all candidates, from 1.
    pub rank: u64,
    /// The node.
    pub node: Node,
    /// The model's score, in logits where the model has them.
    pub score: f64,
    /// The calibrated probability of the link, 0 to 1.
    pub probability: Option<f64>,
    /// The range of that probability over the members of an ensemble, 0 to 1.
    pub interval: Option<Interval>,
    /// Share of the candidates that are scored lower, in per cent.
    pub percentile: Option<f64>,
    /// Share of the score that is owed to numbers of known links alone, 0 to 1.
    pub popularity: Option<f64>,
    /// What is known of the pair or of the candidate, in any order; shown once each, in the order of [`Flag`].
    pub flags: Vec<Flag>,
    /// The evidence in one line: "binds CYSLTR1, which is associated with asthma".
    pub evidence: Option<String>,
    /// Why the model ranks it there.
    pub explanation: Option<Explanation>,
}

impl Candidate {
    /// The flags in their order, each once.
    pub(crate) fn sorted_flags(&self) -> Vec<&Flag> {
        let mut flags: Vec<&Flag> = self.flags.iter().collect();
        flags.sort();
        flags.dedup();
        flags
    }

    /// The probability, and its range over an ensemble, as they are printed.
    pub(crate) fn probability_told(&self) -> Option<(String, Option<String>)> {
        let range = self
            .interval
            .map(|range| format!("{} to {}", number::percent(range.low), number::percent(range.high)));
        Some((number::percent(self.probability?), range))
    }

    /// The explanation, if there is anything in it.
    pub(crate) fn told(&self) -> Option<&Explanation> {
        self.explanation.as_ref().filter(|explanation| **explanation != Explanation::default())
    }
}

/// What is known of a candidate, shown as a small label beside its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// The link is in the graph already.
    Known,
    /// The drug is contraindicated for the disease.
    Contraindicated,
    /// The drug was withdrawn from a market.
    Withdrawn,
    /// The pair was tried, and failed.
    FailedInTrials,
    /// Anything else, in a word or two: "off-label".
    Other(String),
}

impl Flag {
    /// What the label says.
    pub fn label(&self) -> &str {
        match self {
            Self::Known => "known",
            Self::Contraindicated => "contraindicated",
            Self::Withdrawn => "withdrawn",
            Self::FailedInTrials => "failed in trials",
            Self::Other(text) => text,
        }
    }
}

/// A column of the ranked table beside rank, name and score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RankingColumn {
    Probability,
    Percentile,
    Popularity,
    Flags,
    Evidence,
}

/// How good the model is, as its card says.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Accuracy {
    /// How it was measured, in whole sentences.
    pub protocol: Vec<String>,
    /// The model and the baselines, in the order of the rows.
    pub rows: Vec<AccuracyRow>,
}

/// The figures of one scorer, 0 to 1; those that are `None` are shown as a dash.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct AccuracyRow {
    /// Name of the scorer.
    pub scorer: String,
    /// Whether it is a baseline.
    pub baseline: bool,
    /// Area under the ROC curve.
    pub auroc: Option<f64>,
    /// Average precision.
    pub ap: Option<f64>,
    /// Mean reciprocal rank.
    pub mrr: Option<f64>,
    /// Share of true links in the first ten places.
    pub hits_at_10: Option<f64>,
    /// Share of positives among the pairs that AUROC and AP were measured on.
    pub prevalence: Option<f64>,
}

/// Heading and value of a column of figures.
pub(crate) type FigureColumn = (&'static str, fn(&AccuracyRow) -> Option<f64>);

impl Accuracy {
    /// The figures that any scorer has.
    pub(crate) fn columns(&self) -> Vec<FigureColumn> {
        let all: [FigureColumn; 5] = [
            ("AUROC", |row| row.auroc),
            ("AP", |row| row.ap),
            ("MRR", |row| row.mrr),
            ("Hits@10", |row| row.hits_at_10),
            ("Prevalence", |row| row.prevalence),
        ];
        all.into_iter().filter(|(_, value)| self.rows.iter().any(|row| value(row).is_some())).collect()
    }
}

impl CandidatePage {
    /// The report as one HTML file, which loads nothing.
    pub fn to_html(&self) -> String {
        html::candidates_document(self).into_string()
    }

    /// What explains the candidate at that place, without its figures, for a document of the caller's own; `None` where it is
    /// not explained. It is shown by [`style_sheet`](crate::style_sheet).
    pub fn explanation_passages(&self, place: usize) -> Option<Markup> {
        html::passages(self, place)
    }

    /// The report as Markdown, the picture of the evidence told as a table of paths.
    pub fn to_markdown(&self) -> String {
        markdown::candidates(self)
    }

    /// Which way was asked: "Drugs for a disease".
    pub(crate) fn direction(&self) -> Option<String> {
        let (candidate, query) = (&self.candidate_kind, &self.query.node.kind);
        let mut letters = candidate.chars();
        let first = letters.next().filter(|_| !query.is_empty())?;
        let article =
            if query.starts_with(['a', 'e', 'i', 'o', 'u', 'A', 'E', 'I', 'O']) { "an" } else { "a" };
        Some(format!("{}{}s for {article} {query}", first.to_uppercase(), letters.as_str()))
    }

    /// What a candidate is called: "drug".
    pub(crate) fn candidate_label(&self) -> &str {
        if self.candidate_kind.is_empty() { "candidate" } else { &self.candidate_kind }
    }

    /// Whether any candidate has something in that column of the ranked table.
    pub(crate) fn shows(&self, column: RankingColumn) -> bool {
        self.candidates.iter().any(|candidate| match column {
            RankingColumn::Probability => candidate.probability.is_some(),
            RankingColumn::Percentile => candidate.percentile.is_some(),
            RankingColumn::Popularity => candidate.popularity.is_some(),
            RankingColumn::Flags => !candidate.flags.is_empty(),
            RankingColumn::Evidence => candidate.evidence.is_some(),
        })
    }

    /// How to read the ranked table, in sentences.
    pub(crate) fn reading(&self) -> Vec<String> {
        let mut sentences = Vec::new();
        if let Some(ranked) = self.ranked {
            let (shown, label) = (self.candidates.len() as u64, self.candidate_label());
            sentences.push(if shown < ranked {
                format!("The first {} of {} {label}s.", number::count(shown), number::count(ranked))
            } else {
                format!("All {} {label}s.", number::count(ranked))
            });
        }
        if let Some(rate) = self.base_rate.filter(|_| self.shows(RankingColumn::Probability)) {
            sentences.push(format!(
                "Probabilities are calibrated; the base rate, the share of true links among the pairs that they were \
                 calibrated on, is {}.",
                number::percent(rate)
            ));
        }
        if self.shows(RankingColumn::Percentile) {
            sentences.push("Percentile: how many in a hundred candidates are scored lower.".into());
        }
        if self.shows(RankingColumn::Popularity) {
            sentences.push(
                "Popularity: the share of the score that is owed to numbers of known links alone, not to this pair."
                    .into(),
            );
        }
        sentences
    }

    /// The relations of all evidence, in the order in which they are first named: their places give them their colours.
    pub(crate) fn relations(&self) -> Vec<String> {
        let mut relations: Vec<String> = Vec::new();
        let told = self.candidates.iter().filter_map(Candidate::told);
        for hop in told.flat_map(|explanation| &explanation.paths).flat_map(|path| &path.hops) {
            if !relations.contains(&hop.relation) {
                relations.push(hop.relation.clone());
            }
        }
        relations
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_in_order_and_once() {
        let other = |text: &str| Flag::Other(text.into());
        let flags =
            vec![other("off-label"), Flag::Withdrawn, Flag::Known, other("off-label"), other("biologic")];
        let candidate = Candidate { flags, ..Candidate::default() };
        let labels: Vec<&str> = candidate.sorted_flags().into_iter().map(Flag::label).collect();
        assert_eq!(labels, ["known", "withdrawn", "biologic", "off-label"]);
    }

    #[test]
    fn the_direction_is_told_where_both_kinds_are_known() {
        let mut page = CandidatePage { candidate_kind: "disease".into(), ..CandidatePage::default() };
        assert_eq!(page.direction(), None);
        page.query.node.kind = "drug".into();
        assert_eq!(page.direction().as_deref(), Some("Diseases for a drug"));
        page.query.node.kind = "anatomy".into();
        assert_eq!(page.direction().as_deref(), Some("Diseases for an anatomy"));
    }

    #[test]
    fn an_explanation_without_content_is_none() {
        let mut candidate = Candidate { explanation: Some(Explanation::default()), ..Candidate::default() };
        assert_eq!(candidate.told(), None);
        candidate.explanation.as_mut().unwrap().precedents.push("A treats it".into());
        assert!(candidate.told().is_some());
    }

    #[test]
    fn columns_that_no_scorer_has_are_left_out() {
        let row = AccuracyRow { ap: Some(0.4), ..AccuracyRow::default() };
        let accuracy = Accuracy { rows: vec![AccuracyRow::default(), row], ..Accuracy::default() };
        let labels: Vec<&str> = accuracy.columns().into_iter().map(|(label, _)| label).collect();
        assert_eq!(labels, ["AP"]);
    }
}
