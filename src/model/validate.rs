//! What a document must satisfy before it can be built.

use super::command::{Aim, Command};
use super::document::{Document, Link};
use super::edit::Edit;
use super::kinds::{CachePattern, DatabaseRole, Load, Loop, NodeKind, OnWrite, Users};
use super::regions;
use crate::base::Problems;
use crate::base::order::sort_by_key;
use crate::base::{BitRate, SimDuration};

/// Most nodes that a document may have.
const MOST_NODES: usize = 500;
/// Most links that a document may have.
const MOST_LINKS: usize = 5_000;
/// Most commands that a document may schedule.
const MOST_SCHEDULED: usize = 1_000;
const LONGEST_ID: usize = 64;
/// Most requests that a population may make, per second.
const MOST_PER_S: f64 = 1e8;
/// Longest delay on a link.
const LONGEST_DELAY: SimDuration = SimDuration::from_secs(3_600);

/// For each kind, the kinds that it may call.
const MAY_CALL: [(&str, &[&str]); 10] = [
    ("users", &["dns", "cdn", "load_balancer", "web_server"]),
    ("dns", &["load_balancer", "web_server"]),
    ("cdn", &["cdn", "load_balancer", "web_server", "object_store"]),
    // A link from one to another makes that other its standby.
    ("load_balancer", &["web_server", "load_balancer"]),
    ("web_server", &["web_server", "cache", "database", "object_store", "quorum_store", "shard_router"]),
    ("cache", &["database", "quorum_store", "shard_router"]),
    ("database", &["database"]),
    ("object_store", &[]),
    // A link from one to another joins both to one store.
    ("quorum_store", &["quorum_store"]),
    ("shard_router", &["database"]),
];

/// The kinds of node that keep records.
const STORES: [&str; 3] = ["database", "quorum_store", "shard_router"];

/// Whether a node of kind `from` may have a link to one of kind `to`.
pub fn may_call(from: &str, to: &str) -> bool {
    MAY_CALL.iter().any(|(kind, targets)| *kind == from && targets.contains(&to))
}

impl Document {
    /// Finds everything that is wrong, at once.
    pub fn check(&self) -> Result<(), Problems> {
        let mut problems = Problems::default();
        if self.nodes.len() > MOST_NODES || self.links.len() > MOST_LINKS {
            problems.push("", "the design is too large", format!("at most {MOST_NODES} nodes and {MOST_LINKS} links"));
            return Err(problems);
        }
        self.check_nodes(&mut problems);
        self.check_links(&mut problems);
        self.check_circles("cdn", "shields", &mut problems);
        self.check_circles("web_server", "services", &mut problems);
        self.check_users(&mut problems);
        self.check_standbys(&mut problems);
        self.check_clusters(&mut problems);
        self.check_quorums(&mut problems);
        self.check_homes(&mut problems);
        self.check_shards(&mut problems);
        self.check_schedule(&mut problems);
        self.check_tiers(&mut problems);
        problems.or(())
    }

    fn check_tiers(&self, problems: &mut Problems) {
        if self.tiers.len() > MOST_NODES {
            problems.push("tiers", "too many frames", format!("at most {MOST_NODES}"));
        }
        for (i, tier) in self.tiers.iter().enumerate() {
            for id in tier.nodes.iter().filter(|id| self.node(id).is_none()) {
                let valid = format!("nodes: {}", self.node_ids());
                problems.push(format!("tiers[{i}].nodes"), format!("there is no node `{id}`"), valid);
            }
        }
    }

    fn check_nodes(&self, problems: &mut Problems) {
        for (i, node) in self.nodes.iter().enumerate() {
            let at = format!("nodes[{i}]");
            let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            if node.id.is_empty() || node.id.len() > LONGEST_ID || !node.id.chars().all(is_plain) {
                let valid = format!("1 to {LONGEST_ID} letters, digits, - _ .");
                problems.push(format!("{at}.id"), format!("`{}` is not an id", node.id), valid);
            }
            if self.nodes[..i].iter().any(|other| other.id == node.id) {
                problems.push(
                    format!("{at}.id"),
                    format!("`{}` stands twice", node.id),
                    "an id of its own for each node",
                );
            }
            if let Some(position) = node.position
                && !(position.x.abs() < 1e6 && position.y.abs() < 1e6)
            {
                problems.push(format!("{at}.position"), "is off the drawing", "valid: -1000000 to 1000000");
            }
            if let Some(region) = &node.region
                && (region.is_empty() || region.len() > LONGEST_ID || !region.chars().all(is_plain))
            {
                let valid = format!("1 to {LONGEST_ID} letters, digits, - _ . as in us-east-1");
                problems.push(format!("{at}.region"), format!("`{region}` is not a region"), valid);
            }
            node.kind.check(&format!("{at}.params"), problems);
            match &node.kind {
                NodeKind::Dns(dns) => self.check_records(&at, &dns.records, problems),
                NodeKind::LoadBalancer(balancer) => self.check_draining(&at, &node.id, &balancer.draining, problems),
                _ => {}
            }
        }
    }

    fn check_records(&self, at: &str, records: &[String], problems: &mut Problems) {
        for (j, record) in records.iter().enumerate() {
            let here = format!("{at}.params.records[{j}]");
            match self.node(record).map(|node| node.kind.name()) {
                None => {
                    problems.push(here, format!("there is no node `{record}`"), format!("nodes: {}", self.node_ids()));
                }
                Some("load_balancer" | "web_server") => {
                    if let Some(master) = self.master_of(record) {
                        let what = format!("`{record}` is the standby of `{master}`: it has no address of its own");
                        problems.push(here, what, format!("`{master}`"));
                    }
                }
                Some(kind) => problems.push(here, format!("`{record}` is a {kind}"), "a load_balancer or a web_server"),
            }
        }
    }

    fn check_links(&self, problems: &mut Problems) {
        for (i, link) in self.links.iter().enumerate() {
            let at = format!("links[{i}]");
            let mut kinds = [""; 2];
            for (slot, (end, id)) in kinds.iter_mut().zip([("from", &link.from), ("to", &link.to)]) {
                match self.node(id) {
                    Some(node) => *slot = node.kind.name(),
                    None => problems.push(
                        format!("{at}.{end}"),
                        format!("there is no node `{id}`"),
                        format!("nodes: {}", self.node_ids()),
                    ),
                }
            }
            let [from, to] = kinds;
            if !from.is_empty() && !to.is_empty() && (!may_call(from, to) || link.from == link.to) {
                let targets = MAY_CALL.iter().find(|(kind, _)| *kind == from).map_or(&[][..], |(_, targets)| targets);
                let remedy = if targets.is_empty() {
                    format!("a {from} calls nobody: it answers")
                } else {
                    format!("a {from} calls: {}", targets.join(", "))
                };
                problems.push(
                    &at,
                    format!("a {from} cannot call {}", if link.from == link.to { "itself" } else { to }),
                    remedy,
                );
            }
            if !(0.0..=1.0).contains(&link.loss) {
                problems.push(format!("{at}.loss"), format!("{} is not a share", link.loss), "valid: 0 to 1");
            }
            if link.latency.is_none()
                && let Some((here, there)) = self.regions_of(link)
                && regions::round_trip(here, there).is_none()
            {
                let what = format!("how long it takes between `{here}` and `{there}` is not known");
                let remedy = format!("a latency, or regions out of: {}", regions::REGIONS.join(", "));
                problems.push(format!("{at}.latency"), what, remedy);
            }
            let (forward, back) = (self.latency_of(link), link.reply_latency.unwrap_or_default());
            for (name, time) in [("latency", forward), ("reply_latency", back), ("queue_limit", link.queue_limit)] {
                if time > LONGEST_DELAY {
                    problems.push(format!("{at}.{name}"), format!("{time} is out of range"), "valid: 0s to 1h");
                }
            }
            if let Some(rate) = link.bandwidth.filter(|rate| *rate < BitRate::SLOWEST) {
                let valid = format!("at least {}, or no bandwidth at all: unlimited", BitRate::SLOWEST);
                problems.push(format!("{at}.bandwidth"), format!("{rate} is out of range"), valid);
            }
            if self.links[..i].iter().any(|other| other.from == link.from && other.to == link.to) {
                problems.push(
                    &at,
                    format!("a second link from `{}` to `{}`", link.from, link.to),
                    "one link for each pair",
                );
            }
        }
    }

    /// Nodes of one kind that are each other's shields or services would ask one another for ever.
    fn check_circles(&self, kind: &str, role: &str, problems: &mut Problems) {
        let is_one = |id: &str| self.node(id).is_some_and(|node| node.kind.name() == kind);
        let links = self.links.iter().enumerate();
        let mut ways: Vec<(usize, &Link)> = links.filter(|(_, link)| is_one(&link.from) && is_one(&link.to)).collect();
        // Takes away the ways that nobody comes from or that lead no further, until only circles are left.
        loop {
            let all = ways.clone();
            ways.retain(|(_, way)| {
                all.iter().any(|(_, next)| next.from == way.to) && all.iter().any(|(_, last)| last.to == way.from)
            });
            if ways.len() == all.len() {
                break;
            }
        }
        if let Some((i, link)) = ways.first().filter(|(_, link)| link.from != link.to) {
            let what = format!("the {role} of `{}` lead back to it", link.to);
            problems.push(format!("links[{i}]"), what, format!("{role} in one direction only"));
        }
    }

    fn check_users(&self, problems: &mut Problems) {
        for (i, node) in self.nodes.iter().enumerate() {
            let NodeKind::Users(users) = &node.kind else { continue };
            let at = format!("nodes[{i}].params");
            if users.weights().iter().sum::<f64>() <= 0.0 {
                problems.push(&at, "the mix of operations is empty", "a positive weight, such as read_weight");
            }
            let peak = if users.load == Load::Constant { 1.0 } else { users.load_peak.max(1.0) };
            let rate = f64::from(users.users) * users.rate_per_user_per_s * peak;
            if users.loop_kind == Loop::Open && rate > MOST_PER_S {
                let what = format!("{rate} requests/s are more than can be simulated");
                let remedy = format!("users × rate_per_user_per_s, and × load_peak: at most {MOST_PER_S} requests/s");
                problems.push(&at, what, remedy);
            }
            let names = u64::from(users.assets) * (1 + u64::from(users.asset_version));
            if names > Users::MOST_ASSET_NAMES {
                let what = format!("{names} names of assets are more than can be told apart");
                let remedy = format!("assets × (1 + asset_version): at most {}", Users::MOST_ASSET_NAMES);
                problems.push(&at, what, remedy);
            }
        }
    }

    /// What a design needs to be of any use. Asked of what is read; on the page a design may pass through less.
    pub fn check_use(&self) -> Result<(), Problems> {
        let mut problems = Problems::default();
        if !self.nodes.iter().any(|node| matches!(node.kind, NodeKind::Users(_))) {
            problems.push("nodes", "nobody uses this system", "a node of kind users");
        }
        for (i, node) in self.nodes.iter().enumerate() {
            let at = format!("nodes[{i}]");
            match &node.kind {
                NodeKind::Users(_) if !self.calls(&node.id, "load_balancer") && !self.calls(&node.id, "web_server") => {
                    let remedy = format!("add a link from `{}` to a load_balancer or a web_server", node.id);
                    problems.push(at, "these users reach no site", remedy);
                }
                NodeKind::Cache(cache) if cache.pattern == CachePattern::ReadThrough && !self.calls_store(&node.id) => {
                    let remedy = format!("add a link from `{}` to a database, or set pattern to cache_aside", node.id);
                    let what = "a read_through cache needs a database to read";
                    problems.push(format!("{at}.params.pattern"), what, remedy);
                }
                NodeKind::Cache(cache)
                    if matches!(cache.on_write, OnWrite::WriteThrough | OnWrite::WriteBack)
                        && !self.calls_store(&node.id) =>
                {
                    let remedy = format!("add a link from `{}` to a database, or set on_write to invalidate", node.id);
                    problems.push(format!("{at}.params.on_write"), "writes cannot pass through this cache", remedy);
                }
                NodeKind::LoadBalancer(_) if !self.calls(&node.id, "web_server") => {
                    let remedy = format!("add a link from `{}` to a web_server", node.id);
                    problems.push(at, "a load_balancer without servers", remedy);
                }
                NodeKind::ShardRouter(_) if !self.calls(&node.id, "database") => {
                    let remedy = format!("add a link from `{}` to each database that shall be a shard", node.id);
                    problems.push(at, "a shard_router without shards", remedy);
                }
                NodeKind::Cdn(_) => {
                    let private = |link: &&Link| link.from == node.id && self.is_private(&link.to);
                    for link in self.links.iter().filter(private) {
                        let what = format!("`{}` cannot reach `{}`: its address is private", link.from, link.to);
                        let remedy = format!(
                            "link `{}` to the load_balancer instead, or set address of `{}` to public",
                            link.from, link.to
                        );
                        problems.push(&at, what, remedy);
                    }
                }
                NodeKind::Dns(dns) => {
                    if dns.records.is_empty() {
                        problems.push(
                            format!("{at}.params.records"),
                            "a dns without an answer",
                            "the id of a load_balancer or web_server",
                        );
                    }
                    let askers = self.links.iter().filter(|link| link.to == node.id);
                    for users in askers.map(|link| &link.from) {
                        for (j, record) in dns.records.iter().enumerate() {
                            if !self.links.iter().any(|link| link.from == *users && link.to == *record) {
                                let remedy = format!("add a link from `{users}` to `{record}`");
                                problems.push(
                                    format!("{at}.params.records[{j}]"),
                                    format!("`{users}` cannot reach `{record}`"),
                                    remedy,
                                );
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        self.check_takeovers(&mut problems);
        self.rehearse(&mut problems);
        problems.or(())
    }

    /// Tries the schedule on the design, in the order of its times.
    fn rehearse(&self, problems: &mut Problems) {
        let mut order: Vec<usize> = (0..self.schedule.len()).collect();
        sort_by_key(&mut order, |i| self.schedule[*i].at);
        let mut design = Self { schedule: Vec::new(), ..self.clone() };
        for i in order {
            let at = format!("schedule[{i}].command");
            match &self.schedule[i].command {
                Command::Fault(fault) => {
                    if let Err(problem) = fault.check(&design) {
                        problems.push(at, problem.what, problem.remedy);
                    }
                }
                Command::Edit(edit) => match design.edited(edit) {
                    Ok(edited) => design = edited,
                    Err(Problems(found)) => {
                        for problem in found {
                            let what = if problem.at.is_empty() {
                                problem.what
                            } else {
                                format!("{}: {}", problem.at, problem.what)
                            };
                            problems.push(&at, what, problem.remedy);
                        }
                    }
                },
            }
        }
    }

    /// Replicas hang on exactly one primary each. Primaries that are linked copy from each other.
    fn check_clusters(&self, problems: &mut Problems) {
        let role = |id: &str| match self.node(id).map(|node| &node.kind) {
            Some(NodeKind::Database(database)) => Some(database.role),
            _ => None,
        };
        for (i, node) in self.nodes.iter().enumerate() {
            let Some(own) = role(&node.id) else { continue };
            let sources = self.links.iter().filter(|link| link.to == node.id);
            let count = |wanted| sources.clone().filter(|link| role(&link.from) == Some(wanted)).count();
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
    fn check_quorums(&self, problems: &mut Problems) {
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
        let is_node = |id: &str| self.node(id).is_some_and(|node| node.kind.name() == "quorum_store");
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
    fn home_of<'a>(&'a self, id: &'a str) -> &'a str {
        if self.node(id).is_some_and(|node| node.kind.name() == "quorum_store") {
            self.store_of(id).into_iter().min().unwrap_or(id)
        } else {
            self.primary_of(id)
        }
    }

    /// The first primary of the cluster that `id` belongs to, by its links with other databases.
    pub(super) fn primary_of<'a>(&'a self, id: &'a str) -> &'a str {
        let is_primary = |id: &str| {
            matches!(self.node(id).map(|node| &node.kind),
                Some(NodeKind::Database(database)) if database.role == DatabaseRole::Primary)
        };
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
    fn check_homes(&self, problems: &mut Problems) {
        for (i, node) in self.nodes.iter().enumerate() {
            let is_store = |id: &str| self.node(id).is_some_and(|node| STORES.contains(&node.kind.name()));
            if is_store(&node.id) {
                continue;
            }
            let called = self.links.iter().filter(|link| link.from == node.id && is_store(&link.to));
            let mut homes: Vec<&str> = called.map(|link| self.home_of(&link.to)).collect();
            homes.sort_unstable();
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

    fn check_schedule(&self, problems: &mut Problems) {
        if self.schedule.len() > MOST_SCHEDULED {
            problems.push("schedule", "too many commands", format!("at most {MOST_SCHEDULED}"));
        }
        for (i, scheduled) in self.schedule.iter().enumerate() {
            let at = format!("schedule[{i}].command");
            match &scheduled.command {
                Command::Fault(fault) => {
                    let named: &[&str] = match fault.aim() {
                        Aim::Node(node) => &[node],
                        Aim::Link { from, to } => &[from, to],
                        Aim::Request | Aim::Region(_) => &[],
                    };
                    for node in named.iter().filter(|node| self.node(node).is_none() && !self.adds(node)) {
                        let valid = format!("nodes: {}", self.node_ids());
                        problems.push(&at, format!("there is no node `{node}`"), valid);
                    }
                    if let Err(problem) = fault.check_numbers() {
                        problems.push(format!("{at}.fault.{}", problem.at), problem.what, problem.remedy);
                    }
                }
                Command::Edit(Edit::SetSchedule { .. }) => {
                    problems.push(&at, "a schedule cannot change itself", "a fault, or an edit of nodes or links");
                }
                // Whether an edit fits depends on what the design is by then: the run reports it.
                Command::Edit(_) => {}
            }
        }
    }

    fn adds(&self, id: &str) -> bool {
        self.schedule
            .iter()
            .any(|scheduled| matches!(&scheduled.command, Command::Edit(Edit::AddNode { node, .. }) if node.id == id))
    }

    /// Whether `id` has a link to a node that keeps records.
    fn calls_store(&self, id: &str) -> bool {
        STORES.iter().any(|kind| self.calls(id, kind))
    }

    /// Whether `id` has a link to a node of `kind`.
    pub(super) fn calls(&self, id: &str, kind: &str) -> bool {
        self.links
            .iter()
            .filter(|link| link.from == id)
            .any(|link| self.node(&link.to).is_some_and(|node| node.kind.name() == kind))
    }
}
