//! What moved keys leave behind: records at their old homes, and copies that are not wanted any more, are deleted there.
//!
//! Not at once: reads may still be under way to them. When the time is over and the record is not needed there again, the primary is told
//! to delete it, which it logs like any other write, so that its replicas delete it too. A shard that does not answer is told again; a
//! new primary deletes by itself what its last one had deleted and not told it of.
//! The list is kept by the topology service and survives a crash of the router. Sources: `MongoDB`'s range deleter
//! (`orphanCleanupDelaySecs`, 15 minutes), Vitess's `Reshard complete`. Left out: shards of several primaries (they keep what
//! they have).

use std::collections::{BTreeMap, BTreeSet};

use super::ShardRouter;
use super::moves::cause;
use crate::base::{SimDuration, SimTime};
use crate::kernel::{Ask, Call, ClusterIx, Context, Tag, Verb};
use crate::observe::{Operation, Reason};

/// How soon a shard that has not answered is told again.
const AGAIN: SimDuration = SimDuration::from_secs(5);

/// Records that are where they are not needed any more.
#[derive(Clone, Debug, Default, Hash)]
pub struct Orphans {
    left: BTreeMap<(u32, ClusterIx), Orphan>,
    /// In the order in which their shards are told; only what says the same as the entry counts.
    due: BTreeSet<(SimTime, u32, ClusterIx)>,
    /// When the timer is set for; one that comes before is void.
    wake: Option<SimTime>,
    deleted: u64,
}

#[derive(Clone, Copy, Debug, Hash)]
struct Orphan {
    /// Since when it is not needed.
    since: SimTime,
    due: SimTime,
}

impl Orphans {
    /// How many there are, and how many have been deleted.
    pub fn counts(&self) -> (u64, u64) {
        (self.left.len() as u64, self.deleted)
    }

    pub fn crash(&mut self) {
        self.wake = None;
    }

    /// `key` is where it shall be in all these.
    pub fn forget(&mut self, key: u32, keepers: &[ClusterIx]) {
        for cluster in keepers {
            self.left.remove(&(key, *cluster));
        }
    }

    fn set(&mut self, key: u32, cluster: ClusterIx, orphan: Orphan) {
        self.left.insert((key, cluster), orphan);
        self.due.insert((orphan.due, key, cluster));
    }

    /// The next whose time has come.
    fn next(&mut self, now: SimTime) -> Option<(u32, ClusterIx, Orphan)> {
        while let Some(first) = self.due.first().copied().filter(|(due, ..)| *due <= now) {
            self.due.remove(&first);
            let (due, key, cluster) = first;
            if let Some(orphan) = self.left.get(&(key, cluster)).filter(|orphan| orphan.due == due) {
                return Some((key, cluster, *orphan));
            }
        }
        None
    }
}

impl ShardRouter {
    /// `key` is, or may be, in `cluster` as well, which may not need it any more.
    pub(super) fn leave_behind(&mut self, ctx: &mut Context, key: u32, cluster: ClusterIx) {
        let since = ctx.now();
        self.orphans.set(key, cluster, Orphan { since, due: since + self.params.clean_delay });
        self.wake_to_tidy(ctx);
    }

    fn wake_to_tidy(&mut self, ctx: &mut Context) {
        let Some((due, ..)) = self.orphans.due.first().copied() else { return };
        if self.orphans.wake.is_none_or(|wake| wake > due) && ctx.kernel.topology.node(ctx.node).is_up {
            self.orphans.wake = Some(due);
            ctx.timer(due.since(ctx.now()), Tag::Tidy);
        }
    }

    /// Has those records deleted whose time has come.
    pub(super) fn tidy(&mut self, ctx: &mut Context) {
        let now = ctx.now();
        if self.orphans.wake.is_some_and(|wake| wake <= now) {
            self.orphans.wake = None;
        }
        while let Some((key, cluster, orphan)) = self.orphans.next(now) {
            let is_moving = ctx.kernel.directory.home(ctx.node, key).is_moving();
            if !self.has(cluster) || !is_moving && ctx.kernel.directory.needs(cluster, key) {
                self.orphans.left.remove(&(key, cluster));
                continue;
            }
            self.orphans.set(key, cluster, Orphan { due: now + AGAIN, ..orphan });
            if let Some(primary) = self.writer(ctx, cluster).filter(|_| !is_moving) {
                ctx.call_detached(cause(key, Operation::Write), primary, Ask::of(Verb::Delete, key, 0));
            }
        }
        self.wake_to_tidy(ctx);
    }

    /// A shard has deleted a record, or has not.
    pub(super) fn tidied(&mut self, ctx: &Context, reply: &Call) {
        let Some(cluster) = ctx.kernel.directory.cluster_of(reply.to) else { return };
        let entry = (reply.key, cluster);
        let is_meant = self.orphans.left.get(&entry).is_some_and(|orphan| orphan.since <= reply.made);
        // What a primary deletes that has been replaced, and not been fenced, means nothing to the new one.
        let is_primary = ctx.kernel.directory.is_primary(reply.to);
        let is_over = matches!(reply.failure, None | Some(Reason::NotSupported)) && is_primary;
        if is_meant && is_over {
            self.orphans.left.remove(&entry);
            self.orphans.deleted += u64::from(reply.failure.is_none());
        }
    }
}
