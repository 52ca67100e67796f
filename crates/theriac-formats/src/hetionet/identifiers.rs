//! Identifiers of the form `Kind::id`, as Hetionet and graphs made from it have them.

use std::borrow::Cow;

/// The vocabulary that the ids of a kind come from, where they do not say it themselves.
const VOCABULARIES: [(&str, &str, IsLocal); 6] = [
    ("Compound", "drugbank", |id| id.strip_prefix("DB").is_some_and(is_number)),
    ("Gene", "ncbigene", is_number),
    ("Side Effect", "umls", |id| id.strip_prefix('C').is_some_and(is_number)),
    ("Symptom", "mesh", |id| id.strip_prefix('D').is_some_and(is_number)),
    ("Pharmacologic Class", "ndfrt", |id| id.strip_prefix('N').is_some_and(is_number)),
    ("Tax", "ncbitaxon", is_number),
];

type IsLocal = fn(&str) -> bool;

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Kind and id of `Compound::DB00014`, the id as a CURIE where the vocabulary of the kind is known
/// (`drugbank:DB00014`) and otherwise as it is; `None` where the text has no kind.
pub(crate) fn identifier(text: &str) -> Option<(&str, Cow<'_, str>)> {
    let (kind, local) =
        text.split_once("::").filter(|(kind, local)| !kind.is_empty() && !local.is_empty())?;
    Some((kind, curie(kind, local)))
}

/// The id of a node of this kind as a CURIE, where its vocabulary is known, and otherwise as it is.
pub(crate) fn curie<'a>(kind: &str, local: &'a str) -> Cow<'a, str> {
    let known = VOCABULARIES.iter().find(|(known, _, is_local)| *known == kind && is_local(local));
    known.map_or(Cow::Borrowed(local), |(_, prefix, _)| Cow::Owned(format!("{prefix}:{local}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_say_where_they_come_from() {
        for (text, kind, id) in [
            ("Compound::DB00014", "Compound", "drugbank:DB00014"),
            ("Gene::9997", "Gene", "ncbigene:9997"),
            ("Gene::drugbank:BE0000048", "Gene", "drugbank:BE0000048"),
            ("Disease::DOID:9970", "Disease", "DOID:9970"),
            ("Side Effect::C0000727", "Side Effect", "umls:C0000727"),
            ("Symptom::D000006", "Symptom", "mesh:D000006"),
            ("Pathway::WP98_r72088", "Pathway", "WP98_r72088"),
            ("compound::DB00014", "compound", "DB00014"),
            ("drug::a::b", "drug", "a::b"),
        ] {
            assert_eq!(identifier(text), Some((kind, id.into())));
        }
        for text in ["DB00014", "::x", "Gene::", "Gene:1"] {
            assert_eq!(identifier(text), None);
        }
    }
}
