//! Figures of those who keep records: databases and their clusters, leaderless stores, shards; and lists of records.

use serde::Serialize;

use crate::observe::outcome::{Reason, StepKind};

/// What a node does in its cluster now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Primary,
    Replica,
}

impl Role {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Replica => "replica",
        }
    }
}

/// What a database does as a part of its cluster.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReplicationFigures {
    /// Position of the last write in its log: what it has executed, and reads see.
    pub applied: u64,
    /// Position of the last write that it has received.
    pub received: u64,
    /// The global transaction ids of what it has executed, as in `db-1:1-98,db-2:1-500`.
    pub executed: String,
    /// Records that were sent to it.
    pub records_received: u64,
    /// Records from others that it has applied.
    pub records_applied: u64,
    /// Records that it had committed first itself, come back to it and discarded.
    pub discarded: u64,
    /// Records dropped since their origin is ignored.
    pub ignored: u64,
    /// Records applied although it had applied them before.
    pub repeated: u64,
    /// Records that met a newer write of the same record.
    pub conflicts: u64,
    /// Writes that wait for replicas.
    pub waiting: u64,
    /// Whether it has given up waiting for replicas, and acknowledges asynchronously.
    pub is_degraded: bool,
    /// The row whose duplicate has stopped its applier.
    pub stopped_by: Option<u32>,
    /// Copies of everything that were put in place.
    pub rebuilds: u64,
    /// How often its log has begun anew from a copy: positions grow only between two such times.
    pub life: u32,
}

/// One replicated database.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ClusterFigures {
    /// Ids of its databases; of those that it had, if all have been taken out of the design.
    pub nodes: Vec<String>,
    /// Id of the node that takes writes, if one does; of several the first.
    pub primary: Option<String>,
    /// How many promotions there were.
    pub promotions: u64,
    /// Writes that were acknowledged, since the start.
    pub acknowledged: u64,
    /// The acknowledged writes that failovers lost, oldest first, at most the first 1,000.
    pub lost: Vec<LostWrite>,
    pub lost_count: u64,
    /// Writes that their primary could not acknowledge any more, in the same way.
    pub in_doubt: Vec<LostWrite>,
    pub in_doubt_count: u64,
    /// How many of those in doubt stand.
    pub survived: u64,
    /// How many of those in doubt do not stand although somebody had read them.
    pub visible_lost: u64,
    /// Writes that were acknowledged by a second primary and belong to no common history, in the same way.
    pub diverged: Vec<LostWrite>,
    pub diverged_count: u64,
    /// Times that a second primary began to acknowledge writes.
    pub split_brains: u64,
    /// The last stale reads, at most 100.
    pub stale: Vec<StaleRead>,
    /// The steps of recoveries, at most the last 200.
    pub steps: Vec<Step>,
}

/// One leaderless replicated store.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct QuorumFigures {
    /// Ids of its nodes.
    pub nodes: Vec<String>,
    /// Whether copies are being moved, for members have come or go.
    pub is_changing: bool,
    /// Writes that were acknowledged, since the start.
    pub acknowledged: u64,
    /// The acknowledged writes that were lost with members taken out of the design, oldest first, at most the first 1,000.
    pub lost: Vec<LostWrite>,
    pub lost_count: u64,
    /// The writes that failed although some copy may have them: they may survive. Oldest first, at most the first 1,000.
    pub in_doubt: Vec<LostWrite>,
    pub in_doubt_count: u64,
    /// The last stale reads, at most 100.
    pub stale: Vec<StaleRead>,
}

/// What a shard router knows of its shards.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ShardingFigures {
    /// In the order in which it came to know them.
    pub shards: Vec<ShardFigures>,
    /// The key that was asked for most often in the last ten seconds or so, and its share of the requests, 0 to 1, at least.
    pub hottest_key: Option<u32>,
    pub hottest_share: Option<f64>,
    /// Whether keys are being moved, or copied.
    pub is_moving: bool,
    /// Keys to which the last change has given another home, how many of them have been moved there since, and their bytes.
    pub keys_to_move: u64,
    pub keys_moved: u64,
    pub bytes_moved: u64,
    /// Attempts to move a key that failed since the last change, and why the last of them did.
    pub failed_moves: u64,
    pub move_failure: Option<Reason>,
    /// Records that are still where they were before they were moved, or copies that are not wanted any more; and how many of these
    /// have been deleted since the start.
    pub left_behind: u64,
    pub deleted: u64,
    /// Writes that wait until their key has been moved, now.
    pub held_writes: u64,
    /// Transactions over several shards: under way now, and committed and given up since the start.
    pub open_transactions: u64,
    pub committed: u64,
    pub aborted: u64,
    /// Acknowledged writes that were lost with shards that were taken out of the design, at most the first 1,000.
    pub lost: Vec<LostWrite>,
    pub lost_count: u64,
}

/// One shard.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ShardFigures {
    /// Id of the database by which the router knows it.
    pub id: String,
    /// Its share of the router's requests in the last ten seconds or so, 0 to 1.
    pub share: f64,
}

/// A read that was answered with another version than the current one; by a leaderless store, with an older one than was
/// acknowledged when the read came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StaleRead {
    /// When it was answered, in nanoseconds of simulated time.
    pub at_ns: u64,
    /// Id of the store that answered; of a leaderless one, of the node that coordinated.
    pub node: String,
    pub key: u32,
    pub user: u32,
    /// The version that it answered with, and the current one.
    pub version: u64,
    pub current: u64,
    /// How long the current one had been that, in nanoseconds.
    pub lag_ns: u64,
}

/// A step of a recovery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// In nanoseconds of simulated time.
    pub at_ns: u64,
    /// Id of the database that it is about.
    pub node: String,
    pub kind: StepKind,
}

/// A write that is listed by key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct LostWrite {
    pub key: u32,
    /// Position in the log of the node that committed it; like the rest unknown if the log had dropped it by then.
    pub position: Option<u64>,
    /// Its number among all committed writes of the run.
    pub version: Option<u64>,
    pub user: Option<u32>,
    /// When it was committed, in nanoseconds of simulated time.
    pub at_ns: Option<u64>,
}

/// One record, as every store of the design has it at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct KeyFigures {
    pub key: u32,
    /// Its current version: the number of the last acknowledged write; 0 if it was never written.
    pub current: u64,
    /// In the order of the engine's nodes. Of a leaderless store those who keep it, or have a copy left.
    pub stores: Vec<KeyVersion>,
}

/// A record in one store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct KeyVersion {
    /// Id of the node.
    pub node: String,
    /// The version that a reader gets; none: it does not have the record.
    pub version: Option<u64>,
    /// For databases: the newest version that it has received and not applied yet.
    pub received: Option<u64>,
    /// For databases whose writes count: what stands in the record.
    pub value: Option<u32>,
    /// Whether the record belongs there; caches only borrow it.
    pub is_owner: bool,
    /// Whether a reader gets another version than the current one.
    pub is_stale: bool,
}
