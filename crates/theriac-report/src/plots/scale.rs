//! Axes: how values become places, and where ticks stand.

use crate::number;

/// A tick of an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// Where it stands, as a place of the axis.
    pub at: f64,
    /// What is written at it.
    pub label: String,
    /// A second, fainter line of it.
    pub note: Option<String>,
}

/// How a value becomes a place on the axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The value itself.
    Linear,
    /// Its decadic logarithm.
    Log,
}

/// An axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// What it measures.
    pub label: String,
    /// The place where it begins.
    pub low: f64,
    /// The place where it ends.
    pub high: f64,
    /// Its ticks, in order.
    pub ticks: Vec<Tick>,
    kind: Kind,
}

impl Axis {
    /// An axis from at most `low` to at least `high`, with round ends and about `count` steps.
    pub fn linear(label: &str, low: f64, high: f64, count: usize) -> Self {
        let (low, high) = widened(low, high);
        let step = round_step((high - low) / count.max(1) as f64);
        let decimals = (-step.log10().floor()).max(0.0) as usize;
        // A little slack, so that an end that is a tick but for rounding stays the end.
        let first = (low / step + 1e-9).floor();
        let last = (high / step - 1e-9).ceil();
        let ticks = (0..=(last - first) as usize)
            .map(|place| (first + place as f64) * step)
            .map(|at| Tick { at, label: number::fixed(at, decimals), note: None })
            .collect();
        Self { label: label.into(), low: first * step, high: last * step, ticks, kind: Kind::Linear }
    }

    /// A linear axis that holds all of `values`; `None` when none is finite.
    pub fn around(label: &str, values: impl IntoIterator<Item = f64>, count: usize) -> Option<Self> {
        let (low, high) = extent(values)?;
        Some(Self::linear(label, low, high, count))
    }

    /// A logarithmic axis from `low` to `high`, both positive, with ticks at powers of ten, and at twice and five times those
    /// where there is room.
    pub fn log(label: &str, low: f64, high: f64) -> Self {
        let low = low.max(f64::MIN_POSITIVE);
        let high = if high > low { high } else { low * 10.0 };
        let (first, last) = (low.log10(), high.log10());
        let leads: &[f64] = if last - first <= 3.0 { &[1.0, 2.0, 5.0] } else { &[1.0] };
        let ticks = (first.floor() as i32..=last.ceil() as i32)
            .flat_map(|power| leads.iter().map(move |lead| lead * 10_f64.powi(power)))
            .filter(|value| (low * 0.999..=high * 1.001).contains(value))
            .map(|value| {
                let label =
                    if value >= 1.0 { number::count(value.round() as u64) } else { format!("{value}") };
                Tick { at: value.log10(), label, note: None }
            })
            .collect();
        Self { label: label.into(), low: first, high: last, ticks, kind: Kind::Log }
    }

    /// An axis of `labels` with fainter notes, the first at place 0, half a step of room at either end.
    pub fn categories(label: &str, labels: impl IntoIterator<Item = (String, Option<String>)>) -> Self {
        let ticks: Vec<Tick> = labels
            .into_iter()
            .enumerate()
            .map(|(place, (label, note))| Tick { at: place as f64, label, note })
            .collect();
        let high = ticks.len() as f64 - 0.5;
        Self { label: label.into(), low: -0.5, high, ticks, kind: Kind::Linear }
    }

    /// The same axis the other way round: rows are read from the top.
    pub fn reversed(mut self) -> Self {
        (self.low, self.high) = (self.high, self.low);
        self
    }

    /// Where `value` stands; `None` where it cannot be drawn.
    pub fn place(&self, value: f64) -> Option<f64> {
        let place = match self.kind {
            Kind::Linear => value,
            Kind::Log if value > 0.0 => value.log10(),
            Kind::Log => return None,
        };
        place.is_finite().then_some(place)
    }
}

/// The smallest and the largest of the finite `values`.
pub fn extent(values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    values.into_iter().filter(|value| value.is_finite()).fold(None, |ends, value| match ends {
        None => Some((value, value)),
        Some((low, high)) => Some((f64::min(low, value), f64::max(high, value))),
    })
}

/// Ends that differ: one value alone gets some room on both sides.
fn widened(low: f64, high: f64) -> (f64, f64) {
    if high - low > 1e-9 * low.abs().max(high.abs()) {
        return (low, high);
    }
    let room = if low == 0.0 { 1.0 } else { 0.1 * low.abs() };
    (low - room, high + room)
}

/// The least of 1, 2, 5 times a power of ten that is at least `step`.
fn round_step(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    let lead = step / power;
    let round = [1.0, 2.0, 5.0].into_iter().find(|&round| lead <= round + 1e-9).unwrap_or(10.0);
    round * power
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|tick| tick.label.as_str()).collect()
    }

    #[test]
    fn linear_ticks_are_round_and_hold_the_range() {
        let axis = Axis::linear("x", 0.0, 1.0, 5);
        assert_eq!(labels(&axis), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!((axis.low, axis.high), (0.0, 1.0));
        let axis = Axis::linear("x", 0.313, 0.487, 4);
        assert_eq!(labels(&axis), ["0.30", "0.35", "0.40", "0.45", "0.50"]);
        let axis = Axis::linear("x", -3.0, 12.0, 4);
        assert_eq!(labels(&axis), ["−5", "0", "5", "10", "15"]);
    }

    #[test]
    fn one_value_alone_gets_an_axis() {
        for value in [0.0, 0.4, -7.0] {
            let axis = Axis::linear("x", value, value, 4);
            assert!(axis.low < value && value < axis.high);
            assert!(axis.ticks.len() >= 3);
        }
    }

    #[test]
    fn values_that_are_not_finite_do_not_move_the_axis() {
        let axis = Axis::around("x", [f64::NAN, 0.2, f64::INFINITY, 0.4], 4).unwrap();
        assert_eq!((axis.low, axis.high), (0.2, 0.4));
        assert_eq!(Axis::around("x", [f64::NAN], 4), None);
        assert_eq!(axis.place(f64::NAN), None);
    }

    #[test]
    fn log_ticks_thin_out_over_many_decades() {
        assert_eq!(labels(&Axis::log("k", 1.0, 100.0)), ["1", "2", "5", "10", "20", "50", "100"]);
        assert_eq!(labels(&Axis::log("k", 1.0, 5000.0)), ["1", "10", "100", "1,000"]);
        assert_eq!(Axis::log("k", 1.0, 100.0).place(10.0), Some(1.0));
        assert_eq!(Axis::log("k", 1.0, 100.0).place(0.0), None);
    }

    #[test]
    fn categories_have_room_at_the_ends() {
        let axis = Axis::categories("x", ["a", "b"].map(|label| (label.into(), None)));
        assert_eq!((axis.low, axis.high), (-0.5, 1.5));
        let axis = axis.reversed();
        assert_eq!((axis.low, axis.high), (1.5, -0.5));
    }
}
