//! PrimeKG's ids as CURIEs.

/// The source of a disease that PrimeKG put together of several of MONDO's.
pub(super) const GROUPED: &str = "MONDO_grouped";

/// Makes `curie` the CURIE of an id of a source; the id itself where the source is not known.
pub(super) fn write_identifier(curie: &mut String, source: &str, id: &str) {
    curie.clear();
    let known = match source {
        _ if id.is_empty() => None,
        "NCBI" => Some(("ncbigene:", 0)),
        "DrugBank" => Some(("drugbank:", 0)),
        "MONDO" => Some(("MONDO:", 7)),
        GROUPED => Some(("mondo_grouped:", 0)),
        "HPO" => Some(("HP:", 7)),
        "GO" => Some(("GO:", 7)),
        "UBERON" => Some(("UBERON:", 7)),
        "REACTOME" => Some(("reactome:", 0)),
        "CTD" => Some(("mesh:", 0)),
        _ => None,
    };
    // Numbers lost their leading zeros; an id with a prefix of its own keeps it.
    let is_number = || id.bytes().all(|byte| byte.is_ascii_digit());
    if let Some((prefix, digits)) = known.filter(|&(_, digits)| digits == 0 || is_number()) {
        curie.push_str(prefix);
        curie.extend(std::iter::repeat_n('0', usize::saturating_sub(digits, id.len())));
    }
    curie.push_str(id);
}

/// The MONDO ids that a grouped one is put together of.
pub(super) fn members(grouped: &str) -> impl Iterator<Item = String> {
    grouped.split('_').filter(|id| !id.is_empty()).map(|id| {
        let mut curie = String::new();
        write_identifier(&mut curie, "MONDO", id);
        curie
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_get_their_prefixes_and_their_zeros_back() {
        for (source, id, curie) in [
            ("NCBI", "9796", "ncbigene:9796"),
            ("DrugBank", "DB00945", "drugbank:DB00945"),
            ("MONDO", "5148", "MONDO:0005148"),
            ("HPO", "1", "HP:0000001"),
            ("GO", "46872", "GO:0046872"),
            ("REACTOME", "R-HSA-109582", "reactome:R-HSA-109582"),
            ("MONDO_grouped", "1_2", "mondo_grouped:1_2"),
            ("Elsewhere", "7", "7"),
            ("MONDO", "MONDO:0005148", "MONDO:0005148"),
        ] {
            let mut written = String::from("left over");
            write_identifier(&mut written, source, id);
            assert_eq!(written, curie);
        }
        assert_eq!(members("13924_12592").collect::<Vec<_>>(), ["MONDO:0013924", "MONDO:0012592"]);
    }
}
