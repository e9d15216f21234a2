//! Figures of the whole world, from its meters and from what only a look at several components tells.

use super::world::World;
use crate::base::NodeIx;
use crate::components::Component;
use crate::components::database::{Database, Duty};
use crate::model::{Document, NodeKind};
use crate::observe::{ClusterFigures, Figures, Latencies, NodeFigures, NodeMeter, Role, Sample};

/// Lost writes that figures list.
const LOST_SHOWN: usize = 1_000;

/// The figures between `from` and now.
pub fn assemble(world: &World, document: &Document, from: &Sample, latencies: &Latencies) -> Figures {
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
        node.is_in_rotation = is_in_rotation(world, ix);
        describe(&mut node, world, ix);
        figures.nodes.push(node);
    }
    for monitor in world.monitors.iter().filter(|monitor| !monitor.is_empty()) {
        let view = kernel.directory.view(monitor.cluster);
        // What a write-back cache of this cluster had acknowledged and lost is lost like what a failover lost.
        let caches = world.nodes.iter().filter_map(|component| match component {
            Component::Cache(cache) if cache.home().is_some_and(|node| monitor.is_member(node)) => {
                Some(cache.unwritten().lost())
            }
            _ => None,
        });
        let (mut lost, mut lost_count) = (monitor.lost.clone(), monitor.lost_count);
        for (list, count) in caches {
            lost.extend(list);
            lost_count += count;
        }
        lost.sort_by_key(|lost| lost.at_ns);
        lost.truncate(LOST_SHOWN);
        figures.clusters.push(ClusterFigures {
            primary: view.primary.map(|node| kernel.topology.node(node).id.clone()),
            promotions: monitor.promotions(),
            lost,
            lost_count,
        });
    }
    figures
}

/// Processors of a node; a name service has as many as it needs.
fn cores(kind: &NodeKind) -> u32 {
    match kind {
        NodeKind::Cdn(params) => params.cores,
        NodeKind::LoadBalancer(params) => params.cores,
        NodeKind::WebServer(params) => params.cores,
        NodeKind::Cache(params) => params.cores,
        NodeKind::Database(params) => params.cores,
        NodeKind::Users(_) | NodeKind::Dns(_) => u32::MAX,
    }
}

/// Whether somebody who routes still sends to the node.
fn is_in_rotation(world: &World, node: NodeIx) -> bool {
    if let Some(monitor) = world.monitors.iter().find(|monitor| monitor.is_member(node)) {
        // Nobody is sent to one that still copies, or that is about to be promoted.
        let directory = &world.kernel.directory;
        return monitor.believes_in(node) && (directory.is_primary(node) || directory.is_replica(node));
    }
    let beliefs = world.nodes.iter().filter_map(|component| match component {
        Component::LoadBalancer(balancer) => balancer.believes_in(node),
        _ => None,
    });
    // Nobody watches it: nobody knows better.
    beliefs.reduce(|any, believed| any || believed).unwrap_or(true)
}

/// Adds what only a node of this kind has.
fn describe(figures: &mut NodeFigures, world: &World, node: NodeIx) {
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
        Component::Database(database) => {
            figures.stale_reads = Some(stale_reads);
            figures.log_position = Some(database.log().end());
            // A dead primary that has been replaced learns of it when it returns; everybody else knows already.
            let is_primary =
                database.duty() == Duty::Primary && world.monitors.iter().any(|monitor| monitor.primary == node);
            figures.role = Some(if is_primary { Role::Primary } else { Role::Replica });
            if database.duty() != Duty::Primary {
                figures.backlog = Some(database.log().end() - database.applied());
                figures.lag_s = lag_s(world, database);
            }
        }
        Component::Cache(_) => figures.stale_reads = Some(stale_reads),
        _ => {}
    }
}

/// Age of the oldest write of the primary that `replica` does not show yet, in seconds.
fn lag_s(world: &World, replica: &Database) -> Option<f64> {
    let Component::Database(primary) = &world.nodes[replica.source()?.index()] else { return None };
    let log = primary.log();
    let missing = log.get(replica.applied().max(log.base()) + 1);
    Some(missing.map_or(0.0, |record| world.kernel.now.since(record.at).as_secs_f64()))
}
