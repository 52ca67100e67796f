//! Candidates for a node that the graph does not have, told by its edges or features.

use std::path::Path;

use serde::Serialize;
pub use theriac_baselines::inductive::Opinion;
use theriac_baselines::inductive::{Examined, Induction};
use theriac_explain::{Explainer, Question};
use theriac_formats::{Input, read_new_node};
use theriac_graph::{EditedGraph, Graph, NewNode};
use theriac_link::{Budget, FittedScorer, Pair, Silent, Split, Task, TrainView};
use theriac_models::TrainedModel;
use utoipa::ToSchema;

use crate::experiment::Experiment;
use crate::explained::{Answer, Standing};
use crate::ranked::{End, Query, best_of};
use crate::{Note, PredictError};

/// Supporters that a candidate is shown with, at most.
const SUPPORTERS: usize = 3;

/// A candidate for a new node.
#[derive(Serialize, ToSchema)]
pub struct Row {
    /// From 1.
    pub rank: usize,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its score: no probability.
    pub score: f32,
    /// Share of the candidates that are scored lower, in per cent.
    pub percentile: f64,
    /// Mean of the model's probabilities of the candidate for the nodes that vote, by their shares.
    pub model_probability: Option<f64>,
    /// What it has in common with the new node, as part of the score.
    pub in_common: f32,
    /// The known nodes that say most for it.
    pub support: Vec<Supporter>,
}

/// A known node with what it adds to a score.
#[derive(Serialize, ToSchema)]
pub struct Supporter {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// How much of the score it adds.
    pub adds: f32,
}

/// A kind of evidence, and what of it there is for the new node.
#[derive(Serialize, ToSchema)]
pub struct Evidence<'a> {
    /// What it is called.
    pub kind: &'a str,
    /// How much it is listened to.
    pub weight: f32,
    /// Nodes, or candidates, that it finds to be like the new node.
    pub alike: usize,
    /// Over known nodes that were taken for new.
    pub nodes: usize,
    /// Of this kind alone, on those nodes.
    pub auroc: f64,
    /// Of this kind alone, on those nodes.
    pub average_precision: f64,
    /// Of naming the candidates with the most links, on those nodes.
    pub popularity_average_precision: f64,
}

/// Candidates for a new node as one JSON document.
#[derive(Serialize, ToSchema)]
pub struct Document<'a> {
    query: &'a str,
    #[serde(rename = "type")]
    node_type: &'a str,
    edges: usize,
    abstained: Option<&'a str>,
    candidates: usize,
    results: &'a [Row],
    evidence: &'a [Evidence<'a>],
    model: String,
    target: String,
}

/// Reads what a file tells of a new node at that end of the model's relation. What the model predicts is not taken from it.
///
/// # Errors
///
/// When the file is not what it should be.
pub fn read(
    input: &Input,
    model: &TrainedModel,
    graph: &Graph,
    end: End,
    note: Note<'_>,
) -> Result<NewNode, PredictError> {
    let node_type = end.node_type(graph.relation(&model.card.target)?);
    let task = Task::with_every_sibling(graph, model.card.target.clone())?;
    let predicted = [&[task.target().clone()][..], task.siblings()].concat();
    let (node, notes) = read_new_node(input, graph, node_type, &predicted)?;
    for told in notes {
        note(told);
    }
    Ok(node)
}

/// A graph that a new node has joined.
pub struct Joined {
    /// What the model saw of it: all is known of what is scored.
    pub view: TrainView,
    /// The whole graph, with what the sources say of its edges.
    pub whole: Graph,
}

/// A new node, and who is asked about it.
pub struct Newcomer<'a> {
    /// What it is called.
    pub name: String,
    /// The model's folder.
    pub folder: &'a Path,
    /// The model.
    pub model: &'a TrainedModel,
    /// Its graph.
    pub experiment: &'a Experiment,
    induction: Induction<'a>,
    /// Which end of the model's relation it is.
    pub end: End,
    /// What is told of it.
    pub node: &'a NewNode,
}

impl<'a> Newcomer<'a> {
    /// Whoever wants candidates for `node`, which is at that end of the model's relation. What kinds of evidence are worth is
    /// learned here, from the known nodes.
    ///
    /// # Errors
    ///
    /// When nothing can be learned from the view.
    pub fn new(
        name: String,
        (folder, model, experiment): (&'a Path, &'a TrainedModel, &'a Experiment),
        end: End,
        node: &'a NewNode,
    ) -> Result<Self, PredictError> {
        let budget = Budget::new(model.card.seed, &Silent);
        let [of_sources, of_targets] = Induction::learn(&experiment.view, &budget)?;
        let induction = if end == End::Source { of_sources } else { of_targets };
        Ok(Self { name, folder, model, experiment, induction, end, node })
    }

    /// What the known nodes that it is like say of the candidates; `None` where there is no evidence to rank by.
    pub fn opinion(&self) -> Option<Opinion> {
        self.induction.opinion(self.node)
    }

    /// Why nothing can be said.
    pub fn reason(&self) -> String {
        let table = &self.experiment.graph.node_tables()[self.node.node_type];
        let of_type = &table.node_type;
        if self.induction.examined().iter().all(|examined| examined.weight == 0.0) {
            return format!(
                "no kind of evidence in the graph tells the links of a {of_type} without known links better than naming the \
                 candidates with the most links; expected another graph, with edges or features that do"
            );
        }
        let kinds = self.induction.examined().iter().filter(|examined| examined.weight > 0.0);
        let kinds: Vec<&str> = kinds.map(|examined| examined.evidence.as_str()).collect();
        format!(
            "what the file tells of it is shared with no {of_type} that has known links; what tells something in this graph is {}",
            kinds.join(", ")
        )
    }

    /// The first `top` candidates.
    pub fn rows(&self, opinion: &Opinion, top: usize) -> Vec<Row> {
        let tables = self.experiment.graph.node_tables();
        let candidates = &tables[self.end.other().node_type(self.experiment.view.target())];
        let own = &tables[self.node.node_type];
        let row = |(place, (node, score, percentile)): (usize, (u32, f32, f64))| {
            let supporters = self.induction.supporters(opinion, node).into_iter().take(SUPPORTERS);
            let support = supporters.map(|(voter, adds)| {
                let label = own.label(voter);
                Supporter { id: label.id, name: label.name, adds }
            });
            let common = opinion.direct.binary_search_by_key(&node, |&(candidate, _)| candidate);
            let label = candidates.label(node);
            Row {
                rank: place + 1,
                id: label.id,
                name: label.name,
                score,
                percentile,
                model_probability: self.model_probability(opinion, node),
                in_common: common.map_or(0.0, |place| opinion.direct[place].1),
                support: support.collect(),
            }
        };
        best_of(&opinion.scores, &[], top).into_iter().enumerate().map(row).collect()
    }

    fn model_probability(&self, opinion: &Opinion, candidate: u32) -> Option<f64> {
        let TrainedModel { fitted, card, .. } = self.model;
        let pair = |&(voter, _): &(u32, f32)| Query { end: self.end, node: voter }.pair(candidate);
        let pairs: Vec<Pair> = opinion.voters.iter().map(pair).collect();
        let shares = opinion.voters.iter().map(|&(_, share)| f64::from(share));
        let all: f64 = shares.clone().sum();
        let scores = fitted.score(&pairs);
        let sum: f64 =
            scores.into_iter().zip(shares).map(|(s, share)| share * card.calibration.probability(s)).sum();
        (all > 0.0).then(|| sum / all)
    }

    /// The graph with the new node in it: the last of its type, under the name of the newcomer.
    ///
    /// # Errors
    ///
    /// [`PredictError::Asked`] where the model's relation joins a type with itself.
    pub fn joined(&self) -> Result<Joined, PredictError> {
        let Experiment { graph: whole, view: seen, .. } = self.experiment;
        let target = seen.target();
        let table = &whole.node_tables()[self.node.node_type];
        if target.source_type == target.target_type {
            return Err(PredictError::Asked(format!(
                "{} joins {} with itself; expected a relation between two types to explain candidates for a new node",
                target.key, table.node_type
            )));
        }
        let is_taken = table.ids.contains(&self.name);
        let id = if is_taken { format!("{} (new)", self.name) } else { self.name.clone() };
        let graph = self.node.joined_to(seen.graph(), &id);
        let task = Task::with_every_sibling(&graph, target.key.clone())?;
        let split = Split::random(&graph, &task, 0.0, 0.0, self.model.card.seed)?;
        Ok(Joined { view: TrainView::new(&graph, &split)?, whole: self.node.joined_to(whole, &id) })
    }

    /// The question why a candidate scores as it does, with what is sensible for all else.
    pub fn question(&self, opinion: &Opinion, candidate: u32) -> Question<'_> {
        let node = self.experiment.graph.node_tables()[self.node.node_type].len() as u32;
        let pair = Query { end: self.end, node }.pair(candidate);
        let mut others = opinion.scores.clone();
        others.remove(candidate as usize);
        Question { seed: self.model.card.seed, ..Question::new(pair, others) }
    }

    /// Why a candidate scores as it does; `joined` is the graph with the new node in it.
    ///
    /// # Errors
    ///
    /// When that graph lacks the model's relation.
    pub fn answer<'b>(
        &'b self,
        joined: &'b Joined,
        opinion: &Opinion,
        question: &Question<'_>,
    ) -> Result<Answer<'b>, PredictError> {
        let rescorer = self.induction.rescorer(self.node);
        let Joined { view, whole } = joined;
        let explainer = Explainer::new(view, &rescorer, EditedGraph::new(view.graph()));
        let Pair { source, target } = question.pair;
        let candidate = if self.end == End::Target { source } else { target };
        let score = opinion.scores[candidate as usize];
        Ok(Answer {
            folder: self.folder,
            model: self.model,
            graph: whole,
            relation: whole.relation(&self.model.card.target)?,
            made_of: None,
            explanation: explainer.explain(question),
            standing: Standing::of_newcomer(score, self.end, &question.others),
            what_if: None,
            top: question.top,
        })
    }

    /// The kinds of evidence that are listened to.
    pub fn evidence(&self, opinion: Option<&Opinion>) -> Vec<Evidence<'_>> {
        let listened = |(_, examined): &(usize, &Examined)| examined.weight > 0.0;
        let told = |place: usize| {
            let found = opinion.and_then(|opinion| opinion.told.iter().find(|(of, _)| *of == place));
            found.map_or(0, |(_, alike)| *alike)
        };
        self.induction
            .examined()
            .iter()
            .enumerate()
            .filter(listened)
            .map(|(place, examined)| Evidence {
                kind: &examined.evidence,
                weight: examined.weight,
                alike: told(place),
                nodes: examined.nodes,
                auroc: examined.auroc,
                average_precision: examined.average_precision,
                popularity_average_precision: examined.popularity,
            })
            .collect()
    }

    /// As one JSON document; `abstained` says why nothing was ranked.
    pub fn document<'d>(
        &'d self,
        results: &'d [Row],
        evidence: &'d [Evidence<'d>],
        abstained: Option<&'d str>,
    ) -> Document<'d> {
        let relation = self.experiment.view.target();
        let tables = self.experiment.graph.node_tables();
        Document {
            query: &self.name,
            node_type: &tables[self.node.node_type].node_type,
            edges: self.node.edges.len(),
            abstained,
            candidates: tables[self.end.other().node_type(relation)].len(),
            results,
            evidence,
            model: self.folder.display().to_string(),
            target: relation.key.to_string(),
        }
    }
}
