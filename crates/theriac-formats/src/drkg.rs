//! DRKG, the Drug Repurposing Knowledge Graph (Ioannidis et al. 2020).

use theriac_graph::{DuplicatePolicy, Graph, Provenance};

use crate::Format;
use crate::assembler::{Assembler, EdgeEnd, EdgeRow};
use crate::delimited::{Dialect, Record, Records};
use crate::error::{FormatError, excerpt};
use crate::hetionet::identifier;
use crate::input::{Container, Input};
use crate::rows::Rows;

/// The reader of DRKG's `drkg.tsv`: `Compound::DB01586`, `GNBR::T::Compound:Disease`, `Disease::MESH:C535932`, without
/// header.
///
/// The relation's name is what stands before the two kinds, source and all: `compound:gnbr_t:disease`, so that what
/// different sources say stays apart. Ids become CURIEs: `Compound::DB00014` is `drugbank:DB00014`.
pub struct Drkg;

const ROWS: Rows = Rows { dialect: Dialect::TSV, header: false, width: 3 };

impl Format for Drkg {
    fn name(&self) -> &'static str {
        "drkg"
    }

    fn description(&self) -> &'static str {
        "DRKG's triples: Compound::DB01586, GNBR::T::Compound:Disease, Disease::MESH:C535932"
    }

    fn detect(&self, input: &Input) -> bool {
        let text = String::from_utf8_lossy(&input.head()[..input.head().len().min(1 << 14)]);
        let mut records = Records::new(&text, 1, Dialect::TSV, input.head().len() < 1 << 14);
        let mut found = 0;
        while let Some(record) = records.next() {
            if record.len() != 3 || Triple::parse(&record).is_err() {
                return false;
            }
            found += 1;
        }
        input.container() == Container::File && found > 0
    }

    fn read(&self, input: &Input) -> Result<Graph, FormatError> {
        if input.container() != Container::File {
            return Err(input.wrong_container(self.name(), "a file"));
        }
        let file = input.path().display().to_string();
        let mut assembler = Assembler::new(&file);
        let latin1 = ROWS.read(input, &mut assembler, |part, record| {
            let triple = Triple::parse(record).map_err(|(cell, expected)| FormatError::Cell {
                file: file.clone(),
                line: record.line(),
                column: cell + 1,
                found: excerpt(record.cell(cell).as_bytes()),
                expected,
            })?;
            let [(source_kind, source), (target_kind, target)] = &triple.ends;
            let row = EdgeRow {
                source: EdgeEnd { node_type: source_kind, id: source, name: "" },
                target: EdgeEnd { node_type: target_kind, id: target, name: "" },
                relation: &triple.relation,
                ..EdgeRow::default()
            };
            part.push(record.line(), &row)
        })?;
        let provenance = Provenance {
            name: "DRKG".into(),
            sources: vec![file.clone()],
            licence: Some("under the terms of its sources, as DRKG's page lists them".into()),
            citation: Some(
                "Ioannidis, V. N. et al. DRKG - Drug Repurposing Knowledge Graph for Covid-19 (2020). \
                 https://github.com/gnn4dr/DRKG"
                    .into(),
            ),
            decisions: latin1.decision(&file).into_iter().collect(),
        };
        assembler.finish(provenance, DuplicatePolicy::Merge)
    }
}

/// A line of DRKG.
struct Triple<'a> {
    ends: [(&'a str, std::borrow::Cow<'a, str>); 2],
    relation: String,
}

impl<'a> Triple<'a> {
    /// Reads a record; otherwise the cell that is wrong, and what was expected.
    fn parse(record: &Record<'a>) -> Result<Self, (usize, &'static str)> {
        const NODE: &str = "a node, as in Compound::DB01586";
        let source = identifier(record.cell(0)).ok_or((0, NODE))?;
        let target = identifier(record.cell(2)).ok_or((2, NODE))?;
        let relation = relation(record.cell(1), [source.0, target.0])
            .ok_or((1, "a relation with the kinds of its ends, as in GNBR::T::Compound:Disease"))?;
        Ok(Self { ends: [source, target], relation })
    }
}

/// The name of a relation without the kinds of its ends: `gnbr_t` of `GNBR::T::Compound:Disease`.
fn relation(text: &str, kinds: [&str; 2]) -> Option<String> {
    let (rest, target) = text.rsplit_once(':')?;
    let (name, source) = rest.rsplit_once(':')?;
    let name = name.trim_end_matches(':');
    let sound = !name.is_empty() && [source, target] == kinds;
    sound.then(|| name.replace("::", "_").replace(':', "_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_their_source_and_lose_their_kinds() {
        assert_eq!(relation("GNBR::T::Compound:Disease", ["Compound", "Disease"]).unwrap(), "GNBR_T");
        for (text, name) in [
            ("GNBR::V+::Gene:Gene", "GNBR_V+"),
            ("bioarx::HumGenHumGen:Gene:Gene", "bioarx_HumGenHumGen"),
            ("STRING::REACTION::Gene:Gene", "STRING_REACTION"),
            ("Hetionet::Gr>G::Gene:Gene", "Hetionet_Gr>G"),
        ] {
            assert_eq!(relation(text, ["Gene", "Gene"]).as_deref(), Some(name));
        }
        for text in ["", "treats", "Gene:Gene", "::Gene:Gene", "x::Gene:", "x::Gene:Disease"] {
            assert_eq!(relation(text, ["Gene", "Gene"]), None, "{text:?}");
        }
    }

    #[test]
    fn bad_lines_are_one_clear_sentence() {
        let message = |text: &str| {
            let input = Input::from_bytes("drkg.tsv", text.as_bytes().to_vec());
            Drkg.read(&input).unwrap_err().to_string()
        };
        let sound = "Compound::DB1\tGNBR::T::Compound:Disease\tDisease::MESH:D1\n";
        assert_eq!(
            message(&format!("{sound}DB1\tGNBR::T::Compound:Disease\tDisease::MESH:D1\n")),
            "drkg.tsv:2: cell 1 holds 'DB1'; expected a node, as in Compound::DB01586"
        );
        assert_eq!(
            message(&format!("{sound}Compound::DB1\ttreats\tDisease::MESH:D1\n")),
            "drkg.tsv:2: cell 2 holds 'treats'; expected a relation with the kinds of its ends, as in \
             GNBR::T::Compound:Disease"
        );
        assert_eq!(message(&format!("{sound}a\n")), "drkg.tsv:2: found 1 cell; expected 3, as on line 1");
    }

    #[test]
    fn a_repeated_triple_is_counted() {
        let text = "Compound::DB00001\tGNBR::T::Compound:Disease\tDisease::MESH:D1\n".repeat(2)
            + "Gene::1\tGNBR::B::Gene:Gene\tGene::2\nGene::1\tHetionet::GiG::Gene:Gene\tGene::2\n";
        let input = Input::from_bytes("drkg.tsv", text.into_bytes());
        assert!(Drkg.detect(&input));
        let graph = Drkg.read(&input).unwrap();
        let relations: Vec<_> =
            graph.relations().iter().map(|r| (r.key.to_string(), r.len(), r.merged_duplicates)).collect();
        assert_eq!(
            relations,
            [
                ("compound:gnbr_t:disease".into(), 1, 1),
                ("gene:gnbr_b:gene".into(), 1, 0),
                ("gene:hetionet_gig:gene".into(), 1, 0)
            ]
        );
        assert_eq!(graph.node_tables()[0].ids, ["drugbank:DB00001"]);
        assert_eq!(graph.node_tables()[1].ids, ["MESH:D1"]);
    }
}
