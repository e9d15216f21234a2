//! Leaderless replicated store: every node coordinates, every key has several copies, and a quorum of them decides.
//!
//! Whichever node is asked becomes the coordinator of the request: it finds out by consistent hashing which members keep the key
//! ([`Placement`](crate::kernel::Placement)), asks or tells them, and answers as soon as R or W of them have answered
//! (`coordinate.rs`). Of several values of a key the last written one wins. A copy that has missed a write gets it later:
//! by a hint that the coordinator has kept for it, by a read that finds it old, or by a comparison of whole copies
//! (anti-entropy). Hints do not count towards a quorum, so that with R + W > N a read finds every write that was acknowledged before
//! it began, whatever has died meanwhile. What is written is on disk and survives a crash.
//!
//! Sources: *Dynamo: Amazon's Highly Available Key-value Store* (SOSP 2007); *Cassandra: A Decentralized Structured Storage System*
//! (2010) and its manual (hints, read repair, range movements); Bailis et al., *Probabilistically Bounded Staleness* (VLDB 2012).
//! A read is stale if it is answered with an older version than the newest one that had been acknowledged when it arrived.
//! Left out: vector clocks (the order of writes is that of their versions, as by perfect clocks), digests instead of values in the
//! answers of copies, sloppy quorums, deletions with their tombstones, the processor time of comparisons.

pub mod cluster;
mod coordinate;
mod entropy;
mod handover;
mod outbox;

use super::deadlines::Deadlines;
use super::station::{Size, Station};
use super::{Behaviour, Levels, Wiring};
use crate::base::hash::Derived;
use crate::base::map::Map;
use crate::base::paged::Paged;
use crate::base::slab::Key;
use crate::base::{LinkIx, NodeIx, Shape, SimDuration, SimTime};
use crate::kernel::{Body, Call, Context, Outcome, Placement, Stage, Tag, Target, Verb, Version, Writes};
use crate::model::NodeKind;
use crate::model::kinds::{self, Discipline, Switch};
use crate::observe::Reason;
use coordinate::Coordination;
use entropy::Comparison;
use outbox::Outbox;

/// Signs of life in the time after which a node counts as dead.
const SIGNS: u64 = 3;

/// One node of a store.
#[derive(Clone, Debug, Hash)]
pub struct QuorumStore {
    params: Derived<kinds::QuorumStore>,
    station: Station,
    /// Which of the directory's placements is its store's.
    cluster: u16,
    /// The generation of the placement that it knows.
    generation: u32,
    /// The links to the other nodes of the store.
    ways: Derived<Vec<Target>>,
    copies: Paged<Held>,
    stored: u64,
    stored_bytes: u64,
    /// Of each read that is not coordinated yet: since when the version that it must not miss had been acknowledged.
    since: Map<Key, SimTime>,
    open: Map<Key, Coordination>,
    attempts: Deadlines,
    outbox: Outbox,
    comparison: Comparison,
    /// When its next sign of life is due; a timer that comes before is void.
    next_tick: SimTime,
    /// When it forgets the copies that belong to others by now.
    clean_at: Option<SimTime>,
    acknowledged: u64,
    in_doubt: Writes,
    lost: Writes,
}

/// A copy of a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Held {
    pub version: Version,
    /// When it was written here.
    at: SimTime,
    bytes: u32,
    /// Whose write it was.
    user: u32,
}

impl QuorumStore {
    pub fn new(params: kinds::QuorumStore) -> Self {
        Self {
            station: Station::with(size(&params)),
            cluster: 0,
            generation: 0,
            ways: Derived(Vec::new()),
            copies: Paged::default(),
            stored: 0,
            stored_bytes: 0,
            since: Map::default(),
            open: Map::default(),
            attempts: Deadlines::new(Tag::Attempt),
            outbox: Outbox::default(),
            comparison: Comparison::default(),
            next_tick: SimTime::NEVER,
            clean_at: None,
            acknowledged: 0,
            in_doubt: Writes::default(),
            lost: Writes::default(),
            params: Derived(params),
        }
    }

    /// Its copy of `key`.
    pub fn copy(&self, key: u32) -> Held {
        self.copies.get(key as usize)
    }

    /// The newest version of `key` that it still has to give to anybody.
    pub fn waiting(&self, key: u32) -> Option<Version> {
        self.outbox.waiting(key)
    }

    /// All copies that it still has to give to others: to whom, and of which key.
    pub fn parcels(&self) -> impl Iterator<Item = (NodeIx, u32, Held)> {
        self.outbox.parcels()
    }

    /// Copies that it still has to give to others.
    pub fn backlog(&self) -> u64 {
        self.outbox.len()
    }

    /// How many records it has copies of, and their bytes.
    pub fn stored(&self) -> (u64, u64) {
        (self.stored, self.stored_bytes)
    }

    /// Which of the directory's placements it belongs, or belonged, to.
    pub fn cluster(&self) -> usize {
        usize::from(self.cluster)
    }

    /// Writes that it coordinated and that enough copies acknowledged.
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged
    }

    /// Writes that it coordinated and that too few copies acknowledged: they may survive all the same.
    pub fn in_doubt(&self) -> &Writes {
        &self.in_doubt
    }

    /// Acknowledged writes that were lost with this node, when it was taken out of the design.
    pub fn lost(&self) -> &Writes {
        &self.lost
    }

    fn placement<'a>(&self, ctx: &'a Context) -> &'a Placement {
        &ctx.kernel.directory.placements[usize::from(self.cluster)]
    }

    /// How it reaches another node of the store, or itself.
    fn way_to(&self, ctx: &Context, node: NodeIx) -> Option<Target> {
        if node == ctx.node {
            return Some(Target { node, link: LinkIx(u16::MAX) });
        }
        self.ways.iter().find(|way| way.node == node).copied()
    }

    /// Takes a copy, unless it has a newer one.
    fn keep(&mut self, key: u32, held: Held) {
        let old = self.copy(key);
        if held.version <= old.version {
            return;
        }
        if old == Held::default() {
            self.stored += 1;
        }
        self.stored_bytes += u64::from(held.bytes);
        self.stored_bytes -= u64::from(old.bytes);
        self.copies.set(key as usize, held);
    }

    /// A coordinator asks for this node's copy.
    fn give_copy(&mut self, ctx: &mut Context, call: Key) {
        let Call { key, bytes, .. } = *ctx.get(call);
        let version = self.copy(key).version;
        ctx.answer(call, Outcome { version, ..Outcome::good(bytes) });
    }

    /// A coordinator gives this node a copy.
    fn take_copy(&mut self, ctx: &mut Context, call: Key) {
        if ctx.is_read_only() {
            ctx.fail(call, Reason::ServerError);
            return;
        }
        let Call { key, version, bytes, user, parent, .. } = *ctx.get(call);
        let held = Held { version, at: ctx.now(), bytes, user };
        if parent == Key::DETACHED {
            self.redirect(ctx, key, held);
        }
        self.keep(key, held);
        ctx.answer(call, Outcome { version, ..Outcome::good(0) });
    }

    /// Gives a sign of life, and does what is due from time to time.
    fn tick(&mut self, ctx: &mut Context) {
        let until = ctx.now() + self.params.dead_after;
        let node = ctx.node;
        ctx.kernel.directory.placements[usize::from(self.cluster)].believe(node, until);
        self.catch_up(ctx);
        self.outbox.resume();
        for target in self.outbox.targets() {
            self.deliver(ctx, target);
        }
        self.finish_moves(ctx);
        self.clean(ctx);
        self.compare(ctx);
        self.next_tick = ctx.now() + self.interval();
        ctx.timer(self.interval(), Tag::Check);
    }

    fn interval(&self) -> SimDuration {
        let sign = SimDuration::from_nanos(self.params.dead_after.as_nanos() / SIGNS);
        let compare = self.params.anti_entropy_interval;
        let interval = if compare.is_zero() { sign } else { sign.min(compare) };
        interval.max(SimDuration::from_millis(1))
    }
}

fn size(params: &kinds::QuorumStore) -> Size {
    let &kinds::QuorumStore { cores, queue_limit: limit, .. } = params;
    Size { cores, limit, discipline: Discipline::Fifo, patience: SimDuration::ZERO }
}

impl Behaviour for QuorumStore {
    fn on_start(&mut self, ctx: &mut Context) {
        self.tick(ctx);
    }

    fn on_request(&mut self, ctx: &mut Context, call: Key) {
        let Call { verb, key, bytes, .. } = *ctx.get(call);
        let params = &self.params;
        let (mean, shape) = match verb {
            Verb::Read => {
                // What it must not miss is what was acknowledged before it came.
                let (version, since) = ctx.kernel.truth.latest(key);
                ctx.remember(call, &Outcome { version, bytes, ..Outcome::default() });
                if version != Version::default() {
                    self.since.insert(call, since);
                }
                (params.coordinate_service, &Shape::Constant)
            }
            Verb::Write => (params.coordinate_service, &Shape::Constant),
            Verb::Get => (params.read_service, &params.read_shape),
            Verb::Put => (params.write_service, &params.write_shape),
            // Single records are all that it knows.
            _ => {
                ctx.fail(call, Reason::NotSupported);
                return;
            }
        };
        let service = shape.duration(mean, ctx.rng());
        if !self.station.admit(ctx, call, service) {
            self.since.remove(&call);
            ctx.fail(call, Reason::QueueFull);
        }
    }

    fn on_done(&mut self, ctx: &mut Context, call: Key) {
        ctx.set_stage(call, Stage::Held);
        self.station.finish(ctx);
        match ctx.get(call).verb {
            Verb::Get => self.give_copy(ctx, call),
            Verb::Put => self.take_copy(ctx, call),
            _ => self.begin(ctx, call),
        }
    }

    fn on_reply(&mut self, ctx: &mut Context, parent: Key, reply: &Call) {
        self.heard(ctx, parent, reply.to, reply.failure.is_none().then_some(reply.version));
    }

    fn on_orphan(&mut self, ctx: &mut Context, reply: &Call) {
        // The caller has its answer already, but a copy that is old or has missed a write shall not stay so.
        if !reply.is_abandoned() {
            self.heard(ctx, reply.parent, reply.to, reply.failure.is_none().then_some(reply.version));
        }
    }

    fn on_detached_reply(&mut self, ctx: &mut Context, reply: &Call) {
        if self.outbox.answered(reply.to, reply.key, reply.made, reply.failure.is_none()) {
            self.deliver(ctx, reply.to);
            self.finish_moves(ctx);
        }
    }

    fn on_cancel(&mut self, ctx: &mut Context, call: Key) {
        self.station.give_up(ctx, call);
        self.since.remove(&call);
        self.abort(ctx, call);
        ctx.fail(call, Reason::Cancelled);
    }

    fn on_message(&mut self, ctx: &mut Context, sender: Target, body: Body) {
        if !self.placement(ctx).has(sender.node) {
            return;
        }
        match body {
            Body::Digests { digests } => self.on_digests(ctx, sender, &digests),
            Body::Copies { parts, versions, is_answer } => self.on_copies(ctx, sender, parts, &versions, is_answer),
            _ => {}
        }
    }

    fn on_timer(&mut self, ctx: &mut Context, tag: Tag) {
        match tag {
            Tag::Check if ctx.now() >= self.next_tick => self.tick(ctx),
            Tag::Attempt => {
                while let Some(call) = self.attempts.next_awaited(ctx) {
                    let Call { parent, to, key, made, .. } = *ctx.get(call);
                    ctx.abandon(call);
                    if parent == Key::DETACHED {
                        self.outbox.answered(to, key, made, false);
                    } else {
                        self.heard(ctx, parent, to, None);
                    }
                }
            }
            _ => {}
        }
    }

    fn on_crash(&mut self, _ctx: &mut Context) {
        self.station.clear();
        self.since.clear();
        for (_, own) in std::mem::take(&mut self.open) {
            own.doubtful().into_iter().for_each(|write| self.in_doubt.note(write));
        }
        self.attempts.clear();
        self.outbox.crash();
        self.comparison = Comparison::default();
        self.next_tick = SimTime::NEVER;
        self.generation = 0;
    }

    fn rewire(&mut self, ctx: &mut Context, wiring: &Wiring) {
        if let NodeKind::QuorumStore(params) = &wiring.own.kind {
            if params.timeout != self.params.timeout {
                self.attempts.shorten(ctx, params.timeout);
            }
            if params.hinted_handoff == Switch::Off {
                self.outbox.forget_hints();
            }
            self.params = Derived(params.clone());
            self.station.reshape(ctx, size(params));
        }
        if let Some(cluster) = ctx.kernel.directory.placement_of(ctx.node) {
            self.cluster = cluster as u16;
        }
        self.ways = Derived(cluster::ways(ctx));
        let placement = &ctx.kernel.directory.placements[usize::from(self.cluster)];
        self.outbox.keep_targets(|target| placement.has(target));
        // At the start, and while it is dead or hung, it learns of the change when it gives its next sign of life.
        if self.next_tick != SimTime::NEVER && ctx.kernel.topology.node(ctx.node).is_responsive() {
            self.catch_up(ctx);
            self.finish_moves(ctx);
            let next = ctx.now() + self.interval();
            if next < self.next_tick {
                self.next_tick = next;
                ctx.timer(self.interval(), Tag::Check);
            }
        }
    }

    fn levels(&self) -> Levels {
        self.station.levels()
    }
}
