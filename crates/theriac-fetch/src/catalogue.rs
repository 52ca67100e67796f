//! The public data sets that Theriac knows where to find.
//!
//! Sizes and checksums are pinned where the publisher gives them or where they were computed from a byte-exact copy; what
//! is not known is `None`, and such a file counts as unverified.

use crate::checksum::Checksum;

/// A public data set.
#[derive(Clone, Copy, Debug)]
pub struct Dataset {
    /// Name on the command line.
    pub name: &'static str,
    /// What it is, in a few words.
    pub title: &'static str,
    /// Where its publisher describes it.
    pub homepage: &'static str,
    /// Terms of use.
    pub licence: &'static str,
    /// Whom to cite.
    pub citation: &'static str,
    /// What belongs to it.
    pub files: &'static [RemoteFile],
    /// The file to import; without one, the folder that holds the files.
    pub import: Option<&'static str>,
}

/// A file of a data set.
#[derive(Clone, Copy, Debug)]
pub struct RemoteFile {
    /// File name.
    pub name: &'static str,
    /// Where the publisher has it.
    pub address: &'static str,
    /// Length in bytes, where it is known.
    pub size: Option<u64>,
    /// Checksum, where it is known.
    pub checksum: Option<Checksum>,
}

impl Dataset {
    /// Bytes of all its files, where all are known.
    pub fn size(&self) -> Option<u64> {
        self.files.iter().map(|file| file.size).sum()
    }

    /// Whether every file has a checksum to be verified against.
    pub fn is_pinned(&self) -> bool {
        self.files.iter().all(|file| file.checksum.is_some())
    }
}

/// All data sets.
pub fn catalogue() -> &'static [Dataset] {
    &CATALOGUE
}

/// The data set of this name.
pub fn dataset(name: &str) -> Option<&'static Dataset> {
    CATALOGUE.iter().find(|dataset| dataset.name == name)
}

static CATALOGUE: [Dataset; 5] = [
    Dataset {
        name: "dtinet",
        title: "DTINet: drugs, proteins, diseases and side effects",
        homepage: "https://github.com/luoyunan/DTINet",
        licence: "GPL-3.0; drawn from DrugBank, CTD, SIDER and HPRD, whose terms remain",
        citation: "Luo, Y. et al. A network integration approach for drug-target interaction prediction and computational \
                   drug repositioning from heterogeneous information. Nature Communications 8, 573 (2017). \
                   https://doi.org/10.1038/s41467-017-00680-8",
        files: &DTINET,
        import: None,
    },
    Dataset {
        name: "hetionet",
        title: "Hetionet v1.0: 11 kinds of nodes, 24 kinds of edges, as tables",
        homepage: "https://github.com/hetio/hetionet",
        licence: "CC0-1.0 for what Hetionet adds; parts remain under the terms of their sources \
                  (https://github.com/dhimmel/integrate/blob/master/licenses/README.md)",
        citation: "Himmelstein, D. S. et al. Systematic integration of biomedical knowledge prioritizes drugs for \
                   repurposing. eLife 6, e26726 (2017). https://doi.org/10.7554/eLife.26726",
        files: &HETIONET,
        import: None,
    },
    Dataset {
        name: "primekg",
        title: "PrimeKG: 129,375 nodes, 4,050,249 relationships, diseases in the middle",
        homepage: "https://doi.org/10.7910/DVN/IXA7BM",
        licence: "CC0-1.0 as published on Harvard Dataverse; its 20 sources, DrugBank and UMLS among them, have terms of \
                  their own",
        citation: "Chandak, P., Huang, K. & Zitnik, M. Building a knowledge graph to enable precision medicine. \
                   Scientific Data 10, 67 (2023). https://doi.org/10.1038/s41597-023-01960-3",
        files: &PRIMEKG,
        import: Some("kg.csv"),
    },
    Dataset {
        name: "drkg",
        title: "DRKG: 97,238 entities, 5,874,261 triples, with embeddings",
        homepage: "https://github.com/gnn4dr/DRKG",
        licence: "Apache-2.0 for the project; the data under the terms of its sources, several of them non-commercial \
                  (https://github.com/gnn4dr/DRKG/blob/master/licenses/Readme.md)",
        citation: "Ioannidis, V. N. et al. DRKG - Drug Repurposing Knowledge Graph for Covid-19 (2020). \
                   https://github.com/gnn4dr/DRKG",
        files: &DRKG,
        import: Some("drkg.tar.gz"),
    },
    Dataset {
        name: "msi",
        title: "The multiscale interactome: drugs, indications, proteins, biological functions",
        homepage: "https://github.com/snap-stanford/multiscale-interactome",
        licence: "MIT for the project; the data is drawn from sources with terms of their own",
        citation: "Ruiz, C., Zitnik, M. & Leskovec, J. Identification of disease treatment mechanisms through the \
                   multiscale interactome. Nature Communications 12, 1796 (2021). \
                   https://doi.org/10.1038/s41467-021-21770-8",
        files: &MSI,
        import: Some("data.tar.gz"),
    },
];

/// A file of DTINet, at the commit that the sizes and checksums were computed at.
macro_rules! dtinet_file {
    ($name:literal, $size:literal, $sha256:literal) => {
        RemoteFile {
            name: $name,
            address: concat!(
                "https://raw.githubusercontent.com/luoyunan/DTINet/725c5d04db5cc342eb4d84bce2872db0cfd6da8c/data/",
                $name
            ),
            size: Some($size),
            checksum: Some(Checksum::sha256($sha256)),
        }
    };
}

static DTINET: [RemoteFile; 13] = [
    dtinet_file!(
        "Similarity_Matrix_Drugs.txt",
        8_842_168,
        "b124f51879b78f76207e35be030da44a0d382e114144e5ae2fed0e9892641339"
    ),
    dtinet_file!("disease.txt", 156_929, "481ad75f94f8251a860418aeab1e2e63a5da8ed029cecb17339926cc6fd05471"),
    dtinet_file!("drug.txt", 5_664, "8c7e6fbd4039cf06015c23f72aa0e93d35c4e6836ce9ef4b3b5f86e0465a766c"),
    dtinet_file!(
        "drug_dict_map.txt",
        329_644,
        "710e40dbd796678cdc8a9b638640a11a90e0e7a9066e95a47a4262202dc5ff32"
    ),
    dtinet_file!(
        "mat_drug_disease.txt",
        7_933_848,
        "8fd7a1c27644da58fdecc3687666b0e862fc4829504d2dd8500057806a14f003"
    ),
    dtinet_file!(
        "mat_drug_drug.txt",
        1_002_528,
        "c66c25cf3a5f8a3946e9b44b35241eeadeef45a29de7ccb82575acf1b4351b3c"
    ),
    dtinet_file!(
        "mat_drug_protein.txt",
        2_140_992,
        "09a3534a148fc6a229372f1356cf41311c35708e88886179fc63c3ba2fc03244"
    ),
    dtinet_file!(
        "mat_drug_se.txt",
        5_935_872,
        "6292bdb30c0a9764462b38301f796eab844aacd8aa5322d668b9fe4438faa208"
    ),
    dtinet_file!(
        "mat_protein_disease.txt",
        16_943_472,
        "841eee6f7d4e25c0c4e30a701e8363e390f722a9a9f60361954dcd8830991316"
    ),
    dtinet_file!(
        "mat_protein_protein.txt",
        4_572_288,
        "53ddf2be802d18a54b2440ee145d6236ae6370fe66afca79fa78f61647d3ea06"
    ),
    dtinet_file!("protein.txt", 10_584, "0d705fe5375ab305aa34623cb8853fa63d12727a83edcb249eb421ec38535dc4"),
    dtinet_file!(
        "protein_dict_map.txt",
        48_491,
        "53d1ba6f00ab0c11d3900becf678f944191ecf318caf699d7c73e731731287af"
    ),
    dtinet_file!("se.txt", 73_767, "a59d201213c3f2592e08a1ea236bb968da6bfd16431ae4638e9b49c032f19d40"),
];

static HETIONET: [RemoteFile; 2] = [
    RemoteFile {
        name: "hetionet-v1.0-nodes.tsv",
        address: "https://raw.githubusercontent.com/hetio/hetionet/main/hetnet/tsv/hetionet-v1.0-nodes.tsv",
        size: Some(2_462_952),
        checksum: Some(Checksum::sha256("f8a88e2bc21c576aa813c096fdef318e4502723ec4b7a97decb7c755c86cbc09")),
    },
    // The repository holds a pointer of Git LFS, which gives size and checksum; the file itself is served from here.
    RemoteFile {
        name: "hetionet-v1.0-edges.sif.gz",
        address: "https://media.githubusercontent.com/media/hetio/hetionet/main/hetnet/tsv/hetionet-v1.0-edges.sif.gz",
        size: Some(12_401_407),
        checksum: Some(Checksum::sha256("611f0411ac666be4e0270e54bbca67407e14720bfc3099311f0f5eec25c5a947")),
    },
];

// Size and MD5 are those of the record's version 2.1 on Harvard Dataverse, which gives no other checksum.
static PRIMEKG: [RemoteFile; 1] = [RemoteFile {
    name: "kg.csv",
    address: "https://dataverse.harvard.edu/api/access/datafile/6180620",
    size: Some(981_751_236),
    checksum: Some(Checksum::md5("aac8191d4fbc5bf09cdf8c3c78b4e75f")),
}];

// The publisher gives no checksum; the size is what the KG-Registry recorded of this address.
static DRKG: [RemoteFile; 1] = [RemoteFile {
    name: "drkg.tar.gz",
    address: "https://dgl-data.s3-us-west-2.amazonaws.com/dataset/DRKG/drkg.tar.gz",
    size: Some(216_650_245),
    checksum: None,
}];

// The publisher gives neither size nor checksum.
static MSI: [RemoteFile; 1] = [RemoteFile {
    name: "data.tar.gz",
    address: "https://snap.stanford.edu/multiscale-interactome/data/data.tar.gz",
    size: None,
    checksum: None,
}];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_entry_is_whole() {
        let names: HashSet<&str> = catalogue().iter().map(|dataset| dataset.name).collect();
        assert_eq!(names.len(), catalogue().len());
        for dataset in catalogue() {
            assert_eq!(super::dataset(dataset.name).map(|found| found.title), Some(dataset.title));
            assert!(dataset.homepage.starts_with("https://") && dataset.citation.contains("https://"));
            let files: HashSet<&str> = dataset.files.iter().map(|file| file.name).collect();
            assert_eq!(files.len(), dataset.files.len(), "{}", dataset.name);
            assert!(dataset.import.is_none_or(|name| files.contains(name)), "{}", dataset.name);
        }
    }

    #[test]
    fn files_are_fetched_under_plain_names_over_https() {
        for file in catalogue().iter().flat_map(|dataset| dataset.files) {
            assert!(file.address.starts_with("https://"), "{}", file.address);
            assert_eq!(Path::new(file.name).file_name(), Some(file.name.as_ref()));
        }
    }

    #[test]
    fn sizes_add_up_where_all_are_known() {
        let size = |name| dataset(name).and_then(Dataset::size);
        assert_eq!(size("hetionet"), Some(14_864_359));
        assert_eq!(size("dtinet"), Some(47_996_247));
        assert_eq!(size("msi"), None);
        let pinned: Vec<&str> =
            catalogue().iter().filter(|dataset| dataset.is_pinned()).map(|d| d.name).collect();
        assert_eq!(pinned, ["dtinet", "hetionet", "primekg"]);
    }
}
