//! The progress of training: a bar on a terminal, plain lines elsewhere.

use std::fmt::Write as _;
use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use theriac_link::{Event, Observer, Validation};

use crate::console::Console;
use crate::interrupt;
use crate::numbers::rate;

/// About this many epochs leave a line, the first and the last among them.
const EPOCH_LINES: usize = 10;
const TEMPLATE: &str = "{prefix}  [{bar:30}]  {msg}  {elapsed}";

/// Shows the progress of a fit, and passes on that Ctrl-C was pressed.
pub struct Progress {
    console: Console,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Progress of one fit.
    pub fn new(console: Console) -> Self {
        let shown = !console.quiet && io::stderr().is_terminal();
        Self { console, bar: shown.then(bar) }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template(TEMPLATE).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()).with_style(style.progress_chars("=> "))
}

impl Observer for Progress {
    fn report(&self, event: &Event) {
        match (event, &self.bar) {
            (&Event::Step { epoch, epochs, step, steps, loss, messages_per_second }, Some(bar)) => {
                bar.set_length((epochs * steps) as u64);
                bar.set_prefix(format!("epoch {epoch}/{epochs}"));
                bar.set_message(format!("loss {loss:.4}  {} edges/s", rate(messages_per_second)));
                bar.set_position(((epoch - 1) * steps + step) as u64);
            }
            (Event::Step { .. }, None) => {}
            (&Event::Epoch { epoch, epochs, loss, seconds, validation }, bar) => {
                let width = epochs.to_string().len();
                let mut line = format!("epoch {epoch:>width$}/{epochs}  loss {loss:.4}");
                if let Some(Validation { auroc, ap }) = validation {
                    let _ = write!(line, "  validation AUROC {auroc:.4}  AP {ap:.4}");
                }
                let _ = write!(line, "  {seconds:.2} s");
                if epoch == 1 || epoch == epochs || epoch.is_multiple_of(epochs.div_ceil(EPOCH_LINES)) {
                    match bar {
                        None => self.console.note(line),
                        Some(bar) => bar.println(line),
                    }
                }
            }
        }
    }

    fn stop_requested(&self) -> bool {
        interrupt::stop_requested()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_is_sound() {
        ProgressStyle::with_template(TEMPLATE).unwrap();
    }
}
