//! What every request is answered from.

use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderMap;
use axum::response::Response;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::guard::Guard;
use crate::metrics::Metrics;
use crate::models::{Models, Served};
use crate::pages::Page;
use crate::problem::Problem;
use crate::reply::{Replies, Reply};
use crate::shortlist::{Shortlist, ShortlistError};

/// How much may be asked at once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Requests that are answered or wait for it; others are turned away.
    pub requests: usize,
    /// Answers that are computed at the same time.
    pub computing: usize,
    /// How long a request may take.
    pub time: Duration,
    /// Bytes of a body, at most.
    pub body: usize,
    /// Bytes of replies that are kept.
    pub replies: u64,
}

impl Limits {
    /// What suits a machine of so many cores.
    pub fn of_cores(cores: usize) -> Self {
        Self {
            requests: 512,
            computing: cores.max(1),
            time: Duration::from_mins(1),
            body: 4 << 20,
            replies: 64 << 20,
        }
    }
}

/// What every request is answered from: models, replies that are kept, and the shortlist.
pub struct Workbench {
    /// The models that are served.
    pub(crate) models: Models,
    /// What the user keeps.
    pub(crate) shortlist: Shortlist,
    /// Who is let in.
    pub(crate) guard: Guard,
    /// What is counted.
    pub(crate) metrics: Metrics,
    pub(crate) limits: Limits,
    replies: Replies,
    computing: Arc<Semaphore>,
    pub(crate) requests: Semaphore,
}

impl Workbench {
    /// A workbench on these models.
    pub(crate) fn new(models: Models, shortlist: Shortlist, guard: Guard, limits: Limits) -> Self {
        Self {
            models,
            shortlist,
            guard,
            metrics: Metrics::default(),
            limits,
            replies: Replies::new(limits.replies),
            computing: Arc::new(Semaphore::new(limits.computing)),
            requests: Semaphore::new(limits.requests.min(Semaphore::MAX_PERMITS)),
        }
    }

    /// The model of that name.
    ///
    /// # Errors
    ///
    /// When no model is called so.
    pub(crate) fn model(&self, name: &str) -> Result<Arc<Served>, Problem> {
        self.models.get(name).ok_or_else(|| {
            let known = self.names().join(", ");
            Problem::not_found(format!("no model is called '{name}'; expected one of {known}"))
        })
    }

    /// Does some work on a thread that may be kept busy, as soon as one is free.
    ///
    /// # Errors
    ///
    /// Those of the work, and when it takes too long: it then goes on for itself, so that it may be kept.
    pub(crate) async fn compute<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let bench = Arc::clone(self);
        let doing = async move {
            let permit = Arc::clone(&bench.computing).acquire_owned().await;
            let permit = permit.map_err(|_| Problem::busy("the workbench is closing"))?;
            let done = spawn_blocking(move || {
                let done = work(&bench);
                // Not before the work is done, whether somebody still waits for it or not.
                drop(permit);
                done
            });
            done.await
                .unwrap_or_else(|_| Err(Problem::internal("the answer failed; this is a fault of Theriac")))
        };
        match timeout(self.limits.time, doing).await {
            Ok(done) => done,
            Err(_) => {
                Err(Problem::busy(format!("the answer took more than {} s", self.limits.time.as_secs())))
            }
        }
    }

    /// Reads or writes the shortlist, on a thread that may wait for the disk.
    ///
    /// # Errors
    ///
    /// Those of the work.
    pub(crate) async fn keep<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Shortlist) -> Result<T, ShortlistError> + Send + 'static,
    ) -> Result<T, Problem> {
        let bench = Arc::clone(self);
        // Not given up when it takes long: what is written has to be told.
        match spawn_blocking(move || work(&bench.shortlist)).await {
            Ok(done) => Ok(done?),
            Err(_) => Err(Problem::internal("the shortlist failed; this is a fault of Theriac")),
        }
    }

    /// Does some work in the background, as soon as a thread is free that may be kept busy.
    pub(crate) fn in_background(self: &Arc<Self>, work: impl FnOnce() + Send + 'static) {
        let computing = Arc::clone(&self.computing);
        tokio::spawn(async move {
            if let Ok(permit) = computing.acquire_owned().await {
                spawn_blocking(move || {
                    work();
                    drop(permit);
                });
            }
        });
    }

    /// The reply that is kept under a key, or the one that is made now, as a response to a request with these headers.
    ///
    /// # Errors
    ///
    /// Those of the work, and when it takes too long.
    pub(crate) async fn reply(
        self: &Arc<Self>,
        key: &str,
        asked: &HeaderMap,
        make: impl FnOnce(&Self) -> Result<Reply, Problem> + Send + 'static,
    ) -> Result<Response, Problem> {
        Ok(self.replies.get(key, self.compute(make)).await?.respond(asked))
    }

    /// The frame of a page about a model.
    pub(crate) fn page<'a>(&self, title: &'a str, served: &'a Served, place: &'a str) -> Page<'a> {
        Page { title, served: Some(served), models: self.names(), place }
    }

    /// The names of all models.
    pub(crate) fn names(&self) -> Vec<String> {
        self.models.all().iter().map(|served| served.name.clone()).collect()
    }

    /// Hits, misses, and the bytes of replies that are kept.
    pub(crate) fn kept(&self) -> [u64; 3] {
        self.replies.figures()
    }
}
