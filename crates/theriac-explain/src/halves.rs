//! Halves of paths, from either end of a pair to the nodes where they meet.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use rayon::prelude::*;
use theriac_graph::{Edge, EditedGraph};

use crate::evidence::MOST_STEPS;
use crate::filter::PathFilter;
use crate::schema::{Node, Schema};

/// One half of a path: from an end of the pair, by one or two steps, to a node in the middle.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Half {
    /// The node in the middle.
    pub(crate) node: Node,
    /// Steps and their number, as one number; see [`Halves::key`].
    pub(crate) key: u32,
    /// The node between, of two steps; the node itself, of one.
    pub(crate) via: u32,
    pub(crate) weight: f32,
}

/// The halves of paths that start from one end, by the node in the middle, then by their steps, then the weightiest first.
pub(crate) struct Halves {
    pub(crate) of_one: Vec<Half>,
    of_two: Vec<Half>,
    steps: usize,
}

impl Halves {
    /// The steps of a half as one number: 1 + the step, or for two steps 1 + the first, times the number of steps plus
    /// one, plus the second.
    fn key(steps: usize, first: usize, second: Option<usize>) -> u32 {
        let first = first as u32 + 1;
        second.map_or(first, |second| first * (steps as u32 + 1) + second as u32 + 1)
    }

    pub(crate) fn steps_of(&self, key: u32) -> (usize, Option<usize>) {
        let base = self.steps as u32 + 1;
        if key < base {
            (key as usize - 1, None)
        } else {
            ((key / base) as usize - 1, Some((key % base) as usize - 1))
        }
    }

    /// All halves from one end. `other` is the other end: no half leads through it, nor along an edge for which `is_own` holds.
    pub(crate) fn new(
        schema: &Schema,
        graph: &EditedGraph<'_>,
        filter: &PathFilter<'_>,
        [own, other]: [Node; 2],
        is_own: &dyn Fn(usize) -> bool,
    ) -> Self {
        let steps = schema.steps.len();
        let follows = |step: usize, from: Node| {
            schema.steps[step].from == from.node_type && filter.allows_step(schema, step)
        };
        let allows = |step: usize, from: Node, node: Node| {
            node != own
                && filter.allows_node(node)
                && filter.allows_edge(schema.edge(step, from.index, node.index))
        };
        let mut of_one = Vec::new();
        for step in (0..steps).filter(|&step| follows(step, own)) {
            for &index in schema.row(graph, step, own.index).neighbors {
                let node = Node { node_type: schema.steps[step].to, index };
                if !allows(step, own, node) || node == other && is_own(step) {
                    continue;
                }
                let weight = schema.weight(step, own.index, index);
                of_one.push(Half { node, key: Self::key(steps, step, None), via: index, weight });
            }
        }
        let continued = |half: &Half| {
            let first = half.key as usize - 1;
            let mut found = Vec::new();
            if half.node == other {
                return found;
            }
            for step in (0..steps).filter(|&step| follows(step, half.node)) {
                for &index in schema.row(graph, step, half.node.index).neighbors {
                    let node = Node { node_type: schema.steps[step].to, index };
                    if node == half.node || node == other || !allows(step, half.node, node) {
                        continue;
                    }
                    let weight = half.weight * schema.weight(step, half.node.index, index);
                    let key = Self::key(steps, first, Some(step));
                    found.push(Half { node, key, via: half.node.index, weight });
                }
            }
            found
        };
        let mut of_two: Vec<Half> = of_one.par_iter().flat_map_iter(continued).collect();
        // Node, key, falling weight and via as one number each; a weight is above 0, so that its bits are in its order.
        let order = |half: &Half| {
            let node = (half.node.node_type as u64) << 32 | u64::from(half.node.index);
            let place = u128::from(node) << 32 | u128::from(half.key);
            (place, u64::from(!half.weight.to_bits()) << 32 | u64::from(half.via))
        };
        of_one.sort_unstable_by_key(order);
        of_two.par_sort_unstable_by_key(order);
        Self { of_one, of_two, steps }
    }

    /// What all halves of each key weigh.
    pub(crate) fn totals(&self) -> HashMap<u32, f64> {
        let mut totals = HashMap::new();
        for half in self.of_one.iter().chain(&self.of_two) {
            *totals.entry(half.key).or_insert(0.0) += f64::from(half.weight);
        }
        totals
    }

    /// The edges of a half from this end.
    pub(crate) fn edges(&self, schema: &Schema, end: Node, half: &Half) -> [Option<Edge>; 2] {
        let (first, second) = self.steps_of(half.key);
        let edge = |step: usize| schema.edge(step, half.via, half.node.index);
        [Some(schema.edge(first, end.index, half.via)), second.map(edge)]
    }

    /// What walks weigh that meet the same node before and after the one in the middle, and their number.
    pub(crate) fn twice(&self, theirs: &Self, schema: &Schema, one: &[Half], other: &[Half]) -> (f64, u64) {
        let ((first, second), (last, third)) = (self.steps_of(one[0].key), theirs.steps_of(other[0].key));
        if second.is_none() || third.is_none() || schema.steps[first].to != schema.steps[last].to {
            return (0.0, 0);
        }
        let (fewer, more) = if one.len() <= other.len() { (one, other) } else { (other, one) };
        let weights: HashMap<u32, f32, FixedState> =
            fewer.iter().map(|half| (half.via, half.weight)).collect();
        let met =
            more.iter().filter_map(|half| Some(f64::from(half.weight) * f64::from(*weights.get(&half.via)?)));
        met.fold((0.0, 0), |(sum, count), weight| (sum + weight, count + 1))
    }
}

/// Calls `visit` with the halves from both ends that meet in each node.
pub(crate) fn join<'a>(ours: &'a [Half], theirs: &'a [Half], mut visit: impl FnMut(&'a [Half], &'a [Half])) {
    let (mut ours, mut theirs) =
        (ours.chunk_by(|a, b| a.node == b.node), theirs.chunk_by(|a, b| a.node == b.node));
    let (mut one, mut other) = (ours.next(), theirs.next());
    while let (Some(a), Some(b)) = (one, other) {
        let (at_a, at_b) = (a[0].node, b[0].node);
        if at_a == at_b {
            visit(a, b);
        }
        if at_a <= at_b {
            one = ours.next();
        }
        if at_b <= at_a {
            other = theirs.next();
        }
    }
}

/// The halves of each key, in one node.
pub(crate) fn by_key(halves: &[Half]) -> impl Iterator<Item = &[Half]> {
    halves.chunk_by(|a, b| a.key == b.key)
}

pub(crate) fn sum(halves: &[Half]) -> f64 {
    halves.iter().map(|half| f64::from(half.weight)).sum()
}

/// Which halves make paths of two to four steps; one step joins the ends themselves.
pub(crate) fn joints([ours, theirs]: &[Halves; 2], most_steps: usize) -> Vec<(&[Half], &[Half])> {
    let all: [(&[Half], &[Half]); MOST_STEPS - 1] =
        [(&ours.of_one, &theirs.of_one), (&ours.of_two, &theirs.of_one), (&ours.of_two, &theirs.of_two)];
    all[..most_steps.clamp(1, MOST_STEPS) - 1].to_vec()
}
