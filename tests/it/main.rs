//! The integration tests: one binary, a module for each kind of promise.

mod cli;
mod documents;
mod faults;
mod golden;
mod layers;
mod properties;
mod replay;
mod replication;
mod support;
mod theory;
mod traces;
