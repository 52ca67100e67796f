//! Whole downloads, and what is made of them.

use std::fs;
use std::path::Path;
use std::time::Duration;

use theriac_fetch::{Algorithm, Arrival, Event, FetchError, Fetcher, Observer, Presence, dataset};

use crate::bench::{LENGTH, PINNED, Place, SHA256, TAG, UNPINNED, content};
use crate::server::{Reply, Server};

#[test]
fn a_whole_file_is_verified_and_appears_under_its_name() {
    let server = Server::start(|request, _| Reply::range(&content(), TAG, request));
    let place = Place::new();
    let (result, heard) = place.fetch(&server, &PINNED);
    let fetched = result.unwrap();
    let file = &fetched.files[0];
    assert_eq!((file.bytes, file.sha256.as_str()), (LENGTH as u64, SHA256));
    assert_eq!((file.verified, file.arrival), (Some(Algorithm::Sha256), Arrival::Downloaded));
    assert_eq!(file.path, place.path("file.bin"));
    assert_eq!(fetched.import, fetched.folder);
    assert_eq!(fs::read(&file.path).unwrap(), content());
    assert_eq!(place.listing(), ["file.bin"]);
    assert_eq!(heard, ["started at 0", "finished file.bin"]);
    let requests = server.requests();
    assert_eq!((requests.len(), requests[0].path.as_str(), requests[0].from), (1, "/pinned/file.bin", None));
}

#[test]
fn without_a_known_checksum_a_file_counts_as_unverified() {
    let server = Server::start(|request, _| Reply::range(&content(), TAG, request));
    let place = Place::new();
    let fetched = place.fetch(&server, &UNPINNED).0.unwrap();
    assert_eq!((fetched.files[0].verified, fetched.files[0].sha256.as_str()), (None, SHA256));
}

#[test]
fn what_is_there_and_verifies_is_not_downloaded_again() {
    let server = Server::start(|request, _| Reply::range(&content(), TAG, request));
    let place = Place::new();
    place.fetch(&server, &PINNED).0.unwrap();
    let (again, heard) = place.fetch(&server, &PINNED);
    assert_eq!(again.unwrap().files[0].arrival, Arrival::AlreadyThere);
    assert_eq!(heard, ["finished file.bin"]);
    assert_eq!(server.requests().len(), 1);
    let offline = Fetcher { offline: true, ..place.fetcher(&server) };
    assert!(offline.fetch(&PINNED, &()).is_ok(), "nothing is missing");
}

#[test]
fn what_is_there_and_damaged_is_replaced_where_that_is_allowed() {
    let server = Server::start(|request, _| Reply::range(&content(), TAG, request));
    let place = Place::new();
    let mut damaged = content();
    damaged[1000] ^= 1;
    fs::write(place.path("file.bin"), &damaged).unwrap();
    let careful = Fetcher { replace: false, ..place.fetcher(&server) };
    let error = careful.fetch(&PINNED, &()).unwrap_err();
    assert!(matches!(error, FetchError::Occupied { .. }), "{error}");
    assert_eq!(fs::read(place.path("file.bin")).unwrap(), damaged);
    assert_eq!(server.requests().len(), 0);

    let (result, heard) = place.fetch(&server, &PINNED);
    assert_eq!(result.unwrap().files[0].arrival, Arrival::Downloaded);
    assert_eq!(heard[0], "restarted: the file that was there is not the published one");
    assert_eq!(fs::read(place.path("file.bin")).unwrap(), content());
}

#[test]
fn a_wrong_checksum_deletes_the_file_and_says_so() {
    let server = Server::start(|request, _| {
        let mut other = content();
        other[LENGTH - 1] ^= 1;
        Reply::range(&other, TAG, request)
    });
    let place = Place::new();
    let error = place.fetch(&server, &PINNED).0.unwrap_err();
    let FetchError::Checksum { address, algorithm, found, expected } = &error else { panic!("{error}") };
    assert_eq!(address, &format!("{}/pinned/file.bin", server.address()));
    assert_eq!((*algorithm, expected.as_str(), found.len()), (Algorithm::Sha256, SHA256, 64));
    assert_ne!(found, expected);
    let message = error.to_string();
    assert!(message.contains(address) && message.contains(found) && message.contains(SHA256), "{message}");
    assert_eq!(place.listing(), [""; 0]);
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_wrong_length_is_noticed_before_the_download() {
    let pointer = b"version https://git-lfs.github.com/spec/v1\n";
    let server = Server::start(|_, _| Reply::whole(pointer));
    let place = Place::new();
    let error = place.fetch(&server, &PINNED).0.unwrap_err();
    assert!(matches!(error, FetchError::Size { found, .. } if found == pointer.len() as u64), "{error}");
    assert_eq!(place.listing(), [""; 0]);
}

#[test]
fn an_observer_hears_of_every_byte() {
    struct Bytes(std::cell::Cell<(u64, Option<u64>)>);
    impl Observer for Bytes {
        fn report(&self, event: &Event<'_>) {
            if let Event::Received { bytes, size } = event {
                assert!(*bytes > self.0.get().0, "they become more");
                self.0.set((*bytes, *size));
            }
        }
    }
    let server = Server::start(|request, _| {
        // So slow that the file comes in many pieces.
        Reply::range(&content(), TAG, request).napping(Duration::from_micros(10))
    });
    let place = Place::new();
    for set in [&PINNED, &UNPINNED] {
        let bytes = Bytes((0, None).into());
        let folder = Fetcher { folder: place.path(set.name), ..place.fetcher(&server) };
        assert_eq!(folder.presence(set), Presence::Absent);
        folder.fetch(set, &bytes).unwrap();
        assert_eq!(bytes.0.get(), (LENGTH as u64, Some(LENGTH as u64)));
        assert_eq!(folder.presence(set), Presence::Whole);
    }
}

#[test]
#[allow(clippy::print_stderr, reason = "a test that cannot run says so")]
fn a_published_file_that_was_put_there_by_hand_is_taken() {
    let nodes = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/hetionet/hetionet-v1.0-nodes.tsv");
    if !Path::new(nodes).exists() {
        eprintln!("skipped: {nodes} is not here");
        return;
    }
    let place = Place::new();
    fs::copy(nodes, place.path("hetionet-v1.0-nodes.tsv")).unwrap();
    let fetcher = Fetcher { offline: true, replace: false, ..Fetcher::new(place.path("")) };
    let error = fetcher.fetch(dataset("hetionet").unwrap(), &()).unwrap_err();
    let FetchError::Unreachable { missing, .. } = &error else { panic!("{error}") };
    assert_eq!(missing.len(), 1, "{error}");
    assert_eq!(missing[0].path, place.path("hetionet-v1.0-edges.sif.gz"));
}
