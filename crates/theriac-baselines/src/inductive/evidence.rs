//! What a node shares with others beside its target edges.

use std::collections::HashMap;
use std::sync::Arc;

use theriac_graph::{Csr, EditedGraph, NewNode, Relation};
use theriac_link::TrainView;

use crate::similarity::Similarities;

/// A node that is asked for: one of the graph, or a new one. Of neither are target edges looked at.
#[derive(Clone, Copy)]
pub(super) enum Asked<'a> {
    Known(u32),
    New(&'a NewNode),
}

/// One kind of evidence: how like a node is to each of its type, or, where it is direct, to each candidate.
///
/// What it is told by is read from a graph whose original is that of the view; how much a neighbour tells by its rarity is
/// learned from the view.
pub(super) struct Evidence {
    /// In words: `shared neighbours in protein:associates:disease`.
    pub(super) label: String,
    /// Whether it is about candidates, not about nodes of the asked type.
    pub(super) direct: bool,
    of: Of,
}

enum Of {
    /// Features of the nodes of the type at this place.
    Features { node_type: usize, similarities: Similarities },
    /// Edges between nodes of the type: those that are joined are alike, by the weight of the edge.
    Joined(Along),
    /// Neighbours in common.
    Shared { own: Along, profiles: Profiles },
}

/// The edges of a node type along a relation, from the end that it stands at.
#[derive(Clone, Copy)]
struct Along {
    /// Place of the relation in the graph.
    place: usize,
    /// Place of the type at the other end.
    other_type: usize,
    /// Whether the nodes of the type are the relation's targets.
    reversed: bool,
}

impl Along {
    fn new(place: usize, relation: &Relation, reversed: bool) -> Self {
        let other_type = if reversed { relation.source_type } else { relation.target_type };
        Self { place, other_type, reversed }
    }

    fn edges(self, graph: &EditedGraph<'_>) -> Arc<Csr> {
        let relation = &graph.original().relations()[self.place];
        if self.reversed { relation.backward.clone() } else { relation.forward.clone() }
    }

    fn label(self, view: &TrainView) -> String {
        let key = &view.graph().relations()[self.place].key;
        format!("{}{key}", if self.reversed { "^" } else { "" })
    }

    /// Calls `visit` with the neighbours of a node and the weights of its edges. A weight below 0 counts as no edge.
    fn each(self, graph: &EditedGraph<'_>, asked: Asked<'_>, mut visit: impl FnMut(u32, f32)) {
        match asked {
            Asked::Known(node) => {
                for (neighbor, weight) in graph.row(self.place, self.reversed, node).weighted() {
                    visit(neighbor, weight.max(0.0));
                }
            }
            Asked::New(node) => {
                for (neighbor, weight) in node.neighbors(self.place, self.reversed) {
                    visit(neighbor, weight);
                }
            }
        }
    }
}

/// Rows of edges as vectors of length 1, in which a neighbour weighs the more the fewer have it: the logarithm of one plus the
/// number of nodes with an edge over the number with this neighbour (inverse document frequency, Spärck Jones 1972).
struct Profiles {
    along: Along,
    /// Neighbours by nodes, with the entries of the vectors.
    turned: Csr,
    /// Weight of each neighbour, by how few have it.
    rarity: Vec<f32>,
}

impl Profiles {
    fn new(along: Along, graph: &EditedGraph<'_>) -> Self {
        let edges = along.edges(graph);
        let turned = edges.transpose();
        let nodes = (0..edges.rows()).filter(|&node| edges.degree(node) > 0).count() as f32;
        let rarity: Vec<f32> =
            (0..turned.rows()).map(|mark| (1.0 + nodes / turned.degree(mark).max(1) as f32).ln()).collect();
        let mut profiles = Self { along, turned, rarity };
        let mut values = Vec::with_capacity(edges.len());
        for node in 0..edges.rows() {
            values
                .extend(profiles.entries(along, graph, Asked::Known(node)).into_iter().map(|entry| entry.1));
        }
        let (offsets, indices) = (edges.offsets().to_vec(), edges.indices().to_vec());
        profiles.turned = Csr::from_sorted(edges.columns(), offsets, indices, Some(values)).transpose();
        profiles
    }

    /// The vector of a node, told by its neighbours.
    fn entries(&self, own: Along, graph: &EditedGraph<'_>, asked: Asked<'_>) -> Vec<(u32, f32)> {
        let mut entries = Vec::new();
        own.each(graph, asked, |mark, weight| {
            // Of a neighbour that the view does not have, nothing is known.
            if let Some(rarity) = self.rarity.get(mark as usize) {
                entries.push((mark, weight * rarity));
            }
        });
        let length = entries.iter().map(|(_, value)| value * value).sum::<f32>().sqrt();
        if length > 0.0 {
            for (_, value) in &mut entries {
                *value /= length;
            }
        }
        entries
    }

    /// The cosine of what is asked for, told by its neighbours, and each node.
    fn fill(&self, own: Along, graph: &EditedGraph<'_>, asked: Asked<'_>, out: &mut [f32]) {
        let entries = self.entries(own, graph, asked);
        for &(mark, value) in &entries {
            let theirs = &self.turned.weights().unwrap_or_default()[self.turned.range(mark)];
            for (&node, entry) in self.turned.neighbors(mark).iter().zip(theirs) {
                out[node as usize] += value * entry;
            }
        }
        let changed = graph.changed(self.along.place, self.along.reversed);
        if changed.is_empty() {
            return;
        }
        let values: HashMap<u32, f32> = entries.into_iter().collect();
        for node in changed {
            let theirs = self.entries(self.along, graph, Asked::Known(node));
            let products = theirs.iter().filter_map(|(mark, entry)| Some(values.get(mark)? * entry));
            out[node as usize] = products.sum();
        }
    }
}

impl Evidence {
    /// All that the graph of a view tells of its sources, or else of its targets: features; for each relation but those that
    /// the task covers, neighbours in common, and where it joins the type with itself, its edges; and neighbours in common
    /// with candidates, where both types have edges to a third.
    pub(super) fn all(view: &TrainView, of_sources: bool) -> Vec<Self> {
        let (target, graph, task) = (view.target(), view.graph(), view.task());
        let unedited = EditedGraph::new(graph);
        let (own_type, candidate_type) = if of_sources {
            (target.source_type, target.target_type)
        } else {
            (target.target_type, target.source_type)
        };
        let covered = |relation: &Relation| task.covers(&relation.key);
        let along = |node_type: usize| -> Vec<Along> {
            let mut all = Vec::new();
            for (place, relation) in graph.relations().iter().enumerate().filter(|(_, of)| !covered(of)) {
                if relation.source_type == node_type {
                    all.push(Along::new(place, relation, false));
                }
                if relation.target_type == node_type && !relation.is_symmetric() {
                    all.push(Along::new(place, relation, true));
                }
            }
            all
        };
        let table = &graph.node_tables()[own_type];
        let mut all = Vec::new();
        if let Some(features) = table.features.as_ref().filter(|features| features.dim > 0) {
            let similarities = Similarities::new(features, table.len() as u32);
            let of = Of::Features { node_type: own_type, similarities };
            all.push(Self { label: format!("{}.{}", table.node_type, features.name), direct: false, of });
        }
        let own = along(own_type);
        for &own in &own {
            let words = own.label(view);
            if own.other_type == own_type {
                all.push(Self { label: format!("edges of {words}"), direct: false, of: Of::Joined(own) });
            }
            let of = Of::Shared { own, profiles: Profiles::new(own, &unedited) };
            all.push(Self { label: format!("neighbours in common by {words}"), direct: false, of });
        }
        if own_type != candidate_type {
            for theirs in along(candidate_type) {
                let third = theirs.other_type;
                if third == own_type || third == candidate_type {
                    continue;
                }
                for &own in own.iter().filter(|own| own.other_type == third) {
                    let label =
                        format!("neighbours in common by {} and {}", own.label(view), theirs.label(view));
                    let of = Of::Shared { own, profiles: Profiles::new(theirs, &unedited) };
                    all.push(Self { label, direct: true, of });
                }
            }
        }
        all
    }

    /// Writes how like the asked node is to each node that this evidence is about: from 0, which is nothing.
    pub(super) fn fill(&self, graph: &EditedGraph<'_>, asked: Asked<'_>, out: &mut [f32]) {
        out.fill(0.0);
        match &self.of {
            Of::Features { node_type, similarities } => {
                let table = &graph.original().node_tables()[*node_type];
                match (&table.features, asked) {
                    (Some(features), Asked::Known(node)) => similarities.fill(features, node, out),
                    (Some(features), Asked::New(NewNode { features: Some(given), .. })) => {
                        similarities.fill_of(features, given, out);
                    }
                    _ => {}
                }
            }
            Of::Joined(own) => own.each(graph, asked, |node, weight| out[node as usize] += weight),
            Of::Shared { own, profiles } => profiles.fill(*own, graph, asked, out),
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
