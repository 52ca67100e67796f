//! Downloads that break off and go on.

use std::fs;

use theriac_fetch::{Arrival, FetchError, Fetched};

use crate::bench::{LENGTH, PINNED, Place, TAG, UNPINNED, Watcher, content};
use crate::server::{Reply, Server};

/// What every download here must come to.
fn assert_whole(place: &Place, fetched: &Fetched, arrival: Arrival) {
    assert_eq!(fs::read(place.path("file.bin")).unwrap(), content());
    assert_eq!(place.listing(), ["file.bin"]);
    assert_eq!(fetched.files[0].arrival, arrival);
}

#[test]
fn a_connection_that_breaks_is_gone_on_with() {
    for dataset in [&PINNED, &UNPINNED] {
        let server = Server::start(|request, earlier| {
            let reply = Reply::range(&content(), TAG, request);
            if earlier == 0 { reply.cut(100_000) } else { reply }
        });
        let place = Place::new();
        let (result, heard) = place.fetch(&server, dataset);
        assert_whole(&place, &result.unwrap(), Arrival::Downloaded);
        assert!(heard[1].starts_with("attempt 2: "), "{heard:?}");
        let second = &server.requests()[1];
        assert_eq!((second.from, second.if_range.as_deref()), (Some(100_000), Some(TAG)));
    }
}

#[test]
fn headway_renews_the_patience() {
    // Ten pieces, more than there are attempts without headway.
    let server = Server::start(|request, _| Reply::range(&content(), TAG, request).cut(LENGTH / 10));
    let place = Place::new();
    let (result, _) = place.fetch(&server, &PINNED);
    assert_whole(&place, &result.unwrap(), Arrival::Downloaded);
    let starts: Vec<usize> = server.requests().iter().map(|request| request.from.unwrap_or(0)).collect();
    assert_eq!(starts, (0..10).map(|piece| piece * 30_000).collect::<Vec<_>>());
}

#[test]
fn a_server_that_ignores_ranges_is_read_from_the_beginning() {
    let server = Server::start(|_, earlier| {
        let reply = Reply::whole(&content());
        if earlier == 0 { reply.cut(100_000) } else { reply }
    });
    let place = Place::new();
    let (result, heard) = place.fetch(&server, &PINNED);
    assert_whole(&place, &result.unwrap(), Arrival::Downloaded);
    assert_eq!(server.requests()[1].from, Some(100_000));
    assert_eq!(heard[2], "restarted: the server sent the whole file instead of the rest");
}

#[test]
fn a_server_that_always_breaks_off_at_one_place_is_given_up() {
    let server = Server::start(|_, _| Reply::whole(&content()).cut(100_000));
    let place = Place::new();
    let error = place.fetch(&server, &PINNED).0.unwrap_err();
    assert!(matches!(error, FetchError::Failed { attempts: 4, .. }), "{error}");
    assert_eq!(server.requests().len(), 4);
    assert_eq!(fs::read(place.path("file.bin.part")).unwrap(), content()[..100_000]);
}

#[test]
fn what_was_stopped_goes_on_with_the_next_run() {
    let server = Server::start(|request, _| Reply::range(&content(), TAG, request));
    for dataset in [&PINNED, &UNPINNED] {
        let place = Place::new();
        let watcher = Watcher::stopping_at(100_000);
        let error = place.fetcher(&server).fetch(dataset, &watcher).unwrap_err();
        let FetchError::Stopped { part, bytes } = &error else { panic!("{error}") };
        assert_eq!(part, &place.path("file.bin.part"));
        assert!((100_000..LENGTH as u64).contains(bytes), "{bytes}");
        assert_eq!(fs::metadata(part).unwrap().len(), *bytes);

        let (result, heard) = place.fetch(&server, dataset);
        assert_whole(&place, &result.unwrap(), Arrival::Resumed);
        assert_eq!(heard, [format!("started at {bytes}"), "finished file.bin".into()]);
        let last = server.requests().pop().unwrap();
        assert_eq!((last.from, last.if_range.as_deref()), (Some(*bytes as usize), Some(TAG)));
    }
}

#[test]
fn a_file_that_changed_on_the_server_is_read_from_the_beginning() {
    let server = Server::start(|request, _| Reply::range(&content(), TAG, request));
    let place = Place::new();
    place.leave_part(b"of another version", Some("\"v0\""));
    let (result, _) = place.fetch(&server, &UNPINNED);
    assert_whole(&place, &result.unwrap(), Arrival::Downloaded);
    assert_eq!(server.requests()[0].if_range.as_deref(), Some("\"v0\""));
}

#[test]
fn without_a_tag_only_a_known_checksum_lets_a_download_go_on() {
    let server = Server::start(|request, _| Reply::range(&content(), TAG, request));
    for (dataset, from, arrival) in
        [(&PINNED, Some(1000), Arrival::Resumed), (&UNPINNED, None, Arrival::Downloaded)]
    {
        let place = Place::new();
        place.leave_part(&content()[..1000], None);
        let (result, _) = place.fetch(&server, dataset);
        assert_whole(&place, &result.unwrap(), arrival);
        assert_eq!(server.requests().pop().unwrap().from, from);
    }
}

#[test]
fn a_part_of_something_else_is_noticed_by_the_checksum() {
    let server = Server::start(|request, _| Reply::range(&content(), TAG, request));
    let place = Place::new();
    place.leave_part(&[7; 1000], None);
    let (result, heard) = place.fetch(&server, &PINNED);
    assert_whole(&place, &result.unwrap(), Arrival::Downloaded);
    assert_eq!(heard[1], "restarted: what an earlier download left does not belong to the published file");
    let starts: Vec<_> = server.requests().iter().map(|request| request.from).collect();
    assert_eq!(starts, [Some(1000), None]);
}

#[test]
fn a_part_that_is_whole_needs_no_request_where_its_length_is_known() {
    let server = Server::start(|request, _| Reply::range(&content(), TAG, request));
    let place = Place::new();
    place.leave_part(&content(), Some(TAG));
    let (result, _) = place.fetch(&server, &PINNED);
    assert_whole(&place, &result.unwrap(), Arrival::Resumed);
    assert_eq!(server.requests().len(), 0);

    let place = Place::new();
    place.leave_part(&content(), Some(TAG));
    let (result, _) = place.fetch(&server, &UNPINNED);
    assert_whole(&place, &result.unwrap(), Arrival::Resumed);
    assert_eq!(server.requests()[0].from, Some(LENGTH), "the server said that there is no more");
}

#[test]
fn a_part_that_is_too_long_is_begun_anew() {
    let server = Server::start(|request, _| Reply::range(&content(), TAG, request));
    for dataset in [&PINNED, &UNPINNED] {
        let place = Place::new();
        place.leave_part(&vec![0; LENGTH + 1], Some(TAG));
        let (result, _) = place.fetch(&server, dataset);
        assert_whole(&place, &result.unwrap(), Arrival::Downloaded);
        assert_eq!(server.requests().pop().unwrap().from, None);
    }
}

#[test]
fn another_part_than_was_asked_for_is_not_taken() {
    let server = Server::start(|request, _| match request.from {
        Some(_) => Reply::range(&content(), TAG, request).header("Content-Range", "bytes 7-299999/300000"),
        None => Reply::range(&content(), TAG, request),
    });
    let place = Place::new();
    place.leave_part(&content()[..1000], Some(TAG));
    let (result, _) = place.fetch(&server, &PINNED);
    assert_whole(&place, &result.unwrap(), Arrival::Downloaded);
}
