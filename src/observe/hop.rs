//! Hops: one message on one link, all that is needed to draw a dot.

use super::outcome::Operation;
use crate::base::SimTime;

const OPERATIONS: usize = Operation::ALL.len();
const _: () = assert!(Hop::CLASSES <= 32, "a class has five bits");

/// What a message on a link is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum HopKind {
    /// A call, from the caller to the called.
    Request = 0,
    /// A good answer, back to the caller.
    Answer = 1,
    /// A failure, back to the caller.
    Failure = 2,
    /// Log records on their way from a primary to a replica.
    Replication = 3,
    /// A health check or its answer.
    Check = 4,
}

/// The two ends of a link, by its index in [`Hop::link`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkEnds {
    pub index: u16,
    pub from: String,
    pub to: String,
}

/// A message on a link. Where it is at any time between follows from these four.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hop {
    /// Index of the link, as counted by the engine: stable for the whole run, also when links are added or removed.
    pub link: u16,
    pub kind: HopKind,
    /// What the user asked for; for replication `Write`, for checks meaningless.
    pub operation: Operation,
    /// Whether the message runs against the link's direction (answers do).
    pub is_backward: bool,
    pub depart: SimTime,
    pub arrive: SimTime,
}

impl Hop {
    /// Size of an encoded hop in bytes.
    pub const ENCODED: usize = 12;
    /// How many classes there are: requests and answers by operation, then failures, replication and checks.
    pub const CLASSES: usize = 2 * OPERATIONS + 3;

    /// What the hop looks like, in five bits: its kind, and the operation where that matters.
    pub const fn class(&self) -> u32 {
        let class = match self.kind {
            HopKind::Request => self.operation as usize,
            HopKind::Answer => OPERATIONS + self.operation as usize,
            HopKind::Failure => 2 * OPERATIONS,
            HopKind::Replication => 2 * OPERATIONS + 1,
            HopKind::Check => 2 * OPERATIONS + 2,
        };
        class as u32
    }

    /// Packs the hop into three words: link and class, departure, duration; times are `f32` bits in seconds relative to `base`.
    ///
    /// 24 bits of a second are about 60 ns at a distance of one second from `base`: finer than any picture.
    pub fn encode(&self, base: SimTime) -> [u32; 3] {
        let class = self.class() | u32::from(self.is_backward) << 5;
        let depart = i128::from(self.depart.as_nanos()) - i128::from(base.as_nanos());
        let depart_s = (depart as f64 / 1e9) as f32;
        let duration_s = self.arrive.since(self.depart).as_secs_f64() as f32;
        [u32::from(self.link) | class << 16, depart_s.to_bits(), duration_s.to_bits()]
    }
}
