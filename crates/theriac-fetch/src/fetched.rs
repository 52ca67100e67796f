//! What a fetch leaves: the files of a data set, where they are and how they came there.

use std::path::PathBuf;

use serde::Serialize;

use crate::checksum::Algorithm;

/// A data set that is here.
#[derive(Clone, Debug, Serialize)]
pub struct Fetched {
    /// Name of the data set.
    pub dataset: &'static str,
    /// What it is.
    pub title: &'static str,
    /// Terms of use.
    pub licence: &'static str,
    /// Whom to cite.
    pub citation: &'static str,
    /// Folder that holds the files.
    pub folder: PathBuf,
    /// What to import: a file, or the folder.
    pub import: PathBuf,
    /// The files.
    pub files: Vec<FetchedFile>,
}

/// A file that is here.
#[derive(Clone, Debug, Serialize)]
pub struct FetchedFile {
    /// File name.
    pub name: &'static str,
    /// Where it is.
    pub path: PathBuf,
    /// Where it is from.
    pub address: String,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256, in lower-case hexadecimal digits.
    pub sha256: String,
    /// The checksum that agreed with the published one; none where none is known.
    pub verified: Option<Algorithm>,
    /// How it came here.
    pub arrival: Arrival,
}

/// How a file came here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Arrival {
    /// It was there already.
    AlreadyThere,
    /// It was downloaded from its beginning.
    Downloaded,
    /// An earlier download was gone on with.
    Resumed,
}
