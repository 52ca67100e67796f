//! Losses over pair scores.

use burn::tensor::{Tensor, activation};

/// The mean binary cross-entropy of logits `[pairs]` against labels `[pairs]` in 0 to 1.
///
/// Written as `max(x, 0) - x y + log(1 + exp(-|x|))`, which does not overflow.
pub fn binary_cross_entropy_with_logits(logits: Tensor<1>, labels: Tensor<1>) -> Tensor<1> {
    let tail = (logits.clone().abs().neg().exp() + 1.0).log();
    (activation::relu(logits.clone()) - logits * labels + tail).mean()
}
