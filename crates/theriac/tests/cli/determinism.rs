//! The same call gives the same model.

use crate::workplace::Workplace;

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let workplace = Workplace::with_graph();
    for sampler in ["neighbor", "full"] {
        let train = |model: &str, seed: u32| {
            let call =
                format!("train g --preset graphsage --sampler {sampler} --epochs 2 --seed {seed} -o {model}");
            workplace.run(&call).printed();
            workplace.read(&format!("{model}/model.safetensors"))
        };
        let first = train("a", 3);
        assert!(first == train("b", 3), "{sampler}: two runs with one seed differ");
        assert!(first != train("c", 4), "{sampler}: the seed does not count");
    }
}

#[test]
fn the_number_of_threads_does_not_change_the_figures() {
    let workplace = Workplace::with_graph();
    for sampler in ["neighbor", "full"] {
        let test = |threads: u32| {
            let call = format!(
                "train g --preset graphsage --sampler {sampler} --epochs 2 --threads {threads} -o m --json"
            );
            workplace.run(&call).json()["test"].clone()
        };
        assert_eq!(test(1), test(2), "{sampler}");
    }
}
