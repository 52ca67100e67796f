//! Spaces as users write them, and what a tuning touches, keeps and takes up again.

use std::cell::Cell;
use std::fs;
use std::path::Path;

use theriac_graph::Graph;
use theriac_link::Split;
use theriac_link::conformance::{example_graph, example_task};

use super::*;
use crate::config::ModelConfig;

fn parse(text: &str) -> Result<Space, String> {
    Space::parse(text, Path::new("s.toml")).map_err(|error| error.to_string())
}

/// A small space of networks; `more` are lines of `[space]`.
fn small(more: &str, trials: u32) -> Space {
    let text = format!(
        "[base]\nmodel = 'gnn'\nencoder.hidden = 8\ntraining.learning_rate = 0.02\n\
         [space]\n{more}\n[halving]\ntrials = {trials}\nleast = 1\nmost = 9\n"
    );
    parse(&text).unwrap()
}

const RATES: &str = "'training.learning_rate' = { from = 1e-4, to = 1e-1, scale = 'log' }";

#[test]
fn the_example_is_sound() {
    let space = parse(EXAMPLE).unwrap();
    assert_eq!(space.halving().rungs, [Some(5), Some(15), Some(45)]);
    let trials = space.trials(7).unwrap();
    assert_eq!(trials.len(), 27);
    for (number, trial) in (1..).zip(&trials) {
        let ModelConfig::Gnn(config) = trial.config(Some(15)) else { panic!("the file says gnn") };
        assert_eq!((trial.number, config.training.epochs), (number, 15));
        assert!([32, 64, 96].contains(&config.encoder.hidden));
        assert!((0.0..=0.5).contains(&config.encoder.dropout));
        assert!((1e-3..=3e-2).contains(&config.training.learning_rate));
        assert!((1.0..=8.0).contains(&config.training.negative_ratio));
        assert_eq!(config.training.negative_ratio.fract(), 0.0);
    }
}

#[test]
fn dotted_names_and_tables_are_the_same_space() {
    let tables = parse(
        "[base]\nmodel = 'gnn'\n[space.training]\nlearning_rate = [0.1, 0.2]\n\
         [halving]\ntrials = 2\nleast = 1\nmost = 9\n",
    );
    let dotted = parse(
        "[base]\nmodel = 'gnn'\n[space]\n'training.learning_rate' = [0.1, 0.2]\n\
         [halving]\ntrials = 2\nleast = 1\nmost = 9\n",
    );
    assert_eq!(tables.unwrap().trials(3).unwrap(), dotted.unwrap().trials(3).unwrap());
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    let expected = "expected one of";
    for (from, to, said) in [
        ("model = \"gnn\"", "model = = \"gnn\"", "line 3: "),
        ("model = \"gnn\"", "model = \"forest\"", "line 3: unknown variant `forest`"),
        ("layers = 2", "layer = 2", &format!("line 6: unknown field `layer`, {expected}")),
        ("layers = 2", "layers = 'two'", "line 6: invalid type: string \"two\", expected usize"),
        ("kind = \"sage\"", "kind = \"gat\"", "line 8: unknown field `aggregation`"),
        ("encoder.hidden", "encoder.hiden", "line 14: encoder.hiden = 32: unknown field `hiden`"),
        ("encoder.hidden", "encodr.hidden", "line 14: encodr.hidden = 32: unknown field `encodr`"),
        ("encoder.hidden", "a.b.c.d.e", "line 14: the model has no setting 'a.b.c.d.e'"),
        (
            "\"encoder.hidden\" = [32",
            "'training.sampler.full.batch' = [8, -1",
            "line 14: training.sampler.full.batch = -1",
        ),
        ("encoder.hidden", "model", "line 14: the model is the same for all trials"),
        ("encoder.hidden", "training.epochs", "line 14: the epochs of a trial are those of its rung"),
        ("encoder.hidden", "encoder.layers.hidden", "line 14: encoder.layers.hidden = 32: layers is 2"),
        ("[32, 64, 96]", "[32, 64, 'x']", "line 14: encoder.hidden = \"x\": invalid type"),
        ("[32, 64, 96]", "[32, 32]", "line 14: 32 is there twice"),
        ("[32, 64, 96]", "[]", "line 14: found an empty list; expected one value or more"),
        ("[32, 64, 96]", "64", "line 14: found 64; expected a list of values, or { from = ..., to = ... }"),
        ("[32, 64, 96]", "[nan]", "line 14: found nan; expected finite numbers"),
        ("from = 0.0, to = 0.5", "from = 0.5, to = 0.0", "line 15: found 0.5 to 0.0; expected finite"),
        ("from = 0.0, to = 0.5", "from = 0.0, to = inf", "line 15: found 0.0 to inf; expected finite"),
        ("from = 0.0, to = 0.5", "from = 0.0, to = 'a'", "line 15: found 0.0 to \"a\"; expected numbers"),
        ("from = 0.0, to = 0.5", "from = 0.0", "line 15: missing field `to`"),
        ("from = 1e-3", "from = 0.0", "line 16: found 0.0 to 0.03; expected numbers above 0"),
        ("scale = \"log\"", "scale = \"cubic\"", "line 16: unknown variant `cubic`"),
        ("trials = 27", "trials = 0", "line 23: trials is 0; expected a number from 1 to 9999"),
        ("trials = 27", "trials = \"many\"", "line 23: invalid type: string \"many\""),
        ("trials = 27", "trails = 27", "line 23: unknown field `trails`"),
        ("reduction = 3", "reduction = 1", "line 24: reduction is 1; expected 2 or more"),
        ("least = 5", "least = 46", "line 25: least is 46; expected a number from 1 to most, 45"),
        ("least = 5\n", "", "line 22: [halving] lacks least or most"),
        ("[halving]", "[halvin]", "line 22: unknown field `halvin`"),
    ] {
        assert!(EXAMPLE.contains(from), "{from}");
        let error = parse(&EXAMPLE.replacen(from, to, 1)).unwrap_err();
        assert!(error.starts_with(&format!("s.toml: {said}")), "{to}: {error}");
    }
    let empty = "[base]\nmodel = 'gnn'\n[space]\n[halving]\ntrials = 1\nleast = 1\nmost = 1\n";
    assert_eq!(parse(empty).unwrap_err(), "s.toml: line 3: [space] is empty; expected one setting or more");
    let blend = "[base]\nmodel = 'blend'\n[space]\nfolds = [2, 5]\n[halving]\ntrials = 2\nmost = 3\n";
    assert!(parse(blend).unwrap_err().starts_with("s.toml: line 7: most is given; expected trials alone"));
    let twice = EXAMPLE.replacen("[32, 64, 96]", "[32]\nencoder.hidden = [64]", 1);
    assert_eq!(parse(&twice).unwrap_err(), "s.toml: line 14: encoder.hidden is there twice");
}

#[test]
fn settings_that_do_not_go_together_are_refused_with_the_trial() {
    let space = small("'encoder.dropout' = { from = 1.0, to = 1.5 }", 3);
    let error = space.trials(0).unwrap_err().to_string();
    assert!(error.starts_with("s.toml: line 6: trial 1, with encoder.dropout = 1."), "{error}");
    assert!(error.ends_with("expected a share from 0 to below 1"), "{error}");
}

#[test]
fn a_trial_draws_the_same_however_many_there_are() {
    let draw = |trials, seed| small(RATES, trials).trials(seed).unwrap();
    let many = draw(40, 7);
    assert_eq!(draw(9, 7), many[..9]);
    assert_ne!(draw(9, 8), many[..9]);
    let rates = many.iter().map(|trial| trial.settings["training.learning_rate"].as_f64().unwrap());
    assert!((12..=28).contains(&rates.filter(|rate| *rate < 3.16e-3).count()));
}

#[test]
fn no_two_trials_are_alike() {
    let both = "'encoder.layers' = [1, 2]\n'training.negative_ratio' = { from = 1, to = 3 }";
    let mut drawn: Vec<Settings> =
        small(both, 6).trials(1).unwrap().into_iter().map(|trial| trial.settings).collect();
    drawn.sort_by_key(|settings| format!("{settings:?}"));
    drawn.dedup();
    assert_eq!(drawn.len(), 6);
    assert_eq!(
        small(both, 7).trials(1).unwrap_err().to_string(),
        "s.toml: line 9: trials is 7; expected 6 or fewer, as the space holds no more that differ"
    );
}

fn split(graph: &Graph) -> Split {
    Split::random(graph, &example_task(graph).unwrap(), 0.1, 0.2, 7).unwrap()
}

fn view() -> TrainView {
    let graph = example_graph();
    TrainView::new(&graph, &split(&graph)).unwrap()
}

fn identity(space: &Space) -> Identity {
    Identity::new("g".into(), "t".into(), "s".into(), 5, space.text().into())
}

/// Halves among these trials in a folder, and stops before the fit of this number, from 0; gives whether it came to the end
/// and the outcomes that are there.
fn halve(
    space: &Space,
    view: &TrainView,
    path: &Path,
    numbers: &[u32],
    fits: usize,
) -> Result<(bool, Vec<Outcome>), ModelError> {
    let folder = TuningFolder::open(path, &identity(space))?;
    let trials = space.trials(5)?;
    let tuning = Tuning { halving: space.halving(), trials: &trials, view, seed: 5, folder: &folder };
    let asked = Cell::new(0);
    let stop = || asked.replace(asked.get() + 1) >= fits;
    let finished = tuning.halve(numbers, &stop, &mut |_| ())?;
    Ok((finished, folder.outcomes(&trials, space.halving())?))
}

/// What decides the choice.
fn figures(outcomes: &[Outcome]) -> Vec<(u32, usize, Option<f64>)> {
    outcomes.iter().map(|outcome| (outcome.trial, outcome.rung, outcome.mrr)).collect()
}

#[test]
fn the_best_of_a_rung_are_those_of_the_next() {
    let (space, place) = (small(RATES, 9), tempfile::tempdir().unwrap());
    let all: Vec<u32> = (1..=9).collect();
    let (finished, outcomes) = halve(&space, &view(), &place.path().join("f"), &all, usize::MAX).unwrap();
    assert!(finished);
    let of = |rung| -> Vec<(u32, f64)> {
        let of_rung = outcomes.iter().filter(|outcome| outcome.rung == rung);
        of_rung.map(|outcome| (outcome.trial, outcome.mrr.unwrap())).collect()
    };
    assert_eq!([of(1).len(), of(2).len(), of(3).len()], [9, 3, 1]);
    for rung in [1, 2] {
        let kept: Vec<u32> = of(rung + 1).into_iter().map(|(trial, _)| trial).collect();
        let (on, out): (Vec<_>, Vec<_>) = of(rung).into_iter().partition(|(trial, _)| kept.contains(trial));
        let least = on.iter().map(|(_, mrr)| *mrr).fold(f64::INFINITY, f64::min);
        assert!(out.iter().all(|(_, mrr)| *mrr <= least));
    }
    let chosen = best(&outcomes, space.halving()).unwrap();
    assert_eq!((chosen.trial, chosen.epochs, chosen.rung), (of(3)[0].0, Some(9), 3));
    assert_eq!(ranked(&outcomes).len(), 9);
    assert_eq!(ranked(&outcomes)[0], chosen);
}

#[test]
fn a_stopped_tuning_goes_on_to_the_same_figures() {
    let (space, view, place) = (small(RATES, 6), view(), tempfile::tempdir().unwrap());
    let all: Vec<u32> = (1..=6).collect();
    let (whole, parts) = (place.path().join("whole"), place.path().join("parts"));
    let (_, expected) = halve(&space, &view, &whole, &all, usize::MAX).unwrap();
    for fits in [4, 3] {
        let (finished, outcomes) = halve(&space, &view, &parts, &all, fits).unwrap();
        assert!(!finished && best(&outcomes, space.halving()).is_none());
    }
    // Seven of nine are there.
    let (finished, outcomes) = halve(&space, &view, &parts, &all, 2).unwrap();
    assert!(finished);
    assert_eq!(figures(&outcomes), figures(&expected));
    // All is there: nothing is trained.
    assert!(halve(&space, &view, &parts, &all, 0).unwrap().0);
}

#[test]
fn shards_share_a_folder_and_halve_by_themselves() {
    let (space, view, place) = (small(RATES, 6), view(), tempfile::tempdir().unwrap());
    let (whole, shards) = (place.path().join("whole"), place.path().join("shards"));
    let (_, expected) = halve(&space, &view, &whole, &[1, 2, 3, 4, 5, 6], usize::MAX).unwrap();
    halve(&space, &view, &shards, &[1, 3, 5], usize::MAX).unwrap();
    let (_, outcomes) = halve(&space, &view, &shards, &[2, 4, 6], usize::MAX).unwrap();
    let of = |outcomes: &[Outcome], rung| -> Vec<_> {
        figures(outcomes).into_iter().filter(|figure| figure.1 == rung).collect()
    };
    assert_eq!(of(&outcomes, 1), of(&expected, 1));
    let last: Vec<u32> = of(&outcomes, 3).into_iter().map(|figure| figure.0 % 2).collect();
    assert!(last == [1, 0] || last == [0, 1]);
    // Whoever halves among all trains only what the shards left out.
    let (_, outcomes) = halve(&space, &view, &shards, &[1, 2, 3, 4, 5, 6], usize::MAX).unwrap();
    assert!(figures(&expected).iter().all(|figure| figures(&outcomes).contains(figure)));
}

#[test]
fn test_links_have_no_part_in_it() {
    let graph = example_graph();
    let split = split(&graph);
    let known = [split.train.as_slice(), &split.valid].concat();
    let without = Split { train: known, valid: Vec::new(), ..split.clone() };
    let bereft = TrainView::new(&graph, &without).unwrap().graph().clone();
    let there = TrainView::new(&graph, &split).unwrap();
    assert!(!split.test.is_empty());
    let gone = TrainView::new(&bereft, &Split { test: Vec::new(), ..split }).unwrap();
    let (space, place) = (small(RATES, 4), tempfile::tempdir().unwrap());
    let of = |view, name| {
        let halved = halve(&space, view, &place.path().join(name), &[1, 2, 3, 4], usize::MAX);
        figures(&halved.unwrap().1)
    };
    assert_eq!(of(&there, "there"), of(&gone, "gone"));
}

#[test]
fn a_training_that_diverges_has_no_figure() {
    let space = small("'training.learning_rate' = [0.01, 1e38]", 2);
    let place = tempfile::tempdir().unwrap();
    let (finished, outcomes) = halve(&space, &view(), &place.path().join("f"), &[1, 2], usize::MAX).unwrap();
    assert!(finished);
    for outcome in &outcomes {
        let rate = outcome.settings["training.learning_rate"].as_f64().unwrap();
        assert_eq!(outcome.mrr.is_none(), rate > 1.0, "{outcome:?}");
        assert!(rate < 1.0 || outcome.rung == 1);
    }
    assert!(best(&outcomes, space.halving()).is_some());
}

#[test]
fn another_tuning_or_a_changed_file_is_refused() {
    let (space, view, place) = (small(RATES, 2), view(), tempfile::tempdir().unwrap());
    let path = place.path().join("f");
    halve(&space, &view, &path, &[1, 2], usize::MAX).unwrap();
    let refused = |space: &Space| {
        let error = halve(space, &view, &path, &[1, 2], usize::MAX).unwrap_err().to_string();
        error.replace(&place.path().display().to_string(), "")
    };
    assert_eq!(
        refused(&small(RATES, 3)),
        "/f: the tuning that is there is of another space; expected the same, or a new folder"
    );
    let file = path.join("trials/0002-rung1.json");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("\"trial\": 2", "\"trial\": 1")).unwrap();
    assert_eq!(
        refused(&space),
        "/f/trials/0002-rung1.json: it tells of another trial than its name; the file was changed"
    );
    fs::write(&file, &text[..20]).unwrap();
    assert!(refused(&space).contains("it is not what a trial came to"));
    fs::write(path.join("tuning.json"), "{}").unwrap();
    assert!(refused(&space).contains("/f/tuning.json: it does not tell of a tuning"));
    fs::remove_file(path.join("tuning.json")).unwrap();
    assert_eq!(
        refused(&space),
        "/f: it holds no tuning.json; expected a new folder, or one of an earlier run"
    );
}

#[test]
fn there_have_to_be_validation_links() {
    let graph = example_graph();
    let split = Split::random(&graph, &example_task(&graph).unwrap(), 0.0, 0.2, 7).unwrap();
    let view = TrainView::new(&graph, &split).unwrap();
    let place = tempfile::tempdir().unwrap();
    let error = halve(&small(RATES, 2), &view, &place.path().join("f"), &[1], usize::MAX).unwrap_err();
    assert!(matches!(error, ModelError::NoValidation { .. }), "{error}");
}
