//! Training that can be taken up again: all that it changes, as it is between two epochs, in a file.
//!
//! Every random draw is keyed by its epoch and step, so that a training that is taken up ends in the same bits as one that was
//! never stopped.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};
use theriac_graph::FileDraft;
use theriac_graph::NamedTensor;
use theriac_link::TrainView;
use theriac_nn::{AdamW, Parameters, Stack};

use crate::error::ModelError;
use crate::gnn::config::GnnConfig;
use crate::gnn::training::{EpochLog, Progress, State};
use crate::tensor_file;

/// Key of the one text in the file.
const ABOUT: &str = "training";
/// A crash loses no more than this and the epoch that it falls into.
const INTERVAL: Duration = Duration::from_secs(5);

/// All that a training changes, between two epochs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrainingState {
    /// Parameters of the members that are done.
    pub(super) finished: Vec<Vec<NamedTensor>>,
    /// What each epoch of the first member came to.
    pub(super) first: Vec<EpochLog>,
    /// The member at hand.
    pub(super) member: MemberState,
}

/// All that the training of one network changes, between two epochs.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct MemberState {
    /// Epochs of pretraining.
    pub(super) pretrained: usize,
    pub(super) epochs: Vec<EpochLog>,
    /// Steps of the optimiser.
    pub(super) steps: u32,
    pub(super) parameters: Vec<NamedTensor>,
    /// Moments of the parameters that have had a gradient.
    pub(super) moments: [Vec<NamedTensor>; 2],
    pub(super) best: Option<Best>,
}

/// The best parameters so far.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Best {
    /// Filtered MRR on the validation links.
    pub(super) mrr: f64,
    /// Epochs since.
    pub(super) age: usize,
    pub(super) parameters: Vec<NamedTensor>,
}

/// What the file says besides its tensors.
#[derive(Serialize, Deserialize)]
struct About {
    of: Identity,
    finished: usize,
    first: Vec<EpochLog>,
    pretrained: usize,
    epochs: Vec<EpochLog>,
    steps: u32,
    /// MRR and age of the best parameters.
    best: Option<(f64, usize)>,
}

/// What a training is of: another one cannot go on from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Identity {
    theriac: String,
    /// Settings, in JSON.
    settings: String,
    graph: String,
    split: String,
    seed: u64,
}

impl Identity {
    /// What two trainings differ in, in words.
    fn difference(&self, other: &Self) -> Option<&'static str> {
        [
            (self.theriac != other.theriac, "another version of theriac"),
            (self.graph != other.graph, "another graph"),
            (self.seed != other.seed, "another seed"),
            (self.split != other.split, "another split"),
            (self.settings != other.settings, "other settings"),
        ]
        .into_iter()
        .find_map(|(differ, what)| differ.then_some(what))
    }
}

impl MemberState {
    /// The state of a training that is so far.
    pub(super) fn new(state: &State, progress: Progress) -> Self {
        let State { parameters, optimizer } = state;
        let Progress { pretrained, epochs, best } = progress;
        let moments = [0, 1].map(|which| {
            let of_stack = |(stack, moments): (&Stack, &Option<(Tensor<2>, Tensor<2>)>)| {
                let (first, second) = moments.as_ref()?;
                Some(stack.named(if which == 0 { first } else { second }))
            };
            parameters.stacks.iter().zip(&optimizer.moments).filter_map(of_stack).flatten().collect()
        });
        Self { pretrained, epochs, steps: optimizer.steps, parameters: parameters.named(), moments, best }
    }

    /// The parameters, and the moments and steps of an optimiser.
    ///
    /// # Errors
    ///
    /// One sentence on the first tensor that is missing or does not fit.
    pub(super) fn restore(
        &self,
        stacks: Vec<Stack>,
        device: &Device,
        optimizer: &mut AdamW,
    ) -> Result<Parameters, String> {
        let of_stack = |stack: &Stack| {
            let present = stack
                .parts
                .first()
                .is_some_and(|(name, ..)| self.moments[0].iter().any(|tensor| tensor.name == *name));
            if !present {
                return Ok(None);
            }
            let [first, second] = &self.moments;
            let plain = device.clone().inner();
            Ok(Some((stack.from_named(first, &plain)?, stack.from_named(second, &plain)?)))
        };
        optimizer.moments = stacks.iter().map(of_stack).collect::<Result<_, String>>()?;
        optimizer.steps = self.steps;
        Parameters::from_named(stacks, &self.parameters, device)
    }
}

/// The file that a training is kept in while it runs.
#[derive(Debug)]
pub struct StateFile {
    path: PathBuf,
    identity: Identity,
    /// When the file was last written, and a later state that is not in it yet.
    pending: RefCell<(Option<Instant>, Option<TrainingState>)>,
}

impl StateFile {
    /// The file at `path` for the training of these settings on this view; nothing is read or written yet.
    pub fn new(path: &Path, config: &GnnConfig, view: &TrainView, seed: u64) -> Self {
        let identity = Identity {
            theriac: env!("CARGO_PKG_VERSION").into(),
            settings: serde_json::to_string(config)
                .unwrap_or_else(|_| unreachable!("settings are numbers, texts and lists")),
            graph: view.graph().fingerprint(),
            split: view.split_hash().into(),
            seed,
        };
        Self { path: path.into(), identity, pending: RefCell::default() }
    }

    fn problem(&self, problem: String) -> ModelError {
        ModelError::Checkpoint { path: self.path.clone(), problem }
    }

    /// The state that an earlier training left.
    ///
    /// # Errors
    ///
    /// When there is none, the file is damaged, or the training was of something else.
    pub fn read(&self) -> Result<TrainingState, ModelError> {
        if !self.path.exists() {
            return Err(
                self.problem("there is no training to resume; expected what a stopped one leaves".into())
            );
        }
        let (tensors, texts) = tensor_file::read(&self.path)?;
        let about =
            texts.get(ABOUT).ok_or_else(|| self.problem("it is not the state of a training".into()))?;
        let about: About = serde_json::from_str(about)
            .map_err(|error| self.problem(format!("it is not the state of a training ({error})")))?;
        if let Some(what) = about.of.difference(&self.identity) {
            return Err(self.problem(format!(
                "the training that it keeps is of {what}; expected the one that is to go on"
            )));
        }
        let mut by_prefix: HashMap<&str, Vec<NamedTensor>> = HashMap::new();
        for tensor in &tensors {
            let (prefix, name) = tensor.name.split_once('/').unwrap_or(("", &tensor.name));
            by_prefix.entry(prefix).or_default().push(NamedTensor { name: name.into(), ..tensor.clone() });
        }
        let mut take = |prefix: &str| by_prefix.remove(prefix).unwrap_or_default();
        let finished = (0..about.finished).map(|member| take(&format!("finished.{member}"))).collect();
        let best = about.best.map(|(mrr, age)| Best { mrr, age, parameters: take("best") });
        let member = MemberState {
            pretrained: about.pretrained,
            epochs: about.epochs,
            steps: about.steps,
            parameters: take("parameters"),
            moments: [take("first"), take("second")],
            best,
        };
        Ok(TrainingState { finished, first: about.first, member })
    }

    /// Keeps a state: in the file, where it was not written a moment ago.
    pub(super) fn keep(&self, state: TrainingState) -> Result<(), ModelError> {
        let due = self.pending.borrow().0.is_none_or(|written| written.elapsed() >= INTERVAL);
        self.pending.borrow_mut().1 = Some(state);
        if due { self.flush() } else { Ok(()) }
    }

    /// Writes the last state that was kept, where the file does not have it yet.
    pub(super) fn flush(&self) -> Result<(), ModelError> {
        let Some(state) = self.pending.borrow_mut().1.take() else { return Ok(()) };
        let about = About {
            of: self.identity.clone(),
            finished: state.finished.len(),
            first: state.first,
            pretrained: state.member.pretrained,
            epochs: state.member.epochs,
            steps: state.member.steps,
            best: state.member.best.as_ref().map(|best| (best.mrr, best.age)),
        };
        let about = serde_json::to_string(&about).map_err(|error| self.problem(error.to_string()))?;
        let [first, second] = state.member.moments;
        let mut groups = vec![
            ("parameters".to_owned(), state.member.parameters),
            ("first".to_owned(), first),
            ("second".to_owned(), second),
        ];
        groups.extend(state.member.best.map(|best| ("best".to_owned(), best.parameters)));
        let finished = state.finished.into_iter().enumerate();
        groups.extend(finished.map(|(member, tensors)| (format!("finished.{member}"), tensors)));
        let named = groups.into_iter().flat_map(|(prefix, tensors)| {
            let named = move |tensor: NamedTensor| NamedTensor {
                name: format!("{prefix}/{}", tensor.name),
                ..tensor
            };
            tensors.into_iter().map(named)
        });
        let tensors: Vec<NamedTensor> = named.collect();
        let draft = FileDraft::new(&self.path, "state of a training")?;
        tensor_file::write(draft.file(), &tensors, Some(HashMap::from([(ABOUT.to_owned(), about)])))?;
        draft.publish()?;
        self.pending.borrow_mut().0 = Some(Instant::now());
        Ok(())
    }
}
