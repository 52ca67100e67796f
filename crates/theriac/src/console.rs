//! Standard output for results, standard error for everything else.

use std::fmt::Display;
use std::io::{self, Write};

use serde::Serialize;

use crate::error::CliError;

/// Where results and notes go.
#[derive(Clone, Copy, Debug)]
pub struct Console {
    /// Whether notes and progress are left out.
    pub quiet: bool,
}

impl Console {
    /// Prints a result, with a line end after it.
    ///
    /// # Errors
    ///
    /// [`CliError::Output`] when standard output takes no more.
    #[allow(clippy::unused_self, reason = "results and notes go through one value")]
    pub fn print(self, text: impl Display) -> Result<(), CliError> {
        let mut out = io::stdout().lock();
        writeln!(out, "{text}").and_then(|()| out.flush()).map_err(CliError::Output)
    }

    /// Prints a result as one JSON document.
    ///
    /// # Errors
    ///
    /// [`CliError::Output`] when standard output takes no more.
    pub fn print_json(self, document: &impl Serialize) -> Result<(), CliError> {
        let text = serde_json::to_string_pretty(document).map_err(|error| CliError::Output(error.into()))?;
        self.print(text)
    }

    /// Tells something beside the results. Where standard error takes no more, nobody reads it, and that is no reason to
    /// end the work.
    pub fn note(self, text: impl Display) {
        if !self.quiet {
            let _ = writeln!(io::stderr(), "{text}");
        }
    }

    /// Takes what others have to tell beside the results.
    pub fn notes(self) -> impl Fn(String) {
        move |text| self.note(text)
    }

    /// Tells why the command ends early.
    #[allow(clippy::unused_self, reason = "results and notes go through one value")]
    pub fn error(self, error: &CliError) {
        let _ = writeln!(io::stderr(), "error: {error}");
    }
}
