//! The edges of one relation as sources name them.

use theriac_graph::{AttributeValues, EdgeAttribute, EdgeList, Lines, Origin, RelationKey, TextColumn};

use super::{Attribute, EdgeRow};

/// The edges of one relation, in the order in which they were read.
#[derive(Debug)]
pub(super) struct RelationEdges {
    pub(super) key: RelationKey,
    pub(super) source_type: usize,
    pub(super) target_type: usize,
    sources: Vec<u32>,
    targets: Vec<u32>,
    lines: Vec<u32>,
    /// Empty as long as no edge has a weight.
    weights: Vec<f32>,
    /// For each attribute of the assembler, the texts of the edges; shorter where the last edges have none.
    attributes: Vec<TextColumn>,
    /// The edges without weight beside others that have one.
    unweighted: usize,
    /// The edges without direction, within one type.
    undirected: Vec<u32>,
    /// Whether the relation was said to have directions although it has no edges.
    directed: bool,
    origin: Origin,
}

impl RelationEdges {
    pub(super) fn new(key: RelationKey, [source_type, target_type]: [usize; 2], attributes: usize) -> Self {
        Self {
            key,
            source_type,
            target_type,
            sources: Vec::new(),
            targets: Vec::new(),
            lines: Vec::new(),
            weights: Vec::new(),
            attributes: vec![TextColumn::default(); attributes],
            unweighted: 0,
            undirected: Vec::new(),
            directed: source_type != target_type,
            origin: Origin::default(),
        }
    }

    pub(super) fn push(&mut self, line: u64, file: &str, [source, target]: [u32; 2], row: &EdgeRow<'_>) {
        let edges = self.sources.len();
        if edges == 0 || self.origin.file(edges) != file {
            self.origin.begin_file(edges, file);
        }
        self.sources.push(source);
        self.targets.push(target);
        self.lines.push(u32::try_from(line).unwrap_or(u32::MAX));
        if row.weight.is_some() || !self.weights.is_empty() {
            self.weights.resize(edges, 1.0);
            self.weights.push(row.weight.unwrap_or(1.0));
        }
        // Attributes may have been discovered since the relation's first edge.
        let columns = self.attributes.len().max(row.attributes.len());
        self.attributes.resize_with(columns, TextColumn::default);
        for (column, text) in self.attributes.iter_mut().zip(row.attributes) {
            if !text.is_empty() {
                column.pad(edges);
                column.push(text);
            }
        }
        self.unweighted += usize::from(row.weight.is_none());
        if row.undirected && self.source_type == self.target_type {
            self.undirected.push(edges as u32);
        }
    }

    /// Says whether edges have no direction before there are any.
    pub(super) fn declare(&mut self, undirected: bool) {
        self.directed |= !undirected;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }

    /// Takes in edges that come later in the same files, where `nodes` gives the indices here of the nodes there, for
    /// each of its types, and `attributes` the places here of the attributes there.
    pub(super) fn append(&mut self, later: Self, nodes: &[Vec<u32>], attributes: &[usize]) {
        let edges = self.sources.len();
        self.origin.append_files(later.origin, edges);
        if !later.weights.is_empty() || !self.weights.is_empty() {
            self.weights.resize(edges, 1.0);
            self.weights.extend(later.weights);
            self.weights.resize(edges + later.sources.len(), 1.0);
        }
        for (more, &place) in later.attributes.iter().zip(attributes) {
            if !more.is_empty() {
                let columns = self.attributes.len().max(place + 1);
                self.attributes.resize_with(columns, TextColumn::default);
                let column = &mut self.attributes[place];
                column.pad(edges);
                column.append(more);
            }
        }
        self.sources.extend(later.sources.iter().map(|&source| nodes[later.source_type][source as usize]));
        self.targets.extend(later.targets.iter().map(|&target| nodes[later.target_type][target as usize]));
        self.lines.extend(later.lines);
        self.unweighted += later.unweighted;
        self.undirected.extend(later.undirected.iter().map(|&edge| edge + edges as u32));
        self.directed |= later.directed;
    }

    /// The edges as a list, with what is to be said of them.
    pub(super) fn into_list(mut self, attributes: &[Attribute]) -> (RelationKey, EdgeList, Vec<String>) {
        let mut decisions = Vec::new();
        if !self.weights.is_empty() && self.unweighted > 0 {
            let edges = if self.unweighted == 1 { "edge" } else { "edges" };
            decisions
                .push(format!("{} {edges} of {} without a weight: taken for 1", self.unweighted, self.key));
        }
        let edges = self.sources.len();
        let undirected = !self.directed && self.undirected.len() == edges;
        for texts in self.attributes.iter_mut().filter(|texts| !texts.is_empty()) {
            texts.pad(edges);
        }
        if !undirected && !self.undirected.is_empty() {
            decisions.push(format!(
                "{} of {edges} edges of {} have no direction: kept both ways round beside those that have one",
                self.undirected.len(),
                self.key
            ));
            self.mirror();
        }
        let mut columns = Vec::new();
        for (attribute, texts) in attributes.iter().zip(self.attributes) {
            if texts.is_empty() || attribute.varying && texts.iter().all(|text| text == texts.get(0)) {
                continue;
            }
            let numbers = attribute.numeric.then(|| numbers(&texts)).flatten();
            let values = numbers.map_or_else(|| AttributeValues::Texts(texts), AttributeValues::Numbers);
            columns.push(EdgeAttribute { name: attribute.name.clone(), values });
        }
        let mut origin = self.origin;
        origin.lines = Lines::Each(self.lines);
        let list = EdgeList {
            sources: self.sources,
            targets: self.targets,
            weights: (!self.weights.is_empty()).then_some(self.weights),
            attributes: columns,
            undirected,
            origin,
        };
        (self.key, list, decisions)
    }

    /// Adds the mirror images of the edges without direction.
    fn mirror(&mut self) {
        for edge in std::mem::take(&mut self.undirected) {
            let edge = edge as usize;
            if self.sources[edge] == self.targets[edge] {
                continue;
            }
            self.sources.push(self.targets[edge]);
            self.targets.push(self.sources[edge]);
            self.lines.push(self.lines[edge]);
            if !self.weights.is_empty() {
                self.weights.push(self.weights[edge]);
            }
            for texts in self.attributes.iter_mut().filter(|texts| !texts.is_empty()) {
                let text = texts.get(edge).unwrap_or_default().to_owned();
                texts.push(&text);
            }
        }
    }
}

/// The texts as numbers, where all of them are.
fn numbers(texts: &TextColumn) -> Option<Vec<f64>> {
    let number = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite());
    if texts.distinct().any(|text| number(text).is_none()) {
        return None;
    }
    Some(texts.iter().map(|text| text.and_then(number).unwrap_or(f64::NAN)).collect())
}
