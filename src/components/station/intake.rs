//! Calls that are looked at when their service would be over, had they not had to wait.
//!
//! Where each service takes the same time S, a call that has come at A leaves at A + S at the earliest, and those who come later
//! leave later. So all that is to be known of a call can be told at A + S, in the order of arrival, from when the calls before it
//! have left or will leave: had it to wait, and for whom? What it finds is exactly what it would have found at A (G/D/c/K, first
//! come first served); only a refusal is told no earlier than A + S.

use super::{Job, Station};
use crate::base::slab::Key;
use crate::base::{SimDuration, SimTime};
use crate::kernel::{Context, Stage};
use crate::observe::Reason;

impl Station {
    /// Serves `call` for `service`, or fails it if there is no room. If the node takes calls in, `call` came that long ago, else just
    /// now. Whether it did not have to wait, and its service is over; else the node hears `on_done`.
    #[must_use]
    pub fn take_in(&mut self, ctx: &mut Context, call: Key, service: SimDuration) -> bool {
        let Some(intake) = ctx.intake() else {
            if !self.admit(ctx, call, service) {
                ctx.fail(call, Reason::QueueFull);
            }
            return false;
        };
        let now = ctx.now();
        let came = now - intake;
        self.forget_left(came);
        let inside = self.left.len() as u64 + u64::from(self.busy) + u64::from(self.waiting.len());
        let cores = u64::from(self.size.cores);
        // Who leaves before a core is free for it: so many of those who were there.
        let Some(ahead) = inside.checked_sub(cores) else {
            self.pass(ctx, call, intake, came);
            return true;
        };
        if ahead >= u64::from(self.size.limit) {
            ctx.fail(call, Reason::QueueFull);
            return false;
        }
        ctx.meter().present.add(intake);
        if let Some(free) = self.left.get(ahead as usize).copied() {
            self.busy += 1;
            ctx.set_stage_since(call, Stage::Ready, came);
            ctx.set_stage_since(call, Stage::Serving, free);
            ctx.serve_until(call, free + intake);
            let meter = ctx.meter();
            meter.began(free.since(came));
            meter.waiting.add(free.since(came));
            meter.busy.add(now.since(free));
        } else {
            self.waiting.push(ctx, Job { call, service, since: came }, self.size.patience);
            ctx.meter().waiting.add(intake);
        }
        false
    }

    /// A core was free for `call`, which `came` a service ago.
    fn pass(&mut self, ctx: &mut Context, call: Key, service: SimDuration, came: SimTime) {
        self.leave(ctx.now());
        let meter = ctx.meter();
        meter.began(SimDuration::ZERO);
        meter.present.add(service);
        meter.busy.add(service);
        if ctx.kernel.recorder.tracer.is_on() {
            ctx.set_stage_since(call, Stage::Serving, came);
            ctx.set_stage(call, Stage::Held);
        }
    }

    /// A call leaves its core at `now`: those who are looked at later may have come before.
    pub(super) fn leave(&mut self, now: SimTime) {
        if self.size.cores < u32::MAX {
            self.left.push_back(now);
        }
    }

    /// Who comes at `came` or later does not find those who had left by then.
    fn forget_left(&mut self, came: SimTime) {
        while self.left.front().is_some_and(|left| *left <= came) {
            self.left.pop_front();
        }
    }
}
