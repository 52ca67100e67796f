//! Candidates for a node as a page lists them: in an order, through filters, a page at a time.

use std::cmp::Ordering;
use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use theriac_explain::Node;
use theriac_graph::Graph;
use theriac_models::Probabilities;
use theriac_predict::flags::flags;
use theriac_predict::ranked::{Candidate, End, Place, Query, Ranked};
use theriac_report::Flag;
use utoipa::{IntoParams, ToSchema};

use crate::models::Served;
use crate::problem::Problem;

/// Candidates on a page, at most.
const LONGEST_PAGE: usize = 1000;
/// Nodes in common that are named.
const NAMED: usize = 3;

/// By what candidates are put in order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// By score, the best first.
    #[default]
    Score,
    /// By score without what popularity adds to it, the best first.
    Specific,
    /// By known links, the most first.
    Support,
    /// By name.
    Name,
}

/// Which candidates are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct Wanted {
    /// Leave out known links, and count ranks and percentiles without them.
    pub novel: bool,
    /// Leave out pairs that are contraindicated, withdrawn or failed in trials as far as the graph says so.
    pub safe: bool,
    /// Leave out candidates with fewer known links than this.
    #[serde(deserialize_with = "number_or_nothing")]
    pub support: u32,
    /// Only candidates that an edge joins with this node: a target, a drug class, a pathway; as `TYPE:ID`, or by name.
    pub through: Option<String>,
    /// By what they are put in order.
    pub order: Order,
    /// Candidates that are skipped.
    #[serde(deserialize_with = "number_or_nothing")]
    pub skip: usize,
    /// Candidates that are listed, 50 where nothing is said, 1000 at most.
    pub top: Option<usize>,
}

/// A number, as JSON or as text, where an empty field of a form is nothing said.
fn number_or_nothing<'de, T, D>(from: D) -> Result<T, D::Error>
where
    T: std::str::FromStr<Err: std::fmt::Display> + Default + Deserialize<'de>,
    D: serde::Deserializer<'de>,
{
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either<T> {
        Number(T),
        Text(String),
    }
    match Either::deserialize(from)? {
        Either::Number(number) => Ok(number),
        Either::Text(text) if text.is_empty() => Ok(T::default()),
        Either::Text(text) => text.parse().map_err(serde::de::Error::custom),
    }
}

impl Wanted {
    /// Candidates that are listed.
    pub fn top(&self) -> usize {
        self.top.unwrap_or(50).clamp(1, LONGEST_PAGE)
    }

    /// The same as the part of an address behind its question mark, from another place on.
    pub fn to_query(&self, skip: usize) -> String {
        let mut parts = vec![];
        if self.novel {
            parts.push("novel=true".to_owned());
        }
        if self.safe {
            parts.push("safe=true".to_owned());
        }
        if self.support > 0 {
            parts.push(format!("support={}", self.support));
        }
        if let Some(through) = self.through.as_deref().filter(|text| !text.is_empty()) {
            parts.push(format!("through={}", crate::pages::links::encoded(through)));
        }
        if self.order != Order::default() {
            parts.push(format!("order={}", format!("{:?}", self.order).to_lowercase()));
        }
        if skip > 0 {
            parts.push(format!("skip={skip}"));
        }
        if let Some(top) = self.top {
            parts.push(format!("top={top}"));
        }
        parts.join("&")
    }
}

/// A candidate with what is told beside its score.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Row {
    /// Its place, score and probability.
    #[serde(flatten)]
    pub candidate: Candidate,
    /// Its known links that the model has seen.
    pub support: u32,
    /// The share that popularity has in what is added to the score, 0 to 1.
    pub popularity: Option<f64>,
    /// What the graph says of the pair: known, contraindicated, withdrawn.
    #[schema(value_type = Vec<String>)]
    #[serde(serialize_with = "labels")]
    pub flags: Vec<Flag>,
    /// Nodes that an edge joins with both, the most telling first.
    pub shared: Vec<SharedNode>,
    /// How many these are.
    pub shared_count: usize,
}

/// A node that an edge joins with both ends of a pair.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SharedNode {
    /// Its type.
    #[serde(rename = "type")]
    pub node_type: String,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

fn labels<S: serde::Serializer>(flags: &[Flag], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(flags.iter().map(Flag::label))
}

/// A page of candidates.
pub struct Listing {
    /// Candidates that were ranked.
    pub ranked: usize,
    /// Those that all filters let through.
    pub fitting: usize,
    /// Those of the page.
    pub rows: Vec<Row>,
}

/// The candidates for a node that are wanted. Ranks and percentiles are those among all, whatever the filters leave out but
/// known links.
///
/// # Errors
///
/// When the graph lacks a relation, or no node is called as the filter says.
pub fn list(served: &Served, query: Query, wanted: &Wanted) -> Result<Listing, Problem> {
    let predictor = &served.predictor;
    let mut ranked = predictor.candidacy(wanted.novel, usize::MAX)?.rank(query);
    let through = match wanted.through.as_deref().filter(|text| !text.trim().is_empty()) {
        Some(text) => Some(theriac_predict::edge_text::find_named(predictor.graph(), text, &|_| ())?),
        None => None,
    };
    let candidate_type = query.end.other().node_type(predictor.relation());
    let support = |node: u32| seen_links(served, query.end.other(), node);
    ranked.best.retain(|place| {
        let node = Node { node_type: candidate_type, index: place.node };
        let speaks_against =
            || flags(predictor.graph(), predictor.relation(), query.pair(place.node)).iter().any(is_against);
        (wanted.support == 0 || support(place.node) >= wanted.support)
            && through.is_none_or(|other| joined(predictor.graph(), node, other))
            && !(wanted.safe && speaks_against())
    });
    let fitting = ranked.best.len();
    sort(&mut ranked.best, served, query, wanted.order);
    let page: Vec<Place> = ranked.best.drain(..).skip(wanted.skip).take(wanted.top()).collect();
    let counted = ranked.counted;
    let shown = Ranked { best: page, ..ranked };
    let candidates =
        shown.candidates(predictor.table(query.end.other()), Probabilities::of(&predictor.model.card));
    let around =
        Around::new(served, Node { node_type: query.end.node_type(predictor.relation()), index: query.node });
    let rows = candidates.into_iter().map(|candidate| {
        let pair = query.pair(candidate.node);
        let (shared, shared_count) = around.shared(Node { node_type: candidate_type, index: candidate.node });
        Row {
            support: support(candidate.node),
            popularity: predictor.popularity_share(pair),
            flags: flags(predictor.graph(), predictor.relation(), pair),
            shared,
            shared_count,
            candidate,
        }
    });
    Ok(Listing { ranked: counted, fitting, rows: rows.collect() })
}

fn sort(places: &mut [Place], served: &Served, query: Query, order: Order) {
    let table = served.predictor.table(query.end.other());
    match order {
        Order::Score => {}
        Order::Specific => {
            let key = |place: &Place| {
                let of = served.predictor.model.fitted.contributions(query.pair(place.node));
                place.score - of.map_or(0.0, |of| of.popularity)
            };
            places.sort_by(|one, other| key(other).total_cmp(&key(one)).then(one.rank.cmp(&other.rank)));
        }
        Order::Support => places.sort_by_key(|place| {
            (std::cmp::Reverse(seen_links(served, query.end.other(), place.node)), place.rank)
        }),
        Order::Name => places.sort_by(|one, other| {
            let name = |place: &Place| table.names[place.node as usize].to_lowercase();
            name(one).cmp(&name(other)).then(one.rank.cmp(&other.rank))
        }),
    }
}

/// Known links of a node that the model has seen.
pub fn seen_links(served: &Served, end: End, node: u32) -> u32 {
    let seen = served.predictor.experiment.view.target();
    match end {
        End::Source => seen.forward.degree(node),
        End::Target => seen.backward.degree(node),
    }
}

fn is_against(flag: &Flag) -> bool {
    matches!(flag, Flag::Contraindicated | Flag::Withdrawn | Flag::FailedInTrials)
}

/// Whether an edge joins two nodes.
fn joined(graph: &Graph, one: Node, other: Node) -> bool {
    graph.relations().iter().any(|relation| {
        let along = (one.node_type, other.node_type) == (relation.source_type, relation.target_type)
            && relation.forward.contains(one.index, other.index);
        let back = (other.node_type, one.node_type) == (relation.source_type, relation.target_type)
            && relation.forward.contains(other.index, one.index);
        along || back
    })
}

/// The neighbours of a node on the graph that the model saw.
struct Around<'a> {
    served: &'a Served,
    neighbors: HashMap<(usize, u32), u32>,
}

impl<'a> Around<'a> {
    fn new(served: &'a Served, node: Node) -> Self {
        let mut neighbors = HashMap::new();
        each_neighbor(served, node, |of, degree| {
            neighbors.insert((of.node_type, of.index), degree);
        });
        Self { served, neighbors }
    }

    /// The nodes that an edge joins with both, those with the fewest edges first, and how many there are.
    fn shared(&self, node: Node) -> (Vec<SharedNode>, usize) {
        let mut shared: Vec<(u32, Node)> = Vec::new();
        each_neighbor(self.served, node, |of, degree| {
            if let Some(other) = self.neighbors.get(&(of.node_type, of.index)) {
                shared.push((degree.saturating_mul(*other), of));
            }
        });
        shared.sort_unstable_by(|one, other| match one.0.cmp(&other.0) {
            Ordering::Equal => (one.1.node_type, one.1.index).cmp(&(other.1.node_type, other.1.index)),
            unequal => unequal,
        });
        shared.dedup_by_key(|(_, of)| (of.node_type, of.index));
        let named = shared.iter().take(NAMED).map(|(_, of)| {
            let table = &self.served.tables()[of.node_type];
            let label = table.label(of.index);
            SharedNode { node_type: table.node_type.clone(), id: label.id, name: label.name }
        });
        (named.collect(), shared.len())
    }
}

/// Tells each neighbour of a node but those over the predicted relation and its siblings, with its degree in the relation.
fn each_neighbor(served: &Served, node: Node, mut tell: impl FnMut(Node, u32)) {
    let view = &served.predictor.experiment.view;
    for relation in view.graph().relations() {
        if view.task().covers(&relation.key) {
            continue;
        }
        if relation.source_type == node.node_type {
            for &other in relation.forward.neighbors(node.index) {
                tell(Node { node_type: relation.target_type, index: other }, relation.backward.degree(other));
            }
        }
        if relation.target_type == node.node_type && !relation.undirected {
            for &other in relation.backward.neighbors(node.index) {
                tell(Node { node_type: relation.source_type, index: other }, relation.forward.degree(other));
            }
        }
    }
}
