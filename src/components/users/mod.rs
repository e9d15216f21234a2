//! Users: an open or a closed loop.
//!
//! In an open loop arrivals do not depend on the system (see [`load`]); each draws who it is, what they want and which object,
//! from streams of their own: what users do never depends on what the system does. In a closed loop each user thinks, asks, waits
//! and thinks again; what somebody does next follows from who it is and how often they have asked.
//! Some users read again what they have just written: a store that answers them with an older version is seen to be stale.
//! Users resolve the site's name first and keep the answer for its time to live. Their browsers repeat or hedge calls as their
//! policy says; those who wait too long give up, without the system noticing unless the policy cancels.
//! Their browsers keep assets, and then ask nobody or only whether they are still good ([`browsers`]).
//! Left out: pages made of several requests, users who come less often after failures, connections that are kept open.

mod arriving;
mod asking;
mod browsers;
mod choices;
mod edges;
mod load;
mod names;
mod read_back;

use std::sync::Arc;

use super::caller::{Caller, Client};
use super::deadlines::Deadlines;
use super::{Behaviour, Levels, Wiring};
use crate::base::hash::{Derived, mix};
use crate::base::paged::Paged;
use crate::base::random::Stream;
use crate::base::slab::Key;
use crate::base::{Kind, SimDuration, SimTime};
use crate::kernel::{Ask, Call, Context, Marks, Outcome, Tag, Target, Verb};
use crate::model::kinds::Loop;
use crate::model::{NodeKind, Trace, kinds};
use crate::observe::{Operation, Reason};
use arriving::{Purpose, SHORTEST_THOUGHT};
use browsers::{Browsers, Found};
use choices::{Choice, Choices};
use edges::Edges;
use names::{Names, Remembered};
use read_back::ReadBacks;

/// The shortest pause after a failure, for the same reason.
const SHORTEST_PAUSE: SimDuration = SimDuration::from_millis(1);

/// How soon somebody who has been taken out looks whether they are back.
const LONG_SLEEP: SimDuration = SimDuration::from_secs(1);

/// A population of users.
#[derive(Clone, Debug, Hash)]
pub struct Users {
    params: Derived<kinds::Users>,
    /// What the streams of a closed loop's users are named by.
    seed: u64,
    arrivals: Stream,
    choices: Choices,
    /// When the next request of an open loop is due; a timer for another time is void.
    next: SimTime,
    /// Of a closed loop: how often each user has asked.
    asked: Paged<u32>,
    /// Of a closed loop: how many users have begun, those that have been taken out since included.
    begun: u32,
    names: Names,
    browsers: Browsers,
    /// Who will read again what they have written, and when.
    read_backs: ReadBacks,
    waiting: Deadlines,
    caller: Caller,
    edges: Edges,
    /// Name services and addresses. Of several, each user has its own.
    dns: Vec<Target>,
    sites: Vec<Target>,
    /// A recorded workload that stands in for the choices, and how much of it has been used.
    trace: Option<Derived<Arc<Trace>>>,
    replayed: u64,
}

impl Users {
    pub fn new(params: kinds::Users, id: &str, seed: u64) -> Self {
        Self {
            seed: Stream::named(seed, id, "thoughts").next_u64(),
            arrivals: Stream::named(seed, id, "arrivals"),
            choices: Choices::new(&params, Stream::named(seed, id, "choices")),
            next: SimTime::NEVER,
            asked: Paged::default(),
            begun: 0,
            names: Names::default(),
            browsers: Browsers::default(),
            read_backs: ReadBacks::default(),
            waiting: Deadlines::new(Tag::Timeout),
            caller: Caller::new(&params.calls),
            edges: Edges::default(),
            dns: Vec::new(),
            sites: Vec::new(),
            trace: None,
            replayed: 0,
            params: Derived(params),
        }
    }

    /// From here on the users' requests are the reads of `trace`, one after the other.
    pub fn replay(&mut self, trace: Arc<Trace>) {
        self.trace = Some(Derived(trace));
        self.replayed = 0;
    }

    /// Records of the trace that have not been requested yet; `None` without a trace.
    pub fn remaining(&self) -> Option<usize> {
        self.trace.as_ref().map(|trace| trace.reads.len() - self.replayed as usize)
    }

    /// The caches of the users' browsers, where they have any.
    pub fn browsers(&self) -> Option<&Browsers> {
        (self.params.browser_cache.0 > 0).then_some(&self.browsers)
    }

    /// Probability that the browsers' throttle lets a call fail at once, now.
    pub fn reject_probability(&self, now: SimTime) -> Option<f64> {
        self.caller.reject_probability(now)
    }

    fn is_closed(&self) -> bool {
        self.params.loop_kind == Loop::Closed
    }

    /// Somebody wants something.
    fn arrive(&mut self, ctx: &mut Context, user: Option<u32>) {
        let mut choice = match user {
            None => {
                if self.choices.draw_ahead(&self.params) {
                    self.names.look_ahead(self.choices.ahead().map(|choice| choice.user));
                }
                self.choices.draw(&self.params)
            }
            Some(user) => {
                let mut stream = self.stream_of(user, Purpose::Choose);
                self.asked.set(user as usize, self.asked.get(user as usize).wrapping_add(1));
                self.choices.draw_from(&self.params, user, &mut stream)
            }
        };
        if let Some(trace) = &self.trace {
            let Some(read) = trace.reads.get(self.replayed as usize) else { return };
            self.replayed += 1;
            choice = Choice::read(choice.user, read.key, read.bytes);
        }
        self.begin(ctx, choice, user.is_some());
    }

    /// The request for what somebody wants begins, by finding out where the site is.
    fn begin(&mut self, ctx: &mut Context, choice: Choice, is_looped: bool) {
        let root = ctx.begin(choice.user, self.params.priority as u8, choice.operation, choice.ask());
        if is_looped {
            ctx.mark(root, Marks::LOOPED, true);
        }
        if choice.operation == Operation::Static && self.is_at_hand(ctx, &choice) {
            self.end(ctx, root, Outcome::good(choice.bytes));
            return;
        }
        self.waiting.push(ctx, root, self.params.timeout);
        let Some(dns) = own_of(&self.dns, choice.user) else {
            self.request(ctx, root);
            return;
        };
        match self.names.recall(choice.user, ctx.now()) {
            Some(Remembered::Address(_)) => self.request(ctx, root),
            Some(Remembered::Nothing) => self.end(ctx, root, Outcome::failed(Reason::DnsFailure)),
            None => {
                ctx.call(root, dns, Ask::of(Verb::Resolve, 0, 0));
            }
        }
    }

    /// Whether the user's browser has a fresh copy of the asset: then nobody has to be asked.
    fn is_at_hand(&mut self, ctx: &mut Context, choice: &Choice) -> bool {
        if self.params.browser_cache.0 == 0 {
            return false;
        }
        let is_fresh = self.browsers.look_up(choice.user, choice.key, ctx.now()) == Found::Fresh;
        let meter = ctx.meter();
        meter.hits += u64::from(is_fresh);
        meter.misses += u64::from(!is_fresh);
        meter.miss_bytes += if is_fresh { 0 } else { u64::from(choice.bytes) };
        is_fresh
    }

    /// What is asked of the system for `root`: of a copy that is at hand but not fresh, only whether it is still good.
    fn ask_for(&self, ctx: &Context, root: Key) -> Ask {
        let root = ctx.get(root);
        let has_cache = root.verb == Verb::Static && self.params.browser_cache.0 > 0;
        let is_held = has_cache && self.browsers.holds(root.user, root.key);
        Ask::from(root).with_copy(is_held)
    }

    /// The asset that `reply` brings, or confirms, is kept.
    fn keep(&mut self, ctx: &mut Context, root: Key, reply: &Call) {
        let capacity = self.params.browser_cache;
        if capacity.0 == 0 || reply.failure.is_some() || reply.verb != Verb::Static {
            return;
        }
        let carried = SimDuration::from_nanos(reply.version.0);
        let max_age = self.edges.max_age(reply.link).unwrap_or(self.params.asset_max_age);
        // The whole way counts as age, to be on the safe side (RFC 9111, section 4.2.3).
        let expires = reply.made + max_age - carried;
        let Call { user, key, bytes, .. } = *ctx.get(root);
        self.browsers.keep(user, key, bytes, expires, capacity);
        ctx.meter().revalidations += u64::from(reply.bytes == 0);
    }

    /// A request ends. Whoever asked in a closed loop begins to think, even if it has been opened since: it may close again.
    /// Whoever wants to see what they have written does that before.
    fn end(&mut self, ctx: &mut Context, root: Key, outcome: Outcome) {
        let request = ctx.end(root, outcome);
        if outcome.failure.is_none() && request.operation == Operation::Write && self.reads_back(&request) {
            let after = self.params.read_back_after;
            if after.is_zero() {
                self.begin(ctx, Choice::read(request.user, request.key, request.bytes), is_looped(&request));
            } else {
                self.read_backs.push(ctx, &request, after);
            }
        } else if is_looped(&request) {
            let at_least = if outcome.failure.is_some() { SHORTEST_PAUSE } else { SHORTEST_THOUGHT };
            self.think(ctx, request.user, at_least);
        }
    }

    /// Whether the user of this write wants to see it. That follows from who has written what, and when: it shifts no draw of
    /// what users do otherwise.
    fn reads_back(&self, write: &Call) -> bool {
        let share = self.params.read_back_share;
        let name = mix(self.seed ^ u64::from(write.user) << 32 ^ u64::from(write.key)) ^ write.made.as_nanos();
        share >= 1.0 || (share > 0.0 && Stream::seeded(mix(name)).chance(share))
    }
}

fn is_looped(request: &Call) -> bool {
    request.marks.has(Marks::LOOPED)
}

/// The one of several equals that `user` always asks.
fn own_of(targets: &[Target], user: u32) -> Option<Target> {
    if targets.is_empty() { None } else { Some(targets[user as usize % targets.len()]) }
}

impl Behaviour for Users {
    fn on_start(&mut self, ctx: &mut Context) {
        let rate_per_s = if self.is_closed() {
            1.0 / self.params.think_time.max(SHORTEST_THOUGHT).as_secs_f64()
        } else {
            self.params.rate_per_user_per_s
        };
        self.names.warm(ctx, self.params.users, rate_per_s, self.dns.first().copied());
        if self.is_closed() {
            self.begin_thinking(ctx);
        } else {
            self.await_next(ctx);
        }
    }

    fn on_request(&mut self, ctx: &mut Context, call: Key) {
        ctx.fail(call, Reason::NoRoute);
    }

    fn on_reply(&mut self, ctx: &mut Context, parent: Key, reply: &Call) {
        if reply.verb == Verb::Resolve {
            self.names.keep(reply, ctx.now());
            match reply.failure {
                None => self.request(ctx, parent),
                Some(_) => self.end(ctx, parent, Outcome::failed(Reason::DnsFailure)),
            }
            return;
        }
        let Some(stand_in) = self.edges.after(reply) else {
            self.keep(ctx, parent, reply);
            self.replied(ctx, parent, reply);
            return;
        };
        if !self.caller.is_replaced(ctx, parent) {
            return;
        }
        let ask = self.ask_for(ctx, parent);
        self.turn_to(ctx, parent, stand_in, ask);
    }

    fn on_orphan(&mut self, ctx: &mut Context, reply: &Call) {
        // Of several attempts for one request, those that it did not wait for are abandoned: they are not late.
        if reply.failure.is_none() && reply.verb != Verb::Resolve && !reply.is_abandoned() {
            ctx.kernel.recorder.counts.late += 1;
        }
    }

    fn on_resume(&mut self, ctx: &mut Context, root: Key) {
        self.resumed(ctx, root);
    }

    fn on_wake(&mut self, ctx: &mut Context, user: u32) {
        if self.is_closed() && user < self.params.users {
            self.arrive(ctx, Some(user));
        } else {
            // Whoever has been taken out may be put back.
            self.think(ctx, user, LONG_SLEEP);
        }
    }

    fn on_timer(&mut self, ctx: &mut Context, tag: Tag) {
        match tag {
            Tag::Arrival if ctx.now() == self.next && !self.is_closed() => {
                if load::is_arrival(&self.params, ctx.now(), &mut self.arrivals) {
                    self.arrive(ctx, None);
                }
                self.await_next(ctx);
            }
            Tag::Timeout => {
                while let Some(root) = self.waiting.next_here(ctx) {
                    self.caller.leave(ctx, root);
                    self.end(ctx, root, Outcome::failed(Reason::Timeout));
                }
            }
            Tag::Attempt | Tag::Hedge => self.attempts_due(ctx, tag),
            Tag::ReadBack => {
                while let Some(due) = self.read_backs.next(ctx.now()) {
                    self.begin(ctx, due.choice(), due.is_looped);
                }
            }
            _ => {}
        }
    }

    fn on_crash(&mut self, _ctx: &mut Context) {
        // They do not crash, but they can be removed.
        self.next = SimTime::NEVER;
        self.read_backs = ReadBacks::default();
        self.browsers = Browsers::default();
        self.waiting = Deadlines::new(Tag::Timeout);
        self.caller.clear();
    }

    fn rewire(&mut self, ctx: &mut Context, wiring: &Wiring) {
        if let NodeKind::Users(params) = &wiring.own.kind {
            self.retune(ctx, params);
        }
        let services = ctx.kernel.topology.targets(ctx.node, &[Kind::Dns]);
        self.names.rewire(ctx, wiring, &services);
        self.edges.rewire(ctx, wiring);
        let topology = &ctx.kernel.topology;
        self.dns = services;
        self.sites = topology.sites(ctx.node);
    }

    fn levels(&self) -> Levels {
        Levels::default()
    }
}
