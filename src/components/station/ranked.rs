//! Preemptive priority: the most urgent calls have the cores, and whoever is more urgent takes one from the least urgent.
//!
//! What has been done for a call that loses its core is not lost: it goes on where it was (preemptive resume; Kleinrock, *Queueing
//! Systems* II, §3.4). Within a class, first come, first served. Only the next end is scheduled. Left out: what a change of
//! call costs.

use crate::base::slab::Key;
use crate::base::{SimDuration, SimTime};
use crate::kernel::{Context, Tag};

/// Calls in the order of their ranks; the first have the cores.
#[derive(Clone, Debug, Default, Hash)]
pub struct Ranked {
    calls: Vec<Ranking>,
    /// Up to when work has been counted.
    read: SimTime,
    /// When the next end is due; a timer that comes before is void. It may come later, if the node was hung.
    due: Option<SimTime>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Ranking {
    priority: u8,
    call: Key,
    left: SimDuration,
}

impl Ranked {
    pub fn len(&self) -> u32 {
        self.calls.len() as u32
    }

    pub fn push(&mut self, ctx: &mut Context, cores: u32, call: Key, service: SimDuration) {
        self.advance(ctx, cores);
        let (priority, left) = (ctx.get(call).priority, ctx.slowed(service));
        let at = self.calls.partition_point(|other| other.priority >= priority);
        self.calls.insert(at, Ranking { priority, call, left });
        self.schedule(ctx, cores);
    }

    /// The next call that is finished now. To be asked until there is none.
    pub fn next(&mut self, ctx: &mut Context, cores: u32) -> Option<Key> {
        if self.due.is_none_or(|due| due > ctx.now()) {
            return None;
        }
        self.advance(ctx, cores);
        if let Some(at) = self.calls.iter().take(cores as usize).position(|own| own.left.is_zero()) {
            return Some(self.calls.remove(at).call);
        }
        self.due = None;
        self.schedule(ctx, cores);
        None
    }

    /// `call` leaves unfinished; whether it was here.
    pub fn leave(&mut self, ctx: &mut Context, cores: u32, call: Key) -> bool {
        self.advance(ctx, cores);
        let count = self.calls.len();
        self.calls.retain(|own| own.call != call);
        self.schedule(ctx, cores);
        self.calls.len() < count
    }

    /// There are `after` cores instead of `before`.
    pub fn resize(&mut self, ctx: &mut Context, before: u32, after: u32) {
        self.advance(ctx, before);
        self.schedule(ctx, after);
    }

    fn advance(&mut self, ctx: &Context, cores: u32) {
        // After the next end nothing goes on before the node has noticed it: a hung one does no work.
        let until = self.due.map_or(ctx.now(), |due| due.min(ctx.now()));
        let worked = until.since(self.read);
        for own in self.calls.iter_mut().take(cores as usize) {
            own.left = SimDuration::from_nanos(own.left.as_nanos().saturating_sub(worked.as_nanos()));
        }
        self.read = ctx.now();
    }

    fn schedule(&mut self, ctx: &mut Context, cores: u32) {
        let next = self.calls.iter().take(cores as usize).map(|own| own.left).min();
        let due = next.map(|left| ctx.now() + left);
        if self.due != due {
            self.due = due;
            if let Some(left) = next {
                ctx.timer(left, Tag::Share);
            }
        }
    }
}
