//! The model folder: `model.safetensors` and `card.json`.

use std::fs;
use std::io;
use std::mem;
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use theriac_graph::{FolderDraft, FolderKind, NamedTensor, NamedTensors};
use theriac_link::{FitRecord, FittedScorer, LinkError, Rescorer, TrainView};

use crate::blend::Blend;
use crate::card::{Card, SignedCard, SplitReference};
use crate::config::ModelConfig;
use crate::contributions::Contributions;
use crate::embeddings::NodeEmbeddings;
use crate::error::ModelError;
use crate::fitted::FittedModel;
use crate::gnn::{EpochLog, FittedGnn, Gnn};
use crate::score_table::ScoreTable;
use crate::tensor_file;

const TENSORS: &str = "model.safetensors";
const CARD: &str = "card.json";
/// What stands before the names of the tensors that score the relation against the target.
const AGAINST: &str = "against/";
/// Of a blend alone.
const CONTRIBUTIONS: &str = "contributions.safetensors";
/// Of a blend alone: what its parts and trees have learned.
const LEARNED: &str = "learned.safetensors";
/// The folder as [`FolderDraft`] guards it.
const KIND: FolderKind =
    FolderKind { what: "model", marker: CARD, parts: &[CARD, TENSORS, CONTRIBUTIONS, LEARNED] };

/// Which of a signed model's relations is meant; any other model has a target alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The target.
    Target,
    /// The relation against the target.
    Against,
}

/// A trained model with its card, as it stands in a folder.
#[derive(Clone, Debug)]
pub struct TrainedModel {
    /// The model.
    pub fitted: FittedModel,
    /// The scorer of the relation against the target, of a signed model.
    pub against: Option<FittedModel>,
    /// What it is and how good it is.
    pub card: Card,
}

impl TrainedModel {
    /// Writes the model folder: whole, or not at all. A model folder that is there already is replaced.
    ///
    /// # Errors
    ///
    /// When something other than a model stands at `folder`, or it cannot be written.
    pub fn save(&self, folder: &Path) -> Result<(), ModelError> {
        let draft = FolderDraft::new(folder, &KIND)?;
        tensor_file::write(&draft.folder().join(TENSORS), &self.tensors(), None)?;
        if let FittedModel::Table(ScoreTable { contributions: Some(contributions), .. }) = &self.fitted {
            let path = draft.folder().join(CONTRIBUTIONS);
            let bytes = contributions
                .to_bytes()
                .map_err(|error| ModelError::Checkpoint { path: path.clone(), problem: error.to_string() })?;
            fs::write(&path, bytes).map_err(|source| ModelError::Io { path, source })?;
        }
        let of_target = rescorer_tensors(&self.fitted).into_iter();
        let of_against =
            self.against.iter().flat_map(rescorer_tensors).map(|tensor| tensor.prefixed(AGAINST));
        let learned: Vec<NamedTensor> = of_target.chain(of_against).collect();
        if !learned.is_empty() {
            tensor_file::write(&draft.folder().join(LEARNED), &learned, None)?;
        }
        let path = draft.folder().join(CARD);
        let card = serde_json::to_vec_pretty(&self.card)
            .map_err(|error| ModelError::Checkpoint { path: path.clone(), problem: error.to_string() })?;
        fs::write(&path, card).map_err(|source| ModelError::Io { path, source })?;
        Ok(draft.publish()?)
    }

    /// Everything that decides the scores, as plain numbers.
    fn tensors(&self) -> Vec<NamedTensor> {
        let mut tensors = self.fitted.tensors();
        let against = self.against.iter().flat_map(FittedModel::tensors);
        tensors.extend(
            against.map(|tensor| NamedTensor { name: format!("{AGAINST}{}", tensor.name), ..tensor }),
        );
        tensors
    }

    /// Whether a model may be saved at `folder`: what training asks before it begins.
    ///
    /// # Errors
    ///
    /// Those of [`TrainedModel::save`].
    pub fn check_place(folder: &Path) -> Result<(), ModelError> {
        Ok(FolderDraft::check(folder, &KIND)?)
    }

    /// SHA-256, in hexadecimal, of everything that decides the scores: graph, target, split and parameters.
    pub fn fingerprint(&self) -> String {
        let mut hasher = Sha256::new();
        // Lengths stand before what they are the lengths of, so that no two models run together to the same bytes.
        let text = |hasher: &mut Sha256, text: &str| {
            hasher.update((text.len() as u64).to_le_bytes());
            hasher.update(text);
        };
        let Card { graph, target, split, .. } = &self.card;
        for part in [&graph.fingerprint, &target.to_string(), &split.hash] {
            text(&mut hasher, part);
        }
        let mut tensors = self.tensors();
        tensors.sort_by(|a, b| a.name.cmp(&b.name));
        for NamedTensor { name, rows, columns, values } in &tensors {
            text(&mut hasher, &format!("{name} {rows} {columns}"));
            let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
            hasher.update(bytes);
        }
        format!("{:x}", hasher.finalize())
    }

    /// Reads a model folder; what the scores of a blend are made of, which may be more than all else, is read by
    /// [`TrainedModel::load_contributions`].
    ///
    /// # Errors
    ///
    /// When a file is missing, damaged, or does not fit the other.
    pub fn load(folder: &Path) -> Result<Self, ModelError> {
        let path = folder.join(CARD);
        let text = fs::read(&path).map_err(|source| ModelError::Io { path: path.clone(), source })?;
        let card: Card = serde_json::from_slice(&text).map_err(|error| ModelError::Checkpoint {
            path,
            problem: format!("it is not a model card ({error})"),
        })?;
        card.config.check()?;
        let path = folder.join(TENSORS);
        let (tensors, _) = tensor_file::read(&path)?;
        let problem = |problem: String| ModelError::Checkpoint { path: path.clone(), problem };
        let (against, own): (Vec<_>, Vec<_>) =
            tensors.into_iter().partition(|tensor| tensor.name.starts_with(AGAINST));
        let fitted = rebuilt(own, &card, &card.split).map_err(problem)?;
        let against = match &card.signed {
            None => None,
            Some(signed) => {
                let named = |tensor: NamedTensor| NamedTensor {
                    name: tensor.name[AGAINST.len()..].to_owned(),
                    ..tensor
                };
                let tensors = against.into_iter().map(named).collect();
                let against = rebuilt(tensors, &card, &signed.split).map_err(problem)?;
                if (against.sources(), against.targets()) != (fitted.sources(), fitted.targets()) {
                    return Err(problem(format!(
                        "the tensors of {} score {} by {} nodes; expected {} by {}",
                        signed.against,
                        against.sources(),
                        against.targets(),
                        fitted.sources(),
                        fitted.targets()
                    )));
                }
                Some(against)
            }
        };
        Ok(Self { fitted, against, card })
    }

    /// Reads what the scores of a blend are made of, where the folder has it.
    ///
    /// # Errors
    ///
    /// When the file is damaged or of another model.
    pub fn load_contributions(&mut self, folder: &Path) -> Result<(), ModelError> {
        if let (FittedModel::Table(table), ModelConfig::Blend(config)) = (&mut self.fitted, &self.card.config)
        {
            table.contributions = read_contributions(folder, &config.parts, table.scores.len())?;
        }
        Ok(())
    }

    /// A signed model with its two relations in each other's place: it predicts the one against the target, and what was its target
    /// speaks against that. `None` where the model is not a signed one.
    ///
    /// Figures of the model on validation, its trials and epochs stay those of the target.
    pub fn exchanged(self) -> Option<Self> {
        let Self { fitted, against, mut card } = self;
        let SignedCard { against: target, split, test, three_way, figures } = card.signed.take()?;
        let signed = SignedCard {
            against: mem::replace(&mut card.target, target),
            split: mem::replace(&mut card.split, split),
            test: mem::replace(&mut card.test, test),
            three_way: three_way.exchanged(),
            figures,
        };
        card.signed = Some(signed);
        Some(Self { fitted: against?, against: Some(fitted), card })
    }

    /// The model as one that can be asked about graphs with other edges, on the view of the split that it was trained under. `side`
    /// says which relation of the folder's model it predicts.
    ///
    /// # Errors
    ///
    /// [`LinkError::SplitMismatch`] when the view is of another split, [`ModelError::View`] when it has not what the model has
    /// learned; when the folder lacks what was learned, or it is
    /// damaged.
    pub fn rescorer(
        &self,
        folder: &Path,
        view: &TrainView,
        side: Side,
    ) -> Result<Arc<dyn Rescorer>, ModelError> {
        self.check_view(view)?;
        match (&self.card.config, &self.fitted) {
            (ModelConfig::Gnn(config), FittedModel::Gnn(fitted)) => {
                Gnn { config: config.clone() }.rescorer(view, &fitted.parameters)
            }
            (ModelConfig::Blend(config), _) => {
                let path = folder.join(LEARNED);
                if !path.exists() {
                    let problem = "the folder does not hold what the model has learned: it was trained by an earlier version, or has \
                                   a part that cannot be asked about other edges; expected a model that is trained anew";
                    return Err(ModelError::Checkpoint { path, problem: problem.into() });
                }
                let (tensors, _) = tensor_file::read(&path)?;
                let mut of_target = NamedTensors::new(tensors);
                let of_against = of_target.under(AGAINST);
                let mut tensors = if side == Side::Against { of_against } else { of_target };
                Blend { config: config.clone() }
                    .restore(view, &mut tensors)
                    .map_err(|problem| ModelError::Checkpoint { path, problem })
            }
            (ModelConfig::Gnn(_), FittedModel::Table(_)) => {
                unreachable!("a folder with a network's settings is loaded as a network")
            }
        }
    }

    fn check_view(&self, view: &TrainView) -> Result<(), ModelError> {
        let (found, expected) = (&self.card.split.hash, view.split_hash());
        let scorer = self.fitted.name().into();
        if found == expected {
            let learned = self.card.split.learned_validation;
            return if view.learns_validation() == learned {
                Ok(())
            } else {
                Err(ModelError::View { scorer, learned })
            };
        }
        let (found, expected) = (found.clone(), expected.into());
        Err(LinkError::SplitMismatch { scorer, found, expected }.into())
    }

    /// The final embeddings of all nodes, one entry for each node type in the order of the graph. They are computed anew
    /// from the parameters, on the view of the split that the model was trained under, with all training edges as messages.
    ///
    /// Where [`crate::gnn::GnnConfig::scores_by_dot_product`] says so, the score of a pair is the dot product of its two
    /// embeddings, without a bias, for the types that the model's relation joins. Embeddings of other types stand in no score: they are what the encoder makes of these nodes on the way.
    ///
    /// # Errors
    ///
    /// [`LinkError::SplitMismatch`] when the view is of another split, [`ModelError::Parameters`] when the parameters do
    /// not fit its graph.
    pub fn node_embeddings(&self, view: &TrainView) -> Result<Vec<NodeEmbeddings>, ModelError> {
        self.check_view(view)?;
        match (&self.fitted, &self.card.config) {
            (FittedModel::Gnn(fitted), ModelConfig::Gnn(config)) => {
                Gnn { config: config.clone() }.node_embeddings(view, &fitted.parameters)
            }
            _ => Err(ModelError::NoEmbeddings { scorer: self.fitted.name().into() }),
        }
    }
}

/// What a model has learned, where it can be asked about other graphs and that is more than its own tensors.
fn rescorer_tensors(fitted: &FittedModel) -> Vec<NamedTensor> {
    match fitted {
        FittedModel::Table(table) => table.rescorer.iter().flat_map(|rescorer| rescorer.learned()).collect(),
        FittedModel::Gnn(_) => Vec::new(),
    }
}

/// The scorer that a card's settings make of these tensors, trained under this split.
///
/// # Errors
///
/// One sentence on the first tensor that is missing or does not fit.
fn rebuilt(
    mut tensors: Vec<NamedTensor>,
    card: &Card,
    split: &SplitReference,
) -> Result<FittedModel, String> {
    let record = FitRecord {
        scorer: card.config.name().into(),
        split_hash: split.hash.clone(),
        learned_validation: split.learned_validation,
        sources: 0,
        targets: 0,
        trials: card.trials.clone(),
        epochs: card.epochs.iter().map(EpochLog::record).collect(),
    };
    match &card.config {
        ModelConfig::Blend(_) => {
            let take = |name: &str| {
                let place = tensors.iter().position(|tensor| tensor.name == name);
                place
                    .map(|place| tensors.swap_remove(place))
                    .ok_or_else(|| format!("tensor '{name}' is missing"))
            };
            Ok(FittedModel::Table(ScoreTable::from_tensors(take, record)?))
        }
        ModelConfig::Gnn(config) => {
            let fitted = FittedGnn::from_tensors(tensors, &config.decoder, record)?;
            let (epochs, interrupted) = (card.epochs.clone(), card.interrupted);
            Ok(FittedModel::Gnn(FittedGnn { epochs, interrupted, ..fitted }))
        }
    }
}

/// What the parts of a blend add to each of `pairs` scores, where the folder has it.
fn read_contributions(
    folder: &Path,
    parts: &[String],
    pairs: usize,
) -> Result<Option<Contributions>, ModelError> {
    let path = folder.join(CONTRIBUTIONS);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(ModelError::Io { path, source }),
    };
    match Contributions::from_bytes(&bytes, parts, pairs) {
        Ok(contributions) => Ok(Some(contributions)),
        Err(problem) => Err(ModelError::Checkpoint { path, problem }),
    }
}
