//! Public data sets, from a mirror on this machine.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use flate2::read::GzDecoder;
use serde_json::{Value, json};

use crate::workplace::{Run, Workplace, program, shared_data};

#[path = "../../../theriac-fetch/tests/download/server.rs"]
#[allow(dead_code, reason = "the tests of the library ask more of it")]
mod server;

use server::{Reply, Request, Server};

/// Runs `fetch` with a cache of the workplace's own, and without any proxy.
fn fetch(workplace: &Workplace, arguments: &str) -> Run {
    let output = command(workplace, arguments).output().unwrap();
    Run {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

fn command(workplace: &Workplace, arguments: &str) -> Command {
    let mut command = program();
    command.arg("fetch").args(arguments.split_whitespace()).current_dir(workplace.path(""));
    command.env("THERIAC_CACHE", workplace.path("cache")).env("NO_PROXY", "127.0.0.1");
    command
}

/// A mirror of these files, by path.
fn mirror(files: HashMap<String, Vec<u8>>) -> Server {
    Server::start(move |request, _| match files.get(&request.path) {
        Some(content) => Reply::range(content, "\"v1\"", request),
        None => Reply::status(404),
    })
}

/// The published files of DTINet, as a mirror has them.
fn dtinet(tarball: &Path) -> HashMap<String, Vec<u8>> {
    let mut archive = tar::Archive::new(GzDecoder::new(File::open(tarball).unwrap()));
    let entries =
        archive.entries().unwrap().map(Result::unwrap).filter(|entry| entry.header().entry_type().is_file());
    entries
        .map(|mut entry| {
            let name = entry.path().unwrap().file_name().unwrap().to_str().unwrap().to_owned();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            (format!("/dtinet/{name}"), content)
        })
        .collect()
}

#[test]
fn dtinet_is_fetched_verified_and_imported() {
    let Some(tarball) = shared_data("dtinet/data.tar.gz") else { return };
    let server = mirror(dtinet(&tarball));
    let workplace = Workplace::new();
    let document = fetch(&workplace, &format!("dtinet --mirror {} --json", server.address())).json();
    let files = document["files"].as_array().unwrap();
    assert_eq!(files.len(), 13);
    for file in files {
        assert_eq!((&file["verified"], &file["arrival"]), (&json!("sha256"), &json!("downloaded")), "{file}");
    }
    let folder = workplace.path("cache").join("dtinet");
    assert_eq!(document["folder"], json!(folder));
    assert_eq!(document["next"], json!(format!("theriac import {} -o dtinet-graph", folder.display())));
    assert!(document["licence"].as_str().unwrap().starts_with("GPL-3.0"));
    assert!(document["citation"].as_str().unwrap().contains("https://doi.org/10.1038/s41467-017-00680-8"));

    let again = fetch(&workplace, "dtinet --offline").printed();
    assert_eq!(again.matches("already there  SHA-256").count(), 13, "{again}");
    assert!(again.contains("\n13 files in "), "{again}");
    assert_eq!(server.requests().len(), 13);

    let imported = workplace.run_list(&["import", folder.to_str().unwrap(), "-o", "g"]).printed();
    let row = imported.lines().find(|line| line.starts_with("drug:treats:disease ")).unwrap();
    assert!(row.ends_with(" 199,214"), "{imported}");
}

#[test]
fn a_file_that_was_tampered_with_is_refused_and_deleted() {
    let Some(tarball) = shared_data("dtinet/data.tar.gz") else { return };
    let mut files = dtinet(&tarball);
    files.get_mut("/dtinet/drug.txt").unwrap()[0] ^= 1;
    let server = mirror(files);
    let workplace = Workplace::new();
    let run = fetch(&workplace, &format!("dtinet --mirror {} -o sets", server.address()));
    assert_eq!((run.code, run.stdout.as_str()), (1, ""));
    let error = run.stderr.lines().last().unwrap();
    assert!(
        error.starts_with(&format!("error: {}/dtinet/drug.txt has the SHA-256 ", server.address())),
        "{error}"
    );
    let expected = "expected 8c7e6fbd4039cf06015c23f72aa0e93d35c4e6836ce9ef4b3b5f86e0465a766c, as published";
    assert!(error.contains(expected), "{error}");
    let left: Vec<_> =
        fs::read_dir(workplace.path("sets")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_str().unwrap().starts_with("drug.txt")), "{left:?}");
}

#[test]
fn what_nobody_vouches_for_is_said_to_be_unverified() {
    let server = mirror(HashMap::from([("/msi/data.tar.gz".into(), b"abc".to_vec())]));
    let workplace = Workplace::new();
    let printed = fetch(&workplace, &format!("msi --mirror {} -o sets", server.address())).printed();
    let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let expected =
        format!("data.tar.gz is unverified, since no checksum of it is published; its SHA-256 is {sha256}.");
    assert!(printed.contains(&expected), "{printed}");
    let next =
        format!("Next: theriac import {} -o msi-graph\n", workplace.path("sets/data.tar.gz").display());
    assert!(printed.ends_with(&next), "{printed}");
    assert_eq!(workplace.listing(), ["sets"], "nothing went to the cache");
}

#[test]
fn a_file_that_is_not_there_is_not_asked_for_twice() {
    let server = mirror(HashMap::new());
    let workplace = Workplace::new();
    let run = fetch(&workplace, &format!("hetionet --mirror {}", server.address()));
    assert_eq!(run.code, 1);
    let expected = format!(
        "{}/hetionet/hetionet-v1.0-nodes.tsv answered 404 Not Found; expected the file",
        server.address()
    );
    assert!(run.stderr.contains(&expected), "{}", run.stderr);
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn without_a_network_the_way_by_hand_is_told() {
    let workplace = Workplace::new();
    let run = fetch(&workplace, "hetionet --offline -o sets");
    assert_eq!((run.code, run.stdout.as_str()), (1, ""));
    for (address, name) in [
        ("https://raw.githubusercontent.com/hetio/hetionet/main/hetnet/tsv/", "hetionet-v1.0-nodes.tsv"),
        (
            "https://media.githubusercontent.com/media/hetio/hetionet/main/hetnet/tsv/",
            "hetionet-v1.0-edges.sif.gz",
        ),
    ] {
        let line = format!("  {address}{name} -> {}\n", workplace.path("sets").join(name).display());
        assert!(run.stderr.contains(&line), "{}", run.stderr);
    }
    assert_eq!(workplace.listing(), [""; 0]);

    // A port that was free a moment ago: nobody listens there.
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let run = fetch(&workplace, &format!("drkg --mirror http://{address}"));
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains(&format!("error: {address} cannot be reached (")), "{}", run.stderr);
    let line = format!(
        "  http://{address}/drkg/drkg.tar.gz -> {}\n",
        workplace.path("cache/drkg/drkg.tar.gz").display()
    );
    assert!(run.stderr.contains(&line), "{}", run.stderr);
}

#[test]
fn the_list_says_what_there_is_and_what_is_here() {
    let workplace = Workplace::new();
    fs::create_dir_all(workplace.path("cache/msi")).unwrap();
    workplace.write("cache/msi/data.tar.gz", "abc");
    let document = fetch(&workplace, "list --json").json();
    assert_eq!(document["cache"], json!(workplace.path("cache")));
    let facts: Vec<Value> = document["datasets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|set| json!([set["name"], set["bytes"], set["pinned"], set["cached"]]))
        .collect();
    assert_eq!(
        facts,
        [
            json!(["dtinet", 47_996_247, true, "absent"]),
            json!(["hetionet", 14_864_359, true, "absent"]),
            json!(["primekg", 981_751_236, true, "absent"]),
            json!(["drkg", 216_650_245, false, "absent"]),
            json!(["msi", null, false, "whole"]),
        ]
    );
    let printed = fetch(&workplace, "list").printed();
    assert!(
        printed.lines().any(|line| line.starts_with("msi ") && line.contains(" unknown  yes ")),
        "{printed}"
    );
    assert!(printed.contains("\n  licence  CC0-1.0 for what Hetionet adds"), "{printed}");
    assert!(printed.contains("eLife 6, e26726 (2017)"), "{printed}");
    assert!(printed.ends_with(&format!("\nCached in {}.\n", workplace.path("cache").display())), "{printed}");
}

#[test]
fn a_wrong_call_is_told_from_failed_work() {
    let workplace = Workplace::new();
    workplace.write("kg.csv", "mine");
    for (arguments, expected) in [
        ("hetionett", "'hetionet'"),
        ("hetionet --mirror ftp://mirror", "expected an address that begins with https:// or http://"),
        ("primekg --offline -o .", "kg.csv is there already and is not https://dataverse.harvard.edu/"),
    ] {
        let run = fetch(&workplace, arguments);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{arguments}");
        assert!(run.stderr.contains(expected), "{arguments}: {}", run.stderr);
    }
    assert_eq!(workplace.read("kg.csv"), b"mine");
}

#[test]
#[cfg(unix)]
fn an_interrupt_keeps_what_was_downloaded() {
    const LENGTH: usize = 10_000_000;
    let content: Vec<u8> = (0..LENGTH).map(|place| (place % 251) as u8).collect();
    let answer = |content: &[u8], request: &Request, earlier| {
        let reply = Reply::range(content, "\"v1\"", request);
        if earlier == 0 { reply.napping(Duration::from_millis(10)) } else { reply }
    };
    let copy = content.clone();
    let server = Server::start(move |request, earlier| answer(&copy, request, earlier));
    let workplace = Workplace::new();
    let arguments = format!("msi --mirror {} -o sets", server.address());
    let mut child =
        command(&workplace, &arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let part = workplace.path("sets/data.tar.gz.part");
    while fs::metadata(&part).map_or(0, |metadata| metadata.len()) == 0 {
        assert!(child.try_wait().unwrap().is_none(), "it ended early");
        thread::sleep(Duration::from_millis(10));
    }
    let signal = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(signal.success());
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("stopping; what was downloaded is kept"), "{stderr}");
    let kept = fs::metadata(&part).unwrap().len();
    assert!(kept > 0 && kept < LENGTH as u64, "{kept}");
    assert!(
        stderr.contains(&format!("error: stopped; {kept} bytes are kept in {}", part.display())),
        "{stderr}"
    );

    let document = fetch(&workplace, &format!("{arguments} --json")).json();
    assert_eq!(document["files"][0]["arrival"], "resumed");
    assert_eq!(workplace.read("sets/data.tar.gz"), content);
    assert_eq!(server.requests().pop().unwrap().from, Some(kept as usize));
}
