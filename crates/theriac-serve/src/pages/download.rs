//! Candidates as files.

use std::io::{self, Write};
use std::slice;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use theriac_predict::candidate_page::Extent;
use theriac_predict::predictions::{PredictionFormat, PredictionWriter};
use theriac_predict::ranked::Query;
use theriac_predict::timestamp;

use crate::asked::{Asked, At};
use crate::models::Served;
use crate::pages::candidates::{name, query};
use crate::problem::Problem;
use crate::reply::Reply;
use crate::workbench::Workbench;

/// Candidates of a report, and those that it explains.
const REPORT: (usize, usize) = (50, 5);

/// The form of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Form {
    Tsv,
    Parquet,
    Kgx,
    Html,
    Md,
}

/// Which file.
#[derive(Debug, Deserialize)]
pub struct Wanted {
    form: Form,
    #[serde(default)]
    novel: bool,
}

/// The candidates for a node as a file.
pub async fn download(
    State(bench): State<Arc<Workbench>>,
    At((model, node_type, id)): At<(String, String, String)>,
    Asked(Wanted { form, novel }): Asked<Wanted>,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    let served = bench.model(&model)?;
    let query = query(&served, &node_type, &id)?;
    let reply = bench.compute(move |_| file(&served, query, form, novel));
    Ok(reply.await?.respond(&asked))
}

fn file(served: &Served, query: Query, form: Form, novel: bool) -> Result<Reply, Problem> {
    let (content_type, ending, format) = match form {
        Form::Tsv => ("text/tab-separated-values; charset=utf-8", "tsv", PredictionFormat::Tsv),
        Form::Parquet => ("application/vnd.apache.parquet", "parquet", PredictionFormat::Parquet),
        Form::Kgx => ("text/tab-separated-values; charset=utf-8", "kgx.tsv", PredictionFormat::Kgx),
        Form::Html | Form::Md => return report(served, query, form, novel),
    };
    let predictor = &served.predictor;
    let ranked = predictor.candidacy(novel, usize::MAX)?.rank(query);
    let relation = predictor.relation();
    let key = relation.key.to_string();
    let bytes = Shared::default();
    let write = || -> io::Result<()> {
        let of = (&predictor.model, predictor.graph());
        let mut writer = PredictionWriter::new(bytes.clone(), format, of, (relation, &key), "1/1")?;
        writer.write(slice::from_ref(&ranked))?;
        writer.finish().map(drop)
    };
    write().map_err(|error| Problem::bad_request(error.to_string()))?;
    Ok(Reply::new(content_type, bytes.take()).saved_as(&format!("{}.{ending}", name(served, query))))
}

fn report(served: &Served, query: Query, form: Form, novel: bool) -> Result<Reply, Problem> {
    let (top, explained) = REPORT;
    let mut page = served.predictor.candidate_page(query, Extent { only_novel: novel, top, explained })?;
    page.provenance.date = Some(timestamp::now());
    let name = name(served, query);
    Ok(if form == Form::Html {
        Reply::html(page.to_html()).saved_as(&format!("{name}.html"))
    } else {
        Reply::new("text/markdown; charset=utf-8", page.to_markdown()).saved_as(&format!("{name}.md"))
    })
}

/// Bytes that are still there when their writer, which may be a boxed one, is gone.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Shared {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
