//! The blend: many scorers, weighed for each pair by boosted trees.
//!
//! Which scorer to trust depends on the pair. Among hubs, shared drugs tell much; a disease with two known drugs is better
//! judged by its genes. The blend learns this from links that its parts did not see: inside its own training part it holds
//! some out, fits the parts on the others, and grows trees on what the parts say of the held-out links and of unknown
//! pairs (stacked generalisation, Wolpert 1992). Then the parts are fitted on everything. The validation part is left alone,
//! for thresholds and calibration, until a last fit learns it too.

mod anew;
mod features;
mod shapley;
mod trees;

use std::ops::Range;
use std::sync::Arc;

use rand::RngExt;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use theriac_baselines::{BASELINES, baseline};
use theriac_graph::NamedTensors;
use theriac_link::{Budget, Event, FitRecord, FittedScorer, LinkError, Rescorer, Scorer, TrainView, stream};
use theriac_nn::ConvolutionKind;

use self::anew::BlendAnew;
use self::features::PairFeatures;
use self::shapley::Attribution;
use self::trees::{BoostedTrees, Borders, TrainingPairs};
use crate::contributions::Contributions;
use crate::error::ModelError;
use crate::gnn::{Gnn, convolutions};
use crate::score_table::ScoreTable;

/// Name of the scorer in tables and cards.
pub const NAME: &str = "blend";

/// What a blend is made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BlendConfig {
    /// The parts, by their names on the command line.
    pub parts: Vec<String>,
    /// One in as many of the train links is held out at a time.
    pub folds: u32,
    /// Held-out links that are enough: of a large graph one fold has them, of a small one every fold is wanted.
    pub enough: usize,
    /// Unknown pairs to a held-out link, at least, where there are as many.
    pub negative_ratio: f64,
    /// Unknown pairs in all, at least, where there are as many: where links are rare, the few unknown pairs that look like one
    /// are rare among unknown pairs, too.
    pub negatives: usize,
    /// Sums of trees, each of which leaves out another share of the targets to tell when to stop.
    pub members: usize,
}

impl Default for BlendConfig {
    fn default() -> Self {
        let parts = [
            "l3",
            "adamic-adar",
            "knn",
            "inductive",
            "svd",
            "als",
            "ease-source",
            "ease-target",
            "rwr",
            "rephetio",
        ];
        Self {
            parts: parts.map(str::to_owned).into(),
            folds: 10,
            enough: 5000,
            negative_ratio: 20.0,
            negatives: 150_000,
            members: 4,
        }
    }
}

/// See the [module](self).
#[derive(Clone, Debug, Default)]
pub struct Blend {
    /// What it is made of.
    pub config: BlendConfig,
}

/// What the parts say of links that they did not see.
#[derive(Default)]
struct Sample {
    /// `[features][pairs]`.
    columns: Vec<Vec<f32>>,
    labels: Vec<bool>,
    targets: Vec<u32>,
}

impl BlendConfig {
    /// Checks what no type can.
    ///
    /// # Errors
    ///
    /// [`ModelError::Config`], naming the setting, what was found and what was expected; [`ModelError::UnknownScorer`] for a
    /// part that is none.
    pub fn check(&self) -> Result<(), ModelError> {
        self.parts()?;
        let refuse = |setting, found: String, expected| Err(ModelError::Config { setting, found, expected });
        if self.parts.is_empty() {
            return refuse("parts", "empty".into(), "one scorer or more");
        }
        if self.folds < 2 {
            return refuse("folds", self.folds.to_string(), "2 or more");
        }
        if self.members < 2 {
            return refuse("members", self.members.to_string(), "2 or more");
        }
        if !(self.negative_ratio > 0.0 && self.negative_ratio.is_finite()) {
            return refuse("negative_ratio", self.negative_ratio.to_string(), "a number above 0");
        }
        Ok(())
    }

    /// How many folds are held out one after the other, of how many.
    fn folds_of(&self, view: &TrainView) -> Result<(u32, u32), ModelError> {
        let links = view.train_pairs().len();
        let folds = view.most_inner_folds().min(self.folds as usize);
        if folds < 2 {
            let target = view.task().target().to_string();
            return Err(ModelError::TooFewFolds { target, found: links });
        }
        let wanted = (self.enough * folds).div_ceil(links).clamp(1, folds);
        Ok((wanted as u32, folds as u32))
    }

    fn parts(&self) -> Result<Vec<Box<dyn Scorer>>, ModelError> {
        let part = |name: &String| {
            if let Some(network) = Gnn::named(name) {
                return Ok(Box::new(network) as Box<dyn Scorer>);
            }
            baseline(name).ok_or_else(|| {
                let baselines = BASELINES.iter().map(|baseline| baseline.name);
                let networks = convolutions().into_iter().map(ConvolutionKind::name);
                let known: Vec<&str> = baselines.chain(networks).collect();
                ModelError::UnknownScorer { wanted: name.into(), known: known.join(", ") }
            })
        };
        self.parts.iter().map(part).collect()
    }
}

/// Where a fit stands among its stages.
struct Stages<'a> {
    budget: &'a Budget<'a>,
    begun: usize,
    all: usize,
}

impl Stages<'_> {
    fn begin(&mut self, name: String) {
        self.begun += 1;
        self.budget.observer.report(&Event::Stage { name, stage: self.begun, stages: self.all });
    }
}

impl Sample {
    fn new(
        config: &BlendConfig,
        parts: &[Box<dyn Scorer>],
        view: &TrainView,
        budget: &Budget<'_>,
        stages: &mut Stages<'_>,
    ) -> Result<Self, ModelError> {
        let mut sample = Self::default();
        let (wanted, folds) = config.folds_of(view)?;
        for fold in 0..wanted {
            let inner = view.inner_fold(fold, folds, budget.seed)?;
            let of_fold = |part: &str| stages.begin(format!("{part}, without fold {} of {folds}", fold + 1));
            // Each fold has links of its own to choose settings by.
            let features = PairFeatures::fit(parts, &inner, &budget.with_trials(&[]), of_fold)?;
            let positives = inner.valid_pairs().len();
            let unknown = inner.validation_candidate_count() as f64;
            let of_all = config.negatives.div_ceil(wanted as usize) as f64 / positives.max(1) as f64;
            let ratio = config.negative_ratio.max(of_all).min(unknown / positives.max(1) as f64);
            if (ratio * positives as f64) < 1.0 {
                continue;
            }
            let pairs = inner.validation_sample(ratio, budget.seed.wrapping_add(u64::from(fold)))?;
            sample.columns.resize_with(features.len(), Vec::new);
            for (all, column) in sample.columns.iter_mut().zip(features.of_pairs(&pairs.pairs)) {
                all.extend(column);
            }
            sample.labels.extend(&pairs.labels);
            sample.targets.extend(pairs.pairs.iter().map(|pair| pair.target));
        }
        Ok(sample)
    }

    /// Sums of trees, each grown without another share of the targets.
    fn members(
        &self,
        config: &BlendConfig,
        bins: &[Vec<u8>],
        targets: u32,
        budget: &Budget<'_>,
        stages: &mut Stages<'_>,
    ) -> Vec<BoostedTrees> {
        let mut draws = stream(budget.seed, "targets of a member", &[]);
        let left_out_by: Vec<usize> = (0..targets).map(|_| draws.random_range(0..config.members)).collect();
        let member = |member: usize| {
            stages.begin(format!("trees of member {} of {}", member + 1, config.members));
            let held_out: Vec<bool> =
                self.targets.iter().map(|&target| left_out_by[target as usize] == member).collect();
            let pairs = TrainingPairs { bins, labels: &self.labels, held_out: &held_out };
            let mut draws = stream(budget.seed, "trees", &[member as u64]);
            BoostedTrees::fit(&pairs, &mut draws, &|| budget.observer.stop_requested())
        };
        (0..config.members).map(member).collect()
    }
}

impl Blend {
    /// What [`Blend::train`] learned on this view, to be asked about other graphs.
    ///
    /// # Errors
    ///
    /// One sentence when a matrix is missing or has another shape, or a part cannot be asked about other graphs.
    pub(crate) fn restore(
        &self,
        view: &TrainView,
        tensors: &mut NamedTensors,
    ) -> Result<Arc<dyn Rescorer>, String> {
        Ok(Arc::new(BlendAnew::restore(&self.config, view, tensors)?))
    }

    /// Fits the parts without some of the train links, the trees on these, and the parts again on all. With `contributions` it
    /// keeps of every pair what each part adds to its score, where [`Contributions::fit`] in memory.
    ///
    /// # Errors
    ///
    /// When a setting is out of range, a part does not allow a fit, or there are too few edges.
    pub fn train(
        &self,
        view: &TrainView,
        budget: &Budget<'_>,
        contributions: bool,
    ) -> Result<ScoreTable, ModelError> {
        self.config.check()?;
        let parts = self.config.parts()?;
        let wanted = contributions && Contributions::fit(view, parts.len());
        let folds = self.config.folds_of(view)?.0 as usize;
        let all = (folds + 1) * parts.len() + self.config.members + 1;
        let mut stages = Stages { budget, begun: 0, all };
        let sample = Sample::new(&self.config, &parts, view, budget, &mut stages)?;
        let borders = Borders::new(&sample.columns, &sample.labels);
        let sampled = borders.bins(&sample.columns);
        let members = sample.members(&self.config, &sampled, view.targets(), budget, &mut stages);
        drop(sample);
        let features = PairFeatures::fit(&parts, view, budget, |part| stages.begin(part.into()))?;
        let attribution =
            wanted.then(|| Attribution::new(&members, &features.owners(), parts.len() + 1, &sampled));
        drop(sampled);
        stages.begin("every pair".into());
        let of_block = |targets: Range<u32>| {
            let pairs = targets.len() * view.sources() as usize;
            let bins = borders.bins(&features.of_targets(targets));
            let of_members: Vec<Vec<f32>> =
                members.iter().map(|member| member.log_odds(&bins, pairs)).collect();
            let scores: Vec<(f32, f32)> = (0..pairs)
                .map(|pair| mean_and_spread(of_members.iter().map(|scores| scores[pair])))
                .collect();
            let values = attribution.as_ref().map(|attribution| {
                let values = attribution.values(&bins, pairs);
                let of_parts = values.chunks_exact(attribution.width()).map(|row| &row[..parts.len()]);
                Contributions::rounded(of_parts.flatten())
            });
            (scores, values.unwrap_or_default())
        };
        let (scores, values): (Vec<_>, Vec<_>) = features.blocks().into_par_iter().map(of_block).unzip();
        let (scores, spread) = scores.into_iter().flatten().unzip();
        let contributions = attribution.map(|attribution| {
            Contributions::new(self.config.parts.clone(), attribution.base, values.concat())
        });
        let anew = BlendAnew::new(view, &features, &borders, &members);
        let rescorer = anew.map(|anew| Arc::new(anew) as Arc<dyn Rescorer>);
        let record = FitRecord::new(NAME, view).with_trials(features.trials());
        Ok(ScoreTable { scores, spread, contributions, rescorer, record })
    }
}

/// Mean and standard deviation, as of a sample.
fn mean_and_spread(values: impl ExactSizeIterator<Item = f32> + Clone) -> (f32, f32) {
    let count = values.len() as f32;
    let mean = values.clone().sum::<f32>() / count;
    let squares: f32 = values.map(|value| (value - mean).powi(2)).sum();
    (mean, (squares / (count - 1.0)).sqrt())
}

impl Scorer for Blend {
    fn name(&self) -> &str {
        NAME
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn fit(&self, view: &TrainView, budget: &Budget<'_>) -> Result<Box<dyn FittedScorer>, LinkError> {
        let fitted = self.train(view, budget, false).map_err(|error| error.of_fit(NAME))?;
        Ok(Box::new(fitted))
    }
}

#[cfg(test)]
mod tests {
    use theriac_graph::{DuplicatePolicy, EdgeList, Graph, GraphBuilder, NodeTable, Provenance, RelationKey};
    use theriac_link::conformance::{check_scorer, example_graph, example_task};
    use theriac_link::{Plan, Protocol, Silent, Split, Task};

    use super::*;

    #[test]
    fn it_is_a_scorer_like_any_other() {
        check_scorer(&Blend::default());
    }

    fn view() -> TrainView {
        let graph = example_graph();
        let round = Plan::random(0.1, 0.2, 7).round(&graph, &example_task(&graph).unwrap(), 0).unwrap();
        TrainView::new(&graph, &round.split).unwrap()
    }

    #[test]
    fn the_number_of_threads_does_not_change_a_bit() {
        let view = view();
        let fit = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let table =
                pool.install(|| Blend::default().train(&view, &Budget::new(5, &Silent), true).unwrap());
            (table.scores, table.spread)
        };
        assert_eq!(fit(1), fit(3));
    }

    #[test]
    fn it_tells_every_configuration_of_every_part() {
        let config = BlendConfig { parts: vec!["ease-source".into(), "l3".into()], ..BlendConfig::default() };
        let table = Blend { config }.train(&view(), &Budget::new(5, &Silent), true).unwrap();
        let trials = &table.record.trials;
        assert!(
            trials.len() > 1
                && trials.iter().all(|trial| trial.configuration.starts_with("EASE over sources: "))
        );
        assert_eq!(trials.iter().filter(|trial| trial.chosen).count(), 1);
    }

    /// Four drugs and four diseases with these links.
    fn four_by_four(links: impl Iterator<Item = (u32, u32)>) -> (Graph, Task) {
        let ids = |prefix: &str| -> Vec<String> { (0..4).map(|node| format!("{prefix}{node}")).collect() };
        let mut builder = GraphBuilder::new(Provenance::default());
        builder.add_nodes(NodeTable::new("drug", ids("d"), ids("d"))).unwrap();
        builder.add_nodes(NodeTable::new("disease", ids("x"), ids("x"))).unwrap();
        let (sources, targets) = links.unzip();
        let edges = EdgeList { sources, targets, ..EdgeList::default() };
        let key = RelationKey::new("drug", "treats", "disease");
        builder.add_relation(key.clone(), edges, DuplicatePolicy::Reject).unwrap();
        let graph = builder.build().unwrap();
        let task = Task::new(&graph, key, Vec::new()).unwrap();
        (graph, task)
    }

    #[test]
    fn where_every_pair_is_known_all_have_the_same_score() {
        let (graph, task) = four_by_four((0..16).map(|pair| (pair / 4, pair % 4)));
        let view = TrainView::new(&graph, &Split::random(&graph, &task, 0.0, 0.0, 1).unwrap()).unwrap();
        let table = Blend::default().train(&view, &Budget::new(5, &Silent), true).unwrap();
        assert_eq!(table.scores, vec![table.scores[0]; 16]);
    }

    #[test]
    fn a_few_links_are_enough_and_one_is_not() {
        let fit = |links: u32| {
            let (graph, task) = four_by_four((0..links).map(|link| (link, link)));
            let view = TrainView::new(&graph, &Split::random(&graph, &task, 0.0, 0.0, 1).unwrap()).unwrap();
            Blend::default().train(&view, &Budget::new(5, &Silent), true)
        };
        assert!(fit(2).unwrap().scores.iter().all(|score| score.is_finite()));
        let said = fit(1).unwrap_err().to_string();
        assert!(
            said.starts_with("drug:treats:disease has 1 training edges, which cannot be divided"),
            "{said}"
        );
    }

    #[test]
    fn fewer_cold_diseases_than_folds_are_held_out_one_by_one() {
        let (graph, task) = four_by_four((0..12).map(|pair| (pair / 3, pair % 3)));
        let protocol = Protocol::ColdTarget { folds: 3 };
        let plan = Plan { protocol, ..Plan::random(0.0, 0.0, 1) };
        let round = plan.round(&graph, &task, 0).unwrap();
        let view = TrainView::with_candidates(&graph, &round.split, round.validation).unwrap();
        let table = Blend::default().train(&view, &Budget::new(5, &Silent), true).unwrap();
        assert!(table.scores.iter().all(|score| score.is_finite()));
    }

    #[test]
    fn a_part_that_is_none_is_named() {
        let config = BlendConfig { parts: vec!["l4".into()], ..BlendConfig::default() };
        assert!(config.check().unwrap_err().to_string().starts_with("there is no scorer 'l4'"));
        let config = BlendConfig { members: 1, ..BlendConfig::default() };
        assert_eq!(config.check().unwrap_err().to_string(), "members is 1; expected 2 or more");
    }

    #[test]
    fn the_spread_is_the_deviation_of_a_sample() {
        let (mean, spread) = mean_and_spread([1.0, 2.0, 3.0, 6.0].into_iter());
        assert_eq!(mean, 3.0);
        assert!((spread - (14.0f32 / 3.0).sqrt()).abs() < 1e-6);
    }
}
