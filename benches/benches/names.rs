//! Search as you type, on 130,000 nodes with synonyms and cross-references.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use std::hint::black_box;
use std::sync::LazyLock;
use std::time::Instant;

use divan::Bencher;
use divan::counter::ItemsCount;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};
use theriac_benches::{NAMED_NODES, many_names};
use theriac_graph::{Graph, NameIndex};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Different queries of a kind, asked in turn, one a sample.
const QUERIES: u32 = 500;
/// Hits on a page.
const LIMIT: usize = 10;
/// Letters typed.
const TYPED: [usize; 5] = [1, 2, 4, 8, 16];

static GRAPH: LazyLock<Graph> = LazyLock::new(|| many_names().unwrap());
static INDEX: LazyLock<NameIndex> = LazyLock::new(|| NameIndex::new(&GRAPH));

fn main() {
    let filtered = std::env::args().skip(1).any(|argument| !argument.starts_with('-'));
    if !filtered {
        println!("{} texts of {NAMED_NODES} nodes in {:.1} MB", INDEX.texts(), INDEX.bytes() as f64 / 1e6);
        for (what, slip) in [("names", false), ("names with a slip", true)] {
            let [queries, median, p99, most] = typing(slip);
            println!(
                "{queries} keystrokes of {what}: median {median} µs, 99 % within {p99} µs, slowest {most} µs"
            );
        }
    }
    divan::main();
}

/// Types the first letters of names, one after the other, and asks at each: how many queries, median, 99th percentile and
/// longest time in µs. Each is asked three times, and its best time taken, so that other work on the machine is left out.
fn typing(slip: bool) -> [usize; 4] {
    let mut micros = Vec::new();
    for name in names(6) {
        let name = if slip { slipped(&name, name.len().min(12)) } else { name };
        for typed in 1..=name.len().min(24) {
            let best = (0..3).map(|_| {
                let start = Instant::now();
                black_box(INDEX.search(&GRAPH, black_box(&name[..typed]), None, LIMIT));
                start.elapsed().as_micros() as usize
            });
            micros.push(best.min().unwrap());
        }
    }
    micros.sort_unstable();
    [micros.len(), micros[micros.len() / 2], micros[micros.len() * 99 / 100], micros[micros.len() - 1]]
}

/// Names drawn from the graph, of at least so many letters.
fn names(letters: usize) -> Vec<String> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(1);
    let tables = GRAPH.node_tables();
    let mut names = Vec::new();
    while names.len() < QUERIES as usize {
        let table = &tables[random.random_range(0..tables.len())];
        let name = &table.names[random.random_range(0..table.len())];
        if name.len() >= letters {
            names.push(name.clone());
        }
    }
    names
}

/// Asks the queries in turn, one a sample.
fn ask(bencher: Bencher<'_, '_>, node_type: Option<usize>, queries: Vec<String>) {
    LazyLock::force(&INDEX);
    let mut queries = queries.into_iter().cycle();
    bencher
        .with_inputs(|| queries.next().unwrap())
        .bench_local_refs(|query| INDEX.search(&GRAPH, black_box(query), node_type, LIMIT).len());
}

/// The first letters of a name without the one in the middle.
fn slipped(name: &str, typed: usize) -> String {
    let mut letters: Vec<char> = name.chars().take(typed).collect();
    letters.remove(typed / 2);
    letters.into_iter().collect()
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn build(bencher: Bencher<'_, '_>) {
    LazyLock::force(&GRAPH);
    bencher.counter(ItemsCount::new(NAMED_NODES)).bench_local(|| NameIndex::new(black_box(&GRAPH)));
}

/// The first letters of a name.
#[divan::bench(args = TYPED, sample_count = QUERIES, sample_size = 1)]
fn prefix(bencher: Bencher<'_, '_>, typed: usize) {
    ask(bencher, None, names(typed).iter().map(|name| name.chars().take(typed).collect()).collect());
}

/// The same among the diseases alone.
#[divan::bench(args = TYPED, sample_count = QUERIES, sample_size = 1)]
fn prefix_of_a_type(bencher: Bencher<'_, '_>, typed: usize) {
    ask(bencher, Some(2), names(typed).iter().map(|name| name.chars().take(typed).collect()).collect());
}

/// Without the letter in the middle.
#[divan::bench(args = [5, 8, 12, 24], sample_count = QUERIES, sample_size = 1)]
fn one_slip(bencher: Bencher<'_, '_>, typed: usize) {
    ask(bencher, None, names(typed).iter().map(|name| slipped(name, typed)).collect());
}

/// The same with a `q` before the last letter besides.
#[divan::bench(args = [8, 12, 24], sample_count = QUERIES, sample_size = 1)]
fn two_slips(bencher: Bencher<'_, '_>, typed: usize) {
    let with_q = |mut text: String| {
        let last = text.pop().unwrap();
        text.extend(['q', last]);
        text
    };
    ask(bencher, None, names(typed).iter().map(|name| with_q(slipped(name, typed))).collect());
}

/// Two words of a name, the last first.
#[divan::bench(sample_count = QUERIES, sample_size = 1)]
fn words_in_another_order(bencher: Bencher<'_, '_>) {
    let turned = names(12).into_iter().map(|name| {
        let words: Vec<&str> = name.split(' ').collect();
        format!("{} {}", words[words.len() - 1], words[0])
    });
    ask(bencher, None, turned.collect());
}

/// First letters of two words of a name, the last first.
#[divan::bench(args = [1, 2, 3], sample_count = QUERIES, sample_size = 1)]
fn beginnings_of_words(bencher: Bencher<'_, '_>, typed: usize) {
    let turned = names(12).into_iter().map(|name| {
        let words: Vec<String> = name.split(' ').map(|word| word.chars().take(typed).collect()).collect();
        format!("{} {}", words[words.len() - 1], words[0])
    });
    ask(bencher, None, turned.collect());
}

/// What is in no name.
#[divan::bench(args = ["xq", "xqzj", "xqzjwkvy", "cy xqzjwkvy perol", "metabolprozess regulat"], sample_size = 1)]
fn nothing_like_it(bencher: Bencher<'_, '_>, query: &str) {
    ask(bencher, None, vec![query.into()]);
}
