//! The progress of long work: a bar on a terminal, plain lines elsewhere.

use std::fmt::Write as _;
use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use theriac_link::{Event, Observer, Validation};
use theriac_predict::numbers::{grouped, rate};

use crate::console::Console;
use crate::interrupt;

/// About this many epochs leave a line, the first and the last among them.
const EPOCH_LINES: usize = 10;
/// About this many stages leave a line.
const STAGE_LINES: usize = 10;
const TEMPLATE: &str = "{prefix}  [{bar:30}]  {msg}  {elapsed}";
/// About this many lines tell of a count.
const COUNT_LINES: usize = 10;
const COUNT_TEMPLATE: &str = "{human_pos} of {human_len} {msg}  [{bar:30}]  {elapsed}, {eta} left";

/// Shows the progress of a fit, and passes on that Ctrl-C was pressed.
pub struct Progress {
    console: Console,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Progress of one fit.
    pub fn new(console: Console) -> Self {
        Self { console, bar: bar(console, None, TEMPLATE) }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// A bar of this length, where standard error is a terminal and notes are wanted.
fn bar(console: Console, length: Option<u64>, template: &str) -> Option<ProgressBar> {
    if console.quiet || !io::stderr().is_terminal() {
        return None;
    }
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr());
    Some(bar.with_style(style.progress_chars("=> ")))
}

/// Shows how many of many things are done.
pub struct CountProgress {
    console: Console,
    total: usize,
    /// What is counted, in the plural.
    things: String,
    /// Lines told so far.
    told: usize,
    bar: Option<ProgressBar>,
}

impl CountProgress {
    /// Progress towards `total` things.
    pub fn new(console: Console, total: usize, things: String) -> Self {
        let bar = bar(console, Some(total as u64), COUNT_TEMPLATE);
        if let Some(bar) = &bar {
            bar.set_message(things.clone());
        }
        Self { console, total, things, told: 0, bar }
    }

    /// This many are done. The last is not told: the result is.
    pub fn reached(&mut self, done: usize) {
        if let Some(bar) = &self.bar {
            bar.set_position(done as u64);
        } else if done < self.total && done * COUNT_LINES / self.total > self.told {
            self.told = done * COUNT_LINES / self.total;
            let (done, total) = (grouped(done), grouped(self.total));
            self.console.note(format_args!("{done} of {total} {}", self.things));
        }
    }
}

impl Drop for CountProgress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Shows nothing of a fit, and passes on that Ctrl-C was pressed: for fits of which many are counted.
pub struct OnlyStop;

impl Observer for OnlyStop {
    fn report(&self, _: &Event) {}

    fn stop_requested(&self) -> bool {
        interrupt::stop_requested()
    }
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
            (Event::Stage { name, stage, stages }, Some(bar)) => {
                bar.set_length(*stages as u64);
                bar.set_prefix(format!("stage {stage}/{stages}"));
                bar.set_message(name.clone());
                bar.set_position(*stage as u64 - 1);
            }
            (Event::Stage { name, stage, stages }, None) => {
                let lines = |stage: usize| stage * STAGE_LINES / stages;
                if *stage == 1 || lines(*stage) > lines(stage - 1) {
                    self.console.note(format_args!("stage {stage}/{stages}  {name}"));
                }
            }
            (&Event::Epoch { epoch, epochs, loss, seconds, validation }, bar) => {
                let width = epochs.to_string().len();
                let mut line = format!("epoch {epoch:>width$}/{epochs}  loss {loss:.4}");
                if let Some(Validation { auroc, ap, mrr }) = validation {
                    let _ = write!(line, "  validation AUROC {auroc:.4}  AP {ap:.4}");
                    if let Some(mrr) = mrr {
                        let _ = write!(line, "  MRR {mrr:.4}");
                    }
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
    fn the_templates_are_sound() {
        for template in [TEMPLATE, COUNT_TEMPLATE] {
            ProgressStyle::with_template(template).unwrap();
        }
    }
}
