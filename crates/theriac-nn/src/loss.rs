//! Losses over the logits of positive pairs and their negatives.

use burn::tensor::{Tensor, activation};
use serde::{Deserialize, Serialize};

/// What training lowers. Every positive pair stands against its own negatives: logits `[positives]` against `[positives,
/// negatives]`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Loss {
    /// Binary cross-entropy of every pair by itself.
    CrossEntropy,
    /// The positive among its negatives, with each logit corrected by how likely its pair was to be drawn (sampled softmax,
    /// Bengio and Senecal 2008).
    SampledSoftmax,
    /// The positive among its negatives at a temperature (InfoNCE, van den Oord et al. 2018).
    InfoNce {
        /// What logits are divided by.
        temperature: f32,
    },
    /// The log-odds that the positive is ahead of a negative (BPR, Rendle et al. 2009).
    Bpr,
    /// How much less than a margin the positive is ahead of a negative.
    Margin {
        /// The margin, in logits.
        margin: f32,
    },
    /// Squared errors over the whole matrix, no negative sampled: 1 is wanted of known pairs, 0 of all others, which weigh less
    /// (Hu et al. 2008; Chen et al. 2020).
    WholeMatrix {
        /// What an unknown pair weighs beside a known one.
        unknown_weight: f32,
    },
}

impl Loss {
    /// Whether negatives belong to positives, so that there must be as many for each.
    pub fn is_ranking(self) -> bool {
        !matches!(self, Self::CrossEntropy | Self::WholeMatrix { .. })
    }

    /// The mean loss over all positives with their negatives. `log_odds` are the logarithms of how often each negative was
    /// expected to be drawn, where the loss corrects for it: `[positives, negatives]`.
    ///
    /// # Panics
    ///
    /// Of the loss over the whole matrix, which has no negatives: see [`whole_matrix`].
    pub fn of_negatives(
        self,
        positives: Tensor<1>,
        negatives: Tensor<2>,
        log_odds: Option<Tensor<2>>,
    ) -> Tensor<1> {
        let column = positives.unsqueeze_dim::<2>(1);
        match self {
            Self::CrossEntropy | Self::WholeMatrix { .. } => {
                unreachable!("this loss takes pairs one by one or all at once")
            }
            Self::SampledSoftmax => first_of(
                column,
                match log_odds {
                    Some(log_odds) => negatives - log_odds,
                    None => negatives,
                },
            ),
            Self::InfoNce { temperature } => first_of(column / temperature, negatives / temperature),
            Self::Bpr => activation::log_sigmoid(column - negatives).mean().neg(),
            Self::Margin { margin } => activation::relu(negatives - column + margin).mean(),
        }
    }
}

/// The mean cross-entropy of the first column among all: `[rows, 1]` and `[rows, others]`.
fn first_of(first: Tensor<2>, others: Tensor<2>) -> Tensor<1> {
    let all = Tensor::cat(vec![first, others], 1);
    activation::log_softmax(all, 1).narrow(1, 0, 1).mean().neg()
}

/// The mean binary cross-entropy of logits `[pairs]` against labels `[pairs]` in 0 to 1.
///
/// Written as `(1 - y) x - log_sigmoid(x)`, which does not overflow and has no kink.
pub fn binary_cross_entropy_with_logits(logits: Tensor<1>, labels: Tensor<1>) -> Tensor<1> {
    let negatives = labels.neg() + 1.0;
    (negatives * logits.clone() - activation::log_sigmoid(logits)).mean()
}

/// The squared error over all pairs of two tables whose dot products are the logits, `[sources, width]` and `[targets,
/// width]`, given the logits of the known pairs `[positives]`; the sum over all pairs, over the number of known ones.
///
/// The sum over unknown pairs is that over all pairs, which is the sum of the product of both Gram matrices, less that over
/// known ones: no pair has to be looked at (Hu et al. 2008).
pub fn whole_matrix(
    sources: Tensor<2>,
    targets: Tensor<2>,
    known: Tensor<1>,
    unknown_weight: f32,
) -> Tensor<1> {
    let count = known.dims()[0] as f32;
    let gram = |table: Tensor<2>| table.clone().transpose().matmul(table);
    let all = (gram(sources) * gram(targets)).sum() * unknown_weight;
    let errors = known.clone() - 1.0;
    let of_known = (errors.clone() * errors - known.clone() * known * unknown_weight).sum();
    (all + of_known) / count
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, TensorData};

    use super::*;
    use crate::parameters::floats;

    fn check(loss: Tensor<1>, expected: f64) {
        let found = f64::from(floats(loss)[0]);
        assert!((found - expected).abs() < 1e-5, "{found} for {expected}");
    }

    #[test]
    fn losses_over_negatives_are_as_by_hand() {
        let device = Device::flex();
        let positives = || Tensor::<1>::from_data([1.0f32, -1.0], &device);
        let negatives = || Tensor::<2>::from_data([[0.0f32, 2.0], [-1.0, 0.5]], &device);
        let differences = [1.0f64, -1.0, 0.0, -1.5];
        let mean = |f: &dyn Fn(f64) -> f64| differences.iter().map(|d| f(*d)).sum::<f64>() / 4.0;
        check(Loss::Bpr.of_negatives(positives(), negatives(), None), mean(&|d| (1.0 + (-d).exp()).ln()));
        let margin = Loss::Margin { margin: 0.5 };
        check(margin.of_negatives(positives(), negatives(), None), mean(&|d| (0.5 - d).max(0.0)));
        let softmax = |scale: f64| {
            let row = |d: [f64; 2]| (1.0 + (-d[0] * scale).exp() + (-d[1] * scale).exp()).ln();
            f64::midpoint(row([1.0, -1.0]), row([0.0, -1.5]))
        };
        let sampled = Loss::SampledSoftmax;
        check(sampled.of_negatives(positives(), negatives(), None), softmax(1.0));
        let half = Tensor::<2>::full([2, 2], 0.5, &device);
        let moved = |d: [f64; 2]| (1.0 + (-d[0] - 0.5).exp() + (-d[1] - 0.5).exp()).ln();
        let expected = f64::midpoint(moved([1.0, -1.0]), moved([0.0, -1.5]));
        check(sampled.of_negatives(positives(), negatives(), Some(half)), expected);
        let info = Loss::InfoNce { temperature: 0.5 };
        check(info.of_negatives(positives(), negatives(), None), softmax(2.0));
    }

    #[test]
    fn cross_entropy_is_as_by_hand() {
        let device = Device::flex();
        let logits = Tensor::<1>::from_data([2.0f32, -3.0], &device);
        let labels = Tensor::<1>::from_data([1.0f32, 0.0], &device);
        let expected = f64::midpoint((1.0 + (-2.0f64).exp()).ln(), (1.0 + (-3.0f64).exp()).ln());
        check(binary_cross_entropy_with_logits(logits, labels), expected);
    }

    #[test]
    fn the_whole_matrix_is_summed_without_looking_at_pairs() {
        let device = Device::flex();
        let (sources, targets) = ([[1.0f32, 0.5], [-1.0, 2.0]], [[0.5f32, 1.0], [0.0, 1.0], [2.0, -1.0]]);
        let known = [(0usize, 1usize), (1, 0), (1, 2)];
        let logit = |s: usize, t: usize| sources[s][0] * targets[t][0] + sources[s][1] * targets[t][1];
        let mut expected = 0.0;
        for s in 0..2 {
            for t in 0..3 {
                let error = if known.contains(&(s, t)) {
                    (logit(s, t) - 1.0).powi(2)
                } else {
                    0.1 * logit(s, t).powi(2)
                };
                expected += f64::from(error) / 3.0;
            }
        }
        let logits: Vec<f32> = known.iter().map(|&(s, t)| logit(s, t)).collect();
        let known = Tensor::from_data(TensorData::new(logits, [3]), &device);
        let table =
            |rows: &[[f32; 2]]| Tensor::from_data(TensorData::new(rows.concat(), [rows.len(), 2]), &device);
        check(whole_matrix(table(&sources), table(&targets), known, 0.1), expected);
    }
}
