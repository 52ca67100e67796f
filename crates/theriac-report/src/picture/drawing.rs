//! The picture of the evidence, as SVG.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::evidence::{Edge, Evidence};
use super::layers::{self, BOX_WIDTH, Layout, Link, Rectangle};
use super::letters::{fitted, lines};
use crate::candidates::{EvidencePath, Hop, Node};
use crate::number;
use crate::palette::{Ink, ink_of};

/// Widths of lines, in pixels: of an edge without effect, and of the one with the greatest.
const LINE_WIDTHS: (f64, f64) = (1.5, 9.0);
/// Width of all lines where no effect is known, in pixels.
const PLAIN_WIDTH: f64 = 2.0;
/// Size of the names, in pixels.
const NAME_SIZE: f64 = 13.0;
/// Height of a line of a name, in pixels.
const LINE: f64 = 16.0;
/// Room above and below a name in its box together, in pixels.
const AROUND: f64 = 12.0;
/// Most lines of a name: of most nodes, and of those at either end.
const MOST_LINES: (usize, usize) = (2, 3);
/// Size of headings and remarks, in pixels.
const SMALL_SIZE: f64 = 12.0;
/// Room left and right of a name in its box, in pixels.
const PADDING: f64 = 9.0;
/// How much wider bold letters are.
const BOLD: f64 = 1.13;
/// Height of the headings of columns, in pixels.
const HEAD: f64 = 26.0;
/// Room around the drawing for the strokes of boxes, in pixels.
const MARGIN: f64 = 1.0;

/// The picture of the evidence for one candidate.
pub struct Picture<'a> {
    evidence: Evidence<'a>,
    layout: Layout,
    /// The lines of each name, `[n_nodes]`.
    names: Vec<Vec<String>>,
    /// The widths of all lines between boxes, `[n_edges]`.
    widths: Vec<f64>,
    /// All relations of the page, by their colours.
    relations: &'a [String],
}

/// Width of the line of an edge, in pixels: it grows with the size of the effect.
fn line_width(effect: Option<f64>, greatest: Option<f64>) -> f64 {
    let Some(greatest) = greatest else { return PLAIN_WIDTH };
    let share = effect.filter(|effect| effect.is_finite()).map_or(0.0, |effect| effect.abs() / greatest);
    LINE_WIDTHS.0 + (LINE_WIDTHS.1 - LINE_WIDTHS.0) * share
}

impl<'a> Picture<'a> {
    /// The picture of these paths, edges coloured by their places in `relations`; `None` where nothing can be drawn.
    pub fn new(paths: &'a [EvidencePath], relations: &'a [String]) -> Option<Self> {
        let evidence = Evidence::new(paths)?;
        let greatest = evidence.greatest_effect();
        let widths: Vec<f64> =
            evidence.edges.iter().map(|edge| line_width(edge.hop.effect, greatest)).collect();
        let links: Vec<Link> = evidence
            .edges
            .iter()
            .zip(&widths)
            .map(|(&Edge { from, to, .. }, &width)| Link { from, to, width })
            .collect();
        let names: Vec<Vec<String>> = evidence
            .nodes
            .iter()
            .enumerate()
            .map(|(place, node)| name(node, evidence.is_end(place)))
            .collect();
        let least: Vec<f64> = names.iter().map(|lines| AROUND + LINE * lines.len().max(1) as f64).collect();
        let layout = layers::layout(&evidence.columns, &least, &links);
        Some(Self { evidence, layout, names, widths, relations })
    }

    /// Number of paths that are drawn.
    pub fn drawn(&self) -> usize {
        self.evidence.drawn
    }

    /// The greatest effect of an edge, in logits.
    pub fn greatest_effect(&self) -> Option<f64> {
        self.evidence.greatest_effect()
    }

    /// Whether an edge speaks against the pair.
    pub fn has_dashes(&self) -> bool {
        self.evidence.edges.iter().any(|edge| speaks_against(edge.hop))
    }

    /// The picture, `id` telling it from others of the page.
    pub fn svg(&self, id: &str) -> Markup {
        let (nodes, edges) = (&self.evidence.nodes, &self.evidence.edges);
        let last = self.layout.columns.len() - 1;
        let remarks = if self.evidence.left_out.iter().any(|&count| count > 0) { 22.0 } else { 0.0 };
        let (width, height) =
            (self.layout.width + 2.0 * MARGIN, HEAD + self.layout.height + remarks + 2.0 * MARGIN);
        let (title, description) = (format!("{id}-title"), format!("{id}-description"));
        let ends: Vec<&str> = (0..nodes.len())
            .filter(|&place| self.evidence.is_end(place))
            .map(|place| nodes[place].label())
            .collect();
        html! {
            svg.evidence role="img" aria-labelledby=(format!("{title} {description}"))
                viewBox=(format!("0 0 {} {}", pixels(width), pixels(height))) width=(pixels(width)) height=(pixels(height))
                xmlns="http://www.w3.org/2000/svg" {
                title id=(title) { "Evidence from " (ends.join(" to ")) }
                desc id=(description) {
                    (nodes.len()) " nodes in " (last + 1) " columns, " (edges.len()) " edges. The paths are listed below."
                }
                g transform=(format!("translate({MARGIN} {})", HEAD + MARGIN)) {
                    @for column in 0..=last { (self.heading(column)) }
                    @for place in self.edges_by_width() { (self.edge(place)) }
                    @for place in 0..nodes.len() { (self.node(place)) }
                    @for column in 0..=last { (self.remark(column)) }
                }
            }
        }
    }

    /// The edges, the widest first, so that thin lines lie on top.
    fn edges_by_width(&self) -> Vec<usize> {
        let mut places: Vec<usize> = (0..self.widths.len()).collect();
        places.sort_by(|&one, &other| self.widths[other].total_cmp(&self.widths[one]));
        places
    }

    /// The types of the nodes of a column.
    fn heading(&self, column: usize) -> Markup {
        let mut kinds: Vec<&str> = Vec::new();
        for (node, _) in
            self.evidence.nodes.iter().zip(&self.evidence.columns).filter(|(_, of)| **of == column)
        {
            if !kinds.contains(&node.kind.as_str()) {
                kinds.push(&node.kind);
            }
        }
        let x = self.layout.columns[column];
        html! {
            text x=(pixels(x)) y="-11" font-size=(SMALL_SIZE) fill=(Ink::Muted.hex()) {
                (fitted(&kinds.join(", "), SMALL_SIZE, BOX_WIDTH))
            }
        }
    }

    /// How many nodes of a column are not drawn, below its last box.
    fn remark(&self, column: usize) -> Markup {
        let count = self.evidence.left_out[column];
        let boxes = self.layout.boxes.iter().zip(&self.evidence.columns).filter(|(_, of)| **of == column);
        let bottom = boxes.map(|(node, _)| node.bottom()).fold(0.0, f64::max).max(self.lowest_bend(column));
        html! {
            @if count > 0 {
                text x=(pixels(self.layout.columns[column] + PADDING)) y=(pixels(bottom + 17.0)) font-size=(SMALL_SIZE)
                    fill=(Ink::Muted.hex()) { "and " (number::count(count as u64)) " more" }
            }
        }
    }

    /// Lower side of the lowest line that passes a column, or 0.
    fn lowest_bend(&self, column: usize) -> f64 {
        let x = self.layout.columns[column];
        let passing = self.layout.routes.iter().zip(&self.widths).flat_map(|(route, width)| {
            let inner = &route[1..route.len() - 1];
            inner.iter().filter(|at| at.0 == x).map(move |at| at.1 + width / 2.0)
        });
        passing.fold(0.0, f64::max)
    }

    fn edge(&self, place: usize) -> Markup {
        let edge = &self.evidence.edges[place];
        let ink = relation_ink(self.relations, &edge.hop.relation);
        let names = [edge.from, edge.to].map(|node| self.evidence.nodes[node].label());
        html! {
            path d=(curve(&self.layout.routes[place])) fill="none" stroke=(ink.hex()) stroke-opacity="0.85"
                stroke-width=(pixels(self.widths[place])) stroke-dasharray=[speaks_against(edge.hop).then_some("7 4")] {
                title {
                    (names[0]) " " (edge.hop.word()) " " (names[1])
                    @if let Some(effect) = edge.hop.effect { ": effect " (number::signed(effect, 3)) }
                }
            }
        }
    }

    fn node(&self, place: usize) -> Markup {
        let (node, is_end) = (self.evidence.nodes[place], self.evidence.is_end(place));
        let (Rectangle { x, y, width, height }, lines) = (self.layout.boxes[place], &self.names[place]);
        let first = y + height / 2.0 - LINE * lines.len() as f64 / 2.0 + 12.5;
        html! {
            g {
                title {
                    (node.label())
                    @if !node.id.is_empty() && node.id != node.label() { " (" (node.id) ")" }
                    @if !node.kind.is_empty() { ", " (node.kind) }
                }
                rect.end[is_end] x=(pixels(x)) y=(pixels(y)) width=(pixels(width)) height=(pixels(height)) rx="5"
                    fill="#F6F7F9" stroke="#8A929C" {}
                @for (place, line) in lines.iter().enumerate() {
                    text x=(pixels(x + PADDING)) y=(pixels(first + LINE * place as f64)) font-size=(NAME_SIZE)
                        font-weight=[is_end.then_some("600")] fill=(Ink::Text.hex()) { (line) }
                }
            }
        }
    }
}

/// The lines of a name in its box; bold at either end.
fn name(node: &Node, is_end: bool) -> Vec<String> {
    let room = BOX_WIDTH - 2.0 * PADDING;
    let (room, most) = if is_end { (room / BOLD, MOST_LINES.1) } else { (room, MOST_LINES.0) };
    lines(node.label(), NAME_SIZE, room, most)
}

/// Whether taking the edge away would raise the score.
fn speaks_against(hop: &Hop) -> bool {
    hop.effect.is_some_and(|effect| effect < 0.0)
}

/// What the edges of a relation are drawn in; those past the last colour are grey.
pub fn relation_ink(relations: &[String], relation: &str) -> Ink {
    match ink_of(relations, relation) {
        Ink::Other => Ink::Muted,
        coloured => coloured,
    }
}

/// A line of that width in the colour of a relation, small enough for a line of text.
pub fn line_swatch(ink: Ink, width: f64) -> Markup {
    html! {
        svg.swatch aria-hidden="true" viewBox="0 0 38 14" width="38" height="14" {
            path d="M1 7H37" fill="none" stroke=(ink.hex()) stroke-width=(pixels(width)) {}
        }
    }
}

/// Swatches of the greatest effect and of half of it, with their values: a scale of widths.
pub fn width_scale(greatest: f64) -> [(Markup, String); 2] {
    [greatest / 2.0, greatest].map(|effect| {
        let width = line_width(Some(effect), Some(greatest));
        (line_swatch(Ink::Muted, width), number::fixed(effect, 2))
    })
}

/// A smooth line through the points of a route: curved between columns and level across them.
fn curve(route: &[(f64, f64)]) -> String {
    let mut path = String::new();
    for (place, gap) in route.chunks(2).enumerate() {
        let ((x0, y0), (x1, y1)) = (gap[0], gap[1]);
        let middle = pixels(f64::midpoint(x0, x1));
        let _ = if place == 0 {
            write!(path, "M{} {}", pixels(x0), pixels(y0))
        } else {
            write!(path, "H{}", pixels(x0))
        };
        let (x1, y0, y1) = (pixels(x1), pixels(y0), pixels(y1));
        let _ = write!(path, "C{middle} {y0} {middle} {y1} {x1} {y1}");
    }
    path
}

/// A length to a tenth of a pixel.
fn pixels(length: f64) -> f64 {
    (length * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::super::evidence::tests::path;
    use super::super::letters;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn width_grows_with_the_size_of_the_effect() {
        let width = |effect| line_width(effect, Some(2.0));
        assert_eq!(width(Some(0.0)), LINE_WIDTHS.0);
        assert_eq!(width(None), LINE_WIDTHS.0);
        assert_eq!(width(Some(f64::NAN)), LINE_WIDTHS.0);
        assert_eq!(width(Some(-2.0)), LINE_WIDTHS.1);
        assert_eq!(line_width(Some(1.0), None), PLAIN_WIDTH);
    }

    #[test]
    fn names_are_escaped_and_cut_with_the_whole_in_the_title() {
        let nasty = "<b>&\" of a name that is much too long for its box, even in two lines";
        let paths = [path(&["d", nasty, "z"], Some(0.5))];
        let svg = Picture::new(&paths, &["r".into()]).unwrap().svg("x").into_string();
        assert!(!svg.contains("<b>"));
        assert!(svg.contains(
            "<title>&lt;b&gt;&amp;&quot; of a name that is much too long for its box, even in two lines, gene</title>"
        ));
        assert!(svg.contains("&lt;b&gt;&amp;&quot; of a name"));
        assert!(svg.contains("…</text>"), "{svg}");
    }

    #[test]
    fn edges_that_speak_against_the_pair_are_dashed() {
        let paths = [path(&["d", "a", "z"], Some(0.5)), path(&["d", "b", "z"], Some(-0.25))];
        let picture = Picture::new(&paths, &[]).unwrap();
        assert!(picture.has_dashes());
        let svg = picture.svg("x").into_string();
        assert_eq!(svg.matches("stroke-dasharray").count(), 2);
        assert_eq!(svg.matches("stroke-width=\"9\"").count(), 2);
        assert_eq!(svg.matches("stroke-width=\"5.3\"").count(), 2);
    }

    #[test]
    fn what_is_left_out_is_said_in_its_column() {
        let names: Vec<String> = (0..11).map(|place| format!("gene {place}")).collect();
        let paths: Vec<_> = names.iter().map(|name| path(&["d", name, "z"], None)).collect();
        let svg = Picture::new(&paths, &[]).unwrap().svg("x").into_string();
        assert_eq!(svg.matches("and 3 more").count(), 1);
    }

    #[test]
    fn a_curve_is_level_where_it_passes_a_column() {
        let route = [(10.0, 5.0), (20.0, 9.0), (40.0, 9.0), (60.0, 1.0)];
        assert_eq!(curve(&route), "M10 5C15 5 15 9 20 9H40C50 9 50 1 60 1");
    }

    proptest! {
        #[test]
        fn width_is_monotone_in_the_effect(one in -9.0..9.0_f64, other in -9.0..9.0_f64) {
            let greatest = Some(one.abs().max(other.abs()).max(1e-3));
            let (thin, thick) = if one.abs() <= other.abs() { (one, other) } else { (other, one) };
            prop_assert!(line_width(Some(thin), greatest) <= line_width(Some(thick), greatest));
        }

        #[test]
        fn names_stay_within_their_boxes(names in prop::collection::vec(".{1,60}", 1..20)) {
            let names: Vec<String> = names.iter().enumerate().map(|(at, name)| format!("{at}{name}")).collect();
            let paths: Vec<_> = names.iter().map(|name| path(&["d", name, "z"], Some(name.len() as f64))).collect();
            let picture = Picture::new(&paths, &[]).unwrap();
            prop_assert_eq!(picture.svg("x").into_string(), Picture::new(&paths, &[]).unwrap().svg("x").into_string());
            for (lines, place) in picture.names.iter().zip(&picture.layout.boxes) {
                for line in lines {
                    prop_assert!(letters::width(line, NAME_SIZE) + 2.0 * PADDING <= place.width + 1e-9);
                }
                prop_assert!(LINE * lines.len() as f64 + AROUND <= place.height + 1e-9);
            }
        }
    }
}
