//! Writes a report of made-up candidates, with every section: `cargo run --example candidates -- report.html report.md`.
//!
//! Drugs, genes, diseases, sources and figures are invented.

use std::error::Error;

use theriac_report::{
    Accuracy, AccuracyRow, Arrow, Candidate, CandidatePage, Contribution, Counterfactual, EvidencePath,
    Explanation, Fidelity, Finding, Flag, Hop, Interval, Metapath, Node, Place, Provenance, Query, Severity,
};

fn node(kind: &str, id: &str, name: &str) -> Node {
    Node { id: id.into(), name: name.into(), kind: kind.into() }
}

fn drug(place: usize, name: &str) -> Node {
    node("drug", &format!("EX{place:05}"), name)
}

fn gene(name: &str) -> Node {
    node("gene", &format!("EXG:{name}"), name)
}

fn asked() -> Node {
    node("disease", "EXD:0002841", "invented airway disease")
}

fn hop(relation: &str, arrow: Arrow, effect: f64, provenance: &[&str]) -> Hop {
    let provenance = provenance.iter().map(|source| (*source).into()).collect();
    Hop { relation: relation.into(), arrow, effect: Some(effect), provenance }
}

/// A drug, a gene that it binds, the disease.
fn by_gene(start: &Node, name: &str, effect: f64) -> EvidencePath {
    EvidencePath {
        nodes: vec![start.clone(), gene(name), asked()],
        hops: vec![
            hop("binds", Arrow::Forward, effect, &["ExampleBank", "PMID 00000001"]),
            hop("associates", Arrow::Backward, 0.7 * effect, &["Catalogue of examples"]),
        ],
        effect: Some(0.9 * effect),
    }
}

/// A drug, a gene, another that it acts on, the disease.
fn by_genes(start: &Node, first: &str, second: &str, effect: f64) -> EvidencePath {
    EvidencePath {
        nodes: vec![start.clone(), gene(first), gene(second), asked()],
        hops: vec![
            hop("binds", Arrow::Forward, effect + 0.05, &["ExampleBank"]),
            hop("interacts", Arrow::None, 0.6 * effect, &["Map of interactions"]),
            hop("associates", Arrow::Backward, 0.8 * effect, &["Catalogue of examples", "PMID 00000002"]),
        ],
        effect: Some(effect),
    }
}

/// A drug, one that resembles it, a disease that this one treats, the disease.
fn by_drug(start: &Node, place: usize, other: &str, disease: &str, effect: f64) -> EvidencePath {
    EvidencePath {
        nodes: vec![start.clone(), drug(place, other), node("disease", "EXD:0000077", disease), asked()],
        hops: vec![
            hop("resembles", Arrow::None, effect, &[]),
            hop("treats", Arrow::Forward, 1.4 * effect, &["Register of labels"]),
            hop("resembles", Arrow::None, 0.5 * effect, &[]),
        ],
        effect: Some(effect),
    }
}

fn many_paths(start: &Node) -> Vec<EvidencePath> {
    let mut paths = vec![
        by_gene(start, "EXR1", 0.84),
        by_genes(start, "EXR1", "ALX5", 0.42),
        by_drug(start, 71, "zafirexample", "made-up rhinitis with a name too long for its box", 0.36),
        by_gene(start, "EXR2", 0.31),
        by_genes(start, "EXR2", "ALX5", 0.24),
        by_genes(start, "MRP1X", "IL0R", 0.19),
        EvidencePath {
            nodes: vec![
                start.clone(),
                node("symptom", "EXS:1", "wheezing that nobody heard"),
                node("disease", "EXD:0000099", "sample bronchitis"),
                asked(),
            ],
            hops: vec![
                hop("causes", Arrow::Forward, -0.22, &["Side effects, invented"]),
                hop("presents", Arrow::Backward, -0.08, &[]),
                hop("resembles", Arrow::None, 0.04, &[]),
            ],
            effect: Some(-0.12),
        },
        EvidencePath {
            nodes: vec![start.clone(), asked()],
            hops: vec![hop("palliates", Arrow::Forward, 0.15, &["Register of labels"])],
            effect: Some(0.15),
        },
        by_genes(start, "EXR1", "IL0R", 0.14),
    ];
    let others =
        ["TNX", "CCX3", "KITX", "FLAPX", "PTGX2", "ADRX", "HRX1", "MUCX", "CHRX3", "TBXA", "S1PX", "OSMX"];
    paths.extend(
        others.iter().enumerate().map(|(place, name)| by_gene(start, name, 0.12 / (1.0 + place as f64))),
    );
    paths.sort_by(|one, other| {
        other.effect.map(f64::abs).partial_cmp(&one.effect.map(f64::abs)).expect("finite effects")
    });
    paths
}

fn explanation(start: &Node) -> Explanation {
    let contribution = |(name, value): (&str, f64)| Contribution { name: name.into(), value };
    let counterfactual =
        |(relation, source, target, change, rank): (&str, &str, &str, f64, u64)| Counterfactual {
            relation: relation.into(),
            source: source.into(),
            target: target.into(),
            change,
            rank_after: Some(rank),
        };
    let metapath = |(name, share, matched, paths): (&str, f64, f64, u64)| Metapath {
        name: name.into(),
        share,
        matched: Some(matched),
        paths: Some(paths),
    };
    Explanation {
        notes: vec![
            Finding {
                severity: Severity::Warning,
                sentence: format!(
                    "Frequent flyer: {} is among the first 20 of 31 of 137 diseases.",
                    start.name
                ),
                ..Finding::default()
            },
            Finding {
                sentence: "Two of its three targets have a single source each.".into(),
                decision: Some("Whether one source is enough.".into()),
                ..Finding::default()
            },
        ],
        reverse_rank: Some(Place { rank: 3, of: 137 }),
        base: Some(-4.098),
        contributions: [
            ("l3", 2.31),
            ("ease-source", 1.62),
            ("knn", 0.94),
            ("popularity", 0.71),
            ("votes of similar nodes", 0.55),
            ("rephetio", -0.38),
            ("diffusion", 0.21),
            ("degree", -0.06),
        ]
        .map(contribution)
        .to_vec(),
        paths: many_paths(start),
        paths_found: Some(1_204),
        counterfactuals: [
            ("binds", start.name.as_str(), "EXR1", -0.84, 7),
            ("associates", "invented airway disease", "EXR1", -0.59, 4),
            ("resembles", start.name.as_str(), "zafirexample", -0.36, 2),
            ("causes", start.name.as_str(), "wheezing that nobody heard", 0.22, 1),
        ]
        .map(counterfactual)
        .to_vec(),
        metapaths: [
            ("drug –binds→ gene ←associates– disease", 0.46, 0.21, 14),
            ("drug –resembles– drug –treats→ disease –resembles– disease", 0.24, 0.09, 61),
            ("drug –binds→ gene –interacts– gene ←associates– disease", 0.17, 0.18, 918),
        ]
        .map(metapath)
        .to_vec(),
        precedents: vec![
            "Zafirexample, which shares the targets EXR1 and EXR2, treats it.".into(),
            "Pranlumock, which resembles it (similarity 0.71), treats made-up rhinitis.".into(),
        ],
        own_unit: false,
        fidelity: Some(Fidelity {
            plus: Some(1.94),
            minus: Some(0.17),
            sparsity: Some(0.993),
            agreement: Some(0.78),
            seeds: Some(5),
        }),
    }
}

fn candidates() -> Vec<Candidate> {
    let names = [
        ("montelexample", 1.802, 0.31, vec![Flag::Other("off-label".into())]),
        ("fictolast", 1.344, 0.22, vec![Flag::Known]),
        ("mocksteride", 1.117, 0.17, vec![Flag::FailedInTrials, Flag::Other("biologic".into())]),
        ("placeboxin hydrochloride monohydrate", 0.905, 0.14, vec![Flag::Withdrawn, Flag::Contraindicated]),
        ("theoretiphylline", 0.411, 0.09, vec![]),
        ("nullibuterol", 0.102, 0.071, vec![Flag::Known]),
        ("inventumab", -0.245, 0.052, vec![]),
        ("samplecillin", -0.618, 0.034, vec![Flag::Other("frequent flyer".into())]),
    ];
    let evidence = [
        "binds EXR1, which is associated with the disease; resembles zafirexample",
        "binds EXR2 and ALX5, which are associated with the disease",
        "resembles two drugs that treat it",
        "binds a gene that interacts with EXR1",
    ];
    names
        .into_iter()
        .enumerate()
        .map(|(place, (name, score, probability, flags))| Candidate {
            rank: place as u64 + 1,
            node: drug(place + 1, name),
            score,
            probability: Some(probability),
            interval: (place < 4).then_some(Interval { low: 0.8 * probability, high: 1.25 * probability }),
            percentile: Some(100.0 * (1_203 - place) as f64 / 1_204.0),
            popularity: (place != 4).then_some(0.08 + 0.05 * place as f64),
            flags,
            evidence: evidence.get(place).map(|&evidence| evidence.into()),
            explanation: None,
        })
        .collect()
}

/// A candidate that is told in less: a few paths through one gene each.
fn short_explanation(start: &Node) -> Explanation {
    Explanation {
        notes: vec![Finding {
            severity: Severity::Warning,
            sentence: "Low support: three paths in all, and no known link nearby.".into(),
            ..Finding::default()
        }],
        reverse_rank: Some(Place { rank: 41, of: 137 }),
        paths: vec![
            by_gene(start, "EXR2", 0.4),
            by_gene(start, "ALX5", 0.22),
            EvidencePath { effect: None, ..by_gene(start, "a gene with a long <b>name</b> & more", 0.05) },
        ],
        ..Explanation::default()
    }
}

fn accuracy() -> Accuracy {
    let row = |(scorer, baseline, auroc, ap, mrr, hits): (&str, bool, f64, f64, f64, f64)| AccuracyRow {
        scorer: scorer.into(),
        baseline,
        auroc: Some(auroc),
        ap: Some(ap),
        mrr: Some(mrr),
        hits_at_10: Some(hits),
        prevalence: Some(1.0 / 11.0),
    };
    Accuracy {
        protocol: vec![
            "Ten per cent of the known links, drawn at random, were held out, with ten degree-matched negatives each.".into(),
            "MRR and hits are those of filtered ranking among all 1,204 drugs.".into(),
        ],
        rows: [
            ("blend", false, 0.953, 0.702, 0.241, 0.482),
            ("l3", true, 0.921, 0.588, 0.173, 0.371),
            ("degree", true, 0.664, 0.142, 0.031, 0.082),
            ("random", true, 0.5, 0.091, 0.006, 0.008),
        ]
        .map(row)
        .to_vec(),
    }
}

/// The report.
pub fn page() -> CandidatePage {
    let mut candidates = candidates();
    candidates[0].explanation = Some(explanation(&candidates[0].node));
    candidates[1].explanation = Some(short_explanation(&candidates[1].node));
    CandidatePage {
        title: "Drugs for invented airway disease".into(),
        notice: Some(
            "Made-up drugs, genes, diseases and figures, to show what the report looks like.".into(),
        ),
        summary: vec![
            "The first candidate binds EXR1, as two drugs do that treat the disease.".into(),
            "Two of the first eight are known already.".into(),
        ],
        query: Query { node: asked(), known_links: Some(12) },
        candidate_kind: "drug".into(),
        target: "drug – treats – disease".into(),
        graph: "Example graph 1.0".into(),
        model: "blend of eight parts".into(),
        provenance: Provenance {
            command: Some("theriac rank model --disease 'invented airway disease' -o report.html".into()),
            version: Some("0.1.0".into()),
            seed: Some(7),
            date: Some("2026-01-01".into()),
            graph: Some("0f1e2d3c4b5a".into()),
            licence: Some("CC0 1.0".into()),
            citation: Some("Nobody, A. (2026). A graph of examples.".into()),
            ..Provenance::default()
        },
        ranked: Some(1_204),
        base_rate: Some(0.0089),
        candidates,
        accuracy: Some(accuracy()),
        limits: vec![
            "A high score says that the pair looks like known links, and not that the drug works.".into(),
            "The explanation says what the model rests on, and not what causes the disease.".into(),
        ],
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut paths = std::env::args().skip(1);
    std::fs::write(paths.next().unwrap_or_else(|| "report.html".into()), page().to_html())?;
    if let Some(path) = paths.next() {
        std::fs::write(path, page().to_markdown())?;
    }
    Ok(())
}
