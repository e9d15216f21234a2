//! Whether a design is of any use: asked of what is read, not of what passes by while somebody draws.

use crate::base::{Kind, Problems};
use crate::model::document::{Document, Link};
use crate::model::kinds::{Cache, CachePattern, Dns, NodeKind, OnWrite};

impl Document {
    /// What a design needs to be of any use. Asked of what is read; on the page a design may pass through less.
    pub fn check_use(&self) -> Result<(), Problems> {
        let mut problems = Problems::default();
        if !self.nodes.iter().any(|node| matches!(node.kind, NodeKind::Users(_))) {
            problems.push("nodes", "nobody uses this system", "a node of kind users");
        }
        for (i, node) in self.nodes.iter().enumerate() {
            let (at, id) = (format!("nodes[{i}]"), node.id.as_str());
            match &node.kind {
                NodeKind::Users(_) if !self.calls(id, Kind::LoadBalancer) && !self.calls(id, Kind::WebServer) => {
                    let remedy = format!("add a link from `{id}` to a load_balancer or a web_server");
                    problems.push(at, "these users reach no site", remedy);
                }
                NodeKind::Cache(cache) if !self.calls_store(id) => check_lone_cache(&at, id, cache, &mut problems),
                NodeKind::LoadBalancer(_) if !self.calls(id, Kind::WebServer) => {
                    let remedy = format!("add a link from `{id}` to a web_server");
                    problems.push(at, "a load_balancer without servers", remedy);
                }
                NodeKind::ShardRouter(_) if !self.calls(id, Kind::Database) => {
                    let remedy = format!("add a link from `{id}` to each database that shall be a shard");
                    problems.push(at, "a shard_router without shards", remedy);
                }
                NodeKind::Cdn(_) => self.check_origins(&at, id, &mut problems),
                NodeKind::Dns(dns) => self.check_answers(&at, id, dns, &mut problems),
                _ => {}
            }
        }
        self.check_takeovers(&mut problems);
        self.rehearse(&mut problems);
        problems.or(())
    }

    /// The edge asks from outside: what stands behind the balancer is out of its reach.
    fn check_origins(&self, at: &str, id: &str, problems: &mut Problems) {
        let is_private = |link: &&Link| link.from == id && self.is_private(&link.to);
        for link in self.links.iter().filter(is_private) {
            let what = format!("`{id}` cannot reach `{}`: its address is private", link.to);
            let remedy = format!("link `{id}` to the load_balancer instead, or set address of `{}` to public", link.to);
            problems.push(at, what, remedy);
        }
    }

    /// Who asks for a name must be able to go where the answer points.
    fn check_answers(&self, at: &str, id: &str, dns: &Dns, problems: &mut Problems) {
        if dns.records.is_empty() {
            let remedy = "the id of a load_balancer or web_server";
            problems.push(format!("{at}.params.records"), "a dns without an answer", remedy);
        }
        for asker in self.links.iter().filter(|link| link.to == id).map(|link| &link.from) {
            for (j, record) in dns.records.iter().enumerate() {
                if !self.links.iter().any(|link| link.from == *asker && link.to == *record) {
                    let what = format!("`{asker}` cannot reach `{record}`");
                    let remedy = format!("add a link from `{asker}` to `{record}`");
                    problems.push(format!("{at}.params.records[{j}]"), what, remedy);
                }
            }
        }
    }
}

/// A cache that has no store behind it can be filled and emptied by servers only.
fn check_lone_cache(at: &str, id: &str, cache: &Cache, problems: &mut Problems) {
    if cache.pattern == CachePattern::ReadThrough {
        let remedy = format!("add a link from `{id}` to a database, or set pattern to cache_aside");
        problems.push(format!("{at}.params.pattern"), "a read_through cache needs a database to read", remedy);
    } else if matches!(cache.on_write, OnWrite::WriteThrough | OnWrite::WriteBack) {
        let remedy = format!("add a link from `{id}` to a database, or set on_write to invalidate");
        problems.push(format!("{at}.params.on_write"), "writes cannot pass through this cache", remedy);
    }
}
