//! All pairs, row by row, as long as the client reads.

use std::io::{self, Write};
use std::pin::Pin;
use std::slice;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_core::Stream;
use serde::Deserialize;
use theriac_predict::predictions::{PredictionFormat, PredictionWriter};
use theriac_predict::ranked::{End, Query};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use utoipa::{IntoParams, ToSchema};

use crate::asked::{Asked, At};
use crate::models::Served;
use crate::problem::Problem;
use crate::workbench::Workbench;

/// Blocks of rows that wait for the client.
const WAITING: usize = 4;
/// Bytes of a block, about.
const BLOCK: usize = 1 << 16;

/// Whose candidates are ranked.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Per {
    /// Those of each source.
    Source,
    /// Those of each target.
    #[default]
    Target,
}

/// The form of the rows.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// One JSON object a line.
    #[default]
    Ndjson,
    /// Tab-separated values with a header.
    Tsv,
}

/// Which pairs are wanted.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct Screen {
    /// Candidates of each, 100 where nothing is said, 0 for all.
    top: Option<usize>,
    /// Leave out known links.
    novel: bool,
    /// Whose candidates are ranked: those of each target, or of each source.
    per: Per,
    /// The form of the rows.
    form: Form,
}

/// Sends the candidates of every node, row by row.
#[utoipa::path(
    get, path = "/api/v1/models/{model}/screen", tag = "predictions",
    params(("model" = String, Path, description = "What the model is called"), Screen),
    responses(
        (status = OK, content_type = "application/x-ndjson", body = String, description = "A row a line, as theriac screen writes it"),
        (status = NOT_FOUND, body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn screen(
    State(bench): State<Arc<Workbench>>,
    At(model): At<String>,
    Asked(wanted): Asked<Screen>,
) -> Result<Response, Problem> {
    let served = bench.model(&model)?;
    let (rows, waiting) = channel(WAITING);
    let content_type = match wanted.form {
        Form::Ndjson => "application/x-ndjson",
        Form::Tsv => "text/tab-separated-values; charset=utf-8",
    };
    // An error ends the rows before their end, which the client sees: the last chunk is missing.
    bench.in_background(move || {
        let broken = rows.clone();
        if let Err(error) = write(&served, wanted, Rows { rows, block: Vec::with_capacity(BLOCK) }) {
            let _ = broken.blocking_send(Err(error));
        }
    });
    Ok(([(header::CONTENT_TYPE, content_type)], Body::from_stream(Blocks(waiting))).into_response())
}

fn write(served: &Served, wanted: Screen, out: Rows) -> io::Result<()> {
    let predictor = &served.predictor;
    let end = match wanted.per {
        Per::Source => End::Source,
        Per::Target => End::Target,
    };
    let format = match wanted.form {
        Form::Ndjson => PredictionFormat::JsonLines,
        Form::Tsv => PredictionFormat::Tsv,
    };
    let top = theriac_predict::ranked::all_or(wanted.top.unwrap_or(100));
    let candidacy = predictor.candidacy(wanted.novel, top).map_err(io::Error::other)?;
    let relation = predictor.relation();
    let key = relation.key.to_string();
    let of = (&predictor.model, predictor.graph());
    let mut writer = PredictionWriter::new(out, format, of, (relation, &key), "1/1")?;
    for node in 0..predictor.table(end).len() as u32 {
        writer.write(slice::from_ref(&candidacy.rank(Query { end, node })))?;
    }
    writer.finish()?;
    Ok(())
}

type Block = io::Result<Bytes>;

/// Rows on their way to the client, in blocks. Once nobody reads them, writing fails.
struct Rows {
    rows: Sender<Block>,
    block: Vec<u8>,
}

impl Write for Rows {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.block.extend_from_slice(bytes);
        if self.block.len() >= BLOCK {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.block.is_empty() {
            return Ok(());
        }
        let block = std::mem::replace(&mut self.block, Vec::with_capacity(BLOCK));
        self.rows.blocking_send(Ok(block.into())).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

impl Drop for Rows {
    fn drop(&mut self) {
        // Where it fails, nobody reads any more.
        let _ = self.flush();
    }
}

struct Blocks(Receiver<Block>);

impl Stream for Blocks {
    type Item = Block;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Block>> {
        self.0.poll_recv(context)
    }
}
