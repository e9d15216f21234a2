//! The place of a database in its cluster: what its monitor makes of it, whom it copies from, what it hears from the others.

use super::shipping::Shipping;
use super::{Database, Duty};
use crate::base::slab::Key;
use crate::base::{Kind, NodeIx};
use crate::components::Wiring;
use crate::kernel::{Body, Context, Event, Target, Topology};
use crate::model::Node;
use crate::model::kinds::DatabaseRole;

impl Database {
    /// Makes this node a replica of `source` under `term`. If its own log has gone another way, it must copy everything.
    /// The calls that waited for its commits, which nobody will acknowledge now.
    pub fn become_replica(&mut self, source: Option<Target>, term: u32, is_diverged: bool) -> Vec<Key> {
        let mut unanswered = self.forsake();
        unanswered.extend(self.prepared.forget());
        if self.term != term || self.duty != Duty::Replica || is_diverged {
            self.shipping = Shipping::default();
            // A copy of what another primary had is no beginning: it asks for a new one.
            self.receiving.restoring = None;
        }
        (self.duty, self.term, self.is_fetching) = (Duty::Replica, term, false);
        self.receiving.set_sources(source.as_slice());
        self.receiving.is_broken |= is_diverged;
        unanswered
    }

    /// It is not for this node any more to say how the writes end that wait here. Those who waited for that.
    pub(super) fn forsake(&mut self) -> Vec<Key> {
        let mut unanswered = Vec::new();
        if self.duty == Duty::Primary {
            unanswered = self.leave_in_doubt();
            unanswered.append(&mut self.lagging);
        }
        unanswered
    }

    /// Its cluster's term is this one: what came in another does not count.
    pub fn enter_term(&mut self, term: u32) {
        self.term = term;
    }

    /// Takes writes from now on, beside other primaries: the one that it followed is gone. A copy that it has had from it is put in
    /// place still.
    pub fn become_equal(&mut self) {
        self.duty = Duty::Primary;
        self.receiving.set_sources(&[]);
        self.shipping.restart(self.log.end());
    }

    /// Reaches the primary that it follows over another link.
    pub fn reroute(&mut self, source: Target) {
        if self.sources().any(|node| node == source.node) {
            self.receiving.set_sources(&[source]);
        }
    }

    /// Makes this node the primary of `term`, once it has what `peer` has, if it is to ask one, and has applied it.
    pub fn become_candidate(&mut self, ctx: &mut Context, term: u32, peer: Option<Target>) {
        (self.duty, self.term, self.is_fetching) = (Duty::Candidate, term, peer.is_some());
        self.receiving.set_sources(&[]);
        if let Some(peer) = peer {
            let known = Box::new(self.receiving.known.clone());
            ctx.send(peer, Body::Fetch { term, known });
        }
    }

    /// Whether a peer has been asked for what is missing and has not answered.
    pub fn is_fetching(&self) -> bool {
        self.is_fetching
    }

    /// Its peer does not answer: it goes on with what it has.
    pub fn stop_fetching(&mut self) {
        self.is_fetching = false;
    }

    /// How the database at `node` answered the check of `round`, if it has.
    pub fn heard(&self, node: NodeIx, round: u32) -> Option<bool> {
        let answer = self.heard.iter().find(|(other, at, _)| *other == node && *at == round);
        answer.map(|(_, _, is_up)| *is_up)
    }

    pub(super) fn hear(&mut self, ctx: &mut Context, sender: Target, round: u32, is_up: bool) {
        self.heard.retain(|(node, _, _)| *node != sender.node);
        self.heard.push((sender.node, round, is_up));
        wake_monitor(ctx);
    }

    /// Of several primaries: whom this one copies from.
    pub(super) fn find_sources(&mut self, ctx: &mut Context, wiring: &Wiring) {
        let topology = &ctx.kernel.topology;
        self.ignored = self.params.ignored_origins.iter().filter_map(|id| ever_called(topology, id)).collect();
        if self.params.role != DatabaseRole::Primary || self.duty != Duty::Primary {
            return;
        }
        let wanted = &self.params.copies_from;
        let mut sources = topology.callers(ctx.node, Kind::Database);
        sources.retain(|source| {
            let is_primary = wiring.entry(topology, source.node).and_then(Node::role) == Some(DatabaseRole::Primary);
            let is_wanted = wanted.is_empty() || wanted.contains(&topology.node(source.node).id);
            is_primary && is_wanted && topology.node(source.node).id != wiring.own.id
        });
        let before: Vec<NodeIx> = self.sources().collect();
        self.receiving.set_sources(&sources);
        let has_new = self.sources().any(|node| !before.contains(&node));
        if has_new && topology.node(ctx.node).is_up {
            self.begin_following(ctx);
        }
    }
}

/// The cluster's monitor has something to look at.
pub fn wake_monitor(ctx: &mut Context) {
    if let Some(cluster) = ctx.kernel.directory.cluster_of(ctx.node) {
        let now = ctx.now();
        ctx.kernel.queue.push(now, Event::Monitor { cluster: cluster.0 });
    }
}

/// The node that is or was called `id`.
fn ever_called(topology: &Topology, id: &str) -> Option<NodeIx> {
    topology.nodes.iter().rposition(|node| node.id == id).map(|index| NodeIx(index as u16))
}
