//! How a running world follows its design: nodes come, go or become something else, links are laid and cut.
//!
//! A node that comes starts cold; what a node that goes was doing fails with that reason. A link that is cut delivers what is on its
//! way. A database that a person makes a copy of another one, or parts from it, begins anew with what its new place gives it;
//! one that is promoted because its primary was taken away keeps what it has, and so does one to which a primary is added.

use super::world::World;
use crate::base::NodeIx;
use crate::components::Component;
use crate::components::quorum::cluster;
use crate::kernel::ClusterIx;
use crate::model::kinds::DatabaseRole;
use crate::model::{Document, Node, NodeKind};
use crate::observe::Reason;

impl World {
    /// Makes the world what `after` says, where it was what `before` says.
    pub fn adopt(&mut self, before: &Document, after: &Document) {
        let mut is_settled = false;
        self.cut_links(before, after);
        for node in before.nodes.iter().filter(|node| !stays(node, before, after)) {
            if let Some(node) = self.kernel.topology.find(&node.id) {
                self.remove(node, after);
                is_settled = true;
            }
        }
        // A replica joins the cluster of its primary: that one comes first.
        for is_replica in [false, true] {
            for node in after.nodes.iter().filter(|node| (node.role() == Some(DatabaseRole::Replica)) == is_replica) {
                if self.kernel.topology.find(&node.id).is_none() {
                    self.join(node, after);
                    is_settled = true;
                }
            }
        }
        if !is_settled {
            if before.links != after.links {
                self.add_links(after);
                self.reroute();
            }
            self.rewire(after);
        }
    }

    /// Takes a new node of `document` into the running world.
    fn join(&mut self, entry: &Node, document: &Document) {
        let followed = self.cluster_behind(entry, document);
        let node = match followed {
            // It begins as the youngest of those that shall follow it, for it has nothing yet that they could copy.
            Some(_) => self.add_node(&as_replica(entry)),
            None => self.add_node(entry),
        };
        self.add_links(document);
        match (followed, entry.role()) {
            (Some(cluster), _) => self.enter_cluster(node, cluster),
            (None, Some(DatabaseRole::Primary)) if self.cluster_beside(node, document).is_none() => {
                self.found_cluster(&[node]);
            }
            (None, Some(_)) => self.join_cluster(node, document),
            (None, None) => {}
        }
        self.rewire(document);
        self.with(node, Component::on_start);
        if self.kernel.topology.is_dark(node) {
            self.crash(node, Reason::NodeCrashed);
        }
    }

    /// The cluster of those that shall follow a new primary, if they are one already.
    fn cluster_behind(&self, entry: &Node, document: &Document) -> Option<ClusterIx> {
        if entry.role() != Some(DatabaseRole::Primary) {
            return None;
        }
        let is_replica = |id: &str| document.role(id) == Some(DatabaseRole::Replica);
        let links = document.links.iter().filter(|link| link.from == entry.id && is_replica(&link.to));
        let mut known = links.filter_map(|link| self.kernel.topology.find(&link.to));
        known.find_map(|follower| self.kernel.directory.cluster_of(follower))
    }

    /// Takes a node out; what it was doing fails.
    fn remove(&mut self, node: NodeIx, document: &Document) {
        self.crash(node, Reason::NodeRemoved);
        let estate = cluster::estate(&self.nodes, node);
        self.kernel.topology.node_mut(node).is_removed = true;
        self.retire(node);
        for link in &mut self.kernel.topology.links {
            link.is_removed |= link.from == node || link.to == node;
        }
        if let Some(monitor) = self.monitors.iter_mut().find(|monitor| monitor.is_member(node)) {
            monitor.leave(node, &mut self.nodes, &mut self.kernel);
            if monitor.is_empty() {
                monitor.dissolve(node, &self.nodes, &mut self.kernel);
            } else if monitor.is_shared() {
                monitor.bury(node, &mut self.nodes, &mut self.kernel);
                let primaries = document.nodes.iter().filter(|entry| entry.role() == Some(DatabaseRole::Primary));
                for heir in primaries.filter_map(|entry| self.kernel.topology.find(&entry.id)) {
                    monitor.take_place(heir, &mut self.nodes);
                }
            }
        }
        self.add_links(document);
        self.reroute();
        self.rewire(document);
        cluster::note_losses(&mut self.nodes, &mut self.kernel, node, estate);
    }

    /// Cuts the links that are no more, between nodes that are there still.
    fn cut_links(&mut self, before: &Document, after: &Document) {
        let is_kept = |from: &str, to: &str| after.links.iter().any(|link| link.from == from && link.to == to);
        let is_there = |id: &str| after.node(id).is_some();
        for link in before.links.iter().filter(|link| !is_kept(&link.from, &link.to)) {
            if is_there(&link.from)
                && is_there(&link.to)
                && let Some(index) = self.kernel.topology.link(&link.from, &link.to)
            {
                self.kernel.topology.links[index.index()].is_removed = true;
            }
        }
    }

    fn reroute(&mut self) {
        for monitor in &self.monitors {
            monitor.reroute(&mut self.nodes, &mut self.kernel);
        }
    }
}

/// The same node as a replica.
fn as_replica(entry: &Node) -> Node {
    let mut node = entry.clone();
    if let NodeKind::Database(database) = &mut node.kind {
        database.role = DatabaseRole::Replica;
    }
    node
}

/// Whether a node of the old design goes on in the new one.
fn stays(node: &Node, before: &Document, after: &Document) -> bool {
    let Some(now) = after.node(&node.id) else { return false };
    if now.kind() != node.kind() {
        return false;
    }
    let (was, is) = (source(before, &node.id), source(after, &node.id));
    // Whom it copied was taken away, or is there only now: then it is the others that follow it, as after a failover.
    let is_by_others = was.is_some_and(|source| after.node(source).is_none())
        || is.is_some_and(|source| before.node(source).is_none());
    was == is || is_by_others
}

/// The database that `id` copies.
fn source<'a>(document: &'a Document, id: &str) -> Option<&'a str> {
    let is_database = |id: &str| document.role(id).is_some();
    let link = document.links.iter().find(|link| link.to == id && is_database(id) && is_database(&link.from));
    link.map(|link| link.from.as_str())
}
