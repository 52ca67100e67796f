//! AdamW as one pass over each parameter.

use burn::tensor::{Gradients, Tensor};

use crate::kernels::AdamStep;
use crate::ops::adam;
use crate::parameters::floats;

/// AdamW (Loshchilov and Hutter 2019; without decay it is Adam, Kingma and Ba 2015) with PyTorch's defaults (epsilon 1e-8,
/// added after the root), each parameter updated in one pass over memory and in place.
#[derive(Clone, Debug)]
pub struct AdamW {
    /// Decay of the first moment.
    pub beta_1: f32,
    /// Decay of the second moment.
    pub beta_2: f32,
    /// Added to the root of the second moment.
    pub epsilon: f32,
    /// Share of a parameter that a step of learning rate 1 takes away.
    pub weight_decay: f32,
    /// The greatest norm of all gradients together; greater ones are scaled down to it.
    pub clip: Option<f32>,
    /// Steps taken.
    pub steps: u32,
    /// First and second moment of each parameter, once there are any.
    pub moments: Vec<Option<(Tensor<2>, Tensor<2>)>>,
}

impl Default for AdamW {
    fn default() -> Self {
        Self {
            beta_1: 0.9,
            beta_2: 0.999,
            epsilon: 1e-8,
            weight_decay: 0.0,
            clip: None,
            steps: 0,
            moments: Vec::new(),
        }
    }
}

impl AdamW {
    /// Moves parameters against their gradients at a learning rate. A parameter without a gradient stays.
    pub fn step(&mut self, rate: f64, parameters: &mut [Tensor<2>], gradients: &Gradients) {
        self.steps += 1;
        self.moments.resize(parameters.len(), None);
        let found: Vec<Option<Tensor<2>>> =
            parameters.iter().map(|parameter| parameter.grad(gradients)).collect();
        let scale = self.clip.and_then(|limit| {
            let square: f64 = found.iter().flatten().map(|gradient| square_norm(gradient.clone())).sum();
            let norm = square.sqrt() as f32;
            (norm > limit).then(|| limit / norm)
        });
        let steps = f64::from(self.steps);
        let step = AdamStep {
            beta_1: self.beta_1,
            beta_2: self.beta_2,
            epsilon: self.epsilon,
            rate: (rate / (1.0 - f64::from(self.beta_1).powf(steps))) as f32,
            root_correction: (1.0 / (1.0 - f64::from(self.beta_2).powf(steps)).sqrt()) as f32,
            keep: 1.0 - rate as f32 * self.weight_decay,
            gradient_scale: scale.unwrap_or(1.0),
        };
        for ((parameter, gradient), moments) in parameters.iter_mut().zip(found).zip(&mut self.moments) {
            let Some(gradient) = gradient else { continue };
            let (first, second) =
                moments.take().unwrap_or_else(|| (gradient.zeros_like(), gradient.zeros_like()));
            // The old value is given up, so that the update can be in place.
            let old = std::mem::replace(parameter, Tensor::empty([0, 0], &gradient.device())).inner();
            let (new, first, second) = adam(old, gradient, first, second, step);
            *moments = Some((first, second));
            *parameter = Tensor::from_inner(new).require_grad();
        }
    }
}

fn square_norm(gradient: Tensor<2>) -> f64 {
    // In blocks, so that the sum of many small squares keeps its digits.
    floats(gradient).chunks(4096).map(|block| f64::from(block.iter().map(|g| g * g).sum::<f32>())).sum()
}
