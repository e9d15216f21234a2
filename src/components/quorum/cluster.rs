//! The stores of a design: which nodes belong together, and what is lost with one that is taken out.

use std::collections::{BTreeMap, BTreeSet};

use super::Held;
use crate::base::NodeIx;
use crate::base::order::sort_by_key;
use crate::components::Component;
use crate::kernel::{Context, Kernel, Layout, Placement, Target, Version};
use crate::model::kinds::{self, Switch};
use crate::model::{Document, NodeKind};
use crate::observe::LostWrite;

/// A node of a leaderless store in the design.
struct Entry<'a> {
    id: &'a str,
    node: NodeIx,
    params: &'a kinds::QuorumStore,
}

/// Tells the directory which leaderless stores `document` has now, and how their members shall be arranged. Nodes that are
/// linked, in either direction, are one store.
pub fn arrange(kernel: &mut Kernel, document: &Document) {
    let mut entries: Vec<Entry> = document
        .nodes
        .iter()
        .filter_map(|entry| match &entry.kind {
            NodeKind::QuorumStore(params) => {
                Some(Entry { id: &entry.id, node: kernel.topology.find(&entry.id)?, params })
            }
            _ => None,
        })
        .collect();
    let mut known: Vec<usize> = Vec::new();
    while !entries.is_empty() {
        let mut store = vec![entries.remove(0)];
        let mut at = 0;
        while at < store.len() {
            let id = store[at].id;
            let is_linked = |other: &Entry| {
                let joins = |link: &crate::model::Link| {
                    (link.from == id && link.to == other.id) || (link.from == other.id && link.to == id)
                };
                document.links.iter().any(joins)
            };
            let (linked, others) = entries.into_iter().partition(is_linked);
            entries = others;
            store.extend::<Vec<Entry>>(linked);
            at += 1;
        }
        // In the order of their coming to the world, whatever leads from one to the other.
        sort_by_key(&mut store, |entry| entry.node);
        let directory = &mut kernel.directory;
        let known_as = |entry: &Entry| directory.placement_of(entry.node).filter(|number| !known.contains(number));
        let number = store.iter().find_map(known_as).unwrap_or_else(|| {
            directory.placements.push(Placement::default());
            directory.placements.len() - 1
        });
        known.push(number);
        let nodes: Vec<NodeIx> = store.iter().map(|entry| entry.node).collect();
        let copies = store.iter().map(|entry| entry.params.copies).max().unwrap_or(1);
        let members = store.iter().filter(|entry| entry.params.keeps_copies == Switch::On);
        let members: Vec<_> = members.map(|entry| (entry.node, entry.id, entry.params.virtual_nodes)).collect();
        directory.placements[number].arrange(&nodes, Layout::new(copies, &members, document.seed));
    }
    for (number, placement) in kernel.directory.placements.iter_mut().enumerate() {
        if !known.contains(&number) {
            placement.arrange(&[], Layout::default());
        }
    }
}

/// How the node of `ctx` reaches the others of its store: by their own link, else by one that it has with a third.
pub fn ways(ctx: &Context) -> Vec<Target> {
    let topology = &ctx.kernel.topology;
    let placements = &ctx.kernel.directory.placements;
    let Some(placement) = placements.iter().find(|placement| placement.has(ctx.node)) else { return Vec::new() };
    let others: Vec<NodeIx> = placement.nodes().filter(|node| *node != ctx.node).collect();
    let links = |node: &NodeIx| topology.between(ctx.node, *node);
    let detour = others.iter().find_map(links);
    others.iter().filter_map(|node| Some(Target { node: *node, link: links(node).or(detour)? })).collect()
}

/// The newest version of `key` that an owner has, or is still to be given: whoever is none any more by then passes it on.
pub fn newest(nodes: &[Component], placement: &Placement, key: u32) -> Version {
    let owners = placement.owners(key);
    let mut newest = Version::default();
    for node in placement.nodes() {
        let Component::QuorumStore(store) = &nodes[node.index()] else { continue };
        if owners.contains(&node) {
            newest = newest.max(store.copy(key).version);
        }
        newest = newest.max(store.waiting(key).unwrap_or_default());
    }
    newest
}

/// What `node` has, what it still has to give to others, and they to it: the newest of each key.
pub fn estate(nodes: &[Component], node: NodeIx) -> BTreeMap<u32, Held> {
    let mut estate = BTreeMap::new();
    let Component::QuorumStore(own) = &nodes[node.index()] else { return estate };
    estate.extend(own.copies.iter().map(|(key, held)| (key as u32, held)));
    for (index, component) in nodes.iter().enumerate() {
        let Component::QuorumStore(store) = component else { continue };
        let is_own = index == node.index();
        for (_, key, held) in store.parcels().filter(|(target, ..)| is_own || *target == node) {
            let known = estate.entry(key).or_insert(held);
            if known.version < held.version {
                *known = held;
            }
        }
    }
    estate
}

/// Lists the acknowledged writes that nobody has any more now that `gone`, with that `estate`, has been taken out of the design.
pub fn note_losses(nodes: &mut [Component], kernel: &mut Kernel, gone: NodeIx, estate: BTreeMap<u32, Held>) {
    let Component::QuorumStore(store) = &nodes[gone.index()] else { return };
    let placement = &kernel.directory.placements[store.cluster()];
    // With a second store in the design, a newer version than the current one tells nothing of what this one had before it.
    let is_alone = kernel.directory.placements.len() + kernel.directory.clusters.len() == 1;
    let mut lost = Vec::new();
    for (key, held) in estate {
        // What a cache has still to write is not lost, and what it will replace is no loss of its own.
        let current = kernel.truth.durable(key);
        if held.version < current || (held.version > current && !is_alone) {
            continue;
        }
        let left = newest(nodes, placement, key);
        if left < current {
            // What it held may be a write that nobody had acknowledged yet, over the one that is lost.
            let of = (held.version == current).then_some(held);
            lost.push((key, of, current, left));
        }
    }
    let Component::QuorumStore(store) = &mut nodes[gone.index()] else { return };
    for (key, of, current, left) in lost {
        let is_superseded = kernel.truth.current(key) != current;
        kernel.truth.revert(key, left);
        if is_superseded {
            continue;
        }
        kernel.recorder.counts.lost_writes += 1;
        let (user, at_ns) = (of.map(|held| held.user), of.map(|held| held.at.as_nanos()));
        store.lost.note(LostWrite { key, position: None, version: Some(current.0), user, at_ns });
    }
}

/// The keys that any node of the store has a copy of.
pub fn keys(nodes: &[Component], placement: &Placement) -> BTreeSet<u32> {
    let mut keys = BTreeSet::new();
    for node in placement.nodes() {
        if let Component::QuorumStore(store) = &nodes[node.index()] {
            keys.extend(store.copies.iter().map(|(key, _)| key as u32));
        }
    }
    keys
}
