//! Adam as one pass over each parameter.

use burn::optim::{AdaptiveMomentumState, LearningRate, Optimizer};
use burn::tensor::{Device, Tensor};

use crate::kernels::AdamStep;
use crate::ops::adam;

/// Adam (Kingma and Ba 2015) with PyTorch's defaults (epsilon 1e-8, added after the root), each parameter updated in one
/// pass over memory and in place, where burn's own makes a pass and a tensor per operation.
#[derive(Clone, Debug)]
pub struct FusedAdam {
    /// Decay of the first moment.
    pub beta_1: f32,
    /// Decay of the second moment.
    pub beta_2: f32,
    /// Added to the root of the second moment.
    pub epsilon: f32,
}

impl Default for FusedAdam {
    fn default() -> Self {
        Self { beta_1: 0.9, beta_2: 0.999, epsilon: 1e-8 }
    }
}

impl Optimizer for FusedAdam {
    type State<const D: usize> = AdaptiveMomentumState<D>;

    fn step<const D: usize>(
        &self,
        rate: LearningRate,
        parameter: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<Self::State<D>>,
    ) -> (Tensor<D>, Option<Self::State<D>>) {
        let AdaptiveMomentumState { time, moment_1, moment_2, max_moment_2 } = state
            .unwrap_or_else(|| AdaptiveMomentumState::new(0, gradient.zeros_like(), gradient.zeros_like()));
        let time = time + 1;
        let steps = time as f64;
        let step = AdamStep {
            beta_1: self.beta_1,
            beta_2: self.beta_2,
            epsilon: self.epsilon,
            rate: (rate / (1.0 - f64::from(self.beta_1).powf(steps))) as f32,
            root_correction: (1.0 / (1.0 - f64::from(self.beta_2).powf(steps)).sqrt()) as f32,
        };
        let (parameter, moment_1, moment_2) = adam(parameter, gradient, moment_1, moment_2, step);
        (parameter, Some(AdaptiveMomentumState { time, moment_1, moment_2, max_moment_2 }))
    }

    fn to_device<const D: usize>(state: Self::State<D>, device: &Device) -> Self::State<D> {
        AdaptiveMomentumState {
            moment_1: state.moment_1.to_device(device),
            moment_2: state.moment_2.to_device(device),
            ..state
        }
    }
}
