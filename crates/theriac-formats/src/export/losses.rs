//! What a form cannot carry, said in sentences.

use theriac_graph::{Graph, NodeTable, Relation};

/// What a form has a place for, beside node types, ids, relations and edges.
#[derive(Clone, Copy, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is a thing that there is a place for or not")]
pub(super) struct Carries {
    pub(super) names: bool,
    pub(super) synonyms: bool,
    pub(super) xrefs: bool,
    pub(super) features: bool,
    pub(super) weights: bool,
    pub(super) attributes: bool,
    /// Node types without nodes.
    pub(super) empty_types: bool,
    /// Relations without edges.
    pub(super) empty_relations: bool,
    /// Licence and citation.
    pub(super) terms: bool,
}

impl Carries {
    /// What of this graph is not carried, one sentence each.
    pub(super) fn lost(self, graph: &Graph) -> Vec<String> {
        let mut lost = Vec::new();
        let mut of_types = |carried: bool, what: &str, has: &dyn Fn(&NodeTable) -> bool| {
            let types = graph.node_tables().iter().filter(|table| !carried && has(table));
            let types: Vec<&str> = types.map(|table| table.node_type.as_str()).collect();
            if !types.is_empty() {
                lost.push(format!("{what} of {} are not written", types.join(", ")));
            }
        };
        let named = |table: &NodeTable| table.names.iter().zip(&table.ids).any(|(name, id)| name != id);
        of_types(self.names, "names", &named);
        of_types(self.synonyms, "synonyms", &|table| table.synonyms.iter().any(|list| !list.is_empty()));
        of_types(self.xrefs, "cross-references", &|table| table.xrefs.iter().any(|list| !list.is_empty()));
        of_types(self.features, "features", &|table| table.features.is_some());
        let mut of_relations = |carried: bool, what: &str, has: &dyn Fn(&Relation) -> bool| {
            let relations = graph.relations().iter().filter(|relation| !carried && has(relation));
            let relations: Vec<String> = relations.map(|relation| relation.key.to_string()).collect();
            if !relations.is_empty() {
                lost.push(format!("{what} of {} are not written", relations.join(", ")));
            }
        };
        of_relations(self.weights, "weights", &|relation| relation.forward.weights().is_some());
        let mut attributes: Vec<&str> = Vec::new();
        for attribute in graph.relations().iter().flat_map(|relation| &relation.attributes) {
            if !self.attributes && !attributes.contains(&attribute.name.as_str()) {
                attributes.push(&attribute.name);
            }
        }
        if !attributes.is_empty() {
            lost.push(format!("edge attributes {} are not written", attributes.join(", ")));
        }
        for table in graph.node_tables().iter().filter(|table| !self.empty_types && table.is_empty()) {
            lost.push(format!("node type {} has no nodes and is not written", table.node_type));
        }
        for relation in
            graph.relations().iter().filter(|relation| !self.empty_relations && relation.is_empty())
        {
            lost.push(format!("relation {} has no edges and is not written", relation.key));
        }
        let provenance = graph.provenance();
        for (what, text) in [("licence", &provenance.licence), ("citation", &provenance.citation)] {
            if let Some(text) = text.as_ref().filter(|_| !self.terms) {
                lost.push(format!("the {what} is not written: {text}"));
            }
        }
        lost
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::sample;
    use super::*;

    #[test]
    fn what_has_no_place_is_named() {
        assert_eq!(
            Carries::default().lost(&sample()),
            [
                "names of drug, gene_product are not written",
                "synonyms of drug are not written",
                "cross-references of drug are not written",
                "features of drug are not written",
                "weights of drug:binds:gene_product are not written",
                "edge attributes primary_knowledge_source, year are not written",
                "the licence is not written: CC0",
            ]
        );
        let all = Carries {
            names: true,
            synonyms: true,
            xrefs: true,
            features: true,
            weights: true,
            attributes: true,
            empty_types: true,
            empty_relations: true,
            terms: true,
        };
        assert_eq!(all.lost(&sample()), [""; 0]);
    }
}
