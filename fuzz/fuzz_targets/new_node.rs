//! The reader of a file that tells of a new node.

#![no_main]

use libfuzzer_sys::fuzz_target;
use theriac_formats::{Input, read_new_node};
use theriac_link::conformance::example_graph;

fuzz_target!(|bytes: &[u8]| {
    let graph = example_graph();
    let input = Input::from_bytes("fuzz", bytes.to_vec());
    for node_type in 0..graph.node_tables().len() {
        let _ = read_new_node(&input, &graph, node_type, &[]);
    }
});
