//! The monitor of a cluster: it finds out who is dead, tells callers, and promotes a replica ([`failover`]).
//!
//! It has no machine of its own: it stands beside the members that it believes in. In every interval it has them check the
//! primary, and whoever is believed dead, over their links: a check fails when nobody who asked has a good answer within the
//! timeout, so that a partition can hide a primary that lives. The other replicas, and whoever has nobody to check it, it
//! looks at itself. After `fall` failed checks in a row a node counts as dead, one good check brings it back. Of several
//! primaries none is ever promoted: callers are told to use those that live. Its parameters are those of the cluster's first
//! primary. Left out: monitors that disagree (consensus among them is what makes one of many).

mod failover;
mod losses;

use super::{Database, Duty};
use crate::base::{NodeIx, SimDuration, SimTime};
use crate::components::Component;
use crate::kernel::{Body, ClusterIx, ClusterView, Context, Event, GtidSet, Kernel, Target};
use crate::model::kinds::{self, DatabaseRole};
use crate::observe::StepKind;
use failover::Phase;

/// What is known of one cluster.
#[derive(Clone, Debug, Hash)]
pub struct Monitor {
    pub cluster: ClusterIx,
    /// The node that takes writes, or will as soon as it is ready; the first of several.
    pub primary: NodeIx,
    /// Several primaries take writes.
    is_shared: bool,
    members: Vec<Member>,
    /// How many primaries there were before this one.
    term: u32,
    /// What the present primary had when it was promoted: of writes that others committed first, these count.
    history: GtidSet,
    phase: Phase,
    /// A primary that was replaced, and the end of its log at that time: what it had may be lost.
    replaced: Option<(NodeIx, u64)>,
    rounds: Rounds,
}

#[derive(Clone, Debug, Hash)]
struct Member {
    node: NodeIx,
    failed_checks: u32,
    is_dead: bool,
}

/// Rounds of checks.
#[derive(Clone, Debug, Default, Hash)]
struct Rounds {
    number: u32,
    began: SimTime,
    next: SimTime,
    /// Of the present round: who is not judged yet, and who was told to ask.
    open: Vec<(NodeIx, Vec<NodeIx>)>,
}

/// The database at `node`.
fn database(nodes: &[Component], node: NodeIx) -> &Database {
    match &nodes[node.index()] {
        Component::Database(database) => database,
        _ => unreachable!("only databases are in clusters"),
    }
}

fn database_mut(nodes: &mut [Component], node: NodeIx) -> &mut Database {
    match &mut nodes[node.index()] {
        Component::Database(database) => database,
        _ => unreachable!("only databases are in clusters"),
    }
}

impl Monitor {
    /// The monitor of a cluster of so many primaries, at least one.
    pub fn new(cluster: ClusterIx, primaries: &[NodeIx]) -> Self {
        let member = |node: &NodeIx| Member { node: *node, failed_checks: 0, is_dead: false };
        Self {
            cluster,
            primary: primaries[0],
            is_shared: primaries.len() > 1,
            members: primaries.iter().map(member).collect(),
            term: 0,
            history: GtidSet::default(),
            phase: Phase::Steady,
            replaced: None,
            rounds: Rounds::default(),
        }
    }

    /// Whether several primaries take writes.
    pub fn is_shared(&self) -> bool {
        self.is_shared
    }

    /// Promotions so far.
    pub fn promotions(&self) -> u64 {
        u64::from(self.term)
    }

    /// Takes a replica into the cluster, or one more of several primaries. In a running one it begins with a copy.
    pub fn join(&mut self, node: NodeIx, nodes: &mut [Component], kernel: &mut Kernel) {
        let has_data = self.members.iter().any(|member| database(nodes, member.node).log().end() > 0);
        self.members.push(Member { node, failed_checks: 0, is_dead: false });
        let source = self.source_for(node, nodes, kernel);
        let database = database_mut(nodes, node);
        if database.params().role == DatabaseRole::Replica {
            database.become_replica(source, self.term, has_data);
        } else {
            self.is_shared = true;
            kernel.ledger.page(self.cluster).rightful = None;
            database.enter_term(self.term);
            database.receiving.is_broken |= has_data;
        }
        if has_data {
            kernel.ledger.page(self.cluster).step(kernel.now, node, StepKind::RebuildNew);
        }
        self.publish(nodes, kernel);
    }

    /// The primaries of another cluster have been linked with those of this one: they are one from now on.
    pub fn absorb(&mut self, other: &mut Self, nodes: &mut [Component], kernel: &mut Kernel) {
        let joined = std::mem::take(&mut other.members);
        for member in &joined {
            kernel.directory.cluster_of[member.node.index()] = Some(self.cluster);
        }
        self.members.extend(joined);
        self.term = self.term.max(other.term);
        for node in self.members() {
            database_mut(nodes, node).enter_term(self.term);
        }
        self.is_shared = true;
        self.phase = Phase::Steady;
        *kernel.directory.view_mut(other.cluster) = ClusterView::default();
        kernel.directory.view_mut(self.cluster).unfenced.clear();
        let theirs = std::mem::take(kernel.ledger.page(other.cluster));
        let page = kernel.ledger.page(self.cluster);
        page.absorb(theirs);
        page.rightful = None;
    }

    /// `node` was taken out of the design; of several primaries the next stands first.
    pub fn leave(&mut self, node: NodeIx, nodes: &mut [Component], kernel: &mut Kernel) {
        // What a promotion that is under way has still to settle, that will.
        if !self.is_shared && node != self.primary && self.replaced.is_none_or(|(old, _)| old != node) {
            self.settle_doubts(node, nodes, kernel);
        }
        self.members.retain(|member| member.node != node);
        if self.is_shared && self.primary == node {
            let mut primaries = self.members.iter().map(|member| member.node);
            self.primary = primaries.find(|other| database(nodes, *other).duty() == Duty::Primary).unwrap_or(node);
        }
        let view = kernel.directory.view_mut(self.cluster);
        view.replicas.retain(|replica| *replica != node);
        view.primaries.retain(|primary| *primary != node);
        view.unfenced.retain(|old| *old != node);
    }

    /// Of several primaries, `node`, which was the replica of one that is gone, takes its place.
    pub fn take_place(&self, node: NodeIx, nodes: &mut [Component]) {
        if self.is_shared && self.is_member(node) && database(nodes, node).duty() == Duty::Replica {
            database_mut(nodes, node).become_equal();
        }
    }

    pub fn members(&self) -> impl Iterator<Item = NodeIx> {
        self.members.iter().map(|member| member.node)
    }

    /// The links have changed: whoever follows the primary does so over one that there is. Where one of several is gone, those that
    /// followed it follow another.
    pub fn reroute(&self, nodes: &mut [Component], kernel: &mut Kernel) {
        for node in self.members().filter(|node| *node != self.primary) {
            if database(nodes, node).duty() == Duty::Replica
                && let Some(source) = self.source_for(node, nodes, kernel)
            {
                if self.is_shared && !database(nodes, node).sources().any(|source| self.is_member(source)) {
                    self.follow_other(node, source, nodes, kernel);
                } else {
                    database_mut(nodes, node).reroute(source);
                }
            }
        }
    }

    /// Of several primaries, `node` follows that of `source` from now on.
    fn follow_other(&self, node: NodeIx, source: Target, nodes: &mut [Component], kernel: &mut Kernel) {
        let is_diverged = !database(nodes, source.node).known().contains_all(database(nodes, node).known());
        if is_diverged {
            database_mut(nodes, node).bequeath();
        }
        // It waits for nobody.
        database_mut(nodes, node).become_replica(Some(source), self.term, is_diverged);
        self.divide(node, nodes, kernel);
        let step = if is_diverged { StepKind::RebuildDiverged } else { StepKind::FollowsNew };
        kernel.ledger.page(self.cluster).step(kernel.now, node, step);
        if kernel.topology.node(node).is_responsive() {
            database_mut(nodes, node).begin_following(&mut Context { kernel, node });
        }
    }

    pub fn is_member(&self, node: NodeIx) -> bool {
        self.members.iter().any(|member| member.node == node)
    }

    /// Whether all its databases have been removed.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Whether the cluster's callers are told to use `node`.
    pub fn believes_in(&self, node: NodeIx) -> bool {
        self.members.iter().any(|member| member.node == node && !member.is_dead)
    }

    /// What goes for the whole cluster: as the primary of the design has it.
    fn params<'a>(&self, nodes: &'a [Component]) -> &'a kinds::Database {
        let members = self.members.iter().map(|member| database(nodes, member.node).params());
        let first = members.into_iter().find(|params| params.role == DatabaseRole::Primary);
        first.unwrap_or_else(|| database(nodes, self.primary).params())
    }

    /// Something is due, or has been heard: a round of checks, or the next step of a promotion.
    pub fn check(&mut self, nodes: &mut [Component], kernel: &mut Kernel) {
        if self.is_empty() {
            return;
        }
        self.settle_estates(nodes, kernel);
        if self.replaced.is_some() && database(nodes, self.primary).duty() == Duty::Primary {
            // An heir that was thought dead, or still is, has taken over: it takes writes from now on.
            self.settle_losses(nodes, kernel);
        }
        if kernel.now >= self.rounds.next {
            self.begin_round(nodes, kernel);
        }
        self.judge(nodes, kernel);
        self.advance(nodes, kernel);
        self.publish(nodes, kernel);
    }

    fn begin_round(&mut self, nodes: &mut [Component], kernel: &mut Kernel) {
        let params = self.params(nodes);
        let interval = params.check_interval.max(SimDuration::from_millis(1));
        let timeout = params.check_timeout.min(interval);
        let now = kernel.now;
        // A round that is still open when the next begins has had its time.
        self.close(nodes, kernel);
        self.rounds =
            Rounds { number: self.rounds.number.wrapping_add(1), began: now, next: now + interval, open: Vec::new() };
        kernel.queue.push(self.rounds.next, Event::Monitor { cluster: self.cluster.0 });
        let mut is_asked = false;
        for at in 0..self.members.len() {
            let Member { node, is_dead, .. } = self.members[at];
            let is_watched = !self.is_shared && (node == self.primary || is_dead);
            let observers = if is_watched { self.observers_of(node, kernel) } else { Vec::new() };
            is_asked |= !observers.is_empty();
            for observer in &observers {
                let probe = Body::Probe { round: self.rounds.number };
                Context { kernel, node: observer.node }.send(Target { node, link: observer.link }, probe);
            }
            self.rounds.open.push((node, observers.iter().map(|observer| observer.node).collect()));
        }
        if is_asked {
            kernel.queue.push(now + timeout, Event::Monitor { cluster: self.cluster.0 });
        }
    }

    /// The living members that can check `node`, each with its link.
    fn observers_of(&self, node: NodeIx, kernel: &Kernel) -> Vec<Target> {
        let others = self.members.iter().filter(|other| other.node != node && !other.is_dead);
        let living = others.filter(|other| kernel.topology.node(other.node).is_responsive());
        let linked = living.filter_map(|other| {
            let link = kernel.topology.between(other.node, node)?;
            Some(Target { node: other.node, link })
        });
        linked.collect()
    }

    /// Judges those about whom enough has been heard.
    fn judge(&mut self, nodes: &[Component], kernel: &Kernel) {
        let (fall, timeout) = {
            let params = self.params(nodes);
            (params.fall, params.check_timeout.min(params.check_interval))
        };
        let (is_over, round) = (kernel.now >= self.rounds.began + timeout, self.rounds.number);
        let mut open = std::mem::take(&mut self.rounds.open);
        open.retain(|(node, observers)| {
            let answers = observers.iter().map(|observer| database(nodes, *observer).heard(*node, round));
            let is_up = if observers.is_empty() {
                kernel.topology.node(*node).is_responsive()
            } else if answers.clone().any(|answer| answer == Some(true)) {
                true
            } else if is_over || answers.clone().all(|answer| answer.is_some()) {
                false
            } else {
                return true;
            };
            for member in self.members.iter_mut().filter(|member| member.node == *node) {
                member.failed_checks = if is_up { 0 } else { member.failed_checks.saturating_add(1) };
                member.is_dead = member.failed_checks >= fall;
            }
            false
        });
        self.rounds.open = open;
    }

    /// Ends the present round: who has not answered has failed.
    fn close(&mut self, nodes: &[Component], kernel: &Kernel) {
        self.rounds.began = SimTime::ZERO;
        self.judge(nodes, kernel);
        self.rounds.open.clear();
    }

    /// Tells callers whom to use.
    pub fn publish(&self, nodes: &mut [Component], kernel: &mut Kernel) {
        let living = self.members.iter().filter(|member| !member.is_dead).map(|member| member.node);
        let whole = living.filter(|node| database(nodes, *node).is_whole());
        let duties: Vec<(NodeIx, Duty)> = whole.map(|node| (node, database(nodes, node).duty())).collect();
        let with = |duty| duties.iter().filter(move |(_, own)| *own == duty).map(|(node, _)| *node);
        let replicas: Vec<NodeIx> = with(Duty::Replica).filter(|node| *node != self.primary).collect();
        let primaries: Vec<NodeIx> = with(Duty::Primary).collect();
        let freshest = replicas.iter().rev().copied().max_by_key(|node| database(nodes, *node).applied());
        let view = kernel.directory.view_mut(self.cluster);
        (view.replicas, view.freshest) = (replicas, freshest);
        if self.is_shared {
            view.primaries.clone_from(&primaries);
        }
        // Whoever waits for all that live may have waited for the dead. One that hangs tells nobody anything.
        for node in primaries {
            if kernel.topology.node(node).is_responsive() {
                database_mut(nodes, node).release(&mut Context { kernel, node });
            }
        }
    }

    /// How `node` reaches the primary: by their own link, else by one that it has with another member. Once the primary
    /// has been taken out of the design there is nobody to reach, until the next check promotes another. A replica of one of
    /// several primaries follows the one that it has a link with.
    fn source_for(&self, node: NodeIx, nodes: &[Component], kernel: &Kernel) -> Option<Target> {
        let topology = &kernel.topology;
        let others = self.members.iter().map(|member| member.node).filter(|other| *other != node);
        if self.is_shared {
            let mut primaries = others.filter(|other| database(nodes, *other).duty() == Duty::Primary);
            return primaries.find_map(|node_| Some(Target { node: node_, link: topology.between(node, node_)? }));
        }
        if !self.is_member(self.primary) {
            return None;
        }
        self.way(node, self.primary, kernel)
    }

    /// How `node` reaches another member: by their own link, else by one that it has with some member.
    fn way(&self, node: NodeIx, to: NodeIx, kernel: &Kernel) -> Option<Target> {
        let others = self.members.iter().map(|member| member.node).filter(|other| *other != node);
        let link = std::iter::once(to).chain(others).find_map(|other| kernel.topology.between(node, other));
        link.map(|link| Target { node: to, link })
    }
}
