//! Gradient-boosted oblivious trees for the logistic loss.
//!
//! An oblivious tree asks the same question on every node of a level, so that a tree of depth `d` is `d` comparisons and a
//! table of `2^d` leaves (Kohavi 1994; Prokhorenkova et al. 2018, CatBoost). That keeps a tree from fitting a handful of pairs,
//! and lets a block of pairs pass through it without a branch. Splits and leaves are Newton steps (Chen & Guestrin 2016,
//! XGBoost).

use rand::RngExt;
use rayon::prelude::*;
use theriac_link::Stream;

/// Borders of a feature, at most: bins fit a byte.
const BORDERS: usize = 254;
/// Levels of a tree.
const DEPTH: usize = 5;
const LEAVES: usize = 1 << DEPTH;
/// Ridge on the values of leaves, in units of the loss's curvature.
const RIDGE: f64 = 3.0;
/// Share of each tree's step that is taken.
const LEARNING_RATE: f64 = 0.08;
/// Share of the pairs that a tree is grown on (Friedman 2002).
const BAG: f64 = 0.6;
/// Share of the features that a tree may ask for.
const FEATURES: f64 = 0.6;
/// Trees, at most.
const MOST_TREES: usize = 400;
/// Trees without a lower loss on the held-out pairs after which growth ends.
const PATIENCE: usize = 25;

/// Where the values of each feature are cut into bins.
#[derive(Clone, Debug)]
pub(super) struct Borders(Vec<Vec<f32>>);

impl Borders {
    /// Cuts each feature at its quantiles among the positives and among all pairs: the few positives stand where scores
    /// are high, and borders are wanted there. `columns` are `[features][pairs]`.
    pub(super) fn new(columns: &[Vec<f32>], labels: &[bool]) -> Self {
        let of = |column: &Vec<f32>| {
            let positives = column.iter().zip(labels).filter(|(_, label)| **label).map(|(value, _)| *value);
            let mut borders = quantiles(positives.collect());
            borders.extend(quantiles(column.clone()));
            borders.sort_unstable_by(f32::total_cmp);
            borders.dedup();
            borders
        };
        Self(columns.par_iter().map(of).collect())
    }

    /// The bin of each value: how many of its feature's borders are below it. `[features][pairs]`.
    pub(super) fn bins(&self, columns: &[Vec<f32>]) -> Vec<Vec<u8>> {
        let of = |(column, borders): (&Vec<f32>, &Vec<f32>)| {
            column.iter().map(|&value| borders.partition_point(|&border| border < value) as u8).collect()
        };
        columns.par_iter().zip(&self.0).map(of).collect()
    }
}

/// At most half of [`BORDERS`] cuts between values, as many values between each two.
fn quantiles(mut values: Vec<f32>) -> Vec<f32> {
    values.sort_unstable_by(f32::total_cmp);
    let cuts = BORDERS / 2;
    (1..=cuts)
        .filter_map(|cut| {
            let place = cut * values.len() / (cuts + 1);
            let (below, above) = (*values.get(place.checked_sub(1)?)?, *values.get(place)?);
            (below < above).then(|| f32::midpoint(below, above))
        })
        .collect()
}

/// A question on every node of a level: is the feature's bin above this one?
#[derive(Clone, Copy, Debug)]
struct Question {
    feature: usize,
    bin: u8,
}

#[derive(Clone, Debug)]
struct Tree {
    questions: Vec<Question>,
    leaves: [f32; LEAVES],
}

/// A sum of trees: the log-odds of a pair.
#[derive(Clone, Debug)]
pub(super) struct BoostedTrees {
    prior: f32,
    trees: Vec<Tree>,
}

/// Pairs to grow trees on.
pub(super) struct TrainingPairs<'a> {
    /// Bins of each feature: `[features][pairs]`.
    pub(super) bins: &'a [Vec<u8>],
    /// Whether each is a positive: `[pairs]`.
    pub(super) labels: &'a [bool],
    /// Whether each is held out, to tell when to stop: `[pairs]`.
    pub(super) held_out: &'a [bool],
}

/// Sum of the loss's first and second derivatives.
type Derivatives = [f64; 2];

impl BoostedTrees {
    /// Grows trees until the loss on the held-out pairs has ceased to fall, and keeps those up to its lowest point.
    pub(super) fn fit(pairs: &TrainingPairs<'_>, draws: &mut Stream, stop: &dyn Fn() -> bool) -> Self {
        let TrainingPairs { bins, labels, held_out } = pairs;
        let grown: Vec<u32> = (0..labels.len() as u32).filter(|&pair| !held_out[pair as usize]).collect();
        let positives = grown.iter().filter(|&&pair| labels[pair as usize]).count() as f64;
        // Half a positive and half a negative more keep the prior finite.
        let prior = ((positives + 0.5) / (grown.len() as f64 - positives + 0.5)).ln();
        let mut margins = vec![prior; labels.len()];
        let mut trees = Vec::new();
        let mut best = (held_out_loss(pairs, &margins), 0);
        while trees.len() < MOST_TREES && trees.len() < best.1 + PATIENCE && !stop() {
            let bag: Vec<u32> = grown.iter().copied().filter(|_| draws.random_bool(BAG)).collect();
            let features: Vec<usize> = (0..bins.len()).filter(|_| draws.random_bool(FEATURES)).collect();
            let derivatives: Vec<Derivatives> = bag
                .par_iter()
                .map(|&pair| {
                    let probability = 1.0 / (1.0 + (-margins[pair as usize]).exp());
                    let label = f64::from(u8::from(labels[pair as usize]));
                    [probability - label, probability * (1.0 - probability)]
                })
                .collect();
            let Some(tree) = Tree::grow(bins, &features, &bag, &derivatives) else {
                break;
            };
            margins.par_iter_mut().enumerate().for_each(|(pair, margin)| {
                *margin += f64::from(tree.leaves[tree.leaf(|feature| bins[feature][pair])]);
            });
            trees.push(tree);
            let loss = held_out_loss(pairs, &margins);
            if loss < best.0 {
                best = (loss, trees.len());
            }
        }
        trees.truncate(best.1);
        Self { prior: prior as f32, trees }
    }

    /// The log-odds of each pair: `[pairs]`. `bins` are `[features][pairs]`.
    pub(super) fn log_odds(&self, bins: &[Vec<u8>], pairs: usize) -> Vec<f32> {
        let mut out = vec![self.prior; pairs];
        let mut leaves = vec![0u8; pairs];
        for tree in &self.trees {
            leaves.fill(0);
            for (level, question) in tree.questions.iter().enumerate() {
                for (leaf, &bin) in leaves.iter_mut().zip(&bins[question.feature]) {
                    *leaf |= u8::from(bin > question.bin) << level;
                }
            }
            for (value, &leaf) in out.iter_mut().zip(&leaves) {
                *value += tree.leaves[leaf as usize % LEAVES];
            }
        }
        out
    }
}

fn held_out_loss(pairs: &TrainingPairs<'_>, margins: &[f64]) -> f64 {
    let losses = margins.iter().zip(pairs.labels).zip(pairs.held_out).filter(|(_, held_out)| **held_out);
    losses
        .map(|((&margin, &label), _)| {
            let wrong = if label { -margin } else { margin };
            wrong.max(0.0) + (-wrong.abs()).exp().ln_1p()
        })
        .sum()
}

impl Tree {
    /// A tree on the pairs of `bag`, whose derivatives are `[bag]`; `None` where no question lowers the loss.
    fn grow(bins: &[Vec<u8>], features: &[usize], bag: &[u32], derivatives: &[Derivatives]) -> Option<Self> {
        let mut leaf_of = vec![0u8; bag.len()];
        let mut questions = Vec::with_capacity(DEPTH);
        for level in 0..DEPTH {
            let asked = |&feature: &usize| {
                let sums = Histogram::new(&bins[feature], bag, &leaf_of, derivatives, 1 << level);
                let (gain, bin) = sums.best_question()?;
                Some((gain, Question { feature, bin }))
            };
            let answers: Vec<_> = features.par_iter().map(asked).collect();
            // Of equals the first, whatever thread it was found on.
            let best =
                answers.into_iter().flatten().reduce(|one, other| if other.0 > one.0 { other } else { one });
            let Some((_, question)) = best else { break };
            let bins = &bins[question.feature];
            for (leaf, &pair) in leaf_of.iter_mut().zip(bag) {
                *leaf |= u8::from(bins[pair as usize] > question.bin) << level;
            }
            questions.push(question);
        }
        if questions.is_empty() {
            return None;
        }
        let mut sums = [[0.0; 2]; LEAVES];
        for (&leaf, &[first, second]) in leaf_of.iter().zip(derivatives) {
            sums[leaf as usize][0] += first;
            sums[leaf as usize][1] += second;
        }
        let leaves = sums.map(|[first, second]| (-LEARNING_RATE * first / (second + RIDGE)) as f32);
        Some(Self { questions, leaves })
    }

    fn leaf(&self, bin: impl Fn(usize) -> u8) -> usize {
        let answers = self.questions.iter().enumerate();
        answers.map(|(level, question)| usize::from(bin(question.feature) > question.bin) << level).sum()
    }
}

/// Sums of derivatives by leaf and bin of one feature.
struct Histogram {
    /// `[leaves][256]`.
    sums: Vec<[Derivatives; 256]>,
}

impl Histogram {
    fn new(bins: &[u8], bag: &[u32], leaf_of: &[u8], derivatives: &[Derivatives], leaves: usize) -> Self {
        let mut sums = vec![[[0.0; 2]; 256]; leaves];
        for ((&pair, &leaf), &[first, second]) in bag.iter().zip(leaf_of).zip(derivatives) {
            let sum = &mut sums[leaf as usize][bins[pair as usize] as usize];
            sum[0] += first;
            sum[1] += second;
        }
        Self { sums }
    }

    /// By how much the best question lowers the loss, to second order and without the step size, and the bin it asks for;
    /// `None` where none does.
    fn best_question(&self) -> Option<(f64, u8)> {
        let worth = |[first, second]: Derivatives| first * first / (second + RIDGE);
        let totals: Vec<Derivatives> = self
            .sums
            .iter()
            .map(|leaf| leaf.iter().fold([0.0; 2], |sum, bin| [sum[0] + bin[0], sum[1] + bin[1]]))
            .collect();
        let before: f64 = totals.iter().map(|&total| worth(total)).sum();
        let mut below = vec![[0.0; 2]; self.sums.len()];
        let mut best = None;
        for bin in 0..=254u8 {
            let mut after = 0.0;
            for ((below, leaf), total) in below.iter_mut().zip(&self.sums).zip(&totals) {
                below[0] += leaf[bin as usize][0];
                below[1] += leaf[bin as usize][1];
                after += worth(*below) + worth([total[0] - below[0], total[1] - below[1]]);
            }
            let gain = after - before;
            if gain > best.map_or(1e-9, |(best, _)| best) {
                best = Some((gain, bin));
            }
        }
        best
    }
}
