//! Named, complete choices of a model and its settings.

use theriac_nn::{ConvolutionKind, DecoderConfig, DecoderKind, DecoderStructure, Loss};

use crate::blend::BlendConfig;
use crate::config::ModelConfig;
use crate::error::ModelError;
use crate::gnn::{
    Division, GnnConfig, MessageRelations, Negatives, Sampler, Schedule, TrainingConfig, convolutions,
};

/// A named, complete choice: how the graph is prepared and split, and how the model is trained.
#[derive(Clone, Debug)]
pub struct Preset {
    /// What `--preset` takes.
    pub name: &'static str,
    /// One line for `--help`.
    pub description: &'static str,
    /// Whether the graph is first cut to the published recipe's own view of it (see [`crate::recipe_view`]).
    pub recipe_view: bool,
    /// Share of the target edges in the validation part and in the test part.
    pub fractions: (f64, f64),
    model: PresetModel,
}

#[derive(Clone, Debug)]
enum PresetModel {
    Blend(BlendConfig),
    Network(Box<NetworkForms>),
}

/// The two forms of a network.
#[derive(Clone, Debug)]
struct NetworkForms {
    /// When neighbourhoods are sampled.
    neighbor: GnnConfig,
    /// When the whole graph is propagated.
    full: GnnConfig,
    /// Whether that is the preset's own choice.
    prefers_full: bool,
}

impl Preset {
    /// All presets, the default first.
    pub fn all() -> Vec<Self> {
        let recipe = TrainingConfig {
            messages: MessageRelations::Target,
            sampler: Sampler::Neighbor { fanouts: vec![20, 10], batch: 128, validation_batch: 384 },
            epochs: 5,
            learning_rate: 1e-3,
            division: Division::Once,
            ..TrainingConfig::default()
        };
        let recipe_full = TrainingConfig {
            sampler: Sampler::Full { batch: 2048 },
            epochs: 8,
            learning_rate: 5e-3,
            ..recipe.clone()
        };
        let all_relations = TrainingConfig { messages: MessageRelations::All, ..recipe.clone() };
        let network = |forms| PresetModel::Network(Box::new(forms));
        let sage = |training| GnnConfig { training, ..GnnConfig::default() };
        let preset = |name, description, model| Self {
            name,
            description,
            recipe_view: false,
            fractions: (0.1, 0.1),
            model,
        };
        let mut presets = vec![
            preset(
                "best",
                "the blend: closed-form scorers, weighed for each pair by boosted trees",
                PresetModel::Blend(BlendConfig::default()),
            ),
            preset(
                "graphsage",
                "GraphSAGE over every relation of the graph, whole-graph propagation",
                network(NetworkForms {
                    neighbor: sage(all_relations.clone()),
                    full: GnnConfig::default(),
                    prefers_full: true,
                }),
            ),
            preset(
                "graphsage-small",
                "the same for graphs of a few thousand edges: many epochs of one small step each",
                network(NetworkForms {
                    neighbor: sage(TrainingConfig { epochs: 100, ..all_relations.clone() }),
                    full: sage(TrainingConfig {
                        sampler: Sampler::Full { batch: 256 },
                        epochs: 100,
                        learning_rate: 3e-3,
                        supervision: 0.5,
                        division: Division::Epoch,
                        ..all_relations.clone()
                    }),
                    prefers_full: true,
                }),
            ),
            Self {
                recipe_view: true,
                ..preset(
                    "graphsage-dtinet",
                    "the published recipe on DTINet: drug-disease edges alone, sampled neighbours, 5 epochs",
                    network(NetworkForms {
                        neighbor: sage(recipe),
                        full: sage(recipe_full),
                        prefers_full: false,
                    }),
                )
            },
        ];
        // The first convolution has its presets above.
        presets.extend(convolutions().into_iter().skip(1).map(|convolution| {
            let full = GnnConfig::of(convolution);
            let neighbor = GnnConfig { training: all_relations.clone(), ..full.clone() };
            let model = network(NetworkForms { neighbor, full, prefers_full: true });
            preset(convolution.name(), description(convolution), model)
        }));
        let (neighbor, full) = with_structure(&all_relations);
        presets.push(preset(
            "lightgcn-structure",
            "LightGCN whose scores are those of paths between the two nodes as well, trained to rank",
            network(NetworkForms { neighbor, full, prefers_full: true }),
        ));
        presets
    }

    /// The preset of this name.
    ///
    /// # Errors
    ///
    /// [`ModelError::UnknownPreset`], naming the presets that there are.
    pub fn named(name: &str) -> Result<Self, ModelError> {
        let presets = Self::all();
        let known: Vec<&str> = presets.iter().map(|preset| preset.name).collect();
        let known = known.join(", ");
        presets
            .into_iter()
            .find(|preset| preset.name == name)
            .ok_or_else(|| ModelError::UnknownPreset { wanted: name.into(), known })
    }

    /// The model, in the form that the preset prefers.
    pub fn model(&self) -> ModelConfig {
        match &self.model {
            PresetModel::Blend(config) => ModelConfig::Blend(config.clone()),
            PresetModel::Network(forms) => {
                ModelConfig::Gnn(if forms.prefers_full { forms.full.clone() } else { forms.neighbor.clone() })
            }
        }
    }

    /// The network of the preset, propagating over the whole graph or not, or as it prefers; `None` where its
    /// model is another.
    pub fn network(&self, whole_graph: Option<bool>) -> Option<GnnConfig> {
        let PresetModel::Network(forms) = &self.model else {
            return None;
        };
        let whole_graph = whole_graph.unwrap_or(forms.prefers_full);
        Some(if whole_graph { forms.full.clone() } else { forms.neighbor.clone() })
    }
}

/// LightGCN with similarities as a relation, popularity and structure, trained to rank; with sampled neighbours as `sampled` is otherwise.
fn with_structure(sampled: &TrainingConfig) -> (GnnConfig, GnnConfig) {
    let mut full = GnnConfig::of(ConvolutionKind::LightGcn);
    full.encoder.nearest = 10;
    full.decoder =
        DecoderConfig { kind: DecoderKind::Dot, popularity: true, structure: DecoderStructure::Mlp };
    full.training = TrainingConfig {
        epochs: 40,
        patience: 10,
        learning_rate: 0.01,
        schedule: Schedule::Cosine,
        weight_decay: 1.0,
        negative_ratio: 10.0,
        loss: Loss::Bpr,
        negatives: Negatives::Corrupted,
        sampler: Sampler::Full { batch: 1024 },
        ..full.training
    };
    let training = TrainingConfig {
        sampler: sampled.sampler.clone(),
        epochs: sampled.epochs,
        learning_rate: sampled.learning_rate,
        ..full.training.clone()
    };
    (GnnConfig { training, ..full.clone() }, full)
}

/// One line on a preset for `--help`.
fn description(convolution: ConvolutionKind) -> &'static str {
    match convolution {
        ConvolutionKind::Sage { .. } => "GraphSAGE: means of neighbours",
        ConvolutionKind::Gcn => "graph convolution: sums of neighbours, normalised by both degrees",
        ConvolutionKind::LightGcn => "LightGCN: propagated embeddings and no weights",
        ConvolutionKind::Gat { .. } => "GATv2: attention over each relation's neighbours",
        ConvolutionKind::Rgcn { .. } => "R-GCN: relations' weights combined from shared bases",
        ConvolutionKind::Hgt { .. } => {
            "heterogeneous graph transformer: attention over all neighbours at once"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_sound_and_found_by_its_name() {
        for preset in Preset::all() {
            preset.model().check().unwrap();
            for whole_graph in [true, false] {
                if let Some(config) = preset.network(Some(whole_graph)) {
                    config.check().unwrap();
                }
            }
            assert_eq!(Preset::named(preset.name).unwrap().description, preset.description);
        }
        let error = Preset::named("graphsage-dtinte").unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no preset 'graphsage-dtinte'; expected one of best, graphsage, graphsage-small, graphsage-dtinet, gcn, lightgcn, gat, rgcn, hgt, lightgcn-structure"
        );
    }
}
