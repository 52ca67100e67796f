//! The files of a data set in a folder, downloaded where they are not there yet, and verified.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::PathBuf;

use serde::Serialize;

use crate::backoff::Backoff;
use crate::catalogue::{Dataset, RemoteFile};
use crate::checksum::{Algorithm, Measured};
use crate::error::{ByHand, FetchError};
use crate::fetched::{Arrival, Fetched, FetchedFile};
use crate::http::Web;
use crate::observer::{Event, Observer};
use crate::part::{self, Part};
use crate::transfer::{Broken, Transfer};

/// How data sets are fetched into a folder.
#[derive(Clone, Debug)]
pub struct Fetcher {
    /// Folder of the files; made where it is missing.
    pub folder: PathBuf,
    /// Address to use in place of the publishers': a file is then at `MIRROR/DATASET/NAME`.
    pub mirror: Option<String>,
    /// Whether to keep off the network.
    pub offline: bool,
    /// Whether a file that is not the published one is replaced; otherwise it is an error.
    pub replace: bool,
    /// How patiently failed attempts are repeated.
    pub backoff: Backoff,
}

/// How much of a data set is in a folder, by names and lengths alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// Nothing.
    Absent,
    /// Some files, or a part of one.
    Partial,
    /// Every file.
    Whole,
}

impl Fetcher {
    /// Fetches into this folder, from the publishers.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            mirror: None,
            offline: false,
            replace: true,
            backoff: Backoff::default(),
        }
    }

    /// Downloads what is missing of a data set. Afterwards every file is there and has the length and the checksum that
    /// are known of it. Files appear under their names whole or not at all, and each as soon as it is verified; of one
    /// that is not whole, what was downloaded stays beside it as `NAME.part` and is gone on with the next time.
    ///
    /// # Errors
    ///
    /// Those of [`FetchError`]. Files that were finished before stay.
    pub fn fetch(&self, dataset: &Dataset, observer: &dyn Observer) -> Result<Fetched, FetchError> {
        if let Some(mirror) = &self.mirror
            && !["https://", "http://"].iter().any(|scheme| mirror.starts_with(scheme))
        {
            return Err(FetchError::Mirror { found: mirror.clone() });
        }
        let mut files = Vec::with_capacity(dataset.files.len());
        for file in dataset.files {
            files.push(self.already_there(dataset, file, observer)?);
        }
        let absent = |files: &[Option<FetchedFile>]| -> Vec<ByHand> {
            let pairs = dataset.files.iter().zip(files).filter(|(_, found)| found.is_none());
            pairs
                .map(|(file, _)| ByHand { address: self.address(dataset, file), path: self.path(file) })
                .collect()
        };
        if self.offline && files.iter().any(Option::is_none) {
            return Err(FetchError::Unreachable {
                reason: "the network is off limits".into(),
                missing: absent(&files),
            });
        }
        let web = Web::new();
        for place in 0..files.len() {
            if files[place].is_some() {
                continue;
            }
            match self.download(dataset, place, &web, observer) {
                Ok(file) => files[place] = Some(file),
                Err(Broken::Error(error)) => return Err(error),
                Err(Broken::Unreachable(reason)) => {
                    let address = self.address(dataset, &dataset.files[place]);
                    let reason = format!("{} cannot be reached ({reason})", host(&address));
                    return Err(FetchError::Unreachable { reason, missing: absent(&files) });
                }
            }
        }
        Ok(Fetched {
            dataset: dataset.name,
            title: dataset.title,
            licence: dataset.licence,
            citation: dataset.citation,
            folder: self.folder.clone(),
            import: dataset.import.map_or_else(|| self.folder.clone(), |name| self.folder.join(name)),
            files: files.into_iter().flatten().collect(),
        })
    }

    /// How much of a data set is in the folder. Nothing is read, so that what is damaged goes unnoticed.
    pub fn presence(&self, dataset: &Dataset) -> Presence {
        let length = |file: &RemoteFile| fs::metadata(self.path(file)).ok().map(|metadata| metadata.len());
        let whole = |file: &&RemoteFile| {
            length(file).is_some_and(|length| file.size.is_none_or(|size| size == length))
        };
        let wholes = dataset.files.iter().filter(whole).count();
        if wholes == dataset.files.len() {
            Presence::Whole
        } else if wholes > 0 || dataset.files.iter().any(|file| part::exists(&self.path(file))) {
            Presence::Partial
        } else {
            Presence::Absent
        }
    }

    fn path(&self, file: &RemoteFile) -> PathBuf {
        self.folder.join(file.name)
    }

    fn address(&self, dataset: &Dataset, file: &RemoteFile) -> String {
        match &self.mirror {
            Some(mirror) => format!("{}/{}/{}", mirror.trim_end_matches('/'), dataset.name, file.name),
            None => file.address.into(),
        }
    }

    /// The file of this name in the folder, if it is the published one.
    fn already_there(
        &self,
        dataset: &Dataset,
        file: &RemoteFile,
        observer: &dyn Observer,
    ) -> Result<Option<FetchedFile>, FetchError> {
        let path = self.path(file);
        let io_error = |error| FetchError::io(&path)(error);
        let opened = match File::open(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(io_error)?,
        };
        let address = self.address(dataset, file);
        let length = opened.metadata().map_err(io_error)?.len();
        let measured = match file.size {
            // A file of another length needs no reading.
            Some(size) if size != length => Err(FetchError::Size { address, found: length, expected: size }),
            _ => {
                let measured = Measured::of(opened, file.checksum).map_err(io_error)?;
                check(file, &address, &measured).map(|verified| (address, measured, verified))
            }
        };
        match measured {
            Ok((address, measured, verified)) => {
                let found = fetched(file, path, address, measured, verified, Arrival::AlreadyThere);
                observer.report(&Event::Finished { file: &found });
                Ok(Some(found))
            }
            Err(_) if self.replace => {
                let reason = "the file that was there is not the published one";
                observer.report(&Event::Restarted { file: file.name, reason });
                Ok(None)
            }
            Err(error) => Err(occupied(path, error)),
        }
    }

    fn download(
        &self,
        dataset: &Dataset,
        place: usize,
        web: &Web,
        observer: &dyn Observer,
    ) -> Result<FetchedFile, Broken> {
        let file = &dataset.files[place];
        let (path, address) = (self.path(file), self.address(dataset, file));
        fs::create_dir_all(&self.folder).map_err(FetchError::io(&self.folder))?;
        let transfer = Transfer {
            web,
            name: file.name,
            address: &address,
            size: file.size,
            pinned: file.checksum.is_some(),
            backoff: self.backoff,
            observer,
        };
        let mut part = Part::open(&path)?;
        observer.report(&Event::Started {
            file: file.name,
            place: place + 1,
            files: dataset.files.len(),
            from: part.bytes(),
            size: file.size,
        });
        loop {
            if let Err(broken) = transfer.run(&mut part) {
                part.discard_if_empty()?;
                return Err(broken);
            }
            let measured = part.measure(file.checksum)?;
            match check(file, &address, &measured) {
                Ok(verified) => {
                    let arrival = if part.is_inherited() { Arrival::Resumed } else { Arrival::Downloaded };
                    part.publish()?;
                    let found = fetched(file, path, address, measured, verified, arrival);
                    observer.report(&Event::Finished { file: &found });
                    return Ok(found);
                }
                // What an earlier run left may be at fault rather than the server.
                Err(_) if part.is_inherited() => {
                    let reason = "what an earlier download left does not belong to the published file";
                    observer.report(&Event::Restarted { file: file.name, reason });
                    part.restart(None)?;
                }
                Err(error) => {
                    part.discard()?;
                    return Err(error.into());
                }
            }
        }
    }
}

/// Compares a file with what is known of it; says which checksum agreed.
fn check(file: &RemoteFile, address: &str, measured: &Measured) -> Result<Option<Algorithm>, FetchError> {
    if let Some(expected) = file.size
        && expected != measured.bytes
    {
        return Err(FetchError::Size { address: address.into(), found: measured.bytes, expected });
    }
    let Some(checksum) = file.checksum else { return Ok(None) };
    match measured.hex(checksum.algorithm) {
        Some(found) if found == checksum.hex => Ok(Some(checksum.algorithm)),
        found => Err(FetchError::Checksum {
            address: address.into(),
            algorithm: checksum.algorithm,
            found: found.unwrap_or_default().into(),
            expected: checksum.hex.into(),
        }),
    }
}

fn fetched(
    file: &RemoteFile,
    path: PathBuf,
    address: String,
    measured: Measured,
    verified: Option<Algorithm>,
    arrival: Arrival,
) -> FetchedFile {
    FetchedFile {
        name: file.name,
        path,
        address,
        bytes: measured.bytes,
        sha256: measured.sha256,
        verified,
        arrival,
    }
}

/// What is wrong with a file that may not be replaced.
fn occupied(path: PathBuf, error: FetchError) -> FetchError {
    match error {
        FetchError::Size { address, found, expected } => {
            let [found, expected] = [found, expected].map(|bytes| format!("{bytes} bytes"));
            FetchError::Occupied { path, address, found, expected }
        }
        FetchError::Checksum { address, algorithm, found, expected } => {
            FetchError::Occupied { path, address, found: format!("the {algorithm} {found}"), expected }
        }
        other => other,
    }
}

/// The host in an address.
fn host(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::dataset;

    fn hetionet() -> &'static Dataset {
        dataset("hetionet").unwrap()
    }

    #[test]
    fn a_mirror_takes_the_place_of_the_publisher() {
        let mut fetcher = Fetcher::new("/data");
        let file = &hetionet().files[1];
        assert_eq!(fetcher.address(hetionet(), file), file.address);
        for mirror in ["https://mirror.example/sets", "https://mirror.example/sets/"] {
            fetcher.mirror = Some(mirror.into());
            let expected = "https://mirror.example/sets/hetionet/hetionet-v1.0-edges.sif.gz";
            assert_eq!(fetcher.address(hetionet(), file), expected);
        }
        assert_eq!(host(file.address), "media.githubusercontent.com");
    }

    #[test]
    fn a_mirror_is_on_the_web() {
        let folder = tempfile::tempdir().unwrap();
        let fetcher = Fetcher { mirror: Some("/mnt/sets".into()), ..Fetcher::new(folder.path()) };
        assert!(matches!(fetcher.fetch(hetionet(), &()), Err(FetchError::Mirror { .. })));
    }

    #[test]
    fn presence_goes_by_names_and_lengths() {
        let folder = tempfile::tempdir().unwrap();
        let fetcher = Fetcher::new(folder.path());
        let msi = dataset("msi").unwrap();
        assert_eq!(fetcher.presence(msi), Presence::Absent);
        fs::write(folder.path().join("data.tar.gz.part"), "x").unwrap();
        assert_eq!(fetcher.presence(msi), Presence::Partial);
        fs::write(folder.path().join("data.tar.gz"), "x").unwrap();
        assert_eq!(fetcher.presence(msi), Presence::Whole);
        fs::write(folder.path().join("kg.csv"), "x").unwrap();
        assert_eq!(fetcher.presence(dataset("primekg").unwrap()), Presence::Absent);
    }

    #[test]
    fn offline_says_what_to_put_where() {
        let folder = tempfile::tempdir().unwrap();
        let fetcher = Fetcher { offline: true, ..Fetcher::new(folder.path()) };
        let Err(FetchError::Unreachable { missing, .. }) = fetcher.fetch(hetionet(), &()) else {
            panic!("nothing was there");
        };
        let expected: Vec<ByHand> = hetionet()
            .files
            .iter()
            .map(|file| ByHand { address: file.address.into(), path: folder.path().join(file.name) })
            .collect();
        assert_eq!(missing, expected);
        assert!(fs::read_dir(folder.path()).unwrap().next().is_none(), "nothing is written");
    }

    #[test]
    fn a_file_that_is_not_ours_is_not_replaced_unless_allowed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kg.csv");
        fs::write(&path, "mine").unwrap();
        let fetcher = Fetcher { offline: true, replace: false, ..Fetcher::new(folder.path()) };
        let error = fetcher.fetch(dataset("primekg").unwrap(), &()).unwrap_err();
        assert!(matches!(&error, FetchError::Occupied { found, .. } if found == "4 bytes"), "{error}");
        let fetcher = Fetcher { replace: true, ..fetcher };
        let error = fetcher.fetch(dataset("primekg").unwrap(), &()).unwrap_err();
        assert!(matches!(error, FetchError::Unreachable { .. }), "{error}");
        assert_eq!(fs::read(&path).unwrap(), b"mine");
    }
}
