//! Figures: the numbers of a moment, for panels, reports and tests.

use serde::{Deserialize, Serialize};

use super::outcome::{Operation, Reason};

/// The numbers of one moment. Rates, latencies and utilisations are over the last `window_s` of simulated time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Simulated time in seconds.
    pub now_s: f64,
    pub window_s: f64,
    /// Requests that users made, per second.
    pub offered_per_s: f64,
    /// Requests that the system answered, late answers included, per second.
    pub throughput_per_s: f64,
    /// Requests answered before their user gave up, per second.
    pub goodput_per_s: f64,
    /// Requests that failed, per second.
    pub errors_per_s: f64,
    pub latency: LatencyFigures,
    pub operations: Vec<OperationFigures>,
    /// Failures in the window by reason, most frequent first; reasons that did not occur are left out.
    pub errors: Vec<(Reason, u64)>,
    /// Since the start of the run.
    pub totals: Totals,
    /// In the order of the engine's nodes; removed ones are left out.
    pub nodes: Vec<NodeFigures>,
    pub clusters: Vec<ClusterFigures>,
}

/// Latency of good answers, in seconds, as the user sees it (name lookup included).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LatencyFigures {
    pub count: u64,
    pub mean_s: f64,
    pub p50_s: f64,
    pub p90_s: f64,
    pub p99_s: f64,
    pub p999_s: f64,
}

/// One operation's share of the figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OperationFigures {
    pub operation: Operation,
    pub goodput_per_s: f64,
    pub errors_per_s: f64,
    pub latency: LatencyFigures,
}

/// Counts of requests. `offered` = `answered` + `failed` + `in_flight`, always.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    pub offered: u64,
    /// Answered before the user gave up.
    pub answered: u64,
    /// Failed, time-outs included.
    pub failed: u64,
    pub in_flight: u64,
    /// Answers that came after the user had given up; their requests count as failed.
    pub late: u64,
    /// Reads answered with another value than the primary held when the store answered.
    pub stale_reads: u64,
    /// Writes that were acknowledged and then lost by a failover.
    pub lost_writes: u64,
    /// Events simulated.
    pub events: u64,
}

/// What a node does in its cluster now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Primary,
    Replica,
}

/// One node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeFigures {
    pub id: String,
    pub is_up: bool,
    /// Whether those who route to it believe that it is up (load balancer, cluster monitor).
    pub is_in_rotation: bool,
    /// Share of its processor time in use, 0 to 1.
    pub utilisation: f64,
    /// Requests waiting, now.
    pub queue: u64,
    /// Mean number waiting over the window.
    pub queue_mean: f64,
    /// Requests that it has, waiting or not, now.
    pub in_flight: u64,
    /// Requests that arrived, per second.
    pub arrivals_per_s: f64,
    /// Requests that it answered well, per second.
    pub completions_per_s: f64,
    /// Requests that it failed, per second.
    pub errors_per_s: f64,
    /// Failures it gave in the window by reason, most frequent first.
    pub errors: Vec<(Reason, u64)>,
    /// For caches and CDNs: hits / lookups; `None` without lookups in the window.
    pub hit_ratio: Option<f64>,
    /// For caches and CDNs: bytes and entries held.
    pub stored_bytes: Option<u64>,
    pub stored_entries: Option<u64>,
    /// For databases.
    pub role: Option<Role>,
    /// For replicas: age of the oldest write of the primary that it has not applied, in seconds.
    pub lag_s: Option<f64>,
    /// For replicas: log records received but not applied.
    pub backlog: Option<u64>,
    /// For databases: last position of its log.
    pub log_position: Option<u64>,
    /// For stores: stale reads it served since the start.
    pub stale_reads: Option<u64>,
}

/// One replicated database.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ClusterFigures {
    /// Id of the node that takes writes, if one does.
    pub primary: Option<String>,
    /// How many promotions there were.
    pub promotions: u64,
    /// The acknowledged writes that failovers lost, oldest first, at most the first 1,000.
    pub lost: Vec<LostWrite>,
    pub lost_count: u64,
}

/// An acknowledged write that no database has any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LostWrite {
    pub key: u32,
    /// Position in the old primary's log.
    pub position: u64,
    pub user: u32,
    /// When it was committed, in nanoseconds of simulated time.
    pub at_ns: u64,
}
