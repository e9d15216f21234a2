//! Users: an open-loop population.
//!
//! The arrivals of many independent users are one Poisson process of rate users × rate per user; each arrival draws who it
//! is, what they want and which object, from streams of their own: what users do never depends on what the system does.
//! Users resolve the site's name first and keep the answer for its time to live; those who wait too long give up, without
//! the system noticing. Left out: think time, retries, browser caches, several regions.

mod choices;
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
use names::Names;
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
    /// Name services, edges and addresses. Of several, each user has its own: the one that is near.
    dns: Vec<Target>,
    cdn: Vec<Target>,
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
            dns: Vec::new(),
            cdn: Vec::new(),
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
        match (near(&self.dns, choice.user), self.names.get(choice.user, ctx.now())) {
            (Some(_), Some(address)) => self.request(ctx, root, address),
            (Some(dns), None) => {
                ctx.call(root, dns, Ask { verb: Verb::Resolve, key: 0, bytes: 0, version: Version::default() });
            }
            // Without a name service people know the address by heart.
            (None, _) => match near(&self.sites, choice.user) {
                Some(site) => self.request(ctx, root, site.node),
                None => ctx.end(root, Outcome::failed(Reason::NoRoute)),
            },
        }
    }

    /// Sends the request itself: assets to the CDN if there is one, the rest to `address`.
    fn request(&mut self, ctx: &mut Context, root: Key, address: NodeIx) {
        let Call { verb, key, bytes, user, .. } = *ctx.get(root);
        let site = self.sites.iter().find(|site| site.node == address).copied();
        let target = if verb == Verb::Static { near(&self.cdn, user).or(site) } else { site };
        match target {
            Some(target) => {
                ctx.call(root, target, Ask { verb, key, bytes, version: Version::default() });
            }
            None => ctx.end(root, Outcome::failed(Reason::NoRoute)),
        }
    }
}

/// The one of several equals that `user` always asks.
fn near(targets: &[Target], user: u32) -> Option<Target> {
    if targets.is_empty() { None } else { Some(targets[user as usize % targets.len()]) }
}

impl Behaviour for Users {
    fn on_start(&mut self, ctx: &mut Context) {
        self.await_next(ctx);
    }

    fn on_request(&mut self, ctx: &mut Context, call: Key) {
        ctx.fail(call, Reason::NoRoute);
    }

    fn on_reply(&mut self, ctx: &mut Context, parent: Key, reply: &Call) {
        if reply.verb != Verb::Resolve {
            ctx.end(parent, Outcome::of(reply));
        } else if reply.failure.is_some() {
            ctx.end(parent, Outcome::failed(Reason::DnsFailure));
        } else {
            let address = NodeIx(reply.key as u16);
            self.names.keep(reply.user, address, ctx.now() + SimDuration::from_nanos(reply.version.0));
            self.request(ctx, parent, address);
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
        let topology = &ctx.kernel.topology;
        self.dns = topology.targets(ctx.node, &["dns"]);
        self.cdn = topology.targets(ctx.node, &["cdn"]);
        self.sites = topology.targets(ctx.node, &["load_balancer", "web_server"]);
    }

    fn levels(&self) -> Levels {
        Levels::default()
    }
}
