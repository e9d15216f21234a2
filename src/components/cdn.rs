//! CDN edge: static assets by key and size, near the users.
//!
//! A miss goes to the origin and is kept until its time to live is over. Left out: several points of presence, revalidation,
//! collapsing of concurrent misses, purge.

use super::cache::Entries;
use super::station::Station;
use super::{Behaviour, Levels, Wiring};
use crate::base::hash::Derived;
use crate::base::slab::Key;
use crate::kernel::{Ask, Call, Context, Outcome, Target, Version};
use crate::model::{NodeKind, kinds};
use crate::observe::Reason;

/// Requests that may wait at the edge.
const QUEUE_LIMIT: u32 = 100_000;

/// One point of presence.
#[derive(Clone, Debug, Hash)]
pub struct Cdn {
    params: Derived<kinds::Cdn>,
    station: Station,
    entries: Entries,
    origins: Vec<Target>,
    turn: usize,
}

impl Cdn {
    pub fn new(params: kinds::Cdn) -> Self {
        let station = Station::new(params.cores, QUEUE_LIMIT);
        let entries = Entries::new(params.policy, params.capacity);
        Self { params: Derived(params), station, entries, origins: Vec::new(), turn: 0 }
    }

    pub fn entries(&self) -> &Entries {
        &self.entries
    }

    /// Forgets one asset, or everything.
    pub fn purge(&mut self, key: Option<u32>) {
        match key {
            Some(key) => _ = self.entries.remove(key),
            None => self.entries.clear(),
        }
    }
}

impl Behaviour for Cdn {
    fn on_request(&mut self, ctx: &mut Context, call: Key) {
        if !self.station.admit(ctx, call, self.params.lookup_time) {
            ctx.fail(call, Reason::QueueFull);
        }
    }

    fn on_done(&mut self, ctx: &mut Context, call: Key) {
        self.station.finish(ctx);
        let Call { verb, key, bytes, .. } = *ctx.get(call);
        if self.entries.get(key, ctx.now()).is_some() {
            ctx.meter().hits += 1;
            ctx.answer(call, Outcome::good(bytes));
            return;
        }
        ctx.meter().misses += 1;
        if self.origins.is_empty() {
            ctx.fail(call, Reason::NoRoute);
            return;
        }
        self.turn = (self.turn + 1) % self.origins.len();
        ctx.call(call, self.origins[self.turn], Ask { verb, key, bytes, version: Version::default() });
    }

    fn on_reply(&mut self, ctx: &mut Context, parent: Key, reply: &Call) {
        if reply.failure.is_none() {
            let expires = ctx.now() + self.params.ttl;
            self.entries.insert(reply.key, reply.bytes, reply.version, expires);
        }
        ctx.pass_on(parent, Outcome::of(reply));
    }

    fn on_crash(&mut self) {
        self.station.clear();
        self.entries.clear();
    }

    fn rewire(&mut self, ctx: &mut Context, wiring: &Wiring) {
        if let NodeKind::Cdn(params) = &wiring.own.kind {
            self.params = Derived(params.clone());
            self.station.resize(ctx, params.cores, QUEUE_LIMIT);
            self.entries.reconfigure(params.policy, params.capacity);
        }
        self.origins = ctx.kernel.topology.targets(ctx.node, &["load_balancer", "web_server"]);
    }

    fn levels(&self) -> Levels {
        self.station.levels()
    }
}
