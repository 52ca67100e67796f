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
    undirected: bool,
    origin: Origin,
}

impl RelationEdges {
    pub(super) fn new(key: RelationKey, [source_type, target_type]: [usize; 2], attributes: usize) -> Self {
        Self {
            undirected: source_type == target_type,
            key,
            source_type,
            target_type,
            sources: Vec::new(),
            targets: Vec::new(),
            lines: Vec::new(),
            weights: Vec::new(),
            attributes: vec![TextColumn::default(); attributes],
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
        self.undirected &= row.undirected;
    }

    /// Says whether edges have no direction before there are any.
    pub(super) fn declare(&mut self, undirected: bool) {
        self.undirected &= undirected;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }

    /// Takes in edges that come later in the same files, where `nodes` gives the indices here of the nodes there, for
    /// each of its types, and `attributes` the places here of the attributes there.
    pub(super) fn append(&mut self, later: Self, nodes: &[Vec<u32>], attributes: &[usize]) {
        let edges = self.sources.len();
        let mut origin = later.origin;
        origin.lines = Lines::Each(Vec::new());
        self.origin.append(origin, &[], &self.sources);
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
        self.undirected &= later.undirected;
    }

    /// The edges as a list.
    pub(super) fn into_list(self, attributes: &[Attribute]) -> (RelationKey, EdgeList) {
        let edges = self.sources.len();
        let mut columns = Vec::new();
        for (attribute, mut texts) in attributes.iter().zip(self.attributes) {
            if texts.is_empty() {
                continue;
            }
            texts.pad(edges);
            if attribute.varying && texts.iter().all(|text| text == texts.get(0)) {
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
            undirected: self.undirected,
            origin,
        };
        (self.key, list)
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
