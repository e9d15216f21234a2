//! Copies that a node has for others: what they have missed (hints), what they had old (repairs), what they shall keep from now on.
//!
//! They are on disk. Each is written by an ordinary call of the node's own, a limited number at a time to each target, and kept
//! until the target has taken it; what fails is tried again at the next sign of life. Hints are limited, as real ones are in time: what does
//! not fit is left to anti-entropy.

use std::collections::VecDeque;

use super::{Held, QuorumStore};
use crate::base::map::Map;
use crate::base::{NodeIx, SimTime};
use crate::kernel::{Ask, Cause, Context, Verb, Version};
use crate::observe::Operation;

/// Copies under way to one target at a time.
const WINDOW: u32 = 16;
/// Hints and repairs kept for one target.
const MOST_KEPT: usize = 100_000;

/// What waits for whom.
#[derive(Clone, Debug, Default, Hash)]
pub struct Outbox {
    boxes: Vec<Target>,
    /// How many of all parcels belong to a change of the members.
    moves: u64,
}

/// What waits for one node.
#[derive(Clone, Debug, Hash)]
struct Target {
    node: NodeIx,
    parcels: Map<u32, Parcel>,
    /// Keys to be sent, in the order of their coming.
    ready: VecDeque<u32>,
    under_way: u32,
    /// Something has failed: nothing more is sent for now.
    is_paused: bool,
}

#[derive(Clone, Copy, Debug, Hash)]
struct Parcel {
    held: Held,
    is_move: bool,
    /// When it was sent, and which version, while there is no answer.
    sent: Option<(SimTime, Version)>,
}

impl Outbox {
    pub fn len(&self) -> u64 {
        self.boxes.iter().map(|target| target.parcels.len() as u64).sum()
    }

    /// The newest version of `key` that waits for anybody.
    pub fn waiting(&self, key: u32) -> Option<Version> {
        self.boxes.iter().filter_map(|target| target.parcels.get(&key)).map(|parcel| parcel.held.version).max()
    }

    /// All that waits, for whom, by key.
    pub fn parcels(&self) -> impl Iterator<Item = (NodeIx, u32, Held)> {
        let boxes = self.boxes.iter();
        boxes.flat_map(|target| target.parcels.iter().map(|(key, parcel)| (target.node, key, parcel.held)))
    }

    pub fn targets(&self) -> Vec<NodeIx> {
        self.boxes.iter().map(|target| target.node).collect()
    }

    /// Keeps a copy for `node`, if there is room.
    pub fn add(&mut self, node: NodeIx, key: u32, held: Held) {
        let target = self.target(node);
        if target.parcels.len() < MOST_KEPT || target.parcels.contains_key(&key) {
            target.add(key, held);
        }
    }

    /// Keeps a copy that `node` must have before the members are arranged anew.
    pub fn add_move(&mut self, node: NodeIx, key: u32, held: Held) {
        let parcel = self.target(node).add(key, held);
        let is_new = !std::mem::replace(&mut parcel.is_move, true);
        self.moves += u64::from(is_new);
    }

    /// Copies that others must have before the members are arranged anew.
    pub fn moves(&self) -> u64 {
        self.moves
    }

    /// The members will be arranged in another way: what waits for that is not waited for any more.
    pub fn forget_moves(&mut self) {
        self.boxes.iter_mut().for_each(|target| target.parcels.for_each(|parcel| parcel.is_move = false));
        self.moves = 0;
    }

    /// Drops everything that no change of the members waits for.
    pub fn forget_hints(&mut self) {
        for target in &mut self.boxes {
            let all = std::mem::take(&mut target.parcels);
            all.into_iter()
                .filter(|(_, parcel)| parcel.is_move)
                .for_each(|(key, parcel)| target.parcels.insert(key, parcel));
            target.recount();
        }
    }

    /// Drops what waits for nodes that are none of the store any more.
    pub fn keep_targets(&mut self, is_kept: impl Fn(NodeIx) -> bool) {
        self.boxes.retain(|target| is_kept(target.node));
        let moves = self.boxes.iter().flat_map(|target| target.parcels.scan()).filter(|(_, parcel)| parcel.is_move);
        self.moves = moves.count() as u64;
    }

    /// What was sent to `node` at `sent` has been taken, or not. Whether it was anything that waited here.
    pub fn answered(&mut self, node: NodeIx, key: u32, sent: SimTime, is_taken: bool) -> bool {
        let Some(target) = self.boxes.iter_mut().find(|target| target.node == node) else { return false };
        let Some(parcel) = target.parcels.get_mut(&key) else { return false };
        // An answer to what was sent before a crash means nothing.
        let Some((_, version)) = parcel.sent.take_if(|(at, _)| *at == sent) else { return false };
        target.under_way -= 1;
        target.is_paused |= !is_taken;
        if is_taken && version == parcel.held.version {
            self.moves -= u64::from(parcel.is_move);
            target.parcels.remove(&key);
        } else {
            target.ready.push_back(key);
        }
        true
    }

    /// Whatever has failed may be tried again.
    pub fn resume(&mut self) {
        self.boxes.retain(|target| !target.parcels.is_empty());
        self.boxes.iter_mut().for_each(|target| target.is_paused = false);
    }

    /// The node dies: what is under way will not be heard of.
    pub fn crash(&mut self) {
        for target in &mut self.boxes {
            target.parcels.for_each(|parcel| parcel.sent = None);
            target.recount();
        }
    }

    fn target(&mut self, node: NodeIx) -> &mut Target {
        let at = self.boxes.iter().position(|target| target.node == node).unwrap_or_else(|| {
            let (parcels, ready) = (Map::default(), VecDeque::new());
            self.boxes.push(Target { node, parcels, ready, under_way: 0, is_paused: false });
            self.boxes.len() - 1
        });
        &mut self.boxes[at]
    }
}

impl Target {
    fn add(&mut self, key: u32, held: Held) -> &mut Parcel {
        if !self.parcels.contains_key(&key) {
            self.ready.push_back(key);
        }
        let parcel = self.parcels.or_insert_with(key, || Parcel { held, is_move: false, sent: None });
        if held.version > parcel.held.version {
            parcel.held = held;
        }
        parcel
    }

    /// Finds out again what is under way and what has to be sent.
    fn recount(&mut self) {
        let waiting = self.parcels.iter().filter(|(_, parcel)| parcel.sent.is_none()).map(|(key, _)| key);
        self.ready = waiting.collect();
        self.under_way = (self.parcels.len() - self.ready.len()) as u32;
    }
}

impl QuorumStore {
    /// Sends to `node` what waits for it, as much as may be under way.
    pub(super) fn deliver(&mut self, ctx: &mut Context, node: NodeIx) {
        let is_living = self.placement(ctx).is_living(node, ctx.now());
        let (Some(way), true) = (self.way_to(ctx, node), is_living) else { return };
        let target = self.outbox.target(node);
        while target.under_way < WINDOW && !target.is_paused {
            let Some(key) = target.ready.pop_front() else { return };
            let Some(parcel) = target.parcels.get_mut(&key).filter(|parcel| parcel.sent.is_none()) else { continue };
            let Held { version, bytes, user, .. } = parcel.held;
            parcel.sent = Some((ctx.now(), version));
            target.under_way += 1;
            let cause = Cause { user, serial: key, operation: Operation::Write, priority: 0 };
            let call = ctx.call_detached(cause, way, Ask { version, ..Ask::of(Verb::Put, key, bytes) });
            self.attempts.push(ctx, call, self.params.timeout);
        }
    }
}
