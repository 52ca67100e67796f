//! Names of members: what may stand for a file, and what leads astray.

/// The name of a member with `/` between folders and nothing to normalise left.
///
/// # Errors
///
/// Why it cannot be trusted: it leads out of the archive, on this system or on another.
pub(super) fn member_name(stored: &str) -> Result<String, &'static str> {
    let parts: Vec<&str> = stored.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    let first = parts.first().copied().unwrap_or_default().as_bytes();
    if stored.starts_with('/') {
        Err("its name is an absolute path")
    } else if parts.contains(&"..") {
        Err("its name leads out of the archive")
    } else if stored.contains('\\') {
        Err("its name holds a backslash, which separates folders on Windows")
    } else if first.len() > 1 && first[1] == b':' && first[0].is_ascii_alphabetic() {
        Err("its name begins with a drive of Windows")
    } else if stored.contains('\0') {
        Err("its name holds a NUL")
    } else {
        Ok(parts.join("/"))
    }
}

/// Whether a file is what macOS leaves in archives and folders beside the user's own.
pub(super) fn is_macos_metadata(name: &str) -> bool {
    let file_name = name.rsplit('/').next().unwrap_or_default();
    name.split('/').any(|part| part == "__MACOSX") || file_name.starts_with("._") || file_name == ".DS_Store"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_normalised() {
        for (stored, name) in [
            ("a.txt", "a.txt"),
            ("./data/a.txt", "data/a.txt"),
            ("data//x/./a.txt", "data/x/a.txt"),
            ("..a/b..", "..a/b.."),
            ("MESH:C1.tsv", "MESH:C1.tsv"),
            ("é:x", "é:x"),
            ("data/", "data"),
        ] {
            assert_eq!(member_name(stored), Ok(name.to_owned()));
        }
    }

    #[test]
    fn names_that_lead_astray_are_told() {
        for (stored, why) in [
            ("/etc/passwd", "absolute"),
            ("../x", "out of"),
            ("a/../../x", "out of"),
            ("a/..", "out of"),
            ("data\\x", "backslash"),
            ("..\\x", "backslash"),
            ("C:/x", "drive"),
            ("c:x", "drive"),
            ("./C:x", "drive"),
            ("a\0b", "NUL"),
        ] {
            let found = member_name(stored).unwrap_err();
            assert!(found.contains(why), "{stored}: {found}");
        }
    }

    #[test]
    fn macos_metadata_is_told_from_files() {
        for name in ["__MACOSX/data/._a.txt", "data/._a.txt", "._a", ".DS_Store", "data/.DS_Store"] {
            assert!(is_macos_metadata(name), "{name}");
        }
        for name in ["a.txt", ".hidden", "data/_a", "MACOSX/a"] {
            assert!(!is_macos_metadata(name), "{name}");
        }
    }
}
