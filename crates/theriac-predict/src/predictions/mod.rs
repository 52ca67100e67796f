//! Files of predictions: a row for each scored pair, in the forms that other tools read.
//!
//! A new form is one module with a `RowWriter`, one variant of [`PredictionFormat`] and one row in its table of endings.

mod json_lines;
mod kgx;
mod parquet;
mod tsv;

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;
use theriac_graph::{Graph, NodeTable, Relation};
use theriac_link::calibration::ThreeWay;
use theriac_link::{FittedScorer, Pair};
use theriac_models::{Calibration, Probabilities, SignedCard, TrainedModel};

use crate::PredictError;
use crate::Trained;
use crate::output::{OutputFile, format_of};
use crate::ranked::{Place, Query, Ranked};

/// A form of prediction files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PredictionFormat {
    /// Tab-separated values with a header.
    Tsv,
    /// One JSON object a line.
    JsonLines,
    /// Parquet, in row groups.
    Parquet,
    /// Edges of the Biolink model as a KGX table, marked as predictions.
    Kgx,
}

const ENDINGS: [(&str, PredictionFormat); 4] = [
    ("tsv", PredictionFormat::Tsv),
    ("jsonl", PredictionFormat::JsonLines),
    ("ndjson", PredictionFormat::JsonLines),
    ("parquet", PredictionFormat::Parquet),
];

impl PredictionFormat {
    /// The form that was asked for, or that the ending of the path tells.
    ///
    /// # Errors
    ///
    /// [`PredictError::UnknownEnding`] where neither does.
    pub fn of(path: &Path, asked: Option<Self>) -> Result<Self, PredictError> {
        format_of(path, asked, &ENDINGS)
    }
}

/// The columns of a prediction, in the order of its fields.
const COLUMNS: [&str; 12] = [
    "rank",
    "source_id",
    "source_name",
    "source_type",
    "relation",
    "target_id",
    "target_name",
    "target_type",
    "score",
    "probability",
    "percentile",
    "known",
];

/// The columns that a signed model adds.
const SIGNED_COLUMNS: [&str; 2] = ["probability_against", "known_against"];

/// The columns of predictions of a model, signed or not.
fn columns(signed: bool) -> impl Iterator<Item = &'static str> {
    let added: &[&str] = if signed { &SIGNED_COLUMNS } else { &[] };
    COLUMNS.iter().chain(added).copied()
}

/// A scored pair.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Prediction<'a> {
    /// The pair.
    #[serde(skip)]
    pair: Pair,
    /// Place among the candidates for the same target, or the same source, from 1.
    rank: u32,
    source_id: &'a str,
    source_name: &'a str,
    source_type: &'a str,
    /// `source:name:target`.
    relation: &'a str,
    target_id: &'a str,
    target_name: &'a str,
    target_type: &'a str,
    score: f32,
    /// As the calibration has it.
    probability: f64,
    /// Share of the candidates that are scored lower, in per cent.
    percentile: f64,
    /// Whether the link is in the graph, in whatever part of a split.
    known: bool,
    /// Probability of the relation against the target, of a signed model.
    #[serde(skip_serializing_if = "Option::is_none")]
    probability_against: Option<f64>,
    /// Whether that relation holds in the graph, of a signed model.
    #[serde(skip_serializing_if = "Option::is_none")]
    known_against: Option<bool>,
}

/// What takes rows and makes bytes of them.
trait RowWriter: Send {
    /// Writes these rows after the earlier ones.
    fn write(&mut self, rows: &[Prediction<'_>]) -> io::Result<()>;

    /// Writes what is left.
    fn finish(self: Box<Self>) -> io::Result<()>;
}

/// What predictions are made by: written beside them where the form has a place for it.
#[derive(Serialize)]
struct Origin<'a> {
    theriac: &'a str,
    scorer: &'a str,
    /// [`theriac_models::TrainedModel::fingerprint`].
    model: String,
    graph: &'a str,
    target: &'a str,
    split: &'a str,
    learned_validation: bool,
    seed: u64,
    /// How scores became probabilities.
    probability: &'a Calibration,
    /// What speaks against a pair, of a signed model.
    #[serde(skip_serializing_if = "Option::is_none")]
    signed: Option<SignedOrigin<'a>>,
    shard: String,
}

/// What speaks against a pair.
#[derive(Serialize)]
struct SignedOrigin<'a> {
    against: String,
    split: &'a str,
    probability: &'a ThreeWay,
}

impl<'a> SignedOrigin<'a> {
    fn new(card: &'a SignedCard) -> Self {
        Self { against: card.against.to_string(), split: &card.split.hash, probability: &card.three_way }
    }
}

/// Rows of predictions on their way to wherever they are written, block by block.
pub struct PredictionWriter<'a> {
    relation: &'a str,
    probabilities: Probabilities<'a>,
    sources: &'a NodeTable,
    targets: &'a NodeTable,
    rows: Box<dyn RowWriter + 'a>,
    written: usize,
}

impl<'a> PredictionWriter<'a> {
    /// A writer to `out` of what this model says of its graph. `key` is the relation's key as text, `shard` says which part of
    /// all predictions follow: `1/1`.
    ///
    /// # Errors
    ///
    /// When `out` takes nothing.
    pub fn new(
        out: impl Write + Send + 'a,
        format: PredictionFormat,
        (model, graph): (&'a TrainedModel, &'a Graph),
        (relation, key): (&'a Relation, &'a str),
        shard: &str,
    ) -> io::Result<Self> {
        let card = &model.card;
        let origin = Origin {
            theriac: &card.theriac,
            scorer: model.fitted.name(),
            model: model.fingerprint(),
            graph: &card.graph.fingerprint,
            target: key,
            split: &card.split.hash,
            learned_validation: card.split.learned_validation,
            seed: card.seed,
            probability: &card.calibration,
            signed: card.signed.as_ref().map(SignedOrigin::new),
            shard: shard.into(),
        };
        let rows: Box<dyn RowWriter + 'a> = match format {
            PredictionFormat::Tsv => tsv::writer(out, origin.signed.is_some())?,
            PredictionFormat::JsonLines => json_lines::writer(out),
            PredictionFormat::Parquet => parquet::writer(out, &origin)?,
            PredictionFormat::Kgx => kgx::writer(out, graph, relation, &origin)?,
        };
        let tables = graph.node_tables();
        Ok(Self {
            relation: key,
            probabilities: Probabilities::of(card),
            sources: &tables[relation.source_type],
            targets: &tables[relation.target_type],
            rows,
            written: 0,
        })
    }

    /// Writes the candidates of these queries after the earlier ones.
    ///
    /// # Errors
    ///
    /// When the system refuses, or the form has no way to write an id.
    pub fn write(&mut self, ranked: &[Ranked]) -> io::Result<()> {
        let mut rows = Vec::with_capacity(ranked.iter().map(|of| of.best.len()).sum());
        for Ranked { query, best, .. } in ranked {
            rows.extend(best.iter().map(|place| self.row(*query, place)));
        }
        self.written += rows.len();
        self.rows.write(&rows)
    }

    /// Writes what is left; gives the number of rows.
    ///
    /// # Errors
    ///
    /// When the system refuses.
    pub fn finish(self) -> io::Result<usize> {
        self.rows.finish()?;
        Ok(self.written)
    }

    fn row(&self, query: Query, place: &Place) -> Prediction<'a> {
        let pair = query.pair(place.node);
        let (source, target) = (pair.source as usize, pair.target as usize);
        let against = place.against;
        let (probability, probability_against) =
            self.probabilities.probability(place.score, against.map(|against| against.score));
        Prediction {
            pair,
            rank: place.rank,
            source_id: &self.sources.ids[source],
            source_name: &self.sources.names[source],
            source_type: &self.sources.node_type,
            relation: self.relation,
            target_id: &self.targets.ids[target],
            target_name: &self.targets.names[target],
            target_type: &self.targets.node_type,
            score: place.score,
            probability,
            percentile: place.percentile,
            known: place.known,
            probability_against,
            known_against: against.map(|against| against.known),
        }
    }
}

/// A file of predictions being written. Dropped unpublished, it leaves no trace.
pub struct PredictionFile<'a> {
    // Before the output, so that its file is closed when that is removed.
    rows: PredictionWriter<'a>,
    output: OutputFile,
}

impl<'a> PredictionFile<'a> {
    /// Makes room for a file at `path`; the rest as for [`PredictionWriter::new`].
    ///
    /// # Errors
    ///
    /// When a folder is there, or nothing can be written there.
    pub fn create(
        path: &Path,
        format: PredictionFormat,
        trained: &'a Trained,
        relation: (&'a Relation, &'a str),
        shard: &str,
    ) -> Result<Self, PredictError> {
        let output = OutputFile::new(path, "file of predictions")?;
        let out = output.open()?;
        let rows = PredictionWriter::new(out, format, (&trained.model, &trained.graph), relation, shard);
        Ok(Self { rows: rows.map_err(|error| output.failed(error))?, output })
    }

    /// Writes the candidates of these queries after the earlier ones.
    ///
    /// # Errors
    ///
    /// When the system refuses, or the form has no way to write an id.
    pub fn write(&mut self, ranked: &[Ranked]) -> Result<(), PredictError> {
        self.rows.write(ranked).map_err(|error| self.output.failed(error))
    }

    /// Puts the file in its place; gives the number of its rows.
    ///
    /// # Errors
    ///
    /// When the system refuses.
    pub fn publish(self) -> Result<usize, PredictError> {
        let Self { rows, output } = self;
        let written = rows.finish().map_err(|error| output.failed(error))?;
        output.publish()?;
        Ok(written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two predictions, one with a name that needs care.
    pub(super) const SAMPLE: [Prediction<'static>; 2] = [
        Prediction {
            pair: Pair { source: 0, target: 0 },
            rank: 1,
            source_id: "drugbank:DB1",
            source_name: "a \"b\"\tc",
            source_type: "drug",
            relation: "drug:treats:disease",
            target_id: "7",
            target_name: "fever",
            target_type: "disease",
            score: 1.5,
            probability: 0.75,
            percentile: 50.0,
            known: true,
            probability_against: None,
            known_against: None,
        },
        Prediction {
            pair: Pair { source: 1, target: 0 },
            rank: 2,
            source_id: "7",
            source_name: "d",
            source_type: "drug",
            relation: "drug:treats:disease",
            target_id: "7",
            target_name: "fever",
            target_type: "disease",
            score: -0.1,
            probability: 0.25,
            percentile: 0.0,
            known: false,
            probability_against: None,
            known_against: None,
        },
    ];

    pub(super) const ORIGIN: Origin<'static> = Origin {
        theriac: "0.1.0",
        scorer: "graphsage",
        model: String::new(),
        graph: "g",
        target: "drug:treats:disease",
        split: "s",
        learned_validation: false,
        seed: 7,
        probability: &Calibration { method: String::new(), base_rate: 0.5, calibrator: None },
        signed: None,
        shard: String::new(),
    };

    #[test]
    fn the_columns_are_the_fields() {
        let row = serde_json::to_string(&SAMPLE[0]).unwrap();
        let places: Vec<_> = COLUMNS.iter().map(|name| row.find(&format!("\"{name}\":")).unwrap()).collect();
        assert!(places.is_sorted(), "{row}");
        assert_eq!(serde_json::to_value(SAMPLE[0]).unwrap().as_object().unwrap().len(), COLUMNS.len());
    }
}
