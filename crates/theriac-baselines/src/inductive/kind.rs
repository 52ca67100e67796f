//! A kind of evidence with what was learned of it: how similarities become votes.

use theriac_graph::EditedGraph;

use super::evidence::{Asked, Evidence};
use crate::neighbours::nearest;

/// How similarities become shares of a vote.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Settings {
    /// How many of the most similar nodes vote.
    pub(super) neighbours: usize,
    /// Exponent of a similarity: the higher, the more the most similar ones have to say.
    pub(super) power: i32,
    /// Votes that nobody casts, in multiples of what the similarities of a node come to on average: the more, the less is
    /// said of nodes that are like no other.
    pub(super) reserve: f32,
}

/// Similarities of a node, the greatest first.
pub(super) type Similar = Vec<(u32, f32)>;

/// A kind of evidence with what was learned of it.
pub(super) struct Kind {
    pub(super) evidence: Evidence,
    pub(super) settings: Settings,
    /// Similarities are taken in multiples of this, and none counts for more.
    unit: f32,
    /// Mean, over nodes, of the sum of similarities to the power.
    mean: f32,
    /// What it counts beside the other kinds.
    pub(super) weight: f32,
}

impl Kind {
    /// The kind whose similarities over some nodes are these.
    pub(super) fn new(evidence: Evidence, settings: Settings, found: &[Similar]) -> Self {
        let unit =
            found.iter().filter_map(|similar| similar.first()).map(|first| first.1).fold(0.0, f32::max);
        let mut kind = Self { evidence, settings, unit, mean: 0.0, weight: 0.0 };
        kind.set(settings, found);
        kind
    }

    /// What was learned of the kind: settings, unit, mean and weight.
    pub(super) fn learned(&self) -> [f32; 6] {
        let Settings { neighbours, power, reserve } = self.settings;
        [neighbours as f32, power as f32, reserve, self.unit, self.mean, self.weight]
    }

    /// The kind of which this was learned.
    pub(super) fn restore(evidence: Evidence, learned: [f32; 6]) -> Self {
        let [neighbours, power, reserve, unit, mean, weight] = learned;
        let settings = Settings { neighbours: neighbours as usize, power: power as i32, reserve };
        Self { evidence, settings, unit, mean, weight }
    }

    /// The same kind with other settings.
    pub(super) fn set(&mut self, settings: Settings, found: &[Similar]) {
        self.settings = settings;
        let sums = found
            .iter()
            .filter(|similar| !similar.is_empty())
            .map(|similar| -> f32 { self.powers(similar).map(|(_, power)| power).sum() });
        let (count, sum) = sums.fold((0, 0.0), |(count, all), sum| (count + 1, all + sum));
        self.mean = sum / count.max(1) as f32;
    }

    fn powers<'s>(&self, similar: &'s [(u32, f32)]) -> impl Iterator<Item = (u32, f32)> + use<'s> {
        let Self { settings: Settings { neighbours, power, .. }, unit, .. } = *self;
        let power = move |similarity: f32| (similarity / unit).min(1.0).powi(power);
        similar.iter().take(neighbours).map(move |&(node, similarity)| (node, power(similarity)))
    }

    /// What each similar node has of the vote: together 1, less what is held in reserve. Of candidates, what is said of each.
    pub(super) fn shares(&self, similar: &[(u32, f32)]) -> Vec<(u32, f32)> {
        if self.evidence.direct {
            return self.powers(similar).collect();
        }
        let sum: f32 = self.powers(similar).map(|(_, power)| power).sum();
        let all = sum + self.settings.reserve * self.mean;
        if all > 0.0 {
            self.powers(similar).map(|(node, power)| (node, power / all)).collect()
        } else {
            Vec::new()
        }
    }
}

/// The links of the nodes of one end, as a graph has them.
#[derive(Clone, Copy)]
pub(super) struct Links<'a> {
    pub(super) graph: &'a EditedGraph<'a>,
    /// Place of the target relation.
    pub(super) target: usize,
    /// Whether the nodes are its targets.
    pub(super) reversed: bool,
}

impl Links<'_> {
    /// The candidates that a node is linked with.
    pub(super) fn of(&self, node: u32) -> &[u32] {
        self.graph.row(self.target, self.reversed, node).neighbors
    }

    /// How many nodes a candidate is linked with.
    pub(super) fn popularity(&self, candidate: u32) -> u32 {
        self.graph.row(self.target, !self.reversed, candidate).degree()
    }

    fn counts(&self) -> (u32, u32) {
        let edges = &self.graph.original().relations()[self.target].forward;
        if self.reversed { (edges.columns(), edges.rows()) } else { (edges.rows(), edges.columns()) }
    }

    /// Number of nodes.
    pub(super) fn nodes(&self) -> u32 {
        self.counts().0
    }

    /// Number of candidates.
    pub(super) fn candidates(&self) -> u32 {
        self.counts().1
    }
}

/// The nodes that are like the asked one by this evidence, of those with a known link where it is about such; `buffer` is
/// as long as there are nodes that it is about.
pub(super) fn similar(
    evidence: &Evidence,
    asked: Asked<'_>,
    known: Links<'_>,
    most: usize,
    buffer: &mut Vec<f32>,
) -> Similar {
    let (length, most) =
        if evidence.direct { (known.candidates(), usize::MAX) } else { (known.nodes(), most) };
    buffer.resize(length as usize, 0.0);
    evidence.fill(known.graph, asked, buffer);
    if !evidence.direct {
        for (node, similarity) in (0..).zip(buffer.iter_mut()).filter(|(_, similarity)| **similarity > 0.0) {
            if known.of(node).is_empty() {
                *similarity = 0.0;
            }
        }
    }
    nearest(None, buffer, most)
}

/// Adds what these shares come to for each candidate, `[candidates]`.
pub(super) fn vote(known: Links<'_>, direct: bool, shares: &[(u32, f32)], weight: f32, out: &mut [f32]) {
    for &(node, share) in shares {
        if direct {
            out[node as usize] += weight * share;
        } else {
            for &candidate in known.of(node) {
                out[candidate as usize] += weight * share;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use theriac_link::conformance::{example_graph, example_task};
    use theriac_link::{Split, TrainView};

    use super::*;

    #[test]
    fn shares_by_hand() {
        let graph = example_graph();
        let split = Split::random(&graph, &example_task(&graph).unwrap(), 0.1, 0.2, 1).unwrap();
        let view = TrainView::new(&graph, &split).unwrap();
        let evidence = Evidence::all(&view, true).remove(0);
        let found = [vec![(4, 2.0), (1, 1.0), (2, 0.5)], vec![(0, 1.0)], Vec::new()];
        let settings = Settings { neighbours: 2, power: 2, reserve: 0.0 };
        let mut kind = Kind::new(evidence, settings, &found);
        // In multiples of 2 and squared: 1 and 1/4.
        assert_eq!(kind.shares(&found[0]), [(4, 0.8), (1, 0.2)]);
        assert_eq!(kind.shares(&found[1]), [(0, 1.0)]);
        assert!(kind.shares(&found[2]).is_empty());
        // Sums of 1.25 and 0.25 are 0.75 on average.
        kind.set(Settings { reserve: 1.0, ..settings }, &found);
        assert_eq!(kind.shares(&found[0]), [(4, 0.5), (1, 0.125)]);
        assert_eq!(kind.shares(&found[1]), [(0, 0.25)]);
        // More alike than any known nodes are counts as much as they do.
        assert_eq!(kind.shares(&[(9, 10.0)]), [(9, 1.0 / 1.75)]);
    }
}
