//! The way to the data: which database a reader or a writer asks.
//!
//! Reads go to the replicas in rotation, each in turn; without one they go to the primary. Writes go to the primary. If there
//! is a replica in the caller's own region, or else the primary, nobody reads in another.
//! Callers believe the directory: until a monitor has noticed a death, they keep calling the dead.

use crate::base::NodeIx;
use crate::kernel::{Context, Target};

/// The databases that a node can call.
#[derive(Clone, Debug, Default, Hash)]
pub struct DataRoute {
    databases: Vec<Target>,
    turn: usize,
}

impl DataRoute {
    pub fn set(&mut self, databases: Vec<Target>) {
        self.databases = databases;
    }

    pub fn is_empty(&self) -> bool {
        self.databases.is_empty()
    }

    /// One of the databases; all are of one cluster.
    pub fn first(&self) -> Option<NodeIx> {
        self.databases.first().map(|target| target.node)
    }

    /// Whom to ask for a read.
    pub fn reader(&mut self, ctx: &Context) -> Option<Target> {
        let (directory, topology) = (&ctx.kernel.directory, &ctx.kernel.topology);
        let is_here = |target: Target| topology.are_together(ctx.node, target.node);
        let is_replica = |target: Target| directory.is_replica(target.node);
        if let Some(here) = self.in_turn(|target| is_here(target) && is_replica(target)) {
            return Some(here);
        }
        let primary = self.writer(ctx);
        if primary.is_some_and(is_here) {
            return primary;
        }
        self.in_turn(is_replica).or(primary)
    }

    /// The next in turn of which this is true.
    fn in_turn(&mut self, is_meant: impl Fn(Target) -> bool) -> Option<Target> {
        let count = self.databases.len();
        let position = (0..count).map(|step| (self.turn + step) % count).find(|at| is_meant(self.databases[*at]))?;
        self.turn = (position + 1) % count;
        Some(self.databases[position])
    }

    /// Whom to tell a write.
    pub fn writer(&self, ctx: &Context) -> Option<Target> {
        let directory = &ctx.kernel.directory;
        self.databases.iter().copied().find(|target| directory.is_primary(target.node))
    }
}
