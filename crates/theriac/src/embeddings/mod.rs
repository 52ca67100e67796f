//! Files of node embeddings, in the forms that other tools read.

mod npy;
mod parquet;
mod safetensors;

use std::io;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use theriac_graph::NodeTable;
use theriac_models::NodeEmbeddings;
use theriac_predict::output::{OutputFile, format_of};

use crate::error::CliError;

/// A form of embedding files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum EmbeddingFormat {
    /// Parquet: type, id, name, embedding
    Parquet,
    /// One tensor for each node type, with the ids in a table beside it
    Safetensors,
    /// One matrix for one node type, with the ids in a table beside it
    Npy,
}

const ENDINGS: [(&str, EmbeddingFormat); 3] = [
    ("parquet", EmbeddingFormat::Parquet),
    ("safetensors", EmbeddingFormat::Safetensors),
    ("npy", EmbeddingFormat::Npy),
];

/// Columns of the table of ids.
const ID_COLUMNS: [&str; 4] = ["type", "row", "id", "name"];

impl EmbeddingFormat {
    /// The form that was asked for, or that the ending of the path tells.
    ///
    /// # Errors
    ///
    /// [`PredictError::UnknownEnding`](theriac_predict::PredictError::UnknownEnding) where neither does.
    pub fn of(path: &Path, asked: Option<Self>) -> Result<Self, CliError> {
        Ok(format_of(path, asked, &ENDINGS)?)
    }

    /// Whether the form has a place for one node type alone.
    pub fn holds_one_type(self) -> bool {
        self == Self::Npy
    }
}

/// The embeddings of one type with the nodes that they are of.
pub type Embedded<'a> = (&'a NodeEmbeddings, &'a NodeTable);

/// Writes the embeddings to `path`, and what says whose they are beside it where the form has no place for that. Gives the
/// files written.
///
/// # Errors
///
/// When a folder is in the place, or the system refuses.
pub fn write(path: &Path, format: EmbeddingFormat, types: &[Embedded<'_>]) -> Result<Vec<PathBuf>, CliError> {
    let output = OutputFile::new(path, "file of embeddings")?;
    let out = output.open()?;
    let written = match format {
        EmbeddingFormat::Parquet => parquet::write(out, types),
        EmbeddingFormat::Safetensors => safetensors::write(out, types),
        EmbeddingFormat::Npy => npy::write(out, types),
    };
    written.map_err(|error| output.failed(error))?;
    let mut files = vec![path.to_owned()];
    if format != EmbeddingFormat::Parquet {
        let mut beside = path.as_os_str().to_owned();
        beside.push(".ids.tsv");
        let beside = PathBuf::from(beside);
        let table = OutputFile::new(&beside, "table of ids")?;
        write_ids(table.open()?, types).map_err(|error| table.failed(error))?;
        table.publish()?;
        files.push(beside);
    }
    output.publish()?;
    Ok(files)
}

/// Writes which node each row is.
fn write_ids(out: impl io::Write, types: &[Embedded<'_>]) -> io::Result<()> {
    let mut writer = csv::WriterBuilder::new().delimiter(b'\t').from_writer(out);
    writer.write_record(ID_COLUMNS)?;
    for (_, table) in types {
        for (row, (id, name)) in table.ids.iter().zip(&table.names).enumerate() {
            writer.write_record([&table.node_type, &row.to_string(), id, name])?;
        }
    }
    writer.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two drugs and a disease, two numbers each.
    pub(super) fn sample() -> [(NodeEmbeddings, NodeTable); 2] {
        let of = |node_type: &str, ids: &[&str], values: &[f32]| {
            let ids: Vec<String> = ids.iter().map(|&id| id.to_owned()).collect();
            let names = ids.iter().map(|id| format!("name of {id}")).collect();
            let embeddings = NodeEmbeddings { node_type: node_type.into(), dim: 2, values: values.into() };
            (embeddings, NodeTable::new(node_type, ids, names))
        };
        [of("drug", &["d1", "d2"], &[0.5, -1.0, 2.0, 1e-30]), of("disease", &["x"], &[3.0, 4.0])]
    }

    #[test]
    fn the_ids_stand_beside() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("e.npy");
        let [(embeddings, table), _] = sample();
        let files = write(&path, EmbeddingFormat::Npy, &[(&embeddings, &table)]).unwrap();
        assert_eq!(files, [path, place.path().join("e.npy.ids.tsv")]);
        let ids = std::fs::read_to_string(&files[1]).unwrap();
        assert_eq!(ids, "type\trow\tid\tname\ndrug\t0\td1\tname of d1\ndrug\t1\td2\tname of d2\n");
        assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 2);
    }
}
