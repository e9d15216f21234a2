//! Moving keys from shard to shard while they are served.
//!
//! After a change of the layout the router sweeps over the keys that it knows, in ascending order, and moves those whose home is
//! another now; one key after the other, at a rate, several at a time. A key is moved by calls like any other, of the
//! router's own account:
//!
//! 1. It is marked as moving. From then on its old home takes no write of it any more; writes wait at the router. Reads go on.
//! 2. It is read from the primary of the old home, and put to the primary of the new one, with its version.
//! 3. The new home is made known, and the writes that waited go there.
//!
//! So no write can fall between the two, and there is always a home that has the record. If a call fails or takes too
//! long, the key stays where it was, the router pauses for a second, and tries again. If it finds that one of the two primaries
//! is not the primary any more, it begins with the key anew: a failover may have lost what was read or put. The marks and
//! homes survive a crash of the router, which goes on where it was. For ten seconds a key is read from the primary of its new
//! home only, so that nobody sees that its replicas lag. Sources: `MongoDB`'s chunk migration (clone, critical section, commit),
//! Vitess's Reshard (copy, catch up, switch); both copy many rows at once and switch them together.

use std::collections::VecDeque;

use super::ShardRouter;
use crate::base::map::Map;
use crate::base::{NodeIx, SimDuration, SimTime};
use crate::kernel::{Ask, Call, Cause, ClusterIx, Context, Home, Tag, Verb, Version};
use crate::observe::{Operation, Reason};

/// How long the router waits after a move has failed.
const PAUSE: SimDuration = SimDuration::from_secs(1);
/// How long one call of a move may take.
const PATIENCE: SimDuration = SimDuration::from_secs(5);
/// How long a key is read from the primary of its new home only.
const FRESH: SimDuration = SimDuration::from_secs(10);

/// All that is being moved.
#[derive(Clone, Debug, Default, Hash)]
pub struct Moves {
    pub progress: Progress,
    /// While a sweep goes on: the next key to look at.
    cursor: Option<u32>,
    /// Whether the keys of the sweep are still to be counted.
    is_uncounted: bool,
    /// Keys to be looked at beside the sweep, and from when on.
    again: VecDeque<(SimTime, u32)>,
    live: Map<u32, Move>,
    /// The next key may be begun then.
    next_at: SimTime,
    /// When the timer is set for; one that comes before is void.
    wake: Option<SimTime>,
    /// Keys that have just come to a new home, and until when they count as that.
    fresh: Map<u32, SimTime>,
    fresh_order: VecDeque<(SimTime, u32)>,
}

/// How far the last change of the layout, or of the copies, has been carried out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Progress {
    /// Keys that it has given another home.
    pub to_move: u64,
    /// How many of these are there by now.
    pub moved: u64,
    /// Bytes of their records.
    pub bytes: u64,
    /// Attempts that failed.
    pub failed: u64,
    /// Why the last of these did.
    pub failure: Option<Reason>,
}

/// One key on its way.
#[derive(Clone, Debug, Hash)]
struct Move {
    from: ClusterIx,
    /// Its new home, and where it shall have copies.
    home: ClusterIx,
    copies: Vec<ClusterIx>,
    /// When the last calls for it were made: an answer to others means nothing.
    sent: SimTime,
    /// The primary that it was read from, and what that had.
    source: Option<(NodeIx, Version)>,
    /// Puts that have not been answered yet.
    left: u32,
    /// The primaries that have it now, with what they hold.
    holders: Vec<(NodeIx, Version)>,
}

impl Moves {
    /// Every known key is to be looked at.
    pub fn sweep(&mut self) {
        self.cursor = Some(0);
        self.is_uncounted = true;
    }

    /// Whether there are keys that may have to be moved.
    pub fn is_sweeping(&self) -> bool {
        self.cursor.is_some() || !self.again.is_empty() || !self.live.is_empty()
    }

    /// `key` is not where it shall be.
    pub fn look_again(&mut self, ctx: &mut Context, key: u32) {
        let due = ctx.now() + PAUSE;
        self.progress.to_move += 1;
        self.push_again(due, key);
        self.wake(ctx, due);
    }

    fn push_again(&mut self, due: SimTime, key: u32) {
        // In the order of their times, whatever clock they were put in by.
        let due = due.max(self.again.back().map_or(SimTime::ZERO, |(last, _)| *last));
        self.again.push_back((due, key));
    }

    /// Whether `key` has come to its home so recently that the replicas there may not have it.
    pub fn has_just_come(&self, key: u32, now: SimTime) -> bool {
        !self.fresh.is_empty() && self.fresh.get(&key).is_some_and(|until| *until > now)
    }

    fn has_come(&mut self, key: u32, now: SimTime) {
        while let Some((until, key)) = self.fresh_order.pop_front_if(|(until, _)| *until <= now) {
            if self.fresh.get(&key) == Some(&until) {
                self.fresh.remove(&key);
            }
        }
        self.fresh.insert(key, now + FRESH);
        self.fresh_order.push_back((now + FRESH, key));
    }

    /// Whether the timer that has gone off now is the one that is waited for.
    pub fn is_due(&self, now: SimTime) -> bool {
        self.wake.is_some_and(|wake| wake <= now)
    }

    /// Goes on at `at`, unless it does earlier anyway, or after a restart.
    pub fn wake(&mut self, ctx: &mut Context, at: SimTime) {
        let is_up = ctx.kernel.topology.node(ctx.node).is_up;
        if is_up && self.is_sweeping() && self.wake.is_none_or(|wake| wake > at) {
            self.wake = Some(at);
            ctx.timer(at.since(ctx.now()), Tag::Move);
        }
    }
}

impl ShardRouter {
    /// Begins with as many keys as may be begun now, and sets the timer for the next.
    pub(super) fn go_on_moving(&mut self, ctx: &mut Context) {
        if self.moves.is_due(ctx.now()) {
            self.moves.wake = None;
        }
        if !self.moves.is_sweeping() {
            return;
        }
        if self.moves.is_uncounted {
            self.count(ctx);
        }
        self.lose_patience(ctx);
        let (rate, parallel) = (self.params.move_rate_per_s, self.params.move_parallel as usize);
        let now = ctx.now();
        while rate > 0.0 && self.moves.live.len() < parallel && self.moves.next_at <= now {
            let Some(key) = self.next_key(ctx) else { break };
            if self.begin(ctx, key) {
                self.moves.next_at = self.moves.next_at.max(now + SimDuration::from_secs_f64(1.0 / rate));
            }
        }
        if !self.moves.is_sweeping() {
            return;
        }
        let oldest = self.moves.live.scan().map(|(_, live)| live.sent + PATIENCE).min();
        let is_full = self.moves.live.len() >= parallel || rate <= 0.0;
        let more = self.moves.cursor.map(|_| now).or(self.moves.again.front().map(|(due, _)| *due));
        let next = more.filter(|_| !is_full).map(|due| due.max(self.moves.next_at));
        if let Some(at) = oldest.into_iter().chain(next).min() {
            self.moves.wake(ctx, at);
        }
    }

    /// How many keys are not where they shall be.
    fn count(&mut self, ctx: &Context) {
        let to_move = self.keys.iter().filter(|key| !self.is_settled(ctx, *key)).count() as u64;
        self.moves.progress = Progress { to_move, ..Progress::default() };
        self.moves.is_uncounted = false;
    }

    /// Whether `key` is where it shall be.
    fn is_settled(&self, ctx: &Context, key: u32) -> bool {
        let (home, owner) = (self.home_of(ctx, key), self.layout.owner(key));
        // Without any shard left there is nowhere to go.
        owner.is_none()
            || home == owner && same_set(ctx.kernel.directory.copies(ctx.node, key), &self.wanted_copies(key))
    }

    /// The next key that is not where it shall be, or that a crash has left marked.
    fn next_key(&mut self, ctx: &Context) -> Option<u32> {
        let now = ctx.now();
        while let Some((_, key)) = self.moves.again.pop_front_if(|(due, _)| *due <= now) {
            let is_moving = ctx.kernel.directory.home(ctx.node, key).is_moving();
            if !self.moves.live.contains_key(&key) && (is_moving || !self.is_settled(ctx, key)) {
                return Some(key);
            }
        }
        while let Some(from) = self.moves.cursor {
            let next = self.keys.next(from);
            self.moves.cursor = next.and_then(|key| key.checked_add(1));
            let key = next?;
            if !self.moves.live.contains_key(&key) && !self.is_settled(ctx, key) {
                return Some(key);
            }
        }
        None
    }

    /// Begins to move `key`. Whether there is anything to be waited for.
    fn begin(&mut self, ctx: &mut Context, key: u32) -> bool {
        let (Some(from), Some(home)) = (self.home_of(ctx, key), self.layout.owner(key)) else { return false };
        if self.transactions.has(key) {
            // Its home must not change before it is committed there.
            self.moves.push_again(ctx.now() + PAUSE, key);
            return false;
        }
        let copies = self.wanted_copies(key);
        let step = Move { from, home, copies, sent: ctx.now(), source: None, left: 0, holders: Vec::new() };
        if targets(ctx, key, &step).is_empty() {
            self.settle(ctx, key, step);
            return false;
        }
        ctx.kernel.directory.set_home(ctx.node, key, Home::at(from, true));
        self.moves.live.insert(key, step);
        match self.writer(ctx, from) {
            Some(source) => {
                let ask = Ask::of(Verb::Get, key, self.keys.size(key));
                ctx.call_detached(cause(key, Operation::Read), source, ask);
            }
            None => self.fail_move(ctx, key, Reason::NoPrimary),
        }
        true
    }

    /// A call that was made for a move has ended.
    pub(super) fn moved_on(&mut self, ctx: &mut Context, reply: &Call) {
        let key = reply.key;
        let is_reading = reply.verb == Verb::Get;
        let live = self.moves.live.get_mut(&key);
        let Some(step) = live.filter(|step| step.sent == reply.made && step.source.is_none() == is_reading) else {
            return;
        };
        if let Some(reason) = reply.failure {
            self.fail_move(ctx, key, reason);
        } else if is_reading {
            step.source = Some((reply.to, reply.version));
            step.sent = ctx.now();
            self.put(ctx, key, reply.version);
        } else {
            step.holders.push((reply.to, reply.version));
            step.left -= 1;
            if step.left == 0 {
                self.cut_over(ctx, key);
            }
        }
        self.go_on_moving(ctx);
    }

    /// The record has been read: it is put to where it shall be.
    fn put(&mut self, ctx: &mut Context, key: u32, version: Version) {
        let Some(step) = self.moves.live.get(&key) else { return };
        let targets = targets(ctx, key, step);
        let ways: Option<Vec<_>> = targets.into_iter().map(|cluster| self.writer(ctx, cluster)).collect();
        let Some(ways) = ways else {
            self.fail_move(ctx, key, Reason::NoPrimary);
            return;
        };
        if let Some(step) = self.moves.live.get_mut(&key) {
            step.left = ways.len() as u32;
        }
        let bytes = self.keys.size(key);
        for target in ways {
            ctx.call_detached(cause(key, Operation::Write), target, Ask { version, ..Ask::of(Verb::Put, key, bytes) });
        }
    }

    /// Everybody has it: the new home is made known.
    fn cut_over(&mut self, ctx: &mut Context, key: u32) {
        let Some(step) = self.moves.live.get(&key) else { return };
        let directory = &ctx.kernel.directory;
        let mut all = step.source.iter().chain(&step.holders);
        if !all.all(|(node, _)| directory.is_primary(*node)) {
            self.fail_move(ctx, key, Reason::NoPrimary);
            return;
        }
        let (from, to) = (step.from, step.home);
        let read = step.source.map(|(_, version)| version);
        let at_home = step.holders.iter().find(|(node, _)| directory.cluster_of(*node) == Some(to));
        if let Some((_, version)) = at_home.copied()
            && (Some(version) != read || version > ctx.kernel.truth.current(key))
        {
            // The new home had kept a version that its old one has lost in a failover; or what was read there came from a primary
            // that should have been fenced, and stands now.
            ctx.kernel.truth.revert(key, version);
        }
        if let Some(step) = self.moves.live.remove(&key) {
            self.settle(ctx, key, step);
        }
        if from != to {
            self.moves.has_come(key, ctx.now());
        }
        self.moves.progress.moved += 1;
        self.moves.progress.bytes += u64::from(self.keys.size(key));
        if !self.is_settled(ctx, key) {
            // The layout has changed again meanwhile.
            self.moves.push_again(ctx.now(), key);
        }
    }

    /// `key` is where `step` was to bring it, and writes go on.
    fn settle(&mut self, ctx: &mut Context, key: u32, step: Move) {
        let mut left = ctx.kernel.directory.copies(ctx.node, key).to_vec();
        left.push(step.from);
        let keepers: Vec<ClusterIx> = step.copies.iter().copied().chain([step.home]).collect();
        left.retain(|holder| !keepers.contains(holder));
        ctx.kernel.directory.set_home(ctx.node, key, Home::at(step.home, false));
        ctx.kernel.directory.set_copies(ctx.node, key, step.copies);
        self.orphans.forget(key, &keepers);
        for holder in left {
            self.leave_behind(ctx, key, holder);
        }
        self.release(ctx, key);
    }

    /// Whatever is being done with `key` means nothing any more, but some may have been given it. Where it was to come from.
    pub(super) fn abandon_move(&mut self, ctx: &mut Context, key: u32) -> Option<ClusterIx> {
        let step = self.moves.live.remove(&key)?;
        if step.left > 0 || !step.holders.is_empty() {
            for target in targets(ctx, key, &step) {
                self.leave_behind(ctx, key, target);
            }
        }
        Some(step.from)
    }

    /// The router dies: what was under way is begun anew after the restart.
    pub(super) fn interrupt_moves(&mut self, ctx: &mut Context) {
        let live: Vec<u32> = self.moves.live.iter().map(|(key, _)| key).collect();
        for key in live {
            self.abandon_move(ctx, key);
            self.moves.again.push_front((SimTime::ZERO, key));
        }
        self.moves.next_at = SimTime::ZERO;
        self.moves.wake = None;
    }

    /// `key` stays where it was, for now.
    fn fail_move(&mut self, ctx: &mut Context, key: u32, reason: Reason) {
        let Some(from) = self.abandon_move(ctx, key) else { return };
        self.moves.progress.failed += 1;
        self.moves.progress.failure = Some(reason);
        let due = ctx.now() + PAUSE;
        self.moves.next_at = self.moves.next_at.max(due);
        self.moves.push_again(due, key);
        ctx.kernel.directory.set_home(ctx.node, key, Home::at(from, false));
        self.release(ctx, key);
    }

    /// Gives up what takes too long.
    fn lose_patience(&mut self, ctx: &mut Context) {
        let is_over = |step: &Move| step.sent + PATIENCE <= ctx.now();
        let over: Vec<u32> = self.moves.live.iter().filter(|(_, step)| is_over(step)).map(|(key, _)| key).collect();
        for key in over {
            self.fail_move(ctx, key, Reason::Timeout);
        }
    }
}

/// The shards that have to be given the record.
fn targets(ctx: &Context, key: u32, step: &Move) -> Vec<ClusterIx> {
    let mut targets = step.copies.clone();
    targets.retain(|copy| *copy != step.from && !ctx.kernel.directory.copies(ctx.node, key).contains(copy));
    if step.home != step.from {
        targets.push(step.home);
    }
    targets
}

/// Moves belong to no user; which of them are drawn follows from the key.
pub(super) fn cause(key: u32, operation: Operation) -> Cause {
    Cause { user: 0, serial: key, operation, priority: 0 }
}

fn same_set(some: &[ClusterIx], others: &[ClusterIx]) -> bool {
    some.len() == others.len() && some.iter().all(|one| others.contains(one))
}
