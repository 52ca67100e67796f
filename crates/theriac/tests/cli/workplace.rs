//! A folder of its own for each test, with the program run inside, so that paths in messages are the same everywhere.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use tempfile::TempDir;

/// The program, to be run by hand.
pub fn program() -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("theriac"));
    command.env("NO_COLOR", "1").stdin(Stdio::null());
    command
}

/// Says on standard error why a test cannot run.
#[allow(clippy::print_stderr, reason = "a test that cannot run says so")]
pub fn skip(reason: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {reason}");
}

/// A file of the shared data, where it is there; otherwise the test is skipped, aloud.
pub fn shared_data(path: &str) -> Option<PathBuf> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")).join(path);
    if path.exists() {
        return Some(path);
    }
    skip(&format!("{} is not here", path.display()));
    None
}

/// What a run left.
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    /// The one JSON document on standard output.
    pub fn json(&self) -> Value {
        assert_eq!(self.code, 0, "{}", self.stderr);
        serde_json::from_str(&self.stdout).unwrap()
    }

    /// Standard output of a run that went well.
    pub fn printed(self) -> String {
        assert_eq!(self.code, 0, "{}", self.stderr);
        self.stdout
    }
}

/// A folder to work in.
pub struct Workplace(TempDir);

impl Workplace {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).unwrap();
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    /// What there is, hidden files included, sorted.
    pub fn listing(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Runs the program with these arguments, separated by blanks.
    pub fn run(&self, arguments: &str) -> Run {
        self.run_list(&arguments.split_whitespace().collect::<Vec<_>>())
    }

    /// Runs the program with these arguments.
    pub fn run_list(&self, arguments: &[&str]) -> Run {
        let output = program().args(arguments).current_dir(self.0.path()).output().unwrap();
        Run {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// A workplace with the small graph as folder `g`.
    pub fn with_graph() -> Self {
        let workplace = Self::new();
        workplace.write("edges.csv", small_graph());
        workplace.run("import edges.csv -o g").printed();
        workplace
    }

    /// A workplace with the small graph and a model of it, `m`.
    pub fn with_model() -> Self {
        let workplace = Self::with_graph();
        workplace.run("train g --preset graphsage --epochs 3 --seed 5 -o m").printed();
        workplace
    }
}

/// Thirty drugs, twenty diseases and twelve genes: drugs treat the diseases of their group and a few others.
pub fn small_graph() -> String {
    let mut text = String::from("source,target,source_type,target_type,relation,source_name,target_name\n");
    for drug in 0..30 {
        for disease in 0..20 {
            if drug % 5 == disease % 5 || (7 * drug + 3 * disease) % 23 == 0 {
                let _ =
                    writeln!(text, "D{drug},X{disease},drug,disease,treats,drug {drug},disease {disease}");
            }
        }
        let _ = writeln!(text, "D{drug},G{},drug,gene,targets,drug {drug},gene {}", drug % 12, drug % 12);
    }
    text
}

/// The files of a small DTINet.
pub fn small_dtinet() -> Vec<(&'static str, String)> {
    [
        ("Similarity_Matrix_Drugs.txt", "1.0 0.25\n0.25 1.0\n"),
        ("disease.txt", "fever\npain\ngout\n"),
        ("drug.txt", "DB01\nDB02\n"),
        ("drug_dict_map.txt", "DB01:Aspirin\nDB02:Paracetamol\n"),
        ("mat_drug_disease.txt", "1 1 0\n0 0 1\n"),
        ("mat_drug_drug.txt", "0 1\n1 0\n"),
        ("mat_drug_protein.txt", "0 1\n1 0\n"),
        ("mat_drug_se.txt", "0\n1\n"),
        ("mat_protein_disease.txt", "1 1 1\n0 1 0\n"),
        ("mat_protein_protein.txt", "0 1\n1 0\n"),
        ("protein.txt", "P1\nP2\n"),
        ("protein_dict_map.txt", "P1:GENE1\nP2:GENE2\n"),
        ("se.txt", "rash\n"),
    ]
    .map(|(name, text)| (name, text.to_owned()))
    .to_vec()
}

/// These files as a compressed tarball, under `data/`.
pub fn tarball(files: &[(&str, String)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        builder.append_data(&mut header, format!("data/{name}"), text.as_bytes()).unwrap();
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&builder.into_inner().unwrap()).unwrap();
    encoder.finish().unwrap()
}

/// The text with every time, as in `0.12 s`, replaced.
pub fn without_times(text: &str) -> String {
    let words: Vec<&str> = text.split(' ').collect();
    let is_number = |word: &str| word.contains('.') && word.parse::<f64>().is_ok();
    let is_unit = |word: Option<&&str>| {
        word.is_some_and(|word| *word == "s" || word.starts_with("s.") || word.starts_with("s\n"))
    };
    let replaced = words
        .iter()
        .enumerate()
        .map(|(place, word)| if is_number(word) && is_unit(words.get(place + 1)) { "[time]" } else { word });
    replaced.collect::<Vec<_>>().join(" ")
}
