//! A node among its neighbours.

use serde::Serialize;
use serde_json::{Map, Value};

use super::sides::{Direction, Side, sides};
use crate::attributes::AttributeValues;
use crate::graph::{Graph, Relation};
use crate::schema::RelationKey;

/// A node with its neighbours by relation, ready to be written as JSON.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NodeDescription {
    /// Its type.
    #[serde(rename = "type")]
    pub node_type: String,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its other names.
    pub synonyms: Vec<String>,
    /// Its ids elsewhere.
    pub xrefs: Vec<String>,
    /// Its edges over all relations; an edge with a mirror image counts once.
    pub degree: usize,
    /// One entry for each relation and direction that its type has, in the order of the graph.
    pub relations: Vec<NeighborList>,
}

/// The neighbours of a node along one relation in one direction.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NeighborList {
    /// The relation.
    pub relation: RelationKey,
    /// Which way its edges go, seen from the node.
    pub direction: Direction,
    /// Type of the neighbours.
    pub neighbor_type: String,
    /// Number of neighbours.
    pub degree: usize,
    /// The first of them, in the order that [`Graph::describe`] tells.
    pub neighbors: Vec<Neighbor>,
    /// How many there are beside these.
    pub more: usize,
}

/// A neighbour, with what is known of the edge.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Neighbor {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its own number of edges in the relation, at the end at which it stands.
    pub degree: u32,
    /// Weight of the edge, where the relation has weights.
    pub weight: Option<f32>,
    /// What else is known of the edge: numbers and texts by name.
    pub attributes: Map<String, Value>,
}

impl Graph {
    /// A node with the first `top` neighbours of each relation.
    ///
    /// Neighbours along a weighted relation stand in the order of their weights, the largest first. Equal ones, and all
    /// of a relation without weights, stand in the order of their own degrees, the smallest first: what few others share
    /// says more of the node than what nearly all do. Those equal in that too keep the order of the graph.
    ///
    /// # Panics
    ///
    /// When there is no such type or node.
    pub fn describe(&self, node_type: usize, node: u32, top: usize) -> NodeDescription {
        let table = &self.node_tables[node_type];
        let symmetric: Vec<bool> = self.relations.iter().map(Relation::is_symmetric).collect();
        let sides = sides(self, node_type, &symmetric);
        let label = table.label(node);
        NodeDescription {
            node_type: table.node_type.clone(),
            id: label.id,
            name: label.name,
            synonyms: table.synonyms[node as usize].clone(),
            xrefs: table.xrefs[node as usize].clone(),
            degree: sides.iter().map(|side| side.edges.degree(node) as usize).sum(),
            relations: sides.iter().map(|side| self.neighbor_list(side, node, top)).collect(),
        }
    }

    fn neighbor_list(&self, side: &Side<'_>, node: u32, top: usize) -> NeighborList {
        let table = &self.node_tables[side.neighbor_type];
        let relation = side.relation;
        let incoming = side.direction == Direction::Incoming;
        let other_end = if incoming { &relation.forward } else { &relation.backward };
        let range = side.edges.range(node);
        let found = side.edges.neighbors(node);
        let weight = |at: usize| side.edges.weights().map(|weights| weights[range.start + at]);
        let mut order: Vec<usize> = (0..found.len()).collect();
        order.sort_by(|&a, &b| {
            let heavier = weight(b).unwrap_or(1.0).total_cmp(&weight(a).unwrap_or(1.0));
            heavier.then(other_end.degree(found[a]).cmp(&other_end.degree(found[b])))
        });
        let neighbors = order.iter().take(top).map(|&at| {
            let neighbor = found[at];
            let label = table.label(neighbor);
            // Attributes stand in the order of the edges seen from their sources.
            let (source, target) = if incoming { (neighbor, node) } else { (node, neighbor) };
            let place = relation.forward.neighbors(source).partition_point(|&other| other < target);
            Neighbor {
                id: label.id,
                name: label.name,
                degree: other_end.degree(neighbor),
                weight: weight(at),
                attributes: attributes(relation, relation.forward.range(source).start + place),
            }
        });
        NeighborList {
            relation: relation.key.clone(),
            direction: side.direction,
            neighbor_type: table.node_type.clone(),
            degree: found.len(),
            neighbors: neighbors.collect(),
            more: found.len().saturating_sub(top),
        }
    }
}

/// The attributes that the edge at this place has.
fn attributes(relation: &Relation, edge: usize) -> Map<String, Value> {
    let value = |values: &AttributeValues| match values {
        AttributeValues::Numbers(numbers) => {
            Some(numbers[edge]).filter(|number| !number.is_nan()).map(Value::from)
        }
        AttributeValues::Texts(texts) => texts.get(edge).map(Value::from),
    };
    let known = relation.attributes.iter().filter_map(|of| Some((of.name.clone(), value(&of.values)?)));
    known.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::{edges, graph, table};
    use super::*;
    use crate::{AttributeValues, EdgeAttribute, EdgeList, NodeTable};

    fn ids(list: &NeighborList) -> Vec<&str> {
        list.neighbors.iter().map(|neighbor| neighbor.id.as_str()).collect()
    }

    /// Drugs with a name each.
    fn drugs() -> NodeTable {
        let mut drugs = table("drug", 4);
        drugs.names[0] = "aspirin".into();
        drugs.synonyms[0] = vec!["acetylsalicylic acid".into()];
        drugs.xrefs[0] = vec!["chembl:CHEMBL25".into()];
        drugs
    }

    #[test]
    fn neighbours_that_few_share_come_first_and_the_rest_is_counted() {
        let treats = edges(&[(0, 0), (0, 1), (0, 2), (0, 3), (1, 0), (2, 0), (1, 2), (2, 3)]);
        let graph = graph(vec![drugs(), table("disease", 5)], vec![("drug:treats:disease", treats)]);
        let described = graph.describe(0, 0, 3);
        assert_eq!((described.name.as_str(), described.degree), ("aspirin", 4));
        assert_eq!((described.synonyms.len(), described.xrefs.len()), (1, 1));
        let treats = &described.relations[0];
        assert_eq!(ids(treats), ["disease1", "disease2", "disease3"]);
        assert_eq!(treats.neighbors.iter().map(|of| of.degree).collect::<Vec<_>>(), [1, 2, 2]);
        assert_eq!((treats.degree, treats.more, treats.direction), (4, 1, Direction::Outgoing));
        let isolated = graph.describe(1, 4, 3);
        assert_eq!((isolated.degree, isolated.relations[0].degree), (0, 0));
        assert_eq!(isolated.relations[0].direction, Direction::Incoming);
    }

    #[test]
    fn weights_decide_and_attributes_stay_with_their_edges() {
        let numbers = AttributeValues::Numbers(vec![2001.0, f64::NAN, 1998.0, 2010.0]);
        let texts = AttributeValues::Texts(["approved", "", "halted", "trial"].into_iter().collect());
        let attribute = |name: &str, values| EdgeAttribute { name: name.into(), values };
        let treats = EdgeList {
            weights: Some(vec![0.25, 2.0, 0.5, 0.75]),
            attributes: vec![attribute("year", numbers), attribute("status", texts)],
            ..edges(&[(2, 0), (0, 0), (1, 0), (0, 1)])
        };
        let graph = graph(vec![drugs(), table("disease", 2)], vec![("drug:treats:disease", treats)]);
        let of_disease = &graph.describe(1, 0, 9).relations[0];
        assert_eq!(ids(of_disease), ["drug0", "drug1", "drug2"]);
        let known: Vec<Value> =
            of_disease.neighbors.iter().map(|of| json!([of.weight, of.attributes])).collect();
        assert_eq!(
            known,
            [
                json!([2.0, {}]),
                json!([0.5, {"year": 1998.0, "status": "halted"}]),
                json!([0.25, {"year": 2001.0, "status": "approved"}]),
            ]
        );
    }

    #[test]
    fn a_relation_within_a_type_is_seen_from_both_ends_or_once_where_mirrored() {
        let both = EdgeList { undirected: true, ..edges(&[(0, 1), (2, 0)]) };
        let relations = vec![("drug:becomes:drug", edges(&[(0, 3), (1, 0)])), ("drug:interacts:drug", both)];
        let described = graph(vec![drugs()], relations).describe(0, 0, 9);
        let lists: Vec<_> = described.relations.iter().map(|list| (list.direction, ids(list))).collect();
        assert_eq!(
            lists,
            [
                (Direction::Outgoing, vec!["drug3"]),
                (Direction::Incoming, vec!["drug1"]),
                (Direction::Both, vec!["drug1", "drug2"]),
            ]
        );
        assert_eq!(described.degree, 4);
    }
}
