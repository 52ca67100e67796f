//! The page of the candidates for a disease or a drug, as `theriac-report` draws it.

use theriac_explain::Question;
use theriac_graph::NodeTable;
use theriac_graph::wording::plural;
use theriac_link::{EvaluationReport, FittedScorer, Pair};
use theriac_models::Probabilities;
use theriac_report::{
    Accuracy, AccuracyRow, Candidate, CandidatePage, Explanation, Finding, Interval, Node, Place, Provenance,
    Query as Asked, Severity,
};

use crate::evaluation_page::sentence;
use crate::explained::Answer;
use crate::flags::flags;
use crate::numbers::{counted, grouped};
use crate::ranked::{self, End, Query};
use crate::{PredictError, Predictor};

/// Known links of a node below which its ranking is said to rest on little.
const FEW_LINKS: u32 = 3;
/// Share of all targets among whose ten best a candidate is, from which it is said to be named for many.
const FREQUENT: f64 = 0.05;
/// First ranks that sets of edges are looked for.
const TOP: usize = 10;

/// How much a page tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Whether known links are left out.
    pub only_novel: bool,
    /// Candidates in the table, at most.
    pub top: usize,
    /// The first of them that are explained.
    pub explained: usize,
}

impl Predictor {
    /// The page of the candidates for a node. Who asked, when and by which command is left to be filled in.
    ///
    /// # Errors
    ///
    /// When the graph lacks a relation that speaks against the target.
    pub fn candidate_page(&self, query: Query, extent: Extent) -> Result<CandidatePage, PredictError> {
        let (card, graph) = (&self.model.card, self.graph());
        let ranked = self.candidacy(extent.only_novel, extent.top)?.rank(query);
        let (own, table) = (self.table(query.end), self.table(query.end.other()));
        let shown = ranked.candidates(table, Probabilities::of(card));
        let candidates = shown.iter().enumerate().map(|(place, candidate)| {
            let explained = place < extent.explained;
            self.shown_candidate(query, candidate, explained)
        });
        let label = own.label(query.node);
        let known = self.known_links(query);
        let provenance = graph.provenance();
        Ok(CandidatePage {
            title: format!("{}: {}", label.name, plural(&table.node_type)),
            notice: None,
            summary: summary(known, &own.node_type),
            query: Asked { node: node(own, query.node), known_links: Some(known.into()) },
            candidate_kind: table.node_type.clone(),
            target: card.target.to_string(),
            graph: if provenance.name.is_empty() { "a graph".into() } else { provenance.name.clone() },
            model: format!("{}, {}", self.model.fitted.name(), self.folder.display()),
            provenance: Provenance {
                command: None,
                version: Some(format!("theriac {}", env!("CARGO_PKG_VERSION"))),
                hardware: None,
                seed: Some(card.seed),
                date: None,
                graph: Some(card.graph.fingerprint.clone()),
                licence: provenance.licence.clone(),
                citation: provenance.citation.clone(),
            },
            ranked: Some(ranked.counted as u64),
            base_rate: Some(Probabilities::of(card).base_rate()),
            candidates: candidates.collect(),
            accuracy: Some(accuracy(&card.test)),
            limits: limits(),
        })
    }

    fn shown_candidate(&self, query: Query, candidate: &ranked::Candidate, explained: bool) -> Candidate {
        let pair = query.pair(candidate.node);
        let mut shown = Candidate {
            rank: candidate.rank.into(),
            node: node(self.table(query.end.other()), candidate.node),
            score: candidate.score.into(),
            probability: Some(candidate.probability),
            interval: candidate
                .probability_low
                .zip(candidate.probability_high)
                .map(|(low, high)| Interval { low, high }),
            percentile: Some(candidate.percentile),
            popularity: self.popularity_share(pair),
            flags: flags(self.graph(), self.relation(), pair),
            evidence: None,
            explanation: None,
        };
        if explained {
            let question = Question { top: TOP, ..self.question(pair) };
            let answer = self.answer(self.edited(), &question);
            shown.evidence = answer.line();
            shown.explanation = Some(self.shown_explanation(query, &answer));
        }
        shown
    }

    /// Why a candidate scores as it does, as a page shows it, with what a reader has to be careful about.
    pub fn shown_explanation(&self, query: Query, answer: &Answer<'_>) -> Explanation {
        let reverse = match query.end {
            End::Target => answer.standing.among_targets,
            End::Source => answer.standing.among_sources,
        };
        let reverse = reverse.map(|place| Place { rank: place.rank.round() as u64, of: place.of as u64 });
        let Pair { source, target } = answer.explanation.pair;
        let candidate = if query.end == End::Target { source } else { target };
        answer.page(self.cautions(query, candidate), reverse)
    }

    /// The share that popularity has in what is added to the score of a pair, without signs; `None` where the model does not
    /// keep what its scores are made of.
    pub fn popularity_share(&self, pair: Pair) -> Option<f64> {
        let of = self.model.fitted.contributions(pair)?;
        let all: f32 = of.parts.iter().map(|(_, value)| value.abs()).sum::<f32>() + of.popularity.abs();
        Some(if all > 0.0 { f64::from(of.popularity.abs() / all) } else { 0.0 })
    }

    /// What a reader has to be careful about.
    pub fn cautions(&self, query: Query, candidate: u32) -> Vec<Finding> {
        let relation = self.experiment.view.target();
        let name = &self.table(query.end.other()).names[candidate as usize];
        let mut notes = Vec::new();
        let mut note = |sentence: String| {
            notes.push(Finding { severity: Severity::Warning, sentence, ..Finding::default() });
        };
        let seen = match query.end {
            End::Source => relation.backward.degree(candidate),
            End::Target => relation.forward.degree(candidate),
        };
        if seen < FEW_LINKS {
            note(format!(
                "Low support: the model has seen {} of {name}.",
                counted(seen as usize, "known link")
            ));
        }
        let model = self.model.card.test.scorers.iter().find(|scorer| !scorer.baseline);
        let times = model.and_then(|of| of.frequent.iter().find(|(source, _)| *source == candidate));
        if let (End::Target, Some(&(_, times))) = (query.end, times) {
            let share = times as f64 / f64::from(relation.backward.rows().max(1));
            if share >= FREQUENT {
                note(format!(
                    "Frequent flyer: {name} is among the ten best of {} {}, {:.0} % of all.",
                    grouped(times as usize),
                    plural(&self.table(End::Target).node_type),
                    100.0 * share
                ));
            }
        }
        notes
    }
}

/// What a reader has to know before the table.
fn summary(known: u32, kind: &str) -> Vec<String> {
    let mut sentences = Vec::new();
    if known == 0 {
        sentences.push(format!(
            "No link of this {kind} is known: what is said of it comes from its other edges and its features alone."
        ));
    } else if known < FEW_LINKS {
        sentences.push(format!(
            "Only {} of this {kind} {} known: the ranking rests on little.",
            counted(known as usize, "link"),
            if known == 1 { "is" } else { "are" }
        ));
    }
    sentences.push(
        "Scores rank candidates for a closer look by people who know the field; they are no advice on treatment.".into(),
    );
    sentences
}

/// A node as a page shows it.
pub fn node(table: &NodeTable, node: u32) -> Node {
    let label = table.label(node);
    Node { id: label.id, name: label.name, kind: table.node_type.clone() }
}

/// The figures of the model and the baselines on its test part.
pub fn accuracy(test: &EvaluationReport) -> Accuracy {
    let row = |scorer: &theriac_link::ScorerReport| AccuracyRow {
        scorer: scorer.scorer.clone(),
        baseline: scorer.baseline,
        auroc: scorer.figures.at("all_pairs.auroc"),
        ap: scorer.figures.at("all_pairs.ap"),
        mrr: scorer.figures.at("ranking.mrr"),
        hits_at_10: scorer.figures.at("ranking.hits@10"),
        prevalence: scorer.figures.at("all_pairs.prevalence"),
    };
    Accuracy {
        protocol: test.protocol.split("; ").map(sentence).collect(),
        rows: test.scorers.iter().map(row).collect(),
    }
}

fn limits() -> Vec<String> {
    [
        "An effect is what the score of this model loses without an edge. It is no measure of biology.",
        "Paths and edges are as good as their sources, and the graph knows only what was put into it.",
        "An unknown pair may be a treatment that nobody has tried, or one that was tried and failed.",
    ]
    .map(str::to_owned)
    .to_vec()
}
