//! The leak guard's checks: what a view must not give away beside the edges that are taken out of it.
//!
//! Held-out pairs are taken out of the target and of every declared sibling by construction. What construction cannot do is
//! checked here: a relation that was not declared, and node features that were made from all edges before the graph was
//! split.

use rand::RngExt;
use rayon::prelude::*;
use theriac_graph::{Csr, FeatureMatrix, Graph, NodeTable, Relation};

use crate::error::LinkError;
use crate::metrics::auroc;
use crate::pair::Pair;
use crate::split::{Split, csr};
use crate::stream::{Stream, stream};
use crate::task::{Task, feature_name, joins_same_types};

/// Pairs of nodes on which a feature is compared with the target's edges.
const SAMPLE: usize = 10_000;
/// A similarity that correlates this well with one computed from all edges of the target was computed from them.
const ECHO: f64 = 0.95;
/// Embeddings of both ends that tell held-out edges from others this well were fitted to them.
const GIVEN_AWAY: f64 = 0.97;

/// Checks that what is left in the view of `split` does not give held-out pairs away.
///
/// # Errors
///
/// [`LinkError::Leak`], naming the relation or the feature.
pub(crate) fn check(graph: &Graph, target: &Relation, split: &Split) -> Result<(), LinkError> {
    let held_out = [split.valid.as_slice(), &split.test, &split.external].concat();
    if held_out.is_empty() {
        return Ok(());
    }
    undeclared(graph, target, &split.task, &csr(target, &held_out))?;
    let ends = [(target.source_type, &target.forward), (target.target_type, &target.backward)];
    let features = ends.map(|(node_type, edges)| {
        let table = &graph.node_tables()[node_type];
        let features = table.features.as_ref()?;
        let name = feature_name(&table.node_type, &features.name);
        (!split.task.kept().contains(&name)).then_some((table, features, edges))
    });
    for (table, features, edges) in features.into_iter().flatten() {
        echoes(table, features, edges, split)?;
    }
    if let [Some((source, of_sources, _)), Some((end, of_targets, _))] = features {
        embedded((source, of_sources), (end, of_targets), target, split, &held_out)?;
    }
    Ok(())
}

/// No relation between the target's types that was not declared a sibling may hold a held-out pair.
fn undeclared(graph: &Graph, target: &Relation, task: &Task, held_out: &Csr) -> Result<(), LinkError> {
    for relation in graph.relations() {
        let kept = task.kept().contains(&relation.key.to_string());
        if task.covers(&relation.key) || kept || !joins_same_types(relation, target) {
            continue;
        }
        let one_type = task.joins_one_type();
        let reversed = relation.source_type != target.source_type;
        let is_held_out = |&(source, target): &(u32, u32)| {
            let (source, target) = if reversed { (target, source) } else { (source, target) };
            held_out.contains(source, target) || one_type && held_out.contains(target, source)
        };
        let found = relation.forward.pairs().filter(is_held_out).count();
        if found > 0 {
            let all = held_out.len();
            return Err(leak(
                task,
                relation.key.to_string(),
                format!("it holds {found} of {all} held-out pairs"),
            ));
        }
    }
    Ok(())
}

fn leak(task: &Task, culprit: String, evidence: String) -> LinkError {
    let remedy =
        format!("drop it, declare it a sibling of the target, or decide that it stays: keep {culprit}");
    LinkError::Leak { target: Box::new(task.target().clone()), culprit, evidence, remedy }
}

/// A similarity of nodes must not be one of their target edges, held-out ones included.
fn echoes(table: &NodeTable, features: &FeatureMatrix, edges: &Csr, split: &Split) -> Result<(), LinkError> {
    let mut draws = stream(0, "leak guard", &[]);
    let pairs = node_pairs(edges, &mut draws);
    let given: Vec<f64> = pairs.par_iter().map(|&(a, b)| similarity(features, a, b)).collect();
    let mean_degree = edges.len() as f64 / f64::from(edges.rows().max(1));
    let profiles: Vec<[f64; 4]> =
        pairs.par_iter().map(|&(a, b)| profile_similarities(edges, a, b, mean_degree)).collect();
    let measures = ["Jaccard similarity", "cosine similarity", "number", "Gaussian profile kernel"];
    let correlations = measures.into_iter().enumerate().map(|(of, measure)| {
        let profile: Vec<f64> = profiles.iter().map(|all| all[of]).collect();
        (correlation(&given, &profile), measure)
    });
    let best = correlations.max_by(|one, other| one.0.total_cmp(&other.0));
    if let Some((correlation, measure)) = best.filter(|best| best.0 >= ECHO) {
        let evidence = format!(
            "it correlates by {correlation:.2} with the {measure} of shared edges, held-out ones included, so that it \
             seems to be computed from them",
        );
        return Err(leak(&split.task, feature_name(&table.node_type, &features.name), evidence));
    }
    Ok(())
}

/// Different nodes, in halves: drawn at random, and drawn among those that share a neighbour.
fn node_pairs(edges: &Csr, draws: &mut Stream) -> Vec<(u32, u32)> {
    let nodes = edges.rows();
    if nodes < 2 || edges.is_empty() {
        return Vec::new();
    }
    let backward = edges.transpose();
    let mut pairs = Vec::with_capacity(SAMPLE);
    for place in 0..SAMPLE {
        let a = draws.random_range(0..nodes);
        let b = if place % 2 == 0 || edges.degree(a) == 0 {
            draws.random_range(0..nodes)
        } else {
            let shared = edges.neighbors(a)[draws.random_range(0..edges.degree(a)) as usize];
            backward.neighbors(shared)[draws.random_range(0..backward.degree(shared)) as usize]
        };
        if a != b {
            pairs.push((a, b));
        }
    }
    pairs
}

/// The entry of a similarity matrix, or the cosine of two rows of any other.
pub(crate) fn similarity(features: &FeatureMatrix, a: u32, b: u32) -> f64 {
    let row = |node: u32| &features.values[node as usize * features.dim..][..features.dim];
    if features.values.len() == features.dim * features.dim {
        return f64::from(row(a)[b as usize]);
    }
    cosine(row(a), row(b))
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let norms = (dot(a, a) * dot(b, b)).sqrt();
    if norms > 0.0 { dot(a, b) / norms } else { 0.0 }
}

/// Jaccard, cosine, number shared, and Gaussian kernel (van Laarhoven et al. 2011) of two nodes' neighbours.
fn profile_similarities(edges: &Csr, a: u32, b: u32, mean_degree: f64) -> [f64; 4] {
    let (few, many) = if edges.degree(a) < edges.degree(b) { (a, b) } else { (b, a) };
    let shared = edges.neighbors(few).iter().filter(|&&node| edges.contains(many, node)).count() as f64;
    let (a, b) = (f64::from(edges.degree(a)), f64::from(edges.degree(b)));
    let union = a + b - shared;
    let jaccard = if union > 0.0 { shared / union } else { 0.0 };
    let cosine = if a * b > 0.0 { shared / (a * b).sqrt() } else { 0.0 };
    [jaccard, cosine, shared, (-(a + b - 2.0 * shared) / mean_degree).exp()]
}

/// Pearson's correlation; 0 where either is constant.
fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len() as f64;
    let (mean_a, mean_b) = (a.iter().sum::<f64>() / n, b.iter().sum::<f64>() / n);
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        let (a, b) = (a - mean_a, b - mean_b);
        ab += a * b;
        aa += a * a;
        bb += b * b;
    }
    if aa * bb > 0.0 { ab / (aa * bb).sqrt() } else { 0.0 }
}

/// Features of both ends with one dimension may be an embedding of the graph: their dot product must not know held-out
/// edges. Each is compared with the pair of the same target and the source of a random edge, so that popularity tells
/// nothing.
fn embedded(
    (sources, of_sources): (&NodeTable, &FeatureMatrix),
    (targets, of_targets): (&NodeTable, &FeatureMatrix),
    target: &Relation,
    split: &Split,
    held_out: &[Pair],
) -> Result<(), LinkError> {
    let square = |features: &FeatureMatrix| features.values.len() == features.dim * features.dim;
    if of_sources.dim != of_targets.dim || square(of_sources) && square(of_targets) {
        return Ok(());
    }
    let edges = target.forward.row_indices();
    let mut draws = stream(0, "leak guard of embeddings", &[]);
    let mut pairs = Vec::new();
    for _ in 0..SAMPLE {
        let held = held_out[draws.random_range(0..held_out.len())];
        let source = edges[draws.random_range(0..edges.len())];
        if !target.forward.contains(source, held.target) {
            pairs.push((held, Pair::new(source, held.target)));
        }
    }
    if pairs.is_empty() {
        return Ok(());
    }
    let row = |features: &FeatureMatrix, node: u32| {
        node as usize * features.dim..(node as usize + 1) * features.dim
    };
    let product = |pair: &Pair| {
        let (source, end) = (row(of_sources, pair.source), row(of_targets, pair.target));
        dot(&of_sources.values[source], &of_targets.values[end]) as f32
    };
    let scores: Vec<f32> = pairs
        .iter()
        .map(|(held, _)| product(held))
        .chain(pairs.iter().map(|(_, other)| product(other)))
        .collect();
    let labels: Vec<bool> = (0..scores.len()).map(|place| place < pairs.len()).collect();
    match auroc(&scores, &labels)? {
        Some(found) if found >= GIVEN_AWAY => {
            let evidence = format!(
                "its dot product with {} tells held-out edges from pairs as popular with an AUROC of {found:.3}, so \
                 that both seem to be embeddings of the whole graph",
                feature_name(&targets.node_type, &of_targets.name)
            );
            Err(leak(&split.task, feature_name(&sources.node_type, &of_sources.name), evidence))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use theriac_graph::{DuplicatePolicy, EdgeList, GraphBuilder, Provenance, RelationKey};

    use super::*;
    use crate::candidates::CandidateRule;
    use crate::view::TrainView;

    const DRUGS: u32 = 40;
    const DISEASES: u32 = 40;

    /// Blocks of two drugs and two diseases with all edges between, so that nothing outside a block tells of it.
    fn blocks() -> Vec<(u32, u32)> {
        (0..DRUGS).flat_map(|drug| [(drug, drug / 2 * 2), (drug, drug / 2 * 2 + 1)]).collect()
    }

    /// A graph of the blocks, with other relations and features as the test plants them.
    fn graph(
        others: &[(&str, Vec<(u32, u32)>)],
        features: [Option<FeatureMatrix>; 2],
        edges: &[(u32, u32)],
    ) -> (Graph, Task) {
        let mut builder = GraphBuilder::new(Provenance::default());
        for ((node_type, nodes), features) in
            [("drug", DRUGS), ("disease", DISEASES)].into_iter().zip(features)
        {
            let ids: Vec<String> = (0..nodes).map(|i| i.to_string()).collect();
            let mut table = NodeTable::new(node_type, ids.clone(), ids);
            table.features = features;
            builder.add_nodes(table).unwrap();
        }
        let target = RelationKey::new("drug", "treats", "disease");
        let all = others.iter().map(|(key, edges)| (key.parse().unwrap(), edges.as_slice()));
        for (key, edges) in [(target.clone(), edges)].into_iter().chain(all) {
            let (sources, targets) = edges.iter().copied().unzip();
            let list = EdgeList { sources, targets, ..EdgeList::default() };
            builder.add_relation(key, list, DuplicatePolicy::Reject).unwrap();
        }
        let graph = builder.build().unwrap();
        let task = Task::new(&graph, target, Vec::new()).unwrap();
        (graph, task)
    }

    /// Random edges with hubs, about 500.
    fn random_edges() -> Vec<(u32, u32)> {
        let mut draws = stream(4, "guard test", &[]);
        let all = (0..DRUGS).flat_map(|s| (0..DISEASES).map(move |t| (s, t)));
        all.filter(|(s, t)| draws.random_bool((12.0 / f64::from(4 + s + t)).min(0.95))).collect()
    }

    fn error(graph: &Graph, task: &Task) -> String {
        let split = Split::random(graph, task, 0.1, 0.2, 3).unwrap();
        TrainView::new(graph, &split).map(drop).unwrap_err().to_string()
    }

    #[test]
    fn a_reverse_or_sibling_that_was_not_declared_is_named() {
        let edges = blocks();
        let reversed: Vec<(u32, u32)> = edges.iter().map(|&(s, t)| (t, s)).collect();
        for (key, planted) in
            [("disease:treated_by:drug", reversed), ("drug:indicated:disease", edges.clone())]
        {
            let (graph, task) = graph(&[(key, planted)], [None, None], &edges);
            let message = error(&graph, &task);
            assert!(
                message.starts_with(&format!(
                    "{key} gives held-out edges of drug:treats:disease away: it holds 24 of 24"
                )),
                "{message}"
            );
            let declared = Task::with_every_sibling(&graph, task.target().clone()).unwrap();
            let split = Split::random(&graph, &declared, 0.1, 0.2, 3).unwrap();
            TrainView::new(&graph, &split).unwrap();
            let kept = task.keeping(&graph, &[key.into()]).unwrap();
            let split = Split::random(&graph, &kept, 0.1, 0.2, 3).unwrap();
            TrainView::new(&graph, &split).unwrap();
            assert_eq!(split.task.kept(), [key]);
        }
    }

    /// Paths of length three from a drug to a disease along the view's target edges (Kovács et al. 2019, unnormalised).
    fn l3(view: &TrainView, pair: Pair) -> f32 {
        let (forward, backward) = (&view.target().forward, &view.target().backward);
        let others = backward.neighbors(pair.target).iter().filter(|&&other| other != pair.source);
        let shared = |&other: &u32| {
            let of_other = forward.neighbors(other).iter().filter(|&&t| t != pair.target);
            of_other.filter(|&&target| forward.contains(pair.source, target)).count()
        };
        others.map(shared).sum::<usize>() as f32
    }

    #[test]
    fn without_the_guard_paths_of_length_three_know_everything() {
        let edges = blocks();
        let (graph, task) = graph(&[], [None, None], &edges);
        let test: Vec<Pair> = edges[..24].iter().map(|&(s, t)| Pair::new(s, t)).collect();
        let split = Split::holding_out(&graph, &task, &test, 0.0, 1).unwrap();
        let relation = graph.relation(task.target()).unwrap();
        let rule = CandidateRule::Unknown;
        let negatives = crate::Candidates::new(relation, &[], &rule);
        let negatives = negatives.sample(500, &mut stream(0, "guard test", &[1])).unwrap();
        let sample = crate::LabelledPairs::new(&test, &negatives);
        let found = |view: &TrainView| {
            let scores: Vec<f32> = sample.pairs.iter().map(|&pair| l3(view, pair)).collect();
            auroc(&scores, &sample.labels).unwrap()
        };
        assert_eq!(found(&TrainView::new(&graph, &split).unwrap()), Some(0.5));
        assert_eq!(found(&TrainView::without_guard(&graph, &split)), Some(1.0));
    }

    /// The rows of the edges' matrix, sources first or targets first, as profiles.
    fn profiles(edges: &[(u32, u32)], of_drugs: bool) -> Vec<Vec<f32>> {
        let (rows, columns) = if of_drugs { (DRUGS, DISEASES) } else { (DISEASES, DRUGS) };
        let mut profiles = vec![vec![0.0; columns as usize]; rows as usize];
        for &(drug, disease) in edges {
            let (row, column) = if of_drugs { (drug, disease) } else { (disease, drug) };
            profiles[row as usize][column as usize] = 1.0;
        }
        profiles
    }

    #[test]
    fn a_similarity_computed_from_all_edges_is_named() {
        let edges = random_edges();
        for (drugs, name) in [(true, "drug.similarity"), (false, "disease.similarity")] {
            let rows = profiles(&edges, drugs);
            let values: Vec<f32> =
                rows.iter().flat_map(|a| rows.iter().map(|b| cosine(a, b) as f32)).collect();
            let planted = Some(FeatureMatrix { name: "similarity".into(), dim: rows.len(), values });
            let features = if drugs { [planted, None] } else { [None, planted] };
            let (graph, task) = graph(&[], features, &edges);
            let message = error(&graph, &task);
            assert!(message.starts_with(&format!("{name} gives held-out edges")), "{message}");
            assert!(message.contains("it correlates by 1.00 with the cosine similarity"), "{message}");
            let kept = task.keeping(&graph, &[name.into()]).unwrap();
            TrainView::new(&graph, &Split::random(&graph, &kept, 0.1, 0.2, 3).unwrap()).unwrap();
        }
    }

    #[test]
    fn an_embedding_of_the_whole_graph_is_named() {
        let edges = random_edges();
        // Drugs as their profiles and diseases as indicators, but for the last two diseases: the dot product of two
        // embeddings is the matrix of edges, as far as the dimensions reach.
        let dim = 38;
        let cut = |row: Vec<f32>| row.into_iter().take(dim);
        let drugs: Vec<f32> = profiles(&edges, true).into_iter().flat_map(cut).collect();
        let indicator = |disease: usize| (0..dim).map(move |k| f32::from(u8::from(k == disease)));
        let diseases: Vec<f32> = (0..DISEASES as usize).flat_map(indicator).collect();
        let matrix = |values: Vec<f32>| Some(FeatureMatrix { name: "embedding".into(), dim, values });
        let (graph, task) = graph(&[], [matrix(drugs), matrix(diseases)], &edges);
        let message = error(&graph, &task);
        assert!(message.starts_with("drug.embedding gives held-out edges"), "{message}");
    }

    #[test]
    fn honest_features_pass() {
        let edges = random_edges();
        let mut draws = stream(5, "guard test", &[3]);
        let mut matrix = |rows: u32, dim: usize| {
            let values = (0..rows as usize * dim).map(|_| draws.random_range(0.0..1.0f32)).collect();
            Some(FeatureMatrix { name: "similarity".into(), dim, values })
        };
        for features in [[matrix(DRUGS, 40), matrix(DISEASES, 40)], [matrix(DRUGS, 16), matrix(DISEASES, 16)]]
        {
            let (graph, task) = graph(&[], features, &edges);
            TrainView::new(&graph, &Split::random(&graph, &task, 0.1, 0.2, 3).unwrap()).unwrap();
        }
    }
}
