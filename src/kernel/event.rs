//! What can happen next.

use crate::base::NodeIx;
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
}

const _: () = assert!(size_of::<Event>() <= 16, "events stay small");
