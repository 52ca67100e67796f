//! The model card: what a model is, what it was made from, and how good it is.

use serde::{Deserialize, Serialize};
use theriac_graph::RelationKey;
use theriac_link::calibration::{Calibrator, Method, ThreeWay};
use theriac_link::{EvaluationReport, SignedFigures, Split, Trial};

use crate::config::ModelConfig;
use crate::gnn::EpochLog;

/// The model card, `card.json` in a model folder. Figures stand in it only with their protocol and beside their baselines.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// Version of Theriac that trained the model.
    pub theriac: String,
    /// When training ended, as RFC 3339 in UTC.
    pub created: String,
    /// What it was trained on.
    pub hardware: Hardware,
    /// The relation that the model predicts.
    pub target: RelationKey,
    /// The graph that it was trained on.
    pub graph: GraphReference,
    /// The split that it was trained under.
    pub split: SplitReference,
    /// The preset, where one was chosen.
    pub preset: Option<String>,
    /// Everything that decides the fit besides data and seed.
    pub config: ModelConfig,
    /// Seed of all random draws.
    pub seed: u64,
    /// What each epoch came to.
    pub epochs: Vec<EpochLog>,
    /// Every configuration that was tried on the validation part, and how it did.
    pub trials: Vec<Trial>,
    /// Whether training was stopped before its end.
    pub interrupted: bool,
    /// Figures on the validation part, the model beside its baselines on the same pairs: those of the fits that have not
    /// learned it.
    pub validation: EvaluationReport,
    /// Figures on the test part, the model beside its baselines on the same pairs.
    pub test: EvaluationReport,
    /// How scores become probabilities.
    pub calibration: Calibration,
    /// What speaks against a pair, of a signed model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed: Option<SignedCard>,
}

/// What makes a model a signed one: a second relation, which speaks against a pair.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SignedCard {
    /// The relation against the target.
    pub against: RelationKey,
    /// The split that its scorer was trained under.
    pub split: SplitReference,
    /// Figures of its scorer on its own test part, beside the baselines.
    pub test: EvaluationReport,
    /// How both scores become probabilities of three classes.
    pub three_way: ThreeWay,
    /// How good these are on the test parts of both relations, the model beside the baselines.
    pub figures: Vec<SignedFigures>,
}

/// How a model's scores become probabilities.
#[derive(Clone, Copy, Debug)]
pub struct Probabilities<'a> {
    /// Of the target alone.
    pub calibration: &'a Calibration,
    /// Of the target, the relation against it, and neither.
    pub three_way: Option<&'a ThreeWay>,
}

impl<'a> Probabilities<'a> {
    /// Those of a model.
    pub fn of(card: &'a Card) -> Self {
        Self {
            calibration: &card.calibration,
            three_way: card.signed.as_ref().map(|signed| &signed.three_way),
        }
    }

    /// The share of true pairs among all that the target's probabilities assume.
    pub fn base_rate(&self) -> f64 {
        self.three_way.map_or(self.calibration.base_rate, |three_way| three_way.base_rates[0])
    }

    /// The probability of the target, and of the relation against it where `against`, the score of that, is given.
    pub fn probability(&self, score: f32, against: Option<f32>) -> (f64, Option<f64>) {
        match (self.three_way, against) {
            (Some(three_way), Some(against)) => {
                let probability = three_way.probability([score, against]);
                (probability.target, Some(probability.against))
            }
            _ => (self.calibration.probability(score), None),
        }
    }
}

/// The machine that a model was trained on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hardware {
    /// Instruction set of the kernels.
    pub kernels: String,
    /// Threads that took part.
    pub threads: usize,
}

/// The graph that a model was trained on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GraphReference {
    /// Name of the data set.
    pub name: String,
    /// Where the graph folder stood.
    pub path: String,
    /// Fingerprint of the graph in that folder.
    pub fingerprint: String,
    /// Whether the model sees the published recipe's view of it.
    pub recipe_view: bool,
}

/// The split that a model was trained under: enough to make it again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SplitReference {
    /// Hash over the task and the three parts.
    pub hash: String,
    /// How it was made, in words.
    pub description: String,
    /// Share of the target edges in the validation part.
    pub valid_fraction: f64,
    /// Share of the target edges in the test part.
    pub test_fraction: f64,
    /// Edges in the training part.
    pub train: usize,
    /// Edges in the validation part.
    pub valid: usize,
    /// Edges in the test part.
    pub test: usize,
    /// Whether the model has learned the validation part too, with the settings that a first fit chose on it.
    #[serde(default)]
    pub learned_validation: bool,
}

impl SplitReference {
    /// The reference to a random split with these fractions, and to whether the model has learned its validation part.
    pub fn new(split: &Split, (valid_fraction, test_fraction): (f64, f64), learned_validation: bool) -> Self {
        Self {
            hash: split.hash(),
            description: split.description.clone(),
            valid_fraction,
            test_fraction,
            train: split.train.len(),
            valid: split.valid.len(),
            test: split.test.len(),
            learned_validation,
        }
    }
}

/// How scores become probabilities.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// The method.
    pub method: String,
    /// The share of true pairs that the probability assumes.
    pub base_rate: f64,
    /// The curve, fitted on the validation part; without one it is the logistic function.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibrator: Option<Calibrator>,
}

impl Calibration {
    /// The logistic function of a logit that was trained against `negative_ratio` negatives per positive. It is right, if
    /// the model is, for a population in which one pair in `1 + negative_ratio` is true, and not for all pairs.
    pub fn of_training(negative_ratio: f64) -> Self {
        Self {
            method: "logistic function of the score; not calibrated on held-out pairs".into(),
            base_rate: 1.0 / (1.0 + negative_ratio),
            calibrator: None,
        }
    }

    /// A curve that was fitted on the validation pairs, for this share of true pairs.
    pub fn of_validation(calibrator: Calibrator, base_rate: f64) -> Self {
        let method = match calibrator.method() {
            Method::Temperature => "temperature scaling",
            Method::Platt => "Platt scaling",
            Method::Isotonic => "isotonic regression",
        };
        let method = format!("{method}, fitted on the validation part");
        Self { method, base_rate, calibrator: Some(calibrator) }
    }

    /// The probability of a score.
    pub fn probability(&self, score: f32) -> f64 {
        match &self.calibrator {
            Some(calibrator) => calibrator.probability(score),
            None => 1.0 / (1.0 + (-f64::from(score)).exp()),
        }
    }
}
