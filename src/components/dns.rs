//! Name service: answers with the site's public addresses, rotated, and how long they may be kept.
//!
//! Left out: resolvers between client and authority, negative caching, health-checked and geographic answers.

use super::station::Station;
use super::{Behaviour, Levels, Wiring};
use crate::base::NodeIx;
use crate::base::hash::Derived;
use crate::base::slab::Key;
use crate::kernel::{Context, Outcome, Version};
use crate::model::{NodeKind, kinds};
use crate::observe::Reason;

/// An authoritative name server.
#[derive(Clone, Debug, Hash)]
pub struct Dns {
    params: Derived<kinds::Dns>,
    station: Station,
    records: Vec<NodeIx>,
    turn: usize,
}

/// Name servers are anycast fleets: never short of processors, only of time.
const CORES: u32 = u32::MAX;

impl Dns {
    pub fn new(params: kinds::Dns) -> Self {
        Self { params: Derived(params), station: Station::new(CORES, 0), records: Vec::new(), turn: 0 }
    }
}

impl Behaviour for Dns {
    fn on_request(&mut self, ctx: &mut Context, call: Key) {
        let is_admitted = self.station.admit(ctx, call, self.params.lookup_time);
        debug_assert!(is_admitted, "there are cores for all");
    }

    fn on_done(&mut self, ctx: &mut Context, call: Key) {
        self.station.finish(ctx);
        if self.records.is_empty() {
            ctx.fail(call, Reason::DnsFailure);
            return;
        }
        self.turn = (self.turn + 1) % self.records.len();
        let address = self.records[self.turn];
        let ttl = Version(self.params.ttl.as_nanos());
        ctx.answer(call, Outcome { key: u32::from(address.0), version: ttl, is_found: true, ..Outcome::default() });
    }

    fn on_crash(&mut self) {
        self.station.clear();
    }

    fn rewire(&mut self, ctx: &mut Context, wiring: &Wiring) {
        if let NodeKind::Dns(params) = &wiring.own.kind {
            self.params = Derived(params.clone());
        }
        let topology = &ctx.kernel.topology;
        self.records = self.params.records.iter().filter_map(|id| topology.find(id)).collect();
    }

    fn levels(&self) -> Levels {
        self.station.levels()
    }
}
