//! A workbench that is open for a test, and what is asked of it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use serde_json::Value;
use ureq::Agent;
use ureq::config::ConfigBuilder;
use ureq::http::{Method, Request, Response};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::typestate::AgentScope;

use crate::workplace::{Workplace, program};

/// How long a workbench may take to open: far more than it does.
const PATIENCE: Duration = Duration::from_mins(2);

/// An open workbench. It is killed when the test is done with it.
pub struct Workbench {
    child: Child,
    /// `http://127.0.0.1:PORT`.
    pub address: String,
    agent: Agent,
}

/// An answer.
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    /// The JSON document of an answer that went well.
    pub fn json(&self) -> Value {
        assert!(self.status < 300, "{} {}", self.status, self.text());
        serde_json::from_slice(&self.body).unwrap()
    }

    /// What went wrong, as RFC 9457 tells it.
    pub fn problem(&self) -> Value {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{}", self.text());
        let problem: Value = serde_json::from_slice(&self.body).unwrap();
        assert_eq!(problem["status"], self.status);
        problem
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(of, _)| of == name).map(|(_, value)| value.as_str())
    }
}

impl Workbench {
    /// Opens the model `m` of a workplace, with its shortlist there and these arguments besides.
    pub fn open(workplace: &Workplace, arguments: &[&str]) -> Self {
        let mut bench = Self {
            child: spawn(workplace, arguments),
            address: String::new(),
            agent: agent().build().new_agent(),
        };
        let errors = BufReader::new(bench.child.stderr.take().unwrap());
        let (told, heard) = channel();
        thread::spawn(move || {
            for line in errors.lines().map_while(Result::ok) {
                // Who has heard enough does not listen any more, and the rest is still read, so that nobody waits.
                let _ = told.send(line);
            }
        });
        let mut lines = Vec::new();
        loop {
            let line = heard.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("it does not open: {lines:?}"));
            if let Some(address) = line.strip_prefix("the workbench is at ") {
                let address = address.split_whitespace().next().unwrap();
                bench.address = address.trim_end_matches('/').into();
                return bench;
            }
            lines.push(line);
        }
    }

    /// The same, asked by somebody who trusts this authority (PEM) alone.
    pub fn trusting(mut self, authority: &[u8]) -> Self {
        let authority = Certificate::from_pem(authority).unwrap();
        let tls = TlsConfig::builder().root_certs(RootCerts::new_with_certs(&[authority])).build();
        self.agent = agent().tls_config(tls).build().new_agent();
        self
    }

    /// Sends a request with these headers and this body.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = Request::builder()
            .method(Method::from_bytes(method.as_bytes()).unwrap())
            .uri(format!("{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = if matches!(method, "GET" | "HEAD" | "DELETE") {
            self.agent.run(request.body(()).unwrap())
        } else {
            self.agent.run(request.body(body).unwrap())
        };
        let (parts, mut body) =
            Response::into_parts(response.unwrap_or_else(|error| panic!("{method} {path}: {error}")));
        let headers =
            parts.headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
        Answer {
            status: parts.status.as_u16(),
            headers: headers.collect(),
            body: body.read_to_vec().unwrap(),
        }
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "")
    }

    /// A page as a browser asks for it.
    pub fn page(&self, path: &str) -> Answer {
        self.send("GET", path, &[("accept", "text/html")], "")
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, &[("content-type", "application/json")], &body.to_string())
    }

    /// The process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it at once, as a loss of power does.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Waits until it has ended; its exit code.
    pub fn ended(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

fn spawn(workplace: &Workplace, arguments: &[&str]) -> Child {
    program()
        .args(["serve", "m", "--addr", "127.0.0.1:0", "--shortlist"])
        .arg(workplace.path("shortlist.db"))
        .args(arguments)
        .current_dir(workplace.path(""))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Somebody who asks, and takes every answer as it is.
fn agent() -> ConfigBuilder<AgentScope> {
    Agent::config_builder().http_status_as_error(false).max_redirects(0)
}

impl Drop for Workbench {
    fn drop(&mut self) {
        self.kill();
    }
}
