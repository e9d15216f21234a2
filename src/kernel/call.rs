//! Calls: one request from one node to another, and its reply.

use super::truth::Version;
use crate::base::slab::Key;
use crate::base::{LinkIx, NodeIx, SimTime};
use crate::observe::{Operation, Reason};

/// A call from the moment it is sent until its reply is there. The same entry serves both ways.
#[derive(Clone, Copy, Debug, Hash)]
pub struct Call {
    /// The call that the caller was working on; [`Key::NONE`] for what a user asked, [`Key::DETACHED`] for what a node asks on
    /// its own account.
    pub parent: Key,
    /// When it was made.
    pub made: SimTime,
    /// Of the answer: the version that was read or written.
    pub version: Version,
    /// The asset or record that it is about; for [`Verb::Resolve`] the answer's address.
    pub key: u32,
    /// Size of that object.
    pub bytes: u32,
    /// The user behind it.
    pub user: u32,
    /// Number of the user's request among all requests, modulo 2^32; calls made for it inherit it.
    pub serial: u32,
    pub from: NodeIx,
    pub to: NodeIx,
    pub link: LinkIx,
    pub verb: Verb,
    pub operation: Operation,
    pub place: Place,
    /// Of the reply: why there is no answer.
    pub failure: Option<Reason>,
    /// Of a failure: where it happened.
    pub failed_at: NodeIx,
    /// Of an answer: whether the store had the object.
    pub is_found: bool,
    /// Of an answer: whether it was not the current version when the store gave it.
    pub is_stale: bool,
}

/// What a call asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verb {
    /// Which address has the site?
    Resolve,
    /// A static asset.
    Static,
    /// A record.
    Read,
    /// A new version of a record.
    Write,
    /// A record, if the cache has it.
    Get,
    /// Keep this record.
    Put,
    /// Forget this record.
    Delete,
}

/// Where a call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// On the link, towards the called node.
    Outbound,
    /// With the called node.
    AtNode,
    /// On the link, its reply on the way to the caller.
    Returning,
}

const _: () = assert!(size_of::<Call>() <= 64, "what is hot of a request fits a cache line");
