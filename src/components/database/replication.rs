//! The stream of log records from a primary to its replicas.
//!
//! A replica asks to follow from the position it has; the primary sends all after it, and from then on each record when its
//! shipping delay is over. The replica asks again every second, as a heartbeat: if it has made no progress although
//! records were sent, they are sent again. One that is behind the kept log, or whose log has gone another way than the
//! primary's, gets a snapshot of everything.

use std::collections::VecDeque;

use super::{Database, Duty, Log};
use crate::base::map::Map;
use crate::base::paged::Paged;
use crate::base::{NodeIx, SimDuration, SimTime};
use crate::kernel::{Body, Context, Record, Tag, Target, Topology, Version};

/// Time between two questions of a replica.
pub const HEARTBEAT: SimDuration = SimDuration::from_secs(1);
/// A copy that has not arrived after this time is sent again; the transport gives up sooner.
const COPY_PATIENCE: SimDuration = SimDuration::from_secs(30);
/// Records that arrived too early are kept up to this number of messages; later ones must be sent again.
const EARLY_LIMIT: usize = 10_000;

/// The sending side. All of it is in memory: a crash forgets it.
#[derive(Clone, Debug, Default, Hash)]
pub struct Shipping {
    followers: Vec<Follower>,
    /// Position up to which records may leave this host.
    released: u64,
    /// Positions that wait out their delay.
    delayed: VecDeque<(SimTime, u64)>,
}

#[derive(Clone, Debug, Hash)]
struct Follower {
    target: Target,
    sent: u64,
    /// The position of its last question.
    asked: u64,
    /// When it was last sent a copy of everything.
    copied: Option<SimTime>,
}

/// A copy of all records, with the size of it.
type Copy = (u64, Paged<Version>);

/// The receiving side.
#[derive(Clone, Debug, Default, Hash)]
pub struct Receiving {
    source: Option<Target>,
    /// On disk: the state is not a true copy of anything until a snapshot is in place.
    is_broken: bool,
    /// A copy that is being put in place, and when that is done.
    restoring: Option<(SimTime, Copy)>,
    /// When the record that is being applied is done; a timer that comes before is void.
    applying: Option<SimTime>,
    early: Map<u64, Vec<Record>>,
}

impl Shipping {
    pub fn restart(&mut self, end: u64) {
        self.released = end;
    }

    pub fn forget_removed(&mut self, topology: &Topology) {
        self.followers.retain(|follower| !topology.node(follower.target.node).is_removed);
    }
}

impl Receiving {
    pub fn needs_snapshot(&self) -> bool {
        self.is_broken
    }

    pub fn crash(&mut self) {
        self.restoring = None;
        self.applying = None;
        self.early.clear();
    }
}

impl Database {
    /// Makes this node a replica of `source` under `term`. If its own log has gone another way, it must copy everything.
    pub fn become_replica(&mut self, source: Option<Target>, term: u32, is_diverged: bool) {
        self.duty = Duty::Replica;
        self.term = term;
        self.shipping = Shipping::default();
        self.receiving.source = source;
        self.receiving.early.clear();
        // A copy of what another primary had is no beginning: it asks for a new one.
        self.receiving.restoring = None;
        self.receiving.is_broken |= is_diverged;
    }

    /// Reaches the primary that it follows over another link.
    pub fn reroute(&mut self, source: Target) {
        if self.source() == Some(source.node) {
            self.receiving.source = Some(source);
        }
    }

    /// Makes this node the primary of `term`, once it has applied what it has received.
    pub fn become_candidate(&mut self, term: u32) {
        self.duty = Duty::Candidate;
        self.term = term;
        self.receiving.source = None;
        self.receiving.early.clear();
    }

    pub fn term(&self) -> u32 {
        self.term
    }

    /// Whom it copies from.
    pub fn source(&self) -> Option<NodeIx> {
        self.receiving.source.map(|source| source.node)
    }

    /// Asks the primary for what is missing.
    pub fn follow(&mut self, ctx: &mut Context, is_new: bool) {
        if let Some(source) = self.receiving.source
            && self.receiving.restoring.is_none()
        {
            let from = (!self.receiving.is_broken).then_some(self.log.end());
            ctx.send(source, Body::Follow { from, is_new });
        }
    }

    pub(super) fn on_follow(&mut self, ctx: &mut Context, sender: Target, from: Option<u64>, is_new: bool) {
        if self.duty == Duty::Replica {
            return;
        }
        let known = self.shipping.followers.iter().position(|follower| follower.target == sender);
        let at = known.unwrap_or_else(|| {
            self.shipping.followers.push(Follower { target: sender, sent: 0, asked: 0, copied: None });
            self.shipping.followers.len() - 1
        });
        let follower = &mut self.shipping.followers[at];
        let Some(from) = from.filter(|from| *from >= self.log.base() && *from <= self.log.end()) else {
            // Asked before and not there yet: the copy is on its way, unless the transport must have given up.
            let is_on_its_way = follower.copied.is_some_and(|sent| ctx.now().since(sent) < COPY_PATIENCE);
            if is_new || !is_on_its_way {
                follower.copied = Some(ctx.now());
                follower.sent = self.applied;
                follower.asked = self.applied;
                let (bytes, versions) = (self.stored_bytes, self.versions.clone());
                ctx.send(sender, Body::Snapshot { term: self.term, position: self.applied, bytes, versions });
            }
            return;
        };
        let has_stalled = from < follower.sent && from == follower.asked;
        if is_new || known.is_none() || has_stalled {
            follower.sent = from;
        }
        follower.asked = from;
        follower.copied = None;
        self.ship(ctx);
    }

    /// A write has been committed: it leaves after the delay.
    pub(super) fn ship_after_delay(&mut self, ctx: &mut Context) {
        let (end, delay) = (self.log.end(), self.params.ship_delay);
        if delay.is_zero() && self.shipping.delayed.is_empty() {
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
        let released = self.shipping.released;
        // A follower behind the kept log is left alone until it asks, and then gets a copy.
        let base = self.log.base();
        for follower in self.shipping.followers.iter_mut().filter(|follower| follower.sent >= base) {
            let records: Vec<Record> = self.log.range(follower.sent, released).map(|(_, record)| *record).collect();
            if !records.is_empty() {
                let first = follower.sent + 1;
                follower.sent += records.len() as u64;
                ctx.send(follower.target, Body::Records { term: self.term, first, records });
            }
        }
    }

    pub(super) fn on_records(&mut self, ctx: &mut Context, sender: Target, first: u64, records: Vec<Record>) {
        let is_expected = self.duty == Duty::Replica && self.source() == Some(sender.node);
        if !is_expected || (self.receiving.is_broken && self.receiving.restoring.is_none()) {
            return;
        }
        if self.receiving.early.len() < EARLY_LIMIT {
            self.receiving.early.insert(first, records);
        }
        // Packets may overtake each other after a loss; the log must not.
        while let Some(first) = self.receiving.early.first_key() {
            let end = self.log.end();
            if first > end + 1 {
                break;
            }
            let records = self.receiving.early.remove(&first).unwrap_or_default();
            let known = (end + 1 - first) as usize;
            records.into_iter().skip(known).for_each(|record| self.log.push(record));
        }
        self.log.trim(self.params.log_retention as usize, self.applied);
        self.apply_next(ctx);
    }

    /// Begins to apply the next record, unless it is at it.
    pub(super) fn apply_next(&mut self, ctx: &mut Context) {
        if self.receiving.applying.is_some() || self.receiving.is_broken {
            return;
        }
        if self.applied < self.log.end() {
            self.receiving.applying = Some(ctx.now() + self.params.apply_time);
            ctx.timer(self.params.apply_time, Tag::Applied);
        } else if self.duty == Duty::Candidate {
            self.take_over(ctx);
        }
    }

    pub(super) fn on_applied(&mut self, ctx: &mut Context) {
        if self.receiving.applying.is_none_or(|done| done > ctx.now()) {
            return;
        }
        self.receiving.applying = None;
        self.applied += 1;
        let record = *self.log.get(self.applied).expect("what is not applied is kept");
        self.put(&record);
        self.apply_next(ctx);
    }

    /// All that was received is applied: from here on it takes writes, and the directory says so.
    fn take_over(&mut self, ctx: &mut Context) {
        self.duty = Duty::Primary;
        self.shipping.restart(self.log.end());
        if let Some(cluster) = ctx.kernel.directory.cluster_of(ctx.node) {
            ctx.kernel.directory.view_mut(cluster).primary = Some(ctx.node);
        }
    }

    pub(super) fn on_snapshot(&mut self, ctx: &mut Context, sender: Target, position: u64, copy: Copy) {
        if self.duty != Duty::Replica || self.source() != Some(sender.node) || self.receiving.restoring.is_some() {
            return;
        }
        self.receiving.is_broken = true;
        self.receiving.applying = None;
        self.receiving.early.clear();
        let done = ctx.now() + self.params.snapshot_time;
        self.receiving.restoring = Some((done, copy));
        self.log = Log::after(position);
        self.applied = position;
        ctx.timer(self.params.snapshot_time, Tag::Restored);
    }

    pub(super) fn on_restored(&mut self, ctx: &mut Context) {
        // A timer of an earlier copy means nothing to this one.
        if let Some((_, copy)) = self.receiving.restoring.take_if(|(done, _)| *done <= ctx.now()) {
            (self.stored_bytes, self.versions) = copy;
            self.receiving.is_broken = false;
            self.apply_next(ctx);
        }
    }
}
