//! Deadlines that all come equally long after their beginnings, as time-outs do: they fall due in the order of their making.
//!
//! So one timer, for the first of them, serves all, and most, which are over long before their time, cost no event. After a
//! change of the length nobody waits longer than the new one, and nobody is let go before those who came earlier.

use std::collections::VecDeque;

use crate::base::slab::Key;
use crate::base::{SimDuration, SimTime};
use crate::kernel::{Call, Context, Tag};

/// Calls by deadline.
#[derive(Clone, Debug, Hash)]
pub struct Deadlines {
    queue: VecDeque<(SimTime, Key)>,
    /// When the timer is set for; one that comes before is void. It may come later, if the node was hung.
    wake: Option<SimTime>,
    /// What the timer is called.
    tag: Tag,
    /// At this many it is looked which have ended: one that lives for long at the head hides those behind it.
    limit: u32,
}

/// Fewer are not worth looking at.
const FEW: u32 = 1_024;

impl Deadlines {
    pub fn new(tag: Tag) -> Self {
        Self { queue: VecDeque::new(), wake: None, tag, limit: FEW }
    }

    /// `call` has from now until `after` from now.
    pub fn push(&mut self, ctx: &mut Context, call: Key, after: SimDuration) {
        // Most end long before their time: they need not be kept until then.
        while self.queue.front().is_some_and(|(_, call)| !ctx.kernel.calls.contains(*call)) {
            self.queue.pop_front();
        }
        if self.queue.len() >= self.limit as usize {
            self.queue.retain(|(_, call)| ctx.kernel.calls.contains(*call));
            self.limit = (self.queue.len() as u32).saturating_mul(2).max(FEW);
        }
        let earliest = self.queue.back().map_or(SimTime::ZERO, |(deadline, _)| *deadline);
        let deadline = (ctx.now() + after).max(earliest);
        self.queue.push_back((deadline, call));
        if self.wake.is_none_or(|wake| wake > deadline) {
            self.wake_at(ctx, deadline);
        }
    }

    /// Nobody has longer than `after` from now on.
    pub fn shorten(&mut self, ctx: &mut Context, after: SimDuration) {
        let latest = ctx.now() + after;
        for (deadline, _) in &mut self.queue {
            *deadline = latest.min(*deadline);
        }
        if self.wake.is_some_and(|wake| wake > latest) {
            self.wake_at(ctx, latest);
        }
    }

    /// Nobody has a deadline any more.
    pub fn clear(&mut self) {
        *self = Self::new(self.tag);
    }

    /// The next call of this node's own that is due now and still awaited; see [`Self::next`].
    pub fn next_awaited(&mut self, ctx: &mut Context) -> Option<Key> {
        self.next(ctx, |ctx, call| ctx.kernel.calls.get(call).is_some_and(|call| !call.is_abandoned()))
    }

    /// The next call at this node that is due now; see [`Self::next`].
    pub fn next_here(&mut self, ctx: &mut Context) -> Option<Key> {
        self.next(ctx, |ctx, call| ctx.kernel.calls.get(call).is_some_and(Call::is_at_node))
    }

    /// The next call that is due now and of which `is_meant` still holds. To be asked, when the timer goes off, until there is
    /// none: then the timer is set for the next.
    pub fn next(&mut self, ctx: &mut Context, is_meant: impl Fn(&Context<'_>, Key) -> bool) -> Option<Key> {
        if self.wake.is_none_or(|wake| wake > ctx.now()) {
            return None;
        }
        while let Some((deadline, call)) = self.queue.front().copied() {
            if is_meant(ctx, call) {
                if deadline > ctx.now() {
                    self.wake_at(ctx, deadline);
                    return None;
                }
                self.queue.pop_front();
                return Some(call);
            }
            self.queue.pop_front();
        }
        self.wake = None;
        None
    }

    fn wake_at(&mut self, ctx: &mut Context, at: SimTime) {
        self.wake = Some(at);
        ctx.timer(at.since(ctx.now()), self.tag);
    }
}
