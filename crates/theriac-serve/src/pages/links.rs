//! Addresses of pages.

use std::fmt::Write;

use theriac_explain::Node;
use theriac_link::Pair;
use theriac_predict::ranked::End;

use crate::models::Served;

/// A text as a part of an address: everything but letters, digits and `-_.~` is written as `%XX` (RFC 3986).
pub fn encoded(text: &str) -> String {
    let mut address = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            address.push(char::from(byte));
        } else {
            // Writing to a text does not fail.
            let _ = write!(address, "%{byte:02X}");
        }
    }
    address
}

/// A page of a model: `/m/hetionet/graph`.
pub fn page(model: &str, rest: &str) -> String {
    let slash = if rest.is_empty() { "" } else { "/" };
    format!("/m/{}{slash}{rest}", encoded(model))
}

/// The page of a node: its candidates, where it has some; otherwise what is around it.
pub fn node(served: &Served, node: Node) -> String {
    let kind = if served.end_of(node.node_type).is_some() { "candidates" } else { "node" };
    node_page(served, kind, node)
}

/// A page of that kind of a node.
pub fn node_page(served: &Served, kind: &str, node: Node) -> String {
    let table = &served.tables()[node.node_type];
    let id = &table.ids[node.index as usize];
    page(&served.name, &format!("{kind}/{}/{}", encoded(&table.node_type), encoded(id)))
}

/// The page of a pair.
pub fn pair(served: &Served, pair: Pair) -> String {
    let id = |end: End, node: u32| encoded(&served.predictor.table(end).ids[node as usize]);
    let (source, target) = (id(End::Source, pair.source), id(End::Target, pair.target));
    page(&served.name, &format!("pair/{source}/{target}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_an_id_ends_an_address() {
        assert_eq!(encoded("DOID:10652/a?b#c%d é"), "DOID%3A10652%2Fa%3Fb%23c%25d%20%C3%A9");
        assert_eq!(page("m", ""), "/m/m");
        assert_eq!(page("a b", "graph"), "/m/a%20b/graph");
    }
}
