//! What is answered, and what is kept of it for the next who asks the same.

use std::io::Write;
use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::problem::Problem;

/// Bodies shorter than this are sent as they are.
const WORTH_PACKING: usize = 1024;
/// Characters of a digest that tell a body from others.
const TAG: usize = 32;
/// Bytes that an entry of the cache takes beside its bodies, about.
const ENTRY: u64 = 512;

/// A body with what is known of it: what it is, how it is told from others, and how it is sent where it may be packed.
#[derive(Debug)]
pub struct Reply {
    content_type: &'static str,
    /// What it is saved as, where it is to be saved.
    file: Option<HeaderValue>,
    body: Bytes,
    packed: Option<Bytes>,
    tag: HeaderValue,
}

impl Reply {
    /// A reply of that type.
    pub fn new(content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let body: Bytes = body.into();
        let digest = format!("{:x}", Sha256::digest(&body));
        let tag = HeaderValue::from_str(&format!("\"{}\"", &digest[..TAG]));
        let tag = tag.unwrap_or_else(|_| HeaderValue::from_static("\"\""));
        let packed = (body.len() >= WORTH_PACKING).then(|| pack(&body)).flatten();
        Self { content_type, file: None, body, packed, tag }
    }

    /// A page.
    pub fn html(page: impl Into<String>) -> Self {
        Self::new("text/html; charset=utf-8", page.into())
    }

    /// A JSON document.
    ///
    /// # Errors
    ///
    /// When the document cannot be written as JSON.
    pub fn json(document: &impl Serialize) -> Result<Self, Problem> {
        let text = serde_json::to_vec(document).map_err(|error| Problem::internal(error.to_string()))?;
        Ok(Self::new("application/json", text))
    }

    /// The same to be saved as a file of that name.
    #[must_use]
    pub fn saved_as(self, name: &str) -> Self {
        let kept = |letter: char| {
            if letter.is_ascii_alphanumeric() || "-_.".contains(letter) { letter } else { '_' }
        };
        let name: String = name.chars().map(kept).collect();
        Self { file: HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")).ok(), ..self }
    }

    /// The response to a request with these headers: nothing but its tag, where the client has it already.
    pub fn respond(&self, asked: &HeaderMap) -> Response {
        let known = asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
        let tag = self.tag.to_str().unwrap_or_default();
        let is_known = |value: &str| {
            value
                .split(',')
                .any(|one| matches!(one.trim(), "*") || one.trim().trim_start_matches("W/") == tag)
        };
        let mut headers = HeaderMap::new();
        headers.insert(header::ETAG, self.tag.clone());
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding, Cookie"));
        if known.into_iter().any(is_known) {
            return (StatusCode::NOT_MODIFIED, headers).into_response();
        }
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        if let Some(file) = &self.file {
            headers.insert(header::CONTENT_DISPOSITION, file.clone());
        }
        match &self.packed {
            Some(packed) if takes_gzip(asked) => {
                headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
                (headers, packed.clone()).into_response()
            }
            _ => (headers, self.body.clone()).into_response(),
        }
    }
}

/// Packed, where that makes it smaller.
fn pack(body: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 3), Compression::new(5));
    encoder.write_all(body).ok()?;
    let packed = encoder.finish().ok()?;
    (packed.len() < body.len()).then(|| packed.into())
}

/// Whether the client says that it can unpack gzip (RFC 9110, section 12.5.3).
fn takes_gzip(asked: &HeaderMap) -> bool {
    let values = asked.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let refused = weight.trim().strip_prefix("q=").is_some_and(|q| q.trim().parse() == Ok(0.0f32));
        matches!(name.trim(), "gzip" | "*") && !refused
    })
}

#[derive(Clone)]
struct Bodies;

impl Weighter<String, Arc<Reply>> for Bodies {
    fn weight(&self, key: &String, reply: &Arc<Reply>) -> u64 {
        let packed = reply.packed.as_ref().map_or(0, Bytes::len);
        ENTRY + (key.len() + reply.body.len() + packed) as u64
    }
}

/// Replies that are kept: as many as fit into a number of bytes, those that are asked for often before others.
pub struct Replies(Cache<String, Arc<Reply>, Bodies>);

impl Replies {
    /// Room for so many bytes.
    pub fn new(bytes: u64) -> Self {
        let likely = (bytes / 16_384).max(64) as usize;
        Self(Cache::with_weighter(likely, bytes, Bodies))
    }

    /// The reply that is kept under a key, or the one that `make` makes. Who asks for what is being made waits for it; what
    /// fails is not kept.
    ///
    /// # Errors
    ///
    /// Those of `make`.
    pub async fn get(
        &self,
        key: &str,
        make: impl Future<Output = Result<Reply, Problem>>,
    ) -> Result<Arc<Reply>, Problem> {
        self.0.get_or_insert_async(key, async { Ok(Arc::new(make.await?)) }).await
    }

    /// Hits, misses, and the bytes that are kept.
    pub fn figures(&self) -> [u64; 3] {
        [self.0.hits(), self.0.misses(), self.0.weight()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(name: header::HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn a_client_that_has_it_is_sent_nothing() {
        let reply = Reply::html("a".repeat(10));
        let first = reply.respond(&HeaderMap::new());
        let tag = first.headers()[header::ETAG].to_str().unwrap().to_owned();
        assert_eq!(first.status(), StatusCode::OK);
        for value in [tag.clone(), format!("\"x\", W/{tag}"), "*".into()] {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_NONE_MATCH, HeaderValue::from_str(&value).unwrap());
            assert_eq!(reply.respond(&headers).status(), StatusCode::NOT_MODIFIED, "{value}");
        }
        assert_ne!(Reply::html("b").tag, reply.tag);
    }

    #[test]
    fn only_who_can_unpack_is_sent_packed_bodies() {
        let reply = Reply::html("word ".repeat(1000));
        let packed = |value| {
            let response = reply.respond(&asked(header::ACCEPT_ENCODING, value));
            response.headers().contains_key(header::CONTENT_ENCODING)
        };
        for value in ["gzip", "br, gzip;q=0.5", "*", "deflate,gzip"] {
            assert!(packed(value), "{value}");
        }
        for value in ["", "br", "gzip;q=0", "gzip; q=0.0"] {
            assert!(!packed(value), "{value}");
        }
        let short = Reply::html("word").respond(&asked(header::ACCEPT_ENCODING, "gzip"));
        assert!(!short.headers().contains_key(header::CONTENT_ENCODING));
    }

    #[test]
    fn file_names_hold_nothing_that_a_header_or_a_folder_would_mind() {
        let reply = Reply::html("x").saved_as("../a \"b\"\r\n.tsv");
        let response = reply.respond(&HeaderMap::new());
        assert_eq!(
            response.headers()[header::CONTENT_DISPOSITION],
            "attachment; filename=\".._a__b___.tsv\""
        );
    }
}
