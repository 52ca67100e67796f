//! Losses over pair scores.

use burn::tensor::{Tensor, activation};

/// The mean binary cross-entropy of logits `[pairs]` against labels `[pairs]` in 0 to 1.
///
/// Written as `(1 - y) x - log_sigmoid(x)`, which does not overflow and has no kink.
pub fn binary_cross_entropy_with_logits(logits: Tensor<1>, labels: Tensor<1>) -> Tensor<1> {
    let negatives = labels.neg() + 1.0;
    (negatives * logits.clone() - activation::log_sigmoid(logits)).mean()
}
