//! `theriac rank`

use std::path::Path;
use std::slice;

use serde::Serialize;
use theriac_graph::{NodeLabel, Relation, Role};
use theriac_link::{EvaluationReport, FittedScorer};
use theriac_models::{Calibration, Card, Probabilities, SignedCard, SplitReference, TrainedModel};
use theriac_predict::Trained;
use theriac_predict::contributions::Contributed;
use theriac_predict::numbers::{counted, figure, grouped, small_share};
use theriac_predict::predictions::{PredictionFile, PredictionFormat};
use theriac_predict::query::{end_by_role, find};
use theriac_predict::ranked::{Candidate, End, Query, Ranked, SPAN, all_or};

use crate::cli::{QueryArguments, RankArguments};
use crate::commands::rank_new_node::rank_new_node;
use crate::console::Console;
use crate::contributions;
use crate::error::CliError;
use crate::ranked::table;
use crate::shard::Shard;

/// What the columns of `--contributions` say.
const CONTRIBUTIONS: &str = "Base, popularity (how many known links the two nodes have) and parts add up to the score, a log-odds \
                             (Shapley values).";

/// What `--json` prints.
#[derive(Serialize)]
struct Document<'a> {
    query: QueryNode<'a>,
    results: Vec<ResultRow<'a>>,
    base_rate: f64,
    probability: &'a str,
    model: ModelSummary<'a>,
}

#[derive(Serialize)]
struct ResultRow<'a> {
    #[serde(flatten)]
    candidate: &'a Candidate,
    contributions: Option<Contributed<'a>>,
}

#[derive(Serialize)]
struct QueryNode<'a> {
    id: &'a str,
    name: &'a str,
    #[serde(rename = "type")]
    node_type: &'a str,
}

#[derive(Serialize)]
struct ModelSummary<'a> {
    path: String,
    scorer: &'a str,
    target: String,
    preset: Option<&'a str>,
    seed: u64,
    split_hash: &'a str,
    test: &'a EvaluationReport,
}

/// What was asked and found.
struct Answer<'a> {
    path: &'a Path,
    model: &'a TrainedModel,
    query_type: &'a str,
    query: NodeLabel,
    asked: Query,
    candidate_type: &'a str,
    /// Candidates in all.
    counted: usize,
    /// Known links of the query.
    known: usize,
    shown: &'a [Candidate],
}

/// Ranks the candidates for a node by a trained model.
///
/// # Errors
///
/// When the model or its graph cannot be read or do not belong together, or the name fits no node or several.
pub fn rank(arguments: &RankArguments, console: Console) -> Result<(), CliError> {
    let mut trained = Trained::open(&arguments.model, arguments.graph.as_deref())?;
    if arguments.contributions || arguments.json || arguments.without_popularity {
        trained.load_contributions(&arguments.model)?;
    }
    let QueryArguments { new_disease, new_drug, .. } = &arguments.query;
    let new = new_disease.as_ref().map(|file| (Role::Disease, "disease", file));
    if let Some((role, wanted, file)) = new.or(new_drug.as_ref().map(|file| (Role::Drug, "drug", file))) {
        let end = end_by_role(role, wanted, &trained.model.card.target)?;
        return rank_new_node(arguments, trained, end, file, console);
    }
    let (card, tables) = (&trained.model.card, trained.graph.node_tables());
    let relation = trained.relation()?;
    if arguments.contributions {
        trained.check_contributions("--contributions")?;
    }
    let (end, text) = queried(&arguments.query, card)?;
    let queried_table = &tables[end.node_type(relation)];
    let query = Query { end, node: find(queried_table, text, &console.notes())? };
    let known = match end {
        End::Source => relation.forward.degree(query.node),
        End::Target => relation.backward.degree(query.node),
    };
    let (only_novel, top) = (arguments.novel, all_or(arguments.top));
    let ranked = trained.candidacy(only_novel, arguments.without_popularity, top)?.rank(query);
    if let Some(path) = &arguments.output {
        let query = queried_table.label(query.node);
        return save(&ranked, path, arguments.to.map(Into::into), &trained, relation, &query, console);
    }
    let candidate_table = &tables[end.other().node_type(relation)];
    let answer = Answer {
        path: &arguments.model,
        model: &trained.model,
        query_type: &queried_table.node_type,
        query: queried_table.label(query.node),
        asked: query,
        candidate_type: &candidate_table.node_type,
        counted: ranked.counted,
        known: known as usize,
        shown: &ranked.candidates(candidate_table, Probabilities::of(card)),
    };
    if arguments.json {
        console.print_json(&answer.document())
    } else if arguments.tsv {
        answer.print_tsv(console)
    } else {
        answer.print_table(arguments, console)
    }
}

/// Writes the candidates to a file.
fn save(
    ranked: &Ranked,
    path: &Path,
    format: Option<PredictionFormat>,
    trained: &Trained,
    relation: &Relation,
    query: &NodeLabel,
    console: Console,
) -> Result<(), CliError> {
    let format = PredictionFormat::of(path, format)?;
    let key = relation.key.to_string();
    let mut file =
        PredictionFile::create(path, format, trained, (relation, &key), &Shard::WHOLE.to_string())?;
    file.write(slice::from_ref(ranked))?;
    let written = grouped(file.publish()?);
    let counted = grouped(ranked.counted);
    console.print(format_args!("{written} of {counted} candidates for {query} saved to {}.", path.display()))
}

/// Which end of the model's relation is asked for, and what was typed.
fn queried<'a>(arguments: &'a QueryArguments, card: &Card) -> Result<(End, &'a str), CliError> {
    match arguments {
        QueryArguments { disease: Some(text), .. } => {
            Ok((end_by_role(Role::Disease, "disease", &card.target)?, text))
        }
        QueryArguments { drug: Some(text), .. } => Ok((end_by_role(Role::Drug, "drug", &card.target)?, text)),
        QueryArguments { target: Some(text), .. } => Ok((End::Target, text)),
        QueryArguments { source, .. } => Ok((End::Source, source.as_deref().unwrap_or_default())),
    }
}

impl Answer<'_> {
    fn document(&self) -> Document<'_> {
        let TrainedModel { card, fitted, .. } = self.model;
        Document {
            query: QueryNode { id: &self.query.id, name: &self.query.name, node_type: self.query_type },
            results: self
                .shown
                .iter()
                .map(|candidate| ResultRow { candidate, contributions: self.contributed(candidate) })
                .collect(),
            base_rate: Probabilities::of(card).base_rate(),
            probability: &card.calibration.method,
            model: ModelSummary {
                path: self.path.display().to_string(),
                scorer: fitted.name(),
                target: card.target.to_string(),
                preset: card.preset.as_deref(),
                seed: card.seed,
                split_hash: &card.split.hash,
                test: &card.test,
            },
        }
    }

    /// What the score of a candidate is made of, where the model has it.
    fn contributed(&self, candidate: &Candidate) -> Option<Contributed<'_>> {
        self.model.fitted.contributions(self.asked.pair(candidate.node)).map(Contributed::from)
    }

    fn print_tsv(&self, console: Console) -> Result<(), CliError> {
        let mut writer = csv::WriterBuilder::new().delimiter(b'\t').from_writer(Vec::new());
        for candidate in self.shown {
            writer.serialize(candidate).map_err(|error| CliError::Output(error.into()))?;
        }
        let bytes = writer.into_inner().map_err(|error| CliError::Output(error.into_error()))?;
        console.print(String::from_utf8_lossy(&bytes).trim_end_matches('\n'))
    }

    fn print_table(&self, arguments: &RankArguments, console: Console) -> Result<(), CliError> {
        let card = &self.model.card;
        let novelty = if arguments.novel { "novel " } else { "" };
        console.print(format_args!(
            "{} of {} {novelty}{} candidates for {}, by {}\n",
            grouped(self.shown.len()),
            grouped(self.counted),
            self.candidate_type,
            self.query,
            self.path.display()
        ))?;
        let mark = |candidate: &Candidate| match (candidate.known, candidate.known_against) {
            (true, Some(true)) => "known, and known against",
            (true, _) => "known",
            (false, Some(true)) => "known against",
            (false, _) => "",
        };
        console.print(table(self.shown, mark))?;
        if arguments.contributions {
            let contributed: Vec<(&Candidate, Contributed<'_>)> = self
                .shown
                .iter()
                .filter_map(|candidate| Some((candidate, self.contributed(candidate)?)))
                .collect();
            let rows = contributed.iter().map(|(candidate, contributed)| (*candidate, contributed));
            console.print(format_args!("\n{}", contributions::table(rows)))?;
            console.print(format_args!("\n{CONTRIBUTIONS}"))?;
        }
        let known = counted(self.known, "known link");
        let place = if arguments.novel { "left out" } else { "among the candidates" };
        let Calibration { method, base_rate, .. } = &card.calibration;
        console.print(format_args!("\n{known} {place}."))?;
        if arguments.without_popularity {
            console.print(
                "Ranked without what popularity adds to the scores; scores and probabilities are with it.",
            )?;
        }
        if let Some(signed) = &card.signed {
            let [target, against] = signed.three_way.base_rates.map(small_share);
            let SignedCard { against: relation, .. } = signed;
            console.print(format_args!(
                "Probability and against: of {} and of {relation}, by multinomial logistic regression on both scores, fitted on \
                 the validation parts; base rates {target} and {against}.",
                card.target
            ))?;
        } else {
            console.print(format_args!("Probability: {method}; base rate {}.", small_share(*base_rate)))?;
        }
        if self.shown.iter().any(|candidate| candidate.probability_low.is_some()) {
            console.print(format_args!(
                "Interval: {SPAN} standard deviations to either side, over the model's members."
            ))?;
        }
        console.print(record(card))
    }
}

/// How good the model was on the test part, beside the others.
fn record(card: &Card) -> String {
    let figures = card.test.scorers.iter().rev().map(|scorer| {
        let shown = |key| figure(scorer.figures.at(key).unwrap_or(f64::NAN));
        let (mrr, hits) = (shown("ranking.mrr"), shown("ranking.hits@10"));
        format!("{} {mrr} {hits}", scorer.scorer)
    });
    let figures: Vec<String> = figures.collect();
    let SplitReference { description, learned_validation, .. } = &card.split;
    let learned = if *learned_validation { ", validation learned too" } else { "" };
    format!("Test part, filtered MRR and hits@10: {}; {description}{learned}.", figures.join(", "))
}
