//! Why the workbench does not open, or closes.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use theriac_predict::PredictError;

use crate::shortlist::ShortlistError;

/// Why the workbench does not open, or closes. Each message is one sentence.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// A model or its graph is at fault.
    #[error(transparent)]
    Predict(#[from] PredictError),
    /// The shortlist is at fault.
    #[error(transparent)]
    Shortlist(#[from] ShortlistError),
    /// Two models would have the same address.
    #[error("two models are called '{name}': {} and {}; expected folders of different names", folders[0].display(), folders[1].display())]
    SameName {
        /// The name.
        name: String,
        /// The folders.
        folders: [PathBuf; 2],
    },
    /// The address cannot be listened on.
    #[error("{address} cannot be listened on: {source}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// An address that others reach, without a token.
    #[error(
        "{address} can be reached from other machines; expected a token of {least} letters or more, in a file by --token-file or in THERIAC_TOKEN"
    )]
    NoToken {
        /// The address.
        address: SocketAddr,
        /// Letters that a token has to have.
        least: usize,
    },
    /// The certificate or the key cannot be used.
    #[error("{} and {} are no certificate and key: {source}", certificate.display(), key.display())]
    Certificate {
        /// The certificate chain.
        certificate: PathBuf,
        /// The private key.
        key: PathBuf,
        /// What is wrong.
        source: io::Error,
    },
    /// The system refuses what a server needs.
    #[error("the server cannot run: {0}")]
    Run(io::Error),
}

impl ServeError {
    /// Whether the system refused; otherwise what was asked, or what was given, was wrong.
    pub fn is_failure(&self) -> bool {
        match self {
            Self::Predict(error) => error.is_failure(),
            Self::Bind { .. } | Self::Run(_) => true,
            _ => false,
        }
    }
}
