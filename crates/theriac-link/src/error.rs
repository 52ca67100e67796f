//! Everything that can go wrong between a graph and a table of figures.

use theriac_graph::{GraphError, RelationKey};

use crate::pair::Pair;

/// Everything that can go wrong between a graph and a table of figures. Each message is one
/// sentence that says what was found and what was expected.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// The graph does not hold what the task needs.
    #[error(transparent)]
    Graph(Box<GraphError>),
    /// A relation cannot be a sibling of the target.
    #[error("{sibling} cannot be a sibling of {target}: {problem}")]
    Sibling {
        /// The target relation.
        target: RelationKey,
        /// The relation that was declared its sibling.
        sibling: String,
        /// Why not.
        problem: &'static str,
    },
    /// The fractions of a split are not fractions, or leave nothing to train on.
    #[error(
        "a split of {valid} for validation and {test} for test is impossible; \
         expected fractions from 0 up that sum to less than 1"
    )]
    Fractions {
        /// Fraction asked for validation.
        valid: f64,
        /// Fraction asked for test.
        test: f64,
    },
    /// A part of a split has no pair where at least one is needed.
    #[error("the {part} part of the split of {target} has no pair; expected at least one")]
    EmptyPart {
        /// `train`, `validation` or `test`.
        part: &'static str,
        /// The target relation.
        target: RelationKey,
    },
    /// A pair of a split is not an edge of the target relation.
    #[error("pair {pair} of the split is not an edge of {target}; expected edges of it alone")]
    NotAnEdge {
        /// The pair.
        pair: Pair,
        /// The target relation.
        target: RelationKey,
    },
    /// An external pair is an edge, or out of range.
    #[error(
        "external pair {pair} is out of range or an edge of {target} already; expected pairs that are not in the graph"
    )]
    NotExternal {
        /// The pair.
        pair: Pair,
        /// The target relation.
        target: RelationKey,
    },
    /// What a scorer would be fitted on gives held-out edges away.
    #[error("{culprit} gives held-out edges of {target} away: {evidence}; {remedy}")]
    Leak {
        /// The target relation.
        target: Box<RelationKey>,
        /// The relation or feature.
        culprit: String,
        /// What was found.
        evidence: String,
        /// What can be done.
        remedy: String,
    },
    /// A protocol does not fit the graph or its own settings.
    #[error("protocol {protocol} cannot be followed: {problem}")]
    Protocol {
        /// Its name.
        protocol: &'static str,
        /// What was found and what was expected.
        problem: String,
    },
    /// A pair occurs twice in a split.
    #[error("pair {pair} occurs twice in the split of {target}; expected each edge once")]
    RepeatedPair {
        /// The pair.
        pair: Pair,
        /// The target relation.
        target: RelationKey,
    },
    /// A link within one type is in two parts of a split, once each way round.
    #[error(
        "pair {pair} of {target} and its mirror image are in different parts of the split; expected both in one"
    )]
    MirrorApart {
        /// The pair.
        pair: Pair,
        /// The target relation.
        target: RelationKey,
    },
    /// A split does not cover the target relation.
    #[error("the split holds {found} pairs, but {target} has {expected} edges; expected each edge once")]
    Coverage {
        /// The target relation.
        target: RelationKey,
        /// Pairs of the split.
        found: usize,
        /// Edges of the target relation.
        expected: usize,
    },
    /// Fewer unknown pairs exist than were asked for.
    #[error("{wanted} unknown pairs were asked for, but only {available} exist; ask for fewer negatives")]
    TooFewUnknown {
        /// Pairs asked for.
        wanted: usize,
        /// Pairs that are not known edges.
        available: usize,
    },
    /// A sample has pairs of one class alone, so that nothing can be told apart.
    #[error(
        "{sample} has {positives} positive and {negatives} negative pairs; expected at least one of each"
    )]
    OneClass {
        /// Which pairs.
        sample: &'static str,
        /// Positive pairs.
        positives: u64,
        /// Negative pairs.
        negatives: u64,
    },
    /// One of the three classes of a signed task has no pair, so that nothing can be told apart.
    #[error(
        "the calibration sample has {} pairs of the target, {} of the relation against it and {} of neither; expected \
         at least one of each",
        found[0],
        found[1],
        found[2]
    )]
    MissingSign {
        /// Pairs of the target, of the relation against it, and of neither.
        found: [usize; 3],
    },
    /// The relation that is to speak against pairs of the target cannot.
    #[error("{against} cannot speak against {target}: {problem}")]
    Against {
        /// The relation.
        against: String,
        /// The target.
        target: String,
        /// Why not.
        problem: &'static str,
    },
    /// The number of negatives to a positive makes no sense.
    #[error("{found} negatives to a positive were asked for; expected a finite number above 0")]
    NegativeRatio {
        /// What was asked for.
        found: f64,
    },
    /// Scores and labels do not belong together.
    #[error("{scores} scores came with {labels} labels; expected one label to each score")]
    Labels {
        /// Number of scores.
        scores: usize,
        /// Number of labels.
        labels: usize,
    },
    /// A score is not a number, so that nothing can be ranked by it.
    #[error("score {index} is NaN; expected a number")]
    NanScore {
        /// Place of the score, from 0.
        index: usize,
    },
    /// Two lists of scores that were to be compared are not of the same pairs.
    #[error("lists of {one} and {other} scores were compared; expected scores of the same pairs")]
    ScoreLists {
        /// Length of the first list.
        one: usize,
        /// Length of the second.
        other: usize,
    },
    /// The share of positives that probabilities are to reflect is none.
    #[error("a base rate of {found} is impossible; expected a share above 0 and below 1")]
    BaseRate {
        /// What was asked for.
        found: f64,
    },
    /// A fitted scorer gives what cannot be evaluated.
    #[error("scorer '{scorer}' cannot be evaluated: {problem}")]
    Scorer {
        /// The scorer.
        scorer: String,
        /// What was found and what was expected.
        problem: String,
    },
    /// A scorer was fitted on another split than the one it is evaluated on.
    #[error(
        "scorer '{scorer}' was fitted on split {found}, but split {expected} is evaluated; expected the same"
    )]
    SplitMismatch {
        /// The scorer.
        scorer: String,
        /// Hash of the split that it was fitted on.
        found: String,
        /// Hash of the split that is evaluated.
        expected: String,
    },
    /// A scorer could not be fitted.
    #[error("scorer '{scorer}' could not be fitted: {problem}")]
    Fit {
        /// The scorer.
        scorer: String,
        /// What went wrong.
        problem: String,
    },
}

impl From<GraphError> for LinkError {
    fn from(error: GraphError) -> Self {
        Self::Graph(Box::new(error))
    }
}
