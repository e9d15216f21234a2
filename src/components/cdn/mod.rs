//! CDN edge: static assets by key and size, near the users.
//!
//! An edge is a shared HTTP cache: how long it uses what it has follows RFC 9111 and RFC 5861 (`freshness`). A stale asset is
//! kept, for the origin only has to say that it is still good: the answer to such a conditional request carries no bytes.
//! An answer carries its age, so that an edge behind a shield (another edge, in front of the origin) does not count it anew.
//! Concurrent misses go to the origin one by one, or are collapsed; those who wait share what the fetch comes to, also if it
//! fails. What the origin says about an asset's lifetime is set at the edge, as CDNs allow, and a change of it counts for what
//! is stored already. Left out: negative caching, variants by request headers, partial content, retries of the origin.

mod fetches;
pub mod freshness;
pub mod http;

use super::cache::Entries;
use super::deadlines::Deadlines;
use super::station::Station;
use super::{Behaviour, Levels, Wiring};
use crate::base::hash::{Derived, mix};
use crate::base::slab::Key;
use crate::base::{Kind, SimDuration, SimTime};
use crate::kernel::{Ask, Call, Cause, Context, Outcome, Tag, Target, Verb, Version};
use crate::model::NodeKind;
use crate::model::kinds::{self, Collapsing};
use crate::observe::Reason;
use fetches::{Fetch, Fetches};
use freshness::{Rules, Use};

/// Requests that may wait at the edge.
const QUEUE_LIMIT: u32 = 100_000;

/// One point of presence.
#[derive(Clone, Debug, Hash)]
pub struct Cdn {
    params: Derived<kinds::Cdn>,
    rules: Derived<Rules>,
    station: Station,
    /// Each asset's version is the moment of its birth, from which its age counts, in nanoseconds.
    entries: Entries,
    fetches: Fetches,
    /// Calls to the origin, by when the edge gives up on them.
    deadlines: Deadlines,
    shields: Vec<Target>,
    origins: Vec<Target>,
    turn: usize,
}

impl Cdn {
    pub fn new(params: kinds::Cdn) -> Self {
        let station = Station::new(params.cores, QUEUE_LIMIT);
        let entries = Entries::new(params.policy, params.capacity);
        Self {
            rules: Derived(rules(&params)),
            params: Derived(params),
            station,
            entries,
            fetches: Fetches::default(),
            deadlines: Deadlines::new(Tag::Timeout),
            shields: Vec::new(),
            origins: Vec::new(),
            turn: 0,
        }
    }

    pub fn entries(&self) -> &Entries {
        &self.entries
    }

    /// Price of what it has sent, in dollars.
    pub fn cost(&self, egress_bytes: u64) -> f64 {
        egress_bytes as f64 / 1e9 * self.params.price_per_gb
    }

    /// Forgets one asset, or all; what is on its way from the origin will not be stored either.
    pub fn purge(&mut self, key: Option<u32>) {
        self.fetches.void(key);
        match key {
            Some(key) => {
                self.entries.remove(key);
            }
            None => self.entries.clear(),
        }
    }

    /// Age of the copy of `key`, if there is one.
    fn age(&mut self, key: u32, now: SimTime) -> Option<SimDuration> {
        self.entries.get(key, now).map(|birth| now.since(SimTime::from_nanos(birth.0)))
    }

    fn look_up(&mut self, ctx: &mut Context, call: Key) {
        let request = *ctx.get(call);
        let Call { key, bytes, .. } = request;
        let now = ctx.now();
        let age = self.age(key, now);
        match age.map(|age| (age, self.rules.judge(age))) {
            Some((age, Use::Fresh)) => {
                ctx.meter().hits += 1;
                Self::serve(ctx, call, bytes, age);
            }
            Some((age, Use::Stale)) => {
                ctx.meter().hits += 1;
                ctx.meter().stale_hits += 1;
                Self::serve(ctx, call, bytes, age);
                self.revalidate(ctx, Cause::from(&request), key, bytes);
            }
            Some((_, Use::Validated)) | None => {
                ctx.meter().misses += 1;
                self.miss(ctx, call, age.is_some());
            }
        }
    }

    /// Answers from the store.
    fn serve(ctx: &mut Context, call: Key, bytes: u32, age: SimDuration) {
        let outcome = Self::with_body(ctx, call, bytes, age);
        ctx.answer(call, outcome);
    }

    /// The good outcome for `call`: an asker who has a copy gets no bytes.
    fn with_body(ctx: &mut Context, call: Key, bytes: u32, age: SimDuration) -> Outcome {
        let bytes = ctx.get(call).body_of(bytes);
        ctx.meter().egress_bytes += u64::from(bytes);
        Outcome { version: Version(age.as_nanos()), ..Outcome::good(bytes) }
    }

    /// Whom to ask for `key`: its shield, or the next origin.
    fn upstream(&mut self, key: u32) -> Option<Target> {
        match self.shields.len() as u64 {
            0 => self.next_origin(),
            count => Some(self.shields[(mix(u64::from(key)) % count) as usize]),
        }
    }

    fn next_origin(&mut self) -> Option<Target> {
        let count = self.origins.len();
        if count == 0 {
            return None;
        }
        self.turn = (self.turn + 1) % count;
        Some(self.origins[self.turn])
    }

    /// `call` cannot be answered from the store alone.
    fn miss(&mut self, ctx: &mut Context, call: Key, is_held: bool) {
        let Call { key, bytes, .. } = *ctx.get(call);
        let is_collapsing = self.params.collapse == Collapsing::On;
        let is_led = match self.fetches.get_mut(key) {
            Some(fetch) if fetch.leader == Key::DETACHED && is_collapsing && fetch.is_storable => {
                fetch.waiting.push(call);
                return;
            }
            Some(fetch) => fetch.leader == Key::DETACHED || ctx.is_going_on(fetch.leader),
            None => false,
        };
        let Some(target) = self.upstream(key) else {
            self.conclude_failed(ctx, call, Outcome::failed(Reason::NoRoute), true);
            return;
        };
        let leader = if is_collapsing { Key::DETACHED } else { call };
        if !is_led {
            let waiting = if is_collapsing { vec![call] } else { Vec::new() };
            self.fetches.begin(key, Fetch::new(ctx.now(), leader, bytes, waiting));
        }
        // Only what the leader brings is stored: only it can do with less than the whole.
        let ask = ask(key, bytes, is_held && !is_led);
        if is_led || !is_collapsing {
            self.ask(ctx, call, target, ask);
        } else {
            let cause = Cause::from(ctx.get(call));
            self.ask_detached(ctx, cause, target, ask);
        }
    }

    /// Asks for `key` on the edge's own account, unless it is being asked for already.
    fn revalidate(&mut self, ctx: &mut Context, cause: Cause, key: u32, bytes: u32) {
        if self.fetches.get_mut(key).is_some_and(|fetch| fetch.leader == Key::DETACHED || ctx.is_going_on(fetch.leader))
        {
            return;
        }
        let Some(target) = self.upstream(key) else { return };
        self.fetches.begin(key, Fetch::new(ctx.now(), Key::DETACHED, bytes, Vec::new()));
        self.ask_detached(ctx, cause, target, ask(key, bytes, true));
    }

    /// Asks for an asset on behalf of `parent`.
    fn ask(&mut self, ctx: &mut Context, parent: Key, target: Target, ask: Ask) {
        let call = ctx.call(parent, target, ask);
        self.limit(ctx, call);
    }

    /// Asks for an asset on the edge's own account.
    fn ask_detached(&mut self, ctx: &mut Context, cause: Cause, target: Target, ask: Ask) {
        let call = ctx.call_detached(cause, target, ask);
        self.limit(ctx, call);
    }

    /// Sets the deadline of a call to the origin.
    fn limit(&mut self, ctx: &mut Context, call: Key) {
        if !self.params.origin_timeout.is_zero() {
            self.deadlines.push(ctx, call, self.params.origin_timeout);
        }
    }

    /// The origin has had its time for `call`: whoever waits for it is told.
    fn give_up(&mut self, ctx: &mut Context, call: Key) {
        let Call { parent, key, made, .. } = *ctx.get(call);
        ctx.cancel(call);
        let fetch = self.fetches.end(key, made, parent);
        let waiting = fetch.map(|fetch| fetch.waiting).unwrap_or_default();
        for request in waiting.into_iter().chain([parent]) {
            if ctx.is_going_on(request) {
                self.conclude_failed(ctx, request, Outcome::failed(Reason::Timeout), true);
            }
        }
    }

    /// Whether `reply` only tells that the shield is of no use, and the origin could be asked instead.
    fn can_go_round(&self, reply: &Call) -> bool {
        let is_shield = self.shields.iter().any(|shield| shield.link == reply.link);
        let is_unreachable = reply.failed_at == reply.to || reply.failure == Some(Reason::NetworkLoss);
        reply.failure.is_some() && is_shield && is_unreachable && !self.origins.is_empty()
    }

    /// The fetch of `leader` has come to something: it is stored, and everybody who waited gets it.
    fn settle(&mut self, ctx: &mut Context, fetch: &Fetch, reply: &Call) {
        let carried = SimDuration::from_nanos(reply.version.0);
        let birth = freshness::birth(self.params.age, reply.made, ctx.now(), carried);
        if reply.failure.is_none() && fetch.is_storable {
            self.entries.insert(reply.key, fetch.bytes, Version(birth.as_nanos()), SimTime::NEVER);
        }
        let age = ctx.now().since(birth);
        for call in fetch.waiting.iter().copied().chain([fetch.leader]) {
            if !ctx.is_going_on(call) {
                continue;
            }
            match reply.failure {
                None => Self::pass_on(ctx, call, age),
                Some(_) => self.conclude_failed(ctx, call, Outcome::of(reply), false),
            }
        }
    }

    /// Gives `call` what was fetched for it.
    fn pass_on(ctx: &mut Context, call: Key, age: SimDuration) {
        let bytes = ctx.get(call).bytes;
        let outcome = Self::with_body(ctx, call, bytes, age);
        ctx.pass_on(call, outcome);
    }

    /// The origin failed `call`: a stale copy is better than nothing, for a while.
    fn conclude_failed(&mut self, ctx: &mut Context, call: Key, failure: Outcome, is_own: bool) {
        let Call { key, bytes, .. } = *ctx.get(call);
        let now = ctx.now();
        if let Some(age) = self.age(key, now).filter(|age| self.rules.survives_error(*age)) {
            ctx.meter().stale_on_error += 1;
            Self::serve(ctx, call, bytes, age);
        } else if is_own {
            ctx.answer(call, failure);
        } else {
            ctx.pass_on(call, failure);
        }
    }
}

/// What the parameters say about every asset.
fn rules(params: &kinds::Cdn) -> Rules {
    Rules {
        lifetime: params.ttl,
        stale_while_revalidate: params.stale_while_revalidate,
        stale_if_error: params.stale_if_error,
        is_always_validated: false,
    }
}

fn ask(key: u32, bytes: u32, is_held: bool) -> Ask {
    Ask::of(Verb::Static, key, bytes).with_copy(is_held)
}

impl Behaviour for Cdn {
    fn on_request(&mut self, ctx: &mut Context, call: Key) {
        if self.station.take_in(ctx, call, self.params.lookup_time) {
            self.look_up(ctx, call);
        }
    }

    fn on_done(&mut self, ctx: &mut Context, call: Key) {
        self.station.finish(ctx);
        self.look_up(ctx, call);
    }

    fn on_reply(&mut self, ctx: &mut Context, parent: Key, reply: &Call) {
        if self.can_go_round(reply)
            && let Some(origin) = self.next_origin()
        {
            // Its place as the leader stays with it.
            if let Some(mut fetch) = self.fetches.end(reply.key, reply.made, parent) {
                fetch.made = ctx.now();
                self.fetches.begin(reply.key, fetch);
            }
            let bytes = ctx.get(parent).bytes;
            self.ask(ctx, parent, origin, ask(reply.key, bytes, false));
        } else if let Some(fetch) = self.fetches.end(reply.key, reply.made, parent) {
            self.settle(ctx, &fetch, reply);
        } else if reply.failure.is_some() {
            self.conclude_failed(ctx, parent, Outcome::of(reply), false);
        } else {
            let carried = SimDuration::from_nanos(reply.version.0);
            let birth = freshness::birth(self.params.age, reply.made, ctx.now(), carried);
            Self::pass_on(ctx, parent, ctx.now().since(birth));
        }
    }

    fn on_detached_reply(&mut self, ctx: &mut Context, reply: &Call) {
        // Of an earlier life, or given up: nobody knows it any more.
        let Some(mut fetch) = self.fetches.end(reply.key, reply.made, Key::DETACHED) else { return };
        if self.can_go_round(reply)
            && let Some(origin) = self.next_origin()
        {
            fetch.made = ctx.now();
            let bytes = fetch.bytes;
            self.fetches.begin(reply.key, fetch);
            self.ask_detached(ctx, Cause::from(reply), origin, ask(reply.key, bytes, false));
        } else {
            self.settle(ctx, &fetch, reply);
        }
    }

    fn on_timer(&mut self, ctx: &mut Context, tag: Tag) {
        if tag == Tag::Timeout {
            while let Some(call) = self.deadlines.next_awaited(ctx) {
                self.give_up(ctx, call);
            }
        }
    }

    fn on_crash(&mut self, _ctx: &mut Context) {
        self.station.clear();
        self.entries.clear();
        self.fetches.clear();
        self.deadlines = Deadlines::new(Tag::Timeout);
    }

    fn rewire(&mut self, ctx: &mut Context, wiring: &Wiring) {
        if let NodeKind::Cdn(params) = &wiring.own.kind {
            self.rules = Derived(rules(params));
            self.params = Derived(params.clone());
            self.station.resize(ctx, params.cores, QUEUE_LIMIT);
            self.entries.reconfigure(params.policy, params.capacity);
            if !params.origin_timeout.is_zero() {
                self.deadlines.shorten(ctx, params.origin_timeout);
            }
        }
        self.shields = ctx.kernel.topology.targets(ctx.node, &[Kind::Cdn]);
        // Assets come from an object store, if there is one, and else from the site.
        let stores = ctx.kernel.topology.targets(ctx.node, &[Kind::ObjectStore]);
        self.origins = if stores.is_empty() { ctx.kernel.topology.sites(ctx.node) } else { stores };
    }

    fn intake(&self) -> Option<SimDuration> {
        Some(self.params.lookup_time)
    }

    fn levels(&self) -> Levels {
        self.station.levels()
    }
}

#[cfg(test)]
mod tests;
