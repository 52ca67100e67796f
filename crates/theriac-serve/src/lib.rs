//! The local workbench: pages on which a biologist goes from a disease to a shortlist, and the HTTP API below them.
//!
//! [`serve`] opens it on an address of this machine. A request passes the guards (`guard`: host, token, origin, limits), and
//! is answered by the API (`api`) or a page (`pages`), which both ask the same [`Workbench`]: the models that are served, the
//! replies that are kept, and the shortlist. Nothing that is sent loads anything from elsewhere, and no request leaves the
//! machine.

mod api;
mod asked;
mod candidates;
mod error;
mod guard;
mod kept;
mod metrics;
mod models;
mod pages;
mod problem;
mod reply;
mod server;
pub mod shortlist;
mod workbench;

pub use error::ServeError;
pub use server::{Options, Tls, serve};
pub use workbench::{Limits, Workbench};
