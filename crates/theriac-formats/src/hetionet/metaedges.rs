//! Metaedges: what an edge says, in short or at length.

/// What the edges of a metaedge say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Metaedge<'a> {
    /// Name of the relation: `treats`.
    pub(super) name: &'a str,
    /// Whether the way round counts within one kind.
    pub(super) directed: bool,
}

/// Hetionet's metaedges by their abbreviations.
const ABBREVIATIONS: [(&str, &str); 24] = [
    ("AdG", "downregulates"),
    ("AeG", "expresses"),
    ("AuG", "upregulates"),
    ("CbG", "binds"),
    ("CcSE", "causes"),
    ("CdG", "downregulates"),
    ("CpD", "palliates"),
    ("CrC", "resembles"),
    ("CtD", "treats"),
    ("CuG", "upregulates"),
    ("DaG", "associates"),
    ("DdG", "downregulates"),
    ("DlA", "localizes"),
    ("DpS", "presents"),
    ("DrD", "resembles"),
    ("DuG", "upregulates"),
    ("GcG", "covaries"),
    ("GiG", "interacts"),
    ("Gr>G", "regulates"),
    ("GpBP", "participates"),
    ("GpCC", "participates"),
    ("GpMF", "participates"),
    ("GpPW", "participates"),
    ("PCiC", "includes"),
];

impl<'a> Metaedge<'a> {
    /// Reads `CtD`, `Compound - treats - Disease` or `Gene > regulates > Gene`.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        if let Some((short, name)) = ABBREVIATIONS.iter().find(|(short, _)| *short == text) {
            return Some(Self { name, directed: short.contains('>') });
        }
        let long = |sign: &str| {
            let mut parts = text.split(sign);
            let (_, name, _) = (parts.next()?, parts.next()?, parts.next()?);
            (parts.next().is_none() && !name.trim().is_empty()).then_some(name.trim())
        };
        let directed = long(" > ").map(|name| Self { name, directed: true });
        directed.or_else(|| long(" - ").map(|name| Self { name, directed: false }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_say_the_same() {
        let treats = Metaedge { name: "treats", directed: false };
        assert_eq!(Metaedge::parse("CtD"), Some(treats));
        assert_eq!(Metaedge::parse("Compound - treats - Disease"), Some(treats));
        let regulates = Metaedge { name: "regulates", directed: true };
        assert_eq!(Metaedge::parse("Gr>G"), Some(regulates));
        assert_eq!(Metaedge::parse("Gene > regulates > Gene"), Some(regulates));
        for text in ["", "XxX", "treats", "a - b", "a -  - b", "a - b - c - d"] {
            assert_eq!(Metaedge::parse(text), None, "{text:?}");
        }
    }
}
