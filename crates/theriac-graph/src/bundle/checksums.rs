//! SHA-256 of the files of a graph folder: damage is noticed before anything is decoded.

use std::collections::BTreeMap;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::{in_file, in_parallel, unreadable};
use crate::error::GraphError;

/// The SHA-256 of each file, as hexadecimal digits, by its path in the folder.
pub(super) fn of(folder: &Path, files: &[String]) -> Result<BTreeMap<String, String>, GraphError> {
    let sums = in_parallel(files, |file| sha256(&folder.join(file)))?;
    Ok(files.iter().cloned().zip(sums).collect())
}

/// Compares the files with their checksums.
pub(super) fn check(folder: &Path, expected: &BTreeMap<String, String>) -> Result<(), GraphError> {
    let files: Vec<(&String, &String)> = expected.iter().collect();
    in_parallel(&files, |(file, expected)| {
        let path = folder.join(file);
        let found = sha256(&path)?;
        if found == **expected {
            return Ok(());
        }
        let problem =
            format!("the SHA-256 is {found}; graph.json says {expected}: the file is damaged or was changed");
        Err(in_file(path, &problem))
    })?;
    Ok(())
}

fn sha256(path: &Path) -> Result<String, GraphError> {
    let bytes = std::fs::read(path).map_err(|source| unreadable(path, source))?;
    Ok(format!("{:x}", Sha256::digest(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_it_was_or_is_named() {
        let place = tempfile::tempdir().unwrap();
        std::fs::write(place.path().join("a"), "abc").unwrap();
        let sums = of(place.path(), &["a".into()]).unwrap();
        assert_eq!(sums["a"], "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        check(place.path(), &sums).unwrap();
        std::fs::write(place.path().join("a"), "abd").unwrap();
        let error = check(place.path(), &sums).unwrap_err().to_string();
        assert!(
            error.contains("a: the SHA-256 is ") && error.ends_with("the file is damaged or was changed")
        );
    }
}
