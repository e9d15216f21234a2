//! The kinds of node and their parameters: the one place where a unit, a range, a default and a help text stand.

mod cache;
mod call_policy;
mod cdn;
mod database;
mod dns;
mod load_balancer;
mod object_store;
mod quorum_store;
mod shard_router;
mod users;
mod web_server;

use schemars::JsonSchema;
use serde_json::Value;

use super::spec::{self, ParamSpec, Params};
use crate::base::Problems;
use crate::base::SimDuration;

pub use cache::{Cache, CachePattern, CacheRole, EvictionPolicy, OnWrite, Switch};
pub use call_policy::{Backoff, CallPolicy, OnGiveUp};
pub use cdn::{AgeRule, Cdn, Collapsing, EdgeFallback};
pub use database::{
    CommitMode, Conflicts, DataModel, Database, DatabaseRole, Failover, Layout, LogMatching, Reads, Writes,
};
pub use dns::{Dns, DnsAnswers, WarmClients};
pub use load_balancer::{BalancerPolicy, Ejection, HashOn, LoadBalancer, Sampling};
pub use object_store::ObjectStore;
pub use quorum_store::{Contacts, QuorumStore};
pub use shard_router::{ShardRouter, ShardStrategy};
pub use users::{Arrivals, Load, Loop, Users};
pub use web_server::{Address, Discipline, Gathering, SessionStore, Shedding, WebServer};

/// The kinds of node that keep records, by name.
pub const STORES: [&str; 3] = ["database", "quorum_store", "shard_router"];

const MS: fn(u64) -> SimDuration = SimDuration::from_millis;
const US: fn(u64) -> SimDuration = SimDuration::from_micros;
const SECS: fn(u64) -> SimDuration = SimDuration::from_secs;

/// A node's kind with its parameters.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
#[serde(tag = "kind", content = "params", rename_all = "snake_case")]
pub enum NodeKind {
    Users(Users),
    Dns(Dns),
    Cdn(Cdn),
    LoadBalancer(LoadBalancer),
    WebServer(WebServer),
    Cache(Cache),
    Database(Database),
    ObjectStore(ObjectStore),
    QuorumStore(QuorumStore),
    ShardRouter(ShardRouter),
}

/// The parameters inside, whatever their type; as they are borrowed.
macro_rules! params_of {
    ($kind:expr) => {
        match $kind {
            NodeKind::Users(params) => params,
            NodeKind::Dns(params) => params,
            NodeKind::Cdn(params) => params,
            NodeKind::LoadBalancer(params) => params,
            NodeKind::WebServer(params) => params,
            NodeKind::Cache(params) => params,
            NodeKind::Database(params) => params,
            NodeKind::ObjectStore(params) => params,
            NodeKind::QuorumStore(params) => params,
            NodeKind::ShardRouter(params) => params,
        }
    };
}

impl NodeKind {
    /// The names of all kinds, as documents write them.
    pub const NAMES: [&'static str; 10] = [
        "users",
        "dns",
        "cdn",
        "load_balancer",
        "web_server",
        "cache",
        "database",
        "object_store",
        "quorum_store",
        "shard_router",
    ];

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
            "object_store" => Self::ObjectStore(ObjectStore::default()),
            "quorum_store" => Self::QuorumStore(QuorumStore::default()),
            "shard_router" => Self::ShardRouter(ShardRouter::default()),
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
            Self::ObjectStore(_) => "object_store",
            Self::QuorumStore(_) => "quorum_store",
            Self::ShardRouter(_) => "shard_router",
        }
    }

    fn all_params(&self) -> &dyn Params {
        params_of!(self)
    }

    fn all_params_mut(&mut self) -> &mut dyn Params {
        params_of!(self)
    }

    /// What a node of this kind is, in a sentence.
    pub fn help(&self) -> &'static str {
        self.all_params().table().help
    }

    pub fn specs(&self) -> Vec<ParamSpec> {
        let defaults = Self::by_name(self.name()).expect("every kind has its name");
        spec::specs(defaults.all_params(), None)
    }

    /// The parameters as they stand in a document.
    pub fn params(&self) -> Value {
        self.all_params().to_value()
    }

    /// Sets the parameters that an object names; the others stay as they are.
    pub(super) fn read_params(&mut self, value: &Value, at: &str) -> Result<(), Problems> {
        self.all_params_mut().set_from(value, at)
    }

    /// Sets one parameter; a problem is at its name. Ranges are checked by [`Self::check`].
    pub fn set(&mut self, name: &str, value: impl Into<Value>) -> Result<(), Problems> {
        spec::set(self.all_params_mut(), name, &value.into(), name)
    }

    pub fn check(&self, at: &str, problems: &mut Problems) {
        spec::check(self.all_params(), at, problems);
    }
}
