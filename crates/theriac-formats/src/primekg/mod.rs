//! PrimeKG (Chandak et al. 2023), which TxGNN learns from.

mod columns;
mod identifiers;
mod mirror;

use theriac_graph::{DuplicatePolicy, Graph, Provenance};

use crate::Format;
use crate::assembler::{Assembler, Attribute, EdgeEnd, EdgeRow, NamePolicy, NodeRow};
use crate::blocks::{Latin1Lines, in_blocks};
use crate::delimited::{Dialect, Record, Records};
use crate::error::{FormatError, excerpt};
use crate::input::{Container, Input};
use crate::rows::first_row;
use columns::Columns;
use identifiers::write_identifier;
use mirror::{Directions, Mirror, Way};

/// The reader of PrimeKG's `kg.csv`: `relation`, `display_relation`, and `x_index`, `x_id`, `x_type`, `x_name`, `x_source`
/// with the same of y.
///
/// Each edge stands there in both directions and is kept once: between two types from the one that the relation names
/// first (`disease_protein`), or from the drug; within one type undirected. Ids become CURIEs: `5148` of MONDO is
/// `MONDO:0005148`; of a disease that PrimeKG put together of several, these are the cross-references. Where a relation is
/// shown by several names (a drug's target, carrier, enzyme), the edges have the attribute `display_relation`.
pub struct PrimeKg;

impl Format for PrimeKg {
    fn name(&self) -> &'static str {
        "primekg"
    }

    fn description(&self) -> &'static str {
        "PrimeKG's kg.csv (TxGNN): relation, display_relation, x_index, x_id, x_type, x_name, x_source, y_index, ..."
    }

    fn detect(&self, input: &Input) -> bool {
        input.container() == Container::File
            && first_row(input.head(), Dialect::CSV).is_some_and(|header| Columns::of(&header).is_ok())
    }

    fn read(&self, input: &Input) -> Result<Graph, FormatError> {
        if input.container() != Container::File {
            return Err(input.wrong_container(self.name(), "a file"));
        }
        let header = first_row(input.head(), Dialect::CSV).unwrap_or_default();
        let columns = Columns::of(&header).map_err(|missing| {
            // A file that cannot be decoded has no header either, but that is not its trouble.
            match input.read(|reader| std::io::copy(reader, &mut std::io::sink()).map_err(|e| input.error(e)))
            {
                Err(error) => error,
                Ok(_) => FormatError::Line {
                    file: input.path().display().to_string(),
                    line: 1,
                    found: format!("'{}'", excerpt(header.join(",").as_bytes())),
                    expected: format!("a header with the column {missing}"),
                },
            }
        })?;
        let (mut assembler, mut latin1, mirror) = read_rows(input, &columns, false)?;
        let file = input.path().display().to_string();
        let mut decisions = Vec::new();
        if mirror.is_whole() {
            decisions.push(format!(
                "each edge stands in both directions ({} of {} rows repeat one the other way round) and is kept once",
                mirror.turned, mirror.rows
            ));
        } else {
            // Not every edge has its mirror image, so those that are only there the other way round count too.
            (assembler, latin1, _) = read_rows(input, &columns, true)?;
            decisions.push("not every edge stands in both directions; one that does is kept once".into());
        }
        decisions.extend(latin1.decision(&file));
        let provenance = Provenance {
            name: "PrimeKG".into(),
            sources: vec![file],
            licence: Some("CC0 1.0; parts under the terms of their sources".into()),
            citation: Some(
                "Chandak, P., Huang, K. & Zitnik, M. Building a knowledge graph to enable precision medicine. Scientific \
                 Data 10, 67 (2023). https://doi.org/10.1038/s41597-023-01960-3"
                    .into(),
            ),
            decisions,
        };
        assembler.finish(provenance, DuplicatePolicy::Merge)
    }
}

/// Reads all rows; those that state an edge against its direction are counted, and taken, turned round, where asked for.
fn read_rows(
    input: &Input,
    columns: &Columns,
    turned_too: bool,
) -> Result<(Assembler, Latin1Lines, Mirror), FormatError> {
    let file = input.path().display().to_string();
    let attribute = Attribute { name: "display_relation".into(), numeric: false, varying: true };
    let mut assembler =
        Assembler::new(&file).with_names(NamePolicy::KeepFirst).with_attributes(vec![attribute]);
    let empty = assembler.block();
    let mut mirror = Mirror::default();
    let latin1 = in_blocks(
        input,
        |block| {
            let mut rows = BlockRows { part: empty.block(), ..BlockRows::new(columns, &file, turned_too) };
            let mut records = Records::new(block.text, block.first_line, Dialect::CSV, block.last);
            if block.first_line == 1 {
                records.next();
            }
            while let Some(record) = records.next() {
                if record.len() != columns.width {
                    let (file, line, found) = (file.clone(), record.line(), record.len());
                    return Err(FormatError::Ragged { file, line, found, expected: columns.width });
                }
                rows.push(&record)?;
            }
            Ok(((rows.part, rows.mirror), records.finish(&file)?))
        },
        |(part, seen)| {
            mirror.add(&seen);
            assembler.append(part)
        },
    )?;
    Ok((assembler, latin1, mirror))
}

/// The rows of a block.
struct BlockRows<'a> {
    columns: &'a Columns,
    file: &'a str,
    turned_too: bool,
    part: Assembler,
    mirror: Mirror,
    directions: Directions,
    /// The CURIEs of source and target of the row at hand.
    ids: [String; 2],
}

impl<'a> BlockRows<'a> {
    fn new(columns: &'a Columns, file: &'a str, turned_too: bool) -> Self {
        Self {
            columns,
            file,
            turned_too,
            part: Assembler::new(file),
            mirror: Mirror::default(),
            directions: Directions::default(),
            ids: [String::new(), String::new()],
        }
    }

    fn push(&mut self, record: &Record<'_>) -> Result<(), FormatError> {
        let relation = record.cell(self.columns.relation);
        let [x, y] = &self.columns.ends;
        let ends = [self.index(record, x.index)?, self.index(record, y.index)?];
        let types = [record.cell(x.node_type), record.cell(y.node_type)];
        let way = self.directions.way(relation, types, ends);
        self.mirror.count(&self.directions, ends, way);
        let ends = match way {
            Way::Along | Way::Loop => [x, y],
            Way::Against if self.turned_too => [y, x],
            Way::Against => return Ok(()),
        };
        for (id, end) in self.ids.iter_mut().zip(ends) {
            write_identifier(id, record.cell(end.source), record.cell(end.id));
        }
        let [source, target] = [0, 1].map(|place| EdgeEnd {
            node_type: record.cell(ends[place].node_type),
            id: &self.ids[place],
            name: record.cell(ends[place].name),
        });
        let edge = EdgeRow {
            source,
            target,
            relation,
            undirected: self.directions.is_within_one_type(),
            attributes: &[record.cell(self.columns.display)],
            ..EdgeRow::default()
        };
        self.part.push(record.line(), &edge)?;
        for (end, id) in ends.iter().zip(&self.ids) {
            if record.cell(end.source) == identifiers::GROUPED {
                let members: Vec<String> = identifiers::members(record.cell(end.id)).collect();
                let xrefs: Vec<&str> = members.iter().map(String::as_str).collect();
                let node_type = record.cell(end.node_type);
                let row = NodeRow { node_type, id, xrefs: &xrefs, ..NodeRow::default() };
                self.part.push_node(record.line(), &row)?;
            }
        }
        Ok(())
    }

    fn index(&self, record: &Record<'_>, place: usize) -> Result<u32, FormatError> {
        record.cell(place).parse().map_err(|_| FormatError::Cell {
            file: self.file.into(),
            line: record.line(),
            column: place + 1,
            found: excerpt(record.cell(place).as_bytes()),
            expected: "the index of a node, a whole number",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str =
        "relation,display_relation,x_index,x_id,x_type,x_name,x_source,y_index,y_id,y_type,y_name,y_source\n";
    const DRUG: &str = "14,DB00945,drug,\"Aspirin, acid\",DrugBank";
    const GENE: &str = "0,5742,gene/protein,PTGS1,NCBI";
    const OTHER_GENE: &str = "1,5743,gene/protein,PTGS2,NCBI";
    const DISEASE: &str = "20,13924_12592,disease,pain,MONDO_grouped";

    fn read(rows: &[String]) -> Graph {
        let text = format!("{HEADER}{}\n", rows.join("\n"));
        let input = Input::from_bytes("kg.csv", text.into_bytes());
        assert!(PrimeKg.detect(&input));
        PrimeKg.read(&input).unwrap()
    }

    fn rows() -> Vec<String> {
        vec![
            format!("drug_protein,target,{GENE},{DRUG}"),
            format!("drug_protein,target,{DRUG},{GENE}"),
            format!("drug_protein,carrier,{DRUG},{OTHER_GENE}"),
            format!("indication,indication,{DRUG},{DISEASE}"),
            format!("protein_protein,ppi,{OTHER_GENE},{GENE}"),
            format!("protein_protein,ppi,{GENE},{OTHER_GENE}"),
            format!("indication,indication,{DISEASE},{DRUG}"),
            format!("drug_protein,carrier,{OTHER_GENE},{DRUG}"),
        ]
    }

    #[test]
    fn each_edge_is_kept_once_with_names_and_identifiers() {
        let graph = read(&rows());
        let relations: Vec<_> = graph
            .relations()
            .iter()
            .map(|r| (r.key.to_string(), r.edge_count(), r.undirected, r.merged_duplicates))
            .collect();
        assert_eq!(
            relations,
            [
                ("drug:drug_protein:gene_protein".into(), 2, false, 0),
                ("drug:indication:disease".into(), 1, false, 0),
                ("gene_protein:protein_protein:gene_protein".into(), 1, true, 0),
            ]
        );
        let shown = graph.relations()[0].attribute("display_relation").unwrap();
        assert_eq!([shown.text(0).unwrap(), shown.text(1).unwrap()], ["target", "carrier"]);
        assert!(graph.relations()[1].attributes.is_empty());
        let disease = graph.node_type("disease").unwrap().1;
        assert_eq!(
            (disease.ids[0].as_str(), disease.names[0].as_str()),
            ("mondo_grouped:13924_12592", "pain")
        );
        assert_eq!(disease.xrefs[0], ["MONDO:0013924", "MONDO:0012592"]);
        let drug = graph.node_type("drug").unwrap().1;
        assert_eq!((drug.ids[0].as_str(), drug.names[0].as_str()), ("drugbank:DB00945", "Aspirin, acid"));
        assert_eq!(
            graph.provenance().decisions,
            [
                "each edge stands in both directions (4 of 8 rows repeat one the other way round) and is kept once"
            ]
        );
    }

    #[test]
    fn an_edge_that_stands_only_the_other_way_round_is_not_lost() {
        for missing in 0..rows().len() {
            let mut fewer = rows();
            fewer.remove(missing);
            let graph = read(&fewer);
            assert_eq!(graph.relations().iter().map(theriac_graph::Relation::edge_count).sum::<usize>(), 4);
            assert_eq!(
                graph.provenance().decisions,
                ["not every edge stands in both directions; one that does is kept once"]
            );
        }
    }

    #[test]
    fn bad_rows_are_one_clear_sentence() {
        let message = |row: String| {
            let input = Input::from_bytes("kg.csv", format!("{HEADER}{row}\n").into_bytes());
            PrimeKg.read(&input).unwrap_err().to_string()
        };
        assert_eq!(
            message(format!("indication,indication,{DRUG},x{DISEASE}")),
            "kg.csv:2: cell 8 holds 'x20'; expected the index of a node, a whole number"
        );
        assert_eq!(
            message(format!("indication,indication,{DRUG}")),
            "kg.csv:2: found 7 cells; expected 12, as on line 1"
        );
    }
}
