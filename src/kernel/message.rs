//! Messages between nodes that are not part of a user's request: health checks, signs of life and replication.

use super::truth::Version;
use crate::base::paged::Paged;
use crate::base::{LinkIx, NodeIx, SimDuration, SimTime};

/// A message on its way.
#[derive(Clone, Debug, Hash)]
pub struct Message {
    pub from: NodeIx,
    pub to: NodeIx,
    pub link: LinkIx,
    pub body: Body,
}

/// What a message says.
#[derive(Clone, Debug, Hash)]
pub enum Body {
    /// Are you there? The number tells one round of checks from another.
    Probe { round: u32 },
    /// The answer to a probe: whether the node takes requests. A dead node's host answers no.
    ProbeReply { round: u32, is_up: bool },
    /// The owner of an address is alive, and says so at this interval.
    Advert { interval: SimDuration },
    /// A replica asks for all log records after a position, or for everything. `is_new`: it does not remember having asked.
    Follow { from: Option<u64>, is_new: bool },
    /// Log records of a cluster's term, the first of which has the given position.
    Records { term: u32, first: u64, records: Vec<Record> },
    /// The whole state, as of a log position, for a replica that is too far behind.
    /// `bytes` is the size of all its records.
    Snapshot { term: u32, position: u64, bytes: u64, versions: Paged<Version> },
    /// Fingerprints of what a member of a leaderless store has in common with the receiver, one for each part of the keys.
    Digests { digests: Vec<u64> },
    /// The versions that the sender has of the common keys of some parts, in the order of keys. `is_answer`: to such a list.
    Copies { parts: Vec<u16>, versions: Vec<(u32, Version)>, is_answer: bool },
}

impl Body {
    /// Size of what it carries beside its headers, in bytes.
    pub fn content_bytes(&self) -> u64 {
        match self {
            Self::Probe { .. } | Self::ProbeReply { .. } | Self::Advert { .. } | Self::Follow { .. } => 0,
            Self::Records { records, .. } => records.iter().map(|record| u64::from(record.bytes)).sum(),
            Self::Snapshot { bytes, .. } => *bytes,
            Self::Digests { digests } => digests.len() as u64 * 8,
            Self::Copies { parts, versions, .. } => parts.len() as u64 * 2 + versions.len() as u64 * 12,
        }
    }
}

/// One write in a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Record {
    pub version: Version,
    /// When it was committed.
    pub at: SimTime,
    pub key: u32,
    pub user: u32,
    /// Size of the value.
    pub bytes: u32,
}
