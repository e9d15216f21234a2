//! Users who wait for an answer, and give up in time.
//!
//! All wait equally long, so deadlines come in the order of the requests: one timer, for the first of them, serves all.
//! After a change of the time-out those who already wait keep theirs, and nobody later is let go before them.

use std::collections::VecDeque;

use crate::base::slab::Key;
use crate::base::{SimDuration, SimTime};
use crate::kernel::{Context, Outcome, Tag};
use crate::observe::Reason;

/// Requests by deadline.
#[derive(Clone, Debug, Default, Hash)]
pub struct Waiting {
    deadlines: VecDeque<(SimTime, Key)>,
}

impl Waiting {
    pub fn push(&mut self, ctx: &mut Context, root: Key, timeout: SimDuration) {
        if self.deadlines.is_empty() {
            ctx.timer(timeout, Tag::Timeout);
        }
        let earliest = self.deadlines.back().map_or(SimTime::ZERO, |(deadline, _)| *deadline);
        self.deadlines.push_back(((ctx.now() + timeout).max(earliest), root));
    }

    /// Lets go of everybody whose time is over, and sets the timer for the next.
    pub fn expire(&mut self, ctx: &mut Context) {
        while let Some((deadline, root)) = self.deadlines.front().copied() {
            if !ctx.is_going_on(root) {
                self.deadlines.pop_front();
            } else if deadline <= ctx.now() {
                self.deadlines.pop_front();
                ctx.end(root, Outcome::failed(Reason::Timeout));
            } else {
                ctx.timer(deadline.since(ctx.now()), Tag::Timeout);
                return;
            }
        }
    }
}
