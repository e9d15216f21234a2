//! What can happen next.

use crate::base::NodeIx;
use crate::base::hash::mix;
use crate::base::slab::Key;

/// One future happening. Kept small: the queue moves many of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// A call reaches the node it was sent to.
    Arrive(Key),
    /// A call's reply reaches the caller.
    Reply(Key),
    /// A node has finished serving a call.
    Done(Key),
    /// A message between nodes reaches its receiver.
    Deliver(Key),
    /// A node wanted to be woken. Ignored if the node has been restarted since: then its epoch is another.
    Timer { node: NodeIx, tag: Tag, epoch: u32 },
    /// A cluster's monitor checks its databases.
    Monitor { cluster: u16 },
    /// The transport finds a call's packet, or its reply's, lost and sends it again: it has been sent so many times.
    Resend { call: Key, tries: u8 },
    /// The same of a message's packet.
    ResendMessage { message: Key, tries: u8 },
    /// The caller's word that it has given up a call reaches the called node.
    Cancel(Key),
    /// The node that has a call wanted to go on with it at this time.
    Resume(Key),
    /// A node wanted to be woken for the sake of one of its own things. Ignored if it has been restarted since.
    Wake { node: NodeIx, item: u32, epoch: u32 },
}

impl Event {
    /// The call that it is about.
    #[inline]
    pub fn call(self) -> Option<Key> {
        match self {
            Self::Arrive(call) | Self::Reply(call) | Self::Done(call) | Self::Cancel(call) | Self::Resume(call) => {
                Some(call)
            }
            Self::Resend { call, .. } => Some(call),
            Self::Deliver(_)
            | Self::Timer { .. }
            | Self::Monitor { .. }
            | Self::ResendMessage { .. }
            | Self::Wake { .. } => None,
        }
    }

    /// All that tells the event from others, in a word that fingerprints are made of.
    #[inline]
    pub fn digest(self) -> u64 {
        let (kind, what): (u64, u64) = match self {
            Self::Arrive(key) => (1, key.bits()),
            Self::Reply(key) => (2, key.bits()),
            Self::Done(key) => (3, key.bits()),
            Self::Deliver(key) => (4, key.bits()),
            Self::Timer { node, tag, epoch } => (5, u64::from(epoch) << 32 | u64::from(node.0) << 8 | tag as u64),
            Self::Monitor { cluster } => (6, u64::from(cluster)),
            Self::Cancel(key) => (7, key.bits()),
            Self::Resume(key) => (8, key.bits()),
            Self::Wake { node, item, epoch } => (9, mix(u64::from(epoch) << 32 | u64::from(item)) ^ u64::from(node.0)),
            Self::Resend { call, tries } => (10, mix(call.bits()) ^ u64::from(tries)),
            Self::ResendMessage { message, tries } => (11, mix(message.bits()) ^ u64::from(tries)),
        };
        what ^ kind << 59
    }
}

/// What a timer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tag {
    /// The next user asks for something.
    Arrival,
    /// The oldest unanswered request may have run out of time.
    Timeout,
    /// A round of health checks is due.
    Check,
    /// Log records have waited out their shipping delay.
    Ship,
    /// A snapshot is in place.
    Restored,
    /// A log record has been applied.
    Applied,
    /// A core shared by several calls has finished one of them.
    Share,
    /// The oldest of those who wait in a queue may have lost patience.
    Patience,
    /// The oldest attempt under way may have run out of time.
    Attempt,
    /// It is time to ask a second server as well.
    Hedge,
    /// Somebody may have waited too long for a connection.
    Pool,
    /// It is time for a user to read again what they have written.
    ReadBack,
    /// What a replica has received is safely on its disk.
    Synced,
    /// The oldest write that waits for replicas may have waited too long.
    Degrade,
    /// A shard router may move further keys.
    Move,
    /// Records that were moved may be deleted where they were.
    Tidy,
}

const _: () = assert!(size_of::<Event>() <= 16, "events stay small");
