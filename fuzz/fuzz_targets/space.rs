//! The declared space of a tuning: what is read can be drawn from.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use theriac_models::tuning::Space;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(space) = Space::parse(text, Path::new("fuzz")) else { return };
    if space.halving().trials <= 30 {
        let _ = space.trials(0);
    }
});
