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
use crate::base::{Kind, Problems, SimDuration};

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
    /// A node of `kind` with its defaults.
    pub fn of(kind: Kind) -> Self {
        match kind {
            Kind::Users => Self::Users(Users::default()),
            Kind::Dns => Self::Dns(Dns::default()),
            Kind::Cdn => Self::Cdn(Cdn::default()),
            Kind::LoadBalancer => Self::LoadBalancer(LoadBalancer::default()),
            Kind::WebServer => Self::WebServer(WebServer::default()),
            Kind::Cache => Self::Cache(Cache::default()),
            Kind::Database => Self::Database(Database::default()),
            Kind::ObjectStore => Self::ObjectStore(ObjectStore::default()),
            Kind::QuorumStore => Self::QuorumStore(QuorumStore::default()),
            Kind::ShardRouter => Self::ShardRouter(ShardRouter::default()),
        }
    }

    /// The same, of the kind that documents call `name`.
    pub fn by_name(name: &str) -> Option<Self> {
        Kind::named(name).map(Self::of)
    }

    pub const fn kind(&self) -> Kind {
        match self {
            Self::Users(_) => Kind::Users,
            Self::Dns(_) => Kind::Dns,
            Self::Cdn(_) => Kind::Cdn,
            Self::LoadBalancer(_) => Kind::LoadBalancer,
            Self::WebServer(_) => Kind::WebServer,
            Self::Cache(_) => Kind::Cache,
            Self::Database(_) => Kind::Database,
            Self::ObjectStore(_) => Kind::ObjectStore,
            Self::QuorumStore(_) => Kind::QuorumStore,
            Self::ShardRouter(_) => Kind::ShardRouter,
        }
    }

    pub const fn name(&self) -> &'static str {
        self.kind().name()
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
        spec::specs(Self::of(self.kind()).all_params(), None)
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
