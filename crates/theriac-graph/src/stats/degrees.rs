//! How unequally edges are spread over nodes.

use serde::Serialize;

use crate::csr::Csr;
use crate::nodes::NodeTable;

/// Degrees over all nodes at one end of a relation, those without an edge included.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct DegreeSummary {
    /// Smallest.
    pub min: u32,
    /// Half of the nodes have no more.
    pub median: f64,
    /// The smallest degree that 99 % of the nodes do not exceed.
    pub p99: u32,
    /// Largest.
    pub max: u32,
    /// Nodes of degree 0.
    pub without_edges: usize,
    /// Nodes of degree 0 or 1.
    pub at_most_one: usize,
}

/// A node with its number of edges.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NodeDegree {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its number of edges.
    pub degree: usize,
}

impl NodeDegree {
    pub(super) fn of(table: &NodeTable, node: u32, degree: usize) -> Self {
        let label = table.label(node);
        Self { id: label.id, name: label.name, degree }
    }
}

/// The degrees of all rows.
pub(super) struct Degrees {
    /// From the smallest to the largest.
    sorted: Vec<u32>,
    /// The first row of the largest degree; `None` without edges.
    pub(super) top: Option<u32>,
}

impl Degrees {
    pub(super) fn of(edges: &Csr) -> Self {
        let mut sorted: Vec<u32> = (0..edges.rows()).map(|row| edges.degree(row)).collect();
        let largest = sorted.iter().copied().max().filter(|&degree| degree > 0);
        let top = largest.and_then(|largest| sorted.iter().position(|&degree| degree == largest));
        sorted.sort_unstable();
        Self { sorted, top: top.map(|row| row as u32) }
    }

    /// Figures over all rows.
    pub(super) fn summary(&self) -> DegreeSummary {
        let sorted = &self.sorted;
        // The nearest rank: the least value with 99 % of all at or below it.
        let rank = (99 * sorted.len()).div_ceil(100).saturating_sub(1);
        DegreeSummary {
            min: sorted.first().copied().unwrap_or(0),
            median: median(sorted),
            p99: sorted.get(rank).copied().unwrap_or(0),
            max: self.max(),
            without_edges: sorted.partition_point(|&degree| degree == 0),
            at_most_one: sorted.partition_point(|&degree| degree <= 1),
        }
    }

    /// The degrees of rows with an edge, from the smallest to the largest.
    pub(super) fn positive(&self) -> &[u32] {
        &self.sorted[self.sorted.partition_point(|&degree| degree == 0)..]
    }

    pub(super) fn max(&self) -> u32 {
        self.sorted.last().copied().unwrap_or(0)
    }
}

/// The value in the middle, or between the two in the middle; 0 for none.
pub(super) fn median(sorted: &[u32]) -> f64 {
    match sorted.len() {
        0 => 0.0,
        count => f64::midpoint(sorted[(count - 1) / 2].into(), sorted[count / 2].into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of these degrees.
    fn rows(degrees: &[u32]) -> Csr {
        let pairs =
            degrees.iter().enumerate().flat_map(|(row, &degree)| (0..degree).map(move |c| (row as u32, c)));
        let (rows, columns): (Vec<u32>, Vec<u32>) = pairs.unzip();
        Csr::from_pairs(degrees.len() as u32, 1000, &rows, &columns, None)
    }

    #[test]
    fn nodes_without_edges_count_in_the_summary_and_not_among_the_positive() {
        let degrees = Degrees::of(&rows(&[0, 3, 1, 0, 7, 7]));
        let expected =
            DegreeSummary { min: 0, median: 2.0, p99: 7, max: 7, without_edges: 2, at_most_one: 3 };
        assert_eq!(degrees.summary(), expected);
        assert_eq!((degrees.positive(), degrees.top), (&[1, 3, 7, 7][..], Some(4)));
        assert_eq!(median(degrees.positive()), 5.0);
    }

    #[test]
    fn the_99th_percentile_leaves_one_in_a_hundred_above() {
        let mut all = vec![2; 99];
        all.push(900);
        assert_eq!(Degrees::of(&rows(&all)).summary().p99, 2);
        all.pop();
        all[0] = 900;
        assert_eq!(Degrees::of(&rows(&all)).summary().p99, 900);
    }

    #[test]
    fn without_edges_there_is_no_top() {
        assert_eq!(Degrees::of(&rows(&[0, 0])).top, None);
        assert_eq!(Degrees::of(&rows(&[])).summary().max, 0);
    }
}
