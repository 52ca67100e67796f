//! What a shortlist keeps of a pair.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use theriac_graph::RelationKey;
use theriac_predict::timestamp::Timestamp;

/// What tells pairs apart: the relation that is predicted, and the ids of both ends as the graph has them. It means the
/// same whatever model is loaded.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PairKey {
    /// The relation, as `compound:treats:disease`.
    pub relation: RelationKey,
    /// Id of the source node, as a drug.
    pub source_id: String,
    /// Id of the target node, as a disease.
    pub target_id: String,
}

impl fmt::Display for PairKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} and {} of {}", self.source_id, self.target_id, self.relation)
    }
}

/// What a biologist makes of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Worth following.
    Promising,
    /// Right, and no news.
    Known,
    /// Cannot be.
    Implausible,
    /// Does harm.
    Harmful,
}

impl Verdict {
    /// All verdicts.
    pub const ALL: [Self; 4] = [Self::Promising, Self::Known, Self::Implausible, Self::Harmful];

    /// The word that stands for it in files: `promising`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Promising => "promising",
            Self::Known => "known",
            Self::Implausible => "implausible",
            Self::Harmful => "harmful",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A word is no verdict.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{found}' is not a verdict; expected promising, known, implausible or harmful")]
pub struct VerdictError {
    /// The word that was given.
    pub found: String,
}

impl FromStr for Verdict {
    type Err = VerdictError;

    fn from_str(text: &str) -> Result<Self, VerdictError> {
        let named = Self::ALL.into_iter().find(|verdict| verdict.name() == text);
        named.ok_or_else(|| VerdictError { found: text.into() })
    }
}

/// A pair as it is pinned, exported and imported: what a model said of it, and what is thought of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The relation that is predicted, as `compound:treats:disease`.
    pub relation: RelationKey,
    /// Id of the source node, as the graph has it.
    pub source_id: String,
    /// Name of the source node.
    pub source_name: String,
    /// Id of the target node, as the graph has it.
    pub target_id: String,
    /// Name of the target node.
    pub target_name: String,
    /// The verdict, if there is one yet.
    pub verdict: Option<Verdict>,
    /// The note; empty where there is none.
    pub note: String,
    /// The model's score when the pair was pinned: finite.
    pub score: Option<f32>,
    /// The calibrated probability when the pair was pinned: 0 to 1.
    pub probability: Option<f64>,
    /// The place among the candidates when the pair was pinned: 1 for the best.
    pub rank: Option<u32>,
    /// Name of the model.
    pub model: String,
    /// Fingerprint of the graph that the model was trained on.
    pub graph: String,
    /// When the pair was pinned.
    pub created: Timestamp,
    /// When the verdict or the note was last changed: not before `created`.
    pub updated: Timestamp,
}

/// Why a record cannot be kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{found}; expected {expected}")]
pub struct RecordError {
    /// What is at fault.
    pub found: String,
    /// What should be there.
    pub expected: &'static str,
}

impl Record {
    /// A pair of these ends, pinned now, with neither verdict nor note and nothing known of a model.
    pub fn new(pair: PairKey, now: Timestamp) -> Self {
        let PairKey { relation, source_id, target_id } = pair;
        Self {
            relation,
            source_name: source_id.clone(),
            source_id,
            target_name: target_id.clone(),
            target_id,
            verdict: None,
            note: String::new(),
            score: None,
            probability: None,
            rank: None,
            model: String::new(),
            graph: String::new(),
            created: now,
            updated: now,
        }
    }

    /// What tells it from other pairs.
    pub fn pair(&self) -> PairKey {
        PairKey {
            relation: self.relation.clone(),
            source_id: self.source_id.clone(),
            target_id: self.target_id.clone(),
        }
    }

    /// Whether it can be kept.
    ///
    /// # Errors
    ///
    /// [`RecordError`] where an id is blank, a score not finite, a probability outside 0 to 1, a rank 0, or a change
    /// earlier than the pinning.
    pub fn check(&self) -> Result<(), RecordError> {
        let fault = |found: String, expected| Err(RecordError { found, expected });
        for (end, id) in [("source", &self.source_id), ("target", &self.target_id)] {
            if id.trim().is_empty() {
                return fault(format!("the {end} id is blank"), "the id of a node");
            }
        }
        match (self.score, self.probability, self.rank) {
            (Some(score), ..) if !score.is_finite() => {
                fault(format!("the score is {score}"), "a finite number")
            }
            (_, Some(probability), _) if !(0.0..=1.0).contains(&probability) => {
                fault(format!("the probability is {probability}"), "one from 0 to 1")
            }
            (.., Some(0)) => fault("the rank is 0".into(), "1 for the best"),
            _ if self.updated < self.created => fault(
                format!("the last change is of {}, before the pinning of {}", self.updated, self.created),
                "a later one",
            ),
            _ => Ok(()),
        }
    }

    /// Whether there is neither a verdict nor a note that could be lost.
    pub(super) fn is_blank(&self) -> bool {
        self.verdict.is_none() && self.note.is_empty()
    }
}

/// A pair on the shortlist.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Entry {
    /// What is kept of it.
    #[serde(flatten)]
    pub record: Record,
    /// The shortlist's revision when this entry was last changed. An edit that names it is refused if there has been
    /// another since.
    pub revision: u64,
}

/// An earlier verdict and note of a pair.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Version {
    /// The verdict, if there was one.
    pub verdict: Option<Verdict>,
    /// The note; empty where there was none.
    pub note: String,
    /// When this was written.
    pub written: Timestamp,
    /// When it was overwritten, or the pair taken off the shortlist.
    pub replaced: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        let pair = PairKey {
            relation: RelationKey::new("drug", "treats", "disease"),
            source_id: "DB00945".into(),
            target_id: "D005334".into(),
        };
        Record::new(pair, "2026-03-01T09:30:00Z".parse().unwrap())
    }

    #[test]
    fn verdicts_survive_their_names() {
        for verdict in Verdict::ALL {
            assert_eq!(verdict.to_string().parse(), Ok(verdict));
            assert_eq!(serde_json::to_string(&verdict).unwrap(), format!("\"{verdict}\""));
        }
        let error = "Promising".parse::<Verdict>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "'Promising' is not a verdict; expected promising, known, implausible or harmful"
        );
    }

    #[test]
    fn what_cannot_be_kept_is_told() {
        assert_eq!(record().check(), Ok(()));
        let earlier = "2026-02-28T09:30:00Z".parse().unwrap();
        let refused = [
            (
                Record { source_id: " ".into(), ..record() },
                "the source id is blank; expected the id of a node",
            ),
            (
                Record { target_id: String::new(), ..record() },
                "the target id is blank; expected the id of a node",
            ),
            (Record { score: Some(f32::NAN), ..record() }, "the score is NaN; expected a finite number"),
            (
                Record { probability: Some(1.5), ..record() },
                "the probability is 1.5; expected one from 0 to 1",
            ),
            (
                Record { probability: Some(f64::NAN), ..record() },
                "the probability is NaN; expected one from 0 to 1",
            ),
            (Record { rank: Some(0), ..record() }, "the rank is 0; expected 1 for the best"),
            (
                Record { updated: earlier, ..record() },
                "the last change is of 2026-02-28T09:30:00Z, before the pinning of 2026-03-01T09:30:00Z; expected a \
                 later one",
            ),
        ];
        for (record, expected) in refused {
            assert_eq!(record.check().unwrap_err().to_string(), expected);
        }
    }
}
