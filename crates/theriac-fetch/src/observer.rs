//! Who watches a download.

use std::time::Duration;

use crate::fetched::FetchedFile;

/// What happens while a data set is fetched.
#[derive(Debug)]
pub enum Event<'a> {
    /// A file is about to be downloaded, or resumed.
    Started {
        /// File name.
        file: &'a str,
        /// Its place among the files of the data set, from 1.
        place: usize,
        /// How many files the data set has.
        files: usize,
        /// Bytes that an earlier attempt left, from where the download goes on.
        from: u64,
        /// Bytes of the whole file, where they are known.
        size: Option<u64>,
    },
    /// More of the file was written.
    Received {
        /// Bytes of the file that are here.
        bytes: u64,
        /// Bytes of the whole file, where they are known.
        size: Option<u64>,
    },
    /// An attempt failed, and another follows after a pause.
    Retrying {
        /// File name.
        file: &'a str,
        /// What went wrong.
        problem: &'a str,
        /// Length of the pause.
        pause: Duration,
        /// Which attempt follows, from 2.
        attempt: u32,
        /// How many there are at most without headway between them.
        attempts: u32,
    },
    /// What was here could not be gone on with, and the file is downloaded from its beginning.
    Restarted {
        /// File name.
        file: &'a str,
        /// Why.
        reason: &'a str,
    },
    /// A file is here, whole and checked as far as it can be.
    Finished {
        /// The file.
        file: &'a FetchedFile,
    },
}

/// Hears of a download's progress, and may stop it.
pub trait Observer {
    /// Something happened.
    fn report(&self, event: &Event<'_>);

    /// Whether to stop, asked between blocks of a file and during pauses. What was downloaded is kept for resuming.
    fn stop_requested(&self) -> bool {
        false
    }
}

/// Nobody watches.
impl Observer for () {
    fn report(&self, _: &Event<'_>) {}
}
