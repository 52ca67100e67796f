//! The progress of training: a bar on a terminal, plain lines elsewhere.

use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use theriac_link::{Event, Observer};

use crate::console::Console;
use crate::interrupt;
use crate::numbers::rate;

/// Above a bar at most about this many epochs leave a line.
const EPOCH_LINES: usize = 10;

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
    let style = ProgressStyle::with_template("{prefix}  [{bar:30}]  {msg}  {elapsed}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ");
    ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()).with_style(style)
}

impl Observer for Progress {
    fn report(&self, event: &Event) {
        match (event, &self.bar) {
            (&Event::Step { epoch, epochs, step, steps, loss, edges_per_second }, Some(bar)) => {
                bar.set_length((epochs * steps) as u64);
                bar.set_prefix(format!("epoch {epoch}/{epochs}"));
                bar.set_message(format!("loss {loss:.4}  {} messages/s", rate(edges_per_second)));
                bar.set_position(((epoch - 1) * steps + step) as u64);
            }
            (&Event::Epoch { epoch, epochs, .. }, Some(bar)) => {
                if epoch == epochs || epoch.is_multiple_of(epochs.div_ceil(EPOCH_LINES)) {
                    bar.println(epoch_line(event));
                }
            }
            (Event::Epoch { .. }, None) => self.console.note(epoch_line(event)),
            (Event::Step { .. }, None) => {}
        }
    }

    fn stop_requested(&self) -> bool {
        interrupt::stop_requested()
    }
}

fn epoch_line(event: &Event) -> String {
    match event {
        Event::Epoch { epoch, epochs, loss, seconds, validation } => {
            let width = epochs.to_string().len();
            let figures = validation.map_or_else(String::new, |figures| {
                format!("  validation AUROC {:.4}  AP {:.4}", figures.auroc, figures.ap)
            });
            format!("epoch {epoch:>width$}/{epochs}  loss {loss:.4}{figures}  {seconds:.2} s")
        }
        Event::Step { .. } => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use theriac_link::Validation;

    use super::*;

    #[test]
    fn the_template_is_sound() {
        ProgressStyle::with_template("{prefix}  [{bar:30}]  {msg}  {elapsed}").unwrap();
    }

    #[test]
    fn an_epoch_is_one_line() {
        let validation = Some(Validation { auroc: 0.94956, ap: 0.9 });
        let event = Event::Epoch { epoch: 3, epochs: 20, loss: 0.34567, seconds: 1.256, validation };
        assert_eq!(epoch_line(&event), "epoch  3/20  loss 0.3457  validation AUROC 0.9496  AP 0.9000  1.26 s");
        let event = Event::Epoch { epoch: 1, epochs: 1, loss: 0.5, seconds: 0.0, validation: None };
        assert_eq!(epoch_line(&event), "epoch 1/1  loss 0.5000  0.00 s");
    }
}
