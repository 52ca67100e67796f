//! One file from a server into its part, through whatever passes.

use crate::backoff::{Backoff, wait};
use crate::error::FetchError;
use crate::http::{Answer, Fault, Stream, Web};
use crate::observer::{Event, Observer};
use crate::part::Part;

/// Bytes between two looks whether to stop.
const BLOCK: usize = 1 << 16;

/// A file to be transferred.
pub struct Transfer<'a> {
    /// The client.
    pub web: &'a Web,
    /// File name, for the observer.
    pub name: &'a str,
    /// Where the file is.
    pub address: &'a str,
    /// Length that it should have, where it is known.
    pub size: Option<u64>,
    /// Whether its checksum is known, so that halves of two different files would be noticed.
    pub pinned: bool,
    /// How patiently to try.
    pub backoff: Backoff,
    /// Who watches.
    pub observer: &'a dyn Observer,
}

/// Why a transfer ended early.
pub enum Broken {
    /// There is no way to the server.
    Unreachable(String),
    /// Anything else.
    Error(FetchError),
}

/// Why an attempt ended early.
enum Setback {
    /// The request failed.
    Fault(Fault),
    /// What is here cannot be gone on with.
    Unusable(&'static str),
    /// The transfer ends.
    Error(FetchError),
}

impl From<Fault> for Setback {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<FetchError> for Setback {
    fn from(error: FetchError) -> Self {
        Self::Error(error)
    }
}

impl From<FetchError> for Broken {
    fn from(error: FetchError) -> Self {
        Self::Error(error)
    }
}

impl Transfer<'_> {
    /// Goes on until the part holds as many bytes as the server has.
    pub fn run(&self, part: &mut Part) -> Result<(), Broken> {
        let mut failures = 0;
        let mut furthest = part.bytes();
        let mut answered = false;
        loop {
            let setback = match self.attempt(part) {
                Ok(()) => return Ok(()),
                Err(setback) => setback,
            };
            if part.bytes() > furthest {
                furthest = part.bytes();
                failures = 0;
                answered = true;
            }
            failures += 1;
            let (problem, pause) = match setback {
                Setback::Error(error) => return Err(error.into()),
                Setback::Fault(Fault::Unreachable(reason)) if !answered => {
                    return Err(Broken::Unreachable(reason));
                }
                Setback::Fault(Fault::Refused(status)) => {
                    return Err(FetchError::Refused { address: self.address.into(), status }.into());
                }
                Setback::Fault(Fault::Lasting(problem)) => return Err(self.failed(failures, problem).into()),
                Setback::Fault(Fault::Unreachable(problem)) => (problem, self.backoff.pause(failures, None)),
                Setback::Fault(Fault::Passing { problem, wished }) => {
                    answered = true;
                    (problem, self.backoff.pause(failures, wished))
                }
                Setback::Unusable(reason) => {
                    self.restart(part, reason)?;
                    if failures < self.backoff.attempts {
                        continue;
                    }
                    return Err(self.failed(failures, reason.into()).into());
                }
            };
            if failures >= self.backoff.attempts {
                return Err(self.failed(failures, problem).into());
            }
            self.observer.report(&Event::Retrying {
                file: self.name,
                problem: &problem,
                pause,
                attempt: failures + 1,
                attempts: self.backoff.attempts,
            });
            if !wait(pause, self.observer) {
                return Err(stopped(part).into());
            }
        }
    }

    /// One request and what comes of it.
    fn attempt(&self, part: &mut Part) -> Result<(), Setback> {
        let validator = part.validator();
        if part.bytes() > 0 && validator.is_none() && !self.pinned {
            self.restart(part, "nothing tells whether the server still has the same file")?;
        }
        if self.size.is_some_and(|size| part.bytes() > size) {
            self.restart(part, "what was here is longer than the file")?;
        }
        let from = part.bytes();
        if from > 0 && self.size == Some(from) {
            return Ok(());
        }
        match self.web.get(self.address, from, validator.as_deref())? {
            Answer::Whole { body, length, validator } => {
                self.check_length(length)?;
                if from > 0 {
                    self.observer.report(&Event::Restarted {
                        file: self.name,
                        reason: "the server sent the whole file instead of the rest",
                    });
                }
                part.restart(validator.as_deref())?;
                self.copy(body, part, length)
            }
            Answer::Rest { body, start, total } => {
                self.check_length(total)?;
                if start != from {
                    return Err(Setback::Unusable("the server sent another part than was asked for"));
                }
                self.copy(body, part, total)
            }
            Answer::PastEnd { total } if total == Some(from) && self.size.is_none() => Ok(()),
            Answer::PastEnd { .. } => Err(Setback::Unusable("the server has no such part of the file")),
        }
    }

    fn copy(&self, mut body: Stream, part: &mut Part, length: Option<u64>) -> Result<(), Setback> {
        let size = self.size.or(length);
        let mut block = vec![0; BLOCK];
        loop {
            if self.observer.stop_requested() {
                return Err(stopped(part).into());
            }
            let read = body.read(&mut block)?;
            if read == 0 {
                break;
            }
            part.append(&block[..read])?;
            self.observer.report(&Event::Received { bytes: part.bytes(), size });
            if self.size.is_some_and(|size| part.bytes() > size) {
                let found = part.bytes();
                part.restart(None)?;
                self.check_length(Some(found))?;
            }
        }
        match size {
            Some(size) if part.bytes() < size => Err(Setback::Fault(Fault::Passing {
                problem: format!("the server ended after {} of {size} bytes", part.bytes()),
                wished: None,
            })),
            _ => Ok(()),
        }
    }

    fn check_length(&self, found: Option<u64>) -> Result<(), FetchError> {
        match (self.size, found) {
            (Some(expected), Some(found)) if found != expected => {
                Err(FetchError::Size { address: self.address.into(), found, expected })
            }
            _ => Ok(()),
        }
    }

    fn restart(&self, part: &mut Part, reason: &str) -> Result<(), FetchError> {
        self.observer.report(&Event::Restarted { file: self.name, reason });
        part.restart(None)
    }

    fn failed(&self, attempts: u32, problem: String) -> FetchError {
        FetchError::Failed { address: self.address.into(), attempts, problem }
    }
}

fn stopped(part: &Part) -> FetchError {
    FetchError::Stopped { part: part.path().into(), bytes: part.bytes() }
}
