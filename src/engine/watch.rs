//! Key watching: which version of one record every store of the design holds at this moment.
//!
//! An observer's look at all stores at once, as no component has. A store that does not hold the record says so.

use super::world::World;
use crate::base::NodeIx;
use crate::components::Component;
use crate::kernel::Version;
use crate::observe::{KeyFigures, KeyVersion};

/// What every store has of `key`, in the order of the engine's nodes.
pub fn versions(world: &World, key: u32) -> KeyFigures {
    let kernel = &world.kernel;
    let current = kernel.truth.current(key);
    let present = kernel.topology.nodes.iter().enumerate().filter(|(_, state)| !state.is_removed);
    let stores = present.filter_map(|(index, state)| {
        let held = held(world, NodeIx(index as u16), key)?;
        let is_stale = held.version.is_some_and(|version| kernel.truth.is_stale(key, version));
        Some(KeyVersion {
            node: state.id.clone(),
            version: held.version.map(|version| version.0),
            received: held.received.map(|version| version.0),
            value: held.value,
            is_owner: held.is_owner,
            is_stale,
        })
    });
    KeyFigures { key, current: current.0, stores: stores.collect() }
}

/// What one store has.
struct Has {
    /// What a reader gets; none: it has no such record.
    version: Option<Version>,
    /// What it has received beyond that and will show later.
    received: Option<Version>,
    /// What stands in the record, where writes count.
    value: Option<u32>,
    is_owner: bool,
}

/// A version, unless it is that of what was never written.
fn known(version: Version) -> Option<Version> {
    (version != Version::default()).then_some(version)
}

/// Whether the database at `node` is one that keeps `key`: of those behind a router only the key's own shard does.
fn is_home(world: &World, node: NodeIx, key: u32) -> bool {
    let Some(cluster) = world.kernel.directory.cluster_of(node) else { return true };
    let homes = world.nodes.iter().enumerate().filter_map(|(index, component)| match component {
        Component::ShardRouter(router) if router.has(cluster) => {
            Some(router.home(&world.kernel, NodeIx(index as u16), key))
        }
        _ => None,
    });
    let mut homes = homes.peekable();
    homes.peek().is_none() || homes.any(|home| home == Some(cluster))
}

/// What the store at `node` has of `key`; none if it is no store.
fn held(world: &World, node: NodeIx, key: u32) -> Option<Has> {
    let now = world.kernel.now;
    Some(match &world.nodes[node.index()] {
        Component::Database(database) => {
            let version = database.version(key);
            let received = database.versions_at_end().get(key as usize);
            Has {
                version: known(version),
                received: known(received).filter(|received| *received != version),
                value: Some(database.value(key)).filter(|value| *value > 0),
                is_owner: is_home(world, node, key),
            }
        }
        Component::QuorumStore(store) => {
            let placements = &world.kernel.directory.placements;
            let is_owner = placements.iter().any(|placement| placement.owners(key).contains(&node));
            let version = known(store.copy(key).version);
            if version.is_none() && !is_owner {
                return None;
            }
            Has { version, received: None, value: None, is_owner }
        }
        Component::Cache(cache) => {
            let entry = cache.entries().peek(key).filter(|(_, expires)| *expires > now);
            let unwritten = cache.unwritten().get(key).map(|value| value.version);
            Has {
                version: unwritten.or(entry.map(|(version, _)| version)),
                received: None,
                value: None,
                is_owner: false,
            }
        }
        // A server with a disk of its own keeps the records that it was given.
        Component::WebServer(server) => {
            Has { version: Some(server.record(key)?), received: None, value: None, is_owner: true }
        }
        _ => return None,
    })
}
