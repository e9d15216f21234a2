//! Messages between nodes that are not part of a user's request: health checks, signs of life and replication.

use super::gtid::{Gtid, GtidSet};
use super::truth::Version;
use crate::base::sparse::Sparse;
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
    /// A database asks another for its log.
    Follow(Box<Follow>),
    /// Records of the sender's log.
    Records(Box<Batch>),
    /// A follower has so much of the receiver's log safely, and so much of it applied. `life`: of which log.
    Progress { life: u32, received: u64, applied: u64 },
    /// The whole state, for a follower that is too far behind or has gone another way.
    Snapshot(Box<Snapshot>),
    /// Whoever is to become primary asks for what it has not.
    Fetch { term: u32, known: Box<GtidSet> },
    /// The answer to that, in the order of the log.
    Fetched { term: u32, records: Vec<Record> },
    /// Fingerprints of what a member of a leaderless store has in common with the receiver, one for each part of the keys.
    Digests { digests: Vec<u64> },
    /// The versions that the sender has of the common keys of some parts, in the order of keys. `is_answer`: to such a list.
    Copies { parts: Vec<u16>, versions: Vec<(u32, Version)>, is_answer: bool },
}

/// From where somebody wants to follow.
#[derive(Clone, Debug, Hash)]
pub struct Follow {
    /// All that it has; none if it needs a copy of everything.
    pub known: Option<GtidSet>,
    /// Where it is in the receiver's log, and which log that was; none if it does not know that log yet.
    pub cursor: Option<(u32, u64)>,
    /// How much of that log it has applied.
    pub applied: u64,
    /// Whether it goes by positions alone: what it may have already is sent all the same.
    pub is_by_position: bool,
    /// It does not remember having asked.
    pub is_new: bool,
    /// It takes writes itself.
    pub is_primary: bool,
}

/// A part of a log.
#[derive(Clone, Debug, Hash)]
pub struct Batch {
    /// The cluster's term that the log belongs to.
    pub term: u32,
    /// Grows whenever the sender's log has begun anew from a copy: positions of another life mean nothing.
    pub life: u32,
    /// It covers the positions after this one,
    pub after: u64,
    /// up to this one,
    pub upto: u64,
    /// except for what the follower was known to have.
    pub records: Vec<Record>,
    /// Nothing that was sent before counts: the follower goes on from here.
    pub is_start: bool,
    pub wish: Wish,
}

/// What a sender of records wants to hear, at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Wish {
    #[default]
    Nothing,
    /// When they are safely received.
    Received,
    /// When they are applied.
    Applied,
}

/// A copy of a database.
#[derive(Clone, Debug, Hash)]
pub struct Snapshot {
    pub term: u32,
    /// Position and life of the log that goes on after it.
    pub position: u64,
    pub life: u32,
    pub image: Image,
}

/// The data of a database.
#[derive(Clone, Debug, Default, Hash)]
pub struct Image {
    /// Size of all its records: what a copy must carry.
    pub bytes: u64,
    pub versions: Sparse<Version>,
    /// The newest version of any record.
    pub newest: Version,
    /// Contents of rows, where those count.
    pub values: Sparse<u32>,
    /// For each record, when its value was written and by whom; only kept where the last writer wins.
    pub stamps: Sparse<Stamp>,
    /// Largest id that was ever given to an inserted row.
    pub last_id: u32,
    /// The writes that made it what it is.
    pub executed: GtidSet,
}

/// When a value was written, and by whom: of two, the larger wins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp {
    pub at: SimTime,
    pub origin: u16,
}

impl Body {
    /// Size of what it carries beside its headers, in bytes.
    pub fn content_bytes(&self) -> u64 {
        let size = |records: &[Record]| records.iter().map(|record| u64::from(record.bytes)).sum();
        match self {
            Self::Records(batch) => size(&batch.records),
            Self::Fetched { records, .. } => size(records),
            Self::Snapshot(snapshot) => snapshot.image.bytes,
            Self::Digests { digests } => digests.len() as u64 * 8,
            Self::Copies { parts, versions, .. } => parts.len() as u64 * 2 + versions.len() as u64 * 12,
            _ => 0,
        }
    }
}

/// One write in a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Record {
    pub id: Gtid,
    pub version: Version,
    /// When it was committed, by its origin.
    pub at: SimTime,
    pub key: u32,
    pub user: u32,
    /// Size of the value.
    pub bytes: u32,
    /// The value, where that counts: of a row image the row's content.
    pub value: u32,
}

impl Record {
    /// Whether it takes the record away, which is at home in another shard by now: what is left is a state before the first write.
    pub fn is_removal(&self) -> bool {
        self.version == Version::default()
    }
}
