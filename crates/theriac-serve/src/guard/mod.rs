//! What a request has to pass before it is answered.
//!
//! The layers, from the outside: counting and the headers that every response has ([`headers`]), the limits on how much is
//! asked at once, the name that the server is called by ([`host`], against DNS rebinding), the token ([`token`]), and where a
//! request that changes something comes from ([`origin`], against forged requests).

pub mod headers;
pub mod host;
pub mod limits;
pub mod origin;
pub mod token;

use std::net::SocketAddr;

pub use token::{LEAST_TOKEN, Sessions};

/// Who is let in.
pub struct Guard {
    /// Names that the server answers to, without ports.
    pub hosts: Vec<String>,
    /// Whether responses travel encrypted.
    pub encrypted: bool,
    /// What has to be shown, where something has to be.
    pub token: Option<String>,
    /// Who has shown it.
    pub sessions: Sessions,
}

impl Guard {
    /// A guard of the server at this address, which answers to the names of this machine, the address itself, and `hosts`.
    pub fn new(address: SocketAddr, hosts: &[String], token: Option<String>, encrypted: bool) -> Self {
        let own = ["localhost", "127.0.0.1", "[::1]"].map(str::to_owned);
        let ip = match address.ip() {
            std::net::IpAddr::V4(ip) => ip.to_string(),
            std::net::IpAddr::V6(ip) => format!("[{ip}]"),
        };
        let hosts = own.into_iter().chain([ip]).chain(hosts.iter().map(|host| host.to_lowercase())).collect();
        Self { hosts, encrypted, token, sessions: Sessions::default() }
    }
}
