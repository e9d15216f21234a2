//! The words for what a request is and how it can fail.

use serde::Serialize;

/// What a user asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Operation {
    /// A static asset: JS, CSS, an image.
    Static = 0,
    /// Reads one record.
    Read = 1,
    /// Writes one record.
    Write = 2,
    /// Reads a record together with those that it is related to: a join.
    Query = 3,
    /// Proves who somebody is, and begins a session.
    Login = 4,
    /// Reads neighbouring records.
    Range = 5,
    /// Reads one number that is made of many neighbouring records.
    Aggregate = 6,
    /// Follows relations from record to record, several hops far.
    Traversal = 7,
    /// Writes several records at once.
    Transaction = 8,
}

impl Operation {
    pub const ALL: [Self; 9] = [
        Self::Static,
        Self::Read,
        Self::Write,
        Self::Query,
        Self::Login,
        Self::Range,
        Self::Aggregate,
        Self::Traversal,
        Self::Transaction,
    ];

    /// Whether reports tell of it even if nobody asked for it.
    pub const fn is_basic(self) -> bool {
        matches!(self, Self::Static | Self::Read | Self::Write)
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Static => "static",
            Self::Read => "read",
            Self::Write => "write",
            Self::Query => "query",
            Self::Login => "login",
            Self::Range => "range",
            Self::Aggregate => "aggregate",
            Self::Traversal => "traversal",
            Self::Transaction => "transaction",
        }
    }
}

/// Why a request failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Reason {
    /// The node was down when the request arrived.
    ConnectionRefused = 0,
    /// The node died while it had the request.
    NodeCrashed,
    /// The node was removed from the design while it had the request.
    NodeRemoved,
    /// No room in the queue.
    QueueFull,
    /// The user gave up waiting.
    Timeout,
    /// The name could not be resolved.
    DnsFailure,
    /// Every repetition of a packet was lost.
    NetworkLoss,
    /// The load balancer knows no healthy server.
    NoHealthyServer,
    /// The database that was asked does not take writes, and no primary is known.
    NoPrimary,
    /// There is no link that leads on.
    NoRoute,
    /// The caller had given it up.
    Cancelled,
    /// It waited longer in a queue than is allowed.
    QueueTimeout,
    /// The server answered that something went wrong.
    ServerError,
    /// Too many were on their way: the server refused more, to stay alive.
    Shed,
    /// The client was over its rate.
    RateLimited,
    /// The caller did not even try: its circuit breaker was open, or its throttle closed.
    CircuitOpen,
    /// The address is private: it cannot be reached from outside.
    Unreachable,
    /// Every connection to the stores was in use, for longer than it may wait for one.
    PoolExhausted,
    /// The record is at home in another shard, or on its way there.
    WrongShard,
}

impl Reason {
    pub const ALL: [Self; 19] = [
        Self::ConnectionRefused,
        Self::NodeCrashed,
        Self::NodeRemoved,
        Self::QueueFull,
        Self::Timeout,
        Self::DnsFailure,
        Self::NetworkLoss,
        Self::NoHealthyServer,
        Self::NoPrimary,
        Self::NoRoute,
        Self::Cancelled,
        Self::QueueTimeout,
        Self::ServerError,
        Self::Shed,
        Self::RateLimited,
        Self::CircuitOpen,
        Self::Unreachable,
        Self::PoolExhausted,
        Self::WrongShard,
    ];

    /// The name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ConnectionRefused => "connection_refused",
            Self::NodeCrashed => "node_crashed",
            Self::NodeRemoved => "node_removed",
            Self::QueueFull => "queue_full",
            Self::Timeout => "timeout",
            Self::DnsFailure => "dns_failure",
            Self::NetworkLoss => "network_loss",
            Self::NoHealthyServer => "no_healthy_server",
            Self::NoPrimary => "no_primary",
            Self::NoRoute => "no_route",
            Self::Cancelled => "cancelled",
            Self::QueueTimeout => "queue_timeout",
            Self::ServerError => "server_error",
            Self::Shed => "shed",
            Self::RateLimited => "rate_limited",
            Self::CircuitOpen => "circuit_open",
            Self::Unreachable => "unreachable",
            Self::PoolExhausted => "pool_exhausted",
            Self::WrongShard => "wrong_shard",
        }
    }

    /// The name for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::ConnectionRefused => "connection refused",
            Self::NodeCrashed => "node crashed",
            Self::NodeRemoved => "node removed",
            Self::QueueFull => "queue full",
            Self::Timeout => "timeout",
            Self::DnsFailure => "DNS failure",
            Self::NetworkLoss => "network loss",
            Self::NoHealthyServer => "no healthy server",
            Self::NoPrimary => "no primary",
            Self::NoRoute => "no route",
            Self::Cancelled => "cancelled",
            Self::QueueTimeout => "waited too long in a queue",
            Self::ServerError => "server error",
            Self::Shed => "load shed",
            Self::RateLimited => "over the rate limit",
            Self::CircuitOpen => "circuit open",
            Self::Unreachable => "private address",
            Self::PoolExhausted => "no free connection",
            Self::WrongShard => "record is in another shard",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_and_documents_use_the_same_names() {
        for (i, reason) in Reason::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, i);
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.name());
        }
        for (i, operation) in Operation::ALL.into_iter().enumerate() {
            assert_eq!(operation as usize, i);
            assert_eq!(serde_json::to_value(operation).unwrap(), operation.name());
        }
    }
}
