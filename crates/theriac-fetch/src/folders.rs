//! Where things are kept by default: data sets, and what a user makes.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::error::FetchError;

/// How a system has folders for the files of programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Convention {
    /// The XDG base directories.
    Xdg,
    /// Folders of `~/Library`.
    MacOs,
    /// `%LOCALAPPDATA%` and `%APPDATA%`.
    Windows,
}

const HERE: Convention = if cfg!(target_os = "windows") {
    Convention::Windows
} else if cfg!(target_os = "macos") {
    Convention::MacOs
} else {
    Convention::Xdg
};

/// What is kept in a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kept {
    /// What can be fetched again.
    Cache,
    /// What a user has made.
    Data,
}

/// The folder that holds a folder for each data set: `chosen` if there is one, otherwise `theriac` in the user's cache:
/// `$XDG_CACHE_HOME` or `~/.cache`, on macOS `~/Library/Caches`, on Windows `%LOCALAPPDATA%`.
///
/// # Errors
///
/// [`FetchError::NoCacheFolder`] when nothing says where the user's cache is.
pub fn cache_folder(chosen: Option<&Path>) -> Result<PathBuf, FetchError> {
    let usual = || by_convention(HERE, Kept::Cache, env::home_dir(), |name| env::var_os(name));
    chosen.map(PathBuf::from).or_else(usual).ok_or(FetchError::NoCacheFolder)
}

/// The folder of what a user has made: `theriac` in `$XDG_DATA_HOME` or `~/.local/share`, on macOS in
/// `~/Library/Application Support`, on Windows in `%APPDATA%`; `None` when nothing says where that is.
pub fn data_folder() -> Option<PathBuf> {
    by_convention(HERE, Kept::Data, env::home_dir(), |name| env::var_os(name))
}

fn by_convention(
    convention: Convention,
    kept: Kept,
    home: Option<PathBuf>,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Option<PathBuf> {
    let (named, below_home): (Option<&str>, &[&str]) = match (convention, kept) {
        (Convention::Xdg, Kept::Cache) => (Some("XDG_CACHE_HOME"), &[".cache"]),
        (Convention::Xdg, Kept::Data) => (Some("XDG_DATA_HOME"), &[".local", "share"]),
        (Convention::MacOs, Kept::Cache) => (None, &["Library", "Caches"]),
        (Convention::MacOs, Kept::Data) => (None, &["Library", "Application Support"]),
        (Convention::Windows, Kept::Cache) => (Some("LOCALAPPDATA"), &["AppData", "Local"]),
        (Convention::Windows, Kept::Data) => (Some("APPDATA"), &["AppData", "Roaming"]),
    };
    // The XDG specification has relative paths ignored, and an empty variable is as good as none.
    let named = named.and_then(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = home.filter(|home| !home.as_os_str().is_empty());
    let below_home = || home.map(|home| below_home.iter().fold(home, |path, part| path.join(part)));
    named.or_else(below_home).map(|folder| folder.join("theriac"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chosen_folder_goes_before_all() {
        assert_eq!(cache_folder(Some(Path::new("here"))).unwrap(), Path::new("here"));
    }

    #[test]
    #[cfg(unix)]
    fn each_system_has_its_place() {
        let of = |convention, home: Option<&str>, set: Option<&'static str>| {
            by_convention(convention, Kept::Cache, home.map(PathBuf::from), |_| set.map(OsString::from))
        };
        for (convention, home, set, expected) in [
            (Convention::Xdg, Some("/home/a"), None, "/home/a/.cache/theriac"),
            (Convention::Xdg, Some("/home/a"), Some("/big/cache"), "/big/cache/theriac"),
            (Convention::Xdg, Some("/home/a"), Some("relative"), "/home/a/.cache/theriac"),
            (Convention::Xdg, Some("/home/a"), Some(""), "/home/a/.cache/theriac"),
            (Convention::MacOs, Some("/Users/a"), Some("/ignored"), "/Users/a/Library/Caches/theriac"),
            (Convention::Windows, Some("/u/a"), Some("/u/a/local"), "/u/a/local/theriac"),
            (Convention::Windows, Some("/u/a"), None, "/u/a/AppData/Local/theriac"),
        ] {
            assert_eq!(
                of(convention, home, set).unwrap(),
                Path::new(expected),
                "{convention:?} {home:?} {set:?}"
            );
        }
        assert_eq!(of(Convention::Xdg, None, None), None);
        assert_eq!(of(Convention::Xdg, Some(""), None), None);
        let data = |convention| by_convention(convention, Kept::Data, Some("/u/a".into()), |_| None).unwrap();
        assert_eq!(data(Convention::Xdg), Path::new("/u/a/.local/share/theriac"));
        assert_eq!(data(Convention::MacOs), Path::new("/u/a/Library/Application Support/theriac"));
        assert_eq!(data(Convention::Windows), Path::new("/u/a/AppData/Roaming/theriac"));
    }
}
