//! Where data sets are kept by default.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::error::FetchError;

/// Where a system keeps what can be fetched again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Convention {
    /// The XDG base directories.
    Xdg,
    /// `~/Library/Caches`.
    MacOs,
    /// `%LOCALAPPDATA%`.
    Windows,
}

const HERE: Convention = if cfg!(target_os = "windows") {
    Convention::Windows
} else if cfg!(target_os = "macos") {
    Convention::MacOs
} else {
    Convention::Xdg
};

/// The folder that holds a folder for each data set: `chosen` if there is one, otherwise `theriac` in the user's cache:
/// `$XDG_CACHE_HOME` or `~/.cache`, on macOS `~/Library/Caches`, on Windows `%LOCALAPPDATA%`.
///
/// # Errors
///
/// [`FetchError::NoCacheFolder`] when nothing says where the user's cache is.
pub fn cache_folder(chosen: Option<&Path>) -> Result<PathBuf, FetchError> {
    match chosen {
        Some(folder) => Ok(folder.into()),
        None => by_convention(HERE, env::home_dir(), |name| env::var_os(name)),
    }
}

fn by_convention(
    convention: Convention,
    home: Option<PathBuf>,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<PathBuf, FetchError> {
    // The XDG specification has relative paths ignored, and an empty variable is as good as none.
    let folder = |name| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = home.filter(|home| !home.as_os_str().is_empty());
    let cache = match convention {
        Convention::Xdg => folder("XDG_CACHE_HOME").or_else(|| home.map(|home| home.join(".cache"))),
        Convention::MacOs => home.map(|home| home.join("Library").join("Caches")),
        Convention::Windows => {
            folder("LOCALAPPDATA").or_else(|| home.map(|home| home.join("AppData").join("Local")))
        }
    };
    cache.map(|cache| cache.join("theriac")).ok_or(FetchError::NoCacheFolder)
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
            by_convention(convention, home.map(PathBuf::from), |_| set.map(OsString::from))
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
        assert!(matches!(of(Convention::Xdg, None, None), Err(FetchError::NoCacheFolder)));
        assert!(matches!(of(Convention::Xdg, Some(""), None), Err(FetchError::NoCacheFolder)));
    }
}
