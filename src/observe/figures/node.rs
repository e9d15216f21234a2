//! Figures of a node: what all kinds have, and what only some do.

use serde::Serialize;

use super::per_second;
use super::stores::{ReplicationFigures, Role, ShardingFigures};
use crate::base::SimTime;
use crate::observe::meter::{Gauge, NodeMeter, ranked};
use crate::observe::outcome::Reason;

/// One node. What does not concern its kind is `None`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeFigures {
    pub id: String,
    pub is_up: bool,
    /// Whether those who route to it believe that it is up (load balancer, cluster monitor).
    pub is_in_rotation: bool,
    pub condition: ConditionFigures,
    /// Share of its processor time in use, 0 to 1.
    pub utilisation: f64,
    /// Requests waiting, now.
    pub queue: u64,
    /// Mean number waiting over the window.
    pub queue_mean: f64,
    /// Mean wait, in seconds, of those whose service began in the window; zero without any.
    pub wait_mean_s: f64,
    /// Share of those whose service began in the window that had to wait for it.
    pub wait_ratio: f64,
    /// Requests that it has, waiting or not, now; without those that it is taking in (at most a millisecond each).
    pub in_flight: u64,
    /// Mean of that over the window.
    pub in_flight_mean: f64,
    /// Requests that arrived, per second.
    pub arrivals_per_s: f64,
    /// Requests that it answered well, per second.
    pub completions_per_s: f64,
    /// Requests that it failed, per second.
    pub errors_per_s: f64,
    /// Failures it gave in the window by reason, most frequent first.
    pub errors: Vec<(Reason, u64)>,
    /// For callers that throttle themselves: probability with which a call fails at once, now.
    pub reject_probability: Option<f64>,
    /// For caches, CDNs, browsers and the sessions of web servers: hits / lookups; `None` without lookups in the window.
    pub hit_ratio: Option<f64>,
    /// For the same: lookups in the window that missed, and the bytes of their objects; `None` without lookups.
    pub misses: Option<u64>,
    pub miss_bytes: Option<u64>,
    /// For CDNs: share of the lookups that were answered at once with a stale asset; `None` without lookups in the window.
    pub stale_hit_ratio: Option<f64>,
    /// For CDNs: how often in the window a stale asset stood in for an origin that failed.
    pub stale_on_error: Option<u64>,
    /// For users with browser caches: stale assets in the window that were asked for anew and were still good.
    pub revalidations: Option<u64>,
    /// For CDNs: bytes sent since the start, and their price in dollars.
    pub egress_bytes: Option<u64>,
    pub cost: Option<f64>,
    /// For caches, CDNs and browsers: bytes and entries held.
    pub stored_bytes: Option<u64>,
    pub stored_entries: Option<u64>,
    /// For databases.
    pub role: Option<Role>,
    /// For replicas: age of the oldest write of the primary that it has not applied, in seconds.
    pub lag_s: Option<f64>,
    /// For replicas: log records received but not applied.
    pub backlog: Option<u64>,
    /// For databases: position of the last write that it has, applied or not.
    pub log_position: Option<u64>,
    /// For databases: what else they do in their cluster.
    pub replication: Option<ReplicationFigures>,
    /// For stores: stale reads it served since the start.
    pub stale_reads: Option<u64>,
    /// For databases with a buffer pool: share of the pages that were found there, pages read from the disk in the window, and
    /// the share of its operations per second that the disk did; `None` where all fits into memory.
    pub page_hit_ratio: Option<f64>,
    pub page_misses: Option<u64>,
    pub disk_utilisation: Option<f64>,
    /// For web servers: calls made in the window one by one for what the store cannot do at once; `None` without any.
    pub extra_calls: Option<u64>,
    /// For web servers: requests in the window whose writes were made only in part; `None` without any.
    pub torn_writes: Option<u64>,
    /// For web servers: requests in the window of users whose session was not there any more; `None` without any.
    pub sessions_lost: Option<u64>,
    /// For members of leaderless stores: copies that wait to be given to others, for those have missed them, or shall keep them.
    pub handoffs: Option<u64>,
    /// For shards: transactions that it has promised to commit and of whose end it has not heard.
    pub promised: Option<u64>,
    /// For shard routers.
    pub sharding: Option<ShardingFigures>,
}

/// The faults of a living node.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ConditionFigures {
    /// Whether it has stopped reacting, though it is not dead.
    pub is_hung: bool,
    /// How many times as long its services take; 1 if it is well.
    pub slowdown: f64,
    /// Share of its answers that are turned into errors, 0 to 1.
    pub error_ratio: f64,
    /// Whether its disk takes no writes.
    pub is_read_only: bool,
}

impl Default for ConditionFigures {
    fn default() -> Self {
        Self { is_hung: false, slowdown: 1.0, error_ratio: 0.0, is_read_only: false }
    }
}

impl NodeFigures {
    /// The part that follows from two samples of the node's meter.
    pub fn between(id: &str, from: &NodeMeter, to: &NodeMeter, since: SimTime, now: SimTime, cores: u32) -> Self {
        let window_s = now.since(since).as_secs_f64();
        let rate = |now: u64, then: u64| per_second(now - then, window_s);
        let mean = |to: &Gauge, from: &Gauge| {
            let area = to.area_at(now) - from.area_at(since);
            if window_s > 0.0 { area as f64 / 1e9 / window_s } else { to.level() as f64 }
        };
        let failures: [u64; Reason::ALL.len()] = std::array::from_fn(|i| to.failures[i] - from.failures[i]);
        let begun = (to.begun - from.begun).max(1) as f64;
        let (hits, misses) = (to.hits - from.hits, to.misses - from.misses);
        let lookups = hits + misses;
        Self {
            id: id.to_owned(),
            is_up: true,
            is_in_rotation: true,
            utilisation: mean(&to.busy, &from.busy) / f64::from(cores.max(1)),
            queue: to.waiting.level(),
            queue_mean: mean(&to.waiting, &from.waiting),
            wait_mean_s: (to.waited_ns - from.waited_ns) as f64 / 1e9 / begun,
            wait_ratio: (to.waited - from.waited) as f64 / begun,
            in_flight: to.present.level(),
            in_flight_mean: mean(&to.present, &from.present),
            arrivals_per_s: rate(to.arrivals, from.arrivals),
            completions_per_s: rate(to.completions, from.completions),
            errors_per_s: per_second(failures.iter().sum(), window_s),
            errors: ranked(failures),
            hit_ratio: (lookups > 0).then(|| hits as f64 / lookups as f64),
            misses: (lookups > 0).then_some(misses),
            miss_bytes: (lookups > 0).then_some(to.miss_bytes - from.miss_bytes),
            page_hit_ratio: ratio(to.page_hits - from.page_hits, to.page_misses - from.page_misses),
            extra_calls: some(to.extra_calls - from.extra_calls),
            torn_writes: some(to.torn_writes - from.torn_writes),
            sessions_lost: some(to.sessions_lost - from.sessions_lost),
            ..Self::default()
        }
    }
}

fn some(count: u64) -> Option<u64> {
    (count > 0).then_some(count)
}

/// Share of the hits; none where nothing was looked up.
fn ratio(hits: u64, misses: u64) -> Option<f64> {
    let all = hits + misses;
    (all > 0).then(|| hits as f64 / all as f64)
}
