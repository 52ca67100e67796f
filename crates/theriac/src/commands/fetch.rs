//! `theriac fetch`

use std::io::{self, IsTerminal};
use std::path::{self, Path};

use indicatif::{DecimalBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use theriac_fetch::{
    Arrival, Dataset, Event, Fetched, FetchedFile, Fetcher, Observer, Presence, cache_folder, catalogue,
    dataset,
};
use theriac_predict::numbers::{counted, grouped};

use crate::cli::FetchArguments;
use crate::console::Console;
use crate::error::CliError;
use crate::interrupt;
use crate::table::PlainTable;

/// The word in place of a data set that asks for all there are.
pub const LIST: &str = "list";

const OF_KNOWN_LENGTH: &str = "{prefix}  [{bar:30}]  {decimal_bytes} of {decimal_total_bytes}  \
                               {decimal_bytes_per_sec}  {eta} left";
const OF_UNKNOWN_LENGTH: &str = "{prefix}  {decimal_bytes}  {decimal_bytes_per_sec}";

/// Downloads a data set, or lists all.
///
/// # Errors
///
/// When a file can be neither found here nor downloaded, or is not what was published.
pub fn fetch(arguments: &FetchArguments, console: Console) -> Result<(), CliError> {
    let cache = || cache_folder(arguments.cache.as_deref());
    let Some(wanted) = dataset(&arguments.dataset) else {
        return list(&cache()?, arguments.json, console);
    };
    let folder = match &arguments.output {
        Some(folder) => folder.clone(),
        None => cache()?.join(wanted.name),
    };
    let fetcher = Fetcher {
        mirror: arguments.mirror.clone(),
        offline: arguments.offline,
        // The cache holds nothing else; in a folder of the user's choice a file of this name may be the user's own.
        replace: arguments.output.is_none(),
        // Whole paths, so that what is to be done by hand or next can be done from anywhere.
        ..Fetcher::new(path::absolute(&folder).unwrap_or(folder))
    };
    interrupt::listen(
        console,
        "stopping; what was downloaded is kept for the next time; Ctrl-C again ends at once",
    );
    let downloads = Downloads::new(console);
    let fetched = fetcher.fetch(wanted, &downloads)?;
    drop(downloads);
    let next = format!("theriac import {} -o {}-graph", quoted(&fetched.import), fetched.dataset);
    if arguments.json {
        return console.print_json(&Report { fetched, next });
    }
    console.print(format_args!("{}\n", files_table(&fetched.files)))?;
    for file in fetched.files.iter().filter(|file| file.verified.is_none()) {
        console.print(format_args!(
            "{} is unverified, since no checksum of it is published; its SHA-256 is {}.",
            file.name, file.sha256
        ))?;
    }
    console.print(format_args!(
        "{}\n{} in {}\n\nlicence  {}\ncite     {}\n\nNext: {next}",
        fetched.title,
        counted(fetched.files.len(), "file"),
        fetched.folder.display(),
        fetched.licence,
        fetched.citation,
    ))
}

/// What `--json` prints of a fetched data set.
#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    fetched: Fetched,
    /// The command to run next.
    next: String,
}

/// What `--json` prints of the catalogue.
#[derive(Serialize)]
struct Listing<'a> {
    cache: &'a Path,
    datasets: Vec<Listed>,
}

/// A data set of the catalogue.
#[derive(Serialize)]
struct Listed {
    name: &'static str,
    title: &'static str,
    homepage: &'static str,
    licence: &'static str,
    citation: &'static str,
    /// File names.
    files: Vec<&'static str>,
    /// Length of all files, where it is known.
    bytes: Option<u64>,
    /// Whether a checksum of every file is known.
    pinned: bool,
    cached: Presence,
}

impl Listed {
    fn new(dataset: &Dataset, cache: &Path) -> Self {
        Self {
            name: dataset.name,
            title: dataset.title,
            homepage: dataset.homepage,
            licence: dataset.licence,
            citation: dataset.citation,
            files: dataset.files.iter().map(|file| file.name).collect(),
            bytes: dataset.size(),
            pinned: dataset.is_pinned(),
            cached: Fetcher::new(cache.join(dataset.name)).presence(dataset),
        }
    }
}

fn list(cache: &Path, json: bool, console: Console) -> Result<(), CliError> {
    let datasets: Vec<Listed> = catalogue().iter().map(|dataset| Listed::new(dataset, cache)).collect();
    if json {
        return console.print_json(&Listing { cache, datasets });
    }
    let mut table = PlainTable::new(["<name", "files", "size", "<cached", "<what"]);
    for dataset in &datasets {
        table.push([
            dataset.name.into(),
            grouped(dataset.files.len()),
            dataset.bytes.map_or_else(|| "unknown".into(), |bytes| DecimalBytes(bytes).to_string()),
            match dataset.cached {
                Presence::Whole => "yes",
                Presence::Partial => "in part",
                Presence::Absent => "no",
            }
            .into(),
            dataset.title.into(),
        ]);
    }
    console.print(table)?;
    for dataset in &datasets {
        console.print(format_args!(
            "\n{}\n  home     {}\n  licence  {}\n  cite     {}",
            dataset.name, dataset.homepage, dataset.licence, dataset.citation
        ))?;
    }
    console.print(format_args!("\nCached in {}.", cache.display()))
}

fn files_table(files: &[FetchedFile]) -> PlainTable {
    let mut table = PlainTable::new(["<file", "bytes", "<", "<verified by"]);
    for file in files {
        table.push([
            file.name.into(),
            grouped(file.bytes as usize),
            match file.arrival {
                Arrival::AlreadyThere => "already there",
                Arrival::Downloaded => "downloaded",
                Arrival::Resumed => "resumed",
            }
            .into(),
            file.verified.map_or_else(|| "nothing".into(), |algorithm| algorithm.to_string()),
        ]);
    }
    table
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    let plain = |character: char| character.is_alphanumeric() || "/\\._-:+@~".contains(character);
    if path.chars().all(plain) { path } else { format!("'{}'", path.replace('\'', r"'\''")) }
}

/// Shows the progress of downloads: a bar on a terminal, plain lines elsewhere.
struct Downloads {
    console: Console,
    bar: Option<ProgressBar>,
}

impl Downloads {
    fn new(console: Console) -> Self {
        let shown = !console.quiet && io::stderr().is_terminal();
        let bar = || ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        Self { console, bar: shown.then(bar) }
    }

    fn note(&self, line: String) {
        match &self.bar {
            Some(bar) => bar.println(line),
            None => self.console.note(line),
        }
    }
}

impl Drop for Downloads {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn style(size: Option<u64>) -> ProgressStyle {
    let template = if size.is_some() { OF_KNOWN_LENGTH } else { OF_UNKNOWN_LENGTH };
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    style.progress_chars("=> ")
}

impl Observer for Downloads {
    fn report(&self, event: &Event<'_>) {
        match (event, &self.bar) {
            (&Event::Started { file, place, files, from, size }, Some(bar)) => {
                bar.set_prefix(format!("{place}/{files} {file}"));
                bar.set_style(style(size));
                match size {
                    Some(size) => bar.set_length(size),
                    None => bar.unset_length(),
                }
                bar.set_position(from);
                bar.reset_elapsed();
                bar.reset_eta();
            }
            (&Event::Started { file, place, files, from, size }, None) => {
                let size = size.map_or_else(String::new, |size| format!(", {}", DecimalBytes(size)));
                let from = if from > 0 { format!(", from {} on", DecimalBytes(from)) } else { String::new() };
                self.note(format!("{place}/{files} {file}{size}{from}"));
            }
            (&Event::Received { bytes, size }, Some(bar)) => {
                if let (Some(size), None) = (size, bar.length()) {
                    bar.set_style(style(Some(size)));
                    bar.set_length(size);
                }
                bar.set_position(bytes);
            }
            (&Event::Retrying { file, problem, pause, attempt, attempts }, _) => {
                let pause = pause.as_secs_f64();
                self.note(format!("{file}: {problem}; attempt {attempt} of {attempts} in {pause:.1} s"));
            }
            (&Event::Restarted { file, reason }, _) => {
                self.note(format!("{file} is downloaded from its beginning: {reason}"));
            }
            (Event::Received { .. }, None) | (Event::Finished { .. }, _) => {}
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
        for template in [OF_KNOWN_LENGTH, OF_UNKNOWN_LENGTH] {
            ProgressStyle::with_template(template).unwrap();
        }
    }

    #[test]
    fn paths_survive_a_shell() {
        for (path, expected) in [
            ("/home/a/.cache/theriac/dtinet", "/home/a/.cache/theriac/dtinet"),
            ("/home/a b/x", "'/home/a b/x'"),
            ("/it's", r"'/it'\''s'"),
        ] {
            assert_eq!(quoted(Path::new(path)), expected);
        }
    }

    #[test]
    fn the_word_for_all_is_no_data_set() {
        assert!(dataset(LIST).is_none());
    }
}
