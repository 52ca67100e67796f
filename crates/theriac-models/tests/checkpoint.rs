//! A model folder gives back what was put in, and says what is wrong with a damaged one.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use theriac_baselines::always;
use theriac_link::conformance::{example_graph, example_task};
use theriac_link::{
    Budget, EvaluationOptions, EvaluationReport, Fits, FittedScorer, Pair, Part, Round, Silent, Split,
    TrainView,
};
use theriac_models::blend::BlendConfig;
use theriac_models::gnn::{Gnn, GnnConfig};
use theriac_models::{
    Calibration, Card, FittedModel, GraphReference, Hardware, ModelConfig, Preset, SplitReference,
    TrainedModel,
};

fn network() -> GnnConfig {
    let mut config = Preset::named("graphsage-small").unwrap().network(None).unwrap();
    config.encoder.hidden = 8;
    config.training.epochs = 2;
    config
}

fn blend() -> ModelConfig {
    ModelConfig::Blend(BlendConfig {
        parts: ["l3", "ease-source"].map(str::to_owned).into(),
        folds: 3,
        ..BlendConfig::default()
    })
}

fn trained(config: &ModelConfig) -> (TrainView, TrainedModel) {
    let graph = example_graph();
    let split = Split::random(&graph, &example_task(&graph).unwrap(), 0.2, 0.2, 7).unwrap();
    let view = TrainView::new(&graph, &split).unwrap();
    let budget = Budget::new(1, &Silent);
    let fitted = config.train(&view, &budget, None, true).unwrap();
    let baselines: Vec<_> = always().iter().map(|scorer| scorer.fit(&view, &budget).unwrap()).collect();
    let report = |part| {
        let scorers = baselines.iter().map(AsRef::as_ref).chain([&fitted as _]);
        let scorers: Vec<_> = scorers.map(Fits::once).collect();
        let round = Round::of_split(split.clone());
        let options = EvaluationOptions::default();
        let is_baseline = theriac_baselines::is_baseline;
        EvaluationReport::of_part(&scorers, &graph, &round, part, &options, is_baseline).unwrap()
    };
    let card = Card {
        theriac: "0.1.0".into(),
        created: "2026-01-01T00:00:00Z".into(),
        hardware: Hardware { kernels: "Baseline".into(), threads: 1 },
        target: split.task.target().clone(),
        graph: GraphReference {
            name: "example".into(),
            path: "example".into(),
            fingerprint: graph.fingerprint(),
            recipe_view: false,
        },
        split: SplitReference::new(&split, (0.2, 0.2), false),
        preset: None,
        calibration: Calibration::of_training(2.0),
        config: config.clone(),
        seed: 1,
        epochs: fitted.epochs().to_vec(),
        trials: fitted.record().trials.clone(),
        interrupted: fitted.interrupted(),
        validation: report(Part::Valid),
        test: report(Part::Test),
        signed: None,
    };
    (view, TrainedModel { fitted, against: None, card })
}

fn message(folder: &Path) -> String {
    TrainedModel::load(folder).unwrap_err().to_string()
}

#[test]
fn a_model_survives_its_folder() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("model");
    let mut fingerprints = Vec::new();
    for config in [ModelConfig::Gnn(network()), blend()] {
        let (_, trained) = trained(&config);
        trained.save(&folder).unwrap();
        trained.save(&folder).unwrap();
        let loaded = TrainedModel::load(&folder).unwrap();
        assert_eq!(loaded.card.split, trained.card.split);
        assert_eq!(loaded.card.config, trained.card.config);
        assert_eq!(loaded.card.graph, trained.card.graph);
        assert_eq!(loaded.fingerprint(), trained.fingerprint());
        assert_eq!(loaded.fitted.record(), trained.fitted.record());
        let pairs: Vec<Pair> =
            (0..24).flat_map(|drug| (0..18).map(move |disease| Pair::new(drug, disease))).collect();
        let all = |fitted: &FittedModel| (fitted.score(&pairs), fitted.spread(&pairs));
        assert_eq!(all(&loaded.fitted), all(&trained.fitted));
        let mut loaded = loaded;
        loaded.load_contributions(&folder).unwrap();
        let contributions = |fitted: &FittedModel| format!("{:?}", fitted.contributions(Pair::new(23, 17)));
        assert_eq!(contributions(&loaded.fitted), contributions(&trained.fitted));
        fingerprints.push(loaded.fingerprint());
    }
    assert_ne!(fingerprints[0], fingerprints[1]);
}

#[test]
fn parameters_make_a_network_again() {
    let (view, trained) = trained(&ModelConfig::Gnn(network()));
    let FittedModel::Gnn(fitted) = &trained.fitted else { panic!("the model is a network") };
    let model = Gnn { config: network() };
    let again = model.embed(&view, fitted.parameters.clone()).unwrap();
    assert_eq!(again.score(view.train_pairs()), fitted.score(view.train_pairs()));
    let missing = vec![fitted.parameters[0][1..].to_vec()];
    let error = model.embed(&view, missing).unwrap_err().to_string();
    assert!(error.starts_with("the parameters do not fit the graph: tensor '"), "{error}");
}

#[test]
fn a_blend_has_an_interval_and_no_embeddings() {
    let (view, trained) = trained(&blend());
    let spread = trained.fitted.spread(view.train_pairs()).unwrap();
    assert!(spread.iter().all(|spread| *spread >= 0.0) && spread.iter().any(|spread| *spread > 0.0));
    let error = trained.node_embeddings(&view).unwrap_err().to_string();
    assert!(error.starts_with("a blend has no embeddings"), "{error}");
}

#[test]
fn the_score_of_a_blend_is_its_base_popularity_and_parts() {
    let (view, trained) = trained(&blend());
    for (&pair, score) in view.train_pairs().iter().zip(trained.fitted.score(view.train_pairs())) {
        let of = trained.fitted.contributions(pair).unwrap();
        let names: Vec<&str> = of.parts.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["l3", "ease-source"]);
        let sum = of.base + of.popularity + of.parts.iter().map(|(_, value)| value).sum::<f32>();
        assert!((sum - score).abs() < 1e-4, "{sum} for {score}");
    }
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("model");
    trained.save(&folder).unwrap();
    fs::remove_file(folder.join("contributions.safetensors")).unwrap();
    let mut without = TrainedModel::load(&folder).unwrap();
    without.load_contributions(&folder).unwrap();
    assert_eq!(without.fitted.contributions(Pair::new(0, 0)), None);
    fs::write(folder.join("contributions.safetensors"), "none").unwrap();
    let damaged = without.load_contributions(&folder).unwrap_err().to_string();
    assert!(damaged.contains("contributions.safetensors: it is not a safetensors file"), "{damaged}");
}

#[test]
fn every_node_has_an_embedding_and_those_of_a_pair_make_its_score() {
    let (view, trained) = trained(&ModelConfig::Gnn(network()));
    let types = trained.node_embeddings(&view).unwrap();
    let shapes: Vec<_> = types.iter().map(|of| (of.node_type.as_str(), of.nodes(), of.dim)).collect();
    assert_eq!(shapes, [("drug", 24, 8), ("disease", 18, 8), ("protein", 12, 8)]);
    let pairs: Vec<Pair> =
        (0..24).flat_map(|drug| (0..18).map(move |disease| Pair::new(drug, disease))).collect();
    for (pair, score) in pairs.iter().zip(trained.fitted.score(&pairs)) {
        let (drug, disease) = (types[0].row(pair.source), types[1].row(pair.target));
        let dot: f32 = drug.iter().zip(disease).map(|(a, b)| a * b).sum();
        assert!((dot - score).abs() <= 1e-5 * score.abs().max(1.0), "{pair}: {dot} for {score}");
    }
}

#[test]
fn embeddings_on_another_split_are_refused() {
    let (_, trained) = trained(&ModelConfig::Gnn(network()));
    let graph = example_graph();
    let split = Split::random(&graph, &example_task(&graph).unwrap(), 0.2, 0.2, 8).unwrap();
    let view = TrainView::new(&graph, &split).unwrap();
    let error = trained.node_embeddings(&view).unwrap_err().to_string();
    assert!(error.starts_with("scorer 'graphsage' was fitted on split "), "{error}");
}

#[test]
fn a_damaged_folder_is_named() {
    let (_, trained) = trained(&ModelConfig::Gnn(network()));
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("model");
    trained.save(&folder).unwrap();
    let tensors = fs::read(folder.join("model.safetensors")).unwrap();
    fs::write(folder.join("model.safetensors"), &tensors[..tensors.len() - 5]).unwrap();
    assert!(message(&folder).contains("model.safetensors: it is not a safetensors file"));
    fs::remove_file(folder.join("model.safetensors")).unwrap();
    assert!(message(&folder).contains("model.safetensors: "));
    fs::write(folder.join("card.json"), "{}").unwrap();
    assert!(message(&folder).contains("card.json: it is not a model card"));
    let foreign = place.path().join("thesis");
    fs::create_dir(&foreign).unwrap();
    fs::write(foreign.join("thesis.tex"), "mine").unwrap();
    assert!(
        trained.save(&foreign).unwrap_err().to_string().contains("expected a new place or an earlier model")
    );
    assert_eq!(fs::read_dir(&foreign).unwrap().count(), 1);
}
