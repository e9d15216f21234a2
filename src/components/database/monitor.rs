//! The monitor of a cluster: it finds out who is dead, tells callers, and promotes a replica.
//!
//! It stands beside the databases and checks each of them in every interval; a check takes no time. After `fall` failed
//! checks in a row a node counts as dead, one good check brings it back. A dead primary is replaced by that living replica
//! which received most. What the old primary had acknowledged and the new one never received is lost, and listed. The old
//! primary is fenced: when it returns it follows the new one, and copies it whole if its own log had gone further.

use std::collections::BTreeSet;

use super::{Database, Duty};
use crate::base::{NodeIx, SimDuration};
use crate::components::Component;
use crate::kernel::{ClusterIx, Context, Event, Kernel, Target};
use crate::model::kinds::Failover;
use crate::observe::LostWrite;

/// Lost writes that are kept one by one; more are only counted.
const LOST_LIMIT: usize = 100_000;

/// What is known of one cluster.
#[derive(Clone, Debug, Hash)]
pub struct Monitor {
    pub cluster: ClusterIx,
    /// The node that takes writes, or will as soon as it is ready.
    pub primary: NodeIx,
    members: Vec<Member>,
    /// Log position at which each term ended: what a log has beyond belongs to no later term.
    ends: Vec<u64>,
    pub lost: Vec<LostWrite>,
    pub lost_count: u64,
}

#[derive(Clone, Debug, Hash)]
struct Member {
    node: NodeIx,
    failed_checks: u32,
    is_dead: bool,
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
    pub fn new(cluster: ClusterIx, primary: NodeIx) -> Self {
        let members = vec![Member { node: primary, failed_checks: 0, is_dead: false }];
        Self { cluster, primary, members, ends: Vec::new(), lost: Vec::new(), lost_count: 0 }
    }

    /// How many primaries there were before this one.
    fn term(&self) -> u32 {
        self.ends.len() as u32
    }

    /// Promotions so far.
    pub fn promotions(&self) -> u64 {
        self.ends.len() as u64
    }

    /// Takes a replica into the cluster. In a running one it begins with a copy.
    pub fn join(&mut self, node: NodeIx, nodes: &mut [Component], kernel: &mut Kernel) {
        self.members.push(Member { node, failed_checks: 0, is_dead: false });
        let is_behind = database(nodes, self.primary).log().end() > 0;
        let source = self.source_for(node, kernel);
        database_mut(nodes, node).become_replica(source, self.term(), is_behind);
        if !is_behind {
            kernel.directory.view_mut(self.cluster).replicas.push(node);
        }
    }

    pub fn leave(&mut self, node: NodeIx, kernel: &mut Kernel) {
        self.members.retain(|member| member.node != node);
        let view = kernel.directory.view_mut(self.cluster);
        view.replicas.retain(|replica| *replica != node);
        if view.primary == Some(node) {
            view.primary = None;
        }
    }

    /// The links have changed: whoever follows the primary does so over one that there is.
    pub fn reroute(&self, nodes: &mut [Component], kernel: &Kernel) {
        for member in self.members.iter().filter(|member| member.node != self.primary) {
            if let Some(source) = self.source_for(member.node, kernel) {
                database_mut(nodes, member.node).reroute(source);
            }
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

    /// One round of checks, and what follows from it.
    pub fn check(&mut self, nodes: &mut [Component], kernel: &mut Kernel) {
        if self.is_empty() {
            return;
        }
        let params = database(nodes, self.primary).params().clone();
        for member in &mut self.members {
            if kernel.topology.node(member.node).is_responsive() {
                member.failed_checks = 0;
                member.is_dead = false;
            } else {
                member.failed_checks = member.failed_checks.saturating_add(1);
                member.is_dead = member.failed_checks >= params.fall;
            }
        }
        // A primary that was taken out of the design is missing for good.
        let is_primary_dead = !self.believes_in(self.primary);
        if is_primary_dead
            && params.failover == Failover::Automatic
            && let Some(heir) = self.heir(nodes, kernel)
        {
            self.promote(heir, nodes, kernel);
        }
        let living = self.members.iter().filter(|member| !member.is_dead).map(|member| member.node);
        let serving = living.filter(|node| {
            let database = database(nodes, *node);
            database.duty() == Duty::Replica && database.is_whole()
        });
        kernel.directory.view_mut(self.cluster).replicas = serving.collect();
        let after = params.check_interval.max(SimDuration::from_millis(1));
        kernel.queue.push(kernel.now + after, Event::Monitor { cluster: self.cluster.0 });
    }

    /// The living replica that received most; among equals the first.
    fn heir(&self, nodes: &[Component], kernel: &Kernel) -> Option<NodeIx> {
        let mut heir: Option<(u64, NodeIx)> = None;
        for member in &self.members {
            let database = database(nodes, member.node);
            let can = database.duty() == Duty::Replica
                && database.is_whole()
                && kernel.topology.node(member.node).is_responsive();
            if can && heir.is_none_or(|(end, _)| database.log().end() > end) {
                heir = Some((database.log().end(), member.node));
            }
        }
        heir.map(|(_, node)| node)
    }

    fn promote(&mut self, heir: NodeIx, nodes: &mut [Component], kernel: &mut Kernel) {
        let old = self.primary;
        self.primary = heir;
        let end = database(nodes, heir).log().end();
        self.note_losses(database(nodes, old), database(nodes, heir), kernel);
        self.ends.push(end);
        kernel.directory.view_mut(self.cluster).primary = None;
        let term = self.term();
        database_mut(nodes, heir).become_candidate(term);
        database_mut(nodes, heir).apply_next(&mut Context { kernel, node: heir });
        for at in 0..self.members.len() {
            let node = self.members[at].node;
            if node != heir && kernel.topology.node(node).is_responsive() {
                self.point_at_primary(node, nodes, kernel);
                database_mut(nodes, node).follow(&mut Context { kernel, node }, true);
            }
        }
    }

    /// Lists what the old primary had committed and the heir never received.
    fn note_losses(&mut self, old: &Database, heir: &Database, kernel: &mut Kernel) {
        let (end, old_end) = (heir.log().end(), old.log().end());
        let lost = old_end.saturating_sub(end);
        self.lost_count += lost;
        kernel.recorder.counts.lost_writes += lost;
        let mut logged = BTreeSet::new();
        for (position, record) in old.log().range(end, old_end) {
            logged.insert(record.key);
            let (key, user, at_ns) = (record.key, record.user, record.at.as_nanos());
            self.list_lost(LostWrite { key, position: Some(position), user: Some(user), at_ns: Some(at_ns) });
        }
        // Of writes that the log has dropped since, the data still tell the keys.
        let versions = heir.versions_at_end();
        for (key, version) in old.versions_at_end().iter() {
            let kept = versions.get(key);
            if kept < version {
                let key = key as u32;
                kernel.revert(self.cluster, key, kept);
                if !logged.contains(&key) {
                    self.list_lost(LostWrite { key, position: None, user: None, at_ns: None });
                }
            }
        }
        // A survivor may also bring back what an earlier failover had lost.
        for (key, version) in versions.iter() {
            kernel.revert(self.cluster, key as u32, version);
        }
    }

    fn list_lost(&mut self, lost: LostWrite) {
        if self.lost.len() < LOST_LIMIT {
            self.lost.push(lost);
        }
    }

    /// A member has been started again: it is told whom to follow, before it does anything.
    pub fn on_restart(&self, node: NodeIx, nodes: &mut [Component], kernel: &Kernel) {
        if node != self.primary {
            self.point_at_primary(node, nodes, kernel);
        }
    }

    /// Whether `node`, which has been hung, missed that another was made primary.
    pub fn has_passed_over(&self, node: NodeIx, nodes: &[Component]) -> bool {
        node != self.primary && database(nodes, node).term() != self.term()
    }

    fn point_at_primary(&self, node: NodeIx, nodes: &mut [Component], kernel: &Kernel) {
        let source = self.source_for(node, kernel);
        let has_peers = self.members.iter().any(|other| other.node != node && database(nodes, other.node).is_whole());
        let database = database_mut(nodes, node);
        let end = database.log().end();
        let is_diverged =
            self.ends[(database.term() as usize).min(self.ends.len())..].iter().any(|term_end| end > *term_end);
        // The last one left has nobody to copy: what it has is all that there is. But between two primaries, when there is
        // nobody to follow yet, a log that went another way must not pass for that of its peers.
        database.become_replica(source, self.term(), is_diverged && (source.is_some() || has_peers));
    }

    /// How `node` reaches the primary: by their own link, else by one that it has with another member. Once the primary
    /// has been taken out of the design there is nobody to reach, until the next check promotes another.
    fn source_for(&self, node: NodeIx, kernel: &Kernel) -> Option<Target> {
        if !self.is_member(self.primary) {
            return None;
        }
        let topology = &kernel.topology;
        let others = self.members.iter().map(|member| member.node).filter(|other| *other != node);
        let link = std::iter::once(self.primary).chain(others).find_map(|other| topology.between(node, other));
        link.map(|link| Target { node: self.primary, link })
    }
}
