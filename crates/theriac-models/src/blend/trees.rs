//! Gradient-boosted oblivious trees for the logistic loss.
//!
//! An oblivious tree asks the same question on every node of a level, so that a tree of depth `d` is `d` comparisons and a
//! table of `2^d` leaves (Kohavi 1994; Prokhorenkova et al. 2018). That keeps a tree from fitting a handful of pairs,
//! and lets a block of pairs pass through it without a branch. Splits and leaves are Newton steps (Chen & Guestrin
//! 2016).

use rand::RngExt;
use rayon::prelude::*;
use theriac_graph::{NamedTensor, NamedTensors};
use theriac_link::Stream;

/// Bins of a feature, at most: few enough that the sums of a level fit the fastest cache.
const BINS: usize = 128;
/// Levels of a tree.
const DEPTH: usize = 5;
/// Leaves of a tree.
pub(super) const LEAVES: usize = 1 << DEPTH;
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

    /// As one row to each feature, by its place.
    pub(super) fn learned(&self) -> Vec<NamedTensor> {
        let row = |(place, borders): (usize, &Vec<f32>)| NamedTensor::row(place.to_string(), borders.clone());
        self.0.iter().enumerate().map(row).collect()
    }

    /// The borders of so many features.
    ///
    /// # Errors
    ///
    /// One sentence when those of a feature are missing.
    pub(super) fn restore(features: usize, tensors: &mut NamedTensors) -> Result<Self, String> {
        let of = |place: usize| tensors.take(&place.to_string()).map(|borders| borders.values);
        Ok(Self((0..features).map(of).collect::<Result<_, String>>()?))
    }
}

/// Fewer than half of [`BINS`] cuts between values, as many values between each two.
fn quantiles(mut values: Vec<f32>) -> Vec<f32> {
    values.sort_unstable_by(f32::total_cmp);
    let cuts = BINS / 2 - 1;
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
pub(super) struct Question {
    pub(super) feature: usize,
    bin: u8,
}

/// Questions, and a value for each way of answering them: bit `i` of a leaf's place is the answer to question `i`.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    pub(super) questions: Vec<Question>,
    pub(super) leaves: [f32; LEAVES],
}

/// A sum of trees: the log-odds of a pair.
#[derive(Clone, Debug)]
pub(super) struct BoostedTrees {
    pub(super) prior: f32,
    pub(super) trees: Vec<Tree>,
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

/// Names of what is kept of a member.
const PRIOR: &str = "prior";
const QUESTIONS: &str = "questions";
const LEAF_VALUES: &str = "leaves";

/// The loss's first and second derivatives, or sums of them.
type Derivatives = [f32; 2];

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
        let judged: Vec<u32> = (0..labels.len() as u32).filter(|&pair| held_out[pair as usize]).collect();
        let mut best = (loss(&judged, labels, &margins), 0);
        while trees.len() < MOST_TREES && trees.len() < best.1 + PATIENCE && !stop() {
            let bag: Vec<u32> = grown.iter().copied().filter(|_| draws.random_bool(BAG)).collect();
            let features: Vec<usize> = (0..bins.len()).filter(|_| draws.random_bool(FEATURES)).collect();
            let derivatives: Vec<Derivatives> = bag
                .par_iter()
                .map(|&pair| {
                    let probability = 1.0 / (1.0 + (-margins[pair as usize]).exp());
                    let label = f64::from(u8::from(labels[pair as usize]));
                    [(probability - label) as f32, (probability * (1.0 - probability)) as f32]
                })
                .collect();
            let Some(tree) = Tree::grow(bins, &features, &bag, &derivatives) else {
                break;
            };
            margins.par_iter_mut().enumerate().for_each(|(pair, margin)| {
                *margin += f64::from(tree.leaves[tree.leaf(|feature| bins[feature][pair])]);
            });
            trees.push(tree);
            let loss = loss(&judged, labels, &margins);
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
            tree.fill_leaves(bins, 0, &mut leaves);
            for (value, &leaf) in out.iter_mut().zip(&leaves) {
                *value += tree.leaves[leaf as usize % LEAVES];
            }
        }
        out
    }
}

impl BoostedTrees {
    /// As matrices: of each tree the features and bins that it asks for, -1 past its last question, and its leaves.
    pub(super) fn learned(&self) -> Vec<NamedTensor> {
        let asked = |tree: &Tree| {
            (0..DEPTH)
                .flat_map(|level| {
                    let question = tree.questions.get(level);
                    question.map_or([-1.0; 2], |asked| [asked.feature as f32, f32::from(asked.bin)])
                })
                .collect::<Vec<f32>>()
        };
        vec![
            NamedTensor::row(PRIOR, vec![self.prior]),
            NamedTensor::new(QUESTIONS, 2 * DEPTH, self.trees.iter().flat_map(asked).collect()),
            NamedTensor::new(LEAF_VALUES, LEAVES, self.trees.iter().flat_map(|tree| tree.leaves).collect()),
        ]
    }

    /// The trees of these matrices, over so many features.
    ///
    /// # Errors
    ///
    /// One sentence when a matrix is missing or does not fit.
    pub(super) fn restore(features: usize, tensors: &mut NamedTensors) -> Result<Self, String> {
        let [prior] = tensors.take_row(PRIOR)?;
        let questions = tensors.take(QUESTIONS)?;
        if questions.columns != 2 * DEPTH {
            let found = questions.columns;
            return Err(format!("tensor '{QUESTIONS}' has {found} columns; expected {}", 2 * DEPTH));
        }
        let leaves = tensors.take_shaped(LEAF_VALUES, questions.rows, LEAVES)?;
        let all = leaves.as_chunks::<LEAVES>().0.iter();
        let asked = questions.values.chunks(2 * DEPTH);
        let tree = |(leaves, asked): (&[f32; LEAVES], &[f32])| {
            let asked = asked.as_chunks::<2>().0.iter().filter(|[feature, _]| *feature >= 0.0);
            let questions: Vec<Question> =
                asked.map(|&[feature, bin]| Question { feature: feature as usize, bin: bin as u8 }).collect();
            if let Some(question) = questions.iter().find(|question| question.feature >= features) {
                let found = question.feature;
                return Err(format!("a tree asks for feature {found}; expected one of {features}"));
            }
            Ok(Tree { questions, leaves: *leaves })
        };
        Ok(Self { prior, trees: all.zip(asked).map(tree).collect::<Result<_, String>>()? })
    }
}

/// The logistic loss over some of the pairs, in a fixed order of additions.
fn loss(judged: &[u32], labels: &[bool], margins: &[f64]) -> f64 {
    let of_pair = |&pair: &u32| {
        let margin = margins[pair as usize];
        let wrong = if labels[pair as usize] { -margin } else { margin };
        wrong.max(0.0) + (-wrong.abs()).exp().ln_1p()
    };
    let sums: Vec<f64> = judged.par_chunks(4096).map(|pairs| pairs.iter().map(of_pair).sum()).collect();
    sums.into_iter().sum()
}

impl Tree {
    /// A tree on the pairs of `bag`, whose derivatives are `[bag]`; `None` where no question lowers the loss.
    fn grow(bins: &[Vec<u8>], features: &[usize], bag: &[u32], derivatives: &[Derivatives]) -> Option<Self> {
        let mut leaf_of = vec![0u8; bag.len()];
        let mut questions = Vec::with_capacity(DEPTH);
        let whole: Vec<u32> = (0..bag.len() as u32).collect();
        let sums = |feature: usize, places: &[u32], leaf_of: &[u8]| {
            Histogram::new(&bins[feature], bag, places, leaf_of, derivatives)
        };
        let mut histograms: Vec<Histogram> =
            features.par_iter().map(|&feature| sums(feature, &whole, &leaf_of)).collect();
        for level in 0..DEPTH {
            let asked = |(histogram, &feature): (&Histogram, &usize)| {
                let (gain, bin) = histogram.best_question(1 << level)?;
                Some((gain, Question { feature, bin }))
            };
            let answers: Vec<_> = histograms.par_iter().zip(features).map(asked).collect();
            // Of equals the first, whatever thread it was found on.
            let best =
                answers.into_iter().flatten().reduce(|one, other| if other.0 > one.0 { other } else { one });
            let Some((_, question)) = best else { break };
            let answered = &bins[question.feature];
            let mut pairs_of = [0usize; LEAVES];
            for (leaf, &pair) in leaf_of.iter_mut().zip(bag) {
                *leaf |= u8::from(answered[pair as usize] > question.bin) << level;
                pairs_of[*leaf as usize] += 1;
            }
            questions.push(question);
            if level + 1 < DEPTH {
                // Only the smaller half of each leaf is summed anew: the other is what is left of the whole.
                let bit = 1 << level;
                let mut is_smaller = [false; LEAVES];
                for leaf in 0..bit {
                    let upper = pairs_of[leaf | bit] <= pairs_of[leaf];
                    is_smaller[if upper { leaf | bit } else { leaf }] = true;
                }
                let places: Vec<u32> = (0..)
                    .zip(&leaf_of)
                    .filter(|(_, leaf)| is_smaller[**leaf as usize])
                    .map(|(place, _)| place)
                    .collect();
                histograms.par_iter_mut().zip(features).for_each(|(histogram, &feature)| {
                    histogram.split(&sums(feature, &places, &leaf_of), bit, &is_smaller);
                });
            }
        }
        if questions.is_empty() {
            return None;
        }
        let mut sums = [[0.0f64; 2]; LEAVES];
        for (&leaf, &[first, second]) in leaf_of.iter().zip(derivatives) {
            sums[leaf as usize][0] += f64::from(first);
            sums[leaf as usize][1] += f64::from(second);
        }
        let leaves = sums.map(|[first, second]| (-LEARNING_RATE * first / (second + RIDGE)) as f32);
        Some(Self { questions, leaves })
    }

    /// Writes the leaf of each pair from `first` on. `bins` are `[features][pairs]`.
    pub(super) fn fill_leaves(&self, bins: &[Vec<u8>], first: usize, leaves: &mut [u8]) {
        leaves.fill(0);
        for (level, question) in self.questions.iter().enumerate() {
            for (leaf, &bin) in leaves.iter_mut().zip(&bins[question.feature][first..]) {
                *leaf |= u8::from(bin > question.bin) << level;
            }
        }
    }

    fn leaf(&self, bin: impl Fn(usize) -> u8) -> usize {
        let answers = self.questions.iter().enumerate();
        answers.map(|(level, question)| usize::from(bin(question.feature) > question.bin) << level).sum()
    }
}

/// Sums of derivatives by leaf and bin of one feature.
struct Histogram {
    /// `[LEAVES][BINS]`.
    sums: Vec<[Derivatives; BINS]>,
}

impl Histogram {
    /// The sums over the pairs at these places of the bag.
    fn new(bins: &[u8], bag: &[u32], places: &[u32], leaf_of: &[u8], derivatives: &[Derivatives]) -> Self {
        let mut sums = vec![[[0.0; 2]; BINS]; LEAVES];
        for &place in places {
            let place = place as usize;
            let [first, second] = derivatives[place];
            let sum = &mut sums[leaf_of[place] as usize % LEAVES][bins[bag[place] as usize] as usize % BINS];
            sum[0] += first;
            sum[1] += second;
        }
        Self { sums }
    }

    /// Divides each leaf below `bit` into itself and its `bit` sibling, of which `smaller` has the sums of one.
    fn split(&mut self, smaller: &Self, bit: usize, is_smaller: &[bool; LEAVES]) {
        for leaf in 0..bit {
            let (small, large) = if is_smaller[leaf | bit] { (leaf | bit, leaf) } else { (leaf, leaf | bit) };
            let mut rest = self.sums[leaf];
            for (rest, taken) in rest.iter_mut().zip(&smaller.sums[small]) {
                *rest = [rest[0] - taken[0], rest[1] - taken[1]];
            }
            self.sums[large] = rest;
            self.sums[small] = smaller.sums[small];
        }
    }

    /// By how much the best question on the first `leaves` lowers the loss, to second order and without the step size, and the
    /// bin it asks for; `None` where none does.
    fn best_question(&self, leaves: usize) -> Option<(f64, u8)> {
        let sums = &self.sums[..leaves];
        // Differences of sums may be a little below zero where they should be zero.
        let worth = |[first, second]: [f64; 2]| first * first / (second.max(0.0) + RIDGE);
        let with =
            |sum: [f64; 2], bin: &Derivatives| [sum[0] + f64::from(bin[0]), sum[1] + f64::from(bin[1])];
        let totals: Vec<[f64; 2]> = sums.iter().map(|leaf| leaf.iter().fold([0.0; 2], with)).collect();
        let before: f64 = totals.iter().map(|&total| worth(total)).sum();
        let mut below = vec![[0.0; 2]; leaves];
        let mut best = None;
        for bin in 0..BINS - 1 {
            let mut after = 0.0;
            for ((below, leaf), total) in below.iter_mut().zip(sums).zip(&totals) {
                *below = with(*below, &leaf[bin]);
                after += worth(*below) + worth([total[0] - below[0], total[1] - below[1]]);
            }
            let gain = after - before;
            if gain > best.map_or(1e-9, |(best, _)| best) {
                best = Some((gain, bin as u8));
            }
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use rand::RngExt;
    use theriac_link::stream;

    use super::*;

    /// Two features; a pair is a positive, mostly, where exactly one of them is above its middle.
    fn exclusive_or(pairs: usize) -> (Vec<Vec<f32>>, Vec<bool>) {
        let mut draws = stream(3, "exclusive or", &[]);
        let mut columns = vec![Vec::new(), Vec::new()];
        let mut labels = Vec::new();
        for _ in 0..pairs {
            let (a, b): (f32, f32) = (draws.random(), draws.random());
            columns[0].push(a);
            columns[1].push(b);
            labels.push(((a > 0.5) != (b > 0.5)) == draws.random_bool(0.95));
        }
        (columns, labels)
    }

    #[test]
    fn what_no_single_feature_tells_is_learned_from_both() {
        let (columns, labels) = exclusive_or(4000);
        let borders = Borders::new(&columns, &labels);
        let bins = borders.bins(&columns);
        let held_out: Vec<bool> = (0..labels.len()).map(|pair| pair % 4 == 0).collect();
        let pairs = TrainingPairs { bins: &bins, labels: &labels, held_out: &held_out };
        let trees = BoostedTrees::fit(&pairs, &mut stream(0, "trees", &[]), &|| false);
        let odds = trees.log_odds(&bins, labels.len());
        let right = odds.iter().zip(&labels).filter(|(odds, label)| (**odds > 0.0) == **label);
        let share = right.count() as f64 / labels.len() as f64;
        assert!(share > 0.92, "{share} of the pairs are told right; 0.95 can be");
    }

    #[test]
    fn noise_grows_no_trees_to_speak_of() {
        let (columns, _) = exclusive_or(2000);
        let mut draws = stream(4, "noise", &[]);
        let labels: Vec<bool> = (0..2000).map(|_| draws.random_bool(0.2)).collect();
        let bins = Borders::new(&columns, &labels).bins(&columns);
        let held_out: Vec<bool> = (0..labels.len()).map(|pair| pair % 4 == 0).collect();
        let pairs = TrainingPairs { bins: &bins, labels: &labels, held_out: &held_out };
        let trees = BoostedTrees::fit(&pairs, &mut stream(0, "trees", &[]), &|| false);
        let odds = trees.log_odds(&bins, labels.len());
        let prior = (0.2f32 / 0.8).ln();
        assert!(odds.iter().all(|odds| (odds - prior).abs() < 1.0), "{} trees", trees.trees.len());
    }

    /// One tree of one question, by hand: with all in the bag, the leaves are Newton's step.
    #[test]
    fn a_leaf_is_a_newton_step() {
        let bins = vec![vec![0u8, 0, 1, 1]];
        let derivatives = [[0.5, 0.25], [0.5, 0.25], [-0.5, 0.25], [-0.5, 0.25]];
        let tree = Tree::grow(&bins, &[0], &[0, 1, 2, 3], &derivatives).unwrap();
        assert_eq!((tree.questions[0].feature, tree.questions[0].bin), (0, 0));
        let step = (LEARNING_RATE * 1.0 / (0.5 + RIDGE)) as f32;
        let leaf = |bin: u8| tree.leaves[tree.leaf(|_| bin)];
        assert!((leaf(0) + step).abs() < 1e-6 && (leaf(1) - step).abs() < 1e-6);
    }
}
