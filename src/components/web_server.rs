//! Web server: a bounded accept queue, a pool of workers, and cores.
//!
//! A request needs a worker from its start to its answer. The worker first computes on a core, then waits, holding nothing
//! but itself, for cache and database. So slow stores exhaust the workers while the cores idle: that is not modelled, it
//! happens. A server without a database keeps the records on its own disk (one box for everything).
//! Left out: keep-alive connections, sessions, vertical scaling laws.

use std::collections::VecDeque;

use super::route::DataRoute;
use super::station::Station;
use super::{Behaviour, Levels, Wiring};
use crate::base::hash::{Derived, mix};
use crate::base::paged::Paged;
use crate::base::slab::Key;
use crate::kernel::{Ask, Call, Context, Outcome, Target, Verb, Version};
use crate::model::NodeKind;
use crate::model::kinds::{self, CachePattern, OnWrite};
use crate::observe::Reason;

/// A web server.
#[derive(Clone, Debug, Hash)]
pub struct WebServer {
    params: Derived<kinds::WebServer>,
    accepted: VecDeque<Key>,
    /// Workers in use.
    working: u32,
    cpu: Station,
    caches: Vec<CacheTarget>,
    route: DataRoute,
    /// Whether it ever had a database: then its own disk is none.
    is_stateless: bool,
    /// The records of a server that has no database.
    disk: Paged<Version>,
}

/// A cache and how it wants to be used.
#[derive(Clone, Copy, Debug, Hash)]
struct CacheTarget {
    target: Target,
    is_aside: bool,
    invalidates: bool,
}

impl WebServer {
    pub fn new(params: kinds::WebServer) -> Self {
        let cpu = Station::new(params.cores, u32::MAX);
        Self {
            params: Derived(params),
            accepted: VecDeque::new(),
            working: 0,
            cpu,
            caches: Vec::new(),
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

    /// The cache responsible for `key`.
    fn cache_of(&self, key: u32) -> Option<CacheTarget> {
        if self.caches.is_empty() {
            return None;
        }
        Some(self.caches[(mix(u64::from(key)) % self.caches.len() as u64) as usize])
    }

    fn read(&mut self, ctx: &mut Context, call: Key) {
        let Call { key, bytes, .. } = *ctx.get(call);
        match self.cache_of(key) {
            Some(cache) => {
                ctx.call(call, cache.target, Ask { verb: Verb::Get, key, bytes, version: Version::default() });
            }
            None => self.read_database(ctx, call),
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
            && match self.cache_of(reply.key).filter(|cache| cache.is_aside) {
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
        let cache = self.cache_of(reply.key).filter(|cache| cache.invalidates && reply.failure.is_none());
        match cache {
            Some(cache) => {
                ctx.remember(call, reply);
                let ask = Ask { verb: Verb::Delete, key: reply.key, bytes: 0, version: Version::default() };
                ctx.call(call, cache.target, ask);
            }
            None => self.finish(ctx, call, Outcome::of(reply), false),
        }
    }
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
                // An edge that has a copy only wants to know whether it is still good: not modified, no body.
                let Call { bytes, version, .. } = *ctx.get(call);
                let bytes = if version == Version::default() { bytes } else { 0 };
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
            // Without its cache a read still has the database; but if it failed behind the cache, it has failed.
            Verb::Get if reply.failure.is_some() && reply.failed_at != reply.to => {
                self.finish(ctx, parent, Outcome::of(reply), false);
            }
            Verb::Get if reply.failure.is_some() && !self.route.is_empty() => self.read_database(ctx, parent),
            Verb::Get if reply.failure.is_none() && !reply.is_found() => self.read_database(ctx, parent),
            Verb::Get => self.finish(ctx, parent, Outcome::of(reply), false),
            Verb::Read => self.after_read(ctx, parent, reply),
            Verb::Write => self.after_write(ctx, parent, reply),
            // Whether the cache took it does not matter to the user.
            Verb::Put | Verb::Delete => {
                let outcome = Outcome { failure: None, ..Outcome::of(ctx.get(parent)) };
                self.finish(ctx, parent, outcome, false);
            }
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
        let caches = wiring.with_kinds(topology, topology.targets(ctx.node, &["cache"]));
        self.caches = caches
            .into_iter()
            .filter_map(|(target, kind)| match kind {
                NodeKind::Cache(cache) => Some(CacheTarget {
                    target,
                    is_aside: cache.pattern == CachePattern::CacheAside,
                    invalidates: cache.on_write == OnWrite::Invalidate,
                }),
                _ => None,
            })
            .collect();
        self.work(ctx);
    }

    fn levels(&self) -> Levels {
        let cpu = self.cpu.levels();
        Levels { busy: cpu.busy, waiting: self.accepted.len() + cpu.waiting }
    }
}
