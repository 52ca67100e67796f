//! The reader of mechanisms of action.

#![no_main]

use libfuzzer_sys::fuzz_target;
use theriac_formats::{Input, read_mechanisms};

fuzz_target!(|bytes: &[u8]| {
    let _ = read_mechanisms(&Input::from_bytes("fuzz", bytes.to_vec()));
});
