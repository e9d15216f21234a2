//! The kinds of node and their parameters: the one place where a unit, a range, a default and a help text stand.

mod cache;
mod call_policy;
mod cdn;
mod database;
mod dns;
mod load_balancer;
mod users;
mod web_server;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::problem::Problems;
use super::spec::{ParamSpec, Params};
use crate::base::SimDuration;

pub use cache::{Cache, CachePattern, CacheRole, EvictionPolicy, OnWrite, Switch};
pub use call_policy::{Backoff, CallPolicy, OnGiveUp};
pub use cdn::{AgeRule, Cdn, Collapsing, EdgeFallback};
pub use database::{Database, DatabaseRole, Failover};
pub use dns::{Dns, DnsAnswers, WarmClients};
pub use load_balancer::{BalancerPolicy, Ejection, HashOn, LoadBalancer, Sampling};
pub use users::{Arrivals, Load, Loop, Users};
pub use web_server::{Address, Discipline, WebServer};

const MS: fn(u64) -> SimDuration = SimDuration::from_millis;
const US: fn(u64) -> SimDuration = SimDuration::from_micros;
const SECS: fn(u64) -> SimDuration = SimDuration::from_secs;

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
    // A parameter of a group is called by the group's name and its own.
    match whole.pointer_mut(&format!("/{}", name.replace('.', "/"))) {
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
