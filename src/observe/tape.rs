//! Figures on a tape: how the engine's worker tells them to the page.

use super::figures::{
    ClusterFigures, ConditionFigures, Figures, LaneFigures, LatencyFigures, LinkFigures, LostWrite, NodeFigures,
    OperationFigures, QuorumFigures, ReplicationFigures, Role, ShardFigures, ShardingFigures, StaleRead, Step, Totals,
};
use super::outcome::{Operation, Reason, StepKind};
use crate::base::tape::{taped, taped_words};

taped_words!(Operation, Operation::ALL);
taped_words!(Reason, Reason::ALL);
taped_words!(StepKind, StepKind::ALL);
taped_words!(Role, [Role::Primary, Role::Replica]);

taped!(Figures = Self::default(), {
    now_s, window_s, offered_per_s, throughput_per_s, goodput_per_s, errors_per_s, latency, operations, stale_reads,
    stale_names, errors, totals, nodes, links, dark, clusters, quorums, stale,
});

taped!(LatencyFigures = Self::default(), {
    count, mean_s, p50_s, p90_s, p99_s, p999_s,
});

taped!(OperationFigures = Self { operation: Operation::Static, goodput_per_s: 0.0, errors_per_s: 0.0, latency: LatencyFigures::default() }, {
    operation, goodput_per_s, errors_per_s, latency,
});

taped!(Totals = Self::default(), {
    offered, answered, failed, in_flight, late, stale_reads, lost_writes, events,
});

taped!(NodeFigures = Self::default(), {
    id, is_up, is_in_rotation, condition, utilisation, queue, queue_mean, wait_mean_s, wait_ratio, in_flight,
    in_flight_mean, arrivals_per_s, completions_per_s, errors_per_s, errors, reject_probability, hit_ratio, misses,
    miss_bytes, stale_hit_ratio, stale_on_error, revalidations, egress_bytes, cost, stored_bytes, stored_entries, role, lag_s,
    backlog, log_position, replication, stale_reads, page_hit_ratio, page_misses, disk_utilisation, extra_calls,
    torn_writes, sessions_lost, handoffs, promised, sharding,
});

taped!(ShardingFigures = Self::default(), {
    shards, hottest_key, hottest_share, is_moving, keys_to_move, keys_moved, bytes_moved, failed_moves, move_failure,
    left_behind, deleted, held_writes,
    open_transactions, committed, aborted, lost, lost_count,
});

taped!(ShardFigures = Self::default(), {
    id, share,
});

taped!(ConditionFigures = Self::default(), {
    is_hung, slowdown, error_ratio, is_read_only,
});

taped!(LinkFigures = Self {
    index: 0,
    from: String::new(),
    to: String::new(),
    is_dark: false,
    forward: LaneFigures::default(),
    backward: LaneFigures::default(),
}, {
    index, from, to, is_dark, forward, backward,
});

taped!(LaneFigures = Self::default(), {
    bytes_per_s, utilisation, lost_per_s, is_cut, is_impaired, added_latency_s, added_loss, left_bps,
});

taped!(ClusterFigures = Self::default(), {
    nodes, primary, promotions, acknowledged, lost, lost_count, in_doubt, in_doubt_count, survived, visible_lost, diverged,
    diverged_count, split_brains, stale, steps,
});

taped!(QuorumFigures = Self::default(), {
    nodes, is_changing, acknowledged, lost, lost_count, in_doubt, in_doubt_count, stale,
});

taped!(ReplicationFigures = Self::default(), {
    applied, received, executed, records_received, records_applied, discarded, ignored, repeated, conflicts, waiting,
    is_degraded, stopped_by, rebuilds, life,
});

taped!(StaleRead = Self::default(), {
    at_ns, node, key, user, version, current, lag_ns,
});

taped!(Step = Self { at_ns: 0, node: String::new(), kind: StepKind::Detected }, {
    at_ns, node, kind,
});

taped!(LostWrite = Self { key: 0, position: None, version: None, user: None, at_ns: None }, {
    key, position, version, user, at_ns,
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::tape::{Taped, play, record};

    #[test]
    fn what_is_told_is_what_is_heard() {
        let mut figures = Figures { now_s: 1.5, errors: vec![(Reason::Timeout, 3)], ..Figures::default() };
        figures.nodes.push(NodeFigures {
            id: "db".to_owned(),
            role: Some(Role::Replica),
            lag_s: Some(0.25),
            ..NodeFigures::blank()
        });
        figures.links.push(LinkFigures { index: 7, to: "db".to_owned(), ..LinkFigures::blank() });
        let lost = vec![LostWrite { key: 9, position: Some(u64::MAX), version: None, user: None, at_ns: Some(1) }];
        let steps = vec![Step { at_ns: 3, node: "db".to_owned(), kind: StepKind::Rebuilt }];
        figures.clusters.push(ClusterFigures { lost: lost.clone(), lost_count: 1, steps, ..ClusterFigures::default() });
        let nodes = vec!["store-1".to_owned()];
        figures.quorums.push(QuorumFigures { nodes, in_doubt: lost, in_doubt_count: 1, ..QuorumFigures::default() });
        figures.stale.push(StaleRead { node: "cache".to_owned(), key: 9, lag_ns: 5, ..StaleRead::default() });
        assert_eq!(play::<Figures>(record(&mut figures)), Some(figures));
    }
}
