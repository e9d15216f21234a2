//! The kinds of node that there are.

use std::fmt;
use std::hash::{Hash, Hasher};

/// What a node is, without its parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Users,
    Dns,
    Cdn,
    LoadBalancer,
    WebServer,
    Cache,
    Database,
    ObjectStore,
    QuorumStore,
    ShardRouter,
}

impl Kind {
    pub const ALL: [Self; 10] = [
        Self::Users,
        Self::Dns,
        Self::Cdn,
        Self::LoadBalancer,
        Self::WebServer,
        Self::Cache,
        Self::Database,
        Self::ObjectStore,
        Self::QuorumStore,
        Self::ShardRouter,
    ];

    /// Those that records are asked of.
    pub const STORES: [Self; 3] = [Self::Database, Self::QuorumStore, Self::ShardRouter];
    /// Those that names stand for.
    pub const SITES: [Self; 2] = [Self::LoadBalancer, Self::WebServer];

    /// As documents write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Dns => "dns",
            Self::Cdn => "cdn",
            Self::LoadBalancer => "load_balancer",
            Self::WebServer => "web_server",
            Self::Cache => "cache",
            Self::Database => "database",
            Self::ObjectStore => "object_store",
            Self::QuorumStore => "quorum_store",
            Self::ShardRouter => "shard_router",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether it keeps records for good itself.
    pub const fn keeps_records(self) -> bool {
        matches!(self, Self::Database | Self::QuorumStore)
    }

    /// Whether its load is a share of what it can do: users and name services take what comes.
    pub const fn has_load(self) -> bool {
        !matches!(self, Self::Users | Self::Dns)
    }

    /// Whether it stands with the users, outside all private networks.
    pub const fn is_outside(self) -> bool {
        matches!(self, Self::Users | Self::Dns | Self::Cdn)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// By its name: fingerprints do not depend on which kinds there are beside it.
impl Hash for Kind {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_by_its_name() {
        for kind in Kind::ALL {
            assert_eq!(Kind::named(kind.name()), Some(kind));
        }
        assert_eq!(Kind::named("server"), None);
    }
}
