//! Public data sets: where they are, under which terms, and how they get onto this machine unharmed.
//!
//! - [`catalogue`] lists the data sets ([`Dataset`]), each with its files ([`RemoteFile`]), licence and citation; what is
//!   known of a file's size and checksum is pinned there.
//! - [`Fetcher`] downloads the files of a data set into a folder: it resumes what was begun, tries again where that may
//!   help, checks size and checksum, and lets a file appear whole or not at all.
//! - [`cache_folder`] is where data sets are kept by default, [`data_folder`] what a user makes.
//! - [`Observer`] hears of the progress and may stop it.
//! - [`FetchError`] is everything that can be wrong, one sentence each.
//!
//! ```
//! use theriac_fetch::{Fetcher, catalogue, dataset};
//!
//! let names: Vec<&str> = catalogue().iter().map(|dataset| dataset.name).collect();
//! assert_eq!(names, ["dtinet", "hetionet", "primekg", "drkg", "msi"]);
//!
//! let folder = tempfile::tempdir()?;
//! let fetcher = Fetcher { offline: true, ..Fetcher::new(folder.path()) };
//! let hetionet = dataset("hetionet").expect("it is in the catalogue");
//! let error = fetcher.fetch(hetionet, &()).unwrap_err();
//! assert!(error.to_string().contains("hetionet-v1.0-edges.sif.gz"), "says what to download by hand");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod backoff;
mod catalogue;
mod checksum;
mod error;
mod fetched;
mod fetcher;
mod folders;
mod http;
mod observer;
mod part;
mod transfer;

pub use backoff::Backoff;
pub use catalogue::{Dataset, RemoteFile, catalogue, dataset};
pub use checksum::{Algorithm, Checksum};
pub use error::{ByHand, FetchError};
pub use fetched::{Arrival, Fetched, FetchedFile};
pub use fetcher::{Fetcher, Presence};
pub use folders::{cache_folder, data_folder};
pub use observer::{Event, Observer};
