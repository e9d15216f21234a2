//! The sending side: records leave for those who follow this log.
//!
//! A follower says what it has and is sent all else, and from then on each record when its shipping delay is over. That delay
//! is spent on this host and dies with it; what the link takes is not: what has left arrives. A follower that makes no progress
//! although the transport must have given up is sent the records again. One that lacks what the log has dropped gets a copy of
//! everything. All of this is in memory: a crash forgets it.

use std::collections::VecDeque;

use super::{Database, Duty, note};
use crate::base::{NodeIx, SimDuration, SimTime};
use crate::kernel::{Batch, Body, Context, Follow, GtidSet, Record, Snapshot, Tag, Target, Topology, Wish};
use crate::model::kinds::CommitMode;
use crate::observe::StepKind;

/// A copy that has not arrived after this time is sent again, if the transport must have given up by then.
const COPY_PATIENCE: SimDuration = SimDuration::from_secs(30);

/// What is being sent to whom.
#[derive(Clone, Debug, Default, Hash)]
pub struct Shipping {
    followers: Vec<Follower>,
    /// Position up to which records may leave this host.
    released: u64,
    /// Positions that wait out their delay.
    delayed: VecDeque<(SimTime, u64)>,
}

/// Somebody who follows this log.
#[derive(Clone, Debug, Hash)]
pub struct Follower {
    target: Target,
    /// Position up to which it has been sent everything.
    sent: u64,
    /// Position up to which it has everything safely, as far as it has told.
    received: u64,
    /// Position up to which it has applied everything, as far as it has told.
    pub applied: u64,
    /// What it had when it began to follow.
    known: GtidSet,
    /// Since when it has made no progress.
    since: SimTime,
    /// When it was last sent a copy of everything.
    copied: Option<SimTime>,
}

impl Shipping {
    pub fn restart(&mut self, end: u64) {
        self.released = end;
    }

    /// Position up to which records may have left this host.
    pub fn released(&self) -> u64 {
        self.released
    }

    pub fn forget_removed(&mut self, topology: &Topology) {
        self.followers.retain(|follower| {
            !topology.node(follower.target.node).is_removed && !topology.links[follower.target.link.index()].is_removed
        });
    }

    pub fn follower(&self, node: NodeIx) -> Option<&Follower> {
        self.followers.iter().find(|follower| follower.target.node == node)
    }

    /// How much of the log each follower has safely.
    pub fn received(&self) -> impl Iterator<Item = u64> {
        self.followers.iter().map(|follower| follower.received)
    }
}

/// How long the transport of `target`'s link tries at most.
fn patience(topology: &Topology, target: Target) -> SimDuration {
    topology.links[target.link.index()].patience(true)
}

impl Database {
    pub(super) fn on_follow(&mut self, ctx: &mut Context, sender: Target, follow: Follow) {
        if self.duty == Duty::Replica || !self.is_whole() {
            return;
        }
        self.trim(ctx);
        let (now, end) = (ctx.now(), self.log.end());
        let entry = self.shipping.followers.iter().position(|follower| follower.target.node == sender.node);
        let is_unknown = entry.is_none();
        let at = entry.unwrap_or_else(|| {
            self.shipping.followers.push(Follower {
                target: sender,
                sent: 0,
                received: 0,
                applied: 0,
                known: GtidSet::default(),
                since: now,
                copied: None,
            });
            self.shipping.followers.len() - 1
        });
        let follower = &mut self.shipping.followers[at];
        follower.target = sender;
        let cursor = follow.cursor.filter(|(life, _)| *life == self.life).map(|(_, position)| position);
        let is_served = cursor.is_some_and(|position| position >= self.log.base() && position <= end)
            && !follow.is_new
            && !is_unknown
            // It may have begun anew since it told what it had, and that question have come after the copy was sent.
            && follow.known.as_ref().is_some_and(|known| known.contains_all(&follower.known));
        // It has been told where to go on, and that is on its way, unless the transport must have given up.
        let is_told = !is_unknown && !follow.is_new && follow.known.is_some() && follower.copied.is_none();
        let is_patient = now.since(follower.since) <= patience(&ctx.kernel.topology, sender);
        if is_told && cursor.is_none_or(|position| position < follower.received) && is_patient {
            return;
        }
        if is_served && cursor.is_some_and(|position| position >= follower.received) {
            follower.copied = None;
            self.on_cursor(ctx, sender.node, cursor.unwrap_or_default(), follow.applied);
            let follower = &mut self.shipping.followers[at];
            let has_stalled =
                follower.sent > follower.received && now.since(follower.since) > patience(&ctx.kernel.topology, sender);
            if has_stalled {
                (follower.sent, follower.since) = (follower.received, now);
            }
            self.ship(ctx);
            return;
        }
        let has_dropped = |known: &GtidSet| !known.contains_all(self.log.purged());
        // Of two primaries each of which lacks what the other keeps no more, the one that has less begins anew: else copies could
        // chase each other around a ring for ever.
        let size = |known: &GtidSet, node: NodeIx| (known.len(), std::cmp::Reverse(node));
        if follow.is_primary
            && follow.known.as_ref().is_some_and(|known| {
                has_dropped(known) && size(known, sender.node) > size(&self.receiving.known, ctx.node)
            })
        {
            // It has been told nothing: it is welcome as soon as this one has more.
            self.shipping.followers.remove(at);
            return;
        }
        let known = follow.known.filter(|known| !has_dropped(known));
        let Some(known) = known else {
            self.send_copy(ctx, at, follow.is_new, follow.cursor.is_some());
            return;
        };
        // By positions it goes on where it says, else after what it has.
        let start = cursor.filter(|position| follow.is_by_position && *position >= self.log.base());
        let start = start.unwrap_or_else(|| self.log.start_for(&known));
        follower.known = if follow.is_by_position { GtidSet::default() } else { known };
        (follower.sent, follower.received, follower.applied) = (start, start, start.min(follow.applied));
        (follower.since, follower.copied) = (now, None);
        self.send_batch(ctx, at, true);
    }

    /// A follower lacks what is not kept any more, or has no true copy: it gets everything.
    fn send_copy(&mut self, ctx: &mut Context, at: usize, is_new: bool, has_fallen_behind: bool) {
        let now = ctx.now();
        let follower = &mut self.shipping.followers[at];
        let (target, patience) = (follower.target, patience(&ctx.kernel.topology, follower.target).max(COPY_PATIENCE));
        // Asked before and not there yet: the copy is on its way, unless the transport must have given up.
        if !is_new && follower.copied.is_some_and(|sent| now.since(sent) < patience) {
            return;
        }
        if has_fallen_behind && follower.copied.is_none() {
            note(ctx, target.node, StepKind::LogPurged);
        }
        let position = self.log.end();
        let mut image = self.data.clone();
        for record in self.commits.hidden() {
            let _ = image.apply(record, &self.params);
        }
        let follower = &mut self.shipping.followers[at];
        (follower.sent, follower.received, follower.applied) = (position, 0, 0);
        (follower.since, follower.copied, follower.known) = (now, Some(now), GtidSet::default());
        let (term, life) = (self.term, self.life);
        ctx.send(target, Body::Snapshot(Box::new(Snapshot { term, position, life, image })));
    }

    /// A follower has told how far it is.
    pub(super) fn on_cursor(&mut self, ctx: &mut Context, node: NodeIx, received: u64, applied: u64) {
        let (now, end) = (ctx.now(), self.log.end());
        let Some(follower) = self.shipping.followers.iter_mut().find(|own| own.target.node == node) else { return };
        if received > follower.received {
            (follower.received, follower.since, follower.copied) = (received.min(end), now, None);
        }
        follower.applied = follower.applied.max(applied.min(end));
        // It may tell of what the last life of this process has sent.
        follower.sent = follower.sent.max(follower.received);
        self.on_progress(ctx);
    }

    /// A write has been logged: it leaves after the delay.
    pub(super) fn ship_after_delay(&mut self, ctx: &mut Context) {
        let (end, delay) = (self.log.end(), self.params.ship_delay);
        // Nobody follows a replica.
        let is_idle = self.duty == Duty::Replica && self.shipping.followers.is_empty();
        if is_idle || delay.is_zero() && self.shipping.delayed.is_empty() {
            self.shipping.released = end;
            self.ship(ctx);
            return;
        }
        if self.shipping.delayed.is_empty() {
            ctx.timer(delay, Tag::Ship);
        }
        let earliest = self.shipping.delayed.back().map_or(SimTime::ZERO, |(due, _)| *due);
        self.shipping.delayed.push_back(((ctx.now() + delay).max(earliest), end));
    }

    pub(super) fn ship_due(&mut self, ctx: &mut Context) {
        while let Some((due, position)) = self.shipping.delayed.front().copied() {
            if due > ctx.now() {
                ctx.timer(due.since(ctx.now()), Tag::Ship);
                break;
            }
            self.shipping.released = position;
            self.shipping.delayed.pop_front();
        }
        self.ship(ctx);
    }

    fn ship(&mut self, ctx: &mut Context) {
        let (released, base) = (self.shipping.released, self.log.base());
        for at in 0..self.shipping.followers.len() {
            let follower = &self.shipping.followers[at];
            // A follower behind the kept log is left alone until it asks, and then gets a copy.
            if follower.sent >= base && follower.sent < released {
                self.send_batch(ctx, at, false);
            }
        }
    }

    /// Sends a follower all that has been released and not been sent.
    fn send_batch(&mut self, ctx: &mut Context, at: usize, is_start: bool) {
        let follower = &mut self.shipping.followers[at];
        let (after, upto) = (follower.sent, self.shipping.released.max(follower.sent));
        let missing = self.log.range(after, upto).filter(|(_, record)| !follower.known.contains(record.id));
        let records: Vec<Record> = missing.map(|(_, record)| *record).collect();
        if follower.sent == follower.received {
            follower.since = ctx.now();
        }
        follower.sent = upto;
        let wish = match self.params.mode {
            CommitMode::Asynchronous => Wish::Nothing,
            CommitMode::SemiSyncAfterSync | CommitMode::SemiSyncAfterCommit => Wish::Received,
            CommitMode::Synchronous => Wish::Applied,
        };
        let (term, life, target) = (self.term, self.life, follower.target);
        ctx.send(target, Body::Records(Box::new(Batch { term, life, after, upto, records, is_start, wish })));
    }

    /// Somebody who is to become primary asks for what it has not. What is not kept any more would be a gap in it: then it gets
    /// nothing, and goes on with what it has.
    pub(super) fn on_fetch(&mut self, ctx: &mut Context, sender: Target, term: u32, known: &GtidSet) {
        // The question of one that has been passed over meanwhile.
        if term < self.term {
            return;
        }
        let logged = self.log.range(0, u64::MAX).map(|(_, record)| record);
        let all = logged.chain(self.receiving.relayed());
        let is_whole = self.is_whole() && known.contains_all(self.log.purged());
        let records = all.filter(|record| is_whole && !known.contains(record.id)).copied().collect();
        ctx.send(sender, Body::Fetched { term, records });
    }
}
