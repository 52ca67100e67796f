//! What lies between the two nodes of a pair: all paths of up to four steps, by metapath, and the edges that carry them.

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::FixedState;
use theriac_graph::{Edge, EditedGraph};
use theriac_link::{Pair, TrainView};

use crate::filter::PathFilter;
use crate::halves::{Half, Halves, by_key, join, joints, sum};
use crate::schema::{Node, Schema};

/// Steps of the longest paths.
pub const MOST_STEPS: usize = 4;
/// Paths that are kept of a metapath.
const KEPT: usize = 10;
/// Halves of paths through one middle node that are joined with each other: the weightiest.
const JOINED: usize = 16;
/// Share of all weight below which an edge away from the pair is not listed.
const LEAST_FLOW: f64 = 1e-4;

/// The keys of the two halves of a metapath's paths.
type Keys = (u32, u32);

/// A kind of path between two nodes, with what the paths of this kind weigh.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Metapath {
    /// `None` of paths of one step.
    keys: Option<Keys>,
    /// Places of its steps in the schema, from the source.
    pub(crate) steps: Vec<usize>,
    /// The sum of its paths' weights.
    pub(crate) weight: f64,
    /// Number of its paths.
    pub(crate) count: u64,
    /// How much more that is than if the middle nodes that both ends reach were independent.
    pub(crate) enrichment: f64,
    /// Its weightiest paths, the first first.
    pub(crate) paths: Vec<(Vec<Node>, f64)>,
}

/// Everything between the two nodes of a pair.
pub(crate) struct Evidence {
    halves: [Halves; 2],
    ends: [Node; 2],
    most_steps: usize,
    /// How much each metapath is worth for its weight, by the keys of its halves.
    worths: BTreeMap<Keys, f64>,
    /// The metapaths, the one with the most enrichment first.
    pub(crate) metapaths: Vec<Metapath>,
    /// Edges with the share of all paths' worth that goes through them, the greatest first. The worth of a path is its
    /// share of its metapath's weight, times the logarithm of one plus the metapath's enrichment.
    pub(crate) flows: Vec<(Edge, f64)>,
}

impl Evidence {
    /// Finds everything between the nodes of a pair. The edge of the pair itself, in the target and in relations that the
    /// task covers, is no evidence.
    pub(crate) fn find(
        view: &TrainView,
        schema: &Schema,
        graph: &EditedGraph<'_>,
        pair: Pair,
        filter: &PathFilter<'_>,
        most_steps: usize,
    ) -> Self {
        let target = view.target();
        let ends = [
            Node { node_type: target.source_type, index: pair.source },
            Node { node_type: target.target_type, index: pair.target },
        ];
        let covered: Vec<bool> = schema
            .steps
            .iter()
            .map(|step| {
                let key = &view.graph().relations()[step.direction.relation].key;
                view.task().covers(key)
            })
            .collect();
        let is_own = |step: usize| covered[step];
        let (ours, theirs) = rayon::join(
            || Halves::new(schema, graph, filter, ends, &is_own),
            || Halves::new(schema, graph, filter, [ends[1], ends[0]], &is_own),
        );
        let halves = [ours, theirs];
        let [ours, theirs] = &halves;
        let joints = joints(&halves, most_steps);
        let mut weights: BTreeMap<Keys, f64> = BTreeMap::new();
        let mut counts: BTreeMap<Keys, u64> = BTreeMap::new();
        for (ours_of, theirs_of) in &joints {
            join(ours_of, theirs_of, |a, b| {
                for one in by_key(a) {
                    for other in by_key(b) {
                        let (twice, walks) = ours.twice(theirs, schema, one, other);
                        let paths = one.len() as u64 * other.len() as u64 - walks;
                        if paths > 0 {
                            let keys = (one[0].key, other[0].key);
                            *weights.entry(keys).or_insert(0.0) += sum(one) * sum(other) - twice;
                            *counts.entry(keys).or_insert(0) += paths;
                        }
                    }
                }
            });
        }
        let (of_ours, of_theirs) = (ours.totals(), theirs.totals());
        let enrichment = |(keys, weight): (&Keys, &f64)| {
            let (first, second) = ours.steps_of(keys.0);
            let middle = schema.steps[second.unwrap_or(first)].to;
            let expected = of_ours[&keys.0] * of_theirs[&keys.1] / f64::from(schema.nodes[middle].max(1));
            (*keys, weight / expected.max(f64::MIN_POSITIVE))
        };
        let enrichments: BTreeMap<Keys, f64> = weights.iter().map(enrichment).collect();
        let worths: BTreeMap<Keys, f64> =
            weights.iter().map(|(keys, weight)| (*keys, enrichments[keys].ln_1p() / weight)).collect();
        let all: f64 = enrichments.values().map(|enrichment| enrichment.ln_1p()).sum();
        let flows = flows(schema, &halves, &joints, &worths, ends, LEAST_FLOW * all);
        let mut metapaths: Vec<Metapath> = weights
            .iter()
            .map(|(keys, &weight)| {
                let steps = steps_between(schema, ours, theirs, *keys);
                Metapath {
                    keys: Some(*keys),
                    steps,
                    weight,
                    count: counts[keys],
                    enrichment: enrichments[keys],
                    paths: Vec::new(),
                }
            })
            .collect();
        let places: HashMap<Keys, usize> = weights.keys().copied().zip(0..).collect();
        let through = filter.through();
        for (ours_of, theirs_of) in &joints {
            join(ours_of, theirs_of, |a, b| {
                for one in by_key(a) {
                    for other in by_key(b) {
                        let Some(&place) = places.get(&(one[0].key, other[0].key)) else { continue };
                        let joined = if through.is_empty() { JOINED } else { usize::MAX };
                        for half in one.iter().take(joined) {
                            for rest in other.iter().take(joined) {
                                let weight = f64::from(half.weight) * f64::from(rest.weight);
                                let paths = &mut metapaths[place].paths;
                                if paths.len() == KEPT && weight <= paths[KEPT - 1].1 {
                                    break;
                                }
                                let nodes = nodes_between(schema, ours, theirs, ends, half, rest);
                                if is_path(&nodes) && through.iter().all(|node| nodes.contains(node)) {
                                    let at = paths.partition_point(|path| path.1 >= weight);
                                    paths.insert(at, (nodes, weight));
                                    paths.truncate(KEPT);
                                }
                            }
                        }
                    }
                }
            });
        }
        metapaths.retain(|metapath| !metapath.paths.is_empty());
        metapaths.extend(direct(schema, ours, ends, through));
        metapaths.sort_by(|a, b| b.enrichment.total_cmp(&a.enrichment).then(a.steps.cmp(&b.steps)));
        Self { halves, ends, most_steps, worths, metapaths, flows }
    }

    /// The share of what goes through each of these edges that goes along each metapath, by the places of edge and metapath.
    /// The rest goes along metapaths that are not kept.
    pub(crate) fn shares(&self, schema: &Schema, edges: &[Edge]) -> Vec<BTreeMap<usize, f64>> {
        let places: HashMap<Edge, usize, FixedState> = edges.iter().copied().zip(0..).collect();
        let metapaths = self.metapaths.iter().zip(0..);
        let by_keys: HashMap<Keys, usize> =
            metapaths.filter_map(|(metapath, place)| Some((metapath.keys?, place))).collect();
        let mut shares = vec![BTreeMap::new(); edges.len()];
        let mut totals = vec![0.0; edges.len()];
        for (ours_of, theirs_of) in &joints(&self.halves, self.most_steps) {
            join(ours_of, theirs_of, |a, b| {
                for (side, own, others) in [(0, a, b), (1, b, a)] {
                    for one in by_key(own) {
                        let carried = one.iter().flat_map(|half| {
                            let edges = self.halves[side].edges(schema, self.ends[side], half);
                            edges.into_iter().flatten().map(move |edge| (edge, f64::from(half.weight)))
                        });
                        let asked: Vec<(usize, f64)> = carried
                            .filter_map(|(edge, weight)| Some((*places.get(&edge)?, weight)))
                            .collect();
                        for other in by_key(others).filter(|_| !asked.is_empty()) {
                            let keys = if side == 0 {
                                (one[0].key, other[0].key)
                            } else {
                                (other[0].key, one[0].key)
                            };
                            let worth = self.worths.get(&keys).map_or(0.0, |worth| worth * sum(other));
                            for &(edge, weight) in &asked {
                                totals[edge] += weight * worth;
                                if let Some(&metapath) = by_keys.get(&keys) {
                                    *shares[edge].entry(metapath).or_insert(0.0) += weight * worth;
                                }
                            }
                        }
                    }
                }
            });
        }
        for (shares, total) in shares.iter_mut().zip(totals) {
            for share in shares.values_mut() {
                *share /= total;
            }
        }
        // What is between the ends alone stands in no half: the edge is the path.
        for (place, metapath) in
            self.metapaths.iter().enumerate().filter(|(_, metapath)| metapath.keys.is_none())
        {
            let edge = schema.edge(metapath.steps[0], self.ends[0].index, self.ends[1].index);
            if let Some(&edge) = places.get(&edge) {
                shares[edge].insert(place, 1.0);
            }
        }
        shares
    }
}

/// The steps of a whole path, from the steps of its halves.
fn steps_between(schema: &Schema, ours: &Halves, theirs: &Halves, keys: (u32, u32)) -> Vec<usize> {
    let ((first, second), (last, third)) = (ours.steps_of(keys.0), theirs.steps_of(keys.1));
    let back = |step: usize| schema.steps[step].back;
    [Some(first), second, third.map(back), Some(back(last))].into_iter().flatten().collect()
}

/// The nodes of a whole path, both ends included.
fn nodes_between(
    schema: &Schema,
    ours: &Halves,
    theirs: &Halves,
    ends: [Node; 2],
    half: &Half,
    rest: &Half,
) -> Vec<Node> {
    let mut nodes = vec![ends[0]];
    let ((first, second), (last, third)) = (ours.steps_of(half.key), theirs.steps_of(rest.key));
    if second.is_some() {
        nodes.push(Node { node_type: schema.steps[first].to, index: half.via });
    }
    nodes.push(half.node);
    if third.is_some() {
        nodes.push(Node { node_type: schema.steps[last].to, index: rest.via });
    }
    nodes.push(ends[1]);
    nodes
}

/// Whether no node is met twice.
fn is_path(nodes: &[Node]) -> bool {
    nodes.iter().enumerate().all(|(place, node)| !nodes[..place].contains(node))
}

/// The paths of one step.
fn direct(schema: &Schema, ours: &Halves, ends: [Node; 2], through: &[Node]) -> Vec<Metapath> {
    let reaches = ours.of_one.iter().filter(|half| half.node == ends[1] && through.is_empty());
    reaches
        .map(|half| {
            let weight = f64::from(half.weight);
            let enrichment = f64::from(schema.nodes[ends[1].node_type]) * weight;
            let steps = vec![ours.steps_of(half.key).0];
            Metapath { keys: None, steps, weight, count: 1, enrichment, paths: vec![(ends.to_vec(), weight)] }
        })
        .collect()
}

/// How much of all paths' worth goes through each edge; edges away from both ends are left out of what is less than `least`.
fn flows(
    schema: &Schema,
    halves: &[Halves; 2],
    joints: &[(&[Half], &[Half])],
    worths: &BTreeMap<Keys, f64>,
    ends: [Node; 2],
    least: f64,
) -> Vec<(Edge, f64)> {
    let mut all: HashMap<Edge, f64, FixedState> = HashMap::default();
    let mut add = |side: usize, own: &[Half], worth: f64| {
        if worth <= 0.0 {
            return;
        }
        for half in own {
            let flow = f64::from(half.weight) * worth;
            let [first, second] = halves[side].edges(schema, ends[side], half);
            for edge in first.into_iter().chain(second.filter(|_| flow >= least)) {
                *all.entry(edge).or_insert(0.0) += flow;
            }
        }
    };
    for (ours_of, theirs_of) in joints {
        join(ours_of, theirs_of, |a, b| {
            let worth = |one: &[Half], other: &[Half]| {
                worths.get(&(one[0].key, other[0].key)).copied().unwrap_or(0.0)
            };
            for one in by_key(a) {
                add(0, one, by_key(b).map(|other| worth(one, other) * sum(other)).sum());
            }
            for other in by_key(b) {
                add(1, other, by_key(a).map(|one| worth(one, other) * sum(one)).sum());
            }
        });
    }
    let mut flows: Vec<(Edge, f64)> = all.into_iter().collect();
    flows.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    flows
}

#[cfg(test)]
mod tests {
    use theriac_link::Split;
    use theriac_link::conformance::{example_graph, example_task};

    use super::*;

    fn view() -> TrainView {
        let graph = example_graph();
        let split = Split::random(&graph, &example_task(&graph).unwrap(), 0.1, 0.2, 7).unwrap();
        TrainView::new(&graph, &split).unwrap()
    }

    /// All paths of a pair of up to so many steps, by trying every step: steps, nodes and weight.
    fn all_paths(
        view: &TrainView,
        schema: &Schema,
        graph: &EditedGraph<'_>,
        ends: [Node; 2],
        most: usize,
    ) -> Vec<(Vec<usize>, Vec<Node>, f64)> {
        let (mut found, mut open) = (Vec::new(), vec![(Vec::new(), vec![ends[0]], 1.0f64)]);
        for _ in 0..most {
            let mut longer = Vec::new();
            for (steps, nodes, weight) in &open {
                let at = nodes[nodes.len() - 1];
                for (step, of) in schema.steps.iter().enumerate().filter(|(_, of)| of.from == at.node_type) {
                    let key = &view.graph().relations()[of.direction.relation].key;
                    let covered = view.task().covers(key);
                    for &index in schema.row(graph, step, at.index).neighbors {
                        let node = Node { node_type: of.to, index };
                        let own = covered && at == ends[0] && node == ends[1];
                        if nodes.contains(&node) || own {
                            continue;
                        }
                        let weight = weight * f64::from(schema.weight(step, at.index, index));
                        let path = (
                            [steps.as_slice(), &[step]].concat(),
                            [nodes.as_slice(), &[node]].concat(),
                            weight,
                        );
                        if node == ends[1] { found.push(path) } else { longer.push(path) }
                    }
                }
            }
            open = longer;
        }
        found
    }

    fn pairs() -> [Pair; 3] {
        [Pair::new(0, 0), Pair::new(7, 3), Pair::new(20, 15)]
    }

    fn ends_of(view: &TrainView, pair: Pair) -> [Node; 2] {
        let (source, target) = (view.target().source_type, view.target().target_type);
        [Node { node_type: source, index: pair.source }, Node { node_type: target, index: pair.target }]
    }

    #[test]
    fn metapaths_weigh_what_all_their_paths_do_and_keep_the_weightiest() {
        let view = view();
        let graph = EditedGraph::new(view.graph());
        let schema = Schema::new(&graph);
        for pair in pairs() {
            let evidence = Evidence::find(&view, &schema, &graph, pair, &PathFilter::default(), MOST_STEPS);
            let paths = all_paths(&view, &schema, &graph, ends_of(&view, pair), MOST_STEPS);
            let mut expected: BTreeMap<&[usize], Vec<f64>> = BTreeMap::new();
            for (steps, _, weight) in &paths {
                expected.entry(steps).or_default().push(*weight);
            }
            assert!(expected.len() >= 20, "{} metapaths", expected.len());
            assert_eq!(evidence.metapaths.len(), expected.len());
            for metapath in &evidence.metapaths {
                let mut weights = expected[metapath.steps.as_slice()].clone();
                let sum: f64 = weights.iter().sum();
                assert_eq!(metapath.count, weights.len() as u64);
                assert!((metapath.weight - sum).abs() < 1e-5 * sum, "{} and {sum}", metapath.weight);
                weights.sort_by(|a, b| b.total_cmp(a));
                assert_eq!(metapath.paths.len(), weights.len().min(KEPT));
                for ((nodes, weight), expected) in metapath.paths.iter().zip(weights) {
                    assert!((weight - expected).abs() < 1e-5 * expected, "{weight} and {expected}");
                    assert!(paths.iter().any(|(steps, of, _)| *steps == metapath.steps && of == nodes));
                }
            }
        }
    }

    #[test]
    fn flows_and_shares_add_up_over_the_paths_of_an_edge() {
        let view = view();
        let graph = EditedGraph::new(view.graph());
        let schema = Schema::new(&graph);
        for pair in pairs() {
            // Up to three steps no half meets the other twice, so that nothing is counted that is no path.
            let evidence = Evidence::find(&view, &schema, &graph, pair, &PathFilter::default(), 3);
            let worth: BTreeMap<&[usize], f64> = evidence
                .metapaths
                .iter()
                .map(|metapath| (metapath.steps.as_slice(), metapath.enrichment.ln_1p() / metapath.weight))
                .collect();
            let mut expected: BTreeMap<Edge, BTreeMap<&[usize], f64>> = BTreeMap::new();
            let paths = all_paths(&view, &schema, &graph, ends_of(&view, pair), 3);
            for (steps, nodes, weight) in paths.iter().filter(|(steps, ..)| steps.len() > 1) {
                for (&step, ends) in steps.iter().zip(nodes.windows(2)) {
                    let edge = schema.edge(step, ends[0].index, ends[1].index);
                    let flows = expected.entry(edge).or_default();
                    *flows.entry(steps).or_insert(0.0) += weight * worth[steps.as_slice()];
                }
            }
            let edges: Vec<Edge> = evidence.flows.iter().map(|(edge, _)| *edge).collect();
            let shares = evidence.shares(&schema, &edges);
            let total: f64 = evidence.metapaths.iter().map(|of| of.enrichment.ln_1p()).sum();
            for ((edge, flow), shares) in evidence.flows.iter().zip(shares) {
                let expected = &expected[edge];
                let sum: f64 = expected.values().sum();
                // Away from both ends, what is very little is left out.
                let [source, target] = ends_of(&view, pair);
                let of = &view.graph().relations()[edge.relation];
                let touches = |end: Node| {
                    [(of.source_type, edge.source), (of.target_type, edge.target)]
                        .contains(&(end.node_type, end.index))
                };
                let left_out =
                    if touches(source) || touches(target) { 0.0 } else { 20.0 * LEAST_FLOW * total };
                assert!((flow - sum).abs() < 1e-5 * sum + left_out, "{flow} and {sum}");
                for (place, share) in shares {
                    let steps = evidence.metapaths[place].steps.as_slice();
                    assert!((share - expected[steps] / sum).abs() < 1e-5, "{share}");
                }
            }
        }
    }

    #[test]
    fn filters_leave_what_they_say() {
        let view = view();
        let graph = EditedGraph::new(view.graph());
        let schema = Schema::new(&graph);
        let of = |filter: &PathFilter<'_>| {
            let evidence = Evidence::find(&view, &schema, &graph, Pair::new(0, 0), filter, MOST_STEPS);
            evidence.metapaths.into_iter().flat_map(|of| of.paths).map(|path| path.0).collect::<Vec<_>>()
        };
        let protein = Node { node_type: 2, index: 1 };
        let through = of(&PathFilter::default().only_through(vec![protein]));
        assert!(!through.is_empty() && through.iter().all(|nodes| nodes.contains(&protein)));
        let around = of(&PathFilter::default().avoiding(vec![protein]));
        assert!(!around.is_empty() && !around.iter().any(|nodes| nodes.contains(&protein)));
        let targets = view.graph().relations().iter().position(|of| of.key.name == "targets").unwrap();
        let associates = view.graph().relations().iter().position(|of| of.key.name == "associates").unwrap();
        let along = of(&PathFilter::default().only_along(vec![targets, associates]));
        assert!(along.iter().all(|nodes| nodes[1].node_type == 2), "the first step is to a protein");
    }
}
