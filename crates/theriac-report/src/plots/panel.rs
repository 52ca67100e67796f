//! A panel: axes, marks, and their drawing.

use maud::{Markup, PreEscaped, Render, html};
use plotters::backend::SVGBackend;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{Circle, PathElement, Polygon, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, IntoFont, ShapeStyle, TextStyle};

use super::scale::{Axis, Tick};
use crate::palette::{Ink, Shape};

/// Units of the drawing in a pixel: plotters places marks at whole numbers, and curves need finer ones.
const UNIT: f64 = 10.0;
/// Size of text, in pixels.
const TEXT_SIZE: f64 = 13.0;
/// plotters writes a font size divided by this.
const FONT_SCALE: f64 = 1.24;
/// Width of a letter on average, in pixels, a little on the safe side.
pub const LETTER: f64 = 7.8;
/// Most letters of a label.
const MOST_LETTERS: usize = 26;

/// Which side of its place a text stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Left of it.
    Left,
    /// Across it.
    Middle,
    /// Right of it.
    Right,
}

/// Something drawn, in the values of the axes.
#[derive(Clone, Debug, PartialEq)]
pub enum Mark {
    /// A line through points.
    Line { points: Vec<(f64, f64)>, ink: Ink, width: f64 },
    /// The marker of a scorer.
    Marker { at: (f64, f64), ink: Ink },
    /// A disc, or a ring.
    Dot { at: (f64, f64), ink: Ink, hollow: bool },
    /// A word, moved up by some pixels.
    Word { at: (f64, f64), text: String, ink: Ink, side: Side, rise: f64 },
}

/// A plot.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    /// What it shows, for those who do not see it.
    pub title: String,
    /// Width in pixels at its own size.
    pub width: f64,
    /// Height in pixels at its own size.
    pub height: f64,
    /// The axis from left to right.
    pub x: Axis,
    /// The axis from bottom to top.
    pub y: Axis,
    /// Whether the lines of the grid run along the ticks of y too; rows of names have none.
    pub rows: bool,
    /// Room right of the plot for words, in letters.
    pub right_letters: usize,
    /// The marks, the first at the bottom.
    pub marks: Vec<Mark>,
}

type Canvas<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// The rectangle of the data within the panel, in pixels.
#[derive(Clone, Copy)]
struct Frame {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

impl Panel {
    fn frame(&self) -> Frame {
        let letters = self.y.ticks.iter().map(|tick| short(&tick.label).chars().count()).max().unwrap_or(0);
        let notes = self.x.ticks.iter().any(|tick| tick.note.is_some());
        let last_tick = self.x.ticks.last().map_or(0, |tick| tick.label.chars().count());
        // Half of the last tick's label hangs over the end.
        let right = (self.right_letters as f64 * LETTER + 8.0).max(last_tick as f64 * LETTER / 2.0 + 2.0);
        Frame {
            left: letters as f64 * LETTER + 10.0,
            right: self.width - right,
            top: if self.y.label.is_empty() { 16.0 } else { 30.0 },
            bottom: self.height - if notes { 58.0 } else { 42.0 },
        }
    }

    fn pixel(&self, at: (f64, f64)) -> Option<(f64, f64)> {
        let frame = self.frame();
        let share = |axis: &Axis, value: f64| Some((axis.place(value)? - axis.low) / (axis.high - axis.low));
        let (x, y) = (share(&self.x, at.0)?, share(&self.y, at.1)?);
        Some((frame.left + x * (frame.right - frame.left), frame.bottom - y * (frame.bottom - frame.top)))
    }

    fn draw_axes(&self, canvas: &Canvas<'_>) {
        let frame = self.frame();
        let horizontal = |tick: &Tick| {
            let share = (tick.at - self.x.low) / (self.x.high - self.x.low);
            frame.left + share * (frame.right - frame.left)
        };
        let vertical = |tick: &Tick| {
            let share = (tick.at - self.y.low) / (self.y.high - self.y.low);
            frame.bottom - share * (frame.bottom - frame.top)
        };
        for tick in &self.x.ticks {
            let x = horizontal(tick);
            line(canvas, &[(x, frame.top), (x, frame.bottom)], Ink::Grid, 1.0);
            word(canvas, (x, frame.bottom + 8.0), &short(&tick.label), Ink::Muted, (HPos::Center, VPos::Top));
            if let Some(note) = &tick.note {
                word(canvas, (x, frame.bottom + 23.0), note, Ink::Muted, (HPos::Center, VPos::Top));
            }
        }
        let ink = if self.rows { Ink::Text } else { Ink::Muted };
        for tick in &self.y.ticks {
            let y = vertical(tick);
            line(canvas, &[(frame.left, y), (frame.right, y)], Ink::Grid, 1.0);
            word(canvas, (frame.left - 8.0, y), &short(&tick.label), ink, (HPos::Right, VPos::Center));
            if let Some(note) = &tick.note {
                word(canvas, (self.width - 2.0, y), note, Ink::Muted, (HPos::Right, VPos::Center));
            }
        }
        word(canvas, (0.0, 3.0), &self.y.label, Ink::Muted, (HPos::Left, VPos::Top));
        word(
            canvas,
            (f64::midpoint(frame.left, frame.right), self.height - 3.0),
            &self.x.label,
            Ink::Muted,
            (HPos::Center, VPos::Bottom),
        );
    }

    fn draw_mark(&self, canvas: &Canvas<'_>, mark: &Mark) {
        match mark {
            Mark::Line { points, ink, width } => {
                // An interval can reach past the axis: it ends there.
                let frame = self.frame();
                let points: Vec<_> = points
                    .iter()
                    .filter_map(|&at| self.pixel(at))
                    .map(|(x, y)| (x.clamp(frame.left, frame.right), y.clamp(frame.top, frame.bottom)))
                    .collect();
                if points.len() > 1 {
                    line(canvas, &points, *ink, *width);
                }
            }
            Mark::Marker { at, ink } => {
                if let Some(at) = self.pixel(*at) {
                    marker(canvas, at, *ink);
                }
            }
            Mark::Dot { at, ink, hollow } => {
                if let Some(at) = self.pixel(*at) {
                    dot(canvas, at, *ink, *hollow);
                }
            }
            Mark::Word { at, text, ink, side, rise } => {
                let Some((x, y)) = self.pixel(*at) else { return };
                let (x, side) = match side {
                    Side::Left => (x - 9.0, HPos::Right),
                    Side::Middle => (x, HPos::Center),
                    Side::Right => (x + 9.0, HPos::Left),
                };
                word(canvas, (x, y - rise), &short(text), *ink, (side, VPos::Center));
            }
        }
    }
}

impl Render for Panel {
    fn render(&self) -> Markup {
        let drawing = drawn(self.width, self.height, |canvas| {
            self.draw_axes(canvas);
            for mark in &self.marks {
                self.draw_mark(canvas, mark);
            }
        });
        let (width, height) = (units(self.width), units(self.height));
        html! {
            svg.plot role="img" viewBox=(format!("0 0 {width} {height}")) width=(self.width) height=(self.height)
                xmlns="http://www.w3.org/2000/svg" {
                title { (self.title) }
                (drawing)
            }
        }
    }
}

/// The line and the marker of a scorer, small enough for a line of text.
pub fn swatch(ink: Ink) -> Markup {
    let drawing = drawn(38.0, 14.0, |canvas| {
        line(canvas, &[(1.0, 7.0), (37.0, 7.0)], ink, if ink == Ink::Other { 1.2 } else { 2.0 });
        if ink != Ink::Other {
            marker(canvas, (19.0, 7.0), ink);
        }
    });
    html! { svg.swatch aria-hidden="true" viewBox="0 0 380 140" width="38" height="14" { (drawing) } }
}

/// What `draw` draws on a canvas of that size in pixels, without the `svg` element around it.
fn drawn(width: f64, height: f64, draw: impl FnOnce(&Canvas<'_>)) -> PreEscaped<String> {
    let mut svg = String::new();
    let canvas =
        SVGBackend::with_string(&mut svg, (units(width) as u32, units(height) as u32)).into_drawing_area();
    draw(&canvas);
    canvas.present().expect("writing into a string does not fail");
    drop(canvas);
    let (_, inside) = svg.split_once('>').expect("plotters begins with the svg element");
    let inside = inside.trim().strip_suffix("</svg>").expect("plotters ends with the svg element");
    PreEscaped(inside.trim().to_owned())
}

fn units(pixels: f64) -> i32 {
    (pixels * UNIT).round() as i32
}

fn at((x, y): (f64, f64)) -> (i32, i32) {
    (units(x), units(y))
}

fn stroke(ink: Ink, width: f64) -> ShapeStyle {
    ink.color().stroke_width(units(width) as u32)
}

fn line(canvas: &Canvas<'_>, points: &[(f64, f64)], ink: Ink, width: f64) {
    let points: Vec<_> = points.iter().copied().map(at).collect();
    canvas.draw(&PathElement::new(points, stroke(ink, width))).expect("writing into a string does not fail");
}

fn polygon(canvas: &Canvas<'_>, (x, y): (f64, f64), corners: &[(f64, f64)], ink: Ink) {
    let corners: Vec<_> = corners.iter().map(|(right, down)| at((x + right, y + down))).collect();
    canvas.draw(&Polygon::new(corners, ink.color().filled())).expect("writing into a string does not fail");
}

fn dot(canvas: &Canvas<'_>, place: (f64, f64), ink: Ink, hollow: bool) {
    let (radius, style) =
        if hollow { (units(4.0), stroke(ink, 2.0)) } else { (units(4.6), ink.color().filled()) };
    canvas.draw(&Circle::new(at(place), radius, style)).expect("writing into a string does not fail");
}

fn marker(canvas: &Canvas<'_>, place: (f64, f64), ink: Ink) {
    let (x, y) = place;
    let cross = [
        (-1.2, -5.0),
        (1.2, -5.0),
        (1.2, -1.2),
        (5.0, -1.2),
        (5.0, 1.2),
        (1.2, 1.2),
        (1.2, 5.0),
        (-1.2, 5.0),
        (-1.2, 1.2),
        (-5.0, 1.2),
        (-5.0, -1.2),
        (-1.2, -1.2),
    ];
    match ink.shape() {
        Shape::Circle => canvas
            .draw(&Circle::new(at((x, y)), units(4.2), ink.color().filled()))
            .expect("writing into a string does not fail"),
        Shape::Square => polygon(canvas, place, &[(-3.8, -3.8), (3.8, -3.8), (3.8, 3.8), (-3.8, 3.8)], ink),
        Shape::Triangle => polygon(canvas, place, &[(0.0, -5.2), (4.8, 3.4), (-4.8, 3.4)], ink),
        Shape::Wedge => polygon(canvas, place, &[(0.0, 5.2), (4.8, -3.4), (-4.8, -3.4)], ink),
        Shape::Diamond => polygon(canvas, place, &[(0.0, -5.4), (5.4, 0.0), (0.0, 5.4), (-5.4, 0.0)], ink),
        Shape::Plus => polygon(canvas, place, &cross, ink),
        Shape::Cross => {
            let half = std::f64::consts::FRAC_1_SQRT_2;
            let turned = cross.map(|(x, y)| ((x - y) * half, (x + y) * half));
            polygon(canvas, place, &turned, ink);
        }
    }
}

fn word(canvas: &Canvas<'_>, place: (f64, f64), text: &str, ink: Ink, (side, level): (HPos, VPos)) {
    if text.is_empty() {
        return;
    }
    let color = ink.color();
    let style = TextStyle::from(("sans-serif", TEXT_SIZE * UNIT * FONT_SCALE).into_font())
        .color(&color)
        .pos(Pos::new(side, level));
    canvas.draw(&Text::new(text, at(place), style)).expect("writing into a string does not fail");
}

/// `text` with an ellipsis where it is too long for a label.
pub fn short(text: &str) -> String {
    if text.chars().count() <= MOST_LETTERS {
        return text.to_owned();
    }
    let kept: String = text.chars().take(MOST_LETTERS - 1).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn panel() -> Panel {
        Panel {
            title: "A & B".into(),
            width: 400.0,
            height: 300.0,
            x: Axis::linear("x", 0.0, 1.0, 5),
            y: Axis::linear("y", 0.0, 1.0, 5),
            rows: false,
            right_letters: 0,
            marks: Vec::new(),
        }
    }

    #[test]
    fn corners_of_the_data_are_corners_of_the_frame() {
        let panel = panel();
        let frame = panel.frame();
        assert_eq!(panel.pixel((0.0, 0.0)), Some((frame.left, frame.bottom)));
        assert_eq!(panel.pixel((1.0, 1.0)), Some((frame.right, frame.top)));
        assert_eq!(panel.pixel((f64::NAN, 1.0)), None);
    }

    #[test]
    fn the_title_and_the_words_are_escaped() {
        let mut panel = panel();
        panel.marks.push(Mark::Word {
            at: (0.5, 0.5),
            text: "<b>\"'&".into(),
            ink: Ink::Text,
            side: Side::Middle,
            rise: 0.0,
        });
        let svg = panel.render().into_string();
        assert!(svg.contains("<title>A &amp; B</title>"));
        assert!(svg.contains("&lt;b&gt;") && !svg.contains("<b>"));
    }

    #[test]
    fn points_that_are_not_finite_are_not_drawn() {
        let mut panel = panel();
        let points = vec![(0.0, 0.0), (0.5, f64::NAN), (1.0, f64::INFINITY), (1.0, 1.0)];
        panel.marks.push(Mark::Line { points, ink: Ink::Series(0), width: 2.0 });
        panel.marks.push(Mark::Marker { at: (f64::NAN, 0.2), ink: Ink::Series(0) });
        let svg = panel.render().into_string();
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
        assert_eq!(svg.matches("#0072B2").count(), 1, "the line alone");
    }

    #[test]
    fn a_line_ends_where_the_axis_does() {
        let mut panel = panel();
        let points = vec![(0.5, -3.0), (0.5, 9.0)];
        panel.marks.push(Mark::Line { points, ink: Ink::Series(0), width: 2.0 });
        let frame = panel.frame();
        let (top, bottom) = (units(frame.top), units(frame.bottom));
        let svg = panel.render().into_string();
        let (_, line) = svg.split_once("#0072B2").unwrap();
        assert!(line.contains(&format!(",{bottom} ")) && line.contains(&format!(",{top} ")), "{line}");
    }

    #[test]
    fn long_labels_end_in_an_ellipsis() {
        assert_eq!(short("short"), "short");
        let long = short("a very long name of a scorer indeed");
        assert!(long.ends_with('…') && long.chars().count() <= MOST_LETTERS);
    }
}
