//! Signed bars in rows: what parts add to a score.

use super::dots::rows;
use super::panel::{LETTER, Mark, Panel, Side};
use super::scale::Axis;
use crate::candidates::Contribution;
use crate::number;
use crate::palette::Ink;

/// Thickness of a bar, in pixels.
const THICKNESS: f64 = 12.0;
/// Height of a row, in pixels.
const ROW: f64 = 24.0;
/// Share of the panel's width that a value takes beside its bar.
const VALUE_ROOM: f64 = 5.0 * LETTER / 300.0;

/// The contributions that can be drawn, the greatest first; those above zero and those below have colours of their own.
pub fn contributions(contributions: &[Contribution]) -> Option<Panel> {
    let mut shown: Vec<&Contribution> = contributions.iter().filter(|part| part.value.is_finite()).collect();
    shown.sort_by(|one, other| other.value.abs().total_cmp(&one.value.abs()));
    let (low, high) = super::scale::extent(shown.iter().map(|part| part.value))?;
    let (low, high) = (low.min(0.0), high.max(0.0));
    let room = VALUE_ROOM * if high > low { high - low } else { 1.0 };
    let (low, high) = (if low < 0.0 { low - room } else { low }, if high > 0.0 { high + room } else { high });
    let x = Axis::linear("Added to the score", low, high, 5);
    let y = Axis::categories("", shown.iter().map(|part| (part.name.clone(), None)));
    let values: Vec<String> =
        shown.iter().map(|part| format!("{} {}", part.name, number::signed(part.value, 2))).collect();
    let mut panel = rows(format!("What each part adds to the score: {}", values.join(", ")), ROW, x, y);
    let (top, bottom) = (panel.y.high, panel.y.low);
    for (row, part) in shown.iter().enumerate() {
        let (row, above) = (row as f64, part.value >= 0.0);
        let ink = Ink::Series(usize::from(!above));
        panel.marks.push(Mark::Line { points: vec![(0.0, row), (part.value, row)], ink, width: THICKNESS });
        panel.marks.push(Mark::Word {
            at: (part.value, row),
            text: number::signed(part.value, 2),
            ink: Ink::Text,
            side: if above { Side::Right } else { Side::Left },
            rise: 0.0,
        });
    }
    panel.marks.push(Mark::Line { points: vec![(0.0, bottom), (0.0, top)], ink: Ink::Muted, width: 1.2 });
    Some(panel)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(name: &str, value: f64) -> Contribution {
        Contribution { name: name.into(), value }
    }

    #[test]
    fn bars_begin_at_zero_and_the_greatest_stands_at_the_top() {
        let panel =
            contributions(&[part("small", 0.2), part("against", -0.5), part("bad", f64::NAN)]).unwrap();
        let names: Vec<&str> = panel.y.ticks.iter().map(|tick| tick.label.as_str()).collect();
        assert_eq!(names, ["against", "small"]);
        let bars: Vec<_> = panel
            .marks
            .iter()
            .filter_map(|mark| match mark {
                Mark::Line { points, ink, width } if *width == THICKNESS => Some((points.clone(), *ink)),
                _ => None,
            })
            .collect();
        assert_eq!(bars[0], (vec![(0.0, 0.0), (-0.5, 0.0)], Ink::Series(1)));
        assert_eq!(bars[1], (vec![(0.0, 1.0), (0.2, 1.0)], Ink::Series(0)));
        assert!(panel.x.low <= -0.5 && panel.x.high >= 0.2);
        assert!(panel.title.ends_with("against −0.50, small +0.20"), "{}", panel.title);
    }

    #[test]
    fn without_a_number_there_is_no_plot() {
        assert!(contributions(&[]).is_none());
        assert!(contributions(&[part("bad", f64::INFINITY)]).is_none());
        assert!(contributions(&[part("nothing", 0.0)]).is_some());
    }
}
