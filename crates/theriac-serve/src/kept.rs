//! Pairs of a model as the shortlist keeps them.

use std::collections::HashMap;
use std::time::SystemTime;

use theriac_link::{FittedScorer, Pair};
use theriac_models::Probabilities;
use theriac_predict::explained::Standing;
use theriac_predict::ranked::End;

use crate::models::Served;
use crate::problem::Problem;
use crate::shortlist::{Entry, Filter, PairKey, Record, Timestamp};
use crate::workbench::Workbench;

/// Now, as the shortlist writes it.
pub fn now() -> Timestamp {
    Timestamp::at(SystemTime::now())
}

/// What tells a pair of a model from others.
pub fn key(served: &Served, pair: Pair) -> PairKey {
    let id = |end: End, node: u32| served.predictor.table(end).ids[node as usize].clone();
    PairKey {
        relation: served.predictor.relation().key.clone(),
        source_id: id(End::Source, pair.source),
        target_id: id(End::Target, pair.target),
    }
}

/// A pair with what the model says of it now.
pub fn record(served: &Served, pair: Pair) -> Record {
    let predictor = &served.predictor;
    let name = |end: End, node: u32| predictor.table(end).names[node as usize].clone();
    let score = predictor.model.fitted.score(&[pair])[0];
    let against = predictor.model.against.as_ref().map(|against| against.score(&[pair])[0]);
    let (probability, _) = Probabilities::of(&predictor.model.card).probability(score, against);
    let place = Standing::place(score, &predictor.question(pair).others);
    Record {
        source_name: name(End::Source, pair.source),
        target_name: name(End::Target, pair.target),
        score: Some(score),
        probability: Some(probability),
        rank: Some(place.rank.round() as u32),
        model: served.name.clone(),
        graph: predictor.model.card.graph.fingerprint.clone(),
        ..Record::new(key(served, pair), now())
    }
}

/// The pair of a model with these ids; `None` where its graph has none.
pub fn pair(served: &Served, source_id: &str, target_id: &str) -> Option<Pair> {
    let node = |end: End, id: &str| served.node(&served.predictor.table(end).node_type, id);
    Some(Pair::new(node(End::Source, source_id)?.index, node(End::Target, target_id)?.index))
}

/// The pairs of a model's relation that are on the shortlist.
pub struct Pins(HashMap<(String, String), Entry>);

impl Pins {
    /// Those of a model.
    ///
    /// # Errors
    ///
    /// When the shortlist cannot be read.
    pub fn of(bench: &Workbench, served: &Served) -> Result<Self, Problem> {
        let filter = Filter { relation: Some(served.predictor.relation().key.clone()), ..Filter::default() };
        let entries = bench.shortlist.list(&filter)?;
        let key = |entry: &Entry| (entry.record.source_id.clone(), entry.record.target_id.clone());
        Ok(Self(entries.into_iter().map(|entry| (key(&entry), entry)).collect()))
    }

    /// The entry of a pair.
    pub fn entry(&self, served: &Served, pair: Pair) -> Option<&Entry> {
        let PairKey { source_id, target_id, .. } = key(served, pair);
        self.0.get(&(source_id, target_id))
    }
}
