//! What the tests share: a data set to fetch, a folder to fetch it into, and someone who watches.

use std::cell::{Cell, RefCell};
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use tempfile::TempDir;
use theriac_fetch::{Backoff, Checksum, Dataset, Event, FetchError, Fetched, Fetcher, Observer, RemoteFile};

use crate::server::Server;

/// Length of the file.
pub const LENGTH: usize = 300_000;
/// SHA-256 of [`content`], as `sha256sum` has it.
pub const SHA256: &str = "3c65ea93424a9c362fec0e3a69ea36031e8a358441479dd665cc6110eabe7b08";
/// The entity tag that servers give the file.
pub const TAG: &str = "\"v1\"";

/// The published file: every byte is its place, modulo 251.
pub fn content() -> Vec<u8> {
    (0..LENGTH).map(|place| (place % 251) as u8).collect()
}

const fn dataset(name: &'static str, files: &'static [RemoteFile]) -> Dataset {
    Dataset { name, title: "A set", homepage: "", licence: "CC0-1.0", citation: "", files, import: None }
}

/// A file whose length and checksum are known.
pub static PINNED: Dataset = dataset(
    "pinned",
    &[RemoteFile {
        name: "file.bin",
        address: "https://publisher.invalid/file.bin",
        size: Some(LENGTH as u64),
        checksum: Some(Checksum::sha256(SHA256)),
    }],
);

/// A file of which nothing is known.
pub static UNPINNED: Dataset = dataset(
    "unpinned",
    &[RemoteFile {
        name: "file.bin",
        address: "https://publisher.invalid/file.bin",
        size: None,
        checksum: None,
    }],
);

/// A folder to fetch into.
pub struct Place(TempDir);

impl Place {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Leaves what an earlier download would have left.
    pub fn leave_part(&self, bytes: &[u8], tag: Option<&str>) {
        fs::write(self.path("file.bin.part"), bytes).unwrap();
        if let Some(tag) = tag {
            fs::write(self.path("file.bin.part.tag"), tag).unwrap();
        }
    }

    /// What there is, sorted.
    pub fn listing(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Fetches without pauses.
    pub fn fetcher(&self, server: &Server) -> Fetcher {
        Fetcher {
            mirror: Some(server.address()),
            backoff: Backoff { attempts: 4, first: Duration::ZERO, longest: Duration::ZERO },
            ..Fetcher::new(self.0.path())
        }
    }

    /// Fetches, and hears what happened.
    pub fn fetch(&self, server: &Server, dataset: &Dataset) -> (Result<Fetched, FetchError>, Vec<String>) {
        let watcher = Watcher::default();
        let result = self.fetcher(server).fetch(dataset, &watcher);
        (result, watcher.heard.into_inner())
    }
}

/// Notes what happens, and stops a download when it has gone far enough.
#[derive(Default)]
pub struct Watcher {
    pub heard: RefCell<Vec<String>>,
    pub stop_at: Option<u64>,
    bytes: Cell<u64>,
}

impl Watcher {
    pub fn stopping_at(bytes: u64) -> Self {
        Self { stop_at: Some(bytes), ..Self::default() }
    }
}

impl Observer for Watcher {
    fn report(&self, event: &Event<'_>) {
        let told = match event {
            Event::Started { from, .. } => format!("started at {from}"),
            Event::Received { bytes, .. } => {
                self.bytes.set(*bytes);
                return;
            }
            Event::Retrying { attempt, problem, .. } => format!("attempt {attempt}: {problem}"),
            Event::Restarted { reason, .. } => format!("restarted: {reason}"),
            Event::Finished { file } => format!("finished {}", file.name),
        };
        self.heard.borrow_mut().push(told);
    }

    fn stop_requested(&self) -> bool {
        self.stop_at.is_some_and(|stop_at| self.bytes.get() >= stop_at)
    }
}
