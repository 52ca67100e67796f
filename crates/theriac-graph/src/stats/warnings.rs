//! What a specialist would want to know before using a graph, from its figures.

use serde::Serialize;

use super::degrees::{DegreeSummary, NodeDegree};
use super::node_type::NodeTypeStatistics;
use super::overlap::Overlap;
use super::relation::RelationStatistics;
use crate::roles::Role;
use crate::wording::{counted_nodes, grouped, percent, plural, spoken};

/// Drugs or diseases of at most one edge are told from this share on.
const FEW_EDGES: f64 = 0.01;
/// Nodes outside the largest component, beside isolated ones, are told from this share on.
const DISCONNECTED: f64 = 0.1;
/// Isolated nodes are told from this share on.
const ISOLATED: f64 = 0.05;
/// A hub is told where it holds more than this share of a relation's edges and ten times that of the average node.
const HUB: f64 = 0.1;
/// A relation is nearly complete from this density on, where it could have a hundred edges.
const DENSE: f64 = 0.5;
/// Self-loops are told from this share on.
const SELF_LOOPS: f64 = 0.01;
/// Nodes without a name are told from this share on.
const UNNAMED: f64 = 0.01;

/// Something to know before the graph is used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// What kind of thing it is.
    pub kind: WarningKind,
    /// The node type or relation that it is about; several with `, ` between.
    pub subject: String,
    /// One sentence with its figures.
    pub message: String,
}

/// What a [`Warning`] is about, the gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WarningKind {
    /// A relation is the same as another, possibly read backwards.
    SameRelation,
    /// A relation shares edges with another.
    SharedEdges,
    /// A relation has no edge.
    EmptyRelation,
    /// Drugs or diseases have one edge or none between them.
    FewEdges,
    /// Nodes lie outside the largest component.
    Disconnected,
    /// Nodes have no edge at all.
    Isolated,
    /// One node holds much of a relation.
    Hub,
    /// A relation joins nearly all pairs.
    NearlyComplete,
    /// A relation joins nodes with themselves.
    SelfLoops,
    /// Several nodes share a name.
    SharedNames,
    /// Nodes have an id alone.
    Unnamed,
    /// Nodes cannot be joined with other sources by identifier.
    NoIdentifiers,
}

/// All warnings, in the order of their kinds.
pub(super) fn warnings(
    node_types: &[NodeTypeStatistics],
    relations: &[RelationStatistics],
    overlaps: &[Overlap],
) -> Vec<Warning> {
    let mut warnings: Vec<Warning> = overlaps.iter().map(overlap).collect();
    // What is told of a relation is not told again of the one that repeats it.
    let repeats = |relation: &RelationStatistics| {
        overlaps.iter().any(|overlap| overlap.is_same() && overlap.relation == relation.relation)
    };
    for relation in relations {
        if relation.edges == 0 {
            let message = format!("{} has no edges", relation.relation);
            warnings.push(Warning::of(WarningKind::EmptyRelation, relation, message));
        } else if !repeats(relation) {
            let found = [few_edges(relation), dense(relation, node_types), self_loops(relation)];
            warnings.extend(found.into_iter().flatten().chain(hubs(relation)));
        }
    }
    for of in node_types.iter().filter(|of| of.nodes > 0) {
        warnings
            .extend([disconnected(of), isolated(of), shared_names(of), unnamed(of)].into_iter().flatten());
    }
    warnings.extend(no_identifiers(node_types));
    warnings.sort_by_key(|warning| warning.kind);
    warnings
}

impl Warning {
    fn of(kind: WarningKind, relation: &RelationStatistics, message: String) -> Self {
        Self { kind, subject: relation.relation.to_string(), message }
    }

    fn of_type(kind: WarningKind, of: &NodeTypeStatistics, message: String) -> Self {
        Self { kind, subject: of.node_type.clone(), message }
    }
}

fn reaches(part: usize, whole: usize, least: f64) -> bool {
    part > 0 && part as f64 >= least * whole as f64
}

/// A number of nodes among all of their type, as the subject of a sentence: `900 of 5,603 diseases`.
fn some_of(part: usize, of: &NodeTypeStatistics) -> String {
    if part == of.nodes && part > 1 {
        return format!("all {}", counted_nodes(part, &of.node_type));
    }
    format!("{} of {}", grouped(part), counted_nodes(of.nodes, &of.node_type))
}

fn have(count: usize) -> &'static str {
    if count == 1 { "has" } else { "have" }
}

fn overlap(overlap: &Overlap) -> Warning {
    let Overlap { relation, other, reversed, shared_pairs, share, .. } = overlap;
    let backwards = if *reversed { " read backwards" } else { "" };
    let remedy = "declare them siblings before training, or what is held out of one leaks from the other";
    // The share is of the relation's own pairs, whose number it gives back.
    let pairs = (*shared_pairs as f64 / share).round() as usize;
    let (kind, found) = match (overlap.is_same(), *reversed) {
        (true, true) => (WarningKind::SameRelation, format!("is the reverse of {other}")),
        (true, false) => (WarningKind::SameRelation, format!("says the same as {other}")),
        (false, _) => {
            let share = percent(*shared_pairs, pairs);
            (WarningKind::SharedEdges, format!("shares {share} of its edges with {other}{backwards}"))
        }
    };
    let counts = format!("{} of {}", grouped(*shared_pairs), grouped(pairs));
    let message = if overlap.is_same() {
        format!("{relation} {found} ({counts} edges): {remedy}")
    } else {
        format!("{relation} {found} ({counts}): {remedy}")
    };
    Warning { kind, subject: format!("{relation}, {other}"), message }
}

fn few_edges(relation: &RelationStatistics) -> Option<Warning> {
    let key = &relation.relation;
    let joins = |source: Role, target: Role| source.fits(&key.source) && target.fits(&key.target);
    if !joins(Role::Drug, Role::Disease) && !joins(Role::Disease, Role::Drug) {
        return None;
    }
    let ends = [
        (&key.source, &key.target, &relation.source_degrees, relation.sources),
        (&key.target, &key.source, &relation.target_degrees, relation.targets),
    ];
    let said = |&(of, other, degrees, with): &(&String, &String, &DegreeSummary, usize)| {
        let nodes = with + degrees.without_edges;
        if !reaches(degrees.at_most_one, nodes, FEW_EDGES) {
            return None;
        }
        let (share, of, other) = (percent(degrees.at_most_one, nodes), plural(of), spoken(other));
        let (few, none) = (grouped(degrees.at_most_one), grouped(degrees.without_edges));
        Some(format!("{share} of {of} have one {other} or fewer ({few} of {}, {none} none)", grouped(nodes)))
    };
    let said: Vec<String> = ends.iter().filter_map(said).collect();
    let message =
        format!("{}, in {key}: what is predicted for them rests on other relations", said.join(" and "));
    (!said.is_empty()).then(|| Warning::of(WarningKind::FewEdges, relation, message))
}

fn disconnected(of: &NodeTypeStatistics) -> Option<Warning> {
    // Isolated nodes are told on their own. A graph of isolated nodes and self-loops has one of them as its largest part.
    let connected = of.nodes - of.isolated;
    let outside = connected.saturating_sub(of.in_largest_component);
    let what = if connected == of.nodes { "" } else { " with edges" };
    let message = format!(
        "{} of the {}{what} ({} of {}) {} no path to the largest connected part of the graph",
        percent(outside, connected),
        plural(&of.node_type),
        grouped(outside),
        grouped(connected),
        have(outside),
    );
    reaches(outside, connected, DISCONNECTED)
        .then(|| Warning::of_type(WarningKind::Disconnected, of, message))
}

fn isolated(of: &NodeTypeStatistics) -> Option<Warning> {
    let message = format!(
        "{} ({}) {} no edge in any relation",
        some_of(of.isolated, of),
        percent(of.isolated, of.nodes),
        have(of.isolated)
    );
    reaches(of.isolated, of.nodes, ISOLATED).then(|| Warning::of_type(WarningKind::Isolated, of, message))
}

fn hubs(relation: &RelationStatistics) -> impl Iterator<Item = Warning> + '_ {
    let key = &relation.relation;
    let source = (&key.source, relation.top_source.as_ref(), relation.sources);
    let target = (&key.target, relation.top_target.as_ref(), relation.targets);
    // Both ends of a symmetric relation are the same.
    let ends = if relation.symmetric { vec![source] } else { vec![source, target] };
    ends.into_iter().filter_map(move |(node_type, top, with)| {
        let NodeDegree { id, name, degree } = top?;
        let least = HUB.max(10.0 / with as f64);
        let named = if name == id { id.clone() } else { format!("{name} ({id})") };
        let message = format!(
            "the {} {named} holds {} of the edges of {key} ({} of {})",
            spoken(node_type),
            percent(*degree, relation.edges),
            grouped(*degree),
            grouped(relation.edges)
        );
        (*degree as f64 > least * relation.edges as f64)
            .then(|| Warning::of(WarningKind::Hub, relation, message))
    })
}

fn dense(relation: &RelationStatistics, node_types: &[NodeTypeStatistics]) -> Option<Warning> {
    let nodes = |name: &str| node_types.iter().find(|of| of.node_type == name).map_or(0, |of| of.nodes);
    let pairs = nodes(&relation.relation.source) * nodes(&relation.relation.target);
    let message = format!(
        "{} joins {} of all possible pairs: it tells nodes apart by what is missing",
        relation.relation,
        percent((relation.density * pairs as f64).round() as usize, pairs)
    );
    (relation.density > DENSE && pairs >= 100)
        .then(|| Warning::of(WarningKind::NearlyComplete, relation, message))
}

fn self_loops(relation: &RelationStatistics) -> Option<Warning> {
    let message = format!(
        "{} of {} edges of {} join a node with itself ({})",
        grouped(relation.self_loops),
        grouped(relation.edges),
        relation.relation,
        percent(relation.self_loops, relation.edges)
    );
    reaches(relation.self_loops, relation.edges, SELF_LOOPS)
        .then(|| Warning::of(WarningKind::SelfLoops, relation, message))
}

fn shared_names(of: &NodeTypeStatistics) -> Option<Warning> {
    let shared = &of.naming.shared_names;
    let example = shared.examples.first()?;
    let more = if example.nodes > example.ids.len() { ", ..." } else { "" };
    let names = if shared.names == 1 { "1 name".into() } else { format!("{} names", grouped(shared.names)) };
    let remedy = if Role::Drug.fits(&of.node_type) {
        "where they are one drug, its edges are split among them"
    } else {
        "ask for these by id"
    };
    let message = format!(
        "{} of {} names resolve; {} share {names}, as '{}' ({}{more}): {remedy}",
        percent(of.nodes - shared.nodes, of.nodes),
        spoken(&of.node_type),
        counted_nodes(shared.nodes, &of.node_type),
        example.name,
        example.ids.join(", "),
    );
    Some(Warning::of_type(WarningKind::SharedNames, of, message))
}

fn unnamed(of: &NodeTypeStatistics) -> Option<Warning> {
    let unnamed = of.naming.unnamed;
    let message = format!("{} {} no name, only an id", some_of(unnamed, of), have(unnamed));
    reaches(unnamed, of.nodes, UNNAMED).then(|| Warning::of_type(WarningKind::Unnamed, of, message))
}

fn no_identifiers(node_types: &[NodeTypeStatistics]) -> Option<Warning> {
    let bare = |of: &&NodeTypeStatistics| {
        of.nodes > 0 && of.naming.with_xrefs == 0 && of.naming.id_prefixes.without == of.nodes
    };
    let types: Vec<&str> = node_types.iter().filter(bare).map(|of| of.node_type.as_str()).collect();
    let plurals: Vec<String> = types.iter().map(|name| plural(name)).collect();
    let (last, others) = plurals.split_last()?;
    let listed = if others.is_empty() { last.clone() } else { format!("{} and {last}", others.join(", ")) };
    let message = format!(
        "{listed} have neither cross-references nor prefixes to their ids: other sources know them by name alone"
    );
    Some(Warning { kind: WarningKind::NoIdentifiers, subject: types.join(", "), message })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{edges, graph, table};
    use super::*;
    use crate::{EdgeList, Graph, NodeTable};

    /// Nodes with prefixed ids and names of their own.
    fn named(node_type: &str, nodes: usize) -> NodeTable {
        let mut table = table(node_type, nodes);
        table.ids.iter_mut().for_each(|id| *id = format!("x:{id}"));
        table
    }

    /// The graph's warnings, line by line.
    fn told(graph: &Graph) -> Vec<String> {
        graph.statistics().warnings.into_iter().map(|warning| warning.message).collect()
    }

    /// Every node of one type with `degree` of the other, evenly.
    fn ring(nodes: u32, others: u32, degree: u32) -> Vec<(u32, u32)> {
        (0..nodes).flat_map(|a| (0..degree).map(move |i| (a, (a + i) % others))).collect()
    }

    #[test]
    fn a_good_graph_has_no_warnings() {
        let tables = vec![named("drug", 40), named("disease", 40), named("gene", 50)];
        let relations = vec![
            ("drug:treats:disease", edges(&ring(40, 40, 3))),
            ("drug:binds:gene", edges(&ring(40, 50, 4))),
            ("gene:affects:disease", edges(&ring(50, 40, 2))),
        ];
        assert_eq!(told(&graph(tables, relations)), [""; 0]);
    }

    #[test]
    fn relations_that_leak_into_each_other_are_told_first() {
        let treats = ring(40, 40, 5);
        let backwards: Vec<_> = treats.iter().map(|&(a, b)| (b, a)).collect();
        let relations = vec![
            ("drug:treats:disease", edges(&treats)),
            ("disease:treated_by:drug", edges(&backwards)),
            (
                "drug:palliates:disease",
                edges(&ring(40, 40, 4).iter().map(|&(a, b)| (a, (b + 1) % 40)).collect::<Vec<_>>()),
            ),
            ("drug:cures:disease", EdgeList::default()),
        ];
        let told = told(&graph(vec![named("drug", 40), named("disease", 40)], relations));
        let remedy = "declare them siblings before training, or what is held out of one leaks from the other";
        assert_eq!(
            told,
            [
                format!(
                    "disease:treated_by:drug is the reverse of drug:treats:disease (200 of 200 edges): {remedy}"
                ),
                format!(
                    "drug:palliates:disease shares 100 % of its edges with drug:treats:disease (160 of 160): {remedy}"
                ),
                format!(
                    "drug:palliates:disease shares 100 % of its edges with disease:treated_by:drug read backwards \
                     (160 of 160): {remedy}"
                ),
                "drug:cures:disease has no edges".into(),
            ]
        );
    }

    #[test]
    fn drugs_and_diseases_of_few_edges_are_told_in_one_sentence() {
        let mut pairs = ring(48, 40, 3);
        pairs.push((48, 0));
        let tables = vec![named("Compound", 50), named("Disease", 80), named("gene", 1)];
        let relations = vec![
            ("Compound:treats:Disease", edges(&pairs)),
            ("gene:affects:Disease", edges(&(0..80).map(|disease| (0, disease)).collect::<Vec<_>>())),
            ("Compound:binds:gene", edges(&[(49, 0)])),
        ];
        let told = told(&graph(tables, relations));
        assert_eq!(
            told,
            [
                "4 % of Compounds have one Disease or fewer (2 of 50, 1 none) and 50 % of Diseases have one Compound or \
                 fewer (40 of 80, 40 none), in Compound:treats:Disease: what is predicted for them rests on other \
                 relations"
            ]
        );
    }

    #[test]
    fn nodes_apart_are_told() {
        let tables = vec![named("gene", 20), named("pathway", 10)];
        let mut pairs = ring(10, 5, 2);
        pairs.extend([(10, 5), (11, 6)]);
        let statistics = graph(tables, vec![("gene:joins:pathway", edges(&pairs))]).statistics();
        let told: Vec<(WarningKind, &str)> =
            statistics.warnings.iter().map(|warning| (warning.kind, warning.message.as_str())).collect();
        let part = "no path to the largest connected part of the graph";
        assert_eq!(
            told,
            [
                (
                    WarningKind::Disconnected,
                    format!("17 % of the genes with edges (2 of 12) have {part}").as_str()
                ),
                (
                    WarningKind::Disconnected,
                    format!("29 % of the pathways with edges (2 of 7) have {part}").as_str()
                ),
                (WarningKind::Isolated, "8 of 20 genes (40 %) have no edge in any relation"),
                (WarningKind::Isolated, "3 of 10 pathways (30 %) have no edge in any relation"),
            ]
        );
    }

    #[test]
    fn hubs_density_and_self_loops_are_told_by_relation() {
        let mut star: Vec<(u32, u32)> = (0..120).map(|other| (0, other)).collect();
        star.extend((1..120).map(|node| (node, node)));
        let mut genes = named("gene", 120);
        genes.names[0] = "TP53".into();
        let dense: Vec<(u32, u32)> =
            (0..10).flat_map(|a| (0..9).map(move |b| (a, b))).chain((9..120).map(|b| (0, b))).collect();
        let tables = vec![genes, named("assay", 10)];
        let relations = vec![("gene:binds:gene", edges(&star)), ("assay:reads:gene", edges(&dense))];
        assert_eq!(
            told(&graph(tables, relations)),
            [
                "the gene TP53 (x:gene0) holds 50 % of the edges of gene:binds:gene (120 of 239)",
                "120 of 239 edges of gene:binds:gene join a node with itself (50 %)",
            ]
        );
        let full = (0..12).flat_map(|a| (0..9).map(move |b| (a, b))).collect::<Vec<_>>();
        assert_eq!(
            told(&graph(
                vec![named("assay", 12), named("site", 9)],
                vec![("assay:reads:site", edges(&full))]
            )),
            ["assay:reads:site joins 100 % of all possible pairs: it tells nodes apart by what is missing"]
        );
    }

    #[test]
    fn names_that_do_not_resolve_are_told() {
        let mut drugs = named("drug", 20);
        drugs.names.iter_mut().for_each(|name| name.insert(0, '#'));
        drugs.names[4] = "Aspirin".into();
        drugs.names[5] = "aspirin".into();
        let genes: Vec<String> = (0..20).map(|i| format!("P{i:05}")).collect();
        let mut genes = NodeTable::new("gene", genes.clone(), genes);
        genes.names[0] = "TP53".into();
        let side_effects = table("side_effect", 20);
        let ring = ring(20, 20, 3);
        let relations = vec![("drug:binds:gene", edges(&ring)), ("drug:causes:side_effect", edges(&ring))];
        assert_eq!(
            told(&graph(vec![drugs, genes, side_effects], relations)),
            [
                "90 % of drug names resolve; 2 drugs share 1 name, as 'Aspirin' (x:drug4, x:drug5): where they are one \
                 drug, its edges are split among them",
                "19 of 20 genes have no name, only an id",
                "genes and side effects have neither cross-references nor prefixes to their ids: other sources know \
                 them by name alone",
            ]
        );
    }
}
