//! The shards of a router: which there are, what they bring with them when they come, and what goes with them.
//!
//! A shard that comes may hold records already: these are at home there, and are moved from there. One that goes should be
//! emptied first; what it still has goes with it, unless there is a copy elsewhere, and is listed.

use super::ShardRouter;
use super::layout::{Candidate, Layout};
use crate::base::{Kind, NodeIx};
use crate::components::Wiring;
use crate::components::route::DataRoute;
use crate::kernel::{ClusterIx, Context, Home, Target};
use crate::observe::LostWrite;

/// Size of a record that was found in a shard and is in no population's range, in bytes.
const FOUND_BYTES: u32 = 2_048;

/// A database cluster that keys may be at home in.
#[derive(Clone, Debug, Hash)]
pub struct Shard {
    pub cluster: ClusterIx,
    /// The id of the database by which it was known first.
    pub name: String,
    pub route: DataRoute,
    /// Whether it may have brought records with it that nobody has looked at.
    is_new: bool,
}

impl ShardRouter {
    /// The layout that the design asks for, of the shards that are there.
    pub(super) fn wanted_layout(&self, ctx: &Context, wiring: &Wiring) -> Layout {
        let directory = &ctx.kernel.directory;
        let cluster_of = |id: &str| ctx.kernel.topology.find(id).and_then(|node| directory.cluster_of(node));
        let mut clusters: Vec<ClusterIx> = self.params.shards.iter().filter_map(|id| cluster_of(id)).collect();
        if self.params.shards.is_empty() {
            let linked = self.shards.iter().filter(|shard| !shard.route.is_empty());
            clusters = linked.map(|shard| shard.cluster).collect();
        }
        let mut candidates: Vec<Candidate> = Vec::new();
        for cluster in clusters {
            let shard = self.shards.iter().find(|shard| shard.cluster == cluster);
            if let Some(shard) = shard.filter(|_| candidates.iter().all(|other| other.cluster != cluster)) {
                candidates.push(Candidate { cluster, name: shard.name.clone() });
            }
        }
        let of_table = |id: &str| cluster_of(id).filter(|cluster| self.has(*cluster));
        let even = |shards| self.keys.split(shards);
        Layout::new(&self.params, &candidates, of_table, even, &self.layout, wiring.document.seed)
    }

    /// Takes the shards from the links. One that is not linked any more keeps its keys as long as it is there at all; those that
    /// are not, are returned.
    pub(super) fn connect(&mut self, ctx: &mut Context, wiring: &Wiring) -> Vec<ClusterIx> {
        let mut linked: Vec<(ClusterIx, Vec<Target>)> = Vec::new();
        for target in ctx.kernel.topology.targets(ctx.node, &[Kind::Database]) {
            let Some(cluster) = ctx.kernel.directory.cluster_of(target.node) else { continue };
            match linked.iter_mut().find(|(other, _)| *other == cluster) {
                Some((_, targets)) => targets.push(target),
                None => linked.push((cluster, vec![target])),
            }
        }
        for shard in &mut self.shards {
            let targets = linked.iter_mut().find(|(cluster, _)| *cluster == shard.cluster);
            let targets = targets.map(|(_, targets)| std::mem::take(targets)).unwrap_or_default();
            shard.route.rewire_to(&ctx.kernel.topology, targets, wiring);
        }
        for (cluster, targets) in linked.into_iter().filter(|(_, targets)| !targets.is_empty()) {
            let name = ctx.kernel.topology.node(targets[0].node).id.clone();
            let mut route = DataRoute::default();
            route.rewire_to(&ctx.kernel.topology, targets, wiring);
            self.shards.push(Shard { cluster, name, route, is_new: true });
        }
        let is_there = |cluster| {
            let (topology, directory) = (&ctx.kernel.topology, &ctx.kernel.directory);
            let mut nodes = (0..topology.nodes.len()).map(|index| NodeIx(index as u16));
            nodes.any(|node| directory.cluster_of(node) == Some(cluster) && !topology.node(node).is_removed)
        };
        let gone: Vec<ClusterIx> =
            self.shards.iter().map(|shard| shard.cluster).filter(|cluster| !is_there(*cluster)).collect();
        self.shards.retain(|shard| !gone.contains(&shard.cluster));
        let clusters = self.shards.iter().map(|shard| shard.cluster).collect();
        ctx.kernel.directory.set_shards(ctx.node, clusters);
        gone
    }

    /// The shards that may have brought records with them.
    pub fn newcomers(&self) -> Vec<ClusterIx> {
        self.shards.iter().filter(|shard| shard.is_new).map(|shard| shard.cluster).collect()
    }

    /// The newcomer `cluster` has been looked at: it holds the last versions of these records, which are at home there.
    pub fn take_in(&mut self, ctx: &mut Context, cluster: ClusterIx, keys: &[u32]) {
        if let Some(shard) = self.shard_mut(cluster) {
            shard.is_new = false;
        }
        for key in keys.iter().copied().filter(|key| self.home_of(ctx, *key) != Some(cluster)).collect::<Vec<_>>() {
            self.keys.note(key, FOUND_BYTES);
            ctx.kernel.directory.set_home(ctx.node, key, Home::at(cluster, false));
            self.moves.sweep();
        }
        self.moves.wake(ctx, ctx.now());
    }

    /// What was at home in a shard that is not there any more is at home where it shall be, or where a copy of it is.
    pub(super) fn bury(&mut self, ctx: &mut Context, gone: &[ClusterIx]) {
        if gone.is_empty() {
            return;
        }
        let keys: Vec<u32> = self.keys.iter().collect();
        for key in keys {
            let Some(home) = self.home_of(ctx, key) else { continue };
            let mut copies = ctx.kernel.directory.copies(ctx.node, key).to_vec();
            copies.retain(|copy| !gone.contains(copy));
            // A copy that is left is the record from here on.
            let heir = copies.first().copied().filter(|_| gone.contains(&home));
            copies.retain(|copy| Some(*copy) != heir);
            ctx.kernel.directory.set_copies(ctx.node, key, copies);
            let Some(owner) = self.layout.owner(key).filter(|_| gone.contains(&home)) else { continue };
            self.abandon_move(ctx, key);
            ctx.kernel.directory.set_home(ctx.node, key, Home::at(heir.unwrap_or(owner), false));
            self.bereft.push(key);
            self.release(ctx, key);
        }
    }

    /// The keys whose home has gone since this was asked last: what their new home has of them is all that there is.
    pub fn take_bereft(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.bereft)
    }

    /// The last write of a record has gone with its shard.
    pub fn note_loss(&mut self, ctx: &mut Context, write: LostWrite) {
        ctx.kernel.recorder.counts.lost_writes += 1;
        self.lost.note(write);
    }
}
