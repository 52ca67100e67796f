//! Writers: graphs in the forms that other tools read.
//!
//! A new form is one module with a type that implements [`GraphWriter`] and one entry in the table behind [`exports`].

mod attribute_columns;
mod biolink;
mod cytoscape;
mod draft;
mod edges;
mod graphml;
mod hetionet;
mod identifiers;
mod json;
mod kgx;
mod losses;
mod neo4j;
mod pyg;
mod texts;
mod triples;

use std::path::{Path, PathBuf};

use theriac_graph::{FileDraft, FolderDraft, FolderKind, Graph};

use crate::error::FormatError;
pub use biolink::predicate as biolink_predicate;
use draft::{files_below, in_place};
pub use identifiers::UniqueIds;

/// A form in which graphs are written.
pub trait GraphWriter: Sync {
    /// Its name on the command line: `graphml`.
    fn name(&self) -> &'static str;

    /// What it is and what reads it, for help and messages.
    fn description(&self) -> &'static str;

    /// Whether it is a file or a folder.
    fn output(&self) -> Output;

    /// Writes to `draft`: a file that is not there yet, or a folder that is empty. Gives what the form cannot carry, one
    /// sentence each.
    ///
    /// # Errors
    ///
    /// [`FormatError::Unwritable`] where the graph has what cannot be left out or written otherwise,
    /// [`FormatError::Io`] where the system refuses.
    fn write_draft(&self, graph: &Graph, draft: &Path) -> Result<Vec<String>, FormatError>;

    /// How to go on with what was written to `path`, where that is not plain.
    fn hint(&self, path: &Path) -> Option<String> {
        let _ = path;
        None
    }

    /// Writes the graph to `path`, all of it or nothing. A file there is replaced, and so is an earlier folder of the same
    /// form; missing parent folders are made.
    ///
    /// # Errors
    ///
    /// Those of [`GraphWriter::write_draft`]; [`theriac_graph::GraphError::Occupied`] when something else is in the place.
    fn write(&self, graph: &Graph, path: &Path) -> Result<Exported, FormatError> {
        let (files, lost) = match self.output() {
            Output::File { .. } => {
                let draft = FileDraft::new(path, self.name())?;
                let lost =
                    self.write_draft(graph, draft.file()).map_err(|e| in_place(e, draft.file(), path))?;
                draft.publish()?;
                (vec![path.to_owned()], lost)
            }
            Output::Folder(kind) => {
                let draft = FolderDraft::new(path, kind)?;
                let lost =
                    self.write_draft(graph, draft.folder()).map_err(|e| in_place(e, draft.folder(), path))?;
                let files = files_below(draft.folder())?;
                draft.publish()?;
                (files.iter().map(|file| path.join(file)).collect(), lost)
            }
        };
        Ok(Exported { files, lost, hint: self.hint(path) })
    }
}

/// What a [`GraphWriter`] makes.
#[derive(Clone, Copy, Debug)]
pub enum Output {
    /// One file.
    File {
        /// What its name usually ends in, without the dot.
        extension: &'static str,
    },
    /// A folder with several files.
    Folder(&'static FolderKind),
}

/// What [`GraphWriter::write`] has done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// The files written, sorted.
    pub files: Vec<PathBuf>,
    /// What of the graph the form cannot carry, or only otherwise, one sentence each.
    pub lost: Vec<String>,
    /// How to go on, where that is not plain.
    pub hint: Option<String>,
}

/// All forms in which graphs are written.
pub fn exports() -> &'static [&'static dyn GraphWriter] {
    &[
        &graphml::GraphMl,
        &cytoscape::Cytoscape,
        &kgx::KgxTsv,
        &kgx::KgxJsonLines,
        &hetionet::Hetionet,
        &triples::Triples,
        &neo4j::Neo4j,
        &pyg::Pyg,
    ]
}

/// Writes a graph to `path` in the form of that name; otherwise as [`GraphWriter::write`].
///
/// # Errors
///
/// [`FormatError::UnknownFormat`], naming the forms that there are; those of [`GraphWriter::write`].
pub fn export(graph: &Graph, form: &str, path: &Path) -> Result<Exported, FormatError> {
    let Some(writer) = exports().iter().find(|writer| writer.name() == form) else {
        let known: Vec<&str> = exports().iter().map(|writer| writer.name()).collect();
        return Err(FormatError::UnknownFormat { wanted: form.into(), known: known.join(", ") });
    };
    writer.write(graph, path)
}

#[cfg(test)]
mod tests {
    use theriac_graph::{
        AttributeValues, DuplicatePolicy, EdgeAttribute, EdgeList, FeatureMatrix, GraphBuilder, NodeTable,
        Provenance, RelationKey,
    };

    use super::*;

    /// Two drugs, two genes, one of them with the id of a drug; a weighted relation with attributes, an undirected and a
    /// directed one.
    pub(super) fn sample() -> Graph {
        let texts = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        let mut drugs =
            NodeTable::new("drug", texts(&["drugbank:DB1", "7"]), texts(&["a <b> & \"c\"", "tab\there"]));
        drugs.synonyms[0] = texts(&["first", "1|st"]);
        drugs.xrefs[1] = texts(&["mesh:D1"]);
        drugs.features =
            Some(FeatureMatrix { name: "mass".into(), dim: 2, values: vec![1.0, 2.0, 3.0, 4.5] });
        let genes = NodeTable::new("gene_product", texts(&["7", "9"]), texts(&["TP53", "Ünï"]));
        let sources = AttributeValues::Texts(["ChEMBL|PubMed", ""].into_iter().collect());
        let years = AttributeValues::Numbers(vec![f64::NAN, 1998.0]);
        let binds = EdgeList {
            sources: vec![0, 1],
            targets: vec![0, 1],
            weights: Some(vec![0.1, -2.0]),
            attributes: vec![
                EdgeAttribute { name: "primary_knowledge_source".into(), values: sources },
                EdgeAttribute { name: "year".into(), values: years },
            ],
            ..EdgeList::default()
        };
        let interacts =
            EdgeList { sources: vec![1], targets: vec![0], undirected: true, ..EdgeList::default() };
        let regulates = EdgeList { sources: vec![1], targets: vec![0], ..EdgeList::default() };
        let provenance =
            Provenance { name: "small".into(), licence: Some("CC0".into()), ..Provenance::default() };
        let mut builder = GraphBuilder::new(provenance);
        builder.add_nodes(drugs).unwrap();
        builder.add_nodes(genes).unwrap();
        let relations = vec![
            (RelationKey::new("drug", "binds", "gene_product"), binds),
            (RelationKey::new("gene_product", "interacts", "gene_product"), interacts),
            (RelationKey::new("gene_product", "regulates", "gene_product"), regulates),
        ];
        builder.add_relations(relations, DuplicatePolicy::Reject).unwrap();
        builder.build().unwrap()
    }

    /// What the form of that name writes of the sample: the file called so, or the only one; and what it cannot carry.
    pub(super) fn written(form: &str, file: &str) -> (String, Vec<String>) {
        let place = tempfile::tempdir().unwrap();
        let exported = export(&sample(), form, &place.path().join("out")).unwrap();
        let found = exported.files.iter().find(|path| path.ends_with(file)).unwrap();
        (std::fs::read_to_string(found).unwrap(), exported.lost)
    }

    #[test]
    fn forms_have_names_and_descriptions_of_their_own() {
        for (place, writer) in exports().iter().enumerate() {
            assert!(exports()[..place].iter().all(|earlier| earlier.name() != writer.name()));
            assert!(!writer.description().is_empty());
        }
        let message = export(&sample(), "xlsx", Path::new("x")).unwrap_err().to_string();
        assert!(
            message.starts_with("'xlsx' is not a known format; expected one of graphml, cytoscape"),
            "{message}"
        );
    }

    #[test]
    fn an_export_replaces_its_like_and_nothing_else() {
        for writer in exports() {
            let place = tempfile::tempdir().unwrap();
            let path = place.path().join("made/on/the/way");
            let first = writer.write(&sample(), &path).unwrap();
            let read = || first.files.iter().map(|file| std::fs::read(file).unwrap()).collect::<Vec<_>>();
            let bytes = read();
            assert_eq!(writer.write(&sample(), &path).unwrap(), first);
            assert_eq!(read(), bytes, "{} writes the same graph otherwise a second time", writer.name());
            assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
            let foreign = place.path().join("thesis");
            std::fs::create_dir(&foreign).unwrap();
            std::fs::write(foreign.join("thesis.tex"), "mine").unwrap();
            let message = writer.write(&sample(), &foreign).unwrap_err().to_string();
            assert!(message.contains("thesis is a folder"), "{message}");
            assert_eq!(std::fs::read_dir(&foreign).unwrap().count(), 1);
        }
    }

    #[test]
    fn an_id_that_cannot_be_written_leaves_nothing_behind() {
        let nodes = NodeTable::new("drug", vec!["a\u{1}\tb".into()], vec!["a".into()]);
        let mut builder = GraphBuilder::new(Provenance::default());
        builder.add_nodes(nodes).unwrap();
        let edges = EdgeList { sources: vec![0], targets: vec![0], ..EdgeList::default() };
        builder.add_relation(RelationKey::new("drug", "is", "drug"), edges, DuplicatePolicy::Reject).unwrap();
        let graph = builder.build().unwrap();
        let place = tempfile::tempdir().unwrap();
        for form in ["graphml", "kgx", "hetionet", "triples"] {
            let error = export(&graph, form, &place.path().join("out")).unwrap_err();
            assert!(matches!(error, FormatError::Unwritable { .. }), "{form}: {error}");
            assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0);
        }
        for form in ["cytoscape", "kgx-jsonl", "pyg"] {
            export(&graph, form, &place.path().join(form)).unwrap();
        }
    }
}
