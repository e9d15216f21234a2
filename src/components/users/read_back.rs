//! Those who read again what they have just written, as somebody does who is led back to the page they have changed.
//!
//! All wait equally long after their acknowledgement, so they come in the order in which they were acknowledged. After a change
//! of that time nobody waits longer than the new one, and nobody overtakes who was acknowledged before.

use std::collections::VecDeque;

use super::choices::Choice;
use crate::base::{SimDuration, SimTime};
use crate::kernel::{Call, Context, Marks, Tag};

/// Reads that are due later, in the order in which they are.
#[derive(Clone, Debug, Default, Hash)]
pub struct ReadBacks {
    queue: VecDeque<ReadBack>,
}

/// One user's read of what that user has written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ReadBack {
    due: SimTime,
    user: u32,
    key: u32,
    bytes: u32,
    /// Whether the user goes on to think afterwards, as in a closed loop.
    pub is_looped: bool,
}

impl ReadBack {
    pub fn choice(&self) -> Choice {
        Choice::read(self.user, self.key, self.bytes)
    }
}

impl ReadBacks {
    /// The user of `write`, which has just been acknowledged, reads it again after `after`.
    pub fn push(&mut self, ctx: &mut Context, write: &Call, after: SimDuration) {
        let earliest = self.queue.back().map_or(SimTime::ZERO, |last| last.due);
        let due = (ctx.now() + after).max(earliest);
        let &Call { user, key, bytes, .. } = write;
        self.queue.push_back(ReadBack { due, user, key, bytes, is_looped: write.marks.has(Marks::LOOPED) });
        ctx.timer(due.since(ctx.now()), Tag::ReadBack);
    }

    /// The next that is due by now.
    pub fn next(&mut self, now: SimTime) -> Option<ReadBack> {
        self.queue.pop_front_if(|first| first.due <= now)
    }

    /// Nobody waits longer than `after` from now on.
    pub fn shorten(&mut self, ctx: &mut Context, after: SimDuration) {
        let latest = ctx.now() + after;
        for waiting in &mut self.queue {
            waiting.due = latest.min(waiting.due);
        }
        if !self.queue.is_empty() {
            ctx.timer(after, Tag::ReadBack);
        }
    }
}
