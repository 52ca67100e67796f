//! Figures of one relation.

use serde::Serialize;

use super::degrees::{DegreeSummary, Degrees, NodeDegree, median};
use crate::attributes::{AttributeValues, EdgeAttribute};
use crate::graph::{Graph, Relation};
use crate::schema::RelationKey;

/// Figures of one relation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RelationStatistics {
    /// Key of the relation.
    pub relation: RelationKey,
    /// Number of edges; an undirected one counts once.
    pub edges: usize,
    /// Source nodes with an edge.
    pub sources: usize,
    /// Target nodes with an edge.
    pub targets: usize,
    /// Edges over pairs of a source and a target node: 0 to 1.
    pub density: f64,
    /// Whether every edge has its mirror image.
    pub symmetric: bool,
    /// Whether an edge and its mirror image count as one.
    pub undirected: bool,
    /// Edges from a node to itself.
    pub self_loops: usize,
    /// Whether edges carry weights.
    pub weighted: bool,
    /// Repeated edges merged when the graph was read.
    pub merged_duplicates: usize,
    /// Largest number of targets of a source.
    pub max_source_degree: u32,
    /// Median number of targets of a source that has any; 0 without edges.
    pub median_source_degree: f64,
    /// Largest number of sources of a target.
    pub max_target_degree: u32,
    /// Median number of sources of a target that has any; 0 without edges.
    pub median_target_degree: f64,
    /// Numbers of targets over all nodes of the source type, those without any included.
    pub source_degrees: DegreeSummary,
    /// Numbers of sources over all nodes of the target type, those without any included.
    pub target_degrees: DegreeSummary,
    /// The source of most targets.
    pub top_source: Option<NodeDegree>,
    /// The target of most sources.
    pub top_target: Option<NodeDegree>,
    /// What is known of the edges beside their weight.
    pub attributes: Vec<AttributeCoverage>,
}

/// How many edges have a value of an attribute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AttributeCoverage {
    /// Name of the attribute.
    pub name: String,
    /// `numbers` or `texts`.
    pub kind: &'static str,
    /// Edges with a value; an undirected one counts once.
    pub edges: usize,
}

pub(super) fn statistics(graph: &Graph, relation: &Relation, symmetric: bool) -> RelationStatistics {
    let forward = &relation.forward;
    let pairs = forward.rows() as f64 * forward.columns() as f64;
    let (sources, targets) = rayon::join(|| Degrees::of(forward), || Degrees::of(&relation.backward));
    let top = |degrees: &Degrees, place: usize| {
        let of = |node| NodeDegree::of(&graph.node_tables[place], node, degrees.max() as usize);
        degrees.top.map(of)
    };
    RelationStatistics {
        relation: relation.key.clone(),
        edges: relation.edge_count(),
        sources: sources.positive().len(),
        targets: targets.positive().len(),
        density: if pairs > 0.0 { forward.len() as f64 / pairs } else { 0.0 },
        symmetric,
        undirected: relation.undirected,
        self_loops: relation.self_loops(),
        weighted: forward.weights().is_some(),
        merged_duplicates: relation.merged_duplicates,
        max_source_degree: sources.max(),
        median_source_degree: median(sources.positive()),
        max_target_degree: targets.max(),
        median_target_degree: median(targets.positive()),
        source_degrees: sources.summary(),
        target_degrees: targets.summary(),
        top_source: top(&sources, relation.source_type),
        top_target: top(&targets, relation.target_type),
        attributes: relation.attributes.iter().map(|attribute| coverage(relation, attribute)).collect(),
    }
}

fn coverage(relation: &Relation, attribute: &EdgeAttribute) -> AttributeCoverage {
    let (kind, present): (_, Box<dyn Fn(usize) -> bool + '_>) = match &attribute.values {
        AttributeValues::Numbers(numbers) => ("numbers", Box::new(|edge| !numbers[edge].is_nan())),
        AttributeValues::Texts(texts) => ("texts", Box::new(|edge| texts.get(edge).is_some())),
    };
    let counts = |(edge, (source, target)): (usize, (u32, u32))| {
        (!relation.undirected || source <= target) && present(edge)
    };
    let edges = relation.forward.pairs().enumerate().filter(|&edge| counts(edge)).count();
    AttributeCoverage { name: attribute.name.clone(), kind, edges }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{edges, graph, table};
    use super::*;
    use crate::EdgeList;

    #[test]
    fn an_undirected_edge_counts_once_in_all_figures() {
        let status = AttributeValues::Texts(["a", "", "b", ""].into_iter().collect());
        let attributes = vec![EdgeAttribute { name: "status".into(), values: status }];
        let list = EdgeList { attributes, undirected: true, ..edges(&[(0, 1), (1, 2), (2, 2), (3, 1)]) };
        let statistics = graph(vec![table("gene", 5)], vec![("gene:binds:gene", list)]).statistics();
        let binds = &statistics.relations[0];
        assert_eq!((binds.edges, binds.self_loops, binds.undirected, binds.symmetric), (4, 1, true, true));
        assert_eq!(binds.density, 7.0 / 25.0);
        assert_eq!(binds.attributes, [AttributeCoverage { name: "status".into(), kind: "texts", edges: 2 }]);
        assert_eq!((binds.sources, binds.targets), (4, 4));
        assert_eq!(binds.source_degrees, binds.target_degrees);
        let top = NodeDegree { id: "gene1".into(), name: "gene1".into(), degree: 3 };
        assert_eq!(binds.top_source, Some(top));
    }
}
