//! The edges of the content delivery network, as a user sees them: the near one first.
//!
//! A user's edge is the one with the lowest latency; equals share the users. When it does not take a request, the user's
//! browser tries what the network's name service gives it next (`fallback`): another edge, or the site itself. So does an
//! attempt that is made because an earlier one has not been answered in time.
//! Left out: edges that are chosen by their load, routes that change (anycast).

use crate::base::order::sort_by_key;
use crate::base::{Kind, LinkIx, NodeIx, SimDuration};
use crate::components::{Wiring, near};
use crate::kernel::{Call, Context, Target};
use crate::model::NodeKind;
use crate::model::kinds::EdgeFallback;
use crate::observe::Reason;

/// All edges that a population knows.
#[derive(Clone, Debug, Default, Hash)]
pub struct Edges {
    /// By latency.
    ways: Vec<(SimDuration, Edge)>,
}

#[derive(Clone, Copy, Debug, Hash)]
struct Edge {
    target: Target,
    fallback: EdgeFallback,
    /// How long what it gives is fresh.
    max_age: SimDuration,
}

/// Where a request goes on when an edge has not taken it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    Edge(Target),
    Site,
}

impl Edges {
    pub fn rewire(&mut self, ctx: &Context, wiring: &Wiring) {
        let topology = &ctx.kernel.topology;
        let edges = wiring.with_kinds(topology, topology.targets(ctx.node, &[Kind::Cdn])).into_iter();
        let ways = edges.filter_map(|(target, kind)| match kind {
            NodeKind::Cdn(params) => {
                let latency = topology.links[target.link.index()].latency();
                Some((latency, Edge { target, fallback: params.fallback, max_age: params.ttl }))
            }
            _ => None,
        });
        self.ways = ways.collect();
        sort_by_key(&mut self.ways, |(latency, _)| *latency);
    }

    /// Whom `user` asks, of those not asked before for the same; if all have been, the nearest once more.
    pub fn choose(&self, user: u32, has_asked: impl Fn(NodeIx) -> bool) -> Next {
        let mut choices = (0..self.ways.len()).map_while(|rank| near::choice(&self.ways, user, rank));
        let Some(nearest) = choices.next() else { return Next::Site };
        let (mut edge, mut fallback) = (nearest, nearest.fallback);
        while has_asked(edge.target.node) {
            match (fallback, choices.next()) {
                (EdgeFallback::Nowhere, _) | (EdgeFallback::NextEdge, None) => return Next::Edge(nearest.target),
                (EdgeFallback::Site, None) => return Next::Site,
                (_, Some(next)) => (edge, fallback) = (next, next.fallback),
            }
        }
        Next::Edge(edge.target)
    }

    /// How long an asset that has come over `link` is fresh; none if that is not an edge's.
    pub fn max_age(&self, link: LinkIx) -> Option<SimDuration> {
        self.ways.iter().find(|(_, edge)| edge.target.link == link).map(|(_, edge)| edge.max_age)
    }

    /// Where the request goes on, if `reply` says that an edge could not be reached or died with it.
    pub fn after(&self, reply: &Call) -> Option<Next> {
        let is_down = matches!(
            reply.failure?,
            Reason::ConnectionRefused | Reason::NodeCrashed | Reason::NodeRemoved | Reason::NetworkLoss
        );
        let is_here = reply.failed_at == reply.to || reply.failure == Some(Reason::NetworkLoss);
        if !(is_down && is_here) {
            return None;
        }
        let choices = (0..self.ways.len()).map_while(|rank| near::choice(&self.ways, reply.user, rank));
        let mut rest = choices.skip_while(|edge| edge.target.link != reply.link);
        let failed = rest.next()?;
        match (failed.fallback, rest.next()) {
            (EdgeFallback::Nowhere, _) | (EdgeFallback::NextEdge, None) => None,
            (_, Some(edge)) => Some(Next::Edge(edge.target)),
            (EdgeFallback::Site, None) => Some(Next::Site),
        }
    }
}
