//! The score of every pair, for models that are more than two embeddings.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use theriac_graph::NamedTensor;
use theriac_link::{FitRecord, FittedScorer, Pair, Rescorer};

use crate::contributions::{Contributions, PairContributions};

/// Scores of all pairs.
const SCORES: &str = "scores";
/// How far the members of the ensemble differ on them.
const SPREAD: &str = "spread";

/// The score of every pair of an ensemble, and how far its members differ.
#[derive(Clone)]
pub struct ScoreTable {
    /// `[n_targets, n_sources]`.
    pub(crate) scores: Vec<f32>,
    /// Standard deviation over the members: `[n_targets, n_sources]`.
    pub(crate) spread: Vec<f32>,
    /// What each part adds to the scores, where it is known.
    pub(crate) contributions: Option<Contributions>,
    /// What was learned, to be asked about other graphs, where it is at hand and every part can be asked.
    pub(crate) rescorer: Option<Arc<dyn Rescorer>>,
    pub(crate) record: FitRecord,
}

impl fmt::Debug for ScoreTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { record, scores, .. } = self;
        f.debug_struct("ScoreTable")
            .field("record", record)
            .field("pairs", &scores.len())
            .finish_non_exhaustive()
    }
}

impl ScoreTable {
    /// What each part of the ensemble, and popularity, add to the score of a pair; `None` where it was not kept.
    pub fn contributions(&self, pair: Pair) -> Option<PairContributions<'_>> {
        let place = self.place(pair);
        Some(self.contributions.as_ref()?.of(place, self.scores[place]))
    }

    pub(crate) fn tensors(&self) -> Vec<NamedTensor> {
        let tensor = |(name, values): (&str, &Vec<f32>)| NamedTensor {
            name: name.into(),
            rows: self.record.targets as usize,
            columns: self.record.sources as usize,
            values: values.clone(),
        };
        [(SCORES, &self.scores), (SPREAD, &self.spread)].map(tensor).into()
    }

    /// The table of these tensors, which `take` gives by name; `record` still lacks the numbers of nodes.
    ///
    /// # Errors
    ///
    /// One sentence that names the tensor that is missing or does not fit the other.
    pub(crate) fn from_tensors(
        mut take: impl FnMut(&str) -> Result<NamedTensor, String>,
        record: FitRecord,
    ) -> Result<Self, String> {
        let (scores, spread) = (take(SCORES)?, take(SPREAD)?);
        if (scores.rows, scores.columns) != (spread.rows, spread.columns) {
            return Err(format!(
                "tensor '{SPREAD}' is [{}, {}]; expected [{}, {}], as '{SCORES}'",
                spread.rows, spread.columns, scores.rows, scores.columns
            ));
        }
        let record = FitRecord { sources: scores.columns as u32, targets: scores.rows as u32, ..record };
        let (scores, spread) = (scores.values, spread.values);
        Ok(Self { scores, spread, contributions: None, rescorer: None, record })
    }

    fn place(&self, pair: Pair) -> usize {
        pair.target as usize * self.record.sources as usize + pair.source as usize
    }
}

impl FittedScorer for ScoreTable {
    fn record(&self) -> &FitRecord {
        &self.record
    }

    fn score(&self, pairs: &[Pair]) -> Vec<f32> {
        pairs.iter().map(|&pair| self.scores[self.place(pair)]).collect()
    }

    fn score_targets(&self, targets: Range<u32>, out: &mut [f32]) {
        let sources = self.sources() as usize;
        out.copy_from_slice(&self.scores[targets.start as usize * sources..targets.end as usize * sources]);
    }

    fn rescorer(&self) -> Option<Arc<dyn Rescorer>> {
        self.rescorer.clone()
    }

    fn spread(&self, pairs: &[Pair]) -> Option<Vec<f32>> {
        Some(pairs.iter().map(|&pair| self.spread[self.place(pair)]).collect())
    }
}
