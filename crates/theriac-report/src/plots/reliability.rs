//! Reliability diagrams.

use super::panel::{Mark, Panel, Side};
use super::scale::{Axis, extent};
use crate::page::{Calibration, Reliability};
use crate::palette::{Ink, ink_of};

/// The highest share, predicted, observed or the base rate, that any scorer's diagram has to hold: all share one scale.
pub fn most_predicted(calibration: &Calibration) -> Option<f64> {
    let bins = calibration.scorers.iter().flat_map(|scorer| &scorer.bins);
    let values = bins.flat_map(|bin| {
        let high = bin.interval.map_or(bin.observed, |interval| interval.high);
        [bin.predicted, bin.observed, high]
    });
    extent(values.chain(calibration.base_rate)).map(|(_, most)| most.min(1.0))
}

/// Observed over predicted share, up to `most` on both axes, with the diagonal of perfect calibration.
pub fn reliability(
    scorer: &Reliability,
    base_rate: Option<f64>,
    most: f64,
    highlighted: &[String],
) -> Option<Panel> {
    let bins: Vec<_> = scorer
        .bins
        .iter()
        .filter(|bin| bin.pairs > 0 && bin.predicted.is_finite() && bin.observed.is_finite())
        .collect();
    if bins.is_empty() {
        return None;
    }
    let x = Axis::linear("Predicted probability", 0.0, most, 5);
    let y = Axis::linear("Observed share of positives", 0.0, most, 5);
    let end = x.high;
    let mut marks = vec![Mark::Line { points: vec![(0.0, 0.0), (end, end)], ink: Ink::Muted, width: 1.0 }];
    if let Some(rate) = base_rate.filter(|rate| rate.is_finite()) {
        marks.push(Mark::Line { points: vec![(0.0, rate), (end, rate)], ink: Ink::Muted, width: 0.7 });
        // At the end that is further from the diagonal.
        let (x, side) = if rate < end / 2.0 { (end, Side::Left) } else { (0.0, Side::Right) };
        let text = "base rate".into();
        marks.push(Mark::Word { at: (x, rate), text, ink: Ink::Muted, side, rise: 9.0 });
    }
    let ink = match ink_of(highlighted, &scorer.scorer) {
        Ink::Series(place) => Ink::Series(place),
        _ => Ink::Muted,
    };
    let points = bins.iter().map(|bin| (bin.predicted, bin.observed)).collect();
    marks.push(Mark::Line { points, ink, width: 1.6 });
    for bin in bins {
        if let Some(interval) = bin.interval {
            let ends = vec![(bin.predicted, interval.low.max(0.0)), (bin.predicted, interval.high.min(end))];
            marks.push(Mark::Line { points: ends, ink, width: 1.2 });
        }
        marks.push(Mark::Marker { at: (bin.predicted, bin.observed), ink });
    }
    let title = format!("Reliability of {}: observed share over predicted probability", scorer.scorer);
    Some(Panel { title, width: 360.0, height: 350.0, x, y, rows: false, right_letters: 0, marks })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::{Interval, ReliabilityBin};

    fn scorer() -> Reliability {
        let bin = |predicted, observed| ReliabilityBin {
            predicted,
            observed,
            interval: Some(Interval { low: observed - 0.1, high: observed + 0.15 }),
            pairs: 10,
        };
        Reliability {
            scorer: "a".into(),
            bins: vec![bin(0.1, 0.05), bin(0.3, 0.4)],
            ..Reliability::default()
        }
    }

    #[test]
    fn the_scale_holds_every_interval() {
        let calibration = Calibration { base_rate: Some(0.1), scorers: vec![scorer()] };
        let most = most_predicted(&calibration).unwrap();
        assert!((most - 0.55).abs() < 1e-12);
        let higher = Calibration { base_rate: Some(0.7), ..calibration };
        assert_eq!(most_predicted(&higher), Some(0.7));
        let panel = reliability(&scorer(), Some(0.1), most, &[]).unwrap();
        assert_eq!((panel.x.low, panel.x.high), (panel.y.low, panel.y.high));
        assert!(panel.y.high >= most);
    }

    #[test]
    fn bins_without_pairs_are_not_drawn() {
        let mut empty = scorer();
        for bin in &mut empty.bins {
            bin.pairs = 0;
        }
        assert!(reliability(&empty, None, 1.0, &[]).is_none());
    }
}
