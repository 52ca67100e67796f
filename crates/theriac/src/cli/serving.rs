//! What `serve` is told.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;

/// Arguments of `serve`.
#[derive(Debug, Args)]
#[command(after_help = "Example: theriac serve model\n\
                  Example: theriac serve hetionet dtinet --addr 127.0.0.1:9000\n\
                  Example: theriac serve model --addr 0.0.0.0:8417 --token-file token --tls-cert cert.pem --tls-key key.pem\n\n\
                  Ctrl-C stops it when all requests are answered. Nothing is loaded from elsewhere, and nothing is sent there. A \
                  model folder that is trained anew is read anew.")]
pub struct ServeArguments {
    /// Model folders, served side by side
    #[arg(required = true, value_name = "MODEL")]
    pub models: Vec<PathBuf>,
    /// Where to listen; other than on this machine itself it takes a token
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8417")]
    pub addr: SocketAddr,
    /// File with the token that has to be shown, 16 letters or more; or the variable `THERIAC_TOKEN`
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Certificate chain (PEM), to encrypt connections
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// Private key of the certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// Another name that the server answers to; may be given again
    #[arg(long, value_name = "NAME")]
    pub host: Vec<String>,
    /// File of the shortlist [default: shortlist.db in the user's data folder]
    #[arg(long, value_name = "FILE")]
    pub shortlist: Option<PathBuf>,
    /// Seconds that a request may take to arrive, and its answer
    #[arg(long, value_name = "S", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    pub time_limit: u64,
    /// Requests that are answered or wait for it at a time; more are turned away for now
    #[arg(long, value_name = "N", default_value = "512")]
    pub requests: NonZeroUsize,
    /// Graph folder, where the models' own has moved
    #[arg(long, value_name = "G")]
    pub graph: Option<PathBuf>,
}
