//! Names of outside vocabularies as graphs spell names.

/// The words of a name in lower case with `_` between: `small_molecule` of `SmallMolecule`, `has_phenotype` of
/// `has phenotype`. Empty where the text has neither letters nor digits.
pub(crate) fn snake_case(text: &str) -> String {
    let mut name = String::with_capacity(text.len() + 4);
    let mut letters = text.chars().peekable();
    let mut previous: Option<char> = None;
    while let Some(letter) = letters.next() {
        if !letter.is_alphanumeric() {
            previous = None;
            continue;
        }
        let follows_small = previous.is_some_and(|previous| !previous.is_uppercase());
        let before_small = previous.is_some() && letters.peek().is_some_and(|next| next.is_lowercase());
        let begins = letter.is_uppercase() && (follows_small || before_small);
        if !name.is_empty() && (previous.is_none() || begins) {
            name.push('_');
        }
        name.extend(letter.to_lowercase());
        previous = Some(letter);
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_told_apart() {
        let texts = [
            "SmallMolecule",
            "has phenotype",
            "RNAProduct",
            "MicroRNA",
            "GO term",
            "part-of",
            "Disease",
            " (x) ",
            "!",
        ];
        let expected = [
            "small_molecule",
            "has_phenotype",
            "rna_product",
            "micro_rna",
            "go_term",
            "part_of",
            "disease",
            "x",
            "",
        ];
        assert_eq!(texts.map(snake_case), expected);
        assert_eq!(snake_case("RO_0002434"), "ro_0002434");
        assert_eq!(snake_case("excluded_subClassOf"), "excluded_sub_class_of");
        assert_eq!(snake_case("Ménière/Ünï"), "ménière_ünï");
    }
}
