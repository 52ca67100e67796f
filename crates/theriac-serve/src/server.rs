//! The server: from an address to a workbench that answers on it, until it is asked to stop.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use tokio::runtime::Builder;
use tokio::signal;
use tokio::time::{interval, sleep};

use crate::error::ServeError;
use crate::guard::{Guard, LEAST_TOKEN};
use crate::models::Models;
use crate::pages;
use crate::shortlist::Shortlist;
use crate::workbench::{Limits, Workbench};

/// How often it is looked whether a model was replaced.
const LOOK: Duration = Duration::from_secs(1);
/// How long requests that are being answered may take when the server is asked to stop.
const GRACE: Duration = Duration::from_secs(30);

/// What is served, where, and to whom.
#[derive(Clone, Debug)]
pub struct Options {
    /// Model folders.
    pub models: Vec<PathBuf>,
    /// Where their graph has moved.
    pub graph: Option<PathBuf>,
    /// Where it listens.
    pub address: SocketAddr,
    /// Names that it answers to, beside those of this machine and its address.
    pub hosts: Vec<String>,
    /// What has to be shown; without it, only this machine is listened to.
    pub token: Option<String>,
    /// How connections are encrypted.
    pub tls: Option<Tls>,
    /// File of the shortlist.
    pub shortlist: PathBuf,
    /// How much may be asked at once.
    pub limits: Limits,
}

/// How connections are encrypted.
#[derive(Clone, Debug)]
pub struct Tls {
    /// Certificate chain, as PEM.
    pub certificate: PathBuf,
    /// Private key, as PEM.
    pub key: PathBuf,
}

/// Opens the workbench, tells `note` where, and answers until the process is interrupted or terminated. Requests that are being
/// answered then are answered still.
///
/// # Errors
///
/// When a model, the shortlist or the certificate cannot be read, the address cannot be listened on, or others could reach it
/// without a token.
pub fn serve(options: &Options, note: &(dyn Fn(String) + Sync)) -> Result<(), ServeError> {
    let Options { address, token, tls, .. } = options;
    let weak = token.as_ref().is_none_or(|token| token.chars().count() < LEAST_TOKEN);
    if weak && (token.is_some() || !address.ip().is_loopback()) {
        return Err(ServeError::NoToken { address: *address, least: LEAST_TOKEN });
    }
    let bind = |source| ServeError::Bind { address: *address, source };
    // Before the models are read, so that a taken address is told at once.
    let listener = TcpListener::bind(address).map_err(bind)?;
    let bound = listener.local_addr().map_err(bind)?;
    listener.set_nonblocking(true).map_err(bind)?;
    let shortlist = Shortlist::open(&options.shortlist)?;
    let models = Models::open(&options.models, options.graph.as_deref())?;
    let guard = Guard::new(bound, &options.hosts, token.clone(), tls.is_some());
    let bench = Arc::new(Workbench::new(models, shortlist, guard, options.limits));
    let runtime = Builder::new_multi_thread().enable_all().build().map_err(ServeError::Run)?;
    runtime.block_on(answer(listener, bound, Arc::clone(&bench), tls.as_ref(), note))?;
    // What is still computed for nobody is not waited for.
    runtime.shutdown_background();
    Ok(())
}

async fn answer(
    listener: TcpListener,
    bound: SocketAddr,
    bench: Arc<Workbench>,
    tls: Option<&Tls>,
    note: &(dyn Fn(String) + Sync),
) -> Result<(), ServeError> {
    let handle = Handle::new();
    let app = pages::router(Arc::clone(&bench)).into_make_service();
    let scheme = if tls.is_some() { "https" } else { "http" };
    let serving = async {
        match tls {
            None => {
                let server = axum_server::from_tcp(listener).map_err(ServeError::Run)?;
                server.handle(handle.clone()).serve(app).await.map_err(ServeError::Run)
            }
            Some(Tls { certificate, key }) => {
                // Only where nobody has chosen one, and then there is nothing to be told.
                let _ = rustls::crypto::ring::default_provider().install_default();
                let refused = |source| ServeError::Certificate {
                    certificate: certificate.clone(),
                    key: key.clone(),
                    source,
                };
                let config = RustlsConfig::from_pem_file(certificate, key).await.map_err(refused)?;
                let server = axum_server::from_tcp_rustls(listener, config).map_err(ServeError::Run)?;
                server.handle(handle.clone()).serve(app).await.map_err(ServeError::Run)
            }
        }
    };
    let stopping = async {
        stop_requested().await;
        note("stopping when all requests are answered; once more ends at once".into());
        handle.graceful_shutdown(Some(GRACE));
        stop_requested().await;
        handle.shutdown();
        // The server ends before this does.
        sleep(GRACE).await;
    };
    let reloading = async {
        let mut ticks = interval(LOOK);
        loop {
            ticks.tick().await;
            let bench = Arc::clone(&bench);
            let told = tokio::task::spawn_blocking(move || {
                let told = std::sync::Mutex::new(Vec::new());
                bench.models.reload(&|text| {
                    told.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(text);
                });
                told.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
            });
            told.await.unwrap_or_default().into_iter().for_each(note);
        }
    };
    note(format!("the workbench is at {scheme}://{bound}/ (Ctrl-C stops it)"));
    tokio::select! {
        done = serving => done,
        () = stopping => Ok(()),
        () = reloading => Ok(()),
    }
}

/// Waits until the process is asked to end.
async fn stop_requested() {
    let interrupted = async {
        if signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminated = async {
        match signal::unix::signal(signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<()>();
    tokio::select! {
        () = interrupted => (),
        () = terminated => (),
    }
}
