//! What must hold in every world at every time. Checked by the property tests; empty means sound.

use super::world::World;
use crate::base::NodeIx;
use crate::components::Component;
use crate::components::database::{Database, Duty, Monitor};
use crate::components::quorum::cluster;
use crate::kernel::{ClusterIx, Gtid, GtidSet, Version};
use crate::model::kinds::Switch;

/// Everything that is wrong with `world`, in words.
pub fn violations(world: &World) -> Vec<String> {
    let mut found = Vec::new();
    conservation(world, &mut found);
    presence(world, &mut found);
    bounds(world, &mut found);
    durability(world, &mut found);
    replication(world, &mut found);
    appliers(world, &mut found);
    quorum(world, &mut found);
    sharding(world, &mut found);
    found
}

/// Every request ends exactly once: answered, failed, or still in flight.
fn conservation(world: &World, found: &mut Vec<String>) {
    let counts = &world.kernel.recorder.counts;
    let in_flight = world.kernel.calls.iter().filter(|(_, call)| call.parent.is_none()).count() as u64;
    let ended = counts.all_answered() + counts.all_failed();
    if counts.offered != ended + in_flight {
        found.push(format!("{} requests were made, {ended} ended, {in_flight} are in flight", counts.offered));
    }
    let reasons: u64 = counts.reasons.iter().sum();
    if reasons != counts.all_failed() {
        found.push(format!("{} requests failed, for {reasons} reasons", counts.all_failed()));
    }
}

/// Each node has the calls that it is counted to have; a dead one has none.
fn presence(world: &World, found: &mut Vec<String>) {
    let mut present = vec![0_u64; world.nodes.len()];
    for (_, call) in world.kernel.calls.iter() {
        if call.is_at_node() {
            present[call.to.index()] += 1;
        }
    }
    for (index, count) in present.into_iter().enumerate() {
        let state = world.kernel.topology.node(NodeIx(index as u16));
        let meter = &world.kernel.recorder.nodes[index];
        if meter.present.level() != count {
            found.push(format!("{} has {count} calls but is counted to have {}", state.id, meter.present.level()));
        }
        if !state.is_up && (count > 0 || meter.busy.level() > 0 || meter.waiting.level() > 0) {
            found.push(format!("{} is down but at work", state.id));
        }
    }
}

/// No store holds more than it can, and no node has more or less waiting than it is counted to have.
fn bounds(world: &World, found: &mut Vec<String>) {
    for (index, component) in world.nodes.iter().enumerate() {
        let id = &world.kernel.topology.node(NodeIx(index as u16)).id;
        let entries = match component {
            Component::Cache(cache) => Some(cache.entries()),
            Component::Cdn(cdn) => Some(cdn.entries()),
            _ => None,
        };
        if let Some(entries) = entries.filter(|entries| entries.used() > entries.capacity().0) {
            found.push(format!("{id} holds {} B of {}", entries.used(), entries.capacity()));
        }
        let (levels, meter) = (component.levels(), &world.kernel.recorder.nodes[index]);
        let counted = (meter.busy.level(), meter.waiting.level());
        if counted != (u64::from(levels.busy), u64::from(levels.waiting)) {
            found.push(format!("{id} has {levels:?} but is counted to have {counted:?}"));
        }
    }
}

/// An acknowledged write is what its primary holds, unless it is superseded or listed as lost; and at most one node of a
/// cluster that fences takes writes. Where several primaries take writes, there is no one truth: one of them has it.
fn durability(world: &World, found: &mut Vec<String>) {
    for monitor in world.monitors.iter().filter(|monitor| !monitor.is_empty()) {
        if monitor.is_shared() {
            shared_accounts(world, monitor, found);
            continue;
        }
        let mut primaries = 0;
        for (node, database) in members(world, monitor) {
            if database.duty() != Duty::Primary || !world.kernel.topology.node(node).is_responsive() {
                continue;
            }
            primaries += 1;
            if node != monitor.primary {
                continue;
            }
            accounts(world, monitor, database, found);
            if stores(world) > 1 {
                continue;
            }
            for (key, version) in world.kernel.truth.iter() {
                if database.version(key) != version && has_all_writes(world) && !is_unwritten(world, key, version) {
                    let (held, id) = (database.version(key), &world.kernel.topology.node(node).id);
                    found.push(format!("{id}: key {key} should be {version:?}, is {held:?}"));
                    break;
                }
            }
        }
        let fences = members(world, monitor).all(|(_, database)| database.params().fencing == Switch::On);
        if primaries > 1 && fences && world.kernel.directory.view(monitor.cluster).unfenced.is_empty() {
            found.push(format!("{primaries} primaries in one cluster"));
        }
    }
}

/// An acknowledged write to a leaderless store is what an owner of its key has, or is about to be given, unless it is superseded
/// or listed as lost.
fn quorum(world: &World, found: &mut Vec<String>) {
    let kernel = &world.kernel;
    let mut placements = kernel.directory.placements.iter().filter(|placement| placement.nodes().next().is_some());
    let (Some(placement), 1, true) = (placements.next(), stores(world), has_all_writes(world)) else { return };
    for (key, version) in kernel.truth.iter() {
        // Where nobody is left to keep a key there is nothing to find.
        if placement.owners(key).is_empty() || is_unwritten(world, key, version) {
            continue;
        }
        let newest = cluster::newest(&world.nodes, placement, key);
        if newest < version {
            found.push(format!("key {key} should be {version:?}, the newest copy is {newest:?}"));
            break;
        }
    }
}

/// Copies that should be equal when nobody writes and everything is well, and are not.
pub fn divergences(world: &World) -> Vec<String> {
    let mut found = Vec::new();
    let diverged = diverged_copies(world);
    if diverged > 0 {
        found.push(format!("{diverged} copies are older than others of the same key"));
    }
    for monitor in world.monitors.iter().filter(|monitor| !monitor.is_empty()) {
        let Component::Database(primary) = &world.nodes[monitor.primary.index()] else { continue };
        // Without a primary there is nobody to be equal to.
        let has_primary = monitor.is_member(monitor.primary) && primary.duty() == Duty::Primary;
        let is_stopped = members(world, monitor).any(|(_, database)| database.stopped().is_some());
        if !has_primary || (monitor.is_shared() && is_stopped) {
            continue;
        }
        let strays = strays(world, monitor, primary);
        if strays > 0 {
            let id = &world.kernel.topology.node(monitor.primary).id;
            found.push(format!("{id} has {strays} records that were moved to other shards"));
        }
        let converges = !monitor.is_shared() || primary.converges();
        for (node, other) in members(world, monitor) {
            let id = &world.kernel.topology.node(node).id;
            if other.known() != primary.known() {
                found.push(format!("{id} has other writes than its primary"));
            } else if converges && !other.versions_at_end().iter().eq(primary.versions_at_end().iter())
                || other.backlog() > 0
            {
                found.push(format!("{id} holds something else than its primary"));
            }
        }
    }
    found
}

/// Records of a shard that are not needed there. Several primaries keep what they have, and what is to be moved is given to some before
/// others can take it.
fn strays(world: &World, monitor: &Monitor, primary: &Database) -> usize {
    let directory = &world.kernel.directory;
    let is_moving = |component: &Component| matches!(component, Component::ShardRouter(router) if router.is_moving());
    if monitor.is_shared() || !directory.is_shard(monitor.primary) || world.nodes.iter().any(is_moving) {
        return 0;
    }
    let versions = primary.versions_at_end();
    versions.iter().filter(|(key, _)| !directory.needs(monitor.cluster, *key as u32)).count()
}

/// Copies of keys in leaderless stores that are older than another owner's.
pub fn diverged_copies(world: &World) -> u64 {
    let stores = world.kernel.directory.placements.iter().map(|placement| {
        cluster::keys(&world.nodes, placement).into_iter().map(|key| {
            let versions = placement.owners(key).into_iter().filter_map(|owner| match &world.nodes[owner.index()] {
                Component::QuorumStore(store) => Some(store.copy(key).version),
                _ => None,
            });
            let versions: Vec<Version> = versions.collect();
            versions.iter().filter(|version| versions.iter().any(|other| other > *version)).count() as u64
        })
    });
    stores.flatten().sum()
}

/// How many stores there are that keep records, each for itself.
fn stores(world: &World) -> usize {
    world.monitors.len() + world.kernel.directory.placements.len()
}

/// The books of a cluster balance: what its primary has is what was acknowledged and not lost, and what nobody was told of.
fn accounts(world: &World, monitor: &Monitor, primary: &Database, found: &mut Vec<String>) {
    let page = world.kernel.ledger.of(monitor.cluster);
    // A primary that was replaced while it hung still has clients who wait; what it shipped before stands.
    let stands = |id: &Gtid| primary.known().contains(*id);
    let untold = members(world, monitor).flat_map(|(_, database)| database.commits().untold().filter(stands)).count();
    let untold = untold as u64 + page.survived;
    let (has, due) = (primary.known().len() + page.lost.count, page.acknowledged + untold + page.revived);
    if has != due {
        found.push(format!(
            "{}: {has} writes are there or lost, {due} were acknowledged or in doubt",
            world.kernel.topology.node(monitor.primary).id
        ));
    }
}

/// The books of several primaries: what was acknowledged, or nobody was told of, one of them has, or it is listed as lost. What another
/// brings back after it was given up is there and lost, and counts once.
fn shared_accounts(world: &World, monitor: &Monitor, found: &mut Vec<String>) {
    let page = world.kernel.ledger.of(monitor.cluster);
    let fates = &page.fates;
    let mut known = GtidSet::default();
    members(world, monitor).for_each(|(_, database)| known.merge(database.known()));
    let untold = members(world, monitor).flat_map(|(_, database)| database.commits().untold());
    let untold = untold.filter(|id| known.contains(*id)).count() as u64 + page.survived;
    let back = fates.void.len() - fates.void.without(&known).len();
    let twice = fates.lost.len() - fates.lost.without(&known).len();
    let (has, due) = (known.len() + page.lost.count - twice, page.acknowledged + untold + page.revived + back);
    if has != due {
        let id = &world.kernel.topology.node(monitor.primary).id;
        found.push(format!("{id} and its equals: {has} writes are there or lost, {due} were acknowledged or in doubt"));
    }
}

/// The databases of a cluster.
fn members<'a>(world: &'a World, monitor: &'a Monitor) -> impl Iterator<Item = (NodeIx, &'a Database)> {
    let databases = world.nodes.iter().enumerate().filter_map(|(index, component)| match component {
        Component::Database(database) => Some((NodeIx(index as u16), &**database)),
        _ => None,
    });
    databases.filter(|(node, _)| monitor.is_member(*node))
}

/// Whether a write-back cache has that version of `key` and still has to write it.
fn is_unwritten(world: &World, key: u32, version: Version) -> bool {
    world.nodes.iter().any(|component| match component {
        Component::Cache(cache) => cache.unwritten().get(key).is_some_and(|value| value.version == version),
        _ => false,
    })
}

/// An applier stands still at a record whose row is there already, and at nothing else; it has executed nothing of what waits.
fn appliers(world: &World, found: &mut Vec<String>) {
    for (index, component) in world.nodes.iter().enumerate() {
        let Component::Database(database) = component else { continue };
        let Some(key) = database.stopped() else { continue };
        let next = database.next_to_apply();
        let is_next = next.is_some_and(|record| record.key == key && !database.executed().contains(record.id));
        let has_row = database.version(key) != Version::default() || database.commits().hides(key);
        if !is_next || !has_row {
            let id = &world.kernel.topology.node(NodeIx(index as u16)).id;
            found.push(format!("{id} has stopped at row {key} without a duplicate: {next:?} comes next"));
        }
    }
}

/// Databases that have executed the same writes hold the same data, unless conflicts are ignored; and so will those that have received
/// the same, unless an applier has stopped.
fn replication(world: &World, found: &mut Vec<String>) {
    for monitor in &world.monitors {
        let Component::Database(primary) = &world.nodes[monitor.primary.index()] else { continue };
        if monitor.is_shared() && !primary.converges() || !primary.is_whole() {
            continue;
        }
        let versions = primary.versions_at_end();
        for (node, other) in members(world, monitor) {
            let is_equal = || other.versions_at_end().iter().eq(versions.iter());
            // What has come and is still to be synced is known, but nowhere yet.
            let is_going_on = !other.is_syncing() && other.stopped().is_none() && primary.stopped().is_none();
            let id = &world.kernel.topology.node(node).id;
            if other.is_whole() && is_going_on && other.known() == primary.known() && !is_equal() {
                found.push(format!("{id} has the same writes as its primary and holds something else"));
            }
            let is_logged = other.is_whole() && other.executed() == primary.executed();
            if is_logged && !other.logged_versions().iter().eq(primary.logged_versions().iter()) {
                found.push(format!("{id} has executed the same writes as its primary and holds something else"));
            }
        }
    }
}

/// Behind a router that has all databases as its shards, each record is what its home holds.
fn sharding(world: &World, found: &mut Vec<String>) {
    for (index, component) in world.nodes.iter().enumerate() {
        let Component::ShardRouter(router) = component else { continue };
        let node = NodeIx(index as u16);
        let mut others = world.monitors.iter().filter(|monitor| !monitor.is_empty() && !router.has(monitor.cluster));
        if world.kernel.topology.node(node).is_removed || others.next().is_some() || !has_all_writes(world) {
            continue;
        }
        for (key, version) in world.kernel.truth.iter() {
            let Some(home) = router.home(&world.kernel, node, key) else { continue };
            let primary = world.monitors[usize::from(home.0)].primary;
            let Component::Database(database) = &world.nodes[primary.index()] else { continue };
            let is_writable = database.duty() == Duty::Primary && world.kernel.topology.node(primary).is_responsive();
            // What has been put there may wait for replicas still, and newer writes behind it.
            let has_it = database.version(key) == version || database.commits().hides_version(key, version);
            if is_writable && !has_it && !is_unwritten(world, key, version) && !has_diverged(world, home, key, version)
            {
                let (id, held) = (&world.kernel.topology.node(primary).id, database.version(key));
                found.push(format!("{id} is the home of key {key}, which should be {version:?} and is {held:?}"));
                break;
            }
        }
    }
}

/// Whether that version of `key`, moved to `cluster`, is listed as diverged: a primary beside the rightful one has taken it.
fn has_diverged(world: &World, cluster: ClusterIx, key: u32, version: Version) -> bool {
    let listed = &world.kernel.ledger.of(cluster).diverged.list;
    listed.iter().any(|write| (write.key, write.version) == (key, Some(version.0)))
}

/// Whether databases hold all records: a web server without one keeps its own, which is then the truth as well.
fn has_all_writes(world: &World) -> bool {
    !world.nodes.iter().any(|component| matches!(component, Component::WebServer(server) if server.keeps_records()))
}
