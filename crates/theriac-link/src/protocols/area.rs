//! Disease areas: groups of diseases that training knows no drug for.

use rand::seq::SliceRandom;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use theriac_graph::{Csr, Graph, Relation, RelationKey};

use crate::error::LinkError;
use crate::guard::similarity;
use crate::pair::Pair;
use crate::split::{RemovedEdges, count};
use crate::stream::stream;
use crate::task::Task;

/// A group of targets, such as the diseases of one field of medicine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Area {
    /// Its name.
    pub name: String,
    /// Its targets.
    pub targets: Vec<u32>,
}

impl Area {
    /// A random share of the area's edges in relations beside the target and its siblings, as TxGNN (Huang et al. 2024)
    /// takes away: a disease without drugs is often one without much else.
    pub(super) fn removed_edges(
        &self,
        graph: &Graph,
        task: &Task,
        share: f64,
        seed: u64,
    ) -> Result<Vec<RemovedEdges>, LinkError> {
        if !(0.0..=1.0).contains(&share) {
            let problem = format!("a share of {share} of the other edges was to be removed; expected 0 to 1");
            return Err(LinkError::Protocol { protocol: "disease-area", problem });
        }
        if share == 0.0 {
            return Ok(Vec::new());
        }
        let node_type = graph.relation(task.target())?.target_type;
        let mut marks = vec![false; graph.node_tables()[node_type].ids.len()];
        for &target in &self.targets {
            marks[target as usize] = true;
        }
        let of = |relation: &Relation| {
            let touches = |&(source, target): &(u32, u32)| {
                // Of an undirected edge, which stands both ways round, the one that rises.
                let once = !relation.undirected || source <= target;
                let at_source = relation.source_type == node_type && marks[source as usize];
                once && (at_source || relation.target_type == node_type && marks[target as usize])
            };
            let mut edges: Vec<Pair> =
                relation.forward.pairs().filter(touches).map(|(s, t)| Pair::new(s, t)).collect();
            edges.shuffle(&mut stream(seed, &format!("removed edges of {}", relation.key), &[]));
            edges.truncate(count(share, edges.len()));
            edges.sort_unstable();
            RemovedEdges { relation: relation.key.clone(), edges }
        };
        let others = graph.relations().iter().filter(|relation| !task.covers(&relation.key));
        Ok(others.map(of).filter(|removed| !removed.edges.is_empty()).collect())
    }
}

/// Divides the targets that have edges into areas of similar ones, each around a medoid: the first is the target with the
/// most edges, each next the one that is least like those before (farthest-first traversal, Gonzalez 1985), and every target
/// joins the medoid that it is most like.
///
/// Similar are targets with like features; with `by`, a relation between targets and other nodes or among targets (an
/// ontology's `is_a`), those with like neighbours and ancestors (Jaccard similarity). Deterministic.
///
/// # Errors
///
/// When neither features nor a relation are there to compare targets by, or there are fewer targets than areas.
pub fn similar_areas(
    graph: &Graph,
    task: &Task,
    areas: u32,
    by: Option<&RelationKey>,
) -> Result<Vec<Area>, LinkError> {
    let refused = |problem: String| LinkError::Protocol { protocol: "disease-area", problem };
    let relation = graph.relation(task.target())?;
    let table = &graph.node_tables()[relation.target_type];
    let targets: Vec<u32> =
        (0..relation.backward.rows()).filter(|&target| relation.backward.degree(target) > 0).collect();
    if areas < 2 || areas as usize > targets.len() {
        let with_edges = targets.len();
        return Err(refused(format!(
            "{areas} areas of {with_edges} {} nodes with edges were asked for; expected from 2 to one for each",
            table.node_type
        )));
    }
    let alike: Box<dyn Fn(u32, u32) -> f64 + Sync> = match (by, &table.features) {
        (Some(key), _) => {
            let sets = neighbour_sets(graph.relation(key)?, relation.target_type, task)?;
            Box::new(move |a, b| jaccard(&sets[a as usize], &sets[b as usize]))
        }
        (None, Some(features)) => Box::new(move |a, b| similarity(features, a, b)),
        (None, None) => {
            return Err(refused(format!(
                "{} nodes have no features to compare them by; give a relation of theirs, or a list of nodes",
                table.node_type
            )));
        }
    };
    let first =
        targets.iter().copied().max_by_key(|&target| (relation.backward.degree(target), u32::MAX - target));
    let mut medoids: Vec<u32> = first.into_iter().collect();
    // The medoid that each target is most like, and how much.
    let mut nearest: Vec<(f64, usize)> = vec![(f64::NEG_INFINITY, 0); targets.len()];
    loop {
        let (place, medoid) = (medoids.len() - 1, medoids[medoids.len() - 1]);
        nearest.par_iter_mut().zip(&targets).for_each(|(nearest, &target)| {
            let found = if target == medoid { f64::INFINITY } else { alike(target, medoid) };
            if found > nearest.0 {
                *nearest = (found, place);
            }
        });
        if medoids.len() == areas as usize {
            break;
        }
        let least = (0..targets.len()).filter(|&at| !medoids.contains(&targets[at])).min_by(|&a, &b| {
            let order = nearest[a].0.total_cmp(&nearest[b].0);
            order.then(relation.backward.degree(targets[b]).cmp(&relation.backward.degree(targets[a])))
        });
        medoids.extend(least.map(|at| targets[at]));
    }
    let area = |(place, &medoid): (usize, &u32)| {
        let own = targets.iter().zip(&nearest).filter(|(_, nearest)| nearest.1 == place);
        let targets = own.map(|(&target, _)| target).collect();
        Area { name: format!("around {}", table.names[medoid as usize]), targets }
    };
    Ok(medoids.iter().enumerate().map(area).collect())
}

/// What each node of the type is joined with by the relation; where it joins the type with itself and is directed, the
/// node with all that can be reached from it, as a term with its ancestors.
fn neighbour_sets(relation: &Relation, node_type: usize, task: &Task) -> Result<Vec<Vec<u32>>, LinkError> {
    let refused = |problem: String| LinkError::Protocol { protocol: "disease-area", problem };
    if task.covers(&relation.key) {
        return Err(refused(format!("areas by {} would be made of what is held out", relation.key)));
    }
    let rows = |edges: &Csr| (0..edges.rows()).map(|node| edges.neighbors(node).to_vec()).collect();
    match (relation.source_type == node_type, relation.target_type == node_type) {
        (true, true) if !relation.is_symmetric() => {
            Ok((0..relation.forward.rows()).map(|node| reachable(&relation.forward, node)).collect())
        }
        (true, _) => Ok(rows(&relation.forward)),
        (false, true) => Ok(rows(&relation.backward)),
        (false, false) => {
            Err(refused(format!("{} joins other nodes than {}", relation.key, task.target().target)))
        }
    }
}

fn reachable(edges: &Csr, from: u32) -> Vec<u32> {
    let mut found = vec![from];
    let mut next = 0;
    while next < found.len() {
        for &node in edges.neighbors(found[next]) {
            if !found.contains(&node) {
                found.push(node);
            }
        }
        next += 1;
    }
    found.sort_unstable();
    found
}

/// Jaccard similarity of two sorted sets; 0 of two empty ones.
fn jaccard(a: &[u32], b: &[u32]) -> f64 {
    let shared = a.iter().filter(|node| b.binary_search(node).is_ok()).count();
    let union = a.len() + b.len() - shared;
    if union == 0 { 0.0 } else { shared as f64 / union as f64 }
}

#[cfg(test)]
mod tests {
    use theriac_graph::{DuplicatePolicy, EdgeList, FeatureMatrix, GraphBuilder, NodeTable, Provenance};

    use super::*;

    /// Diseases 0 to 2 and 3 to 5 share a gene each and are alike; 6 has no drug.
    fn graph(features: bool) -> (Graph, Task) {
        let ids: Vec<String> = (0..7).map(|i| i.to_string()).collect();
        let mut builder = GraphBuilder::new(Provenance::default());
        let mut diseases = NodeTable::new("disease", ids.clone(), ids.clone());
        if features {
            let alike = |i: usize| if i % 7 / 3 == i / 7 / 3 { 0.9 } else { 0.1 };
            let values = (0..49).map(alike).collect();
            diseases.features = Some(FeatureMatrix { name: "similarity".into(), dim: 7, values });
        }
        builder.add_nodes(NodeTable::new("drug", ids.clone(), ids.clone())).unwrap();
        builder.add_nodes(diseases).unwrap();
        builder.add_nodes(NodeTable::new("gene", ids.clone(), ids)).unwrap();
        let list = |edges: &[(u32, u32)]| {
            let (sources, targets) = edges.iter().copied().unzip();
            EdgeList { sources, targets, ..EdgeList::default() }
        };
        let treats: RelationKey = "drug:treats:disease".parse().unwrap();
        for (key, edges) in [
            (treats.clone(), list(&[(0, 0), (1, 0), (1, 1), (2, 2), (3, 3), (4, 4), (5, 5)])),
            ("gene:marks:disease".parse().unwrap(), list(&[(0, 0), (0, 1), (0, 2), (1, 3), (1, 4), (1, 5)])),
        ] {
            builder.add_relation(key, edges, DuplicatePolicy::Reject).unwrap();
        }
        let graph = builder.build().unwrap();
        let task = Task::new(&graph, treats, Vec::new()).unwrap();
        (graph, task)
    }

    #[test]
    fn targets_that_are_alike_are_one_area() {
        let genes: RelationKey = "gene:marks:disease".parse().unwrap();
        for (features, by) in [(true, None), (false, Some(&genes))] {
            let (graph, task) = graph(features);
            let areas = similar_areas(&graph, &task, 2, by).unwrap();
            let of: Vec<&[u32]> = areas.iter().map(|area| area.targets.as_slice()).collect();
            assert_eq!(of, [&[0, 1, 2][..], &[3, 4, 5]]);
            assert_eq!(areas[0].name, "around 0");
        }
    }

    #[test]
    fn what_cannot_be_compared_is_refused() {
        let (graph, task) = graph(false);
        let problem = |areas, by| similar_areas(&graph, &task, areas, by).unwrap_err().to_string();
        assert!(problem(2, None).contains("disease nodes have no features to compare them by"));
        assert!(problem(9, None).contains("9 areas of 6 disease nodes with edges"));
        assert!(problem(2, Some(task.target())).contains("would be made of what is held out"));
    }

    #[test]
    fn a_share_of_the_other_edges_is_removed() {
        let (graph, task) = graph(false);
        let area = Area { name: "one".into(), targets: vec![0, 1] };
        let all = area.removed_edges(&graph, &task, 1.0, 3).unwrap();
        assert_eq!(all[0].edges, [Pair::new(0, 0), Pair::new(0, 1)]);
        assert_eq!(area.removed_edges(&graph, &task, 0.5, 3).unwrap()[0].edges.len(), 1);
        assert!(area.removed_edges(&graph, &task, 0.0, 3).unwrap().is_empty());
        assert!(area.removed_edges(&graph, &task, 1.5, 3).is_err());
    }
}
