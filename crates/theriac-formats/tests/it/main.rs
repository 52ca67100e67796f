//! The readers from outside: one battery for all formats, and each format on data of its own.

#![allow(clippy::unwrap_used, reason = "a test that meets an error fails")]

mod battery;
mod dtinet;
mod samples;
