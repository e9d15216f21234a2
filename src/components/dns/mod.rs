//! Name service: answers with the site's public addresses, and how long they may be kept.
//!
//! An authoritative server (RFC 1034) that rotates, draws or picks the nearest address, as managed name services do. It
//! probes the addresses that it has a link to, as they do: one that fails `fall` times in a row is no longer answered, until
//! it has passed `rise` times; when all are dead it answers with all, for a wrong answer is no worse than none. Without
//! addresses it says so, and clients remember that as well (RFC 2308). The caches of clients and resolvers are on the users'
//! side. Left out: delegation, several records in an answer, failures that are cached, serving stale names (RFC 8767).

mod health;

use super::near;
use super::station::Station;
use super::{Behaviour, Levels, Wiring};
use crate::base::hash::Derived;
use crate::base::order::sort_by_key;
use crate::base::slab::Key;
use crate::base::{Kind, NodeIx, SimDuration};
use crate::kernel::{Body, Context, Outcome, Tag, Target, Version};
use crate::model::NodeKind;
use crate::model::kinds::{self, DnsAnswers};
use crate::observe::Reason;
use health::Health;

/// An authoritative name server.
#[derive(Clone, Debug, Hash)]
pub struct Dns {
    params: Derived<kinds::Dns>,
    station: Station,
    records: Vec<NodeIx>,
    health: Health,
    /// The records that it answers with now.
    live: Vec<NodeIx>,
    turn: usize,
}

/// Name servers are anycast fleets: never short of processors, only of time.
const CORES: u32 = u32::MAX;

impl Dns {
    pub fn new(params: kinds::Dns) -> Self {
        Self {
            params: Derived(params),
            station: Station::new(CORES, 0),
            records: Vec::new(),
            health: Health::default(),
            live: Vec::new(),
            turn: 0,
        }
    }

    /// Whether it answers with `node`; `None` if it does not know of it, or does not check it.
    pub fn believes_in(&self, node: NodeIx) -> Option<bool> {
        self.health.believes_in(node).filter(|_| self.records.contains(&node))
    }

    /// Works out whom to answer with, and lets it be known.
    fn publish(&mut self, ctx: &mut Context) {
        let healthy = self.records.iter().copied().filter(|record| self.health.believes_in(*record).unwrap_or(true));
        self.live = healthy.collect();
        if self.live.is_empty() {
            self.live.clone_from(&self.records);
        }
        ctx.kernel.directory.publish(ctx.node, &self.live);
    }

    fn choose(&mut self, ctx: &mut Context, call: Key) -> Option<NodeIx> {
        let count = self.live.len();
        if count == 0 {
            return None;
        }
        match self.params.answers {
            DnsAnswers::RoundRobin => {
                self.turn = (self.turn + 1) % count;
                Some(self.live[self.turn])
            }
            DnsAnswers::Weighted => Some(self.live[ctx.rng().below(count as u64) as usize]),
            DnsAnswers::Nearest => {
                let asker = ctx.get(call);
                let (from, user) = (asker.from, asker.user);
                let links = ctx.kernel.topology.links.iter().filter(|link| link.from == from && !link.is_removed);
                let ways = links.filter(|link| self.live.contains(&link.to));
                let mut ways: Vec<_> = ways.map(|link| (link.latency(), link.to)).collect();
                sort_by_key(&mut ways, |(latency, _)| *latency);
                near::choice(&ways, user, 0).or(Some(self.live[0]))
            }
        }
    }

    fn reply(&mut self, ctx: &mut Context, call: Key) {
        let Some(address) = self.choose(ctx, call) else {
            let negative_ttl = Version(self.params.negative_ttl.as_nanos());
            ctx.answer(call, Outcome { version: negative_ttl, ..Outcome::failed(Reason::DnsFailure) });
            return;
        };
        let ttl = Version(self.params.ttl.as_nanos());
        ctx.answer(call, Outcome { key: u32::from(address.0), version: ttl, is_found: true, ..Outcome::default() });
    }
}

impl Behaviour for Dns {
    fn on_start(&mut self, ctx: &mut Context) {
        self.health.start(ctx, &self.params);
        self.publish(ctx);
    }

    fn on_request(&mut self, ctx: &mut Context, call: Key) {
        if self.station.take_in(ctx, call, self.params.lookup_time) {
            self.reply(ctx, call);
        }
    }

    fn on_done(&mut self, ctx: &mut Context, call: Key) {
        self.station.finish(ctx);
        self.reply(ctx, call);
    }

    fn on_message(&mut self, ctx: &mut Context, sender: Target, body: Body) {
        if let Body::ProbeReply { is_up, .. } = body
            && self.health.heard(sender, is_up, &self.params)
        {
            self.publish(ctx);
        }
    }

    fn on_timer(&mut self, ctx: &mut Context, tag: Tag) {
        if tag == Tag::Check && self.health.check(ctx, &self.params) {
            self.publish(ctx);
        }
    }

    fn on_crash(&mut self, _ctx: &mut Context) {
        self.station.clear();
        self.health.forget();
    }

    fn rewire(&mut self, ctx: &mut Context, wiring: &Wiring) {
        if let NodeKind::Dns(params) = &wiring.own.kind {
            self.params = Derived(params.clone());
        }
        let topology = &ctx.kernel.topology;
        self.records = self.params.records.iter().filter_map(|id| topology.find(id)).collect();
        let mut targets = topology.targets(ctx.node, &Kind::SITES);
        targets.retain(|target| self.records.contains(&target.node));
        self.health.watch(ctx, targets, &self.params);
        self.publish(ctx);
    }

    fn intake(&self) -> Option<SimDuration> {
        Some(self.params.lookup_time)
    }

    fn levels(&self) -> Levels {
        self.station.levels()
    }
}
