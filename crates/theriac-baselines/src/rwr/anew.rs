//! The walk on other graphs.

use std::array::from_fn;
use std::collections::BTreeSet;
use std::sync::Arc;

use pulp::Arch;
use rayon::prelude::*;
use theriac_graph::{Csr, Edge, EditedGraph, Graph, NamedTensor, NamedTensors, NodeTable};
use theriac_link::{About, Pair, Rescorer, TrainView};

use super::about::{WalkAbout, reaching};
use super::{NEAREST, most_steps};
use crate::similarity::resemblances;

/// Graphs that are walked on side by side: their numbers of a node fill a cache line.
const SIDE_BY_SIDE: usize = 16;

/// The walk as it was set: restart and the corrections for degree.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) restart: f32,
    /// Exponent of one plus the degree of the start.
    pub(super) start_exponent: f32,
    /// What the probability of being at each end is multiplied with.
    pub(super) ends: Vec<f32>,
}

/// A step of the walk: a relation from one of its ends.
pub(super) struct Direction {
    /// Place of the type that it starts from, and of the one that it ends at.
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) edges: Edges,
    /// Probability of each edge out of a node: `[from nodes]`.
    pub(super) probabilities: Vec<f32>,
}

pub(super) enum Edges {
    /// Those of the relation at this place, read from its targets or from its sources.
    OfGraph { place: usize, reversed: bool },
    /// Those between nodes that are alike, the same both ways.
    Alike(Arc<Csr>),
}

impl Edges {
    /// The nodes that a node leads to.
    pub(super) fn row<'a>(&'a self, graph: &'a EditedGraph<'_>, node: u32) -> &'a [u32] {
        match self {
            Self::OfGraph { place, reversed } => graph.row(*place, *reversed, node).neighbors,
            Self::Alike(edges) => edges.neighbors(node),
        }
    }

    /// How many edges lead out of a node.
    fn degree(&self, graph: &EditedGraph<'_>, node: u32) -> u32 {
        self.row(graph, node).len() as u32
    }

    /// The nodes that each node leads to, on the original graph.
    pub(super) fn leaving<'a>(&'a self, graph: &EditedGraph<'a>) -> &'a Csr {
        match self {
            Self::OfGraph { place, reversed } => {
                let relation = &graph.original().relations()[*place];
                if *reversed { &relation.backward } else { &relation.forward }
            }
            Self::Alike(edges) => edges,
        }
    }

    /// The nodes that each node is reached from, on the original graph.
    fn arriving<'a>(&'a self, graph: &EditedGraph<'a>) -> &'a Csr {
        match self {
            Self::OfGraph { place, reversed } => {
                let relation = &graph.original().relations()[*place];
                if *reversed { &relation.forward } else { &relation.backward }
            }
            Self::Alike(edges) => edges,
        }
    }
}

/// See the [module](self).
pub(super) struct WalkAnew {
    pub(super) settings: Settings,
    from_targets: bool,
    /// Place of the target relation.
    target: usize,
    /// Places of the types that walks set out from and lead to.
    pub(super) start_type: usize,
    pub(super) end_type: usize,
    /// Number of nodes of each type.
    pub(super) sizes: Vec<usize>,
    pub(super) directions: Vec<Direction>,
}

impl WalkAnew {
    pub(super) fn new(view: &TrainView, settings: Settings) -> Self {
        let target = view.target();
        let from_targets = view.targets() < view.sources();
        let (start_type, end_type) = if from_targets {
            (target.target_type, target.source_type)
        } else {
            (target.source_type, target.target_type)
        };
        let mut directions = Vec::new();
        for (place, relation) in view.graph().relations().iter().enumerate() {
            let both: &[bool] = if relation.is_symmetric() { &[false] } else { &[false, true] };
            for &reversed in both {
                let ends = (relation.source_type, relation.target_type);
                let (from, to) = if reversed { (ends.1, ends.0) } else { ends };
                let edges = Edges::OfGraph { place, reversed };
                directions.push(Direction { from, to, edges, probabilities: Vec::new() });
            }
        }
        for alike in resemblances(view, NEAREST) {
            let (from, to) = (alike.source_type, alike.target_type);
            let edges = Edges::Alike(alike.forward);
            directions.push(Direction { from, to, edges, probabilities: Vec::new() });
        }
        let sizes: Vec<usize> = view.graph().node_tables().iter().map(NodeTable::len).collect();
        let target = view.target_place();
        let mut walk = Self { settings, from_targets, target, start_type, end_type, sizes, directions };
        let unedited = EditedGraph::new(view.graph());
        for node_type in 0..walk.sizes.len() {
            for node in 0..walk.sizes[node_type] as u32 {
                for (place, probability) in walk.probabilities(&unedited, node_type, node) {
                    walk.directions[place].probabilities.push(probability);
                }
            }
        }
        walk
    }

    /// The probability of each edge out of a node, in each direction that starts from its type, by its place.
    pub(super) fn probabilities(
        &self,
        graph: &EditedGraph<'_>,
        node_type: usize,
        node: u32,
    ) -> Vec<(usize, f32)> {
        let places = (0..self.directions.len()).filter(|&place| self.directions[place].from == node_type);
        let degrees: Vec<(usize, u32)> =
            places.map(|place| (place, self.directions[place].edges.degree(graph, node))).collect();
        let choices = degrees.iter().filter(|(_, degree)| *degree > 0).count() as f32;
        let probability = |degree: u32| if degree > 0 { 1.0 / degree as f32 / choices } else { 0.0 };
        degrees.into_iter().map(|(place, degree)| (place, probability(degree))).collect()
    }

    /// The probability of being at `end`, of walks that set out from `start`, on as many graphs side by side.
    fn walk<const N: usize>(&self, graphs: [&EditedGraph<'_>; N], start: u32, end: u32) -> [f32; N] {
        let mut probability = [0.0; N];
        self.visit(graphs, [start; N], |step, at| {
            let share = self.share(step);
            for (sum, at) in probability.iter_mut().zip(at[self.end_type][end as usize]) {
                *sum += share * at;
            }
        });
        probability
    }

    /// The probability of being at each node where walks end, of walks that set out from some: `[ends]`.
    fn reached<const N: usize>(&self, graph: &EditedGraph<'_>, starts: [u32; N]) -> Vec<[f32; N]> {
        let mut reached = vec![[0.0; N]; self.sizes[self.end_type]];
        self.visit([graph; N], starts, |step, at| {
            let share = self.share(step);
            for (sum, at) in reached.as_flattened_mut().iter_mut().zip(at[self.end_type].as_flattened()) {
                *sum += share * at;
            }
        });
        reached
    }

    /// The probability of having taken so many steps when it is looked where the walker is.
    pub(super) fn share(&self, steps: usize) -> f32 {
        let restart = self.settings.restart;
        restart * (1.0 - restart).powi(steps as i32)
    }

    /// Calls `visit` with where the walkers are, `[types][nodes]`, after each number of steps; after the last, it is known of
    /// the type alone where walks end. Walks on several graphs, or from several nodes, go side by side, so that an edge is read once for
    /// all.
    pub(super) fn visit<const N: usize>(
        &self,
        graphs: [&EditedGraph<'_>; N],
        starts: [u32; N],
        mut visit: impl FnMut(usize, &[Vec<[f32; N]>]),
    ) {
        let changes = graphs.map(|graph| self.changes(graph));
        let (mut at, mut next, mut table) = (self.nowhere(), self.nowhere(), Vec::new());
        for (walker, start) in starts.into_iter().enumerate() {
            at[self.start_type][start as usize][walker] = 1.0;
        }
        let most = most_steps();
        for step in 0..=most {
            if step > 0 {
                // In the end it counts whether the walker is at one node alone.
                let wanted = |node_type| step < most || node_type == self.end_type;
                self.follow(graphs, &at, &changes, wanted, &mut table, &mut next);
                std::mem::swap(&mut at, &mut next);
            }
            visit(step, &at);
        }
    }

    /// Zeros for all nodes: `[types][nodes]`.
    pub(super) fn nowhere<const N: usize>(&self) -> Vec<Vec<[f32; N]>> {
        self.sizes.iter().map(|&nodes| vec![[0.0; N]; nodes]).collect()
    }

    /// The nodes whose choices are others than on the original graph, with the probability of each of their edges, for each
    /// direction.
    pub(super) fn changes(&self, graph: &EditedGraph<'_>) -> Vec<Vec<(u32, f32)>> {
        let edited = ends(graph.original(), graph.edits());
        let mut changed: Vec<Vec<(u32, f32)>> = vec![Vec::new(); self.directions.len()];
        for (node_type, node) in edited {
            for (place, probability) in self.probabilities(graph, node_type, node) {
                changed[place].push((node, probability));
            }
        }
        changed
    }

    /// Writes where the walkers are one step later, of the types that are `wanted`, to `next`; `table` is room to work in.
    fn follow<const N: usize>(
        &self,
        graphs: [&EditedGraph<'_>; N],
        at: &[Vec<[f32; N]>],
        changes: &[Vec<Vec<(u32, f32)>>; N],
        wanted: impl Fn(usize) -> bool,
        table: &mut Vec<[f32; N]>,
        next: &mut [Vec<[f32; N]>],
    ) {
        for next in next.iter_mut() {
            next.fill([0.0; N]);
        }
        for (place, direction) in self.directions.iter().enumerate() {
            let from = &at[direction.from];
            if !wanted(direction.to) || from.iter().all(|at| *at == [0.0; N]) {
                continue;
            }
            let probabilities = &direction.probabilities;
            table.clear();
            table.extend(
                from.iter().zip(probabilities).map(|(at, probability)| at.map(|at| at * probability)),
            );
            for (graph, changes) in changes.iter().enumerate() {
                for &(node, probability) in &changes[place] {
                    table[node as usize][graph] = from[node as usize][graph] * probability;
                }
            }
            let next = &mut next[direction.to];
            let arriving = direction.edges.arriving(graphs[0]);
            let rows = |graph: &EditedGraph<'_>| match direction.edges {
                Edges::OfGraph { place, reversed } => graph.changed(place, !reversed),
                Edges::Alike(_) => Vec::new(),
            };
            // Rows that are others on one of the graphs are summed again for that one.
            let others: Vec<(usize, u32, f32)> = graphs
                .iter()
                .enumerate()
                .flat_map(|(graph, edited)| rows(edited).into_iter().map(move |row| (graph, row)))
                .map(|(graph, row)| (graph, row, next[row as usize][graph]))
                .collect();
            add_sums(arriving, table, |_| 1.0, next);
            for (graph, row, before) in others {
                if let Edges::OfGraph { place, reversed } = direction.edges {
                    let neighbors = graphs[graph].row(place, !reversed, row).neighbors;
                    let sum: f32 = neighbors.iter().map(|&from| table[from as usize][graph]).sum();
                    next[row as usize][graph] = before + sum;
                }
            }
        }
    }
}

/// The nodes at the ends of edges, each with the place of its type.
pub(super) fn ends(graph: &Graph, edges: &[Edge]) -> BTreeSet<(usize, u32)> {
    let of_edge = |edge: &Edge| {
        let relation = &graph.relations()[edge.relation];
        [(relation.source_type, edge.source), (relation.target_type, edge.target)]
    };
    edges.iter().flat_map(of_edge).collect()
}

/// Adds to each row of `out` those of `table` at the neighbours, times the row's factor.
///
/// Compiled for each set of vector instructions, of which the machine's own is chosen.
pub(super) fn add_sums<const N: usize>(
    rows: &Csr,
    table: &[[f32; N]],
    factor: impl Fn(usize) -> f32,
    out: &mut [[f32; N]],
) {
    let indices = rows.indices();
    Arch::new().dispatch(|| {
        for (node, (out, ends)) in out.iter_mut().zip(rows.offsets().windows(2)).enumerate() {
            if ends[0] < ends[1] {
                let sums = sum_at(&indices[ends[0] as usize..ends[1] as usize], table);
                add_scaled(out, sums, factor(node));
            }
        }
    });
}

/// Adds these values, times a factor.
#[inline(always)]
#[allow(clippy::inline_always, reason = "compiled for the vector instructions of whoever calls it")]
pub(super) fn add_scaled<const N: usize>(out: &mut [f32; N], values: [f32; N], factor: f32) {
    out.iter_mut().zip(values).for_each(|(out, value)| *out += factor * value);
}

/// The sum of the rows of `table` at these places.
#[inline(always)]
#[allow(clippy::inline_always, reason = "compiled for the vector instructions of whoever calls it")]
pub(super) fn sum_at<const N: usize>(places: &[u32], table: &[[f32; N]]) -> [f32; N] {
    let (fours, rest) = places.as_chunks::<4>();
    // Four sums side by side do not wait for each other.
    let mut sums = [[0.0f32; N]; 4];
    for four in fours {
        for (sum, &place) in sums.iter_mut().zip(four) {
            sum.iter_mut().zip(&table[place as usize]).for_each(|(sum, value)| *sum += value);
        }
    }
    for &place in rest {
        sums[0].iter_mut().zip(&table[place as usize]).for_each(|(sum, value)| *sum += value);
    }
    from_fn(|column| sums[0][column] + sums[1][column] + (sums[2][column] + sums[3][column]))
}

impl WalkAnew {
    /// The nodes that the walks of a pair set out from, and that they lead to.
    pub(super) fn ends(&self, pair: Pair) -> (u32, u32) {
        if self.from_targets { (pair.target, pair.source) } else { (pair.source, pair.target) }
    }

    /// What the probability of walks between the nodes of a pair is multiplied with.
    pub(super) fn correction(&self, graph: &EditedGraph<'_>, pair: Pair) -> f32 {
        let (start, end) = self.ends(pair);
        let degree = graph.row(self.target, self.from_targets, start).degree() as f32;
        (1.0 + degree).powf(self.settings.start_exponent) * self.settings.ends[end as usize]
    }

    fn scores<const N: usize>(&self, graphs: [&EditedGraph<'_>; N], pair: Pair) -> [f32; N] {
        let (start, end) = self.ends(pair);
        let mut scores = self.walk(graphs, start, end);
        for (score, graph) in scores.iter_mut().zip(graphs) {
            *score *= self.correction(graph, pair);
        }
        scores
    }
}

impl Rescorer for WalkAnew {
    fn rescore(&self, graph: &EditedGraph<'_>, pair: Pair) -> f32 {
        self.scores([graph], pair)[0]
    }

    fn rescore_each(&self, graphs: &[EditedGraph<'_>], pair: Pair) -> Vec<f32> {
        let mut scores = Vec::with_capacity(graphs.len());
        let (blocks, rest) = graphs.as_chunks::<SIDE_BY_SIDE>();
        for block in blocks {
            scores.extend(self.scores(block.each_ref(), pair));
        }
        match rest {
            [] => {}
            [only] => scores.push(self.rescore(only, pair)),
            [first, ..] => {
                // The first stands for those that a whole block lacks.
                let block: [_; SIDE_BY_SIDE] = from_fn(|place| rest.get(place).unwrap_or(first));
                scores.extend(&self.scores(block, pair)[..rest.len()]);
            }
        }
        scores
    }

    fn rescore_pairs(&self, graph: &EditedGraph<'_>, pairs: &[Pair]) -> Vec<f32> {
        let Some(&first) = pairs.first() else { return Vec::new() };
        let (start, end) = self.ends(first);
        if pairs.iter().all(|&pair| self.ends(pair).1 == end)
            && pairs.iter().any(|&pair| self.ends(pair).0 != start)
        {
            let reaching = reaching(self, graph, end);
            let score = |&pair: &Pair| reaching[self.ends(pair).0 as usize] * self.correction(graph, pair);
            return pairs.iter().map(score).collect();
        }
        let mut starts: Vec<u32> = pairs.iter().map(|&pair| self.ends(pair).0).collect();
        starts.sort_unstable();
        starts.dedup();
        let reached = |starts: &[u32]| {
            if let &[only] = starts {
                return self.reached(graph, [only]).into_flattened();
            }
            let walkers = from_fn(|place| *starts.get(place).unwrap_or(&starts[0]));
            self.reached::<SIDE_BY_SIDE>(graph, walkers).into_flattened()
        };
        // For each block `[ends, walkers]`.
        let blocks: Vec<Vec<f32>> = starts.par_chunks(SIDE_BY_SIDE).map(reached).collect();
        let score = |&pair: &Pair| {
            let (start, end) = self.ends(pair);
            let place = starts.binary_search(&start).unwrap_or_default();
            let block = &blocks[place / SIDE_BY_SIDE];
            let walkers = block.len() / self.sizes[self.end_type];
            block[end as usize * walkers + place % SIDE_BY_SIDE] * self.correction(graph, pair)
        };
        pairs.iter().map(score).collect()
    }

    fn about<'a>(
        &'a self,
        graph: &'a EditedGraph<'a>,
        edges: &[Edge],
        pair: Pair,
    ) -> Option<Box<dyn About + 'a>> {
        Some(Box::new(WalkAbout::new(self, graph, edges, pair)))
    }

    fn learned(&self) -> Vec<NamedTensor> {
        let Settings { restart, start_exponent, ends } = &self.settings;
        let settings = NamedTensor::row("settings", vec![*restart, *start_exponent]);
        vec![settings, NamedTensor::row("ends", ends.clone())]
    }
}

/// The walk as it was set on this view.
///
/// # Errors
///
/// One sentence when a matrix is missing or has another shape.
pub(crate) fn restore(view: &TrainView, tensors: &mut NamedTensors) -> Result<Arc<dyn Rescorer>, String> {
    let [restart, start_exponent] = tensors.take_row("settings")?;
    let ends = view.sources().max(view.targets()) as usize;
    let ends = tensors.take_shaped("ends", 1, ends)?;
    Ok(Arc::new(WalkAnew::new(view, Settings { restart, start_exponent, ends })))
}
