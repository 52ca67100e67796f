//! Tables of any kind, with a mapping file that says what their columns hold.

mod columns;
mod edges;
mod features;
mod json;
mod mapping;
mod nodes;
mod parquet;
mod part;
mod place;
mod reading;
mod rules;
mod table;
#[cfg(test)]
mod tests;
mod value;

use theriac_graph::wording::grouped;
use theriac_graph::{Graph, Provenance};
use toml::Spanned;

use crate::Format;
use crate::assembler::{Assembler, Attribute};
use crate::error::FormatError;
use crate::input::{Container, Input};
use crate::text::decode_text;
use edges::EdgeColumns;
use features::Features;
use mapping::{EdgeMapping, Mapping, NodeMapping, line_of};
use nodes::NodeColumns;
use part::{Part, Tally};
use place::{Beside, MappingPlace};
use table::Table;
use value::MissingWeight;

/// The mapping file of a folder or archive that holds several.
const MAPPING: &str = "theriac.toml";

/// The reader of tables that a mapping file describes.
///
/// What is read is the mapping file, a TOML file with a table `[[edges]]` for each table of edges and `[[nodes]]` for
/// each table of nodes; or a folder or archive that holds one such file, or one of the name `theriac.toml`. The tables lie
/// where it says: CSV, TSV, JSON, JSON Lines or Parquet, told by content, compressed or not. All go into one graph, in
/// which an id within a type is one node.
pub struct Tables;

impl Format for Tables {
    fn name(&self) -> &'static str {
        "tables"
    }

    fn description(&self) -> &'static str {
        "a mapping file (TOML with [[edges]]) that says what the columns of CSV, TSV, JSON or Parquet tables hold, or a \
         folder or archive with one"
    }

    fn detect(&self, input: &Input) -> bool {
        match input.container() {
            Container::File => is_mapping(input.head()),
            Container::Archive | Container::Folder => !mappings(input, input.names()).is_empty(),
        }
    }

    fn read(&self, input: &Input) -> Result<Graph, FormatError> {
        let mut sources = vec![input.path().display().to_string()];
        let place = mapping_place(input)?;
        let mapping = Mapping::parse(&place.file, &place.text)?;
        let mut reading = Reading::new(&place, &mapping);
        for nodes in &mapping.nodes {
            reading.nodes(nodes)?;
        }
        for edges in &mapping.edges {
            reading.edges(edges)?;
        }
        if let Beside::Folder(_) = place.beside {
            sources.append(&mut reading.tables);
            sources.dedup();
        }
        let file_name = place.file.rsplit(['/', '\\']).next().unwrap_or_default();
        let stem = file_name.split('.').next().unwrap_or_default();
        let provenance = Provenance {
            name: mapping.name.clone().unwrap_or_else(|| stem.to_owned()),
            sources,
            licence: mapping.licence.clone(),
            citation: mapping.citation.clone(),
            decisions: reading.decisions,
        };
        let features = reading.features;
        reading
            .whole
            .assembler
            .finish_with(provenance, mapping.duplicate_policy(), |table| features.complete(table))
    }
}

/// All tables of a mapping, on the way into one graph.
struct Reading<'a> {
    place: &'a MappingPlace<'a>,
    attributes: Vec<Attribute>,
    whole: Part,
    features: Features,
    decisions: Vec<String>,
    /// The tables that were read, by path.
    tables: Vec<String>,
}

impl<'a> Reading<'a> {
    fn new(place: &'a MappingPlace<'a>, mapping: &Mapping) -> Self {
        let attributes = mapping.attributes();
        let assembler =
            Assembler::new(&place.file).with_names(mapping.name_policy()).with_attributes(attributes.clone());
        Self {
            place,
            attributes,
            whole: Part::new(assembler),
            features: Features::default(),
            decisions: Vec::new(),
            tables: Vec::new(),
        }
    }

    fn nodes(&mut self, mapping: &NodeMapping) -> Result<(), FormatError> {
        let input = self.begin(&mapping.file)?;
        let (table, columns) =
            Table::open(input, mapping.layout(), |columns| NodeColumns::bind(mapping, columns))?;
        let said = table.read(&mut self.whole, &|part, cells| columns.push(part, cells))?;
        let line = line_of(&self.place.text, mapping.file.span().start);
        let (named_at, names) = ((self.place.file.clone(), line), columns.feature_names(&table.columns));
        let rows = std::mem::take(&mut self.whole.features);
        self.features.add(&table.columns.file, &named_at, &names, mapping.missing_feature, rows)?;
        self.end(&table.columns.file, said, None)
    }

    fn edges(&mut self, mapping: &EdgeMapping) -> Result<(), FormatError> {
        let input = self.begin(&mapping.file)?;
        let (table, columns) = Table::open(input, mapping.layout(), |columns| {
            EdgeColumns::bind(mapping, &self.attributes, columns)
        })?;
        let said = table.read(&mut self.whole, &|part, cells| columns.push(part, cells))?;
        self.end(&table.columns.file, said, mapping.missing_weight)
    }

    fn begin(&mut self, file: &Spanned<String>) -> Result<Input, FormatError> {
        let input = self.place.open(file.get_ref(), file.span().start)?;
        let path = input.path().display().to_string();
        self.whole.assembler.begin_file(&path);
        self.tables.push(path);
        Ok(input)
    }

    /// Notes what became of the rows of a table.
    fn end(
        &mut self,
        file: &str,
        said: Vec<String>,
        missing_weight: Option<MissingWeight>,
    ) -> Result<(), FormatError> {
        let tally = std::mem::take(&mut self.whole.tally);
        self.whole.keys.clear();
        let skipped = if missing_weight == Some(MissingWeight::Skip) { tally.weightless } else { 0 };
        if tally.rows == tally.unwanted + tally.incomplete + skipped {
            let what = if tally.rows == 0 { "rows" } else { "rows that the mapping takes" };
            return Err(FormatError::Empty { file: file.into(), what });
        }
        self.decisions.extend(said);
        self.decisions.extend(tally.decisions(file, missing_weight));
        Ok(())
    }
}

impl Tally {
    /// What is to be said of the rows of a table that were not taken as they stand.
    fn decisions(self, file: &str, missing_weight: Option<MissingWeight>) -> Vec<String> {
        let of = |count: usize| format!("{file}: {} of {} rows", grouped(count), grouped(self.rows));
        let mut decisions = Vec::new();
        if self.unwanted > 0 {
            decisions.push(format!("{} left out by 'where'", of(self.unwanted)));
        }
        if self.incomplete > 0 {
            decisions.push(format!("{} left out without an id, type or relation", of(self.incomplete)));
        }
        if self.weightless > 0 {
            decisions.push(match missing_weight {
                Some(MissingWeight::Weight(weight)) => {
                    format!("{} without a weight, which is taken as {weight}", of(self.weightless))
                }
                _ => format!("{} left out without a weight", of(self.weightless)),
            });
        }
        decisions
    }
}

/// Whether content is a mapping file: whether a line of it begins a table of edges.
fn is_mapping(head: &[u8]) -> bool {
    head.split(|&byte| byte == b'\n').any(|line| {
        let code = line.split(|&byte| byte == b'#').next().unwrap_or_default();
        code.iter().filter(|byte| !byte.is_ascii_whitespace()).copied().eq(*b"[[edges]]")
    })
}

/// The mapping files among the members of a folder or archive.
fn mappings(input: &Input, names: &[String]) -> Vec<String> {
    let is_toml = |name: &&String| name.to_ascii_lowercase().ends_with(".toml");
    let holds = |name: &&String| input.member(name).is_ok_and(|member| is_mapping(member.head()));
    names.iter().filter(is_toml).filter(holds).cloned().collect()
}

/// Finds the mapping file, and what it lies in.
fn mapping_place(input: &Input) -> Result<MappingPlace<'_>, FormatError> {
    if input.container() == Container::File {
        return mapping_file(input);
    }
    let found = mappings(input, &input.member_names()?);
    let mut by_name = found.iter().filter(|name| name.rsplit('/').next() == Some(MAPPING));
    let name = match (found.as_slice(), by_name.next(), by_name.next()) {
        ([only], ..) | (_, Some(only), None) => only.as_str(),
        ([], ..) => {
            return Err(input.wrong_container("tables", "a mapping file, or a folder or archive with one"));
        }
        (several, ..) => {
            return Err(FormatError::Refused {
                file: input.path().display().to_string(),
                reason: format!("it holds the mapping files {}", several.join(", ")),
                expected: "one of them, or one of the name theriac.toml",
            });
        }
    };
    let member = input.member(name)?;
    if input.container() == Container::Folder {
        return mapping_file(&member);
    }
    let folder = name.rfind('/').map_or("", |end| &name[..=end]).to_owned();
    Ok(MappingPlace { beside: Beside::Archive(input, folder), ..mapping_file(&member)? })
}

fn mapping_file<'a>(input: &Input) -> Result<MappingPlace<'a>, FormatError> {
    let text = decode_text(&input.content()?).0.into_owned();
    let folder = input.path().parent().map(Into::into).unwrap_or_default();
    Ok(MappingPlace { file: input.path().display().to_string(), text, beside: Beside::Folder(folder) })
}
