//! Adam over a parameter table in one pass.

use rayon::prelude::*;

use crate::kernels::simd::{Level, multiversion};

/// Elements that one task updates.
const CHUNK: usize = 16 * 1024;

/// The constants of one Adam step (Kingma and Ba, "Adam: a method for stochastic optimization", 2015), with the bias
/// corrections of this step folded in as PyTorch does.
#[derive(Clone, Copy, Debug)]
pub struct AdamStep {
    /// Decay of the first moment.
    pub beta_1: f32,
    /// Decay of the second moment.
    pub beta_2: f32,
    /// Added to the root of the second moment.
    pub epsilon: f32,
    /// Learning rate over `1 - beta_1^t`.
    pub rate: f32,
    /// `1 / sqrt(1 - beta_2^t)`.
    pub root_correction: f32,
    /// What is left of a parameter before the step: 1 less learning rate times weight decay.
    pub keep: f32,
    /// What gradients are multiplied by.
    pub gradient_scale: f32,
}

multiversion! {
    fn update(step: AdamStep, parameter: &mut [f32], gradient: &[f32], first: &mut [f32], second: &mut [f32]) {
        let moments = first.iter_mut().zip(second.iter_mut());
        for ((parameter, gradient), (first, second)) in parameter.iter_mut().zip(gradient).zip(moments) {
            let gradient = step.gradient_scale * gradient;
            *first = step.beta_1 * *first + (1.0 - step.beta_1) * gradient;
            *second = step.beta_2 * *second + (1.0 - step.beta_2) * gradient * gradient;
            *parameter = step.keep * *parameter - step.rate * *first / (second.sqrt() * step.root_correction + step.epsilon);
        }
    }
}

/// Updates a parameter and its two moments in place; all slices have one length.
pub fn adam(step: AdamStep, parameter: &mut [f32], gradient: &[f32], first: &mut [f32], second: &mut [f32]) {
    let level = Level::detect();
    parameter
        .par_chunks_mut(CHUNK)
        .zip(gradient.par_chunks(CHUNK))
        .zip(first.par_chunks_mut(CHUNK).zip(second.par_chunks_mut(CHUNK)))
        .for_each(|((parameter, gradient), (first, second))| {
            update(level, step, parameter, gradient, first, second);
        });
}
