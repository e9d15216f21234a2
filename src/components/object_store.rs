//! Object store: large objects by key, behind an address of their own.
//!
//! A request waits for the first byte and then gets its object at a rate of its own, however many others there are; what limits
//! the store is how many requests it takes per second (a token bucket; more are told to slow down). Every byte and every request
//! has its price. The figures are of the kind that Amazon publishes for S3 (*Performance guidelines*, *Pricing*). Objects are
//! always there, and never change: an asker that has a copy is told so without the body.
//! Left out: uploads, versions, several prefixes, storage by the month, tiers that have to be thawed.

use super::rate_limit::RateLimit;
use super::{Behaviour, Levels, Wiring};
use crate::base::SimDuration;
use crate::base::hash::Derived;
use crate::base::slab::Key;
use crate::kernel::{Context, Outcome, Stage, Verb};
use crate::model::{NodeKind, kinds};
use crate::observe::Reason;

/// Requests that may come at once after a pause, as a part of a second's.
const BURST: f64 = 0.1;

/// An object store.
#[derive(Clone, Debug, Hash)]
pub struct ObjectStore {
    params: Derived<kinds::ObjectStore>,
    limit: RateLimit,
    /// Requests that are being answered.
    busy: u32,
}

impl ObjectStore {
    pub fn new(params: kinds::ObjectStore) -> Self {
        Self { params: Derived(params), limit: RateLimit::default(), busy: 0 }
    }

    /// Price of so many requests and bytes, in dollars.
    pub fn cost(&self, requests: u64, egress_bytes: u64) -> f64 {
        egress_bytes as f64 / 1e9 * self.params.price_per_gb + requests as f64 / 1e6 * self.params.price_per_million
    }
}

impl Behaviour for ObjectStore {
    fn on_request(&mut self, ctx: &mut Context, call: Key) {
        let asked = ctx.get(call);
        let body = asked.body_of(asked.bytes);
        if asked.verb != Verb::Static {
            ctx.fail(call, Reason::NoRoute);
            return;
        }
        let rate = self.params.requests_per_s;
        if !self.limit.admits(ctx.now(), rate, (rate * BURST).max(1.0) as u32) {
            ctx.fail(call, Reason::RateLimited);
            return;
        }
        let transfer = SimDuration::from_secs_f64(f64::from(body) / self.params.throughput_per_s.0 as f64);
        let first = self.params.first_byte_shape.duration(self.params.first_byte, ctx.rng());
        self.busy += 1;
        ctx.set_stage(call, Stage::Serving);
        ctx.meter().began(SimDuration::ZERO);
        ctx.serve(call, first + transfer);
    }

    fn on_done(&mut self, ctx: &mut Context, call: Key) {
        self.busy -= 1;
        let asked = ctx.get(call);
        let body = asked.body_of(asked.bytes);
        ctx.meter().egress_bytes += u64::from(body);
        ctx.answer(call, Outcome::good(body));
    }

    fn on_cancel(&mut self, ctx: &mut Context, call: Key) {
        self.busy -= 1;
        ctx.fail(call, Reason::Cancelled);
    }

    fn on_crash(&mut self, _ctx: &mut Context) {
        self.limit = RateLimit::default();
        self.busy = 0;
    }

    fn rewire(&mut self, _ctx: &mut Context, wiring: &Wiring) {
        if let NodeKind::ObjectStore(params) = &wiring.own.kind {
            self.params = Derived(params.clone());
        }
    }

    fn levels(&self) -> Levels {
        Levels { busy: self.busy, waiting: 0 }
    }
}
