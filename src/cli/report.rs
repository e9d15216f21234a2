//! The report of a run, as JSON and as text.

use std::fmt::Write;

use scalescope::base::SimDuration;
use scalescope::base::json::{self, Json};
use scalescope::engine::Engine;
use scalescope::observe::{
    ClusterFigures, Figures, KeyFigures, LatencyFigures, LostWrite, NodeFigures, Operation, QuorumFigures, Role,
    StaleRead, Totals,
};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// Writes of a list, and steps, that the text shows.
const LISTED: usize = 20;
/// Stale reads of a list that the text shows.
const STALE_LISTED: usize = 5;

/// What a run measured. Times are in seconds, rates per second of simulated time.
#[derive(Serialize)]
pub struct Report {
    pub name: String,
    pub seed: u64,
    /// Measured time, after the warm-up.
    pub simulated_s: f64,
    pub warmup_s: f64,
    pub offered_per_s: f64,
    pub throughput_per_s: f64,
    pub goodput_per_s: f64,
    pub errors_per_s: f64,
    /// Failures in the measured time by reason.
    pub errors: Map<String, Value>,
    pub latency: LatencyFigures,
    pub operations: Map<String, Value>,
    pub nodes: Map<String, Value>,
    /// In the measured time.
    pub stale_reads: u64,
    /// In the whole run, as the list in `clusters`.
    pub lost_writes: u64,
    pub clusters: Vec<ClusterFigures>,
    /// Where nodes are, of those that are in a region.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub regions: Map<String, Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub quorums: Vec<QuorumFigures>,
    /// The last stale reads of caches, and of servers that keep records themselves.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stale: Vec<StaleRead>,
    /// The records that were watched, as every store has them at the end.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub watched: Vec<KeyFigures>,
    /// Counts since the start, warm-up included: offered = answered + failed + in flight.
    pub totals: Totals,
    pub events: u64,
    pub events_per_s: f64,
    pub wall_s: f64,
    /// Fingerprint of the final state: equal for equal runs, on every platform.
    pub state_hash: String,
}

impl Report {
    pub fn of(engine: &Engine, warmup: SimDuration, wall_s: f64) -> Self {
        let figures = engine.report();
        let errors = figures.errors.iter().map(|(reason, count)| (reason.name().to_owned(), json!(count)));
        let nodes = figures.nodes.iter().map(|node| (node.id.clone(), node_value(node)));
        let located = engine.document().nodes.iter();
        let regions = located.filter_map(|node| Some((node.id.clone(), json!(node.region.as_ref()?))));
        Self {
            name: engine.document().name.clone(),
            seed: engine.document().seed,
            simulated_s: figures.window_s,
            warmup_s: warmup.as_secs_f64(),
            offered_per_s: figures.offered_per_s,
            throughput_per_s: figures.throughput_per_s,
            goodput_per_s: figures.goodput_per_s,
            errors_per_s: figures.errors_per_s,
            errors: errors.collect(),
            latency: figures.latency,
            operations: operations(&figures),
            nodes: nodes.collect(),
            stale_reads: figures.stale_reads,
            lost_writes: figures.totals.lost_writes,
            clusters: figures.clusters.clone(),
            regions: regions.collect(),
            quorums: figures.quorums.clone(),
            stale: figures.stale.clone(),
            watched: Vec::new(),
            totals: figures.totals,
            events: figures.totals.events,
            events_per_s: if wall_s > 0.0 { figures.totals.events as f64 / wall_s } else { 0.0 },
            wall_s,
            state_hash: format!("{:016x}", engine.state_hash()),
        }
    }

    pub fn to_json(&self) -> String {
        format!("{:#}\n", serde_json::to_value(self).expect("a report can be written"))
    }

    pub fn to_text(&self) -> String {
        let mut text = String::new();
        self.write(&mut text).expect("writing to a string does not fail");
        text
    }

    fn write(&self, text: &mut String) -> std::fmt::Result {
        writeln!(
            text,
            "{} · seed {} · {} s after {} s of warm-up\n",
            self.name, self.seed, self.simulated_s, self.warmup_s
        )?;
        writeln!(text, "offered     {:>12.1} /s", self.offered_per_s)?;
        writeln!(text, "throughput  {:>12.1} /s", self.throughput_per_s)?;
        writeln!(text, "goodput     {:>12.1} /s", self.goodput_per_s)?;
        writeln!(text, "errors      {:>12.1} /s", self.errors_per_s)?;
        for (reason, count) in &self.errors {
            writeln!(text, "  {reason:<24}{count:>10}")?;
        }
        let LatencyFigures { mean_s, p50_s, p90_s, p99_s, p999_s, .. } = self.latency;
        let ms = [mean_s, p50_s, p90_s, p99_s, p999_s].map(|seconds| format!("{:.1}", seconds * 1000.0));
        writeln!(text, "latency ms  mean {} · p50 {} · p90 {} · p99 {} · p99.9 {}", ms[0], ms[1], ms[2], ms[3], ms[4])?;
        writeln!(
            text,
            "\n{:<16}{:>8}{:>10}{:>12}{:>8}{:>10}",
            "node", "util", "queue", "arrivals/s", "hits", "lag ms"
        )?;
        for (id, node) in &self.nodes {
            let number = |name: &str| node[name].as_f64();
            let optional = |value: Option<f64>, scale: f64, digits: usize| {
                value.map_or_else(|| "–".to_owned(), |value| format!("{:.digits$}", value * scale))
            };
            writeln!(
                text,
                "{id:<16}{:>7}%{:>10}{:>12}{:>8}{:>10}{}",
                optional(number("utilisation"), 100.0, 1),
                optional(number("queue_mean"), 1.0, 1),
                optional(number("arrivals_per_s"), 1.0, 1),
                optional(number("hit_ratio"), 1.0, 3),
                optional(number("replica_lag_s"), 1000.0, 1),
                if node["is_up"] == json!(false) { "  DOWN" } else { "" },
            )?;
        }
        for (id, node) in self.nodes.iter().filter(|(_, node)| node["sharding"].is_object()) {
            write_sharding(text, id, &node["sharding"])?;
        }
        writeln!(text, "\nstale reads {} · lost writes {}", self.stale_reads, self.lost_writes)?;
        self.write_stores(text)?;
        for quorum in &self.quorums {
            write_quorum(text, quorum)?;
        }
        write_stale(text, "", &self.stale)?;
        for key in &self.watched {
            write_key(text, key)?;
        }
        writeln!(text, "{} events in {:.2} s: {:.2} million/s", self.events, self.wall_s, self.events_per_s / 1e6)?;
        writeln!(text, "state hash  {}", self.state_hash)
    }

    /// What each store did, and what has become of the writes of clusters.
    fn write_stores(&self, text: &mut String) -> std::fmt::Result {
        let mut stores = self.nodes.iter().filter(|(_, node)| node["stale_reads"].is_u64()).peekable();
        if stores.peek().is_some() {
            writeln!(
                text,
                "\n{:<16}{:>10}{:>12}{:>12}{:>10}{:>10}{:>10}",
                "store", "role", "received", "applied", "lag ms", "stale", "rebuilds"
            )?;
        }
        for (id, node) in stores {
            let own = &node["replication"];
            let shown = |value: &Value| value.as_u64().map_or_else(|| "–".to_owned(), |number| number.to_string());
            let lag = node["replica_lag_s"].as_f64();
            writeln!(
                text,
                "{id:<16}{:>10}{:>12}{:>12}{:>10}{:>10}{:>10}",
                node["role"].as_str().unwrap_or("–"),
                shown(&own["received"]),
                shown(&own["applied"]),
                lag.map_or_else(|| "–".to_owned(), |lag| format!("{:.1}", lag * 1000.0)),
                shown(&node["stale_reads"]),
                shown(&own["rebuilds"]),
            )?;
        }
        for cluster in &self.clusters {
            self.write_cluster(text, cluster)?;
        }
        Ok(())
    }

    /// Who takes the writes of a cluster, what has become of them, who has read old versions, and what happened.
    fn write_cluster(&self, text: &mut String, cluster: &ClusterFigures) -> std::fmt::Result {
        let lists = [
            ("lost", &cluster.lost, cluster.lost_count),
            ("in doubt", &cluster.in_doubt, cluster.in_doubt_count),
            ("diverged", &cluster.diverged, cluster.diverged_count),
        ];
        let primary = cluster.primary.as_deref().map_or_else(|| "nobody".to_owned(), |id| self.located(id));
        writeln!(text, "\n{}: primary {primary} · promotions {}", cluster.nodes.join(", "), cluster.promotions)?;
        writeln!(
            text,
            "  writes acknowledged {} · lost {} · in doubt {} ({} stand, {} had been read and do not) · diverged {}",
            cluster.acknowledged,
            cluster.lost_count,
            cluster.in_doubt_count,
            cluster.survived,
            cluster.visible_lost,
            cluster.diverged_count,
        )?;
        for (name, list, count) in lists {
            write_list(text, name, list, count)?;
        }
        write_stale(text, "  ", &cluster.stale)?;
        for step in cluster.steps.iter().rev().take(LISTED).rev() {
            writeln!(text, "  {:>10.3} s  {} {}", step.at_ns as f64 / 1e9, step.node, step.kind.label())?;
        }
        Ok(())
    }

    /// A node with its region.
    fn located(&self, id: &str) -> String {
        let region = self.regions.get(id).and_then(Value::as_str);
        region.map_or_else(|| id.to_owned(), |region| format!("{id} in {region}"))
    }
}

/// The first writes of a list, and how many more there are.
fn write_list(text: &mut String, name: &str, list: &[LostWrite], count: u64) -> std::fmt::Result {
    for write in list.iter().take(LISTED) {
        let shown = |number: Option<u64>| number.map_or_else(|| "unknown".to_owned(), |number| number.to_string());
        let at = write.at_ns.map_or_else(|| "unknown".to_owned(), |at| format!("{:.6} s", at as f64 / 1e9));
        writeln!(
            text,
            "  {name}: key {} (version {}, log position {}, user {}, at {at})",
            write.key,
            shown(write.version),
            shown(write.position),
            shown(write.user.map(u64::from)),
        )?;
    }
    let more = count - (list.len().min(LISTED) as u64).min(count);
    if more > 0 { writeln!(text, "  {name}: {more} more") } else { Ok(()) }
}

/// The last stale reads of a list.
fn write_stale(text: &mut String, indent: &str, stale: &[StaleRead]) -> std::fmt::Result {
    for read in stale.iter().rev().take(STALE_LISTED).rev() {
        let [at_s, lag_ms] = [read.at_ns as f64 / 1e9, read.lag_ns as f64 / 1e6];
        writeln!(
            text,
            "{indent}stale read: key {} from {} at {at_s:.3} s: version {}, and {} had been current for {lag_ms:.1} ms (user {})",
            read.key, read.node, read.version, read.current, read.user
        )?;
    }
    Ok(())
}

/// What happened to the writes of a leaderless store, and who has read old versions.
fn write_quorum(text: &mut String, quorum: &QuorumFigures) -> std::fmt::Result {
    let QuorumFigures { nodes, is_changing, acknowledged, lost, lost_count, in_doubt, in_doubt_count, stale } = quorum;
    let change = if *is_changing { " · members are changing" } else { "" };
    let names = nodes.join(", ");
    writeln!(text, "\n{names}: leaderless{change}")?;
    writeln!(text, "  writes acknowledged {acknowledged} · lost {lost_count} · in doubt {in_doubt_count}")?;
    write_list(text, "lost", lost, *lost_count)?;
    write_list(text, "in doubt", in_doubt, *in_doubt_count)?;
    write_stale(text, "  ", stale)
}

/// Who has which version of a record.
fn write_key(text: &mut String, key: &KeyFigures) -> std::fmt::Result {
    let version = |version: Option<u64>| version.map_or_else(|| "none".to_owned(), |version| version.to_string());
    writeln!(text, "key {}: current version {}", key.key, key.current)?;
    for store in &key.stores {
        let received = store.received.map(|received| format!(", received {received}")).unwrap_or_default();
        let stale = if store.is_stale { ", stale" } else { "" };
        writeln!(text, "  {:<16}{:>12}{received}{stale}", store.node, version(store.version))?;
    }
    Ok(())
}

/// The shards of a router, the hottest key, and what has been moved.
fn write_sharding(text: &mut String, id: &str, sharding: &Value) -> std::fmt::Result {
    write!(text, "\n{id}: ")?;
    for shard in sharding["shards"].as_array().into_iter().flatten() {
        let percent = shard["share"].as_f64().unwrap_or_default() * 100.0;
        write!(text, "{} {percent:.1} % · ", shard["id"].as_str().unwrap_or_default())?;
    }
    if let (Some(key), Some(share)) = (sharding["hottest_key"].as_u64(), sharding["hottest_share"].as_f64()) {
        write!(text, "hottest key {key}, {:.1} % · ", share * 100.0)?;
    }
    let count = |name: &str| sharding[name].as_u64().unwrap_or_default();
    let (moved, to_move, bytes) = (count("keys_moved"), count("keys_to_move"), count("bytes_moved"));
    write!(text, "{moved} of {to_move} keys moved ({bytes} B), {} attempts failed", count("failed_moves"))?;
    write!(text, " · {} records deleted where they were, {} left there", count("deleted"), count("left_behind"))?;
    writeln!(text, " · {} transactions committed, {} given up", count("committed"), count("aborted"))?;
    let lost: Vec<LostWrite> = json::read(&sharding["lost"], "lost").unwrap_or_default();
    write_list(text, "lost with its shard", &lost, count("lost_count"))
}

fn operations(figures: &Figures) -> Map<String, Value> {
    let of = |operation: Operation| figures.operations.iter().find(|figures| figures.operation == operation);
    Operation::ALL
        .into_iter()
        .filter_map(|operation| {
            let figures = of(operation)?;
            let value = json!({
                "goodput_per_s": figures.goodput_per_s,
                "errors_per_s": figures.errors_per_s,
                "latency": figures.latency,
            });
            Some((operation.name().to_owned(), value))
        })
        .collect()
}

fn node_value(node: &NodeFigures) -> Value {
    let errors: Map<String, Value> =
        node.errors.iter().map(|(reason, count)| (reason.name().to_owned(), json!(count))).collect();
    let mut value = json!({
        "is_up": node.is_up,
        "is_in_rotation": node.is_in_rotation,
        "utilisation": node.utilisation,
        "queue": node.queue,
        "queue_mean": node.queue_mean,
        "wait_mean_s": node.wait_mean_s,
        "wait_ratio": node.wait_ratio,
        "in_flight": node.in_flight,
        "in_flight_mean": node.in_flight_mean,
        "arrivals_per_s": node.arrivals_per_s,
        "completions_per_s": node.completions_per_s,
        "errors_per_s": node.errors_per_s,
        "errors": errors,
    });
    let role = node.role.map(Role::name);
    let extras = [
        ("reject_probability", json!(node.reject_probability)),
        ("hit_ratio", json!(node.hit_ratio)),
        ("revalidations", json!(node.revalidations)),
        ("egress_bytes", json!(node.egress_bytes)),
        ("cost", json!(node.cost)),
        ("stored_bytes", json!(node.stored_bytes)),
        ("stored_entries", json!(node.stored_entries)),
        ("role", json!(role)),
        ("replica_lag_s", json!(node.lag_s)),
        ("backlog", json!(node.backlog)),
        ("log_position", json!(node.log_position)),
        ("replication", node.replication.as_ref().map_or(Value::Null, Json::to_value)),
        ("stale_reads", json!(node.stale_reads)),
        ("page_hit_ratio", json!(node.page_hit_ratio)),
        ("page_misses", json!(node.page_misses)),
        ("disk_utilisation", json!(node.disk_utilisation)),
        ("extra_calls", json!(node.extra_calls)),
        ("torn_writes", json!(node.torn_writes)),
        ("sessions_lost", json!(node.sessions_lost)),
        ("handoffs", json!(node.handoffs)),
        ("promised", json!(node.promised)),
        ("sharding", json!(node.sharding)),
    ];
    for (name, extra) in extras {
        if !extra.is_null() {
            value[name] = extra;
        }
    }
    value
}
