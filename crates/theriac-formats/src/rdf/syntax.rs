//! The ways of writing RDF down: told by content, read as statements.

use std::io::{self, Read};

use memchr::{memchr, memmem};
use oxrdf::Quad;
use oxrdfio::{RdfFormat, RdfParseError, RdfParser, RdfSyntaxError};

use crate::blocks::{Latin1Lines, in_blocks};
use crate::error::FormatError;
use crate::input::Input;

/// An entity of an XML document may stand for so much text: for the beginning of an IRI.
const LONGEST_ENTITY: usize = 256;
/// Bytes that are read at once.
const BUFFER_BYTES: usize = 1 << 16;

/// A way of writing RDF down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Syntax {
    /// N-Triples and N-Quads: a statement a line.
    Lines,
    /// Turtle and `TriG`, of which Turtle is a part.
    TriG,
    Xml,
}

/// Prefixes and what they stand for.
pub(super) type Prefixes = Vec<(String, String)>;

impl Syntax {
    /// The syntax of a content that begins so; `None` where it is no RDF.
    pub(super) fn of(head: &[u8]) -> Option<Self> {
        let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
        let text = match std::str::from_utf8(head) {
            Ok(text) => text,
            Err(error) => std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default(),
        };
        let is_markup = ["<?xml", "<!DOCTYPE", "<!--", "<rdf:RDF"]
            .iter()
            .any(|start| text.trim_start().starts_with(start));
        if is_markup {
            let is_rdf =
                text.contains("<rdf:RDF") && text.contains("http://www.w3.org/1999/02/22-rdf-syntax-ns#");
            return is_rdf.then_some(Self::Xml);
        }
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let first = lines.next()?;
        let mut words = first.split_whitespace();
        let word = words.next()?;
        if ["@prefix", "@base", "prefix", "base"].iter().any(|known| word.eq_ignore_ascii_case(known)) {
            let iri = words.find(|word| !word.ends_with(':'))?;
            return iri.starts_with('<').then_some(Self::TriG);
        }
        let is_node = |word: &str| iri(word).is_some() || word.starts_with("_:");
        if !is_node(word) {
            return None;
        }
        match words.next() {
            Some(predicate) if iri(predicate).is_some() => {
                let whole = first.trim_end_matches('.').len() < first.len() && !first.contains(" ; ");
                let object = words.next().is_some_and(|object| is_node(object) || object.starts_with('"'));
                Some(if whole && object { Self::Lines } else { Self::TriG })
            }
            Some("a" | "{") => Some(Self::TriG),
            // The rest of a first statement may stand on the next lines.
            None => lines
                .next()
                .and_then(|next| next.split_whitespace().next())
                .and_then(|predicate| (predicate == "a" || iri(predicate).is_some()).then_some(Self::TriG)),
            Some(_) => None,
        }
    }

    fn expected(self) -> &'static str {
        match self {
            Self::Lines => "valid N-Triples or N-Quads",
            Self::TriG => "valid Turtle or TriG",
            Self::Xml => "valid RDF/XML",
        }
    }

    /// Passes every statement of `input` to `take`, in order, and gives the prefixes of the document.
    ///
    /// # Errors
    ///
    /// [`FormatError::Line`] where the syntax is wrong, [`FormatError::Refused`] for entities that stand for much text;
    /// what reading meets.
    pub(super) fn read(
        self,
        input: &Input,
        mut take: impl FnMut(Quad) + Send,
    ) -> Result<(Prefixes, Latin1Lines), FormatError> {
        let file = input.path().display().to_string();
        if self == Self::Lines {
            let parse = |text: &str| {
                RdfParser::from_format(RdfFormat::NQuads).for_slice(text).collect::<Result<Vec<Quad>, _>>()
            };
            let latin1 = in_blocks(
                input,
                |block| match parse(block.text) {
                    Ok(quads) => Ok((quads, block.text.len())),
                    Err(error) => Err(self.error(&file, block.first_line, 0, &error)),
                },
                |quads| {
                    quads.into_iter().for_each(&mut take);
                    Ok(())
                },
            )?;
            return Ok((Prefixes::new(), latin1));
        }
        if self == Self::Xml {
            check_entities(input, &file)?;
        }
        input.read(|reader| {
            let format = if self == Self::Xml { RdfFormat::RdfXml } else { RdfFormat::TriG };
            let mut lines = LineByLine::new(reader, (self == Self::Xml).then(|| input.head().len() as u64));
            let mut statements = RdfParser::from_format(format).for_reader(&mut lines);
            let (mut prefixes, mut failure) = (Prefixes::new(), None);
            while let Some(statement) = statements.next() {
                // In XML prefixes hold within an element: those of the outermost stand at the first statement.
                if prefixes.is_empty() {
                    prefixes.extend(owned(statements.prefixes()));
                }
                match statement {
                    Ok(quad) => take(quad),
                    Err(error) => {
                        failure = Some(error);
                        break;
                    }
                }
            }
            prefixes.extend(owned(statements.prefixes()));
            drop(statements);
            match failure {
                None => Ok((prefixes, Latin1Lines::default())),
                Some(RdfParseError::Io(error)) => Err(input.error(error)),
                Some(RdfParseError::Syntax(error)) => Err(self.error(&file, 1, lines.line, &error)),
            }
        })
    }

    /// The error of a document, or of a part that begins on `first_line`; `reached` is the line that reading had come to.
    fn error(self, file: &str, first_line: u64, reached: u64, error: &RdfSyntaxError) -> FormatError {
        let text = error.to_string();
        let place = error.location();
        let found = match (&place, text.split_once(": ")) {
            (Some(_), Some((_, reason))) => reason.to_owned(),
            _ => text,
        };
        let line = place.map_or(reached.max(1), |place| first_line + place.start.line);
        FormatError::Line { file: file.into(), line, found, expected: self.expected().into() }
    }
}

fn owned<'p>(prefixes: impl Iterator<Item = (&'p str, &'p str)>) -> impl Iterator<Item = (String, String)> {
    prefixes.map(|(prefix, iri)| (prefix.to_owned(), iri.to_owned()))
}

/// What stands between the angle brackets that a word begins with, where that is an absolute IRI.
fn iri(word: &str) -> Option<&str> {
    let (iri, _) = word.strip_prefix('<')?.split_once('>')?;
    let (scheme, _) = iri.split_once(':')?;
    let named = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    named.then_some(iri)
}

/// Refuses entities that stand for long texts or for other entities: of a few of them more text can be made than any
/// machine holds.
fn check_entities(input: &Input, file: &str) -> Result<(), FormatError> {
    let declared = memmem::find_iter(input.head(), b"<!ENTITY");
    for at in declared {
        let rest = &input.head()[at..];
        let Some(value) = memchr(b'"', rest).map(|quote| &rest[quote + 1..]) else { continue };
        let value = &value[..memchr(b'"', value).unwrap_or(value.len())];
        if value.len() > LONGEST_ENTITY || value.contains(&b'&') {
            return Err(refused_entity(file, "an entity of it stands for other entities or for a long text"));
        }
    }
    Ok(())
}

fn refused_entity(file: &str, reason: &str) -> FormatError {
    let expected = "entities at its beginning, each for the beginning of an IRI";
    FormatError::Refused { file: file.into(), reason: reason.into(), expected }
}

/// Hands out one line at a time, so that the parser is never ahead of the line that it is counted to be on.
struct LineByLine<'r> {
    reader: &'r mut (dyn Read + Send),
    buffer: Vec<u8>,
    at: usize,
    /// The line of what was handed out last.
    line: u64,
    line_ended: bool,
    /// Bytes that were read before those in the buffer.
    before: u64,
    /// Behind this place no entity may be declared.
    entities_end: Option<u64>,
}

impl<'r> LineByLine<'r> {
    fn new(reader: &'r mut (dyn Read + Send), entities_end: Option<u64>) -> Self {
        Self { reader, buffer: Vec::new(), at: 0, line: 0, line_ended: true, before: 0, entities_end }
    }

    fn fill(&mut self) -> io::Result<()> {
        const DECLARATION: &[u8] = b"<!ENTITY";
        // A declaration may stand across the seam of two buffers.
        let seam = self.buffer.split_off(self.buffer.len().saturating_sub(DECLARATION.len() - 1));
        self.before += (self.buffer.len() + seam.len()) as u64;
        self.buffer = seam;
        self.at = self.buffer.len();
        (&mut *self.reader).take(BUFFER_BYTES as u64).read_to_end(&mut self.buffer)?;
        if self.entities_end.is_some_and(|end| self.before >= end)
            && memmem::find(&self.buffer, DECLARATION).is_some()
        {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "an entity is declared far from its beginning",
            ));
        }
        self.buffer.drain(..self.at);
        self.at = if self.before == 0 && self.buffer.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        Ok(())
    }
}

impl Read for LineByLine<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.at == self.buffer.len() {
            self.fill()?;
        }
        let rest = &self.buffer[self.at..];
        let length = memchr(b'\n', rest).map_or(rest.len(), |end| end + 1).min(out.len());
        if length > 0 {
            out[..length].copy_from_slice(&rest[..length]);
            self.line += u64::from(self.line_ended);
            self.line_ended = out[length - 1] == b'\n';
            self.at += length;
        }
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syntaxes_are_told_by_content() {
        let rdf = "xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"";
        for (text, expected) in [
            ("<http://e/a> <http://e/b> <http://e/c> .\n", Some(Syntax::Lines)),
            ("# made\n_:b <http://e/b> \"x\"@en .", Some(Syntax::Lines)),
            ("<http://e/a> <http://e/b> <http://e/c> ;\n  <http://e/d> 1 .", Some(Syntax::TriG)),
            ("<http://e/a>\n  a <http://e/c> .", Some(Syntax::TriG)),
            ("<http://e/a> a <http://e/c> .", Some(Syntax::TriG)),
            ("\u{feff}@prefix ex: <http://e/> .\nex:a ex:b ex:c .", Some(Syntax::TriG)),
            ("PREFIX : <http://e/>", Some(Syntax::TriG)),
            ("@base <http://e/> .", Some(Syntax::TriG)),
            (&format!("<?xml version=\"1.0\"?>\n<rdf:RDF {rdf}>"), Some(Syntax::Xml)),
            ("<?xml version=\"1.0\"?>\n<graphml>", None),
            ("<html><body>", None),
            ("base,prefix\n1,2", None),
            ("prefix sum", None),
            ("<not an iri> <b> <c> .", None),
            ("", None),
        ] {
            assert_eq!(Syntax::of(text.as_bytes()), expected, "{text}");
        }
    }

    fn message(text: &str) -> String {
        let input = Input::from_bytes("x.rdf", text.into());
        Syntax::of(text.as_bytes()).unwrap().read(&input, drop).unwrap_err().to_string()
    }

    #[test]
    fn bad_syntax_is_one_clear_sentence() {
        let good = "<http://e/a> <http://e/b> <http://e/c> .\n";
        let found = message(&format!("{good}{good}<http://e/a> <http://e/b> .\n"));
        assert!(found.starts_with("x.rdf:3: found "), "{found}");
        assert!(found.ends_with("; expected valid N-Triples or N-Quads"), "{found}");
        let found = message("@prefix ex: <http://e/> .\n\nex:a ex:b ey:c .\n");
        assert!(found.starts_with("x.rdf:3: found "), "{found}");
        assert!(found.contains("ey"), "{found}");
        let start =
            "<?xml version=\"1.0\"?>\n<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n";
        let found = message(&format!("{start}<rdf:Description>\n</rdf:Other>\n\n\n</rdf:RDF>"));
        assert!(found.starts_with("x.rdf:4: found "), "{found}");
        assert!(found.ends_with("; expected valid RDF/XML"), "{found}");
    }

    #[test]
    fn entities_that_grow_are_refused() {
        let document = |entity: &str| {
            format!(
                "<?xml version=\"1.0\"?>\n<!DOCTYPE r [\n<!ENTITY a \"http://e/\">\n<!ENTITY b \"{entity}\">\n]>\n\
                 <rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns:e=\"http://e/\">\n\
                 <rdf:Description rdf:about=\"&a;x\"><e:y rdf:resource=\"&b;z\"/></rdf:Description>\n</rdf:RDF>\n"
            )
        };
        let mut statements = Vec::new();
        let good = document("http://f/");
        Syntax::Xml
            .read(&Input::from_bytes("x.rdf", good.into_bytes()), |quad| statements.push(quad))
            .unwrap();
        assert_eq!(statements.len(), 1);
        assert_eq!(statements[0].object.to_string(), "<http://f/z>");
        for bad in ["&a;&a;".to_owned(), "x".repeat(300)] {
            let expected = "x.rdf is refused: an entity of it stands for other entities or for a long text; expected \
                            entities at its beginning, each for the beginning of an IRI";
            assert_eq!(message(&document(&bad)), expected);
        }
        let late = format!(
            "{}{}<!DOCTYPE s [<!ENTITY c \"&a;&a;\">]>\n",
            document("http://f/"),
            " \n".repeat(1 << 20)
        );
        let found = message(&late);
        assert!(found.contains("an entity is declared far from its beginning"), "{found}");
    }
}
