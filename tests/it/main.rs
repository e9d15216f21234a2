//! The integration tests: one binary, a module for each kind of promise.

// Rates of nothing are exactly zero, and ratios of small whole numbers exact.
#![allow(clippy::float_cmp)]

mod balancing;
mod browsers;
mod caches;
mod cdn;
mod cli;
mod clients;
mod deploys;
mod dns;
mod documents;
mod elections;
mod faults;
mod figures;
mod golden;
mod http_caching;
mod intake;
mod layers;
mod million;
mod network;
mod operations;
mod properties;
mod protection;
mod quorum;
mod read_back;
mod redesign;
mod regions;
mod replay;
mod replication;
mod replication_found;
mod replication_properties;
#[allow(clippy::needless_pass_by_value, reason = "nodes and links are written where they are handed over")]
mod replication_rules;
#[allow(clippy::needless_pass_by_value, reason = "nodes and links are written where they are handed over")]
mod replication_rules_failover;
mod replication_rules_shared;
mod request_traces;
mod retuned;
mod several_primaries;
mod sharding;
mod sharding_orphans;
mod soundness;
mod stale_reads;
mod support;
mod theory;
mod traces;
mod validation;
