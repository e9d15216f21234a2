//! The way to the data: which database a reader or a writer asks.
//!
//! Writes go to the primary, of several to each in turn. Reads go where the cluster's `reads` says: to the primary, to the
//! replicas in rotation or to the least late of them, to any node, always to the same one for each user (monotonic reads as in
//! Kleppmann, *Designing Data-Intensive Applications*, ch. 5), or so that users see their own writes: for a while from the
//! primary, or from a replica that waits until it has the write that the user's cookie names (as `WAIT_FOR_EXECUTED_GTID_SET`
//! does). Replicas in the caller's own region come first, then a primary there, before anybody elsewhere. Without a replica,
//! reads go to the primary.
//! A shard router takes both. Of a leaderless store whichever node's turn it is gets either.
//! Callers believe the directory: until a death has been noticed, they keep calling the dead. Who cannot hear of a new
//! primary, since the link to it is cut, keeps writing to the old one if that was not fenced.
//! Left out: proxies that tell reads from writes by looking at them, transactions that read before they write.

use crate::base::hash::{Derived, mix};
use crate::base::slab::Key;
use crate::base::{Kind, NodeIx, SimDuration};
use crate::components::Wiring;
use crate::kernel::{Context, Target, Token, Topology, Version};
use crate::model::NodeKind;
use crate::model::kinds::{self, DatabaseRole, Reads};

/// The databases that a node can call.
#[derive(Clone, Debug, Default, Hash)]
pub struct DataRoute {
    databases: Vec<Target>,
    /// Whose turn it is to be read, and to be written.
    turn: usize,
    next_writer: usize,
    policy: Derived<Policy>,
}

/// Where the cluster's reads go.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Policy {
    reads: Reads,
    window: SimDuration,
}

impl Default for Policy {
    fn default() -> Self {
        Self { reads: Reads::Replicas, window: SimDuration::ZERO }
    }
}

impl DataRoute {
    /// Takes over the databases that `node` can call, and what the primary among them says about reads.
    pub fn rewire(&mut self, topology: &Topology, node: NodeIx, wiring: &Wiring) {
        self.rewire_to(topology, topology.targets(node, &Kind::STORES), wiring);
    }

    /// The same for some of the databases that a node can call.
    pub fn rewire_to(&mut self, topology: &Topology, databases: Vec<Target>, wiring: &Wiring) {
        self.databases = databases;
        let params = self.databases.iter().filter_map(|target| primary_of(topology, target.node, wiring));
        let policy = params.map(|params| Policy { reads: params.reads, window: params.sticky_window });
        self.policy = Derived(policy.into_iter().next().unwrap_or_default());
    }

    pub fn is_empty(&self) -> bool {
        self.databases.is_empty()
    }

    /// One of the databases; all are of one cluster.
    pub fn first(&self) -> Option<NodeIx> {
        self.databases.first().map(|target| target.node)
    }

    /// Whom to ask for a read on behalf of `call`.
    pub fn reader(&mut self, ctx: &mut Context, call: Key) -> Option<Target> {
        if self.is_leaderless(ctx) {
            return self.peer(ctx);
        }
        if let Some(alone) = self.alone(ctx) {
            return Some(alone);
        }
        let (user, now) = (ctx.get(call).user, ctx.now());
        let Policy { reads, window } = *self.policy;
        let chosen = match reads {
            Reads::Primary => return self.writer(ctx),
            Reads::Sticky if ctx.kernel.directory.token(user).is_some_and(|token| now.since(token.at) < window) => {
                return self.writer(ctx);
            }
            Reads::AnyNode => {
                let directory = &ctx.kernel.directory;
                let serves = |target: &&Target| directory.is_replica(target.node) || directory.is_primary(target.node);
                let serving: Vec<Target> = self.databases.iter().filter(serves).copied().collect();
                if serving.is_empty() { None } else { Some(serving[ctx.rng().below(serving.len() as u64) as usize]) }
            }
            Reads::LeastLag => self.freshest(ctx),
            Reads::Monotonic => {
                let directory = &ctx.kernel.directory;
                let replicas = self.databases.iter().filter(|target| directory.is_replica(target.node));
                // Rendezvous hashing: the death of one moves only its own users.
                replicas.max_by_key(|target| mix(u64::from(user) << 16 | u64::from(target.node.0))).copied()
            }
            Reads::Replicas | Reads::Sticky | Reads::WaitForPosition => None,
        };
        chosen.or_else(|| self.reader_in_turn(ctx))
    }

    /// The version that a read on behalf of `call` must have waited for.
    pub fn required(&self, ctx: &Context, call: Key) -> Version {
        if self.policy.reads != Reads::WaitForPosition {
            return Version::default();
        }
        ctx.kernel.directory.token(ctx.get(call).user).map_or_else(Version::default, |token| token.version)
    }

    /// A write on behalf of `call` has been acknowledged: the user's cookie may have to tell.
    pub fn wrote(&self, ctx: &mut Context, call: Key, version: Version) {
        if matches!(self.policy.reads, Reads::Sticky | Reads::WaitForPosition) {
            let (user, at) = (ctx.get(call).user, ctx.now());
            ctx.kernel.directory.wrote(user, Token { at, version });
        }
    }

    fn is_leaderless(&self, ctx: &Context) -> bool {
        self.first().is_some_and(|first| ctx.kernel.directory.placement_of(first).is_some())
    }

    /// The node of a leaderless store whose turn it is. If none is believed to live, one of them has to tell.
    fn peer(&mut self, ctx: &Context) -> Option<Target> {
        let is_living = |target: Target| ctx.kernel.directory.is_living_peer(target.node, ctx.now());
        self.in_turn(is_living).or_else(|| self.in_turn(|_| true))
    }

    fn freshest(&self, ctx: &Context) -> Option<Target> {
        let view = ctx.kernel.directory.view_of(self.first()?)?;
        let freshest = view.freshest.filter(|node| view.replicas.contains(node))?;
        self.databases.iter().copied().find(|target| target.node == freshest)
    }

    /// The replica whose turn it is: of those in the caller's own region, if there are any; else the primary, if that is there.
    fn reader_in_turn(&mut self, ctx: &Context) -> Option<Target> {
        let (directory, topology) = (&ctx.kernel.directory, &ctx.kernel.topology);
        let is_here = |target: Target| topology.are_together(ctx.node, target.node);
        let is_replica = |target: Target| directory.is_replica(target.node);
        if let Some(here) = self.in_turn(|target| is_here(target) && is_replica(target)) {
            return Some(here);
        }
        if self.databases.iter().any(|target| is_here(*target) && directory.is_primary(target.node)) {
            return self.writer(ctx);
        }
        self.in_turn(is_replica).or_else(|| self.writer(ctx))
    }

    /// The store that is in no cluster, if that is what is called here.
    fn alone(&self, ctx: &Context) -> Option<Target> {
        let first = self.databases.first()?;
        ctx.kernel.directory.cluster_of(first.node).is_none().then_some(*first)
    }

    /// The next in turn of which this is true.
    fn in_turn(&mut self, is_meant: impl Fn(Target) -> bool) -> Option<Target> {
        let count = self.databases.len();
        let position = (0..count).map(|step| (self.turn + step) % count).find(|at| is_meant(self.databases[*at]))?;
        self.turn = (position + 1) % count;
        Some(self.databases[position])
    }

    /// Whom to tell a write.
    pub fn writer(&mut self, ctx: &Context) -> Option<Target> {
        if self.is_leaderless(ctx) {
            return self.peer(ctx);
        }
        if let Some(alone) = self.alone(ctx) {
            return Some(alone);
        }
        let (directory, count) = (&ctx.kernel.directory, self.databases.len());
        let mut in_turn = (0..count).map(|step| (self.next_writer + step) % count);
        let position = in_turn.find(|at| directory.is_primary(self.databases[*at].node));
        let view = directory.view_of(self.first()?)?;
        if view.primaries.len() > 1 {
            self.next_writer = position.map_or(0, |position| (position + 1) % count);
        }
        let primary = position.map(|position| self.databases[position]);
        let is_cut = |target: Target| {
            let link = &ctx.kernel.topology.links[target.link.index()];
            link.is_dark || link.trouble(false).is_cut || link.trouble(true).is_cut
        };
        if primary.is_some_and(|target| !is_cut(target)) {
            return primary;
        }
        // It has not heard of the new primary, and goes on with the last one that it can reach.
        let mut known =
            view.unfenced.iter().rev().filter_map(|old| self.databases.iter().find(|target| target.node == *old));
        known.find(|target| !is_cut(**target)).copied().or(primary)
    }
}

/// The parameters of the primary that `node` is, or copies from, in the document.
fn primary_of<'a>(topology: &Topology, node: NodeIx, wiring: &Wiring<'a>) -> Option<&'a kinds::Database> {
    let sources = topology.callers(node, Kind::Database).into_iter().map(|source| source.node);
    std::iter::once(node).chain(sources).find_map(|node| match &wiring.entry(topology, node)?.kind {
        NodeKind::Database(params) if params.role == DatabaseRole::Primary => Some(params),
        _ => None,
    })
}
