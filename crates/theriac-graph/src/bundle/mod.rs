//! A graph as an open folder: JSON, Parquet and safetensors, readable without Theriac.
//!
//! ```text
//! graph.json                          what there is: node types, relations, counts, provenance, fingerprint
//! nodes/<type>.parquet                index u32, id, name utf8, synonyms, xrefs list<utf8>: row i is node i
//! edges/<source>.<name>.<target>.parquet   source, target u32 (rows of the node tables), weight f32 where weighted
//! features/<type>.safetensors         one tensor named after the feature matrix, f32 [nodes, dim]
//! ```
//!
//! In file names every byte of a type or relation name but ASCII letters, digits, `-` and `_` is percent-encoded. No
//! column has missing values; edges are sorted by source and target, and none occurs twice.
//!
//! `graph.json` lists the SHA-256 of every file, since Parquet and safetensors notice no flipped bit. Whoever changes a
//! file on purpose takes its line out of `files`; a change that a model can see also changes the fingerprint.

mod checksums;
mod columns;
mod edges;
mod features;
mod manifest;
mod tables;

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::builder::GraphBuilder;
use crate::edges::DuplicatePolicy;
use crate::error::GraphError;
use crate::folder::{FolderDraft, FolderKind};
use crate::graph::{Graph, Relation};
use crate::schema::{RelationKey, file_safe};
use manifest::Manifest;

/// The folder as [`FolderDraft`] guards it.
const KIND: FolderKind = FolderKind {
    what: "graph",
    marker: manifest::FILE,
    parts: &[manifest::FILE, "nodes", "edges", "features"],
};

impl Graph {
    /// Writes the graph to `folder`: a new place, an empty folder, or an earlier graph, which is replaced.
    ///
    /// Everything is written to a temporary folder beside `folder` first, so that an error leaves what was there.
    /// Missing parent folders are made.
    ///
    /// # Errors
    ///
    /// [`GraphError::Occupied`] when `folder` is a file, or holds anything but a graph; [`GraphError::Io`] when a
    /// file cannot be written; [`GraphError::Empty`] and [`GraphError::Bundle`] for a graph that [`Graph::load`]
    /// would refuse: one without nodes or edges, or with an edge that occurs twice.
    pub fn save(&self, folder: &Path) -> Result<(), GraphError> {
        if self.relations.iter().all(Relation::is_empty) {
            return Err(GraphError::Empty { what: "edges" });
        }
        let draft = FolderDraft::new(folder, &KIND)?;
        let place = draft.folder();
        for part in ["nodes", "edges", "features"] {
            let path = place.join(part);
            std::fs::create_dir(&path).map_err(|source| GraphError::Io { path, source })?;
        }
        let (written, manifest) = rayon::join(
            || {
                let (nodes, edges) = rayon::join(
                    || {
                        in_parallel(&self.node_tables, |table| {
                            tables::write(&place.join(nodes_file(&table.node_type)), table)?;
                            features::write(&place.join(features_file(&table.node_type)), table)
                        })
                    },
                    || {
                        in_parallel(&self.relations, |relation| {
                            edges::write(&place.join(edges_file(&relation.key)), relation, self)
                        })
                    },
                );
                nodes.and(edges)
            },
            || Manifest::of(self),
        );
        written?;
        manifest.with_checksums(place)?.write(place)?;
        draft.publish()
    }

    /// Reads a graph that [`Graph::save`], or anything else that writes the same files, has written.
    ///
    /// # Errors
    ///
    /// Whatever is wrong, naming the file: one that is missing, or whose SHA-256 is not the one in `graph.json`,
    /// columns of other names or types, counts that differ from those of `graph.json`, everything that
    /// [`GraphBuilder`] refuses (an edge is named by its row, from 1), and a fingerprint that is not that of the graph.
    pub fn load(folder: &Path) -> Result<Self, GraphError> {
        let manifest = Manifest::read(folder)?;
        // First, because a damaged Parquet file can make its decoder panic.
        checksums::check(folder, &manifest.files)?;
        let (tables, relations) = rayon::join(
            || {
                in_parallel(&manifest.node_types, |entry| {
                    let mut table = tables::read(&folder.join(nodes_file(&entry.node_type)), entry)?;
                    table.features = features::read(&folder.join(features_file(&entry.node_type)), entry)?;
                    Ok(table)
                })
            },
            || {
                in_parallel(&manifest.relations, |entry| {
                    Ok((
                        entry.relation.clone(),
                        edges::read(&folder.join(edges_file(&entry.relation)), entry)?,
                    ))
                })
            },
        );
        let mut builder = GraphBuilder::new(manifest.provenance.clone());
        for table in tables? {
            let node_type = table.node_type.clone();
            builder.add_nodes(table).map_err(|error| match error {
                GraphError::Repeated { .. } => in_file(manifest::path(folder), &error),
                GraphError::NonFiniteFeature { .. } => {
                    in_file(folder.join(features_file(&node_type)), &error)
                }
                _ => in_file(folder.join(nodes_file(&node_type)), &error),
            })?;
        }
        builder.add_relations(relations?, DuplicatePolicy::Reject).map_err(|error| match error {
            GraphError::DanglingIndex { .. }
            | GraphError::NonFiniteWeight { .. }
            | GraphError::DuplicateEdge { .. } => error,
            _ => in_file(manifest::path(folder), &error),
        })?;
        let mut graph = builder.build().map_err(|error| in_file(manifest::path(folder), &error))?;
        for (relation, entry) in graph.relations.iter_mut().zip(&manifest.relations) {
            relation.merged_duplicates = entry.merged_duplicates;
        }
        manifest.check(&graph, folder)?;
        Ok(graph)
    }
}

fn nodes_file(node_type: &str) -> String {
    format!("nodes/{}.parquet", file_safe(node_type))
}

fn features_file(node_type: &str) -> String {
    format!("features/{}.safetensors", file_safe(node_type))
}

fn edges_file(relation: &RelationKey) -> String {
    format!("edges/{}.parquet", relation.file_stem())
}

/// The results in order, or the first error in order: the same whichever thread is quicker.
fn in_parallel<T: Sync, R: Send>(
    items: &[T],
    work: impl Fn(&T) -> Result<R, GraphError> + Send + Sync,
) -> Result<Vec<R>, GraphError> {
    let results: Vec<Result<R, GraphError>> = items.par_iter().map(work).collect();
    results.into_iter().collect()
}

fn in_file(path: PathBuf, problem: &impl ToString) -> GraphError {
    GraphError::Bundle { path, problem: problem.to_string() }
}

/// A file of a graph folder could not be read; that it is not there is the folder's fault, not the system's.
fn unreadable(path: &Path, source: std::io::Error) -> GraphError {
    if source.kind() == std::io::ErrorKind::NotFound {
        in_file(path.into(), &"the file is missing; expected every file of the graph folder")
    } else {
        GraphError::Io { path: path.into(), source }
    }
}

/// Writes a file that is not there yet: names that differ only in case meet on some file systems.
fn write_new(path: &Path, bytes: &[u8]) -> Result<(), GraphError> {
    use std::io::Write;

    let written = std::fs::File::create_new(path).and_then(|mut file| file.write_all(bytes));
    written.map_err(|source| GraphError::Io { path: path.into(), source })
}
