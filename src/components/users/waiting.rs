//! Users who wait for an answer, and give up in time.
//!
//! All wait equally long, so deadlines come in the order of the requests: one timer, for the first of them, serves all.
//! After a change of the time-out nobody waits longer than the new one, and nobody is let go before those who came earlier.

use std::collections::VecDeque;

use crate::base::slab::Key;
use crate::base::{SimDuration, SimTime};
use crate::kernel::{Context, Outcome, Tag};
use crate::observe::Reason;

/// Requests by deadline.
#[derive(Clone, Debug, Default, Hash)]
pub struct Waiting {
    deadlines: VecDeque<(SimTime, Key)>,
    /// When the timer is set for; a timer for another time is void.
    wake: Option<SimTime>,
}

impl Waiting {
    pub fn push(&mut self, ctx: &mut Context, root: Key, timeout: SimDuration) {
        // Most end long before their time: they need not be kept until then.
        while self.deadlines.front().is_some_and(|(_, root)| !ctx.is_going_on(*root)) {
            self.deadlines.pop_front();
        }
        let earliest = self.deadlines.back().map_or(SimTime::ZERO, |(deadline, _)| *deadline);
        let deadline = (ctx.now() + timeout).max(earliest);
        self.deadlines.push_back((deadline, root));
        if self.wake.is_none() {
            self.wake_at(ctx, deadline);
        }
    }

    /// The time-out is `timeout` from now on, also for those who wait already.
    pub fn shorten(&mut self, ctx: &mut Context, timeout: SimDuration) {
        let latest = ctx.now() + timeout;
        for (deadline, _) in &mut self.deadlines {
            *deadline = latest.min(*deadline);
        }
        if self.wake.is_some_and(|wake| wake > latest) {
            self.wake_at(ctx, latest);
        }
    }

    /// Lets go of everybody whose time is over, and sets the timer for the next.
    pub fn expire(&mut self, ctx: &mut Context) {
        if self.wake != Some(ctx.now()) {
            return;
        }
        self.wake = None;
        while let Some((deadline, root)) = self.deadlines.front().copied() {
            if ctx.is_going_on(root) {
                if deadline > ctx.now() {
                    self.wake_at(ctx, deadline);
                    return;
                }
                ctx.end(root, Outcome::failed(Reason::Timeout));
            }
            self.deadlines.pop_front();
        }
    }

    fn wake_at(&mut self, ctx: &mut Context, at: SimTime) {
        self.wake = Some(at);
        ctx.timer(at.since(ctx.now()), Tag::Timeout);
    }
}
