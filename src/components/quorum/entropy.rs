//! Anti-entropy: two members compare what both keep, and give each other what the other lacks.
//!
//! The first sends a fingerprint for each part of the keys, as the leaves of a hash tree of depth one; the second answers with
//! the versions that it has in the parts that differ. Then each gives the other what it has newer, as ordinary writes of copies.
//! Source: Merkle trees in Dynamo (§4.7) and Cassandra's repair. Left out: deeper trees, the reading of all data that it takes.

use super::QuorumStore;
use crate::base::hash::mix;
use crate::base::{NodeIx, SimTime};
use crate::kernel::{Body, Context, Target, Version};

/// Parts of the keys.
const PARTS: u64 = 256;

/// When this node compares next, and with whom.
#[derive(Clone, Debug, Default, Hash)]
pub struct Comparison {
    due: Option<SimTime>,
    turn: u32,
}

fn part(key: u32) -> u16 {
    (mix(u64::from(key)) % PARTS) as u16
}

impl QuorumStore {
    /// If it is time, begins a comparison with the next member that is believed to live.
    pub(super) fn compare(&mut self, ctx: &mut Context) {
        let interval = self.params.anti_entropy_interval;
        if interval.is_zero() {
            self.comparison.due = None;
            return;
        }
        // The interval may have been made shorter.
        let latest = ctx.now() + interval;
        let due = self.comparison.due.unwrap_or(latest).min(latest);
        self.comparison.due = Some(if due > ctx.now() { due } else { latest });
        if due > ctx.now() {
            return;
        }
        let placement = self.placement(ctx);
        let is_peer = |node: &NodeIx| *node != ctx.node && placement.is_living(*node, ctx.now());
        let peers: Vec<NodeIx> = placement.nodes().filter(is_peer).collect();
        if peers.is_empty() {
            return;
        }
        let peer = peers[self.comparison.turn as usize % peers.len()];
        self.comparison.turn = self.comparison.turn.wrapping_add(1);
        if let Some(way) = self.way_to(ctx, peer) {
            let digests = self.digests(ctx, peer);
            ctx.send(way, Body::Digests { digests });
        }
    }

    pub(super) fn on_digests(&mut self, ctx: &mut Context, sender: Target, theirs: &[u64]) {
        let own = self.digests(ctx, sender.node);
        let parts: Vec<u16> =
            (0..PARTS as u16).filter(|part| own.get(usize::from(*part)) != theirs.get(usize::from(*part))).collect();
        if !parts.is_empty() {
            let versions = self.common(ctx, sender.node).filter(|(key, _)| parts.contains(&part(*key))).collect();
            ctx.send(sender, Body::Copies { parts, versions, is_answer: false });
        }
    }

    pub(super) fn on_copies(
        &mut self,
        ctx: &mut Context,
        sender: Target,
        parts: Vec<u16>,
        theirs: &[(u32, Version)],
        is_answer: bool,
    ) {
        let own: Vec<(u32, Version)> =
            self.common(ctx, sender.node).filter(|(key, _)| parts.contains(&part(*key))).collect();
        let their = |key: u32| theirs.binary_search_by_key(&key, |(key, _)| *key).ok().map(|at| theirs[at].1);
        for (key, version) in &own {
            if their(*key).is_none_or(|other| other < *version) {
                let held = self.copy(*key);
                self.outbox.add(sender.node, *key, held);
            }
        }
        let lacks_any = theirs.iter().any(|(key, version)| self.copy(*key).version < *version);
        if lacks_any && !is_answer {
            ctx.send(sender, Body::Copies { parts, versions: own, is_answer: true });
        }
        self.deliver(ctx, sender.node);
    }

    /// The versions of all records that both this node and `peer` keep, in the order of keys.
    fn common<'a>(&'a self, ctx: &'a Context, peer: NodeIx) -> impl Iterator<Item = (u32, Version)> + 'a {
        let placement = self.placement(ctx);
        let node = ctx.node;
        let own = self.copies.iter().map(|(key, held)| (key as u32, held.version));
        own.filter(move |(key, _)| {
            let owners = placement.owners(*key);
            owners.contains(&node) && owners.contains(&peer)
        })
    }

    fn digests(&self, ctx: &Context, peer: NodeIx) -> Vec<u64> {
        let mut digests = vec![0; PARTS as usize];
        for (key, version) in self.common(ctx, peer) {
            digests[usize::from(part(key))] ^= mix(mix(u64::from(key) + 1) ^ version.0);
        }
        digests
    }
}
