//! A figure by part of the test pairs.

use super::dots::rows;
use super::lines::{drawable, push_series};
use super::panel::{LETTER, Mark, Panel};
use super::scale::{Axis, extent};
use crate::number;
use crate::page::{Breakdown, BreakdownGroup, BreakdownSeries};
use crate::palette::{Ink, ink_of};

/// Scorers whose intervals are drawn where bins stand side by side: more would hide the lines.
pub const MOST_INTERVALS: usize = 3;

/// Width of the plot, in pixels, and of what stands left of the data.
const WIDTH: f64 = 480.0;
const LEFT: f64 = 40.0;

/// Ordered groups with room for their labels stand side by side, their points joined; others stand in rows.
pub fn grouped(breakdown: &Breakdown, highlighted: &[String]) -> Option<Panel> {
    if in_columns(breakdown) { columns(breakdown, highlighted) } else { in_rows(breakdown, highlighted) }
}

/// Whether the groups stand side by side.
pub fn in_columns(breakdown: &Breakdown) -> bool {
    let letters =
        breakdown.groups.iter().map(|group| group.label.chars().count().max(size(group).chars().count()));
    let room = (WIDTH - LEFT) / breakdown.groups.len().max(1) as f64;
    breakdown.ordered && letters.max().unwrap_or(0) as f64 * LETTER <= room
}

/// The number of positives of a group, as it is written.
fn size(group: &BreakdownGroup) -> String {
    format!("n\u{a0}{}", number::count(group.positives))
}

fn group_axis(breakdown: &Breakdown) -> Axis {
    Axis::categories("", breakdown.groups.iter().map(|group| (group.label.clone(), Some(size(group)))))
}

fn title(breakdown: &Breakdown) -> String {
    format!("{}: {} of each scorer by group", breakdown.title, breakdown.figure)
}

fn columns(breakdown: &Breakdown, highlighted: &[String]) -> Option<Panel> {
    let lines = breakdown.scorers.iter().map(|scorer| {
        let values = scorer.values.iter().take(breakdown.groups.len()).enumerate();
        let points = values.filter_map(|(place, value)| Some((place as f64, value.as_ref()?.value)));
        (scorer.scorer.as_str(), points.collect())
    });
    let mut series = drawable(lines, highlighted);
    let mut drawn = breakdown.scorers.iter().flat_map(|scorer| scorer.values.iter().flatten());
    let any = drawn.any(|value| value.interval.is_some());
    let has_interval = |ink: Ink| any && matches!(ink, Ink::Series(place) if place < MOST_INTERVALS);
    let ends = breakdown
        .scorers
        .iter()
        .filter(|scorer| has_interval(ink_of(highlighted, &scorer.scorer)))
        .flat_map(|scorer| scorer.values.iter().flatten())
        .filter_map(|value| Some(value.interval?.high));
    let values = series.iter().flat_map(|series| &series.points).map(|point| point.1);
    let (low, high) = extent(values.clone())?;
    let (_, high) = extent(ends.chain([high]))?;
    let y = Axis::linear(&breakdown.figure, low.min(0.0), high, 5);
    let mut panel = Panel {
        title: title(breakdown),
        width: WIDTH,
        height: 400.0,
        x: group_axis(breakdown),
        y,
        rows: false,
        right_letters: 0,
        marks: Vec::new(),
    };
    for series in &mut series {
        if has_interval(series.ink) {
            let Ink::Series(place) = series.ink else { continue };
            // Intervals of the same bin stand side by side.
            let shift = 0.1 * (place as f64 - 1.0);
            let values = breakdown.scorers.iter().find(|scorer| scorer.scorer == series.scorer);
            for (group, value) in values.into_iter().flat_map(|scorer| &scorer.values).enumerate() {
                let Some(interval) = value.as_ref().and_then(|value| value.interval) else { continue };
                let x = group as f64 + shift;
                let points = vec![(x, interval.low), (x, interval.high)];
                panel.marks.push(Mark::Line { points, ink: series.ink, width: 1.0 });
            }
            for point in &mut series.points {
                point.0 += shift;
            }
        }
        push_series(&mut panel.marks, series);
    }
    Some(panel)
}

fn in_rows(breakdown: &Breakdown, highlighted: &[String]) -> Option<Panel> {
    let mut shown: Vec<(usize, &BreakdownSeries)> = Vec::new();
    let mut others: Vec<&BreakdownSeries> = Vec::new();
    for series in &breakdown.scorers {
        match ink_of(highlighted, &series.scorer) {
            Ink::Series(place) => shown.push((place, series)),
            _ => others.push(series),
        }
    }
    shown.sort_by_key(|(place, _)| *place);
    let drawn = breakdown.scorers.iter().flat_map(|series| series.values.iter().flatten());
    let ends = drawn.clone().filter_map(|value| Some(value.interval?.high));
    let (low, high) = extent(drawn.map(|value| value.value))?;
    // Only coloured scorers have their interval drawn, but the scale is to be the same whoever is coloured.
    let (_, high) = extent(ends.chain([high]))?;
    let x = Axis::linear(&breakdown.figure, low.min(0.0), high, 5);
    // Each group has a lane a coloured scorer, and one for all grey ones.
    let lanes = shown.len() + usize::from(!others.is_empty());
    let mut panel = rows(title(breakdown), 16.0 + 10.0 * lanes as f64, x, group_axis(breakdown));
    panel.right_letters = breakdown.groups.iter().map(|group| size(group).chars().count()).max().unwrap_or(0);
    let lane_height = 10.0 / (16.0 + 10.0 * lanes as f64);
    let lane =
        |row: usize, lane: usize| row as f64 + lane_height * (lane as f64 - (lanes as f64 - 1.0) / 2.0);
    for (place, (color, series)) in shown.iter().enumerate() {
        let ink = Ink::Series(*color);
        for (row, value) in series.values.iter().take(breakdown.groups.len()).enumerate() {
            let Some(value) = value else { continue };
            let y = lane(row, place);
            if let Some(interval) = value.interval {
                let points = vec![(interval.low, y), (interval.high, y)];
                panel.marks.push(Mark::Line { points, ink, width: 1.0 });
            }
            panel.marks.push(Mark::Marker { at: (value.value, y), ink });
        }
    }
    for series in others {
        for (row, value) in series.values.iter().take(breakdown.groups.len()).enumerate() {
            if let Some(value) = value {
                let at = (value.value, lane(row, lanes - 1));
                panel.marks.push(Mark::Dot { at, ink: Ink::Other, hollow: true });
            }
        }
    }
    Some(panel)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::{BreakdownValue, Interval};

    fn breakdown(ordered: bool, labels: &[&str]) -> Breakdown {
        let groups = labels.iter().map(|label| BreakdownGroup { label: (*label).into(), positives: 1234 });
        let value = |value: f64| {
            Some(BreakdownValue { value, interval: Some(Interval { low: value / 2.0, high: value * 2.0 }) })
        };
        let scorer = |name: &str, from: f64| BreakdownSeries {
            scorer: name.into(),
            values: (0..labels.len()).map(|place| value(from + 0.01 * place as f64)).collect(),
        };
        Breakdown {
            ordered,
            groups: groups.collect(),
            scorers: vec![scorer("a", 0.1), scorer("b", 0.2), scorer("c", 0.3)],
            ..Breakdown::default()
        }
    }

    #[test]
    fn groups_without_room_for_their_labels_stand_in_rows() {
        assert!(in_columns(&breakdown(true, &["0", "1", "2-4"])));
        assert!(!in_columns(&breakdown(false, &["0", "1", "2-4"])));
        let long = "a bin with a very long label";
        assert!(!in_columns(&breakdown(true, &[long, long, long, long])));
    }

    #[test]
    fn every_value_has_a_mark() {
        let names = ["b".to_owned(), "a".to_owned()];
        let markers = |panel: &Panel, ink: Ink| {
            let is_it = |mark: &&Mark| match mark {
                Mark::Marker { ink: other, .. } | Mark::Dot { ink: other, .. } => *other == ink,
                _ => false,
            };
            panel.marks.iter().filter(is_it).count()
        };
        let columns = grouped(&breakdown(true, &["0", "1"]), &names).unwrap();
        let rows = grouped(&breakdown(false, &["0", "1"]), &names).unwrap();
        for panel in [&columns, &rows] {
            assert_eq!(markers(panel, Ink::Series(0)), 2);
            assert_eq!(markers(panel, Ink::Series(1)), 2);
        }
        assert_eq!(markers(&rows, Ink::Other), 2);
        assert!(rows.x.high >= 0.62, "the scale holds the ends of intervals");
    }

    #[test]
    fn no_value_no_plot() {
        assert!(grouped(&Breakdown::default(), &[]).is_none());
        let mut empty = breakdown(false, &["x"]);
        for scorer in &mut empty.scorers {
            scorer.values = vec![None];
        }
        assert!(grouped(&empty, &[]).is_none());
    }
}
