//! Requests for a file or the rest of one.

use std::io::{self, ErrorKind, Read};
use std::time::Duration;

use ureq::http::{HeaderMap, StatusCode, header};
use ureq::{Agent, Body, Error, Timeout};

/// To find and reach a server, its proxy and TLS included.
const CONNECT: Duration = Duration::from_secs(20);
/// To begin an answer, or to send more of it.
const SILENCE: Duration = Duration::from_mins(1);
/// Redirects followed at most.
const REDIRECTS: u32 = 10;

/// The client. Connections are kept between requests; proxies are taken from the environment (`HTTPS_PROXY`, `HTTP_PROXY`,
/// `ALL_PROXY`, `NO_PROXY`).
pub struct Web(Agent);

/// What a server sends.
pub enum Answer {
    /// The whole file.
    Whole {
        /// Its bytes.
        body: Stream,
        /// How many there are, where the server says.
        length: Option<u64>,
        /// What tells whether a later request finds the same file.
        validator: Option<String>,
    },
    /// The file from a place on.
    Rest {
        /// Its bytes.
        body: Stream,
        /// Place of the first.
        start: u64,
        /// Bytes of the whole file, where the server says.
        total: Option<u64>,
    },
    /// There is nothing behind the place that was asked for.
    PastEnd {
        /// Bytes of the whole file, where the server says.
        total: Option<u64>,
    },
}

/// Why a request failed.
#[derive(Debug)]
pub enum Fault {
    /// There is no way to the server.
    Unreachable(String),
    /// Another attempt may go well.
    Passing {
        /// What went wrong.
        problem: String,
        /// When the server asks to be tried again.
        wished: Option<Duration>,
    },
    /// The server answered, with something other than the file.
    Refused(String),
    /// Nothing would change with another attempt.
    Lasting(String),
}

impl Web {
    pub fn new() -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(REDIRECTS)
            .user_agent(concat!("theriac/", env!("CARGO_PKG_VERSION")))
            // Ranges and checksums are those of the file as it is stored.
            .accept_encoding("identity")
            .timeout_resolve(Some(CONNECT))
            .timeout_connect(Some(CONNECT))
            .timeout_recv_response(Some(SILENCE))
            .timeout_per_read(Some(SILENCE));
        Self(config.build().new_agent())
    }

    /// Asks for a file from byte `from` on, provided that it is still the one of `validator`.
    pub fn get(&self, address: &str, from: u64, validator: Option<&str>) -> Result<Answer, Fault> {
        // What begins safely does not go on in the clear.
        let safe = address.starts_with("https://");
        let mut request = self.0.get(address).config().https_only(safe).build();
        if from > 0 {
            request = request.header(header::RANGE, format!("bytes={from}-"));
            if let Some(validator) = validator {
                request = request.header(header::IF_RANGE, validator);
            }
        }
        let response = request.call().map_err(|error| Fault::of(&error))?;
        let (parts, body) = response.into_parts();
        let (status, headers) = (parts.status, &parts.headers);
        match status {
            StatusCode::OK => Ok(Answer::Whole {
                length: body.content_length(),
                validator: validator_of(headers),
                body: Stream::new(body),
            }),
            StatusCode::PARTIAL_CONTENT if from > 0 => match content_range(headers) {
                Some((Some(start), total)) => Ok(Answer::Rest { body: Stream::new(body), start, total }),
                _ => Err(Fault::Lasting("the server sent a part of the file without saying which".into())),
            },
            StatusCode::RANGE_NOT_SATISFIABLE if from > 0 => {
                Ok(Answer::PastEnd { total: content_range(headers).and_then(|(_, total)| total) })
            }
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => Err(Fault::busy(status, headers)),
            _ if status.is_server_error() => Err(Fault::busy(status, headers)),
            _ => Err(Fault::Refused(in_words(status))),
        }
    }
}

/// The bytes of an answer.
pub struct Stream(Box<dyn Read>);

impl Stream {
    fn new(body: Body) -> Self {
        Self(Box::new(body.into_reader()))
    }

    /// Reads some bytes; none at the end.
    pub fn read(&mut self, block: &mut [u8]) -> Result<usize, Fault> {
        loop {
            match self.0.read(block) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => return read.map_err(|error| Fault::of(&Error::from(error))),
            }
        }
    }
}

impl Fault {
    fn of(error: &Error) -> Self {
        match error {
            Error::Io(error) => Self::of_io(error),
            Error::HostNotFound
            | Error::ConnectionFailed
            | Error::ConnectProxyFailed(_)
            | Error::Timeout(Timeout::Resolve | Timeout::Connect) => Self::Unreachable(error.to_string()),
            Error::Timeout(_) | Error::Protocol(_) | Error::BodyStalled => {
                Self::Passing { problem: error.to_string(), wished: None }
            }
            Error::TooManyRedirects => {
                Self::Lasting(format!("it was redirected more than {REDIRECTS} times"))
            }
            _ => Self::Lasting(error.to_string()),
        }
    }

    fn of_io(error: &io::Error) -> Self {
        let problem = error.to_string();
        match error.kind() {
            // A connection that stood, and broke.
            ErrorKind::BrokenPipe
            | ErrorKind::ConnectionAborted
            | ErrorKind::ConnectionReset
            | ErrorKind::NotConnected
            | ErrorKind::TimedOut
            | ErrorKind::UnexpectedEof
            | ErrorKind::WouldBlock => Self::Passing { problem, wished: None },
            // This is how a certificate that is not trusted arrives.
            ErrorKind::InvalidData => Self::Lasting(problem),
            // Refused, no route, or a name that cannot be looked up, for which there is no kind.
            _ => Self::Unreachable(problem),
        }
    }

    fn busy(status: StatusCode, headers: &HeaderMap) -> Self {
        let problem = format!("the server answered {}", in_words(status));
        Self::Passing { problem, wished: retry_after(headers) }
    }
}

fn in_words(status: StatusCode) -> String {
    match status.canonical_reason() {
        Some(reason) => format!("{} {reason}", status.as_u16()),
        None => status.as_u16().to_string(),
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// A strong entity tag, or a date where there is no tag at all: what RFC 9110 (section 13.1.5) lets a range depend on.
fn validator_of(headers: &HeaderMap) -> Option<String> {
    match text(headers, "etag") {
        Some(tag) => tag.starts_with('"').then(|| tag.to_owned()),
        None => text(headers, "last-modified").map(str::to_owned),
    }
}

/// First byte and length of the whole file, from `bytes 5-9/10`, `bytes 5-9/*` or `bytes */10`.
fn content_range(headers: &HeaderMap) -> Option<(Option<u64>, Option<u64>)> {
    let (range, total) = text(headers, "content-range")?.strip_prefix("bytes ")?.split_once('/')?;
    let start = range.split_once('-').and_then(|(start, _)| start.parse().ok());
    Some((start, total.parse().ok()))
}

/// Seconds to wait. A date in place of seconds is not followed: the usual pause then does.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    text(headers, "retry-after")?.parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::HeaderName::from_static(name), value.parse().unwrap())])
    }

    #[test]
    fn ranges_are_read() {
        let read = |value| content_range(&headers("content-range", value));
        assert_eq!(read("bytes 5-9/10"), Some((Some(5), Some(10))));
        assert_eq!(read("bytes 5-9/*"), Some((Some(5), None)));
        assert_eq!(read("bytes */10"), Some((None, Some(10))));
        assert_eq!(read("pages 5-9/10"), None);
        assert_eq!(read("bytes 5-9"), None);
    }

    #[test]
    fn only_what_tells_the_same_bytes_is_a_validator() {
        assert_eq!(validator_of(&headers("etag", "\"abc\"")), Some("\"abc\"".into()));
        assert_eq!(validator_of(&headers("etag", "W/\"abc\"")), None);
        let date = "Wed, 21 Oct 2015 07:28:00 GMT";
        assert_eq!(validator_of(&headers("last-modified", date)), Some(date.into()));
        assert_eq!(validator_of(&HeaderMap::new()), None);
    }

    #[test]
    fn seconds_to_wait_are_read() {
        assert_eq!(retry_after(&headers("retry-after", "7")), Some(Duration::from_secs(7)));
        assert_eq!(retry_after(&headers("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT")), None);
    }

    #[test]
    fn faults_that_pass_are_told_from_those_that_last() {
        let io = |kind: ErrorKind| Fault::of(&Error::Io(kind.into()));
        assert!(matches!(io(ErrorKind::ConnectionReset), Fault::Passing { .. }));
        assert!(matches!(io(ErrorKind::UnexpectedEof), Fault::Passing { .. }));
        assert!(matches!(io(ErrorKind::ConnectionRefused), Fault::Unreachable(_)));
        assert!(matches!(io(ErrorKind::InvalidData), Fault::Lasting(_)));
        assert!(matches!(Fault::of(&Error::HostNotFound), Fault::Unreachable(_)));
        assert!(matches!(Fault::of(&Error::Timeout(Timeout::PerRead)), Fault::Passing { .. }));
        assert!(matches!(Fault::of(&Error::TooManyRedirects), Fault::Lasting(_)));
    }
}
