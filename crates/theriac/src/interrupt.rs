//! Ctrl-C: the first asks a long work to stop, the second ends the program.

use std::process;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::console::Console;

/// What a shell reports for a program ended by SIGINT.
const INTERRUPTED: i32 = 130;

static STOP_REQUESTED: AtomicBool = AtomicBool::new(false);

/// From here on the first Ctrl-C is a request to stop, answered with this note. Where no handler can be set, Ctrl-C ends
/// the program at once.
pub fn listen(console: Console, note: &'static str) {
    let _ = ctrlc::set_handler(move || {
        if STOP_REQUESTED.swap(true, Ordering::Relaxed) {
            process::exit(INTERRUPTED);
        }
        console.note(note);
    });
}

/// From here on Ctrl-C ends the program at once, and takes along what is half-written.
pub fn end_cleanly() {
    let _ = ctrlc::set_handler(|| {
        theriac_graph::abandon_drafts();
        process::exit(INTERRUPTED);
    });
}

/// Whether Ctrl-C was pressed.
pub fn stop_requested() -> bool {
    STOP_REQUESTED.load(Ordering::Relaxed)
}
