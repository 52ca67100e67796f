//! The blend: closed-form scorers and networks, weighed for each pair by boosted trees.
//!
//! Which scorer to trust depends on the pair. Among hubs, shared drugs tell much; a disease with two known drugs is better
//! judged by its genes. The blend learns this from links that its parts did not see: inside its own training part it holds
//! some out, fits the parts on the others, and grows [`trees`] on what the parts say of the held-out links and of unknown
//! pairs (stacked generalisation, Wolpert 1992). Then the parts are fitted on everything. The validation part is left alone,
//! for thresholds and calibration.

mod features;
mod trees;

use std::ops::Range;

use rand::RngExt;
use rayon::prelude::*;
use theriac_baselines::baseline;
use theriac_link::{
    Budget, FitRecord, FittedScorer, LinkError, Pair, Scorer, TrainView, Trial, negatives, stream,
};

use self::features::PairFeatures;
use self::trees::{BoostedTrees, Borders, TrainingPairs};

/// Name of the scorer in tables and cards.
pub const NAME: &str = "blend";

/// The parts, by their names on the command line.
const PARTS: [&str; 9] =
    ["l3", "adamic-adar", "knn", "svd", "als", "ease-source", "ease-target", "rwr", "rephetio"];
/// One part in as many of the train links is held out at a time.
const FOLDS: u32 = 10;
/// Held-out links that are enough: on a large graph one fold has them.
const ENOUGH: usize = 5000;
/// Unknown pairs to a held-out link.
const NEGATIVES: f64 = 20.0;
/// Sums of trees, each of which leaves out another share of the targets to tell when to stop.
const MEMBERS: u64 = 4;

/// See the [module](self).
#[derive(Clone, Copy, Debug, Default)]
pub struct Blend;

/// The log-odds of every pair.
struct Fitted {
    /// `[n_targets, n_sources]`.
    scores: Vec<f32>,
    record: FitRecord,
}

/// What the parts say of links that they did not see.
#[derive(Default)]
struct Sample {
    /// `[features][pairs]`.
    columns: Vec<Vec<f32>>,
    labels: Vec<bool>,
    targets: Vec<u32>,
}

fn parts() -> Vec<Box<dyn Scorer>> {
    if let Ok(names) = std::env::var("PARTS") {
        return names.split(',').filter_map(baseline).collect();
    }
    PARTS.into_iter().filter_map(baseline).collect()
}

impl Sample {
    fn new(view: &TrainView, budget: &Budget<'_>) -> Result<Self, LinkError> {
        let links = view.train_pairs().len();
        let folds = FOLDS.min(links as u32);
        let mut sample = Self::default();
        for fold in 0..folds {
            let inner = view.inner_fold(fold, folds, budget.seed)?;
            let features = PairFeatures::fit(&parts(), &inner, budget)?;
            let positives = inner.valid_pairs().len();
            let ratio = NEGATIVES.min(inner.validation_candidate_count() as f64 / positives.max(1) as f64);
            if negatives::count(ratio, positives)? == 0 {
                continue;
            }
            let pairs = inner.validation_sample(ratio, budget.seed + u64::from(fold))?;
            sample.columns.resize_with(features.len(), Vec::new);
            for (all, column) in sample.columns.iter_mut().zip(features.of_pairs(&pairs.pairs)) {
                all.extend(column);
            }
            sample.labels.extend(&pairs.labels);
            sample.targets.extend(pairs.pairs.iter().map(|pair| pair.target));
            if sample.labels.iter().filter(|label| **label).count() >= ENOUGH {
                break;
            }
        }
        Ok(sample)
    }
}

impl Scorer for Blend {
    fn name(&self) -> &str {
        NAME
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn fit(&self, view: &TrainView, budget: &Budget<'_>) -> Result<Box<dyn FittedScorer>, LinkError> {
        let sample = Sample::new(view, budget)?;
        let borders = Borders::new(&sample.columns, &sample.labels);
        let bins: Vec<Vec<u8>> =
            sample.columns.par_iter().enumerate().map(|(feature, column)| borders.bins(feature, column)).collect();
        let group: Vec<u64> = {
            let mut draws = stream(budget.seed, "targets of a member", &[]);
            (0..view.targets()).map(|_| draws.random_range(0..MEMBERS)).collect()
        };
        let members: Vec<BoostedTrees> = (0..MEMBERS)
            .map(|member| {
                let held_out: Vec<bool> =
                    sample.targets.iter().map(|&target| group[target as usize] == member).collect();
                let pairs = TrainingPairs { bins: &bins, labels: &sample.labels, held_out: &held_out };
                let mut draws = stream(budget.seed, "trees", &[member]);
                BoostedTrees::fit(&pairs, &mut draws, &|| budget.observer.stop_requested())
            })
            .collect();
        if std::env::var("PARTS_LOG").is_ok() {
            eprintln!("trees {:?}", members.iter().map(BoostedTrees::len).collect::<Vec<_>>());
        }
        let features = PairFeatures::fit(&parts(), view, budget)?;
        let trials = features.parts().flat_map(|part| {
            let named = |trial: &Trial| Trial {
                configuration: format!("{}: {}", part.name(), trial.configuration),
                ..trial.clone()
            };
            part.record().trials.iter().map(named).collect::<Vec<_>>()
        });
        let record = FitRecord::new(NAME, view).with_trials(trials.collect());
        let of_block = |targets: Range<u32>| {
            let columns = features.of_targets(targets);
            let bins: Vec<Vec<u8>> =
                columns.iter().enumerate().map(|(feature, column)| borders.bins(feature, column)).collect();
            let mut scores = vec![0.0; columns[0].len()];
            for member in &members {
                member.add_to(&bins, &mut scores);
            }
            scores.iter_mut().for_each(|score| *score /= MEMBERS as f32);
            scores
        };
        let scores: Vec<Vec<f32>> = features.blocks().into_par_iter().map(of_block).collect();
        Ok(Box::new(Fitted { scores: scores.concat(), record }))
    }
}

impl FittedScorer for Fitted {
    fn record(&self) -> &FitRecord {
        &self.record
    }

    fn score(&self, pairs: &[Pair]) -> Vec<f32> {
        let sources = self.sources() as usize;
        pairs.iter().map(|pair| self.scores[pair.target as usize * sources + pair.source as usize]).collect()
    }

    fn score_targets(&self, targets: Range<u32>, out: &mut [f32]) {
        let sources = self.sources() as usize;
        out.copy_from_slice(&self.scores[targets.start as usize * sources..targets.end as usize * sources]);
    }
}
