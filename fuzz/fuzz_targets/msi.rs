//! The reader of the multiscale interactome.

#![no_main]

use libfuzzer_sys::fuzz_target;
use theriac_formats::{Input, read_input};

fuzz_target!(|bytes: &[u8]| {
    let _ = read_input(&Input::from_bytes("fuzz", bytes.to_vec()), Some("msi"));
});
