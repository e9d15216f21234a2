//! Figures: the numbers of a moment, for panels, reports and tests.

use serde::Serialize;

use super::meter::{Gauge, LaneMeter, NodeMeter, ranked};
use super::outcome::{Operation, Reason, StepKind};
use super::recorder::{Latencies, Sample};
use crate::base::SimTime;
use crate::base::histogram::Histogram;

/// The numbers of one moment. Rates, latencies and utilisations are over the last `window_s` of simulated time.
#[derive(Clone, Debug, Default, PartialEq)]
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
    /// Static assets, reads and writes, and whatever else ended in the window.
    pub operations: Vec<OperationFigures>,
    /// Reads answered in the window with another value than the primary held when the store answered.
    pub stale_reads: u64,
    /// Requests sent in the window to a remembered address that the name service did not give any more.
    pub stale_names: u64,
    /// Failures in the window by reason, most frequent first; reasons that did not occur are left out.
    pub errors: Vec<(Reason, u64)>,
    /// Since the start of the run.
    pub totals: Totals,
    /// In the order of the engine's nodes; removed ones are left out.
    pub nodes: Vec<NodeFigures>,
    /// In the order of the engine's links; those without traffic and trouble are left out.
    pub links: Vec<LinkFigures>,
    pub clusters: Vec<ClusterFigures>,
    /// Leaderless stores.
    pub quorums: Vec<QuorumFigures>,
}

/// Latency of good answers, in seconds, as the user sees it (name lookup included).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct LatencyFigures {
    pub count: u64,
    pub mean_s: f64,
    pub p50_s: f64,
    pub p90_s: f64,
    pub p99_s: f64,
    pub p999_s: f64,
}

/// One operation's share of the figures.
#[derive(Clone, Debug, PartialEq)]
pub struct OperationFigures {
    pub operation: Operation,
    pub goodput_per_s: f64,
    pub errors_per_s: f64,
    pub latency: LatencyFigures,
}

/// Counts of requests. `offered` = `answered` + `failed` + `in_flight`, always.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
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
    /// Writes that were acknowledged and then lost by a failover, or with a node that was taken out.
    pub lost_writes: u64,
    /// Events simulated.
    pub events: u64,
}

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

/// One node.
#[derive(Clone, Debug, PartialEq)]
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
    /// Requests that it has, waiting or not, now.
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

/// One link.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkFigures {
    /// The link's index, as in [`crate::observe::Hop::link`].
    pub index: u16,
    pub from: String,
    pub to: String,
    /// The direction of requests.
    pub forward: LaneFigures,
    /// The direction of answers.
    pub backward: LaneFigures,
}

/// One direction of a link.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LaneFigures {
    pub bytes_per_s: f64,
    /// Share of its bandwidth in use, 0 to 1; none where that is unlimited.
    pub utilisation: Option<f64>,
    /// Messages lost or dropped, per second; each try counts.
    pub lost_per_s: f64,
    /// Whether a partition keeps everything back.
    pub is_cut: bool,
    /// Whether a fault makes it slower, lossier or narrower than it is by design.
    pub is_impaired: bool,
    /// What the fault adds to its delay, in seconds.
    pub added_latency_s: f64,
    /// What it adds to the share of packets lost, 0 to 1.
    pub added_loss: f64,
    /// The bandwidth that it leaves, in bits per second.
    pub left_bps: Option<f64>,
}

impl LaneFigures {
    /// The part that follows from two samples of the direction's meter.
    pub fn between(from: &LaneMeter, to: &LaneMeter, since: SimTime, now: SimTime, is_limited: bool) -> Self {
        let window_s = now.since(since).as_secs_f64();
        let busy_s = (to.busy_at(now).saturating_sub(from.busy_at(since))) as f64 / 1e9;
        Self {
            bytes_per_s: per_second(to.bytes - from.bytes, window_s),
            utilisation: is_limited.then(|| if window_s > 0.0 { (busy_s / window_s).min(1.0) } else { 0.0 }),
            lost_per_s: per_second(to.lost - from.lost, window_s),
            ..Self::default()
        }
    }

    /// Whether there is nothing to tell of it.
    pub fn is_idle(&self) -> bool {
        let is_used =
            self.bytes_per_s > 0.0 || self.lost_per_s > 0.0 || self.utilisation.is_some_and(|used| used > 0.0);
        !is_used && !self.is_cut && !self.is_impaired
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
    /// Ids of its databases.
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
    /// The acknowledged writes that were lost with members taken out of the design, oldest first, at most the first 1,000.
    pub lost: Vec<LostWrite>,
    pub lost_count: u64,
    /// The writes that failed although some copy may have them: they may survive. Oldest first, at most the first 1,000.
    pub in_doubt: Vec<LostWrite>,
    pub in_doubt_count: u64,
}

/// A read that was answered with another version than the current one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StaleRead {
    /// When it was answered, in nanoseconds of simulated time.
    pub at_ns: u64,
    /// Id of the database that answered.
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
    /// Whether the record belongs there; caches only borrow it.
    pub is_owner: bool,
    /// Whether a reader gets another version than the current one.
    pub is_stale: bool,
}

impl LatencyFigures {
    pub fn of(histogram: &Histogram) -> Self {
        let quantile = |q| histogram.quantile(q).as_secs_f64();
        Self {
            count: histogram.count(),
            mean_s: histogram.mean_s(),
            p50_s: quantile(0.5),
            p90_s: quantile(0.9),
            p99_s: quantile(0.99),
            p999_s: quantile(0.999),
        }
    }
}

impl Figures {
    /// The part that follows from two samples and the latencies between them; nodes and clusters are the engine's to add.
    pub fn between(from: &Sample, to: &Sample, latencies: &Latencies) -> Self {
        let window_s = to.at.since(from.at).as_secs_f64();
        let rate = |now: u64, then: u64| per_second(now - then, window_s);
        let (now, then) = (&to.counts, &from.counts);
        let mut all = Histogram::default();
        for histogram in latencies {
            all.merge(histogram);
        }
        let is_told = |operation: &Operation| {
            let i = *operation as usize;
            operation.is_basic() || now.answered[i] + now.failed[i] > then.answered[i] + then.failed[i]
        };
        let operations = Operation::ALL.into_iter().filter(is_told).map(|operation| {
            let i = operation as usize;
            OperationFigures {
                operation,
                goodput_per_s: rate(now.answered[i], then.answered[i]),
                errors_per_s: rate(now.failed[i], then.failed[i]),
                latency: LatencyFigures::of(&latencies[i]),
            }
        });
        let (answered, failed) = (now.all_answered(), now.all_failed());
        Self {
            now_s: to.at.as_secs_f64(),
            window_s,
            offered_per_s: rate(now.offered, then.offered),
            throughput_per_s: rate(answered + now.late, then.all_answered() + then.late),
            goodput_per_s: rate(answered, then.all_answered()),
            errors_per_s: rate(failed, then.all_failed()),
            latency: LatencyFigures::of(&all),
            operations: operations.collect(),
            stale_reads: now.stale_reads - then.stale_reads,
            stale_names: now.stale_names - then.stale_names,
            errors: ranked(std::array::from_fn(|i| now.reasons[i] - then.reasons[i])),
            totals: Totals {
                offered: now.offered,
                answered,
                failed,
                in_flight: now.offered - answered - failed,
                late: now.late,
                stale_reads: now.stale_reads,
                lost_writes: now.lost_writes,
                events: 0,
            },
            nodes: Vec::new(),
            links: Vec::new(),
            clusters: Vec::new(),
            quorums: Vec::new(),
        }
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
            condition: ConditionFigures::default(),
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
            reject_probability: None,
            hit_ratio: (lookups > 0).then(|| hits as f64 / lookups as f64),
            misses: (lookups > 0).then_some(misses),
            miss_bytes: (lookups > 0).then_some(to.miss_bytes - from.miss_bytes),
            stale_hit_ratio: None,
            stale_on_error: None,
            revalidations: None,
            egress_bytes: None,
            cost: None,
            stored_bytes: None,
            stored_entries: None,
            role: None,
            lag_s: None,
            backlog: None,
            log_position: None,
            replication: None,
            stale_reads: None,
            page_hit_ratio: ratio(to.page_hits - from.page_hits, to.page_misses - from.page_misses),
            page_misses: None,
            disk_utilisation: None,
            extra_calls: some(to.extra_calls - from.extra_calls),
            torn_writes: some(to.torn_writes - from.torn_writes),
            sessions_lost: some(to.sessions_lost - from.sessions_lost),
            handoffs: None,
            promised: None,
            sharding: None,
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

fn per_second(count: u64, window_s: f64) -> f64 {
    if window_s > 0.0 { count as f64 / window_s } else { 0.0 }
}
