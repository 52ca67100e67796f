//! What a network is made of and how it is trained.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use theriac_baselines::similarity_relations;
use theriac_graph::Relation;
use theriac_link::TrainView;
use theriac_nn::{
    ConvolutionKind, DecoderConfig, DecoderKind, DecoderStructure, EncoderConfig, JumpingKnowledge, Loss,
    MessageGraph, RelationAggregation,
};

use crate::error::ModelError;
use crate::gnn::negatives::Negatives;
use crate::gnn::schedule::Schedule;

/// Everything that decides a network's fit besides the data and the seed. Written to the model card in full.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GnnConfig {
    /// From the graph to an embedding per node.
    pub encoder: EncoderConfig,
    /// From two embeddings to a score.
    pub decoder: DecoderConfig,
    /// How the parameters come about.
    pub training: TrainingConfig,
}

/// How a network is trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainingConfig {
    /// Which relations carry messages.
    pub messages: MessageRelations,
    /// Networks that are trained, each from a seed of its own; their scores average.
    pub members: usize,
    /// Epochs over edges of every relation before those over the target's.
    pub pretraining: usize,
    /// Passes over the supervision edges.
    pub epochs: usize,
    /// Epochs without a better filtered MRR on the validation links after which training ends with the best parameters; 0
    /// trains through and keeps the last.
    pub patience: usize,
    /// The greatest learning rate.
    pub learning_rate: f64,
    /// How the learning rate changes.
    pub schedule: Schedule,
    /// Share of the steps in which the learning rate rises to its greatest.
    pub warmup: f64,
    /// Share of a parameter that a step of learning rate 1 takes away (AdamW).
    pub weight_decay: f32,
    /// The greatest norm of the gradient; 0 for none.
    pub clip: f32,
    /// Negatives per positive, in training and in the sampled validation pairs.
    pub negative_ratio: f64,
    /// Share of the training edges that supervise; the others carry messages. An edge never does both in one step.
    pub supervision: f64,
    /// When the training edges are divided into supervision and messages.
    pub division: Division,
    /// What training lowers.
    pub loss: Loss,
    /// What positives are set against.
    pub negatives: Negatives,
    /// How much of the graph a training step sees.
    pub sampler: Sampler,
    /// Relations that are learned together with the target, and what the loss of each weighs beside the target's.
    pub auxiliary: BTreeMap<String, f64>,
}

/// Which relations carry messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MessageRelations {
    /// The target relation alone.
    Target,
    /// Every relation of the graph.
    All,
}

/// When the training edges are divided into supervision and messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Division {
    /// Once, before training: the edges that carry messages never supervise.
    Once,
    /// Anew for every epoch, so that each edge serves both ends in turn.
    Epoch,
}

/// How much of the graph a training step sees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sampler {
    /// A sampled neighbourhood around a small batch.
    Neighbor {
        /// Neighbours per node and relation at each hop.
        fanouts: Vec<usize>,
        /// Positive pairs per training step.
        batch: usize,
        /// Pairs per validation step, positive and negative together.
        validation_batch: usize,
    },
    /// All nodes and all message edges, with a large batch.
    Full {
        /// Positive pairs per training step.
        batch: usize,
    },
}

/// Every relation of the graph, propagated whole: the preset `graphsage`.
impl Default for TrainingConfig {
    fn default() -> Self {
        Self {
            messages: MessageRelations::All,
            members: 1,
            pretraining: 0,
            epochs: 20,
            patience: 0,
            learning_rate: 5e-3,
            schedule: Schedule::Constant,
            warmup: 0.0,
            weight_decay: 0.0,
            clip: 0.0,
            negative_ratio: 2.0,
            supervision: 0.3,
            division: Division::Epoch,
            loss: Loss::CrossEntropy,
            negatives: Negatives::Uniform,
            sampler: Sampler::Full { batch: 2048 },
            auxiliary: BTreeMap::new(),
        }
    }
}

impl GnnConfig {
    /// The defaults with another convolution. Those of [`ConvolutionKind::LightGcn`], which has no weights, keep what every
    /// layer gives, average over relations, and begin with small embeddings.
    pub fn of(convolution: ConvolutionKind) -> Self {
        let mut config = Self::default();
        config.encoder.convolution = convolution;
        if convolution == ConvolutionKind::LightGcn {
            config.encoder.relations = RelationAggregation::Mean;
            config.encoder.jumping_knowledge = JumpingKnowledge::Mean;
            config.encoder.embedding_scale = 0.1;
        }
        config
    }

    /// Name of the scorer in tables: that of its convolution.
    pub fn name(&self) -> &'static str {
        self.encoder.convolution.name()
    }

    /// Whether the score of a pair is the dot product of the two embeddings that the encoder gives.
    pub fn scores_by_dot_product(&self) -> bool {
        self.training.members == 1 && self.decoder == DecoderConfig::default()
    }

    /// The graph that carries messages when all training edges do.
    pub(super) fn message_graph(&self, view: &TrainView) -> MessageGraph {
        let all = self.training.messages == MessageRelations::All;
        let keep = |relation: &Relation| all || relation.key == *view.task().target();
        let graph = MessageGraph::new(view.graph(), self.encoder.weighing(), keep);
        match self.encoder.nearest {
            0 => graph,
            nearest => graph.with_similarities(&similarity_relations(view, nearest)),
        }
    }

    /// Checks what no type can.
    ///
    /// # Errors
    ///
    /// [`ModelError::Config`], naming the setting, what was found and what was expected.
    pub fn check(&self) -> Result<(), ModelError> {
        let refuse = |setting: &'static str, found: String, expected: &'static str| {
            Err(ModelError::Config { setting, found, expected })
        };
        if let Some((setting, found, expected)) = self.encoder.problem() {
            return refuse(setting, found, expected);
        }
        if self.decoder.kind == DecoderKind::ComplEx && !self.encoder.width().is_multiple_of(2) {
            return refuse(
                "hidden",
                self.encoder.width().to_string(),
                "an even number for a complex decoder",
            );
        }
        self.training.check(self.encoder.layers)?;
        let whole = matches!(self.training.loss, Loss::WholeMatrix { .. });
        if whole && self.decoder.kind == DecoderKind::Mlp {
            return refuse(
                "decoder",
                "mlp".into(),
                "one whose scores are dot products, for the loss over the whole matrix",
            );
        }
        if whole && self.decoder.structure != DecoderStructure::None {
            return refuse(
                "structure",
                format!("{:?}", self.decoder.structure).to_lowercase(),
                "none for the loss over the whole matrix",
            );
        }
        let hard = matches!(self.training.negatives, Negatives::Hard { .. });
        if hard && self.decoder.kind == DecoderKind::Mlp {
            return refuse("decoder", "mlp".into(), "one whose scores are dot products, for hard negatives");
        }
        Ok(())
    }
}

impl TrainingConfig {
    fn check(&self, layers: usize) -> Result<(), ModelError> {
        let refuse = |setting: &'static str, found: String, expected: &'static str| {
            Err(ModelError::Config { setting, found, expected })
        };
        if self.epochs == 0 || self.members == 0 {
            let found = format!("{}, {}", self.epochs, self.members);
            return refuse("epochs, members", found, "numbers above 0");
        }
        let positive = |number: f64| number > 0.0 && number.is_finite();
        for (setting, number) in
            [("learning_rate", self.learning_rate), ("negative_ratio", self.negative_ratio)]
        {
            if !positive(number) {
                return refuse(setting, number.to_string(), "a number above 0");
            }
        }
        for (setting, number) in [("weight_decay", self.weight_decay), ("clip", self.clip)] {
            if !(number >= 0.0 && number.is_finite()) {
                return refuse(setting, number.to_string(), "a number from 0");
            }
        }
        if !(self.supervision > 0.0 && self.supervision < 1.0) {
            return refuse("supervision", self.supervision.to_string(), "a share between 0 and 1");
        }
        if !(0.0..1.0).contains(&self.warmup) {
            return refuse("warmup", self.warmup.to_string(), "a share from 0 to below 1");
        }
        if self.loss.is_ranking() && (self.negative_ratio.fract() != 0.0 || self.negative_ratio < 1.0) {
            let expected = "a whole number for a loss that sets each positive against its own negatives";
            return refuse("negative_ratio", self.negative_ratio.to_string(), expected);
        }
        match self.loss {
            Loss::InfoNce { temperature } if !positive(temperature.into()) => {
                return refuse("temperature", temperature.to_string(), "a number above 0");
            }
            Loss::Margin { margin } if !positive(margin.into()) => {
                return refuse("margin", margin.to_string(), "a number above 0");
            }
            Loss::WholeMatrix { unknown_weight } if !positive(unknown_weight.into()) => {
                return refuse("unknown_weight", unknown_weight.to_string(), "a number above 0");
            }
            _ => {}
        }
        self.negatives.check()?;
        if self.pretraining > 0 && self.messages == MessageRelations::Target {
            return refuse("messages", "target".into(), "all, for a pretraining on every relation");
        }
        if let Some(weight) = self.auxiliary.values().find(|weight| !positive(**weight)) {
            return refuse("auxiliary", weight.to_string(), "weights above 0");
        }
        match &self.sampler {
            Sampler::Full { batch: 0 } => refuse("batch", "0".into(), "a number above 0"),
            Sampler::Neighbor { batch, validation_batch, .. } if batch * validation_batch == 0 => {
                refuse("batch", "0".into(), "a number above 0")
            }
            Sampler::Neighbor { fanouts, .. } if fanouts.len() != layers => {
                refuse("fanouts", format!("{fanouts:?}"), "one number per layer")
            }
            Sampler::Neighbor { .. } if self.pretraining > 0 => {
                refuse("sampler", "neighbor".into(), "full for pretraining")
            }
            Sampler::Neighbor { .. } if !self.auxiliary.is_empty() => {
                refuse("sampler", "neighbor".into(), "full for relations beside the target")
            }
            Sampler::Neighbor { .. } if matches!(self.loss, Loss::WholeMatrix { .. }) => {
                refuse("sampler", "neighbor".into(), "full for the loss over the whole matrix")
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preset::Preset;

    #[test]
    fn settings_out_of_range_are_named() {
        let sound = Preset::named("graphsage").unwrap().network(None).unwrap();
        let refused = |training: TrainingConfig| {
            GnnConfig { training, ..sound.clone() }.check().unwrap_err().to_string()
        };
        let training = || sound.training.clone();
        let broken = TrainingConfig { supervision: 1.0, ..training() };
        assert_eq!(refused(broken), "supervision is 1; expected a share between 0 and 1");
        let broken = TrainingConfig { loss: Loss::Bpr, negative_ratio: 2.5, ..training() };
        assert_eq!(
            refused(broken),
            "negative_ratio is 2.5; expected a whole number for a loss that sets each positive against its own negatives"
        );
        let auxiliary = BTreeMap::from([("targets".to_owned(), 0.0)]);
        assert_eq!(
            refused(TrainingConfig { auxiliary, ..training() }),
            "auxiliary is 0; expected weights above 0"
        );
        let sampler = Sampler::Neighbor { fanouts: vec![5], batch: 8, validation_batch: 8 };
        assert_eq!(
            refused(TrainingConfig { sampler, ..training() }),
            "fanouts is [5]; expected one number per layer"
        );
        let decoder = DecoderConfig { kind: DecoderKind::Mlp, ..DecoderConfig::default() };
        let loss = Loss::WholeMatrix { unknown_weight: 0.1 };
        let both = GnnConfig { decoder, training: TrainingConfig { loss, ..training() }, ..sound.clone() };
        assert!(both.check().unwrap_err().to_string().starts_with("decoder is mlp; expected one whose"));
        let decoder = DecoderConfig { structure: DecoderStructure::Linear, ..DecoderConfig::default() };
        let both = GnnConfig { decoder, ..both };
        assert_eq!(
            both.check().unwrap_err().to_string(),
            "structure is linear; expected none for the loss over the whole matrix"
        );
    }
}
