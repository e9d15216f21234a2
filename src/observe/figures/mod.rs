//! Figures: the numbers of a moment, for panels, reports and tests.

use serde::Serialize;

use super::meter::ranked;
use super::outcome::{Operation, Reason};
use super::recorder::{Latencies, Sample};
use crate::base::histogram::Histogram;

mod link;
mod node;
mod stores;

pub use link::{LaneFigures, LinkFigures};
pub use node::{ConditionFigures, NodeFigures};
pub use stores::{
    ClusterFigures, KeyFigures, KeyVersion, LostWrite, QuorumFigures, ReplicationFigures, Role, ShardFigures,
    ShardingFigures, StaleRead, Step,
};

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
    /// Regions that are out.
    pub dark: Vec<String>,
    pub clusters: Vec<ClusterFigures>,
    /// Leaderless stores.
    pub quorums: Vec<QuorumFigures>,
    /// The last stale reads of caches, and of servers that keep records themselves, at most 100. Those of other stores stand with
    /// these.
    pub stale: Vec<StaleRead>,
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
            dark: Vec::new(),
            clusters: Vec::new(),
            quorums: Vec::new(),
            stale: Vec::new(),
        }
    }
}

fn per_second(count: u64, window_s: f64) -> f64 {
    if window_s > 0.0 { count as f64 / window_s } else { 0.0 }
}
