//! A web server of a test's own on this machine: it says what the test has it say, and remembers what it was asked.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// What was asked.
#[derive(Clone, Debug)]
pub struct Request {
    /// Path, with its slash.
    pub path: String,
    /// First byte that was asked for, where not all were.
    pub from: Option<usize>,
    /// What the range depends on.
    pub if_range: Option<String>,
}

/// What to answer.
#[derive(Clone, Debug)]
pub struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    cut: Option<usize>,
    nap: Duration,
}

impl Reply {
    /// A status and nothing else.
    pub fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), cut: None, nap: Duration::ZERO }
    }

    /// All of a file, whatever was asked for.
    pub fn whole(file: &[u8]) -> Self {
        Self { body: file.to_vec(), ..Self::status(200) }
    }

    /// What was asked for of a file, as RFC 9110 has it; ranges depend on this entity tag.
    pub fn range(file: &[u8], tag: &str, request: &Request) -> Self {
        let same = request.if_range.as_deref().is_none_or(|wanted| wanted == tag);
        let reply = match request.from {
            Some(from) if same && from >= file.len() => {
                Self::status(416).header("Content-Range", format!("bytes */{}", file.len()))
            }
            Some(from) if same => Self { body: file[from..].to_vec(), ..Self::status(206) }
                .header("Content-Range", format!("bytes {from}-{}/{}", file.len() - 1, file.len())),
            _ => Self::whole(file),
        };
        reply.header("ETag", tag)
    }

    /// With a header, in place of any of that name.
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.retain(|(other, _)| *other != name);
        self.headers.push((name, value.into()));
        self
    }

    /// With the connection closed after this many bytes of the body, though all were announced.
    pub fn cut(mut self, bytes: usize) -> Self {
        self.cut = Some(bytes);
        self
    }

    /// With a nap after every thousand bytes.
    pub fn napping(mut self, nap: Duration) -> Self {
        self.nap = nap;
        self
    }

    fn send(&self, mut stream: &TcpStream) -> std::io::Result<()> {
        write!(stream, "HTTP/1.1 {} Answer\r\nContent-Length: {}\r\n", self.status, self.body.len())?;
        for (name, value) in &self.headers {
            write!(stream, "{name}: {value}\r\n")?;
        }
        stream.write_all(b"Connection: close\r\n\r\n")?;
        for piece in self.body[..self.cut.unwrap_or(self.body.len())].chunks(1000) {
            stream.write_all(piece)?;
            if !self.nap.is_zero() {
                thread::sleep(self.nap);
            }
        }
        stream.flush()
    }
}

/// The server, until it is dropped.
pub struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Answers by `answer`, which gets the request and how many came before it.
    pub fn start(answer: impl Fn(&Request, usize) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let stopping = Arc::new(AtomicBool::new(false));
        let (log, stop) = (Arc::clone(&requests), Arc::clone(&stopping));
        let thread = thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::SeqCst) {
                    break;
                }
                let stream = stream.unwrap();
                let Some(request) = read(&stream) else { continue };
                let earlier = {
                    let mut log = log.lock().unwrap();
                    log.push(request.clone());
                    log.len() - 1
                };
                // Whoever asked may have gone away; that is theirs to notice.
                let _ = answer(&request, earlier).send(&stream);
            }
        });
        Self { address, requests, stopping, thread: Some(thread) }
    }

    /// Its address, without a slash at the end.
    pub fn address(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it was asked so far.
    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        // Wakes the thread, so that it looks.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next()?.ok()?;
    let path = first.split(' ').nth(1)?.to_owned();
    let mut request = Request { path, from: None, if_range: None };
    for line in lines {
        let line = line.ok()?;
        if line.is_empty() {
            return Some(request);
        }
        let (name, value) = line.split_once(':')?;
        match name.to_ascii_lowercase().as_str() {
            "range" => request.from = value.trim().strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok(),
            "if-range" => request.if_range = Some(value.trim().to_owned()),
            _ => {}
        }
    }
    None
}
