//! Figures of the whole world, from its meters and from what only a look at several components tells.

use super::world::World;
use crate::base::NodeIx;
use crate::base::order::sort_by_key;
use crate::components::Component;
use crate::components::database::{Database, Duty, Monitor};
use crate::components::sharding::{Progress, ShardRouter};
use crate::kernel::{self, Condition, Trouble, Writes};
use crate::model::{Document, NodeKind};
use crate::observe::{
    ClusterFigures, ConditionFigures, Figures, LaneFigures, Latencies, LinkFigures, LinkMeter, LostWrite, NodeFigures,
    NodeMeter, QuorumFigures, ReplicationFigures, Role, Sample, ShardFigures, ShardingFigures, StaleRead, Step,
};

/// Stale reads in each list, the last.
const MOST_STALE: usize = 100;

/// The figures between `from` and now. Of each sort of writes at most `most` are listed, the oldest.
pub fn assemble(world: &World, document: &Document, from: &Sample, latencies: &Latencies, most: usize) -> Figures {
    let kernel = &world.kernel;
    let to = kernel.recorder.sample(kernel.now);
    let mut figures = Figures::between(from, &to, latencies);
    figures.totals.events = kernel.recorder.events;
    let fresh = NodeMeter::default();
    for (index, state) in kernel.topology.nodes.iter().enumerate().filter(|(_, state)| !state.is_removed) {
        let then = from.nodes.get(index).unwrap_or(&fresh);
        let cores = document.node(&state.id).map_or(1, |node| cores(&node.kind));
        let mut node = NodeFigures::between(&state.id, then, &to.nodes[index], from.at, to.at, cores);
        let ix = NodeIx(index as u16);
        node.is_up = state.is_up;
        let Condition { is_hung, slowdown, error_ratio, is_read_only } = state.condition;
        node.condition = ConditionFigures { is_hung, slowdown: slowdown.0, error_ratio: error_ratio.0, is_read_only };
        node.is_in_rotation = is_in_rotation(world, ix);
        describe(&mut node, world, ix, most);
        if let Some(NodeKind::Database(database)) = document.node(&state.id).map(|node| &node.kind)
            && database.buffer_pool.0 > 0
        {
            let (now, seconds) = (&to.nodes[index], to.at.since(from.at).as_secs_f64());
            let misses = now.page_misses - then.page_misses;
            let operations = misses + now.page_writes - then.page_writes;
            node.page_misses = Some(misses);
            let done = operations as f64 / f64::from(database.disk_iops);
            node.disk_utilisation = Some(if seconds > 0.0 { (done / seconds).min(1.0) } else { 0.0 });
        }
        if let Component::Cdn(cdn) = &world.nodes[index] {
            let now = &to.nodes[index];
            let lookups = (now.hits + now.misses) - (then.hits + then.misses);
            let stale_hits = now.stale_hits - then.stale_hits;
            node.stale_hit_ratio = (lookups > 0).then(|| stale_hits as f64 / lookups as f64);
            node.stale_on_error = Some(now.stale_on_error - then.stale_on_error);
            node.egress_bytes = Some(now.egress_bytes);
            node.cost = Some(cdn.cost(now.egress_bytes));
        }
        if let Component::ObjectStore(store) = &world.nodes[index] {
            let now = &to.nodes[index];
            node.egress_bytes = Some(now.egress_bytes);
            node.cost = Some(store.cost(now.completions, now.egress_bytes));
        }
        if let Component::Users(users) = &world.nodes[index]
            && let Some(browsers) = users.browsers()
        {
            let (entries, bytes) = browsers.stored();
            (node.stored_entries, node.stored_bytes) = (Some(entries), Some(bytes));
            node.revalidations = Some(to.nodes[index].revalidations - then.revalidations);
        }
        figures.nodes.push(node);
    }
    figures.links = links(world, from, &to);
    figures.dark.clone_from(&kernel.topology.dark);
    // One that was taken away is told of as long as there is what went with it.
    let is_told = |monitor: &&Monitor| !monitor.is_empty() || kernel.ledger.of(monitor.cluster).lost.count > 0;
    figures.clusters = world.monitors.iter().filter(is_told).map(|it| cluster(world, it, most)).collect();
    figures.quorums = (0..kernel.directory.placements.len()).map(|number| quorum(world, number, most)).collect();
    let is_peer = |component: &Component| matches!(component, Component::QuorumStore(_));
    figures.stale = stale_reads(world, |component| !is_peer(component));
    figures
}

/// The last stale reads of those stores in no cluster that are meant, oldest first.
fn stale_reads(world: &World, is_meant: impl Fn(&Component) -> bool) -> Vec<StaleRead> {
    let meant = world.nodes.iter().enumerate().filter(|(_, component)| is_meant(component));
    let reads = meant.flat_map(|(index, _)| world.kernel.ledger.stale_of(NodeIx(index as u16)));
    let mut reads: Vec<&kernel::StaleRead> = reads.collect();
    sort_by_key(&mut reads, |read| read.at);
    let last = reads.len().saturating_sub(MOST_STALE);
    reads[last..].iter().map(|read| told(world, read)).collect()
}

fn told(world: &World, read: &kernel::StaleRead) -> StaleRead {
    StaleRead {
        at_ns: read.at.as_nanos(),
        node: world.kernel.topology.node(read.node).id.clone(),
        key: read.key,
        user: read.user,
        version: read.version.0,
        current: read.current.0,
        lag_ns: read.lag.as_nanos(),
    }
}

/// What is to be told of a leaderless store.
fn quorum(world: &World, number: usize, most: usize) -> QuorumFigures {
    let placement = &world.kernel.directory.placements[number];
    let id = |node: NodeIx| world.kernel.topology.node(node).id.clone();
    let mut figures = QuorumFigures {
        nodes: placement.nodes().map(id).collect(),
        is_changing: placement.is_changing(),
        stale: stale_reads(
            world,
            |component| matches!(component, Component::QuorumStore(store) if store.cluster() == number),
        ),
        ..QuorumFigures::default()
    };
    for component in &world.nodes {
        if let Component::QuorumStore(store) = component
            && store.cluster() == number
        {
            figures.acknowledged += store.acknowledged();
            figures.lost.extend(store.lost().first(most));
            figures.lost_count += store.lost().count;
            figures.in_doubt.extend(store.in_doubt().first(most));
            figures.in_doubt_count += store.in_doubt().count;
        }
    }
    for component in &world.nodes {
        // What a write-back cache had acknowledged for it and lost.
        if let Component::Cache(cache) = component
            && cache.home().is_some_and(|home| placement.has(home))
        {
            let lost = cache.unwritten().lost();
            figures.lost.extend(lost.first(most));
            figures.lost_count += lost.count;
        }
    }
    for list in [&mut figures.lost, &mut figures.in_doubt] {
        sort_by_key(list, |write| write.at_ns);
        list.truncate(most);
    }
    figures
}

/// What has become of one cluster and its writes.
fn cluster(world: &World, monitor: &Monitor, most: usize) -> ClusterFigures {
    let kernel = &world.kernel;
    let id = |node: NodeIx| kernel.topology.node(node).id.clone();
    // What a write-back cache of this cluster had acknowledged and lost is lost like what a failover lost.
    let caches = world.nodes.iter().filter_map(|component| match component {
        Component::Cache(cache) if cache.home().is_some_and(|node| is_behind(world, monitor, node)) => {
            Some(cache.unwritten().lost())
        }
        _ => None,
    });
    let page = kernel.ledger.of(monitor.cluster);
    let shown = |writes: &Writes| -> Vec<LostWrite> { writes.first(most).copied().collect() };
    let (mut lost, mut lost_count) = (shown(&page.lost), page.lost.count);
    for own in caches {
        lost.extend(own.first(most));
        lost_count += own.count;
    }
    sort_by_key(&mut lost, |lost| lost.at_ns);
    lost.truncate(most);
    let stale = page.stale.iter().map(|read| told(world, read));
    let steps = page.steps.iter().map(|step| Step { at_ns: step.at.as_nanos(), node: id(step.node), kind: step.kind });
    let all = (0..kernel.topology.nodes.len()).map(|index| NodeIx(index as u16));
    let gone = all.filter(|node| monitor.is_empty() && kernel.directory.cluster_of(*node) == Some(monitor.cluster));
    ClusterFigures {
        nodes: monitor.members().chain(gone).map(id).collect(),
        primary: kernel.directory.view(monitor.cluster).primary().map(id),
        promotions: monitor.promotions(),
        acknowledged: page.acknowledged,
        lost,
        lost_count,
        in_doubt: shown(&page.in_doubt),
        in_doubt_count: page.in_doubt.count,
        survived: page.survived,
        visible_lost: page.visible_lost,
        diverged: shown(&page.diverged),
        diverged_count: page.diverged.count,
        split_brains: page.split_brains,
        stale: stale.collect(),
        steps: steps.collect(),
    }
}

/// Whether what is written to `node` comes to this cluster: of several behind a router, the first stands for all.
fn is_behind(world: &World, monitor: &Monitor, node: NodeIx) -> bool {
    match &world.nodes[node.index()] {
        Component::ShardRouter(router) => router.first() == Some(monitor.cluster),
        _ => monitor.is_member(node),
    }
}

/// The links that have something to tell.
fn links(world: &World, from: &Sample, to: &Sample) -> Vec<LinkFigures> {
    let topology = &world.kernel.topology;
    let fresh = LinkMeter::default();
    let lane = |index: usize, is_backward: bool| {
        let side = usize::from(is_backward);
        let (then, link) = (from.links.get(index).unwrap_or(&fresh), &topology.links[index]);
        let is_limited = link.rate(is_backward).is_some();
        let figures = LaneFigures::between(&then.0[side], &to.links[index].0[side], from.at, to.at, is_limited);
        let trouble = *link.trouble(is_backward);
        let is_cut = trouble.is_cut || topology.links[index].is_dark;
        LaneFigures {
            is_cut,
            is_impaired: Trouble { is_cut: false, ..trouble } != Trouble::default(),
            added_latency_s: trouble.added_latency.as_secs_f64(),
            added_loss: trouble.added_loss.0,
            left_bps: trouble.bandwidth.map(|rate| rate.0 as f64),
            ..figures
        }
    };
    let present = topology.links.iter().enumerate().filter(|(_, link)| !link.is_removed);
    let all = present.map(|(index, link)| LinkFigures {
        index: index as u16,
        from: topology.node(link.from).id.clone(),
        to: topology.node(link.to).id.clone(),
        is_dark: link.is_dark,
        forward: lane(index, false),
        backward: lane(index, true),
    });
    all.filter(|link| !link.forward.is_idle() || !link.backward.is_idle()).collect()
}

/// Processors of a node; a name service has as many as it needs.
fn cores(kind: &NodeKind) -> u32 {
    match kind {
        NodeKind::Cdn(params) => params.cores,
        NodeKind::LoadBalancer(params) => params.cores,
        NodeKind::WebServer(params) => params.cores,
        NodeKind::Cache(params) => params.cores,
        NodeKind::Database(params) => params.cores,
        NodeKind::ShardRouter(params) => params.cores,
        NodeKind::QuorumStore(params) => params.cores,
        NodeKind::Users(_) | NodeKind::Dns(_) | NodeKind::ObjectStore(_) => u32::MAX,
    }
}

/// Whether somebody who routes still sends to the node.
fn is_in_rotation(world: &World, node: NodeIx) -> bool {
    if let Some(monitor) = world.monitors.iter().find(|monitor| monitor.is_member(node)) {
        // Nobody is sent to one that still copies, or that is about to be promoted.
        let directory = &world.kernel.directory;
        return monitor.believes_in(node) && (directory.is_primary(node) || directory.is_replica(node));
    }
    if world.kernel.directory.placement_of(node).is_some() {
        return world.kernel.directory.is_living_peer(node, world.kernel.now);
    }
    let beliefs = world.nodes.iter().filter_map(|component| match component {
        Component::LoadBalancer(balancer) => balancer.believes_in(node),
        Component::Dns(dns) => dns.believes_in(node),
        _ => None,
    });
    // Nobody watches it: nobody knows better.
    beliefs.reduce(|any, believed| any || believed).unwrap_or(true)
}

/// Adds what only a node of this kind has.
fn describe(figures: &mut NodeFigures, world: &World, node: NodeIx, most: usize) {
    let entries = match &world.nodes[node.index()] {
        Component::Cache(cache) => Some(cache.entries()),
        Component::Cdn(cdn) => Some(cdn.entries()),
        _ => None,
    };
    if let Some(entries) = entries {
        figures.stored_bytes = Some(entries.used());
        figures.stored_entries = Some(entries.len() as u64);
    }
    let stale_reads = world.kernel.recorder.nodes[node.index()].stale_reads;
    match &world.nodes[node.index()] {
        Component::Users(users) => figures.reject_probability = users.reject_probability(world.kernel.now),
        Component::WebServer(server) => figures.reject_probability = server.reject_probability(world.kernel.now),
        Component::Database(database) => {
            figures.promised = world.kernel.directory.is_shard(node).then(|| database.prepared().open());
            figures.stale_reads = Some(stale_reads);
            figures.log_position = Some(database.received());
            figures.replication = Some(replication(world, database));
            // A dead primary that has been replaced learns of it when it returns; everybody else knows already.
            let (is_up, holds) = (world.kernel.topology.node(node).is_up, database.duty() == Duty::Primary);
            let is_rightful = world.monitors.iter().any(|monitor| monitor.primary == node || monitor.is_shared());
            figures.role = Some(if holds && (is_up || is_rightful) { Role::Primary } else { Role::Replica });
            if database.duty() != Duty::Primary {
                figures.backlog = Some(database.backlog());
                figures.lag_s = lag_s(world, database);
            }
        }
        Component::QuorumStore(store) => {
            let (entries, bytes) = store.stored();
            (figures.stored_entries, figures.stored_bytes) = (Some(entries), Some(bytes));
            figures.stale_reads = Some(stale_reads);
            figures.handoffs = Some(store.backlog());
        }
        Component::Cache(_) => figures.stale_reads = Some(stale_reads),
        Component::ShardRouter(router) => figures.sharding = Some(sharding(router, most)),
        _ => {}
    }
}

fn replication(world: &World, database: &Database) -> ReplicationFigures {
    let (tally, commits) = (database.tally(), database.commits());
    ReplicationFigures {
        applied: database.applied(),
        received: database.received(),
        executed: database.executed().in_words(|node| world.kernel.topology.node(node).id.clone()),
        records_received: tally.received,
        records_applied: tally.applied,
        discarded: tally.discarded,
        ignored: tally.ignored,
        repeated: tally.repeated,
        conflicts: tally.conflicts,
        waiting: commits.waiting(),
        is_degraded: commits.is_degraded(),
        stopped_by: database.stopped(),
        rebuilds: tally.rebuilds,
        life: database.life(),
    }
}

fn sharding(router: &ShardRouter, most: usize) -> ShardingFigures {
    let Progress { to_move, moved, bytes, failed, failure } = *router.progress();
    let shards = router.shares().map(|(id, share)| ShardFigures { id: id.to_owned(), share });
    ShardingFigures {
        shards: shards.collect(),
        hottest_key: router.hottest().map(|(key, _)| key),
        hottest_share: router.hottest().map(|(_, share)| share),
        is_moving: router.is_moving(),
        keys_to_move: to_move,
        keys_moved: moved,
        bytes_moved: bytes,
        failed_moves: failed,
        move_failure: failure,
        left_behind: router.left_behind().0,
        deleted: router.left_behind().1,
        held_writes: u64::from(router.held()),
        open_transactions: router.transactions().0,
        committed: router.transactions().1.committed,
        aborted: router.transactions().1.aborted,
        lost: router.lost().first(most).copied().collect(),
        lost_count: router.lost().count,
    }
}

/// Age of the oldest write of the primary that `replica` does not show yet, in seconds.
fn lag_s(world: &World, replica: &Database) -> Option<f64> {
    let source = replica.sources().next()?;
    let Component::Database(primary) = &world.nodes[source.index()] else { return None };
    let log = primary.log();
    let missing = log.get(replica.applied().max(log.base()) + 1);
    Some(missing.map_or(0.0, |record| world.kernel.now.since(record.at).as_secs_f64()))
}
