//! What a file or variable of a drug-disease data set holds, as far as its name says.

use super::side::Side;

/// What a name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Drugs by diseases, or the other way round, with these in the rows: `drug_dis`, `DiDrAMat`, `predict_admat_dgc`.
    Association {
        /// What stands in the rows, where the name gives both.
        rows: Option<Side>,
    },
    /// Each drug or disease by each: `drug_sim`, `predict_simmat_dg`.
    Similarity(Option<Side>),
    /// Something of this side alone, by content: a list of names (`drug_names`, `Wrname`, `diseases`) or similarities.
    Nodes(Side),
}

/// A part of a name that means something.
#[derive(Clone, Copy, PartialEq)]
enum Word {
    Of(Side),
    Association,
    Similarity,
    Names,
    /// Says nothing of the role, and does not speak against one.
    Filler,
}

/// The longest name that is looked at: that of a MATLAB variable.
const LONGEST: usize = 63;

/// The words, each with its meaning; of the data sets in use, and in full. None is made up of others.
const WORDS: [(&str, Word); 32] = [
    ("drugs", Word::Of(Side::Drug)),
    ("drug", Word::Of(Side::Drug)),
    ("dr", Word::Of(Side::Drug)),
    ("dc", Word::Of(Side::Drug)),
    ("wr", Word::Of(Side::Drug)),
    ("diseases", Word::Of(Side::Disease)),
    ("disease", Word::Of(Side::Disease)),
    ("dis", Word::Of(Side::Disease)),
    ("di", Word::Of(Side::Disease)),
    ("dg", Word::Of(Side::Disease)),
    ("wd", Word::Of(Side::Disease)),
    ("associations", Word::Association),
    ("association", Word::Association),
    ("interactions", Word::Association),
    ("interaction", Word::Association),
    ("adjacency", Word::Association),
    ("admat", Word::Association),
    ("amat", Word::Association),
    ("similarity", Word::Similarity),
    ("similarities", Word::Similarity),
    ("sim", Word::Similarity),
    ("names", Word::Names),
    ("name", Word::Names),
    ("list", Word::Names),
    ("labels", Word::Names),
    ("index", Word::Names),
    ("ids", Word::Names),
    ("id", Word::Names),
    ("matrix", Word::Filler),
    ("mat", Word::Filler),
    ("all", Word::Filler),
    ("predict", Word::Filler),
];

/// What a name says, without its folders and endings; `None` where it says nothing of drugs and diseases.
pub(crate) fn role(name: &str) -> Option<Role> {
    let stem = name.rsplit('/').next()?.split('.').next().filter(|stem| stem.len() <= LONGEST)?;
    let mut meanings = Vec::new();
    let mut understood = true;
    for part in parts(stem) {
        understood &= read_words(&part, &mut meanings);
    }
    let has = |word: Word| meanings.contains(&word);
    let sides = meanings.iter().filter_map(|word| match word {
        Word::Of(side) => Some(*side),
        _ => None,
    });
    let mut sides = sides.fold(Vec::new(), |mut seen, side| {
        if !seen.contains(&side) {
            seen.push(side);
        }
        seen
    });
    let rows = sides.first().copied();
    let one = if sides.len() == 1 { sides.pop() } else { None };
    if has(Word::Similarity) {
        return Some(Role::Similarity(one));
    }
    if one.is_none() && (rows.is_some() || has(Word::Association)) {
        return Some(Role::Association { rows });
    }
    match one {
        // `drug_to_indication` is about more than drugs.
        Some(side) if understood && !has(Word::Association) => Some(Role::Nodes(side)),
        Some(_) if has(Word::Association) => Some(Role::Association { rows: None }),
        _ => None,
    }
}

/// The runs of letters and digits of a name in lower case, also cut before a capital that follows a small letter.
fn parts(stem: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut small = false;
    for letter in stem.chars() {
        if !letter.is_ascii_alphanumeric() || (small && letter.is_ascii_uppercase()) {
            parts.push(String::new());
        }
        small = letter.is_ascii_lowercase();
        if let (Some(last), true) = (parts.last_mut(), letter.is_ascii_alphanumeric()) {
            last.push(letter.to_ascii_lowercase());
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// Adds the meanings of a part that words make up without a gap, such as `didr` or `drugsim`; false, and nothing added,
/// for any other.
fn read_words(part: &str, meanings: &mut Vec<Word>) -> bool {
    if part.is_empty() {
        return true;
    }
    let before = meanings.len();
    for (word, meaning) in WORDS {
        if let Some(rest) = part.strip_prefix(word) {
            meanings.push(meaning);
            if read_words(rest, meanings) {
                return true;
            }
            meanings.truncate(before);
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_published_data_sets_are_understood() {
        let association = |rows| Some(Role::Association { rows });
        let (drug, disease) = (Side::Drug, Side::Disease);
        for (name, expected) in [
            ("predict_admat_dgc.txt", association(None)),
            ("predict_simmat_dc_chemical.txt", Some(Role::Similarity(Some(drug)))),
            ("predict_simmat_dg.txt", Some(Role::Similarity(Some(disease)))),
            ("data/drug_dis.csv", association(Some(drug))),
            ("drug_dis_mat.txt", association(Some(drug))),
            ("didr", association(Some(disease))),
            ("DiDrAMat", association(Some(disease))),
            ("disease-drug.tsv.gz", association(Some(disease))),
            ("interaction", association(None)),
            ("drug_sim.csv.gz", Some(Role::Similarity(Some(drug)))),
            ("dis_sim.csv", Some(Role::Similarity(Some(disease)))),
            ("DrugSimMat", Some(Role::Similarity(Some(drug)))),
            ("drug_disease_sim", Some(Role::Similarity(None))),
            ("Wrname", Some(Role::Nodes(drug))),
            ("Wdname", Some(Role::Nodes(disease))),
            ("DiseasesName", Some(Role::Nodes(disease))),
            ("drug_names.txt", Some(Role::Nodes(drug))),
            ("drugs.txt", Some(Role::Nodes(drug))),
            ("disease", Some(Role::Nodes(disease))),
            ("1_drug_to_protein.tsv", None),
            ("drug_target_go_mat.txt", None),
            ("README.md", None),
            ("discovery.csv", None),
            ("", None),
        ] {
            assert_eq!(role(name), expected, "{name}");
        }
    }

    #[test]
    fn a_name_without_end_is_not_looked_at() {
        assert_eq!(role(&"mat".repeat(100_000)), None);
        assert_eq!(role(&format!("{}q", "di".repeat(31))), None);
    }
}
