//! The models that are served, each with what finds its nodes.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::SystemTime;

use theriac_explain::Node;
use theriac_graph::{NameIndex, NodeTable};
use theriac_predict::ranked::End;
use theriac_predict::{PredictError, Predictor};

use crate::error::ServeError;

/// A model with its graph, as it was read at some moment.
pub struct Served {
    /// What it is called in addresses.
    pub name: String,
    /// A number that no other reading of a model has.
    pub generation: u64,
    /// The model.
    pub predictor: Predictor,
    /// Finds nodes by what is typed.
    pub names: NameIndex,
    /// The nodes of each type, in the order of their ids.
    by_id: Vec<Vec<u32>>,
}

impl Served {
    fn open(name: &str, folder: &Path, graph: Option<&Path>, generation: u64) -> Result<Self, PredictError> {
        let predictor = Predictor::open(folder, graph)?;
        let names = NameIndex::new(predictor.graph());
        let by_id = predictor.graph().node_tables().iter().map(|table| {
            let mut order: Vec<u32> = (0..table.len() as u32).collect();
            order.sort_unstable_by_key(|&node| &table.ids[node as usize]);
            order
        });
        let by_id = by_id.collect();
        Ok(Self { name: name.into(), generation, predictor, names, by_id })
    }

    /// The node tables of the graph.
    pub fn tables(&self) -> &[NodeTable] {
        self.predictor.graph().node_tables()
    }

    /// The node of that type and id.
    pub fn node(&self, node_type: &str, id: &str) -> Option<Node> {
        let (place, table) = self.predictor.graph().node_type(node_type)?;
        let order = &self.by_id[place];
        let at = order.binary_search_by(|&node| table.ids[node as usize].as_str().cmp(id)).ok()?;
        Some(Node { node_type: place, index: order[at] })
    }

    /// The end of the model's relation that nodes of a type stand at; where both ends are of one type, its targets.
    pub fn end_of(&self, node_type: usize) -> Option<End> {
        let relation = self.predictor.relation();
        [End::Target, End::Source].into_iter().find(|end| end.node_type(relation) == node_type)
    }
}

/// What tells that a model folder was replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stamp(Option<(SystemTime, u64, u64)>);

impl Stamp {
    fn of(folder: &Path) -> Self {
        let card = fs::metadata(folder.join("card.json")).ok();
        Self(card.and_then(|card| Some((card.modified().ok()?, card.len(), inode(&card)))))
    }
}

#[cfg(unix)]
fn inode(of: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(of)
}

#[cfg(not(unix))]
fn inode(_: &fs::Metadata) -> u64 {
    0
}

struct Slot {
    name: String,
    folder: PathBuf,
    graph: Option<PathBuf>,
    current: RwLock<Arc<Served>>,
    /// Of the folder when it was last read, or last found not to be readable.
    stamp: Mutex<Stamp>,
}

/// The models that are served, side by side.
pub struct Models {
    slots: Vec<Slot>,
    generation: AtomicU64,
}

impl Models {
    /// Reads the models in these folders, each called as its folder is; `graph` is where their graph has moved.
    ///
    /// # Errors
    ///
    /// When one cannot be read, or two are called alike.
    pub fn open(folders: &[PathBuf], graph: Option<&Path>) -> Result<Self, ServeError> {
        let mut slots: Vec<Slot> = Vec::new();
        for folder in folders {
            let name = name_of(folder);
            if let Some(other) = slots.iter().find(|slot| slot.name == name) {
                return Err(ServeError::SameName { name, folders: [other.folder.clone(), folder.clone()] });
            }
            let stamp = Mutex::new(Stamp::of(folder));
            let served = Served::open(&name, folder, graph, slots.len() as u64)?;
            let (folder, graph) = (folder.clone(), graph.map(Path::to_owned));
            slots.push(Slot { name, folder, graph, current: RwLock::new(Arc::new(served)), stamp });
        }
        let generation = AtomicU64::new(slots.len() as u64);
        Ok(Self { slots, generation })
    }

    /// The model of that name.
    pub fn get(&self, name: &str) -> Option<Arc<Served>> {
        self.slots.iter().find(|slot| slot.name == name).map(Slot::now)
    }

    /// All models, in the order in which they were given.
    pub fn all(&self) -> Vec<Arc<Served>> {
        self.slots.iter().map(Slot::now).collect()
    }

    /// Reads anew the models whose folders were replaced. Who asks in the meantime is answered by what was read before, and so
    /// is everybody where the new one cannot be read; `note` is told of either.
    pub fn reload(&self, note: &dyn Fn(String)) {
        for slot in &self.slots {
            let found = Stamp::of(&slot.folder);
            let mut stamp = slot.stamp.lock().unwrap_or_else(PoisonError::into_inner);
            if *stamp == found || found.0.is_none() {
                continue;
            }
            let generation = self.generation.fetch_add(1, Ordering::Relaxed);
            match Served::open(&slot.name, &slot.folder, slot.graph.as_deref(), generation) {
                Ok(served) => {
                    *slot.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(served);
                    note(format!("{} was replaced, and is read anew", slot.folder.display()));
                }
                Err(error) => {
                    note(format!(
                        "{} was replaced, and the earlier model stays: {error}",
                        slot.folder.display()
                    ));
                }
            }
            *stamp = found;
        }
    }
}

impl Slot {
    fn now(&self) -> Arc<Served> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The name of a model in addresses: that of its folder, with what an address cannot hold left out.
fn name_of(folder: &Path) -> String {
    let name = folder.canonicalize().unwrap_or_else(|_| folder.into());
    let name = name.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let kept: String = name
        .chars()
        .map(|letter| if letter.is_alphanumeric() || "-_.".contains(letter) { letter } else { '-' })
        .collect();
    if kept.trim_matches('.').is_empty() { "model".into() } else { kept }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_folders_as_far_as_an_address_holds_them() {
        for (folder, name) in [("/no/such/hetionet", "hetionet"), ("my model/v 2", "v-2"), ("/", "model")] {
            assert_eq!(name_of(Path::new(folder)), name);
        }
    }
}
