//! Checks that every page passes: it is well-formed, and loads nothing.

/// A name that breaks whatever does not escape it.
pub const NASTY: &str = r#"<script>alert("1")</script> & 'x' | {{"#;

/// Elements that have no end tag.
const VOID: [&str; 4] = ["!DOCTYPE", "meta", "br", "hr"];

/// Checks that every tag is closed in order and that attributes have no stray quote; returns the number of elements.
pub fn check_nesting(html: &str) -> usize {
    let (head, rest) = html.split_once("<style>").expect("a style sheet");
    let (_, body) = rest.split_once("</style>").expect("the end of the style sheet");
    let mut open: Vec<&str> = Vec::new();
    let mut elements = 0;
    for piece in [head, "<style></style>", body].iter().flat_map(|part| part.split('<').skip(1)) {
        let (tag, text) = piece.split_once('>').expect("every < begins a tag");
        assert!(!text.contains('>'), "a stray > in {text:?}");
        assert!(tag.matches('"').count().is_multiple_of(2), "a stray quote in <{tag}>");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "the end of {name} closes something else");
            continue;
        }
        elements += 1;
        let name = tag.split([' ', '/', '\n']).next().unwrap_or_default();
        if !tag.ends_with('/') && !VOID.contains(&name) {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "left open: {open:?}");
    elements
}

/// Checks that the page loads nothing, and that each of its links leads to one place within it; returns their number.
pub fn check_links(html: &str) -> usize {
    let without_namespace = html.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
    for loading in
        ["http:", "https:", "src=", "url(", "@import", "<link", "<script", "<iframe", "<img", "<object"]
    {
        assert!(!without_namespace.contains(loading), "{loading} in the page");
    }
    let targets = html.split("href=\"").skip(1);
    for target in targets.clone() {
        let id =
            target.split('"').next().and_then(|to| to.strip_prefix('#')).expect("a link within the page");
        assert_eq!(html.matches(&format!("id=\"{id}\"")).count(), 1, "{id}");
    }
    targets.count()
}
