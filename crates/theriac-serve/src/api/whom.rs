//! From what a request names to nodes of the graph.

use serde::Deserialize;
use theriac_graph::Role;
use theriac_link::Pair;
use theriac_predict::query::{end_by_role, find};
use theriac_predict::ranked::{End, Query};
use utoipa::{IntoParams, ToSchema};

use crate::models::Served;
use crate::problem::Problem;

/// Whom candidates are asked for: exactly one of these, by name or id.
#[derive(Clone, Debug, Default, Deserialize, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
pub struct Whom {
    /// A disease, whatever the graph calls diseases.
    pub disease: Option<String>,
    /// A drug, whatever the graph calls drugs.
    pub drug: Option<String>,
    /// A source of the predicted relation.
    pub source: Option<String>,
    /// A target of the predicted relation.
    pub target: Option<String>,
}

impl Whom {
    /// What is named, each with the end of the relation that it stands at.
    fn named(&self, served: &Served) -> Result<Vec<(End, &str)>, Problem> {
        let key = &served.predictor.relation().key;
        let mut named = Vec::new();
        for (role, wanted, text) in
            [(Role::Disease, "disease", &self.disease), (Role::Drug, "drug", &self.drug)]
        {
            if let Some(text) = text {
                named.push((end_by_role(role, wanted, key)?, text.as_str()));
            }
        }
        let ends = [(End::Source, &self.source), (End::Target, &self.target)];
        named.extend(ends.iter().filter_map(|(end, text)| Some((*end, text.as_deref()?))));
        Ok(named)
    }

    /// The node that candidates are asked for.
    ///
    /// # Errors
    ///
    /// When none is named, or several, or the name fits no node or several.
    pub fn query(&self, served: &Served) -> Result<Query, Problem> {
        match self.named(served)?[..] {
            [(end, text)] => Ok(Query { end, node: node(served, end, text)? }),
            [] => {
                Err(Problem::bad_request("nobody is named; expected one of disease, drug, source and target"))
            }
            _ => Err(Problem::bad_request(
                "several are named; expected one of disease, drug, source and target",
            )),
        }
    }

    /// The pair that is asked about.
    ///
    /// # Errors
    ///
    /// When not each end of the relation is named once, or a name fits no node or several.
    pub fn pair(&self, served: &Served) -> Result<Pair, Problem> {
        let mut ends: [Option<&str>; 2] = [None, None];
        for (end, text) in self.named(served)? {
            if ends[end as usize].replace(text).is_some() {
                return Err(Problem::bad_request("one end of the pair is named twice; expected each once"));
            }
        }
        let [Some(source), Some(target)] = ends else {
            let detail = "expected both ends of the pair, by drug and disease, or source and target";
            return Err(Problem::bad_request(detail));
        };
        Ok(Pair::new(node(served, End::Source, source)?, node(served, End::Target, target)?))
    }
}

/// The node at an end of the model's relation that a text names.
fn node(served: &Served, end: End, text: &str) -> Result<u32, Problem> {
    let table = served.predictor.table(end);
    match served.node(&table.node_type, text) {
        Some(node) => Ok(node.index),
        None => Ok(find(table, text, &|_| ())?),
    }
}
