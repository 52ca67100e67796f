//! Plots of dots in rows: intervals, the permutation control.

use super::panel::{Mark, Panel, Side};
use super::scale::Axis;
use crate::number;
use crate::page::{EvaluationPage, Figure, PermutationControl};
use crate::palette::{Ink, ink_of};

/// Width of a plot of rows, in pixels.
const WIDTH: f64 = 480.0;
/// What stands above and below the rows, in pixels.
const AROUND: f64 = 60.0;

/// The ink of a dot: dots of scorers without a colour are darker than their lines would be.
fn dot_ink(highlighted: &[String], scorer: &str) -> Ink {
    match ink_of(highlighted, scorer) {
        Ink::Series(place) => Ink::Series(place),
        _ => Ink::Muted,
    }
}

/// A panel of rows of that height, read from the top.
pub fn rows(title: String, row_height: f64, x: Axis, y: Axis) -> Panel {
    let height = AROUND + row_height * y.ticks.len() as f64;
    Panel { title, width: WIDTH, height, x, y: y.reversed(), rows: true, right_letters: 0, marks: Vec::new() }
}

/// A figure's value and interval by scorer, the best at the top; rings are baselines.
pub fn intervals(page: &EvaluationPage, figure: &Figure) -> Option<Panel> {
    let mut scorers: Vec<_> = page
        .scorers
        .iter()
        .filter_map(|scorer| Some((scorer, scorer.estimate(&figure.id)?)))
        .filter(|(_, estimate)| estimate.value.is_finite())
        .collect();
    scorers.sort_by(|(_, one), (_, other)| {
        let order = other.value.total_cmp(&one.value);
        if figure.lower_is_better { order.reverse() } else { order }
    });
    let values = scorers.iter().flat_map(|(_, estimate)| {
        let ends = estimate.interval.map_or([estimate.value; 2], |interval| [interval.low, interval.high]);
        [estimate.value, ends[0], ends[1]]
    });
    let x = Axis::around(&figure.full_label(), values, 4)?;
    let names = scorers.iter().map(|(scorer, estimate)| {
        (scorer.name.clone(), Some(number::fixed(estimate.value, figure.decimals)))
    });
    let y = Axis::categories("", names);
    let title = format!("{} of each scorer with its 95 % interval", figure.full_label());
    let mut panel = rows(title, 24.0, x, y);
    panel.right_letters = figure.decimals + 4;
    if let Some((_, best)) = scorers.iter().find(|(scorer, _)| scorer.baseline) {
        let (top, bottom) = (panel.y.high, panel.y.low);
        let points = vec![(best.value, bottom), (best.value, top)];
        panel.marks.push(Mark::Line { points, ink: Ink::Muted, width: 1.0 });
    }
    for (row, (scorer, estimate)) in scorers.iter().enumerate() {
        let (row, ink) = (row as f64, dot_ink(&page.highlighted, &scorer.name));
        match estimate.interval {
            // The line leaves the inside of a ring free.
            Some(interval) if scorer.baseline => {
                let reach = 4.0 * (panel.x.high - panel.x.low) / 300.0;
                for (from, to) in
                    [(interval.low, estimate.value - reach), (estimate.value + reach, interval.high)]
                {
                    if from < to {
                        panel.marks.push(Mark::Line {
                            points: vec![(from, row), (to, row)],
                            ink,
                            width: 1.6,
                        });
                    }
                }
            }
            Some(interval) => panel.marks.push(Mark::Line {
                points: vec![(interval.low, row), (interval.high, row)],
                ink,
                width: 1.6,
            }),
            None => {}
        }
        panel.marks.push(Mark::Dot { at: (estimate.value, row), ink, hollow: scorer.baseline });
    }
    Some(panel)
}

/// A figure on the graph as it is, a dot, and on permuted graphs, a ring; the degree prior is a stroke.
pub fn permutation(control: &PermutationControl, highlighted: &[String]) -> Option<Panel> {
    let shown: Vec<_> =
        control.rows.iter().filter(|row| row.real.is_finite() && row.permuted.is_finite()).collect();
    let values = shown.iter().flat_map(|row| {
        let ends = row.permuted_interval.map_or([row.permuted; 2], |interval| [interval.low, interval.high]);
        [row.real, row.permuted, row.degree_prior.unwrap_or(row.permuted), ends[0], ends[1]]
    });
    let x = Axis::around(&control.figure, values, 4)?;
    let y = Axis::categories("", shown.iter().map(|row| (row.scorer.clone(), None)));
    let title = format!("{} on the graph as it is and on permuted graphs, by scorer", control.figure);
    let mut panel = rows(title, 34.0, x, y);
    for (place, row) in shown.iter().enumerate() {
        let (y, ink) = (place as f64, dot_ink(highlighted, &row.scorer));
        let reach = (4.5 * (panel.x.high - panel.x.low) / 340.0).copysign(row.real - row.permuted);
        if (row.real - row.permuted).abs() > reach.abs() {
            let points = vec![(row.permuted + reach, y), (row.real, y)];
            panel.marks.push(Mark::Line { points, ink: Ink::Other, width: 2.4 });
        }
        if let Some(interval) = row.permuted_interval {
            let points = vec![(interval.low, y + 0.24), (interval.high, y + 0.24)];
            panel.marks.push(Mark::Line { points, ink: Ink::Muted, width: 1.2 });
        }
        if let Some(prior) = row.degree_prior {
            let points = vec![(prior, y - 0.3), (prior, y + 0.3)];
            panel.marks.push(Mark::Line { points, ink: Ink::Text, width: 1.8 });
        }
        panel.marks.push(Mark::Dot { at: (row.permuted, y), ink, hollow: true });
        panel.marks.push(Mark::Dot { at: (row.real, y), ink, hollow: false });
        if place == 0 && (row.real - row.permuted).abs() > 0.2 * (panel.x.high - panel.x.low) {
            let word = |x, text: &str| Mark::Word {
                at: (x, y),
                text: text.into(),
                ink: Ink::Muted,
                side: Side::Middle,
                rise: 13.0,
            };
            let words = [word(row.real, "real"), word(row.permuted, "permuted")];
            panel.marks.extend(words);
        }
    }
    Some(panel)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::{Estimate, Interval, PermutationRow, Scorer};

    fn scorer(name: &str, baseline: bool, value: f64) -> Scorer {
        let interval = Some(Interval { low: value - 0.05, high: value + 0.05 });
        let estimates = vec![Estimate { figure: "ap".into(), value, interval, ..Estimate::default() }];
        Scorer { name: name.into(), baseline, estimates, ..Scorer::default() }
    }

    fn names(panel: &Panel) -> Vec<&str> {
        panel.y.ticks.iter().map(|tick| tick.label.as_str()).collect()
    }

    #[test]
    fn the_best_stands_at_the_top() {
        let mut figure = Figure { id: "ap".into(), label: "AP".into(), ..Figure::default() };
        let scorers =
            vec![scorer("low", true, 0.2), scorer("high", false, 0.6), scorer("nan", true, f64::NAN)];
        let page = EvaluationPage { scorers, ..EvaluationPage::default() };
        assert_eq!(names(&intervals(&page, &figure).unwrap()), ["high", "low"]);
        figure.lower_is_better = true;
        let panel = intervals(&page, &figure).unwrap();
        assert_eq!(names(&panel), ["low", "high"]);
        assert!(panel.y.low > panel.y.high, "rows are read from the top");
        figure.id = "other".into();
        assert!(intervals(&page, &figure).is_none());
    }

    #[test]
    fn rings_are_permuted_and_dots_are_real() {
        let rows = vec![PermutationRow {
            scorer: "a".into(),
            real: 0.6,
            permuted: 0.3,
            ..PermutationRow::default()
        }];
        let control = PermutationControl { figure: "AP".into(), rows, ..PermutationControl::default() };
        let panel = permutation(&control, &[]).unwrap();
        let dots: Vec<(f64, bool)> = panel
            .marks
            .iter()
            .filter_map(|mark| match mark {
                Mark::Dot { at, hollow, .. } => Some((at.0, *hollow)),
                _ => None,
            })
            .collect();
        assert_eq!(dots, [(0.3, true), (0.6, false)]);
        assert!(permutation(&PermutationControl::default(), &[]).is_none());
    }
}
