//! Reading several files at once: which of them are sources of their own, and which belong together.

use std::path::PathBuf;

use rayon::prelude::*;
use theriac_graph::Graph;

use crate::error::FormatError;
use crate::input::{Container, Input};
use crate::merge::{Equivalences, Merged, merge_with};
use crate::{Format, formats, read_input};

/// Reads one graph from several files, archives or folders, in the format of that name or in those that recognise them,
/// and merges them in this order, as [`crate::merge`] does.
///
/// A single path is read as by [`crate::read`]. Where it is a folder or archive that no format recognises as a whole,
/// each of its files that a format recognises is a source, and a decision names the others.
///
/// Of several paths, the files that only together make up a form (nodes in one, edges in another) are one source, which
/// stands where the first of them does, and each other path is a source of its own. Sources are read side by side.
///
/// # Errors
///
/// [`FormatError::Undetected`], naming each path that no format recognises; the first error of a reader, in the order
/// of the sources; [`FormatError::UnknownFormat`]; as [`crate::merge`].
pub fn read_all(
    paths: &[PathBuf],
    format: Option<&str>,
    equivalences: &Equivalences,
) -> Result<Merged, FormatError> {
    let (inputs, decisions) = match paths {
        [path] => within(Input::open(path)?, format)?,
        _ => among(paths, format)?,
    };
    let graphs: Vec<Result<Graph, FormatError>> =
        inputs.par_iter().map(|input| read_input(input, format)).collect();
    let graphs = graphs.into_iter().collect::<Result<Vec<_>, _>>()?;
    merge_with(graphs, equivalences, decisions)
}

/// The format that recognises an input, out of all or only of the one of this name.
fn recognised(input: &Input, format: Option<&str>) -> Option<&'static dyn Format> {
    let asked = |known: &&&dyn Format| format.is_none_or(|name| known.name() == name);
    formats().iter().filter(asked).find(|known| known.detect(input)).copied()
}

/// The sources in one input: itself, or its files where they are recognised and it is not; and what is left.
fn within(input: Input, format: Option<&str>) -> Result<(Vec<Input>, Vec<String>), FormatError> {
    if input.container() == Container::File || format.is_some() || recognised(&input, format).is_some() {
        return Ok((vec![input], Vec::new()));
    }
    let (mut sources, mut decisions) = (Vec::new(), Vec::new());
    for name in input.member_names()? {
        let member = input.member(&name)?;
        if recognised(&member, format).is_some() {
            sources.push(member);
        } else {
            decisions.push(format!("{name} not read: it fits no format"));
        }
    }
    // Where nothing is recognised, the whole is what cannot be read.
    Ok(if sources.is_empty() { (vec![input], Vec::new()) } else { (sources, decisions) })
}

/// The sources that several paths make up.
fn among(paths: &[PathBuf], format: Option<&str>) -> Result<(Vec<Input>, Vec<String>), FormatError> {
    let inputs: Vec<Input> = paths.iter().map(|path| Input::open(path)).collect::<Result<_, _>>()?;
    let alone: Vec<bool> = inputs.iter().map(|input| recognised(input, format).is_some()).collect();
    let files: Vec<usize> =
        (0..paths.len()).filter(|&at| inputs[at].container() == Container::File).collect();
    let joint = joint(paths, &files, &alone, format)?;
    let strays: Vec<&Input> = (0..paths.len())
        .filter(|at| !alone[*at] && files.contains(at) && !joint.contains(at))
        .map(|at| &inputs[at])
        .collect();
    if let [first, others @ ..] = strays.as_slice() {
        // A format that was asked for says itself what is wrong; otherwise each file is named.
        let Err(mut error) = read_input(first, format) else { return Ok((inputs, Vec::new())) };
        if let FormatError::Undetected { seen, .. } = &mut error {
            let others =
                others.iter().map(|other| format!("{} is {}", other.path().display(), other.describe()));
            *seen = std::iter::once(seen.clone()).chain(others).collect::<Vec<_>>().join(", and ");
        }
        return Err(error);
    }
    let together: Vec<PathBuf> = joint.iter().map(|&at| paths[at].clone()).collect();
    let (mut sources, mut decisions) = (Vec::new(), Vec::new());
    for (at, input) in inputs.into_iter().enumerate() {
        if joint.first() == Some(&at) {
            sources.push(Input::together(&together)?);
        } else if !joint.contains(&at) {
            let (inside, left) = within(input, format)?;
            sources.extend(inside);
            decisions.extend(left);
        }
    }
    Ok((sources, decisions))
}

/// The files that only together are recognised, if any: those that are nothing by themselves, where they are something
/// together; otherwise also as few of the others as it takes.
fn joint(
    paths: &[PathBuf],
    files: &[usize],
    alone: &[bool],
    format: Option<&str>,
) -> Result<Vec<usize>, FormatError> {
    let open = |of: &[usize]| Input::together(&of.iter().map(|&at| paths[at].clone()).collect::<Vec<_>>());
    let nothing_alone: Vec<usize> = files.iter().copied().filter(|&at| !alone[at]).collect();
    if nothing_alone.len() > 1 && recognised(&open(&nothing_alone)?, format).is_some() {
        return Ok(nothing_alone);
    }
    if files.len() < 2 {
        return Ok(Vec::new());
    }
    let Some(whole) = recognised(&open(files)?, format) else { return Ok(Vec::new()) };
    let mut joint = files.to_vec();
    for &at in files.iter().rev().filter(|&&at| alone[at]) {
        let others: Vec<usize> = joint.iter().copied().filter(|&other| other != at).collect();
        if !others.is_empty() && whole.detect(&open(&others)?) {
            joint = others;
        }
    }
    // One that is left alone is a source like any other.
    Ok(if joint.len() > 1 { joint } else { Vec::new() })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    fn all_of(folder: &Path, names: &[&str]) -> Result<Merged, FormatError> {
        let paths: Vec<PathBuf> = names.iter().map(|name| folder.join(name)).collect();
        read_all(&paths, None, &Equivalences::default())
    }

    const A: (&str, &str) = ("a.csv", "drug,disease\naspirin,fever\n");
    const B: (&str, &str) = ("b.json", r#"[["aspirin","pain"],["aspirin","fever"]]"#);

    #[test]
    fn each_recognised_path_is_a_source_in_the_order_given() {
        let folder = folder(&[A, B]);
        let merged = all_of(folder.path(), &["b.json", "a.csv"]).unwrap();
        assert_eq!(merged.graph.provenance().name, "b + a");
        assert_eq!(merged.graph.node_tables()[1].ids, ["pain", "fever"]);
        assert_eq!((merged.graph.relations()[0].len(), merged.conflicts.sources[0].edges.count), (2, 1));
    }

    #[test]
    fn a_folder_that_is_no_format_is_read_file_by_file() {
        let folder = folder(&[A, B, ("README.md", "# Data\n")]);
        let paths = [folder.path().to_path_buf()];
        let merged = read_all(&paths, None, &Equivalences::default()).unwrap();
        assert_eq!(merged.graph.relations()[0].len(), 2);
        let decisions = &merged.graph.provenance().decisions;
        assert_eq!(decisions[0], "README.md not read: it fits no format", "{decisions:?}");
        fs::remove_file(folder.path().join("b.json")).unwrap();
        let merged = read_all(&paths, None, &Equivalences::default()).unwrap();
        assert_eq!(merged.graph.provenance().decisions, ["README.md not read: it fits no format"]);
        fs::remove_file(folder.path().join("a.csv")).unwrap();
        let error = read_all(&paths, None, &Equivalences::default()).unwrap_err().to_string();
        assert!(error.contains(" is a folder with README.md, which fits no known format"), "{error}");
    }

    #[test]
    fn every_path_that_fits_no_format_is_named() {
        let folder = folder(&[A, ("p.txt", "Roses are red\n"), ("q.txt", "Violets are blue\n")]);
        let error = all_of(folder.path(), &["p.txt", "a.csv", "q.txt"]).unwrap_err().to_string();
        let expected = r#"p.txt is a file that begins with "Roses are red", and "#;
        assert!(error.contains(expected), "{error}");
        assert!(
            error.contains(r#"q.txt is a file that begins with "Violets are blue", which fits no known"#),
            "{error}"
        );
        let missing = all_of(folder.path(), &["a.csv", "nowhere"]).unwrap_err();
        assert!(matches!(missing, FormatError::Io { .. }), "{missing}");
    }

    #[test]
    fn files_that_only_together_are_a_format_are_one_source() {
        let folder = folder(&[
            A,
            ("disease.txt", "fever\npain\n"),
            ("drug.txt", "DB01\n"),
            ("drug_dict_map.txt", "DB01:Aspirin\n"),
            ("mat_drug_disease.txt", "1 1\n"),
            ("mat_drug_drug.txt", "0\n"),
            ("mat_drug_protein.txt", "1\n"),
            ("mat_drug_se.txt", "1\n"),
            ("mat_protein_disease.txt", "1 1\n"),
            ("mat_protein_protein.txt", "0\n"),
            ("protein.txt", "P1\n"),
            ("protein_dict_map.txt", "P1:GENE1\n"),
            ("se.txt", "rash\n"),
            ("Similarity_Matrix_Drugs.txt", "1.0\n"),
        ]);
        let mut names: Vec<String> = fs::read_dir(folder.path())
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names.retain(|name| name != "a.csv");
        names.push("a.csv".into());
        let merged = all_of(folder.path(), &names.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
        // Aspirin of the list is no known identifier; the disease is the same.
        assert_eq!(merged.graph.node_type("drug").unwrap().1.len(), 2);
        assert_eq!(merged.graph.node_type("disease").unwrap().1.len(), 2);
        assert_eq!(merged.conflicts.sources.len(), 1);
    }

    #[test]
    fn a_file_that_is_more_beside_another_is_read_with_it() {
        let folder = folder(&[
            A,
            (
                "hetionet-nodes.tsv",
                "id\tname\tkind\nCompound::DB00945\tAspirin\tCompound\nDisease::DOID:1\tfever\tDisease\n",
            ),
            ("hetionet-edges.sif", "source\tmetaedge\ttarget\nCompound::DB00945\tCtD\tDisease::DOID:1\n"),
        ]);
        let merged = all_of(folder.path(), &["hetionet-edges.sif", "a.csv", "hetionet-nodes.tsv"]).unwrap();
        assert_eq!(merged.conflicts.sources.len(), 1);
        let names: Vec<&String> = merged.graph.node_tables().iter().flat_map(|table| &table.names).collect();
        assert!(names.iter().any(|name| *name == "Aspirin"), "{names:?}");
    }

    #[test]
    fn of_several_faults_the_first_in_order_is_told() {
        let folder = folder(&[A, ("b.csv", "drug,disease\naspirin\n"), ("c.csv", "drug,disease\n,x\n")]);
        for _ in 0..8 {
            let error = all_of(folder.path(), &["a.csv", "b.csv", "c.csv"]).unwrap_err();
            assert!(matches!(error, FormatError::Ragged { line: 2, .. }), "{error}");
        }
    }
}
