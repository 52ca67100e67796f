//! From a list of edges to rows of neighbours: mirrored where undirected, sorted, repeats merged.

use crate::attributes::EdgeAttribute;
use crate::csr::Csr;
use crate::edges::EdgeList;

/// The edges of a list as rows of neighbours.
pub(crate) struct Layout {
    /// Targets of each source.
    pub(crate) forward: Csr,
    /// The attributes, in the order of `forward`.
    pub(crate) attributes: Vec<EdgeAttribute>,
    /// Whether an edge stands in the list more than once; its occurrences were merged.
    pub(crate) repeats: bool,
}

impl Layout {
    /// Sorts edges between `rows` sources and `columns` targets, which are the same nodes where they are undirected.
    pub(crate) fn of(edges: &EdgeList, rows: u32, columns: u32) -> Self {
        let mirrored = edges.undirected.then(|| Mirrored::of(edges));
        let (sorted, order) = match &mirrored {
            None => Csr::sort(rows, columns, &edges.sources, &edges.targets),
            Some(both) => Csr::sort(rows, columns, &both.sources, &both.targets),
        };
        // The edge of the list that stands at each place; `None` where the list is in order.
        let edge_at = match (order, mirrored) {
            (order, None) => order,
            (None, Some(both)) => Some(both.edges),
            (Some(order), Some(both)) => Some(order.iter().map(|&at| both.edges[at as usize]).collect()),
        };
        if sorted.first_repeat().is_some() {
            let edge_at = edge_at.unwrap_or_else(|| (0..sorted.len() as u32).collect());
            return Self::merged(edges, &sorted, &edge_at);
        }
        let (weights, attributes) = match &edge_at {
            None => (edges.weights.clone(), edges.attributes.clone()),
            Some(edge_at) => picked(edges.weights.as_deref(), &edges.attributes, edge_at),
        };
        Self { forward: sorted.with_weights(weights), attributes, repeats: false }
    }

    fn merged(edges: &EdgeList, sorted: &Csr, edge_at: &[u32]) -> Self {
        let mut attributes = edges.attributes.clone();
        let mut kept = Vec::with_capacity(edge_at.len());
        let mut run: Vec<u32> = Vec::new();
        let mut places = edge_at.iter().zip(sorted.pairs()).peekable();
        while let Some((&edge, pair)) = places.next() {
            run.push(edge);
            if places.peek().is_some_and(|(_, next)| *next == pair) {
                continue;
            }
            kept.push(run[0]);
            // The mirror image of an undirected edge would merge the same edges again.
            if run.len() > 1 && !(edges.undirected && pair.0 > pair.1) {
                for attribute in &mut attributes {
                    attribute.values.merge(&run);
                }
            }
            run.clear();
        }
        let mut previous = None;
        let forward = sorted.filter(|row, column| previous.replace((row, column)) != Some((row, column)));
        let (weights, attributes) = picked(edges.weights.as_deref(), &attributes, &kept);
        Self { forward: forward.with_weights(weights), attributes, repeats: true }
    }
}

/// Each edge of an undirected list followed by its mirror image; an edge from a node to itself is its own.
struct Mirrored {
    sources: Vec<u32>,
    targets: Vec<u32>,
    /// Where each came from.
    edges: Vec<u32>,
}

impl Mirrored {
    fn of(list: &EdgeList) -> Self {
        let room = || Vec::with_capacity(2 * list.len());
        let mut both = Self { sources: room(), targets: room(), edges: room() };
        for (edge, (&source, &target)) in list.sources.iter().zip(&list.targets).enumerate() {
            let images = [(source, target), (target, source)];
            for &(from, to) in &images[..if source == target { 1 } else { 2 }] {
                both.sources.push(from);
                both.targets.push(to);
                both.edges.push(edge as u32);
            }
        }
        both
    }
}

fn picked(
    weights: Option<&[f32]>,
    attributes: &[EdgeAttribute],
    edges: &[u32],
) -> (Option<Vec<f32>>, Vec<EdgeAttribute>) {
    let attributes = attributes.iter().map(|attribute| EdgeAttribute {
        name: attribute.name.clone(),
        values: attribute.values.select(edges),
    });
    let attributes = attributes.collect();
    (weights.map(|weights| edges.iter().map(|&edge| weights[edge as usize]).collect()), attributes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attributes::AttributeValues;

    fn list(edges: &[(u32, u32, f32, &str)], undirected: bool) -> EdgeList {
        let sources = edges.iter().map(|edge| edge.0).collect();
        let targets = edges.iter().map(|edge| edge.1).collect();
        let weights = Some(edges.iter().map(|edge| edge.2).collect());
        let values = AttributeValues::Texts(edges.iter().map(|edge| edge.3).collect());
        let attributes = vec![EdgeAttribute { name: "source".into(), values }];
        EdgeList { sources, targets, weights, attributes, undirected, ..EdgeList::default() }
    }

    fn laid_out(layout: &Layout) -> Vec<(u32, u32, f32, String)> {
        let weights = layout.forward.weights().unwrap();
        let text = |edge| layout.attributes[0].values.text(edge).unwrap();
        layout.forward.pairs().enumerate().map(|(edge, (a, b))| (a, b, weights[edge], text(edge))).collect()
    }

    #[test]
    fn weights_and_attributes_move_with_their_edges() {
        let layout = Layout::of(&list(&[(1, 0, 1.0, "a"), (0, 2, 2.0, "b"), (0, 1, 3.0, "c")], false), 3, 3);
        let expected = [(0, 1, 3.0, "c".into()), (0, 2, 2.0, "b".into()), (1, 0, 1.0, "a".into())];
        assert_eq!((laid_out(&layout), layout.repeats), (expected.to_vec(), false));
    }

    #[test]
    fn a_repeated_edge_keeps_its_first_weight_and_all_its_texts() {
        let layout = Layout::of(&list(&[(1, 0, 1.0, "b"), (0, 2, 2.0, "c"), (1, 0, 3.0, "a")], false), 3, 3);
        let expected = [(0, 2, 2.0, "c".into()), (1, 0, 1.0, "b|a".into())];
        assert_eq!((laid_out(&layout), layout.repeats), (expected.to_vec(), true));
    }

    #[test]
    fn an_undirected_edge_stands_both_ways_round_with_the_same_weight() {
        let layout = Layout::of(&list(&[(2, 0, 1.0, "a"), (1, 1, 2.0, "b")], true), 3, 3);
        let expected = [(0, 2, 1.0, "a".into()), (1, 1, 2.0, "b".into()), (2, 0, 1.0, "a".into())];
        assert_eq!((laid_out(&layout), layout.repeats), (expected.to_vec(), false));
        let layout = Layout::of(&list(&[(2, 0, 1.0, "a"), (0, 2, 3.0, "b")], true), 3, 3);
        let expected = [(0, 2, 1.0, "a|b".into()), (2, 0, 1.0, "a|b".into())];
        assert_eq!((laid_out(&layout), layout.repeats), (expected.to_vec(), true));
    }
}
