//! Calls: one request from one node to another, and its reply.

use super::truth::Version;
use crate::base::slab::Key;
use crate::base::{LinkIx, NodeIx, SimTime};
use crate::observe::trace::Doing;
use crate::observe::{Operation, Reason};

/// A call from the moment it is sent until its reply is there. The same entry serves both ways.
#[derive(Clone, Copy, Debug, Hash)]
#[repr(align(64))]
pub struct Call {
    /// The call that the caller was working on; [`Key::NONE`] for what a user asked, [`Key::DETACHED`] for what a node asks on
    /// its own account.
    pub parent: Key,
    /// The call that was last made on behalf of this one; [`Key::NONE`] before the first.
    pub child: Key,
    /// When it was made.
    pub made: SimTime,
    /// Of the answer: the version that was read or written.
    pub version: Version,
    /// The asset or record that it is about; for [`Verb::Resolve`] the answer's address.
    pub key: u32,
    /// Size of that object, or of all that it is about.
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
    /// Priority class of the user; the highest is served first where a queue knows priorities.
    pub priority: u8,
    /// Of the reply: why there is no answer.
    pub failure: Option<Reason>,
    /// Of a failure: where it happened.
    pub failed_at: NodeIx,
    /// How many records it is about, the first of which is `key`; of a traversal, how many hops it goes.
    pub count: u16,
    pub marks: Marks,
}

/// In the place of a version, of who asks for an asset: there is a copy, all that is to be known is whether it is still good.
pub(super) const COPY_IS_HELD: Version = Version(1);

impl Call {
    /// Whether it asks for an asset of which its asker has a copy: if that is still good, the answer has no body.
    pub fn is_conditional(&self) -> bool {
        self.verb == Verb::Static && self.version == COPY_IS_HELD
    }

    /// What of a body of so many bytes goes into its answer: nothing, if all that is asked is whether a copy is still good.
    pub fn body_of(&self, bytes: u32) -> u32 {
        if self.is_conditional() { 0 } else { bytes }
    }

    /// How far the node that has it has come with it.
    pub const fn stage(&self) -> Stage {
        match self.place {
            Place::AtNode(stage) => stage,
            Place::Outbound | Place::Returning => Stage::Held,
        }
    }

    /// Whether it is with the called node.
    pub const fn is_at_node(&self) -> bool {
        matches!(self.place, Place::AtNode(_))
    }

    /// Of an answer: whether the store had the object.
    pub fn is_found(&self) -> bool {
        self.marks.has(Marks::FOUND)
    }

    /// Of an answer: whether it was not the current version when the store gave it.
    pub fn is_stale(&self) -> bool {
        self.marks.has(Marks::STALE)
    }

    /// Whether its caller has given it up: its reply, if one comes, means nothing any more.
    pub fn is_abandoned(&self) -> bool {
        self.marks.has(Marks::ABANDONED)
    }
}

/// What is true of a call, in a byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Marks(u8);

impl Marks {
    pub const FOUND: Self = Self(1);
    pub const STALE: Self = Self(2);
    pub const ABANDONED: Self = Self(4);
    /// Its caller's word that it is abandoned has overtaken it.
    pub const CANCELLED: Self = Self(8);
    /// It was made in a closed loop: when it has ended, its user thinks and asks again.
    pub const LOOPED: Self = Self(16);
    /// The node that has it waits for services before it goes on with it.
    pub const JOINING: Self = Self(32);
    /// Its packet will not arrive: a fault has taken it from the link.
    pub const DROPPED: Self = Self(128);

    pub const fn has(self, mark: Self) -> bool {
        self.0 & mark.0 != 0
    }

    pub const fn set(&mut self, mark: Self, is_set: bool) {
        if is_set {
            self.0 |= mark.0;
        } else {
            self.0 &= !mark.0;
        }
    }
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
    /// A record, joined with the records that it is related to.
    Query,
    /// Several records by their keys, as an application asks for what the store cannot find for it: of a query the related ones, of
    /// a traversal those that so many hops reach, else neighbours.
    Fetch,
    /// Who is this user? A record, to compare a secret with.
    Login,
    /// Neighbouring records.
    Range,
    /// A number made of neighbouring records.
    Aggregate,
    /// The records that relations lead to.
    Traverse,
    /// New versions of several records, of all or of none.
    Transact,
    /// Promise to write the records of a transaction that are at home here. Its number stands in the place of a version.
    Prepare,
    /// Write what was promised.
    Commit,
    /// Forget what was promised.
    Abort,
}

impl Verb {
    /// Whether it changes records.
    pub const fn is_write(self) -> bool {
        matches!(self, Self::Write | Self::Transact) || self.is_of_transaction()
    }

    /// Whether it is a step of a transaction over several stores.
    pub const fn is_of_transaction(self) -> bool {
        matches!(self, Self::Prepare | Self::Commit | Self::Abort)
    }

    /// In a word, for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Resolve => "resolve",
            Self::Static => "static",
            Self::Read => "read",
            Self::Write => "write",
            Self::Get => "get",
            Self::Put => "put",
            Self::Delete => "delete",
            Self::Query => "join",
            Self::Fetch => "fetch",
            Self::Login => "log in",
            Self::Range => "range",
            Self::Aggregate => "aggregate",
            Self::Traverse => "traverse",
            Self::Transact => "transact",
            Self::Prepare => "prepare",
            Self::Commit => "commit",
            Self::Abort => "abort",
        }
    }
}

/// How far a node has come with a call. The node itself keeps it, to know where to find what it has to give up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Neither waiting nor being served: it has just come, or what comes next depends on another node.
    #[default]
    Held,
    /// Waiting for a worker.
    Queued,
    /// Waiting for a core.
    Ready,
    /// On a core.
    Serving,
}

impl Stage {
    /// The same, as traces have it.
    pub const fn doing(self) -> Doing {
        match self {
            Self::Held => Doing::Held,
            Self::Queued | Self::Ready => Doing::Queued,
            Self::Serving => Doing::Served,
        }
    }
}

/// Where a call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// On the link, towards the called node.
    Outbound,
    /// With the called node, which has come so far with it.
    AtNode(Stage),
    /// On the link, its reply on the way to the caller.
    Returning,
}

const _: () = assert!(size_of::<Option<Call>>() <= 64, "what is hot of a request fits a cache line");
