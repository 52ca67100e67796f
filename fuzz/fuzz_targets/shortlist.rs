//! The readers of an exported shortlist: what they take, they write and read again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use theriac_serve::shortlist::{read_json, read_tsv, write_json, write_tsv};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(records) = read_tsv("fuzz", bytes) {
        let mut again = Vec::new();
        write_tsv(&records, &mut again).expect("memory takes it");
        assert_eq!(read_tsv("fuzz", &again[..]).expect("it was written"), records);
    }
    if let Ok(records) = read_json("fuzz", bytes) {
        let mut again = Vec::new();
        write_json(&records, &mut again).expect("memory takes it");
        assert_eq!(read_json("fuzz", &again[..]).expect("it was written"), records);
    }
});
