//! What a tuning keeps: a file for each trial and rung, a table of them, and the best settings.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use theriac_graph::FileDraft;

use super::halving::Halving;
use super::space::{Settings, Space, Trial};
use crate::error::ModelError;

const IDENTITY: &str = "tuning.json";
const TRIALS: &str = "trials";
const TABLE: &str = "trials.tsv";
const BEST: &str = "best.toml";
/// What says that a folder is one of a tuning.
const FORMAT: &str = "theriac-tuning";
const VERSION: u32 = 1;

/// What decides every figure of a tuning: another one cannot go on from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    format: String,
    version: u32,
    /// Version of the program.
    theriac: String,
    /// Fingerprint of the graph.
    pub graph: String,
    /// What is predicted: `source:name:target`.
    pub target: String,
    /// Hash of the split.
    pub split: String,
    /// Seed of the split, the trials and their fits.
    pub seed: u64,
    /// The file of the space, as it stands.
    pub space: String,
}

impl Identity {
    /// The identity of a tuning by this program.
    pub fn new(graph: String, target: String, split: String, seed: u64, space: String) -> Self {
        let theriac = env!("CARGO_PKG_VERSION").into();
        Self { format: FORMAT.into(), version: VERSION, theriac, graph, target, split, seed, space }
    }

    /// What two tunings differ in, in words.
    fn difference(&self, other: &Self) -> Option<&'static str> {
        [
            ((&self.format, self.version) != (&other.format, other.version), "another form"),
            (self.theriac != other.theriac, "another version of theriac"),
            (self.graph != other.graph, "another graph"),
            (self.target != other.target, "another target"),
            (self.seed != other.seed, "another seed"),
            (self.split != other.split, "another split"),
            (self.space != other.space, "another space"),
        ]
        .into_iter()
        .find_map(|(differ, what)| differ.then_some(what))
    }
}

/// What a trial came to in a rung.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// Number of the trial, from 1.
    pub trial: u32,
    /// The rung, from 1.
    pub rung: usize,
    /// Epochs that it was trained for; `None` of a model that is not trained in epochs.
    pub epochs: Option<usize>,
    /// What the trial drew.
    pub settings: Settings,
    /// Filtered MRR on the validation links; `None` where training ended in scores that are no numbers.
    pub mrr: Option<f64>,
    /// Wall-clock time of the fit, in seconds.
    pub seconds: f64,
}

/// The folder of a tuning.
#[derive(Clone, Debug)]
pub struct TuningFolder {
    path: PathBuf,
}

impl TuningFolder {
    /// A new or empty folder for this tuning, or the one that an earlier run of the same tuning left.
    ///
    /// # Errors
    ///
    /// When something else is there, it is of another tuning, or it cannot be written.
    pub fn open(path: &Path, identity: &Identity) -> Result<Self, ModelError> {
        let folder = Self { path: path.into() };
        let file = path.join(IDENTITY);
        let refused = |path: &Path, problem: String| ModelError::Checkpoint { path: path.into(), problem };
        match fs::read(&file) {
            Ok(bytes) => {
                let found: Identity = serde_json::from_slice(&bytes)
                    .map_err(|error| refused(&file, format!("it does not tell of a tuning ({error})")))?;
                match identity.difference(&found) {
                    Some(what) => Err(refused(
                        path,
                        format!("the tuning that is there is of {what}; expected the same, or a new folder"),
                    )),
                    None => Ok(folder),
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let occupied = match fs::read_dir(path) {
                    Ok(mut entries) => entries.next().is_some(),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => false,
                    Err(source) => return Err(ModelError::Io { path: path.into(), source }),
                };
                if occupied {
                    let problem =
                        format!("it holds no {IDENTITY}; expected a new folder, or one of an earlier run");
                    return Err(refused(path, problem));
                }
                folder.write(IDENTITY, &json(identity))?;
                Ok(folder)
            }
            Err(source) => Err(ModelError::Io { path: file, source }),
        }
    }

    /// What the trial came to in this rung, where it is there.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or tells of something else.
    pub(super) fn outcome(
        &self,
        trial: &Trial,
        rung: usize,
        epochs: Option<usize>,
    ) -> Result<Option<Outcome>, ModelError> {
        let path = self.path.join(outcome_file(trial.number, rung));
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(ModelError::Io { path, source }),
        };
        let refused = |problem: String| ModelError::Checkpoint { path: path.clone(), problem };
        let outcome: Outcome = serde_json::from_slice(&bytes)
            .map_err(|error| refused(format!("it is not what a trial came to ({error})")))?;
        let of = (outcome.trial, outcome.rung, outcome.epochs, &outcome.settings);
        if of != (trial.number, rung, epochs, &trial.settings) {
            return Err(refused("it tells of another trial than its name; the file was changed".into()));
        }
        match outcome.mrr {
            Some(mrr) if !(0.0..=1.0).contains(&mrr) => {
                Err(refused(format!("its mrr is {mrr}; expected a number from 0 to 1")))
            }
            _ => Ok(Some(outcome)),
        }
    }

    /// Everything that is there of these trials, by trial and rung, whichever run it is of.
    ///
    /// # Errors
    ///
    /// When a file cannot be read, or tells of something else.
    pub fn outcomes(&self, trials: &[Trial], halving: &Halving) -> Result<Vec<Outcome>, ModelError> {
        let mut outcomes = Vec::new();
        for trial in trials {
            for (place, &epochs) in halving.rungs.iter().enumerate() {
                outcomes.extend(self.outcome(trial, place + 1, epochs)?);
            }
        }
        Ok(outcomes)
    }

    /// Keeps what a trial came to.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub(super) fn keep(&self, outcome: &Outcome) -> Result<(), ModelError> {
        self.write(&outcome_file(outcome.trial, outcome.rung), &json(outcome))
    }

    /// Writes the table of all outcomes.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn write_table(&self, space: &Space, outcomes: &[Outcome]) -> Result<(), ModelError> {
        let names: Vec<&str> = space.names().collect();
        let mut table = format!("trial\trung\tepochs\tmrr\tseconds\t{}\n", names.join("\t"));
        for outcome in outcomes {
            let Outcome { trial, rung, epochs, settings, mrr, seconds } = outcome;
            let _ = write!(table, "{trial}\t{rung}\t{}\t{}\t{seconds:.3}", cell(*epochs), cell(*mrr));
            for name in &names {
                let _ = write!(table, "\t{}", settings.get(*name).map(setting).unwrap_or_default());
            }
            table.push('\n');
        }
        self.write(TABLE, table.as_bytes())
    }

    /// Writes the settings of the best trial, as `theriac train --config` takes them; gives the path of the file.
    ///
    /// # Errors
    ///
    /// When they cannot be written.
    pub fn write_best(
        &self,
        trial: &Trial,
        best: &Outcome,
        of: usize,
        seed: u64,
    ) -> Result<PathBuf, ModelError> {
        let mrr = best.mrr.unwrap_or_default();
        let text = format!(
            "# Trial {}, the best of {of}: filtered MRR {mrr:.4} on the validation links that it was chosen by, which is\n\
             # optimistic. Train it with --seed {seed}: another seed makes another split, whose test links had a part in the choice.\n\
             {}",
            best.trial,
            trial.config(best.epochs).to_toml(),
        );
        self.write(BEST, text.as_bytes())?;
        Ok(self.path.join(BEST))
    }

    /// Writes a file whole or not at all.
    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), ModelError> {
        let path = self.path.join(name);
        let draft = FileDraft::new(&path, "file of a tuning")?;
        fs::write(draft.file(), bytes).map_err(|source| ModelError::Io { path, source })?;
        Ok(draft.publish()?)
    }
}

fn outcome_file(trial: u32, rung: usize) -> String {
    format!("{TRIALS}/{trial:04}-rung{rung}.json")
}

fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec_pretty(value).unwrap_or_else(|_| unreachable!("texts, numbers and maps by texts"))
}

fn cell(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// A setting as it stands in a table: a text as it is, anything else in JSON.
pub fn setting(value: &Value) -> String {
    match value {
        Value::String(text) if !text.contains(['\t', '\n', '\r']) => text.clone(),
        value => value.to_string(),
    }
}
