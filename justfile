# Lists the commands.
default:
    @just --list

# Trains and ranks on the embedded graph; needs no file and no network.
demo *args:
    cargo run --release -- demo {{args}}

# Runs all tests, with the profile that `demo` is built with.
test:
    cargo test --release --workspace

# Checks formatting and lints; warnings are errors.
lint:
    cargo fmt --all -- --check
    cargo clippy --release --workspace --all-targets -- -D warnings

# Builds the documentation of all crates; warnings are errors.
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --release --workspace --no-deps

# Runs the benchmarks, or those whose name contains FILTER.
bench *filter:
    cargo bench -p theriac-benches -- {{filter}}

# Fuzzes a reader for a minute: one of fuzz/fuzz_targets. Needs a nightly compiler and cargo-fuzz.
fuzz target seconds="60":
    mkdir -p fuzz/corpus/{{target}}
    cargo +nightly fuzz run {{target}} fuzz/corpus/{{target}} fuzz/seeds/{{target}} -- -max_total_time={{seconds}}

# Runs everything that a change has to pass.
ci:
    .ci/run
