//! What a node shares with others beside its target edges.

use theriac_graph::{Csr, FeatureMatrix, NewNode, Relation};
use theriac_link::TrainView;

use crate::similarity::{Similarities, similarities, similarities_to};

/// A node that is asked for: one of the graph, or a new one. Of neither are target edges looked at.
#[derive(Clone, Copy)]
pub(super) enum Asked<'a> {
    Known(u32),
    New(&'a NewNode),
}

/// One kind of evidence: how like a node is to each of its type, or, where it is direct, to each candidate.
pub(super) struct Evidence<'a> {
    /// In words: `shared neighbours in protein:associates:disease`.
    pub(super) label: String,
    /// Whether it is about candidates, not about nodes of the asked type.
    pub(super) direct: bool,
    of: Of<'a>,
}

enum Of<'a> {
    /// Features of the nodes.
    Features { features: &'a FeatureMatrix, nodes: u32, fill: Similarities<'a> },
    /// Edges between nodes of the type: those that are joined are alike, by the weight of the edge.
    Joined(Along<'a>),
    /// Neighbours in common.
    Shared { own: Along<'a>, profiles: Profiles },
}

/// The edges of a node type along a relation, from the end that it stands at.
#[derive(Clone, Copy)]
struct Along<'a> {
    /// Place of the relation in the graph.
    place: usize,
    relation: &'a Relation,
    /// Whether the nodes of the type are the relation's targets.
    reversed: bool,
}

impl<'a> Along<'a> {
    fn edges(self) -> &'a Csr {
        if self.reversed { &self.relation.backward } else { &self.relation.forward }
    }

    /// Place of the type at the other end.
    fn other_type(self) -> usize {
        if self.reversed { self.relation.source_type } else { self.relation.target_type }
    }

    fn label(self) -> String {
        format!("{}{}", if self.reversed { "^" } else { "" }, self.relation.key)
    }

    /// Calls `visit` with the neighbours of a node and the weights of its edges. A weight below 0 counts as no edge.
    fn each(self, asked: Asked<'_>, mut visit: impl FnMut(u32, f32)) {
        match asked {
            Asked::Known(node) => {
                let edges = self.edges();
                for place in edges.range(node) {
                    let weight = edges.weights().map_or(1.0, |weights| weights[place].max(0.0));
                    visit(edges.indices()[place], weight);
                }
            }
            Asked::New(node) => {
                node.neighbors(self.place, self.reversed).for_each(|(neighbor, weight)| {
                    visit(neighbor, weight);
                });
            }
        }
    }
}

/// Rows of edges as vectors of length 1, in which a neighbour weighs the more the fewer have it: the logarithm of one plus the
/// number of nodes with an edge over the number with this neighbour (inverse document frequency, Spärck Jones 1972).
struct Profiles {
    /// Neighbours by nodes, with the entries of the vectors.
    turned: Csr,
    /// Weight of each neighbour, by how few have it.
    rarity: Vec<f32>,
}

impl Profiles {
    fn new(along: Along<'_>) -> Self {
        let edges = along.edges();
        let turned = edges.transpose();
        let nodes = (0..edges.rows()).filter(|&node| edges.degree(node) > 0).count() as f32;
        let rarity: Vec<f32> =
            (0..turned.rows()).map(|mark| (1.0 + nodes / turned.degree(mark).max(1) as f32).ln()).collect();
        let mut values = Vec::with_capacity(edges.len());
        for node in 0..edges.rows() {
            let start = values.len();
            along.each(Asked::Known(node), |mark, weight| values.push(weight * rarity[mark as usize]));
            scale_to_unit(&mut values[start..]);
        }
        let (offsets, indices) = (edges.offsets().to_vec(), edges.indices().to_vec());
        let turned = Csr::from_sorted(edges.columns(), offsets, indices, Some(values)).transpose();
        Self { turned, rarity }
    }

    /// The cosine of what is asked for, told by its neighbours, and each node.
    fn fill(&self, own: Along<'_>, asked: Asked<'_>, out: &mut [f32]) {
        let mut marks: Vec<u32> = Vec::new();
        let mut values: Vec<f32> = Vec::new();
        own.each(asked, |mark, weight| {
            marks.push(mark);
            values.push(weight * self.rarity[mark as usize]);
        });
        scale_to_unit(&mut values);
        for (mark, value) in marks.into_iter().zip(values) {
            let entries = &self.turned.weights().unwrap_or_default()[self.turned.range(mark)];
            for (&node, entry) in self.turned.neighbors(mark).iter().zip(entries) {
                out[node as usize] += value * entry;
            }
        }
    }
}

fn scale_to_unit(values: &mut [f32]) {
    let length = values.iter().map(|value| value * value).sum::<f32>().sqrt();
    if length > 0.0 {
        for value in values {
            *value /= length;
        }
    }
}

impl<'a> Evidence<'a> {
    /// All that the graph of a view tells of its sources, or else of its targets: features; for each relation but those that
    /// the task covers, neighbours in common, and where it joins the type with itself, its edges; and neighbours in common
    /// with candidates, where both types have edges to a third.
    pub(super) fn all(view: &'a TrainView, of_sources: bool) -> Vec<Self> {
        let (target, graph, task) = (view.target(), view.graph(), view.task());
        let (own_type, candidate_type) = if of_sources {
            (target.source_type, target.target_type)
        } else {
            (target.target_type, target.source_type)
        };
        let covered =
            |relation: &Relation| relation.key == *task.target() || task.siblings().contains(&relation.key);
        let along = |node_type: usize| -> Vec<Along<'a>> {
            let mut all = Vec::new();
            for (place, relation) in graph.relations().iter().enumerate().filter(|(_, of)| !covered(of)) {
                if relation.source_type == node_type {
                    all.push(Along { place, relation, reversed: false });
                }
                if relation.target_type == node_type && !relation.is_symmetric() {
                    all.push(Along { place, relation, reversed: true });
                }
            }
            all
        };
        let table = &graph.node_tables()[own_type];
        let mut all = Vec::new();
        if let Some(features) = table.features.as_ref().filter(|features| features.dim > 0) {
            let nodes = table.len() as u32;
            let of = Of::Features { features, nodes, fill: similarities(features, nodes) };
            all.push(Self { label: format!("{}.{}", table.node_type, features.name), direct: false, of });
        }
        let own = along(own_type);
        for &own in &own {
            if own.other_type() == own_type {
                all.push(Self {
                    label: format!("edges of {}", own.label()),
                    direct: false,
                    of: Of::Joined(own),
                });
            }
            let label = format!("neighbours in common by {}", own.label());
            all.push(Self { label, direct: false, of: Of::Shared { own, profiles: Profiles::new(own) } });
        }
        if own_type != candidate_type {
            for theirs in along(candidate_type) {
                let third = theirs.other_type();
                if third == own_type || third == candidate_type {
                    continue;
                }
                for &own in own.iter().filter(|own| own.other_type() == third) {
                    let label = format!("neighbours in common by {} and {}", own.label(), theirs.label());
                    all.push(Self {
                        label,
                        direct: true,
                        of: Of::Shared { own, profiles: Profiles::new(theirs) },
                    });
                }
            }
        }
        all
    }

    /// Writes how like the asked node is to each node that this evidence is about: from 0, which is nothing.
    pub(super) fn fill(&self, asked: Asked<'_>, out: &mut [f32]) {
        out.fill(0.0);
        match (&self.of, asked) {
            (Of::Features { fill, .. }, Asked::Known(node)) => fill(node, out),
            (Of::Features { features, nodes, .. }, Asked::New(node)) => {
                if let Some(given) = &node.features {
                    similarities_to(features, *nodes, given, out);
                }
            }
            (Of::Joined(own), asked) => own.each(asked, |node, weight| out[node as usize] += weight),
            (Of::Shared { own, profiles }, asked) => profiles.fill(*own, asked, out),
        }
        if let Asked::Known(node) = asked
            && !self.direct
        {
            out[node as usize] = 0.0;
        }
        for value in out {
            // What is not a number counts 0 as well.
            *value = value.max(0.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use theriac_graph::NewEdge;
    use theriac_link::Split;
    use theriac_link::conformance::{example_graph, example_task};

    use super::*;

    fn view() -> TrainView {
        let graph = example_graph();
        let split = Split::random(&graph, &example_task(&graph).unwrap(), 0.1, 0.2, 1).unwrap();
        TrainView::new(&graph, &split).unwrap()
    }

    #[test]
    fn neither_the_target_nor_a_sibling_is_evidence() {
        let view = view();
        let labels = |of_sources| -> Vec<String> {
            Evidence::all(&view, of_sources).into_iter().map(|evidence| evidence.label).collect()
        };
        assert_eq!(
            labels(true),
            [
                "drug.similarity",
                "neighbours in common by drug:targets:protein",
                "neighbours in common by drug:targets:protein and ^protein:associates:disease"
            ]
        );
        assert_eq!(
            labels(false),
            [
                "neighbours in common by ^protein:associates:disease",
                "neighbours in common by ^protein:associates:disease and drug:targets:protein"
            ]
        );
    }

    /// The cosine of two rows by its definition.
    fn cosine(one: &Csr, other: &Csr, rows: [u32; 2]) -> f32 {
        let nodes = (0..other.rows()).filter(|&node| other.degree(node) > 0).count() as f32;
        let turned = other.transpose();
        let rarity = |mark: u32| (1.0 + nodes / turned.degree(mark).max(1) as f32).ln().powi(2);
        let sum = |marks: &[u32]| marks.iter().map(|&mark| rarity(mark)).sum::<f32>();
        let [a, b] = [one.neighbors(rows[0]), other.neighbors(rows[1])];
        let shared: Vec<u32> = a.iter().copied().filter(|mark| b.contains(mark)).collect();
        if shared.is_empty() { 0.0 } else { sum(&shared) / (sum(a) * sum(b)).sqrt() }
    }

    #[test]
    fn neighbours_in_common_are_compared_by_the_cosine_of_their_rarities() {
        let view = view();
        let graph = view.graph();
        let associates = graph.resolve_relation("protein:associates:disease").unwrap();
        let targets = graph.resolve_relation("drug:targets:protein").unwrap();
        let [shared, direct] = &Evidence::all(&view, false)[..] else { panic!("two kinds") };
        let (mut diseases, mut drugs) = (vec![0.0; 18], vec![0.0; 24]);
        for disease in 0..18 {
            shared.fill(Asked::Known(disease), &mut diseases);
            for other in 0..18 {
                let pair = [disease, other];
                let expected = if other == disease {
                    0.0
                } else {
                    cosine(&associates.backward, &associates.backward, pair)
                };
                assert!((diseases[other as usize] - expected).abs() < 1e-5);
            }
            direct.fill(Asked::Known(disease), &mut drugs);
            for drug in 0..24 {
                let expected = cosine(&associates.backward, &targets.forward, [disease, drug]);
                assert!((drugs[drug as usize] - expected).abs() < 1e-5);
            }
        }
    }

    #[test]
    fn a_new_node_is_like_others_as_one_of_the_graph_with_its_edges_and_features() {
        let view = view();
        let graph = view.graph();
        let place = graph.relations().iter().position(|of| of.key.name == "targets").unwrap();
        let drugs = &graph.node_tables()[0];
        for evidence in Evidence::all(&view, true) {
            let length = if evidence.direct { 18 } else { 24 };
            for drug in 0..24 {
                let edge =
                    |&neighbor: &u32| NewEdge { relation: place, reversed: false, neighbor, weight: 1.0 };
                let edges = graph.relations()[place].forward.neighbors(drug).iter().map(edge).collect();
                let features = drugs.features.as_ref().map(|features| features.row(drug).to_vec());
                let node = NewNode { node_type: 0, edges, features };
                let (mut known, mut new) = (vec![0.0; length], vec![0.0; length]);
                evidence.fill(Asked::Known(drug), &mut known);
                evidence.fill(Asked::New(&node), &mut new);
                for (other, (known, new)) in known.into_iter().zip(new).enumerate() {
                    assert!(!evidence.direct && other == drug as usize || (known - new).abs() < 1e-6);
                }
            }
        }
    }
}
