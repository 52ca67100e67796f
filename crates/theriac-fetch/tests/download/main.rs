//! Downloads from a real server on this machine, which does all that servers do.

#![allow(clippy::unwrap_used, reason = "a test that meets an error fails")]

mod bench;
mod resuming;
mod server;
mod trouble;
mod verifying;
