//! Rebuilding from a copy of everything: for a new replica, one that is behind the kept log, or one that has gone another way.
//!
//! The copy takes what its bytes take on the link, and then the time to put it in place; meanwhile the log goes on being
//! received, and is applied afterwards. Until then the node serves nobody.

use super::books::{Estate, has_equals};
use super::membership::wake_monitor;
use super::shipping::Shipping;
use super::{Database, Duty, Log, note};
use crate::kernel::{Context, Snapshot, Tag, Target};
use crate::observe::{Reason, StepKind};

impl Database {
    pub(super) fn on_snapshot(&mut self, ctx: &mut Context, sender: Target, snapshot: Snapshot) {
        let is_expected = self.receiving.sources().any(|source| source == sender.node);
        if self.duty == Duty::Candidate || !is_expected || self.receiving.restoring.is_some() {
            return;
        }
        let Snapshot { position, life, image, .. } = snapshot;
        note(ctx, ctx.node, StepKind::CopyReceived);
        self.give_up_own(ctx);
        let done = ctx.now() + self.params.snapshot_time;
        self.log = Log::after(position, image.executed.clone());
        self.life += 1;
        // Positions of the old log mean nothing to those who followed it.
        self.shipping = Shipping::default();
        self.receiving.is_broken = true;
        self.receiving.begin_anew(image.executed.clone());
        self.receiving.set_cursor(sender.node, life, position);
        self.receiving.restoring = Some((done, Box::new(image)));
        ctx.timer(self.params.snapshot_time, Tag::Restored);
    }

    pub(super) fn on_restored(&mut self, ctx: &mut Context) {
        let now = ctx.now();
        // A timer of an earlier copy means nothing to this one.
        if let Some((_, image)) = self.receiving.restoring.take_if(|(done, _)| *done <= now) {
            self.data = *image;
            self.receiving.is_broken = false;
            self.receiving.tally.rebuilds += 1;
            self.shipping.restart(self.log.end());
            note(ctx, ctx.node, StepKind::Rebuilt);
            self.apply_next(ctx);
        }
    }

    /// What waits for replicas will not be heard of here any more. Of several primaries, what none of the others has is lost with the
    /// log of one.
    fn give_up_own(&mut self, ctx: &mut Context) {
        if has_equals(ctx) {
            self.bequeath();
            wake_monitor(ctx);
        }
        for call in self.forsake() {
            if ctx.is_going_on(call) {
                ctx.fail(call, Reason::NoPrimary);
            }
        }
    }

    /// What it has is about to be gone: its monitor shall see who else has it.
    pub fn bequeath(&mut self) {
        let had = self.safe();
        let relayed = self.receiving.relayed().map(|record| (0, record));
        let records = self.log.range(0, u64::MAX).chain(relayed).map(|(position, record)| (position, *record));
        let estate = self.estate.0.get_or_insert_default();
        estate.had.merge(&had);
        estate.records.extend(records);
    }

    /// What it had and has no more, told once.
    pub fn take_estate(&mut self) -> Option<Box<Estate>> {
        self.estate.0.take()
    }
}
