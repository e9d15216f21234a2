//! Load balancer: one public address in front of many servers.
//!
//! It believes a server healthy until `fall` checks in a row have failed, so a dead server keeps getting its share until
//! then. A check is a real message to the server; one that is not answered before the next round counts as failed.
//! Left out: passive ejection, retries on another server, draining.

use super::station::Station;
use super::{Behaviour, Levels, Wiring};
use crate::base::NodeIx;
use crate::base::hash::Derived;
use crate::base::slab::Key;
use crate::base::{SimDuration, SimTime};
use crate::kernel::{Ask, Body, Call, Context, Outcome, Tag, Target};
use crate::model::NodeKind;
use crate::model::kinds::{self, BalancerPolicy};
use crate::observe::Reason;

/// Calls that may wait to be forwarded.
const QUEUE_LIMIT: u32 = 100_000;

/// A load balancer and what it believes of its servers.
#[derive(Clone, Debug, Hash)]
pub struct LoadBalancer {
    params: Derived<kinds::LoadBalancer>,
    station: Station,
    servers: Vec<Server>,
    turn: usize,
    /// When it last began its work: replies to what it asked before mean nothing.
    started: SimTime,
    /// When the next round of checks is due; a timer that comes before is void.
    next_check: SimTime,
}

#[derive(Clone, Debug, Hash)]
struct Server {
    target: Target,
    is_healthy: bool,
    /// Checks in a row that contradict `is_healthy`.
    streak: u32,
    is_awaited: bool,
    outstanding: u32,
}

impl Server {
    fn new(target: Target) -> Self {
        Self { target, is_healthy: true, streak: 0, is_awaited: false, outstanding: 0 }
    }

    fn checked(&mut self, is_up: bool, params: &kinds::LoadBalancer) {
        self.is_awaited = false;
        if is_up == self.is_healthy {
            self.streak = 0;
            return;
        }
        self.streak += 1;
        if self.streak >= if is_up { params.rise } else { params.fall } {
            self.is_healthy = is_up;
            self.streak = 0;
        }
    }
}

impl LoadBalancer {
    pub fn new(params: kinds::LoadBalancer) -> Self {
        let station = Station::new(params.cores, QUEUE_LIMIT);
        Self {
            params: Derived(params),
            station,
            servers: Vec::new(),
            turn: 0,
            started: SimTime::ZERO,
            next_check: SimTime::NEVER,
        }
    }

    /// Whether it sends requests to `node`; `None` if that is none of its servers.
    pub fn believes_in(&self, node: NodeIx) -> Option<bool> {
        self.servers.iter().find(|server| server.target.node == node).map(|server| server.is_healthy)
    }

    fn choose(&mut self, ctx: &mut Context) -> Option<usize> {
        let count = self.servers.len();
        let first = self.turn;
        let in_turn = (0..count).map(|step| (first + step) % count).filter(|at| self.servers[*at].is_healthy);
        let chosen = match self.params.policy {
            BalancerPolicy::RoundRobin => in_turn.into_iter().next(),
            // The first of the least: among equals, each in turn.
            BalancerPolicy::LeastConnections => in_turn.min_by_key(|at| self.servers[*at].outstanding),
            BalancerPolicy::Random => {
                let healthy: Vec<usize> = in_turn.collect();
                if healthy.is_empty() { None } else { Some(healthy[ctx.rng().below(healthy.len() as u64) as usize]) }
            }
        }?;
        self.turn = (chosen + 1) % count;
        Some(chosen)
    }

    fn check_after(&mut self, ctx: &mut Context, after: SimDuration) {
        self.next_check = ctx.now() + after;
        ctx.timer(after, Tag::Check);
    }

    fn check_all(&mut self, ctx: &mut Context) {
        for server in &mut self.servers {
            if server.is_awaited {
                server.checked(false, &self.params);
            }
            server.is_awaited = true;
            ctx.send(server.target, Body::Probe);
        }
    }
}

impl Behaviour for LoadBalancer {
    fn on_start(&mut self, ctx: &mut Context) {
        // Checks of different balancers do not run in step.
        let phase = ctx.rng().unit() * self.params.check_interval.as_secs_f64();
        self.started = ctx.now();
        self.check_after(ctx, SimDuration::from_secs_f64(phase));
    }

    fn on_request(&mut self, ctx: &mut Context, call: Key) {
        if !self.station.admit(ctx, call, self.params.forward_time) {
            ctx.fail(call, Reason::QueueFull);
        }
    }

    fn on_done(&mut self, ctx: &mut Context, call: Key) {
        self.station.finish(ctx);
        let Some(chosen) = self.choose(ctx) else {
            ctx.fail(call, Reason::NoHealthyServer);
            return;
        };
        let server = &mut self.servers[chosen];
        server.outstanding += 1;
        let Call { verb, key, bytes, version, .. } = *ctx.get(call);
        ctx.call(call, server.target, Ask { verb, key, bytes, version });
    }

    fn on_reply(&mut self, ctx: &mut Context, parent: Key, reply: &Call) {
        self.on_orphan(ctx, reply);
        ctx.pass_on(parent, Outcome::of(reply));
    }

    fn on_orphan(&mut self, _: &mut Context, reply: &Call) {
        let server = self.servers.iter_mut().find(|server| server.target.link == reply.link);
        if let Some(server) = server.filter(|_| reply.made >= self.started) {
            // A server that was taken out and put back begins at zero.
            server.outstanding = server.outstanding.saturating_sub(1);
        }
    }

    fn on_message(&mut self, _: &mut Context, sender: Target, body: Body) {
        if let Body::ProbeReply { is_up } = body
            && let Some(server) = self.servers.iter_mut().find(|server| server.target == sender)
            && server.is_awaited
        {
            server.checked(is_up, &self.params);
        }
    }

    fn on_timer(&mut self, ctx: &mut Context, tag: Tag) {
        if tag == Tag::Check && ctx.now() >= self.next_check {
            self.check_all(ctx);
            self.check_after(ctx, self.params.check_interval);
        }
    }

    fn on_crash(&mut self) {
        self.station.clear();
        for server in &mut self.servers {
            *server = Server::new(server.target);
        }
    }

    fn rewire(&mut self, ctx: &mut Context, wiring: &Wiring) {
        if let NodeKind::LoadBalancer(params) = &wiring.own.kind {
            self.params = Derived(params.clone());
            self.station.resize(ctx, params.cores, QUEUE_LIMIT);
            // A shorter interval does not wait for the end of a long one.
            if self.next_check != SimTime::NEVER && self.next_check > ctx.now() + params.check_interval {
                self.check_after(ctx, params.check_interval);
            }
        }
        let count = self.servers.len();
        let known = std::mem::take(&mut self.servers);
        for target in ctx.kernel.topology.targets(ctx.node, &["web_server"]) {
            let server = known.iter().find(|server| server.target == target).cloned();
            self.servers.push(server.unwrap_or_else(|| Server::new(target)));
        }
        if self.servers.len() != count {
            self.turn = 0;
        }
    }

    fn levels(&self) -> Levels {
        self.station.levels()
    }
}
