//! Networks as scorers, and the guard against leaks in their training.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use theriac_graph::{
    DuplicatePolicy, EdgeList, FeatureMatrix, Graph, GraphBuilder, NodeTable, Provenance, RelationKey,
};
use theriac_link::conformance::{check_scorer, check_scorer_on, example_graph, example_task};
use theriac_link::{Event, Observer, Silent, Split, Task};

use super::*;
use crate::preset::Preset;

fn small() -> GnnConfig {
    let mut config = Preset::named("graphsage-small").unwrap().network(None).unwrap();
    config.encoder.hidden = 8;
    config.training.epochs = 3;
    config
}

fn sampled() -> GnnConfig {
    let mut config = small();
    config.training.sampler = Sampler::Neighbor { fanouts: vec![3, 2], batch: 4, validation_batch: 8 };
    config
}

fn view() -> TrainView {
    let graph = example_graph();
    let split = Split::random(&graph, &example_task(&graph).unwrap(), 0.1, 0.2, 7).unwrap();
    TrainView::new(&graph, &split).unwrap()
}

#[test]
fn both_samplers_make_a_scorer_like_any_other() {
    for config in [small(), sampled()] {
        check_scorer(&Gnn { config });
    }
}

#[test]
fn the_number_of_threads_does_not_change_a_bit() {
    let view = view();
    for config in [small(), sampled()] {
        let train = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let model = Gnn { config: config.clone() };
            pool.install(|| model.train(&view, &Budget::new(5, &Silent)).unwrap().parameters)
        };
        let once = train(1);
        assert_eq!(once, train(1));
        assert_eq!(once, train(3));
    }
}

#[test]
fn training_lowers_the_loss() {
    let mut config = small();
    config.training = TrainingConfig { epochs: 60, learning_rate: 0.02, ..config.training };
    let fitted = Gnn { config }.train(&view(), &Budget::new(5, &Silent)).unwrap();
    let loss = |epochs: &[EpochLog]| epochs.iter().map(|e| e.loss).sum::<f64>() / epochs.len() as f64;
    let (first, last) = (loss(&fitted.epochs[..5]), loss(&fitted.epochs[55..]));
    assert!(last < 0.8 * first, "loss {first} at first, {last} at last");
}

/// Proteins in a ring, every edge both ways but one.
fn nearly_symmetric() -> (Graph, Split) {
    let ids: Vec<String> = (0..12).map(|i| format!("p{i}")).collect();
    let ring = || (0..12u32).map(|i| (i, (i + 1) % 12));
    let (sources, targets) = ring().chain(ring().skip(1).map(|(a, b)| (b, a))).unzip();
    let key = RelationKey::new("protein", "interacts", "protein");
    let mut builder = GraphBuilder::new(Provenance::default());
    builder.add_nodes(NodeTable::new("protein", ids.clone(), ids)).unwrap();
    let edges = EdgeList { sources, targets, ..EdgeList::default() };
    builder.add_relation(key.clone(), edges, DuplicatePolicy::Reject).unwrap();
    let graph = builder.build().unwrap();
    let task = Task::new(&graph, key, Vec::new()).unwrap();
    let split = Split::random(&graph, &task, 0.1, 0.1, 1).unwrap();
    (graph, split)
}

/// Drugs of two groups with a similarity of each to all others, which treat diseases of their group.
fn with_similarities() -> (Graph, Split) {
    let ids = |name: &str, count: u32| (0..count).map(|i| format!("{name}{i}")).collect::<Vec<_>>();
    let likeness = |a: u32, b: u32| if a % 2 == b % 2 { 1.0 / (1 + a.abs_diff(b)) as f32 } else { 0.01 };
    let values = (0..14).flat_map(|a| (0..14).map(move |b| likeness(a, b))).collect();
    let mut drugs = NodeTable::new("drug", ids("drug", 14), ids("drug", 14));
    drugs.features = Some(FeatureMatrix { name: "similarity".into(), dim: 14, values });
    let mut builder = GraphBuilder::new(Provenance::default());
    builder.add_nodes(drugs).unwrap();
    builder.add_nodes(NodeTable::new("disease", ids("disease", 10), ids("disease", 10))).unwrap();
    let pairs = (0..14u32).flat_map(|drug| (0..10).map(move |disease| (drug, disease)));
    let (sources, targets) = pairs.filter(|(a, b)| a % 2 == b % 2 && (a + 3 * b) % 4 != 0).unzip();
    let key = RelationKey::new("drug", "treats", "disease");
    let edges = EdgeList { sources, targets, ..EdgeList::default() };
    builder.add_relation(key.clone(), edges, DuplicatePolicy::Reject).unwrap();
    let graph = builder.build().unwrap();
    let split = Split::random(&graph, &Task::new(&graph, key, Vec::new()).unwrap(), 0.1, 0.1, 1).unwrap();
    (graph, split)
}

#[test]
fn similarities_become_a_weighted_relation_to_the_most_alike() {
    let (graph, split) = with_similarities();
    let view = TrainView::new(&graph, &split).unwrap();
    let mut config = small();
    config.encoder.nearest = 2;
    let messages = config.message_graph(&view);
    assert!(small().message_graph(&view).types[0].features.is_some());
    assert!(messages.types[0].features.is_none());
    let resembles = messages.relations.last().unwrap();
    assert_eq!(resembles.name, "drug:resembles:drug");
    assert_eq!(resembles.incoming.neighbors(0), [2, 4]);
    let first = resembles.incoming.range(0).start;
    assert_eq!(resembles.incoming.weights().unwrap()[first..first + 2], [1.0 / 3.0, 1.0 / 5.0]);
    let (_, divided) = view.divide(0.5, &mut stream(3, "division", &[]));
    let divided = messages.with_edges(&divided);
    assert_eq!(divided.relations.last().unwrap().incoming, resembles.incoming);
    assert!(divided.relations[0].incoming.len() < messages.relations[0].incoming.len());
    check_scorer_on(&Gnn { config }, &graph, &split);
}

#[test]
fn a_relation_that_loses_its_one_way_edge_keeps_its_directions() {
    let (graph, split) = nearly_symmetric();
    let view = TrainView::new(&graph, &split).unwrap();
    let messages = small().message_graph(&view);
    for epoch in 0..20 {
        let mut draws = stream(epoch, "division", &[]);
        let (supervision, divided) = view.divide(0.5, &mut draws);
        let divided = messages.with_edges(&divided);
        assert_eq!(divided.relations.len(), messages.relations.len());
        for pair in supervision {
            for relation in &divided.relations {
                assert!(!relation.incoming.contains(pair.target, pair.source), "{pair} carries a message");
                assert!(!relation.incoming.contains(pair.source, pair.target), "{pair} carries a message");
            }
        }
    }
    check_scorer_on(&Gnn { config: small() }, &graph, &split);
}

#[test]
fn an_edge_that_supervises_carries_no_message_in_a_sibling_either() {
    let view = view();
    let task = view.task();
    assert!(!task.siblings().is_empty(), "the example has a sibling");
    let (supervision, divided) = view.divide(0.5, &mut stream(3, "division", &[]));
    assert!(!supervision.is_empty());
    for key in task.siblings().iter().chain([task.target()]) {
        let relation = divided.relation(key).unwrap();
        let reversed = key.source != task.target().source;
        for pair in &supervision {
            let pair = if reversed { pair.reversed() } else { *pair };
            assert!(!relation.forward.contains(pair.source, pair.target), "{pair} is in {key}");
        }
    }
}

/// A configuration for each encoder, decoder, loss and kind of negatives, each setting at least once.
fn variety() -> Vec<GnnConfig> {
    use theriac_nn::{DecoderKind, DecoderStructure, JumpingKnowledge, Loss, RelationAggregation};
    let decoders = [
        DecoderKind::Dot,
        DecoderKind::Bilinear,
        DecoderKind::DistMult,
        DecoderKind::ComplEx,
        DecoderKind::Mlp,
    ];
    let losses = [
        Loss::CrossEntropy,
        Loss::SampledSoftmax,
        Loss::InfoNce { temperature: 0.5 },
        Loss::Bpr,
        Loss::Margin { margin: 1.0 },
    ];
    let negatives = [
        Negatives::Unknown,
        Negatives::Corrupted,
        Negatives::Linked,
        Negatives::Degree { power: 0.75 },
        Negatives::InBatch,
        Negatives::Hard { pool: 3 },
    ];
    let mut all = Vec::new();
    for (place, convolution) in convolutions().into_iter().enumerate() {
        for (step, base) in [small(), sampled()].into_iter().enumerate() {
            let at = place + step;
            let mut config = GnnConfig { training: base.training, ..GnnConfig::of(convolution) };
            config.encoder.hidden = 8;
            config.encoder.residual = at % 2 == 0;
            config.encoder.layer_norm = at % 2 == 1;
            config.encoder.dropout = 0.1;
            config.encoder.edge_dropout = if step == 0 { 0.1 } else { 0.0 };
            if at % 3 == 0 {
                config.encoder.jumping_knowledge = JumpingKnowledge::Concat;
            }
            if matches!(convolution, ConvolutionKind::Gat { .. }) {
                config.encoder.relations = RelationAggregation::Attention;
            }
            config.decoder.kind = decoders[at % decoders.len()];
            config.decoder.popularity = at % 2 == 0;
            config.decoder.structure =
                [DecoderStructure::None, DecoderStructure::Linear, DecoderStructure::Mlp][place % 3];
            config.training.loss = losses[at % losses.len()];
            config.training.negatives = negatives[(at + 1) % negatives.len()];
            if config.decoder.kind == DecoderKind::Mlp {
                config.training.negatives = Negatives::Corrupted;
            }
            config.training.patience = 2 * step;
            config.training.schedule = [Schedule::Cosine, Schedule::OneCycle, Schedule::Constant][at % 3];
            config.training.clip = 1.0;
            config.training.weight_decay = 0.01;
            all.push(config);
        }
    }
    let mut whole = GnnConfig::of(ConvolutionKind::LightGcn);
    whole.encoder.hidden = 8;
    whole.training = TrainingConfig {
        epochs: 3,
        loss: Loss::WholeMatrix { unknown_weight: 0.1 },
        members: 2,
        ..small().training
    };
    whole.decoder.popularity = true;
    all.push(whole);
    let mut several = small();
    several.decoder.popularity = true;
    several.decoder.structure = DecoderStructure::Mlp;
    several.training.members = 2;
    all.push(several);
    all
}

#[test]
fn whatever_it_is_made_of_it_is_a_scorer_like_any_other() {
    for config in variety() {
        config.check().unwrap();
        check_scorer(&Gnn { config });
    }
}

#[test]
fn what_is_saved_scores_as_what_was_trained() {
    let view = view();
    let pairs: Vec<theriac_link::Pair> = view.train_pairs().to_vec();
    for config in variety() {
        let (decoder, members) = (config.decoder.clone(), config.training.members);
        let fitted = Gnn { config }.train(&view, &Budget::new(5, &Silent)).unwrap();
        let again = FittedGnn::from_tensors(fitted.tensors(), &decoder, fitted.record.clone()).unwrap();
        assert_eq!(fitted.score(&pairs), again.score(&pairs));
        assert_eq!(fitted.spread(&pairs), again.spread(&pairs));
        assert_eq!(fitted.spread(&pairs).is_some(), members > 1);
        assert_eq!(fitted.contributions(pairs[0]).is_some(), decoder.popularity);
        for (&pair, score) in pairs.iter().zip(fitted.score(&pairs)) {
            let Some(of) = fitted.contributions(pair) else { continue };
            let parts: f32 = of.parts.iter().map(|(_, value)| value).sum();
            assert!((of.popularity + parts - score).abs() < 1e-4, "{of:?} for {score}");
            let structure = of.parts.iter().any(|(name, value)| *name == "structure" && *value != 0.0);
            assert_eq!(structure, decoder.structure != theriac_nn::DecoderStructure::None);
        }
        let mut missing = fitted.tensors();
        missing.retain(|tensor| !tensor.name.ends_with("output.targets"));
        let error = FittedGnn::from_tensors(missing, &decoder, fitted.record.clone()).unwrap_err();
        assert!(error.ends_with("output.targets' is missing"), "{error}");
    }
}

#[test]
fn patience_keeps_the_best_parameters() {
    let view = view();
    let mut config = small();
    config.training.epochs = 12;
    config.training.patience = 3;
    config.training.learning_rate = 0.05;
    let fitted = Gnn { config }.train(&view, &Budget::new(5, &Silent)).unwrap();
    let mrr = |log: &EpochLog| log.validation.unwrap().mrr.unwrap();
    let best = fitted.epochs.iter().map(mrr).fold(0.0, f64::max);
    let reached = view.validation_mrr(|target, out| fitted.score_targets(target..target + 1, out)).unwrap();
    assert!((best - reached).abs() < 1e-9, "{reached} for {best}");
    let since = fitted.epochs.iter().rev().take_while(|log| mrr(log) < best).count();
    assert!(since <= 3 && (fitted.epochs.len() == 12 || since == 3));
}

/// A sibling of the target, and a relation of other types.
fn auxiliary() -> std::collections::BTreeMap<String, f64> {
    [("drug:palliates:disease", 0.5), ("drug:targets:protein", 0.2)]
        .map(|(name, w)| (name.to_owned(), w))
        .into()
}

#[test]
fn relations_beside_the_target_are_learned_with_it() {
    let mut config = small();
    config.training.auxiliary = auxiliary();
    check_scorer(&Gnn { config: config.clone() });
    let view = view();
    let diagonals = |config: &GnnConfig| {
        let fitted = Gnn { config: config.clone() }.train(&view, &Budget::new(5, &Silent)).unwrap();
        let own = fitted.parameters[0].iter().filter(|tensor| tensor.name.starts_with("relations."));
        own.map(|tensor| (tensor.name.clone(), tensor.values.clone())).collect::<Vec<_>>()
    };
    let learned = diagonals(&config);
    assert_eq!(learned.len(), 2);
    for (name, diagonal) in learned {
        assert!(config.training.auxiliary.contains_key(name.strip_prefix("relations.").unwrap()));
        assert!(diagonal.iter().all(|&value| value != 1.0), "{name} has learned: {diagonal:?}");
    }
}

#[test]
fn relations_that_cannot_be_learned_beside_the_target_are_named() {
    let refused = |name: &str| {
        let mut config = small();
        config.training.auxiliary = [(name.to_owned(), 1.0)].into();
        Gnn { config }.train(&view(), &Budget::new(5, &Silent)).unwrap_err().to_string()
    };
    assert_eq!(
        refused("drug:treats:disease"),
        "auxiliary is drug:treats:disease; expected relations beside the target"
    );
    assert!(
        refused("drug:cures:disease").contains("drug:cures:disease"),
        "{}",
        refused("drug:cures:disease")
    );
}

#[test]
fn no_pair_that_supervises_carries_a_message_while_several_relations_are_learned() {
    let view = view();
    let (supervision, messages) = view.divide(0.5, &mut stream(3, "division", &[]));
    let places: Vec<usize> = (0..view.graph().relations().len()).collect();
    let (of_others, messages) = auxiliary::divide(&messages, &places, 0.5, 9);
    let carried = messages.relation(view.task().target()).unwrap();
    assert!(supervision.iter().all(|pair| !carried.forward.contains(pair.source, pair.target)));
    for (relation, edges) in view.graph().relations().iter().zip(&of_others) {
        let carried = messages.relation(&relation.key).unwrap();
        assert!(edges.iter().all(|pair| !carried.forward.contains(pair.source, pair.target)));
    }
}

/// An observer that asks to stop after as many steps.
struct StopsAfter {
    steps: usize,
    seen: AtomicUsize,
}

impl Observer for StopsAfter {
    fn report(&self, event: &Event) {
        if matches!(event, Event::Step { .. } | Event::Stage { .. }) {
            self.seen.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn stop_requested(&self) -> bool {
        self.seen.load(Ordering::Relaxed) >= self.steps
    }
}

#[test]
fn training_that_was_stopped_goes_on_to_the_same_bits() {
    let view = view();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.training");
    let mut patient = small();
    patient.training = TrainingConfig {
        patience: 2,
        epochs: 6,
        members: 2,
        warmup: 0.2,
        weight_decay: 0.1,
        ..patient.training
    };
    let mut pretrained = small();
    pretrained.training.pretraining = 3;
    pretrained.decoder.structure = theriac_nn::DecoderStructure::Mlp;
    pretrained.training.auxiliary = auxiliary();
    for config in [small(), sampled(), patient, pretrained] {
        let network = Gnn { config: config.clone() };
        let whole = network.train(&view, &Budget::new(5, &Silent)).unwrap();
        let mut stopped_within = 0;
        for steps in [1, 2, 3, 5, 9, 100] {
            let observer = StopsAfter { steps, seen: AtomicUsize::new(0) };
            let file = StateFile::new(&path, &config, &view, 5);
            let begun =
                network.train_from(TrainingState::default(), Some(&file), &view, &Budget::new(5, &observer));
            stopped_within += usize::from(begun.unwrap().interrupted);
            if !path.exists() {
                continue;
            }
            let file = StateFile::new(&path, &config, &view, 5);
            let ended = network
                .train_from(file.read().unwrap(), Some(&file), &view, &Budget::new(5, &Silent))
                .unwrap();
            // What comes from a file is in the order of names.
            let sorted = |fitted: &FittedGnn| {
                let mut all = fitted.parameters.clone();
                for of_member in &mut all {
                    of_member.sort_by(|a, b| a.name.cmp(&b.name));
                }
                all
            };
            assert!(sorted(&ended) == sorted(&whole), "stopped after {steps} steps");
            let records = |fitted: &FittedGnn| fitted.epochs.iter().map(EpochLog::record).collect::<Vec<_>>();
            assert_eq!(records(&ended), records(&whole));
            fs::remove_file(&path).unwrap();
        }
        assert!(stopped_within >= 2);
    }
}

#[test]
fn another_training_does_not_go_on() {
    let view = view();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.training");
    let config = small();
    let file = |config: &GnnConfig, seed| StateFile::new(&path, config, &view, seed);
    let said = |file: StateFile| {
        let error = file.read().unwrap_err().to_string();
        error.strip_prefix(&format!("{}: ", path.display())).unwrap().to_owned()
    };
    assert_eq!(said(file(&config, 5)), "there is no training to resume; expected what a stopped one leaves");
    let network = Gnn { config: config.clone() };
    let kept = file(&config, 5);
    network.train_from(TrainingState::default(), Some(&kept), &view, &Budget::new(5, &Silent)).unwrap();
    assert_eq!(
        said(file(&config, 6)),
        "the training that it keeps is of another seed; expected the one that is to go on"
    );
    let mut other = config.clone();
    other.training.epochs += 1;
    assert!(said(file(&other, 5)).contains("of other settings"));
    let bytes = fs::read(&path).unwrap();
    for length in [0, 7, 40, bytes.len() / 2, bytes.len() - 1] {
        fs::write(&path, &bytes[..length]).unwrap();
        assert!(said(file(&config, 5)).starts_with("it is not a safetensors file"), "{length}");
    }
}
