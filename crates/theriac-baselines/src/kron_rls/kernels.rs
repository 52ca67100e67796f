//! How alike the nodes of one side of a view are: by their train links, and by what else the graph says of them.

use std::cmp::Reverse;

use faer::Mat;
use rayon::prelude::*;
use theriac_graph::Csr;
use theriac_link::{Stream, TrainView};

use crate::kronecker_ridge::Spectrum;
use crate::low_rank::leading_eigen;
use crate::neighbours::{fill_cosines, nearest};
use crate::similarity::Similarities;

/// The most nodes of a side that take part: 256 MiB to a kernel.
const MOST_NODES: usize = 8192;
/// Nodes with links that a node without links takes its profile from.
const KNOWN_NEIGHBOURS: usize = 10;
/// Width of the Gaussian kernel, in mean squared lengths of a profile.
const WIDTH: f32 = 2.0;
/// How much less the next of them counts than the one before.
const DECAY: f32 = 0.8;

/// Kernels over the nodes of one side.
pub(super) struct Kernels {
    /// Nodes of the side.
    all: usize,
    /// Those that take part, rising: all, or the [`MOST_NODES`] with the most train links. `[n]`.
    nodes: Vec<u32>,
    /// The Gaussian kernel of their interaction profiles: `[n, n]`.
    profiles: Vec<f32>,
    /// The mean of what else says how alike they are, `[n, n]`; `None` where nothing does.
    similarities: Option<Vec<f32>>,
}

impl Kernels {
    /// The kernels of the view's source or target nodes.
    pub(super) fn new(view: &TrainView, of_targets: bool) -> Self {
        let target = view.target();
        let (place, links) = if of_targets {
            (target.target_type, &target.backward)
        } else {
            (target.source_type, &target.forward)
        };
        let nodes = participants(links);
        let similarities = mean_similarity(view, place, &nodes);
        let profiles = gaussian(&interaction_profiles(links, &nodes, similarities.as_deref()));
        Self { all: links.rows() as usize, nodes, profiles, similarities }
    }

    /// Whether there is anything besides train links that says how alike nodes are.
    pub(super) fn has_similarities(&self) -> bool {
        self.similarities.is_some()
    }

    /// The kernel in which train links have this share and what else is known the rest.
    pub(super) fn spectrum(&self, share: f32, draws: &mut Stream) -> Spectrum {
        let n = self.nodes.len();
        let mixed: Vec<f32> = match &self.similarities {
            Some(similarities) => self
                .profiles
                .par_iter()
                .zip(similarities)
                .map(|(profiles, similarities)| share * profiles + (1.0 - share) * similarities)
                .collect(),
            None => self.profiles.clone(),
        };
        let (of_nodes, values) = leading_eigen(&mixed, n, draws);
        let mut vectors = Mat::zeros(self.all, values.len());
        for (row, &node) in self.nodes.iter().enumerate() {
            vectors.row_mut(node as usize).copy_from(of_nodes.row(row));
        }
        Spectrum { vectors, values }
    }
}

/// All nodes, or those with the most links of many.
fn participants(links: &Csr) -> Vec<u32> {
    let mut nodes: Vec<u32> = (0..links.rows()).collect();
    if nodes.len() > MOST_NODES {
        nodes.sort_unstable_by_key(|&node| (Reverse(links.degree(node)), node));
        nodes.truncate(MOST_NODES);
        nodes.sort_unstable();
    }
    nodes
}

/// Writes how alike a node is to each.
type Fill<'a> = Box<dyn Fn(u32, &mut [f32]) + Sync + 'a>;

/// The mean of the given similarities, or cosines of features, and of the cosines of neighbour sets in each relation of the
/// node type but those that the task covers, none above 1 or below -1; a node is its own neighbour in a relation within the type. `[n, n]`.
fn mean_similarity(view: &TrainView, place: usize, nodes: &[u32]) -> Option<Vec<f32>> {
    let table = &view.graph().node_tables()[place];
    let ends = neighbour_sets(view, place);
    let mut fills: Vec<Fill<'_>> = Vec::new();
    if let Some(features) = table.features.as_ref().filter(|features| features.dim > 0) {
        let similarities = Similarities::new(features, table.len() as u32);
        fills.push(Box::new(move |node, out| similarities.fill(features, node, out)));
    }
    for (edges, backward) in &ends {
        fills.push(Box::new(|node, out| fill_cosines(edges, backward, node, out)));
    }
    if fills.is_empty() {
        return None;
    }
    let n = nodes.len();
    let mut sums = vec![0.0f32; n * n];
    sums.par_chunks_exact_mut(n).enumerate().for_each_init(
        || vec![0.0f32; table.len()],
        |row, (place, sums)| {
            for fill in &fills {
                fill(nodes[place], row);
                for (sum, &other) in sums.iter_mut().zip(nodes) {
                    // What comes with a graph may be on any scale; a kernel has ones on its diagonal.
                    *sum += row[other as usize].clamp(-1.0, 1.0) / fills.len() as f32;
                }
            }
            // Each is as like itself as can be.
            sums[place] = 1.0;
        },
    );
    Some(sums)
}

/// The neighbours of each node of a type and the reverse, relation by relation and from either end where the ends differ.
fn neighbour_sets(view: &TrainView, place: usize) -> Vec<(Csr, Csr)> {
    let task = view.task();
    let mut sets = Vec::new();
    let mut push = |edges: &Csr, backward: &Csr, within: bool| {
        if within {
            let own = edges.pairs().chain((0..edges.rows()).map(|node| (node, node)));
            let (row, column): (Vec<u32>, Vec<u32>) = own.unzip();
            let closed = Csr::from_pairs(edges.rows(), edges.columns(), &row, &column, None);
            sets.push((closed.clone(), closed.transpose()));
        } else {
            sets.push((edges.clone(), backward.clone()));
        }
    };
    for relation in view.graph().relations() {
        if task.covers(&relation.key) || relation.is_empty() {
            continue;
        }
        let within = relation.source_type == relation.target_type;
        if relation.source_type == place {
            push(&relation.forward, &relation.backward, within);
        }
        if relation.target_type == place && !relation.is_symmetric() {
            push(&relation.backward, &relation.forward, within);
        }
    }
    sets
}

/// The train links of each node, each of weight 1. A node without links takes those of the nodes with links that are most like
/// it, weighted by their similarities and falling by [`DECAY`] from one to the next. `[n, n_others]`.
fn interaction_profiles(links: &Csr, nodes: &[u32], similarities: Option<&[f32]>) -> Csr {
    let n = nodes.len();
    let known: Vec<bool> = nodes.iter().map(|&node| links.degree(node) > 0).collect();
    let profile = |(place, &node): (usize, &u32)| -> Vec<(u32, f32)> {
        if known[place] {
            return links.neighbors(node).iter().map(|&other| (other, 1.0)).collect();
        }
        let Some(similarities) = similarities else { return Vec::new() };
        let row = &similarities[place * n..][..n];
        let of_known: Vec<f32> =
            row.iter().zip(&known).map(|(&value, &known)| if known { value } else { 0.0 }).collect();
        let voters = nearest(Some(place as u32), &of_known, KNOWN_NEIGHBOURS);
        let total: f32 = voters.iter().map(|(_, similarity)| similarity).sum();
        let mut said: Vec<(u32, f32)> = Vec::new();
        let mut decay = 1.0;
        for (voter, similarity) in voters {
            let weight = decay * similarity / total;
            said.extend(links.neighbors(nodes[voter as usize]).iter().map(|&other| (other, weight)));
            decay *= DECAY;
        }
        said.sort_by_key(|&(other, _)| other);
        said.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 += next.1;
            }
            same
        });
        said
    };
    let rows: Vec<Vec<(u32, f32)>> = nodes.par_iter().enumerate().map(profile).collect();
    let mut offsets = vec![0];
    let (mut indices, mut weights) = (Vec::new(), Vec::new());
    for row in rows {
        indices.extend(row.iter().map(|&(other, _)| other));
        weights.extend(row.iter().map(|&(_, weight)| weight));
        offsets.push(indices.len() as u32);
    }
    Csr::from_sorted(links.columns(), offsets, indices, Some(weights))
}

/// `exp(-|a - b|² / 2m)` of each two profiles, where `m` is the mean of their squared lengths: `[n, n]`.
fn gaussian(profiles: &Csr) -> Vec<f32> {
    let (n, turned) = (profiles.rows() as usize, profiles.transpose());
    let entries = |edges: &'_ Csr, row: u32| -> Vec<(u32, f32)> {
        let weights = edges.weights().unwrap_or_default();
        edges.neighbors(row).iter().copied().zip(weights[edges.range(row)].iter().copied()).collect()
    };
    let lengths: Vec<f32> = (0..profiles.rows())
        .map(|row| entries(profiles, row).iter().map(|(_, weight)| weight * weight).sum())
        .collect();
    // Without a link all profiles are alike.
    let mean = (lengths.iter().sum::<f32>() / n as f32).max(f32::MIN_POSITIVE);
    let columns: Vec<Vec<(u32, f32)>> = (0..turned.rows()).map(|column| entries(&turned, column)).collect();
    let mut kernel = vec![0.0f32; n * n];
    kernel.par_chunks_exact_mut(n.max(1)).enumerate().for_each(|(row, out)| {
        for (column, weight) in entries(profiles, row as u32) {
            for &(other, value) in &columns[column as usize] {
                out[other as usize] += weight * value;
            }
        }
        for (value, length) in out.iter_mut().zip(&lengths) {
            let distance = (lengths[row] + length - 2.0 * *value).max(0.0);
            *value = (-distance / (WIDTH * mean)).exp();
        }
    });
    kernel
}

#[cfg(test)]
mod tests {
    use theriac_graph::{
        DuplicatePolicy, EdgeList, FeatureMatrix, GraphBuilder, NodeTable, Provenance, RelationKey,
    };
    use theriac_link::conformance::{example_graph, example_task};
    use theriac_link::{Split, Task, stream};

    use super::*;

    fn view(valid: f64, test: f64) -> TrainView {
        let graph = example_graph();
        let split = Split::random(&graph, &example_task(&graph).unwrap(), valid, test, 1).unwrap();
        TrainView::new(&graph, &split).unwrap()
    }

    #[test]
    fn the_gaussian_kernel_by_hand() {
        // Profiles (1, 1, 0), (0, 1, 0) and (0, 0, 0.5); their squared lengths have a mean of 13/12.
        let profiles = Csr::from_pairs(3, 3, &[0, 0, 1, 2], &[0, 1, 1, 2], Some(&[1.0, 1.0, 1.0, 0.5]));
        let kernel = gaussian(&profiles);
        let expected = |distance: f32| (-distance * 6.0 / 13.0).exp();
        for (place, distance) in [(0, 0.0), (1, 1.0), (2, 2.25), (3, 1.0), (5, 1.25), (8, 0.0)] {
            assert!((kernel[place] - expected(distance)).abs() < 1e-6, "{place}: {}", kernel[place]);
        }
    }

    #[test]
    fn a_node_without_links_has_the_profile_of_those_like_it() {
        let links = Csr::from_pairs(3, 4, &[0, 0, 1, 1], &[0, 1, 1, 3], None);
        let similarities = [1.0, 0.0, 0.6, 0.0, 1.0, 0.2, 0.6, 0.2, 1.0];
        let profiles = interaction_profiles(&links, &[0, 1, 2], Some(&similarities));
        assert_eq!(profiles.neighbors(0), [0, 1]);
        assert_eq!(profiles.neighbors(2), [0, 1, 3]);
        let weights = &profiles.weights().unwrap()[profiles.range(2)];
        for (found, expected) in weights.iter().zip([0.75, 0.75 + 0.8 * 0.25, 0.8 * 0.25]) {
            assert!((found - expected).abs() < 1e-6, "{weights:?}");
        }
        assert_eq!(interaction_profiles(&links, &[0, 1, 2], None).degree(2), 0);
    }

    #[test]
    fn no_relation_that_the_task_covers_makes_nodes_alike() {
        let view = view(0.1, 0.2);
        let relation = |key: &str| view.graph().resolve_relation(key).unwrap();
        let (targets, associates) =
            (relation("drug:targets:protein"), relation("protein:associates:disease"));
        let target = view.target();
        let sets = [target.source_type, target.target_type].map(|place| neighbour_sets(&view, place));
        assert_eq!(sets[0], [(targets.forward.as_ref().clone(), targets.backward.as_ref().clone())]);
        assert_eq!(sets[1], [(associates.backward.as_ref().clone(), associates.forward.as_ref().clone())]);
    }

    #[test]
    fn similarities_on_any_scale_give_directions() {
        let nodes = 800;
        let ids: Vec<String> = (0..nodes).map(|node| format!("d{node}")).collect();
        let mut drugs = NodeTable::new("drug", ids.clone(), ids);
        let values = vec![3e38; nodes * nodes];
        drugs.features = Some(FeatureMatrix { name: "similarity".into(), dim: nodes, values });
        let mut builder = GraphBuilder::new(Provenance::default());
        builder.add_nodes(drugs).unwrap();
        builder.add_nodes(NodeTable::new("disease", vec!["x".into()], vec!["x".into()])).unwrap();
        let edges = EdgeList { sources: (0..40).collect(), targets: vec![0; 40], ..EdgeList::default() };
        let key = RelationKey::new("drug", "treats", "disease");
        builder.add_relation(key.clone(), edges, DuplicatePolicy::Reject).unwrap();
        let graph = builder.build().unwrap();
        let task = Task::with_every_sibling(&graph, key).unwrap();
        let view = TrainView::new(&graph, &Split::random(&graph, &task, 0.0, 0.1, 1).unwrap()).unwrap();
        let spectrum = Kernels::new(&view, false).spectrum(0.5, &mut stream(0, "test", &[]));
        assert!(!spectrum.values.is_empty() && spectrum.values.iter().all(|value| value.is_finite()));
    }

    #[test]
    fn kernels_are_symmetric_with_ones_on_the_diagonal() {
        for of_targets in [false, true] {
            let kernels = Kernels::new(&view(0.1, 0.2), of_targets);
            let n = kernels.nodes.len();
            assert_eq!(n, if of_targets { 18 } else { 24 });
            for kernel in [&kernels.profiles, kernels.similarities.as_ref().unwrap()] {
                for (row, column) in (0..n).flat_map(|row| (0..n).map(move |column| (row, column))) {
                    let value = kernel[row * n + column];
                    assert!((value - kernel[column * n + row]).abs() < 1e-6);
                    assert!(if row == column { value == 1.0 } else { (-1.0..=1.0).contains(&value) });
                }
            }
        }
    }

    #[test]
    fn of_too_many_nodes_those_with_the_most_links_take_part() {
        let nodes = MOST_NODES as u32 + 3;
        let linked: Vec<u32> = (1..nodes - 1).collect();
        let links = Csr::from_pairs(nodes, 1, &linked, &vec![0; linked.len()], None);
        assert_eq!(participants(&links), (1..=MOST_NODES as u32).collect::<Vec<u32>>());
    }
}
