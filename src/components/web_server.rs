//! Web server: a bounded accept queue, a pool of workers, and cores.
//!
//! A request needs a worker from its start to its answer. The worker first computes on a core, then waits, holding nothing
//! but itself, for cache and database. So slow stores exhaust the workers while the cores idle: that is not modelled, it
//! happens. A server without a database keeps the records on its own disk (one box for everything).
//! Left out: keep-alive connections, sessions, vertical scaling laws.

use std::collections::VecDeque;

use super::cache::{CacheNode, CachePool};
use super::route::DataRoute;
use super::station::Station;
use super::{Behaviour, Levels, Wiring};
use crate::base::hash::Derived;
use crate::base::paged::Paged;
use crate::base::slab::Key;
use crate::kernel::{Ask, Call, Context, Outcome, Target, Verb, Version};
use crate::model::NodeKind;
use crate::model::kinds::{self, OnWrite};
use crate::observe::Reason;

/// A web server.
#[derive(Clone, Debug, Hash)]
pub struct WebServer {
    params: Derived<kinds::WebServer>,
    accepted: VecDeque<Key>,
    /// Workers in use.
    working: u32,
    cpu: Station,
    caches: CachePool,
    route: DataRoute,
    /// Whether it ever had a database: then its own disk is none.
    is_stateless: bool,
    /// The records of a server that has no database.
    disk: Paged<Version>,
}

impl WebServer {
    pub fn new(params: kinds::WebServer) -> Self {
        let cpu = Station::new(params.cores, u32::MAX);
        Self {
            params: Derived(params),
            accepted: VecDeque::new(),
            working: 0,
            cpu,
            caches: CachePool::default(),
            route: DataRoute::default(),
            is_stateless: false,
            disk: Paged::default(),
        }
    }

    /// Whether records were ever written to its own disk.
    pub fn keeps_records(&self) -> bool {
        self.disk.iter().next().is_some()
    }

    /// Gives waiting requests to free workers.
    fn work(&mut self, ctx: &mut Context) {
        while self.working < self.params.workers {
            let Some(call) = self.accepted.pop_front() else { return };
            self.working += 1;
            let mean = match ctx.get(call).verb {
                Verb::Write => self.params.write_service,
                Verb::Static => self.params.static_service,
                _ => self.params.read_service,
            };
            let service = self.params.service_shape.duration(mean, ctx.rng());
            let is_admitted = self.cpu.admit(ctx, call, service);
            debug_assert!(is_admitted, "every worker may wait for a core");
        }
    }

    /// The worker of `call` has its answer and takes the next request.
    fn finish(&mut self, ctx: &mut Context, call: Key, outcome: Outcome, is_own: bool) {
        if is_own {
            ctx.answer(call, outcome);
        } else {
            ctx.pass_on(call, outcome);
        }
        self.working -= 1;
        self.work(ctx);
    }

    fn read(&mut self, ctx: &mut Context, call: Key) {
        let Call { key, bytes, serial, .. } = *ctx.get(call);
        match self.caches.reader(key, serial) {
            Some(cache) => {
                ctx.call(call, cache.target, Ask::of(Verb::Get, key, bytes));
            }
            None => self.read_database(ctx, call),
        }
    }

    /// A cache has answered a lookup.
    fn after_get(&mut self, ctx: &mut Context, call: Key, reply: &Call) {
        let is_refused = reply.failure.is_some() && reply.failed_at == reply.to;
        if reply.failure.is_none() && reply.is_found() || reply.failure.is_some() && !is_refused {
            // If it failed behind the cache, it has failed.
            self.finish(ctx, call, Outcome::of(reply), false);
        } else if is_refused && let Some(gutter) = self.caches.gutter(reply.key, target_of(reply)) {
            let Call { key, bytes, .. } = *ctx.get(call);
            ctx.call(call, gutter.target, Ask::of(Verb::Get, key, bytes));
        } else if is_refused && self.route.is_empty() {
            self.finish(ctx, call, Outcome::of(reply), false);
        } else {
            // Without its cache a read still has the database.
            self.read_database(ctx, call);
        }
    }

    fn read_database(&mut self, ctx: &mut Context, call: Key) {
        let Call { key, bytes, .. } = *ctx.get(call);
        if !self.is_stateless {
            let version = self.disk.get(key as usize);
            let is_stale = version != ctx.kernel.truth.current(key);
            ctx.meter().stale_reads += u64::from(is_stale);
            self.finish(ctx, call, Outcome { version, is_stale, ..Outcome::good(bytes) }, true);
            return;
        }
        match self.route.reader(ctx) {
            Some(database) => {
                ctx.call(call, database, Ask { verb: Verb::Read, key, bytes, version: Version::default() });
            }
            None => self.finish(ctx, call, Outcome::failed(Reason::NoPrimary), true),
        }
    }

    fn write(&mut self, ctx: &mut Context, call: Key) {
        let Call { key, bytes, .. } = *ctx.get(call);
        match self.caches.owner(key).filter(CacheNode::takes_writes) {
            Some(cache) => {
                ctx.call(call, cache.target, Ask::of(Verb::Write, key, bytes));
            }
            None => self.write_database(ctx, call),
        }
    }

    fn write_database(&mut self, ctx: &mut Context, call: Key) {
        let Call { key, bytes, .. } = *ctx.get(call);
        if !self.is_stateless {
            let version = ctx.kernel.truth.commit(key);
            self.disk.set(key as usize, version);
            self.finish(ctx, call, Outcome { version, ..Outcome::good(0) }, true);
            return;
        }
        match self.route.writer(ctx) {
            Some(primary) => {
                ctx.call(call, primary, Ask { verb: Verb::Write, key, bytes, version: Version::default() });
            }
            None => self.finish(ctx, call, Outcome::failed(Reason::NoPrimary), true),
        }
    }

    /// The database has answered a read: a cache that does not fetch for itself is given the value first.
    fn after_read(&mut self, ctx: &mut Context, call: Key, reply: &Call) {
        let is_stored = reply.failure.is_none()
            && match self.caches.owner(reply.key).filter(|cache| cache.is_aside) {
                Some(cache) => {
                    ctx.remember(call, reply);
                    let Call { key, bytes, version, .. } = *reply;
                    ctx.call(call, cache.target, Ask { verb: Verb::Put, key, bytes, version });
                    true
                }
                None => false,
            };
        if !is_stored {
            self.finish(ctx, call, Outcome::of(reply), false);
        }
    }

    /// The database has taken a write: the cache is told to forget the old value, in an operation of its own.
    fn after_write(&mut self, ctx: &mut Context, call: Key, reply: &Call) {
        let is_through = self.caches.has(target_of(reply));
        if is_through && reply.failure.is_some() && reply.failed_at == reply.to && !self.route.is_empty() {
            // Without its cache a write still has the database.
            self.write_database(ctx, call);
            return;
        }
        let cache = if is_through {
            // The other copies are as old as before.
            self.caches.next_copy(reply.key, target_of(reply))
        } else {
            self.caches.owner(reply.key).filter(|cache| cache.on_write != OnWrite::Nothing)
        };
        match cache.filter(|_| reply.failure.is_none()) {
            Some(cache) => {
                ctx.remember(call, reply);
                ctx.call(call, cache.target, Ask::of(Verb::Delete, reply.key, 0));
            }
            None => self.finish(ctx, call, Outcome::of(reply), false),
        }
    }

    /// A cache has heard of a read or written value: so shall the others that have copies, or the one in a dead one's stead.
    fn after_notice(&mut self, ctx: &mut Context, call: Key, reply: &Call) {
        let is_refused = reply.failure.is_some() && reply.verb == Verb::Put;
        let stand_in = if is_refused { self.caches.gutter(reply.key, target_of(reply)) } else { None };
        let Call { key, bytes, version, .. } = *ctx.get(call);
        match self.caches.next_copy(key, target_of(reply)).or(stand_in) {
            Some(cache) => {
                ctx.call(call, cache.target, Ask { verb: reply.verb, key, bytes, version });
            }
            None => {
                // Whether the caches took it does not matter to the user.
                let outcome = Outcome { failure: None, ..Outcome::of(ctx.get(call)) };
                self.finish(ctx, call, outcome, false);
            }
        }
    }
}

/// Whom the call that `reply` answers was made to.
fn target_of(reply: &Call) -> Target {
    Target { node: reply.to, link: reply.link }
}

impl Behaviour for WebServer {
    fn on_request(&mut self, ctx: &mut Context, call: Key) {
        let has_worker = self.working < self.params.workers;
        if !has_worker && self.accepted.len() >= self.params.queue_limit as usize {
            ctx.fail(call, Reason::QueueFull);
            return;
        }
        self.accepted.push_back(call);
        self.work(ctx);
    }

    fn on_done(&mut self, ctx: &mut Context, call: Key) {
        self.cpu.finish(ctx);
        match ctx.get(call).verb {
            Verb::Static => {
                let bytes = ctx.get(call).bytes;
                self.finish(ctx, call, Outcome::good(bytes), true);
            }
            Verb::Read => self.read(ctx, call),
            Verb::Write => self.write(ctx, call),
            Verb::Resolve | Verb::Get | Verb::Put | Verb::Delete => {
                self.finish(ctx, call, Outcome::failed(Reason::NoRoute), true);
            }
        }
    }

    fn on_reply(&mut self, ctx: &mut Context, parent: Key, reply: &Call) {
        match reply.verb {
            Verb::Get => self.after_get(ctx, parent, reply),
            Verb::Read => self.after_read(ctx, parent, reply),
            Verb::Write => self.after_write(ctx, parent, reply),
            Verb::Put | Verb::Delete => self.after_notice(ctx, parent, reply),
            Verb::Resolve | Verb::Static => unreachable!("a web server does not ask for these"),
        }
    }

    fn on_crash(&mut self) {
        self.accepted.clear();
        self.working = 0;
        self.cpu.clear();
    }

    fn rewire(&mut self, ctx: &mut Context, wiring: &Wiring) {
        if let NodeKind::WebServer(params) = &wiring.own.kind {
            self.params = Derived(params.clone());
            self.cpu.resize(ctx, params.cores, u32::MAX);
        }
        let topology = &ctx.kernel.topology;
        self.route.set(topology.targets(ctx.node, &["database"]));
        self.is_stateless |= !self.route.is_empty();
        self.caches = CachePool::new(ctx, wiring);
        self.work(ctx);
    }

    fn levels(&self) -> Levels {
        let cpu = self.cpu.levels();
        Levels { busy: cpu.busy, waiting: self.accepted.len() + cpu.waiting }
    }
}
