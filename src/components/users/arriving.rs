//! When somebody comes: the next arrival of an open loop, the next thought of a closed one, and both when they are changed.
//!
//! What a user of a closed loop does next is drawn from a stream that is named by who it is and how often they have asked, so it does
//! not depend on when. Left out: users of a closed loop who leave for good while they think.

use super::browsers::Browsers;
use super::{Users, load};
use crate::base::hash::{Derived, mix};
use crate::base::random::Stream;
use crate::base::{SimDuration, SimTime};
use crate::kernel::{Context, Tag};
use crate::model::kinds;

/// The shortest time to think: without any, a system that answers at once would be asked for ever at one instant.
pub(super) const SHORTEST_THOUGHT: SimDuration = SimDuration::from_micros(1);

/// What a stream of a user in a closed loop is for.
#[derive(Clone, Copy, Debug)]
#[repr(u64)]
pub(super) enum Purpose {
    Think = 5,
    Choose = 6,
}

impl Users {
    pub(super) fn await_next(&mut self, ctx: &mut Context) {
        let gap = load::gap(&self.params, ctx.now(), &mut self.arrivals);
        self.next = ctx.now() + gap;
        ctx.timer(gap, Tag::Arrival);
    }

    /// Those of a closed loop who have not begun yet begin to think.
    pub(super) fn begin_thinking(&mut self, ctx: &mut Context) {
        while self.begun < self.params.users {
            let user = self.begun;
            self.begun += 1;
            self.think(ctx, user, SHORTEST_THOUGHT);
        }
    }

    pub(super) fn think(&mut self, ctx: &mut Context, user: u32, at_least: SimDuration) {
        let mut stream = self.stream_of(user, Purpose::Think);
        let thought = self.params.think_shape.duration(self.params.think_time, &mut stream);
        ctx.wake(user, thought.max(at_least));
    }

    /// The stream of what a user of a closed loop does next: named by who and how often, so it does not depend on when.
    pub(super) fn stream_of(&self, user: u32, purpose: Purpose) -> Stream {
        let asked = u64::from(self.asked.get(user as usize));
        Stream::seeded(mix(self.seed ^ u64::from(user) << 32 ^ asked) ^ purpose as u64)
    }

    /// Takes new parameters over while the loop goes on.
    pub(super) fn retune(&mut self, ctx: &mut Context, params: &kinds::Users) {
        let old = std::mem::replace(&mut self.params, Derived(params.clone()));
        self.waiting.shorten(ctx, params.timeout);
        if params.read_back_after < old.read_back_after {
            self.read_backs.shorten(ctx, params.read_back_after);
        }
        self.caller.set(ctx, &params.calls);
        if params.browser_cache.0 == 0 {
            self.browsers = Browsers::default();
        }
        self.choices.retune(&old, params);
        let has_started = self.next != SimTime::NEVER || self.begun > 0;
        if !has_started {
            return;
        }
        if self.is_closed() {
            self.next = SimTime::NEVER;
            self.begin_thinking(ctx);
        } else if self.next == SimTime::NEVER {
            self.await_next(ctx);
        } else {
            let left = self.next.since(ctx.now());
            if let Some(left) = load::left(&old, params, ctx.now(), left) {
                self.next = ctx.now() + left;
                ctx.timer(left, Tag::Arrival);
            }
        }
    }
}
