//! Typed, checked, immutable biomedical graphs: what every other part of Theriac reads, and nothing else does the
//! checking.
//!
//! A [`Graph`] holds node tables ([`NodeTable`]: ids, names, synonyms, cross-references, features) and relations
//! ([`Relation`]: edges in compressed sparse rows, [`Csr`], seen from both ends). It is made by [`GraphBuilder`],
//! which checks everything once, and cannot be changed afterwards.
//!
//! - [`Graph::save`] and [`Graph::load`] keep a graph as an open folder of JSON, Parquet and safetensors.
//! - [`Graph::fingerprint`] says whether two graphs are the same to a model.
//! - [`Graph::statistics`] counts what there is, with warnings; [`Graph::describe`] shows a node among its neighbours.
//! - [`Graph::neighborhood`] and [`Graph::subgraph`] cut out a part.
//! - [`Role`] tells drugs and diseases, whatever a graph calls them.
//! - [`NodeTable::find`] finds a node by id, name or nearly so, as a [`Lookup`].
//! - [`NameIndex`] finds nodes of all types while a name is being typed.
//! - [`GraphError`] is everything that can be wrong, one sentence each.
//!
//! ```
//! use theriac_graph::{DuplicatePolicy, EdgeList, Graph, GraphBuilder, Lookup, NodeTable, Provenance, RelationKey};
//!
//! let mut builder = GraphBuilder::new(Provenance { name: "two drugs".into(), ..Provenance::default() });
//! let ids = vec!["drugbank:DB00945".into(), "drugbank:DB00316".into()];
//! builder.add_nodes(NodeTable::new("drug", ids, vec!["aspirin".into(), "paracetamol".into()]))?;
//! builder.add_nodes(NodeTable::new("disease", vec!["mesh:D005334".into()], vec!["fever".into()]))?;
//! let edges = EdgeList { sources: vec![0, 1], targets: vec![0, 0], ..EdgeList::default() };
//! builder.add_relation("drug:treats:disease".parse()?, edges, DuplicatePolicy::Reject)?;
//! let graph = builder.build()?;
//!
//! let folder = tempfile::tempdir()?;
//! graph.save(&folder.path().join("two-drugs"))?;
//! let loaded = Graph::load(&folder.path().join("two-drugs"))?;
//! assert_eq!(loaded, graph);
//! assert_eq!(loaded.fingerprint(), graph.fingerprint());
//!
//! let (_, drugs) = loaded.node_type("drug").expect("it was added above");
//! assert_eq!(drugs.find("Aspirin"), Lookup::Found { node: 0 });
//! let treats = loaded.resolve_relation("drug:disease")?;
//! assert_eq!(treats.backward.neighbors(0), [0, 1]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod attributes;
mod builder;
mod bundle;
mod csr;
mod drafts;
mod edges;
mod edited;
mod error;
mod file;
mod fingerprint;
mod folder;
mod graph;
mod layout;
mod lookup;
mod name_index;
mod new_node;
mod nodes;
mod roles;
mod schema;
mod stats;
mod subgraph;
mod tensor;
pub mod wording;

pub use attributes::{AttributeValues, EdgeAttribute, LIST_SEPARATOR, TextColumn};
pub use builder::GraphBuilder;
pub use csr::Csr;
pub use drafts::abandon_drafts;
pub use edges::{DuplicatePolicy, EdgeList, Lines, Origin};
pub use edited::{Edge, EditedGraph, Row};
pub use error::GraphError;
pub use file::FileDraft;
pub use folder::{FolderDraft, FolderKind};
pub use graph::{Graph, Provenance, Relation};
pub use lookup::{Lookup, NodeLabel};
pub use name_index::{NameFit, NameHit, NameIndex, NameSource};
pub use new_node::{NewEdge, NewNode};
pub use nodes::{FeatureMatrix, FeatureShape, NodeTable};
pub use roles::Role;
pub use schema::{RelationKey, RelationKeyError};
pub use stats::{
    AttributeCoverage, Components, DegreeSummary, Direction, Hub, Naming, Neighbor, NeighborList, NodeDegree,
    NodeDescription, NodeTypeStatistics, Overlap, PrefixCount, Prefixes, RelationStatistics, SharedName,
    SharedNames, Statistics, Warning, WarningKind,
};
pub use tensor::{NamedTensor, NamedTensors};
