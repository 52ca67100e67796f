//! The permuted graph: the same degrees, and nothing else of the graph.

use rand::RngExt;
use theriac_graph::{Csr, Graph, Relation};

use crate::error::LinkError;
use crate::pair::Pair;
use crate::split::{RemovedEdges, Split};
use crate::stream::{Stream, stream};

/// Swaps that are tried for each edge; Zietz et al. find little left of a network after ten.
const SWAPS_PER_EDGE: usize = 10;

/// The graph with the edges of every relation swapped at random (`XSwap`, Hanhijärvi et al. 2009; as a control of link
/// prediction: Zietz et al. 2024), and the split of its target's edges.
///
/// Two edges `a-b` and `c-d` become `a-d` and `c-b`, unless one of these is there. Every node keeps its number of edges in
/// every relation. Edges of the target are swapped within their part of the split, so that every node also keeps its number
/// of training, validation and test edges, and cold nodes stay cold. External pairs are swapped among themselves. What a scorer
/// finds in the permuted graph follows from degrees; what it finds in the real one beyond that, it has learned.
///
/// Node features stay with their nodes, and so tell nothing of the permuted edges.
///
/// # Errors
///
/// When the split does not belong to the graph.
pub fn permuted(graph: &Graph, split: &Split, seed: u64) -> Result<(Graph, Split), LinkError> {
    split.check(graph)?;
    let target = split.task.target();
    let relation = graph.relation(target)?;
    let mut swapped = Swapped::of(relation);
    let mut parts = [&split.train, &split.valid, &split.test, &split.external].map(Clone::clone);
    swapped.insert(&parts[3]);
    let one_type = split.task.joins_one_type();
    for (name, part) in ["train", "valid", "test", "external"].into_iter().zip(&mut parts) {
        let mut draws = stream(seed, "permutation of the target", &[name.len() as u64]);
        swapped.swap(part, one_type && is_symmetric(part), &mut draws);
    }
    let [train, valid, test, external] = parts;
    let edges = [train.as_slice(), &valid, &test].concat();
    let permuted_target = relation.with_edges(of_pairs(relation, &edges));
    let permuted = graph.map_relations(|other| {
        if other.key == *target {
            return Some(permuted_target.clone());
        }
        let mut draws = stream(seed, &format!("permutation of {}", other.key), &[]);
        let mut edges: Vec<Pair> = other.forward.pairs().map(|(s, t)| Pair::new(s, t)).collect();
        Swapped::of(other).swap(&mut edges, other.undirected, &mut draws);
        Some(other.with_edges(of_pairs(other, &edges)))
    });
    // Removed edges were drawn of those that were there; of the permuted ones, as many that touch the same nodes are not
    // known, so that none are removed twice over: those that still stand are.
    let removed = split.removed.iter().map(|removed| {
        let there = permuted.relation(&removed.relation)?;
        let edges = removed.edges.iter().filter(|pair| there.forward.contains(pair.source, pair.target));
        Ok(RemovedEdges { relation: removed.relation.clone(), edges: edges.copied().collect() })
    });
    let split = Split {
        task: split.task.clone(),
        removed: removed.collect::<Result<_, LinkError>>()?,
        train,
        valid,
        test,
        external,
        seed: split.seed,
        description: format!("{}, edges permuted", split.description),
    };
    Ok((permuted, split))
}

fn of_pairs(relation: &Relation, pairs: &[Pair]) -> Csr {
    crate::split::csr(relation, pairs)
}

/// Whether every pair has its mirror image in the list.
fn is_symmetric(pairs: &[Pair]) -> bool {
    let mut sorted = pairs.to_vec();
    sorted.sort_unstable();
    pairs.iter().all(|pair| sorted.binary_search(&pair.reversed()).is_ok())
}

/// Which pairs are edges, as bits where these are few enough and else as a set.
struct Swapped {
    columns: u64,
    edges: hashbrown::HashSet<u64, foldhash::fast::FixedState>,
}

impl Swapped {
    fn of(relation: &Relation) -> Self {
        let mut all =
            Self { columns: u64::from(relation.forward.columns()), edges: hashbrown::HashSet::default() };
        all.edges.reserve(relation.len());
        let edges: Vec<Pair> = relation.forward.pairs().map(|(s, t)| Pair::new(s, t)).collect();
        all.insert(&edges);
        all
    }

    fn insert(&mut self, pairs: &[Pair]) {
        for &pair in pairs {
            self.edges.insert(self.number(pair));
        }
    }

    fn number(&self, pair: Pair) -> u64 {
        u64::from(pair.source) * self.columns + u64::from(pair.target)
    }

    /// Swaps the ends of two of `pairs` at a time. In an undirected relation an edge and its mirror image are swapped
    /// together, and no edge becomes a loop.
    fn swap(&mut self, pairs: &mut Vec<Pair>, undirected: bool, draws: &mut Stream) {
        let loops: Vec<Pair>;
        if undirected {
            loops = pairs.iter().copied().filter(|pair| pair.source == pair.target).collect();
            pairs.retain(|pair| pair.source < pair.target);
        } else {
            loops = Vec::new();
        }
        if pairs.len() >= 2 {
            for _ in 0..SWAPS_PER_EDGE * pairs.len() {
                let (i, j) = (draws.random_range(0..pairs.len()), draws.random_range(0..pairs.len()));
                let (one, mut other) = (pairs[i], pairs[j]);
                if undirected && draws.random_bool(0.5) {
                    other = other.reversed();
                }
                let swapped = [Pair::new(one.source, other.target), Pair::new(other.source, one.target)];
                let is_loop = undirected && swapped.iter().any(|pair| pair.source == pair.target);
                if is_loop || swapped[0] == swapped[1] || swapped.iter().any(|&pair| self.is_edge(pair)) {
                    continue;
                }
                if undirected && swapped[0] == swapped[1].reversed() {
                    continue;
                }
                for (old, new) in [(pairs[i], swapped[0]), (pairs[j], swapped[1])] {
                    self.replace(old, new);
                    if undirected {
                        self.replace(old.reversed(), new.reversed());
                    }
                }
                (pairs[i], pairs[j]) = (swapped[0], swapped[1]);
            }
        }
        if undirected {
            let both: Vec<Pair> = pairs.iter().flat_map(|&pair| [pair, pair.reversed()]).collect();
            *pairs = both;
            pairs.extend(loops);
        }
    }

    fn is_edge(&self, pair: Pair) -> bool {
        self.edges.contains(&self.number(pair))
    }

    fn replace(&mut self, old: Pair, new: Pair) {
        self.edges.remove(&self.number(old));
        self.edges.insert(self.number(new));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use theriac_graph::{DuplicatePolicy, EdgeList, GraphBuilder, NodeTable, Provenance, RelationKey};

    use super::*;
    use crate::conformance::{example_graph, example_task};
    use crate::task::Task;
    use crate::view::TrainView;

    fn degrees(edges: &Csr) -> Vec<u32> {
        (0..edges.rows()).map(|node| edges.degree(node)).collect()
    }

    fn part_degrees(pairs: &[Pair]) -> (Vec<u32>, Vec<u32>) {
        let (mut sources, mut targets): (Vec<u32>, Vec<u32>) =
            pairs.iter().map(|p| (p.source, p.target)).unzip();
        sources.sort_unstable();
        targets.sort_unstable();
        (sources, targets)
    }

    #[test]
    fn degrees_stay_and_edges_move() {
        let graph = example_graph();
        let task = example_task(&graph).unwrap();
        let split = Split::random(&graph, &task, 0.1, 0.2, 3).unwrap();
        let (swapped, parts) = permuted(&graph, &split, 1).unwrap();
        parts.check(&swapped).unwrap();
        TrainView::new(&swapped, &parts).unwrap();
        for (before, after) in graph.relations().iter().zip(swapped.relations()) {
            assert_eq!(degrees(&before.forward), degrees(&after.forward), "{}", before.key);
            assert_eq!(degrees(&before.backward), degrees(&after.backward), "{}", before.key);
            assert!(after.forward.first_repeat().is_none());
            assert_ne!(before.forward, after.forward, "{}", before.key);
        }
        for (before, after) in
            [(&split.train, &parts.train), (&split.valid, &parts.valid), (&split.test, &parts.test)]
        {
            assert_eq!(part_degrees(before), part_degrees(after));
        }
        assert_eq!(permuted(&graph, &split, 1).unwrap().1.hash(), parts.hash());
        assert_ne!(permuted(&graph, &split, 2).unwrap().1.hash(), parts.hash());
    }

    proptest! {
        #[test]
        fn undirected_relations_stay_so(edges in prop::collection::btree_set((0u32..12, 0u32..12), 6..40), seed in 0u64..50) {
            let ids: Vec<String> = (0..12).map(|i| i.to_string()).collect();
            let edges: std::collections::BTreeSet<(u32, u32)> =
                edges.into_iter().map(|(a, b)| (a.min(b), a.max(b))).collect();
            let (sources, targets) = edges.into_iter().unzip();
            let key = RelationKey::new("protein", "interacts", "protein");
            let mut builder = GraphBuilder::new(Provenance::default());
            builder.add_nodes(NodeTable::new("protein", ids.clone(), ids)).unwrap();
            let edges = EdgeList { sources, targets, undirected: true, ..EdgeList::default() };
            builder.add_relation(key.clone(), edges, DuplicatePolicy::Reject).unwrap();
            let graph = builder.build().unwrap();
            let task = Task::new(&graph, key, Vec::new()).unwrap();
            let split = Split::random(&graph, &task, 0.1, 0.2, seed).unwrap();
            let (swapped, parts) = permuted(&graph, &split, seed).unwrap();
            parts.check(&swapped).unwrap();
            let (before, after) = (&graph.relations()[0], &swapped.relations()[0]);
            prop_assert!(after.undirected);
            prop_assert_eq!(degrees(&before.forward), degrees(&after.forward));
            prop_assert_eq!(before.self_loops(), after.self_loops());
        }
    }
}
