//! Building a graph: the one place where input is checked.

use std::collections::HashMap;
use std::sync::Arc;

use rayon::prelude::*;

use crate::edges::{DuplicatePolicy, EdgeList};
use crate::error::GraphError;
use crate::graph::{Graph, Provenance, Relation};
use crate::layout::Layout;
use crate::nodes::NodeTable;
use crate::schema::{RelationKey, RelationKeyError};

/// Builds a [`Graph`] and checks everything on the way in.
///
/// ```
/// use theriac_graph::{DuplicatePolicy, EdgeList, GraphBuilder, NodeTable, Provenance, RelationKey};
///
/// let mut builder = GraphBuilder::new(Provenance::default());
/// builder.add_nodes(NodeTable::new("drug", vec!["d1".into()], vec!["aspirin".into()]))?;
/// builder.add_nodes(NodeTable::new("disease", vec!["x1".into()], vec!["fever".into()]))?;
/// let edges = EdgeList { sources: vec![0], targets: vec![0], ..EdgeList::default() };
/// builder.add_relation(RelationKey::new("drug", "treats", "disease"), edges, DuplicatePolicy::Reject)?;
/// let graph = builder.build()?;
/// assert_eq!(graph.relations()[0].len(), 1);
/// # Ok::<(), theriac_graph::GraphError>(())
/// ```
#[derive(Debug)]
pub struct GraphBuilder {
    graph: Graph,
}

impl GraphBuilder {
    /// An empty graph of this provenance.
    pub fn new(provenance: Provenance) -> Self {
        Self { graph: Graph { node_tables: Vec::new(), relations: Vec::new(), provenance } }
    }

    /// Adds the nodes of one type and returns its place.
    ///
    /// # Errors
    ///
    /// When the type is there already, an id occurs twice, a column or the features do not have one
    /// row per node, or a feature is not finite.
    pub fn add_nodes(&mut self, table: NodeTable) -> Result<usize, GraphError> {
        if self.graph.node_type(&table.node_type).is_some() {
            return Err(GraphError::Repeated { kind: "node type", name: table.node_type });
        }
        if u32::try_from(table.len()).is_err() {
            return Err(GraphError::TooLarge { what: table.node_type.clone(), found: table.len() });
        }
        check_table(&table)?;
        self.graph.node_tables.push(table);
        Ok(self.graph.node_tables.len() - 1)
    }

    /// Adds the edges of one relation.
    ///
    /// # Errors
    ///
    /// When the relation is there already, one of its node types is not, an edge points past the nodes,
    /// a weight is not finite, or an edge occurs twice under [`DuplicatePolicy::Reject`].
    pub fn add_relation(
        &mut self,
        key: RelationKey,
        edges: EdgeList,
        duplicates: DuplicatePolicy,
    ) -> Result<(), GraphError> {
        self.add_relations(vec![(key, edges)], duplicates)
    }

    /// Adds the edges of several relations, in this order, each checked and sorted on a thread of its own.
    ///
    /// # Errors
    ///
    /// The first that [`GraphBuilder::add_relation`] would give; then none of the relations is added.
    pub fn add_relations(
        &mut self,
        relations: Vec<(RelationKey, EdgeList)>,
        duplicates: DuplicatePolicy,
    ) -> Result<(), GraphError> {
        for (place, (key, _)) in relations.iter().enumerate() {
            let present = self.graph.relations.iter().map(|relation| &relation.key);
            if present.chain(relations[..place].iter().map(|(key, _)| key)).any(|earlier| earlier == key) {
                return Err(GraphError::Repeated { kind: "relation", name: key.to_string() });
            }
        }
        let checked: Vec<Result<Relation, GraphError>> = relations
            .into_par_iter()
            .map(|(key, edges)| self.check_relation(key, edges, duplicates))
            .collect();
        let checked: Vec<Relation> = checked.into_iter().collect::<Result<_, _>>()?;
        self.graph.relations.extend(checked);
        Ok(())
    }

    /// The finished graph.
    ///
    /// # Errors
    ///
    /// [`GraphError::Empty`] when there is no node or no edge.
    pub fn build(self) -> Result<Graph, GraphError> {
        if self.graph.node_tables.iter().all(NodeTable::is_empty) {
            return Err(GraphError::Empty { what: "nodes" });
        }
        if self.graph.relations.iter().all(Relation::is_empty) {
            return Err(GraphError::Empty { what: "edges" });
        }
        Ok(self.graph)
    }

    fn check_relation(
        &self,
        key: RelationKey,
        edges: EdgeList,
        duplicates: DuplicatePolicy,
    ) -> Result<Relation, GraphError> {
        // The parts of a key are public: one put together by hand may hold a colon.
        if !key.to_string().parse().is_ok_and(|parsed: RelationKey| parsed == key) {
            return Err(RelationKeyError { found: key.to_string() }.into());
        }
        // Both directions of an undirected edge are kept.
        let kept = edges.len() * if edges.undirected { 2 } else { 1 };
        if u32::try_from(kept).is_err() {
            return Err(GraphError::TooLarge { what: key.to_string(), found: kept });
        }
        let source_type = self.type_of(&key, &key.source)?;
        let target_type = self.type_of(&key, &key.target)?;
        self.check_edges(&key, &edges, source_type, target_type)?;
        if edges.undirected && source_type != target_type {
            return Err(GraphError::Undirected { relation: key });
        }
        check_attributes(&key, &edges)?;
        let rows = self.graph.node_tables[source_type].len() as u32;
        let columns = self.graph.node_tables[target_type].len() as u32;
        let Layout { forward, attributes, repeats } = Layout::of(&edges, rows, columns);
        if repeats && duplicates == DuplicatePolicy::Reject {
            return Err(self.first_duplicate(&key, &edges, source_type, target_type));
        }
        let found = edges.len();
        let undirected = edges.undirected;
        drop(edges);
        let mut relation = Relation {
            merged_duplicates: 0,
            backward: Arc::new(forward.transpose()),
            forward: Arc::new(forward),
            undirected,
            attributes,
            key,
            source_type,
            target_type,
        };
        relation.merged_duplicates = found - relation.edge_count();
        Ok(relation)
    }

    fn type_of(&self, key: &RelationKey, name: &str) -> Result<usize, GraphError> {
        self.graph.node_type(name).map(|(place, _)| place).ok_or_else(|| {
            let known: Vec<&str> = self.graph.node_tables.iter().map(|t| t.node_type.as_str()).collect();
            GraphError::UnknownNodeType {
                relation: key.clone(),
                node_type: name.into(),
                known: known.join(", "),
            }
        })
    }

    fn check_edges(
        &self,
        key: &RelationKey,
        edges: &EdgeList,
        source_type: usize,
        target_type: usize,
    ) -> Result<(), GraphError> {
        let line = |edge: usize| edges.origin.line(edge, edges.sources[edge]);
        let ends = [(&edges.sources, source_type), (&edges.targets, target_type)];
        for (indices, place) in ends {
            let table = &self.graph.node_tables[place];
            if let Some(edge) = indices.iter().position(|&i| i as usize >= table.len()) {
                return Err(GraphError::DanglingIndex {
                    file: edges.origin.file(edge).into(),
                    line: line(edge),
                    relation: Box::new(key.clone()),
                    node_type: table.node_type.clone(),
                    index: indices[edge],
                    nodes: table.len(),
                });
            }
        }
        if let Some(weights) = &edges.weights
            && let Some(edge) = weights.iter().position(|weight| !weight.is_finite())
        {
            return Err(GraphError::NonFiniteWeight {
                file: edges.origin.file(edge).into(),
                line: line(edge),
                relation: key.clone(),
                value: weights[edge],
            });
        }
        Ok(())
    }

    /// The first edge, in the order of the file, that repeats an earlier one.
    fn first_duplicate(
        &self,
        key: &RelationKey,
        edges: &EdgeList,
        source_type: usize,
        target_type: usize,
    ) -> GraphError {
        let mut first = HashMap::new();
        let (earlier, edge) = (0..edges.len())
            .find_map(|edge| {
                let (source, target) = (edges.sources[edge], edges.targets[edge]);
                let image = if edges.undirected {
                    (source.min(target), source.max(target))
                } else {
                    (source, target)
                };
                first.insert(image, edge).map(|earlier| (earlier, edge))
            })
            .expect("called only when an edge repeats");
        let (source, target) = (edges.sources[edge], edges.targets[edge]);
        GraphError::DuplicateEdge {
            file: edges.origin.file(edge).into(),
            line: edges.origin.line(edge, source),
            first_line: edges.origin.line(earlier, edges.sources[earlier]),
            relation: Box::new(key.clone()),
            source_id: self.graph.node_tables[source_type].ids[source as usize].clone(),
            target_id: self.graph.node_tables[target_type].ids[target as usize].clone(),
        }
    }
}

/// Names of the columns that every edge file has, which no attribute may take.
const TAKEN: [&str; 3] = ["source", "target", "weight"];

fn check_attributes(key: &RelationKey, edges: &EdgeList) -> Result<(), GraphError> {
    for (place, attribute) in edges.attributes.iter().enumerate() {
        let name = attribute.name.as_str();
        let repeated = edges.attributes[..place].iter().any(|earlier| earlier.name == name);
        if repeated || name.is_empty() || TAKEN.contains(&name) {
            return Err(GraphError::AttributeName { relation: key.clone(), name: name.into() });
        }
        if attribute.values.len() != edges.len() {
            return Err(GraphError::AttributeLength {
                relation: key.clone(),
                name: name.into(),
                found: attribute.values.len(),
                expected: edges.len(),
            });
        }
    }
    Ok(())
}

fn check_table(table: &NodeTable) -> Result<(), GraphError> {
    let nodes = table.len();
    let mut columns =
        vec![("names", table.names.len()), ("synonyms", table.synonyms.len()), ("xrefs", table.xrefs.len())];
    if let Some(features) = &table.features {
        let values = features.values.len();
        // Values that do not fill a last row count as whichever number of rows is wrong.
        let rows = match values.checked_div(features.dim) {
            Some(full) if full == nodes && values != nodes * features.dim => full + 1,
            Some(full) => full,
            None => 0,
        };
        columns.push((&features.name, rows));
    }
    for (what, found) in columns {
        if found != nodes {
            let node_type = table.node_type.clone();
            return Err(GraphError::Shape { what: what.into(), node_type, found, expected: nodes });
        }
    }
    let mut seen = HashMap::with_capacity(nodes);
    for (row, id) in table.ids.iter().enumerate() {
        if let Some(first) = seen.insert(id, row) {
            return Err(GraphError::DuplicateId {
                node_type: table.node_type.clone(),
                id: id.clone(),
                first: first + 1,
                second: row + 1,
            });
        }
    }
    if let Some(features) = &table.features
        && let Some(at) = features.values.iter().position(|value| !value.is_finite())
    {
        return Err(GraphError::NonFiniteFeature {
            node_type: table.node_type.clone(),
            id: table.ids[at / features.dim].clone(),
            column: at % features.dim + 1,
            value: features.values[at],
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attributes::{AttributeValues, EdgeAttribute};
    use crate::edges::{Lines, Origin};
    use crate::nodes::FeatureMatrix;

    fn table(node_type: &str, nodes: usize) -> NodeTable {
        let ids: Vec<String> = (0..nodes).map(|i| format!("{node_type}{i}")).collect();
        NodeTable::new(node_type, ids.clone(), ids)
    }

    fn builder() -> GraphBuilder {
        let mut builder = GraphBuilder::new(Provenance::default());
        builder.add_nodes(table("drug", 2)).unwrap();
        builder.add_nodes(table("disease", 3)).unwrap();
        builder
    }

    fn treats() -> RelationKey {
        RelationKey::new("drug", "treats", "disease")
    }

    fn edges(sources: &[u32], targets: &[u32]) -> EdgeList {
        let lines = Lines::Each((2..).take(sources.len()).collect());
        let origin = Origin::of("edges.csv", lines);
        EdgeList { sources: sources.into(), targets: targets.into(), origin, ..EdgeList::default() }
    }

    #[test]
    fn a_dangling_edge_is_named_by_file_and_line() {
        let error =
            builder().add_relation(treats(), edges(&[0, 1], &[0, 3]), DuplicatePolicy::Reject).unwrap_err();
        assert_eq!(
            error.to_string(),
            "edges.csv:3: an edge of drug:treats:disease points at disease 3; expected an index below 3"
        );
    }

    #[test]
    fn a_repeated_edge_is_refused_or_counted() {
        let list = edges(&[0, 1, 0], &[1, 0, 1]);
        let error = builder().add_relation(treats(), list.clone(), DuplicatePolicy::Reject).unwrap_err();
        assert_eq!(
            error.to_string(),
            "edges.csv:4: edge drug0 -> disease1 of drug:treats:disease occurs a second time \
             (first on line 2); expected each edge once"
        );
        let mut merging = builder();
        merging.add_relation(treats(), list, DuplicatePolicy::Merge).unwrap();
        let graph = merging.build().unwrap();
        assert_eq!((graph.relations()[0].len(), graph.relations()[0].merged_duplicates), (2, 1));
    }

    #[test]
    fn an_undirected_edge_counts_once_and_repeats_either_way_round() {
        let interacts = RelationKey::new("drug", "interacts", "drug");
        let list = EdgeList { undirected: true, ..edges(&[0, 1], &[1, 1]) };
        let mut sound = builder();
        sound.add_relation(interacts.clone(), list, DuplicatePolicy::Reject).unwrap();
        let graph = sound.build().unwrap();
        let relation = &graph.relations()[0];
        assert_eq!((relation.len(), relation.edge_count(), relation.merged_duplicates), (3, 2, 0));
        assert!(relation.is_symmetric());
        let twice = EdgeList { undirected: true, ..edges(&[0, 1], &[1, 0]) };
        let error =
            builder().add_relation(interacts.clone(), twice.clone(), DuplicatePolicy::Reject).unwrap_err();
        assert_eq!(
            error.to_string(),
            "edges.csv:3: edge drug1 -> drug0 of drug:interacts:drug occurs a second time (first on line 2); expected \
             each edge once"
        );
        let mut merging = builder();
        merging.add_relation(interacts, twice.clone(), DuplicatePolicy::Merge).unwrap();
        let graph = merging.build().unwrap();
        let relation = &graph.relations()[0];
        assert_eq!((relation.len(), relation.edge_count(), relation.merged_duplicates), (2, 1, 1));
        let error = builder().add_relation(treats(), twice, DuplicatePolicy::Merge).unwrap_err();
        assert!(matches!(error, GraphError::Undirected { .. }), "{error}");
    }

    #[test]
    fn attributes_have_names_of_their_own_and_a_value_for_each_edge() {
        let with = |name: &str, values: Vec<f64>| {
            let values = AttributeValues::Numbers(values);
            let attributes = vec![EdgeAttribute { name: name.into(), values }];
            let list = EdgeList { attributes, ..edges(&[0, 1], &[0, 1]) };
            builder().add_relation(treats(), list, DuplicatePolicy::Reject)
        };
        with("year", vec![1998.0, f64::NAN]).unwrap();
        assert_eq!(
            with("weight", vec![1.0, 2.0]).unwrap_err().to_string(),
            "drug:treats:disease has an edge attribute 'weight'; expected names of their own, other than source, target \
             and weight"
        );
        assert_eq!(
            with("year", vec![1.0]).unwrap_err().to_string(),
            "edge attribute 'year' of drug:treats:disease has 1 values; expected 2, one for each edge"
        );
    }

    #[test]
    fn a_weight_that_is_not_a_number_is_refused() {
        let list = EdgeList { weights: Some(vec![1.0, f32::NAN]), ..edges(&[0, 1], &[0, 1]) };
        let error = builder().add_relation(treats(), list, DuplicatePolicy::Reject).unwrap_err();
        assert!(error.to_string().starts_with("edges.csv:3: an edge of drug:treats:disease weighs NaN"));
    }

    #[test]
    fn features_must_fit_the_nodes_and_be_finite() {
        let mut short = table("gene", 2);
        short.features = Some(FeatureMatrix { name: "similarity".into(), dim: 2, values: vec![0.0; 2] });
        let error = builder().add_nodes(short).unwrap_err();
        assert_eq!(error.to_string(), "similarity of gene has 1 rows; expected 2, one per node");
        let mut infinite = table("gene", 2);
        infinite.features =
            Some(FeatureMatrix { name: "similarity".into(), dim: 1, values: vec![0.0, f32::INFINITY] });
        let error = builder().add_nodes(infinite).unwrap_err();
        assert_eq!(error.to_string(), "feature 1 of gene 'gene1' is inf; expected a finite number");
    }

    #[test]
    fn a_ragged_feature_row_is_refused() {
        for (values, rows) in [(3, 1), (5, 3)] {
            let mut ragged = table("gene", 2);
            ragged.features =
                Some(FeatureMatrix { name: "similarity".into(), dim: 2, values: vec![0.0; values] });
            let error = builder().add_nodes(ragged).unwrap_err();
            assert!(
                matches!(error, GraphError::Shape { found, expected: 2, .. } if found == rows),
                "{values} values: {error}"
            );
        }
    }

    #[test]
    fn relations_are_added_all_or_none() {
        let mut builder = builder();
        let palliates = RelationKey::new("drug", "palliates", "disease");
        let faulty = vec![(treats(), edges(&[0], &[0])), (palliates.clone(), edges(&[0], &[9]))];
        let error = builder.add_relations(faulty, DuplicatePolicy::Reject).unwrap_err();
        assert!(matches!(error, GraphError::DanglingIndex { index: 9, .. }));
        let twice = vec![(treats(), edges(&[0], &[0])), (treats(), edges(&[1], &[1]))];
        let error = builder.add_relations(twice, DuplicatePolicy::Reject).unwrap_err();
        assert!(matches!(error, GraphError::Repeated { kind: "relation", .. }));
        let sound = vec![(palliates.clone(), edges(&[1], &[1])), (treats(), edges(&[0], &[0]))];
        builder.add_relations(sound, DuplicatePolicy::Reject).unwrap();
        let keys: Vec<RelationKey> =
            builder.build().unwrap().relations().iter().map(|r| r.key.clone()).collect();
        assert_eq!(keys, [palliates, treats()]);
    }

    #[test]
    fn a_key_with_a_colon_in_a_part_is_refused() {
        let mut key = treats();
        key.name = "may:treat".into();
        let error = builder().add_relation(key, edges(&[0], &[0]), DuplicatePolicy::Reject).unwrap_err();
        assert!(matches!(error, GraphError::RelationKey(_)));
    }

    #[test]
    fn ids_types_and_relations_occur_once() {
        let mut twice = table("gene", 2);
        twice.ids[1] = "gene0".into();
        assert!(matches!(
            builder().add_nodes(twice),
            Err(GraphError::DuplicateId { first: 1, second: 2, .. })
        ));
        assert!(matches!(builder().add_nodes(table("drug", 1)), Err(GraphError::Repeated { .. })));
        let mut builder = builder();
        builder.add_relation(treats(), edges(&[0], &[0]), DuplicatePolicy::Reject).unwrap();
        let again = builder.add_relation(treats(), edges(&[0], &[0]), DuplicatePolicy::Reject);
        assert!(matches!(again, Err(GraphError::Repeated { .. })));
        let missing = RelationKey::new("drug", "binds", "protein");
        let error = builder.add_relation(missing, edges(&[0], &[0]), DuplicatePolicy::Reject).unwrap_err();
        assert!(error.to_string().contains("which the graph does not have (it has drug, disease)"));
    }

    #[test]
    fn an_empty_graph_is_refused() {
        let empty = GraphBuilder::new(Provenance::default()).build();
        assert!(matches!(empty, Err(GraphError::Empty { what: "nodes" })));
        assert!(matches!(builder().build(), Err(GraphError::Empty { what: "edges" })));
    }

    #[test]
    fn a_target_may_be_shortened_where_one_relation_fits() {
        let mut builder = builder();
        builder.add_relation(treats(), edges(&[0], &[0]), DuplicatePolicy::Reject).unwrap();
        let mut two = builder;
        let graph = Graph { ..two.graph.clone() };
        assert_eq!(graph.resolve_relation("drug:disease").unwrap().key, treats());
        assert_eq!(graph.resolve_relation("drug:treats:disease").unwrap().key, treats());
        assert!(matches!(graph.resolve_relation("drug:gene"), Err(GraphError::UnknownRelation { .. })));
        let palliates = RelationKey::new("drug", "palliates", "disease");
        two.add_relation(palliates, edges(&[0], &[0]), DuplicatePolicy::Reject).unwrap();
        let error = two.build().unwrap().resolve_relation("drug:disease").map(|r| r.key.clone()).unwrap_err();
        assert!(matches!(error, GraphError::AmbiguousRelation { .. }));
    }
}
