//! What holds for every compression and every container.

use std::fs;

use proptest::prelude::*;

use super::samples::{CODECS, bzip2, gzip, members, owned, tar, tar_entry, zip, zstd};
use super::*;

/// The first error of reading all members to their end.
pub(super) fn read_all(input: &Input) -> Result<(), FormatError> {
    input.for_each_member(|member| member.content().map(drop))
}

/// The message of that error.
pub(super) fn message(input: &Input) -> String {
    read_all(input).unwrap_err().to_string()
}

fn streamed(input: &Input) -> Result<Vec<u8>, FormatError> {
    input.read(|reader| {
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).map_err(|error| input.error(error))?;
        Ok(bytes)
    })
}

/// Text that does not compress below the size that is read without a thread.
fn long_text() -> Vec<u8> {
    let mut state = 1u32;
    let draw = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        b'a' + (state >> 24) as u8 % 26
    };
    (0..3_000_000).map(draw).collect()
}

#[test]
fn every_compression_and_container_gives_the_same_members() {
    const CONTENT: [(&str, &str); 3] = [("data/a.txt", "one"), ("data/b.txt", "two"), ("data/empty", "")];
    let expected = CONTENT.map(owned);
    let mut archives = vec![("tar".to_owned(), tar(&CONTENT)), ("zip".to_owned(), zip(&CONTENT))];
    for (codec, compress) in CODECS {
        archives.push((format!("tar in {codec}"), compress(&tar(&CONTENT))));
        let packed: Vec<(&str, Vec<u8>)> =
            CONTENT.iter().map(|(name, text)| (*name, compress(text.as_bytes()))).collect();
        archives.push((format!("{codec} in tar"), tar(&packed)));
        archives.push((format!("{codec} in zip"), zip(&packed)));
        for (outer, wrap) in CODECS {
            archives.push((format!("{codec} in tar in {outer}"), wrap(&tar(&packed))));
        }
    }
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("data")).unwrap();
    for (name, text) in CONTENT {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let on_disk = tempfile::tempdir().unwrap();
    let mut inputs = vec![("folder".to_owned(), Input::open(folder.path()).unwrap())];
    for (what, bytes) in archives {
        let path = on_disk.path().join(&what);
        fs::write(&path, &bytes).unwrap();
        inputs.push((format!("{what} on disk"), Input::open(&path).unwrap()));
        inputs.push((what, Input::from_bytes("archive", bytes)));
    }
    for (what, input) in &inputs {
        assert_eq!(members(input), expected, "{what}");
        assert_eq!(input.names(), CONTENT.map(|(name, _)| name), "{what}");
        assert_eq!(input.member_names().unwrap(), input.names(), "{what}");
        for (name, text) in CONTENT {
            let member = input.member(name).unwrap();
            assert_eq!(member.container(), Container::File);
            assert_eq!(member.path().display().to_string(), input.member_file(name));
            assert_eq!(
                (member.head(), member.content().unwrap().as_slice()),
                (text.as_bytes(), text.as_bytes())
            );
            assert_eq!(streamed(&member).unwrap(), text.as_bytes(), "{name} of {what}");
        }
        let error = input.member("data/c.txt").unwrap_err();
        assert!(matches!(error, FormatError::UnknownMember { .. }), "{what}: {error}");
    }
}

#[test]
fn a_single_file_is_its_own_member() {
    for (codec, compress) in CODECS {
        let input = Input::from_bytes("lists/edges.csv", compress(b"drug,disease\n"));
        assert_eq!(input.container(), Container::File);
        assert_eq!(input.head(), b"drug,disease\n");
        assert_eq!(members(&input), [owned(("edges.csv", "drug,disease\n"))]);
        let described = format!("a {codec}-compressed file that begins with \"drug,disease\"");
        assert_eq!(input.describe(), described);
        assert!(matches!(input.member("edges.csv"), Err(FormatError::UnknownMember { .. })));
    }
}

#[test]
fn long_content_is_streamed_whole_from_every_place() {
    let text = long_text();
    let folder = tempfile::tempdir().unwrap();
    let plain = folder.path().join("plain");
    fs::write(&plain, &text).unwrap();
    let mut inputs = vec![
        Input::open(&plain).unwrap(),
        Input::from_bytes("a.tar", tar(&[("a", &text)])).member("a").unwrap(),
        Input::from_bytes("a.zip", zip(&[("a", &text)])).member("a").unwrap(),
    ];
    for (_, compress) in CODECS {
        let packed = compress(&text);
        inputs.push(Input::from_bytes("a.tar", compress(&tar(&[("a", &text)]))).member("a").unwrap());
        inputs.push(Input::from_bytes("a.zip", zip(&[("a", &packed)])).member("a").unwrap());
        inputs.push(Input::from_bytes("a", packed));
    }
    for input in &inputs {
        assert!(streamed(input).unwrap() == text, "{}", input.describe());
        assert!(input.content().unwrap() == text, "{}", input.describe());
        let mut first = [0; 5];
        input.read(|reader| reader.read_exact(&mut first).map_err(|error| input.error(error))).unwrap();
        assert_eq!(first, text[..5], "a reader may stop early");
    }
}

#[test]
fn damage_comes_to_light_wherever_it_is() {
    let text = long_text();
    for (codec, compress) in CODECS {
        for (packed, member) in [(compress(&text), None), (compress(&tar(&[("a", &text)])), Some("a"))] {
            // The last bytes are checksums, behind all that a parser needs.
            for length in [packed.len() / 2, packed.len() - 1] {
                let cut = Input::from_bytes("cut", packed[..length].to_vec());
                let cut = member.map_or(cut.member("a"), |name| cut.member(name)).unwrap_or(cut);
                let error = streamed(&cut).unwrap_err();
                assert!(matches!(error, FormatError::Damaged { .. }), "{codec}: {error}");
                assert!(cut.content().is_err(), "{codec}");
            }
        }
    }
}

#[test]
fn a_compressed_archive_that_ends_early_is_damaged_wherever_it_ends() {
    for (codec, compress) in CODECS {
        let whole = compress(&tar(&[("a.txt", "one"), ("b.txt", "two")]));
        // From 11 bytes on it is recognised as an archive or at least as compressed.
        for length in 11..whole.len() {
            let input = Input::from_bytes("a.tar", whole[..length].to_vec());
            let error = read_all(&input).unwrap_err();
            let known = matches!(error, FormatError::Damaged { .. });
            assert!(known, "{codec}, {length} of {} bytes: {error}", whole.len());
            for name in ["a.txt", "b.txt"] {
                let read = input.member(name).and_then(|member| member.content());
                assert!(read.is_err(), "{codec}, {name} of {length} bytes");
            }
        }
    }
}

#[test]
fn an_archive_that_ends_within_a_member_is_damaged_and_named() {
    let whole = tar(&[("a.txt", &"x".repeat(100))]);
    let input = Input::from_bytes("a.tar", whole[..512 + 60].to_vec());
    assert_eq!(message(&input), "a.tar is damaged or incomplete (it ends early); expected a whole file");
}

#[test]
fn a_damaged_member_is_an_error_only_for_those_who_read_it() {
    let cut = &gzip(b"some text")[..20];
    for bytes in [tar(&[("a.gz", cut), ("b", b"two")]), zip(&[("a.gz", cut), ("b", b"two")])] {
        let input = Input::from_bytes("x", bytes);
        assert_eq!(message(&input), "x/a.gz is damaged or incomplete (it ends early); expected a whole file");
        let mut read = Vec::new();
        input
            .for_each_member(|member| {
                if member.name() == "b" {
                    read = member.content()?;
                }
                Ok(())
            })
            .unwrap();
        assert_eq!(read, b"two");
        assert!(input.member("a.gz").unwrap().content().is_err());
    }
}

#[test]
fn archives_within_archives_are_not_entered() {
    let inner = [tar(&[("x", "1")]), zip(&[("x", "1")])];
    for (bytes, kind) in inner.iter().zip(["tar", "zip"]) {
        for outer in [tar(&[("inner", bytes)]), zip(&[("inner", bytes)])] {
            let member = Input::from_bytes("outer", outer).member("inner").unwrap();
            assert_eq!(member.container(), Container::File);
            assert_eq!(member.describe(), format!("a {kind} archive, which has to be unpacked first"));
            assert_eq!(&member.content().unwrap(), bytes);
        }
    }
    let packed = Input::from_bytes("a.zip.gz", gzip(&inner[1]));
    assert_eq!(packed.describe(), "a gzip-compressed zip archive, which has to be unpacked first");
}

#[test]
fn an_archive_in_a_folder_is_an_archive() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("data.tar"), tar(&[("x", "1")])).unwrap();
    let member = Input::open(folder.path()).unwrap().member("data.tar").unwrap();
    assert_eq!((member.container(), member.names()), (Container::Archive, &["x".to_owned()][..]));
}

#[test]
fn a_name_that_occurs_twice_is_visited_twice_but_no_input_of_its_own() {
    let input = Input::from_bytes("a.tar", tar(&[("a", "old"), ("a", "new")]));
    assert_eq!(members(&input), [owned(("a", "old")), owned(("a", "new"))]);
    assert_eq!(
        input.member("a").unwrap().content().unwrap_err().to_string(),
        "a.tar/a is refused: it is there twice; expected each name once"
    );
}

#[test]
fn a_bomb_is_refused_wherever_it_lies() {
    let zeros = vec![b'0'; 1 << 22];
    let limits = Limits { expanded: 1 << 16, ..Limits::default() };
    for (codec, compress) in CODECS {
        let bomb = compress(&zeros);
        let whole =
            [bomb.clone(), compress(&tar(&[("a", &zeros)])), tar(&[("a", &bomb)]), zip(&[("a", &bomb)])];
        for bytes in whole {
            let input = Input::from_bytes_within("b", bytes, limits);
            assert!(message(&input).contains(" is refused: it expands to "), "{codec}: {}", message(&input));
            let opened = if input.container() == Container::File { Ok(input) } else { input.member("a") };
            let error = opened.and_then(|input| streamed(&input)).unwrap_err().to_string();
            assert!(error.contains(" is refused: it expands to "), "{codec}: {error}");
        }
        let honest = Input::from_bytes("b", bomb);
        assert!(honest.content().unwrap() == zeros, "{codec} within the real limits");
    }
}

#[test]
fn files_given_together_are_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    fs::create_dir(place("old")).unwrap();
    fs::write(place("nodes.tsv"), "n").unwrap();
    fs::write(place("edges.sif.gz"), gzip(b"e")).unwrap();
    fs::write(place("old/nodes.tsv"), "o").unwrap();

    let two = Input::together(&[place("nodes.tsv"), place("edges.sif.gz")]).unwrap();
    assert_eq!(two.container(), Container::Folder);
    assert_eq!(members(&two), [owned(("edges.sif.gz", "e")), owned(("nodes.tsv", "n"))]);
    assert_eq!(two.member_file("nodes.tsv"), place("nodes.tsv").display().to_string());
    assert_eq!(two.member("edges.sif.gz").unwrap().head(), b"e");
    let (first, second) = (place("nodes.tsv"), place("edges.sif.gz"));
    assert_eq!(two.path().display().to_string(), format!("{} + {}", first.display(), second.display()));

    let alike = Input::together(&[place("nodes.tsv"), place("old/nodes.tsv")]).unwrap();
    let paths = [place("nodes.tsv"), place("old/nodes.tsv")].map(|path| path.display().to_string());
    assert_eq!(alike.names(), paths);
    assert_eq!(alike.member(&paths[1]).unwrap().content().unwrap(), b"o");

    assert_eq!(Input::together(&[place("nodes.tsv")]).unwrap().container(), Container::File);
    let twice = Input::together(&[place("nodes.tsv"), place("nodes.tsv")]).unwrap_err().to_string();
    assert!(twice.ends_with("nodes.tsv is refused: it is given twice; expected each file once"), "{twice}");
    let mixed = Input::together(&[place("nodes.tsv"), place("old")]).unwrap_err().to_string();
    assert!(mixed.ends_with("expected several files, or one folder alone"), "{mixed}");
    let missing = Input::together(&[place("nodes.tsv"), place("no.tsv")]);
    assert!(matches!(missing, Err(FormatError::Io { .. })));
}

#[test]
fn a_missing_path_is_an_io_error_and_a_device_is_refused() {
    assert!(matches!(Input::open(Path::new("/nowhere/at/all")), Err(FormatError::Io { .. })));
    #[cfg(unix)]
    assert_eq!(
        Input::open(Path::new("/dev/null")).unwrap_err().to_string(),
        "/dev/null is refused: it is a pipe or a device, which can be read only once; expected a file or folder"
    );
}

/// Does all that can be done with an input.
fn use_up(input: &Input) {
    let _ = (input.describe(), input.content(), streamed(input), read_all(input));
    for name in input.member_names().unwrap_or_default().iter().chain(input.names()).take(4) {
        if let Ok(member) = input.member(name) {
            let _ = (member.describe(), member.content(), streamed(&member));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), magic in 0..6usize) {
        let magics = [&b""[..], b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"BZh91AY&SY", b"PK\x03\x04", b"PK\x05\x06"];
        use_up(&Input::from_bytes("any", [magics[magic], &bytes].concat()));
    }

    /// Changed archives get past the first checks, where wholly random bytes stop.
    #[test]
    fn no_change_makes_it_panic(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5),
    ) {
        let content = [("data/a.txt", gzip(b"one")), ("b.txt", b"two".to_vec())];
        let (tar, zip) = (tar(&content), zip(&content));
        let link = [tar_entry("l", ::tar::EntryType::Symlink, b""), tar.clone()].concat();
        let samples = [gzip(&tar), zstd(&tar), bzip2(&tar), tar, zip.clone(), zip, link];
        let mut bytes = which.get(&samples).clone();
        for (place, byte) in changes {
            *place.get_mut(&mut bytes) = byte;
        }
        use_up(&Input::from_bytes("changed", bytes));
    }
}
