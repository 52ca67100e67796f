//! Negatives with the degrees of the positives: what is told from them is more than popularity.

use rand::RngExt;
use theriac_graph::Csr;
use theriac_link::{Pair, Stream};

/// Draws for a positive before it is given up.
const ATTEMPTS: usize = 100;

/// Nodes by degree, in bins whose bounds are powers of two.
struct Bins {
    /// Bin of each node: 0 for degree 0, 1 for 1, 2 for 2 and 3, 3 for 4 to 7 and so on.
    of_node: Vec<usize>,
    nodes: Vec<Vec<u32>>,
}

impl Bins {
    fn new(edges: &Csr) -> Self {
        let of_node: Vec<usize> =
            (0..edges.rows()).map(|node| (u32::BITS - edges.degree(node).leading_zeros()) as usize).collect();
        let mut nodes = vec![Vec::new(); of_node.iter().max().map_or(0, |bin| bin + 1)];
        (0u32..).zip(&of_node).for_each(|(node, &bin)| nodes[bin].push(node));
        Self { of_node, nodes }
    }

    /// A random node with about the degree of this one.
    fn like(&self, node: u32, draws: &mut Stream) -> u32 {
        let alike = &self.nodes[self.of_node[node as usize]];
        alike[draws.random_range(0..alike.len())]
    }
}

/// For each positive a pair that is not in `known`, whose source and target have about the degrees of the positive's in
/// `degrees` (sources by targets): between the same powers of two. Positives for which 100 draws find none are left out.
/// Gives the positives that are matched, and their negatives in the same order.
pub(super) fn degree_matched(
    positives: &[Pair],
    degrees: (&Csr, &Csr),
    known: &Csr,
    draws: &mut Stream,
) -> (Vec<Pair>, Vec<Pair>) {
    let (sources, targets) = (Bins::new(degrees.0), Bins::new(degrees.1));
    let mut matched = Vec::with_capacity(positives.len());
    for &positive in positives {
        let negative = (0..ATTEMPTS).find_map(|_| {
            let source = sources.like(positive.source, draws);
            let target = targets.like(positive.target, draws);
            (!known.contains(source, target)).then_some(Pair { source, target })
        });
        matched.extend(negative.map(|negative| (positive, negative)));
    }
    matched.into_iter().unzip()
}

#[cfg(test)]
mod tests {
    use theriac_link::conformance::example_graph;
    use theriac_link::stream;

    use super::*;

    #[test]
    fn negatives_are_unknown_and_of_like_degree() {
        let graph = example_graph();
        let edges = graph.relation(&"drug:treats:disease".parse().unwrap()).unwrap();
        let positives: Vec<Pair> = edges.forward.pairs().map(|(s, t)| Pair::new(s, t)).collect();
        let degrees = (&edges.forward, &edges.backward);
        let (matched, negatives) =
            degree_matched(&positives, degrees, &edges.forward, &mut stream(0, "test", &[]));
        assert!(matched.len() > positives.len() / 2 && matched.len() == negatives.len());
        for (positive, negative) in matched.iter().zip(&negatives) {
            assert!(!edges.forward.contains(negative.source, negative.target));
            let bins = |pair: &Pair| {
                (edges.forward.degree(pair.source).ilog2(), edges.backward.degree(pair.target).ilog2())
            };
            assert_eq!(bins(positive), bins(negative));
        }
    }

    #[test]
    fn a_positive_without_a_match_is_left_out() {
        let full = Csr::from_pairs(2, 1, &[0, 1], &[0, 0], None);
        let (matched, negatives) = degree_matched(
            &[Pair::new(0, 0)],
            (&full, &full.transpose()),
            &full,
            &mut stream(0, "test", &[]),
        );
        assert_eq!((matched, negatives), (Vec::new(), Vec::new()));
    }
}
