//! Who belongs together by the links of the design: clusters of databases, and the shards of a router.

use std::collections::BTreeMap;

use super::world::World;
use crate::base::NodeIx;
use crate::base::sparse::Sparse;
use crate::components::Component;
use crate::components::database::Monitor;
use crate::kernel::{ClusterIx, ClusterView, Event, Page, Version};
use crate::model::Document;
use crate::model::kinds::DatabaseRole;
use crate::observe::LostWrite;

impl World {
    /// Primaries that are linked, directly or by others, are one cluster; replicas join that of their primary.
    pub(super) fn form_clusters(&mut self, document: &Document) {
        let with_role = |role| document.nodes.iter().filter(move |node| node.role() == Some(role));
        for entry in with_role(DatabaseRole::Primary) {
            let Some(node) = self.kernel.topology.find(&entry.id) else { continue };
            if self.kernel.directory.cluster_of(node).is_some() {
                continue;
            }
            let mut primaries = vec![node];
            let mut at = 0;
            while let Some(own) = primaries.get(at).copied() {
                at += 1;
                for other in self.beside(own, document, DatabaseRole::Primary) {
                    if !primaries.contains(&other) {
                        primaries.push(other);
                    }
                }
            }
            self.found_cluster(&primaries);
        }
        for entry in with_role(DatabaseRole::Replica) {
            if let Some(node) = self.kernel.topology.find(&entry.id) {
                self.join_cluster(node, document);
            }
        }
    }

    /// The databases of `role` that the document links `node` with, in the order of the links.
    fn beside(&self, node: NodeIx, document: &Document, role: DatabaseRole) -> Vec<NodeIx> {
        let id = &self.kernel.topology.node(node).id;
        let others = document.links.iter().filter_map(|link| match () {
            () if link.from == *id => Some(&link.to),
            () if link.to == *id => Some(&link.from),
            () => None,
        });
        let fitting = others.filter(|other| document.role(other) == Some(role));
        fitting.filter_map(|other| self.kernel.topology.find(other)).collect()
    }

    pub(super) fn found_cluster(&mut self, primaries: &[NodeIx]) {
        let cluster = ClusterIx(self.monitors.len() as u16);
        self.monitors.push(Monitor::new(cluster, primaries));
        let rightful = if let [only] = primaries { Some(*only) } else { None };
        self.kernel.ledger.clusters.push(Page { rightful, ..Page::default() });
        let directory = &mut self.kernel.directory;
        directory.clusters.push(ClusterView { primaries: primaries.to_vec(), ..ClusterView::default() });
        for primary in primaries {
            directory.cluster_of[primary.index()] = Some(cluster);
        }
        // The first round of checks is at once.
        self.kernel.queue.push(self.kernel.now, Event::Monitor { cluster: cluster.0 });
    }

    /// The cluster of a primary that the document links `node` with.
    pub(super) fn cluster_beside(&self, node: NodeIx, document: &Document) -> Option<ClusterIx> {
        let primaries = self.beside(node, document, DatabaseRole::Primary);
        primaries.into_iter().find_map(|primary| self.kernel.directory.cluster_of(primary))
    }

    /// Takes a database into the cluster of the primary that the document links it with.
    pub(super) fn join_cluster(&mut self, node: NodeIx, document: &Document) {
        if let Some(cluster) = self.cluster_beside(node, document) {
            self.enter_cluster(node, cluster);
        }
    }

    pub(super) fn enter_cluster(&mut self, node: NodeIx, cluster: ClusterIx) {
        self.kernel.directory.cluster_of[node.index()] = Some(cluster);
        self.monitors[usize::from(cluster.0)].join(node, &mut self.nodes, &mut self.kernel);
    }

    /// Clusters whose primaries the document links by now become one.
    pub(super) fn unite_clusters(&mut self, document: &Document) {
        for link in &document.links {
            let cluster = |id: &str| {
                let is_primary = document.role(id) == Some(DatabaseRole::Primary);
                let node = self.kernel.topology.find(id).filter(|_| is_primary)?;
                self.kernel.directory.cluster_of(node)
            };
            let (Some(one), Some(other)) = (cluster(&link.from), cluster(&link.to)) else { continue };
            let (first, second) = (usize::from(one.0.min(other.0)), usize::from(one.0.max(other.0)));
            if first != second {
                let (before, after) = self.monitors.split_at_mut(second);
                before[first].absorb(&mut after[0], &mut self.nodes, &mut self.kernel);
            }
        }
    }

    /// If `node` was a shard router, its shards are databases like others from here on, and keep no promises to it.
    pub(super) fn retire(&mut self, node: NodeIx) {
        self.kernel.directory.forget_router(node);
        if !matches!(self.nodes[node.index()], Component::ShardRouter(_)) {
            return;
        }
        for index in 0..self.nodes.len() {
            self.with(NodeIx(index as u16), |component, ctx| {
                if let Component::Database(database) = component {
                    database.release_from(ctx, node);
                }
            });
        }
    }

    /// Tells shard routers which records are in the databases that they have been linked to.
    pub(super) fn survey(&mut self) {
        for index in 0..self.nodes.len() {
            let node = NodeIx(index as u16);
            let Component::ShardRouter(router) = &self.nodes[index] else { continue };
            for cluster in router.newcomers() {
                let truth = &self.kernel.truth;
                let versions = self.versions_at_end(cluster);
                let last = versions.iter().filter(|(key, version)| truth.current(*key as u32) == *version);
                let keys: Vec<u32> = last.map(|(key, _)| key as u32).collect();
                self.with(node, |component, ctx| {
                    if let Component::ShardRouter(router) = component {
                        router.take_in(ctx, cluster, &keys);
                    }
                });
            }
            self.mourn(node);
        }
    }

    /// What the primary of `cluster` will have when all that it has received is applied.
    fn versions_at_end(&self, cluster: ClusterIx) -> Sparse<Version> {
        match &self.nodes[self.monitors[usize::from(cluster.0)].primary.index()] {
            Component::Database(primary) => primary.versions_at_end(),
            _ => Sparse::default(),
        }
    }

    /// What has gone with the shards that a router has lost: the truth of each record is what its new home has.
    fn mourn(&mut self, node: NodeIx) {
        let Component::ShardRouter(router) = &mut self.nodes[node.index()] else { return };
        let keys = router.take_bereft();
        if keys.is_empty() {
            return;
        }
        let Component::ShardRouter(router) = &self.nodes[node.index()] else { return };
        let mut homes: BTreeMap<ClusterIx, Sparse<Version>> = BTreeMap::new();
        let mut held = Vec::with_capacity(keys.len());
        for key in keys {
            let home = router.home(&self.kernel, node, key);
            let versions = home.map(|home| homes.entry(home).or_insert_with(|| self.versions_at_end(home)));
            held.push((key, versions.map_or_else(Version::default, |versions| versions.get(key as usize))));
        }
        let written = self.last_logged_by_the_removed();
        for (key, held) in held {
            let truth = &mut self.kernel.truth;
            let before = truth.current(key);
            truth.revert(key, held);
            if truth.current(key) != before {
                let known = written.get(&before).filter(|write| write.key == key).copied();
                let version = Some(before.0);
                let unknown = LostWrite { key, position: None, version, user: None, at_ns: None };
                let write = known.unwrap_or(unknown);
                self.with(node, |component, ctx| {
                    if let Component::ShardRouter(router) = component {
                        router.note_loss(ctx, write);
                    }
                });
            }
        }
    }

    /// What the logs of databases that have been taken out tell of their writes, by version.
    fn last_logged_by_the_removed(&self) -> BTreeMap<Version, LostWrite> {
        let mut written = BTreeMap::new();
        for (index, component) in self.nodes.iter().enumerate() {
            let Component::Database(database) = component else { continue };
            if self.kernel.topology.node(NodeIx(index as u16)).is_removed {
                written.extend(database.listed().map(|write| (Version(write.version.unwrap_or_default()), write)));
            }
        }
        written
    }
}
