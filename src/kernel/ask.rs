//! What a call asks, on whose account, and how it ends: what components hand to the context and get back from it.

use super::call::{COPY_IS_HELD, Call, Verb};
use super::truth::Version;
use crate::base::NodeIx;
use crate::observe::{Operation, Reason};

/// What a call shall ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ask {
    pub verb: Verb,
    pub key: u32,
    pub bytes: u32,
    /// For [`Verb::Put`], what is put; for a [`Verb::Write`] that was acknowledged before, its version; for a [`Verb::Read`], what
    /// it must not be older than; for a [`Verb::Static`], whether the asker has a copy.
    pub version: Version,
    /// How many records it is about; of a [`Verb::Traverse`], how many hops it goes.
    pub count: u16,
}

impl Ask {
    /// Asks for an object.
    pub fn of(verb: Verb, key: u32, bytes: u32) -> Self {
        Self { verb, key, bytes, version: Version::default(), count: 1 }
    }

    /// The same of an asker who has a copy, or has none ([`Call::is_conditional`]).
    #[must_use]
    pub fn with_copy(self, is_held: bool) -> Self {
        Self { version: if is_held { COPY_IS_HELD } else { Version::default() }, ..self }
    }
}

impl From<&Call> for Ask {
    /// The same once more, of somebody else.
    fn from(call: &Call) -> Self {
        Self { count: call.count, version: call.version, ..Self::of(call.verb, call.key, call.bytes) }
    }
}

/// On whose account a detached call is made: for sticky routing, for the drawing and for its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cause {
    pub user: u32,
    pub serial: u32,
    pub operation: Operation,
    pub priority: u8,
}

impl From<&Call> for Cause {
    fn from(call: &Call) -> Self {
        Self { user: call.user, serial: call.serial, operation: call.operation, priority: call.priority }
    }
}

/// How a call ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Outcome {
    pub failure: Option<Reason>,
    /// Where it failed, if that was another node than the one that answers.
    pub failed_at: Option<NodeIx>,
    pub version: Version,
    pub bytes: u32,
    /// For [`Verb::Resolve`], the address.
    pub key: u32,
    pub is_found: bool,
    pub is_stale: bool,
}

impl Outcome {
    /// A good answer without a version: an asset, an acknowledgement.
    pub fn good(bytes: u32) -> Self {
        Self { bytes, is_found: true, ..Self::default() }
    }

    pub fn failed(reason: Reason) -> Self {
        Self { failure: Some(reason), ..Self::default() }
    }

    /// The outcome that `reply` brought, to be passed on.
    pub fn of(reply: &Call) -> Self {
        Self {
            failure: reply.failure,
            failed_at: reply.failure.map(|_| reply.failed_at),
            version: reply.version,
            bytes: reply.bytes,
            key: reply.key,
            is_found: reply.is_found(),
            is_stale: reply.is_stale(),
        }
    }
}
