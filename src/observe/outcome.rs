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
    /// A store was asked for something that its kind cannot do.
    NotSupported,
    /// The store has as many connections as it takes.
    TooManyConnections,
    /// The store's disk is full.
    StorageFull,
    /// Fewer copies answered than a read or a write needs.
    NoQuorum,
    /// The record is at home in another shard, or on its way there.
    WrongShard,
    /// A transaction over several shards was given up: not all of them could promise it in time.
    TransactionAborted,
}

impl Reason {
    pub const ALL: [Self; 24] = [
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
        Self::NotSupported,
        Self::TooManyConnections,
        Self::StorageFull,
        Self::NoQuorum,
        Self::WrongShard,
        Self::TransactionAborted,
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
            Self::NotSupported => "not_supported",
            Self::TooManyConnections => "too_many_connections",
            Self::StorageFull => "storage_full",
            Self::NoQuorum => "no_quorum",
            Self::WrongShard => "wrong_shard",
            Self::TransactionAborted => "transaction_aborted",
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
            Self::NotSupported => "not supported by this store",
            Self::TooManyConnections => "too many connections",
            Self::StorageFull => "disk full",
            Self::NoQuorum => "too few copies answered",
            Self::WrongShard => "record is in another shard",
            Self::TransactionAborted => "transaction given up",
        }
    }
}

/// A step of a recovery, or what makes one necessary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum StepKind {
    /// The primary was found dead.
    Detected = 0,
    /// Somebody has chosen it as primary.
    PromotedByHand,
    /// It was made sure that it takes no more writes.
    Fenced,
    /// No replica has all that the others have: nobody is promoted.
    NoSuperset,
    /// It has all that the others have, and will be primary.
    Elected,
    /// It fetches what another has and it has not.
    FetchingMissing,
    /// It has applied all that it had received, and takes writes.
    RelayApplied,
    /// Callers know it as the primary.
    Repointed,
    /// It goes on in the log of the new primary, which has all that it has.
    FollowsNew,
    /// It is new, and needs a copy of everything.
    RebuildNew,
    /// It has what the new primary has not: it needs a copy of everything.
    RebuildDiverged,
    /// What it lacks is not kept in the log any more: it needs a copy of everything.
    LogPurged,
    /// The copy has arrived, and is being put in place.
    CopyReceived,
    /// The copy is in place: it goes on with the log.
    Rebuilt,
    /// It acknowledges writes although another is primary.
    SplitBrain,
    /// A write has waited too long for replicas: it goes on asynchronously.
    SemiSyncDegraded,
    /// Enough replicas have caught up: it waits for them again.
    SemiSyncRestored,
    /// A row of that id is there already: it applies nothing any more.
    ApplierStopped,
}

impl StepKind {
    pub const ALL: [Self; 18] = [
        Self::Detected,
        Self::PromotedByHand,
        Self::Fenced,
        Self::NoSuperset,
        Self::Elected,
        Self::FetchingMissing,
        Self::RelayApplied,
        Self::Repointed,
        Self::FollowsNew,
        Self::RebuildNew,
        Self::RebuildDiverged,
        Self::LogPurged,
        Self::CopyReceived,
        Self::Rebuilt,
        Self::SplitBrain,
        Self::SemiSyncDegraded,
        Self::SemiSyncRestored,
        Self::ApplierStopped,
    ];

    /// The name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Detected => "detected",
            Self::PromotedByHand => "promoted_by_hand",
            Self::Fenced => "fenced",
            Self::NoSuperset => "no_superset",
            Self::Elected => "elected",
            Self::FetchingMissing => "fetching_missing",
            Self::RelayApplied => "relay_applied",
            Self::Repointed => "repointed",
            Self::FollowsNew => "follows_new",
            Self::RebuildNew => "rebuild_new",
            Self::RebuildDiverged => "rebuild_diverged",
            Self::LogPurged => "log_purged",
            Self::CopyReceived => "copy_received",
            Self::Rebuilt => "rebuilt",
            Self::SplitBrain => "split_brain",
            Self::SemiSyncDegraded => "semi_sync_degraded",
            Self::SemiSyncRestored => "semi_sync_restored",
            Self::ApplierStopped => "applier_stopped",
        }
    }

    /// What to say of the node, after its name.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Detected => "found dead",
            Self::PromotedByHand => "chosen as primary by hand",
            Self::Fenced => "fenced",
            Self::NoSuperset => "cannot be replaced: no living replica has all that the others have",
            Self::Elected => "elected",
            Self::FetchingMissing => "fetches what it lacks from a peer",
            Self::RelayApplied => "has applied its relay log and takes writes",
            Self::Repointed => "is known to callers as the primary",
            Self::FollowsNew => "follows the new primary",
            Self::RebuildNew => "is new: needs a copy",
            Self::RebuildDiverged => "has gone another way: needs a copy",
            Self::LogPurged => "lacks what the log has dropped: needs a copy",
            Self::CopyReceived => "has received the copy",
            Self::Rebuilt => "is rebuilt",
            Self::SplitBrain => "acknowledges writes beside the primary",
            Self::SemiSyncDegraded => "goes on asynchronously",
            Self::SemiSyncRestored => "waits for replicas again",
            Self::ApplierStopped => "has stopped applying: duplicate key",
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
        for (i, kind) in StepKind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, i);
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
    }
}
