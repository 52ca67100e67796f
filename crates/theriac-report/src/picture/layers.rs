//! Where nodes and links stand in a layered picture (Sugiyama, Tagawa and Toda 1981): columns by longest paths, the order
//! in a column by barycentres, heights as near to the neighbours' as the order leaves room.
//!
//! A link that passes a column has a bend there, which takes a place among the nodes, so that no line runs behind a box.
//! All steps are deterministic: what is equal keeps the order in which it was given.

/// Width of a box, in pixels.
pub const BOX_WIDTH: f64 = 176.0;
/// Least room between two boxes of a column, in pixels.
pub const ROW_GAP: f64 = 10.0;
/// Room between links at a box, in pixels.
const PORT_GAP: f64 = 2.0;
/// Height of a bend beside the width of its line, in pixels.
const BEND_ROOM: f64 = 2.0;
/// Room between columns, in pixels: the least, and the most.
const COLUMN_GAPS: (f64, f64) = (84.0, 150.0);
/// The width that the picture fills where the gaps allow it, in pixels.
const WIDTH: f64 = 1120.0;
/// Sweeps of barycentres, back and forth.
const SWEEPS: usize = 24;
/// Sweeps that bring neighbours to one height.
const LEVELLINGS: usize = 12;

/// A link from a node to one of a later column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Link {
    /// Place of the node that it leaves.
    pub from: usize,
    /// Place of the node that it enters.
    pub to: usize,
    /// Width of its line, in pixels.
    pub width: f64,
}

/// A box on the sheet, in pixels from its top left.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rectangle {
    /// Left side.
    pub x: f64,
    /// Upper side.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

impl Rectangle {
    /// Lower side.
    pub fn bottom(&self) -> f64 {
        self.y + self.height
    }

    fn middle(&self) -> f64 {
        self.y + self.height / 2.0
    }
}

/// Where everything stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    /// Width of all columns together, in pixels.
    pub width: f64,
    /// Height of the highest column, in pixels.
    pub height: f64,
    /// Left side of each column, `[n_columns]`.
    pub columns: Vec<f64>,
    /// The box of each node, `[n_nodes]`.
    pub boxes: Vec<Rectangle>,
    /// The points of each link, `[n_links]`: pairs that stand at either side of a gap between columns.
    pub routes: Vec<Vec<(f64, f64)>>,
}

/// The column of each node, `[n_nodes]`: the number of links on the longest way to it. `None` where links go round in a circle.
pub fn columns(n_nodes: usize, links: &[(usize, usize)]) -> Option<Vec<usize>> {
    let mut columns = vec![0; n_nodes];
    // Without a circle no way is longer than the number of nodes, and nothing moves in the last round.
    for _ in 0..=n_nodes {
        let mut moved = false;
        for &(from, to) in links {
            if columns[to] <= columns[from] {
                columns[to] = columns[from] + 1;
                moved = true;
            }
        }
        if !moved {
            return Some(columns);
        }
    }
    None
}

/// The part of a link between two neighbouring columns, from slot to slot.
#[derive(Clone, Copy)]
struct Segment {
    from: usize,
    to: usize,
    width: f64,
}

/// Nodes and bends: what takes a place in a column.
struct Slots {
    /// Height of each slot; nodes come first, `[n_slots]`.
    heights: Vec<f64>,
    /// The slots of each column, from the top.
    order: Vec<Vec<usize>>,
    /// All segments, in the order of links.
    segments: Vec<Segment>,
    /// Where the segments of each link begin, `[n_links + 1]`.
    starts: Vec<usize>,
}

impl Slots {
    fn new(column_of: &[usize], least_heights: &[f64], links: &[Link]) -> Self {
        let n_columns = column_of.iter().max().map_or(0, |last| last + 1);
        let mut order = vec![Vec::new(); n_columns];
        for (node, &column) in column_of.iter().enumerate() {
            order[column].push(node);
        }
        let ports = |taken: &dyn Fn(&Link) -> bool| {
            links.iter().filter(|link| taken(link)).map(|link| link.width + PORT_GAP).sum::<f64>() + 8.0
        };
        let mut heights: Vec<f64> = (0..column_of.len())
            .map(|node| {
                least_heights[node].max(ports(&|link| link.from == node)).max(ports(&|link| link.to == node))
            })
            .collect();
        let (mut segments, mut starts) = (Vec::new(), vec![0]);
        for link in links {
            let mut from = link.from;
            for slots in &mut order[column_of[link.from] + 1..column_of[link.to]] {
                let bend = heights.len();
                heights.push(link.width + BEND_ROOM);
                slots.push(bend);
                segments.push(Segment { from, to: bend, width: link.width });
                from = bend;
            }
            segments.push(Segment { from, to: link.to, width: link.width });
            starts.push(segments.len());
        }
        Self { heights, order, segments, starts }
    }

    /// Places within their columns, `[n_slots]`.
    fn places(&self) -> Vec<usize> {
        let mut places = vec![0; self.heights.len()];
        for slots in &self.order {
            for (place, &slot) in slots.iter().enumerate() {
                places[slot] = place;
            }
        }
        places
    }

    /// Number of pairs of segments that cross.
    fn crossings(&self) -> usize {
        let places = self.places();
        let mut column = vec![0; self.heights.len()];
        for (at, slots) in self.order.iter().enumerate() {
            for &slot in slots {
                column[slot] = at;
            }
        }
        let cross = |one: &Segment, other: &Segment| {
            column[one.from] == column[other.from]
                && (places[one.from] < places[other.from] && places[one.to] > places[other.to]
                    || places[one.from] > places[other.from] && places[one.to] < places[other.to])
        };
        self.segments
            .iter()
            .enumerate()
            .map(|(at, one)| self.segments[at + 1..].iter().filter(|other| cross(one, other)).count())
            .sum()
    }

    /// Brings each column into the order of the mean places of its neighbours, back and forth, and keeps the order with the
    /// fewest crossings.
    fn untangle(&mut self) {
        let (mut best, mut fewest) = (self.order.clone(), self.crossings());
        for sweep in 0..SWEEPS {
            let forward = sweep % 2 == 0;
            for at in 0..self.order.len() {
                let column = if forward { at } else { self.order.len() - 1 - at };
                let places = self.places();
                let mut keyed: Vec<(f64, usize)> = self.order[column]
                    .iter()
                    .map(|&slot| {
                        let neighbours: Vec<usize> = self
                            .segments
                            .iter()
                            .filter_map(|segment| match (forward, segment) {
                                (true, &Segment { from, to, .. }) if to == slot => Some(places[from]),
                                (false, &Segment { from, to, .. }) if from == slot => Some(places[to]),
                                _ => None,
                            })
                            .collect();
                        let sum: usize = neighbours.iter().sum();
                        let mean = if neighbours.is_empty() {
                            places[slot] as f64
                        } else {
                            sum as f64 / neighbours.len() as f64
                        };
                        (mean, slot)
                    })
                    .collect();
                keyed.sort_by(|one, other| one.0.total_cmp(&other.0));
                self.order[column] = keyed.into_iter().map(|(_, slot)| slot).collect();
            }
            let crossings = self.crossings();
            if crossings < fewest {
                (best, fewest) = (self.order.clone(), crossings);
            }
        }
        self.order = best;
    }

    /// Height of the middle of each slot, `[n_slots]`, the topmost side being 0.
    fn middles(&self) -> Vec<f64> {
        let mut middles = vec![0.0; self.heights.len()];
        for sweep in 0..LEVELLINGS {
            for at in 0..self.order.len() {
                let slots = &self.order[if sweep % 2 == 0 { at } else { self.order.len() - 1 - at }];
                let wanted: Vec<f64> = slots
                    .iter()
                    .map(|&slot| {
                        let (mut sum, mut weight) = (0.0, 0.0);
                        for segment in &self.segments {
                            let other = match segment {
                                segment if segment.to == slot => segment.from,
                                segment if segment.from == slot => segment.to,
                                _ => continue,
                            };
                            sum += middles[other] * segment.width;
                            weight += segment.width;
                        }
                        if weight > 0.0 { sum / weight } else { middles[slot] }
                    })
                    .collect();
                let heights: Vec<f64> = slots.iter().map(|&slot| self.heights[slot]).collect();
                for (&slot, middle) in slots.iter().zip(apart(&wanted, &heights)) {
                    middles[slot] = middle;
                }
            }
        }
        let top = middles.iter().zip(&self.heights).map(|(middle, height)| middle - height / 2.0);
        let top = top.fold(f64::INFINITY, f64::min);
        middles.into_iter().map(|middle| middle - top).collect()
    }
}

/// The middles nearest to the `wanted` ones, in squares, that keep their order and leave [`ROW_GAP`] between boxes of those heights:
/// an isotonic regression by pooling neighbours.
fn apart(wanted: &[f64], heights: &[f64]) -> Vec<f64> {
    let mut offsets = Vec::with_capacity(heights.len());
    let mut below = 0.0;
    for height in heights {
        offsets.push(below + height / 2.0);
        below += height + ROW_GAP;
    }
    // Runs of slots that stand as close as they may: the sum of what they want, less their offsets, and their number.
    let mut runs: Vec<(f64, usize)> = Vec::new();
    for (wanted, offset) in wanted.iter().zip(&offsets) {
        let mut run = (wanted - offset, 1);
        while let Some(&(sum, count)) = runs.last() {
            if sum / count as f64 <= run.0 / run.1 as f64 {
                break;
            }
            run = (run.0 + sum, run.1 + count);
            runs.pop();
        }
        runs.push(run);
    }
    let starts = runs.into_iter().flat_map(|(sum, count)| std::iter::repeat_n(sum / count as f64, count));
    starts.zip(offsets).map(|(start, offset)| start + offset).collect()
}

/// Lays out nodes in their columns, as [`columns`] gives them, and the links between them. A box is as high as its least
/// height, in pixels, or as its links take.
pub fn layout(column_of: &[usize], least_heights: &[f64], links: &[Link]) -> Layout {
    let mut slots = Slots::new(column_of, least_heights, links);
    slots.untangle();
    let middles = slots.middles();
    let n_columns = slots.order.len();
    let gaps = n_columns.saturating_sub(1).max(1) as f64;
    let gap = ((WIDTH - n_columns as f64 * BOX_WIDTH) / gaps).clamp(COLUMN_GAPS.0, COLUMN_GAPS.1).floor();
    let columns: Vec<f64> = (0..n_columns).map(|column| column as f64 * (BOX_WIDTH + gap)).collect();
    let mut rectangles = vec![Rectangle::default(); slots.heights.len()];
    for (&x, slots_of) in columns.iter().zip(&slots.order) {
        for &slot in slots_of {
            let height = slots.heights[slot];
            rectangles[slot] = Rectangle { x, y: middles[slot] - height / 2.0, width: BOX_WIDTH, height };
        }
    }
    let (leaving, entering) = (ports(&slots, &rectangles, true), ports(&slots, &rectangles, false));
    let routes = slots
        .starts
        .windows(2)
        .map(|ends| {
            (ends[0]..ends[1])
                .flat_map(|at| {
                    let Segment { from, to, .. } = slots.segments[at];
                    [(rectangles[from].x + BOX_WIDTH, leaving[at]), (rectangles[to].x, entering[at])]
                })
                .collect()
        })
        .collect();
    let height = rectangles.iter().map(Rectangle::bottom).fold(0.0, f64::max);
    rectangles.truncate(column_of.len());
    Layout {
        width: columns.last().map_or(0.0, |last| last + BOX_WIDTH),
        height,
        columns,
        boxes: rectangles,
        routes,
    }
}

/// Height at which each segment leaves (or enters) its slot, `[n_segments]`: side by side, in the order of the far ends.
fn ports(slots: &Slots, rectangles: &[Rectangle], leaving: bool) -> Vec<f64> {
    let ends = |segment: &Segment| {
        if leaving { (segment.from, segment.to) } else { (segment.to, segment.from) }
    };
    let mut heights = vec![0.0; slots.segments.len()];
    for (slot, rectangle) in rectangles.iter().enumerate() {
        let mut here: Vec<usize> =
            (0..slots.segments.len()).filter(|&at| ends(&slots.segments[at]).0 == slot).collect();
        let far = |at: &usize| rectangles[ends(&slots.segments[*at]).1].middle();
        here.sort_by(|one, other| far(one).total_cmp(&far(other)));
        let taken: f64 = here.iter().map(|&at| slots.segments[at].width + PORT_GAP).sum();
        let mut y = rectangle.middle() - taken / 2.0;
        for at in here {
            let room = slots.segments[at].width + PORT_GAP;
            heights[at] = y + room / 2.0;
            y += room;
        }
    }
    heights
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HEIGHT: f64 = 28.0;

    fn links(pairs: &[(usize, usize)]) -> Vec<Link> {
        pairs.iter().map(|&(from, to)| Link { from, to, width: 2.0 }).collect()
    }

    #[test]
    fn a_column_is_the_longest_way() {
        assert_eq!(columns(4, &[(0, 1), (1, 3), (0, 2), (2, 1)]), Some(vec![0, 2, 1, 3]));
        assert_eq!(columns(3, &[(0, 1), (1, 2), (2, 1)]), None, "a circle");
        assert_eq!(columns(1, &[(0, 0)]), None, "a loop");
        assert_eq!(columns(0, &[]), Some(vec![]));
    }

    #[test]
    fn crossings_that_need_not_be_are_gone() {
        let pairs = [(0, 1), (0, 2), (0, 3), (1, 6), (2, 5), (3, 4), (4, 7), (5, 7), (6, 7)];
        let mut slots = Slots::new(&columns(8, &pairs).unwrap(), &[HEIGHT; 8], &links(&pairs));
        assert_eq!(slots.crossings(), 3);
        slots.untangle();
        assert_eq!(slots.crossings(), 0);
    }

    #[test]
    fn a_chain_is_level() {
        let pairs = [(0, 1), (1, 2)];
        let layout = layout(&columns(3, &pairs).unwrap(), &[HEIGHT; 3], &links(&pairs));
        assert!(layout.boxes.iter().all(|node| node.y == 0.0), "{:?}", layout.boxes);
        assert_eq!(layout.height, HEIGHT);
        assert_eq!(layout.routes[0], [(BOX_WIDTH, 14.0), (layout.columns[1], 14.0)]);
    }

    #[test]
    fn a_link_that_passes_a_column_goes_around_its_boxes() {
        let pairs = [(0, 1), (1, 2), (0, 2)];
        let layout = layout(&columns(3, &pairs).unwrap(), &[HEIGHT; 3], &links(&pairs));
        let passing = &layout.routes[2];
        assert_eq!(passing.len(), 4);
        let (node, y) = (layout.boxes[1], passing[1].1);
        assert_eq!(passing[1].1, passing[2].1, "level across the column");
        assert!(y + 1.0 < node.y || y - 1.0 > node.bottom(), "{y} is within {node:?}");
    }

    #[test]
    fn boxes_stand_where_they_want_to_unless_they_would_meet() {
        assert_eq!(apart(&[0.0, 100.0], &[20.0, 20.0]), [0.0, 100.0]);
        assert_eq!(apart(&[50.0, 50.0], &[20.0, 20.0]), [35.0, 65.0]);
        assert_eq!(apart(&[60.0, 40.0, 200.0], &[20.0, 20.0, 20.0]), [35.0, 65.0, 200.0]);
    }

    #[test]
    fn nothing_is_laid_out_as_nothing() {
        let layout = layout(&[], &[], &[]);
        assert_eq!((layout.width, layout.height), (0.0, 0.0));
    }

    /// Links from each node to some that come after it, so that there is no circle.
    fn networks() -> impl Strategy<Value = (usize, Vec<Link>)> {
        (2..14_usize).prop_flat_map(|n| {
            let link = (0..n - 1, 1..n, 0.5..8.0_f64).prop_map(move |(from, step, width)| Link {
                from,
                to: (from + step).min(n - 1),
                width,
            });
            (Just(n), prop::collection::vec(link, 1..40))
        })
    }

    proptest! {
        #[test]
        fn layouts_hold_their_promises((n, links) in networks()) {
            let pairs: Vec<(usize, usize)> = links.iter().map(|link| (link.from, link.to)).collect();
            let column_of = columns(n, &pairs).expect("no circle");
            let heights: Vec<f64> = (0..n).map(|node| HEIGHT + 16.0 * (node % 3) as f64).collect();
            let layout = layout(&column_of, &heights, &links);
            prop_assert_eq!(&layout, &super::layout(&column_of, &heights, &links), "the same twice");
            for (at, one) in layout.boxes.iter().enumerate() {
                prop_assert!(one.x >= 0.0 && one.x + one.width <= layout.width);
                prop_assert!(one.y >= -1e-9 && one.bottom() <= layout.height + 1e-9);
                for (other_at, other) in layout.boxes.iter().enumerate().skip(at + 1) {
                    let apart = one.bottom() + ROW_GAP - 1e-6 <= other.y || other.bottom() + ROW_GAP - 1e-6 <= one.y;
                    prop_assert!(column_of[at] != column_of[other_at] || apart, "{:?} meets {:?}", one, other);
                }
            }
            for (link, route) in links.iter().zip(&layout.routes) {
                prop_assert!(column_of[link.from] < column_of[link.to], "a link goes to a later column");
                prop_assert_eq!(route.len(), 2 * (column_of[link.to] - column_of[link.from]));
                prop_assert!(route.windows(2).all(|two| two[0].0 < two[1].0), "a line goes to the right");
                let (start, end) = (route[0].1, route[route.len() - 1].1);
                for (node, y) in [(link.from, start), (link.to, end)] {
                    let node = layout.boxes[node];
                    let half = link.width / 2.0;
                    prop_assert!(node.y <= y - half && y + half <= node.bottom(), "a line ends at its box");
                }
                for across in route[1..route.len() - 1].chunks(2) {
                    for node in layout.boxes.iter().filter(|node| node.x == across[1].0 - BOX_WIDTH) {
                        let half = link.width / 2.0;
                        let clear = across[0].1 + half < node.y || across[0].1 - half > node.bottom();
                        prop_assert!(clear, "a line runs behind {:?}", node);
                    }
                }
            }
        }
    }
}
