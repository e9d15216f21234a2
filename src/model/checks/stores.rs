//! Those who keep records: clusters of databases and leaderless stores, and that each record has one home.

use crate::base::order::sort_by_key;
use crate::base::{Kind, Problems};
use crate::model::document::Document;
use crate::model::kinds::{DatabaseRole, NodeKind};

impl Document {
    /// Replicas hang on exactly one primary each. Primaries that are linked copy from each other.
    pub(super) fn check_clusters(&self, problems: &mut Problems) {
        for (i, node) in self.nodes.iter().enumerate() {
            let Some(own) = node.role() else { continue };
            let sources = self.links.iter().filter(|link| link.to == node.id);
            let count = |wanted| sources.clone().filter(|link| self.role(&link.from) == Some(wanted)).count();
            let (primaries, replicas) = (count(DatabaseRole::Primary), count(DatabaseRole::Replica));
            if own == DatabaseRole::Primary && replicas > 0 {
                problems.push(
                    format!("nodes[{i}].params.role"),
                    "a primary does not copy from a replica",
                    "role replica, or no link to it from a replica",
                );
            }
            if own == DatabaseRole::Replica && primaries != 1 {
                problems.push(
                    format!("nodes[{i}]"),
                    "a replica copies from exactly one primary",
                    format!("one link from a primary to `{}`", node.id),
                );
            }
        }
    }

    /// R and W are numbers of copies.
    pub(super) fn check_quorums(&self, problems: &mut Problems) {
        for (i, node) in self.nodes.iter().enumerate() {
            let NodeKind::QuorumStore(own) = &node.kind else { continue };
            let store = self.store_of(&node.id);
            let copies = self.nodes.iter().filter_map(|other| match &other.kind {
                NodeKind::QuorumStore(params) if store.contains(&other.id.as_str()) => Some(params.copies),
                _ => None,
            });
            let copies = copies.max().unwrap_or_default();
            for (name, quorum) in [("read_quorum", own.read_quorum), ("write_quorum", own.write_quorum)] {
                if quorum > copies {
                    let what = format!("{quorum} copies of a key are needed, there are {copies}");
                    problems.push(format!("nodes[{i}].params.{name}"), what, format!("valid: 1 to copies, {copies}"));
                }
            }
        }
    }

    /// The nodes of the leaderless store that `id` belongs to: those that links between such nodes lead to.
    fn store_of<'a>(&'a self, id: &'a str) -> Vec<&'a str> {
        let is_node = |id: &str| self.is_a(id, Kind::QuorumStore);
        let mut store = vec![id];
        let mut at = 0;
        while at < store.len() {
            let own = store[at];
            for link in &self.links {
                let other = if link.from == own { &link.to } else { &link.from };
                if (link.from == own || link.to == own) && is_node(other) && !store.contains(&other.as_str()) {
                    store.push(other);
                }
            }
            at += 1;
        }
        store
    }

    /// What tells the store that `id` belongs to from others: its primary, or the first of its equals.
    pub fn home_of<'a>(&'a self, id: &'a str) -> &'a str {
        if self.is_a(id, Kind::QuorumStore) {
            self.store_of(id).into_iter().min().unwrap_or(id)
        } else {
            self.primary_of(id)
        }
    }

    /// The first primary of the cluster that `id` belongs to, by its links with other databases.
    pub(in crate::model) fn primary_of<'a>(&'a self, id: &'a str) -> &'a str {
        let is_primary = |id: &str| self.role(id) == Some(DatabaseRole::Primary);
        let mut cluster = vec![id];
        let mut at = 0;
        while let Some(own) = cluster.get(at).copied() {
            at += 1;
            for link in &self.links {
                let others = [(&link.from, &link.to), (&link.to, &link.from)];
                for (_, other) in others.into_iter().filter(|(end, other)| *end == own && is_primary(other)) {
                    if !cluster.contains(&other.as_str()) {
                        cluster.push(other);
                    }
                }
            }
        }
        cluster.into_iter().filter(|id| is_primary(id)).min().unwrap_or(id)
    }

    /// A record has one home: who reads and writes, does so in one cluster.
    pub(super) fn check_homes(&self, problems: &mut Problems) {
        for (i, node) in self.nodes.iter().enumerate() {
            let is_store = |id: &str| self.node(id).is_some_and(|node| Kind::STORES.contains(&node.kind()));
            if is_store(&node.id) {
                continue;
            }
            let called = self.links.iter().filter(|link| link.from == node.id && is_store(&link.to));
            let mut homes: Vec<&str> = called.map(|link| self.home_of(&link.to)).collect();
            sort_by_key(&mut homes, |home| *home);
            homes.dedup();
            if let [first, second, ..] = homes[..] {
                let what = format!("`{}` would keep each record in two places, `{first}` and `{second}`", node.id);
                problems.push(
                    format!("nodes[{i}]"),
                    what,
                    "links to one primary and its replicas, to one leaderless store, or to a shard_router",
                );
            }
        }
    }
}
