//! What every reader must do.

use proptest::prelude::*;
use theriac_formats::{Format, FormatError, Input, formats, read_input};
use theriac_graph::Graph;

use crate::samples::{Sample, gzip, samples};

fn format_of(sample: &Sample) -> &'static dyn Format {
    *formats().iter().find(|format| format.name() == sample.format).expect("samples are of known formats")
}

fn node_counts(graph: &Graph) -> Vec<(&str, usize)> {
    graph.node_tables().iter().map(|table| (table.node_type.as_str(), table.len())).collect()
}

fn edge_counts(graph: &Graph) -> Vec<(String, usize)> {
    graph.relations().iter().map(|relation| (relation.key.to_string(), relation.edge_count())).collect()
}

#[test]
fn every_format_has_a_sample_and_a_name_of_its_own() {
    let samples = samples();
    for (i, format) in formats().iter().enumerate() {
        assert!(
            samples.iter().any(|sample| sample.format == format.name()),
            "no sample of {}",
            format.name()
        );
        assert!(formats()[..i].iter().all(|earlier| earlier.name() != format.name()));
        assert!(!format.description().is_empty());
    }
}

#[test]
fn every_format_recognises_its_own_samples_and_no_others() {
    for sample in samples() {
        for bytes in [sample.bytes.clone(), gzip(&sample.bytes)] {
            let input = Input::from_bytes("sample", bytes);
            for format in formats() {
                let own = format.name() == sample.format;
                assert_eq!(format.detect(&input), own, "{} on a sample of {}", format.name(), sample.format);
            }
        }
    }
}

#[test]
fn every_sample_is_read_whole_compressed_or_not_named_or_detected() {
    for sample in samples() {
        let expected_edges: Vec<_> =
            sample.edges.iter().map(|(key, edges)| ((*key).to_owned(), *edges)).collect();
        for bytes in [sample.bytes.clone(), gzip(&sample.bytes)] {
            for format in [None, Some(sample.format)] {
                let graph = read_input(&Input::from_bytes("sample", bytes.clone()), format).unwrap();
                assert_eq!(node_counts(&graph), sample.nodes, "{}", sample.format);
                assert_eq!(edge_counts(&graph), expected_edges, "{}", sample.format);
                assert_eq!(graph.provenance().sources, ["sample"]);
                assert!(!graph.provenance().name.is_empty());
            }
        }
    }
}

/// A cut archive or compressed file can never pass for a whole one; cut text may, so it must only not panic.
#[test]
fn a_cut_input_is_an_error_at_every_length() {
    for sample in samples() {
        let packed = gzip(&sample.bytes);
        for length in 0..packed.len() {
            let input = Input::from_bytes("cut", packed[..length].to_vec());
            let read = format_of(&sample).read(&input);
            assert!(read.is_err(), "{} cut to {length} of {} bytes", sample.format, packed.len());
            assert!(read_input(&input, None).is_err());
        }
        for length in 0..sample.bytes.len() {
            let _ = format_of(&sample).read(&Input::from_bytes("cut", sample.bytes[..length].to_vec()));
        }
    }
}

#[test]
fn every_format_refuses_what_is_not_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let inputs = [
        Input::from_bytes("empty", Vec::new()),
        Input::from_bytes("binary", (0..=255).collect()),
        Input::from_bytes("poem", b"Roses are red\nViolets are blue\n".to_vec()),
        Input::open(folder.path()).unwrap(),
    ];
    for input in &inputs {
        assert!(
            matches!(read_input(input, None), Err(FormatError::Undetected { .. })),
            "{}",
            input.describe()
        );
        for format in formats() {
            let error = format.read(input).expect_err(format.name()).to_string();
            let path = input.path().display().to_string();
            assert!(error.contains(&path), "{}: {error}", format.name());
        }
    }
}

proptest! {
    #[test]
    fn no_reader_panics_on_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let input = Input::from_bytes("any", bytes);
        for format in formats() {
            let _ = format.detect(&input);
            let _ = format.read(&input);
        }
    }

    /// Samples with some bytes changed get past the first checks, where wholly random bytes stop.
    #[test]
    fn no_reader_panics_on_a_changed_sample(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let samples = samples();
        let sample = which.get(&samples);
        let mut bytes = sample.bytes.clone();
        for (place, byte) in changes {
            *place.get_mut(&mut bytes) = byte;
        }
        let _ = format_of(sample).read(&Input::from_bytes("changed", bytes));
    }
}
