//! Users: an open-loop population.
//!
//! The arrivals of many independent users are one Poisson process of rate users × rate per user; each arrival draws who it
//! is, what they want and which object, from streams of their own: what users do never depends on what the system does.
//! Users resolve the site's name first and keep the answer for its time to live; those who wait too long give up, without
//! the system noticing. Left out: think time, retries, browser caches, several regions.

mod choices;
mod edges;
mod names;
mod waiting;

use std::sync::Arc;

use super::{Behaviour, Levels, Wiring};
use crate::base::hash::Derived;
use crate::base::random::Stream;
use crate::base::slab::Key;
use crate::base::{NodeIx, SimDuration, SimTime};
use crate::kernel::{Ask, Call, Context, Outcome, Tag, Target, Verb, Version};
use crate::model::{NodeKind, Trace, kinds};
use crate::observe::Reason;
use choices::Choices;
use edges::{Edges, Next};
use names::{Names, Remembered};
use waiting::Waiting;

/// A population of users.
#[derive(Clone, Debug, Hash)]
pub struct Users {
    params: Derived<kinds::Users>,
    arrivals: Stream,
    choices: Choices,
    /// When the next request is due; a timer for another time is void.
    next: SimTime,
    names: Names,
    waiting: Waiting,
    edges: Edges,
    /// Name services and addresses. Of several, each user has its own.
    dns: Vec<Target>,
    sites: Vec<Target>,
    /// A recorded workload that stands in for the choices, and how much of it has been used.
    trace: Option<Derived<Arc<Trace>>>,
    replayed: usize,
}

impl Users {
    pub fn new(params: kinds::Users, id: &str, seed: u64) -> Self {
        Self {
            choices: Choices::new(&params, Stream::named(seed, id, "choices")),
            params: Derived(params),
            arrivals: Stream::named(seed, id, "arrivals"),
            next: SimTime::NEVER,
            names: Names::default(),
            waiting: Waiting::default(),
            edges: Edges::default(),
            dns: Vec::new(),
            sites: Vec::new(),
            trace: None,
            replayed: 0,
        }
    }

    /// From here on the users' requests are the reads of `trace`, one after the other.
    pub fn replay(&mut self, trace: Arc<Trace>) {
        self.trace = Some(Derived(trace));
        self.replayed = 0;
    }

    /// Records of the trace that have not been requested yet; `None` without a trace.
    pub fn remaining(&self) -> Option<usize> {
        self.trace.as_ref().map(|trace| trace.reads.len() - self.replayed)
    }

    fn rate_per_s(&self) -> f64 {
        f64::from(self.params.users) * self.params.rate_per_user_per_s
    }

    fn await_next(&mut self, ctx: &mut Context) {
        let gap = SimDuration::from_secs_f64(self.arrivals.exponential() / self.rate_per_s());
        self.next = ctx.now() + gap;
        ctx.timer(gap, Tag::Arrival);
    }

    /// Somebody wants something.
    fn arrive(&mut self, ctx: &mut Context) {
        let mut choice = self.choices.draw(&self.params);
        if let Some(trace) = &self.trace {
            let Some(read) = trace.reads.get(self.replayed) else { return };
            self.replayed += 1;
            choice = choices::Choice::read(choice.user, read.key, read.bytes);
        }
        let ask = Ask { verb: choice.verb(), key: choice.key, bytes: choice.bytes, version: Version::default() };
        let root = ctx.begin(choice.user, 0, choice.operation, ask);
        self.waiting.push(ctx, root, self.params.timeout);
        let Some(dns) = near(&self.dns, choice.user) else {
            // Without a name service people know the address by heart.
            match near(&self.sites, choice.user) {
                Some(site) => self.request(ctx, root, site.node),
                None => ctx.end(root, Outcome::failed(Reason::NoRoute)),
            }
            return;
        };
        match self.names.recall(choice.user, ctx.now()) {
            Some(Remembered::Address(address)) => self.request(ctx, root, address),
            Some(Remembered::Nothing) => ctx.end(root, Outcome::failed(Reason::DnsFailure)),
            None => {
                ctx.call(root, dns, Ask::of(Verb::Resolve, 0, 0));
            }
        }
    }

    /// Sends the request itself: assets to the CDN if there is one, the rest to `address`.
    fn request(&mut self, ctx: &mut Context, root: Key, address: NodeIx) {
        let Call { verb, key, bytes, user, .. } = *ctx.get(root);
        let site = self.sites.iter().find(|site| site.node == address).copied();
        match (self.edges.first(user).filter(|_| verb == Verb::Static), site) {
            (Some(edge), _) => {
                ctx.call(root, edge, Ask::of(verb, key, bytes));
            }
            (None, Some(site)) => self.visit(ctx, root, site),
            (None, None) => ctx.end(root, Outcome::failed(Reason::NoRoute)),
        }
    }

    /// Sends the request to the site, at an address that may not be one of its any more.
    fn visit(&mut self, ctx: &mut Context, root: Key, site: Target) {
        let Call { verb, key, bytes, user, .. } = *ctx.get(root);
        if let Some(dns) = near(&self.dns, user) {
            let is_stale = !ctx.kernel.directory.publishes(dns.node, site.node);
            ctx.kernel.recorder.counts.stale_names += u64::from(is_stale);
        }
        ctx.call(root, site, Ask::of(verb, key, bytes));
    }

    /// The site's address that `user` remembers, or knows by heart.
    fn site(&mut self, ctx: &Context, user: u32) -> Option<Target> {
        let Some(Remembered::Address(address)) = self.names.recall(user, ctx.now()) else {
            return near(&self.sites, user);
        };
        self.sites.iter().find(|site| site.node == address).copied()
    }

    /// The request itself has ended, unless it goes on elsewhere.
    fn conclude(&mut self, ctx: &mut Context, root: Key, reply: &Call) {
        match self.edges.after(reply) {
            Some(Next::Edge(edge)) => {
                ctx.call(root, edge, Ask::of(reply.verb, reply.key, ctx.get(root).bytes));
            }
            Some(Next::Site) => match self.site(ctx, reply.user) {
                Some(site) => self.visit(ctx, root, site),
                None => ctx.end(root, Outcome::of(reply)),
            },
            None => ctx.end(root, Outcome::of(reply)),
        }
    }
}

/// The one of several equals that `user` always asks.
fn near(targets: &[Target], user: u32) -> Option<Target> {
    if targets.is_empty() { None } else { Some(targets[user as usize % targets.len()]) }
}

impl Behaviour for Users {
    fn on_start(&mut self, ctx: &mut Context) {
        self.names.warm(ctx, self.params.users, self.params.rate_per_user_per_s, self.dns.first().copied());
        self.await_next(ctx);
    }

    fn on_request(&mut self, ctx: &mut Context, call: Key) {
        ctx.fail(call, Reason::NoRoute);
    }

    fn on_reply(&mut self, ctx: &mut Context, parent: Key, reply: &Call) {
        if reply.verb != Verb::Resolve {
            self.conclude(ctx, parent, reply);
            return;
        }
        self.names.keep(reply, ctx.now());
        if reply.failure.is_some() {
            ctx.end(parent, Outcome::failed(Reason::DnsFailure));
        } else {
            self.request(ctx, parent, NodeIx(reply.key as u16));
        }
    }

    fn on_orphan(&mut self, ctx: &mut Context, reply: &Call) {
        if reply.failure.is_none() && reply.verb != Verb::Resolve {
            ctx.kernel.recorder.counts.late += 1;
        }
    }

    fn on_timer(&mut self, ctx: &mut Context, tag: Tag) {
        match tag {
            Tag::Arrival if ctx.now() == self.next => {
                self.arrive(ctx);
                self.await_next(ctx);
            }
            Tag::Timeout => self.waiting.expire(ctx),
            _ => {}
        }
    }

    fn on_crash(&mut self) {
        // They do not crash, but they can be removed.
        self.next = SimTime::NEVER;
        self.waiting = Waiting::default();
    }

    fn rewire(&mut self, ctx: &mut Context, wiring: &Wiring) {
        if let NodeKind::Users(params) = &wiring.own.kind {
            let old = self.rate_per_s();
            let has_new_choices = Choices::differ(&self.params, params);
            self.params = Derived(params.clone());
            self.waiting.shorten(ctx, params.timeout);
            if has_new_choices {
                self.choices.retune(params);
            }
            let new = self.rate_per_s();
            if self.next != SimTime::NEVER && (new - old).abs() > 0.0 {
                // What is left of the gap shrinks or grows with the rate: the process stays Poisson.
                let left = self.next.since(ctx.now()).as_secs_f64() * old / new;
                let left = SimDuration::from_secs_f64(left);
                self.next = ctx.now() + left;
                ctx.timer(left, Tag::Arrival);
            }
        }
        let services = ctx.kernel.topology.targets(ctx.node, &["dns"]);
        self.names.rewire(ctx, wiring, &services);
        self.edges.rewire(ctx, wiring);
        let topology = &ctx.kernel.topology;
        self.dns = services;
        self.sites = topology.targets(ctx.node, &["load_balancer", "web_server"]);
    }

    fn levels(&self) -> Levels {
        Levels::default()
    }
}
