//! The way to the data: which database a reader or a writer asks.
//!
//! Reads go to the replicas in rotation, each in turn; without one they go to the primary. Writes go to the primary.
//! Of a leaderless store whichever node's turn it is gets either. Callers believe the directory: until a death has been
//! noticed, they keep calling the dead.

use crate::base::NodeIx;
use crate::kernel::{Context, Target};

/// The kinds of node that keep records.
pub const STORES: [&str; 2] = ["database", "quorum_store"];

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
        let directory = &ctx.kernel.directory;
        let count = self.databases.len();
        let is_reader = |node| directory.is_replica(node) || directory.is_living_peer(node, ctx.now());
        let mut in_turn = (0..count).map(|step| (self.turn + step) % count);
        match in_turn.find(|at| is_reader(self.databases[*at].node)) {
            Some(position) => {
                self.turn = (position + 1) % count;
                Some(self.databases[position])
            }
            None => self.writer(ctx),
        }
    }

    /// Whom to tell a write.
    pub fn writer(&mut self, ctx: &Context) -> Option<Target> {
        let directory = &ctx.kernel.directory;
        let first = self.databases.first()?;
        if directory.placement_of(first.node).is_none() {
            return self.databases.iter().copied().find(|target| directory.is_primary(target.node));
        }
        // Any node of a leaderless store will do. If none is believed to live, one of them has to tell.
        let count = self.databases.len();
        let is_living = |at: &usize| directory.is_living_peer(self.databases[*at].node, ctx.now());
        let position = (0..count).map(|step| (self.turn + step) % count).find(is_living).unwrap_or(self.turn % count);
        self.turn = (position + 1) % count;
        Some(self.databases[position])
    }
}
