//! Calls to services behind a server: one, or several at once that must all answer (fork and join).
//!
//! The slowest answer decides when a request goes on, and one failure fails it at once: what is still under way for it is given up.
//! Left out: time-outs and retries of the single calls where there are several.

use crate::base::map::Map;
use crate::base::slab::Key;
use crate::components::caller::give_up;
use crate::kernel::{Ask, Call, Context, Marks, Outcome, Target};
use crate::model::kinds::OnGiveUp;

/// The services, and the requests that wait for them.
#[derive(Clone, Debug, Default, Hash)]
pub struct FanOut {
    targets: Vec<Target>,
    /// Calls made for a request; zero means one to each service.
    width: u32,
    turn: u32,
    /// Of those that wait, the ones that wait for several.
    joins: Map<Key, Join>,
}

/// A request that waits for several services.
#[derive(Clone, Debug, Hash)]
struct Join {
    /// Calls that have not been answered yet.
    left: u32,
    calls: Vec<Key>,
    outcome: Outcome,
}

impl FanOut {
    pub fn set(&mut self, targets: Vec<Target>, width: u32) {
        self.targets = targets;
        self.width = width;
    }

    pub fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    /// Whether a request makes only one call.
    pub fn is_single(&self) -> bool {
        self.count() == 1
    }

    /// Whether `parent` waits for services.
    pub fn is_joining(ctx: &Context, parent: Key) -> bool {
        ctx.get(parent).marks.has(Marks::JOINING)
    }

    /// Whether `parent` waits for several services. How many there are now does not matter to a request that has begun.
    pub fn has_forked(&self, parent: Key) -> bool {
        self.joins.contains_key(&parent)
    }

    /// From here on `parent` waits for services. Who asks them is not told here.
    pub fn begin(ctx: &mut Context, parent: Key) {
        ctx.mark(parent, Marks::JOINING, true);
    }

    /// Calls services for `parent`, as many as there are to be called.
    pub fn call_all(&mut self, ctx: &mut Context, parent: Key, ask: Ask) {
        let count = self.count();
        let mut calls = Vec::with_capacity(count as usize);
        for _ in 0..count {
            if let Some(target) = self.next() {
                calls.push(ctx.call(parent, target, ask));
            }
        }
        Self::begin(ctx, parent);
        self.joins.insert(parent, Join { left: calls.len() as u32, calls, outcome: Outcome::default() });
    }

    /// The service whose turn it is.
    pub fn next(&mut self) -> Option<Target> {
        if self.targets.is_empty() {
            return None;
        }
        self.turn = (self.turn + 1) % self.targets.len() as u32;
        Some(self.targets[self.turn as usize])
    }

    /// One of the calls for `parent` has been answered; the outcome of all, if that is known now.
    pub fn replied(&mut self, ctx: &mut Context, way: OnGiveUp, parent: Key, reply: &Call) -> Option<Outcome> {
        let join = self.joins.get_mut(&parent)?;
        join.left -= 1;
        let is_stale = join.outcome.is_stale || reply.is_stale();
        join.outcome = Outcome { is_stale, ..Outcome::of(reply) };
        let (is_over, outcome) = (reply.failure.is_some() || join.left == 0, join.outcome);
        if is_over {
            self.forget(ctx, parent, way);
        }
        is_over.then_some(outcome)
    }

    /// `parent` waits no more: what is still under way for it is given up.
    pub fn forget(&mut self, ctx: &mut Context, parent: Key, way: OnGiveUp) {
        ctx.mark(parent, Marks::JOINING, false);
        for call in self.joins.remove(&parent).map(|join| join.calls).unwrap_or_default() {
            give_up(ctx, call, way);
        }
    }

    pub fn clear(&mut self) {
        self.joins.clear();
    }

    fn count(&self) -> u32 {
        if self.width == 0 { self.targets.len() as u32 } else { self.width }
    }
}
