//! Paths, edges and precedents in words.

use theriac_explain::{Direction, EvidencePath, MetapathEvidence, Precedent};
use theriac_graph::Edge;

use super::Answer;

impl Answer<'_> {
    /// `drug-targets-protein-associates-disease`, a relation that is taken against its direction with `^` before it.
    pub fn metapath_name(&self, steps: &[Direction]) -> String {
        let tables = self.graph.node_tables();
        let mut name = String::new();
        for (place, step) in steps.iter().enumerate() {
            let relation = &self.graph.relations()[step.relation];
            let (from, to) = if step.reversed {
                (relation.target_type, relation.source_type)
            } else {
                (relation.source_type, relation.target_type)
            };
            if place == 0 {
                name.push_str(&tables[from].node_type);
            }
            let against = if step.reversed { "^" } else { "" };
            name.extend(["-", against, &relation.key.name, "-", &tables[to].node_type]);
        }
        name
    }

    /// `haloperidol -treats→ mania; haloperidol shares DRD2 with clozapine`.
    pub fn precedent_text(&self, precedent: &Precedent) -> String {
        let [own, target] = self.ends().map(|node| self.label(node).name);
        let [source, other] = self.link_ends(precedent.link).map(|node| self.label(node).name);
        let shared: Vec<String> = precedent.shared.iter().map(|&(_, node)| self.label(node).name).collect();
        let (alike, of) = if precedent.of_target { (&source, &own) } else { (&other, &target) };
        let common = match shared.len() {
            0 => String::new(),
            _ => format!("; {alike} shares {} with {of}", shared.join(", ")),
        };
        format!("{source} -{}→ {other}{common}", self.relation.key.name)
    }

    /// `haloperidol -targets→ DRD2 ←associates- schizophrenia`.
    pub fn path_text(&self, of: &MetapathEvidence, path: &EvidencePath) -> String {
        let mut text = self.label(path.nodes[0]).name;
        for (step, &node) in of.steps.iter().zip(&path.nodes[1..]) {
            let relation = &self.graph.relations()[step.relation].key.name;
            let name = self.label(node).name;
            let (left, right) = if step.reversed { ("←", "-") } else { ("-", "→") };
            text.extend([" ", left, relation, right, " ", &name]);
        }
        text
    }

    /// `haloperidol -targets→ DRD2`.
    pub fn edge_text(&self, edge: Edge) -> String {
        let [source, target] = self.edge_ends(edge).map(|node| self.label(node).name);
        format!("{source} -{}→ {target}", self.graph.relations()[edge.relation].key.name)
    }
}
