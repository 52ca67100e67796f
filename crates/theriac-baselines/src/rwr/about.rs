//! Walks between two nodes on graphs that differ from one in a few edges.
//!
//! Let `M` be the transition matrix of a graph and `M'` that of another, whose rows differ at a few nodes `C`: `M' = M + D`. What
//! walks of `k` steps from `s` to `t` come to is, with `f_j = s M^j` and `f'_j = s M'^j`,
//!
//! ```text
//! s M'^k t = s M^k t + sum over j < k of f'_j D M^(k-1-j) t,
//! f'_j(c)  = f_j(c)  + sum over i < j of f'_i D M^(j-1-i) c,    c in C,
//! ```
//!
//! in which `f'` is asked for at `C` alone. So it takes the walks back from `t` and from the nodes of `C` on the one graph, and of these no
//! more than where they are at `C` and, on average, at the neighbours of `C`: after that, each other graph is a few sums.

use std::collections::HashMap;

use rayon::prelude::*;
use theriac_graph::{Edge, EditedGraph};
use theriac_link::{About, Pair, Rescorer};

use super::anew::{WalkAnew, add_scaled, add_sums, ends, sum_at};
use super::most_steps;

/// Walks back that go side by side.
const SIDE_BY_SIDE: usize = 16;
/// Graphs that a thread walks on at a time, where they differ too much.
const BLOCK: usize = 16;

/// A node with the place of its type.
type Node = (usize, u32);

/// See the [module](self).
pub(super) struct WalkAbout<'a> {
    walk: &'a WalkAnew,
    graph: &'a EditedGraph<'a>,
    pair: Pair,
    /// The nodes at which other graphs may differ, with their places.
    nodes: HashMap<Node, usize>,
    /// The directions that lead out of each of these nodes: its place and that of the direction.
    slots: HashMap<(usize, usize), usize>,
    /// What walks come to on the graph itself, shares and all.
    probability: f64,
    /// Probability of being at each node after so many steps: `[steps][nodes]`.
    forward: Vec<Vec<f64>>,
    /// Of walks to each node, and to the end of the pair as the last.
    back: Vec<Back>,
}

/// Walks to one node.
struct Back {
    /// Probability of being there so many steps after each node: `[steps][nodes]`.
    from_nodes: Vec<Vec<f64>>,
    /// The same after one of the nodes that a direction out of a node leads to, each as likely: `[steps][slots]`.
    from_slots: Vec<Vec<f64>>,
}

/// How a row of the transition matrix differs.
#[derive(Default)]
struct Difference {
    /// Place of the row's node.
    node: usize,
    /// Multiples of the mean over a slot.
    slots: Vec<(usize, f64)>,
    /// Multiples of single nodes.
    nodes: Vec<(usize, f64)>,
}

impl Difference {
    /// What the difference of the row comes to, of walks to a node that take so many steps more.
    fn of(&self, back: &Back, steps: usize) -> f64 {
        let slots = self.slots.iter().map(|&(slot, weight)| weight * back.from_slots[steps][slot]);
        let nodes = self.nodes.iter().map(|&(node, weight)| weight * back.from_nodes[steps][node]);
        slots.sum::<f64>() + nodes.sum::<f64>()
    }
}

impl<'a> WalkAbout<'a> {
    pub(super) fn new(walk: &'a WalkAnew, graph: &'a EditedGraph<'a>, edges: &[Edge], pair: Pair) -> Self {
        let (start, end) = walk.ends(pair);
        let ordered: Vec<Node> = ends(graph.original(), edges).into_iter().collect();
        let mut slots: Vec<(usize, usize)> = Vec::new();
        for (place, &(node_type, _)) in ordered.iter().enumerate() {
            let from_type = walk.directions.iter().enumerate().filter(|(_, of)| of.from == node_type);
            slots.extend(from_type.map(|(direction, _)| (place, direction)));
        }
        let columns: Vec<Node> = ordered.iter().copied().chain([(walk.end_type, end)]).collect();
        let changes = walk.changes(graph);
        let lead_back = || -> Vec<Back> {
            let few = columns.par_chunks(SIDE_BY_SIDE);
            few.flat_map_iter(|few| walks_back(walk, graph, &changes, few, &ordered, &slots)).collect()
        };
        let lead_on = || {
            let mut probability = 0.0;
            let mut forward = Vec::new();
            walk.visit([graph], [start], |step, at| {
                probability += f64::from(walk.share(step) * at[walk.end_type][end as usize][0]);
                if step < most_steps() {
                    let at = |&(node_type, node): &Node| f64::from(at[node_type][node as usize][0]);
                    forward.push(ordered.iter().map(at).collect());
                }
            });
            (probability, forward)
        };
        let (back, (probability, forward)) = rayon::join(lead_back, lead_on);
        let nodes = ordered.into_iter().zip(0..).collect();
        let slots = slots.into_iter().zip(0..).collect();
        Self { walk, graph, pair, nodes, slots, probability, forward, back }
    }

    /// How the rows of another graph differ; `None` where rows do that were not told of before.
    fn differences(&self, graph: &EditedGraph<'_>) -> Option<Vec<Difference>> {
        let more = graph.edits().strip_prefix(self.graph.edits())?;
        let place = |node: &Node| self.nodes.get(node).copied();
        let mut differences = Vec::new();
        for (node_type, node) in ends(graph.original(), more) {
            let mut difference = Difference { node: place(&(node_type, node))?, ..Difference::default() };
            let before = self.walk.probabilities(self.graph, node_type, node);
            let after = self.walk.probabilities(graph, node_type, node);
            for ((direction, before), (_, after)) in before.into_iter().zip(after) {
                let of = &self.walk.directions[direction];
                let [old, new] = [self.graph, graph].map(|graph| of.edges.row(graph, node));
                let (before, after) = (f64::from(before), f64::from(after));
                let slot = self.slots[&(difference.node, direction)];
                difference.slots.push((slot, (after - before) * old.len() as f64));
                let is_in = |row: &[u32], node: &u32| row.binary_search(node).is_ok();
                for gone in old.iter().filter(|node| !is_in(new, node)) {
                    difference.nodes.push((place(&(of.to, *gone))?, -after));
                }
                for come in new.iter().filter(|node| !is_in(old, node)) {
                    difference.nodes.push((place(&(of.to, *come))?, after));
                }
            }
            differences.push(difference);
        }
        Some(differences)
    }

    /// The score on a graph whose rows differ so.
    fn score(&self, graph: &EditedGraph<'_>, differences: &[Difference]) -> f32 {
        let most = self.forward.len();
        // What the difference of each row comes to, of walks to each of these nodes: `[steps][to][rows]`.
        let between: Vec<Vec<Vec<f64>>> = (0..most.saturating_sub(1))
            .map(|steps| {
                let to = |to: &Difference| {
                    differences.iter().map(|row| row.of(&self.back[to.node], steps)).collect()
                };
                differences.iter().map(to).collect()
            })
            .collect();
        // Probability of being at each of these nodes after so many steps, on the other graph.
        let mut at: Vec<Vec<f64>> = Vec::with_capacity(most);
        for step in 0..most {
            let here = |(place, to): (usize, &Difference)| {
                let before = at.iter().enumerate().map(|(earlier, at)| {
                    let row = &between[step - 1 - earlier][place];
                    at.iter().zip(row).map(|(at, row)| at * row).sum::<f64>()
                });
                self.forward[step][to.node] + before.sum::<f64>()
            };
            let here: Vec<f64> = differences.iter().enumerate().map(here).collect();
            at.push(here);
        }
        let to_end = &self.back[self.nodes.len()];
        let mut probability = self.probability;
        for (place, row) in differences.iter().enumerate() {
            let after: Vec<f64> = (0..most).map(|steps| row.of(to_end, steps)).collect();
            for (step, at) in at.iter().enumerate() {
                for steps in step + 1..=most {
                    probability += f64::from(self.walk.share(steps)) * at[place] * after[steps - 1 - step];
                }
            }
        }
        // Where nothing is left of it, rounding may leave less than that.
        probability.max(0.0) as f32 * self.walk.correction(graph, self.pair)
    }
}

impl About for WalkAbout<'_> {
    fn rescore_each(&self, graphs: &[EditedGraph<'_>]) -> Vec<f32> {
        let known = |graph| self.differences(graph).map(|differences| self.score(graph, &differences));
        let mut scores: Vec<Option<f32>> = graphs.par_iter().map(known).collect();
        let others: Vec<EditedGraph<'_>> = graphs
            .iter()
            .zip(&scores)
            .filter(|(_, score)| score.is_none())
            .map(|(graph, _)| graph.clone())
            .collect();
        let block = others.len().div_ceil(rayon::current_num_threads()).clamp(1, BLOCK);
        let walked: Vec<Vec<f32>> =
            others.par_chunks(block).map(|block| self.walk.rescore_each(block, self.pair)).collect();
        let mut walked = walked.into_iter().flatten();
        for score in scores.iter_mut().filter(|score| score.is_none()) {
            *score = walked.next();
        }
        scores.into_iter().flatten().collect()
    }
}

/// The walks back from some nodes, side by side.
fn walks_back(
    walk: &WalkAnew,
    graph: &EditedGraph<'_>,
    changes: &[Vec<(u32, f32)>],
    columns: &[Node],
    nodes: &[Node],
    slots: &[(usize, usize)],
) -> Vec<Back> {
    let (mut at, mut next) = (walk.nowhere::<SIDE_BY_SIDE>(), walk.nowhere::<SIDE_BY_SIDE>());
    for (column, &(node_type, node)) in columns.iter().enumerate() {
        at[node_type][node as usize][column] = 1.0;
    }
    let mut back: Vec<Back> =
        columns.iter().map(|_| Back { from_nodes: Vec::new(), from_slots: Vec::new() }).collect();
    for step in 0..most_steps() {
        if step > 0 {
            lead_back(walk, graph, changes, &at, &mut next);
            std::mem::swap(&mut at, &mut next);
        }
        let of_slot = |&(place, direction): &(usize, usize)| {
            let of = &walk.directions[direction];
            let row = of.edges.row(graph, nodes[place].1);
            let mut sums = [0.0f64; SIDE_BY_SIDE];
            for &to in row {
                for (sum, at) in sums.iter_mut().zip(at[of.to][to as usize]) {
                    *sum += f64::from(at);
                }
            }
            sums.map(|sum| sum / row.len().max(1) as f64)
        };
        let of_slots: Vec<[f64; SIDE_BY_SIDE]> = slots.iter().map(of_slot).collect();
        for (column, back) in back.iter_mut().enumerate() {
            let of_node = |&(node_type, node): &Node| f64::from(at[node_type][node as usize][column]);
            back.from_nodes.push(nodes.iter().map(of_node).collect());
            back.from_slots.push(of_slots.iter().map(|of| of[column]).collect());
        }
    }
    back
}

/// The probability of being at `end`, of walks that set out from each node of the type that they start from: `[starts]`.
pub(super) fn reaching(walk: &WalkAnew, graph: &EditedGraph<'_>, end: u32) -> Vec<f32> {
    let changes = walk.changes(graph);
    let (mut at, mut next) = (walk.nowhere::<1>(), walk.nowhere::<1>());
    at[walk.end_type][end as usize] = [1.0];
    let mut reaching = vec![0.0; walk.sizes[walk.start_type]];
    for step in 0..=most_steps() {
        if step > 0 {
            lead_back(walk, graph, &changes, &at, &mut next);
            std::mem::swap(&mut at, &mut next);
        }
        let share = walk.share(step);
        for (sum, [at]) in reaching.iter_mut().zip(&at[walk.start_type]) {
            *sum += share * at;
        }
    }
    reaching
}

/// Writes to `next` how likely each node leads in one step to where `at` is.
fn lead_back<const N: usize>(
    walk: &WalkAnew,
    graph: &EditedGraph<'_>,
    changes: &[Vec<(u32, f32)>],
    at: &[Vec<[f32; N]>],
    next: &mut [Vec<[f32; N]>],
) {
    for next in next.iter_mut() {
        next.fill([0.0; N]);
    }
    for (direction, changes) in walk.directions.iter().zip(changes) {
        let to = &at[direction.to];
        if to.iter().all(|at| *at == [0.0; N]) {
            continue;
        }
        let next = &mut next[direction.from];
        let before: Vec<[f32; N]> = changes.iter().map(|&(node, _)| next[node as usize]).collect();
        add_sums(direction.edges.leaving(graph), to, |node| direction.probabilities[node], next);
        for (&(node, probability), before) in changes.iter().zip(before) {
            next[node as usize] = before;
            add_scaled(&mut next[node as usize], sum_at(direction.edges.row(graph, node), to), probability);
        }
    }
}
