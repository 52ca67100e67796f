//! The parsers of matrices as text, which an archive's checksums would keep most bytes from.

#![no_main]

use libfuzzer_sys::fuzz_target;
use theriac_formats::{parse_binary, parse_floats};

fuzz_target!(|bytes: &[u8]| {
    if let (Ok(binary), Ok(floats)) = (parse_binary(bytes, "fuzz"), parse_floats(bytes, "fuzz")) {
        assert_eq!((binary.rows, binary.columns), (floats.rows, floats.columns));
        let ones = floats.values.iter().filter(|&&value| value == 1.0).count();
        assert_eq!(binary.ones_column.len(), ones);
    }
});
