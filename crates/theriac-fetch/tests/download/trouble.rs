//! Servers that refuse, stumble, send elsewhere or are not there.

use std::net::TcpListener;

use theriac_fetch::{Event, FetchError, Fetcher, Observer};

use crate::bench::{PINNED, Place, TAG, content};
use crate::server::{Reply, Server};

#[test]
fn a_refusal_is_final() {
    for (status, words) in [(404, "404 Not Found"), (403, "403 Forbidden"), (410, "410 Gone")] {
        let server = Server::start(move |_, _| Reply::status(status));
        let place = Place::new();
        let error = place.fetch(&server, &PINNED).0.unwrap_err();
        assert!(matches!(&error, FetchError::Refused { status, .. } if status == words), "{error}");
        assert!(error.to_string().starts_with(&format!("{}/pinned/file.bin answered", server.address())));
        assert_eq!(server.requests().len(), 1);
        assert_eq!(place.listing(), [""; 0]);
    }
}

#[test]
fn a_server_that_stumbles_is_asked_again() {
    for status in [503, 500, 502, 504, 429, 408] {
        let server = Server::start(move |request, earlier| {
            if earlier < 2 {
                Reply::status(status).header("Retry-After", "0")
            } else {
                Reply::range(&content(), TAG, request)
            }
        });
        let place = Place::new();
        let (result, heard) = place.fetch(&server, &PINNED);
        assert_eq!(result.unwrap().files[0].bytes, content().len() as u64);
        assert_eq!(server.requests().len(), 3);
        let attempts = [heard[1].as_str(), heard[2].as_str()];
        assert!(attempts[0].starts_with(&format!("attempt 2: the server answered {status}")), "{heard:?}");
        assert!(attempts[1].starts_with(&format!("attempt 3: the server answered {status}")), "{heard:?}");
    }
}

#[test]
fn patience_has_an_end() {
    let server = Server::start(|_, _| Reply::status(503));
    let place = Place::new();
    let error = place.fetch(&server, &PINNED).0.unwrap_err();
    assert!(
        error.to_string().ends_with("in 4 attempts: the server answered 503 Service Unavailable"),
        "{error}"
    );
    assert_eq!(server.requests().len(), 4);
    assert_eq!(place.listing(), [""; 0]);
}

#[test]
fn a_pause_can_be_stopped() {
    struct Impatient(std::cell::Cell<bool>);
    impl Observer for Impatient {
        fn report(&self, event: &Event<'_>) {
            self.0.set(self.0.get() || matches!(event, Event::Retrying { .. }));
        }
        fn stop_requested(&self) -> bool {
            self.0.get()
        }
    }
    let server = Server::start(|_, _| Reply::status(503).header("Retry-After", "86400"));
    let place = Place::new();
    let patient = Fetcher {
        backoff: theriac_fetch::Backoff { longest: std::time::Duration::MAX, ..Default::default() },
        ..place.fetcher(&server)
    };
    let error = patient.fetch(&PINNED, &Impatient(false.into())).unwrap_err();
    assert!(matches!(error, FetchError::Stopped { bytes: 0, .. }), "{error}");
}

#[test]
fn a_redirect_is_followed_with_its_range() {
    let server = Server::start(|request, _| match request.path.as_str() {
        "/store/file" => Reply::range(&content(), TAG, request),
        _ => Reply::status(302).header("Location", "/store/file"),
    });
    let place = Place::new();
    place.leave_part(&content()[..1000], Some(TAG));
    place.fetch(&server, &PINNED).0.unwrap();
    let asked: Vec<_> =
        server.requests().iter().map(|request| (request.path.clone(), request.from)).collect();
    assert_eq!(asked, [("/pinned/file.bin".into(), Some(1000)), ("/store/file".into(), Some(1000))]);
}

#[test]
fn redirects_in_a_circle_come_to_an_end() {
    let server = Server::start(|_, _| Reply::status(302).header("Location", "/pinned/file.bin"));
    let place = Place::new();
    let error = place.fetch(&server, &PINNED).0.unwrap_err();
    assert!(error.to_string().ends_with("in 1 attempt: it was redirected more than 10 times"), "{error}");
    assert_eq!(server.requests().len(), 11);
}

#[test]
fn where_no_server_answers_the_way_by_hand_is_told() {
    // A port that was free a moment ago: nobody listens there.
    let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    let place = Place::new();
    let mirror = format!("http://127.0.0.1:{port}");
    let fetcher = Fetcher { mirror: Some(mirror.clone()), ..Fetcher::new(place.path("sets")) };
    let error = fetcher.fetch(&PINNED, &()).unwrap_err();
    let FetchError::Unreachable { reason, missing } = &error else { panic!("{error}") };
    assert!(reason.starts_with(&format!("127.0.0.1:{port} cannot be reached (")), "{reason}");
    assert_eq!(missing.len(), 1);
    assert_eq!(missing[0].address, format!("{mirror}/pinned/file.bin"));
    assert_eq!(missing[0].path, place.path("sets").join("file.bin"));
    let message = error.to_string();
    assert!(message.contains(&missing[0].address), "{message}");
    assert!(message.contains(&missing[0].path.display().to_string()), "{message}");
}

#[test]
fn a_host_that_nobody_knows_cannot_be_reached() {
    // Names under .invalid are reserved to lead nowhere (RFC 2606).
    let place = Place::new();
    let error = Fetcher::new(place.path("sets")).fetch(&PINNED, &()).unwrap_err();
    let FetchError::Unreachable { reason, missing } = &error else { panic!("{error}") };
    assert!(reason.starts_with("publisher.invalid cannot be reached ("), "{reason}");
    assert_eq!(missing[0].address, PINNED.files[0].address);
}
