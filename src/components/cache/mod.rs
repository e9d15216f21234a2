//! Cache: values in memory, in front of the database.
//!
//! Read-through: on a miss the cache itself asks the database and keeps the answer. Cache-aside: it only says that it has
//! nothing. Nothing ties an entry to the database: an answer fetched before a write and stored after its invalidation is
//! stale until it expires, and is seen to be. Left out: leases, collapsing of concurrent misses, write-through and -back.

mod entries;

pub use entries::Entries;

use super::route::DataRoute;
use super::station::Station;
use super::{Behaviour, Levels, Wiring};
use crate::base::SimTime;
use crate::base::hash::Derived;
use crate::base::slab::Key;
use crate::kernel::{Ask, Call, Context, Outcome, Verb, Version};
use crate::model::NodeKind;
use crate::model::kinds::{self, CachePattern};
use crate::observe::Reason;

/// Operations that may wait for a core.
const QUEUE_LIMIT: u32 = 100_000;

/// A cache server.
#[derive(Clone, Debug, Hash)]
pub struct Cache {
    params: Derived<kinds::Cache>,
    station: Station,
    entries: Entries,
    route: DataRoute,
}

impl Cache {
    pub fn new(params: kinds::Cache) -> Self {
        let station = Station::new(params.cores, QUEUE_LIMIT);
        let entries = Entries::new(params.policy, params.capacity);
        Self { params: Derived(params), station, entries, route: DataRoute::default() }
    }

    pub fn entries(&self) -> &Entries {
        &self.entries
    }

    /// Forgets everything, and goes on.
    pub fn flush(&mut self) {
        self.entries.clear();
    }

    fn expiry(&self, now: SimTime) -> SimTime {
        if self.params.ttl.is_zero() { SimTime::NEVER } else { now + self.params.ttl }
    }

    fn look_up(&mut self, ctx: &mut Context, call: Key) {
        let Call { key, bytes, .. } = *ctx.get(call);
        if let Some(version) = self.entries.get(key, ctx.now()) {
            let is_stale = version != ctx.kernel.truth.current(key);
            let meter = ctx.meter();
            meter.hits += 1;
            meter.stale_reads += u64::from(is_stale);
            ctx.answer(call, Outcome { version, is_stale, ..Outcome::good(bytes) });
            return;
        }
        ctx.meter().misses += 1;
        if self.params.pattern == CachePattern::CacheAside {
            ctx.answer(call, Outcome::default());
            return;
        }
        match self.route.reader(ctx) {
            Some(database) => {
                ctx.call(call, database, Ask { verb: Verb::Read, key, bytes, version: Version::default() });
            }
            None => ctx.fail(call, Reason::NoPrimary),
        }
    }
}

impl Behaviour for Cache {
    fn on_request(&mut self, ctx: &mut Context, call: Key) {
        if !self.station.admit(ctx, call, self.params.lookup_time) {
            ctx.fail(call, Reason::QueueFull);
        }
    }

    fn on_done(&mut self, ctx: &mut Context, call: Key) {
        self.station.finish(ctx);
        let Call { verb, key, bytes, version, .. } = *ctx.get(call);
        match verb {
            Verb::Get => self.look_up(ctx, call),
            Verb::Put => {
                let expires = self.expiry(ctx.now());
                self.entries.insert(key, bytes, version, expires);
                ctx.answer(call, Outcome::good(0));
            }
            Verb::Delete => {
                self.entries.remove(key);
                ctx.answer(call, Outcome::good(0));
            }
            Verb::Resolve | Verb::Static | Verb::Read | Verb::Write => ctx.fail(call, Reason::NoRoute),
        }
    }

    fn on_reply(&mut self, ctx: &mut Context, parent: Key, reply: &Call) {
        if reply.failure.is_none() {
            let expires = self.expiry(ctx.now());
            self.entries.insert(reply.key, reply.bytes, reply.version, expires);
        }
        ctx.pass_on(parent, Outcome::of(reply));
    }

    fn on_crash(&mut self) {
        self.station.clear();
        self.entries.clear();
    }

    fn rewire(&mut self, ctx: &mut Context, wiring: &Wiring) {
        if let NodeKind::Cache(params) = &wiring.own.kind {
            self.params = Derived(params.clone());
            self.station.resize(ctx, params.cores, QUEUE_LIMIT);
            self.entries.reconfigure(params.policy, params.capacity);
        }
        self.route.set(ctx.kernel.topology.targets(ctx.node, &["database"]));
    }

    fn levels(&self) -> Levels {
        self.station.levels()
    }
}
