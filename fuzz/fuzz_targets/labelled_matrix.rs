//! The reader of drug-disease matrices as text: a file alone, under a name that says what it is.

#![no_main]

use libfuzzer_sys::fuzz_target;
use theriac_formats::{Input, read_input};

fuzz_target!(|bytes: &[u8]| {
    let _ = read_input(&Input::from_bytes("drug_disease.tsv", bytes.to_vec()), Some("matrix"));
});
