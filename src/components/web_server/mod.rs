//! Web server: a bounded accept queue, a pool of workers, and cores.
//!
//! A request needs a worker from its start to its answer. The worker first computes on a core, then waits, holding nothing
//! but itself, for services, cache and database. So slow stores exhaust the workers while the cores idle: that is not modelled,
//! it happens. A server without a database keeps the records on its own disk (one box for everything). More cores do not help
//! in proportion: service times grow by the Universal Scalability Law (Gunther, *Guerrilla Capacity Planning*, 2007).
//! It protects itself by the limit of its queue, by a rate limit, by shedding load, and by pools of connections to its stores.
//! Left out: keep-alive connections of clients, queues for each kind of request.

mod asking;
mod caching;
mod codel;
mod errands;
mod fan_out;
mod pools;
mod scaling;
mod sessions;

use super::cache::CachePool;
use super::caller::{Caller, Client};
use super::data_set::DataSet;
use super::rate_limit::RateLimit;
use super::route::DataRoute;
use super::station::{Job, Line, Station};
use super::{Behaviour, Levels, Wiring};
use crate::base::hash::Derived;
use crate::base::paged::Paged;
use crate::base::slab::Key;
use crate::base::{Kind, SimDuration, SimTime};
use crate::kernel::{Ask, Call, Context, Outcome, Stage, Tag, Target, Verb, Version};
use crate::model::NodeKind;
use crate::model::kinds::{self, OnGiveUp, SessionStore, Shedding};
use crate::observe::Reason;
use caching::Steps;
use codel::Codel;
use errands::{Errands, Item, Store};
use fan_out::FanOut;
use pools::Pools;
use scaling::{cpu_size, slowdown};
use sessions::Sessions;

/// A web server.
#[derive(Clone, Debug, Hash)]
pub struct WebServer {
    params: Derived<kinds::WebServer>,
    /// How much longer everything takes with all its cores.
    slowdown: Derived<f64>,
    limit: RateLimit,
    accepted: Line,
    codel: Codel,
    sessions: Sessions,
    /// Workers in use.
    working: u32,
    cpu: Station,
    caller: Caller,
    pools: Pools,
    services: FanOut,
    caches: CachePool,
    steps: Steps,
    errands: Errands,
    /// Object stores that have the assets, and whose turn it is.
    objects: Vec<Target>,
    object_turn: u32,
    route: DataRoute,
    store: Store,
    /// Whether it ever had a database: then its own disk is none.
    is_stateless: bool,
    /// The records of a server that has no database.
    disk: Paged<Version>,
    data: Derived<DataSet>,
}

impl WebServer {
    pub fn new(params: kinds::WebServer) -> Self {
        Self {
            limit: RateLimit::default(),
            accepted: Line::new(params.discipline, Stage::Queued),
            codel: Codel::default(),
            sessions: Sessions::default(),
            working: 0,
            cpu: Station::with(cpu_size(&params)),
            caller: Caller::new(&params.calls),
            pools: Pools::default(),
            services: FanOut::default(),
            caches: CachePool::default(),
            steps: Steps::default(),
            errands: Errands::default(),
            objects: Vec::new(),
            object_turn: 0,
            route: DataRoute::default(),
            store: Store::default(),
            is_stateless: false,
            disk: Paged::default(),
            data: Derived(DataSet::default()),
            slowdown: Derived(slowdown(&params)),
            params: Derived(params),
        }
    }

    /// Whether records were ever written to its own disk.
    pub fn keeps_records(&self) -> bool {
        self.disk.iter().next().is_some()
    }

    /// The version of `key` on its own disk, if it keeps that record there.
    pub fn record(&self, key: u32) -> Option<Version> {
        Some(self.disk.get(key as usize)).filter(|version| *version != Version::default())
    }

    /// Probability that its throttle lets a call fail at once, now.
    pub fn reject_probability(&self, now: SimTime) -> Option<f64> {
        self.caller.reject_probability(now)
    }

    /// Gives waiting requests to free workers.
    fn work(&mut self, ctx: &mut Context) {
        while self.working < self.params.workers {
            let Some(mut job) = self.take(ctx) else { return };
            self.working += 1;
            job.service = self.draw_service(ctx, job.call);
            let is_admitted = self.cpu.admit_job(ctx, job);
            debug_assert!(is_admitted, "every worker may wait for a core");
        }
    }

    /// The next waiting request, after those that are shed.
    fn take(&mut self, ctx: &mut Context) -> Option<Job> {
        loop {
            let job = self.accepted.pop(ctx)?;
            if self.params.shedding == Shedding::None || !self.sheds(ctx, &job) {
                return Some(job);
            }
            ctx.fail(job.call, Reason::Shed);
        }
    }

    /// Whether a request whose turn it is has waited in a queue that is too long.
    fn sheds(&mut self, ctx: &Context, job: &Job) -> bool {
        let (waited, is_alone) = (ctx.now().since(job.since), self.accepted.len() == 0);
        let kinds::WebServer { codel_target: target, codel_interval: interval, .. } = *self.params;
        self.codel.sheds(ctx.now(), waited, is_alone, target, interval)
    }

    fn draw_service(&mut self, ctx: &mut Context, call: Key) -> SimDuration {
        let Call { verb, user, .. } = *ctx.get(call);
        let mut mean = match verb {
            Verb::Write => self.params.write_service,
            Verb::Static => self.params.static_service,
            Verb::Query | Verb::Range | Verb::Aggregate | Verb::Traverse => self.params.query_service,
            Verb::Transact => self.params.transaction_service,
            Verb::Login => self.params.login_service,
            _ => self.params.read_service,
        };
        let is_known = self.params.sessions != SessionStore::Memory
            || matches!(verb, Verb::Static | Verb::Login)
            || self.sessions.touch(ctx, user, self.params.session_ttl);
        if !is_known {
            mean += self.params.session_setup;
        }
        let service = self.params.service_shape.duration(mean, ctx.rng());
        self.scaled(service)
    }

    /// What a service of one core takes with all cores at work.
    fn scaled(&self, service: SimDuration) -> SimDuration {
        let Derived(slowdown) = self.slowdown;
        if slowdown > 1.0 { SimDuration::from_secs_f64(service.as_secs_f64() * slowdown) } else { service }
    }

    /// The worker of `call` has its answer and takes the next request.
    fn finish(&mut self, ctx: &mut Context, call: Key, outcome: Outcome) {
        // A failure that happened elsewhere is counted there.
        if outcome.failed_at.is_some_and(|node| node != ctx.node) {
            ctx.pass_on(call, outcome);
        } else {
            ctx.answer(call, outcome);
        }
        self.steps.forget(call);
        self.errands.forget(call);
        self.pools.forget(call);
        self.working -= 1;
        self.work(ctx);
    }

    fn fail(&mut self, ctx: &mut Context, call: Key, reason: Reason) {
        self.finish(ctx, call, Outcome::failed(reason));
    }

    /// The computing is done: what comes first of services, cache, database and the own disk?
    fn begin(&mut self, ctx: &mut Context, call: Key) {
        if self.services.is_empty() {
            self.go_on(ctx, call);
            return;
        }
        let ask = Ask { version: Version::default(), ..Ask::from(ctx.get(call)) };
        if self.services.is_single() {
            FanOut::begin(ctx, call);
            self.ask(ctx, call, ask);
        } else {
            self.services.call_all(ctx, call, ask);
        }
    }

    /// The services, if any, have answered: now comes the server's own part of the data.
    fn go_on(&mut self, ctx: &mut Context, call: Key) {
        let asked = ctx.get(call);
        match asked.verb {
            Verb::Static if !self.objects.is_empty() => {
                let ask = Ask::from(asked);
                self.ask(ctx, call, ask);
            }
            // An edge that has a copy only wants to know whether it is still good: not modified, no body.
            Verb::Static => {
                let body = asked.body_of(asked.bytes);
                self.finish(ctx, call, Outcome::good(body));
            }
            Verb::Resolve | Verb::Get | Verb::Put | Verb::Delete | Verb::Fetch => self.fail(ctx, call, Reason::NoRoute),
            Verb::Login => self.serve_data(ctx, call),
            _ if self.has_sessions_outside() => self.look_for_session(ctx, call),
            _ => self.serve_data(ctx, call),
        }
    }

    fn read_database(&mut self, ctx: &mut Context, call: Key) {
        let Item { key, bytes, .. } = self.item(ctx, call);
        if self.is_stateless {
            self.ask(ctx, call, Ask::of(Verb::Read, key, bytes));
            return;
        }
        let version = self.disk.get(key as usize);
        let is_stale = version != ctx.kernel.truth.current(key);
        if is_stale {
            ctx.note_stale(ctx.get(call).user, key, version, ctx.kernel.truth.latest(key));
        }
        self.done(ctx, call, Outcome { version, is_stale, ..Outcome::good(bytes) });
    }

    /// The services have answered. A server that has no data of its own passes their answer on.
    fn after_services(&mut self, ctx: &mut Context, call: Key, outcome: Outcome) {
        let has_data = !self.caches.is_empty() || !self.route.is_empty();
        if outcome.failure.is_none() && has_data {
            self.go_on(ctx, call);
        } else {
            self.finish(ctx, call, outcome);
        }
    }
}

impl Behaviour for WebServer {
    fn on_request(&mut self, ctx: &mut Context, call: Key) {
        if !self.limit.admits(ctx.now(), self.params.rate_limit_per_s, self.params.rate_burst) {
            ctx.fail(call, Reason::RateLimited);
            return;
        }
        let has_worker = self.working < self.params.workers;
        if !has_worker && self.accepted.len() >= self.params.queue_limit {
            ctx.fail(call, Reason::QueueFull);
            return;
        }
        let job = Job { call, service: SimDuration::ZERO, since: ctx.now() };
        let patience = if has_worker { SimDuration::ZERO } else { self.params.queue_timeout };
        self.accepted.push(ctx, job, patience);
        self.work(ctx);
    }

    fn on_done(&mut self, ctx: &mut Context, call: Key) {
        ctx.set_stage(call, Stage::Held);
        self.cpu.finish(ctx);
        if self.errands.is_computing(call) {
            self.after_computing(ctx, call);
        } else if self.params.error_ratio > 0.0 && ctx.rng().chance(self.params.error_ratio) {
            self.fail(ctx, call, Reason::ServerError);
        } else {
            self.begin(ctx, call);
        }
    }

    fn on_reply(&mut self, ctx: &mut Context, parent: Key, reply: &Call) {
        if self.services.has_forked(parent) {
            if let Some(outcome) = self.services.replied(ctx, self.caller.way(), parent, reply) {
                self.after_services(ctx, parent, outcome);
            }
            return;
        }
        self.replied(ctx, parent, reply);
        self.connect(ctx);
    }

    fn on_orphan(&mut self, ctx: &mut Context, _reply: &Call) {
        self.connect(ctx);
    }

    fn on_resume(&mut self, ctx: &mut Context, call: Key) {
        self.resumed(ctx, call);
    }

    fn on_cancel(&mut self, ctx: &mut Context, call: Key) {
        if ctx.get(call).stage() == Stage::Queued {
            self.accepted.leave(ctx, call);
            ctx.fail(call, Reason::Cancelled);
            return;
        }
        self.cpu.give_up(ctx, call);
        self.caller.forget(ctx, call, OnGiveUp::Cancel);
        self.services.forget(ctx, call, OnGiveUp::Cancel);
        self.fail(ctx, call, Reason::Cancelled);
        self.connect(ctx);
    }

    fn on_timer(&mut self, ctx: &mut Context, tag: Tag) {
        match tag {
            Tag::Share => {
                while let Some(call) = self.cpu.shared_done(ctx) {
                    self.on_done(ctx, call);
                }
            }
            Tag::Patience => {
                while let Some(call) = self.accepted.expired(ctx) {
                    ctx.fail(call, Reason::QueueTimeout);
                }
                while let Some(call) = self.cpu.expired(ctx) {
                    self.fail(ctx, call, Reason::QueueTimeout);
                }
            }
            Tag::Attempt | Tag::Hedge => {
                self.attempts_due(ctx, tag);
                self.connect(ctx);
            }
            Tag::Pool => self.lose_patience(ctx),
            _ => {}
        }
    }

    fn on_crash(&mut self, _ctx: &mut Context) {
        self.limit = RateLimit::default();
        self.accepted.clear();
        self.codel = Codel::default();
        self.sessions.clear();
        self.working = 0;
        self.cpu.clear();
        self.caller.clear();
        self.pools.clear();
        self.services.clear();
        self.steps = Steps::default();
        self.errands.clear();
    }

    fn rewire(&mut self, ctx: &mut Context, wiring: &Wiring) {
        if let NodeKind::WebServer(params) = &wiring.own.kind {
            if params.queue_timeout != self.params.queue_timeout {
                self.accepted.set_patience(ctx, params.queue_timeout);
            }
            if params.shedding == Shedding::None {
                self.codel = Codel::default();
            }
            self.params = Derived(params.clone());
            self.slowdown = Derived(slowdown(params));
            self.cpu.reshape(ctx, cpu_size(params));
            self.accepted.set_discipline(ctx, params.discipline);
            self.caller.set(ctx, &params.calls);
            self.pools.set(ctx, params);
        }
        let topology = &ctx.kernel.topology;
        self.route.rewire(topology, ctx.node, wiring);
        self.objects = topology.targets(ctx.node, &[Kind::ObjectStore]);
        self.store = Store::of(topology, &topology.targets(ctx.node, &Kind::STORES), wiring);
        self.services.set(topology.targets(ctx.node, &[Kind::WebServer]), self.params.fan_out);
        self.is_stateless |= !self.route.is_empty() || !self.services.is_empty();
        self.caches = CachePool::new(ctx, wiring);
        self.data = Derived(DataSet::of(wiring.document));
        self.connect(ctx);
        self.work(ctx);
    }

    fn levels(&self) -> Levels {
        let cpu = self.cpu.levels();
        Levels { busy: cpu.busy, waiting: self.accepted.len() + cpu.waiting + self.pools.waiting() }
    }
}
