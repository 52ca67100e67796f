//! The statements that read and write the tables of a shortlist.

use std::fmt::Write as _;
use std::str::FromStr;

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, params};
use theriac_graph::RelationKey;
use theriac_predict::timestamp::Timestamp;

use super::record::{Entry, PairKey, Record, Verdict, Version};

/// Which entries are meant. The default is all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Those of this relation.
    pub relation: Option<RelationKey>,
    /// Those with one of these verdicts, where `None` is none yet. Empty: whatever the verdict.
    pub verdicts: Vec<Option<Verdict>>,
    /// Those of this source.
    pub source_id: Option<String>,
    /// Those of this target.
    pub target_id: Option<String>,
}

impl Filter {
    /// The condition as SQL, with the [`Filter::parameters`] that it names.
    fn condition(&self) -> String {
        let mut condition = "(?1 IS NULL OR relation = ?1) AND (?2 IS NULL OR source_id = ?2) \
                             AND (?3 IS NULL OR target_id = ?3)"
            .to_string();
        if !self.verdicts.is_empty() {
            let names: Vec<&str> =
                self.verdicts.iter().map(|verdict| verdict.map_or("", Verdict::name)).collect();
            let _ = write!(condition, " AND coalesce(verdict, '') IN ('{}')", names.join("', '"));
        }
        condition
    }

    fn parameters(&self) -> [Option<String>; 3] {
        [self.relation.as_ref().map(RelationKey::to_string), self.source_id.clone(), self.target_id.clone()]
    }
}

const COLUMNS: &str = "relation, source_id, source_name, target_id, target_name, verdict, note, score, probability, \
                       rank, model, graph, created, updated, revision";

const OF_PAIR: &str = "relation = ?1 AND source_id = ?2 AND target_id = ?3";

fn parameters(pair: &PairKey) -> [String; 3] {
    [pair.relation.to_string(), pair.source_id.clone(), pair.target_id.clone()]
}

pub(super) fn find(connection: &Connection, pair: &PairKey) -> rusqlite::Result<Option<Entry>> {
    let statement = format!("SELECT {COLUMNS} FROM entry WHERE {OF_PAIR}");
    connection.query_row(&statement, parameters(pair), entry).optional()
}

pub(super) fn list(connection: &Connection, filter: &Filter) -> rusqlite::Result<Vec<Entry>> {
    let statement = format!(
        "SELECT {COLUMNS} FROM entry WHERE {} \
         ORDER BY updated DESC, revision DESC, relation, source_id, target_id",
        filter.condition()
    );
    connection.prepare(&statement)?.query_map(filter.parameters(), entry)?.collect()
}

pub(super) fn count(connection: &Connection, filter: &Filter) -> rusqlite::Result<usize> {
    let statement = format!("SELECT count(*) FROM entry WHERE {}", filter.condition());
    connection.query_row(&statement, filter.parameters(), |row| row.get(0))
}

pub(super) fn versions(connection: &Connection, pair: &PairKey) -> rusqlite::Result<Vec<Version>> {
    let version = |row: &Row<'_>| {
        Ok(Version {
            verdict: parsed_if_there(row, 0)?,
            note: row.get(1)?,
            written: parsed(row, 2)?,
            replaced: parsed(row, 3)?,
        })
    };
    let statement =
        format!("SELECT verdict, note, written, replaced FROM version WHERE {OF_PAIR} ORDER BY id DESC");
    connection.prepare(&statement)?.query_map(parameters(pair), version)?.collect()
}

pub(super) fn revision(connection: &Connection) -> rusqlite::Result<u64> {
    connection.query_row("SELECT number FROM revision", (), |row| row.get(0))
}

pub(super) fn next_revision(connection: &Connection) -> rusqlite::Result<u64> {
    connection.query_row("UPDATE revision SET number = number + 1 RETURNING number", (), |row| row.get(0))
}

/// Writes an entry, over that of the same pair where there is one.
pub(super) fn put(connection: &Connection, entry: &Entry) -> rusqlite::Result<()> {
    let Entry { record, revision } = entry;
    let statement = format!(
        "REPLACE INTO entry ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)"
    );
    let values = params![
        record.relation.to_string(),
        record.source_id,
        record.source_name,
        record.target_id,
        record.target_name,
        record.verdict.map(Verdict::name),
        record.note,
        record.score,
        record.probability,
        record.rank,
        record.model,
        record.graph,
        record.created.to_string(),
        record.updated.to_string(),
        revision,
    ];
    connection.execute(&statement, values)?;
    Ok(())
}

pub(super) fn delete(connection: &Connection, pair: &PairKey) -> rusqlite::Result<()> {
    connection.execute(&format!("DELETE FROM entry WHERE {OF_PAIR}"), parameters(pair))?;
    Ok(())
}

/// Keeps the verdict and the note of a record that is about to be overwritten, unless there is neither.
pub(super) fn keep_version(connection: &Connection, record: &Record, now: Timestamp) -> rusqlite::Result<()> {
    if record.is_blank() {
        return Ok(());
    }
    let statement = "INSERT INTO version (relation, source_id, target_id, verdict, note, written, replaced) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let values = params![
        record.relation.to_string(),
        record.source_id,
        record.target_id,
        record.verdict.map(Verdict::name),
        record.note,
        record.updated.to_string(),
        now.max(record.updated).to_string(),
    ];
    connection.execute(statement, values)?;
    Ok(())
}

/// Reads a row of [`COLUMNS`].
fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let record = Record {
        relation: parsed(row, 0)?,
        source_id: row.get(1)?,
        source_name: row.get(2)?,
        target_id: row.get(3)?,
        target_name: row.get(4)?,
        verdict: parsed_if_there(row, 5)?,
        note: row.get(6)?,
        score: row.get(7)?,
        probability: row.get(8)?,
        rank: row.get(9)?,
        model: row.get(10)?,
        graph: row.get(11)?,
        created: parsed(row, 12)?,
        updated: parsed(row, 13)?,
    };
    Ok(Entry { record, revision: row.get(14)? })
}

fn parsed<T>(row: &Row<'_>, column: usize) -> rusqlite::Result<T>
where
    T: FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    let text: String = row.get(column)?;
    text.parse()
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error)))
}

fn parsed_if_there<T>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<T>>
where
    T: FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    let text: Option<String> = row.get(column)?;
    text.map(|_| parsed(row, column)).transpose()
}
