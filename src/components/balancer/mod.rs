//! Load balancer: one public address in front of many servers.
//!
//! It believes a server healthy until `fall` checks in a row have failed, so a dead server keeps getting its share until
//! then. A check is a real message to the server; one that is not answered in time counts as failed. Passive checks, off by
//! default, judge a server by its answers. A server that is drained gets no new requests: what it has it finishes, and users
//! whose sessions stick to it stay until their sessions end (as with `drain` of nginx and `HAProxy`).
//! Requests over a rate limit fail at its door. A repetition, a hedge or a copy goes to another server.
//! Left out: slow start, a panic threshold, connection limits for each server.

mod choice;
mod server;
mod standby;
mod sticky;

use super::caller::{Caller, Client};
use super::rate_limit::RateLimit;
use super::station::Station;
use super::{Behaviour, Levels, Wiring};
use crate::base::hash::Derived;
use crate::base::slab::Key;
use crate::base::{Kind, LinkIx, NodeIx, SimDuration, SimTime};
use crate::kernel::{Ask, Body, Call, Context, Outcome, Stage, Tag, Target};
use crate::model::NodeKind;
use crate::model::kinds::{self, OnGiveUp};
use crate::observe::Reason;
use choice::Choice;
use server::Server;
use standby::Pair;
use sticky::Sessions;

/// How often the policy is asked for a server that has not been asked yet.
const DRAWS: u32 = 8;

/// A load balancer and what it believes of its servers.
#[derive(Clone, Debug, Hash)]
pub struct LoadBalancer {
    params: Derived<kinds::LoadBalancer>,
    station: Station,
    limit: RateLimit,
    caller: Caller,
    servers: Vec<Server>,
    /// The position of each link's server among them, by link.
    positions: Derived<Vec<Option<u16>>>,
    choice: Choice,
    sessions: Sessions,
    pair: Pair,
    /// When it last began its work: replies to what it asked before mean nothing.
    started: SimTime,
    /// When the next round of checks is due; a timer that comes before is void.
    next_check: SimTime,
    /// When the checks under way have failed.
    checks_over: SimTime,
    /// Rounds of checks so far: an answer to an earlier round means nothing.
    round: u32,
}

impl LoadBalancer {
    pub fn new(params: kinds::LoadBalancer) -> Self {
        let station = Station::new(params.cores, params.queue_limit);
        Self {
            caller: Caller::new(&params.calls),
            params: Derived(params),
            station,
            limit: RateLimit::default(),
            servers: Vec::new(),
            positions: Derived(Vec::new()),
            choice: Choice::default(),
            sessions: Sessions::default(),
            pair: Pair::default(),
            started: SimTime::ZERO,
            next_check: SimTime::NEVER,
            checks_over: SimTime::NEVER,
            round: 0,
        }
    }

    /// Whether it sends new requests to `node`; `None` if that is none of its servers.
    pub fn believes_in(&self, node: NodeIx) -> Option<bool> {
        self.servers.iter().find(|server| server.target.node == node).map(Server::is_open)
    }

    fn position(&self, link: LinkIx) -> Option<usize> {
        self.positions.get(link.index()).copied().flatten().map(usize::from)
    }

    /// The server for `call`: the one that its user's session sticks to, or one by the policy.
    fn choose(&mut self, ctx: &mut Context, call: &Call) -> Option<usize> {
        if self.params.sticky_for.is_zero() {
            return self.choice.choose(ctx.rng(), &self.params, &mut self.servers, call);
        }
        let known = self.sessions.get(call.user, ctx.now()).and_then(|link| self.position(link));
        let chosen = match known.filter(|at| self.servers[*at].is_serving()) {
            Some(known) => known,
            None => self.choice.choose(ctx.rng(), &self.params, &mut self.servers, call)?,
        };
        self.sessions.keep(call.user, self.servers[chosen].target.link, ctx.now() + self.params.sticky_for);
        Some(chosen)
    }

    fn forward(&mut self, ctx: &mut Context, call: Key) {
        let ask = Ask::from(ctx.get(call));
        self.ask(ctx, call, ask);
    }

    fn has_asked(&self, call: Key, at: usize) -> bool {
        self.caller.has_asked(call, self.servers[at].target.node)
    }

    fn check_after(&mut self, ctx: &mut Context, after: SimDuration) {
        self.next_check = ctx.now() + after;
        ctx.timer(after, Tag::Check);
    }

    /// Whatever is still being checked has failed.
    fn give_up_checks(&mut self) {
        let mut has_changed = false;
        for server in &mut self.servers {
            has_changed |= server.checked(false, &self.params);
        }
        if has_changed {
            self.choice.refresh(&self.servers);
        }
    }

    fn check_all(&mut self, ctx: &mut Context) {
        self.give_up_checks();
        self.round = self.round.wrapping_add(1);
        for server in &mut self.servers {
            server.probed();
            ctx.send(server.target, Body::Probe { round: self.round });
        }
        let timeout = self.params.check_timeout;
        if !timeout.is_zero() && timeout < self.params.check_interval {
            self.checks_over = ctx.now() + timeout;
            ctx.timer(timeout, Tag::Check);
        }
        self.check_after(ctx, self.params.check_interval);
    }

    /// A request has come back from the server at the other end of its link.
    fn note(&mut self, ctx: &mut Context, reply: &Call) {
        let Some(at) = self.position(reply.link).filter(|_| reply.made >= self.started) else { return };
        let count = self.servers.len();
        let server = &mut self.servers[at];
        // A server that was taken out and put back begins at zero.
        server.outstanding = server.outstanding.saturating_sub(1);
        let ejection = &self.params.ejection;
        if !server.answered(reply, ejection) {
            return;
        }
        let ejected = self.servers.iter().filter(|server| server.is_ejected()).count();
        if (ejected + 1) as f64 <= ejection.max_share * count as f64 {
            let time = self.servers[at].eject(ctx.now(), ejection);
            ctx.wake(u32::from(reply.link.0), time);
            self.choice.refresh(&self.servers);
        }
    }

    /// Takes the servers from the design; one that was there before stays as it is.
    fn set_servers(&mut self, ctx: &Context, wiring: &Wiring) {
        let topology = &ctx.kernel.topology;
        let known = std::mem::take(&mut self.servers);
        let count = known.len();
        let mut has_other_weights = false;
        self.positions.0.clear();
        for (target, kind) in wiring.with_kinds(topology, topology.targets(ctx.node, &[Kind::WebServer])) {
            let server = known.iter().find(|server| server.target == target).cloned();
            let mut server = server.unwrap_or_else(|| Server::new(target));
            if let NodeKind::WebServer(params) = kind {
                has_other_weights |= *server.weight != params.weight;
                server.weight = Derived(params.weight);
            }
            server.is_draining = self.params.draining.contains(&topology.node(target.node).id);
            if self.params.ejection.failures == 0 {
                server.readmit(ctx.now());
            }
            let link = target.link.index();
            if self.positions.len() <= link {
                self.positions.0.resize(link + 1, None);
            }
            self.positions.0[link] = Some(self.servers.len() as u16);
            self.servers.push(server);
        }
        if self.servers.len() != count {
            self.choice.restart();
        }
        if has_other_weights {
            // Credit was earned by the old weights.
            self.servers.iter_mut().for_each(|server| server.credit = 0);
        }
        self.choice.refresh(&self.servers);
        let by_id = self.servers.iter().map(|server| (server, topology.node(server.target.node).id.as_str()));
        self.choice.set_ring(&self.params, &by_id.collect::<Vec<_>>(), wiring.document.seed);
    }
}

impl Client for LoadBalancer {
    fn caller(&mut self) -> &mut Caller {
        &mut self.caller
    }

    /// To a server that has not been asked for the same yet, if there is one.
    fn attempt(&mut self, ctx: &mut Context, call: Key, ask: Ask) {
        let request = *ctx.get(call);
        let mut chosen = self.choose(ctx, &request);
        let mut draws = 1;
        while draws < DRAWS && chosen.is_some_and(|at| self.has_asked(call, at)) {
            chosen = self.choose(ctx, &request);
            draws += 1;
        }
        // A policy that always chooses the same, as a hash does, is helped.
        if let Some(at) = chosen.filter(|at| self.has_asked(call, *at)) {
            let mut others = (1..self.servers.len()).map(|step| (at + step) % self.servers.len());
            chosen = others.find(|other| self.servers[*other].is_open() && !self.has_asked(call, *other)).or(chosen);
        }
        let Some(chosen) = chosen else {
            if !self.caller.is_trying(call) {
                self.caller.leave(ctx, call);
                ctx.fail(call, Reason::NoHealthyServer);
            }
            return;
        };
        let server = &mut self.servers[chosen];
        server.outstanding += 1;
        self.caller.send(ctx, call, server.target, ask);
    }

    fn ended(&mut self, ctx: &mut Context, call: Key, _ask: Ask, outcome: Outcome) {
        if outcome.failed_at.is_none() && outcome.failure.is_some() {
            ctx.answer(call, outcome);
        } else {
            ctx.pass_on(call, outcome);
        }
    }
}

impl Behaviour for LoadBalancer {
    fn on_start(&mut self, ctx: &mut Context) {
        // Checks of different balancers do not run in step.
        let phase = ctx.rng().unit() * self.params.check_interval.as_secs_f64();
        self.started = ctx.now();
        self.check_after(ctx, SimDuration::from_secs_f64(phase));
        self.pair.start(ctx, self.params.advert_interval);
    }

    fn on_request(&mut self, ctx: &mut Context, call: Key) {
        if !self.limit.admits(ctx.now(), self.params.rate_limit_per_s, self.params.rate_burst) {
            ctx.fail(call, Reason::RateLimited);
            return;
        }
        if self.station.take_in(ctx, call, self.params.forward_time) {
            self.forward(ctx, call);
        }
    }

    fn on_done(&mut self, ctx: &mut Context, call: Key) {
        ctx.set_stage(call, Stage::Held);
        self.station.finish(ctx);
        self.forward(ctx, call);
    }

    fn on_reply(&mut self, ctx: &mut Context, parent: Key, reply: &Call) {
        self.note(ctx, reply);
        self.replied(ctx, parent, reply);
    }

    fn on_resume(&mut self, ctx: &mut Context, call: Key) {
        self.resumed(ctx, call);
    }

    fn on_orphan(&mut self, ctx: &mut Context, reply: &Call) {
        self.note(ctx, reply);
    }

    fn on_cancel(&mut self, ctx: &mut Context, call: Key) {
        self.station.give_up(ctx, call);
        self.caller.forget(ctx, call, OnGiveUp::Cancel);
        ctx.fail(call, Reason::Cancelled);
    }

    fn on_message(&mut self, ctx: &mut Context, sender: Target, body: Body) {
        match body {
            Body::ProbeReply { round, is_up } if round == self.round => {
                if let Some(at) = self.position(sender.link)
                    && self.servers[at].checked(is_up, &self.params)
                {
                    self.choice.refresh(&self.servers);
                }
            }
            Body::Advert { interval } => self.pair.heard(ctx, sender.node, interval),
            _ => {}
        }
    }

    fn on_timer(&mut self, ctx: &mut Context, tag: Tag) {
        if tag != Tag::Check {
            self.attempts_due(ctx, tag);
            return;
        }
        if ctx.now() >= self.checks_over {
            self.checks_over = SimTime::NEVER;
            self.give_up_checks();
        }
        if ctx.now() >= self.next_check {
            self.check_all(ctx);
        }
    }

    fn on_wake(&mut self, ctx: &mut Context, item: u32) {
        if self.pair.woken(ctx, item, self.params.advert_interval) {
            return;
        }
        if let Some(at) = self.position(LinkIx(item as u16))
            && self.servers[at].is_over(ctx.now())
        {
            self.choice.refresh(&self.servers);
        }
    }

    fn on_crash(&mut self, _ctx: &mut Context) {
        self.station.clear();
        self.limit = RateLimit::default();
        self.caller.clear();
        self.sessions.clear();
        for server in &mut self.servers {
            *server = server.afresh();
        }
        self.next_check = SimTime::NEVER;
        self.checks_over = SimTime::NEVER;
        self.pair.on_crash();
        self.choice.refresh(&self.servers);
    }

    fn rewire(&mut self, ctx: &mut Context, wiring: &Wiring) {
        if let NodeKind::LoadBalancer(params) = &wiring.own.kind {
            self.params = Derived(params.clone());
            self.station.resize(ctx, params.cores, params.queue_limit);
            self.caller.set(ctx, &params.calls);
            // A shorter interval does not wait for the end of a long one.
            if self.next_check != SimTime::NEVER && self.next_check > ctx.now() + params.check_interval {
                self.check_after(ctx, params.check_interval);
            }
        }
        self.set_servers(ctx, wiring);
        self.pair.rewire(ctx, wiring, self.params.advert_interval);
    }

    fn intake(&self) -> Option<SimDuration> {
        Some(self.params.forward_time)
    }

    fn levels(&self) -> Levels {
        self.station.levels()
    }
}
