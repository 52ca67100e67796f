//! Pairs that are kept, with verdicts and notes.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use theriac_graph::RelationKey;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::whom::Whom;
use crate::asked::{Asked, Told};
use crate::kept;
use crate::problem::Problem;
use crate::reply::Reply;
use crate::shortlist::{
    Entry, Filter, Imported, PairKey, Record, ShortlistError, Verdict, Version, read_json, read_tsv,
    write_evaluation_set, write_json, write_tsv,
};
use crate::workbench::Workbench;

/// The routes of the shortlist.
pub fn router() -> OpenApiRouter<Arc<Workbench>> {
    OpenApiRouter::new()
        .routes(routes!(list, pin))
        .routes(routes!(entry, edit, remove))
        .routes(routes!(export))
        .routes(routes!(import))
}

/// Which entries are meant.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Which {
    /// Those of this relation: `compound:treats:disease`.
    relation: Option<String>,
    /// Those with this verdict; `none` for those without.
    verdict: Option<String>,
    /// Those of this source, by its id.
    source: Option<String>,
    /// Those of this target, by its id.
    target: Option<String>,
}

impl Which {
    /// The verdict as it was asked for, empty for whatever.
    pub fn verdict(&self) -> &str {
        self.verdict.as_deref().unwrap_or_default()
    }

    /// The same as the shortlist takes it.
    ///
    /// # Errors
    ///
    /// When the relation or the verdict is none.
    pub fn filter(&self) -> Result<Filter, Problem> {
        let verdicts = match self.verdict.as_deref() {
            None | Some("") => Vec::new(),
            Some(text) => vec![verdict(text)?],
        };
        let relation = self.relation.as_deref().filter(|text| !text.is_empty()).map(relation).transpose()?;
        Ok(Filter { relation, verdicts, source_id: self.source.clone(), target_id: self.target.clone() })
    }
}

fn relation(text: &str) -> Result<RelationKey, Problem> {
    text.parse().map_err(|error| Problem::bad_request(format!("{error}")))
}

/// The shortlist.
#[derive(Serialize, ToSchema)]
pub struct Kept {
    /// Grows with each change.
    revision: u64,
    /// The entries, those changed last first.
    #[schema(value_type = Vec<Object>)]
    entries: Vec<Entry>,
}

/// Lists what is kept.
#[utoipa::path(
    get, path = "/api/v1/shortlist", tag = "shortlist", params(Which),
    responses((status = OK, body = Kept), (status = BAD_REQUEST, body = Problem, content_type = "application/problem+json"))
)]
async fn list(
    State(bench): State<Arc<Workbench>>,
    Asked(which): Asked<Which>,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    let filter = which.filter()?;
    let kept = bench.keep(move |shortlist| {
        Ok(Kept { revision: shortlist.revision()?, entries: shortlist.list(&filter)? })
    });
    Ok(Reply::json(&kept.await?)?.respond(&asked))
}

/// A pair that is to be kept.
#[derive(Deserialize, ToSchema)]
pub struct NewPin {
    /// The model that says something of it.
    model: String,
    /// The pair.
    pair: Whom,
    /// What is thought of it, where it is new.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    verdict: Option<Verdict>,
    /// Why, where it is new.
    #[serde(default)]
    note: String,
}

/// Keeps a pair, with what the model says of it now. One that is kept already stays as it is.
#[utoipa::path(
    post, path = "/api/v1/shortlist", tag = "shortlist", request_body = NewPin,
    responses(
        (status = CREATED, body = Object), (status = OK, body = Object, description = "It was kept already"),
        (status = BAD_REQUEST, body = Problem, content_type = "application/problem+json"),
        (status = NOT_FOUND, body = Problem, content_type = "application/problem+json"),
    )
)]
async fn pin(State(bench): State<Arc<Workbench>>, Told(new): Told<NewPin>) -> Result<Response, Problem> {
    let served = bench.model(&new.model)?;
    let NewPin { pair, verdict, note, .. } = new;
    let record = bench.compute(move |_| {
        let pair = pair.pair(&served)?;
        Ok(Record { verdict, note, ..kept::record(&served, pair) })
    });
    let record = record.await?;
    let pinned = bench.keep(move |shortlist| shortlist.pin(&record)).await?;
    let status = if pinned.is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(pinned.entry)).into_response())
}

/// Which pair is meant.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Of {
    /// The relation: `compound:treats:disease`.
    relation: String,
    /// Id of the source.
    source: String,
    /// Id of the target.
    target: String,
    /// The revision of the entry that was seen; a change is refused where there was another since.
    revision: Option<u64>,
}

impl Of {
    fn key(&self) -> Result<PairKey, Problem> {
        let relation = relation(&self.relation)?;
        Ok(PairKey { relation, source_id: self.source.clone(), target_id: self.target.clone() })
    }
}

/// An entry with what it was before.
#[derive(Serialize, ToSchema)]
pub struct EntryWithHistory {
    /// The entry.
    #[schema(value_type = Object)]
    entry: Entry,
    /// Earlier verdicts and notes, the last first.
    #[schema(value_type = Vec<Object>)]
    history: Vec<Version>,
}

/// Gives an entry with its earlier verdicts and notes.
#[utoipa::path(
    get, path = "/api/v1/shortlist/entry", tag = "shortlist", params(Of),
    responses(
        (status = OK, body = EntryWithHistory),
        (status = BAD_REQUEST, body = Problem, content_type = "application/problem+json"),
        (status = NOT_FOUND, body = Problem, content_type = "application/problem+json"),
    )
)]
async fn entry(
    State(bench): State<Arc<Workbench>>,
    Asked(of): Asked<Of>,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    let key = of.key()?;
    let found = bench.keep(move |shortlist| {
        let entry =
            shortlist.get(&key)?.ok_or_else(|| ShortlistError::NotPinned { pair: key.clone().into() })?;
        Ok(EntryWithHistory { history: shortlist.history(&key)?, entry })
    });
    Ok(Reply::json(&found.await?)?.respond(&asked))
}

/// What changes of an entry; what is left out stays.
#[derive(Deserialize, ToSchema)]
pub struct Edit {
    /// What is thought of the pair; `none` takes the verdict away.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    verdict: Option<String>,
    /// Why.
    #[serde(default)]
    note: Option<String>,
}

/// A verdict, or none by that word.
fn verdict(text: &str) -> Result<Option<Verdict>, Problem> {
    if text == "none" {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|error| Problem::bad_request(format!("{error}, or none")))
}

/// Changes verdict or note of an entry; earlier ones are kept.
#[utoipa::path(
    patch, path = "/api/v1/shortlist/entry", tag = "shortlist", params(Of), request_body = Edit,
    responses(
        (status = OK, body = Object),
        (status = BAD_REQUEST, body = Problem, content_type = "application/problem+json"),
        (status = NOT_FOUND, body = Problem, content_type = "application/problem+json"),
        (status = CONFLICT, body = Problem, content_type = "application/problem+json", description = "Somebody else was faster"),
    )
)]
async fn edit(
    State(bench): State<Arc<Workbench>>,
    Asked(of): Asked<Of>,
    Told(edit): Told<Edit>,
) -> Result<Response, Problem> {
    let (key, revision) = (of.key()?, of.revision);
    let verdict = edit.verdict.as_deref().map(verdict).transpose()?;
    let note = edit.note;
    let edited = bench.keep(move |shortlist| {
        let mut entry = None;
        let mut seen = revision;
        if let Some(verdict) = verdict {
            let changed = shortlist.set_verdict(&key, verdict, seen, kept::now())?;
            seen = seen.map(|_| changed.revision);
            entry = Some(changed);
        }
        if let Some(note) = note {
            entry = Some(shortlist.set_note(&key, &note, seen, kept::now())?);
        }
        match entry {
            Some(entry) => Ok(entry),
            None => shortlist.get(&key)?.ok_or(ShortlistError::NotPinned { pair: key.into() }),
        }
    });
    Ok(Json(edited.await?).into_response())
}

/// Takes a pair off the shortlist; its verdicts and notes stay in its history.
#[utoipa::path(
    delete, path = "/api/v1/shortlist/entry", tag = "shortlist", params(Of),
    responses(
        (status = NO_CONTENT),
        (status = BAD_REQUEST, body = Problem, content_type = "application/problem+json"),
        (status = NOT_FOUND, body = Problem, content_type = "application/problem+json"),
        (status = CONFLICT, body = Problem, content_type = "application/problem+json"),
    )
)]
async fn remove(State(bench): State<Arc<Workbench>>, Asked(of): Asked<Of>) -> Result<StatusCode, Problem> {
    let (key, revision) = (of.key()?, of.revision);
    bench.keep(move |shortlist| shortlist.remove(&key, revision, kept::now())).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The form of an export.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ExportForm {
    /// Tab-separated values with a header.
    #[default]
    Tsv,
    /// A list of objects.
    Json,
    /// Promising and known pairs, as `theriac evaluate --protocol external` reads them.
    Evaluation,
}

/// Which file.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct Export {
    /// Its form.
    form: ExportForm,
}

/// Gives all that is kept as a file.
#[utoipa::path(
    get, path = "/api/v1/shortlist/export", tag = "shortlist", params(Export),
    responses(
        (status = OK, body = String, content_type = "text/tab-separated-values"),
        (status = BAD_REQUEST, body = Problem, content_type = "application/problem+json"),
    )
)]
async fn export(
    State(bench): State<Arc<Workbench>>,
    Asked(Export { form }): Asked<Export>,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    let bytes = bench.keep(move |shortlist| {
        let entries = shortlist.list(&Filter::default())?;
        let records = entries.iter().map(|entry| &entry.record);
        let mut bytes = Vec::new();
        match form {
            ExportForm::Tsv => write_tsv(records, &mut bytes)?,
            ExportForm::Json => write_json(records, &mut bytes)?,
            ExportForm::Evaluation => {
                write_evaluation_set(records, &[Verdict::Promising, Verdict::Known], &[], &mut bytes)
                    .map(drop)?;
            }
        }
        Ok(bytes)
    });
    let (kind, name) = match form {
        ExportForm::Tsv => ("text/tab-separated-values; charset=utf-8", "shortlist.tsv"),
        ExportForm::Json => ("application/json", "shortlist.json"),
        ExportForm::Evaluation => ("text/tab-separated-values; charset=utf-8", "evaluation-set.tsv"),
    };
    Ok(Reply::new(kind, bytes.await?).saved_as(name).respond(&asked))
}

/// What came of an import.
#[derive(Serialize, ToSchema)]
pub struct ImportedCounts {
    /// Pairs that were not kept before.
    pub added: usize,
    /// Pairs of which the file has a newer state.
    pub replaced: usize,
    /// Pairs of which the shortlist has the newer state.
    pub kept: usize,
}

/// Takes over the entries of a file that was exported before, TSV or JSON: all or none.
#[utoipa::path(
    post, path = "/api/v1/shortlist/import", tag = "shortlist",
    request_body(content = String, content_type = "text/plain"),
    responses(
        (status = OK, body = ImportedCounts),
        (status = BAD_REQUEST, body = Problem, content_type = "application/problem+json"),
    )
)]
async fn import(State(bench): State<Arc<Workbench>>, text: String) -> Result<Response, Problem> {
    Ok(Json(take_over(&bench, text).await?).into_response())
}

/// Takes over exported entries, TSV or JSON: all or none.
///
/// # Errors
///
/// When one is not what it should be, or the shortlist cannot be written.
pub async fn take_over(bench: &Arc<Workbench>, text: String) -> Result<ImportedCounts, Problem> {
    let imported = bench.keep(move |shortlist| {
        let is_json = text.trim_start().starts_with('[');
        let read = if is_json { read_json } else { read_tsv };
        shortlist.import(&read("the import", text.as_bytes())?, kept::now())
    });
    let Imported { added, replaced, kept } = imported.await?;
    Ok(ImportedCounts { added, replaced, kept })
}
