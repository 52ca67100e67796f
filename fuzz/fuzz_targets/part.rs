//! The results in a part of an evaluation: what passes the check can be reported on.

#![no_main]

use libfuzzer_sys::fuzz_target;
use theriac_link::conformance::{example_graph, example_task};
use theriac_link::{EvaluationOptions, EvaluationReport, Plan, Results};

fuzz_target!(|bytes: &[u8]| {
    let Ok(results) = serde_json::from_slice::<Results>(bytes) else { return };
    let graph = example_graph();
    let Ok(task) = example_task(&graph) else { return };
    let plan = Plan { repeats: 3, ..Plan::random(0.1, 0.2, 7) };
    let options = EvaluationOptions { resamples: 5, ..EvaluationOptions::default() };
    if results.check(&plan, 5, (24, 18)).is_ok() {
        let _ = EvaluationReport::new(&plan, &task, &results, &options, |_| false);
    }
});
