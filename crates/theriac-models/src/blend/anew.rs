//! The blend on other graphs: parts, moments and trees as they were learned.

use std::sync::Arc;

use rayon::prelude::*;
use theriac_baselines::BASELINES;
use theriac_graph::{Edge, EditedGraph, NamedTensor, NamedTensors};
use theriac_link::{About, Pair, Rescorer, TrainView};

use super::BlendConfig;
use super::features::{Moments, PairFeatures};
use super::trees::{BoostedTrees, Borders};

/// Graphs that a thread asks a part about at a time.
const BLOCK: usize = 16;

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

    /// The features of pairs, each on a graph of its own, in the order of [`PairFeatures`], by the scores of each part,
    /// `[parts][pairs]`: `[features][pairs]`.
    fn features(&self, pairs: &[(&EditedGraph<'_>, Pair)], parts: Vec<Vec<f32>>) -> Vec<Vec<f32>> {
        let degrees = |reversed: bool| -> Vec<f32> {
            let degree = |&(graph, pair): &(&EditedGraph<'_>, Pair)| {
                let node = if reversed { pair.target } else { pair.source };
                (graph.row(self.target, reversed, node).degree() as f32).ln_1p()
            };
            pairs.iter().map(degree).collect()
        };
        let mut features = vec![degrees(false), degrees(true)];
        for (part, scores) in self.parts.iter().zip(parts) {
            let standardised = |of: &dyn Fn(Pair) -> Moments| -> Vec<f32> {
                pairs.iter().zip(&scores).map(|(&(_, pair), &score)| of(pair).standardised(score)).collect()
            };
            features.push(standardised(&|pair| part.sources[pair.source as usize]));
            features.push(standardised(&|pair| part.targets[pair.target as usize]));
            features.push(scores);
        }
        features
    }

    /// The scores of members, by those of the parts: `[pairs][members]`.
    fn members(&self, pairs: &[(&EditedGraph<'_>, Pair)], parts: Vec<Vec<f32>>) -> Vec<Vec<f32>> {
        let bins = self.borders.bins(&self.features(pairs, parts));
        let of_members: Vec<Vec<f32>> =
            self.members.iter().map(|member| member.log_odds(&bins, pairs.len())).collect();
        (0..pairs.len()).map(|pair| of_members.iter().map(|scores| scores[pair]).collect()).collect()
    }
}

/// A pair on each of some graphs.
fn on_each<'a, 'g>(graphs: &'a [EditedGraph<'g>], pair: Pair) -> Vec<(&'a EditedGraph<'g>, Pair)> {
    graphs.iter().map(|graph| (graph, pair)).collect()
}

/// A blend that is asked about one pair, with those of its parts that are asked so, too.
struct BlendAbout<'a> {
    blend: &'a BlendAnew,
    pair: Pair,
    parts: Vec<Option<Box<dyn About + 'a>>>,
}

impl About for BlendAbout<'_> {
    fn rescore_each(&self, graphs: &[EditedGraph<'_>]) -> Vec<f32> {
        means(self.members_each(graphs))
    }

    fn members_each(&self, graphs: &[EditedGraph<'_>]) -> Vec<Vec<f32>> {
        let of_part = |(about, part): (&Option<Box<dyn About + '_>>, &PartAnew)| {
            if let Some(about) = about {
                return about.rescore_each(graphs);
            }
            let block = |block| part.rescorer.rescore_each(block, self.pair);
            graphs.par_chunks(BLOCK).map(block).collect::<Vec<_>>().concat()
        };
        let parts = self.parts.par_iter().zip(&self.blend.parts).map(of_part).collect();
        self.blend.members(&on_each(graphs, self.pair), parts)
    }
}

fn means(members: Vec<Vec<f32>>) -> Vec<f32> {
    members.into_iter().map(|members| members.iter().sum::<f32>() / members.len() as f32).collect()
}

impl Rescorer for BlendAnew {
    fn rescore(&self, graph: &EditedGraph<'_>, pair: Pair) -> f32 {
        self.rescore_each(std::slice::from_ref(graph), pair)[0]
    }

    fn rescore_each(&self, graphs: &[EditedGraph<'_>], pair: Pair) -> Vec<f32> {
        means(self.members_each(graphs, pair))
    }

    fn members_each(&self, graphs: &[EditedGraph<'_>], pair: Pair) -> Vec<Vec<f32>> {
        let parts = self.parts.iter().map(|part| part.rescorer.rescore_each(graphs, pair)).collect();
        self.members(&on_each(graphs, pair), parts)
    }

    fn rescore_pairs(&self, graph: &EditedGraph<'_>, pairs: &[Pair]) -> Vec<f32> {
        let parts = self.parts.iter().map(|part| part.rescorer.rescore_pairs(graph, pairs)).collect();
        let asked: Vec<(&EditedGraph<'_>, Pair)> = pairs.iter().map(|&pair| (graph, pair)).collect();
        means(self.members(&asked, parts))
    }

    fn about<'a>(
        &'a self,
        graph: &'a EditedGraph<'a>,
        edges: &[Edge],
        pair: Pair,
    ) -> Option<Box<dyn About + 'a>> {
        let parts = self.parts.iter().map(|part| part.rescorer.about(graph, edges, pair)).collect();
        Some(Box::new(BlendAbout { blend: self, pair, parts }))
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
