//! Rebuilding from a copy of everything: for a new replica, one that is behind the kept log, or one that has gone another way.
//!
//! The copy takes what its bytes take on the link, and then the time to put it in place; meanwhile the log goes on being
//! received, and is applied afterwards. Until then the node serves nobody.

use super::books::lose_all;
use super::shipping::Shipping;
use super::{Database, Duty, Log, note};
use crate::kernel::{Context, GtidSet, Snapshot, Tag, Target};
use crate::observe::{Reason, StepKind};

impl Database {
    pub(super) fn on_snapshot(&mut self, ctx: &mut Context, sender: Target, snapshot: Snapshot) {
        let is_expected = self.receiving.sources().any(|source| source == sender.node);
        if self.duty == Duty::Candidate || !is_expected || self.receiving.restoring.is_some() {
            return;
        }
        let Snapshot { position, life, image, .. } = snapshot;
        note(ctx, ctx.node, StepKind::CopyReceived);
        self.give_up_own(ctx, &image.executed);
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

    /// What waits for replicas will not be heard of here any more. Of several primaries, what one had acknowledged and no other
    /// ever got is lost with its log.
    fn give_up_own(&mut self, ctx: &mut Context, kept: &GtidSet) {
        for call in self.forsake() {
            if ctx.is_going_on(call) {
                ctx.fail(call, Reason::NoPrimary);
            }
        }
        let Some(cluster) = ctx.kernel.directory.cluster_of(ctx.node) else { return };
        let page = ctx.kernel.ledger.page(cluster);
        if page.rightful.is_some() {
            return;
        }
        let untold = self.commits.settle_by(page, kept);
        let gone = self.data.executed.only(ctx.node).without(kept).without(&untold);
        ctx.kernel.recorder.counts.lost_writes += lose_all(page, &gone, self.log.range(0, u64::MAX));
    }
}
