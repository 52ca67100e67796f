//! Finding nodes, and what is around them.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use theriac_graph::{NameFit, NameSource};
use utoipa::{IntoParams, ToSchema};

use crate::asked::{Asked, At};
use crate::models::Served;
use crate::problem::Problem;
use crate::reply::Reply;
use crate::workbench::Workbench;

/// Nodes that are found, at most.
const MOST: usize = 100;
/// Neighbours of a relation that are listed, at most.
const NEIGHBORS: usize = 200;

/// What is looked for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Search {
    /// The beginning of a name, synonym or id, or nearly so.
    q: String,
    /// Only nodes of this type.
    #[serde(rename = "type")]
    #[param(rename = "type")]
    node_type: Option<String>,
    /// Nodes that are found: 10 where nothing is said, 100 at most.
    limit: Option<usize>,
}

/// A node that was found.
#[derive(Serialize, ToSchema)]
pub struct Hit {
    /// Its type.
    #[serde(rename = "type")]
    pub node_type: String,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The text of the node that fits.
    pub text: String,
    /// Which text that is.
    #[schema(value_type = String)]
    pub source: NameSource,
    /// How it fits.
    #[schema(value_type = String)]
    pub fit: NameFit,
    /// The parts of the text that fit, in UTF-16 code units, as scripts count: pairs of begin and end.
    #[schema(value_type = Vec<[usize; 2]>)]
    pub ranges: Vec<[usize; 2]>,
    /// Whether candidates can be asked for.
    pub ranked: bool,
}

/// The nodes that a text may mean.
pub fn hits(served: &Served, text: &str, node_type: Option<usize>, limit: usize) -> Vec<Hit> {
    let found = served.names.search(served.predictor.graph(), text, node_type, limit.min(MOST));
    let hit = |hit: theriac_graph::NameHit<'_>| {
        let table = &served.tables()[hit.node_type];
        let label = table.label(hit.node);
        let units = |bytes: usize| hit.text[..bytes].encode_utf16().count();
        Hit {
            node_type: table.node_type.clone(),
            id: label.id,
            name: label.name,
            text: hit.text.to_owned(),
            source: hit.source,
            fit: hit.fit,
            ranges: hit.ranges.iter().map(|range| [units(range.start), units(range.end)]).collect(),
            ranked: served.end_of(hit.node_type).is_some(),
        }
    };
    found.into_iter().map(hit).collect()
}

/// Finds nodes by the beginning of a name, synonym or id; slips are forgiven.
#[utoipa::path(
    get, path = "/api/v1/models/{model}/search", tag = "nodes",
    params(("model" = String, Path, description = "What the model is called"), Search),
    responses((status = OK, body = Vec<Hit>), (status = NOT_FOUND, body = Problem, content_type = "application/problem+json"))
)]
pub async fn search(
    State(bench): State<Arc<Workbench>>,
    At(model): At<String>,
    Asked(search): Asked<Search>,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    let served = bench.model(&model)?;
    let node_type = match &search.node_type {
        None => None,
        Some(name) => Some(type_named(&served, name)?),
    };
    let key = format!("{} search {node_type:?} {:?} {}", served.generation, search.limit, search.q);
    let limit = search.limit.unwrap_or(10);
    bench.reply(&key, &asked, move |_| Reply::json(&hits(&served, &search.q, node_type, limit))).await
}

/// The place of the node type of that name.
///
/// # Errors
///
/// When the graph has none.
pub fn type_named(served: &Served, name: &str) -> Result<usize, Problem> {
    served.predictor.graph().node_type(name).map(|(place, _)| place).ok_or_else(|| {
        let known: Vec<&str> = served.tables().iter().map(|table| table.node_type.as_str()).collect();
        Problem::not_found(format!(
            "the graph has no node type '{name}'; expected one of {}",
            known.join(", ")
        ))
    })
}

/// A node with what is around it.
#[derive(Serialize, ToSchema)]
pub struct Neighborhood {
    /// Its type.
    #[serde(rename = "type")]
    pub node_type: String,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Other names.
    pub synonyms: Vec<String>,
    /// Its ids elsewhere.
    pub xrefs: Vec<String>,
    /// Its edges, relation by relation; those that were held out from the model among them.
    pub relations: Vec<Edges>,
}

/// The edges of a node in a relation.
#[derive(Serialize, ToSchema)]
pub struct Edges {
    /// The relation.
    pub relation: String,
    /// Its name alone.
    pub relation_name: String,
    /// Whether the edges lead to the node.
    pub reversed: bool,
    /// How many there are.
    pub count: usize,
    /// The first 200 neighbours by degree, the least connected first: what is joined with few tells more.
    pub neighbors: Vec<Neighbor>,
}

/// A neighbour.
#[derive(Serialize, ToSchema)]
pub struct Neighbor {
    /// Its type.
    #[serde(rename = "type")]
    pub node_type: String,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its edges in that relation.
    pub degree: u32,
}

/// What is around the node of that type and id.
///
/// # Errors
///
/// When there is no such node.
pub fn neighborhood(served: &Served, node_type: &str, id: &str) -> Result<Neighborhood, Problem> {
    let place = type_named(served, node_type)?;
    let node = served
        .node(node_type, id)
        .ok_or_else(|| Problem::not_found(format!("no {node_type} has the id '{id}'")))?;
    let table = &served.tables()[place];
    let label = table.label(node.index);
    let mut relations = Vec::new();
    for relation in served.predictor.graph().relations() {
        let directions = [
            (false, relation.source_type, relation.target_type, &relation.forward, &relation.backward),
            (true, relation.target_type, relation.source_type, &relation.backward, &relation.forward),
        ];
        for (reversed, own, other, rows, columns) in directions {
            let neighbors = if own == place && !(reversed && relation.undirected) {
                rows.neighbors(node.index)
            } else {
                &[]
            };
            if neighbors.is_empty() {
                continue;
            }
            let others = &served.tables()[other];
            let mut by_degree: Vec<(u32, u32)> =
                neighbors.iter().map(|&of| (columns.degree(of), of)).collect();
            by_degree.sort_unstable();
            let shown = by_degree.iter().take(NEIGHBORS).map(|&(degree, of)| {
                let label = others.label(of);
                Neighbor { node_type: others.node_type.clone(), id: label.id, name: label.name, degree }
            });
            relations.push(Edges {
                relation: relation.key.to_string(),
                relation_name: relation.key.name.clone(),
                reversed,
                count: neighbors.len(),
                neighbors: shown.collect(),
            });
        }
    }
    let at = node.index as usize;
    Ok(Neighborhood {
        node_type: table.node_type.clone(),
        id: label.id,
        name: label.name,
        synonyms: table.synonyms[at].iter().map(ToString::to_string).collect(),
        xrefs: table.xrefs[at].iter().map(ToString::to_string).collect(),
        relations,
    })
}

/// Gives a node with its neighbours, relation by relation.
#[utoipa::path(
    get, path = "/api/v1/models/{model}/nodes/{type}/{id}", tag = "nodes",
    params(
        ("model" = String, Path, description = "What the model is called"),
        ("type" = String, Path, description = "Type of the node"),
        ("id" = String, Path, description = "Its id"),
    ),
    responses((status = OK, body = Neighborhood), (status = NOT_FOUND, body = Problem, content_type = "application/problem+json"))
)]
pub async fn node(
    State(bench): State<Arc<Workbench>>,
    At((model, node_type, id)): At<(String, String, String)>,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    let served = bench.model(&model)?;
    let key = format!("{} node {node_type}\n{id}", served.generation);
    bench.reply(&key, &asked, move |_| Reply::json(&neighborhood(&served, &node_type, &id)?)).await
}
