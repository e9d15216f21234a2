//! From a thousand users to ten million: one design that grows with them, so that no part of it is ever too small.
//!
//! Users, a name service, edges, load balancers, three tiers of servers (front, application, service), a ring of caches and a
//! database in shards, each with a replica. Each thousand users make a hundred requests per second and have a core of their own in
//! every tier of servers, in the primaries and in the replicas, which they keep half busy; that core is in one of a number of machines
//! that grows less fast than the users, as machines grow too. What is asked for little (edges, balancers, caches, router) has as many
//! cores as it takes to be half busy, and at least one. Records, and memory for a tenth of them, grow with the users as well.
//! The bench runs it at every power of ten, and the page shows it at a million.

use super::document::{Document, Link, Node, VERSION};
use super::kinds::{
    Cache, Cdn, Database, DatabaseRole, Dns, LoadBalancer, NodeKind, ShardRouter, ShardStrategy, Users, WarmClients,
    WebServer,
};
use crate::base::{Bytes, SimDuration};

/// Most users that a design can have.
const MOST: u64 = 10_000_000;
/// Requests of a user, per second.
const RATE_PER_S: f64 = 0.1;
/// Mean size of a record, in bytes.
const RECORD: u64 = 1_024;
/// Share of the load that a machine should have.
const BUSY: f64 = 0.5;
/// Servers that each server of the tier before calls, in turn.
const WIDTH: usize = 4;

/// The site for so many users; more than ten million are ten million, and nobody is one.
pub fn million(users: u64) -> Document {
    let users = users.clamp(1, MOST) as u32;
    let mut design = Design::new(users);
    let (edges, balancers) = (design.few, design.few);
    let [edge_ids, lb_ids] = [("edge", edges), ("lb", balancers)].map(|(stem, count)| ids(stem, count));
    let [fronts, apps, services, caches] = ["front", "app", "service", "cache"].map(|stem| ids(stem, design.many));
    let [primaries, replicas] = ["db", "replica"].map(|stem| ids(stem, design.many));

    design.add("users", population(users));
    // They have been coming and going all the time: they do not all ask for the address at once.
    let dns = Dns { records: lb_ids.clone(), warm_clients: WarmClients::On, ..Dns::default() };
    design.add("dns", NodeKind::Dns(dns));
    design.link("users", "dns", 10);
    // Half of all requests are assets.
    let assets_per_s = design.rate_per_s * 0.5;
    let records_per_s = design.rate_per_s * 0.5;
    for edge in &edge_ids {
        let params = Cdn { capacity: Bytes::mb(512), lookup_time: SimDuration::from_micros(100), ..Cdn::default() };
        let cores = cores_for(assets_per_s, params.lookup_time, edges);
        design.add(edge, NodeKind::Cdn(Cdn { cores, ..params }));
        design.link("users", edge, 10);
        design.link_all(edge, &lb_ids, 20);
    }
    for lb in &lb_ids {
        let params = LoadBalancer::default();
        let cores = cores_for(records_per_s, params.forward_time, balancers);
        design.add(lb, NodeKind::LoadBalancer(LoadBalancer { cores, ..params }));
        design.link("users", lb, 40);
        design.link_all(lb, &fronts, 0);
    }
    design.servers(&fronts, &apps);
    design.servers(&apps, &services);
    design.servers(&services, &[]);
    for service in &services {
        design.link_all(service, &caches, 0);
        design.link(service, "router", 0);
    }
    for cache in &caches {
        let capacity = Bytes((u64::from(users) * RECORD / 10 / caches.len() as u64).max(RECORD));
        let params = Cache { capacity, ..Cache::default() };
        // Each record is looked up, set or deleted once for each request.
        let cores = cores_for(records_per_s, params.lookup_time, caches.len());
        design.add(cache, NodeKind::Cache(Cache { cores, ..params }));
        design.link(cache, "router", 0);
    }
    let router =
        ShardRouter { strategy: ShardStrategy::ConsistentHash, virtual_nodes: 1_000, ..ShardRouter::default() };
    let cores = cores_for(records_per_s * 0.8, router.service, 1);
    design.add("router", NodeKind::ShardRouter(ShardRouter { cores, queue_limit: 1_000_000, ..router }));
    for (primary, replica) in primaries.iter().zip(&replicas) {
        let params = Database {
            cores: design.cores,
            queue_limit: 100_000,
            read_service: SimDuration::from_millis(18),
            write_service: SimDuration::from_millis(45),
            // One applier must keep up with all cores of the primary.
            apply_time: SimDuration::from_micros(100),
            // Some seconds of writes: a follower that is farther behind is copied anew.
            log_retention: 20_000,
            ..Database::default()
        };
        let follower = Database { role: DatabaseRole::Replica, ..params.clone() };
        design.add(primary, NodeKind::Database(params));
        design.add(replica, NodeKind::Database(follower));
        design.link("router", primary, 0);
        design.link("router", replica, 0);
        design.link(primary, replica, 0);
    }
    design.document
}

/// A design that is being drawn.
struct Design {
    document: Document,
    rate_per_s: f64,
    /// Machines in a tier that has many, and in one that has few.
    many: usize,
    few: usize,
    /// Cores of each machine in a tier that has many.
    cores: u32,
}

impl Design {
    fn new(users: u32) -> Self {
        let thousands = f64::from(users) / 1_000.0;
        let many = (libm::pow(thousands, 0.4).ceil() as usize).max(1);
        let few = (libm::pow(thousands, 0.2).ceil() as usize).max(1);
        let document = Document {
            version: VERSION,
            name: if users == 1_000_000 { "A million users".to_owned() } else { format!("{users} users") },
            description:
                "Edges, load balancers, three tiers of servers, a ring of caches and a database in shards: everything \
                          has grown with the users, and nothing is overloaded."
                    .to_owned(),
            seed: 1,
            nodes: Vec::new(),
            links: Vec::new(),
            tiers: Vec::new(),
            schedule: Vec::new(),
        };
        let cores = (thousands / many as f64).ceil() as u32;
        Self { document, rate_per_s: f64::from(users) * RATE_PER_S, many, few, cores }
    }

    fn add(&mut self, id: &str, kind: NodeKind) {
        self.document.nodes.push(Node { id: id.to_owned(), label: None, position: None, region: None, kind });
    }

    fn link(&mut self, from: &str, to: &str, latency_ms: u64) {
        let latency = (latency_ms > 0).then(|| SimDuration::from_millis(latency_ms));
        self.document.links.push(Link { from: from.to_owned(), to: to.to_owned(), latency, ..Link::default() });
    }

    fn link_all(&mut self, from: &str, to: &[String], latency_ms: u64) {
        for to in to {
            self.link(from, to, latency_ms);
        }
    }

    /// A tier of servers, each of which calls some of the `next` tier.
    fn servers(&mut self, tier: &[String], next: &[String]) {
        for (i, id) in tier.iter().enumerate() {
            let params = WebServer {
                cores: self.cores,
                workers: 100_000,
                queue_limit: 100_000,
                fan_out: u32::from(!next.is_empty()),
                read_service: SimDuration::from_millis(9),
                write_service: SimDuration::from_millis(12),
                ..WebServer::default()
            };
            self.add(id, NodeKind::WebServer(params));
            for step in 0..WIDTH.min(next.len()) {
                self.link(id, &next[(i + step) % next.len()], 0);
            }
        }
    }
}

/// Cores of each of `machines` that serve so many requests per second in all, each for `service`.
fn cores_for(rate_per_s: f64, service: SimDuration, machines: usize) -> u32 {
    let busy = rate_per_s * service.as_secs_f64() / machines as f64;
    (busy / BUSY).ceil().clamp(1.0, 1_024.0) as u32
}

fn population(users: u32) -> NodeKind {
    NodeKind::Users(Users {
        users,
        rate_per_user_per_s: RATE_PER_S,
        keys: users,
        // A celebrity would be a case of its own.
        zipf_exponent: 0.7,
        value_size: Bytes(RECORD),
        asset_size: Bytes::kb(16),
        timeout: SimDuration::from_secs(30),
        ..Users::default()
    })
}

fn ids(stem: &str, count: usize) -> Vec<String> {
    (1..=count).map(|n| format!("{stem}-{n}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_is_a_design_that_can_be_built() {
        for users in [0, 1, 999, 1_000, 2_500, 10_000, 123_456, 1_000_000, 10_000_000, u64::MAX] {
            let document = million(users);
            document
                .check()
                .and_then(|()| document.check_use())
                .unwrap_or_else(|problems| panic!("{users}: {problems}"));
        }
        let [small, large] = [1_000, 10_000_000].map(|users| million(users).nodes.len());
        assert_eq!((small, large), (11, 257));
    }
}
