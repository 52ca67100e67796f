//! Which nodes and edges of the paths are drawn.

use super::layers;
use crate::candidates::{EvidencePath, Hop, Node};

/// Most nodes in a column.
pub const MOST_NODES: usize = 8;
/// Most paths in a picture: more could not be followed.
pub const MOST_PATHS: usize = 20;

/// An edge of the picture.
#[derive(Clone, Debug)]
pub struct Edge<'a> {
    /// Place of the node on the left.
    pub from: usize,
    /// Place of the node on the right.
    pub to: usize,
    /// What it is.
    pub hop: &'a Hop,
}

/// What is drawn of the paths.
#[derive(Clone, Debug, Default)]
pub struct Evidence<'a> {
    /// The nodes, each once; the first is where all paths begin.
    pub nodes: Vec<&'a Node>,
    /// The edges, each once.
    pub edges: Vec<Edge<'a>>,
    /// The column of each node, `[n_nodes]`.
    pub columns: Vec<usize>,
    /// Number of nodes that only paths that are not drawn pass, by their distance along them, `[n_columns]`.
    pub left_out: Vec<usize>,
    /// Number of paths that are drawn.
    pub drawn: usize,
}

impl<'a> Evidence<'a> {
    /// What is drawn of `paths`: one after the other, each that leaves no column with more than [`MOST_NODES`] and closes no
    /// circle, up to [`MOST_PATHS`]. `None` where nothing can be drawn.
    pub fn new(paths: &'a [EvidencePath]) -> Option<Self> {
        let sound = |path: &&EvidencePath| path.nodes.len() > 1 && path.hops.len() + 1 == path.nodes.len();
        let first = paths.iter().find(sound)?;
        let mut evidence = Self::default();
        let mut not_drawn: Vec<&EvidencePath> = Vec::new();
        for path in paths {
            let same_ends =
                path.nodes.first() == first.nodes.first() && path.nodes.last() == first.nodes.last();
            let extended = Some(path).filter(sound).filter(|_| same_ends && evidence.drawn < MOST_PATHS);
            match extended.and_then(|path| evidence.with(path)) {
                Some(extended) => evidence = extended,
                None => not_drawn.push(path),
            }
        }
        let last = *evidence.columns.iter().max()?;
        evidence.left_out = vec![0; last + 1];
        let mut missing: Vec<&Node> = Vec::new();
        for path in not_drawn {
            for (place, node) in path.nodes.iter().enumerate() {
                if !evidence.nodes.contains(&node) && !missing.contains(&node) {
                    missing.push(node);
                    evidence.left_out[place.clamp(1.min(last), last.saturating_sub(1))] += 1;
                }
            }
        }
        Some(evidence)
    }

    /// With another path; `None` where it does not fit.
    fn with(&self, path: &'a EvidencePath) -> Option<Self> {
        let mut next = self.clone();
        let places: Vec<usize> = path.nodes.iter().map(|node| next.place(node)).collect();
        for (ends, hop) in places.windows(2).zip(&path.hops) {
            let (from, to) = (ends[0], ends[1]);
            let known = next.edges.iter_mut().find(|edge| {
                let same = edge.hop.relation == hop.relation && edge.hop.arrow == hop.arrow;
                edge.from == from && edge.to == to && same
            });
            match known {
                Some(edge) if edge.hop.effect.is_none() => edge.hop = hop,
                Some(_) => {}
                None => next.edges.push(Edge { from, to, hop }),
            }
        }
        let pairs: Vec<(usize, usize)> = next.edges.iter().map(|edge| (edge.from, edge.to)).collect();
        next.columns = layers::columns(next.nodes.len(), &pairs)?;
        let fits = (0..next.nodes.len())
            .all(|column| next.columns.iter().filter(|&&of| of == column).count() <= MOST_NODES);
        next.drawn += 1;
        fits.then_some(next)
    }

    fn place(&mut self, node: &'a Node) -> usize {
        self.nodes.iter().position(|known| *known == node).unwrap_or_else(|| {
            self.nodes.push(node);
            self.nodes.len() - 1
        })
    }

    /// Whether paths begin or end at the node of that place.
    pub fn is_end(&self, place: usize) -> bool {
        place == 0 || Some(&self.columns[place]) == self.columns.iter().max()
    }

    /// The greatest effect of an edge, in logits, whatever its sign; `None` where none is known or all are zero.
    pub fn greatest_effect(&self) -> Option<f64> {
        let effects = self.edges.iter().filter_map(|edge| edge.hop.effect).map(f64::abs);
        effects.filter(|effect| effect.is_finite() && *effect > 0.0).reduce(f64::max)
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A path through nodes of these names; its edges have the relation "r" and that effect.
    pub fn path(names: &[&str], effect: Option<f64>) -> EvidencePath {
        let node = |name: &&str| Node { id: (*name).into(), name: (*name).into(), kind: "gene".into() };
        let hop = Hop { relation: "r".into(), effect, ..Hop::default() };
        EvidencePath { nodes: names.iter().map(node).collect(), hops: vec![hop; names.len() - 1], effect }
    }

    #[test]
    fn a_node_and_an_edge_are_drawn_once() {
        let paths =
            [path(&["d", "a", "z"], Some(0.5)), path(&["d", "a", "b", "z"], None), path(&["d", "z"], None)];
        let evidence = Evidence::new(&paths).unwrap();
        assert_eq!(evidence.nodes.len(), 4);
        assert_eq!(evidence.edges.len(), 5);
        // Nodes are d, a, z, b.
        assert_eq!(evidence.columns, [0, 1, 3, 2]);
        assert_eq!((evidence.drawn, evidence.left_out), (3, vec![0; 4]));
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        let names: Vec<String> = (0..12).map(|place| format!("gene {place}")).collect();
        let mut paths: Vec<EvidencePath> = names.iter().map(|name| path(&["d", name, "z"], None)).collect();
        paths.push(path(&["d", "gene 1", "z"], None));
        let evidence = Evidence::new(&paths).unwrap();
        assert_eq!(evidence.nodes.len(), MOST_NODES + 2);
        assert_eq!(evidence.left_out, [0, 4, 0]);
        assert_eq!(evidence.drawn, MOST_NODES + 1, "a later path through drawn nodes is drawn");
    }

    #[test]
    fn a_path_that_closes_a_circle_or_ends_elsewhere_is_not_drawn() {
        let paths = [
            path(&["d", "a", "b", "z"], None),
            path(&["d", "b", "a", "z"], None),
            path(&["d", "a", "y"], None),
        ];
        let evidence = Evidence::new(&paths).unwrap();
        assert_eq!(evidence.drawn, 1);
        assert_eq!(evidence.left_out, [0, 0, 1, 0]);
        let mut broken = path(&["d", "a", "z"], None);
        broken.hops.pop();
        assert!(Evidence::new(&[broken]).is_none());
        assert!(Evidence::new(&[]).is_none());
        assert!(Evidence::new(&[path(&["d", "d"], None)]).is_none(), "a loop");
    }

    #[test]
    fn the_greatest_effect_is_finite() {
        let paths = [path(&["d", "a", "z"], Some(-0.5)), path(&["d", "b", "z"], Some(f64::NAN))];
        assert_eq!(Evidence::new(&paths).unwrap().greatest_effect(), Some(0.5));
        assert_eq!(Evidence::new(&[path(&["d", "a"], Some(0.0))]).unwrap().greatest_effect(), None);
    }
}
