//! Plots of lines: curves over thresholds and list lengths, losses over epochs.

use super::panel::{Mark, Panel, Side};
use super::scale::{Axis, extent};
use crate::page::{Curve, Curves, Epoch, Training};
use crate::palette::{Ink, ink_of};

/// Side of a plot with one scorer's curve beside the others', in pixels.
const SIDE: f64 = 480.0;

/// A line of a scorer.
pub struct Series {
    /// Name of the scorer.
    pub scorer: String,
    /// What it is drawn in.
    pub ink: Ink,
    /// The points that can be drawn.
    pub points: Vec<(f64, f64)>,
}

/// The lines that can be drawn: grey ones first, so that they lie below, then the highlighted, the most important last.
pub fn drawable<'a>(
    lines: impl IntoIterator<Item = (&'a str, Vec<(f64, f64)>)>,
    highlighted: &[String],
) -> Vec<Series> {
    let mut series: Vec<Series> = lines
        .into_iter()
        .map(|(scorer, points)| Series {
            scorer: scorer.into(),
            ink: ink_of(highlighted, scorer),
            points: points.into_iter().filter(|(x, y)| x.is_finite() && y.is_finite()).collect(),
        })
        .filter(|series| !series.points.is_empty())
        .collect();
    series.sort_by_key(|series| match series.ink {
        Ink::Series(place) => usize::MAX - place,
        _ => 0,
    });
    series
}

fn curves<'a>(curves: &'a [Curve], highlighted: &[String]) -> Vec<Series> {
    let lines = curves.iter().map(|curve: &'a Curve| (curve.scorer.as_str(), curve.points.clone()));
    drawable(lines, highlighted)
}

/// The line of a scorer, with markers if it is highlighted: at every point of a few, else at four that differ from scorer to scorer.
pub fn push_series(marks: &mut Vec<Mark>, series: &Series) {
    let place = match series.ink {
        Ink::Series(place) => Some(place),
        _ => None,
    };
    let width = if place.is_some() { 2.0 } else { 1.2 };
    marks.push(Mark::Line { points: series.points.clone(), ink: series.ink, width });
    let Some(place) = place else { return };
    let count = series.points.len();
    if count <= 12 {
        marks.extend(series.points.iter().map(|&at| Mark::Marker { at, ink: series.ink }));
        return;
    }
    let offset = 0.2 + 0.1 * place as f64;
    marks.extend((0..4).map(|mark| {
        let share = (f64::from(mark) + offset) / 4.0;
        let at = series.points[(share * count as f64) as usize % count];
        Mark::Marker { at, ink: series.ink }
    }));
}

fn panel(title: &str, width: f64, height: f64, x: Axis, y: Axis) -> Panel {
    Panel { title: title.into(), width, height, x, y, rows: false, right_letters: 0, marks: Vec::new() }
}

/// True positive rate over false positive rate, with the diagonal of chance.
pub fn roc(data: &Curves, highlighted: &[String]) -> Option<Panel> {
    let series = curves(&data.roc, highlighted);
    if series.is_empty() {
        return None;
    }
    let x = Axis::linear("False positive rate", 0.0, 1.0, 5);
    let y = Axis::linear("True positive rate", 0.0, 1.0, 5);
    let title = "ROC curves: true positive rate over false positive rate, one line a scorer";
    let mut panel = panel(title, SIDE, SIDE, x, y);
    panel.marks.push(Mark::Line { points: vec![(0.0, 0.0), (1.0, 1.0)], ink: Ink::Muted, width: 1.0 });
    panel.marks.push(Mark::Word {
        at: (0.86, 0.86),
        text: "chance".into(),
        ink: Ink::Muted,
        side: Side::Right,
        rise: -14.0,
    });
    for series in &series {
        push_series(&mut panel.marks, series);
    }
    Some(panel)
}

/// Precision over recall, with the prevalence as the line of chance.
pub fn precision_recall(data: &Curves, highlighted: &[String]) -> Option<Panel> {
    let series = curves(&data.precision_recall, highlighted);
    let (_, most) = extent(series.iter().flat_map(|series| &series.points).map(|point| point.1))?;
    let x = Axis::linear("Recall", 0.0, 1.0, 5);
    let y = Axis::linear("Precision", 0.0, most.max(data.prevalence.unwrap_or(0.0)), 5);
    let title = "Precision-recall curves: precision over recall, one line a scorer";
    let mut panel = panel(title, SIDE, SIDE, x, y);
    if let Some(prevalence) = data.prevalence.filter(|prevalence| prevalence.is_finite()) {
        panel.marks.push(Mark::Line {
            points: vec![(0.0, prevalence), (1.0, prevalence)],
            ink: Ink::Muted,
            width: 1.0,
        });
    }
    for series in &series {
        push_series(&mut panel.marks, series);
    }
    Some(panel)
}

/// Share of hits over the length of the list.
pub fn hits(data: &Curves, highlighted: &[String]) -> Option<Panel> {
    let series = curves(&data.hits, highlighted);
    let (least, longest) = extent(
        series.iter().flat_map(|series| &series.points).map(|point| point.0).filter(|&length| length > 0.0),
    )?;
    let (_, most) = extent(series.iter().flat_map(|series| &series.points).map(|point| point.1))?;
    let x = Axis::log("Length of the list, k", least, longest);
    let y = Axis::linear("Share of true sources in the first k", 0.0, most, 5);
    let title = "Ranking curves: share of true sources in the first k places over k, one line a scorer";
    let mut panel = panel(title, SIDE, 400.0, x, y);
    for series in &series {
        push_series(&mut panel.marks, series);
    }
    Some(panel)
}

/// Training loss by epoch.
pub fn loss(training: &Training, highlighted: &[String]) -> Option<Panel> {
    let title = format!("Training loss of {} by epoch", training.scorer);
    epochs(training, highlighted, "Training loss", &title, |epoch| Some(epoch.loss))
}

/// Validation figure by epoch.
pub fn validation(training: &Training, highlighted: &[String]) -> Option<Panel> {
    let title = format!("{} of {} by epoch", training.validation_label, training.scorer);
    epochs(training, highlighted, &training.validation_label, &title, |epoch| epoch.validation)
}

fn epochs(
    training: &Training,
    highlighted: &[String],
    label: &str,
    title: &str,
    figure: impl Fn(&Epoch) -> Option<f64>,
) -> Option<Panel> {
    let points: Vec<(f64, f64)> = training
        .epochs
        .iter()
        .filter_map(|epoch| Some((epoch.epoch as f64, figure(epoch).filter(|value| value.is_finite())?)))
        .collect();
    let (first, last) = extent(training.epochs.iter().map(|epoch| epoch.epoch as f64))?;
    let y = Axis::around(label, points.iter().map(|point| point.1), 4)?;
    let x = Axis::linear("Epoch", first.min(0.0), last, 5);
    let mut panel = panel(title, SIDE, 290.0, x, y);
    if let Some(kept) = training.kept {
        let kept = kept as f64;
        let (low, high) = (panel.y.low, panel.y.high);
        panel.marks.push(Mark::Line { points: vec![(kept, low), (kept, high)], ink: Ink::Muted, width: 1.0 });
        panel.marks.push(Mark::Word {
            at: (kept, high),
            text: "kept".into(),
            ink: Ink::Muted,
            side: Side::Middle,
            rise: 7.0,
        });
    }
    let ink = match ink_of(highlighted, &training.scorer) {
        Ink::Series(place) => Ink::Series(place),
        _ => Ink::Muted,
    };
    panel.marks.push(Mark::Line { points: points.clone(), ink, width: 2.2 });
    if points.len() <= 12 {
        panel.marks.extend(points.into_iter().map(|at| Mark::Marker { at, ink }));
    }
    Some(panel)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(scorer: &str) -> Curve {
        let points = (0..=20).map(|step| f64::from(step) / 20.0).map(|x| (x, x.sqrt())).collect();
        Curve { scorer: scorer.into(), points }
    }

    #[test]
    fn highlighted_curves_lie_above_grey_ones() {
        let data = Curves { roc: vec![curve("a"), curve("b"), curve("c")], ..Curves::default() };
        let panel = roc(&data, &["c".into(), "a".into()]).unwrap();
        let inks: Vec<Ink> = panel
            .marks
            .iter()
            .filter_map(|mark| match mark {
                Mark::Line { ink, .. } => Some(*ink),
                _ => None,
            })
            .collect();
        assert_eq!(inks, [Ink::Muted, Ink::Other, Ink::Series(1), Ink::Series(0)]);
    }

    #[test]
    fn no_curve_no_plot() {
        assert!(roc(&Curves::default(), &[]).is_none());
        let empty = Curve { scorer: "a".into(), points: vec![(f64::NAN, 0.5)] };
        let data = Curves {
            roc: vec![empty.clone()],
            precision_recall: vec![empty.clone()],
            hits: vec![empty],
            prevalence: Some(0.1),
        };
        assert!(roc(&data, &[]).is_none());
        assert!(precision_recall(&data, &[]).is_none());
        assert!(hits(&data, &[]).is_none());
        assert!(loss(&Training::default(), &[]).is_none());
    }
}
