//! Cache: values in memory, in front of the database.
//!
//! *Read-through*: on a miss the cache itself asks the database and keeps the answer. *Cache-aside*: it only says that it has
//! nothing; the web server asks the database and sets the value. Nothing ties an entry to the database: a value that was read
//! before a write and set after its invalidation is stale until it expires, and is seen to be. *Leases* prevent that, and
//! stampedes ([`leases`]). *Write-through*: writes pass through the cache, which keeps the value once the database has it.
//! *Write-back*: it acknowledges at once and tells the database later ([`unwritten`]). Several caches share the keys by
//! consistent hashing; that is their callers' doing ([`pool`]). All of it is volatile: a restart begins empty.
//!
//! Memory is counted to the byte, or as an allocator hands it out: with what an entry takes beside its value, in chunks of growing
//! sizes (as memcached's slabs do).
//!
//! Left out: slabs that one size of chunks has and another needs, a cold cache warming up from a warm one.

mod entries;
pub mod leases;
pub mod pool;
pub mod unwritten;

pub use entries::Entries;
pub use pool::CachePool;

use super::data_set::SESSIONS;
use super::route::DataRoute;
use super::station::Station;
use super::{Behaviour, Levels, Wiring};
use crate::base::hash::Derived;
use crate::base::random::Stream;
use crate::base::slab::Key;
use crate::base::{NodeIx, Shape, SimDuration, SimTime};
use crate::kernel::{Ask, Call, Cause, Context, Outcome, Verb, Version};
use crate::model::NodeKind;
use crate::model::kinds::{self, CachePattern, OnWrite, Switch};
use crate::observe::Reason;
use leases::{Grant, Leases};
use unwritten::Unwritten;

/// Operations that may wait for a core.
const QUEUE_LIMIT: u32 = 100_000;
/// Time after which a write-back that failed is tried again, if the delay is shorter.
const RETRY_AFTER: SimDuration = SimDuration::from_millis(100);

/// A cache server.
#[derive(Clone, Debug, Hash)]
pub struct Cache {
    params: Derived<kinds::Cache>,
    station: Station,
    entries: Entries,
    route: DataRoute,
    leases: Leases,
    unwritten: Unwritten,
    /// What shortens the lives of entries.
    jitter: Stream,
}

impl Cache {
    pub fn new(params: kinds::Cache, id: &str, seed: u64) -> Self {
        let entries = Entries::new(params.policy, params.memory());
        Self {
            station: Station::new(params.cores, QUEUE_LIMIT),
            entries: entries.with_stream(Stream::named(seed, id, "eviction")),
            route: DataRoute::default(),
            leases: Leases::default(),
            unwritten: Unwritten::default(),
            jitter: Stream::named(seed, id, "expiry"),
            params: Derived(params),
        }
    }

    pub fn entries(&self) -> &Entries {
        &self.entries
    }

    /// What it has acknowledged and not yet written.
    pub fn unwritten(&self) -> &Unwritten {
        &self.unwritten
    }

    /// A database of the cluster that it reads and writes.
    pub fn home(&self) -> Option<NodeIx> {
        self.route.first()
    }

    /// Forgets all entries; what is still to be written stays.
    pub fn flush(&mut self) {
        self.entries.clear();
    }

    /// It is dying: what it has acknowledged and not written is lost.
    pub fn lose_unwritten(&mut self, ctx: &mut Context) {
        let lost = self.unwritten.lose(&mut ctx.kernel.truth);
        ctx.kernel.recorder.counts.lost_writes += lost;
    }

    fn has_leases(&self) -> bool {
        self.params.leases == Switch::On
    }

    fn expiry(&mut self, now: SimTime) -> SimTime {
        if self.params.ttl.is_zero() {
            return SimTime::NEVER;
        }
        if self.params.ttl_jitter <= 0.0 {
            return now + self.params.ttl;
        }
        let life = 1.0 - self.params.ttl_jitter * self.jitter.unit();
        now + SimDuration::from_secs_f64(self.params.ttl.as_secs_f64() * life)
    }

    /// The value of `key`, if it is here; counts as a use.
    fn find(&mut self, now: SimTime, key: u32) -> Option<Version> {
        let found = self.entries.get(key, now);
        if found.is_some() && self.params.ttl_renews == Switch::On {
            let expires = self.expiry(now);
            self.entries.renew(key, expires);
        }
        // What is still to be written is newer than any entry.
        self.unwritten.get(key).map(|value| value.version).or(found)
    }

    fn keep(&mut self, ctx: &mut Context, key: u32, bytes: u32, version: Version) {
        let expires = self.expiry(ctx.now());
        let mut evicted = Vec::new();
        let unwritten = &self.unwritten;
        let bytes = self.params.footprint(bytes);
        self.entries.insert_and(key, bytes, version, expires, |victim| {
            if unwritten.get(victim).is_some() {
                evicted.push(victim);
            }
        });
        for key in evicted {
            self.write_back(ctx, key);
        }
    }

    /// A core has looked at `call`.
    fn serve(&mut self, ctx: &mut Context, call: Key) {
        match ctx.get(call).verb {
            Verb::Get => self.look_up(ctx, call),
            Verb::Put => self.set(ctx, call),
            Verb::Delete => self.delete(ctx, call),
            Verb::Write => self.write(ctx, call),
            _ => ctx.fail(call, Reason::NoRoute),
        }
    }

    fn look_up(&mut self, ctx: &mut Context, call: Key) {
        let Call { key, bytes, .. } = *ctx.get(call);
        if let Some(version) = self.find(ctx.now(), key) {
            ctx.meter().hits += 1;
            give(ctx, call, version);
        } else {
            let meter = ctx.meter();
            meter.misses += 1;
            meter.miss_bytes += u64::from(bytes);
            self.miss(ctx, call);
        }
    }

    /// Looks up once more for a call that has missed before.
    fn look_again(&mut self, ctx: &mut Context, call: Key) {
        match self.find(ctx.now(), ctx.get(call).key) {
            Some(version) => give(ctx, call, version),
            None => self.miss(ctx, call),
        }
    }

    fn miss(&mut self, ctx: &mut Context, call: Key) {
        let Call { key, bytes, parent, .. } = *ctx.get(call);
        // A session is nowhere else: nobody is to be asked for it.
        let is_aside = self.params.pattern == CachePattern::CacheAside || key >= SESSIONS;
        if self.has_leases() && key < SESSIONS {
            // A closed connection gets no token: nobody would set the value.
            if !ctx.is_awaited(call) || !ctx.is_going_on(parent) {
                ctx.answer(call, Outcome::default());
                return;
            }
            // The web server's request carries the token: its set will come on behalf of the same.
            let holder = if is_aside { parent } else { call };
            let grant = self.leases.ask(key, holder, call, ctx.now(), self.params.lease_timeout);
            if let Grant::Wait(until) = grant {
                ctx.resume_after(call, until.since(ctx.now()));
                return;
            }
        }
        if is_aside {
            ctx.answer(call, Outcome::default());
            return;
        }
        if let Some(database) = self.route.reader(ctx, call) {
            let version = self.route.required(ctx, call);
            ctx.call(call, database, Ask { version, ..Ask::of(Verb::Read, key, bytes) });
            return;
        }
        for waiting in self.leases.redeem(key, call).unwrap_or_default() {
            ctx.fail(waiting, Reason::NoPrimary);
        }
        ctx.fail(call, Reason::NoPrimary);
    }

    /// The database has answered a fetch that was made for `holder`.
    fn fetched(&mut self, ctx: &mut Context, holder: Key, reply: &Call) {
        let waiting = if self.has_leases() { self.leases.redeem(reply.key, holder) } else { Some(Vec::new()) };
        if reply.failure.is_none() && waiting.is_some() {
            self.keep(ctx, reply.key, reply.bytes, reply.version);
        }
        for call in waiting.unwrap_or_default() {
            match reply.failure {
                None => give(ctx, call, reply.version),
                Some(_) => ctx.pass_on(call, Outcome::of(reply)),
            }
        }
        ctx.pass_on(holder, Outcome::of(reply));
    }

    /// A caller sets a value that it has read. With leases only the holder of the token may.
    fn set(&mut self, ctx: &mut Context, call: Key) {
        let Call { key, bytes, version, parent, .. } = *ctx.get(call);
        let is_leased = self.has_leases() && key < SESSIONS;
        let waiting = if is_leased { self.leases.redeem(key, parent) } else { Some(Vec::new()) };
        if waiting.is_some() {
            self.keep(ctx, key, bytes, version);
        }
        ctx.answer(call, Outcome::good(0));
        for call in waiting.unwrap_or_default() {
            give(ctx, call, version);
        }
    }

    fn delete(&mut self, ctx: &mut Context, call: Key) {
        let key = ctx.get(call).key;
        self.entries.remove(key);
        let waiting = self.leases.void(key);
        ctx.answer(call, Outcome::good(0));
        // The first of them gets the new token.
        for call in waiting {
            self.look_again(ctx, call);
        }
    }

    /// `key` has a new value: whoever fetches an older one shall not set it.
    fn replace(&mut self, ctx: &mut Context, key: u32, bytes: u32, version: Version) {
        self.keep(ctx, key, bytes, version);
        for call in self.leases.void(key) {
            give(ctx, call, version);
        }
    }

    fn write(&mut self, ctx: &mut Context, call: Key) {
        let of = *ctx.get(call);
        let has_room = self.unwritten.bytes() + u64::from(of.bytes) <= self.params.memory().0;
        if self.params.on_write == OnWrite::WriteBack && has_room {
            let now = ctx.now();
            let (version, is_first) =
                self.unwritten.write(of.key, of.bytes, Cause::from(&of), now, &mut ctx.kernel.truth);
            self.replace(ctx, of.key, of.bytes, version);
            if is_first {
                ctx.wake(of.key, self.params.write_back_delay);
            }
            ctx.answer(call, Outcome { version, ..Outcome::good(0) });
            return;
        }
        match self.route.writer(ctx) {
            Some(primary) => {
                ctx.call(call, primary, Ask::of(Verb::Write, of.key, of.bytes));
            }
            None => ctx.fail(call, Reason::NoPrimary),
        }
    }

    /// The database has answered a write that passed through.
    fn written(&mut self, ctx: &mut Context, call: Key, reply: &Call) {
        let Call { key, bytes, .. } = *ctx.get(call);
        if reply.failure.is_none() {
            self.replace(ctx, key, bytes, reply.version);
        } else {
            // It may have come through all the same: the old value is not to be trusted.
            self.entries.remove(key);
        }
        ctx.pass_on(call, Outcome::of(reply));
    }

    /// Sends the unwritten value of `key` to the database, unless it is on its way.
    fn write_back(&mut self, ctx: &mut Context, key: u32) {
        let Some(primary) = self.route.writer(ctx) else {
            ctx.wake(key, self.params.write_back_delay.max(RETRY_AFTER));
            return;
        };
        if let Some(value) = self.unwritten.send(key, ctx.now()) {
            let ask = Ask { version: value.version, ..Ask::of(Verb::Write, key, value.bytes) };
            ctx.call_detached(value.cause, primary, ask);
        }
    }
}

/// Answers a lookup with `version`, and notes whether that is stale.
fn give(ctx: &mut Context, call: Key, version: Version) {
    let Call { key, bytes, user, .. } = *ctx.get(call);
    let is_stale = ctx.kernel.truth.is_stale(key, version);
    if is_stale {
        ctx.note_stale(user, key, version, ctx.kernel.truth.latest(key));
    }
    ctx.answer(call, Outcome { version, is_stale, ..Outcome::good(bytes) });
}

impl Behaviour for Cache {
    fn on_request(&mut self, ctx: &mut Context, call: Key) {
        let service = self.params.lookup_shape.duration(self.params.lookup_time, ctx.rng());
        if self.station.take_in(ctx, call, service) {
            self.serve(ctx, call);
        }
    }

    fn on_done(&mut self, ctx: &mut Context, call: Key) {
        self.station.finish(ctx);
        self.serve(ctx, call);
    }

    fn on_reply(&mut self, ctx: &mut Context, parent: Key, reply: &Call) {
        match reply.verb {
            Verb::Write => self.written(ctx, parent, reply),
            _ => self.fetched(ctx, parent, reply),
        }
    }

    fn on_detached_reply(&mut self, ctx: &mut Context, reply: &Call) {
        let written = reply.failure.is_none().then_some(reply.version);
        if self.unwritten.answered(reply.key, reply.made, written) {
            let delay = self.params.write_back_delay;
            ctx.wake(reply.key, if written.is_some() { delay } else { delay.max(RETRY_AFTER) });
        }
    }

    fn on_resume(&mut self, ctx: &mut Context, call: Key) {
        // Its wait for a lease is over, unless it was answered or waits for another one by now.
        if self.leases.leave(ctx.get(call).key, call) {
            self.look_again(ctx, call);
        }
    }

    fn on_wake(&mut self, ctx: &mut Context, key: u32) {
        if self.unwritten.get(key).is_some() {
            self.write_back(ctx, key);
        }
    }

    fn on_crash(&mut self, ctx: &mut Context) {
        self.lose_unwritten(ctx);
        self.station.clear();
        self.entries.clear();
        self.leases = Leases::default();
    }

    fn rewire(&mut self, ctx: &mut Context, wiring: &Wiring) {
        let old = (self.params.leases, self.params.pattern);
        if let NodeKind::Cache(params) = &wiring.own.kind {
            self.params = Derived(params.clone());
            self.station.resize(ctx, params.cores, QUEUE_LIMIT);
            self.entries.reconfigure(params.policy, params.memory());
        }
        self.route.rewire(&ctx.kernel.topology, ctx.node, wiring);
        if old != (self.params.leases, self.params.pattern) {
            // Whoever waits by the old rules looks again by the new ones.
            for call in self.leases.void_all() {
                self.look_again(ctx, call);
            }
        }
    }

    fn intake(&self) -> Option<SimDuration> {
        matches!(self.params.lookup_shape, Shape::Constant).then_some(self.params.lookup_time)
    }

    fn levels(&self) -> Levels {
        self.station.levels()
    }
}
