//! How the learning rate changes over a training.

use serde::{Deserialize, Serialize};

/// Share of the steps in which the one-cycle schedule rises, as in PyTorch.
const ONE_CYCLE_RISE: f64 = 0.3;
/// What the one-cycle schedule begins with, as a share of its greatest rate, as in PyTorch.
const ONE_CYCLE_START: f64 = 1.0 / 25.0;

/// How the learning rate changes over the steps of a training.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// Not at all.
    Constant,
    /// Down half a cosine to 0 (Loshchilov and Hutter 2017).
    Cosine,
    /// Up half a cosine over the first 30 % of the steps, then down another to almost 0 (Smith and Topin 2019).
    OneCycle,
}

impl Schedule {
    /// What the greatest rate is multiplied by at a step of so many, counted from 0; the rate rises in a line over the
    /// first `warmup` of the steps, from which the schedule counts.
    pub fn factor(self, step: usize, steps: usize, warmup: f64) -> f64 {
        let rise = warmup * steps as f64;
        let step = step as f64;
        if step < rise {
            return (step + 1.0) / (rise + 1.0);
        }
        let progress = (step - rise) / (steps as f64 - rise).max(1.0);
        let down = |progress: f64| 0.5 * (1.0 + (std::f64::consts::PI * progress.min(1.0)).cos());
        match self {
            Self::Constant => 1.0,
            Self::Cosine => down(progress),
            Self::OneCycle if progress < ONE_CYCLE_RISE => {
                ONE_CYCLE_START + (1.0 - ONE_CYCLE_START) * (1.0 - down(progress / ONE_CYCLE_RISE))
            }
            Self::OneCycle => down((progress - ONE_CYCLE_RISE) / (1.0 - ONE_CYCLE_RISE)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_rise_and_fall_as_they_should() {
        let close =
            |found: f64, expected: f64| assert!((found - expected).abs() < 1e-12, "{found} for {expected}");
        close(Schedule::Constant.factor(7, 10, 0.0), 1.0);
        close(Schedule::Cosine.factor(0, 10, 0.0), 1.0);
        close(Schedule::Cosine.factor(5, 10, 0.0), 0.5);
        close(Schedule::OneCycle.factor(0, 10, 0.0), 0.04);
        close(Schedule::OneCycle.factor(3, 10, 0.0), 1.0);
        // A third of the way down.
        let third = 0.5 * (1.0 + (std::f64::consts::PI * 2.0 / 7.0).cos());
        close(Schedule::OneCycle.factor(5, 10, 0.0), third);
        // Four steps rise: 1/5, 2/5, 3/5, 4/5, then all.
        close(Schedule::Constant.factor(1, 10, 0.4), 0.4);
        close(Schedule::Constant.factor(4, 10, 0.4), 1.0);
        close(Schedule::Cosine.factor(7, 10, 0.4), 0.5);
    }
}
