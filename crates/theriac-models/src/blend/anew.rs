//! The blend on other graphs: parts, moments and trees as they were learned.

use std::sync::Arc;

use theriac_baselines::BASELINES;
use theriac_graph::{EditedGraph, NamedTensor, NamedTensors};
use theriac_link::{Pair, Rescorer, TrainView};

use super::BlendConfig;
use super::features::{Moments, PairFeatures};
use super::trees::{BoostedTrees, Borders};

/// A fitted blend that can be asked about other graphs.
pub(super) struct BlendAnew {
    /// Place of the target relation.
    target: usize,
    parts: Vec<PartAnew>,
    borders: Borders,
    members: Vec<BoostedTrees>,
}

/// A part, and where the scores of each node lay when it was fitted.
struct PartAnew {
    rescorer: Arc<dyn Rescorer>,
    /// `[n_sources]`.
    sources: Vec<Moments>,
    /// `[n_targets]`.
    targets: Vec<Moments>,
}

impl BlendAnew {
    /// What was fitted on a view; `None` where a part cannot be asked about other graphs.
    pub(super) fn new(
        view: &TrainView,
        features: &PairFeatures,
        borders: &Borders,
        members: &[BoostedTrees],
    ) -> Option<Self> {
        let part = |(rescorer, [sources, targets]): (Option<_>, [&[Moments]; 2])| {
            Some(PartAnew { rescorer: rescorer?, sources: sources.to_vec(), targets: targets.to_vec() })
        };
        let parts = features.rescorers().map(part).collect::<Option<_>>()?;
        let (borders, members) = (borders.clone(), members.to_vec());
        Some(Self { target: view.target_place(), parts, borders, members })
    }

    /// What was learned on this view.
    ///
    /// # Errors
    ///
    /// One sentence when a matrix is missing or has another shape, or a part cannot be asked about other graphs.
    pub(super) fn restore(
        config: &BlendConfig,
        view: &TrainView,
        tensors: &mut NamedTensors,
    ) -> Result<Self, String> {
        let mut parts = Vec::new();
        for (place, name) in config.parts.iter().enumerate() {
            let baseline = BASELINES.iter().find(|baseline| baseline.name == name);
            let restore = baseline
                .and_then(|baseline| baseline.restore)
                .ok_or_else(|| format!("its part '{name}' cannot be asked about other edges"))?;
            let mut own = tensors.under(&format!("parts/{place}/"));
            let mut moments = |name: &str, nodes: u32| {
                let values = own.take_shaped(name, nodes as usize, 2)?;
                Ok::<_, String>(values.as_chunks().0.iter().copied().map(Moments::restore).collect())
            };
            let sources = moments("moments/sources", view.sources())?;
            let targets = moments("moments/targets", view.targets())?;
            let rescorer = restore(view, &mut own).map_err(|problem| format!("part '{name}': {problem}"))?;
            parts.push(PartAnew { rescorer, sources, targets });
        }
        let borders = Borders::restore(2 + 3 * parts.len(), &mut tensors.under("borders/"))?;
        let members = (0..config.members)
            .map(|member| {
                BoostedTrees::restore(2 + 3 * parts.len(), &mut tensors.under(&format!("members/{member}/")))
            })
            .collect::<Result<_, String>>()?;
        Ok(Self { target: view.target_place(), parts, borders, members })
    }

    /// The features of a pair on each graph, in the order of [`PairFeatures`]: `[features][graphs]`.
    fn features(&self, graphs: &[EditedGraph<'_>], pair: Pair) -> Vec<Vec<f32>> {
        let degrees = |reversed, node| -> Vec<f32> {
            let degree = |graph: &EditedGraph<'_>| graph.row(self.target, reversed, node).degree() as f32;
            graphs.iter().map(|graph| degree(graph).ln_1p()).collect()
        };
        let mut features = vec![degrees(false, pair.source), degrees(true, pair.target)];
        for part in &self.parts {
            let scores = part.rescorer.rescore_each(graphs, pair);
            for moments in [part.sources[pair.source as usize], part.targets[pair.target as usize]] {
                features.push(scores.iter().map(|&score| moments.standardised(score)).collect());
            }
            features.push(scores);
        }
        features
    }
}

impl Rescorer for BlendAnew {
    fn rescore(&self, graph: &EditedGraph<'_>, pair: Pair) -> f32 {
        let members = self.members_each(std::slice::from_ref(graph), pair).concat();
        members.iter().sum::<f32>() / members.len() as f32
    }

    fn rescore_each(&self, graphs: &[EditedGraph<'_>], pair: Pair) -> Vec<f32> {
        let mean = |members: Vec<f32>| members.iter().sum::<f32>() / members.len() as f32;
        self.members_each(graphs, pair).into_iter().map(mean).collect()
    }

    fn members_each(&self, graphs: &[EditedGraph<'_>], pair: Pair) -> Vec<Vec<f32>> {
        let bins = self.borders.bins(&self.features(graphs, pair));
        let of_members: Vec<Vec<f32>> =
            self.members.iter().map(|member| member.log_odds(&bins, graphs.len())).collect();
        (0..graphs.len()).map(|graph| of_members.iter().map(|scores| scores[graph]).collect()).collect()
    }

    fn learned(&self) -> Vec<NamedTensor> {
        let mut tensors = Vec::new();
        for (place, part) in self.parts.iter().enumerate() {
            let prefix = format!("parts/{place}/");
            let moments = |name: &str, moments: &[Moments]| {
                NamedTensor::new(name, 2, moments.iter().flat_map(|moments| moments.learned()).collect())
            };
            let own = [moments("moments/sources", &part.sources), moments("moments/targets", &part.targets)];
            let all = part.rescorer.learned().into_iter().chain(own);
            tensors.extend(all.map(|tensor| tensor.prefixed(&prefix)));
        }
        tensors.extend(self.borders.learned().into_iter().map(|tensor| tensor.prefixed("borders/")));
        for (place, member) in self.members.iter().enumerate() {
            let prefix = format!("members/{place}/");
            tensors.extend(member.learned().into_iter().map(|tensor| tensor.prefixed(&prefix)));
        }
        tensors
    }
}
