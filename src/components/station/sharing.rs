//! Processor sharing: all calls are served at once, each at the same share of the cores, none faster than one core.
//!
//! The egalitarian model of time slicing in the limit of short slices (Kleinrock, *Queueing Systems* II, §4.4). Every call
//! receives service at the same rate, so a common clock of attained service orders their ends: a call that comes at v and needs s
//! is finished when the clock shows v + s. Only the first end is scheduled; it is scheduled anew when a call comes or goes.
//! Left out: weights, what a change of call costs.

use std::collections::BTreeSet;

use crate::base::slab::Key;
use crate::base::{SimDuration, SimTime};
use crate::kernel::{Context, Tag};

/// Steps of the attained-service clock in a nanosecond.
const SCALE: u128 = 1 << 16;

/// Calls that share the cores.
#[derive(Clone, Debug, Default, Hash)]
pub struct Sharing {
    /// (end on the attained-service clock, order of coming, call).
    calls: BTreeSet<(u128, u64, Key)>,
    order: u64,
    /// What the attained-service clock shows.
    attained: u128,
    /// When it was read.
    read: SimTime,
    /// When the first end is due; a timer that comes before is void. It may come later, if the node was hung.
    due: Option<SimTime>,
}

impl Sharing {
    pub fn len(&self) -> u32 {
        self.calls.len() as u32
    }

    pub fn push(&mut self, ctx: &mut Context, cores: u32, call: Key, service: SimDuration) {
        self.advance(ctx, cores);
        let service = ctx.slowed(service);
        let end = self.attained + u128::from(service.as_nanos()) * SCALE;
        self.calls.insert((end, self.order, call));
        self.order += 1;
        self.schedule(ctx, cores);
    }

    /// The next call that is finished now. To be asked until there is none.
    pub fn next(&mut self, ctx: &mut Context, cores: u32) -> Option<Key> {
        if self.due.is_none_or(|due| due > ctx.now()) {
            return None;
        }
        self.advance(ctx, cores);
        if self.calls.first().is_some_and(|(end, ..)| *end <= self.attained) {
            return self.calls.pop_first().map(|(.., call)| call);
        }
        self.due = None;
        self.schedule(ctx, cores);
        None
    }

    /// `call` leaves unfinished; whether it was here.
    pub fn leave(&mut self, ctx: &mut Context, cores: u32, call: Key) -> bool {
        self.advance(ctx, cores);
        let count = self.calls.len();
        self.calls.retain(|(.., other)| *other != call);
        self.schedule(ctx, cores);
        self.calls.len() < count
    }

    /// There are `after` cores instead of `before`.
    pub fn resize(&mut self, ctx: &mut Context, before: u32, after: u32) {
        self.advance(ctx, before);
        self.schedule(ctx, after);
    }

    /// Cores for each call, as a fraction, at most one.
    fn share(&self, cores: u32) -> (u128, u128) {
        let (cores, count) = (u128::from(cores), self.calls.len() as u128);
        if count <= cores { (1, 1) } else { (cores, count) }
    }

    fn advance(&mut self, ctx: &Context, cores: u32) {
        let (share, of) = self.share(cores);
        // After the first end nothing goes on before the node has noticed it: a hung one does no work.
        let until = self.due.map_or(ctx.now(), |due| due.min(ctx.now()));
        self.attained += u128::from(until.since(self.read).as_nanos()) * SCALE * share / of;
        self.read = ctx.now();
    }

    fn schedule(&mut self, ctx: &mut Context, cores: u32) {
        let Some((end, ..)) = self.calls.first() else {
            self.due = None;
            return;
        };
        let (share, of) = self.share(cores);
        let left = end.saturating_sub(self.attained);
        // Rounded up, so that the clock has reached the end by then.
        let wait = (left * of).div_ceil(SCALE * share);
        let wait = SimDuration::from_nanos(u64::try_from(wait).unwrap_or(u64::MAX));
        let due = ctx.now() + wait;
        if self.due != Some(due) {
            self.due = Some(due);
            ctx.timer(wait, Tag::Share);
        }
    }
}
