//! Degree-weighted path counts, block by block.

use std::borrow::Cow;
use std::ops::Range;

use theriac_graph::{Csr, Relation, RelationKey};
use theriac_link::Pair;

use super::{Metapath, Step};
use crate::propagation::{BLOCK, add_neighbors, indicators, scale_rows};

/// The longest metapath whose paths are counted.
const LONGEST: usize = 3;
/// What is left of a sum of walks once those that return are taken off is rounding below this share.
const ROUNDING: f32 = 1e-5;

/// Degree-weighted path counts (Himmelstein and Baranzini 2015, `PLoS` Comput. Biol. 11:e1004259) of several metapaths
/// between the same two types.
///
/// The count of a pair is the sum over its paths of the product of `degree^-damping` over both ends of every step, where
/// the degree is that of the node along the step's relation. A path meets no node twice; edges from a node to itself and
/// edge weights are left out. Damping 0 counts paths, 0.4 is the authors' choice.
///
/// In relations that are declared `own` the edge of the pair itself counts neither as a step nor in a degree: the count of
/// an edge is what it would be if that edge were held out.
///
/// Paths are counted from all nodes of a block at once, by sparse products, and metapaths that begin alike share these:
/// memory is that of a few `[n_nodes, block]` matrices.
pub struct PathCounts<'a> {
    steps: Vec<WeightedStep<'a>>,
    /// Sorted, so that those which begin alike are neighbours.
    metapaths: Vec<Counted>,
    starts: u32,
    ends: u32,
    damping: f32,
    from_targets: bool,
    one_type: bool,
}

struct Counted {
    /// Place among the metapaths that were asked for.
    place: usize,
    /// Places in [`PathCounts::steps`].
    steps: Vec<usize>,
    /// For metapaths of three steps whose third node is of the first's type: the weight of all ways from each start to some
    /// node and back.
    from_start: Option<Vec<f32>>,
    /// Likewise the ways from each end to some node and back, by the last two steps.
    from_end: Option<Vec<f32>>,
}

/// A step, seen from both of its ends, without edges from a node to itself.
struct WeightedStep<'a> {
    step: Step,
    out: Cow<'a, Csr>,
    into: Cow<'a, Csr>,
    /// `degree^-damping` of each node that the step starts from, 0 without an edge.
    out_weights: Vec<f32>,
    /// Likewise of each node that it ends at.
    into_weights: Vec<f32>,
    own: bool,
}

impl<'a> PathCounts<'a> {
    /// Readies the counts of `metapaths` over `relations`. Paths are followed from the metapaths' sources, or, where
    /// `from_targets` says so, from their targets; `own` tells the relations whose edge between the scored pair is left
    /// out.
    ///
    /// # Panics
    ///
    /// When there is no metapath, they do not join the same types, one has more than three steps, or one takes a relation
    /// that is not there.
    pub fn new(
        relations: &[&'a Relation],
        metapaths: &[Metapath],
        damping: f32,
        from_targets: bool,
        own: impl Fn(&RelationKey) -> bool,
    ) -> Self {
        let oriented: Vec<Metapath> =
            metapaths.iter().map(|path| if from_targets { path.back() } else { path.clone() }).collect();
        let mut order: Vec<usize> = (0..oriented.len()).collect();
        order.sort_by(|&a, &b| oriented[a].cmp(&oriented[b]));
        let mut steps: Vec<WeightedStep<'a>> = Vec::new();
        let mut counted = Vec::new();
        for place in order {
            let path = oriented[place].steps();
            assert!(path.len() <= LONGEST, "paths of more than {LONGEST} steps are not counted");
            let places = path
                .iter()
                .map(|step| {
                    steps.iter().position(|known| known.step == *step).unwrap_or_else(|| {
                        steps.push(WeightedStep::new(relations, step, damping, own(&step.relation)));
                        steps.len() - 1
                    })
                })
                .collect();
            counted.push(Counted::new(place, places, &steps));
        }
        let first = &counted.first().expect("there is a metapath").steps;
        let (first, last) = (&steps[first[0]], &steps[first[first.len() - 1]]);
        let (starts, ends) = (first.out.rows(), last.out.columns());
        let one_type = first.step.start() == last.step.end();
        Self { steps, metapaths: counted, starts, ends, damping, from_targets, one_type }
    }

    /// Number of nodes that paths are followed from.
    pub fn starts(&self) -> u32 {
        self.starts
    }

    /// Number of nodes that paths lead to.
    pub fn ends(&self) -> u32 {
        self.ends
    }

    /// Counts the paths from each of `starts` and hands over, for each metapath, its place among those that were asked for
    /// and the counts, `[ends, starts]`, row-major.
    pub fn block(&self, starts: Range<u32>, mut visit: impl FnMut(usize, &[f32])) {
        let width = starts.len();
        if width == 0 {
            return;
        }
        // The walks of each beginning of the metapath at hand: those of no step, of one step and so on.
        let mut walks = vec![indicators(self.starts as usize, starts.start as usize, width)];
        let mut before: &[usize] = &[];
        for path in &self.metapaths {
            let shared = path.steps.iter().zip(before).take_while(|(step, before)| step == before).count();
            walks.truncate(shared + 1);
            for &step in &path.steps[shared..] {
                let next = self.steps[step].follow(&walks[walks.len() - 1], width);
                walks.push(next);
            }
            before = &path.steps;
            let mut paths = walks[walks.len() - 1].clone();
            for (column, start) in starts.clone().enumerate() {
                self.drop_returns(path, start, &mut paths[column..], width);
                self.drop_own(path, start, &mut paths[column..], width);
                if self.one_type {
                    paths[start as usize * width + column] = 0.0;
                }
            }
            visit(path.place, &paths);
        }
    }

    /// The counts of single pairs: `[pairs, metapaths]`, row-major. It takes as long as counting for all ends of their starts.
    pub fn of(&self, pairs: &[Pair]) -> Vec<f32> {
        let width = self.metapaths.len();
        let oriented = |pair: Pair| {
            if self.from_targets { (pair.target, pair.source) } else { (pair.source, pair.target) }
        };
        let mut order: Vec<usize> = (0..pairs.len()).collect();
        order.sort_by_key(|&place| oriented(pairs[place]));
        let mut counts = vec![0.0; pairs.len() * width];
        for first in (0..self.starts).step_by(BLOCK) {
            let last = self.starts.min(first + BLOCK as u32);
            let from = order.partition_point(|&place| oriented(pairs[place]).0 < first);
            let to = order.partition_point(|&place| oriented(pairs[place]).0 < last);
            if from == to {
                continue;
            }
            self.block(first..last, |metapath, block| {
                for &place in &order[from..to] {
                    let (start, end) = oriented(pairs[place]);
                    let entry = end as usize * (last - first) as usize + (start - first) as usize;
                    counts[place * width + metapath] = block[entry];
                }
            });
        }
        counts
    }

    /// Takes off the walks of three steps that meet their start or their end twice. Entry `end` of the column stands at
    /// `end * width`.
    fn drop_returns(&self, path: &Counted, start: u32, column: &mut [f32], width: usize) {
        let [first, second, third] = path.steps[..] else { return };
        let (first, second, third) = (&self.steps[first], &self.steps[second], &self.steps[third]);
        let mut take_off = |end: u32, returns: f32| {
            let walks = &mut column[end as usize * width];
            let left = *walks - returns;
            *walks = if left <= ROUNDING * *walks { 0.0 } else { left };
        };
        // Start, other, start, end.
        if let Some(ways) = &path.from_start {
            let ways = ways[start as usize];
            for &end in third.out.neighbors(start) {
                let mut returns = ways * third.weight(start, end);
                if let Some(back) = &path.from_end
                    && first.out.contains(start, end)
                {
                    let direct = first.weight(start, end);
                    returns += direct * back[end as usize];
                    if second.out.contains(end, start) {
                        // Start, end, start, end: counted both ways.
                        returns -= direct * second.weight(end, start) * third.weight(start, end);
                    }
                }
                take_off(end, returns);
            }
        }
        // Start, end, other, end.
        if let Some(back) = &path.from_end {
            for &end in first.out.neighbors(start) {
                if path.from_start.is_none() || !third.out.contains(start, end) {
                    take_off(end, first.weight(start, end) * back[end as usize]);
                }
            }
        }
    }

    /// Takes the pair's own edge out of the degrees of its ends. No path of two or more steps leads along it, since it would
    /// meet an end twice.
    fn drop_own(&self, path: &Counted, start: u32, column: &mut [f32], width: usize) {
        let (first, last) = (&self.steps[path.steps[0]], &self.steps[path.steps[path.steps.len() - 1]]);
        let without = |degree: u32| match degree {
            0 | 1 => 0.0,
            _ => (f64::from(degree) / f64::from(degree - 1)).powf(f64::from(self.damping)) as f32,
        };
        if path.steps.len() == 1 {
            if first.own {
                first.out.neighbors(start).iter().for_each(|&end| column[end as usize * width] = 0.0);
            }
            return;
        }
        if first.own && first.step.end() == last.step.end() {
            let factor = without(first.out.degree(start));
            first.out.neighbors(start).iter().for_each(|&end| column[end as usize * width] *= factor);
        }
        if last.own && first.step.start() == last.step.start() {
            for &end in last.out.neighbors(start) {
                column[end as usize * width] *= without(last.into.degree(end));
            }
        }
    }
}

impl Counted {
    fn new(place: usize, path: Vec<usize>, steps: &[WeightedStep<'_>]) -> Self {
        let (mut from_start, mut from_end) = (None, None);
        if let [first, second, third] = path[..] {
            let (first, second, third) = (&steps[first], &steps[second], &steps[third]);
            if second.step.end() == first.step.start() {
                let ways = |start: u32| -> f32 {
                    let others = first.out.neighbors(start).iter();
                    let back = others.filter(|&&other| second.out.contains(other, start));
                    back.map(|&other| first.weight(start, other) * second.weight(other, start)).sum()
                };
                from_start = Some((0..first.out.rows()).map(ways).collect());
            }
            if second.step.start() == third.step.end() {
                let ways = |end: u32| -> f32 {
                    let others = third.into.neighbors(end).iter();
                    let back = others.filter(|&&other| second.out.contains(end, other));
                    back.map(|&other| second.weight(end, other) * third.weight(other, end)).sum()
                };
                from_end = Some((0..third.into.rows()).map(ways).collect());
            }
        }
        Self { place, steps: path, from_start, from_end }
    }
}

impl<'a> WeightedStep<'a> {
    fn new(relations: &[&'a Relation], step: &Step, damping: f32, own: bool) -> Self {
        let relation = relations
            .iter()
            .find(|relation| relation.key == step.relation)
            .expect("the relations of the metapaths are there");
        let without_loops = |edges: &'a Csr| -> Cow<'a, Csr> {
            let has_loop = relation.source_type == relation.target_type
                && (0..edges.rows()).any(|node| edges.contains(node, node));
            if has_loop { Cow::Owned(edges.filter(|a, b| a != b)) } else { Cow::Borrowed(edges) }
        };
        let (forward, backward) = (without_loops(&relation.forward), without_loops(&relation.backward));
        let (out, into) = if step.reversed { (backward, forward) } else { (forward, backward) };
        let weights = |edges: &Csr| -> Vec<f32> {
            let weight = |degree: u32| if degree == 0 { 0.0 } else { (degree as f32).powf(-damping) };
            (0..edges.rows()).map(|node| weight(edges.degree(node))).collect()
        };
        let (out_weights, into_weights) = (weights(&out), weights(&into));
        Self { step: step.clone(), out, into, out_weights, into_weights, own }
    }

    /// Weight of one edge.
    fn weight(&self, start: u32, end: u32) -> f32 {
        self.out_weights[start as usize] * self.into_weights[end as usize]
    }

    /// The walks one step further: `[starts, width]` to `[ends, width]`.
    fn follow(&self, walks: &[f32], width: usize) -> Vec<f32> {
        let mut table = walks.to_vec();
        scale_rows(&mut table, width, &self.out_weights);
        let mut next = vec![0.0; self.into.rows() as usize * width];
        add_neighbors(&self.into, None, &table, width, &mut next);
        scale_rows(&mut next, width, &self.into_weights);
        next
    }
}

#[cfg(test)]
mod tests {
    use theriac_graph::Graph;
    use theriac_link::conformance::{example_graph, example_task};
    use theriac_link::{Split, TrainView};

    use super::super::enumerate;
    use super::*;

    fn all(graph: &Graph) -> Vec<&Relation> {
        graph.relations().iter().collect()
    }

    /// The sum over the paths that go on from `path`, by the definition.
    fn by_definition(
        graph: &Graph,
        steps: &[Step],
        path: &mut Vec<(String, u32)>,
        end: u32,
        damping: f32,
    ) -> f32 {
        let (_, at) = path[path.len() - 1].clone();
        let Some((step, rest)) = steps.split_first() else {
            return f32::from(u8::from(at == end));
        };
        let relation = graph.relation(&step.relation).unwrap();
        let edges: Vec<(u32, u32)> = relation
            .forward
            .pairs()
            .map(|(source, target)| if step.reversed { (target, source) } else { (source, target) })
            .filter(|(from, to)| step.start() != step.end() || from != to)
            .collect();
        let degree = |node: u32, out: bool| {
            edges.iter().filter(|(from, to)| if out { *from == node } else { *to == node }).count() as f32
        };
        let mut sum = 0.0;
        for &(_, next) in edges.iter().filter(|(from, _)| *from == at) {
            let node = (step.end().to_string(), next);
            if !path.contains(&node) {
                path.push(node);
                let weight = (degree(at, true) * degree(next, false)).powf(-damping);
                sum += weight * by_definition(graph, rest, path, end, damping);
                path.pop();
            }
        }
        sum
    }

    #[test]
    fn counts_are_those_of_the_definition_from_either_end() {
        let graph = example_graph();
        let relations = all(&graph);
        for (source, target) in [("drug", "disease"), ("drug", "drug")] {
            let metapaths = enumerate(&relations, source, target, 3, |key| key.name == "treated_by");
            for from_targets in [false, true] {
                let counts = PathCounts::new(&relations, &metapaths, 0.4, from_targets, |_| false);
                let range = 3..7;
                let mut seen = 0;
                counts.block(range.clone(), |place, found| {
                    seen += 1;
                    for (column, start) in range.clone().enumerate() {
                        for end in
                            (0..counts.ends()).step_by(5).filter(|end| source != target || *end != start)
                        {
                            let (from, to) = if from_targets { (end, start) } else { (start, end) };
                            let path = &metapaths[place];
                            let mut walk = vec![(source.to_string(), from)];
                            let expected = by_definition(&graph, path.steps(), &mut walk, to, 0.4);
                            let found = found[end as usize * 4 + column];
                            assert!(
                                (found - expected).abs() < 1e-5,
                                "{path} {from} {to}: {found}, not {expected}"
                            );
                        }
                    }
                });
                assert_eq!(seen, metapaths.len());
            }
        }
    }

    #[test]
    fn an_own_edge_counts_as_if_it_were_held_out() {
        let graph = example_graph();
        let task = example_task(&graph).unwrap();
        let own = |key: &RelationKey| task.covers(key);
        let relations = all(&graph);
        let metapaths = enumerate(&relations, "drug", "disease", 3, |_| false);
        let counts = PathCounts::new(&relations, &metapaths, 0.4, false, own);
        let whole = Split::random(&graph, &task, 0.0, 0.0, 1).unwrap();
        for &Pair { source, target } in whole.train.iter().step_by(9) {
            let split = Split::holding_out(&graph, &task, &[Pair::new(source, target)], 0.0, 1).unwrap();
            let view = TrainView::new(&graph, &split).unwrap();
            let relations = all(view.graph());
            let without = PathCounts::new(&relations, &metapaths, 0.4, false, |_| false);
            let at = |counts: &PathCounts<'_>| {
                let mut found = vec![0.0; metapaths.len()];
                counts.block(source..source + 1, |place, block| found[place] = block[target as usize]);
                found
            };
            for ((found, expected), path) in at(&counts).into_iter().zip(at(&without)).zip(&metapaths) {
                assert!((found - expected).abs() < 1e-5, "{path}: {found}, expected {expected}");
            }
        }
    }
}
