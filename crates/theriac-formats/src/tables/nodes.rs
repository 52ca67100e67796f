//! Tables of nodes: names, synonyms, cross-references and numeric features.

use super::columns::Columns;
use super::features::FeatureRow;
use super::mapping::NodeMapping;
use super::part::Part;
use super::rules::{BoundTerm, RowRules, bound_prefix, prefixed};
use super::table::Cells;
use super::value::Column;
use crate::assembler::{NodeRow, canonical_term};
use crate::error::{FormatError, excerpt};

/// What the columns of a node table hold, by place.
pub(super) struct NodeColumns {
    rules: RowRules,
    node_type: BoundTerm,
    id: usize,
    prefix: Option<String>,
    name: Option<usize>,
    synonyms: Vec<usize>,
    xrefs: Vec<(usize, Option<String>)>,
    features: Vec<usize>,
    separator: String,
}

impl NodeColumns {
    pub(super) fn bind(mapping: &NodeMapping, columns: &mut Columns) -> Result<Self, FormatError> {
        let layout = mapping.layout();
        let places = |columns: &mut Columns, listed: &[Column], what| {
            listed.iter().map(|column| columns.place(column, what)).collect::<Result<Vec<_>, _>>()
        };
        let id = columns.needed(&mapping.id, "the id of the node")?;
        let node_type = BoundTerm::bind(columns, &mapping.node_type, "the type of the node")?;
        let name =
            mapping.name.as_ref().map(|column| columns.place(column, "the name of the node")).transpose()?;
        let synonyms = places(columns, &mapping.synonyms.0, "synonyms")?;
        let features = places(columns, &mapping.features.0, "a feature")?;
        let mut xrefs = Vec::new();
        for xref in &mapping.xrefs.0 {
            let place = columns.place(&xref.column, "cross-references")?;
            xrefs.push((place, bound_prefix(xref.prefix.as_deref())));
        }
        Ok(Self {
            rules: RowRules::bind(columns, &layout, &mapping.accepted, mapping.skip_incomplete)?,
            node_type,
            id,
            prefix: bound_prefix(mapping.prefix.as_deref()),
            name,
            synonyms,
            xrefs,
            features,
            separator: layout.separator.into(),
        })
    }

    /// What the features are called, in the order of the mapping.
    pub(super) fn feature_names(&self, columns: &Columns) -> Vec<String> {
        self.features.iter().map(|&place| columns.called(place).trim_matches('\'').to_owned()).collect()
    }

    /// Takes in a row.
    pub(super) fn push(&self, part: &mut Part, cells: &Cells<'_>) -> Result<(), FormatError> {
        let Part { assembler, features, tally, ids: [memory, _], .. } = part;
        tally.rows += 1;
        if !self.rules.take(cells) {
            tally.unwanted += 1;
            return Ok(());
        }
        let node_type = self.node_type.of(cells);
        let id = prefixed(self.prefix.as_deref(), cells.cell(self.id), memory);
        for (what, text) in [("id", id), ("type", node_type)] {
            if text.is_empty() {
                if !self.rules.skip_incomplete {
                    return Err(self.rules.incomplete(cells.line, what));
                }
                tally.incomplete += 1;
                return Ok(());
            }
        }
        let mut synonyms = Vec::new();
        for &place in &self.synonyms {
            synonyms.extend(self.texts(cells.cell(place)));
        }
        let mut xrefs = Vec::new();
        for (place, prefix) in &self.xrefs {
            for text in self.texts(cells.cell(*place)) {
                xrefs.push(prefixed(prefix.as_deref(), text, &mut String::new()).to_owned());
            }
        }
        let xrefs: Vec<&str> = xrefs.iter().map(String::as_str).collect();
        let name = cells.optional(self.name);
        let row = NodeRow { node_type, id, name, synonyms: &synonyms, xrefs: &xrefs };
        assembler.push_node(cells.line, &row)?;
        if !self.features.is_empty() {
            let values: Result<Vec<f32>, FormatError> =
                self.features.iter().map(|&place| self.feature(cells, place)).collect();
            let node_type = canonical_term(node_type).unwrap_or_default();
            features.push(FeatureRow { line: cells.line, node_type, id: id.into(), values: values? });
        }
        Ok(())
    }

    /// The texts of a cell.
    fn texts<'c>(&'c self, cell: &'c str) -> impl Iterator<Item = &'c str> {
        cell.split(self.separator.as_str()).map(str::trim).filter(|text| !text.is_empty())
    }

    fn feature(&self, cells: &Cells<'_>, place: usize) -> Result<f32, FormatError> {
        let text = match cells.cell(place) {
            "" => return Ok(f32::NAN),
            "true" => "1",
            "false" => "0",
            text => text,
        };
        text.parse().ok().filter(|value: &f32| value.is_finite()).ok_or_else(|| {
            self.rules.wrong(
                cells.line,
                format!("'{}'", excerpt(text.as_bytes())),
                "a finite number, a feature",
            )
        })
    }
}
