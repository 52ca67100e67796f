//! Relations that say the same of the same nodes, in one direction or the other: what is held out of one leaks from the
//! other.

use rayon::prelude::*;
use serde::Serialize;

use crate::csr::Csr;
use crate::graph::{Graph, Relation};
use crate::schema::RelationKey;

/// Relations that share less of the smaller one than this are not told.
const LEAST_SHARE: f64 = 0.2;
/// Of rows that differ this much in length, the shorter one is looked up in the longer.
const UNEQUAL: usize = 16;

/// Two relations between the same types that share pairs of nodes. Both directions of an undirected edge count.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Overlap {
    /// The one with fewer pairs; the later of equals.
    pub relation: RelationKey,
    /// The other.
    pub other: RelationKey,
    /// Whether the other is read backwards.
    pub reversed: bool,
    /// Pairs in both.
    pub shared_pairs: usize,
    /// Of the relation's pairs, those in the other: 0.2 to 1.
    pub share: f64,
    /// Of the other's pairs, those in the relation: 0 to 1.
    pub share_of_other: f64,
}

impl Overlap {
    /// Whether the two are one, up to 5 % of either.
    pub fn is_same(&self) -> bool {
        self.share.min(self.share_of_other) >= 0.95
    }
}

/// All pairs of relations of which the smaller shares a fifth of its pairs or more.
pub(super) fn overlaps(graph: &Graph, symmetric: &[bool]) -> Vec<Overlap> {
    let relations = &graph.relations;
    let mut candidates = Vec::new();
    for (late, b) in relations.iter().enumerate() {
        for (early, a) in relations[..late].iter().enumerate() {
            if (a.source_type, a.target_type) == (b.source_type, b.target_type) {
                candidates.push((a, b, false));
            }
            // Of a symmetric relation, both readings are the same.
            let told = a.source_type == b.source_type && (symmetric[early] || symmetric[late]);
            if (a.source_type, a.target_type) == (b.target_type, b.source_type) && !told {
                candidates.push((a, b, true));
            }
        }
    }
    candidates.into_par_iter().filter_map(|(a, b, reversed)| overlap(a, b, reversed)).collect()
}

fn overlap(early: &Relation, late: &Relation, reversed: bool) -> Option<Overlap> {
    let (few, many) = if early.len() < late.len() { (early, late) } else { (late, early) };
    let least = (LEAST_SHARE * few.len() as f64).ceil() as usize;
    let other = if reversed { &many.backward } else { &many.forward };
    let shared_pairs = shared(&few.forward, other, least)?;
    Some(Overlap {
        relation: few.key.clone(),
        other: many.key.clone(),
        reversed,
        shared_pairs,
        share: shared_pairs as f64 / few.len() as f64,
        share_of_other: shared_pairs as f64 / many.len() as f64,
    })
}

/// The pairs in both, which have the same rows and columns; `None` where they are fewer than `least`, as soon as that is
/// certain.
fn shared(few: &Csr, many: &Csr, least: usize) -> Option<usize> {
    let mut left = few.len();
    let mut shared = 0;
    for row in 0..few.rows() {
        let (a, b) = (few.neighbors(row), many.neighbors(row));
        shared += common(a, b);
        left -= a.len();
        if shared + left < least {
            return None;
        }
    }
    (shared > 0).then_some(shared)
}

/// Number of values in both of two sorted lists.
fn common(a: &[u32], b: &[u32]) -> usize {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if short.len() * UNEQUAL < long.len() {
        return short.iter().filter(|value| long.binary_search(value).is_ok()).count();
    }
    let (mut i, mut j, mut both) = (0, 0, 0);
    while i < short.len() && j < long.len() {
        both += usize::from(short[i] == long[j]);
        let (first, second) = (short[i] <= long[j], long[j] <= short[i]);
        i += usize::from(first);
        j += usize::from(second);
    }
    both
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::super::tests::{edges, graph, table};
    use super::*;
    use crate::EdgeList;

    fn of(relations: Vec<(&str, EdgeList)>) -> Vec<(String, String, bool, usize, f64, f64)> {
        let statistics = graph(vec![table("drug", 30), table("disease", 30)], relations).statistics();
        let told = statistics.overlaps.into_iter().map(|overlap| {
            let Overlap { relation, other, reversed, shared_pairs, share, share_of_other } = overlap;
            (relation.to_string(), other.to_string(), reversed, shared_pairs, share, share_of_other)
        });
        told.collect()
    }

    #[test]
    fn a_reverse_is_found() {
        let treats = edges(&[(0, 1), (2, 3), (4, 5)]);
        let treated = edges(&[(1, 0), (3, 2), (5, 4)]);
        let (x, y) = ("drug:treats:disease", "disease:treated_by:drug");
        assert_eq!(of(vec![(x, treats), (y, treated)]), [(y.into(), x.into(), true, 3, 1.0, 1.0)]);
    }

    #[test]
    fn a_fifth_of_the_smaller_is_told_and_less_is_not() {
        let treats: Vec<(u32, u32)> = (0..20).map(|i| (i, i)).collect();
        let mut palliates: Vec<(u32, u32)> = (0..10).map(|i| (i, i + 1)).collect();
        (palliates[0], palliates[1]) = ((0, 0), (1, 1));
        let (x, y) = ("drug:treats:disease", "drug:palliates:disease");
        let found = of(vec![(x, edges(&treats)), (y, edges(&palliates))]);
        assert_eq!(found, [(y.into(), x.into(), false, 2, 0.2, 0.1)]);
        palliates[1] = (1, 2);
        assert_eq!(of(vec![(x, edges(&treats)), (y, edges(&palliates))]), []);
    }

    #[test]
    fn within_a_type_both_readings_are_compared_unless_one_is_symmetric() {
        let (x, y, z) = ("drug:x:drug", "drug:y:drug", "drug:z:drug");
        let forward = || edges(&[(0, 1), (2, 3)]);
        let backward = edges(&[(1, 0), (3, 2)]);
        let both = EdgeList { undirected: true, ..forward() };
        assert_eq!(
            of(vec![(x, forward()), (y, backward), (z, both)]),
            [
                (y.into(), x.into(), true, 2, 1.0, 1.0),
                (x.into(), z.into(), false, 2, 1.0, 0.5),
                (y.into(), z.into(), false, 2, 1.0, 0.5),
            ]
        );
    }

    proptest! {
        #[test]
        fn common_values_are_those_of_sets(
            a in prop::collection::btree_set(0u32..200, 0..120),
            b in prop::collection::btree_set(0u32..200, 0..6),
        ) {
            let both = a.intersection(&b).count();
            let list = |set: &BTreeSet<u32>| set.iter().copied().collect::<Vec<_>>();
            prop_assert_eq!(common(&list(&a), &list(&b)), both);
            prop_assert_eq!(common(&list(&b), &list(&a)), both);
            prop_assert_eq!(common(&list(&a), &list(&a)), a.len());
        }
    }
}
