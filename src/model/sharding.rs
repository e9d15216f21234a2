//! What a design must satisfy around its shard routers: whose the shards are, and what names them.

use super::document::{Document, Link};
use super::kinds::{NodeKind, ShardRouter, Writes};
use crate::base::{KeyTable, Kind, Problems};

impl Document {
    /// Every shard has one router, past which nobody goes, and a router names only shards of its own.
    pub(super) fn check_shards(&self, problems: &mut Problems) {
        for (i, node) in self.nodes.iter().enumerate() {
            if let NodeKind::ShardRouter(router) = &node.kind {
                self.check_router(&format!("nodes[{i}].params"), &node.id, router, problems);
            }
        }
        let ways = self.links.iter().filter(|link| self.is_a(&link.from, Kind::ShardRouter));
        let shards: Vec<(&str, &str)> = ways.map(|way| (self.primary_of(&way.to), way.from.as_str())).collect();
        if shards.is_empty() {
            return;
        }
        for (i, link) in self.links.iter().enumerate() {
            if self.is_a(&link.from, Kind::Database) || !self.is_a(&link.to, Kind::Database) {
                continue;
            }
            let cluster = self.primary_of(&link.to);
            if let Some((_, router)) = shards.iter().find(|(shard, router)| *shard == cluster && *router != link.from) {
                let what = format!("`{}` goes past `{router}`, of which `{}` is a shard", link.from, link.to);
                let remedy =
                    format!("a link from `{}` to `{router}` instead, and one router for each shard", link.from);
                problems.push(format!("links[{i}]"), what, remedy);
            }
        }
    }

    fn check_router(&self, at: &str, id: &str, router: &ShardRouter, problems: &mut Problems) {
        let is_shard = |name: &str| self.links.iter().any(|link| link.from == id && link.to == *name);
        let mut check = |at: String, name: &str| {
            if !is_shard(name) {
                let what = format!("`{name}` is not behind `{id}`");
                problems.push(at, what, format!("a database that `{id}` has a link to"));
            }
        };
        for (j, name) in router.shards.iter().enumerate() {
            check(format!("{at}.shards[{j}]"), name);
        }
        for range in router.directory.iter() {
            check(format!("{at}.directory"), &range.owner);
        }
        for link in self.links.iter().filter(|link| link.from == id) {
            if let Some(NodeKind::Database(database)) = self.node(&link.to).map(|node| &node.kind)
                && database.writes != Writes::Overwrite
            {
                let what = format!("`{}` counts or inserts: its records cannot be moved to other shards", link.to);
                problems.push(at, what, format!("writes of `{}`: overwrite", link.to));
            }
        }
        let has_owners = |table: &KeyTable| table.iter().any(|range| !range.owner.is_empty());
        if has_owners(&router.hot_keys) {
            problems.push(format!("{at}.hot_keys"), "keys alone, without shards", "as in \"0, 7, 100-110\"");
        }
        if has_owners(&router.split_points) || router.split_points.iter().any(|range| range.last > range.first) {
            let what = "split points are single keys";
            problems.push(format!("{at}.split_points"), what, "the first key of each further shard: \"25000, 50000\"");
        }
    }

    /// A shard that is called `id` is called `heir` from here on.
    pub(super) fn hand_over_shard(&mut self, id: &str, heir: &str) {
        for node in &mut self.nodes {
            let NodeKind::ShardRouter(router) = &mut node.kind else { continue };
            let is_behind = |link: &Link| link.from == node.id && link.to == heir;
            if self.links.iter().any(is_behind) {
                router.shards.iter_mut().filter(|shard| *shard == id).for_each(|shard| heir.clone_into(shard));
                router.directory.hand_over(id, heir);
            }
        }
    }
}
