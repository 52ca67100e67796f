//! Tables of edges.

use super::columns::Columns;
use super::mapping::{EdgeMapping, EndMapping};
use super::part::Part;
use super::rules::{BoundTerm, RowRules, bound_prefix, prefixed};
use super::table::Cells;
use super::value::MissingWeight;
use crate::assembler::{Attribute, EdgeEnd, EdgeRow, canonical_term};
use crate::error::{FormatError, excerpt};

/// What the columns of an edge table hold, by place.
pub(super) struct EdgeColumns {
    rules: RowRules,
    relation: BoundTerm,
    source: EndColumns,
    target: EndColumns,
    weight: Option<usize>,
    missing_weight: MissingWeight,
    /// For each attribute of the graph, the column of this table that holds it.
    attributes: Vec<Option<AttributeAt>>,
    undirected: bool,
}

struct EndColumns {
    node_type: BoundTerm,
    id: usize,
    prefix: Option<String>,
    name: Option<usize>,
}

struct AttributeAt {
    place: usize,
    number: bool,
}

impl EdgeColumns {
    pub(super) fn bind(
        mapping: &EdgeMapping,
        attributes: &[Attribute],
        columns: &mut Columns,
    ) -> Result<Self, FormatError> {
        let source = EndColumns::bind(&mapping.source, columns, SOURCE)?;
        let target = EndColumns::bind(&mapping.target, columns, TARGET)?;
        let relation = BoundTerm::bind(columns, &mapping.relation, "the relation")?;
        let missing_weight = mapping.missing_weight.unwrap_or_default();
        let weight = match &mapping.weight {
            None => None,
            Some(column) if missing_weight == MissingWeight::Error => {
                Some(columns.needed(column, "the weight")?)
            }
            Some(column) => Some(columns.place(column, "the weight")?),
        };
        let mut places = Vec::new();
        for attribute in attributes {
            let column = mapping.attributes.0.iter().find(|column| column.name == attribute.name);
            let at = column.map(|column| {
                let place = columns.place(&column.column, "an attribute")?;
                Ok::<_, FormatError>(AttributeAt { place, number: column.number })
            });
            places.push(at.transpose()?);
        }
        if places.iter().all(Option::is_none) {
            places.clear();
        }
        Ok(Self {
            rules: RowRules::bind(columns, &mapping.layout(), &mapping.accepted, mapping.skip_incomplete)?,
            relation,
            source,
            target,
            weight,
            missing_weight,
            attributes: places,
            undirected: mapping.undirected,
        })
    }

    /// Takes in a row.
    pub(super) fn push(&self, part: &mut Part, cells: &Cells<'_>) -> Result<(), FormatError> {
        let Part { assembler, tally, ids: [source_memory, target_memory], .. } = part;
        tally.rows += 1;
        if !self.rules.take(cells) {
            tally.unwanted += 1;
            return Ok(());
        }
        let source = self.source.end(cells, source_memory);
        let target = self.target.end(cells, target_memory);
        let relation = self.relation.of(cells);
        for (what, text) in [
            ("source", source.id),
            ("target", target.id),
            ("relation", relation),
            ("source type", source.node_type),
            ("target type", target.node_type),
        ] {
            if text.is_empty() {
                if !self.rules.skip_incomplete {
                    return Err(self.rules.incomplete(cells.line, what));
                }
                tally.incomplete += 1;
                return Ok(());
            }
        }
        if self.undirected
            && source.node_type != target.node_type
            && canonical_term(source.node_type) != canonical_term(target.node_type)
        {
            let found = format!("an undirected edge from {} to {}", source.node_type, target.node_type);
            return Err(self.rules.wrong(cells.line, found, "undirected edges only within one node type"));
        }
        let mut weight = None;
        if let Some(place) = self.weight {
            weight = self.weight(cells, place)?;
            if weight.is_none() {
                tally.weightless += 1;
                match self.missing_weight {
                    MissingWeight::Weight(instead) => weight = Some(instead),
                    MissingWeight::Skip | MissingWeight::Error => return Ok(()),
                }
            }
        }
        let attributes = self.attributes(cells)?;
        let undirected = self.undirected;
        let row = EdgeRow { source, target, relation, weight, undirected, attributes: &attributes };
        assembler.push(cells.line, &row)
    }

    /// The weight of a row; `None` where its cell is empty and that is no error.
    fn weight(&self, cells: &Cells<'_>, place: usize) -> Result<Option<f32>, FormatError> {
        let text = cells.cell(place);
        if text.is_empty() {
            if self.missing_weight == MissingWeight::Error {
                let expected =
                    "a number in every row, or missing_weight = \"skip\" or a number in the mapping";
                return Err(self.rules.wrong(cells.line, "an empty weight".into(), expected));
            }
            return Ok(None);
        }
        let weight = text.parse().ok().filter(|weight: &f32| weight.is_finite());
        weight.map(Some).ok_or_else(|| {
            let found = format!("'{}'", excerpt(text.as_bytes()));
            self.rules.wrong(cells.line, found, "a finite number, the weight")
        })
    }

    /// The texts of all attributes of the graph, which are empty where this table has none; nothing where it has none of
    /// them.
    fn attributes<'r>(&self, cells: &Cells<'r>) -> Result<Vec<&'r str>, FormatError> {
        let mut texts = Vec::with_capacity(self.attributes.len());
        for attribute in &self.attributes {
            let text = cells.optional(attribute.as_ref().map(|attribute| attribute.place));
            let number = attribute.as_ref().is_some_and(|attribute| attribute.number);
            if number && !text.is_empty() && !text.parse().is_ok_and(f64::is_finite) {
                let found = format!("'{}'", excerpt(text.as_bytes()));
                return Err(self.rules.wrong(cells.line, found, "a finite number, an attribute"));
            }
            texts.push(text);
        }
        Ok(texts)
    }
}

/// What the columns of an end hold, in messages: type, id and name.
type EndWords = [&'static str; 3];

const SOURCE: EndWords = ["the type of the source", "the id of the source", "the name of the source"];
const TARGET: EndWords = ["the type of the target", "the id of the target", "the name of the target"];

impl EndColumns {
    fn bind(mapping: &EndMapping, columns: &mut Columns, words: EndWords) -> Result<Self, FormatError> {
        let [type_word, id_word, name_word] = words;
        Ok(Self {
            id: columns.needed(&mapping.id, id_word)?,
            node_type: BoundTerm::bind(columns, &mapping.node_type, type_word)?,
            prefix: bound_prefix(mapping.prefix.as_deref()),
            name: mapping.name.as_ref().map(|column| columns.place(column, name_word)).transpose()?,
        })
    }

    fn end<'r>(&'r self, cells: &Cells<'r>, memory: &'r mut String) -> EdgeEnd<'r> {
        EdgeEnd {
            node_type: self.node_type.of(cells),
            id: prefixed(self.prefix.as_deref(), cells.cell(self.id), memory),
            name: cells.optional(self.name),
        }
    }
}
