//! The reader of triples: a file of them, or an archive with types and names beside them.

#![no_main]

use libfuzzer_sys::fuzz_target;
use theriac_formats::{Input, read_input};

fuzz_target!(|bytes: &[u8]| {
    let _ = read_input(&Input::from_bytes("fuzz", bytes.to_vec()), Some("triples"));
});
