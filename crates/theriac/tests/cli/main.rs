//! The program as its users meet it: arguments in; standard output, standard error, exit code and files out.

#![allow(clippy::unwrap_used, reason = "a test that meets an error fails")]

mod bad_input;
mod blend;
mod browser;
mod determinism;
mod dtinet;
mod embed;
mod explain;
mod export;
mod fetch;
mod flow;
mod inspect;
mod manners;
mod merge;
mod new_node;
mod predictions;
mod primer_demo;
mod primer_facts;
mod protocols;
mod screen;
mod serve;
mod serve_requests;
mod signed;
mod tune;
mod workbench;
mod workplace;
