//! The readers from outside: one battery for all formats, and each format on data of its own.

#![allow(clippy::unwrap_used, reason = "a test that meets an error fails")]

mod battery;
mod drug_disease;
mod dtinet;
mod graphs;
mod hetionet;
#[path = "../../src/matlab/sample_writer.rs"]
mod mat_writer;
mod msi;
mod names;
mod round_trip;
mod samples;
mod tables;
mod triples;
