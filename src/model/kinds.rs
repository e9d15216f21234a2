//! The kinds of node and their parameters: the one place where a unit, a range, a default and a help text stand.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::problem::Problems;
use super::spec::{ParamSpec, Params, choices, params};
use crate::base::{Bytes, SimDuration};

const MS: fn(u64) -> SimDuration = SimDuration::from_millis;
const US: fn(u64) -> SimDuration = SimDuration::from_micros;
const SECS: fn(u64) -> SimDuration = SimDuration::from_secs;

choices! {
    /// Shape of a service time around its mean.
    pub enum ServiceShape {
        /// Always exactly the mean.
        Constant = "constant",
        /// Exponential: many short, few long (squared coefficient of variation 1).
        Exponential = "exponential",
    }
}

choices! {
    /// How a load balancer chooses a server.
    pub enum BalancerPolicy {
        /// Each in turn.
        RoundRobin = "round_robin",
        /// The one with the fewest requests outstanding.
        LeastConnections = "least_connections",
        /// Any, uniformly.
        Random = "random",
    }
}

choices! {
    /// Which entry a full cache gives up.
    pub enum EvictionPolicy {
        /// The least recently used.
        Lru = "lru",
        /// The least frequently used while in the cache; among equals the first to reach its count.
        Lfu = "lfu",
        /// The oldest.
        Fifo = "fifo",
    }
}

choices! {
    /// Who fetches what the cache does not have.
    pub enum CachePattern {
        /// The cache asks the database itself.
        ReadThrough = "read_through",
        /// The web server asks the database, then stores the answer in the cache.
        CacheAside = "cache_aside",
    }
}

choices! {
    /// What a web server does with the cache after a write.
    pub enum OnWrite {
        /// It deletes the key, in a second operation after the database's.
        Invalidate = "invalidate",
        /// Nothing: the old entry lives until it expires.
        Nothing = "nothing",
    }
}

choices! {
    /// What a database node does in its cluster.
    pub enum DatabaseRole {
        /// Takes the writes.
        Primary = "primary",
        /// Applies the primary's log and serves reads.
        Replica = "replica",
    }
}

choices! {
    /// What happens when the primary is found dead.
    pub enum Failover {
        /// The replica that received most is promoted.
        Automatic = "automatic",
        /// Nothing, until the primary returns.
        Manual = "manual",
    }
}

params! {
    /// A population of users: open loop, Poisson arrivals, keys by Zipf's law.
    pub struct Users {
        /// How many users there are.
        users: u32 = 1_000, "users", 1.0, 10_000_000.0;
        /// Requests that one user makes per second, on average.
        rate_per_user_per_s: f64 = 0.1, "requests/s", 0.000_001, 1_000.0;
        /// Weight of static assets (JS, CSS, images) in the mix of operations.
        static_weight: f64 = 5.0, "", 0.0, 1_000_000.0;
        /// Weight of reads in the mix of operations.
        read_weight: f64 = 4.0, "", 0.0, 1_000_000.0;
        /// Weight of writes in the mix of operations.
        write_weight: f64 = 1.0, "", 0.0, 1_000_000.0;
        /// How many different records the users read and write.
        keys: u32 = 100_000, "keys", 1.0, 100_000_000.0;
        /// Zipf exponent of the records' popularity; 0 makes all equally popular.
        zipf_exponent: f64 = 0.9, "", 0.0, 10.0;
        /// How many different static assets there are.
        assets: u32 = 2_000, "assets", 1.0, 100_000_000.0;
        /// Zipf exponent of the assets' popularity.
        assets_zipf_exponent: f64 = 0.9, "", 0.0, 10.0;
        /// Mean size of a record; each key has its own, between half and one and a half of it.
        value_size: Bytes = Bytes::kb(2), "B", 1.0, 1_073_741_824.0;
        /// Mean size of an asset; each has its own, between half and one and a half of it.
        asset_size: Bytes = Bytes::kb(64), "B", 1.0, 1_073_741_824.0;
        /// How long a user waits for an answer before giving up.
        timeout: SimDuration = SECS(10), "s", 0.001, 3_600.0;
    }
}

params! {
    /// Name service: tells clients the site's public addresses; they cache the answer.
    pub struct Dns {
        /// The public addresses it answers with: ids of nodes, rotated from answer to answer.
        records: Vec<String> = Vec::new(), "nodes", 0.0, 0.0;
        /// How long a client keeps an answer.
        ttl: SimDuration = SECS(60), "s", 0.0, 604_800.0;
        /// Time to look an answer up.
        lookup_time: SimDuration = US(200), "s", 0.0, 60.0;
    }
}

params! {
    /// Content delivery network edge: keeps static assets near the users.
    pub struct Cdn {
        /// Storage for assets.
        capacity: Bytes = Bytes::mb(64), "B", 1.0, 1_099_511_627_776.0;
        /// Which asset it gives up when full.
        policy: EvictionPolicy = EvictionPolicy::Lru, "", 0.0, 0.0;
        /// How long an asset stays fresh.
        ttl: SimDuration = SECS(3_600), "s", 0.0, 31_536_000.0;
        /// Time to serve an asset, hit or miss.
        lookup_time: SimDuration = US(100), "s", 0.0, 60.0;
        /// Requests it can serve at a time; more wait.
        cores: u32 = 64, "cores", 1.0, 1_024.0;
    }
}

params! {
    /// Load balancer: the public address in front of private servers; sends each request to a healthy one.
    pub struct LoadBalancer {
        /// How it chooses a server.
        policy: BalancerPolicy = BalancerPolicy::RoundRobin, "", 0.0, 0.0;
        /// Time between health checks of a server.
        check_interval: SimDuration = SECS(2), "s", 0.01, 3_600.0;
        /// Failed checks in a row after which a server gets no more requests.
        fall: u32 = 3, "checks", 1.0, 100.0;
        /// Passed checks in a row after which it gets requests again.
        rise: u32 = 2, "checks", 1.0, 100.0;
        /// Processor time to forward one request.
        forward_time: SimDuration = US(20), "s", 0.0, 60.0;
        /// Requests it can forward at a time; more wait.
        cores: u32 = 4, "cores", 1.0, 1_024.0;
    }
}

params! {
    /// Web server: runs the application; a worker is held from the start of a request until its answer.
    pub struct WebServer {
        /// Processor cores.
        cores: u32 = 4, "cores", 1.0, 1_024.0;
        /// Requests it works on at a time, including those that wait for a cache or a database.
        workers: u32 = 64, "workers", 1.0, 100_000.0;
        /// Requests that may wait for a worker; more are refused.
        queue_limit: u32 = 256, "requests", 0.0, 10_000_000.0;
        /// Shape of the service time.
        service_shape: ServiceShape = ServiceShape::Exponential, "", 0.0, 0.0;
        /// Mean processor time of a static asset.
        static_service: SimDuration = US(400), "s", 0.0, 3_600.0;
        /// Mean processor time of a read, without the stores behind.
        read_service: SimDuration = MS(3), "s", 0.0, 3_600.0;
        /// Mean processor time of a write, without the stores behind.
        write_service: SimDuration = MS(4), "s", 0.0, 3_600.0;
    }
}

params! {
    /// Cache: keeps values in memory, in front of the database. Volatile: a restart empties it.
    pub struct Cache {
        /// Memory for values.
        capacity: Bytes = Bytes::mb(64), "B", 1.0, 1_099_511_627_776.0;
        /// Which entry it gives up when full.
        policy: EvictionPolicy = EvictionPolicy::Lru, "", 0.0, 0.0;
        /// How long an entry lives; 0s means for ever.
        ttl: SimDuration = SECS(60), "s", 0.0, 31_536_000.0;
        /// Who fetches what is missing.
        pattern: CachePattern = CachePattern::ReadThrough, "", 0.0, 0.0;
        /// What happens to an entry when its key is written.
        on_write: OnWrite = OnWrite::Invalidate, "", 0.0, 0.0;
        /// Processor time of one operation.
        lookup_time: SimDuration = US(20), "s", 0.0, 60.0;
        /// Processor cores.
        cores: u32 = 2, "cores", 1.0, 1_024.0;
    }
}

params! {
    /// Relational database: a log of versioned writes; the primary takes writes, replicas apply its log and serve reads.
    pub struct Database {
        /// What it does in its cluster at the start.
        role: DatabaseRole = DatabaseRole::Primary, "", 0.0, 0.0;
        /// Processor cores.
        cores: u32 = 4, "cores", 1.0, 1_024.0;
        /// Requests that may wait for a core; more are refused.
        queue_limit: u32 = 500, "requests", 0.0, 10_000_000.0;
        /// Shape of the service time.
        service_shape: ServiceShape = ServiceShape::Exponential, "", 0.0, 0.0;
        /// Mean time of a read.
        read_service: SimDuration = MS(4), "s", 0.0, 3_600.0;
        /// Mean time of a write, commit included.
        write_service: SimDuration = MS(6), "s", 0.0, 3_600.0;
        /// As primary: time that a committed write waits on this host before it is sent to the replicas.
        ship_delay: SimDuration = MS(5), "s", 0.0, 3_600.0;
        /// As replica: time to apply one write of the log.
        apply_time: SimDuration = MS(1), "s", 0.0, 3_600.0;
        /// As primary: time between the monitor's checks of each database of the cluster.
        check_interval: SimDuration = SECS(1), "s", 0.01, 3_600.0;
        /// As primary: failed checks in a row after which a database counts as dead.
        fall: u32 = 3, "checks", 1.0, 100.0;
        /// As primary: what happens when it is found dead.
        failover: Failover = Failover::Automatic, "", 0.0, 0.0;
        /// As primary: log records kept for replicas that are behind; one further behind copies a snapshot.
        log_retention: u32 = 1_000_000, "records", 1.0, 100_000_000.0;
        /// As replica: time to copy a snapshot of the whole primary.
        snapshot_time: SimDuration = SECS(5), "s", 0.0, 86_400.0;
    }
}

/// A node's kind with its parameters.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "kind", content = "params", rename_all = "snake_case")]
pub enum NodeKind {
    Users(Users),
    Dns(Dns),
    Cdn(Cdn),
    LoadBalancer(LoadBalancer),
    WebServer(WebServer),
    Cache(Cache),
    Database(Database),
}

/// Runs `$body` with the parameters of `$kind`, whatever their type.
macro_rules! with_params {
    ($kind:expr, $params:ident => $body:expr) => {
        match $kind {
            NodeKind::Users($params) => $body,
            NodeKind::Dns($params) => $body,
            NodeKind::Cdn($params) => $body,
            NodeKind::LoadBalancer($params) => $body,
            NodeKind::WebServer($params) => $body,
            NodeKind::Cache($params) => $body,
            NodeKind::Database($params) => $body,
        }
    };
}

fn help_of<P: Params>(_: &P) -> &'static str {
    P::HELP
}

fn specs_of<P: Params>(_: &P) -> Vec<ParamSpec> {
    P::specs()
}

fn set_in<P: Params + Serialize + for<'de> serde::Deserialize<'de>>(
    params: &mut P,
    name: &str,
    value: Value,
) -> Result<(), String> {
    let mut whole = serde_json::to_value(&*params).map_err(|error| error.to_string())?;
    match whole.get_mut(name) {
        Some(slot) => *slot = value,
        None => return Err(format!("there is no parameter `{name}`")),
    }
    *params = serde_json::from_value(whole).map_err(|error| error.to_string())?;
    Ok(())
}

impl NodeKind {
    /// The names of all kinds, as documents write them.
    pub const NAMES: [&'static str; 7] = ["users", "dns", "cdn", "load_balancer", "web_server", "cache", "database"];

    /// A node of the kind called `name`, with its defaults.
    pub fn by_name(name: &str) -> Option<Self> {
        Some(match name {
            "users" => Self::Users(Users::default()),
            "dns" => Self::Dns(Dns::default()),
            "cdn" => Self::Cdn(Cdn::default()),
            "load_balancer" => Self::LoadBalancer(LoadBalancer::default()),
            "web_server" => Self::WebServer(WebServer::default()),
            "cache" => Self::Cache(Cache::default()),
            "database" => Self::Database(Database::default()),
            _ => return None,
        })
    }

    pub fn name(&self) -> &'static str {
        match self {
            Self::Users(_) => "users",
            Self::Dns(_) => "dns",
            Self::Cdn(_) => "cdn",
            Self::LoadBalancer(_) => "load_balancer",
            Self::WebServer(_) => "web_server",
            Self::Cache(_) => "cache",
            Self::Database(_) => "database",
        }
    }

    /// What a node of this kind is, in a sentence.
    pub fn help(&self) -> &'static str {
        with_params!(self, params => help_of(params))
    }

    pub fn specs(&self) -> Vec<ParamSpec> {
        with_params!(self, params => specs_of(params))
    }

    /// The parameters as they stand in a document.
    pub fn params(&self) -> Value {
        with_params!(self, params => serde_json::to_value(params).expect("parameters can be written"))
    }

    /// Sets one parameter; the error says why it cannot be. Ranges are checked by [`Self::check`].
    pub fn set(&mut self, name: &str, value: Value) -> Result<(), String> {
        with_params!(self, params => set_in(params, name, value))
    }

    pub fn check(&self, at: &str, problems: &mut Problems) {
        with_params!(self, params => params.check(at, problems));
    }
}
