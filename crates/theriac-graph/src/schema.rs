//! The names of typed edges.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The key of a relation: a typed edge set written `source:name:target`, as in `drug:treats:disease`.
///
/// ```
/// use theriac_graph::RelationKey;
///
/// let key: RelationKey = "drug:treats:disease".parse()?;
/// assert_eq!(key.source, "drug");
/// assert_eq!(key.to_string(), "drug:treats:disease");
/// # Ok::<(), theriac_graph::RelationKeyError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct RelationKey {
    /// Node type of the edges' sources.
    pub source: String,
    /// What the relation says: `treats`, `targets`, `interacts`.
    pub name: String,
    /// Node type of the edges' targets.
    pub target: String,
}

/// A relation key is not `source:name:target`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{found}' is not a relation; expected three names with colons between, as in drug:treats:disease")]
pub struct RelationKeyError {
    /// The text that was given.
    pub found: String,
}

impl RelationKey {
    /// Makes a key from its three parts.
    ///
    /// # Panics
    ///
    /// When a part is empty or holds a colon: parts that come from outside go through [`str::parse`].
    pub fn new(source: impl Into<String>, name: impl Into<String>, target: impl Into<String>) -> Self {
        let (source, name, target) = (source.into(), name.into(), target.into());
        for part in [&source, &name, &target] {
            assert!(!part.is_empty() && !part.contains(':'), "'{part}' cannot be part of a relation key");
        }
        Self { source, name, target }
    }

    /// The key with dots for colons, which every file system takes: `drug.treats.disease`. Other bytes than ASCII
    /// letters, digits, `-` and `_` are percent-encoded (`side%20effect`), so that no two keys share a stem.
    pub fn file_stem(&self) -> String {
        let [source, name, target] = [&self.source, &self.name, &self.target].map(|part| file_safe(part));
        format!("{source}.{name}.{target}")
    }
}

/// A name as part of a file name: every byte but ASCII letters, digits, `-` and `_` is percent-encoded.
pub(crate) fn file_safe(name: &str) -> String {
    let safe = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    name.bytes()
        .map(|byte| if safe(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

impl fmt::Display for RelationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.source, self.name, self.target)
    }
}

impl FromStr for RelationKey {
    type Err = RelationKeyError;

    fn from_str(text: &str) -> Result<Self, RelationKeyError> {
        let parts: Vec<&str> = text.split(':').collect();
        match parts[..] {
            [source, name, target] if parts.iter().all(|part| !part.is_empty()) => {
                Ok(Self { source: source.into(), name: name.into(), target: target.into() })
            }
            _ => Err(RelationKeyError { found: text.into() }),
        }
    }
}

impl TryFrom<String> for RelationKey {
    type Error = RelationKeyError;

    fn try_from(text: String) -> Result<Self, RelationKeyError> {
        text.parse()
    }
}

impl From<RelationKey> for String {
    fn from(key: RelationKey) -> Self {
        key.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_its_text_form() {
        let key = RelationKey::new("drug", "treats", "disease");
        assert_eq!(key.to_string().parse::<RelationKey>().unwrap(), key);
        assert_eq!(key.file_stem(), "drug.treats.disease");
    }

    #[test]
    fn no_name_leaves_its_folder_or_meets_another() {
        assert_eq!(file_safe("side_effect-2"), "side_effect-2");
        assert_eq!(file_safe("../a b"), "%2E%2E%2Fa%20b");
        assert_eq!(file_safe("é%"), "%C3%A9%25");
        assert_ne!(
            RelationKey::new("a.b", "c", "d").file_stem(),
            RelationKey::new("a", "b.c", "d").file_stem()
        );
    }

    #[test]
    fn a_key_needs_three_parts() {
        for text in ["", "drug", "drug:disease", "drug::disease", "a:b:c:d"] {
            assert!(text.parse::<RelationKey>().is_err(), "{text:?} was taken for a key");
        }
    }
}
